"""A price change with contracts that exist, in a plan: 2,000 drawn contracts, to the cent and the day."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.change.slow import months_on
from tests.cli.conftest import Result

Cli = Callable[..., Result]
PROGRAM = """\
kind: program
id: shop
title: Shop
currency: EUR
parties: {partner: the partner, vendor: the vendor}
entities:
  partner:
    title: partner
    key: id
    facts: {id: {type: text, title: identifier}}
  contract:
    title: contract
    within: partner
    list: contracts
    key: id
    facts:
      id: {type: text, title: identifier}
      signed_on: {type: date, title: day of signature}
      seats: {type: count, title: seats}
"""
FEES = """\
kind: billing
id: fees
title: Fees
for: contract
HEAD
charges:
  - {id: fee, title: Fee, amount: seats * PRICE, every: P1M, first_due: signed_on}
"""
DAY = date(2026, 11, 21)
LAST = date(2027, 11, 20)
SINCE = date(2027, 1, 1)


def _folder(at: Path, *versions: tuple[str, str]) -> Path:
    at.mkdir()
    (at / "program.yaml").write_text(PROGRAM)
    texts = [FEES.replace("HEAD", head).replace("PRICE", price) for head, price in versions]
    (at / "fees.yaml").write_text("---\n".join(texts))
    return at


def _contracts(count: int) -> list[dict[str, Any]]:
    chance = random.Random(4)
    return [
        {
            "id": f"C-{i}",
            "signed_on": str(date(2025, 1, 1) + timedelta(days=chance.randrange(1200))),
            "seats": chance.randrange(1, 90),
        }
        for i in range(count)
    ]


def _slow(contract: dict[str, Any], existing: date | None) -> tuple[Decimal, Decimal]:
    """What a contract comes to in the year, before and after: it walks from payment to payment."""
    signed, n = date.fromisoformat(contract["signed_on"]), 0
    before = after = Decimal(0)
    while (day := months_on(signed, n)) <= LAST:
        if day >= DAY:
            old = (Decimal("9.99") * contract["seats"]).quantize(Decimal("0.01"), ROUND_HALF_UP)
            new = (Decimal("10.4950") * contract["seats"]).quantize(Decimal("0.01"), ROUND_HALF_UP)
            before += old
            after += new if signed >= SINCE or (existing is not None and day >= existing) else old
        n += 1
    return before, after


@pytest.mark.parametrize("existing", [None, date(2027, 5, 13)])
def test_a_price_change_is_right_to_the_cent(cli: Cli, tmp_path: Path, existing: date | None) -> None:
    head = "version_by: signed_on"
    moved = f"\nexisting_from: {existing}" if existing else ""
    old = _folder(tmp_path / "old", (head, "9.99"))
    new = _folder(tmp_path / "new", (head, "9.99"), (f"from: {SINCE}\n{head}{moved}", "10.4950"))
    contracts = _contracts(2000)
    records = [
        {"id": f"P-{i}", "contracts": contracts[4 * i : 4 * i + 4]} for i in range(len(contracts) // 4)
    ]
    (tmp_path / "base.ndjson").write_text("".join(f"{json.dumps(each)}\n" for each in records))
    arguments = ("plan", old, new, "--records", tmp_path / "base.ndjson", "--as-of", DAY)
    result = cli(*arguments, "-o", "json", "--show-keys", "--top", 1000)
    assert result.code == 0, result.err
    found = json.loads(result.out)
    sums = [_slow(each, existing) for each in contracts]
    (fee,) = found["charges"]
    assert Decimal(fee["before"]) == sum(before for before, _ in sums)
    assert Decimal(fee["after"]) == sum(after for _, after in sums)
    dearer = {
        f"P-{i}": change
        for i in range(len(records))
        if (change := sum(after - before for before, after in sums[4 * i : 4 * i + 4]))
    }
    told = found["losers"] + found["winners"]
    assert {each["key"]: Decimal(each["change"]) for each in told} == dearer


def test_contracts_that_exist_keep_their_version(cli: Cli, tmp_path: Path) -> None:
    head = "version_by: signed_on"
    old = _folder(tmp_path / "old", (head, "9.99"))
    new = _folder(tmp_path / "new", (head, "9.99"), (f"from: {SINCE}\n{head}", "10.4950"))
    record = {"id": "P", "contracts": [{"id": "C", "signed_on": "2026-12-31", "seats": 3}]}
    (tmp_path / "base.ndjson").write_text(json.dumps(record))
    result = cli("plan", old, new, "--records", tmp_path / "base.ndjson", "--as-of", DAY)
    assert "Nothing changes for 1 partner" in result.out.replace("\n", " "), result.out


def test_diff_says_since_when_and_for_what(cli: Cli, tmp_path: Path) -> None:
    old = _folder(tmp_path / "old", ("version_by: signed_on", "9.99"))
    head = f"from: {SINCE}\nexisting_from: 2027-05-13\nversion_by: signed_on"
    new = _folder(tmp_path / "new", ("version_by: signed_on", "9.99"), (head, "10.4950"))
    said = " ".join(cli("diff", old, new, "--as-of", DAY).out.split())
    assert "“Fee” now comes to `seats * 10.4950` (was `seats * 9.99`), from 1 Jan 2027" in said
    assert "What was there before this version moves to it on 13 May 2027, from 1 Jan 2027" in said, said
    assert "signed_on: 2027-01-01" in said


def test_a_price_costs_what_it_costs_those_whose_version_it_is(cli: Cli, tmp_path: Path) -> None:
    old = _folder(tmp_path / "old", ("", "9"))
    head = "version_by: signed_on"
    new = _folder(tmp_path / "new", (head, "9"), (f"from: {SINCE}\n{head}", "10"))
    days = ("2026-05-01", "2027-02-01")
    rows = [{"id": "C-" + day, "signed_on": day, "seats": 1} for day in days]
    (tmp_path / "base.ndjson").write_text(json.dumps({"id": "P", "contracts": rows}))
    arguments = ("plan", old, new, "--records", tmp_path / "base.ndjson", "--as-of", DAY, "-o", "json")
    (cause,) = json.loads(cli(*arguments).out)["causes"]
    assert (cause["title"], cause["change"]) == (
        "“Fee” now comes to `seats * 10` (was `seats * 9`), from 1 Jan 2027", "10.00"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("day", "told", "letter"),
    [
        ("2026-12-10", "Fee of C, 22 of 31 days, then every month", "22 von 31 Tagen, dann jeden Monat"),
        ("2027-01-01", "Fee of C, every month", "jeden Monat"),
        ("2027-02-01", "Fee of C, 9 of 28 days", "9 von 28 Tagen"),
    ],
)
def test_a_part_of_a_period_is_not_what_comes_again(
    cli: Cli, tmp_path: Path, day: str, told: str, letter: str
) -> None:
    folder = _folder(tmp_path / "p", ("", "31"))
    dates = "starting: signed_on, on_day: 1, share_by_days: both, until: '@\"2027-02-09\"'"
    text = (folder / "fees.yaml").read_text().replace("first_due: signed_on", dates)
    (folder / "fees.yaml").write_text(text)
    record = {"id": "P", "contracts": [{"id": "C", "signed_on": "2026-12-10", "seats": 1}]}
    (tmp_path / "r.json").write_text(json.dumps(record))
    shown = " ".join(cli("evaluate", folder, tmp_path / "r.json", "--as-of", day).out.split())
    assert f"{told} " in shown
    sent = cli("letter", folder, tmp_path / "r.json", "--as-of", day, "--language", "de", "-o", "text").out
    assert letter in " ".join(sent.split())


def test_amounts_are_added_up_for_one_day_and_told_once_with_their_charge(cli: Cli, tmp_path: Path) -> None:
    total = "{type: money, title: all fees, formula: sum(contracts.fee)}"
    program = PROGRAM.replace("title: identifier}}", f"title: identifier}}, total: {total}}}", 1)
    fees = FEES.replace("HEAD\n", "").replace("every: P1M", "result: fee, every: P1M")
    old, new = (_folder(tmp_path / name, ("", "9.99")) for name in ("old", "new"))
    later = fees.replace("PRICE", "12").replace("charges:", f"from: {SINCE}\ncharges:")
    dear = fees.replace("PRICE", "(if seats > 50 then 11 else 9.99)")
    for folder, text in ((old, fees.replace("PRICE", "9.99")), (new, f"{dear}---\n{later}")):
        (folder / "program.yaml").write_text(program)
        (folder / "fees.yaml").write_text(text)
    rows = [
        {"id": f"P-{n}", "contracts": [{"id": "C", "signed_on": "2026-01-01", "seats": n}]} for n in (60, 10)
    ]
    (tmp_path / "base.ndjson").write_text("".join(f"{json.dumps(each)}\n" for each in rows))
    arguments = ("plan", old, new, "--records", tmp_path / "base.ndjson", "--as-of", DAY)
    found = json.loads(cli(*arguments, "-o", "json").out)
    told = [(each["name"], each["day"], each["before"], each["after"]) for each in found["figures"]]
    assert told == [
        ("total", "2026-11-21", "699.30", "759.90"), ("total", "2027-01-01", "699.30", "840.00"),
    ]  # fmt: skip
    text = cli(*arguments).out
    assert text.startswith("Net charges of 2 partners rise by 1,608.30 EUR over 12 months.\n")
    assert "all fees on 1 Jan 2027" in text
    assert "different “Fee”" not in text
