"""Many changes tried by halves: the same answers as one by one, out of few programs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from policyengine.analysis.affected import affected_parts
from policyengine.analysis.contrasts import Contrast, contrasts
from policyengine.analysis.witness import Witness
from policyengine.change import independence, program_comparison
from policyengine.change.program_comparison import ProgramComparison, compare
from policyengine.program.linked import Program
from support import program_of

_FACTS = "".join(f"      f{i}: {{type: count, title: f{i}}}\n" for i in range(20))
_PROGRAM = f"""\
kind: program
id: many
title: Many
currency: EUR
parties: {{vendor: the vendor}}
items: {{fee: fee}}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {{type: text, title: identifier}}
      joined_on: {{type: date, title: day of joining}}
{_FACTS}"""


def _program(amounts: Sequence[str], rows: Sequence[str]) -> Program:
    charges = "".join(
        f"  - {{id: c{i}, title: C{i}, amount: '{amount}', item: fee, due_on: joined_on}}\n"
        for i, amount in enumerate(amounts)
    )
    table = "".join(f"  - {{when: {{f0: {row}}}, then: {i}}}\n" for i, row in enumerate(rows))
    text = (
        f"kind: billing\nid: fees\ntitle: Fees\nfor: partner\ncharges:\n{charges}---\n"
        "kind: table\nid: share\ntitle: Share\nfor: partner\ntype: number\nhit: unique\ninputs: [f0]\n"
        f"rows:\n{table}"
    )
    found = program_of(text, base=_PROGRAM).linked
    assert found.ok, found.diagnostics
    return found


_OLD = _program([f"f{i} + 1" for i in range(20)], ["..9", "10..19", "20.."])
# Charge 3 only changes its words, charge 4 comes to the same; two rows change, neither of which goes alone.
_NEW = _program(
    [f"f{i} + 1" if i == 3 else f"1 + f{i}" if i == 4 else f"f{i} + 2" for i in range(20)],
    ["..7", "8..19", "20.."],
)


def _told(found: ProgramComparison) -> list[tuple[list[str], str, list[object]]]:
    return [
        (
            [each.change.name for each in meaning.spoken],
            type(meaning.verdict).__name__,
            [(each.old, each.new) for each in getattr(meaning.verdict, "contrasts", ())],
        )
        for meaning in found.meanings
    ]


def test_halves_tell_what_single_changes_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    by_halves = _told(compare(_OLD, _NEW))
    monkeypatch.setattr(independence, "FEW", 1000)
    assert by_halves == _told(compare(_OLD, _NEW))
    assert ["share/rows/#1/when/f0", "share/rows/#2/when/f0"] in [names for names, _, _ in by_halves]


def test_few_programs_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0
    whole = independence.with_changes

    def counted(*arguments: object) -> Program:
        nonlocal made
        made += 1
        return whole(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(independence, "with_changes", counted)
    new = _program([f"f{i} + 2" for i in range(20)], ["..9", "10..19", "20.."])
    assert len(compare(_OLD, new).meanings) == 20
    assert made == 6 + 1  # any two of 20 are parted both ways by 6 halves


def _levels(needed: Sequence[int], measure: str = "f0") -> Program:
    """Twelve levels, each with a requirement of its own; by a measure, or by the requirements alone."""
    ranges = [f"{10 * i}..{10 * i + 9}" if i < 11 else "110.." for i in range(12)]
    rungs = "".join(
        f"  - {{id: l{i}, title: L{i}, {f'{measure}: {ranges[i]}, ' if measure else ''}"
        f"requires: [{{id: m{i}, title: M{i}, when: f1 >= {needed[i]}}}]}}\n"
        for i in range(12)
    )
    head = f"measure: {measure}\n" if measure else ""
    text = f"kind: tiers\nid: levels\ntitle: Levels\nfor: partner\n{head}levels:\n{rungs}"
    found = program_of(text, base=_PROGRAM).linked
    assert found.ok, found.diagnostics
    return found


def _stages(needed: Sequence[int]) -> Program:
    """Stages with a requirement each."""
    facts = (
        "      stage: {type: enum, values: [" + ", ".join(f"s{i}" for i in range(14)) + "], title: stage}\n"
    )
    rows = "".join(
        f"  - {{id: s{i}, title: S{i}, leave_when: [{{id: r{i}, title: R{i}, when: f{i} >= {needed[i]}}}]}}\n"
        for i in range(13)
    )
    text = (
        "kind: pipeline\nid: deals\ntitle: Deals\nfor: partner\nstage: stage\nstages:\n"
        f"{rows}  - {{id: s13, title: S13, final: true}}\n"
    )
    found = program_of(text, base=_PROGRAM + facts).linked
    assert found.ok, found.diagnostics
    return found


_TOGETHER = {
    "levels": (_levels(range(12)), _levels(range(1, 13)), 0),
    "stages": (_stages(range(13)), _stages(range(2, 15)), 0),
    # A record that no longer meets one requirement meets none; alone, only the last one makes a difference.
    "levels of one threshold": (_levels([5] * 12, ""), _levels([6] * 12, ""), 12),
}


@pytest.mark.parametrize("name", _TOGETHER)
def test_changes_of_one_part_are_told_apart_by_records(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each record shows its change alone: the old program with only that change says the same of it."""
    old, new, wanted = _TOGETHER[name]
    tried = 0

    def judged(*arguments: object) -> object:
        nonlocal tried
        tried += 1
        return one_by_one(*arguments)  # type: ignore[arg-type]

    one_by_one = program_comparison._judged
    monkeypatch.setattr(program_comparison, "_judged", judged)
    found = compare(old, new)
    assert tried == wanted
    for meaning in found.changed:
        assert isinstance(meaning.verdict, Witness)
        changes = [each.change for each in meaning.spoken]
        alone = independence.with_changes(old, changes, old.as_of)
        assert alone.graph is not None
        assert old.graph is not None
        parts = affected_parts(old.graph, alone.graph, old.as_of).groups
        record = meaning.verdict.record
        shown = [each for part in parts for each in contrasts(part.old.says(record), part.new.says(record))]
        assert {_said(each) for each in meaning.verdict.contrasts} <= {_said(each) for each in shown}
        assert meaning.verdict.decided
    monkeypatch.setattr(independence, "FEW", 1000)
    assert [each[:2] for each in _told(compare(old, new))] == [each[:2] for each in _told(found)]


def _said(contrast: Contrast) -> tuple[object, ...]:
    return tuple(
        None if side is None else (side.section, side.policy, side.id, side.form)
        for side in (contrast.old, contrast.new)
    )


@pytest.mark.parametrize("count", [2, 9, 20, 21, 70, 71, 400])
def test_halves_part_any_two_numbers_in_both_ways(count: int) -> None:
    halves = [set(half) for half in independence._halves(count)]
    where = [{i for i, half in enumerate(halves) if number in half} for number in range(count)]
    assert all(one - other for one in where for other in where if one is not other)
