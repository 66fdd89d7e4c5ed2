"""Measures papers on one core: letters and packs as data, HTML and PDF, and the pages of our programs.

`make bench-papers` prints so many a second, for resellers of ByteKast with their accounts drawn anew.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from subprocess import run
from tempfile import TemporaryDirectory
from typing import Any

from partners import line

from policyengine.api import Program, load
from policyengine.batch.cores import cores
from policyengine.papers.language import language
from policyengine.papers.letter import Desk, letter
from policyengine.papers.pack import pack, quarter_around
from policyengine.papers.program_pages import pages
from policyengine.program.record import Record
from policyengine.render.paper_html import HtmlTemplate
from policyengine.render.paper_pdf import PdfTemplate
from policyengine.reports.course import stretches

DAY = date(2026, 11, 21)
POLICIES = Path(__file__).parents[1] / "policies"
_CLI = "from policyengine.cli import main; main()"
RATINGS = ("positive", "neutral", "negative")


def main(count: int) -> int:
    """Prints the figures for so many records."""
    program = load(POLICIES / "bytekast", as_of=DAY)
    records = _records(program, count)
    desk = _desk(program, DAY + timedelta(days=181))
    whole = _desk(program, date(2027, 3, 31))
    quarter = quarter_around(DAY)
    html, pdf = HtmlTemplate(), PdfTemplate(None)
    letters = [letter(desk, desk.answer(each)).plain() for each in records]
    packs = [pack(whole, whole.answer(each), quarter).plain() for each in records]
    _tell("letters as data", count, lambda: [letter(desk, desk.answer(each)).plain() for each in records])
    _tell("letters laid out as HTML", count, lambda: [html.fill(each) for each in letters])
    _tell("letters set as PDF", count, lambda: [pdf.fill(each) for each in letters])
    _tell(
        "packs as data", count, lambda: [pack(whole, whole.answer(each), quarter).plain() for each in records]
    )
    _tell("packs set as PDF", count, lambda: [pdf.fill(each) for each in packs])
    for command in ("letter", "pack"):
        _tell_command(command, records)
    programs = [load(each.parent, as_of=DAY) for each in sorted(POLICIES.glob("*/program.yaml"))]
    start = time.process_time()
    made = [
        html.fill(paper.plain())
        for each in programs for paper in pages(each.linked, language("en")).values()
    ]  # fmt: skip
    print(f"{len(made)} pages of {len(programs)} programs: {time.process_time() - start:.2f} s")
    return 0


def _tell(what: str, count: int, run: Callable[[], Any]) -> None:
    run()
    start = time.process_time()
    run()
    spent = time.process_time() - start
    print(f"{what}: {count / spent:,.0f} a second ({spent / count * 1000:.1f} ms each)")


def _tell_command(command: str, records: Sequence[Record]) -> None:
    """A base as NDJSON to a folder of PDFs, by the command, on all cores."""
    with TemporaryDirectory() as name:
        base = Path(name) / "base.ndjson"
        base.write_text("".join(f"{line(_data(each))}\n" for each in records))
        words = [command, str(POLICIES / "bytekast"), str(base), "--as-of", str(DAY)]
        start = time.monotonic()
        run([sys.executable, "-c", _CLI, *words, "-o", f"pdf:{name}/pdf"], check=True)
        spent = time.monotonic() - start
    print(
        f"{command}s of a base to PDF, on {cores()} cores, with the start of the command: {len(records) / spent:,.0f} a second"
    )


def _data(record: Record) -> dict[str, Any]:
    facts = {name: str(each) if isinstance(each, date) else each for name, each in record.facts.items()}
    return {**facts, **{name: [*map(_data, rows)] for name, rows in record.lists.items()}}


def _desk(program: Program, last: date) -> Desk:
    graph = program.linked.evaluated
    assert graph is not None
    through = stretches(lambda day: graph, [DAY], last)
    return Desk(program.linked, program.evaluate, through, language("en"), None)


def _records(program: Program, count: int) -> list[Record]:
    random = Random(7)
    found = []
    for number in range(count):
        data = {
            "id": f"R-{number}", "name": f"Reseller {number}", "active_accounts": random.randrange(5, 40),
            "attends_quarterly_reviews": random.random() < 0.9, "competence_rating": random.choice(RATINGS[:2]),
            "technical_team_qualified": True, "sales_team_qualified": True, "team_in_ongoing_training": True,
            "promotion_rating": random.choice(RATINGS), "retention_rating": random.choice(RATINGS),
            "reviews": [{"held_on": DAY - timedelta(days=random.randrange(200))} for _ in range(3)],
            "accounts": [
                {"id": f"A-{i}", "order_form_submitted_on": DAY - timedelta(days=random.randrange(400)),
                 "set_up_on": DAY - timedelta(days=random.randrange(300)), "setup_fee": 1000,
                 "monthly_fee": random.randrange(50, 500)}
                for i in range(random.randrange(1, 4))
            ],
        }  # fmt: skip
        found += program.record(data).records
    return found


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
