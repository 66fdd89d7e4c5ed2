"""The pack for a quarterly review: topics, areas, duties, what the record shows; quarters; a base."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from tests.support import POLICIES

from policyengine.papers.pack import name_of_quarter, quarter_around, quarter_of

Cli = Callable[..., tuple[int, str, str]]
BYTEKAST = POLICIES / "bytekast"
RECORDS = POLICIES.parent / "fixtures/bytekast/records"
ACME = RECORDS / "acme.yaml"
MORE = """\
activities:
  - {id: a, kind: webinar, done_on: 2026-10-12}
  - {id: b, kind: training, done_on: 2026-11-02}
tickets: [{id: t, escalated_on: 2026-08-03}]
"""
LATER = """\
id: r
active_accounts: 12
participation_rating: positive
reviews: [{held_on: 2026-05-12}, {held_on: 2026-10-05}]
accounts:
  - {id: A-1, order_form_submitted_on: 2026-05-09, setup_fee: 100}
  - {id: A-2, order_form_submitted_on: 2026-10-01, setup_fee: 100}
"""


def _lines(paper: dict[str, Any]) -> list[str]:
    """The title, those of the sections, and each paragraph and row as one text."""
    found = [paper["title"]]
    for section in paper["sections"]:
        found.append(section["title"])
        for block in section["blocks"]:
            if block["kind"] == "text":
                found.append("".join(run["text"] for run in block["runs"]))
            for row in block.get("rows", ()):
                found.append("|".join("".join(run["text"] for run in cell) for cell in row["cells"]))
    return found


def test_a_pack_has_the_topics_the_areas_and_what_the_record_shows(cli: Cli, tmp_path: Path) -> None:
    record = tmp_path / "acme.yaml"
    record.write_text(ACME.read_text(encoding="utf-8") + MORE, encoding="utf-8")
    words = ("--quarter=2026Q4", "--as-of=2026-11-21", "-o", "json", "-o", "a.pdf")
    code, text, err = cli("pack", BYTEKAST, record, *words)
    assert code == 0, err
    lines = _lines(json.loads(text))
    for said in (
        "Review of 2026 Q4: Acme",
        "1. Goals and targets for the quarter and the year|",
        "8. Coming releases of ByteKast|",
        "What is missing for Gold",
        "Promotion: marketing material and use of the brand|Rating of promotion|neutral",
        "Participation and attendance|Webinars and consultations attended in the quarter|1",
        "Participation and attendance|Trainings completed in the quarter|1",
        "Competence|Tickets escalated in the quarter before|1",
        "You have 5 of 6 points.",
        "Hold the quarterly review with ByteKast, 2026 Q3|30 September 2026|The reseller|done",
        "Complete the programme User Support||The reseller|due now",
        "Activity (2)",
        "Qualification (2)",
        "Set-up fee (account A-1)|1,000.00 USD|20 %|800.00 USD|15 January 2027",
        "What is not known yet",
    ):
        assert said in lines, said
    assert "1. Fundamentals|" not in lines  # the topics of a programme of qualification
    pages = pypdfium2.PdfDocument((tmp_path / "a.pdf").read_bytes())
    assert "8. Coming releases of ByteKast" in pages[0].get_textpage().get_text_bounded()


def test_a_pipeline_in_the_pack_is_told_once(cli: Cli) -> None:
    record = POLICIES.parent / "fixtures/wildix/records/alpina.yaml"
    code, text, _ = cli(
        "pack", POLICIES / "wildix", record, "--quarter=2026Q4", "--as-of=2026-11-21", "-o", "json"
    )
    assert code == 0
    assert '"id": "pipeline"' in text
    assert '"id": "record-opportunity"' not in text


def test_all_of_it_in_german(cli: Cli) -> None:
    words = ("--quarter=2026Q4", "--as-of=2026-11-21", "--language=de")
    text = cli("pack", BYTEKAST, ACME, *words)[1]
    assert "Gespräch zum Quartal 2026 Q4: Acme" in text
    assert "Tagesordnung" in text
    assert "800,00 USD" in text


def test_quarters() -> None:
    assert quarter_of("2026Q4").last == date(2026, 12, 31)
    assert quarter_of("2026-q1").first == date(2026, 1, 1)
    assert quarter_of("2028 Q1").last == date(2028, 3, 31)
    for day in (date(2026, 1, 1), date(2026, 6, 30), date(2026, 12, 31)):
        assert day in quarter_around(day)
        assert quarter_of(name_of_quarter(quarter_around(day))) == quarter_around(day)
    for wrong in ("2026Q5", "Q4", "2026", "0000Q1", "9999Q4", "20261Q1"):
        with pytest.raises(ValueError, match="is not a quarter"):
            quarter_of(wrong)


def test_a_quarter_that_is_over_is_judged_on_its_last_day(cli: Cli) -> None:
    assert "Decided for 31 March 2020, from the record" in cli("pack", BYTEKAST, ACME, "--quarter=2020Q1")[1]
    assert "Decided for 1 April 2999, from the record" in cli("pack", BYTEKAST, ACME, "--quarter=2999Q2")[1]


def test_the_pack_of_a_past_quarter_ends_with_it(cli: Cli, tmp_path: Path) -> None:
    record = tmp_path / "r.yaml"
    record.write_text(LATER, encoding="utf-8")
    code, text, _ = cli("pack", BYTEKAST, record, "--quarter=2026Q3", "--as-of=2026-11-21")
    assert code == 0
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "Decided for 30 September 2026, from the record as it was read on 21 November 2026." in lines
    assert "What the record shows of it, read on 21 November 2026" in lines
    for above, told, section in (
        ("Until 30 September 2026", "Q3", "Duties, past and coming"),
        ("Without a day", "Complete the programme User Support The reseller not decided", "Q3"),
        ("After 30 September 2026", "5 October 2026", "12 May 2026"),
        ("Fell due until 30 September 2026", "Set-up fee (account A-1) 100.00 USD not decided 9 May 2026",
         "Your charges"),
        ("After 30 September 2026", "Set-up fee (account A-2) 100.00 USD not decided 1 October 2026", "9 M"),
    ):  # fmt: skip
        start = next(i for i, line in enumerate(lines) if section in line)
        assert told in lines[lines.index(above, start) :], told
    inside = cli("pack", BYTEKAST, record, "--quarter=2026Q4", "--as-of=2026-11-21")[1]
    assert "As the record shows it on 21 November 2026." in inside


def test_a_wrong_quarter(cli: Cli) -> None:
    code, _, err = cli("pack", BYTEKAST, ACME, "--quarter=2026Q7")
    assert code == 2
    assert "error: `2026Q7` is not a quarter\nhelp: write it as `2026Q4`" in err


def test_the_packs_of_a_base(cli: Cli, tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    for name in ("acme", "bare", "month-ends"):
        (base / f"{name}.yaml").write_text((RECORDS / f"{name}.yaml").read_text(encoding="utf-8"))
    words = ("--quarter=2026Q4", "--as-of=2026-11-21", "-o", "pdf:packs")
    code, _, err = cli("pack", BYTEKAST, base, *words)
    assert code == 0, err
    found = sorted(each.name for each in (tmp_path / "packs").glob("[!.]*"))
    assert len(found) == 4
    assert {"acme.pdf", "index.html"} <= set(found)
    assert 'href="acme.pdf"' in (tmp_path / "packs/index.html").read_text(encoding="utf-8")
