"""Witnesses: the smallest record that two programs treat differently, and proofs that there is none."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, seed, settings
from hypothesis import strategies as st
from tests.support import DAY, POLICIES, cases, record_of

from policyengine.analysis.version_days import days_to_compare, on_day
from policyengine.analysis.witness import NotDecided, Same, Witness, find_witness
from policyengine.api import Program as Face
from policyengine.files import read_folder
from policyengine.program.linked import Program
from policyengine.program.load import load
from policyengine.program.record import Record
from policyengine.source import Source
from policyengine.verify.mutants import Mutant, mutants

FOLDER = Path(__file__).parent
RECORDS = POLICIES.parent / "fixtures"
PROGRAMS = ("bytekast", "kepion", "pugpig", "wildix")


def sources(name: str) -> list[Source]:
    return list(read_folder(POLICIES / name).sources)


def edited(name: str, edit: Sequence[str]) -> Program:
    """The program with the first place of each text replaced by the next one."""
    files = sources(name)
    for before, after in zip(edit[::2], edit[1::2], strict=True):
        at = next(i for i, source in enumerate(files) if before in source.text)
        files[at] = Source(files[at].name, files[at].text.replace(before, after, 1))
    program = load(name, files, DAY)
    assert program.ok, program.diagnostics
    return program


def plain(record: Record) -> dict[str, object]:
    facts: dict[str, object] = {name: str(value) for name, value in record.facts.items()}
    return {**facts, **{name: [plain(row) for row in rows] for name, rows in record.lists.items()}}


def texts(data: object) -> object:
    if isinstance(data, dict):
        return {name: texts(each) for name, each in data.items()}
    return [texts(each) for each in data] if isinstance(data, list) else str(data)


@pytest.mark.parametrize("case", cases(FOLDER / "witnesses.yaml"))
def test_witness(case: dict[str, Any]) -> None:
    old, new = load(case["program"], sources(case["program"]), DAY), edited(case["program"], case["edit"])
    starts = []
    if "start" in case:
        text = (RECORDS / case["program"] / "records" / f"{case['start']}.yaml").read_text()
        starts = [record_of(Face(old, case["program"]), text)]
    found = find_witness(old, new, starts)
    if case.get("same"):
        assert isinstance(found, Same), found
        return
    assert isinstance(found, Witness)
    assert found.decided
    if "record" in case:
        assert plain(found.record) == texts(case["record"])
    if "moved" in case:
        assert {each.name: [str(each.before), str(each.after)] for each in found.moved} == case["moved"]
    for side, wanted in ((found.contrasts[0].old, case["old"]), (found.contrasts[0].new, case["new"])):
        assert side is not None
        assert {name: str(side.values[name]) for name in wanted} == wanted


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_the_same_as_itself(name: str) -> None:
    files = sources(name)
    turned = [Source(source.name, source.text) for source in reversed(files)]
    assert isinstance(find_witness(load(name, files, DAY), load(name, turned, DAY)), Same)


@cache
def mutants_of(name: str) -> tuple[Program, list[Mutant]]:
    files = sources(name)
    program = load(name, files, DAY)
    return program, list(mutants(program, files))


@pytest.mark.parametrize("name", PROGRAMS)
@seed(1)
@settings(max_examples=4, deadline=None, database=None)
@given(data=st.data())
def test_every_mutant_has_a_witness(name: str, data: st.DataObject) -> None:
    """On a day on which it is in force; what the witness claims holds for both programs as a whole."""
    old, every = mutants_of(name)
    mutant = data.draw(st.sampled_from(every), label="mutant")
    new = load(name, mutant.sources, DAY)
    assume(new.ok)
    found = None
    for day in days_to_compare(old, new):
        found = find_witness(on_day(old, day), on_day(new, day))
        if isinstance(found, Witness):
            faces = [Face(on_day(program, day), name) for program in (old, new)]
            decisions = [face.evaluate(found.record).to_json() for face in faces]
            moves = any(each.old is not None and each.old.section == "moves" for each in found.contrasts)
            assert moves or _bare(decisions[0]) != _bare(decisions[1]), str(mutant.at)
            break
    # Days that are compared with one that is worked out are not looked for in lists, and many formulas give
    # the first day of a quarter.
    derived = isinstance(found, NotDecided) and "lists" in found.reason and "quarter_begins" in mutant.words
    line = mutant.at.source.text[: mutant.at.start].rpartition("\n")[2]
    derived |= isinstance(found, Same) and "today.month" in line
    assert isinstance(found, Witness) or derived, f"{mutant.at}: {mutant.words}: {found}"


def _bare(data: Any) -> Any:
    """A decision without places, titles, reasons."""
    dropped = ("at", "because", "policies", "note", "source", "unknown", "missing")
    if isinstance(data, dict):
        return {name: _bare(each) for name, each in data.items()
                if name not in dropped and "title" not in name}  # fmt: skip
    return [_bare(each) for each in data] if isinstance(data, list) else data


def test_what_cannot_be_decided_says_why() -> None:
    old, new = (
        load("bytekast", sources("bytekast"), DAY),
        edited("bytekast", ["setup_fee\n", "setup_fee * 3 / 3\n"]),
    )
    found = find_witness(old, new, limit=200)
    assert isinstance(found, NotDecided)
    assert "lists of any length" in found.reason
    assert found.tried > 0


def test_it_always_finds_the_same() -> None:
    old, new = load("pugpig", sources("pugpig"), DAY), edited("pugpig", ["then 1 else 2", "then 1 else 3"])
    first, second = find_witness(old, new), find_witness(old, new)
    assert isinstance(first, Witness)
    assert isinstance(second, Witness)
    assert first.record == second.record
