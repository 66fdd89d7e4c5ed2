"""The workload as data: 59 rules over one flat record, from which every engine is built.

A ladder of three levels with discounts, a matrix of 48 activities by 3 types of partner (six of them with
a condition), two formulas, a bonus, the gate of a pipeline, two charges net of the discount.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

TYPES = ("referral", "sales", "full_service")
STAGES = ("lead", "qualified", "demo", "proposal", "contract", "closed")


@dataclass(frozen=True, slots=True)
class Level:
    """A level: its accounts (inclusive; None is open), its discount, whether its requirements hold."""

    id: str
    low: int
    high: int | None
    discount: Decimal
    strict: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """A fact compared with a value: `op` is one of `= >= <`."""

    fact: str
    op: str
    value: bool | int


# From the highest down.
LEVELS = (
    Level("platinum", 27, None, Decimal("0.50"), True),
    Level("gold", 16, 26, Decimal("0.33"), False),
    Level("silver", 10, 15, Decimal("0.20"), False),
)
# Whose activity it is, for the types in their order: p the partner, v the vendor.
_MATRIX = (
    "vpp vpp ppp vpp vpv pvp ppp vpp pvp ppp ppp ppp vvp ppv vvp vpp vvp vpp ppp vpp vpp vpv ppp vpp "
    "pvp ppv vpp vpp ppv vpv pvp pvv vpp vpp vpp vvp pvp ppv pvp vvp vpp vvv ppp vpp pvp vvv pvp ppp"
)
ACTIVITIES = tuple(f"a{i:02}" for i in range(1, 49))
MATRIX = {
    activity: dict(zip(TYPES, row, strict=True))
    for activity, row in zip(ACTIVITIES, _MATRIX.split(), strict=True)
}
CONDITIONS = {
    "a04": Condition("customer_cms", "=", True),
    "a11": Condition("months_since_golive", ">=", 12),
    "a19": Condition("total_users", ">=", 100),
    "a27": Condition("customer_cms", "=", False),
    "a35": Condition("technical_trained", ">=", 2),
    "a43": Condition("months_since_golive", "<", 12),
}


def does(activity: str, partner_type: str) -> bool:
    """Whether an activity is the partner's, its condition aside."""
    return MATRIX[activity][partner_type] == "p"
