"""Compares a decision with the expectation of a test; returns everything that does not match.

Of a mapping only the expected keys are compared. Each expected item of a list must match a different item of
the decision, in any order; an empty list must be empty. A list that is a value has an order of its own, which
counts. Numbers are compared by value, everything else as written.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from collections.abc import Mapping as Mappings
from collections.abc import Sequence as Items
from dataclasses import replace
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.decision.subjects import Owner, path_of
from policyengine.decision.wording import owner_name
from policyengine.policy import quantities
from policyengine.source import Span
from policyengine.text.document import Mapping, Node, Scalar, Sequence
from policyengine.verify.expectation_shape import ExpectedShape, decision_shape
from policyengine.verify.one_line import brief
from policyengine.verify.pairing import pair

_NAMES = frozenset(
    (
        "policy",
        "id",
        "reference",
        "subject",
        "key",
        "entity",
        "section",
        "role",
        "on",
        "fact",
        "period",
        "text",
    )
)
"""The keys that say which item is meant; the others say what is expected of it."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An expectation that is not met.

    `at` is the place of the expectation, `path` its path in the decision, `because` the reasons of the
    finding.
    """

    at: Span
    path: tuple[str, ...]
    expected: str
    actual: str
    because: tuple[str, ...] = ()
    other: bool = False
    """Whether what is there is something else than what was meant."""


def compare(expected: Node, decision: dict[str, Any], *, closed: bool = False) -> tuple[Mismatch, ...]:
    """The mismatches; with `closed`, every named list must hold the expected items and no others."""
    return tuple(_Comparison(closed).of(expected, decision, decision_shape(), ()))


def compare_item(expected: Node, finding: dict[str, Any], section: str, *, closed: bool) -> bool:
    """Whether a finding of a section matches its expectation."""
    shape = decision_shape().key(section)
    assert shape is not None
    return _Comparison(closed).fits(expected, finding, shape.item())


def holds(expected: Node, decision: dict[str, Any], *, closed: bool = False) -> bool:
    """Whether nothing is different; faster than `compare`, which says what."""
    return _Comparison(closed).fits(expected, decision, decision_shape())


@dataclass(frozen=True, slots=True)
class _Comparison:
    closed: bool

    def of(
        self, expected: Node, actual: Any, shape: ExpectedShape, path: tuple[str, ...]
    ) -> Iterator[Mismatch]:
        if isinstance(expected, Scalar) and isinstance(actual, dict) and shape.short is not None:
            if expected.text in _paths(actual, shape):
                return
            inner = shape.key(shape.short)
            assert inner is not None
            found = self.of(expected, actual[shape.short], inner, path)
            yield from (replace(each, other=True) for each in found)
        elif isinstance(expected, Mapping) and isinstance(actual, dict):
            yield from self._mapping(expected, actual, shape, path)
        elif isinstance(expected, Sequence) and isinstance(actual, list):
            yield from self._list(expected, actual, shape, path)
        elif not (isinstance(expected, Scalar) and _same(expected, actual, shape)):
            yield Mismatch(expected.span, path, _written(expected), brief(actual))

    def fits(self, expected: Node, actual: Any, shape: ExpectedShape) -> bool:
        """Whether `of` finds no mismatch."""
        if isinstance(expected, Scalar):
            if isinstance(actual, dict) and shape.short is not None:
                inner = shape.key(shape.short)
                assert inner is not None
                by_key = self.fits(expected, actual[shape.short], inner)
                return by_key or expected.text in _paths(actual, shape)
            return _same(expected, actual, shape)
        if isinstance(expected, Mapping):
            if not isinstance(actual, dict) or (
                self.closed and _has_free_keys(shape) and actual.keys() - expected.entries.keys()
            ):
                return False
            return all(
                name in actual
                and (below := shape.key(name)) is not None
                and self.fits(entry.value, actual[name], below)
                for name, entry in expected.entries.items()
            )
        if not isinstance(actual, list):
            return False
        if (self.closed or not expected.items) and len(actual) != len(expected.items):
            return False
        return len(self._pairs(expected, actual, shape.item())) == len(expected.items)

    def _pairs(self, expected: Sequence, actual: list[Any], item: ExpectedShape) -> dict[int, int]:
        """Which actual item each expected one matches; in a list that is a value, in this order."""
        if item.is_any:
            return self._in_order(expected, actual, item)
        return pair([[self.fits(each, one, item) for one in actual] for each in expected.items])

    def _in_order(self, expected: Sequence, actual: list[Any], item: ExpectedShape) -> dict[int, int]:
        found: dict[int, int] = {}
        at = 0
        for i, each in enumerate(expected.items):
            j = next((j for j in range(at, len(actual)) if self.fits(each, actual[j], item)), None)
            if j is not None:
                found[i], at = j, j + 1
        return found

    def _mapping(
        self, expected: Mapping, actual: dict[str, Any], shape: ExpectedShape, path: tuple[str, ...]
    ) -> Iterator[Mismatch]:
        reasons = tuple(each["text"] for name in ("because", "unknown") for each in actual.get(name) or ())
        others = {name: value for name, value in actual.items() if name not in expected.entries}
        if self.closed and others and _has_free_keys(shape):
            yield Mismatch(expected.span, path, "nothing else", brief(others)[1:-1])
        for name, entry in expected.entries.items():
            below = shape.key(name)
            if below is None or name not in actual:
                yield Mismatch(entry.key.span, (*path, name), _written(entry.value), "nothing of this name")
                continue
            for each in self.of(entry.value, actual[name], below, (*path, name)):
                yield replace(each, because=each.because or reasons, other=each.other or name in _NAMES)

    def _list(
        self, expected: Sequence, actual: list[Any], shape: ExpectedShape, path: tuple[str, ...]
    ) -> Iterator[Mismatch]:
        item = shape.item()

        def against(each: Node, j: int) -> Iterator[Mismatch]:
            return self.of(each, actual[j], item, (*path, str(j)))

        everything = range(len(actual))
        pairs = self._pairs(expected, actual, item)
        if item.is_any and not self.fits(expected, actual, shape):
            yield Mismatch(expected.span, path, _written(expected), brief(actual))
            return
        left = [j for j in everything if j not in pairs.values()]
        unpaired = [each for i, each in enumerate(expected.items) if i not in pairs]
        for each in unpaired:
            yield from _nearest(each, path, actual, {j: tuple(against(each, j)) for j in left})
        if len(left) > len(unpaired) and (self.closed or not expected.items):
            rest = "; ".join(brief(actual[j]) for j in left[:3]) + (" ..." if len(left) > 3 else "")
            yield Mismatch(expected.span, path, "nothing else" if expected.items else "an empty list", rest)


def _paths(actual: Mappings[str, Any], shape: ExpectedShape) -> tuple[str, ...]:
    """The names by path of a subject in a list, as decisions write them: `client c1, fee 1`, `fee/c1/1`."""
    if shape.name != "subject" or actual.get("position") is None:
        return ()
    entity, key = actual["entity"], actual["key"] or f"#{actual['position']}"
    within = [Owner(each["entity"], each["key"]) for each in actual["within"]]
    path = path_of([*(each.key for each in within), key])
    return owner_name(entity, key, within), path, f"{entity}/{path}"


def _has_free_keys(shape: ExpectedShape) -> bool:
    """Whether the keys are names of a program: those of values, not those of a finding."""
    return shape.is_any or shape.keys is None


def _nearest(
    expected: Node, path: tuple[str, ...], actual: Items[Any], tried: Mappings[int, tuple[Mismatch, ...]]
) -> Iterator[Mismatch]:
    """The mismatches of the item that was probably meant; else that there is none, with the nearest one."""

    def distance(j: int) -> tuple[int, int, int]:
        others = sum(each.other for each in tried[j])
        return others, len(tried[j]), -_likeness(expected, actual[j])

    best = min(tried, key=distance, default=None)
    if best is None:
        taken = "it is there, but a different expectation already matches it"
        there = taken if actual else "an empty list"
        yield Mismatch(expected.span, path, _written(expected), there)
    elif isinstance(expected, Mapping) and not any(each.other for each in tried[best]):
        yield from tried[best]
    else:
        yield Mismatch(expected.span, path, _written(expected), _picked(expected, actual[best]))


def _picked(expected: Node, actual: Any) -> str:
    """The part of the decision that the expectation asks for."""
    if isinstance(expected, Mapping) and isinstance(actual, dict):
        return brief({name: actual.get(name) for name in expected.entries})
    return brief(actual)


def _likeness(expected: Node, actual: Any) -> int:
    if not isinstance(expected, Scalar):
        return 0
    blocks = difflib.SequenceMatcher(None, expected.text, brief(actual)).get_matching_blocks()
    return sum(block.size for block in blocks)


def _same(expected: Scalar, actual: Any, shape: ExpectedShape) -> bool:
    if actual is None or expected.is_null:
        return actual is None and shape.is_nothing(expected)
    if isinstance(actual, bool):
        return expected.text == str(actual).lower()
    numeric = isinstance(actual, int) or shape.wanted == "number" or (shape.is_any and not expected.quoted)
    if numeric:
        if quantities.is_pointed(expected.text.strip()):
            return expected.text.strip() == str(actual)  # only what is written the same
        try:
            return quantities.rate(expected.text) == quantities.number(str(actual))
        except ValueError:
            pass
    return " ".join(expected.text.split()) == " ".join(str(actual).split())


def _written(node: Node) -> str:
    if isinstance(node, Scalar):
        return "nothing" if node.is_null else " ".join(node.text.split())
    return " ".join(node.span.text.split())
