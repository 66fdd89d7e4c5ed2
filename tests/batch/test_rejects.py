"""Bad rows: each is named with its place, its fact and its code, and takes no other with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import cases


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
    assert ran.keys == ["good"]


def test_a_line_beyond_all_bounds(evaluate):
    ran = evaluate({"p.csv": b"id,active_accounts\n" + b"x" * (17 * 1024 * 1024) + b",3\ngood,3\n"})
    assert [(row["line"], row["code"]) for row in ran.rejects] == [("2", "BATCH003")]
    assert ran.keys == ["good"]


def test_the_first_mistakes_are_told_and_all_are_counted(evaluate):
    rows = "".join(f"p{i},-1\n" for i in range(4321))
    ran = evaluate({"p.csv": f"id,active_accounts\ngood,1\n{rows}"})
    assert len(ran.rejects) == 4321
    assert ran.err.count("error[") == 5
    assert "4,321 of 4322 records left out" in ran.err.replace("4,322", "4322")


def test_nothing_bad_leaves_no_file_of_rejects(evaluate, tmp_path):
    ran = evaluate({"p.csv": "id\ngood\n"})
    assert (ran.code, ran.err) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["out.csv"]


def test_rejects_of_an_earlier_run_do_not_stay(evaluate, tmp_path):
    evaluate({"p.csv": "id,active_accounts\nb,x\ngood,1\n"})
    ran = evaluate({"p.csv": "id,active_accounts\ngood,1\n"})
    assert (ran.code, ran.rejects) == (0, [])
    assert (tmp_path / "out" / "out.rejects.csv").read_text() == "file,line,key,fact,code,reason,help\n"


def test_rejects_can_go_elsewhere(evaluate, tmp_path):
    evaluate({"p.csv": "id,active_accounts\nb,x\n"}, "--rejects", str(tmp_path / "bad.ndjson"))
    assert '"fact": "active_accounts", "code": "RECORD002"' in (tmp_path / "bad.ndjson").read_text()
    assert not (tmp_path / "out" / "out.rejects.csv").exists()
