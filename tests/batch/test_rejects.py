"""Bad rows: each is named with its place, its fact and its code, and takes no other with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from basefiles import parquet

from support import POLICIES, cases


def _place(row, first):
    file = "" if row["file"] == first else f"{row['file']}:"
    return f"{file}{row['line']} {row['fact']} {row['code']}"


@pytest.mark.parametrize("case", cases(Path(__file__).with_name("rejects.yaml")))
def test_rejects(case, evaluate):
    files = {
        name: text.replace("{nines}", "9" * 5000).replace("{deep}", "[" * 5000 + "]" * 5000)
        for name, text in case["files"].items()
    }
    first = next(iter(files))
    ran = evaluate(files)
    assert [_place(row, first) for row in ran.rejects] == case["rejects"]
    assert ran.keys == ["good"]
    assert ran.code == 1
    assert all(row["reason"] and "\n" not in row["reason"] for row in ran.rejects)
    assert "out.rejects.csv" in ran.err


def test_bytes_that_are_no_text(evaluate):
    ran = evaluate({"p.csv": b"id,active_accounts\n\xff,3\ngood,3\n"})
    assert [(row["line"], row["code"]) for row in ran.rejects] == [("2", "BATCH003")]
    assert ran.rejects[0]["help"] == "save the file as UTF-8, which Excel calls “CSV UTF-8”"
    assert ran.keys == ["good"]


@pytest.mark.parametrize(
    ("files", "help"),
    [
        ({"p.csv": "id,attends_quarterly_reviews\nb,'TRUE\n"}, "write `true`"),
        ({"p.csv": "id,attends_quarterly_reviews\nb,'False\n"}, "write `false`"),
        ({"p.csv": "id,attends_quarterly_reviews\nb,0\n"}, "write `false`"),
        ({"p.csv": "id,attends_quarterly_reviews\nb,N/A\n"}, "leave out what is not known"),
        ({"p.csv": "id,active_accounts\nb,-\n"}, "leave out what is not known"),
        ({"p.csv": 'id,active_accounts\nb,"1,234"\n'}, "write `1234`"),
        ({"p.csv": "id,active_accounts\nb,1.5\n"}, ""),
        (
            {"p.csv": "id\n7\n", "accounts.csv": "partner,id\n007,A\n"},
            "add what it belongs to, or correct the key; a spreadsheet drops the zeros at the front of `007`",
        ),
        ({"p.csv": "id\nb\n", "accounts.csv": "partner,id\nc,A\n"}, "or correct the key"),
        ({"p.ndjson": '{"id": 7}\n'}, 'write it as a text, "7"'),
        ({"p.ndjson": '{"id": "b", "appendix": {}}\n'}, "`accounts`; `--ignore appendix` leaves it out"),
        ({"p.ndjson": '{"id": "b", "acounts": []}\n'}, "did you mean `accounts`?"),
    ],
)
def test_a_reject_says_what_to_do(files, help, evaluate):
    (reject,) = evaluate(files).rejects
    assert reject["help"].endswith(help)
    assert help or not reject["help"]


def test_a_line_beyond_all_bounds(evaluate):
    ran = evaluate({"p.csv": b"id,active_accounts\n" + b"x" * (17 * 1024 * 1024) + b",3\ngood,3\n"})
    assert [(row["line"], row["code"]) for row in ran.rejects] == [("2", "BATCH003")]
    assert ran.keys == ["good"]


def test_the_first_mistakes_are_told_and_all_are_counted(evaluate):
    rows = "".join(f"p{i},-1\n" for i in range(4321))
    ran = evaluate({"p.csv": f"id,active_accounts\ngood,1\n{rows}"})
    assert len(ran.rejects) == 4321
    assert ran.err.count("error[") == 1
    assert "4,321 values of `active_accounts` are wrong; the first: `active_accounts` is -1" in ran.err
    assert "4,321 of 4322 records left out" in ran.err.replace("4,322", "4322")


def test_nothing_bad_leaves_no_file_of_rejects(evaluate, tmp_path):
    ran = evaluate({"p.csv": "id\ngood\n"})
    assert (ran.code, ran.err) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["out.csv"]


def test_rejects_of_an_earlier_run_do_not_stay(evaluate, tmp_path):
    evaluate({"p.csv": "id,active_accounts\nb,x\ngood,1\n"})
    ran = evaluate({"p.csv": "id,active_accounts\ngood,1\n"})
    assert (ran.code, ran.rejects) == (0, [])
    assert (tmp_path / "out" / "out.rejects.csv").read_text() == "file,line,key,fact,code,reason,help,cell\n"


def test_rejects_can_go_elsewhere(evaluate, tmp_path):
    evaluate({"p.csv": "id,active_accounts\nb,x\n"}, "--rejects", str(tmp_path / "bad.ndjson"))
    assert '"fact": "active_accounts", "code": "RECORD002"' in (tmp_path / "bad.ndjson").read_text()
    assert not (tmp_path / "out" / "out.rejects.csv").exists()


def test_the_mistakes_of_a_record_are_told_by_their_lines(evaluate):
    accounts = (
        "partner,id,setup_fee,set_up_on\nb,A,eleven,2\nb,C,x,\nb,A,12,2026-01-32\nb,A,1,\nb,A,1,someday\n"
    )
    ran = evaluate({"p.csv": "id,active_accounts\nb,-1\ngood,3\n", "accounts.csv": accounts})
    assert [(row["file"], row["line"], row["fact"]) for row in ran.rejects] == [
        ("p.csv", "2", "active_accounts"),
        ("accounts.csv", "2", "set_up_on"),
        ("accounts.csv", "2", "setup_fee"),
        ("accounts.csv", "3", "setup_fee"),
        ("accounts.csv", "4", "set_up_on"),
        ("accounts.csv", "6", "set_up_on"),
    ]


def test_a_rerun_gives_the_same_rejects(tmp_path):
    keys = "".join(f"b,{day}\n" for day in ("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30") * 3)
    (tmp_path / "p.csv").write_text("id\nb\ngood\n")
    (tmp_path / "reviews.csv").write_text("partner,held_on\n" + keys)
    command = [
        sys.executable, "-c", "import sys; from policyengine.cli.run import run; sys.exit(run(sys.argv[1:]))",
        "evaluate", str(POLICIES / "bytekast"), str(tmp_path / "p.csv"), "-o", str(tmp_path / "out.csv"),
    ]  # fmt: skip
    found = set()
    for seed in ("1", "2", "3"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 1
        found.add((tmp_path / "out.rejects.csv").read_text())
    assert len(found) == 1


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": "b"}, {"id": "b"}, {"id": "good"}]',
        '[{"id": "b"}, {"id": "b"},\n{"id": "b"}, {"id": "good"}]',
    ],
)
def test_records_with_one_key_on_one_line(text, evaluate):
    ran = evaluate({"p.json": text})
    assert {(row["key"], row["code"]) for row in ran.rejects} == {("b", "BATCH005")}
    assert len(ran.rejects) == text.count('"b"')
    assert ran.keys == ["good"]


def test_a_value_of_a_type_that_means_nothing_names_its_fact(evaluate):
    rows = [{"id": "b", "accounts": [{"id": b"A"}]}, {"id": "good", "accounts": []}]
    ran = evaluate({"p.parquet": parquet(rows)})
    assert [(row["key"], row["fact"], row["code"]) for row in ran.rejects] == [
        ("b", "accounts[1].id", "RECORD007")
    ]
    assert ran.keys == ["good"]


@pytest.mark.parametrize("engine", ["rows", "columns"])
def test_rejects_come_by_line_whatever_found_them(evaluate, engine):
    """An amount that no table holds is noticed later than a value of the wrong type."""
    huge, wrong = '{"setup_fee": 1e33}', '{"setup_fee": "x"}'
    lines = [f'{{"id": "p{i}", "accounts": [{huge if i % 2 else wrong}]}}' for i in range(6)]
    ran = evaluate({"p.ndjson": "\n".join([*lines, '{"id": "good"}'])}, "--engine", engine)
    assert [row["line"] for row in ran.rejects] == [str(i) for i in range(1, 7)]
    assert ["beyond" in row["reason"] for row in ran.rejects] == [False, True] * 3


def test_a_mistake_of_every_kind_is_told(evaluate):
    """Many rows without a record, and then a record that is left out: why is no secret."""
    records = "".join(f'{{"id": "p{i}"}}\n' for i in range(3)) + '{"id": "q", "active_accounts": -1}\n'
    lost = "".join(f"nobody,a{i}\n" for i in range(9))
    ran = evaluate({"p.ndjson": records, "accounts.csv": f"partner,id\n{lost}"})
    assert ran.err.count("error[") == 4
    assert "error[RECORD002]" in ran.err
    assert ran.err.count("error[BATCH004]") == 3
