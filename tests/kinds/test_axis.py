"""An input cut into atoms: a test takes those atoms whose value passes it, and a cell says which they are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.functions import LIBRARY
from policyengine.feel.partition import Line
from policyengine.feel.syntax.parser import parse, parse_unary_tests
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.types.types import BOOLEAN, DATE, NUMBER, TEXT, Enum, Type
from policyengine.kinds.table.axis import Axis, atoms_of, axis_of

NUMBERS = [
    "x < 3", "x <= 3", "x > 3", "x >= 3", "x = 3", "x != 3", "x = -2", "x between 2 and 5", "x in [2..5]",
    "x in (2..5]", "x in [2..5)", "x in (2..5)", "x in (1, 3, > 7)", "x in (< 1, >= 4)", "x in [1, 4]",
    "x in ([1..2], 4)", "not(x = 2)", "x = 2 or x > 5 and x < 9", "x > 2 and x <= 2.5", "true", "false",
    "x in (? > 2 and ? < 5)", "x >= 0 and not(x in [3..4])",
]  # fmt: skip
DATES = [
    'x < @"2026-03-01"', 'x in [@"2026-01-01"..@"2026-03-01")', 'x = @"2026-03-01" or x > @"2026-12-31"',
    'x between @"2026-01-01" and @"2026-03-01"',
]  # fmt: skip
CHOICES = ['x = "a"', 'x != "a"', 'x in ("a", "b")', 'not(x in ("b", "c"))', 'x = "a" or x = "c"']
CASES: list[tuple[Type, str, dict[str, Decimal | None]]] = [
    *((NUMBER, test, {}) for test in NUMBERS),
    *((NUMBER, test, {"step": Decimal(1), "least": Decimal(0)}) for test in NUMBERS),
    *((NUMBER, test, {"step": Decimal("0.01"), "least": Decimal(0), "most": Decimal(8)}) for test in NUMBERS),
    *((DATE, test, {}) for test in DATES),
    *((Enum("x", ("a", "b", "c")), test, {}) for test in CHOICES),
    *((TEXT, test, {}) for test in CHOICES),
    *((BOOLEAN, test, {}) for test in ("x", "not(x)", "x = false", "x or not(x)")),
]


def _parsed(text: str) -> Expression:
    found = parse(text, functions=LIBRARY).expression
    assert found is not None
    return found


def _values(axis: Axis) -> list[object]:
    """A value for every atom."""
    if isinstance(axis.regions, Line):
        numbers = [axis.regions.value(i) for i in range(axis.full.bit_length())]
        return [date.fromordinal(int(each)) if axis.dates else each for each in numbers]
    return [*axis.regions.values, *(["other"] if axis.full.bit_length() > len(axis.regions.values) else [])]


@pytest.mark.parametrize(("kind", "text", "limits"), CASES)
def test_a_test_takes_the_atoms_whose_values_pass(
    kind: Type, text: str, limits: dict[str, Decimal | None]
) -> None:
    test = _parsed(text)
    axis = axis_of(kind, [test], **limits)
    atoms = atoms_of(test, axis, "x")
    assert atoms is not None
    assert atoms | axis.full == axis.full
    passing = [evaluate(test, {"x": value}, functions=LIBRARY) for value in _values(axis)]
    assert [bool(atoms >> i & 1) for i in range(len(passing))] == passing


@pytest.mark.parametrize(("kind", "text", "limits"), CASES)
def test_a_cell_says_which_atoms_it_takes(kind: Type, text: str, limits: dict[str, Decimal | None]) -> None:
    axis = axis_of(kind, [_parsed(text)], **limits)
    for atoms in range(1, axis.full + axis.is_line):  # a side that takes all is not written
        cell, taken = axis.cell(atoms)
        assert taken
        assert taken & atoms == taken
        if not axis.is_line:
            assert taken == atoms
        test = parse_unary_tests(_feel(cell, axis), functions=LIBRARY).expression
        assert test is not None, cell
        found = [evaluate(test, {"?": value}, functions=LIBRARY) for value in _values(axis)]
        assert found == [bool(taken >> i & 1) for i in range(len(found))], cell


def _feel(cell: str, axis: Axis) -> str:
    """A cell of a table as FEEL writes it."""
    text = cell.strip("\"'")
    if cell.startswith(("'", '"')):
        start, dots, end = text.partition("..")
        return (
            f"{start[0]}{_value(start[1:], axis)}..{_value(end[:-1], axis)}{end[-1]}"
            if dots
            else _sign(text, axis)
        )
    if ".." in text:
        low, _, high = text.partition("..")
        if low and high:
            return f"[{_value(low, axis)}..{_value(high, axis)}]"
        return f">= {_value(low, axis)}" if low else f"<= {_value(high, axis)}" if high else "-"
    return ", ".join(_value(each, axis) for each in text.strip("[]").split(", "))


def _sign(text: str, axis: Axis) -> str:
    sign, _, value = text.partition(" ")
    return f"{sign} {_value(value, axis)}" if sign in ("<", ">") else text


def _value(text: str, axis: Axis) -> str:
    if axis.dates:
        return f'@"{text}"'
    return text if axis.is_line or text in ("true", "false") else f'"{text}"'


def test_what_no_written_value_decides() -> None:
    axis = axis_of(NUMBER, [_parsed("x > 1")])
    assert atoms_of(None, axis, "x") == axis.full
    for text in ("x > y", "y > 1", "x in [y..3]", "x + 1 > 2", "not(y)", "x > 1 or y > 2"):
        assert atoms_of(_parsed(text), axis, "x") is None
