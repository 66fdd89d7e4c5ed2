"""The workload as a developer would write it by hand, with binary floats and with exact decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from records import Answer, Record
from rules import ACTIVITIES, TYPES, does

_DUTIES = {kind: [each for each in ACTIVITIES if does(each, kind)] for kind in TYPES}
_CENT, _ONE = Decimal("0.01"), Decimal(1)


def _blocked(record: Record) -> set[str]:
    blocked = {"a27"} if record["customer_cms"] else {"a04"}
    blocked.add("a11" if record["months_since_golive"] < 12 else "a43")
    if record["total_users"] < 100:
        blocked.add("a19")
    if record["technical_trained"] < 2:
        blocked.add("a35")
    return blocked


def _level(record: Record) -> str:
    accounts = record["active_accounts"]
    if (
        accounts >= 27 and record["attends_reviews"] and record["competence_positive"]
        and record["technical_trained"] >= 1 and record["sales_trained"] >= 1
    ):  # fmt: skip
        return "platinum"
    if 16 <= accounts <= 26:
        return "gold"
    return "silver" if 10 <= accounts <= 15 else "none"


_RATES: dict[str, Any] = {"platinum": 0.50, "gold": 0.33, "silver": 0.20, "none": 0.0}
_EXACT_RATES = {name: Decimal(str(rate)) for name, rate in _RATES.items()}


def with_floats(record: Record) -> Answer:
    """The answer in binary floats."""
    level = _level(record)
    discount = _RATES[level]
    blocked = _blocked(record)
    mrr = record["total_users"] * (
        record["license_price"] + record["hwaas_price"] + record["classound_price"]
    )
    return {
        "level": level,
        "discount": discount,
        "duties": [each for each in _DUTIES[record["partner_type"]] if each not in blocked],
        "expected_mrr": mrr,
        "weighted_mrr": mrr * record["probability"],
        "gate_open": record["stage"] != "proposal" or record["verbal_agreement"],
        "bonus": record["demo_answers"] and record["demo_done"] and record["approved_by_am"],
        "net_setup": round(record["setup_fee"] * (1 - discount), 2),
        "net_monthly": round(record["monthly_fee"] * (1 - discount), 2),
    }


def with_decimals(record: Record) -> Answer:
    """The answer in exact decimals."""
    level = _level(record)
    discount = _EXACT_RATES[level]
    blocked = _blocked(record)
    mrr = record["total_users"] * (
        record["license_price"] + record["hwaas_price"] + record["classound_price"]
    )
    return {
        "level": level,
        "discount": discount,
        "duties": [each for each in _DUTIES[record["partner_type"]] if each not in blocked],
        "expected_mrr": mrr,
        "weighted_mrr": mrr * record["probability"],
        "gate_open": record["stage"] != "proposal" or record["verbal_agreement"],
        "bonus": record["demo_answers"] and record["demo_done"] and record["approved_by_am"],
        "net_setup": (record["setup_fee"] * (_ONE - discount)).quantize(_CENT, ROUND_HALF_UP),
        "net_monthly": (record["monthly_fee"] * (_ONE - discount)).quantize(_CENT, ROUND_HALF_UP),
    }
