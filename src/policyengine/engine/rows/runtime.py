"""What generated code calls: the operations that Python has no operator for, each exact or given up.

`Careful` says that the quick way has no answer here. The node is then left to the reference evaluator,
which knows what is unknown and why; so nothing here has to.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal, DecimalException
from typing import Any, Final

from policyengine.feel import limits
from policyengine.feel.types.properties import property_of
from policyengine.feel.values import arithmetic as operators
from policyengine.feel.values import comparison as comparisons
from policyengine.feel.values.values import Failed, Months, Range, Unknown, unknown_within


class Careful(Exception):  # noqa: N818  # no error: it leads from the quick way to the careful one
    """The quick way has no answer."""


TROUBLE: Final = (Careful, DecimalException, OverflowError, KeyError)


def outcome(value: object) -> Any:
    """A result that is a plain value."""
    if value.__class__ is Failed or value.__class__ is Unknown or value is None:
        raise Careful
    return value


def of_class(value: object, cls: type) -> Any:
    """A result that is plainly of a class."""
    if value.__class__ is not cls:
        raise Careful
    return value


def arithmetic(op: str, left: object, right: object, cls: type) -> Any:
    """`left op right`, which must be of the class."""
    return of_class(operators.arithmetic(op, left, right), cls)


def compare(op: str, left: object, right: object) -> bool:
    """`left op right` for values that Python itself does not compare like FEEL."""
    return bool(of_class(comparisons.compare(op, left, right), bool))


def inside(value: object, range_: Range) -> bool:
    """Whether a value lies in a range."""
    return bool(of_class(comparisons.inside(value, range_), bool))


def called(run: Callable[..., object], *arguments: object) -> Any:
    """A built-in function, with arguments that fit one of its signatures."""
    if unknown_within(arguments):
        raise Careful
    return outcome(run(*arguments))


def part(value: object, name: str) -> Any:
    """A property of a value."""
    return outcome(property_of(value, name))


def joined(left: str, right: str) -> str:
    """Two texts as one."""
    if len(left) + len(right) > limits.CHARACTERS:
        raise Careful
    return left + right


def few(items: Sequence[object], most: int) -> Sequence[object]:
    """A list that can be gone through within the steps that an evaluation has."""
    if len(items) > most:
        raise Careful
    return items


def nth(items: Sequence[object], index: int) -> Any:
    """The item at an index of Python."""
    return items[index] if -len(items) <= index < len(items) else careful()


def column(rows: Sequence[Any], name: str, cls: type) -> list[Any]:
    """One fact of every instance of a list."""
    found = [row[name] for row in rows]
    for value in found:
        if value.__class__ is not cls:
            raise Careful
    return found


def total(numbers: Sequence[Decimal]) -> Decimal:
    """The sum of numbers, of which there must be one."""
    if not numbers:
        raise Careful
    found = _ZERO
    for number in numbers:
        if number.__class__ is not Decimal:
            raise Careful
        found = found + number
    return found


def count_true(conditions: Sequence[bool]) -> int:
    """How many of the conditions hold."""
    return sum(conditions)


def careful() -> Any:
    """Where the quick way ends."""
    raise Careful


def settled(value: object) -> Any:
    """A value all of whose parts are known."""
    if unknown_within((value,)):
        raise Careful
    return value


def row_first(rows: Sequence[bool], values: Sequence[object], *default: object) -> Any:
    """The value of the first row that matches."""
    if True in rows:
        return values[rows.index(True)]
    return default[0] if default else careful()


def row_unique(rows: Sequence[bool], values: Sequence[object], *default: object) -> Any:
    """The value of the only row that matches."""
    return row_first(rows, values, *default) if sum(rows) < 2 else careful()


def row_any(rows: Sequence[bool], values: Sequence[object], *default: object) -> Any:
    """The value of the rows that match, on which they agree."""
    found = [value for holds, value in zip(rows, values, strict=True) if holds]
    if not found:
        return default[0] if default else careful()
    if any(comparisons.compare("=", each, found[0]) is not True for each in found[1:]):
        raise Careful
    return found[0]


def rounder(places: int, rounding: str, reference: Callable[..., object]) -> Callable[[Decimal], Decimal]:
    """A function that rounds to so many places exactly as `reference` does, which it leaves the rest to."""
    quantum = Decimal(1).scaleb(-places)
    scale = Decimal(places)

    def rounds(number: Decimal) -> Decimal:
        near = number.quantize(quantum, rounding)
        if not near:
            return of_class(reference(number, scale), Decimal)  # type: ignore[no-any-return]
        # A number with fewer places than wanted keeps them: in the order that tells equal numbers apart by
        # their places, fewer come later.
        return near if near != number or near.compare_total_mag(number) > 0 else number

    return rounds


_ZERO: Final = Decimal(0)
LISTS: Final = frozenset({tuple, list})
SPANS: Final = frozenset({Months, datetime.timedelta})
NAMES: Final[dict[str, object]] = {
    "D": Decimal,
    "B": bool,
    "S": str,
    "DT": datetime.date,
    "MO": Months,
    "TD": datetime.timedelta,
    "R": Range,
    "U": Unknown,
    "LISTS": LISTS,
    "SPANS": SPANS,
    "TROUBLE": TROUBLE,
    "Careful": Careful,
    "outcome": outcome,
    "of_class": of_class,
    "arithmetic": arithmetic,
    "compare": compare,
    "inside": inside,
    "called": called,
    "part": part,
    "joined": joined,
    "few": few,
    "column": column,
    "nth": nth,
    "total": total,
    "count_true": count_true,
    "careful": careful,
    "settled": settled,
    "row_first": row_first,
    "row_unique": row_unique,
    "row_any": row_any,
    "len": len,
    "new": tuple.__new__,
}
"""The names that generated code sees beside its own constants and functions."""
