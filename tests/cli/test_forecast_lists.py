"""What `forecast` tells beside its days: sums a quarter, new versions, parts of periods; in other forms."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support import POLICIES

PROGRAM = """\
kind: program
id: example
title: Example
currency: EUR
parties: {partner: {en: the partner, de: der Partner}}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: id}
      joined_on: {type: date, title: joined on}
      ended_on: {type: date, title: ended on}
"""
FEES = """\
kind: billing
id: fees
title: {en: Fees, de: Entgelte}
for: partner
DAYS
charges:
  - {id: fee, title: Fee, amount: AMOUNT, every: P1M, starting: joined_on, on_day: 1, until: ended_on,
     share_by_days: both}
  - {id: hosting, title: Hosting, amount: 30, first_due: joined_on, every: P3M}
"""
RECORDS = """\
- {id: a, joined_on: 2026-12-18, ended_on: 2027-06-14}
- {id: b, joined_on: 2026-03-01, ended_on: 2028-06-14}
"""
Cli = Callable[..., Any]


@pytest.fixture
def words(tmp_path: Path) -> tuple[str, ...]:
    """A program whose fee rises on 1 April, and two records."""
    folder = tmp_path / "example"
    folder.mkdir()
    (folder / "program.yaml").write_text(PROGRAM, encoding="utf-8")
    old = FEES.replace("DAYS", "until_including: 2027-03-31").replace("AMOUNT", "100")
    new = FEES.replace("DAYS", "from: 2027-04-01").replace("AMOUNT", "120")
    (folder / "fees.yaml").write_text(f"{old}---\n{new}", encoding="utf-8")
    (tmp_path / "records.yaml").write_text(RECORDS, encoding="utf-8")
    return str(folder), str(tmp_path / "records.yaml")


def _forecast(cli: Cli, words: tuple[str, ...], *more: str) -> str:
    found = cli("forecast", *words, *more, "--as-of=2026-11-21", "--until=P8M")
    assert (found.code, found.err) == (0, "")
    return str(found.out)


def test_each_part_is_an_object_of_json(cli: Cli, words: tuple[str, ...]) -> None:
    found = json.loads(_forecast(cli, words, "-o", "json"))
    assert list(found) == ["forecast", "money", "versions"]
    sums = [(each["quarter"], each["party"], each["amount"], each["payments"]) for each in found["money"]]
    due = [each for each in found["forecast"] if each["amount"] is not None]
    assert sum(count for *_, count in sums) == len(due)
    assert sums[2:] == [("2027 Q2", "the partner", "716.00", 8), ("2027 Q3", "the partner", "120.00", 1)]
    changed, money = found["versions"]
    assert changed["change"] == "“Fee” now comes to 120.00 EUR (was 100.00 EUR)"
    assert money["change"] == "falls due until 20 Jul 2027"
    # two whole months of a and 14 days, four months of b, and hosting twice, at 100 and at 120
    assert (money["before"], money["after"]) == ("706.67", "836.00")


def test_a_part_of_a_period_and_a_new_version_are_told(cli: Cli, words: tuple[str, ...]) -> None:
    rows = list(csv.DictReader(io.StringIO(_forecast(cli, words, "-o", "csv"))))
    told = [(row["day"], row["key"], row["change"]) for row in rows]
    assert ("2026-12-18", "a", "falls due, month 1 (14 of 31 days)") in told
    assert ("2027-06-01", "a", "falls due, month 7 (14 of 30 days)") in told
    assert ("2027-01-01", "a", "falls due, month 2") in told
    assert told.index(("2027-04-01", "", "a new version begins to hold")) < told.index(
        ("2027-04-01", "a", "100.00 EUR -> 120.00 EUR")
    )


def test_one_list_and_one_record(cli: Cli, words: tuple[str, ...]) -> None:
    whole = _forecast(cli, words, "money", "-o", "csv").splitlines()
    of_a, of_b = (_forecast(cli, (*words, "money"), "-o", "csv", f"--key={key}").splitlines() for key in "ab")
    assert whole[0] == of_a[0] == "quarter,party,amount,currency,payments,open"
    assert [whole[1], of_a[1], of_b[1]] == [
        "2026 Q4,the partner,205.16,EUR,4,", "2026 Q4,the partner,75.16,EUR,2,",
        "2026 Q4,the partner,130.00,EUR,2,",
    ]  # fmt: skip
    lacking = cli("forecast", *words, "--key=c")
    assert lacking.code == 2
    assert "no record has the id `c`" in lacking.err


def test_in_another_language(cli: Cli, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    text = _forecast(cli, words, "--language=de", "--key=a")
    assert text.startswith("Was bis 20.07.2027 ansteht (")
    for line in ("wird fällig, Monat 1 (14 von 31 Tagen)", "45,16 EUR", "der Partner", "Entgelte"):
        assert line in text
    assert "wird fällig bis 20.07.2027" in text
    out = cli("calendar", *words, "--language=de", "--key=b", "--as-of=2026-11-21", "--until=P1M").out
    assert "Fee: 100,00 EUR" in out
    assert "der Partner" in out


def test_what_is_told_at_the_end_of_a_long_run(
    cli: Cli, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policyengine.cli.console._LONG_MS", 0)
    for command in ("forecast", "calendar", "report"):
        assert cli(command, *words, "--as-of=2026-11-21").err == "2 records in 0:00\n"


def test_sums_have_every_payment(cli: Cli) -> None:
    folder = POLICIES / "bytekast"
    record = POLICIES.parent / "fixtures/bytekast/records/acme.yaml"
    found = json.loads(cli("forecast", folder, record, "--as-of=2026-11-21", "-o", "json").out)
    sums: dict[str, Decimal] = {}
    for row in found["forecast"]:
        if row["amount"] is not None:
            quarter = f"{row['day'][:4]} Q{(int(row['day'][5:7]) + 2) // 3}"
            sums[quarter] = sums.get(quarter, Decimal(0)) + Decimal(row["amount"])
    assert {row["quarter"]: Decimal(row["amount"]) for row in found["money"]} == sums
    assert max(row["payments"] for row in found["money"]) == 3
