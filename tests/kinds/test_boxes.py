"""Boxes: what they leave uncovered and where they meet is what counting every point finds."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from policyengine.kinds.table.boxes import Box, meet, overlaps
from policyengine.kinds.table.cover import Cover, Work, uncovered

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
    found = uncovered(boxes, within, Work(), most=most)
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
    assert uncovered(apart, within, Work(), apart=True) == uncovered(apart, within, Work())


@given(_tables(), st.lists(st.integers(0, 1), min_size=7, max_size=7))
def test_where_boxes_meet(table: tuple[list[Box], Box], groups: list[int]) -> None:
    boxes, _ = table
    whole = tuple(map(max, zip(*boxes, strict=True))) if boxes else ()
    whole = tuple((1 << side.bit_length()) - 1 for side in whole)
    for alike in (None, groups[: len(boxes)]):
        found = {j: (i, shared) for i, j, shared in overlaps(boxes, whole, alike)}
        for j, later in enumerate(boxes):
            meets = [
                (i, shared) for i, earlier in enumerate(boxes[:j])
                if (shared := meet(earlier, later)) is not None
                and not (alike is not None and alike[i] == alike[j])
            ]  # fmt: skip
            assert found.get(j) == next(iter(meets), None)


@given(_tables())
def test_what_boxes_take_one_after_the_other(table: tuple[list[Box], Box]) -> None:
    boxes, within = table
    assume(within)
    sides = zip(within, *boxes, strict=True)
    whole = tuple((1 << max(side).bit_length()) - 1 for side in sides)
    cover, points = Cover(whole, Work()), set[Point]()
    for box in [*boxes, within]:
        assert cover.takes(box) is (_points(box) <= points)
        cover.add(box)
        points |= _points(box)


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
    assert not list(overlaps(boxes, whole))
    for apart in (False, True):
        assert uncovered(boxes, whole, Work(), apart=apart) == uncovered([whole], whole, Work())
        found = uncovered(boxes[1:], whole, Work(), apart=apart)
        assert found.boxes == (boxes[0],)
        assert found.decided


def test_too_much_work_is_no_answer() -> None:
    boxes = _split(512, 9, 12)
    whole = ((1 << 12) - 1,) * 9
    found = uncovered(boxes[::2], whole, Work(1000))
    assert not found.boxes
    assert not found.decided
    cover = Cover(whole, Work(1000))
    for box in boxes:
        cover.takes(box)
        cover.add(box)
    assert cover.takes(whole) is None


def _steps(boxes: Iterable[Box], whole: Box) -> int:
    """The work to tell whether boxes take the next one, and what they leave."""
    work = Work()
    cover, start = Cover(whole, work), work.left
    for box in boxes:
        cover.takes(box)
        cover.add(box)
    uncovered(list(boxes), whole, work)
    return start - work.left


def _rows_of_a_line(count: int, wide: int) -> tuple[list[Box], Box]:
    """Each meets those next to it, or takes all before it."""
    return [((1 << i + 5) - (1 << (0 if wide else i)),) for i in range(count)], ((1 << count + 5) - 1,)


def _grid(count: int, wide: int) -> tuple[list[Box], Box]:
    side = round(count**0.5)
    return [(1 << i, 1 << j) for i in range(side) for j in range(side)], ((1 << side) - 1,) * 2


@pytest.mark.parametrize("rows", [_rows_of_a_line, _grid])
@pytest.mark.parametrize("wide", [0, 1])
def test_work_grows_with_the_size(rows: Callable[[int, int], tuple[list[Box], Box]], wide: int) -> None:
    assert _steps(*rows(1600, wide)) <= 4.4 * _steps(*rows(400, wide))
