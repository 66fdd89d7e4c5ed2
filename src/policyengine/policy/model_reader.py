"""Reads documents without mistakes as models.

The readers follow from the annotations of the models. They accept only what pydantic accepts, with the same
values; tests hold them to that. Without pydantic `policyengine evaluate` starts in two thirds of the time;
pydantic decides about everything else (policy/form.py).
"""

from __future__ import annotations

import types
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, Union, get_args, get_origin

from policyengine.policy.base import Part, Written, fields_of, required_keys

P = TypeVar("P", bound=Part)
Read: TypeAlias = Callable[[Any], Any]


class NotPlainError(ValueError):
    """Something is wrong with the form, or takes pydantic to judge."""


def read_plain(model: type[P], data: object) -> P:
    """Returns the data as a model; raises `ValueError` where pydantic decides."""
    found: P = _part_later(model)(data)
    return found


@cache
def _part(model: Any) -> Read:
    fields = {key: (each.name, _field(each, kind)) for key, (each, kind) in fields_of(model).items()}
    wanted = set(required_keys(model))

    def read(given: Any) -> Any:
        data = model.spelled_out(given)
        if data.__class__ is not dict or not wanted <= data.keys() <= fields.keys():
            raise NotPlainError
        return model(**{fields[key][0]: fields[key][1](value) for key, value in data.items()})

    return read


def _field(each: Any, kind: Any) -> Read:
    read = _reader(kind)
    least = each.metadata.get("min_length", 0)
    if not least:
        return read

    def long_enough(value: Any) -> Any:
        found = read(value)
        if len(found) < least:
            raise NotPlainError
        return found

    return long_enough


def _reader(kind: Any) -> Read:
    """Returns the reader of an annotated type."""
    arguments = get_args(kind)
    match get_origin(kind):
        case None:
            return _part_later(kind) if _is_part(kind) else _instance(kind)
        case origin if origin is Annotated:
            return _written(_reader(arguments[0]), arguments[1:])
        case origin if origin is Literal:
            return _choice(frozenset(arguments))
        case origin if origin is tuple:
            return _list(_reader(arguments[0]))
        case origin if origin is dict:
            return _mapping(_reader(arguments[0]), _reader(arguments[1]))
        case origin if origin in (Union, types.UnionType):
            return _one_of(arguments)
    raise TypeError(f"no document is read as {kind}")


def _is_part(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Part)


def _part_later(model: Any) -> Read:
    return lambda value: _part(model)(value)


def _instance(kind: Any) -> Read:
    def read(value: Any) -> Any:
        if kind is not Any and not isinstance(value, kind):
            raise NotPlainError
        return value

    return read


def _written(read: Read, notes: tuple[Any, ...]) -> Read:
    for note in notes:
        if isinstance(note, Written) and note.read is not None:
            read = _after(note.read, read)
    return read


def _after(first: Read, then: Read) -> Read:
    return lambda value: then(first(value))


def _choice(choices: frozenset[Any]) -> Read:
    def read(value: Any) -> Any:
        if value.__class__ is not str or value not in choices:
            raise NotPlainError
        return value

    return read


def _list(item: Read) -> Read:
    def read(value: Any) -> Any:
        if value.__class__ is not list:
            raise NotPlainError
        return tuple([item(each) for each in value])

    return read


def _mapping(key: Read, value: Read) -> Read:
    def read(given: Any) -> Any:
        if given.__class__ is not dict:
            raise NotPlainError
        return {key(name): value(each) for name, each in given.items()}

    return read


def _one_of(kinds: tuple[Any, ...]) -> Read:
    some = [kind for kind in kinds if kind is not types.NoneType]
    read = _reader(some[0]) if len(some) == 1 else _instance(tuple(some))
    if len(some) == len(kinds):
        return read
    return lambda value: None if value is None else read(value)
