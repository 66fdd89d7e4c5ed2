"""The JSON Schema of a program's records, generated from its facts."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any, cast

from policyengine.policy.scalars import SCALARS, Scalar
from policyengine.policy.vocabulary import Entity, Fact, Vocabulary

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def record_schema(vocabulary: Vocabulary) -> dict[str, Any]:
    """Returns the schema of one record; what a record may leave out may also be null."""
    return {
        "$schema": DIALECT,
        "title": f"A record of {vocabulary.declarations.title}",
        **_entity_schema(vocabulary, vocabulary.root),
    }


def _entity_schema(vocabulary: Vocabulary, name: str) -> dict[str, Any]:
    entity = vocabulary.entities[name]
    properties = {
        key: _fact_schema(fact) if fact.required else _or_null(_fact_schema(fact))
        for key, fact in entity.facts.items()
        if fact.formula is None
    }
    for child, below in vocabulary.children(name):
        properties[str(below.list)] = {
            "title": f"every {below.title}",
            "type": ["array", "null"],
            "items": _entity_schema(vocabulary, child),
        }
    return {
        "description": entity.title,
        "type": "object",
        "properties": properties,
        "required": _required(entity),
        "additionalProperties": False,
    }


def _required(entity: Entity) -> list[str]:
    return [name for name, fact in entity.facts.items() if fact.required and fact.formula is None]


def _fact_schema(fact: Fact) -> dict[str, Any]:
    single = dict(fact.single.schema)
    if fact.values is not None:
        single["enum"] = list(fact.values)
    low, high = fact.limits
    if low is not None:
        single["minimum"] = _number(low)
    if high is not None:
        single["maximum"] = _number(high)
    if fact.is_list:
        single = {"type": "array", "items": single}
    return {"title": fact.title, **single}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    if "type" not in schema:
        return schema
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": [*types, "null"]}


def _number(value: Decimal) -> Any:
    # A whole number where it is one: a schema file holds no binary fraction that the policy did not say.
    return int(value) if value == value.to_integral_value() else value


def validator(schema: dict[str, Any]) -> Any:
    """Returns a validator that takes decimals as numbers and fetches nothing."""
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.validators import extend
    from referencing import Registry

    formats = FormatChecker(formats=())
    for single in SCALARS.values():
        if "format" in single.schema:
            formats.checks(single.schema["format"], ValueError)(partial(_is_written, single))
    types = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "number": lambda _, value: isinstance(value, (int, Decimal)) and not isinstance(value, bool),
            "integer": lambda _, value: (
                isinstance(value, (int, Decimal)) and not isinstance(value, bool) and value == int(value)
            ),
        }
    )
    extended: Any = cast(Any, extend)(Draft202012Validator, type_checker=types)
    return extended(schema, format_checker=formats, registry=Registry())


def _is_written(single: Scalar, value: object) -> bool:
    """Whether a text is a value of the type; raises `ValueError` with a sentence where it is not."""
    return not isinstance(value, str) or single.read(value) is not None
