"""Records for the workload, the same in every run, and the answers that are right for them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from rules import ACTIVITIES, CONDITIONS, LEVELS, STAGES, TYPES, Condition, does

Record = dict[str, Any]
Answer = dict[str, Any]
_CENT = Decimal("0.01")


def records(count: int, seed: int = 7) -> list[Record]:
    """So many records; amounts and rates are exact decimals, counts are integers."""
    source = random.Random(seed)
    return [_record(source, i) for i in range(count)]


def _record(source: random.Random, number: int) -> Record:
    def hundredths(low: int, high: int) -> Decimal:
        return Decimal(source.randrange(low, high)).scaleb(-2)

    def mostly(share: float) -> bool:
        return source.random() < share

    return {
        "id": f"P{number:07}",
        "partner_type": source.choice(TYPES),
        "active_accounts": source.randrange(61),
        "attends_reviews": mostly(0.85),
        "competence_positive": mostly(0.85),
        "technical_trained": source.randrange(11),
        "sales_trained": source.randrange(11),
        "customer_cms": mostly(0.4),
        "months_since_golive": source.randrange(49),
        "total_users": source.randrange(1, 5001),
        "license_price": hundredths(100, 2500),
        "hwaas_price": hundredths(0, 1500),
        "classound_price": hundredths(0, 900),
        "probability": hundredths(0, 101),
        "stage": source.choice(STAGES),
        "verbal_agreement": mostly(0.5),
        "demo_answers": mostly(0.7),
        "demo_done": mostly(0.7),
        "approved_by_am": mostly(0.7),
        "setup_fee": hundredths(0, 2_000_001),
        "monthly_fee": hundredths(0, 200_001),
    }


def in_floats(record: Record) -> Record:
    """The record with binary floats, for engines that know no decimals."""
    return {key: float(value) if isinstance(value, Decimal) else value for key, value in record.items()}


def in_decimals(record: Record) -> Record:
    """The record with decimals for all numbers."""
    return {key: Decimal(value) if type(value) is int else value for key, value in record.items()}


def holds(record: Mapping[str, Any], condition: Condition) -> bool:
    """Whether a condition holds for a record."""
    value = record[condition.fact]
    if condition.op == "=":
        return bool(value == condition.value)
    return bool(value >= condition.value if condition.op == ">=" else value < condition.value)


def answer(record: Record) -> Answer:
    """The right answer, exact; half a cent is rounded up."""
    accounts = record["active_accounts"]
    strict = (
        record["attends_reviews"] and record["competence_positive"]
        and record["technical_trained"] >= 1 and record["sales_trained"] >= 1
    )  # fmt: skip
    level = next(
        (each for each in LEVELS
         if each.low <= accounts <= (each.high or accounts) and (strict or not each.strict)), None,
    )  # fmt: skip
    discount = level.discount if level else Decimal(0)
    mrr = record["total_users"] * (
        record["license_price"] + record["hwaas_price"] + record["classound_price"]
    )
    return {
        "level": level.id if level else "none",
        "discount": discount,
        "duties": [
            each for each in ACTIVITIES
            if does(each, record["partner_type"]) and (each not in CONDITIONS or holds(record, CONDITIONS[each]))
        ],
        "expected_mrr": mrr,
        "weighted_mrr": mrr * record["probability"],
        "gate_open": record["stage"] != "proposal" or record["verbal_agreement"],
        "bonus": record["demo_answers"] and record["demo_done"] and record["approved_by_am"],
        "net_setup": (record["setup_fee"] * (1 - discount)).quantize(_CENT, ROUND_HALF_UP),
        "net_monthly": (record["monthly_fee"] * (1 - discount)).quantize(_CENT, ROUND_HALF_UP),
    }  # fmt: skip


EXACT = ("level", "duties", "gate_open", "bonus")
AMOUNTS = ("discount", "expected_mrr", "weighted_mrr", "net_setup", "net_monthly")


def cents_off(found: Answer, right: Answer) -> list[str]:
    """The amounts that come out at another cent; raises `ValueError` where anything else differs."""
    wrong = [key for key in EXACT if found[key] != right[key]]
    # A float counts as right if it is as near as a float can be.
    far = [
        key
        for key in AMOUNTS
        if abs(float(found[key]) - float(right[key])) > max(0.011, 1e-6 * float(right[key]))
    ]
    if wrong or far:
        raise ValueError(
            f"{(wrong or far)[0]}: {found[(wrong or far)[0]]!r}, not {right[(wrong or far)[0]]!r}"
        )
    return [key for key in AMOUNTS if _is_off(found[key], right[key])]


def _is_off(found: object, right: object) -> bool:
    """Whether an amount is another one: a decimal by any digit, a binary number by half a cent or more."""
    assert isinstance(right, Decimal)
    if isinstance(found, Decimal):
        return found != right
    return abs(Decimal(str(found)) - right) >= Decimal("0.005")
