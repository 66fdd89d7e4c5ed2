"""Conditions with the values of a record filled in: `active accounts are 12, from 10 to 15`.

Facts are called by their titles, values are written as people write them. A comparison that fails says what
is the case instead: `units are 99, below 100`. A condition that fits none of the forms is shown as it is
written, cut to a short clause, with the values of its names. A condition is looked at once, and becomes a
`Template`: what it says of any values, known or not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from policyengine.decision.findings import Reason
from policyengine.decision.wording import OPPOSITE, counted, is_or_are, join
from policyengine.decision.writers import one_of, shown
from policyengine.engine.child_sentences import ChildSentences
from policyengine.engine.finding_values import shower
from policyengine.engine.limit_sentences import ORDER, Template
from policyengine.engine.phrases import clause, cut, phrase
from policyengine.engine.score_ways import with_ways
from policyengine.engine.value_words import Words
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
    Path,
    Quantified,
    RangeLiteral,
    names,
)  # fmt: skip
from policyengine.feel.types.types import BOOLEAN, Context, Enum, ListOf, RangeOf
from policyengine.feel.values.values import Unknown

_MANY_NAMES = 4
_TURNED = {"holds": "fails", "fails": "holds"}


def template(words: Words, expression: Expression, upright: bool) -> Template:
    """The template of a condition; one that is not `upright` holds where its expression does not."""
    return _Templates(words, expression, upright).template()


class _Templates(ChildSentences):
    """Writes the template of one condition."""

    def template(self) -> Template:
        """The template; each form of conditions has its own sentences."""
        match self.expression:
            case Open(reason):
                return Template((), lambda value: self.reason(reason, _SOME_UNKNOWN))
            case Name() as name:
                return self._name(name)
            case In(Name() as name, (test,)) if not isinstance(test, Literal):
                return with_ways(self.words, name, self._tested(name, test))
            case In(Name() | Path() as value, tests) if all(isinstance(test, Literal) for test in tests):
                return self._one_of(value, tests) or self._as_written()
            case Between(Name() as name, low, high, at):
                return with_ways(
                    self.words, name, self.between(name, RangeLiteral(low, high, True, True, at))
                )
            case Call(Name("is defined" | "is nothing" as asked), (Name(name),)):
                return self._defined(name) if asked == "is defined" else self._nothing(name)
            case Call(Name("list contains"), (Name(name), item)):
                return self._contains(name, item)
            case Quantified(every, (Iterator(variable, items, None),), condition):
                otherwise = self._as_written()
                if isinstance(items, Name):
                    otherwise = self._quantified(every, variable, items, condition)
                return self.quantified_children(every, variable, items, condition, otherwise) or otherwise
            case Comparison(op, left, right) if not isinstance(left, Literal):
                return self._compared(op, left, right)
        return self._as_written()

    def _tested(self, name: Name, test: Expression) -> Template:
        """A name in one test that is no value."""
        match test:
            case RangeLiteral(low, None, closed) if low is not None:
                return self.comparison(">=" if closed else ">", name, low)
            case RangeLiteral(None, high, _, closed) if high is not None:
                return self.comparison("<=" if closed else "<", name, high)
            case RangeLiteral():
                return self.between(name, test)
            case Name() if isinstance(self.words.kind(test.name), RangeOf):
                return self.within(name, test)
        return self._as_written()

    # The forms

    def _compared(self, op: str, left: Expression, right: Expression) -> Template:
        """A value beside a limit: that of a name or of a child, a number of children, what is worked out."""
        match left, right:
            case Name(), _:
                return with_ways(self.words, left, self.comparison(op, left, right))
            case Call(Name("count"), (items,)), Literal():
                return self._counted(op, left, items, right)
            case Path(), Literal(limit):
                told = self.value_of_child(op, left, limit, self._as_written())
                if told is not None:
                    return with_ways(self.words, left, told)
        return self._computed(op, left, right)

    def _name(self, name: Name) -> Template:
        say, kind = self.of_name(name.name), self.words.kind(name.name)
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

    def _counted(self, op: str, number: Expression, items: Expression, limit: Literal) -> Template:
        """A number of children beside a limit: one that fits, every one, or so many."""
        found = None
        if (op, limit.value) == (">=", 1):
            found = self.some_children(items, self._as_written())
        elif (op, limit.value) == ("<=", 0):
            found = self.every_child(items, self._as_written())
        return found or self._computed(op, number, limit, self.lacking_children(op, items))

    def _computed(
        self, op: str, left: Expression, right: Expression,
        tell: Callable[[object, object], tuple[Any, ...]] | None = None,
    ) -> Template:  # fmt: skip
        """A comparison of something that is worked out: what it is called, and what it comes to.

        `tell` gives what is needed and lacking, of a limit and what there is.
        """
        called, otherwise = phrase(self.words, left) or cut(left), self._as_written()
        said, start = self.said(right, None), len(otherwise.slots) + 2

        def say(value: object, *slots: object) -> Reason:
            if value.__class__ is not bool:
                return otherwise.say(value, *slots[: start - 2])
            have, limit = slots[start - 2 : start]
            what = called.write(slots[start:])
            if op in ("=", "!="):
                tail = "" if have == limit else f", not {said(limit)}"
                return self.reason(f"{what} is {shown(have)}{tail}", value)
            verb = ORDER[isinstance(limit, date)][op if value else OPPOSITE[op]]
            more = () if tell is None or value is not False else tell(limit, have)
            return self.reason(f"{what} is {shown(have)}, {verb} {said(limit)}", value, None, None, *more)

        return Template((*otherwise.slots, left, right, *called.slots), say)

    def _one_of(self, tested: Name | Path, tests: Sequence[Expression]) -> Template | None:
        words = self.words
        if isinstance(tested, Name):
            kind, fact, open_one = (
                words.kind(tested.name),
                words.fact(tested.name),
                self.unknown(tested.name),
            )
            leads, plain = self.leads(tested.name), words.plain(tested.name)
        else:
            called = phrase(words, tested)
            if called is None or called.slots:
                return None
            noun, kind, fact = called.write(()), None, None
            leads, plain = f"{noun} is ", shower(None, words.digits)
            open_one = self.unknown(tested.target.name if isinstance(tested.target, Name) else noun)
        write = words.writer(kind)
        choices = one_of(kind, [test.value for test in tests if isinstance(test, Literal)])

        def say(value: object, have: object) -> Reason:
            if have.__class__ is Unknown:
                return open_one(value)
            tail = "" if value is True else f", not {choices}"
            return self.reason(f"{leads}{write(have)}{tail}", value, fact, plain(have))

        return Template((tested,), say)

    def _defined(self, name: str) -> Template:
        is_yes_or_no = self.words.kind(name) == BOOLEAN
        fact, leads = (
            self.words.fact(name),
            f"{self.words.noun(name)}: " if is_yes_or_no else self.leads(name),
        )
        said = {True: f"{leads}given", False: f"{leads}not given"}
        unknown = f"{self.words.noun(name)}: not known"
        return Template((), lambda value: self.reason(said.get(value, unknown), value, fact))

    def _nothing(self, name: str) -> Template:
        leads, fact, kind = self.leads(name), self.words.fact(name), self.words.kind(name)
        write, plain, open_one = self.words.writer(kind), self.words.plain(name), self.unknown(name)

        def say(value: object, have: object) -> Reason:
            if have.__class__ is Unknown:
                return open_one(value)
            tail = "" if value is True else ", not none"
            return self.reason(f"{leads}{write(have)}{tail}", value, fact, plain(have))

        return Template((Name(name, self.at),), say)

    def _contains(self, name: str, item: Expression) -> Template:
        noun, fact, kind = self.words.noun(name), self.words.fact(name), self.words.kind(name)
        said = self.said(item, kind.item if isinstance(kind, ListOf) else None)
        otherwise = self._as_written()
        several = is_or_are(noun) == "are"
        verbs = {
            True: "include" if several else "includes",
            False: f"{'do' if several else 'does'} not include",
        }

        def say(value: object, found: object, *slots: object) -> Reason:
            if value.__class__ is not bool:
                return otherwise.say(value, *slots)
            return self.reason(f"{noun} {verbs[bool(value)]} {said(found)}", value, fact)

        return Template((item, *otherwise.slots), say)

    def _quantified(self, every: bool, variable: str, name: Name, condition: Expression) -> Template:
        noun, fact, kind = self.words.noun(name.name), self.words.fact(name.name), self.words.kind(name.name)
        row = kind.item if isinstance(kind, ListOf) else None
        asked = clause(self.words, row, variable, condition) if isinstance(row, Context) else None
        asked = asked or cut(condition)
        otherwise, parts = self._as_written(), _EVERY if every else _SOME
        only = {outcome: text.format(counted("1", noun)[2:]) for outcome, text in _ONLY.items()}
        count = len(asked.slots)

        def say(value: object, items: object, *slots: object) -> Reason:
            own = slots[:count]
            if not isinstance(items, (list, tuple)) or any(each.__class__ is Unknown for each in own):
                return otherwise.say(value, *slots[count:])
            what = asked.write(own)
            if not items:
                return self.reason(f"there are no {noun}", value, fact)
            outcome = value if isinstance(value, bool) else None
            part = only[outcome] if len(items) == 1 else parts[outcome].format(f"{len(items):,} {noun}")
            return self.reason(f"{part} ({what})", value, fact)

        return Template((name, *asked.slots, *otherwise.slots), say)

    def _as_written(self) -> Template:
        """A condition as it is written; where something in it is not known, only that."""
        text = cut(self.expression).write(())
        ours = [name for name in sorted(names(self.expression)) if self.words.is_ours(name)][:_MANY_NAMES]
        parts = [(self.leads(name), self.words.writer(self.words.kind(name))) for name in ours]

        def say(value: object, *values: object) -> Reason:
            known = zip(parts, values, strict=True)
            if value.__class__ is Unknown:
                open_ones = [f"{leads}not known" for (leads, _), each in known if each.__class__ is Unknown]
                return self.reason(join(open_ones) or f"{text} is not known", value)
            said = ", ".join(_with_value(*part, each) for part, each in known)
            verb = ("does not hold", "holds")[value] if value.__class__ is bool else None
            return self.reason(f"{text} {verb or f'is {shown(value)}'}{f' ({said})' if said else ''}", value)

        return Template(tuple(Name(name, self.at) for name in ours), say)


_SOME_UNKNOWN = Unknown(frozenset())
_FEW = frozenset({str, bool})
_OPEN = "it is not known which of the {} fit"
_EVERY: Mapping[bool | None, str] = {
    True: "each of the {} fits", False: "not every one of the {} fits", None: _OPEN,
}  # fmt: skip
_SOME: Mapping[bool | None, str] = {
    True: "at least one of the {} fits", False: "none of the {} fits", None: _OPEN,
}  # fmt: skip
_ONLY: Mapping[bool | None, str] = {
    True: "the only {} fits", False: "the only {} does not fit",
    None: "it is not known whether the only {} fits",
}  # fmt: skip


def _with_value(leads: str, write: Callable[[Any], str], value: object) -> str:
    if value.__class__ is Unknown:
        return f"{leads}not known"
    many = isinstance(value, (list, tuple)) and any(isinstance(each, Mapping) for each in value[:1])
    return f"{leads}{len(value)}" if many else f"{leads}{write(value)}"  # type: ignore[arg-type]
