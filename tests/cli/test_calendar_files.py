"""What falls due as a calendar: read back, moved, cancelled, for one party; and what is no calendar."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from policyengine.cli.run import run

PROGRAM = """\
kind: program
id: example
title: Example
currency: EUR
parties: {partner: the partner, vendor: the vendor}
entities:
  partner:
    title: partner
    key: id
    label: name
    facts:
      id: {type: text, title: id}
      name: {type: text, title: name}
      joined_on: {type: date, title: joined on}
      certified_until: {type: date, title: certified until}
      reviewed: {type: boolean, title: reviewed}
"""
DUTIES = """\
kind: obligations
id: duties
title: Duties
for: partner
obligations:
  - {id: review, title: Hold the review, party: vendor, due_on: joined_on + @"P30D", met_when: reviewed}
"""
FEES = """\
kind: billing
id: fees
title: Fees
for: partner
charges:
  - {id: fee, title: Yearly fee, amount: 120, first_due: joined_on, every: P1Y}
"""
LEVELS = """\
kind: tiers
id: levels
title: Levels
for: partner
levels:
  - id: certified
    title: Certified
    requires: [{id: holds, title: Holds a certificate, when: certified_until >= today}]
"""
RECORD = (
    "{id: a, name: 'Ärger; & Co, KG', joined_on: 2026-11-20, certified_until: 2027-03-31, reviewed: false}\n"
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "p").mkdir()
    for name, text in {"program": PROGRAM, "duties": DUTIES, "fees": FEES, "levels": LEVELS}.items():
        (tmp_path / "p" / f"{name}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "r.yaml").write_text(RECORD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(*words: str) -> dict[str, Any]:
    code = run(["calendar", "p", "r.yaml", "--as-of", "2026-11-21", "-o", "c.ics", *words])
    assert code == 0
    return {
        str(event["uid"]): event for event in Calendar.from_ical(Path("c.ics").read_bytes()).walk("VEVENT")
    }


def told(events: dict[str, Any]) -> list[tuple[date, str, int, str]]:
    return [
        (each.decoded("dtstart"), str(each["summary"]), int(each["sequence"]), str(each.get("status", "")))
        for each in events.values()
    ]


REVIEW = "Ärger; & Co, KG: Hold the review"
FEE = "Ärger; & Co, KG: Yearly fee: 120.00 EUR"
END = "Ärger; & Co, KG: Levels: Certified ends"


def test_what_a_calendar_has() -> None:
    events = written()
    assert told(events) == [
        (date(2026, 12, 20), REVIEW, 0, ""), (date(2027, 4, 1), END, 0, ""), (date(2027, 11, 20), FEE, 0, ""),
    ]  # fmt: skip
    alarms = [each.walk("VALARM")[0].decoded("trigger") for each in events.values()]
    assert alarms == [-timedelta(days=7)] * 3
    before = Path("c.ics").read_bytes()
    assert b"\r\n" in before
    assert written() == events
    assert Path("c.ics").read_bytes() == before


RISES = """\
kind: tiers
id: levels
title: Levels
for: partner
levels:
  - {id: low, title: Low, grants: [{discount: 15%, on: [seats]}]}
  - id: high
    title: High
    requires: [{id: later, title: Later, when: today >= certified_until}]
    grants: [{discount: 20%, on: [seats]}]
"""


def test_what_follows_is_said_where_a_level_or_a_discount_rises(capsys: pytest.CaptureFixture[str]) -> None:
    text = PROGRAM.replace("entities:", "items: {seats: seats}\nentities:", 1)
    Path("p/program.yaml").write_text(text, encoding="utf-8")
    Path("p/levels.yaml").write_text(RISES, encoding="utf-8")
    whole = "Ärger; & Co, KG: "
    told_of = {summary.removeprefix(whole) for _, summary, _, _ in told(written("--party", "partner"))}
    assert told_of >= {"Levels: Low, then High", "seats: 15 % discount, then 20 %"}
    assert run(["letter", "p", "r.yaml", "--as-of", "2026-11-21", "--language", "de", "-o", "text"]) == 0
    letter = " ".join(capsys.readouterr().out.split())
    assert "Levels: Low, dann High" in letter
    assert "seats: 15 % Rabatt, dann 20 %" in letter.replace("\u00a0", " ")


@pytest.mark.parametrize(("party", "summaries"), [("vendor", [REVIEW]), ("partner", [END, FEE])])
def test_for_one_party(party: str, summaries: list[str]) -> None:
    assert [summary for _, summary, _, _ in told(written("--party", party))] == summaries


def review(**facts: str) -> tuple[date, str, int, str]:
    """The event of the review in the calendar of a record with other facts."""
    text = RECORD
    for name, value in facts.items():
        text = re.sub(rf"{name}: [^,}}]*", f"{name}: {value}", text)
    Path("r.yaml").write_text(text, encoding="utf-8")
    (found,) = (each for each in told(written()) if each[1] == REVIEW)
    return found


def test_an_event_that_moves_keeps_its_name() -> None:
    assert review() == (date(2026, 12, 20), REVIEW, 0, "")
    assert review(joined_on="2026-11-25") == (date(2026, 12, 25), REVIEW, 1, "")
    assert review(joined_on="2026-11-25", reviewed="true") == (date(2026, 12, 25), REVIEW, 2, "CANCELLED")
    assert review(joined_on="2026-11-25", reviewed="true") == (date(2026, 12, 25), REVIEW, 2, "CANCELLED")
    assert review() == (date(2026, 12, 20), REVIEW, 3, "")


@pytest.mark.parametrize(
    ("words", "text", "message"),
    [
        ([], "nothing of that sort\n", "`c.ics` is not a calendar, and is not written over"),
        (["--party", "vendr"], None, "there is no party `vendr`"),
        (["--until", "2026-01-01"], None, "ends before it begins"),
        (["--until", "soon"], None, "`soon`"),
    ],
)
def test_what_cannot_be_written(
    words: list[str], text: str | None, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        Path("c.ics").write_text(text)
    assert run(["calendar", "p", "r.yaml", "--as-of", "2026-11-21", "-o", "c.ics", *words]) == 2
    assert message in capsys.readouterr().err
    assert text is None or Path("c.ics").read_text() == text


def test_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["calendar", "p", "r.yaml", "--as-of", "2026-11-21", "-o", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("2026-12-20,a,")
