"""Boxes: what they leave uncovered and where they meet is what counting every point finds."""

from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from policyengine.kinds.table.boxes import Box, meet, overlaps, uncovered

Point = tuple[int, ...]


def _points(box: Box) -> set[Point]:
    return set(itertools.product(*([i for i in range(side.bit_length()) if side >> i & 1] for side in box)))


@st.composite
def _tables(draw: st.DrawFn) -> tuple[list[Box], Box]:
    """Some boxes, and a box to cover."""
    whole = tuple((1 << draw(st.integers(1, 4))) - 1 for _ in range(draw(st.integers(0, 4))))
    side = [st.one_of(st.just(full), st.integers(0, full)) for full in whole]
    boxes = draw(st.lists(st.tuples(*side), max_size=7))
    within = draw(st.one_of(st.just(whole), st.tuples(*(st.integers(1, full) for full in whole))))
    return boxes, within


@given(_tables(), st.integers(1, 3))
def test_what_is_uncovered(table: tuple[list[Box], Box], most: int) -> None:
    boxes, within = table
    missing = _points(within) - {point for box in boxes for point in _points(box)}
    found = uncovered(boxes, within, most=most)
    assert found.decided
    assert bool(found.boxes) is bool(missing)
    assert len(found.boxes) <= most
    seen: set[Point] = set()
    for gap in found.boxes:
        assert _points(gap) <= missing
        assert not _points(gap) & seen
        seen |= _points(gap)


@given(_tables())
def test_counting_finds_the_same_where_boxes_are_apart(table: tuple[list[Box], Box]) -> None:
    boxes, within = table
    apart: list[Box] = []
    for box in boxes:
        if all(meet(box, other) is None for other in apart):
            apart.append(box)
    assert uncovered(apart, within, disjoint=True) == uncovered(apart, within)


@given(_tables())
def test_where_boxes_meet(table: tuple[list[Box], Box]) -> None:
    boxes, _ = table
    found = {(i, j): shared for i, j, shared in overlaps(boxes)}
    for j, later in enumerate(boxes):
        for i, earlier in enumerate(boxes[:j]):
            common = _points(earlier) & _points(later)
            assert ((i, j) in found) is bool(common)
            assert meet(earlier, later) == found.get((i, j))
            if common:
                assert _points(found[i, j]) == common


def _split(count: int, inputs: int, atoms: int) -> list[Box]:
    """So many boxes that fill everything and do not overlap."""
    chance = random.Random(7)
    boxes: list[Box] = [((1 << atoms) - 1,) * inputs]
    while len(boxes) < count:
        box, i = chance.choice(boxes), chance.randrange(inputs)
        bits = [1 << k for k in range(atoms) if box[i] >> k & 1]
        if len(bits) > 1:
            cut = sum(bits[: chance.randrange(1, len(bits))])
            boxes.remove(box)
            boxes += [(*box[:i], part, *box[i + 1 :]) for part in (cut, box[i] & ~cut)]
    return boxes


def test_a_large_table_is_decided() -> None:
    boxes = _split(512, 9, 12)
    whole = ((1 << 12) - 1,) * 9
    assert not list(overlaps(boxes))
    assert uncovered(boxes, whole, disjoint=True) == uncovered([whole], whole)
    found = uncovered(boxes[1:], whole, disjoint=True)
    assert found.boxes == (boxes[0],)
    assert found.decided


def test_too_much_work_is_no_answer() -> None:
    boxes = _split(512, 9, 12)
    found = uncovered(boxes, ((1 << 12) - 1,) * 9, work=1000)
    assert not found.boxes
    assert not found.decided
