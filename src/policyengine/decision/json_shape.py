"""The pieces of a JSON contract: each knows its JSON Schema and how a value of ours is written in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.feel.values.values import Months

Schema = dict[str, Any]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of JSON value: its schema, how one is made from ours, and the named schemas it refers to."""

    schema: Schema
    write: Callable[[Any], object]
    defs: Mapping[str, Schema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a JSON object: its shape, what it means, and where its value comes from.

    Without `get` it is the attribute of the same name.
    """

    name: str
    shape: Shape
    about: str
    get: Callable[[Any], object] | None = None

    def read(self, value: object) -> object:
        """The JSON value of this key."""
        found = self.get(value) if self.get else getattr(value, self.name)
        return self.shape.write(found)


def plain(value: object) -> object:
    """Any value of a record as JSON: exact numbers as text, counts as numbers, dates as ISO text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Decimal):
        return exact(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Months):
        return f"P{value.months}M"
    if isinstance(value, timedelta):
        return f"P{value.days}D"
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value)


def exact(value: Decimal, digits: int = 0) -> str:
    """A number in full, never with an exponent, with at least so many digits after the point."""
    text = format(value, "f")
    lacking = digits - decimals(value)
    if lacking <= 0:
        return text
    return text + ("" if "." in text else ".") + "0" * lacking


def decimals(value: Decimal) -> int:
    """How many digits stand after the point."""
    return len(format(value, "f").partition(".")[2])


def _same(value: object) -> object:
    return value


TEXT = Shape({"type": "string"}, _same)
COUNT = Shape({"type": "integer"}, _same)
FLAG = Shape({"type": "boolean"}, _same)
DATE = Shape({"type": "string", "format": "date"}, date.isoformat)
EXACT = Shape({"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}, lambda value: plain(value))
RATE = Shape({"type": "string", "pattern": r"^-?\d+\.\d{2,}$"}, partial(exact, digits=2))
ANY = Shape({}, plain)


def constant(value: object) -> Shape:
    """Always this value."""
    return Shape({"const": value}, lambda _: value)


def one_of(*values: str) -> Shape:
    """One of these words."""
    return Shape({"enum": list(values)}, _same)


def maybe(shape: Shape) -> Shape:
    """The shape, or null."""
    kind = shape.schema.get("type")
    if isinstance(kind, str):
        schema = shape.schema | {"type": [kind, "null"]}
    else:
        schema = {"anyOf": [shape.schema, {"type": "null"}]}
    return Shape(schema, lambda value: None if value is None else shape.write(value), shape.defs)


def many(shape: Shape) -> Shape:
    """A list of it."""
    schema = {"type": "array", "items": shape.schema}
    return Shape(schema, lambda values: [shape.write(value) for value in values], shape.defs)


def mapping(shape: Shape) -> Shape:
    """Any keys, each with such a value."""
    return Shape(
        {"type": "object", "additionalProperties": shape.schema},
        lambda values: {str(key): shape.write(value) for key, value in values.items()},
        shape.defs,
    )


def record(name: str, about: str, *keys: Key) -> Shape:
    """An object with these keys, described once under its name."""
    schema = {"$ref": f"#/$defs/{name}"}
    return Shape(schema, partial(write, keys), definitions(keys) | {name: describe(keys, about)})


def write(keys: Iterable[Key], value: object) -> Json:
    """A value of ours as an object with these keys."""
    return {key.name: key.read(value) for key in keys}


def describe(keys: Iterable[Key], about: str) -> Schema:
    """The schema of an object with these keys; a reader has to bear with further ones."""
    found = list(keys)
    return {
        "description": about,
        "type": "object",
        "properties": {key.name: key.shape.schema | {"description": key.about} for key in found},
        "required": [key.name for key in found],
    }


def definitions(keys: Iterable[Key]) -> dict[str, Schema]:
    """The named schemas that these keys refer to."""
    return {name: schema for key in keys for name, schema in key.shape.defs.items()}
