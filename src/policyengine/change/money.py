"""What a change does to money, for one charge of one subject: in amount, in time and in direction.

A charge comes to one payment for each of its due dates in a period. Two versions are compared payment by
payment. Where a payment stays and its amount differs, the *amount* changes. Where it is due on a different
day, its *time* changes: it may leave the period or come into it, and no amount changes by that. What is paid
twice for one period of a charge, or never, changes the amount. Where someone else pays, or in another
currency, the payment ends in the one direction and begins in the other. The sums of the period before and
after differ by exactly what amounts and time change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from policyengine.change.period import Days, Schedule
from policyengine.change.terms import EXACT, NOTHING, Terms
from policyengine.decision.findings import NOT_APPLICABLE, UNDETERMINED

Way = Literal["earlier", "later", "rhythm", "twice", "skipped"]
"""Which way a payment moves. Where versions follow each other, a later one may charge `twice` for a period,
and all of them may have it `skipped`.
"""
Where = Literal["within", "before", "after", "into"]
"""Where a payment is due that moves: within the period, before it, after it, or in it as it was not before.
"""
BEFORE, AFTER, BOTH = "before", "after", "both"


class Payment(NamedTuple):
    """One due date of a charge, by its number in a schedule, what is paid then, and in which direction."""

    number: int
    day: date
    net: Decimal
    flow: tuple[str, str]
    schedule: Schedule


class Shift(NamedTuple):
    """Payments that are due on a different day: which way they move, where to, and what they come to."""

    way: Way
    where: Where
    payments: int
    net: Decimal


class MoneyChange(NamedTuple):
    """What one charge of one subject comes to in a period before and after.

    `amount` is the change that amounts make. The rest, `time`, is made by payments that leave the period or
    come into it; `shifts` are those whose day moves. `months` are the sums by month of a charge with shifts.
    """

    currency: str
    payer: str
    before: Decimal
    after: Decimal
    amount: Decimal
    shifts: tuple[Shift, ...] = ()
    months: Mapping[str, tuple[Decimal, Decimal]] = {}

    @property
    def time(self) -> Decimal:
        """How much more is due in the period because due dates move."""
        return EXACT.subtract(EXACT.subtract(self.after, self.before), self.amount)


Dues = Sequence[Terms | None]
"""The terms of a charge in each range of days of a period; None where there is no such charge."""


def money_changes(old: Dues, new: Dues, spans: Sequence[Days]) -> tuple[MoneyChange, ...] | str:
    """What the change does to one charge; or the side (`BEFORE`, `AFTER`, `BOTH`) that is undetermined."""
    alike = all(one is other for one, other in zip(old, new, strict=True))
    old = [_dated(terms, spans) for terms in old]
    new = old if alike else [_dated(terms, spans) for terms in new]
    quick = _unmoved(old, new, spans) if len(spans) == 1 else None
    if quick is not None:
        return quick
    before = _payments(old, spans)
    after = before if alike else _payments(new, spans)
    if before is None or after is None:
        return AFTER if before is not None else BOTH if after is None else BEFORE
    one, other = _Side.of(before, old, spans), _Side.of(after, new, spans)
    flows = dict.fromkeys(each.flow for each in (*before, *after))
    flows.update(dict.fromkeys(each.last.flow for each in (one, other) if each.last is not None))
    if alike or len(flows) > 1:
        return tuple(_turned(flow, before, after) for flow in flows)
    return (_compared(one, other, *flows),)


def _dated(terms: Terms | None, spans: Sequence[Days]) -> Terms | None:
    """The terms, with a day for a charge that is due when invoiced: it counts once in the period."""
    if terms is None or terms.schedule is not None or terms.status in (UNDETERMINED, NOT_APPLICABLE):
        return terms
    return terms._replace(schedule=Schedule(spans[0].first))


def _turned(flow: tuple[str, str], before: Iterable[Payment], after: Iterable[Payment]) -> MoneyChange:
    """What is paid in one of several directions."""
    one, other = (_sum(each for each in side if each.flow == flow) for side in (before, after))
    return MoneyChange(*flow, one, other, EXACT.subtract(other, one))


def _unmoved(old: Dues, new: Dues, spans: Sequence[Days]) -> tuple[MoneyChange, ...] | str | None:
    """The same where one range is the whole period and due dates are equal: only amounts differ."""
    (one,), (other,) = old, new
    if one is None or other is None:
        return None
    if one is not other and (one.schedule != other.schedule or one.flow != other.flow):
        return None
    before = _due(one, spans[0])
    after = before if one is other else _due(other, spans[0])
    if before is None or after is None:
        return AFTER if before is not None else BOTH if after is None else BEFORE
    return (MoneyChange(one.currency, one.payer, before, after, EXACT.subtract(after, before)),)


def _due(terms: Terms, days: Days) -> Decimal | None:
    """What is paid in some days; None where that is undetermined."""
    if terms.schedule is None:
        return NOTHING if terms.payable == NOTHING else None
    found = NOTHING
    for numbers, net in terms.runs(days):
        if net is None:
            return None
        found = EXACT.add(found, EXACT.multiply(net, Decimal(len(numbers)))) if net else found
    return found


def _payments(dues: Dues, spans: Sequence[Days]) -> list[Payment] | None:
    """The payments of a period, each as the program says for its day; None where one is undetermined.

    What is due once is paid once, though its day may be another one in a later version, also where it fell
    due before the period; by none that has no such charge.
    """
    found: list[Payment] = []
    once, ended = False, date.min
    for terms, days in zip(dues, spans, strict=True):
        earlier, ended = ended, days.last
        if terms is None or (once and _is_single(terms)):
            continue
        payments = _payments_in(terms, days)
        if payments is None:
            return None
        found += payments
        if terms.schedule is not None and terms.schedule.every is None:
            once = once or earlier < terms.schedule.first <= days.last
    last = dues[-1]
    if last is not None and not once and len(spans) > 1 and _is_single(last):
        more = _payments_in(last, Days(spans[0].first, spans[-1].last))
        return None if more is None else [*found, *more]
    return found


def _is_single(terms: Terms) -> bool:
    return terms.schedule is not None and terms.schedule.every is None


def _payments_in(terms: Terms, days: Days) -> list[Payment] | None:
    schedule = terms.schedule
    if schedule is None:
        return [] if terms.payable == NOTHING else None
    found: list[Payment] = []
    for numbers, net in terms.runs(days):
        if net is None:
            return None
        if net:
            dated = zip(numbers, schedule.days(numbers), strict=True)
            found += [Payment(number, day, net, terms.flow, schedule) for number, day in dated]
    return found


def _sum(payments: Iterable[Payment]) -> Decimal:
    return total(payment.net for payment in payments)


# Payments, one by one

Pair = tuple[Payment | None, Payment | None]


class _Side(NamedTuple):
    """The payments by one version, with the terms in each range of days.

    `last` are the last terms that there are, and `schedule` the due dates as they are last.
    """

    payments: list[Payment]
    dues: Dues
    spans: Sequence[Days]
    last: Terms | None
    schedule: Schedule | None

    @staticmethod
    def of(payments: list[Payment], dues: Dues, spans: Sequence[Days]) -> _Side:
        """The side with these payments."""
        last = next((terms for terms in reversed(dues) if terms is not None), None)
        return _Side(payments, dues, spans, last, None if last is None else last.schedule)

    def asks_nothing(self, day: date) -> bool:
        """Whether there is no such charge on a day, or it is due then and comes to nothing."""
        terms = self._terms_on(day)
        return terms is None or terms.schedule is None or bool(terms.schedule.numbers(Days(day, day)))

    def _terms_on(self, day: date) -> Terms | None:
        """The terms of the version of a day; before and after the period those of the first and the last."""
        ranges = zip(self.dues, self.spans, strict=True)
        return next((each for each, days in ranges if day <= days.last), self.dues[-1])

    def skips(self, number: int) -> bool:
        """Whether a payment never falls due, as the last version says a day on which an earlier one has a
        different day for it.
        """
        return bool(self.schedule and (day := self.schedule.day(number)) and not self.asks_nothing(day))

    def outside(self, number: int, like: Payment) -> Payment | None:
        """A payment that is not due in the period, `like` the other one where its amount is undetermined.

        None where it is due in the period, or where there is nothing to pay.
        """
        day = None if self.schedule is None else self.schedule.day(number)
        if day is None or self.spans[0].first <= day <= self.spans[-1].last:
            return None
        terms = self.dues[-1] if day > self.spans[-1].last else self.last
        net = NOTHING if terms is None else terms.payable_on(day)[0]
        return (
            like._replace(number=number, day=day, net=like.net if net is None else net) if net != 0 else None
        )

    def following(self, skipped: int, like: Payment) -> Payment | None:
        """A payment after the period."""
        schedule, last = self.schedule, self.spans[-1].last
        assert schedule is not None
        past = schedule.numbers(Days(schedule.first, last)).stop if schedule.first <= last else 0
        return self.outside(past + skipped, like)


def _compared(old: _Side, new: _Side, flow: tuple[str, str]) -> MoneyChange:
    before, after = old.payments, new.payments
    sums = _sum(before), _sum(after)
    numbered = _by_number(old, new)
    pairs = _pairs(old, new) if numbered is None else numbered
    if pairs is None:
        amount = EXACT.subtract(sums[1], sums[0])
        shifts = [Shift("rhythm", "within", len(after), NOTHING)] if before and after else []
    else:
        amount = total(
            EXACT.subtract(other.net if other else NOTHING, one.net if one else NOTHING)
            for one, other in pairs
        )
        period = Days(old.spans[0].first, old.spans[-1].last)
        shifts = [
            _shift(one, other, period) for one, other in pairs if one and other and one.day != other.day
        ]
        shifts += _miscounted(numbered or (), new)
    months = _months(before, after) if shifts else {}
    return MoneyChange(*flow, *sums, amount, _merged(shifts), months)


def _by_number(old: _Side, new: _Side) -> list[Pair] | None:
    """Every payment before with the one of the same period after; None where numbers do not tell the period.

    What is left over lies outside the compared days, or is not paid.
    """
    one, other = old.schedule, new.schedule
    if one is None or other is None or one.step is None:
        return None
    schedules = {other, *(each.schedule for each in (*old.payments, *new.payments))}
    if not all(_count_alike(one, each) for each in schedules):
        return None
    pairs: list[Pair] = []
    for number in sorted({each.number for each in (*old.payments, *new.payments)}):
        before, after = ([each for each in side.payments if each.number == number] for side in (old, new))
        for i in range(max(len(before), len(after))):
            mine = before[i] if i < len(before) else None
            its = after[i] if i < len(after) else None
            if mine is None and i == 0 and its is not None:
                mine = _elsewhere(old, number, its)
            elif its is None and i == 0 and mine is not None:
                its = _elsewhere(new, number, mine)
            pairs.append((mine, its))
    return pairs


def _elsewhere(side: _Side, number: int, like: Payment) -> Payment | None:
    """The payment of a period that is not due in the compared days; None where there is none."""
    return None if side.asks_nothing(like.day) or side.skips(number) else side.outside(number, like)


def _count_alike(one: Schedule, other: Schedule) -> bool:
    """Whether due dates of the same number are of the same period: both schedules have the same periods and
    different days after them, or they begin less than a step apart.
    """
    if one == other or one.step != other.step:
        return one == other
    if one.anchor is not None and one.anchor == other.anchor and one.shift != other.shift:
        return True
    begin, start = (each.aligned or each.first for each in (one, other))
    then, later = one.day(1), other.day(1)
    return then is not None and later is not None and start < then and begin < later


def _miscounted(pairs: Iterable[Pair], new: _Side) -> Iterator[Shift]:
    """What is paid again for a period that is paid, and what is never paid."""
    paid: set[int] = set()
    for one, other in pairs:
        if one is None and other is not None and other.number in paid:
            yield Shift("twice", "within", 1, other.net)
        elif one is not None and other is None and one.number not in paid and new.skips(one.number):
            yield Shift("skipped", "within", 1, one.net)
        paid.update([other.number] if other is not None else ())


def _pairs(old: _Side, new: _Side) -> list[Pair] | None:
    """Every payment before with the one that it becomes; None where the two recur differently.

    Payments on the same day are the same. The others are paired in order where the two schedules share days,
    else by number; the partner of one that is left over may lie outside the period. A payment has no partner
    where the other version asks for nothing on its day.
    """
    if old.schedule is None or new.schedule is None:
        return [*((each, None) for each in old.payments), *((None, each) for each in new.payments)]
    if old.schedule.step != new.schedule.step:
        return None
    days = {each.day: each for each in new.payments}
    pairs: list[Pair] = [(each, days.get(each.day)) for each in old.payments if each.day in days]
    taken = {one.day for one, _ in pairs if one is not None}
    before = [each for each in old.payments if each.day not in taken]
    after = [each for each in new.payments if each.day not in taken]
    if pairs:
        pairs += [(each, None) for each in before if new.asks_nothing(each.day)]
        pairs += [(None, each) for each in after if old.asks_nothing(each.day)]
        before = [each for each in before if not new.asks_nothing(each.day)]
        after = [each for each in after if not old.asks_nothing(each.day)]
        return [*pairs, *_in_order(before, after, old, new)]
    ones, others = ({each.number: each for each in side} for side in (before, after))
    if len(ones) < len(before) or len(others) < len(after):
        return None  # a later version counts anew
    return [
        (
            ones.get(number) or old.outside(number, others[number]),
            others.get(number) or new.outside(number, ones[number]),
        )
        for number in sorted({*ones, *others})
    ]


def _in_order(before: list[Payment], after: list[Payment], old: _Side, new: _Side) -> Iterator[Pair]:
    """Pairs two lists in order; what is left of the longer one with the payments after the period."""
    for i in range(max(len(before), len(after))):
        one = before[i] if i < len(before) else None
        other = after[i] if i < len(after) else None
        yield (
            one or old.following(i - len(before), after[i]),
            other or new.following(i - len(after), before[i]),
        )


def _shift(one: Payment, other: Payment, period: Days) -> Shift:
    way: Way = "earlier" if other.day < one.day else "later"
    where: Where = "within"
    if other.day not in period:
        where = "before" if other.day < period.first else "after"
    elif one.day not in period:
        where = "into"
    return Shift(way, where, 1, other.net)


def _merged(shifts: Iterable[Shift]) -> tuple[Shift, ...]:
    found: dict[tuple[Way, Where], Shift] = {}
    for each in shifts:
        held = found.get(each[:2], Shift(each.way, each.where, 0, NOTHING))
        found[each[:2]] = held._replace(
            payments=held.payments + each.payments, net=EXACT.add(held.net, each.net)
        )
    return tuple(found.values())


def _months(before: Iterable[Payment], after: Iterable[Payment]) -> dict[str, tuple[Decimal, Decimal]]:
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for side, payments in enumerate((before, after)):
        for payment in payments:
            month = f"{payment.day:%Y-%m}"
            held = list(found.get(month, (NOTHING, NOTHING)))
            held[side] = EXACT.add(held[side], payment.net)
            found[month] = (held[0], held[1])
    return found


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    found = NOTHING
    for amount in amounts:
        found = EXACT.add(found, amount)
    return found
