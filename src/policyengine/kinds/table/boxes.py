"""Boxes: where the rows of a table meet.

Each input of a table is cut into atoms, pieces within which no test of the table changes its mind. A box
says for every input which atoms it takes, as the bits of an integer; a row is a box. Nothing here knows
what an atom stands for.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

Box = tuple[int, ...]
"""For every input the atoms that belong to it; bit i is atom i."""
Part = tuple[tuple[int, int], ...]
"""A box within another one: its inputs and their atoms, without the inputs of which it has all atoms."""


def meet(one: Box, other: Box) -> Box | None:
    """What two boxes share; None if they share nothing."""
    shared = tuple(a & b for a, b in zip(one, other, strict=True))
    return shared if all(shared) else None


def part_of(box: Box, within: Box) -> Part | None:
    """What a box has of another one; None if they share nothing."""
    found = []
    for k, (atoms, whole) in enumerate(zip(box, within, strict=True)):
        shared = atoms & whole
        if not shared:
            return None
        if shared != whole:
            found.append((k, shared))
    return tuple(found)


def runs(atoms: int) -> Iterator[tuple[int, int]]:
    """The first and the last of atoms that lie together."""
    while atoms:
        lowest = atoms & -atoms
        above = atoms + lowest
        yield lowest.bit_length() - 1, (above & ~atoms).bit_length() - 2
        atoms &= above


def bits(found: int) -> Iterator[int]:
    """The numbers of the bits that are set, from the lowest."""
    while found:
        lowest = found & -found
        yield lowest.bit_length() - 1
        found ^= lowest


class _Side:
    """Boxes by their atoms of one input, as two trees over the atoms: node i is above 2i and 2i + 1.

    `over` has a box at the nodes that together are a run of its atoms, `starts` at all nodes above the first
    atom of a run. `tested` are the boxes that were added. So a look-up takes as many steps as the trees are
    high, however many boxes there are.
    """

    def __init__(self, atoms: int) -> None:
        self.atoms = atoms
        self.over = [0] * (2 * atoms)
        self.starts = [0] * (2 * atoms)
        self.tested = 0

    def add(self, bit: int, atoms: int) -> None:
        self.tested |= bit
        for first, last in runs(atoms):
            for node in self._between(first, last):
                self.over[node] |= bit
            for node in self._above(first):
                self.starts[node] |= bit

    def near(self, atoms: int) -> int:
        """The boxes that have one of the atoms: they are over the first of a run, or start behind it."""
        found = 0
        for first, last in runs(atoms):
            for node in self._above(first):
                found |= self.over[node]
            for node in self._between(first + 1, last):
                found |= self.starts[node]
        return found

    def _above(self, atom: int) -> Iterator[int]:
        node = atom + self.atoms
        while node:
            yield node
            node >>= 1

    def _between(self, first: int, last: int) -> Iterator[int]:
        low, high = first + self.atoms, last + 1 + self.atoms
        while low < high:
            if low & 1:
                yield low
                low += 1
            if high & 1:
                high -= 1
                yield high
            low >>= 1
            high >>= 1


class Index:
    """Boxes by number; `near` finds those that meet a box without a look at each."""

    def __init__(self, whole: Box) -> None:
        self._whole = whole
        self._sides: dict[int, _Side] = {}
        self.boxes = 0

    def add(self, number: int, part: Part) -> None:
        """Add a part of the whole under a number; one number may have several."""
        self.boxes |= 1 << number
        for k, atoms in part:
            if k not in self._sides:
                self._sides[k] = _Side(self._whole[k].bit_length())
            self._sides[k].add(1 << number, atoms)

    def near(self, part: Part) -> int:
        """The numbers of the boxes that meet a part, as bits."""
        found = self.boxes
        for k, atoms in part:
            if k in self._sides:
                side = self._sides[k]
                found &= side.near(atoms) | ~side.tested
        return found


def overlaps(
    boxes: Sequence[Box], whole: Box, alike: Sequence[Hashable] | None = None
) -> Iterator[tuple[int, int, Box]]:
    """For every box that meets one before it: the first such one, itself, and what they share.

    All lie within `whole`. Two that are `alike` do not count.
    """
    index, same = Index(whole), dict[Hashable, int]()
    for j, box in enumerate(boxes):
        part = part_of(box, whole)
        if part is None:
            continue
        near = index.near(part)
        if alike is not None:
            near &= ~same.get(alike[j], 0)
            same[alike[j]] = same.get(alike[j], 0) | 1 << j
        index.add(j, part)
        if near:
            i = next(bits(near))
            yield i, j, tuple(a & b for a, b in zip(boxes[i], box, strict=True))
