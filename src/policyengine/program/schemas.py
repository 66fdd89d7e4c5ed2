"""The JSON Schemas of policy files, generated from the models, for editors and for CI.

Schemas branch on `kind` with if/then, since editors report a random branch of `oneOf`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policyengine.kinds import KINDS
from policyengine.policy.base import FURTHER, Part
from policyengine.policy.condition import CONDITION_MARK, CONDITION_SCHEMA
from policyengine.policy.vocabulary import Declarations
from policyengine.program.record_schema import DIALECT


def policy_schemas() -> Mapping[str, dict[str, Any]]:
    """Returns a schema for every kind, one for the program, and one for files of several kinds."""
    found = {"program": _schema(Declarations, "The declarations of a program")}
    for name, kind in KINDS.items():
        found[name] = _schema(kind.model, f"{name}: {kind.summary}")
    return {**found, "policy": _any_kind(tuple(found))}


def _schema(model: type[Part], title: str) -> dict[str, Any]:
    from pydantic import TypeAdapter

    schema = _tidy(TypeAdapter(model).json_schema(by_alias=True))
    definitions = {"Condition": CONDITION_SCHEMA, **schema.pop("$defs", {})}
    return {"$schema": DIALECT, **schema, "title": title, "$defs": definitions}


def _tidy(schema: Any) -> Any:
    """Returns the schema without titles that only repeat the key."""
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if CONDITION_MARK.items() <= schema.items():
        others = {key: value for key, value in schema.items() if key not in CONDITION_MARK}
        return {"$ref": "#/$defs/Condition", **others}
    found = {key: _tidy(value) for key, value in schema.items()}
    further = found.get("properties", {}).pop(FURTHER, None)
    if further is not None:
        found["additionalProperties"] = further["additionalProperties"]
    for part in found.get("properties", {}).values():
        if isinstance(part, dict) and isinstance(part.get("title"), str):
            part.pop("title")
    options = found.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        rest = [option for option in options if option != {"type": "null"}]
        found.pop("anyOf")
        if found.get("default", ...) is None:
            found.pop("default")
        found = {**rest[0], **found} if len(rest) == 1 else {**found, "anyOf": rest}
    return found


def _any_kind(kinds: tuple[str, ...]) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "title": "A policy of any kind",
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": list(kinds), "description": "what family of policy this is"}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {"$ref": f"{kind}.schema.json"},
            }
            for kind in kinds
        ],
    }
