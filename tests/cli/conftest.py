"""Runs the command line in this process, and the small program that `init` makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from policyengine.cli.init import starter
from policyengine.cli.run import run


@dataclass(frozen=True)
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs one command line, without the name of the program."""
    for name in ("NO_COLOR", "FORCE_COLOR", "POLICYENGINE_AS_OF", "POLICYENGINE_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: object) -> Result:
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The folder of the small program, to be changed at will."""
    folder = tmp_path / "small"
    for path, text in starter():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def record(program: Path) -> Path:
    """The record beside it."""
    return program / "records" / "example.yaml"
