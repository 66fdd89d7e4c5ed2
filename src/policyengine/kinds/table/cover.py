"""What boxes cover together: parts that none of them takes, and boxes that others take as a whole.

Such questions can be as hard as any puzzle of logic, so that every look at a side of a box is counted as a
step, and the steps are bounded: the answer may be that it is not decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import prod

from policyengine.dataclass import dataclass
from policyengine.kinds.table.boxes import Box, Index, Part, bits, part_of

WORK = 3_000_000
"""The steps that are taken for one table, which are about two seconds."""
_SHARE = 8
"""One question takes at most one of so many parts of the steps that are left."""

Sides = dict[int, int]


class Exhausted(Exception):  # noqa: N818  # not a mistake: it leaves the search
    """The search takes too long."""


class Work:
    """The steps that are left for the questions about one table."""

    def __init__(self, steps: int | None = None) -> None:
        self.steps = self.left = WORK if steps is None else steps
        self._until = 0

    def begin(self) -> None:
        """From here on the steps are those of one question."""
        self._until = self.left - self.left // _SHARE

    def take(self, steps: int) -> None:
        """Count some steps; raises `Exhausted` where a question takes too many."""
        self.left -= steps
        if self.left < self._until:
            raise Exhausted


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Boxes that nothing covers, some of them or all; `decided` is false where the work was too much."""

    boxes: tuple[Box, ...]
    decided: bool = True


def uncovered(
    boxes: Sequence[Box], within: Box, work: Work, *, most: int = 3, apart: bool = False
) -> Uncovered:
    """Parts of `within` that no box covers, at most so many, each as large as it can be.

    None means that all of it is covered. Where no two boxes share anything (`apart`), counting what they take
    settles much at once.
    """
    parts = [part for box in boxes if (part := part_of(box, within)) is not None]
    taken, found = _merged(parts, within), list[Box]()
    work.begin()
    try:
        while len(found) < most:
            gap = _first_gap(taken, within, work, apart)
            if gap is None:
                break
            found.append(_grown(gap, parts, within))
            taken.append(tuple(sorted(gap.items())))
    except Exhausted:
        return Uncovered(tuple(_without_each_other(found)), decided=bool(found))
    return Uncovered(tuple(_without_each_other(found)))


def _without_each_other(gaps: Sequence[Box]) -> Iterator[Box]:
    """The boxes, the largest first, each without what those before it take."""
    before: list[Box] = []
    for gap in sorted(set(gaps), key=lambda box: (-prod(map(int.bit_count, box)), box)):
        taken = [part for box in before if (part := part_of(box, gap)) is not None]
        rest = _first_gap(taken, gap, Work(), apart=False)
        if rest is not None:
            before.append(_grown(rest, taken, gap))
            yield before[-1]


def _grown(gap: Sides, parts: Iterable[Part], within: Box) -> Box:
    """An uncovered box with as many more atoms of each input as no part takes."""
    grown = [gap.get(k, atoms) for k, atoms in enumerate(within)]
    missed = [{k: atoms for k, atoms in part if not atoms & grown[k]} for part in parts]
    by_input: dict[int, list[Sides]] = {}
    for misses in missed:
        for k in misses:
            by_input.setdefault(k, []).append(misses)
    for k, atoms in enumerate(within):
        for misses in by_input.get(k, ()):
            if len(misses) == 1:
                atoms &= ~misses[k]
        grown[k] = atoms
        for misses in by_input.get(k, ()):
            if misses[k] & atoms:
                del misses[k]
    return tuple(grown)


def _merged(parts: Iterable[Part], within: Box) -> list[Part]:
    """Parts that differ in one input only as one part."""
    by_inputs: dict[tuple[int, ...], set[Part]] = {}
    for part in parts:
        by_inputs.setdefault(tuple(k for k, _ in part), set()).add(part)
    done: list[Part] = []
    while by_inputs:
        inputs = max(by_inputs, key=lambda each: (len(each), each))
        some = by_inputs.pop(inputs)
        before = len(some) + 1
        while len(some) < before:
            before = len(some)
            for i, k in enumerate(inputs):
                rests: dict[tuple[Part, Part], int] = {}
                for part in some:
                    rest = part[:i], part[i + 1 :]
                    rests[rest] = rests.get(rest, 0) | part[i][1]
                some = set()
                for (low, high), atoms in rests.items():
                    if atoms == within[k]:
                        fewer = inputs[:i] + inputs[i + 1 :]
                        by_inputs.setdefault(fewer, set()).add(low + high)
                    else:
                        some.add((*low, (k, atoms), *high))
        done.extend(sorted(some))
    return done


# The search


def _first_gap(parts: Sequence[Part], within: Box, work: Work, apart: bool) -> Sides | None:
    """A box that no part takes, by the inputs of which it has not all atoms; None if there is none.

    What a part takes by one input alone is cut away. Where there is nothing of that kind, one input is
    halved, the lower half first.
    """
    pending: list[tuple[Sequence[Part], Sides]] = [(parts, {})]
    seen: set[tuple[tuple[Part, ...], tuple[int, ...]]] = set()
    while pending:
        some, sides = pending.pop()
        cut = _cut(some, sides, within, work)
        if cut is None:
            continue
        if not cut:
            return sides
        weights: Sides = {}
        for part in cut:
            weight = 1 << max(0, 16 - 2 * len(part))
            for k, _ in part:
                weights[k] = weights.get(k, 0) + weight
        state = tuple(cut), tuple(sides.get(k, within[k]) for k in weights)
        if state in seen or (apart and _fill(cut, dict(zip(weights, state[1], strict=True)))):
            continue
        seen.add(state)
        k = max(weights, key=lambda each: (weights[each], -each))
        atoms = sides.get(k, within[k])
        low = _half(atoms, [side for part in cut for each, side in part if each == k])
        pending += [(cut, {**sides, k: atoms & ~low}), (cut, {**sides, k: low})]
    return None


def _cut(parts: Sequence[Part], sides: Sides, within: Box, work: Work) -> list[Part] | None:
    """The parts as far as they lie within `sides`, which shrinks to what no part takes by one input alone.

    None where nothing is left.
    """
    while True:
        work.take(sum(map(len, parts)) + 1)
        found: list[Part] = []
        taken: Sides = {}
        for part in parts:
            part = tuple(_clipped(part, sides, within)) if sides else part
            if part and not part[-1][1]:
                continue
            if not part:
                return None
            if len(part) == 1:
                k, atoms = part[0]
                taken[k] = taken.get(k, 0) | atoms
            else:
                found.append(part)
        if not taken:
            return found
        for k, atoms in taken.items():
            sides[k] = sides.get(k, within[k]) & ~atoms
            if not sides[k]:
                return None
        parts = found


def _clipped(part: Part, sides: Sides, within: Box) -> Iterator[tuple[int, int]]:
    """What a part has within `sides`; it ends with no atoms where that is nothing."""
    for side in part:
        k, atoms = side
        around = sides.get(k)
        if around is None:
            yield side
            continue
        shared = atoms & around
        if shared != around:
            yield side if shared == atoms else (k, shared)
            if not shared:
                return


def _fill(parts: Iterable[Part], sides: Sides) -> bool:
    """Whether parts of which no two share anything take all of a box."""
    sizes = {k: atoms.bit_count() for k, atoms in sides.items()}
    whole = prod(sizes.values())
    return whole == sum(
        whole // prod(sizes[k] for k, _ in part) * prod(atoms.bit_count() for _, atoms in part)
        for part in parts
    )


def _half(atoms: int, sides: Sequence[int]) -> int:
    """The atoms below the middle one of the places at which a side begins or ends, or a side."""
    lowest, highest = (atoms & -atoms).bit_length() - 1, atoms.bit_length()
    starts = [start for side in sides if (start := (side & -side).bit_length() - 1) > lowest]
    places = sorted(starts or [end for side in sides if (end := side.bit_length()) < highest])
    return atoms & ((1 << places[len(places) // 2]) - 1) if places else sides[0]


# Boxes one after the other


class Cover:
    """Boxes that are added one after the other, and whether they take a box that comes next.

    Boxes that differ in one input only, that with the most atoms, are kept as one piece.
    """

    def __init__(self, whole: Box, work: Work) -> None:
        self._whole = whole
        self._work = work
        self._main = max(range(len(whole)), key=lambda k: whole[k].bit_length(), default=0)
        self._index = Index(whole)
        self._pieces: list[Sides] = []
        self._numbers: dict[Part, int] = {}

    def add(self, box: Box) -> None:
        """A further box."""
        part = part_of(box, self._whole)
        if part is None:
            return
        rest = tuple(side for side in part if side[0] != self._main)
        number = self._numbers.setdefault(rest, len(self._pieces))
        if number == len(self._pieces):
            self._pieces.append(dict(rest))
        main = self._pieces[number].get(self._main, 0) | box[self._main]
        self._pieces[number][self._main] = main
        self._index.add(number, (*rest, (self._main, box[self._main])))

    def takes(self, box: Box) -> bool | None:
        """Whether the boxes so far take all of a box; None where that is not decided."""
        part = part_of(box, self._whole)
        if part is None:
            return True
        self._work.begin()
        try:
            parts = list(self._near(part, box))
            if () in parts or len(parts) < 2:
                return () in parts
            return _first_gap(_merged(parts, box), box, self._work, apart=False) is None
        except Exhausted:
            return None

    def _near(self, part: Part, box: Box) -> Iterator[Part]:
        """What the pieces have of a box."""
        for number in bits(self._index.near(part)):
            piece = self._pieces[number]
            self._work.take(len(piece) + 1)
            found = tuple((k, box[k] & atoms) for k, atoms in piece.items() if box[k] & ~atoms)
            if all(atoms for _, atoms in found):
                yield found
