"""The programs that are measured, with the records of their own tests, and the same with facts left out.

They are our four, the benchmark program, and the real programmes of a folder that need not be there:
`PROGRAMMES=path`, else `../shared/programmes` beside the project.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import ours
from records import records

from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.linked import Program
from policyengine.program.record import Record
from policyengine.verify.suite import Programs, open_file

SHARES = (0.0, 0.05, 0.2)
"""How much of the facts is left out."""

_ROOT = Path(__file__).parents[1]
_BENCHMARK_RECORDS = 40


@dataclass(frozen=True, slots=True)
class Case:
    """A record, and the program as it is in force on the day of its test."""

    program: Program
    record: Record


@dataclass(frozen=True, slots=True)
class Measured:
    """A program by its name; `real` tells the programmes that the project did not grow up with."""

    name: str
    cases: tuple[Case, ...]
    real: bool


def programmes_folder() -> Path | None:
    """The folder of the real programmes; None where there is none."""
    folder = Path(os.environ.get("PROGRAMMES") or _ROOT.parent / "shared" / "programmes")
    return folder if folder.is_dir() else None


def measured_programs(only: Sequence[str] = ()) -> Iterator[Measured]:
    """Every program that has records, or only those of these names."""
    for name, tests, real in _suites():
        if not only or name in only:
            cases = tuple(_cases(tests))
            if cases:
                yield Measured(name, cases, real)
    if not only or "benchmark" in only:
        loaded = ours.program()
        read = [ours.read(loaded, each) for each in records(_BENCHMARK_RECORDS)]
        yield Measured("benchmark", tuple(Case(loaded.linked, each) for each in read), real=False)


def _suites() -> Iterator[tuple[str, Path, bool]]:
    for policies in sorted((_ROOT / "policies").iterdir()):
        yield policies.name, _ROOT / "fixtures" / policies.name, False
    folder = programmes_folder()
    for programme in sorted(folder.iterdir()) if folder else ():
        if programme.is_dir():
            yield programme.name, programme, True


def _cases(folder: Path) -> Iterator[Case]:
    programs = Programs()
    for path in sorted(folder.rglob("*_test.yaml")):
        for test in open_file(str(path), programs).tests:
            if isinstance(test.record, Record):
                yield Case(test.program, test.record)


def with_holes(case: Case, share: float, source: random.Random) -> Case:
    """The case with this share of the facts of its record left out, those of all that lies in it too."""
    assert case.program.graph is not None
    return replace(case, record=_with_holes(case.record, share, source, case.program.graph.vocabulary))


def _with_holes(record: Record, share: float, source: random.Random, vocabulary: Vocabulary) -> Record:
    key = vocabulary.entities[record.entity].key
    facts = {name: value for name, value in record.facts.items() if name == key or source.random() >= share}
    lists = {
        name: tuple(_with_holes(each, share, source, vocabulary) for each in several)
        for name, several in record.lists.items()
    }
    return replace(record, facts=facts, lists=lists)
