"""Values as findings hold them: typed for people and for JSON, not for arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Generic, TypeVar, overload

from policyengine.feel.limits import NUMBERS
from policyengine.feel.types.types import Context, ListOf, Number, Type
from policyengine.feel.values.values import FarDate, Unknown, unknown


def as_shown(value: object, kind: Type | None, digits: int) -> object:
    """Counts as `int`, money with at least the digits of its minor unit, everything else as it is.

    What is not known is None, also a list of which a part is not known, and so is a day outside the years
    1 to 9999, which no document can hold.
    """
    if value is None or value.__class__ is Unknown or value.__class__ is FarDate:
        return None
    if isinstance(value, (list, tuple)) and isinstance(kind, ListOf):
        if unknown_in(value) is not None:
            return None
        return tuple(as_shown(item, kind.item, digits) for item in value)
    if isinstance(value, dict) and isinstance(kind, Context):
        found = {name: as_shown(item, kind.fields.get(name), digits) for name, item in value.items()}
        return None if all(item is None for item in found.values()) else found
    if isinstance(value, Decimal) and isinstance(kind, Number):
        if kind.unit == "count" and value == value.to_integral_value():
            return int(value)
        if kind.unit == "money" and value.is_finite():
            return _amount(value, digits)
    return value


def _amount(value: Decimal, digits: int) -> Decimal:
    """The amount with the digits of its minor unit, and with those beyond that are not zero."""
    if not value:
        return Decimal((0, (0,), -digits))
    sign, figures, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    while exponent < -digits and figures[-1] == 0:
        figures, exponent = figures[:-1], exponent + 1
    if -digits < exponent < 30:
        figures, exponent = (*figures, *(0,) * (exponent + digits)), -digits
    return Decimal((sign, figures, exponent))


def unknown_in(value: object) -> Unknown | None:
    """What of a value is not known: the value itself, or parts of its lists and contexts."""
    if value.__class__ is Unknown:
        return value
    if value.__class__ is dict:
        value = list(value.values())
    if not isinstance(value, (list, tuple)):
        return None
    return unknown([found for each in value if (found := unknown_in(each)) is not None])


Show = Callable[[Any], object]
# Amounts of other sizes are rare, and there are rules for them.
_LARGE = 30
_ONE = Decimal(1)
_PLAIN = frozenset({str, bool, Decimal, date, type(None)})


def shower(kind: Type | None, digits: int) -> Show:
    """What shows the values of a type as `as_shown` does, with less ado."""

    def shows(value: Any) -> object:
        return as_shown(value, kind, digits)

    if isinstance(kind, Number) and kind.unit == "money":
        return _amounts(digits, shows)
    if isinstance(kind, Number) and kind.unit == "count":
        return lambda value: (
            int(value) if value.__class__ is Decimal and value.same_quantum(_ONE) else shows(value)
        )
    if isinstance(kind, ListOf):
        item, lists = shower(kind.item, digits), (list, tuple)
        return lambda value: (
            tuple(map(item, value))
            if value.__class__ in lists and unknown_in(value) is None
            else shows(value)
        )
    return lambda value: value if value.__class__ in _PLAIN else shows(value)


def _amounts(digits: int, otherwise: Show) -> Show:
    """Amounts have the digits of the minor unit, and those beyond that are not zero."""
    quantum = Decimal(1).scaleb(-digits)
    nothing = Decimal(0).quantize(quantum)

    def shows(value: Any) -> object:
        if value.__class__ is not Decimal:
            return otherwise(value)
        if not value:
            return nothing
        if value.same_quantum(quantum):
            return value
        if not -_LARGE < value.adjusted() < _LARGE:
            return otherwise(value)
        near = value.quantize(quantum, context=NUMBERS)
        return near if near == value else value.normalize(NUMBERS)

    return shows


# What is made when it is first read.

_T = TypeVar("_T")


class Later(Sequence[_T], Generic[_T]):
    """A tuple that is made when it is first read."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], tuple[_T, ...]]) -> None:
        self._make = make
        self._made: tuple[_T, ...] | None = None

    @property
    def all(self) -> tuple[_T, ...]:
        """The tuple itself."""
        if self._made is None:
            self._made = self._make()
        return self._made

    @overload
    def __getitem__(self, at: int) -> _T: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[_T, ...]: ...
    def __getitem__(self, at: int | slice) -> _T | tuple[_T, ...]:
        return self.all[at]

    def __len__(self) -> int:
        return len(self.all)

    def __iter__(self) -> Iterator[_T]:
        return iter(self.all)

    def __eq__(self, other: object) -> bool:
        return self.all == (other.all if isinstance(other, Later) else other)

    def __hash__(self) -> int:
        return hash(self.all)

    def __repr__(self) -> str:
        return repr(self.all)

    def __reduce__(self) -> tuple[type[tuple[_T, ...]], tuple[tuple[_T, ...]]]:
        return tuple, (self.all,)


# Making instances of frozen classes with slots faster than by their own constructors.


@cache
def open_twin(cls: Any) -> Any:
    """The same class without its guard: an instance takes its fields one by one, and then becomes a `cls`.

    A decision has some hundred instances of frozen classes. To make them so takes half of the time of their
    constructors, and half of that of setting their fields past the guard.
    """
    free = {name: getattr(object, name) for name in ("__init__", "__setattr__", "__delattr__")}
    return type(cls.__name__, cls.__bases__, {"__slots__": vars(cls)["__slots__"], **free})


def constructor(cls: Any) -> Callable[..., Any]:
    """A function that makes an instance of a frozen dataclass with slots out of all its fields in order."""
    names = [each.name for each in fields(cls)]
    lines = [
        f"def make({', '.join(names)}):",
        "    made = twin()",
        *(f"    made.{each} = {each}" for each in names),
    ]
    space: dict[str, Any] = {"twin": open_twin(cls), "cls": cls}
    # Our own source; it holds no text of a policy.
    exec("\n".join([*lines, "    made.__class__ = cls", "    return made"]), space)
    make: Callable[..., Any] = space["make"]
    return make
