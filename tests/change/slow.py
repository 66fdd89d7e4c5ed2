"""What ByteKast resellers pay, worked out by hand from the plain record: no policy, no engine.

Slow on purpose: due dates are found by walking from day to day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")
DUTIES = (
    "attends_quarterly_reviews",
    "technical_team_qualified",
    "sales_team_qualified",
    "team_in_ongoing_training",
)


@dataclass(frozen=True)
class Terms:
    """The numbers of the levels: from how many accounts on, and the discount in per cent."""

    silver: int = 10
    gold: int = 16
    platinum: int = 27
    silver_rate: int = 20
    gold_rate: int = 33
    platinum_rate: int = 50

    def changed(self, **more: int) -> Terms:
        return replace(self, **more)

    def written(self, levels: str) -> str:
        """The text of levels.yaml with these numbers."""
        edits = {
            "active_accounts: 10..15": f"active_accounts: {self.silver}..{self.gold - 1}",
            "active_accounts: 16..26": f"active_accounts: {self.gold}..{self.platinum - 1}",
            "active_accounts: 27..": f"active_accounts: {self.platinum}..",
            "discount: 20%": f"discount: {self.silver_rate}%",
            "discount: 33%": f"discount: {self.gold_rate}%",
            "discount: 50%": f"discount: {self.platinum_rate}%",
        }
        assert all(levels.count(old) == 1 for old in edits)
        return re.sub("|".join(map(re.escape, edits)), lambda found: edits[found[0]], levels)


def possible(partner: Mapping[str, Any], terms: Terms) -> set[str]:
    """The levels that a partner may have, as far as its record tells."""
    rating = partner.get("competence_rating")
    duties = [partner.get(duty) for duty in DUTIES] + [None if rating is None else rating == "positive"]
    if False in duties:
        return {"none"}
    accounts = partner.get("active_accounts")
    if accounts is None:
        return {"none", "silver", "gold", "platinum"}
    if accounts < terms.silver:
        return {"none"}
    by_accounts = "platinum" if accounts >= terms.platinum else "gold" if accounts >= terms.gold else "silver"
    return {by_accounts, "none"} if None in duties else {by_accounts}


def level(partner: Mapping[str, Any], terms: Terms) -> str:
    """silver, gold, platinum, none or undetermined."""
    found = possible(partner, terms)
    return found.pop() if len(found) == 1 else "undetermined"


def rate(partner: Mapping[str, Any], terms: Terms) -> Decimal | None:
    """The discount as a share, None where it cannot be known."""
    rates = {"silver": terms.silver_rate, "gold": terms.gold_rate, "platinum": terms.platinum_rate, "none": 0}
    found = {rates[each] for each in possible(partner, terms)}
    return Decimal(found.pop()) / 100 if len(found) == 1 else None


def due_once(on: date, period: tuple[date, date]) -> int:
    """How often a day lies in the period: once, or not."""
    return int(period[0] <= on <= period[1])


def due_days(set_up: date, period: tuple[date, date]) -> int:
    """How often something falls due: the day before two months after the set-up, three months, four ..."""
    day, found = period[0], 0
    while day <= period[1]:
        after = day + timedelta(days=1)
        is_last = (after + timedelta(days=1)).day == 1
        same_day = after.day == set_up.day or (is_last and set_up.day > after.day)
        found += same_day and after >= months_on(set_up, 2)
        day = after
    return found


def months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError


def charges(
    partner: Mapping[str, Any], terms: Terms, period: tuple[date, date]
) -> Iterator[tuple[str, str, Decimal | None]]:
    """Account, charge and what it comes to in the period, None where that cannot be known."""
    discount = rate(partner, terms)
    for account in partner.get("accounts", ()):
        ordered, agreed, set_up = (
            date.fromisoformat(account[name]) if name in account else None
            for name in ("order_form_submitted_on", "setup_fee_due_on", "set_up_on")
        )
        due = agreed or ordered
        for charge, fee, times in (
            ("setup-fee", account.get("setup_fee"), None if due is None else due_once(due, period)),
            (
                "subscription",
                account.get("monthly_fee"),
                None if set_up is None else due_days(set_up, period),
            ),
        ):
            net = None
            if fee is not None and discount is not None:
                net = (fee * (1 - discount)).quantize(CENT, ROUND_HALF_UP)
            if times == 0 or net == 0:
                yield account["id"], charge, Decimal(0)
            elif times is None or net is None:
                yield account["id"], charge, None
            else:
                yield account["id"], charge, sum([net] * times, Decimal(0))
