"""When a charge falls due, and the periods that it bills.

A charge that recurs has a series of days on which its periods begin, and one of its due dates, which lie
equally far from them. Both are counted from one day and never from one another (`policy/recurrence.py`). What
the program says on a day is about the next due date on or after it, whose `period` it is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Binary, Expression, Literal, Name, Path, RangeLiteral
from policyengine.feel.types import types
from policyengine.feel.values.values import Months
from policyengine.kinds.billing.charges import OFF_BEAT, ChargePart
from policyengine.policy import quantities
from policyengine.policy.draft import Draft
from policyengine.policy.recurrence import CALENDAR, NO_MONTHS, Sight, counted
from policyengine.policy.rule import Const, Reading, Value
from policyengine.source import Span

_DAY = timedelta(days=1)
PERIOD = "period"


class Steps(NamedTuple):
    """The days anchor + offset + n steps + shift."""

    anchor: Expression
    offset: Expression
    shift: timedelta
    every: Months | timedelta

    def call(self, function: str, last: Expression, at: Span) -> Expression:
        """What a function of series says of a day or a number."""
        fixed = (build.literal(self.shift, at), build.literal(self.every, at))
        return build.call(function, self.anchor, self.offset, *fixed, last, span=at)

    def moved(self, months: Expression | None, shift: timedelta) -> Steps:
        """The series of days that lie so many months and days later."""
        offset = self.offset if months is None else _added(self.offset, months)
        return self._replace(offset=offset, shift=self.shift + shift)

    def ends(self) -> Steps:
        """The last days of the periods that begin on these days."""
        if isinstance(self.every, Months):
            return self.moved(build.literal(self.every, self.offset.span), -_DAY)
        return self.moved(None, self.every - _DAY)


def _added(one: Expression, other: Expression) -> Expression:
    match one, other:
        case Literal(Months() as left, at), Literal(Months() as right):
            return build.literal(Months(left.months + right.months), at)
    return Binary("+", one, other, one.span)


class Schedule:
    """The dates of one charge as nodes of the graph; those of its period are made where they are read."""

    def __init__(self, draft: Draft, charge: ChargePart, i: int) -> None:
        self.draft = draft
        self.charge = charge
        self.name = f"{draft.policy.id}/{charge.id}"
        self.place = ("charges", i)
        self.at = draft.key_span(*self.place)
        self.recurs = charge.every is not None
        self.reads_periods = charge.starting is not None or charge.times is not None
        self.last: list[Name] = []
        self.told: list[Name] = []
        self._names: dict[str, Name] = {}
        self.due = self._due()

    def _define(self, part: str, expression: Expression, noun: str | None, kind: types.Type) -> Name:
        """A node of the charge that is defined once."""
        if part not in self._names:
            self._names[part] = self.draft.define(
                f"{self.name}/{part}", expression, self.at, wanted=kind, noun=noun
            )
        return self._names[part]

    # Due dates

    def _due(self) -> Name | None:
        """The (first) due date; None for a charge without one."""
        charge, draft = self.charge, self.draft
        if not self.recurs and self._is_none():
            return None
        if not self.recurs or charge.first_due is not None:
            key = "due_on" if not self.recurs else "first_due"
            at = draft.span(*self.place, key)
            first = draft.feel(*self.place, key)
            due = draft.define(f"{self.name}/due", first, at, wanted=types.DATE)
            self.told.append(due)
            if self.recurs:
                self.starts = self.dues = self._steps(first, due, at)
            return due
        self.starts = self._starting()
        self.dues = self._due_in_period()
        first = self.dues.call("occurrence", build.literal(1, self.at), self.at)
        return self._define("due", first, "first due date", types.DATE)

    def _is_none(self) -> bool:
        return self.draft.text(*self.place, "due_on") == "none" and (
            self.draft.vocabulary.fact(self.draft.entity, "none") is None
        )

    @property
    def every(self) -> Months | timedelta:
        """The length of a period."""
        every = str(self.charge.every)
        return CALENDAR.get(every) or quantities.period(every)

    @property
    def every_text(self) -> str | None:
        """The length of a period as a finding has it."""
        found = CALENDAR.get(self.charge.every or "")
        return self.charge.every if found is None else f"P{found.months}M"

    def _sight(self) -> Sight:
        return Sight(self.draft.vocabulary, self.draft.entity, self.draft.functions)

    def _steps(self, first: Expression, known: Name, at: Span) -> Steps:
        parts = counted(first, self._sight())
        anchor = known
        if parts.anchor is not first:
            anchor = self.draft.define(f"{self.name}/counted-from", parts.anchor, at)
        return Steps(anchor, parts.offset, parts.shift, self.every)

    def _starting(self) -> Steps:
        """The days on which periods begin that count from `starting`."""
        at = self.draft.span(*self.place, "starting")
        start, every = self.draft.feel(*self.place, "starting"), str(self.charge.every)
        known = self.draft.define(f"{self.name}/starting", start, at, wanted=types.DATE)
        self.told.append(known)
        if every not in CALENDAR:
            return self._steps(start, known, at)
        unit = build.literal(every.removeprefix("calendar "), at)
        first = build.call("calendar start", unit, known, span=at)
        anchor = self._define("counted-from", first, f"first day of the {unit.value}", types.DATE)
        return Steps(anchor, build.literal(NO_MONTHS, at), timedelta(0), self.every)

    def _due_in_period(self) -> Steps:
        """The due dates of periods: `due_on`, which counts from the start or the end of one."""
        if self.charge.due_on is None:
            return self.starts
        at = self.draft.span(*self.place, "due_on")
        parts = counted(self.draft.feel(*self.place, "due_on"), self._sight())
        still = parts.offset == build.literal(NO_MONTHS, at)
        match parts.anchor:
            case Path(Name("period"), "start"):
                return self.starts.moved(None if still else parts.offset, parts.shift)
            case Path(Name("period"), "end") if still:
                return self.starts.ends().moved(None, parts.shift)
        self.draft.error(
            OFF_BEAT, at, f"the due date of `{self.charge.id}` does not follow from its periods",
            "write days after `period.end`, or months and days after `period.start`: "
            '`period.end + @"P30D"`; or `first_due` for a date of the record',
        )  # fmt: skip
        return self.starts

    def readings(self) -> dict[str, Reading]:
        """What a finding says of due dates, apart from the first."""
        if not self.recurs:
            return {}
        today = build.name("today", self.at)
        following = self.draft.define(
            f"{self.name}/next", self.dues.call("next occurrence", today, self.at), self.at
        )
        anchor = self.dues.anchor
        assert isinstance(anchor, Name)
        found: dict[str, Reading] = {
            "next_due_on": Value(following.name),
            "counted_from": Value(anchor.name),
            "shift_days": Const(self.dues.shift.days),
        }
        if self.reads_periods:
            number = Value(self.number(self.at).name)
            start, end = (Value(self.edge(each, self.at).name) for each in ("start", "end"))
            found.update(
                period_number=number,
                of_periods=Const(self.charge.times),
                period_start=start,
                period_end=end,
            )
        return found

    # The end

    def goes_on(self) -> Name | None:
        """Whether a due date is still to come; None for a charge without an end."""
        charge, today = self.charge, build.name("today", self.at)
        parts: list[Expression] = []
        if charge.until is not None:
            at = self.draft.span(*self.place, "until")
            until = self.draft.define(
                f"{self.name}/until", self.draft.feel(*self.place, "until"), at,
                wanted=types.DATE, noun="last day",
            )  # fmt: skip
            assert self.due is not None
            first = self._define("first", self.due, "first due date", types.DATE)
            parts.append(build.compare(">=", until, first, at))
            last = self.dues.call("last occurrence", until, at)
            self.last.append(self._define("last", last, "last due date", types.DATE))
        if charge.times is not None:
            at = self.draft.span(*self.place, "times")
            last = self.dues.call("occurrence", build.literal(charge.times, at), at)
            self.last.append(self._define("last-of-all", last, "last due date", types.DATE))
        if not self.last:
            return None
        parts += [build.compare(">=", each, today, each.span) for each in self.last]
        goes_on = build.all_of(parts, self.at)
        return self.draft.define(
            f"{self.name}/goes-on", goes_on, self.at, wanted=types.BOOLEAN, title="goes on"
        )

    # The period of the next due date

    def number(self, at: Span) -> Name:
        """Which one it is, from 1."""
        today = build.name("today", self.at)
        number = self.dues.call("occurrence number", today, self.at)
        return build.name(self._define("number", number, "number of the period", types.COUNT).name, at)

    def edge(self, which: str, at: Span) -> Name:
        """The first or the last day of the period."""
        series = self.starts if which == "start" else self.starts.ends()
        noun = "first day of the period" if which == "start" else "last day of the period"
        day = series.call("occurrence", self.number(self.at), self.at)
        return build.name(self._define(f"period-{which}", day, noun, types.DATE).name, at)

    def _days(self, at: Span) -> Expression:
        length = Path(Binary("-", self.edge("end", at), self.edge("start", at), at), "days", at)
        return Binary("+", length, build.literal(1, at), at)

    def _length(self, at: Span) -> Name:
        days = self._days(self.at)
        return build.name(self._define("period-days", days, "days of the period", types.COUNT).name, at)

    def _range(self, at: Span) -> Expression:
        return RangeLiteral(self.edge("start", at), self.edge("end", at), True, True, at)

    def reading_periods(self, expression: Expression) -> Expression:
        """The expression with the nodes of the period for `period` and `period_number`."""
        if not self.recurs:
            return expression
        meanings: build.Meanings = {
            "period_number": self.number,
            "period.number": self.number,
            "period.start": lambda at: self.edge("start", at),
            "period.end": lambda at: self.edge("end", at),
            "period.days": self._length,
            PERIOD: self._range,
        }
        found = build.replaced(expression, meanings)
        self.reads_periods = self.reads_periods or found is not expression
        return found
