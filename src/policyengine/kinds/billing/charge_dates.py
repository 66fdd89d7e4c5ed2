"""When a charge falls due, and the periods that it bills, as nodes of the graph.

What the program says on a day is about the next due date on or after it; `period` and `period_number` are of
that one. With `share_by_days` the first period begins when the charge does, and the last one ends with it.
"""

from __future__ import annotations

from datetime import date, timedelta

from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Binary, Expression, Literal, Name, Path, RangeLiteral
from policyengine.feel.types import types
from policyengine.feel.values.values import NEVER as FAR_DAY
from policyengine.kinds.billing.charges import ChargePart
from policyengine.kinds.billing.series import is_none, lag_of, period_starts
from policyengine.policy.draft import Draft
from policyengine.policy.quantities import CALENDAR
from policyengine.policy.recurrence import Sight
from policyengine.policy.rule import Const, Reading, Value
from policyengine.source import Span

_DAY = timedelta(days=1)
_NOUNS = {"start": "first day of the period", "end": "last day of the period"}


class Schedule:
    """The dates of one charge; those of its period are made where they are read."""

    def __init__(self, draft: Draft, charge: ChargePart, i: int) -> None:
        self.draft = draft
        self.charge = charge
        self.name = f"{draft.policy.id}/{charge.id}"
        self.place = ("charges", i)
        self.at = draft.key_span(*self.place)
        self.recurs = charge.every is not None
        self.shares = charge.share_by_days
        self.reads_periods = bool(charge.starting or charge.times is not None or self.shares)
        self.last: list[Name] = []
        self.told: list[Name] = []
        self._names: dict[str, Name] = {}
        self.due = self._series(i) if self.recurs else self._once()
        self.asked = self._conditions()

    def _define(self, part: str, expression: Expression, noun: str | None, kind: types.Type) -> Name:
        """A node of the charge that is defined once."""
        if part not in self._names:
            self._names[part] = self.draft.define(
                f"{self.name}/{part}", expression, self.at, wanted=kind, noun=noun
            )
        return self._names[part]

    def _day(self, key: str, part: str, noun: str | None = None) -> tuple[Expression, Name]:
        """A date of the charge as it is written, and its node."""
        written, at = self.draft.feel(*self.place, key), self.draft.span(*self.place, key)
        return written, self.draft.define(f"{self.name}/{part}", written, at, wanted=types.DATE, noun=noun)

    # Due dates

    def _once(self) -> Name | None:
        """The due date of a charge that is due once; None for one without."""
        written = self.draft.text(*self.place, "due_on") if self.charge.due_on is not None else "none"
        if is_none(self.draft.vocabulary, self.draft.entity, written):
            return None
        self.first, known = self._day("due_on", "due")
        self.told.append(known)
        return known

    def _series(self, i: int) -> Name:
        """The first due date of a charge that recurs."""
        key = "first_due" if self.charge.first_due is not None else "starting"
        plain = key == "first_due" and self.charge.on_day is None and self.charge.every not in CALENDAR
        written, known = self._day(key, "due" if plain else "starting")
        self.first = written
        self.told.append(known)
        self.starting = known
        self.starts = period_starts(self.draft, self.charge, i, written, known)
        lag = lag_of(self.draft, self.charge, i)
        series = self.starts if lag.edge == "start" else self.starts.ends()
        self.dues = series.moved(lag.months, lag.days)
        self.cut_first = self.shares is not None and lag.edge == "start"
        if plain:
            return known
        first = self._nth_due(build.literal(1, self.at))
        if self.cut_first:
            first = lag.after(self.starting)
        return self._define("due", first, "first due date", types.DATE)

    def _nth_due(self, number: Expression) -> Expression:
        """A due date by its number, of whole periods."""
        return self.dues.call("nth occurrence", number, self.at)

    def _unless_first(self, first: Expression, later: Expression) -> Expression:
        """What holds at the first due date, where that lies off the steps, and what holds after it."""
        if not self.cut_first or self.due is None:
            return later
        today = build.name("today", self.at)
        return build.choose([(build.compare("<=", today, self.due, self.at), first)], later, self.at)

    @property
    def every_text(self) -> str | None:
        """The length of a period as a finding has it."""
        found = CALENDAR.get(self.charge.every or "")
        return self.charge.every if found is None else f"P{found.months}M"

    def readings(self) -> dict[str, Reading]:
        """What a finding says of due dates, apart from the first, and of periods."""
        if not self.recurs or self.due is None:
            return {}
        today = build.name("today", self.at)
        following = self._unless_first(self.due, self.dues.call("next occurrence", today, self.at))
        anchor = self.dues.anchor
        assert isinstance(anchor, Name)
        found: dict[str, Reading] = {
            "next_due_on": Value(self._define("next", following, None, types.DATE).name),
            "counted_from": Value(anchor.name),
            "shift_days": Const(self.dues.shift.days),
        }
        if self.cut_first:
            whole = self._nth_due(build.literal(1, self.at))
            found["steps_from"] = Value(self._define("steps-from", whole, None, types.DATE).name)
        if self.reads_periods:
            found.update(
                period_number=Value(self.number(self.at).name),
                of_periods=Const(self.charge.times),
                period_start=Value(self.edge("start", self.at).name),
                period_end=Value(self.edge("end", self.at).name),
            )
        if self.shares is not None:
            found.update(days=Value(self._length(self.at).name), of_days=Value(self._whole().name))
        return found

    # The end

    def _conditions(self) -> tuple[Name | None, Name | None]:
        """Under which condition it is charged, and whether it goes on; None where it does not say so."""
        if self.charge.when is None:
            return None, self._goes_on()
        return self.condition(self.charge, *self.place, "when"), self._goes_on()

    def condition(self, charge: ChargePart, *place: str | int) -> Name:
        """The condition of a charge that falls due on these dates."""
        with self.draft.naming({"period_number": types.COUNT} if self.recurs else {}):
            holds = self.reading_periods(self.draft.condition(*place))
        name, at = f"{self.draft.policy.id}/{charge.id}/applies", self.draft.span(*place)
        return self.draft.define(name, holds, at, wanted=types.BOOLEAN, title="applies")

    def _goes_on(self) -> Name | None:
        """Whether a due date is still to come; None for a charge that is always due again."""
        today, parts = build.name("today", self.at), self._comes()
        if self.charge.until is not None:
            until, first = self._until(), self._first_day()
            parts.append(build.compare(">=", until, first, until.span))
            number = self.starts.call("occurrences until", until, until.span)
            final = self._define("number-of-last", number, "number of the last period", types.COUNT)
            never = build.compare(">", until, build.literal(date.max, until.span), until.span)
            self.last.append(self._final("last", final, (never, until)))
        if self.charge.times is not None:
            self.last.append(self._final("last-of-all", build.literal(self.charge.times, self.at)))
        if not parts and not self.last:
            return None
        parts += [build.compare(">=", each, today, each.span) for each in self.last]
        whole = build.all_of(parts, self.at)
        return self.draft.define(
            f"{self.name}/goes-on", whole, self.at, wanted=types.BOOLEAN, title="goes on"
        )

    def _comes(self) -> list[Expression]:
        """That the due date is not `never`, where something in the program may never come."""
        if self.due is None or not self.draft.may_never_come(self.first):
            return []
        beyond = build.compare(">", self.first, build.literal(date.max, self.at), self.at)
        return [build.negate(build.call("is true", beyond, span=self.at), self.at)]

    def _final(self, part: str, number: Expression, *never: tuple[Expression, Expression]) -> Name:
        """The due date with the last number; `never` is what it is where no end is in sight."""
        last = build.choose(never, self._nth_due(number), self.at)
        if self.cut_first and self.due is not None and isinstance(number, Literal):
            last = self.due if number.value == 1 else last
        elif self.cut_first and self.due is not None:
            one = build.compare("<=", number, build.literal(1, self.at), self.at)
            last = build.choose([(one, self.due)], last, self.at)
        return self._define(part, last, "last due date", types.DATE)

    def _until(self) -> Name:
        """The last day that counts, on or before which the last period begins."""
        if "until" not in self._names:
            written, known = self._day("until", "until-written", "last day")
            known = self._or_never(written, known)
            if self.shares in ("first_day", "neither"):
                known = self._define("until", _moved(known, -_DAY), "last day that counts", types.DATE)
            self._names["until"] = known
        return self._names["until"]

    def _or_never(self, written: Expression, known: Name) -> Name:
        """The last day, or a day that never comes where it may be known that there is none."""
        draft, at = self.draft, known.span
        sight = Sight(draft.vocabulary, draft.entity, draft.functions)
        if not any(sight.may_lack(written)):
            return known
        none = build.call("is nothing", known, span=at)
        day = build.choose([(none, build.literal(FAR_DAY, at))], known, at)
        return self._define("until-or-never", day, "last day", types.DATE)

    def _first_day(self) -> Name:
        """The first day that counts."""
        if self.shares is None:
            first = self.starts.call("nth occurrence", build.literal(1, self.at), self.at)
            return self._define("first-day", first, "first day", types.DATE)
        first = _moved(self.starting, _DAY) if self.shares in ("last_day", "neither") else self.starting
        return self._define("first-day", first, "first day", types.DATE)

    # The period of the next due date

    def number(self, at: Span) -> Name:
        """Which one it is, from 1."""
        number = self.dues.call("occurrence number", build.name("today", self.at), self.at)
        whole = self._unless_first(build.literal(1, self.at), number)
        return build.name(self._define("number", whole, "number of the period", types.COUNT).name, at)

    def edge(self, which: str, at: Span) -> Name:
        """The first or the last day of the period."""
        if f"period-{which}" not in self._names:
            day = self._whole_edge(which)
            if self.shares is not None and which == "start":
                first = self._first_day()
                day = build.choose([(build.compare("<", day, first, self.at), first)], day, self.at)
            if self.shares is not None and which == "end" and self.charge.until is not None:
                until = self._until()
                day = build.choose([(build.compare(">", day, until, self.at), until)], day, self.at)
            self._define(f"period-{which}", day, _NOUNS[which], types.DATE)
        return build.name(self._names[f"period-{which}"].name, at)

    def _whole_edge(self, which: str) -> Expression:
        """The same of the whole period, before it is cut."""
        series = self.starts if which == "start" else self.starts.ends()
        day = series.call("nth occurrence", self.number(self.at), self.at)
        if self.shares is None:
            return day
        return self._define(f"whole-{which}", day, _NOUNS[which], types.DATE)

    def _length(self, at: Span) -> Name:
        days = _days(self.edge("start", self.at), self.edge("end", self.at), self.at)
        return build.name(self._define("period-days", days, "days of the period", types.COUNT).name, at)

    def _whole(self) -> Name:
        days = _days(self._whole_edge("start"), self._whole_edge("end"), self.at)
        return self._define("whole-days", days, "days of the whole period", types.COUNT)

    def share(self) -> Expression | None:
        """What part of the period counts; None where all of it does."""
        if self.shares is None:
            return None
        share = Binary("/", self._length(self.at), self._whole(), self.at)
        return self._define("share", share, "share of the period", types.NUMBER)

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
            "period": self._range,
        }
        found = build.replaced(expression, meanings)
        self.reads_periods = self.reads_periods or found is not expression
        return found


def _moved(day: Expression, by: timedelta) -> Expression:
    return Binary("+", day, build.literal(by, day.span), day.span)


def _days(start: Expression, end: Expression, at: Span) -> Expression:
    """The number of days from one to another, both included."""
    return Binary("+", Path(Binary("-", end, start, at), "days", at), build.literal(1, at), at)
