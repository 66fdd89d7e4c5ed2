"""Boxes: what the rows of a table cover together, and where two of them meet.

Each input of a table is cut into atoms, pieces within which no test of the table changes its mind. A box
says for every input which atoms it takes, as the bits of an integer; a row is a box. Nothing here knows
what an atom stands for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from functools import reduce
from math import prod
from operator import or_

from policyengine.dataclass import dataclass

Box = tuple[int, ...]
"""For every input the atoms that belong to it; bit i is atom i."""

WORK = 100_000
"""So many steps may be taken before the answer is that there is none."""


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Boxes that nothing covers, some of them or all; `decided` is false where the work was too much."""

    boxes: tuple[Box, ...]
    decided: bool = True


def meet(one: Box, other: Box) -> Box | None:
    """What two boxes share; None if they share nothing."""
    shared = tuple(a & b for a, b in zip(one, other, strict=True))
    return shared if all(shared) else None


def overlaps(boxes: Sequence[Box]) -> Iterator[tuple[int, int, Box]]:
    """Pairs of boxes that share something: their indices, the smaller one first, and what they share."""
    sides = [_grouped(side, reduce(or_, side, 0)) for side in zip(*boxes, strict=True)]
    for j, later in enumerate(boxes):
        near = (1 << j) - 1
        for taking, side in zip(sides, later, strict=True):
            near &= reduce(or_, (rows for rows, atoms in taking.items() if atoms & side), 0)
        while near:
            i = (near & -near).bit_length() - 1
            near &= near - 1
            yield i, j, tuple(a & b for a, b in zip(boxes[i], later, strict=True))


def uncovered(
    boxes: Sequence[Box], within: Box, *, most: int = 3, disjoint: bool = False, work: int = WORK
) -> Uncovered:
    """Parts of `within` that no box covers, at most so many, each as large as it can be.

    None means that all of it is covered. Where no two boxes share anything (`disjoint`), counting what
    they take settles it at once.
    """
    rows = [shared for box in boxes if (shared := meet(box, within)) is not None]
    taken, found = list(rows), list[Box]()
    decided = True
    while len(found) < most:
        gap, decided = _first_gap(taken, within, disjoint, work)
        if gap is None:
            break
        taken.append(gap)
        found.append(_grown(gap, rows, within))
    return Uncovered(tuple(_apart(found)), decided)


def _first_gap(boxes: Sequence[Box], within: Box, disjoint: bool, work: int) -> tuple[Box | None, bool]:
    """A part that no box covers, and whether it is certain that there is none if none was found."""
    search = _Search.over(boxes, within, work, disjoint)
    gap = next(search.gaps(0, (1 << len(boxes)) - 1), None)
    return (None if gap is None else search.in_order(gap)), gap is not None or search.left[0] >= 0


def _apart(gaps: Sequence[Box]) -> Iterator[Box]:
    """The boxes, the largest first, each without what those before it take."""
    before: list[Box] = []
    for gap in sorted(set(gaps), key=lambda box: (-_size(box, range(len(box))), box)):
        taken = [shared for box in before if (shared := meet(box, gap)) is not None]
        rest, _ = _first_gap(taken, gap, disjoint=False, work=WORK)
        if rest is not None:
            before.append(_grown(rest, taken, gap))
            yield before[-1]


def _grown(gap: Box, boxes: Sequence[Box], within: Box) -> Box:
    """An uncovered box with as many more atoms of each input as no box takes."""
    grown = list(gap)
    for i, atoms in enumerate(within):
        besides = [box for box in boxes if all(a & b for k, (a, b) in enumerate(zip(grown, box, strict=True))
                                               if k != i)]  # fmt: skip
        grown[i] = atoms & ~reduce(or_, (box[i] for box in besides), 0)
    return tuple(grown)


@dataclass(frozen=True, slots=True)
class _Search:
    """Input by input: sets of boxes are the bits of an integer, those that still may cover the rest.

    `groups` gives for each input the atoms that the same boxes take. Boxes that take all of every input
    from some input on cover the rest whatever it is: `whole`. `sizes` counts what is left of each box from
    an input on, and then of the whole. `settled` are states known to be covered.
    """

    order: tuple[int, ...]
    groups: tuple[dict[int, int], ...]
    whole: tuple[int, ...]
    within: Box
    sizes: tuple[tuple[tuple[int, ...], int], ...] | None
    left: list[int]
    settled: set[tuple[int, int]] = field(default_factory=set)

    @classmethod
    def over(cls, boxes: Sequence[Box], within: Box, work: int, disjoint: bool) -> _Search:
        groups = [_grouped([box[i] for box in boxes], atoms) for i, atoms in enumerate(within)]
        order = sorted(range(len(within)), key=lambda i: -len(groups[i]))
        whole = [(1 << len(boxes)) - 1]
        for i in reversed(order):
            full = sum(1 << k for k, box in enumerate(boxes) if not within[i] & ~box[i])
            whole.append(whole[-1] & full)
        sizes = None
        if disjoint:
            rests = [order[depth:] for depth in range(len(order) + 1)]
            sizes = tuple((tuple(_size(box, rest) for box in boxes), _size(within, rest)) for rest in rests)
        return cls(tuple(order), tuple(groups[i] for i in order), tuple(whole[::-1]), within, sizes, [work])

    def gaps(self, depth: int, active: int) -> Iterator[Box]:
        """Uncovered boxes, as far as the inputs from `depth` on go."""
        if not active:
            yield tuple(self.within[i] for i in self.order[depth:])
            return
        if self._is_covered(depth, active):
            return
        covered = True
        for taking, atoms in self._split(depth, active).items():
            for rest in self.gaps(depth + 1, taking):
                covered = False
                yield (atoms, *rest)
            if self.left[0] < 0:
                return
        if covered:
            self.settled.add((depth, active))

    def _is_covered(self, depth: int, active: int) -> bool:
        if active & self.whole[depth] or (depth, active) in self.settled:
            return True
        if self.sizes is None:
            return False
        sizes, whole = self.sizes[depth]
        return sum(size for k, size in enumerate(sizes) if active >> k & 1) == whole

    def _split(self, depth: int, active: int) -> dict[int, int]:
        """The atoms of one input by the active boxes that take them."""
        found: dict[int, int] = {}
        for taking, atoms in self.groups[depth].items():
            found[taking & active] = found.get(taking & active, 0) | atoms
        self.left[0] -= len(found)
        return found

    def in_order(self, gap: Box) -> Box:
        """A box in the order in which the inputs are written."""
        by_input = dict(zip(self.order, gap, strict=True))
        return tuple(by_input[i] for i in range(len(gap)))


def _grouped(sides: Sequence[int], within: int) -> dict[int, int]:
    """The atoms of one input by the set of boxes that take them."""
    alike: dict[int, int] = {}
    for k, side in enumerate(sides):
        alike[side] = alike.get(side, 0) | 1 << k
    groups: dict[int, int] = {}
    rest = within
    while rest:
        atom = rest & -rest
        rest ^= atom
        taking = 0
        for side, boxes in alike.items():
            if side & atom:
                taking |= boxes
        groups[taking] = groups.get(taking, 0) | atom
    return groups


def _size(box: Box, inputs: Sequence[int]) -> int:
    """How many combinations of atoms a box takes, as far as these inputs go."""
    return prod(box[i].bit_count() for i in inputs)
