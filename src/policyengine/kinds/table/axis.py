"""An input of a table cut into atoms: the values at which one of its tests changes its mind, and between.

On a line (numbers, dates) atoms are single values and what lies between two of them; a closed list gives
an atom for each of its values; of texts only those that a test mentions are told apart. A test takes some
of the atoms; one that rests on anything but written values cannot be decided.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from functools import reduce
from operator import and_, or_

from policyengine.dataclass import dataclass
from policyengine.feel.syntax.tree import (
    And,
    Between,
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

_LAST_DAY = Decimal(date.max.toordinal())
_LONGEST = 40
_BARE = re.compile(r"[A-Za-z_][\w.-]*( [\w.-]+)*")


@dataclass(frozen=True, slots=True)
class Choices:
    """Values without order, each an atom; `other` stands for all further ones, if there are any."""

    values: tuple[object, ...]
    other: object = None

    @property
    def full(self) -> int:
        """All atoms."""
        return (1 << len(self.values) + (self.other is not None)) - 1

    def compare(self, op: str, value: object) -> int | None:
        """The atoms for which `op value` holds; None where that has no meaning."""
        if op not in ("=", "!="):
            return None
        same = 1 << self.values.index(value) if value in self.values else 0
        return same if op == "=" else self.full & ~same

    def witness(self, atoms: int) -> str:
        """One value, as YAML."""
        first = (atoms & -atoms).bit_length() - 1
        return written(self.values[first] if first < len(self.values) else self.other)

    def cell(self, atoms: int) -> tuple[str, int]:
        """A test for these atoms as YAML, and the atoms that it takes."""
        inside = [value for i, value in enumerate(self.values) if atoms >> i & 1]
        if atoms >> len(self.values):
            outside = ", ".join(_quoted(value) for value in self.values if value not in inside)
            return f"'not({outside})'", atoms
        texts = [written(value) for value in inside]
        return (texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"), atoms


@dataclass(frozen=True, slots=True)
class Line:
    """Values in order: point i is atom 2i + 1, and what lies below it down to the point before atom 2i.

    `full` are the atoms that hold a value at all, `step` the distance of neighbouring values, if there is
    one. Dates are counted in days.
    """

    points: tuple[Decimal, ...]
    step: Decimal | None
    full: int
    dates: bool

    @classmethod
    def through(
        cls, points: Iterable[Decimal], step: Decimal | None, least: Decimal | None, most: Decimal | None,
        *, dates: bool = False,
    ) -> Line:  # fmt: skip
        """The line cut at these points and at its ends."""
        ends = [end for end in (least, most) if end is not None]
        line = cls(tuple(sorted({*points, *ends})), step, 0, dates)
        found = (i for i in range(2 * len(line.points) + 1) if line._exists(i, least, most))
        return cls(line.points, step, sum(1 << i for i in found), dates)

    def _exists(self, atom: int, least: Decimal | None, most: Decimal | None) -> bool:
        value = self._value(atom)
        if (least is not None and value < least) or (most is not None and value > most):
            return False
        low, high = self._ends(atom)
        if atom % 2:
            return self.step is None or value == _floor(value, self.step)
        return (low is None or value > low) and (high is None or value < high)

    def _ends(self, atom: int) -> tuple[Decimal | None, Decimal | None]:
        """The points around what lies between them; for a point itself twice that."""
        if atom % 2:
            return self.points[atom // 2], self.points[atom // 2]
        at = atom // 2
        return (self.points[at - 1] if at else None), (self.points[at] if at < len(self.points) else None)

    def _value(self, atom: int) -> Decimal:
        """A value in an atom, the smallest one if there is a step; it may lie outside where there is none."""
        low, high = self._ends(atom)
        if atom % 2 and low is not None:
            return low
        if low is not None:
            if self.step is not None:
                return _floor(low, self.step) + self.step
            return low + 1 if high is None else (low + high) / 2
        return Decimal(0) if high is None else self._below(high)

    def _below(self, limit: Decimal) -> Decimal:
        """The next value below a limit, or some such value where there is no next one."""
        if self.step is None:
            return limit - 1
        found = _floor(limit, self.step)
        return found - self.step if found == limit else found

    def compare(self, op: str, value: object) -> int | None:
        """The atoms for which `op value` holds; None where that has no meaning."""
        number = as_number(value)
        if number is None:
            return None
        point = 2 * bisect_left(self.points, number) + 1
        below, same = (1 << point) - 1, 1 << point
        taken = {
            "=": same, "!=": ~same, "<": below, "<=": below | same, ">": ~(below | same), ">=": ~below,
        }[op]  # fmt: skip
        return taken & self.full

    def witness(self, atoms: int) -> str:
        """One value, as YAML."""
        return self._shown(self._value((atoms & -atoms).bit_length() - 1))

    def cell(self, atoms: int) -> tuple[str, int]:
        """A test for the first of these atoms that lie together, as YAML, and the atoms that it takes."""
        run = self._run(atoms)
        first, last = (run & -run).bit_length() - 1, run.bit_length() - 1
        low = None if not self.full & ((1 << first) - 1) else self._ends(first)[0]
        high = None if not self.full >> last + 1 else self._ends(last)[1]
        low_open, high_open = low is not None and first % 2 == 0, high is not None and last % 2 == 0
        if self.step is not None:
            low = self._value(first) if low_open else low
            high = self._below(high) if high is not None and high_open else high
            low_open = high_open = False
        return self._range(low, high, low_open, high_open), run

    def _run(self, atoms: int) -> int:
        """The first atoms without a gap; atoms that hold no value do not count as one."""
        run = 0
        for atom in range(atoms.bit_length()):
            if atoms >> atom & 1:
                run |= 1 << atom
            elif run and self.full >> atom & 1:
                break
        return run

    def _range(self, low: Decimal | None, high: Decimal | None, low_open: bool, high_open: bool) -> str:
        start, end = ("" if limit is None else self._shown(limit) for limit in (low, high))
        if not low_open and not high_open:
            return start if low == high and low is not None else f"{start}..{end}"
        if low is None:
            return f'"< {end}"'
        if high is None:
            return f'"> {start}"'
        return f'"{"(" if low_open else "["}{start}..{end}{")" if high_open else "]"}"'

    def _shown(self, value: Decimal) -> str:
        return written(_day(value)) if self.dates else written(value)


Axis = Choices | Line


def axis_of(
    kind: Type, tests: Iterable[Test], *, step: Decimal | None = None,
    least: Decimal | None = None, most: Decimal | None = None,
) -> Axis:  # fmt: skip
    """The atoms of an input of a type that these tests are about."""
    constants = list(dict.fromkeys(value for test in tests if test is not None for value in _constants(test)))
    if isinstance(kind, Enum):
        return Choices(kind.values)
    if kind == types.BOOLEAN:
        return Choices((True, False))
    if isinstance(kind, Number) or kind == types.DATE:
        points = [number for value in constants if (number := as_number(value)) is not None]
        if kind == types.DATE:
            return Line.through(points, Decimal(1), Decimal(1), _LAST_DAY, dates=True)
        return Line.through(points, step, least, most)
    wanted = str if kind == types.TEXT else (Months, timedelta)
    values = tuple(value for value in constants if isinstance(value, wanted))
    return Choices(values, _another(values))


def _another(values: Sequence[object]) -> object:
    """A value that is none of these."""
    months = [value.months for value in values if isinstance(value, Months)]
    days = [value for value in values if isinstance(value, timedelta)]
    if months or days:
        return Months(max(months) + 1) if months else max(days) + timedelta(1)
    return next(text for i in range(len(values) + 1) if (text := f"other{i or ''}") not in values)


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
        case Between(Name(name), low, high) if name == subject:
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
    if isinstance(value, Decimal):
        return value
    return Decimal(value.toordinal()) if type(value) is date else None


def _floor(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(ROUND_FLOOR) * step


def _day(value: Decimal) -> date:
    return date.fromordinal(int(value))


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
