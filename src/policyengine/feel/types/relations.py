"""How types go together: which values can be equal, which have an order, what arithmetic gives."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, cast

from policyengine.feel.types import types
from policyengine.feel.types.types import (
    ANY,
    DATE,
    DATE_TIME,
    DAYS_DURATION,
    DURATION,
    MONTHS_DURATION,
    NULL,
    NUMBER,
    TEXT,
    TIME,
    Context,
    Enum,
    FunctionType,
    ListOf,
    Named,
    Number,
    OneOf,
    RangeOf,
    Scalar,
    Type,
)
from policyengine.feel.values.values import DateTime, FarDate, Invocable, Range, Time, Unknown, kind

DURATIONS = frozenset({DAYS_DURATION, MONTHS_DURATION, DURATION})
_ORDERED = frozenset({TEXT, DATE, TIME, DATE_TIME, *DURATIONS})


def is_open(*types: Type) -> bool:
    """Whether nothing can be said about one of the types."""
    return any(kind == ANY or isinstance(kind, Named) for kind in types)


def same_units(left: Number, right: Number) -> bool:
    """Whether two numbers can be added and compared; a plain number goes with any."""
    if not left.unit or not right.unit:
        return True
    if left.unit != right.unit or left.by != right.by:
        return False
    return not left.currency or not right.currency or left.currency == right.currency


def may_equal(left: Type, right: Type) -> bool:
    """Whether values of the two types can be the same value."""
    if is_open(left, right) or left == right or NULL in (left, right):
        return True
    match left, right:
        case (OneOf(options), other) | (other, OneOf(options)):
            return any(may_equal(option, other) for option in options)
        case Number(), Number():
            return same_units(left, right)
        case Enum(_, first), Enum(_, second):
            return not set(first).isdisjoint(second)
        case (Enum(), Scalar("string")) | (Scalar("string"), Enum()):
            return True
        case (ListOf(first_item), ListOf(second_item)) | (RangeOf(first_item), RangeOf(second_item)):
            return may_equal(first_item, second_item)
        case Context(), Context():
            return True
        case _:
            return DURATION in (left, right) and left in DURATIONS and right in DURATIONS


def have_order(left: Type, right: Type) -> bool:
    """Whether values of the two types are smaller and larger than each other."""
    if is_open(left, right):
        return True
    if isinstance(left, Number) and isinstance(right, Number):
        return same_units(left, right)
    if isinstance(left, Enum) and isinstance(right, Enum):
        return left.ordered and right.ordered and left.values == right.values
    return left in _ORDERED and right in _ORDERED and may_equal(left, right)


def accepts(wanted: Type, given: Type) -> bool:
    """Whether a value of type `given` can stand where `wanted` is needed."""
    if is_open(wanted, given) or wanted == given:
        return True
    match wanted, given:
        case OneOf(options), _:
            return any(accepts(option, given) for option in options)
        case _, OneOf(options):
            return any(accepts(wanted, option) for option in options)
        case Context(fields), Context(others):
            return all(name in others and accepts(field, others[name]) for name, field in fields.items())
        case (ListOf(item), ListOf(other)) | (RangeOf(item), RangeOf(other)):
            return accepts(item, other)
        case Scalar("function"), FunctionType():
            return True
        case _:
            return given != NULL and may_equal(wanted, given)


def join(types: Iterable[Type]) -> Type:
    """The type that covers all of these: their own if it is one, `ANY` if they have nothing in common."""
    found: Type | None = None
    for each in types:
        found = each if found is None else _join(found, each)
    return ANY if found is None else found


def _join(left: Type, right: Type) -> Type:
    if left == right or right == NULL:
        return left
    if left == NULL:
        return right
    if isinstance(left, Number) and isinstance(right, Number):
        return _sum_unit(left, right) if same_units(left, right) else NUMBER
    if isinstance(left, ListOf) and isinstance(right, ListOf):
        return ListOf(_join(left.item, right.item))
    if left in DURATIONS and right in DURATIONS:
        return DURATION
    if isinstance(left, Enum) and isinstance(right, Enum):
        return _choices(left, right)
    return TEXT if all(isinstance(kind, Enum) or kind == TEXT for kind in (left, right)) else ANY


def _choices(left: Enum, right: Enum) -> Enum:
    """The choices of two lists; they ascend if both lists are the same and do."""
    titles = dict(zip(right.values, right.titles or right.values, strict=True))
    titles |= dict(zip(left.values, left.titles or left.values, strict=True))
    values = tuple(dict.fromkeys((*left.values, *right.values)))
    return Enum(left.name, values, tuple(titles[each] for each in values), have_order(left, right))


def _sum_unit(left: Number, right: Number) -> Number:
    if left.unit == right.unit:
        return left if left.currency else right
    if "count" in (left.unit, right.unit):
        return NUMBER
    return left if left.unit else right


def _product(left: Number, right: Number) -> Number | None:
    units = {left.unit, right.unit}
    if units == {"money"}:
        return None
    if "money" in units:
        return left if left.unit == "money" else right
    return left if left == right else NUMBER


def _quotient(left: Number, right: Number) -> Number | None:
    if right.unit == "money":
        return NUMBER if left.unit != "money" or same_units(left, right) else None
    return left if left.unit in {"money", "rate"} and right.unit != left.unit else NUMBER


def numbers(op: str, left: Number, right: Number) -> Number | None:
    """The unit that arithmetic on numbers gives; None where the units do not go together."""
    if op in {"+", "-"}:
        return _sum_unit(left, right) if same_units(left, right) else None
    if op == "*":
        return _product(left, right)
    return _quotient(left, right) if op == "/" else NUMBER


_MOMENTS = frozenset({DATE, TIME, DATE_TIME})
_DAY = frozenset({DATE, DATE_TIME})


def arithmetic(op: str, left: Type, right: Type) -> Type | None:
    """The type of `left op right` for types that are not both numbers; None where there is no such thing."""
    if is_open(left, right):
        return ANY
    if op == "+":
        if left in DURATIONS and right in _MOMENTS:
            left, right = right, left
        return _plus(left, right)
    if op == "-":
        same_day = left in _DAY and right in _DAY
        return DAYS_DURATION if same_day or left == right == TIME else _shifted(left, right)
    if op == "*" and left in DURATIONS and isinstance(right, Number):
        return left
    if op == "*" and right in DURATIONS and isinstance(left, Number):
        return right
    if op == "/" and left in DURATIONS:
        if isinstance(right, Number):
            return left
        return NUMBER if right in DURATIONS and may_equal(left, right) else None
    return None


def _plus(left: Type, right: Type) -> Type | None:
    texts = all(isinstance(kind, Enum) or kind == TEXT for kind in (left, right))
    return TEXT if texts else _shifted(left, right)


def _shifted(left: Type, right: Type) -> Type | None:
    """A moment or a duration, moved by a duration."""
    if right not in DURATIONS:
        return None
    if left in _DAY or (left == TIME and right != MONTHS_DURATION):
        return left
    return _join(left, right) if left in DURATIONS and may_equal(left, right) else None


# Whether a value is of a type, and the conversions that FEEL makes without being asked.


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
