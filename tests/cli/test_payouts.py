"""A referral programme, worked out by hand: what is paid out in a year, before and after a change."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from tests.cli.conftest import Result

_PROGRAM = Path(__file__).parents[1] / "kinds" / "programs" / "referral"
_ANNA = [  # the payments of a customer since 15 Mar 2025, then of one since 1 Feb 2026
    [("2026-01-15", "199.99"), ("2026-02-15", "199.99"), ("2026-03-14", "199.99"), ("2026-03-15", "199.99"),
     ("2026-04-15", "199.99")],
    [("2026-03-31", "33.33"), ("2026-04-01", "250.00")],
]  # fmt: skip
_RECORDS = [
    {"id": "anna", "joined_on": "2025-02-10", "payout_currency": "EUR"},
    {"id": "beat", "joined_on": "2026-01-01", "payout_currency": "EUR"},
    {"id": "chie", "joined_on": "2026-01-01", "payout_currency": "JPY"},
    {"id": "dora", "joined_on": "2026-01-01"},
]
_LATER = [[("2026-02-01", "249.95")], [("2026-02-01", "12347")], [("2026-02-01", "1000")]]


def _records() -> str:
    referrals = [
        [("2025-03-15", _ANNA[0]), ("2026-02-01", _ANNA[1])],
        *([("2026-01-01", payments)] for payments in _LATER),
    ]
    return "".join(
        json.dumps({**record, "referrals": [
            {"id": f"r{i}", "started_on": start,
             "payments": [{"paid_on": day, "amount": amount} for day, amount in payments]}
            for i, (start, payments) in enumerate(known)
        ]}) + "\n"
        for record, known in zip(_RECORDS, referrals, strict=True)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "after"),
    [
        # Due on 30 April: 3 times 39.998, 5.9997 and 6.666; on 30 July: 5.9997 and 50.00.
        ("0.03", "0.05", Decimal("136.66") + Decimal("60.00")),
        # 24.9987 and 13.4997 are too little.
        ("P1Y", "P1M", Decimal("0.00")),
        # 164.3247 and 68.4997, and 62.4875 for another partner, who had 49.99 before.
        ("0.20", "0.25", Decimal("164.32") + Decimal("68.50") + Decimal("62.49")),
    ],
)
def test_a_year_of_payouts(
    old: str, new: str, after: Decimal, tmp_path: Path, cli: Callable[..., Result]
) -> None:
    (tmp_path / "partners.ndjson").write_text(_records(), encoding="utf-8")
    changed = tmp_path / "new"
    changed.mkdir()
    for name in ("program.yaml", "payouts.yaml"):
        text = (_PROGRAM / name).read_text(encoding="utf-8")
        (changed / name).write_text(text.replace(old, new), encoding="utf-8")
    records = ("--records", tmp_path / "partners.ndjson", "--as-of", "2026-04-01")
    found = cli("plan", _PROGRAM, changed, *records, "-o", "json")
    charges = {each["currency"]: each for each in json.loads(found.out)["charges"]}
    euros = charges["EUR"]
    assert Decimal(euros["before"]) == Decimal("132.66") + Decimal("56.00")
    assert Decimal(euros["after"]) == after
    assert Decimal(euros["change"]) == after - Decimal("188.66")
    assert euros["payer"] == "vendor"
    assert Decimal(charges["JPY"]["before"]) == 2469


def test_what_is_paid_out_stands_apart(tmp_path: Path, cli: Callable[..., Result]) -> None:
    (tmp_path / "partners.ndjson").write_text(_records(), encoding="utf-8")
    found = cli("evaluate", _PROGRAM, tmp_path / "partners.ndjson", "--as-of", "2026-04-30").out
    found = " ".join(found.split())
    assert "Payouts 30 Apr 2026 132.66 EUR Commission of the quarter" in found
    assert "Payouts 1 payout not applicable" in found
    assert "2,469 JPY" in found
    assert "not decided Commission of the quarter" in found
    assert "Charges " not in found


_TWO_CURRENCIES = """\
kind: program
id: abroad
title: Abroad
currency: EUR
parties: {partner: the partner, vendor: the vendor}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      joined_on: {type: date, title: day of joining}
      own: {type: enum, values: [EUR, USD], title: currency}
---
kind: billing
id: fees
title: Fees
for: partner
charges:
  - {id: home, title: Fee, amount: 10, due_on: joined_on}
  - {id: abroad, title: Fee abroad, amount: 20, currency: own, due_on: joined_on}
"""


@pytest.mark.parametrize(
    ("own", "more", "passed"),
    [
        (["USD"], "losers > 0", None),  # it pays more dollars, and fewer euros
        (["USD", "EUR"], "winners > 5", None),
        (["USD"], "newly_blocked > 0", ""),
        (["EUR", "EUR"], "losers = 2", "holds: losers is 2"),
    ],
)
def test_who_pays_more_is_not_known_in_two_currencies(
    own: list[str], more: str, passed: str | None, tmp_path: Path, cli: Callable[..., Result]
) -> None:
    changed = _TWO_CURRENCIES.replace("amount: 10", "amount: 9").replace("amount: 20", "amount: 25")
    for name, text in (("old", _TWO_CURRENCIES), ("new", changed)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "program.yaml").write_text(text, encoding="utf-8")
    records = [{"id": str(i), "joined_on": "2026-05-01", "own": each} for i, each in enumerate(own)]
    (tmp_path / "partners.ndjson").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    asked = ("--records", tmp_path / "partners.ndjson", "--as-of", "2026-04-01", "--fail-if", more)
    found = cli("plan", tmp_path / "old", tmp_path / "new", *asked, "-o", "json")
    summary = json.loads(found.out)["summary"]
    assert summary["losers"] == (None if "USD" in own else 2)
    assert found.code == (1 if passed != "" else 0)
    unknown = "cannot be decided: {} is not known, since amounts in two currencies have no sum"
    wanted = unknown.format(more.split()[0]) if passed is None else passed
    assert found.err.strip() == (f"--fail-if `{more}` {wanted}" if wanted else "")
