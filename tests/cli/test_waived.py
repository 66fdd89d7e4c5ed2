"""What all waivers of a programme cost, month by month, beside a slow calculation of its own."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Result

_PROGRAM = Path(__file__).parents[1] / "kinds" / "programs" / "waivers"
_MONTHS = [date(2026, 12, 1), *(date(2027, month, 1) for month in range(1, 12))]


def _record(source: random.Random, number: int) -> dict[str, Any]:
    return {
        "id": source.choice(["harbour", "dock", f"p{number}"]) if number < 3 else f"p{number}",
        "region": source.choice(["eu", "us"]),
        "accounts": source.choice([0, 4, 5, 9, 10, 20]),
        "team": source.random() < 0.5,
        "insured": source.random() < 0.5,
        "references": source.choice([0, 2]),
        "approved": source.random() < 0.5,
        "contract_on": "2026-01-01",
        "deals": [],
    }


def _fee(record: dict[str, Any], day: date, waived: bool) -> Decimal:
    """What the support of one month costs, with the waivers of that day or without any."""
    harbour, dock, us = record["id"] == "harbour", record["id"] == "dock", record["region"] == "us"
    this_year = waived and day <= date(2026, 12, 31)
    team = record["team"] or (waived and harbour and day <= date(2027, 1, 31))
    shared = team and (not us or record["insured"] or this_year)
    references = record["references"] >= 2 or this_year
    approved = record["approved"] or (waived and not us)
    gold = record["accounts"] >= 10 and shared and references and approved
    if gold or (this_year and dock):
        return Decimal("80.00")
    return Decimal("90.00") if record["accounts"] >= 5 and shared else Decimal("100.00")


@pytest.mark.parametrize("seed", range(3))
def test_what_waivers_cost(seed: int, tmp_path: Path, cli: Callable[..., Result]) -> None:
    source = random.Random(seed)
    records = [_record(source, i) for i in range(20)]
    records = list({each["id"]: each for each in records}.values())
    base = tmp_path / "partners.ndjson"
    base.write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")
    run = cli("plan", _PROGRAM, _PROGRAM, "--records", base, "--as-of", "2026-11-21", "-o", "json")
    found = json.loads(run.out)
    (total,) = found["waived"]["totals"]
    without, with_them = (
        sum(_fee(each, day, waived) for each in records for day in _MONTHS) for waived in (False, True)
    )
    assert (Decimal(total["before"]), Decimal(total["after"])) == (without, with_them)
    assert Decimal(total["change"]) == with_them - without != 0
    assert found["waived"]["given"] == 12
    assert found["summary"]["changed"] == 0


def test_what_each_waiver_is_for(tmp_path: Path, cli: Callable[..., Result]) -> None:
    base = tmp_path / "partners.ndjson"
    record = {
        "id": "harbour", "region": "eu", "accounts": 12, "team": False, "references": 2, "approved": True,
        "contract_on": "2026-01-01", "reviewed_on": "2026-02-02", "deals": [],
    }  # fmt: skip
    base.write_text(json.dumps(record) + "\n", encoding="utf-8")
    run = cli("plan", _PROGRAM, _PROGRAM, "--records", base, "--as-of", "2026-11-21", "-o", "json")
    uses = {each["id"]: each["status"] for each in json.loads(run.out)["waived"]["each"]}
    assert uses == {
        "team": "used",
        **dict.fromkeys(["insurance", "references", "approval", "strategic", "budget", "lost"], "unused"),
        **dict.fromkeys(["review", "plan", "code", "check", "again"], "unused"),
    }
    later = cli("plan", _PROGRAM, _PROGRAM, "--records", base, "--as-of", "2027-03-01").out
    assert "The waiver `waivers/team` of “Has a qualified team” lapsed on 31 Jan 2027" in later
    assert "Nobody of the partners needs the waiver `waivers/approval`" in later


def test_a_public_plan_tells_nothing_of_single_waivers(tmp_path: Path, cli: Callable[..., Result]) -> None:
    base = tmp_path / "partners.ndjson"
    source = random.Random(1)
    base.write_text("".join(json.dumps(_record(source, i)) + "\n" for i in range(9)), encoding="utf-8")
    run = cli(
        "plan", _PROGRAM, _PROGRAM, "--records", base, "--as-of", "2026-11-21", "--public", "-o", "json"
    )
    found = json.loads(run.out)
    assert (found["waived"]["given"], found["waived"]["each"]) == (12, [])
    assert not any(name in run.out for name in ("harbour", "dock", "strategic"))
