"""Whether a value is of a type, and the conversions that FEEL makes without being asked.

DMN 1.5, 10.3.2.9.4: a list of one item stands for the item, an item for a list of one, a date for its
midnight in UTC.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, cast

from policyengine.feel.types import types
from policyengine.feel.types.types import Type
from policyengine.feel.values.values import DateTime, FarDate, Invocable, Range, Time, Unknown, kind


class _Mismatch:
    __slots__ = ()


MISMATCH: Final = _Mismatch()

_KINDS = {
    "string": frozenset({"text"}),
    "boolean": frozenset({"boolean"}),
    "date": frozenset({"date"}),
    "time": frozenset({"time"}),
    "date and time": frozenset({"date and time"}),
    "days and time duration": frozenset({"days duration"}),
    "years and months duration": frozenset({"months duration"}),
    "duration": frozenset({"days duration", "months duration"}),
    "function": frozenset({"function"}),
    "Null": frozenset({"null"}),
}


def conform(value: object, wanted: Type) -> object:
    """The value as one of the type, after the implicit conversions, or `MISMATCH`; null is of every type."""
    if value is None or wanted == types.ANY or isinstance(value, Unknown):
        return value
    if isinstance(wanted, types.ListOf):
        items = value if kind(value) == "list" else [value]
        return items if _all(cast(Sequence[object], items), wanted.item) else MISMATCH
    if is_instance(value, wanted):
        return value
    if wanted == types.DATE_TIME and isinstance(value, (datetime.date, FarDate)):
        return DateTime(value, Time(0, 0, Decimal(0), 0))
    if kind(value) == "list":
        items = cast(Sequence[object], value)
        if len(items) == 1 and items[0] is not None and is_instance(items[0], wanted):
            return items[0]
    return MISMATCH


def _all(items: Sequence[object], wanted: Type) -> bool:
    return wanted == types.ANY or all(_may_be(item, wanted) for item in items)


def _may_be(value: object, wanted: Type) -> bool:
    return value is None or isinstance(value, Unknown) or is_instance(value, wanted)


def is_instance(value: object, wanted: Type) -> bool:
    """Whether a value is of a type; null is of none (but of `Null`), a part of a value may be null."""
    if value is None:
        return wanted == types.Scalar("Null")
    match wanted:
        case types.Scalar(name):
            return name == "Any" or kind(value) in _KINDS.get(name, ())
        case types.Number():
            return isinstance(value, Decimal)
        case types.Enum(_, values):
            return value in values
        case types.ListOf(item):
            return kind(value) == "list" and _all(cast(Sequence[object], value), item)
        case types.Context(fields):
            return kind(value) == "context" and _has(cast(Mapping[str, object], value), fields)
        case types.RangeOf(item):
            return isinstance(value, Range) and all(_may_be(end, item) for end in (value.low, value.high))
        case types.FunctionType():
            return isinstance(value, Invocable) and value.fits(wanted)
        case types.OneOf(options):
            return any(is_instance(value, option) for option in options)
        case types.Named():
            return False


def _has(value: Mapping[str, object], fields: Mapping[str, Type]) -> bool:
    return all(name in value and _may_be(value[name], wanted) for name, wanted in fields.items())
