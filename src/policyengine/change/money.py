"""The net charges that fall due in a period, exact, by charge and subject.

A recurring charge counts once for each due date. An undetermined charge has the amount None, never zero,
unless it is certain that it does not fall due in the period.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Context, Decimal
from typing import NamedTuple

from policyengine.change.period import Days, times
from policyengine.decision.findings import NOT_APPLICABLE
from policyengine.engine.rows.outcomes import Outcome

EXACT = Context(prec=200)
"""For sums and products of amounts: never a digit is lost."""
NOTHING = Decimal(0)


class ChargeKey(NamedTuple):
    """Identifies a charge by its policy and id."""

    policy: str
    id: str


class Paid(NamedTuple):
    """The amount of one charge for one subject in a period; None where it is undetermined."""

    currency: str
    amount: Decimal | None


def paid(outcome: Outcome, days: Days) -> Paid:
    """The amount of a charge in a period."""
    return Paid(str(outcome.values.get("currency") or ""), _amount(outcome, days))


def _amount(outcome: Outcome, days: Days) -> Decimal | None:
    if outcome.status == NOT_APPLICABLE:
        return NOTHING
    values = outcome.values
    amount, net = values.get("amount"), values.get("net")
    count = _times(values, days)
    if count == 0 or any(isinstance(each, Decimal) and not each for each in (amount, net)):
        return NOTHING
    if outcome.status != "applies" or count is None or not isinstance(net, Decimal):
        return None
    return EXACT.multiply(net, Decimal(count))


def _times(values: Mapping[str, object], days: Days) -> int | None:
    """How often a charge falls due in a period; None where that is unknown."""
    due, every, anchor, shift = (
        values.get(name) for name in ("due_on", "every", "counted_from", "shift_days")
    )
    if not isinstance(due, date):
        return None
    counted_from = anchor if isinstance(anchor, date) else None
    return times(
        days, due, str(every) if every else None, counted_from, shift if isinstance(shift, int) else 0
    )


def added(one: Paid | None, other: Paid) -> Paid:
    """The sum of two amounts of one charge, undetermined if one of them is."""
    if one is None:
        return other
    if one.amount is None or other.amount is None:
        return Paid(other.currency, None)
    return Paid(other.currency, EXACT.add(one.amount, other.amount))


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    found = NOTHING
    for amount in amounts:
        found = EXACT.add(found, amount)
    return found
