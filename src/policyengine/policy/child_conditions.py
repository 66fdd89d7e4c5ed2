"""Conditions about the children in a list: every one of them, some, or so many.

`{every: apps, where: ..., must: ...}`, `{some: apps, where: ...}` and `{count: apps, where: ..., is: 3..}`.
`where` and `must` are conditions as everywhere, about the child. All three count what a filter leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from policyengine.diagnostics import Code, did_you_mean, listed
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, Filter, Open
from policyengine.feel.types import types
from policyengine.feel.types.types import Context, ListOf
from policyengine.policy.policy_reader import PolicyReader
from policyengine.source import Span
from policyengine.text.document import Mapping, Pointer, Scalar

LowerCondition: TypeAlias = Callable[[PolicyReader, Pointer, str], Expression]
LowerTest: TypeAlias = Callable[[PolicyReader, Pointer, Expression, types.Type, str], Expression]

_EXAMPLE = """\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: a, title: A, met_when: {some: accounts, where: {monthly_fee: "> 5"}}}
"""
WRONG_CHILDREN = Code(
    id="COND005",
    title="a condition about children whose keys do not go together",
    why="`every` takes a list of children and `must`, `some` a list and usually `where`, `count` a list and "
    "`is`. A key that is left out, or that does not belong to the form, would change what is asked.",
    bad=_EXAMPLE.replace("some: accounts, where", "every: accounts, where"),
    good=_EXAMPLE,
)
CODES = (WRONG_CHILDREN,)
_KEYS = {"every": ("must",), "some": (), "count": ("is",)}
"""The forms, with the keys that each needs besides `where`."""
FORMS = tuple(_KEYS)
CHILD_KEYS = (*FORMS, "where", "must", "is")
"""All keys of conditions about children."""


def child_schema(test: dict[str, Any]) -> dict[str, Any]:
    """Returns the JSON Schema of these keys; `test` is that of a test."""
    return {
        "every": {
            "type": "string",
            "description": "a list of children: each that `where` picks passes `must`",
        },
        "some": {"type": "string", "description": "a list of children: at least one that `where` picks"},
        "count": {"type": "string", "description": "a list of children: how many `where` picks `is` tested"},
        "where": {"$ref": "#/$defs/Condition", "description": "about a child; all if left out"},
        "must": {"$ref": "#/$defs/Condition", "description": "what every child must fulfil"},
        "is": {**test, "description": "a test of the number of children: `3..`"},
    }


def form_of(reader: PolicyReader, node: Mapping, entity: str) -> str | None:
    """Returns the form in which a mapping asks about children; None if it does not.

    A fact that is called like a form is a fact, unless a list of children stands behind it.
    """
    names = reader.vocabulary.names(entity)
    for key in FORMS:
        if key in node.entries and (key not in names or _row(reader, node, key, entity) is not None):
            return key
    return None


def child_condition(
    reader: PolicyReader, pointer: Pointer, node: Mapping, form: str, entity: str,
    lower: LowerCondition, test: LowerTest,
) -> Expression:  # fmt: skip
    """Returns the condition about children in the mapping at a pointer; `lower` and `test` read its parts."""
    at = node.entries[form].key.span
    row = _row(reader, node, form, entity)
    if row is None:
        return _wrong(reader, node.entries[form].value.span, *_no_list(reader, node, form, entity))
    missing = [key for key in _KEYS[form] if key not in node.entries]
    belongs = (form, "where", *_KEYS[form])
    other = next((key for key in CHILD_KEYS if key in node.entries and key not in belongs), None)
    if missing:
        return _wrong(reader, at, f"`{form}` needs `{missing[0]}`", f"add `{missing[0]}: ...`")
    if other is not None:
        help = _instead(form, other, where="where" in node.entries)
        return _wrong(reader, node.entries[other].key.span, f"`{other}` does not go with `{form}`", help)
    asked = [lower(reader, (*pointer, "where"), row)] if "where" in node.entries else []
    if form == "every":
        must = lower(reader, (*pointer, "must"), row)
        asked.append(build.negate(must, must.span))
    value = node.entries[form].value
    items: Expression = build.name(str(getattr(value, "text", "")), value.span)
    if asked:
        items = Filter(items, build.all_of(asked, node.span), node.span)
    number = build.call("count", items, span=node.span)
    if form == "count":
        return test(reader, (*pointer, "is"), number, types.COUNT, entity)
    op, limit = ("<=", 0) if form == "every" else (">=", 1)
    return build.compare(op, number, build.literal(limit, at), node.span)


def _row(reader: PolicyReader, node: Mapping, form: str, entity: str) -> str | None:
    """The entity of the list that stands behind a form."""
    value = node.entries[form].value
    names = reader.vocabulary.names(entity)
    kind = names[value.text] if isinstance(value, Scalar) and value.text in names else None
    item = kind.item if isinstance(kind, ListOf) else None
    return item.name if isinstance(item, Context) and item.name else None


def _lists(reader: PolicyReader, entity: str) -> Iterator[str]:
    for owner in reader.vocabulary.lineage(entity):
        for _, child in reader.vocabulary.children(owner):
            yield str(child.list)


def _no_list(reader: PolicyReader, node: Mapping, form: str, entity: str) -> tuple[str, str]:
    value, known = node.entries[form].value, list(_lists(reader, entity))
    if not isinstance(value, Scalar):
        sentence = f"`{form}` takes the name of a list; further conditions stand in `where`"
        return sentence, f"write `{form}: {known[0] if known else '...'}`"
    help = did_you_mean(value.text, known) or f"lists of children: {listed(known) or 'none'}"
    return f"`{value.text}` is not a list of children of `{entity}`", help


def _instead(form: str, other: str, *, where: bool) -> str:
    if other in FORMS:
        return f"write both below `all`: `all: [{{{form}: ...}}, {{{other}: ...}}]`"
    if other == "must" and not where:
        return "write `where`, which tells the children that are meant"
    return f"write `{'every' if other == 'must' else 'count'}: ...`, or remove `{other}`"


def _wrong(reader: PolicyReader, at: Span, sentence: str, help: str | None) -> Expression:
    reader.error(WRONG_CHILDREN, at, sentence, help)
    return Open("the condition has a mistake", at)
