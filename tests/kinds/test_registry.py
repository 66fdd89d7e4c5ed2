"""What every kind has to bring along, asked of all that are registered: a new kind is tested by its entry."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from policyengine.catalogue import CODES, schemas
from policyengine.decision.findings import SECTIONS
from policyengine.kinds import KINDS
from policyengine.policy.kind import AnyKind, no_results
from policyengine.source import Source
from policyengine.text.document import Document, Mapping, Node, Scalar, Sequence
from policyengine.text.yaml import read_yaml
from support import POLICIES, good_program

ALL = [pytest.param(kind, id=name) for name, kind in KINDS.items()]
SCHEMAS = schemas()
# The programs, and beside them those that show a kind which none of them needs.
OTHERS = Path(__file__).parent / "programs"
FILES = sorted(
    path
    for folder in (POLICIES, OTHERS)
    for path in folder.rglob("*.yaml")
    if not path.stem.endswith("_test")
)
# A key that says what it means, wherever it stands.
PLAIN = {"id", "title", "kind", "label", "note"}


def _documents() -> Iterator[Any]:
    for path in FILES:
        for i, document in enumerate(
            read_yaml(Source(str(path), path.read_text(encoding="utf-8"))).documents
        ):
            data = _core(document.root)
            if isinstance(data, dict) and data.get("kind") != "test":
                yield pytest.param(document, data, id=f"{path.parent.name}/{path.name}-{i}")


def _core(node: Node) -> Any:
    """The data as an editor reads it, by the core schema of YAML 1.2."""
    if isinstance(node, Mapping):
        return {key: _core(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [_core(item) for item in node.items]
    assert isinstance(node, Scalar)
    if node.is_null:
        return None
    if node.quoted:
        return node.text
    if node.text in ("true", "false"):
        return node.text == "true"
    for number in (int, float):
        try:
            return number(node.text)
        except ValueError:
            pass
    return node.text


def _validator(name: str) -> Draft202012Validator:
    resources = [(key, Resource.from_contents(schema)) for key, schema in SCHEMAS.items()]
    return Draft202012Validator(SCHEMAS[f"{name}.schema.json"], registry=Registry().with_resources(resources))


DOCUMENTS = list(_documents())


@pytest.mark.parametrize("kind", ALL)
def test_a_kind_is_described(kind: AnyKind) -> None:
    assert kind.model.__doc__
    assert kind.summary[0].islower()
    assert not kind.summary.endswith(".")
    assert KINDS[kind.name] is kind


@pytest.mark.parametrize("kind", ALL)
def test_its_codes_are_registered(kind: AnyKind) -> None:
    assert set(kind.codes) <= set(CODES)


@pytest.mark.parametrize("kind", ALL)
def test_it_fills_lists_of_a_decision_or_gives_a_result(kind: AnyKind) -> None:
    assert kind.sections or kind.exports is not no_results
    assert set(kind.sections) <= set(SECTIONS)


def test_every_list_of_a_decision_is_filled_by_some_kind() -> None:
    assert {section for kind in KINDS.values() for section in kind.sections} == set(SECTIONS)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("kind", ALL)
def test_every_key_is_described_in_the_schema(kind: AnyKind) -> None:
    schema = SCHEMAS[f"{kind.name}.schema.json"]
    parts = {"": schema, **schema.get("$defs", {})}
    bare = [
        f"{part}.{key}"
        for part, each in parts.items()
        for key, about in each.get("properties", {}).items()
        if key not in PLAIN and not _is_described(about, schema)
    ]
    assert bare == []


def _is_described(about: dict[str, Any], schema: dict[str, Any]) -> bool:
    if "description" in about:
        return True
    target = about.get("$ref") or about.get("items", {}).get("$ref")
    return bool(target and schema["$defs"][target.rpartition("/")[2]].get("description"))


@pytest.mark.parametrize("kind", ALL)
def test_some_program_uses_it(kind: AnyKind) -> None:
    used = {parameters.values[1]["kind"] for parameters in DOCUMENTS}
    assert kind.name in used


@pytest.mark.parametrize(("document", "data"), DOCUMENTS)
def test_the_schema_accepts_what_we_write(document: Document, data: Any) -> None:
    found = [
        f"{list(error.absolute_path)}: {error.message}"
        for error in _validator(data["kind"]).iter_errors(data)
    ]
    assert found == []
    assert not list(_validator("policy").iter_errors(data))


@pytest.mark.parametrize(("document", "data"), DOCUMENTS)
def test_the_schema_refuses_a_misspelt_key(document: Document, data: Any) -> None:
    for key in data:
        if key != "kind":
            wrong = {(f"{name}x" if name == key else name): value for name, value in data.items()}
            assert list(_validator(data["kind"]).iter_errors(wrong)), key


@pytest.mark.parametrize(("document", "data"), DOCUMENTS)
def test_the_schema_refuses_a_key_too_many_in_a_part(document: Document, data: Any) -> None:
    for name, value in data.items():
        if name in ("sections", "stages", "charges", "obligations") and isinstance(value, list):
            wrong = copy.deepcopy(data)
            wrong[name][0]["misspelt"] = "x"
            assert list(_validator(data["kind"]).iter_errors(wrong)), name


def test_the_examples_of_codes_agree_with_the_schemas() -> None:
    good_program()
    for code in CODES:
        if code.example != "policy":
            continue
        for document in read_yaml(Source(code.id, code.good)).documents:
            data = _core(document.root)
            assert not list(_validator(data["kind"]).iter_errors(data)), code.id
