"""Sentences about one value beside a limit: `active accounts are 12, from 10 to 15`.

A comparison that fails says what is the case instead (`units are 99, below 100`) and what is lacking. What is
said of a limit that the policy fixes is put together once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple, TypeAlias

from policyengine.decision.findings import Reason
from policyengine.decision.wording import COMPARED, COMPARED_DAYS, OPPOSITE, is_or_are, range_words
from policyengine.decision.writers import lacking, least, needed, needed_range, outside, shortage
from policyengine.engine.finding_values import shower
from policyengine.engine.value_words import Words
from policyengine.feel.syntax.tree import Expression, Literal, Name, RangeLiteral
from policyengine.feel.types.types import BOOLEAN, Type
from policyengine.feel.values.values import Range, Unknown

ORDER = {False: COMPARED, True: COMPARED_DAYS}
"""The words of comparisons, by whether they are of days."""
Say: TypeAlias = "Callable[[object, object], Reason]"
"""Tells a reason, of the value of a condition and that of the name in it."""


class Template(NamedTuple):
    """What is said of a condition: `say` takes its value and those of the `slots`, and gives the reason."""

    slots: tuple[Expression, ...]
    say: Callable[..., Reason]


_new = tuple.__new__
_OUTCOMES: Mapping[object, str] = {True: "holds", False: "fails"}


class Sentences:
    """Tells the reasons of one condition: what all forms share, and the forms with a limit."""

    def __init__(self, words: Words, expression: Expression, upright: bool) -> None:
        self.words = words
        self.expression = expression
        self.at = expression.span
        self.outcomes = _OUTCOMES if upright else {True: "fails", False: "holds"}

    def reason(
        self, text: str, value: object, fact: str | None = None, have: object = None,
        need: str | None = None, short_by: object = None, lack: str | None = None,
    ) -> Reason:  # fmt: skip
        """The reason with this text, and what a value says of the condition."""
        if value is True or value is False:
            outcome = self.outcomes[value]
        else:
            outcome = "unknown" if value.__class__ is Unknown else "value"
        return _new(Reason, (text, outcome, self.at, fact, have, need, short_by, lack))

    def said(self, expression: Expression, beside: Type | None) -> Callable[[object], str]:
        """A value that a condition compares with, and its name if it has one; as what is beside is."""
        if isinstance(expression, Literal):
            text = self.words.writer(beside)(expression.value)
            return lambda value: text
        if not isinstance(expression, Name):
            return self.words.writer(beside)
        if expression.name == "today":
            return lambda value: "today"
        noun, write = self.words.noun(expression.name), self.words.writer(self.words.kind(expression.name))
        return lambda value: noun if value.__class__ is Unknown else f"{write(value)} ({noun})"

    def of_name(self, name: str) -> Callable[[object, object], Reason]:
        """What is said of the value of a name; the condition may have a value of its own."""
        noun, fact, leads = self.words.noun(name), self.words.fact(name), self.leads(name)
        write, plain = self.words.writer(self.words.kind(name)), self.words.plain(name)
        open_one = self.unknown(name)

        def say(have: object, value: object) -> Reason:
            if have is True or have is False:
                return self.reason(noun if have else f"{noun}: no", value, fact, have)
            if have.__class__ is Unknown:
                return open_one(value)
            return self.reason(f"{leads}{write(have)}", value, fact, plain(have))

        return say

    def leads(self, name: str) -> str:
        """What stands before the value of a name: `active accounts are `."""
        noun = self.words.noun(name)
        return f"{noun} {is_or_are(noun)} "

    def unknown(self, name: str) -> Callable[[object], Reason]:
        """What is said of a name whose value is not known."""
        is_yes_or_no = self.words.kind(name) == BOOLEAN
        noun, fact = self.words.noun(name), self.words.fact(name)
        text = f"{noun}: not known" if is_yes_or_no else f"{noun} {is_or_are(noun)} not known"
        return lambda value: self.reason(text, value, fact)

    def comparison(self, op: str, name: Name, right: Expression) -> Template:
        """A name beside a limit, or beside the value that it is to be."""
        said = self.said(right, self.words.kind(name.name))
        telling = (self._equality if op in ("=", "!=") else self._order)(op, name.name, said)
        if isinstance(right, Literal):
            return Template((name,), telling(right.value))
        fact, open_one = self.words.fact(name.name), self.unknown(name.name)
        verb = is_or_are(self.words.noun(right.name)) if isinstance(right, Name) else "is"

        def say(value: object, have: object, limit: object) -> Reason:
            if have.__class__ is Unknown:
                return open_one(value)
            if limit.__class__ is Unknown:
                return self.reason(f"{said(limit)} {verb} not known", value, fact)
            return telling(limit)(value, have)

        return Template((name, right), say)

    def _equality(self, op: str, name: str, said: Callable[[object], str]) -> Callable[[object], Say]:
        """What is said of a value beside the one that it is to be, or not to be."""
        leads, open_one, of_name, words = self.leads(name), self.unknown(name), self.of_name(name), self.words
        fact, write, plain = words.fact(name), words.writer(words.kind(name)), words.plain(name)

        def telling(limit: object) -> Say:
            tail = f", not {said(limit)}"

            def say(value: object, have: object) -> Reason:
                if have.__class__ is Unknown:
                    return open_one(value)
                if have.__class__ is bool and limit.__class__ is bool:
                    return of_name(have, value)
                text = f"{leads}{write(have)}{'' if have == limit else tail}"
                return self.reason(text, value, fact, plain(have))

            return say

        return telling

    def _order(self, op: str, name: str, said: Callable[[object], str]) -> Callable[[object], Say]:
        """What is said of a value beside a limit, and how far it is from that."""
        words, leads, open_one = self.words, self.leads(name), self.unknown(name)
        kind, noun, fact, plain = words.kind(name), words.noun(name), words.fact(name), words.plain(name)
        write, count, lack_of = words.writer(kind), shower(kind, words.digits), lacking(kind, noun)

        def telling(limit: object) -> Say:
            verbs, yours, need = ORDER[isinstance(limit, date)], said(limit), needed(op, limit, kind)
            holds, fails = (f", {verbs[each]} {yours}" for each in (op, OPPOSITE[op]))
            start = least(limit, kind, above=op == ">") if op in (">=", ">") else None

            def say(value: object, have: object) -> Reason:
                if have.__class__ is Unknown:
                    return open_one(value)
                if have is None:
                    return self.reason(f"{leads}not given", value, fact)
                text = f"{leads}{write(have)}{holds if value is True else fails}"
                short = shortage(start, have) if value is False else None
                if short is None:
                    return self.reason(text, value, fact, plain(have), need)
                lack = lack_of(short, f"{verbs[op]} {write(limit)}")
                return self.reason(text, value, fact, plain(have), need, count(short), lack)

            return say

        return telling

    def between(self, name: Name, test: RangeLiteral) -> Template:
        """A range with ends of its own."""
        words, telling, open_one = self.words, self._range(name.name), self.unknown(name.name)
        noun, fact, parts = words.noun(name.name), words.fact(name.name), (test.low, test.high)
        ends = tuple(end for end in parts if end is not None)

        def asked(limits: Sequence[object]) -> Range:
            given = iter(limits)
            low, high = (None if end is None else next(given) for end in parts)
            return Range(low, high, test.low_closed, test.high_closed)

        if all(isinstance(end, Literal) for end in ends):
            return Template((name,), telling(asked([e.value for e in ends if isinstance(e, Literal)]), True))

        def say(value: object, have: object, *limits: object) -> Reason:
            if have.__class__ is Unknown:
                return open_one(value)
            if any(end.__class__ is Unknown for end in limits):
                return self.reason(f"the limits of {noun} are not known", value, fact)
            return telling(asked(limits), True)(value, have)

        return Template((name, *ends), say)

    def within(self, name: Name, limits: Name) -> Template:
        """A range that has a name, such as a period."""
        telling, open_one, open_range = (
            self._range(name.name), self.unknown(name.name), self.unknown(limits.name)
        )  # fmt: skip

        def say(value: object, have: object, found: object) -> Reason:
            if have.__class__ is Unknown or not isinstance(found, Range):
                return (open_one if have.__class__ is Unknown else open_range)(value)
            return telling(found, False)(value, have)

        return Template((name, limits), say)

    def _range(self, name: str) -> Callable[[Range, bool], Say]:
        """What is said of a value and a range: where it is outside, on which side, and how far from it."""
        words, leads, open_one = self.words, self.leads(name), self.unknown(name)
        kind, noun, fact, plain = words.kind(name), words.noun(name), words.fact(name), words.plain(name)
        write, count, lack_of = words.writer(kind), shower(kind, words.digits), lacking(kind, noun)

        def telling(asked: Range, needs: bool) -> Say:
            inside, need = range_words(asked, write), needed_range(asked, kind) if needs else None
            start = least(asked.low, kind, not asked.low_closed) if needs else None

            def say(value: object, have: object) -> Reason:
                if have.__class__ is Unknown:
                    return open_one(value)
                if have is None:
                    return self.reason(f"{leads}not given", value, fact)
                if value is not False:
                    return self.reason(f"{leads}{write(have)}, {inside}", value, fact, plain(have), need)
                text = f"{leads}{write(have)}, {outside(have, asked, write)}"
                short = shortage(start, have)
                if short is None:
                    return self.reason(text, value, fact, plain(have), need)
                lack = lack_of(short, inside)
                return self.reason(text, value, fact, plain(have), need, count(short), lack)

            return say

        return telling
