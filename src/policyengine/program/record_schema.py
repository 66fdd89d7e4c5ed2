"""The JSON Schema of a program's records, generated from its facts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any, cast

from policyengine.kinds import KINDS
from policyengine.policy.base import ANY_SCALAR, FURTHER, NAME_OF, Part
from policyengine.policy.condition import CONDITION_MARK, CONDITION_SCHEMA, TEST_SCHEMA
from policyengine.policy.entity import Entity
from policyengine.policy.facts import Fact
from policyengine.policy.ledger import Ledger
from policyengine.policy.list_report import ListReport
from policyengine.policy.mapping import Mapping as ExportMapping
from policyengine.policy.scalars import SCALARS, Scalar
from policyengine.policy.vocabulary import Declarations, Vocabulary
from policyengine.program.languages import TITLED, TITLES

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
        if fact.is_given
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
    return [name for name, fact in entity.facts.items() if fact.required and fact.is_given]


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


# The JSON Schemas of policy files, generated from the models, for editors and for CI.


def policy_schemas() -> Mapping[str, dict[str, Any]]:
    """Returns a schema for every kind, one for the program, and one for files of several kinds."""
    found = {"program": _schema(Declarations, "The declarations of a program")}
    for name, kind in KINDS.items():
        found[name] = _schema(kind.model, f"{name}: {kind.summary}")
    found["mapping"] = _schema(ExportMapping, "Which column of an export is which fact, and how")
    found["report"] = _schema(ListReport, "A list over a partner base")
    found["statements"] = _schema(Ledger, "The statements of a source document, and what became of them")
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
    for name, part in found.get("properties", {}).items():
        if isinstance(part, dict) and isinstance(part.get("title"), str):
            part.pop("title")
        if isinstance(part, dict) and (name in TITLES or name in TITLED):
            _allow_languages(part if name in TITLES else part.get("additionalProperties"))
    options = found.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        rest = [option for option in options if option != {"type": "null"}]
        found.pop("anyOf")
        if found.get("default", ...) is None:
            found.pop("default")
        found = {**rest[0], **found} if len(rest) == 1 else {**found, "anyOf": rest}
    return found


def _allow_languages(schema: Any) -> None:
    """Lets a text be a mapping from languages to texts."""
    if isinstance(schema, dict) and schema.get("type") == ANY_SCALAR:
        schema["type"] = [*ANY_SCALAR, "object"]
        schema["propertyNames"] = {"pattern": "^[a-z]{2}$"}
        schema["additionalProperties"] = {"type": ANY_SCALAR}


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


# The same with the names of one program, for editors without the language server.


def program_schemas(vocabulary: Vocabulary) -> Mapping[str, dict[str, Any]]:
    """Returns the schemas of policy files in which the names of a program are offered."""
    declared = vocabulary.declarations
    facts = {
        name: fact.title for entity in vocabulary.entities.values() for name, fact in entity.facts.items()
    }
    known: dict[str, Mapping[str, str]] = {
        "party": declared.parties,
        "item": declared.item_titles,
        "entity": {name: entity.title for name, entity in vocabulary.entities.items()},
        "source": {name: source.title for name, source in declared.sources.items()},
        "fact": facts,
    }
    found = {name: _with_names(schema, known) for name, schema in policy_schemas().items()}
    tests = {
        name: {"description": title, "$ref": "#/$defs/Condition/additionalProperties"}
        for name, title in facts.items()
    }
    for schema in found.values():
        for part in schema.get("$defs", {}).values():
            if part.get("additionalProperties") is not None and "properties" in part and _takes_tests(part):
                own = part["properties"]
                part["properties"] = {
                    **{name: dict(test) for name, test in tests.items() if name not in own},
                    **own,
                }
    return found


def _takes_tests(part: Mapping[str, Any]) -> bool:
    """Whether further keys of a part are facts with tests."""
    return TEST_SCHEMA["description"] in str(part["additionalProperties"])


def _with_names(schema: Any, known: Mapping[str, Mapping[str, str]]) -> Any:
    """A schema in which names of the program are offered; others stay possible, such as `unknown`."""
    if isinstance(schema, list):
        return [_with_names(item, known) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _with_names(value, known) for key, value in schema.items()}
    names = known.get(str(found.get("$comment", "")).removeprefix(NAME_OF))
    if not names or not str(found.get("$comment", "")).startswith(NAME_OF):
        return found
    choices = [{"const": name, "description": title} for name, title in names.items()]
    plain = {key: value for key, value in found.items() if key in ("type", "pattern", "minLength")}
    rest = {key: value for key, value in found.items() if key not in plain and key != "$comment"}
    return {**rest, "anyOf": [*choices, plain]}
