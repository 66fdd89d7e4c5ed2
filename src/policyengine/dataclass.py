"""`dataclass` as in the standard library, without the time that it takes at every start.

The standard one generates and compiles up to six methods for each class while its module is imported: for our
classes together a quarter of the time in which one record is evaluated. Here all methods but `__init__` are
shared, and that one is written at the first call. `fields`, `replace` and `match` work as ever.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(
        *, frozen: bool = False, slots: bool = False, kw_only: bool = False, order: bool = False
    ) -> Callable[[type], type]:
        """Makes a class a dataclass; what its body defines itself is left as it is."""

        def make(cls: type) -> type:
            if order:
                return dataclasses.dataclass(frozen=frozen, slots=slots, kw_only=kw_only, order=True)(cls)
            collect = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)
            return _complete(collect(cls), frozen, slots)

        return make


_Methods = dict[str, Any]


def _complete(cls: type, frozen: bool, slots: bool) -> type:
    fields = dataclasses.fields(cls)
    methods = {"__init__": _init_later(cls), "__repr__": _repr, **_compared(fields, frozen)}
    if frozen:
        methods |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
        if slots:
            methods |= {"__getstate__": _state, "__setstate__": _restore}
    for name, method in methods.items():
        if vars(cls).get(name) is None:  # a class that defines `__eq__` has `__hash__ = None`
            setattr(cls, name, method)
    return cls


def _compared(fields: tuple[dataclasses.Field[Any], ...], frozen: bool) -> _Methods:
    """Equality, and the hash of what cannot change, by the fields that are compared."""
    said = _values([each.name for each in fields if each.compare])
    hashed = _values([each.name for each in fields if (each.compare if each.hash is None else each.hash)])

    def __eq__(self: object, other: object) -> bool:  # noqa: N807
        return said(self) == said(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: object) -> int:  # noqa: N807
        return hash(hashed(self))

    return {"__eq__": __eq__, "__hash__": __hash__ if frozen else None}


def _values(names: Sequence[str]) -> Callable[[object], tuple[object, ...]]:
    """The values of so many fields as a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda each: tuple(getattr(each, name) for name in names)


def _init_later(cls: type) -> Callable[..., None]:
    """Stands in for `__init__` until it is called."""

    def __init__(self: object, *values: Any, **named: Any) -> None:  # noqa: N807
        written = _written_init(cls)
        cls.__init__ = written  # type: ignore[misc]
        written(self, *values, **named)

    return __init__


def _written_init(cls: type) -> Callable[..., None]:
    """`__init__` with one parameter a field; the text holds nothing but names of fields."""
    space: dict[str, Any] = {"_set": object.__setattr__, "_missing": dataclasses.MISSING}
    positional: list[str] = ["self"]
    named: list[str] = []
    body = ["pass"]
    for each in dataclasses.fields(cls):
        name, value = each.name, each.name
        parameter = name
        if each.default is not dataclasses.MISSING:
            space[f"_default_{name}"] = each.default
            parameter = f"{name}=_default_{name}"
        elif each.default_factory is not dataclasses.MISSING:
            space[f"_new_{name}"] = each.default_factory
            parameter, value = f"{name}=_missing", f"_new_{name}() if {name} is _missing else {name}"
        (named if each.kw_only else positional).append(parameter)
        body.append(f"_set(self, {name!r}, {value})")
    parameters = ", ".join([*positional, *(["*", *named] if named else [])])
    exec(f"def __init__({parameters}):\n " + "\n ".join(body), space)
    written: Callable[..., None] = space["__init__"]
    written.__qualname__ = f"{cls.__qualname__}.__init__"
    return written


@recursive_repr()
def _repr(self: Any) -> str:
    said = (f"{each.name}={getattr(self, each.name)!r}" for each in dataclasses.fields(self) if each.repr)
    return f"{self.__class__.__qualname__}({', '.join(said)})"


def _refuse_to_set(self: object, name: str, value: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    """For copies and pickles of what has no `__dict__` and does not let itself be set."""
    return [getattr(self, each.name) for each in dataclasses.fields(self)]


def _restore(self: Any, state: list[object]) -> None:
    for each, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)
