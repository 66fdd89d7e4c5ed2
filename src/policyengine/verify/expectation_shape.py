"""The shape of a part of a decision: what a test may expect, taken from the schema of decisions.

Everything may be left out. Exact numbers may be written as numbers, and what stands in some lists may be
named by one text alone: a reason by its sentence, a missing fact by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cache, cached_property
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.decision.decision_json import decision_schema
from policyengine.text.document import Scalar

Schema = Mapping[str, Any]

MOVE, VALUES = "move", "values"
"""What a test may expect besides the decision: what came of its move, and figures by their values alone."""

_BLOCKED: Schema = {
    "description": "A requirement that keeps something from moving.",
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "Its id."},
        "title": {"type": "string", "description": "Its title."},
        "status": {"type": "string", "description": "Its status: `unmet`, `undetermined` or `manual`."},
    },
}
_VALUES: Schema = {
    "description": "The values of figures, by their names, of each subject: `partner`, `deal/D-1`.",
    "type": "object",
    "additionalProperties": {"type": "object", "additionalProperties": {}},
}
_MOVE: Schema = {
    "description": "What comes of the move of `advance`.",
    "type": "object",
    "properties": {
        "moved": {"type": "boolean", "description": "Whether it moves."},
        "refused": {"type": ["string", "null"], "description": "Why nothing moves, as a sentence."},
        "blocked": {
            "type": "array",
            "items": {"$ref": "#/$defs/blocked"},
            "description": "The requirements in the way.",
        },
        "written": {
            "type": "object",
            "additionalProperties": {},
            "description": "The facts that are written down, by their names.",
        },
        "left_out": {
            "type": "array",
            "items": {"type": "string"},
            "description": "The facts that would be written down if they were known.",
        },
    },
}
SHORT: Mapping[str, str] = {
    "reason": "text",
    "unsettled": "text",
    "missing": "fact",
    "part": "id",
    "shortfall": "id",
    "blocked": "id",
    "subject": "key",
    "owner": "key",
    "assumption": "id",
}
"""What one text alone means, where such a thing is expected: the value of this key."""


@dataclass(frozen=True)
class ExpectedShape:
    """The JSON type allowed at one place of a decision."""

    schema: Schema
    name: str | None = None
    nullable: bool = False
    _below: dict[str, ExpectedShape | None] = field(default_factory=dict, repr=False, compare=False)

    @property
    def keys(self) -> Mapping[str, Any] | None:
        """The keys of an object with fixed keys; None for anything else."""
        found: Mapping[str, Any] | None = self.schema.get("properties")
        return found

    @property
    def short(self) -> str | None:
        """The key whose value may be written in place of the whole object."""
        return SHORT.get(self.name or "")

    @cached_property
    def is_any(self) -> bool:
        """Whether a value of any type is allowed."""
        return not set(self.schema) - {"description"}

    @cached_property
    def wanted(self) -> str:
        """`object`, `array`, `integer`, `boolean`, `number`, `date`, `text`, or `any`."""
        if self.is_any:
            return "any"
        if "pattern" in self.schema:
            return "number"
        if self.schema.get("format") == "date":
            return "date"
        kind = self.schema.get("type", "string")
        kind = kind[0] if isinstance(kind, list) else kind
        return "text" if kind == "string" else str(kind)

    def is_nothing(self, node: Scalar) -> bool:
        """Whether a value says that there is nothing: it is empty, or `none` for a number or a date."""
        if node.is_null or node.quoted or node.text != "none":
            return node.is_null
        return self.is_any or (self.nullable and self.wanted in ("number", "integer", "date"))

    def key(self, name: str) -> ExpectedShape | None:
        """The shape under a key; None where the key does not exist."""
        if name not in self._below:
            self._below[name] = self._key(name)
        return self._below[name]

    def _key(self, name: str) -> ExpectedShape | None:
        if self.is_any:
            return self
        if self.keys is not None:
            return _shape(self.keys[name]) if name in self.keys else None
        below = self.schema.get("additionalProperties")
        return _shape(below) if isinstance(below, dict) else None

    def item(self) -> ExpectedShape:
        """The shape of the items of the list."""
        return self if self.is_any else self._items

    @cached_property
    def _items(self) -> ExpectedShape:
        return _shape(self.schema["items"])


@cache
def decision_shape() -> ExpectedShape:
    """The shape of a whole decision."""
    return ExpectedShape(_schema())


@cache
def _schema() -> dict[str, Any]:
    schema = decision_schema()
    properties = {**schema["properties"], VALUES: _VALUES, MOVE: _MOVE}
    named = {**schema["$defs"], "blocked": _BLOCKED}
    return {**schema, "properties": properties, "$defs": named}


def _shape(schema: Schema) -> ExpectedShape:
    nullable = "null" in schema["type"] if isinstance(schema.get("type"), list) else False
    for option in schema.get("anyOf", ()):
        if option == {"type": "null"}:
            nullable = True
        else:
            schema = option
    if "$ref" not in schema:
        return ExpectedShape(schema, None, nullable)
    name = schema["$ref"].rsplit("/", 1)[-1]
    return ExpectedShape(_schema()["$defs"][name], name, nullable)


# For editors


_STRICT = ("integer", "boolean", ["integer", "null"], ["boolean", "null"])
_CELL: Schema = {
    "type": "string",
    "pattern": "^<[^<>]+>$",
    "description": "what the case has in this column",
}


def part_schema() -> dict[str, Any]:
    """The JSON Schema of a part of a decision; it refers to `part_definitions()`."""
    whole = {key: each for key, each in _schema().items() if key not in ("$schema", "$defs", "title")}
    return _partial_object(whole)


def closed_part_schema() -> dict[str, Any]:
    """The same, with nothing but the lists, the values and the move."""
    schema = part_schema()
    known = schema["properties"].items()
    kept = {name: each for name, each in known if each.get("type") == "array" or name in (VALUES, MOVE)}
    return {**schema, "properties": kept}


def part_definitions() -> dict[str, Any]:
    """The named schemas of parts of a decision."""
    found = {name: _named(name, schema) for name, schema in _schema()["$defs"].items()}
    return {**found, "cell": _CELL}


def _named(name: str, schema: Schema) -> dict[str, Any]:
    whole = _partial_object(schema)
    if name not in SHORT:
        return whole
    about = f"the same as `{{{SHORT[name]}: ...}}`"
    return {"anyOf": [whole, {"type": ["string", "number"], "description": about}]}


def _partial(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_partial(each) for each in schema]
    return _partial_object(schema) if isinstance(schema, dict) else schema


def _partial_object(schema: Schema) -> dict[str, Any]:
    found: dict[str, Any] = {
        key: _partial(each) for key, each in schema.items() if key not in ("required", "pattern")
    }
    if "pattern" in schema:
        found["type"] = ["string", "number", "null"]
    elif {"enum", "format"} & set(schema) or schema.get("type") in _STRICT:
        about = {"description": found.pop("description")} if "description" in found else {}
        return {"anyOf": [found, {"$ref": "#/$defs/cell"}], **about}
    if isinstance(found.get("properties"), dict):
        found["additionalProperties"] = False
    return found
