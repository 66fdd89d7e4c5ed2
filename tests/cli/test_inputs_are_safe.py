"""Outputs never overwrite an input, machine formats are UTF-8, and nothing outside the repository is read."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from policyengine.cli.run import run
from support import POLICIES

RECORD = "id: \U0001f600\u00e9\nactive_accounts: 12\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(POLICIES / "bytekast", tmp_path / "p")
    (tmp_path / "r.yaml").write_text(RECORD, encoding="utf-8")
    (tmp_path / "p" / "levels_test.yaml").write_text("kind: test\nprogram: .\nas_of: 2026-11-21\ntests: []\n")
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute("CREATE TABLE t (id TEXT)")
        connection.execute("INSERT INTO t VALUES ('a')")
    connection.close()
    (tmp_path / "link.json").symlink_to(tmp_path / "p" / "levels.yaml")
    os.link(tmp_path / "p" / "levels.yaml", tmp_path / "hard.json")
    monkeypatch.chdir(tmp_path)
    return tmp_path


COMMANDS = (
    "evaluate p r.yaml -o json:p/levels.yaml",
    "evaluate p r.yaml -o json:link.json",
    "evaluate p r.yaml -o json:hard.json",
    "evaluate p r.yaml -o json:r.yaml",
    "evaluate p r.yaml -o json:p/levels_test.yaml",
    "evaluate p r.yaml -o csv:hard.json",
    "evaluate p --records-from sqlite:///crm.db --query TABLE -o csv:crm.db",
    "check p -o json:hard.json",
    "check p -o json:p/program.yaml",
    "why p r.yaml reseller-levels -o json:hard.json",
    "diff p p -o json:hard.json",
    "plan p p --records r.yaml -o json:hard.json",
    "plan p p --records r.yaml --list hard.json",
    "plan p p --records r.yaml -o json:r.yaml",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_output_is_an_input(command: str, here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    words = ["SELECT id FROM t" if word == "TABLE" else word for word in command.split()]
    assert run(words) == 2
    assert "is an input of this command" in capfd.readouterr().err
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_formats_for_programs_are_utf8(form: str, encoding: str, here: Path) -> None:
    main = "from policyengine.cli import main; main()"
    command = [sys.executable, "-c", main, "evaluate", "p", "r.yaml", "-o", form]
    settings = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run(command, capture_output=True, check=True, env=settings)
    assert json.loads(done.stdout.decode("utf-8"))["subject"]["key"] == "\U0001f600\u00e9"


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


@pytest.fixture
def repository(here: Path) -> Path:
    top = here / "repository"
    shutil.copytree(here / "p", top / "p")
    _git(here, "init", "-q", str(top))
    _git(top, "add", ".")
    _git(top, "-c", "user.email=a@example.com", "-c", "user.name=a", "commit", "-qm", "x")
    _git(here, "init", "-q", str(here / "other"))
    return top


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"])
def test_another_repository_in_the_surroundings(
    name: str, repository: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    monkeypatch.setenv(name, str(here / "other" / ".git"))
    assert run(["diff", "HEAD", "p"]) == 0


def test_a_work_tree_elsewhere(
    repository: Path, here: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    _git(repository, "config", "core.worktree", str(here / "other"))
    monkeypatch.chdir(repository)
    assert run(["diff", "HEAD", "p"]) == 2
    assert "git config --unset core.worktree" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("program", "test"),
    [
        ("../../p", "record: {id: a}"),
        ("../p", "from: ../../r.yaml"),
        ("../linked", "record: {id: a}"),
    ],
)
def test_a_test_stays_in_its_repository(
    program: str, test: str, repository: Path, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (repository / "linked").symlink_to(here / "p")
    (repository / "t").mkdir()
    tests = f"tests: [{{name: a, {test}, expect: {{complete: false}}}}]\n"
    text = f"kind: test\nprogram: {program}\nas_of: 2026-11-21\n{tests}"
    (repository / "t" / "a_test.yaml").write_text(text)
    assert run(["test", str(repository / "t")]) == 2
    said = capfd.readouterr()
    assert "lies outside of the repository" in said.out + said.err
