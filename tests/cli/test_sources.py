"""`sources`: what became of the statements of documents, a first ledger, a new copy, an update."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from copy_forms import BROKEN, need

HARBOUR = Path(__file__).parents[1] / "copies" / "harbour"
SARIF = json.loads((Path(__file__).parents[1] / "render" / "schemas" / "sarif-2.1.0.json").read_text())
TEST = """\
kind: test
program: .
as_of: 2026-11-21
tests:
  - {name: five boats are enough, record: {id: a, boats: 5}, expect: {levels: [{level: bronze}]}}
  - {name: and silver, record: {id: a, boats: 15}, expect: {levels: [{level: silver}]}}
"""


@pytest.fixture
def harbour(tmp_path, monkeypatch):
    shutil.copytree(HARBOUR, tmp_path / "harbour")
    (tmp_path / "harbour" / "levels_test.yaml").write_text(TEST)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "harbour"


def changed(folder: Path, *edits: tuple[str, str]) -> Path:
    text = (folder / "terms.txt").read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path = folder.parent / "terms.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_statements_are_counted(cli, harbour):
    result = cli("sources", "harbour")
    assert result.code == 0
    assert (
        "Harbour partner terms: 33 statements: 23 for rules, 9 for none, 1 open (96.9 % settled)"
        in result.out
    )
    assert "s31: nothing is paid back: no rule says so yet" in result.out


@pytest.mark.parametrize(("share", "code"), [(100, 1), (96, 0), ("97.5", 1)])
def test_a_share_can_be_asked_for(cli, harbour, share, code):
    assert cli("sources", "harbour", "--fail-under", share).code == code


def test_the_rule_its_line_and_its_tests_are_told(cli, harbour):
    new = changed(
        harbour, ("5-14", "6-14"), ("We look forward", "Fees are doubled at night. We look forward")
    )
    result = cli("sources", "harbour", "--against", new)
    assert result.code == 1
    assert "32 unchanged, 1 changed, 1 new, 0 gone, 0 moved" in result.out
    assert "s5: Bronze takes 5 to 14 boats" in result.out
    assert "now, line 7, under “LEVELS”: Bronze partners keep 6-14 boats under contract," in result.out
    assert "rests on it: levels/bronze (“Bronze”)  harbour/policies.yaml:8" in result.out
    assert "test: five boats are enough  harbour/levels_test.yaml:5" in result.out
    assert "and silver" not in result.out
    assert "Fees are doubled at night." in result.out


def test_every_form_of_output(cli, harbour, tmp_path):
    new = changed(harbour, ("5-14", "6-14"))
    forms = ("json", "sarif", "markdown", "junit", "github")
    for options in (["harbour"], ["harbour", "--against", str(new)]):
        outputs = [word for form in forms for word in ("-o", f"{form}:{tmp_path / form}")]
        assert cli("sources", *options, *outputs).code == len(options) // 3
        sarif = json.loads((tmp_path / "sarif").read_text())
        Draft202012Validator(SARIF).validate(sarif)
        assert sarif["runs"][0]["results"]
        json.loads((tmp_path / "json").read_text())
    (copy,) = json.loads((tmp_path / "json").read_text())["copies"]
    assert (copy["document"], copy["unchanged"], copy["changed"]) == ("terms", 32, 1)
    (difference,) = copy["differences"]
    assert difference["rules"][0]["rule"] == "levels/bronze"
    assert difference["tests"][0]["name"] == "five boats are enough"
    assert "harbour/policies.yaml" in (tmp_path / "sarif").read_text()


def test_an_update_records_the_copy(cli, harbour):
    new = changed(
        harbour,
        ("5-14", "6-14"),
        ("refunded.", "refunded. Fees are doubled at night."),
        (" A partner that joins after the 30th of June pays half of it.", ""),
    )
    assert cli("sources", "harbour", "--against", new, "--update", "--as-of", "2027-01-02").code == 1
    result = cli("sources", "harbour", "--against", new)
    assert "33 unchanged, 0 changed, 0 new, 1 gone" in result.out
    written = (harbour / "statements.yaml").read_text(encoding="utf-8")
    assert "read_on: 2027-01-02" in written
    assert written.index("id: s31") < written.index("id: new-1") < written.index("id: s32")
    assert cli("check", "harbour").code == 0
    assert "night" not in written


def test_an_update_of_what_is_as_it_was_writes_nothing(cli, harbour):
    before = (harbour / "statements.yaml").stat().st_mtime_ns
    line = "sources harbour --against harbour/terms.txt --update --as-of 2026-03-03"
    assert cli(*line.split()).code == 0
    assert (harbour / "statements.yaml").stat().st_mtime_ns == before


def test_a_first_ledger_has_no_sentence_and_finds_them_all(cli, harbour):
    ledger = harbour / "statements.yaml"
    ledger.unlink()
    result = cli("sources", "--start", "harbour/terms.txt", "-o", f"yaml:{ledger}", "-o", "text")
    assert result.code == 0
    assert "s5  Bronze partners keep 5-14 boats under contract," in result.out
    assert "boats" not in ledger.read_text(encoding="utf-8")
    assert cli("sources", "harbour", "--against", "harbour/terms.txt").code == 0
    again = cli("sources", "--start", "harbour/terms.txt", "-o", f"yaml:{ledger}")
    assert (again.code, "is there already" in again.err) == (2, True)


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize(
    "command", ["sources harbour --against {} -o json:out", "sources --start {} -o yaml:out"]
)
def test_a_copy_that_cannot_be_read_leaves_nothing_behind(cli, harbour, name, command):
    need(name)
    Path(name).write_bytes(BROKEN[name][0])
    result = cli(*command.format(name).split())
    assert result.code == 2
    assert BROKEN[name][1] in result.err
    assert result.out == ""
    assert not Path("out").exists()


WRONG = [
    ("sources", 2, "`PROGRAM` is missing"),
    ("sources harbour --start harbour/terms.txt", 2, "reads a document, and no program"),
    ("sources harbour --against nowhere.txt", 2, "`nowhere.txt` does not exist"),
    ("sources harbour --against price=harbour/terms.txt", 2, "no ledger of a document `price`"),
    ("sources harbour --against harbour", 2, "`harbour` is a folder"),
    ("sources harbour --update", 2, "takes what `--against FILE` finds"),
    ("sources harbour -o yaml", 2, "only `--start` writes YAML"),
    ("sources --start harbour/terms.txt -o json", 2, "`--start` writes no json"),
    ("sources --start harbour/terms.txt -o yaml:harbour/terms.txt", 2, "is there already"),
    ("sources harbour --against harbour/terms.txt -o json:harbour/terms.txt", 2, "is an input"),
    ("sources bare --against harbour/terms.txt", 2, "has no ledger"),
    ("sources broken", 3, "have mistakes"),
]


@pytest.mark.parametrize(("line", "code", "message"), WRONG)
def test_what_is_wrong_is_told(cli, harbour, line, code, message):
    for name, ledger in (("bare", ""), ("broken", "kind: statements\ndocument: terms\nstatements: [a]\n")):
        shutil.copytree(HARBOUR, name)
        Path(name, "statements.yaml").unlink()
        if ledger:
            Path(name, "statements.yaml").write_text(ledger)
    result = cli(*line.split())
    assert (result.code, message in result.err) == (code, True), result.err
    assert result.out == ""
