"""A base of partners as files, evaluated with the command line in this process."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from policyengine import load
from policyengine.api import Program
from policyengine.cli import programs
from policyengine.cli.run import run
from policyengine.engine import columns
from policyengine.program.linked import Program as LinkedProgram

BYTEKAST = Path(__file__).parents[2] / "policies" / "bytekast"


@pytest.fixture(autouse=True)
def _loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own program is loaded once for each day, and made to columns once: that takes most of a run."""
    monkeypatch.setattr(programs, "load", _load)
    monkeypatch.setattr(columns, "plan", _planned)


def _load(folder: Path | str, as_of: date, language: str | None = None) -> Program:
    if Path(folder) != BYTEKAST or language is not None:
        return load(folder, as_of=as_of, language=language)
    if as_of not in _LOADED:
        _LOADED[as_of] = load(folder, as_of=as_of)
    return _LOADED[as_of]


_LOADED: dict[date, Program] = {}


_plan = columns.plan
_PLANS: dict[int, tuple[LinkedProgram, columns.ColumnPlan]] = {}


def _planned(program: LinkedProgram) -> columns.ColumnPlan:
    if not any(program is loaded.linked for loaded in _LOADED.values()):
        return _plan(program)
    if id(program) not in _PLANS:
        _PLANS[id(program)] = program, _plan(program)
    return _PLANS[id(program)][1]


@dataclass(frozen=True)
class Ran:
    """What a run came to: exit code, what it said, the rows of its table and of its rejects."""

    code: int
    out: str
    err: str
    rows: list[dict[str, str]]
    rejects: list[dict[str, str]]

    @property
    def keys(self) -> list[str]:
        """The keys of the records that were evaluated, in their order."""
        return list(dict.fromkeys(row["key"] for row in self.rows))

    def values(self, section: str, name: str, **where: str) -> list[str]:
        """A column of the rows of a section."""
        return [
            row[name]
            for row in self.rows
            if row["section"] == section and all(row[key] == value for key, value in where.items())
        ]


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def evaluate(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ran]:
    """Evaluates files of these contents into `out.csv`; the first are the records."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "in")

    def call(
        files: dict[str, str | bytes], *options: str, program: Path = BYTEKAST, records: str = ""
    ) -> Ran:
        for name, text in files.items():
            Path(name).write_bytes(text.encode() if isinstance(text, str) else text)
        out = tmp_path / "out" / "out.csv"
        code = run(
            [
                "evaluate",
                str(program),
                records or next(iter(files)),
                "--as-of",
                "2026-11-21",
                "-o",
                str(out),
                *options,
            ]
        )
        said = capfd.readouterr()
        assert "Traceback" not in said.err
        assert code != 4, said.err
        rejects = out.with_name("out.rejects.csv")
        return Ran(code, said.out, said.err, table(out), table(rejects))

    return call


@pytest.fixture
def cli_run(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs a command line; gives the exit code and what it said."""

    def call(*arguments: str) -> tuple[int, str]:
        code = run(list(arguments))
        return code, capfd.readouterr().err

    return call


@pytest.fixture
def table_of() -> Callable[[Path], list[dict[str, str]]]:
    """The rows of a CSV file."""
    return table
