"""A partner base of the ByteKast programme, the same for every seed: NDJSON, one reseller a line.

`python benchmarks/partners.py 20000 > partners.ndjson`
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

_FIRST = date(2024, 1, 1)
_PROGRAMMES = ("sales_marketing", "production_onboarding", "user_support", "data_privacy_analytics")
_DUTIES = (
    "attends_quarterly_reviews", "technical_team_qualified", "sales_team_qualified", "team_in_ongoing_training",
)  # fmt: skip


def partners(count: int, seed: int = 7, holes: float = 0.03) -> Iterator[dict[str, Any]]:
    """So many resellers; of every fact the share `holes` is left out. Amounts are exact decimals."""
    source = random.Random(seed)
    return (_partner(source, number, holes) for number in range(count))


def line(partner: dict[str, Any]) -> str:
    """A reseller as a line of NDJSON; amounts keep their digits."""
    return _json(partner)


def _partner(source: random.Random, number: int, holes: float) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": f"R{number:06}",
        "name": f"Reseller {number}",
        "active_accounts": min(int(source.expovariate(1 / 14)), 60),
        **{duty: source.random() < 0.93 for duty in _DUTIES},
        "competence_rating": "positive" if source.random() < 0.9 else "neutral",
    }
    kept = {
        name: value for name, value in facts.items() if name in ("id", "name") or source.random() >= holes
    }
    kept["reviews"] = [{"held_on": day} for day in sorted({_day(source) for _ in range(source.randrange(4))})]
    kept["qualifications"] = [
        {"programme": programme, "completed_on": _day(source)}
        for programme in _PROGRAMMES if source.random() < 0.8
    ]  # fmt: skip
    kept["accounts"] = [_account(source, number, i, holes) for i in range(1 + int(source.expovariate(0.4)))]
    return kept


def _account(source: random.Random, number: int, i: int, holes: float) -> dict[str, Any]:
    ordered = _FIRST + timedelta(days=source.randrange(1400))
    facts: dict[str, Any] = {
        "order_form_submitted_on": ordered.isoformat(),
        "set_up_on": (ordered + timedelta(days=source.randrange(60))).isoformat(),
        "setup_fee": Decimal(source.randrange(0, 500_001)).scaleb(-2),
        "monthly_fee": Decimal(source.randrange(0, 100_001)).scaleb(-2),
    }
    kept = {name: value for name, value in facts.items() if source.random() >= holes / 4}
    if source.random() < 0.1:
        kept["setup_fee_due_on"] = (ordered + timedelta(days=90)).isoformat()
    return {"id": f"A{number}-{i}", **kept}


def _day(source: random.Random) -> str:
    return (_FIRST + timedelta(days=source.randrange(1060))).isoformat()


def _json(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)}: {_json(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_json, value))}]"
    return f"{value:f}" if isinstance(value, Decimal) else json.dumps(value)


if __name__ == "__main__":
    for each in partners(int(sys.argv[1])):
        print(line(each))
