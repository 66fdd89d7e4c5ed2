"""What an editor shows around a text: its outline, what folds, colours of expressions, hints beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from policyengine.editing.mentions import Names
from policyengine.editing.slots import Slot
from policyengine.feel.functions import WRITTEN
from policyengine.feel.syntax.lexer import KEYWORDS, Token, tokens
from policyengine.feel.types.signatures import Function
from policyengine.policy import quantities
from policyengine.policy.policy_reader import excerpt
from policyengine.source import Span
from policyengine.text.document import Document, Mapping, Node, Scalar, Sequence

TOKEN_KINDS = ("keyword", "number", "string", "function", "variable", "operator")
_TITLED = ("facts", "entities", "sources", "define")
_LONGEST = 10_000


class Symbol(NamedTuple):
    """A part of a document: what people call it, its id, its place and that of its name, the parts in it."""

    title: str
    id: str
    what: str
    span: Span
    name: Span
    parts: tuple[Symbol, ...]


class Colour(NamedTuple):
    """A word of an expression, and what it is: one of `TOKEN_KINDS`."""

    span: Span
    kind: str


class Hint(NamedTuple):
    """A text that is shown behind a place."""

    at: Span
    text: str


class Call(NamedTuple):
    """A function that is being called, and which of its parameters the cursor is at."""

    function: Function
    parameter: int


def symbols(document: Document) -> tuple[Symbol, ...]:
    """The outline of a document: the policy, and in it whatever has an id or is declared by name."""
    root = document.root
    if not isinstance(root, Mapping):
        return ()
    kind = root.entries.get("kind")
    what = kind.value.text if kind is not None and isinstance(kind.value, Scalar) else "record"
    found = _symbol(root, what)
    return _parts(root, "") if found is None else (found,)


def _symbol(node: Mapping, what: str) -> Symbol | None:
    """The symbol of a part that has an id."""
    own = node.entries.get("id") or node.entries.get("name")
    if own is None or not isinstance(own.value, Scalar) or not own.value.text:
        return None
    id = own.value.text
    return Symbol(_title(node) or id, id, what, node.span, own.value.span, _parts(node, what))


def _parts(node: Node, what: str) -> tuple[Symbol, ...]:
    return tuple(_below(node, what))


def _below(node: Node, what: str) -> Iterator[Symbol]:
    if isinstance(node, Scalar):
        return
    if isinstance(node, Sequence):
        for each in node.items:
            found = _symbol(each, what) if isinstance(each, Mapping) else None
            yield from (found,) if found is not None else _below(each, what)
        return
    for key, entry in node.entries.items():
        if key in _TITLED and isinstance(entry.value, Mapping):
            for name, one in entry.value.entries.items():
                title = (_title(one.value) if isinstance(one.value, Mapping) else None) or name
                span = one.key.span.to(one.value.span)
                yield Symbol(title, name, key, span, one.key.span, _parts(one.value, key))
        elif not isinstance(entry.value, Scalar):
            yield from _below(entry.value, key)


def _title(node: Mapping) -> str | None:
    title = node.entries.get("title")
    return title.value.text if title is not None and isinstance(title.value, Scalar) else None


def folds(document: Document) -> Iterator[Span]:
    """The stretches of several lines that fold: documents, parts, lists, texts."""
    pending: list[Node] = [document.root]
    while pending:
        node = pending.pop()
        if node.span.line < node.span.end_line:
            yield node.span
        if isinstance(node, Mapping):
            pending += [entry.value for entry in node.entries.values()]
            yield from (
                each.key.span.to(each.value.span) for each in node.entries.values()
                if each.value.span.end_line > each.key.span.line
            )  # fmt: skip
        elif not isinstance(node, Scalar):
            pending += node.items


def colours(slots: list[Slot]) -> Iterator[Colour]:
    """The words of all expressions, in order."""
    for slot in sorted(slots, key=lambda each: each.scalar.span.start):
        if slot.role != "feel" or len(slot.scalar.text) > _LONGEST:
            continue
        text = excerpt(slot.scalar)
        found = list(tokens(slot.scalar.text))
        for i, token in enumerate(found[:-1]):
            kind = _kind(token, found[i + 1])
            span = text.span(token.start, token.end)
            if kind is not None and span.line == span.end_line:
                yield Colour(span, kind)


def _kind(token: Token, following: Token) -> str | None:
    if token.kind == "name":
        return "function" if following.kind == "(" else "variable"
    if token.kind in ("number",):
        return "number"
    if token.kind == "text":
        return "string"
    if token.kind in KEYWORDS:
        return "keyword"
    return None if token.kind in ("bad", "end", "(", ")", ",", "[", "]", "{", "}") else "operator"


def call_at(slot: Slot, offset: int) -> Call | None:
    """The call of a function around a cursor in an expression."""
    scalar = slot.scalar
    if slot.role != "feel":
        return None
    ends = range(len(scalar.text) + 1)
    size = next((i for i in ends if scalar.part(i, i).start >= offset), len(scalar.text))
    open_calls: list[tuple[str, int]] = []
    before = [token for token in tokens(scalar.text[:size]) if token.kind != "end"]
    for i, token in enumerate(before):
        if token.kind in ("(", "[", "{"):
            open_calls.append((_called(before[:i]) if token.kind == "(" else "", 0))
        elif token.kind in (")", "]", "}") and open_calls:
            open_calls.pop()
        elif token.kind == "," and open_calls:
            name, number = open_calls.pop()
            open_calls.append((name, number + 1))
    name, number = next(((n, i) for n, i in reversed(open_calls) if n in WRITTEN), ("", 0))
    return Call(WRITTEN[name], number) if name else None


def _called(before: list[Token]) -> str:
    """The name of the function at the end of some tokens, which may have several words."""
    for size in range(min(4, len(before)), 0, -1):
        name = " ".join(token.text for token in before[-size:])
        if name in WRITTEN:
            return name
    return ""


def hints(names: Names, slots: list[Slot]) -> Iterator[Hint]:
    """The ranges in words."""
    for slot in slots:
        if slot.role == "test":
            limits = quantities.bounds(slot.scalar.text)
            if limits is not None:
                noun = names.vocabulary.noun(slot.entity, slot.about) if _known(names, slot) else slot.about
                yield Hint(slot.scalar.span, f"{noun} {_range_words(limits.low, limits.high)}")


def _known(names: Names, slot: Slot) -> bool:
    return slot.entity in names.vocabulary.entities


def _range_words(low: str | None, high: str | None) -> str:
    if low and high:
        return f"from {low} to {high}" if low != high else f"exactly {low}"
    return f"of {low} or more" if low else f"up to {high}"
