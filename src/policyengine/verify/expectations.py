"""Checks whether a decision of the program can contain what a test expects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from policyengine.diagnostics import Diagnostic, did_you_mean
from policyengine.policy import quantities
from policyengine.policy.quantities import shorten
from policyengine.text import literal_guesses
from policyengine.text.document import Mapping, Node, Scalar, Sequence
from policyengine.verify.expectation_shape import MOVE, VALUES, ExpectedShape, decision_shape
from policyengine.verify.possible_values import DERIVED, STAGES, WRITTEN, Place, Words
from policyengine.verify.testfile import UNKNOWN_KEY, UNKNOWN_WORD, WRONG_VALUE

_WANTED = {
    "object": "a mapping",
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "date": "a date such as 2026-01-31",
    "text": "a text",
}
_GUESSES: dict[str, Callable[[str], str | None]] = {
    "integer": literal_guesses.number,
    "number": literal_guesses.number,
    "boolean": literal_guesses.boolean,
    "date": literal_guesses.date,
}
_MOST = 8


def check_expectation(node: Node, words: Words) -> Iterator[Diagnostic]:
    """All mistakes in an `expect` or `expect_exactly`."""
    return _check(node, decision_shape(), (), words)


def check_lists(node: Mapping) -> Iterator[Diagnostic]:
    """The further mistakes in an `expect_exactly`, which names lists and values only."""
    shape = decision_shape()
    for name, entry in node.entries.items():
        found = shape.key(name)
        if found is not None and found.wanted != "array" and name not in (VALUES, MOVE):
            help = f"write `{name}` under `expect`"
            yield WRONG_VALUE.at(entry.key.span, f"`{name}` is not a list that could be closed", help=help)


def check_move(advance: Node | None, expected: Iterable[Mapping], words: Words) -> Iterator[Diagnostic]:
    """The mistakes in a move that a test makes, and in expectations of one that it does not make."""
    if isinstance(advance, Mapping):
        to = advance.entries.get("to")
        if to is not None and isinstance(to.value, Scalar):
            yield from _known(to.value, words.get(STAGES, ()))
        return
    for node in expected:
        if MOVE in node.entries:
            at = node.entries[MOVE].key.span
            yield UNKNOWN_KEY.at(at, "this test makes no move", help="add `advance: {to: STAGE}`")


def _check(node: Node, shape: ExpectedShape, place: Place, words: Words) -> Iterator[Diagnostic]:
    if shape.is_any:
        return
    if isinstance(node, Scalar) and shape.short is not None and not node.is_null:
        inner = shape.key(shape.short)
        assert inner is not None
        yield from _check(node, inner, (*place, shape.short), words)
    elif isinstance(node, Mapping) and shape.wanted == "object":
        yield from _mapping(node, shape, place, words)
    elif isinstance(node, Sequence) and shape.wanted == "array":
        for item in node.items:
            yield from _check(item, shape.item(), place, words)
    elif isinstance(node, Scalar) and shape.wanted not in ("object", "array"):
        yield from _scalar(node, shape, place, words)
    elif not (isinstance(node, Scalar) and node.is_null and shape.nullable):
        yield _wrong(node, shape, place)


def _mapping(node: Mapping, shape: ExpectedShape, place: Place, words: Words) -> Iterator[Diagnostic]:
    for name, entry in node.entries.items():
        below = shape.key(name)
        if below is None:
            known = list(shape.keys or ())
            help = did_you_mean(name, known) or _listed("known here", known)
            yield UNKNOWN_KEY.at(entry.key.span, f"a decision has no `{shorten(name)}` here", help=help)
            continue
        if len(place) == 2 and place[0] == VALUES:
            yield from _known(entry.key, words.get(DERIVED, ()))
        if place == WRITTEN:
            yield from _known(entry.key, words.get(WRITTEN, ()))
        yield from _check(entry.value, below, (*place, name), words)


def _scalar(node: Scalar, shape: ExpectedShape, place: Place, words: Words) -> Iterator[Diagnostic]:
    choices = shape.schema.get("enum")
    if shape.is_nothing(node):
        if not shape.nullable:
            yield _wrong(node, shape, place)
    elif choices is not None:
        yield from _known(node, frozenset(choices))
    elif not _reads(node.text, shape.wanted):
        yield _wrong(node, shape, place)
    else:
        yield from _known(node, words.get(place) or words.get(place[-2:]))


def _reads(text: str, wanted: str) -> bool:
    readers: dict[str, Callable[[str], object]] = {
        "integer": quantities.integer,
        "number": quantities.rate,
        "date": quantities.day,
    }
    if wanted == "boolean":
        return text in ("true", "false")
    try:
        return wanted not in readers or readers[wanted](text) is not None
    except ValueError:
        return False


def _known(node: Scalar, known: Iterable[str] | None) -> Iterator[Diagnostic]:
    if known is None or node.text in known:
        return
    words = sorted(known)
    help = did_you_mean(node.text, words) or (_listed("it can be", words) if words else None)
    yield UNKNOWN_WORD.at(
        node.span, f"no decision of this program contains `{shorten(node.text)}` here", help=help
    )


def _listed(label: str, words: list[str]) -> str:
    more = f" and {len(words) - _MOST} more" if len(words) > _MOST else ""
    return f"{label}: " + ", ".join(f"`{word}`" for word in words[:_MOST]) + more


def _wrong(node: Node, shape: ExpectedShape, place: Place) -> Diagnostic:
    name = place[-1] if place else "expect"
    stands = {Mapping: "a mapping", Sequence: "a list"}.get(type(node))
    if isinstance(node, Scalar):
        stands = "nothing" if node.is_null else f"`{shorten(node.text)}`"
    help = None
    if isinstance(node, Mapping) and shape.wanted == "array":
        written = node.span.text
        help = f"write `[{written}]`" if written.startswith("{") else "begin each of its entries with `- `"
    elif isinstance(node, Scalar) and shape.wanted in _GUESSES:
        guess = _GUESSES[shape.wanted](node.text)
        help = f"write `{guess}`" if guess is not None else None
    return WRONG_VALUE.at(node.span, f"`{name}` takes {_WANTED[shape.wanted]}; found {stands}", help=help)
