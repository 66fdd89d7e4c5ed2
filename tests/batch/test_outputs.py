"""Tables out: the same in every form, whole or not at all, the same bytes again, no formulas."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from basefiles import ndjson
from pyarrow import parquet as pq

from policyengine import load
from policyengine.batch.wide import Wide
from policyengine.cli.console import progress_text
from policyengine.decision.findings import SECTIONS
from policyengine.engine.arrow import arrow_table, findings_schema
from policyengine.engine.finding_rows import row_engine
from policyengine.engine.layout import COLUMNS, NAMES, RANKS, columns_of
from policyengine.source import Source
from support import DAY, POLICIES, good_program, record_of

START = "import sys; from policyengine.cli import main; sys.exit(main())"
FIXTURES = POLICIES.parent / "fixtures"
PROGRAMS = sorted(path.name for path in POLICIES.iterdir() if path.is_dir())
ACCOUNTS = [{"id": "A-1", "setup_fee": "1019.995", "order_form_submitted_on": "2026-11-02"}]
FULL = {
    "active_accounts": 16, "attends_quarterly_reviews": True, "competence_rating": "positive",
    "technical_team_qualified": True, "sales_team_qualified": True, "team_in_ongoing_training": True,
}  # fmt: skip
TWO = {"p.ndjson": ndjson({"id": "x", **FULL, "accounts": ACCOUNTS}, {"id": "y"})}
SOMETIMES = """\
kind: billing
id: billing
title: Billing
for: account
charges: [{id: fee, title: Fee, amount: monthly_fee, when: {status: active}, due_on: opened_on}]
"""


def _records(name: str):
    program = load(POLICIES / name, as_of=DAY)
    for path in sorted((FIXTURES / name / "records").glob("*.yaml")):
        yield from program.read(Source(path.name, path.read_text())).records


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_rows_say_what_the_decision_says(name):
    program = load(POLICIES / name, as_of=DAY)
    rows_of = row_engine(program.linked)
    names = [column.name for column in columns_of(program.vocabulary)]
    for record in _records(name):
        decision = program.evaluate(record)
        rows = [dict(zip(names, row, strict=True)) for row in rows_of(7, record)]
        assert {row["row"] for row in rows} <= {7}
        for section in SECTIONS:
            found = [
                (each.policy, each.id, each.status, None if each.subject.root else each.subject.key)
                for each in decision.of(section)
            ]
            told = [
                (row["policy"], row["id"], row["status"], row["subject"])
                for row in rows
                if row["section"] == section
            ]
            assert sorted(told, key=str) == sorted(found, key=str)
        missing = [(each.fact, each.needed_by) for each in decision.missing]
        assert [(row["id"], row["needed_by"]) for row in rows if row["section"] == "missing"] == missing
        ranks = [RANKS[row["section"]] for row in rows]
        assert ranks == sorted(ranks)


@pytest.mark.parametrize("name", PROGRAMS)
def test_one_row_a_record_has_a_place_for_everything(name):
    program = load(POLICIES / name, as_of=DAY)
    rows_of = row_engine(program.linked)
    wide = Wide(program.linked.graph)
    rows = [row for i, record in enumerate(_records(name), start=1) for row in rows_of(i, record)]
    names = [(i, f"k{i}") for i in range(1, rows[-1][0] + 2)]
    shaped = wide.shape(arrow_table(rows, findings_schema(program.vocabulary)), names)
    assert [tuple(row.values()) for row in shaped.select([0, 1]).to_pylist()] == names
    assert shaped.num_columns == len(wide.columns)


def test_parquet_has_decimals_and_dates(evaluate, tmp_path):
    ran = evaluate(TWO, "-o", str(tmp_path / "t.parquet"), "-o", str(tmp_path / "t.ndjson"))
    rows = pq.read_table(tmp_path / "t.parquet").to_pylist()
    charge = next(row for row in rows if row["section"] == "charges")
    assert (charge["amount"], charge["net"]) == (Decimal("1019.995"), Decimal("683.40"))
    assert charge["due_on"] == date(2026, 11, 2)
    assert list(rows[0]) == list(NAMES)
    lines = [json.loads(line) for line in (tmp_path / "t.ndjson").read_text().splitlines()]
    assert [row["amount"] for row in lines if row["section"] == "charges"] == ["1019.995", None]
    assert len(rows) == len(lines) == len(ran.rows)
    for row, line, cells in zip(rows, lines, ran.rows, strict=True):
        for column in COLUMNS:
            told, shown = line[column.name], cells[column.name]
            if column.kind == "exact" and told is not None:
                assert Decimal(told) == row[column.name]
            elif column.kind == "date":
                assert told == (row[column.name] and row[column.name].isoformat())
            else:
                assert told == row[column.name]
            wanted = "; ".join(told) if isinstance(told, list) else "" if told is None else str(told)
            assert shown == wanted


def test_again_gives_the_same_bytes(evaluate, tmp_path):
    outputs = [tmp_path / name for name in ("a.parquet", "b.csv", "c.ndjson")]
    options = [word for path in outputs for word in ("-o", str(path))]
    evaluate(TWO, *options)
    first = [path.read_bytes() for path in outputs]
    evaluate(TWO, *options)
    assert [path.read_bytes() for path in outputs] == first


def test_one_row_a_record(evaluate):
    ran = evaluate(TWO, "--layout", "records")
    assert [row["key"] for row in ran.rows] == ["x", "y"]
    assert [row["levels.reseller-levels"] for row in ran.rows] == ["gold", "undetermined"]
    assert [row["discounts.app_setup"] for row in ran.rows] == ["0.33", ""]
    assert [row["account.charges.reseller-billing/setup-fee"] for row in ran.rows] == ["683.40", ""]
    assert "competence_rating" in ran.rows[1]["missing"].split("; ")
    assert "reseller-levels/reseller-levels" in ran.rows[1]["undetermined"].split("; ")


@pytest.mark.parametrize(
    ("key", "cell"),
    [("=1+1", "'=1+1"), ("+x", "'+x"), ("-x", "'-x"), ("@x", "'@x"), ("-5", "-5"), ("a=b", "a=b")],
)
def test_no_text_is_taken_for_a_formula(key, cell, evaluate):
    ran = evaluate({"p.ndjson": ndjson({"id": key}), "q.csv": f'id,active_accounts\n"{key}",x\n'})
    assert ran.keys == [cell]
    assert evaluate({"q.csv": f'id,active_accounts\n"{key}",x\n'}).rejects[0]["key"] == cell


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "p.csv"], "is an input"),
        (["-o", "accounts.csv"], "is an input"),
        (["--rejects", "p.csv"], "is an input"),
        (["-o", "x.csv", "--rejects", "x.csv"], "written twice"),
        (["-o", "nowhere/x.csv"], "does not exist"),
        (["-o", "json"], "cannot be written together with a table"),
        (["-o", "parquet"], "not written to standard output"),
        (["--rejects", "x.txt"], "does not tell the format to write"),
        (["--table", "nothing=p.csv"], "not a list of the program"),
        (["--table", "accounts"], "names no table"),
        (["--table", "accounts=accounts.csv", "--table", "accounts=p.csv"], "names `accounts` twice"),
        (["-o", "-"], "alone for standard output, or a file that ends in .csv"),
        (["-o", "x.docx"], "or a file that ends in .csv"),
    ],
)
def test_what_cannot_be_written(options, message, evaluate, tmp_path):
    files = {"p.csv": "id\nb\n", "accounts.csv": "partner,id\nb,A\n"}
    ran = evaluate(files, *options)
    assert (ran.code, message in ran.err) == (2, True)
    assert list((tmp_path / "out").iterdir()) == []
    assert Path("p.csv").read_text() == files["p.csv"]


def test_not_among_the_records(evaluate):
    ran = evaluate({"p.csv": "id\nb\n"}, "-o", "more.csv", records=".")
    assert (ran.code, "read with them the next time" in ran.err) == (2, True)


def test_to_standard_output(evaluate):
    ran = evaluate(TWO, "-o", "csv", "--layout", "records")
    assert ran.out.splitlines()[0].startswith("row,key,levels.reseller-levels,")
    assert len(ran.out.splitlines()) == 3


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_pipe_gets_all_of_it_and_stays_a_pipe(form, evaluate, tmp_path):
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    ran = evaluate({"p.csv": "id,active_accounts\ngood,1\nbad,x\n"}, "-o", f"{form}:{pipe}")
    reader.join()
    assert ran.code == 1
    assert pipe.is_fifo()
    assert len(got[0]) > 1000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out", "pipe"]


@pytest.mark.parametrize("options", [["--layout", "records"], ["--engine", "rows"], ["--rejects", "x.csv"]])
def test_what_is_for_tables_needs_one(options, evaluate, cli_run):
    Path("p.csv").write_text("id\nb\n")
    code, err = cli_run("evaluate", str(POLICIES / "bytekast"), "p.csv", *options)
    assert (code, f"`{options[0]}` is for tables, and none is asked for" in err) == (2, True)


def test_a_file_that_cannot_be_made_is_named_as_it_was_given(evaluate):
    ran = evaluate({"p.csv": "id\nb\n"}, "-o", "x" * 300 + ".csv")
    assert (ran.code, f"`{'x' * 300}.csv` cannot be" in ran.err) == (2, True)


def test_what_cannot_be_opened_leaves_what_was_there(evaluate, tmp_path, monkeypatch):
    evaluate(TWO)
    before = (tmp_path / "out" / "out.csv").read_bytes()
    monkeypatch.setattr(
        "os.fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    ran = evaluate({"p.csv": "id\nb\n"})
    assert (ran.code, "no space left" in ran.err) == (2, True)
    assert (tmp_path / "out" / "out.csv").read_bytes() == before
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["out.csv"]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_killed_at_any_moment_nothing_passes_for_a_table(ending, tmp_path):
    records = tmp_path / "p.csv"
    records.write_text("id,active_accounts\n" + "".join(f"p{i},{i % 40}\n" for i in range(400)))
    out = tmp_path / f"out.{ending}"
    command = [
        sys.executable, "-c", START, "evaluate", str(POLICIES / "bytekast"), str(records),
        "--as-of", "2026-11-21", "-o", str(out),
    ]  # fmt: skip
    started = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    took = time.monotonic() - started
    whole = out.read_bytes()
    out.unlink()
    moments = random.Random(5)
    for _ in range(6):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0, took))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert not out.exists() or out.read_bytes() == whole
        assert [path.name for path in tmp_path.iterdir() if path.name.startswith("out")] in ([], [out.name])
        out.unlink(missing_ok=True)
        for left in tmp_path.glob(".out*"):
            left.unlink()


def _without_the_extra(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """The command line where no library of the extra `batch` is installed."""
    text = (
        "import sys; sys.modules |= dict.fromkeys(('pyarrow', 'polars', 'msgspec'))\n"
        "from policyengine.cli.run import run\n"
        f"sys.exit(run({['evaluate', str(POLICIES / 'bytekast'), '--as-of', '2026-11-21', *arguments]!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["p.csv"], "reading CSV"),
        (["p.parquet"], "reading Parquet"),
        (["p.txt", "--format", "csv"], "reading CSV"),
        (["p.json", "-o", "csv"], "a table of findings"),
        (["p.json", "-o", "out.ndjson"], "a table of findings"),
        (["p.json", "-o", "json", "--layout", "records"], "a table of findings"),
        (["p.ndjson", "--table", "accounts=accounts.ndjson"], "a table beside the records"),
        (["--records-from", "sqlite:///crm.db", "--query", "SELECT 1"], "reading a database"),
    ],
)
def test_a_table_needs_the_extra_and_says_so(arguments, what, tmp_path):
    for name in ("p.csv", "p.parquet", "p.txt", "p.json", "p.ndjson", "accounts.ndjson", "crm.db"):
        (tmp_path / name).write_text('{"id": "b"}')
    code, out, err = _without_the_extra(tmp_path, *arguments)
    assert (code, out) == (2, "")
    assert err.splitlines()[0] == f"error: {what} needs the extra `batch`, which is not installed"
    project = tomllib.loads((POLICIES.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = " ".join(f"'{each}'" for each in project["optional-dependencies"]["batch"])
    assert f"`python -m pip install {needed}` adds it" in err
    assert not (tmp_path / "out.ndjson").exists()


@pytest.mark.parametrize(
    "arguments", [["p.yaml"], ["p.json"], ["p.ndjson"], ["."], ["p.ndjson", "--ignore", "x"]]
)
@pytest.mark.parametrize("form", ["text", "json", "ndjson"])
def test_documents_are_decided_without_the_extra(arguments, form, tmp_path):
    name = "p.ndjson" if arguments == ["."] else arguments[0]
    (tmp_path / name).write_text('{"id": "b", "active_accounts": 12}\n')
    code, out, err = _without_the_extra(tmp_path, *arguments, "-o", form)
    assert (code, err) == (0, "")
    assert "silver" in out.lower()


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((1_240_000, 30_000, 63, 100), "1,240,000 records, 41,333 a second, 63 %, 0:17 left"),
        ((10, 2_000, 1, 10_000), "10 records, 5 a second, 0 %, 5:33:18 left"),
        ((10, 2_000, 0, 0), "10 records, 5 a second"),
    ],
)
def test_progress(numbers, text):
    assert progress_text("records", *numbers) == text


def test_progress_where_all_are_counted():
    text = progress_text("mutants of kepion", 12, 4_000, 12, 77, counted=True)
    assert text == "12 of 77 mutants of kepion, 3 a second, 15 %, 0:21 left"


def test_the_page_lists_the_columns():
    page = (POLICIES.parent / "docs" / "operations.md").read_text(encoding="utf-8")
    kinds = {"text": "text", "texts": "texts", "count": "whole number", "exact": "decimal", "date": "date"}
    rows = "\n".join(f"| `{each.name}` | {kinds[each.kind]} | {each.about} |" for each in COLUMNS)
    assert f"| column | type | what it is |\n|---|---|---|\n{rows}\n\n" in page


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="a signal of Unix")
@pytest.mark.parametrize(
    ("hang_up", "code"), [(signal.SIG_DFL, 128 + signal.SIGHUP), (signal.SIG_IGN, 128 + signal.SIGTERM)]
)
def test_told_to_end_it_leaves_nothing_behind(hang_up, code, tmp_path):
    records = tmp_path / "p.csv"
    records.write_text("id,active_accounts\n" + "".join(f"p{i},{i % 40}\n" for i in range(20_000)))
    command = [
        sys.executable, "-c", START, "evaluate", str(POLICIES / "bytekast"), str(records), "--engine", "rows",
        "-o", str(tmp_path / "out.csv"),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stderr=subprocess.DEVNULL, preexec_fn=lambda: signal.signal(signal.SIGHUP, hang_up)
    )
    while not list(tmp_path.glob(".*.tmp")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGHUP)
    if hang_up == signal.SIG_IGN:  # as `nohup` starts it
        process.terminate()
    assert process.wait(20) == code
    assert [path.name for path in tmp_path.iterdir()] == ["p.csv"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--engine", "columns"], ("engine: columns (", "0 of 2 records")),
        (["--engine", "rows"], ("engine: rows (as asked for)\n", "2 of 2 records")),
        ([], ("engine: columns (", "2 of 2 records")),
    ],
)
def test_how_it_was_worked_out(options, said, evaluate):
    head, counted = said
    told = evaluate({"p.csv": "id\na\nb\n"}, "--explain-engine", *options).err
    assert told.startswith(head)
    assert f"\n{counted} worked out one after the other" in told


def test_only_what_is_charged_is_added_up():
    program = good_program(SOMETIMES)
    record = {"id": "a", "accounts": [
        {"id": "A", "status": "closed", "monthly_fee": 5, "opened_on": "2026-01-01"},
        {"id": "B", "status": "active", "monthly_fee": 7, "opened_on": "2026-01-01"},
        {"id": "C", "monthly_fee": 11, "opened_on": "2026-01-01"},
    ]}  # fmt: skip
    rows = list(row_engine(program.linked)(1, record_of(program, record)))
    wide = Wide(program.linked.graph)
    at = wide.place("account.charges.billing/fee")
    found = wide.shape(arrow_table(rows, findings_schema(program.vocabulary)), [(1, "a")])
    assert found.column(at).to_pylist() == [Decimal("7.00")]
