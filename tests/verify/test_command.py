"""`policyengine test`: what it runs, what it says, its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyengine.cli.run import run
from policyengine.program.example import EXAMPLE

HEAD = "kind: test\nprogram: ..\nas_of: 2026-11-21\ntests:\n"
PASSING = HEAD + "  - {name: it passes, record: {id: a, accounts: []}, expect: {charges: []}}\n"
FAILING = HEAD + "  - {name: it fails, record: {id: a, accounts: []}, expect: {complete: false}}\n"
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
        "  expected  false\n"
        "  actual    true\n\n"
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
            "expected": "false",
            "actual": "true",
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
