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
from tests.cli.test_advance import PROGRAM as DEALS
from tests.support import POLICIES

from policyengine.cli.run import run

AS_OF = ("--as-of", "2026-11-21")
RECORD = "id: \U0001f600\u00e9\nactive_accounts: 12\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(POLICIES / "bytekast", tmp_path / "p")
    (tmp_path / "r.yaml").write_text(RECORD, encoding="utf-8")
    (tmp_path / "p" / "levels_test.yaml").write_text("kind: test\nprogram: .\nas_of: 2026-11-21\ntests: []\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


DATABASE = "--records-from sqlite:///crm.db --query TABLE"
COMMANDS = {
    "evaluate p r.yaml -o json:{}": "p/program.yaml p/a_test.yaml r.yaml",
    "evaluate p r.yaml -o json:old.json -o text:{}": "p/program.yaml r.yaml",
    "evaluate p r.yaml -o csv:{}": "p/program.yaml r.yaml",
    "evaluate p base -o json:{}": "p/program.yaml base/partners.csv base/deals.csv",
    "evaluate p base -o csv:{}": "p/program.yaml base/partners.csv base/deals.csv",
    "evaluate p base/partners.csv --table deals=base/deals.csv -o csv:x.csv --rejects {}": "base/deals.csv",
    "evaluate p records -o json:{}": "records/a.ndjson records/b.json",
    f"evaluate p {DATABASE} -o json:{{}}": "crm.db",
    f"evaluate p {DATABASE} -o csv:{{}}": "crm.db",
    "evaluate p r.yaml --receipt {}": "p/program.yaml p/a_test.yaml r.yaml",
    "verify r.receipt -o json:{}": "r.receipt",
    "forecast p r.yaml -o csv:{}": "p/program.yaml r.yaml",
    "forecast p base -o markdown:{}": "p/program.yaml base/partners.csv base/deals.csv",
    "calendar p base -o csv:{}": "base/partners.csv base/deals.csv",
    "letter p r.yaml -o text:{}": "p/program.yaml r.yaml",
    "pack p r.yaml -o html:{}": "p/program.yaml r.yaml",
    "letter p base -o html:{}": "p/program.yaml base/partners.csv base/deals.csv",
    "why p r.yaml -o json:{}": "p/program.yaml r.yaml",
    "why p r.yaml sales -o json:{}": "p/program.yaml r.yaml",
    "advance p r.yaml --to offer -o {}": "p/program.yaml r.yaml",
    "check p -o json:old.json -o sarif:{}": "p/program.yaml p/a_test.yaml",
    "check p -o github": "p/program.yaml p/a_test.yaml",
    "test p -o junit:{}": "p/program.yaml p/a_test.yaml p/records/r.yaml",
    "diff p q -o json:{}": "p/program.yaml q/program.yaml",
    "diff p q --records base -o json:{}": "p/program.yaml base/partners.csv base/deals.csv",
    f"diff p q {DATABASE} -o json:{{}}": "crm.db",
    "plan p q --records r.yaml -o html:{}": "p/program.yaml q/program.yaml r.yaml",
    "plan p q --records base --list {}": "p/program.yaml base/partners.csv base/deals.csv",
    f"plan p q {DATABASE} -o json:{{}}": "crm.db",
}
"""Every command with outputs, and files that it reads."""


def _files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    test = "tests: [{name: a, from: records/r.yaml, expect: {complete: true}}]\n"
    texts = {
        "p/program.yaml": DEALS,
        "p/a_test.yaml": f"kind: test\nprogram: .\nas_of: 2026-11-21\n{test}",
        "p/records/r.yaml": "id: a\n",
        "q/program.yaml": DEALS.replace("worth > 0", "worth > 1"),
        "r.yaml": "id: a\ndeals: [{id: d, stage: demo, worth: 5}]\n",
        "base/partners.csv": "id\na\n",
        "base/deals.csv": "partner,id,stage\na,d,demo\n",
        "records/a.ndjson": '{"id": "a"}\n',
        "records/b.json": '{"id": "b"}\n',
        "old.json": "{}\n",
        "r.receipt": "{}\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute("CREATE TABLE t (id TEXT)")
        connection.execute("INSERT INTO t VALUES ('a')")
    connection.close()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_no_output_is_an_input(
    command: str, inputs: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for read in COMMANDS[command].split():
        ending = ".csv" if "--rejects" in command else Path(read).suffix
        Path(f"link{ending}").symlink_to(read)
        os.link(read, f"same{ending}")
        before = _files(inputs)
        for written in (read, f"link{ending}", f"same{ending}"):
            monkeypatch.setenv("GITHUB_STEP_SUMMARY", written)
            words = ["SELECT id FROM t" if word == "TABLE" else word for word in command.split()]
            assert run([word.format(written) for word in words]) == 2
            assert f"`{written}` is an input of this command" in capfd.readouterr().err
            assert _files(inputs) == before
        Path(f"link{ending}").unlink()
        Path(f"same{ending}").unlink()


def test_a_device_takes_several_outputs(inputs: Path) -> None:
    assert run(["evaluate", "p", "r.yaml", "-o", f"json:{os.devnull}", "-o", f"text:{os.devnull}"]) == 0


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


@pytest.mark.parametrize("elsewhere", ["other", "."])
def test_a_work_tree_elsewhere(
    elsewhere: str,
    repository: Path,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    _git(repository, "config", "core.worktree", str(here / elsewhere))
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


@pytest.mark.parametrize("name", ["old.csv", "old.ndjson", "old.parquet", "old.xlsx", "json:old.json"])
@pytest.mark.parametrize("records", ["bad.csv", "bad.yaml"])
def test_a_good_file_stays_where_every_record_is_left_out(cli, program, tmp_path, monkeypatch, name, records):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.csv").write_text("id,active_customers\na,-1\nb,many\n")
    (tmp_path / "bad.yaml").write_text("{id: a, active_customers: -1}\n")
    (kept := tmp_path / name.rpartition(":")[2]).write_text("old")
    result = cli("evaluate", program, records, *AS_OF, "-o", name)
    assert (result.code, kept.read_text()) == (2, "old")
    assert "none of the records can be used" in result.err
    assert "-1, which is below 0" in result.err
    if records == "bad.csv" and ":" not in name:
        assert len((tmp_path / "old.rejects.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    "command", [("report", "next"), ("report",), ("forecast",), ("evaluate", "--receipt", "old.txt")]
)
def test_a_list_stays_where_every_record_is_left_out(cli, program, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text("{id: a, active_customers: -1}\n")
    (kept := tmp_path / "old.txt").write_text("old")
    name, *more = command
    output = () if "--receipt" in more else ("-o", "text:old.txt")
    result = cli(name, program, "bad.yaml", *more, *AS_OF, *output)
    assert (result.code, kept.read_text()) == (2, "old")
