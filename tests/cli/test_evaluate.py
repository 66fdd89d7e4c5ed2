"""`evaluate` and `why` on the small program."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from policyengine.decision.decision_json import decision_schema

AS_OF = ("--as-of", "2026-11-21")


def test_text(cli, program, record):
    result = cli("evaluate", program, record, *AS_OF)
    assert (result.code, result.err) == (0, "")
    assert "Example Partner (example)" in result.out
    assert "Bronze" in result.out
    assert "levels.yaml:" in result.out
    assert "90.00 EUR" in result.out


def test_json(cli, program, record):
    result = cli("evaluate", program, record, *AS_OF, "-o", "json")
    decision = json.loads(result.out)
    Draft202012Validator(decision_schema()).validate(decision)
    assert decision["levels"][0]["level"] == "bronze"
    assert decision["charges"][0]["net"] == "90.00"
    assert decision["as_of"] == "2026-11-21"


def test_the_environment_gives_the_day(cli, program, record, monkeypatch):
    monkeypatch.setenv("POLICYENGINE_AS_OF", "2026-02-03")
    assert json.loads(cli("evaluate", program, record, "-o", "json").out)["as_of"] == "2026-02-03"


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("two.yaml", "id: a\n---\nid: b\n", 2),
        ("list.yaml", "- {id: a}\n- {id: b}\n", 2),
        ("list.json", '[{"id": "a"}, {"id": "b"}, {"id": "c"}]', 3),
        ("lines.ndjson", '{"id": "a"}\n\n{"id": "b"}\n', 2),
        ("lines.jsonl", '{"id": "a"}', 1),
    ],
)
def test_several_records(cli, program, tmp_path, name, text, count):
    path = tmp_path / name
    path.write_text(text)
    result = cli("evaluate", program, path, *AS_OF, "-o", "ndjson")
    assert result.code == 0
    keys = [json.loads(line)["subject"]["key"] for line in result.out.splitlines()]
    assert keys == ["a", "b", "c"][:count]


@pytest.mark.parametrize("text", ["id: a\n", '{"id": "a"}', '{"id": "a"}\n{"id": "b"}\n', '[{"id": "a"}]'])
def test_standard_input(cli, program, monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    result = cli("evaluate", program, "-", *AS_OF, "-o", "ndjson")
    assert result.code == 0
    assert json.loads(result.out.splitlines()[0])["subject"]["key"] == "a"


def test_bad_records_are_left_out(cli, program, tmp_path):
    path = tmp_path / "records.yaml"
    path.write_text(
        "- id: a\n  active_customers: many\n- id: b\n  active_customers: 2\n- id: c\n  trained: NO\n"
    )
    result = cli("evaluate", program, path, *AS_OF, "-o", "json")
    assert result.code == 1
    assert json.loads(result.out)["subject"]["key"] == "b"
    assert f"{path}:2:" in result.err
    assert f"{path}:6:" in result.err
    assert result.err.endswith("2 of 3 records left out\n")


def test_policies_with_mistakes(cli, program, record):
    path = program / "levels.yaml"
    path.write_text(path.read_text().replace("when: trained", "when: traind"))
    result = cli("evaluate", program, record)
    assert result.code == 3
    assert result.out == ""
    assert "levels.yaml:" in result.err
    assert "have mistakes: 1 error in 1 file" in result.err


def test_a_file_that_is_not_utf8(cli, program, tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"id: caf\xe9\n")
    result = cli("evaluate", program, path)
    assert result.code == 2
    assert "is not UTF-8" in result.err


def test_output_files_are_written_whole(cli, program, record, tmp_path):
    target = tmp_path / "out.json"
    target.write_text("old")
    target.chmod(0o640)
    result = cli("evaluate", program, record, *AS_OF, "-o", f"json:{target}", "-o", "text")
    assert "Bronze" in result.out
    assert json.loads(target.read_text())["complete"] is True
    assert target.stat().st_mode & 0o777 == 0o640


def test_colour(cli, program, record, monkeypatch):
    assert "\x1b[" in cli("evaluate", program, record, "--color", "always").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in cli("evaluate", program, record).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in cli("evaluate", program, record).out


@pytest.mark.parametrize("word", ["bronze", "partner-levels", "levels"])
def test_why(cli, program, record, word):
    result = cli("why", program, record, word, *AS_OF)
    assert result.code == 0
    assert result.out.startswith("As of 21 Nov 2026, Example Partner")
    assert "levels.yaml:" in result.out


@pytest.mark.parametrize(
    "word", ["billing/subscription@C-1", "billing/subscription", "subscription", "charges"]
)
def test_why_a_charge(cli, program, record, word):
    result = cli("why", program, record, word, *AS_OF)
    assert result.code == 0
    assert "90.00 EUR" in result.out


def test_why_tells_a_note_once_and_in_full_where_that_is_asked_for(cli, tmp_path):
    folder = Path(__file__).parents[2]
    asked = [folder / "policies/bytekast", folder / "fixtures/bytekast/records/accounts-26-gold.yaml",
             "quarterly-reviews/quarterly-review", *AS_OF]  # fmt: skip
    short, full = cli("why", *asked), cli("why", *asked, "--assumptions")
    assert (short.out.count("This is an assumption"), full.out.count("This is an assumption")) == (1, 1)
    assert ("Taken:" in short.out, "Taken:" in full.out) == (False, True)
    assert (short.err, full.err) == ("--assumptions shows the notes on assumptions in full\n", "")


def test_why_without_a_finding_lists_what_can_be_asked(cli, program, record):
    result = cli("why", program, record, *AS_OF)
    assert result.code == 0
    assert result.err == f"ask for one of these: policyengine why {program} {record} FINDING\n"
    asked = [line.split()[0] for line in result.out.splitlines()]
    assert {"partner-levels", "partner-levels/subscription", "billing/subscription@C-1"} <= set(asked)
    assert all(cli("why", program, record, word, *AS_OF).code == 0 for word in asked)
    about = cli("why", program, record, "--key", "C-1", *AS_OF)
    assert [line.split()[0] for line in about.out.splitlines()] == ["billing/subscription@C-1"]
    told = json.loads(cli("why", program, record, "-o", "json", *AS_OF).out)
    assert [each["finding"] for each in told] == asked
    assert told[0] == {"finding": "partner-levels", "status": "reached", "title": "Partner levels"}


def test_why_all(cli, program, record):
    short = cli("why", program, record, "partner-levels", *AS_OF)
    long = cli("why", program, record, "partner-levels", "--all", *AS_OF)
    assert long.code == 0
    assert long.out.startswith(short.out.rstrip("\n"))
    assert len(long.out) > len(short.out)


def test_why_json(cli, program, record):
    told = json.loads(cli("why", program, record, "bronze", "-o", "json", *AS_OF).out)
    assert told[0]["why"][0].startswith("As of 21 Nov 2026")


def test_why_takes_one_record(cli, program, tmp_path):
    path = tmp_path / "two.yaml"
    path.write_text("- {id: a}\n- {id: b}\n")
    result = cli("why", program, path)
    assert result.code == 2
    assert "there are 2 records, and `why` takes one" in result.err


def test_the_program_around_a_record(cli, program, record, monkeypatch):
    named = cli("evaluate", program, record, *AS_OF)
    assert named.code == 0
    assert cli("evaluate", record, *AS_OF).out == named.out
    for folder, word in ((program, "records/example.yaml"), (program / "records", "example.yaml")):
        monkeypatch.chdir(folder)
        found = cli("evaluate", word, *AS_OF)
        assert (found.code, found.out.splitlines()[0]) == (0, named.out.splitlines()[0])
        assert cli("why", word, "bronze", *AS_OF).out.startswith("As of 21 Nov 2026, Example Partner")
        assert cli("advance", word, "--to", "x").code == 1


def test_standard_input_inside_a_program(cli, program, record, monkeypatch):
    monkeypatch.chdir(program)
    text = io.TextIOWrapper(io.BytesIO(record.read_bytes()))
    monkeypatch.setattr("sys.stdin", text)
    assert cli("evaluate", "-", *AS_OF).out.startswith("Example Partner")


def test_two_records_beside_the_table_of_all(cli, program, tmp_path):
    (tmp_path / "partners.csv").write_text("id,active_customers,trained\na,3,true\nb,1,true\n")
    strangers = "".join(f"p{i},C-{i},2026-01-31,100\n" for i in range(3000))
    rows = f"partner,id,started_on,monthly_fee\na,C-1,2026-01-31,100\n{strangers}"
    (tmp_path / "customers.csv").write_text(rows)
    result = cli("evaluate", program, tmp_path / "partners.csv", *AS_OF)
    assert result.code == 1
    assert len(result.err.splitlines()) == 7
    assert result.err.splitlines()[-1] == "3,000 rows without a record"
    assert result.err.count("BATCH004") == 3
    assert "records left out" not in result.err
    assert "90.00 EUR" in result.out


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("same.yaml", "- {id: a}\n- {id: b}\n- {id: a}\n- {}\n- {}\n"),
        ("same.ndjson", '{"id": "a"}\n{"id": "b"}\n{"id": "a"}\n{}\n{}\n'),
        ("same.csv", "id,name\na,x\nb,y\na,z\n,u\n,v\n"),
    ],
)
def test_records_with_the_same_key_are_left_out(cli, program, tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    result = cli("evaluate", program, path, *AS_OF, "-o", "ndjson")
    assert result.code == 1
    keys = [json.loads(line)["subject"]["key"] for line in result.out.splitlines()]
    assert keys == ["b", None, None]
    assert result.err.count("error[BATCH005]: `a` is also the key of") == 2
    assert "2 of 5 records left out" in result.err
