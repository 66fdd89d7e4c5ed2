"""Many changes tried by halves: the same answers as one by one, out of few programs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from policyengine.change import independence
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


@pytest.mark.parametrize("count", [2, 9, 20, 21, 70, 71, 400])
def test_halves_part_any_two_numbers_in_both_ways(count: int) -> None:
    halves = [set(half) for half in independence._halves(count)]
    where = [{i for i, half in enumerate(halves) if number in half} for number in range(count)]
    assert all(one - other for one in where for other in where if one is not other)
