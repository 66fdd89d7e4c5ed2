"""Conditions with the values of a record filled in: `active accounts 12 is within 10..15`.

Facts are called by their titles, values are written as people write them. A condition that fits none of
the common forms is shown as it is written, with the values of its names. A condition is looked at once, and
becomes a `Template`: what it says of any values, known or not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, TypeAlias

from policyengine.decision.findings import Reason
from policyengine.engine.finding_values import shower
from policyengine.engine.value_words import DATE_ORDER, NUMBER_ORDER, Words, least, needed, shortage, shown
from policyengine.feel.syntax.tree import (
    Between,
    Call,
    Comparison,
    Expression,
    In,
    Iterator,
    Literal,
    Name,
    Open,
    Quantified,
    RangeLiteral,
    names,
)  # fmt: skip
from policyengine.feel.types.types import BOOLEAN, Enum, Number, Type
from policyengine.feel.values.values import Unknown

_MANY_NAMES = 4
_TURNED = {"holds": "fails", "fails": "holds"}


Say: TypeAlias = "Callable[[object, object], Reason]"
"""Tells a reason, of the value of a condition and that of the name in it."""


class Template(NamedTuple):
    """What is said of a condition: `say` takes its value and those of the `slots`, and gives the reason."""

    slots: tuple[Expression, ...]
    say: Callable[..., Reason]


def template(words: Words, expression: Expression, upright: bool) -> Template:
    """The template of a condition; one that is not `upright` holds where its expression does not."""
    return _Templates(words, expression, upright).template()


_new = tuple.__new__
_OUTCOMES: Mapping[object, str] = {True: "holds", False: "fails"}


class _Templates:
    """Writes the template of one condition."""

    def __init__(self, words: Words, expression: Expression, upright: bool) -> None:
        self.words = words
        self.expression = expression
        self.at = expression.span
        self.outcomes = _OUTCOMES if upright else {True: "fails", False: "holds"}

    def reason(
        self, text: str, value: object, fact: str | None = None, have: object = None,
        need: str | None = None, short_by: object = None, noun: str | None = None,
    ) -> Reason:  # fmt: skip
        """The reason with this text, and what a value says of the condition."""
        if value is True or value is False:
            outcome = self.outcomes[value]
        else:
            outcome = "unknown" if value.__class__ is Unknown else "value"
        return _new(Reason, (text, outcome, self.at, fact, have, need, short_by, noun))

    def template(self) -> Template:
        """The template; each form of conditions has its own sentences."""
        match self.expression:
            case Open(reason):
                return Template((), lambda value: self.reason(reason, _SOME_UNKNOWN))
            case Name() as name:
                return self._name(name)
            case Comparison(op, Name() as name, right):
                return self._comparison(op, name, right)
            case In(Name() as name, (RangeLiteral(low, None, closed),)) if low is not None:
                return self._comparison(">=" if closed else ">", name, low)
            case In(Name() as name, (RangeLiteral(None, high, _, closed),)) if high is not None:
                return self._comparison("<=" if closed else "<", name, high)
            case In(Name() as name, (RangeLiteral() as test,)):
                return self._within(name, test.low, test.high, test)
            case Between(Name() as name, low, high):
                return self._within(name, low, high, None)
            case In(Name() as name, tests) if all(isinstance(test, Literal) for test in tests):
                return self._one_of(name, tests)
            case Call(Name("is defined" | "list contains"), (Name(), *_)) as call:
                return self._called(call)
            case Quantified(every, (Iterator(_, Name() as name, None),), condition):
                return self._quantified(every, name, condition)
            case Comparison(op, left, right) if not isinstance(left, Literal):
                return self._computed(op, left, right)
        return self._as_written()

    # The forms

    def _name(self, name: Name) -> Template:
        say, kind = self._of_name(name.name), self.words.kind(name.name)
        if kind != BOOLEAN and not isinstance(kind, Enum):
            return Template((), lambda value: say(value, value))
        # Of few values all is said beforehand.
        few: Sequence[object] = kind.values if isinstance(kind, Enum) else (True, False)
        known = {value: say(value, value) for value in few}
        unknown = say(_SOME_UNKNOWN, _SOME_UNKNOWN)

        def said(value: object) -> Reason:
            if value.__class__ is Unknown:
                return unknown
            return known[value] if value.__class__ in _FEW and value in known else say(value, value)

        return Template((), said)

    def _of_name(self, name: str) -> Callable[[object, object], Reason]:
        """What is said of the value of a name; the condition may have a value of its own."""
        noun, fact = self.words.noun(name), self.words.fact(name)
        write, plain = self.words.writer(self.words.kind(name)), self.words.plain(name)
        open_one = self._unknown(name)

        def say(have: object, value: object) -> Reason:
            if have is True or have is False:
                return self.reason(noun if have else f"{noun}: no", value, fact, have)
            if have.__class__ is Unknown:
                return open_one(value)
            return self.reason(f"{noun} is {write(have)}", value, fact, plain(have))

        return say

    def _unknown(self, name: str) -> Callable[[object], Reason]:
        verb = ": not known" if self.words.kind(name) == BOOLEAN else " is not known"
        text, fact = f"{self.words.noun(name)}{verb}", self.words.fact(name)
        return lambda value: self.reason(text, value, fact)

    def _comparison(self, op: str, name: Name, right: Expression) -> Template:
        said = self._said(right, self.words.kind(name.name))
        telling = (self._equality if op in ("=", "!=") else self._order)(op, name.name, said)
        if isinstance(right, Literal):
            return Template((name,), telling(right.value))
        fact, open_one = self.words.fact(name.name), self._unknown(name.name)

        def say(value: object, have: object, limit: object) -> Reason:
            if have.__class__ is Unknown:
                return open_one(value)
            if limit.__class__ is Unknown:
                return self.reason(f"{said(limit)} is not known", value, fact)
            return telling(limit)(value, have)

        return Template((name, right), say)

    def _equality(self, op: str, name: str, said: Callable[[object], str]) -> Callable[[object], Say]:
        """What is said of a value beside the one that it is to be, or not to be."""
        words = self.words
        noun, fact, write, plain = (
            words.noun(name),
            words.fact(name),
            words.writer(words.kind(name)),
            words.plain(name),
        )
        open_one, of_name = self._unknown(name), self._of_name(name)

        def telling(limit: object) -> Say:
            tail = f", not {said(limit)}"

            def say(value: object, have: object) -> Reason:
                if have.__class__ is Unknown:
                    return open_one(value)
                if have.__class__ is bool and limit.__class__ is bool:
                    return of_name(have, value)
                text = f"{noun} is {write(have)}{'' if have == limit else tail}"
                return self.reason(text, value, fact, plain(have))

            return say

        return telling

    def _order(self, op: str, name: str, said: Callable[[object], str]) -> Callable[[object], Say]:
        """What is said of a value beside a limit, and how far it is from that."""
        words = self.words
        kind, noun, fact, plain = words.kind(name), words.noun(name), words.fact(name), words.plain(name)
        write, count, open_one = words.writer(kind), shower(kind, words.digits), self._unknown(name)

        def telling(limit: object) -> Say:
            verbs, yours = DATE_ORDER if isinstance(limit, date) else NUMBER_ORDER, said(limit)
            holds, fails = (f" {verb} {yours}" for verb in verbs[op])
            need = needed(op, verbs, yours)
            start = least(limit, kind, above=op == ">") if op in (">=", ">") else None

            def say(value: object, have: object) -> Reason:
                if have.__class__ is Unknown:
                    return open_one(value)
                short = shortage(start, have) if value is False else None
                text = f"{noun} {write(have)}{holds if value is True else fails}"
                counted = None if short is None else count(short)
                return self.reason(text, value, fact, plain(have), need, counted, noun)

            return say

        return telling

    def _computed(self, op: str, left: Expression, right: Expression) -> Template:
        """A comparison of something that is worked out: as it is written, and what it comes to."""
        text, said = f"`{_written(left)}` is", self._said(right, None)
        otherwise = self._as_written()
        count = len(otherwise.slots)

        def say(value: object, *slots: object) -> Reason:
            if value.__class__ is not bool:
                return otherwise.say(value, *slots[:count])
            have, limit = slots[count:]
            if op in ("=", "!="):
                tail = "" if have == limit else f", not {said(limit)}"
                return self.reason(f"{text} {shown(have)}{tail}", value)
            verbs = DATE_ORDER if isinstance(limit, date) else NUMBER_ORDER
            verb = verbs[op][0].removeprefix("is ")
            negated = "" if value else "not "
            return self.reason(f"{text} {shown(have)}, which is {negated}{verb} {said(limit)}", value)

        return Template((*otherwise.slots, left, right), say)

    def _within(
        self, name: Name, low: Expression | None, high: Expression | None, test: RangeLiteral | None
    ) -> Template:
        words = self.words
        kind, noun, fact = words.kind(name.name), words.noun(name.name), words.fact(name.name)
        write, plain, count = words.writer(kind), words.plain(name.name), shower(kind, words.digits)
        end_text, open_one = words.writer(kind, unit=False), self._unknown(name.name)
        above = test is not None and not test.low_closed
        left, right = "", ""
        if test is not None and not (test.low_closed and test.high_closed):
            left, right = "[" if test.low_closed else "(", "]" if test.high_closed else ")"
        ends = tuple(end for end in (low, high) if end is not None)

        def telling(limits: Sequence[object]) -> Say:
            given = iter(limits)
            first, last = (None if end is None else next(given) for end in (low, high))
            texts = ["" if end is None else end_text(end) for end in (first, last)]
            need, start = f"{left}{texts[0]}..{texts[1]}{right}", least(first, kind, above)

            def say(value: object, have: object) -> Reason:
                if have.__class__ is Unknown:
                    return open_one(value)
                short = shortage(start, have) if value is False else None
                text = f"{noun} {write(have)} {'is within' if value is True else 'is not within'} {need}"
                counted = None if short is None else count(short)
                return self.reason(text, value, fact, plain(have), need, counted, noun)

            return say

        if all(isinstance(end, Literal) for end in ends):
            return Template((name,), telling([end.value for end in ends if isinstance(end, Literal)]))

        def say(value: object, have: object, *limits: object) -> Reason:
            if have.__class__ is Unknown:
                return open_one(value)
            if any(end.__class__ is Unknown for end in limits):
                return self.reason(f"the limits of {noun} are not known", value, fact)
            return telling(limits)(value, have)

        return Template((name, *ends), say)

    def _one_of(self, name: Name, tests: Sequence[Expression]) -> Template:
        words = self.words
        noun, fact = words.noun(name.name), words.fact(name.name)
        write, plain = words.writer(words.kind(name.name)), words.plain(name.name)
        choices = " or ".join(shown(test.value) for test in tests if isinstance(test, Literal))
        open_one = self._unknown(name.name)

        def say(value: object, have: object) -> Reason:
            if have.__class__ is Unknown:
                return open_one(value)
            tail = "" if value is True else f", not {choices}"
            return self.reason(f"{noun} is {write(have)}{tail}", value, fact, plain(have))

        return Template((name,), say)

    def _called(self, call: Call) -> Template:
        match call.positional:
            case (Name(name),) if call.function == Name("is defined", call.span):
                return self._defined(name)
            case (Name(name), item) if call.function == Name("list contains", call.span):
                return self._contains(name, item)
        return self._as_written()

    def _defined(self, name: str) -> Template:
        noun, fact = self.words.noun(name), self.words.fact(name)
        given, absent = f"{noun} is given", f"{noun} is not given"
        return Template((), lambda value: self.reason(given if value is True else absent, value, fact))

    def _contains(self, name: str, item: Expression) -> Template:
        noun, fact, said = self.words.noun(name), self.words.fact(name), self._said(item, None)
        otherwise = self._as_written()

        def say(value: object, found: object, *slots: object) -> Reason:
            if value.__class__ is not bool:
                return otherwise.say(value, *slots)
            verb = "include" if value else "do not include"
            return self.reason(f"{noun} {verb} {said(found)}", value, fact)

        return Template((item, *otherwise.slots), say)

    def _quantified(self, every: bool, name: Name, condition: Expression) -> Template:
        noun, fact = self.words.noun(name.name), self.words.fact(name.name)
        text, otherwise = _written(condition), self._as_written()
        others, with_values = self._with_values(sorted(names(condition) - {"item"}))
        count = len(others)

        def say(value: object, items: object, *slots: object) -> Reason:
            if not isinstance(items, (list, tuple)):
                return otherwise.say(value, *slots[count:])
            if value.__class__ is bool:
                part = _EVERY[value] if every else _SOME[value]
                verb = f"holds for {part} of the {len(items)} {noun}"
            else:
                verb = f"is not known for all of the {len(items)} {noun}"
            return self.reason(f"`{text}` {verb}{with_values(slots[:count])}", value, fact)

        return Template((name, *others, *otherwise.slots), say)

    def _as_written(self) -> Template:
        text = _written(self.expression)
        slots, with_values = self._with_values(sorted(names(self.expression)))

        def say(value: object, *values: object) -> Reason:
            if value.__class__ is bool:
                verb = "holds" if value else "does not hold"
            elif value.__class__ is Unknown:
                verb = "is not known"
            else:
                verb = f"is {shown(value)}"
            return self.reason(f"`{text}` {verb}{with_values(values)}", value)

        return Template(slots, say)

    def _with_values(
        self, mentioned: Sequence[str]
    ) -> tuple[tuple[Expression, ...], Callable[[Sequence[object]], str]]:
        """The first of the names, and what writes them with their values behind a condition."""
        ours = [name for name in mentioned if self.words.is_ours(name)][:_MANY_NAMES]
        parts = [(self.words.noun(name), self.words.writer(self.words.kind(name))) for name in ours]

        def write(values: Sequence[object]) -> str:
            if not parts:
                return ""
            said = [_with_value(*part, value) for part, value in zip(parts, values, strict=True)]
            return f" ({', '.join(said)})"

        return tuple(Name(name, self.at) for name in ours), write

    def _said(self, expression: Expression, beside: Type | None) -> Callable[[object], str]:
        """A value that a condition compares with, with its name if it has one; beside a rate, as one."""
        if isinstance(expression, Name):
            name = expression.name
            noun, write = self.words.noun(name), self.words.writer(self.words.kind(name))
            if name == "today":
                return lambda value: "today"
            return lambda value: noun if value.__class__ is Unknown else f"{noun} {write(value)}"
        is_rate = isinstance(beside, Number) and beside.unit == "rate"
        return self.words.writer(beside if is_rate else None)


_SOME_UNKNOWN = Unknown(frozenset())
_FEW = frozenset({str, bool})
_EVERY = {True: "every", False: "not every"}
_SOME = {True: "at least one", False: "none"}


def _written(expression: Expression) -> str:
    return " ".join(expression.span.text.split())


def _with_value(noun: str, write: Callable[[Any], str], value: object) -> str:
    if value.__class__ is Unknown:
        return f"{noun} is not known"
    return f"{noun}: {len(value)}" if isinstance(value, tuple) else f"{noun} is {write(value)}"
