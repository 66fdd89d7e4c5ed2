"""Contexts (DMN 1.5, table 83)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from policyengine.feel.types.signatures import function, signature, table
from policyengine.feel.types.types import ANY, ANY_CONTEXT, TEXT, Context, ListOf
from policyengine.feel.values.values import Failed

Entries = Mapping[str, object]


def _get_value(context: Entries, key: str) -> object:
    return context.get(key)


def _get_value_at(context: Entries, keys: Sequence[str]) -> object:
    found: object = context
    for key in keys:
        if not isinstance(found, Mapping) or key not in found:
            return None
        found = found[key]
    return found


def _get_entries(context: Entries) -> object:
    return [{"key": key, "value": context[key]} for key in context]


def _context(entries: Sequence[object]) -> object:
    found: dict[str, object] = {}
    for entry in entries:
        if not isinstance(entry, Mapping) or "key" not in entry or "value" not in entry:
            return Failed("an entry needs a `key` and a `value`")
        key = entry["key"]
        if not isinstance(key, str):
            return Failed("the `key` of an entry is a text")
        if key in found:
            return Failed(f"the key `{key[:60]}` is given twice")
        found[key] = entry["value"]
    return found


def _put(context: Entries, key: str, value: object) -> object:
    return {**context, key: value}


def _put_at(context: Entries, keys: Sequence[str | None], value: object) -> object:
    if not keys or any(key is None for key in keys):
        return Failed("the keys are a list of one text or more")
    levels: list[Entries] = [context]
    for key in keys[:-1]:
        inner = levels[-1].get(cast(str, key))
        if not isinstance(inner, Mapping):
            return Failed(f"there is no context under `{str(key)[:60]}`")
        levels.append(inner)
    for level, key in zip(reversed(levels), reversed(keys), strict=True):
        value = {**level, cast(str, key): value}
    return value


def _merge(contexts: Sequence[object]) -> object:
    found: dict[str, object] = {}
    for context in contexts:
        if not isinstance(context, Mapping):
            return Failed(f"one of the contexts is {'null' if context is None else 'not a context'}")
        found.update(context)
    return found


_ENTRY = Context({"key": TEXT, "value": ANY})

FUNCTIONS = table(
    function(
        "get value",
        signature("m: context, key: text", ANY, _get_value),
        signature("m: context, keys: list of text", ANY, _get_value_at),
    ),
    function("get entries", signature("m: context", ListOf(_ENTRY), _get_entries, total=True)),
    function("context", signature("entries: list", ANY_CONTEXT, _context), strict=False),
    function(
        "context put",
        signature("context: context, key: text, value: any", ANY_CONTEXT, _put, total=True),
        signature("context: context, keys: list of text, value: any", ANY_CONTEXT, _put_at),
        strict=False,
    ),
    function("context merge", signature("contexts: list of context", ANY_CONTEXT, _merge)),
)
