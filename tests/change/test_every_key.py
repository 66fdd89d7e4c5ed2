"""Every change of every key has a sentence: the published schemas are walked, and nothing falls through."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support import good_program

from policyengine.api import schemas
from policyengine.change import descriptions
from policyengine.change.changes import WORDING
from policyengine.change.declaration_words import describe_declaration
from policyengine.kinds import KINDS
from policyengine.policy.change_context import ChangeContext

HEAD = {"kind", "id", "for", "from", "until_including"}
WHOLE = {"sections", "activities", "levels", "stages", "charges", "obligations", "columns", "bands", "rows",
         "entities", "facts", "inputs", "outputs", "keys", "entries", "values", "default"}  # fmt: skip
"""Keys whose items are compared one by one, so that they never change, come or go as a whole."""
FORMS = (("changed", "1", "2"), ("added", None, "2"), ("removed", "1", None), ("added", None, ["2"]))
_KINDS = ("billing", "matrix", "obligations", "pipeline", "program", "tiers")
"""Tables have cases of their own, since what they say depends on their results."""


def _paths(
    schema: Any, defs: Any, at: tuple[str, ...] = (), seen: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The ways to all keys, with `*` for an item and `some` for a key that the author chooses."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if name not in seen:
            yield from _paths(defs[name], defs, at, (*seen, name))
        return
    for word in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(word, ()):
            yield from _paths(each, defs, at, seen)
    below = dict(schema.get("properties", {}))
    if isinstance(schema.get("additionalProperties"), dict):
        below["some"] = schema["additionalProperties"]
    if isinstance(schema.get("items"), dict):
        below["*"] = schema["items"]
    for key, each in below.items():
        yield (*at, key), each
        yield from _paths(each, defs, (*at, key), seen)


def _types(schema: Any) -> set[str]:
    found = schema.get("type", "string")
    return {found} if isinstance(found, str) else set(found)


def _asked(path: tuple[str, ...]) -> bool:
    """Whether a change can be of this key: not of words, an id, or an item that is one value."""
    if any(key in WORDING for key in path) or (len(path) == 1 and path[0] in HEAD) or "grants" in path:
        return False  # grants have cases of their own
    whole = path[-1] in WHOLE and path[-2:-1] != ("columns",)
    return path[-1] not in ("id", "*", "some") and not whole


@pytest.mark.parametrize("kind", _KINDS)
def test_every_key_has_a_sentence(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    vocabulary = good_program().vocabulary
    fell: list[str] = []
    monkeypatch.setattr(descriptions, "_value", lambda change, context: "/".join(context.keys))
    schema = schemas()[f"{kind}.schema.json"]
    tried = 0
    for path, there in _paths(schema, schema.get("$defs", {})):
        if not _asked(path):
            continue
        for sort, old, new in FORMS:
            if isinstance(new, list) != ("array" in _types(there)) or _types(there) <= {"object"}:
                continue
            tried += 1
            context = ChangeContext(sort, path, ("Part",), old, new, {}, None, "partner", vocabulary)  # type: ignore[arg-type]
            own = KINDS[kind].describe(context) if kind in KINDS else describe_declaration(context)
            change: Any = SimpleNamespace(route=path, wording=False)
            said = own or descriptions._in_general(change, context)
            if said == "/".join(path):
                fell.append(f"{said} {sort}")
            assert not any(word in said for word in ("None", "True", "False", "{'", "['", "Decimal(")), said
    assert tried > 5
    assert not fell
