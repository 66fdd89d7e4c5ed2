"""The programmes with the records of their own tests, for what must hold of every program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from policyengine.program.linked import Program
from policyengine.program.record import Record
from policyengine.verify.suite import Programs, open_file

_TESTS = Path(__file__).parents[1]
FOLDERS = sorted(
    folder
    for folder in (*(_TESTS / "programmes").iterdir(), *(_TESTS / "kinds" / "programs").iterdir())
    if [*folder.glob("*_test.yaml")]
)


def recorded(folder: Path) -> Iterator[tuple[Program, Record]]:
    """The records of the tests of a programme, each with the program on the day of its test."""
    programs = Programs()
    for path in sorted(folder.rglob("*_test.yaml")):
        for test in open_file(str(path), programs).tests:
            if isinstance(test.record, Record):
                yield test.program, test.record
