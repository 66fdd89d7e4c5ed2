"""The days on which the periods of a charge begin, and its due dates: two series with equal steps.

Both are counted from one day and never from one another (`policy/recurrence.py`). `on_day` counts from a
January, which has the day, so that no short month cuts it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Binary, Expression, Literal, Name, Path
from policyengine.feel.types import types
from policyengine.feel.values.values import Months
from policyengine.kinds.billing.charges import LONGEST_MONTH, OFF_BEAT, ChargePart
from policyengine.policy import quantities
from policyengine.policy.draft import Draft
from policyengine.policy.quantities import CALENDAR
from policyengine.policy.recurrence import NO_DAYS, NO_MONTHS, Sight, counted, of_calendar
from policyengine.policy.vocabulary import Vocabulary
from policyengine.source import Span

_DAY = timedelta(days=1)


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


class Lag(NamedTuple):
    """How far a due date lies from the `edge` of its period: so many months, then days."""

    edge: str
    months: Expression | None
    days: timedelta

    def after(self, day: Expression) -> Expression:
        """The due date of a period with this edge."""
        at = day.span
        moved = day if self.months is None else Binary("+", day, self.months, at)
        return Binary("+", moved, build.literal(self.days, at), at) if self.days else moved


def _added(one: Expression, other: Expression) -> Expression:
    match one, other:
        case Literal(Months() as left, at), Literal(Months() as right):
            return build.literal(Months(left.months + right.months), at)
    return Binary("+", one, other, one.span)


def length_of(charge: ChargePart) -> Months | timedelta:
    """The length of a period of a charge that recurs."""
    every = str(charge.every)
    return CALENDAR.get(every) or quantities.period(every)


def is_none(vocabulary: Vocabulary, entity: str, text: str) -> bool:
    """Whether a text is the word `none`, and not the fact of that name."""
    return text == "none" and vocabulary.fact(entity, "none") is None


def period_starts(draft: Draft, charge: ChargePart, i: int, start: Expression, known: Name) -> Steps:
    """The days on which whole periods begin; the first of them holds `start` if it may be cut.

    `known` is the node of `start`.
    """
    name, every, at = f"{draft.policy.id}/{charge.id}", length_of(charge), known.span
    if charge.every in CALENDAR:
        first = of_calendar("calendar start", str(charge.every), known, draft.vocabulary, at)
        anchor = draft.define(f"{name}/counted-from", first, at, wanted=types.DATE, noun="first day")
        return Steps(anchor, build.literal(NO_MONTHS, at), NO_DAYS, every)
    if charge.on_day is not None:
        return _on_day(draft, charge, i, known)
    parts = counted(start, Sight(draft.vocabulary, draft.entity, draft.functions))
    anchor = known
    if parts.anchor is not start:
        anchor = draft.define(f"{name}/counted-from", parts.anchor, at)
    return Steps(anchor, parts.offset, parts.shift, every)


def _on_day(draft: Draft, charge: ChargePart, i: int, known: Name) -> Steps:
    """The series of a day of the month, which is counted from the same day of a January."""
    name, every, place = f"{draft.policy.id}/{charge.id}", length_of(charge), ("charges", i, "on_day")
    at = draft.span(*place)
    last = draft.text(*place) == "last" and draft.vocabulary.fact(draft.entity, "last") is None
    written = build.literal(LONGEST_MONTH, at) if last else draft.feel(*place)
    day = draft.define(f"{name}/on-day", written, at, wanted=types.COUNT, noun="day of the month")
    near = "on day before" if charge.share_by_days is not None else "on day from"
    nearest = build.call(near, known, day, build.literal(every, at), span=at)
    first = draft.define(f"{name}/on-day-first", nearest, at, wanted=types.DATE)
    january = build.call("date", Path(first, "year", at), build.literal(1, at), day, span=at)
    anchor = draft.define(f"{name}/counted-from", january, at, wanted=types.DATE)
    months = Binary("-", Path(first, "month", at), build.literal(1, at), at)
    offset = Binary("*", months, build.literal(Months(1), at), at)
    return Steps(anchor, offset, NO_DAYS, every)


def lag_of(draft: Draft, charge: ChargePart, i: int) -> Lag:
    """How far `due_on` lies from the start or the end of a period; left out, it is its start."""
    if charge.due_on is None or charge.starting is None:
        return Lag("start", None, NO_DAYS)
    at = draft.span("charges", i, "due_on")
    sight = Sight(draft.vocabulary, draft.entity, draft.functions)
    parts = counted(draft.feel("charges", i, "due_on"), sight)
    still = parts.offset == build.literal(NO_MONTHS, at)
    match parts.anchor:
        case Path(Name("period"), "start"):
            return Lag("start", None if still else parts.offset, parts.shift)
        case Path(Name("period"), "end") if still:
            return Lag("end", None, parts.shift)
    draft.error(
        OFF_BEAT, at, f"the due date of `{charge.id}` does not follow from its periods",
        "write days after `period.end`, or months and days after `period.start`: "
        '`period.end + @"P30D"`; or `first_due` for a date of the record',
    )  # fmt: skip
    return Lag("start", None, NO_DAYS)
