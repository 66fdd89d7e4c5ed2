"""Measures workbooks and mappings, in and out: `make bench-exports`; writes its part of docs/performance.md.

Each is measured in a process of its own, in processor time of it, on 100,000 partners of ByteKast; the goals
stand beside. `python benchmarks/exports.py lists 20000` measures lists over so many partners alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

from page import machine, put
from partners import line, partners
from processes import ROOT

import policyengine
from policyengine.batch.inputs import Reader, find_inputs
from policyengine.batch.mapped import Mappings
from policyengine.batch.typed_columns import ColumnReader
from policyengine.batch.workbook_out import SheetColumn, Sheets
from policyengine.program.mappings import read_mappings

_ROWS = 100_000
_CLI = "from policyengine.cli import main; main()"
_DAY = ("--as-of", "2026-11-21")
_FACTS = (
    "id", "name", "active_accounts", "attends_quarterly_reviews", "competence_rating",
    "technical_team_qualified", "sales_team_qualified", "team_in_ongoing_training",
)  # fmt: skip
_HEADS = ("Record ID", "Company name", "Accounts", "Reviews", "Rating", "Technical", "Sales", "Training")
_MAPPING = """\
kind: mapping
id: crm
for: partner
columns:
  Record ID: id
  Company name: name
  Accounts: {fact: active_accounts, format: us}
  Reviews: {fact: attends_quarterly_reviews, values: {"Yes": true, "No": false}}
  Rating: {fact: competence_rating, values: {Hot: positive, Warm: neutral, Cold: negative}}
  Technical: {fact: technical_team_qualified, values: {"Yes": true, "No": false}}
  Sales: {fact: sales_team_qualified, values: {"Yes": true, "No": false}}
  Training: {fact: team_in_ongoing_training, values: {"Yes": true, "No": false}}
"""
_WORDS = ({True: "true", False: "false"}, {True: "Yes", False: "No"})
_RATINGS = (("positive", "neutral", "negative"), ("Hot", "Warm", "Cold"))


def _rows(mapped: bool) -> Iterator[list[str]]:
    truth, ratings = _WORDS[mapped], _RATINGS[mapped]
    for i in range(_ROWS):
        accounts = f"{i % 1500:,}" if mapped else str(i % 1500)
        flags = [truth[i % each != 0] for each in (7, 5, 3, 11)]
        yield [f"P-{i:06}", f"Partner {i}", accounts, flags[0], ratings[i % 3], *flags[1:]]


def _csv(path: Path, mapped: bool) -> None:
    lines = (",".join(f'"{cell}"' for cell in row) for row in _rows(mapped))
    path.write_text("\n".join([",".join(_HEADS if mapped else _FACTS), *lines, ""]))


def write_workbook(path: Path) -> None:
    """A table of twenty columns: texts, amounts, rates and dates."""
    numbers = [("money", Decimal("1234.56")), ("rate", Decimal("0.2")), ("date", date(2026, 1, 2))] * 4
    columns = [SheetColumn(name, "text") for name in _FACTS]
    columns += [SheetColumn(f"{kind} {i}", kind) for i, (kind, _) in enumerate(numbers)]  # type: ignore[arg-type]
    more = [value for _, value in numbers]
    with path.open("wb") as stream:
        book = Sheets(stream)
        book.sheet("partners", columns).rows([*row, *more] for row in _rows(False))
        book.finish()


def _plain_workbook(path: Path) -> None:
    with path.open("wb") as stream:
        book = Sheets(stream)
        book.sheet("partners", [SheetColumn(name, "text") for name in _FACTS]).rows(_rows(False))
        book.finish()


def read(path: Path, mapping: Path | None = None) -> None:
    """All records as typed columns."""
    vocabulary = policyengine.load(ROOT / "policies/bytekast", as_of="2026-11-21").vocabulary
    mappings = None
    if mapping is not None:
        found, _ = read_mappings(mapping, vocabulary)
        mappings = Mappings(tuple(each.mapping for each in found), asked=True)
    reader = Reader(find_inputs([path], {}, vocabulary), vocabulary, (), lambda *_: iter(()), mappings)
    columns, count = ColumnReader(vocabulary), 0
    for chunk in reader.chunks(10_000):
        assert not len(columns.read(chunk, count, frozenset()).odd)
        count += chunk.count
    assert count == _ROWS


def _timed(what: Callable[[], object]) -> int:
    """Milliseconds of the processor."""
    before = time.process_time_ns()
    what()
    return (time.process_time_ns() - before) // 1_000_000


def _alone(*words: str) -> int:
    """The best of three processes."""
    command = [sys.executable, __file__, *words]
    return min(int(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(3))


# Lists over a base

_LISTS = (
    ("evaluated into a workbook", ("evaluate", "-o", "out.xlsx")),
    ("all lists of `report` into a workbook", ("report", "-o", "out.xlsx")),
    ("`report due` into CSV", ("report", "due", "-o", "due.csv")),
    ("`forecast` of twelve months into CSV", ("forecast", "-o", "out.csv")),
)


def measure_lists(count: int) -> None:
    """Lists over a base of NDJSON, each in a process of its own, once; writes their part of the page."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "base.ndjson").open("w") as stream:
            stream.writelines(f"{line(each)}\n" for each in partners(count))
        for what, (command, *words) in _LISTS:
            arguments = [command, str(ROOT / "policies/bytekast"), str(folder / "base.ndjson"), *words]
            start = time.monotonic()
            child = subprocess.Popen([sys.executable, "-c", _CLI, *arguments, *_DAY], cwd=folder)
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            wall, spent = time.monotonic() - start, used.ru_utime + used.ru_stime
            rows.append(f"| {what} | {wall:.0f} | {spent:.0f} | {used.ru_maxrss // 1000} |")
    lines = [
        "## Lists over a base",
        "",
        f"| {count:,} partners of ByteKast | seconds | of the processor | MB |",
        "|---|---:|---:|---:|",
        *rows,
        "",
        f"From NDJSON, measured once; MB of the largest process. {machine()}.",
    ]
    put("lists", "\n".join(lines))


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000 // 100}"


def main() -> None:
    """Measure, and write the part of the page."""
    what, *paths = sys.argv[1:] or ["all"]
    if what == "lists":
        measure_lists(int(paths[0]) if paths else _ROWS)
        return
    if what != "all":
        run = {"write": write_workbook, "read": read}[what]
        print(_timed(lambda: run(*map(Path, paths))))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in "abc":
            (folder / part).mkdir()
        book, plain, export = folder / "a/p.xlsx", folder / "b/p.csv", folder / "c/p.csv"
        _plain_workbook(book)
        _csv(plain, False)
        _csv(export, True)
        (folder / "map.yaml").write_text(_MAPPING)
        written, workbook = _alone("write", str(folder / "out.xlsx")), _alone("read", str(book))
        as_it_is, mapped = _alone("read", str(plain)), _alone("read", str(export), str(folder / "map.yaml"))
    share = 100 * (mapped - as_it_is) // as_it_is
    lines = [
        "## Workbooks and exports",
        "",
        "| 100,000 partners | seconds | goal |",
        "|---|---:|---:|",
        f"| written as a workbook of 20 columns | {_seconds(written)} | under 20 |",
        f"| read from a workbook of 8 columns | {_seconds(workbook)} | under 10 |",
        f"| read from CSV | {_seconds(as_it_is)} | |",
        f"| read from an export by a mapping of seven columns | {_seconds(mapped)} | |",
        f"| what the mapping costs | {share} % | under 30 % |",
        "",
        f"Seconds of the processor, the best of three. {machine()}.",
    ]
    put("exports", "\n".join(lines))
    measure_lists(_ROWS)


if __name__ == "__main__":
    main()
