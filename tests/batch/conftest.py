"""A base of partners as files, evaluated with the command line in this process."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from policyengine.cli.run import run

BYTEKAST = Path(__file__).parents[2] / "policies" / "bytekast"


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
