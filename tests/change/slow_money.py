"""What charges come to in a period, worked out payment by payment: the program is asked on each due date.

Slow on purpose: due dates are found by walking through the calendar, every answer is the reference's, and
payments of two versions are matched by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from tests.change.slow import months_on

from policyengine.decision.findings import Charge
from policyengine.engine.reference.row import evaluate
from policyengine.feel.values.values import Months
from policyengine.policy import quantities
from policyengine.program.linked import Program
from policyengine.program.record import Record

Key = tuple[str, str, str, int]
Payments = Mapping[Key, Mapping[date, Decimal] | None]
"""What each charge comes to on each of its due dates; None where one of them is undetermined."""


def charges_on(program: Program, record: Record, day: date) -> dict[Key, Charge]:
    """The charges of a record as the program says on a day, in the order in which it says them."""
    seen: Counter[tuple[str, str, str]] = Counter()
    found: dict[Key, Charge] = {}
    for charge in evaluate(replace(program, as_of=day), record).findings:
        if isinstance(charge, Charge):
            name = str(charge.subject), charge.policy, charge.id
            found[(*name, seen[name])] = charge
            seen[name] += 1
    return found


def due_dates(charge: Charge, first: date, last: date) -> list[date]:
    """The due dates of a charge in a period."""
    assert charge.due_on is not None
    if charge.every is None:
        return [charge.due_on] if first <= charge.due_on <= last else []
    step, found, n = quantities.period(charge.every), [], 0
    while (day := _day(charge, step, n)) <= last:
        found += [day] if day >= first else []
        n += 1
    return found


def _day(charge: Charge, step: Months | timedelta, n: int) -> date:
    """The due date after n steps, counted from the day that no short month has cut."""
    assert charge.due_on is not None
    if isinstance(step, timedelta):
        return charge.due_on + n * step
    anchor, shift = charge.counted_from or charge.due_on, timedelta(days=charge.shift_days or 0)
    start = next(m for m in range(10_000) if months_on(anchor, m) + shift >= charge.due_on)
    return months_on(anchor, start + n * step.months) + shift


def payments(program: Program, record: Record, as_of: date, first: date, last: date) -> Payments:
    """All payments of a record in a period."""
    asked = {as_of: charges_on(program, record, as_of)}
    found: dict[Key, dict[date, Decimal] | None] = {}

    def on(day: date) -> dict[Key, Charge]:
        if day not in asked:
            asked[day] = charges_on(program, record, day)
        return asked[day]

    for key, charge in asked[as_of].items():
        if charge.due_on is None and charge.status == "applies" and charge.net is not None:
            found[key] = {first: charge.net}  # when invoiced
            continue
        if nothing(charge) and charge.due_on is None and charge.every is not None:
            later = (on(first + timedelta(days=n))[key] for n in range(0, (last - first).days + 1, 90))
            charge = next((each for each in later if each.due_on is not None), charge)
        if charge.due_on is None:
            found[key] = {} if nothing(charge) else None
        else:
            found[key] = _paid(key, due_dates(charge, first, last), on)
    return found


def _paid(
    key: Key, days: Iterable[date], on: Callable[[date], dict[Key, Charge]]
) -> dict[date, Decimal] | None:
    """What a charge comes to on its due dates; None where one of them is undetermined."""
    paid: dict[date, Decimal] = {}
    for day in days:
        charge = on(day)[key]
        if nothing(charge):
            continue
        if charge.status == "undetermined" or charge.net is None:
            return None
        paid[day] = charge.net
    return paid


def nothing(charge: Charge) -> bool:
    """Whether a charge is certainly nothing, whatever else is not known."""
    return charge.status in ("not_applicable", "settled") or 0 in (charge.amount, charge.net)


def sums(before: Payments, after: Payments) -> tuple[dict[tuple[str, str], tuple[Decimal, Decimal]], int]:
    """What each charge comes to on both sides, and how many charges a side leaves undetermined."""
    found: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
    open_ = 0
    for key in {**before, **after}:
        one, other = before.get(key, {}), after.get(key, {})
        if one is None or other is None:
            open_ += 1
            continue
        held = found.get(key[1:3], (Decimal(0), Decimal(0)))
        more = sum(one.values(), Decimal(0)), sum(other.values(), Decimal(0))
        found[key[1:3]] = held[0] + more[0], held[1] + more[1]
    return {key: pair for key, pair in found.items() if any(pair)}, open_
