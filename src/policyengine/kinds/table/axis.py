"""An input of a table cut into atoms: the values at which one of its tests changes its mind, and between.

On a line (numbers, dates) atoms are single values and what lies between two of them; a closed list gives
an atom for each of its values; of texts only those that a test mentions are told apart. A test takes some
of the atoms; one that rests on anything but written values cannot be decided.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from operator import and_, or_

from policyengine.dataclass import dataclass
from policyengine.feel.partition import ONE, Between, Choices, Line, OneOf, measure
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import (
    And,
    Call,
    Comparison,
    Expression,
    In,
    ListLiteral,
    Literal,
    Name,
    Negate,
    Or,
    RangeLiteral,
    walk,
)
from policyengine.feel.types import types
from policyengine.feel.types.types import Enum, Number, Type
from policyengine.feel.values.values import Months

Test = Expression | None
"""A condition about one input; None takes every value."""

_DAYS = Between(ONE, Decimal(date.max.toordinal()), ONE)
_LONGEST = 40
_BARE = re.compile(r"[A-Za-z_][\w.-]*( [\w.-]+)*")


@dataclass(frozen=True, slots=True)
class Axis:
    """The values of an input as regions, and how they are written; dates are counted in days."""

    regions: Line | Choices
    dates: bool = False

    @property
    def full(self) -> int:
        """All atoms."""
        return self.regions.full

    @property
    def is_line(self) -> bool:
        """Whether its values have an order."""
        return isinstance(self.regions, Line)

    def compare(self, op: str, value: object) -> int | None:
        """The atoms for which `op value` holds; None where that has no meaning."""
        if isinstance(self.regions, Choices):
            return self.regions.holding(op, value) if op in ("=", "!=") else None
        number = as_number(value)
        return None if number is None else self.regions.holding(op, number)

    def witness(self, atoms: int) -> str:
        """One value, as YAML."""
        first = (atoms & -atoms).bit_length() - 1
        if isinstance(self.regions, Line):
            return self._shown(self.regions.value(first))
        values = self.regions.values
        return written(values[first] if first < len(values) else _another(values))

    def cell(self, atoms: int) -> tuple[str, int]:
        """A test for some of these atoms as YAML, and the atoms that it takes: on a line the first run."""
        if isinstance(self.regions, Line):
            return self._range(self.regions, atoms)
        inside, outside = list[object](), list[object]()
        for i, value in enumerate(self.regions.values):
            (inside if atoms >> i & 1 else outside).append(value)
        if atoms >> len(self.regions.values):
            return f"'not({', '.join(map(_quoted, outside))})'", atoms
        texts = [written(value) for value in inside]
        return (texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"), atoms

    def _range(self, line: Line, atoms: int) -> tuple[str, int]:
        lowest = atoms & -atoms
        run = atoms & ~(atoms + lowest)
        first, last = lowest.bit_length() - 1, run.bit_length() - 1
        low = None if first == 0 else line.ends(first)[0]
        high = None if run.bit_length() == line.full.bit_length() else line.ends(last)[1]
        low_open = low is not None and not line.is_point(first)
        high_open = high is not None and not line.is_point(last)
        if line.within.step is not None:
            low = line.value(first) if low_open else low
            high = line.below(high) if high is not None and high_open else high
            low_open = high_open = False
        return self._between(low, high, low_open, high_open), run

    def _between(self, low: Decimal | None, high: Decimal | None, low_open: bool, high_open: bool) -> str:
        start, end = ("" if limit is None else self._shown(limit) for limit in (low, high))
        if not low_open and not high_open:
            return start if low == high and low is not None else f"{start}..{end}"
        if low is None:
            return f'"< {end}"'
        if high is None:
            return f'"> {start}"'
        return f'"{"(" if low_open else "["}{start}..{end}{")" if high_open else "]"}"'

    def _shown(self, value: Decimal) -> str:
        return written(date.fromordinal(int(value)) if self.dates else value)


def axis_of(
    kind: Type, tests: Iterable[Test], *, step: Decimal | None = None,
    least: Decimal | None = None, most: Decimal | None = None,
) -> Axis:  # fmt: skip
    """The atoms of an input of a type that these tests are about."""
    constants = dict.fromkeys(value for test in tests if test is not None for value in _constants(test))
    if isinstance(kind, Enum):
        return Axis(Choices.of((), OneOf(kind.values)))
    if kind == types.BOOLEAN:
        return Axis(Choices.of((), OneOf((True, False))))
    if isinstance(kind, Number) or kind == types.DATE:
        points = [number for value in constants if (number := as_number(value)) is not None]
        dates = kind == types.DATE
        return Axis(Line.cut(points, _DAYS if dates else Between(least, most, step)), dates)
    wanted = str if kind == types.TEXT else (Months, timedelta)
    return Axis(Choices.of((value for value in constants if isinstance(value, wanted)), None))


def _another(values: Sequence[object]) -> object:
    """A value that is none of these."""
    months = [value.months for value in values if isinstance(value, Months)]
    days = [value for value in values if isinstance(value, timedelta)]
    if months or days:
        return Months(max(months) + 1) if months else max(days) + timedelta(1)
    known = set(values)
    return next(text for i in range(len(values) + 1) if (text := f"other{i or ''}") not in known)


def _constants(test: Expression) -> Iterator[object]:
    for part in walk(test):
        if isinstance(part, Literal):
            yield part.value
        elif isinstance(part, Negate):
            found = _constant(part)
            if found is not None:
                yield found


def _constant(node: Expression | None) -> object:
    match node:
        case Literal(value):
            return value
        case Negate(Literal(Decimal() as value)):
            return -value
    return None


# The atoms that a test takes


def atoms_of(test: Test, axis: Axis, subject: str) -> int | None:
    """The atoms that pass a test of the name `subject`; None where that cannot be told from the test."""
    if test is None:
        return axis.full
    match test:
        case Literal(bool() as always):
            return axis.full if always else 0
        case Comparison(op, Name(name), right) if name == subject:
            value = _constant(right)
            return None if value is None else axis.compare(op, value)
        case In(Name(name), tests) if name == subject:
            return _joined(or_, 0, [_member(each, axis) for each in tests])
        case syntax.Between(Name(name), low, high) if name == subject:
            return _within(low, high, True, True, axis)
        case And(operands):
            return _joined(and_, axis.full, [atoms_of(each, axis, subject) for each in operands])
        case Or(operands):
            return _joined(or_, 0, [atoms_of(each, axis, subject) for each in operands])
        case Call(Name("not"), (inner,)):
            found = atoms_of(inner, axis, subject)
            return None if found is None else axis.full & ~found
        case Name(name) if name == subject:
            return axis.compare("=", True)
    return None


def _member(test: Expression, axis: Axis) -> int | None:
    match test:
        case RangeLiteral(low, high, low_closed, high_closed):
            return _within(low, high, low_closed, high_closed, axis)
        case ListLiteral(items):
            return _joined(or_, 0, [_member(each, axis) for each in items])
    value = _constant(test)
    return axis.compare("=", value) if value is not None else atoms_of(test, axis, "?")


def _within(
    low: Expression | None, high: Expression | None, low_closed: bool, high_closed: bool, axis: Axis
) -> int | None:
    ends = [
        None if _constant(end) is None else axis.compare(op, _constant(end))
        for end, op in ((low, ">=" if low_closed else ">"), (high, "<=" if high_closed else "<"))
        if end is not None
    ]
    return _joined(and_, axis.full, ends)


def _joined(join: Callable[[int, int], int], start: int, found: Sequence[int | None]) -> int | None:
    known = [each for each in found if each is not None]
    return reduce(join, known, start) if len(known) == len(found) else None


# Values in words


def as_number(value: object) -> Decimal | None:
    """A number or a date as a place on a line."""
    found = measure(value)
    return found[1] if found is not None and found[0] in ("number", "date") else None


def written(value: object) -> str:
    """A value as policies and records write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        if len(text) > _LONGEST:
            return str(value)
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Months):
        return f"P{value.months}M"
    if isinstance(value, timedelta):
        return f"P{value.days}D"
    text = str(value)
    return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else f'@"{written(value)}"'
