"""Values as keys: what tells apart what is said of them, and tables that stay small."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, TypeVar

from policyengine.feel.values.values import Unknown

T = TypeVar("T")
OPEN: Final = object()
_MOST: Final = 2048
_LONGEST_TEXT: Final = 200


def key_of(scope: Any, names: tuple[str, ...]) -> object:
    """What tells the values of names at one instance from those at another."""
    memo = scope._memo
    return tuple([part_of(memo[name] if name in memo else scope[name]) for name in names])


def part_of(value: Any) -> object:
    """What tells a value from others as it is written; anything that is not known is the same."""
    cls = value.__class__
    if cls is str:
        return value if len(value) <= _LONGEST_TEXT else OPEN.__class__()
    if cls is Decimal:  # 1.0 and 1.00 are equal but are written differently
        return str(value)
    if cls is Unknown:
        return OPEN
    if cls is list or cls is tuple:
        return tuple([part_of(each) for each in value])
    return value


def keep(table: dict[object, T], key: object, value: T) -> None:
    """Adds an entry to a table, which starts anew when it is full."""
    if len(table) >= _MOST:
        table.clear()
    table[key] = value
