"""`policyengine test`: what it runs, what it says, its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from policyengine.cli.run import run
from policyengine.program.example import EXAMPLE

HEAD = "kind: test\nprogram: ..\nas_of: 2026-11-21\ntests:\n"
PASSING = HEAD + "  - {name: it passes, record: {id: a, accounts: []}, expect_exactly: {charges: []}}\n"
FAILING = HEAD + "  - {name: it fails, record: {id: a, accounts: []}, expect: {complete: true}}\n"
SKIPPED = HEAD + "  - {name: it waits, skip: for the text}\n"
BROKEN = HEAD + "  - {name: it is broken, record: {id: a}, expect: {charge: []}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a program, and a folder for tests below it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.yaml").write_text(EXAMPLE)
    (tmp_path / "fixtures").mkdir()
    return tmp_path


def put(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / "fixtures" / f"{name}_test.yaml").write_text(text)


def test_all_pass(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder, one=PASSING, two=SKIPPED)
    (folder / "fixtures" / "record.yaml").write_text("id: not a test\n")
    (folder / "fixtures" / ".hidden").mkdir()
    (folder / "fixtures" / ".hidden" / "three_test.yaml").write_text(FAILING)
    assert run(["test"]) == 0
    assert capsys.readouterr().out == (
        "fixtures/two_test.yaml:5:12: skipped: it waits: for the text\n\n"
        "2 tests in 2 files: 1 passed, 1 skipped\n"
    )


def test_one_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder, one=PASSING, two=FAILING)
    assert run(["test", "fixtures"]) == 1
    assert capsys.readouterr().out == (
        "fixtures/two_test.yaml:5:72: failed: it fails\n"
        "  in        complete\n"
        "  expected  true\n"
        "  actual    false\n\n"
        "2 tests in 2 files: 1 passed, 1 failed\n"
    )


def test_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder, one=PASSING, two=FAILING)
    assert run(["test", "-o", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["passed"], found["failed"], found["skipped"], found["broken"]) == (1, 1, 0, 0)
    assert found["files"] == ["fixtures/one_test.yaml", "fixtures/two_test.yaml"]
    assert found["tests"][1]["failures"] == [
        {
            "file": "fixtures/two_test.yaml",
            "line": 5,
            "column": 72,
            "path": "complete",
            "expected": "true",
            "actual": "false",
            "because": [],
        }
    ]


def test_a_broken_file_fails_the_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder, one=PASSING, two=BROKEN)
    assert run(["test"]) == 2
    out = capsys.readouterr().out
    assert "fixtures/two_test.yaml:5:52: error[TEST001]: a decision has no `charge` here" in out
    assert out.endswith("2 tests in 2 files: 1 passed, 1 broken\n")


def test_a_program_that_does_not_compile(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder, one=PASSING)
    (folder / "more.yaml").write_text("kind: tiers\nid: more\n")
    assert run(["test"]) == 3
    assert "more.yaml:1:1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "error: there is no policy test in `fixtures`\nhelp: a file of tests is called"),
        (["fixtures", "program.yaml/x"], "error: `program.yaml/x` cannot be read"),
        (["fixtures/on_test.yaml"], "error: `fixtures/on_test.yaml` does not exist"),
        (["a\0b"], "error: a file name may not hold a NUL character"),
    ],
)
def test_nothing_to_run(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(["test", *arguments]) == 2
    assert capsys.readouterr().err.startswith(message)


LEVELS = """\
kind: tiers
id: levels
title: Levels
for: partner
measure: active_accounts
levels:
  - {id: silver, title: Silver, active_accounts: 10..15}
  - {id: gold, title: Gold, active_accounts: 16..}
otherwise: {level: none}
"""
EDGES = (
    HEAD
    + """\
  - name: edges
    record: {id: a, accounts: []}
    columns: [active_accounts, level]
    cases: [[9, none], [10, silver], [15, silver], [16, gold]]
    expect: {levels: [{level: <level>}], charges: []}
  - name: fees
    record: {id: b, accounts: [{id: A, monthly_fee: 10, opened_on: 2026-01-01}]}
    expect: {charges: [{id: monthly-fee, amount: 10, net: 10, due_on: 2026-01-01}]}
"""
)


@pytest.fixture
def ladder(folder: Path) -> Path:
    """The folder with a ladder of levels, and a test of its edges."""
    (folder / "levels.yaml").write_text(LEVELS)
    put(folder, edges=EDGES)
    return folder


@pytest.mark.parametrize(
    ("glob", "count"), [("edges", 5), ("it passes", 1), ("*: active_accounts 9*", 1), ("IT*", 1), (".", 6)]
)
def test_only_what_fits(ladder: Path, glob: str, count: int, capsys: pytest.CaptureFixture[str]) -> None:
    put(ladder, one=PASSING)
    assert run(["test", "--filter", glob]) == 0
    assert f"{count} test" in capsys.readouterr().out


def test_a_filter_that_nothing_fits(ladder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", "--filter", "nothing*"]) == 2
    assert "no test fits `nothing*`" in capsys.readouterr().err


def test_a_filter_does_not_hide_a_broken_file(ladder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(ladder, broken=BROKEN)
    assert run(["test", "--filter", "it passes"]) == 2
    assert "TEST001" in capsys.readouterr().out


def test_known_to_fail(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder, one=FAILING.replace("record:", "todo: not decided, record:"))
    assert run(["test"]) == 0
    assert capsys.readouterr().out == (
        "fixtures/one_test.yaml:5:12: todo: it fails: not decided\n\n1 test in 1 file: 1 todo\n"
    )
    put(folder, one=PASSING.replace("record:", "todo: not decided, record:"))
    assert run(["test"]) == 1
    assert capsys.readouterr().out == (
        "fixtures/one_test.yaml:5:12: failed: it passes\n"
        "  it passes now, but is marked `todo: not decided`; remove the mark\n\n"
        "1 test in 1 file: 1 failed\n"
    )


def test_for_build_servers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = folder / "summary.md"
    page.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    put(folder, one=FAILING.replace("it fails", '"\\x01 <it> fails::"'), two=SKIPPED, three=BROKEN)
    outputs = [f"-o{form}:{form}" for form in ("junit", "github", "markdown", "sarif", "json", "text")]
    assert run(["test", *outputs]) == 2
    root = ElementTree.parse(folder / "junit").getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == (
        "4", "1", "2", "1",
    )  # fmt: skip
    lines = (folder / "github").read_text().splitlines()
    assert all(line.startswith("::error ") for line in lines)
    assert len(lines) == 2
    assert json.loads((folder / "sarif").read_text())["runs"][0]["results"]
    assert page.read_text() == "before\n" + (folder / "markdown").read_text()


def test_what_is_not_exercised(ladder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", "--coverage"]) == 0
    out = capsys.readouterr().out
    assert "5 tests in 1 file: 5 passed" in out
    assert out.rstrip().endswith("exercised (100 %)")
    put(ladder, edges=EDGES.replace("[15, silver], ", ""))
    assert run(["test", "--coverage"]) == 0
    out = capsys.readouterr().out
    assert "levels.yaml:7:33: not exercised: `active_accounts` is never 15\n" in out
    assert run(["test", "--fail-under", "100"]) == 1
    assert run(["test", "--fail-under", "50"]) == 0
    assert run(["test", "--fail-under", "101"]) == 2
    assert run(["test", "--fail-under", "much"]) == 2
    assert "is not a share in per cent" in capsys.readouterr().err


def test_what_is_not_noticed(ladder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", "--mutate", "--fail-under-noticed", "100"]) == 0
    assert "(100 %)" in capsys.readouterr().out
    put(ladder, edges=EDGES.replace("[15, silver], ", "").replace("[16, gold]", "[17, gold]"))
    assert run(["test", "--mutate"]) == 0
    out = capsys.readouterr().out
    assert "levels.yaml:8:46: not noticed: `15` becomes `16` and `16` becomes `17`\n" in out
    assert "\n  # unreviewed: no test notices" in out
    assert run(["test", "--mutate", "--fail-under-noticed", "100", "-o", "json:out.json"]) == 1
    (found,) = json.loads((ladder / "out.json").read_text())["mutants"]
    assert found["noticed"] < found["total"]
    assert found["not_noticed"][0]["suggestion"].startswith("  # unreviewed")


def test_suggested_tests_are_written_and_pass(ladder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(ladder, edges=EDGES.replace("[15, silver], ", "").replace("[16, gold]", "[17, gold]"))
    assert run(["test", "--suggest"]) == 0
    assert "to be reviewed" in capsys.readouterr().err
    written = ladder / "fixtures" / "suggested_test.yaml"
    assert written.read_text().startswith("# unreviewed: ")
    assert run(["test", "--mutate", "--fail-under-noticed", "100"]) == 0
    before = written.read_text()
    assert run(["test", "--suggest"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert run(["test", "--suggest", "fixtures/edges_test.yaml"]) == 2
    assert written.read_text() == before
    for wrong in ("other.yaml", "nowhere/other_test.yaml"):
        assert run(["test", "--suggest", wrong]) == 2
    assert run(["test", "--suggest", "other_test.yaml"]) == 0
    assert not (ladder / "other_test.yaml").exists()  # there is nothing left to suggest


def test_nothing_is_examined_where_a_file_is_broken(ladder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(ladder, broken=BROKEN)
    assert run(["test", "--coverage", "--mutate", "--suggest"]) == 2
    out = capsys.readouterr().out
    assert "exercised" not in out
    assert "mutant" not in out
    assert not (ladder / "fixtures" / "suggested_test.yaml").exists()


def test_skipping_everything_is_examining_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder, one=SKIPPED)
    assert run(["test"]) == 2
    assert capsys.readouterr().err == "nothing was examined: every test is skipped\n"


@pytest.mark.parametrize("name", ["program.yaml", "fixtures/one_test.yaml", "fixtures/record.yaml"])
def test_nothing_that_was_read_is_written_over(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "fixtures" / "record.yaml").write_text("id: a\naccounts: []\n")
    put(folder, one=PASSING.replace("record: {id: a, accounts: []}", "from: record.yaml"))
    before = (folder / name).read_text()
    assert run(["test", "-o", f"text:{name}"]) == 2
    assert "is an input of this command" in capsys.readouterr().err
    assert (folder / name).read_text() == before


@pytest.mark.parametrize(
    "name", ["gates-test.yaml", "gates.test.yaml", "gates_tests.yaml", "test_gates.yaml", "GATES_TEST.YAML"]
)
@pytest.mark.parametrize("place", ["fixtures", "policies"])
def test_a_file_of_tests_under_another_name_is_a_mistake(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, place: str
) -> None:
    put(folder, one=PASSING)
    (folder / place).mkdir(exist_ok=True)
    (folder / place / name).write_text(FAILING)
    assert run(["test", "."]) in (2, 3)
    said = capsys.readouterr().out
    assert f"{place}/{name}" in said.replace(str(folder), "")
    assert said.count("KIND003") == 1
    assert "call it `gates_test.yaml`" in said.lower()


def test_a_record_of_a_partner_called_test_is_no_file_of_tests(folder: Path) -> None:
    put(folder, one=PASSING)
    (folder / "fixtures" / "records").mkdir()
    (folder / "fixtures" / "records" / "test_partner.yaml").write_text("id: test\nkind: testing\n")
    assert run(["test", "."]) == 0


@pytest.mark.parametrize("expected", ["{}", "{charges: []}", "{charges: [{}], values: {}}"])
def test_a_test_that_expects_nothing_is_a_mistake(
    folder: Path, capsys: pytest.CaptureFixture[str], expected: str
) -> None:
    put(folder, one=PASSING.replace("expect_exactly: {charges: []}", f"expect: {expected}"))
    assert run(["test"]) == 2
    assert "expects nothing" in capsys.readouterr().out
