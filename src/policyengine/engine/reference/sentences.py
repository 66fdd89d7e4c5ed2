"""Conditions with the values of a record filled in: `active accounts 12 is within 10..15`.

Facts are called by their titles, values are written as people write them. A condition that fits none of
the common forms is shown as it is written, with the values of its names.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from policyengine.dataclass import dataclass
from policyengine.engine.finding_values import as_shown
from policyengine.engine.reference.scope import Scope
from policyengine.feel.syntax.printing import print_value
from policyengine.feel.syntax.tree import (
    Between,
    Call,
    Comparison,
    Expression,
    In,
    Iterator,
    Literal,
    Name,
    Quantified,
    RangeLiteral,
    names,
)  # fmt: skip
from policyengine.feel.types.types import BOOLEAN, Context, ListOf, Number, Type
from policyengine.feel.values.values import Months, Range, Unknown

_WORDS = {
    ">=": ("is at least", "is not at least"),
    ">": ("is more than", "is not more than"),
    "<=": ("is at most", "is not at most"),
    "<": ("is less than", "is not less than"),
}
_DATE_WORDS = {
    ">=": ("is on or after", "is not on or after"),
    ">": ("is after", "is not after"),
    "<=": ("is on or before", "is not on or before"),
    "<": ("is before", "is not before"),
}
_MANY_NAMES = 4


@dataclass(frozen=True, slots=True)
class Sentence:
    """A condition in words; for a threshold also the distance, in the terms of `Reason`."""

    text: str
    fact: str | None = None
    have: object = None
    need: str | None = None
    short_by: object = None
    noun: str | None = None


@dataclass(frozen=True, slots=True)
class Sentences:
    """Writes sentences about the values of one instance."""

    scope: Scope

    def of(self, expression: Expression, value: object) -> Sentence:
        """The sentence for an expression and its value."""
        match expression:
            case Name(name):
                return self._name(name, value)
            case Comparison(op, Name(name), right):
                return self._comparison(op, name, right, value)
            case In(Name(name), (RangeLiteral(low, None, closed),)) if low is not None:
                return self._comparison(">=" if closed else ">", name, low, value)
            case In(Name(name), (RangeLiteral(None, high, _, closed),)) if high is not None:
                return self._comparison("<=" if closed else "<", name, high, value)
            case In(Name(name), (RangeLiteral(low, high) as test,)):
                return self._within(name, low, high, test, value)
            case Between(Name(name), low, high):
                return self._within(name, low, high, None, value)
            case In(Name(name), tests) if all(isinstance(test, Literal) for test in tests):
                return self._one_of(name, tests, value)
            case Call(Name("is defined"), (Name(name),)):
                return Sentence(f"{self.noun(name)} is {'' if value is True else 'not '}given", name)
            case Call(Name("list contains"), (Name(name), item)) if isinstance(value, bool):
                verb = "include" if value else "do not include"
                return Sentence(f"{self.noun(name)} {verb} {self._said(item)}", name)
            case Quantified(every, (Iterator(_, Name(name), None),), condition) if self._is_list(name):
                return Sentence(self._quantified(every, name, condition, value), name)
            case Comparison(op, left, right) if isinstance(value, bool) and not isinstance(left, Literal):
                return Sentence(self._computed(op, left, right, value))
        return Sentence(self._as_written(expression, value))

    # The forms

    def _name(self, name: str, value: object) -> Sentence:
        noun = self.noun(name)
        if isinstance(value, Unknown):
            return self._unknown(name)
        if isinstance(value, bool):
            return Sentence(noun if value else f"{noun}: no", name, value)
        return Sentence(f"{noun} is {self.shown(value, self.kind(name))}", name, self._plain(name))

    def _unknown(self, name: str) -> Sentence:
        if self.kind(name) == BOOLEAN:
            return Sentence(f"{self.noun(name)}: not known", name)
        return Sentence(f"{self.noun(name)} is not known", name)

    def _comparison(self, op: str, name: str, right: Expression, value: object) -> Sentence:
        have, limit = self.scope[name], self.scope.value(right)
        kind, noun = self.kind(name), self.noun(name)
        if isinstance(have, Unknown):
            return self._unknown(name)
        if isinstance(limit, Unknown):
            return Sentence(f"{self._said(right)} is not known", name)
        mine, yours = self.shown(have, kind), self._said(right, kind)
        if op in ("=", "!="):
            if isinstance(have, bool) and isinstance(limit, bool):
                return self._name(name, have)
            if have == limit:
                return Sentence(f"{noun} is {mine}", name, self._plain(name))
            return Sentence(f"{noun} is {mine}, not {yours}", name, self._plain(name))
        words = _DATE_WORDS if isinstance(limit, date) else _WORDS
        verb = words[op][0 if value is True else 1]
        short = None
        if op in (">=", ">") and value is False:
            short = _less(least(limit, kind, above=op == ">"), have)
        return Sentence(
            f"{noun} {mine} {verb} {yours}",
            name,
            self._plain(name),
            _needed(op, words, yours),
            self._count(name, short),
            noun,
        )

    def _computed(self, op: str, left: Expression, right: Expression, value: bool) -> str:
        """A comparison of something that is worked out: as it is written, and what it comes to."""
        have, limit = self.scope.value(left), self.scope.value(right)
        text = f"`{' '.join(left.span.text.split())}` is {self.shown(have, None)}"
        if op in ("=", "!="):
            return text if have == limit else f"{text}, not {self._said(right)}"
        words = _DATE_WORDS if isinstance(limit, date) else _WORDS
        verb = words[op][0].removeprefix("is ")
        return f"{text}, which is {'' if value else 'not '}{verb} {self._said(right)}"

    def _within(
        self,
        name: str,
        low: Expression | None,
        high: Expression | None,
        test: RangeLiteral | None,
        value: object,
    ) -> Sentence:
        have = self.scope[name]
        if isinstance(have, Unknown):
            return self._unknown(name)
        ends = [None if end is None else self.scope.value(end) for end in (low, high)]
        if any(isinstance(end, Unknown) for end in ends):
            return Sentence(f"the limits of {self.noun(name)} are not known", name)
        need = self._range(ends, test, self.kind(name))
        above = test is not None and not test.low_closed
        short = _less(least(ends[0], self.kind(name), above), have) if value is False else None
        verb = "is within" if value is True else "is not within"
        mine = self.shown(have, self.kind(name))
        noun = self.noun(name)
        return Sentence(
            f"{noun} {mine} {verb} {need}", name, self._plain(name), need, self._count(name, short), noun
        )

    def _range(self, ends: list[object], test: RangeLiteral | None, kind: Type | None) -> str:
        low, high = ("" if end is None else self.shown(end, kind, unit=False) for end in ends)
        if test is None or (test.low_closed and test.high_closed):
            return f"{low}..{high}"
        return f"{'[' if test.low_closed else '('}{low}..{high}{']' if test.high_closed else ')'}"

    def _one_of(self, name: str, tests: tuple[Expression, ...], value: object) -> Sentence:
        have = self.scope[name]
        if isinstance(have, Unknown):
            return self._unknown(name)
        mine = self.shown(have, self.kind(name))
        if value is True:
            return Sentence(f"{self.noun(name)} is {mine}", name, self._plain(name))
        choices = " or ".join(self._said(test) for test in tests)
        return Sentence(f"{self.noun(name)} is {mine}, not {choices}", name, self._plain(name))

    def _is_list(self, name: str) -> bool:
        return isinstance(self.scope[name], (list, tuple))

    def _quantified(self, every: bool, name: str, condition: Expression, value: object) -> str:
        items = self.scope[name]
        count = len(items) if isinstance(items, (list, tuple)) else 0
        if isinstance(value, bool):
            part = ("every" if value else "not every") if every else ("at least one" if value else "none")
            verb = f"holds for {part} of the {count} {self.noun(name)}"
        else:
            verb = f"is not known for all of the {count} {self.noun(name)}"
        others = sorted(names(condition) - {"item"})
        known = [self._with_value(each) for each in others if self._is_ours(each)]
        values = f" ({', '.join(known[:_MANY_NAMES])})" if known else ""
        return f"`{' '.join(condition.span.text.split())}` {verb}{values}"

    def _as_written(self, expression: Expression, value: object) -> str:
        text = " ".join(expression.span.text.split())
        known = [self._with_value(name) for name in sorted(names(expression)) if self._is_ours(name)]
        values = f" ({', '.join(known[:_MANY_NAMES])})" if known else ""
        if value is True:
            return f"`{text}` holds{values}"
        if value is False:
            return f"`{text}` does not hold{values}"
        if isinstance(value, Unknown):
            return f"`{text}` is not known{values}"
        return f"`{text}` is {self.shown(value, None)}{values}"

    def _with_value(self, name: str) -> str:
        value = self.scope[name]
        if isinstance(value, Unknown):
            return f"{self.noun(name)} is not known"
        if isinstance(value, tuple):
            return f"{self.noun(name)}: {len(value)}"
        return f"{self.noun(name)} is {self.shown(value, self.kind(name))}"

    def _is_ours(self, name: str) -> bool:
        found = self.scope.graph.vocabulary.fact(self.scope.graph.real(self.scope.entity), name)
        owner = self.scope.owner(name)
        in_list = name in self.scope.graph.sights[self.scope.entity] and name != "today"
        return found is not None or owner is not None or in_list

    # Words for names and values

    def noun(self, name: str) -> str:
        """What a name is called."""
        scope = self.scope
        known = scope.graph.nouns
        if (scope.entity, name) not in known:
            known[scope.entity, name] = self._noun(name)
        return known[scope.entity, name]

    def _noun(self, name: str) -> str:
        owner = self.scope.owner(name)
        if owner is not None:
            noun = owner.graph.nodes[owner.entity][name].noun
            if noun is not None:
                return noun
        vocabulary = self.scope.graph.vocabulary
        return vocabulary.noun(self.scope.graph.real(self.scope.entity), name)

    def kind(self, name: str) -> Type | None:
        """The type of a name."""
        owner = self.scope.owner(name)
        if owner is not None:
            return owner.graph.types.get((owner.entity, name))
        return self.scope.graph.sights[self.scope.entity].get(name)

    def _said(self, expression: Expression, beside: Type | None = None) -> str:
        """A value that a condition compares with, with its name if it has one; beside a rate, as one."""
        value = self.scope.value(expression)
        if isinstance(expression, Name):
            known = not isinstance(value, Unknown)
            shown = f" {self.shown(value, self.kind(expression.name))}" if known else ""
            return "today" if expression.name == "today" else f"{self.noun(expression.name)}{shown}"
        is_rate = isinstance(beside, Number) and beside.unit == "rate"
        return self.shown(value, beside if is_rate else None)

    def shown(self, value: object, kind: Type | None, *, unit: bool = True) -> str:
        """A value as people write it."""
        if isinstance(value, Decimal) and isinstance(kind, Number):
            return number_text(value, kind, self.scope.graph.vocabulary.number_of_digits(), unit)
        if isinstance(value, str):
            return value
        if isinstance(value, Months):
            return f"{value.months} months"
        if isinstance(value, Range) and value.low_closed and value.high_closed:
            low, high = (self.shown(end, None) for end in (value.low, value.high))
            return f"{low}..{high}"
        if isinstance(value, date):
            return value.isoformat()
        return print_value(value) or str(value)

    def _plain(self, name: str) -> object:
        kind = self.kind(name)
        if isinstance(kind.item if isinstance(kind, ListOf) else kind, Context):
            return None  # several values at once are no measure of anything
        return as_shown(self.scope[name], kind, self.scope.graph.vocabulary.number_of_digits())

    def _count(self, name: str, value: object) -> object:
        return as_shown(value, self.kind(name), self.scope.graph.vocabulary.number_of_digits())


def number_text(value: Decimal, kind: Number, digits: int, unit: bool = True) -> str:
    """A number as people write it; money with at least `digits` places, and its currency for `unit`."""
    if kind.unit == "rate":
        return f"{(value * 100).normalize():f} %"
    exponent = value.as_tuple().exponent
    if kind.unit == "money" and isinstance(exponent, int):
        text = f"{value:.{digits}f}" if exponent > -digits else f"{value:f}"
        return f"{text} {kind.currency}" if unit and kind.currency else text
    return f"{value:f}"


def _needed(op: str, words: Mapping[str, tuple[str, str]], limit: str) -> str:
    """What a comparison asks for, as a range where it is one."""
    ranges = {">=": f"{limit}..", "<=": f"..{limit}"}
    return ranges.get(op, f"{words[op][0].removeprefix('is ')} {limit}")


def least(limit: object, kind: Type | None, above: bool) -> object:
    """The number from which on a limit is kept: of what is counted, more than 10 is 11, at least 2.5 is 3."""
    if not isinstance(limit, Decimal) or not isinstance(kind, Number) or kind.unit != "count":
        return limit
    return limit.to_integral_value(ROUND_FLOOR) + 1 if above else limit.to_integral_value(ROUND_CEILING)


def _less(limit: object, have: object) -> object:
    """How much is missing from `have` to the limit; None where it is not a number or nothing is missing."""
    if isinstance(limit, Decimal) and isinstance(have, Decimal) and have < limit:
        return limit - have
    return None
