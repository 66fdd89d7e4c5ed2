"""Finds the statements of a ledger in a new copy of its document: unchanged, moved, changed, new, gone.

A statement is unchanged where its words stand in the copy, whatever stands around them. Statements that keep
their order are in place; what remains of both sides between two of them belongs together: by the sketch where
it tells, else by order. What is alike elsewhere is changed and moved; the rest is new or gone. New words
within the sentence of a statement that is there change that statement.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

from policyengine.copies.passages import Copy, Passage
from policyengine.copies.words import BITS, Run, shared_bits, sketch
from policyengine.dataclass import dataclass
from policyengine.program.ledgers import Entry

Sort = Literal["unchanged", "moved", "changed", "new", "gone"]
SORTS: tuple[Sort, ...] = ("unchanged", "moved", "changed", "new", "gone")
_ALIKE, _SURELY = 38, 44
"""So many bits of two sketches agree where texts are alike: at the same place, and anywhere."""
_MOST_PIECES = 6
"""So many pieces of the copy may have become of one statement."""
_MOST_PAIRS = 40_000
_MOST_WINDOWS = 1_000_000
"""So many runs of words are tried in all for statements that begin where no piece of the copy begins."""


@dataclass(frozen=True, slots=True)
class Found:
    """Statements with one text, or a piece of the copy that is new: what became of them.

    `start` and `end` are words of the copy; `entries` are empty for what is new. `beside` are the statements
    around a new piece.
    """

    sort: Sort
    entries: tuple[Entry, ...] = ()
    start: int = 0
    end: int = 0
    beside: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of the statements of a ledger in a copy, in the order of the copy."""

    copy: Copy
    found: tuple[Found, ...]

    def of(self, sort: Sort) -> tuple[Found, ...]:
        """What became that."""
        return tuple(each for each in self.found if each.sort == sort)

    def passage(self, found: Found) -> Passage | None:
        """The passage in which something stands; None for what is gone."""
        return self.copy.passage_at(found.start) if found.end > found.start else None

    def text(self, found: Found) -> str:
        """What the copy says there."""
        return self.copy.text(found.start, found.end)

    @property
    def differs(self) -> bool:
        """Whether somebody has to look at it."""
        return any(each.sort != "unchanged" for each in self.found)


@dataclass(frozen=True, slots=True)
class _Unit:
    """Statements in a row that have one text."""

    entries: tuple[Entry, ...]
    size: int
    hash: bytes
    sketch: int


class _Matcher:
    def __init__(self, units: Sequence[_Unit], copy: Copy) -> None:
        self.units, self.copy = units, copy
        self.at: dict[int, tuple[int, int]] = {}  # the place of each unit that was found
        self.moved: set[int] = set()
        self.changed: set[int] = set()
        self.covered = bytearray(len(copy.words))
        self.run_of_words = Run(copy.words)
        self.windows = _MOST_WINDOWS

    def run(self) -> tuple[Found, ...]:
        """Every unit, and every piece of the copy that no unit covers."""
        starts = [piece.start for piece in self.copy.pieces]
        places = self._places(range(len(self.units)), starts)
        for unit, place in _in_order(places):
            self._settle(unit, place)
        for lost, pieces in list(self._gaps()):
            self._same_words(lost, pieces[0][0], pieces[-1][1])
        self._elsewhere(places)
        lost = [i for i in range(len(self.units)) if i not in self.at]
        self.windows -= len({self.units[i].size for i in lost}) * len(self.copy.words)
        if self.windows > 0:
            self._elsewhere(self._places(lost, range(len(self.copy.words))))
        for lost, pieces in list(self._gaps()):
            self._pair(lost, pieces)
        self._alike_anywhere()
        self._other_headings()
        return tuple(self._found())

    def _settle(self, unit: int, place: tuple[int, int]) -> None:
        self.at[unit] = place
        self.covered[place[0] : place[1]] = b"\1" * (place[1] - place[0])

    # The same words

    def _places(self, units: Iterable[int], starts: Sequence[int]) -> list[list[tuple[int, int]]]:
        """Where the words of units stand, of the runs that begin at some words."""
        wanted: dict[int, dict[bytes, list[int]]] = {}
        for i in units:
            wanted.setdefault(self.units[i].size, {}).setdefault(self.units[i].hash, []).append(i)
        places: list[list[tuple[int, int]]] = [[] for _ in self.units]
        hash_of = self.run_of_words.hash
        for size, hashes in wanted.items():
            last = len(self.copy.words) - size
            for start in starts:
                if start <= last:
                    for unit in hashes.get(hash_of(start, start + size), ()):
                        places[unit].append((start, start + size))
        return places

    def _elsewhere(self, places: Sequence[Sequence[tuple[int, int]]]) -> None:
        """What stands in the copy in a different order."""
        for i, found in enumerate(places):
            free = next(
                (each for each in found if i not in self.at and not any(self.covered[slice(*each)])), None
            )
            if free is not None:
                self._settle(i, free)
                self.moved.add(i)

    # What is changed

    def _gaps(self) -> Iterator[tuple[list[int], list[tuple[int, int]]]]:
        """Between statements in place: the units that were not found, and the pieces that no unit covers."""
        edges = [-1, *sorted(set(self.at) - self.moved), len(self.units)]
        pieces = self._free_pieces()
        for one, other in pairwise(edges):
            start = self.at[one][1] if one >= 0 else 0
            end = self.at[other][0] if other < len(self.units) else len(self.copy.words)
            lost = [i for i in range(one + 1, other) if i not in self.at]
            first = bisect_left(pieces, (start, start))
            last = bisect_left(pieces, (end, end), lo=first)
            if lost and last > first:
                yield lost, pieces[first:last]

    def _same_words(self, lost: Sequence[int], start: int, end: int) -> None:
        """Finds what stands there after all, although no piece of the copy begins with it."""
        for i in lost:
            size = self.units[i].size
            self.windows -= end - start
            if self.windows < 0:
                return
            for at in range(start, end - size + 1):
                free = not any(self.covered[at : at + size])
                if free and self.run_of_words.hash(at, at + size) == self.units[i].hash:
                    self._settle(i, (at, at + size))
                    start = at + size
                    break

    def _free_pieces(self) -> list[tuple[int, int]]:
        """The runs of words that no unit covers, cut where pieces end."""
        found: list[tuple[int, int]] = []
        for piece in self.copy.pieces:
            at = self.covered.find(0, piece.start, piece.end)
            while at >= 0:
                end = self.covered.find(1, at, piece.end)
                end = end if end >= 0 else piece.end
                found.append((at, end))
                at = self.covered.find(0, end, piece.end)
        return found

    def _pair(self, lost: Sequence[int], pieces: Sequence[tuple[int, int]]) -> None:
        """Pairs what is lost and new at one place: the most alike in order, then the rest in order."""
        taken = self._alike_in_order(lost, pieces)
        edges = [(-1, (-1, -1)), *taken, (len(lost), (len(pieces), len(pieces)))]
        for (one, (_, start)), (other, (end, _)) in pairwise(edges):
            left = list(lost[one + 1 : other])
            free = list(pieces[max(start, 0) : end])
            for i, unit in enumerate(left[: len(free)]):
                more = free[i:] if i + 1 == len(left) and self._one_sentence(free[i:]) else free[i : i + 1]
                self._change(unit, (more[0][0], more[-1][1]))
        for i, (start, end) in taken:
            self._change(lost[i], (pieces[start][0], pieces[end - 1][1]))

    def _one_sentence(self, pieces: Sequence[tuple[int, int]]) -> bool:
        numbers = {self.copy.pieces[self.copy.piece_of[start]].sentence for start, _ in pieces}
        return len(numbers) == 1

    def _change(self, unit: int, place: tuple[int, int]) -> None:
        self._settle(unit, place)
        if self.run_of_words.hash(*place) != self.units[unit].hash:
            self.changed.add(unit)

    def _alike_in_order(
        self, lost: Sequence[int], pieces: Sequence[tuple[int, int]]
    ) -> list[tuple[int, tuple[int, int]]]:
        """The best pairs in order of a lost unit and of pieces next to each other that are alike."""
        if len(lost) * len(pieces) > _MOST_PAIRS:
            return []
        best: list[list[tuple[int, tuple[tuple[int, tuple[int, int]], ...]]]]
        best = [[(0, ())] * (len(pieces) + 1) for _ in range(len(lost) + 1)]
        for i in range(len(lost) - 1, -1, -1):
            for j in range(len(pieces) - 1, -1, -1):
                found = max(best[i + 1][j], best[i][j + 1], key=lambda each: each[0])
                for end in range(j + 1, min(len(pieces), j + _MOST_PIECES) + 1):
                    size = pieces[end - 1][1] - pieces[j][0]
                    if size > 2 * self.units[lost[i]].size + 4:
                        break
                    score = self._alike(lost[i], (pieces[j][0], pieces[end - 1][1]))
                    if score >= _ALIKE:
                        rest = best[i + 1][end]
                        total = score - BITS // 2 + rest[0]
                        if total > found[0]:
                            found = (total, ((i, (j, end)), *rest[1]))
                best[i][j] = found
        return list(best[0][0][1])

    def _alike(self, unit: int, place: tuple[int, int]) -> int:
        return shared_bits(self.units[unit].sketch, sketch(self.copy.words[place[0] : place[1]]))

    def _alike_anywhere(self) -> None:
        """What is changed and stands elsewhere."""
        lost = [i for i in range(len(self.units)) if i not in self.at]
        pieces = self._free_pieces()
        if len(lost) * len(pieces) > _MOST_PAIRS * 10:
            return
        sketches = [sketch(self.copy.words[start:end]) for start, end in pieces]
        scores = [
            (shared_bits(self.units[i].sketch, each), i, j) for i in lost for j, each in enumerate(sketches)
        ]
        used: set[int] = set()
        for score, i, j in sorted(scores, key=lambda each: (-each[0], each[1:])):
            if score >= _SURELY and i not in self.at and j not in used:
                used.add(j)
                self._change(i, pieces[j])

    def _other_headings(self) -> None:
        """Of what stands in a different order, only that has moved which stands under a different heading."""
        headings: dict[str, Counter[str | None]] = {}
        for i, (start, _) in self.at.items():
            label = self.units[i].entries[0].statement.section
            if label is not None:
                headings.setdefault(label, Counter())[self.copy.passage_at(start).section] += 1
        for i in list(self.moved):
            label = self.units[i].entries[0].statement.section
            common = headings[label].most_common(1)[0][0] if label is not None else None
            if label is None or common == self.copy.passage_at(self.at[i][0]).section:
                self.moved.discard(i)

    # The result

    def _found(self) -> Iterator[Found]:
        placed = sorted(self.at, key=lambda each: (self.at[each], each))
        touched, new = self._touched(placed)
        found = [
            Found(self._sort(i, touched), self.units[i].entries, *touched.get(i, self.at[i])) for i in placed
        ]
        found += new
        for i, unit in enumerate(self.units):
            if i not in self.at:
                before = max((self.at[each][1] for each in placed if each < i), default=0)
                found.append(Found("gone", unit.entries, before, before))
        yield from sorted(found, key=lambda each: (each.start, each.end))

    def _sort(self, unit: int, touched: dict[int, tuple[int, int]]) -> Sort:
        if unit in self.changed or unit in touched:
            return "changed"
        return "moved" if unit in self.moved else "unchanged"

    def _touched(self, placed: Sequence[int]) -> tuple[dict[int, tuple[int, int]], list[Found]]:
        """The units whose sentence has further words, with these; and the pieces that are new."""
        owner: dict[int, int] = {}
        for i in placed:
            owner.update(dict.fromkeys(range(*self.at[i]), i))
        touched: dict[int, tuple[int, int]] = {}
        new: list[Found] = []
        for start, end in self._free_pieces():
            before, after = owner.get(start - 1), owner.get(end)
            near = [
                i
                for i, word in ((before, start - 1), (after, end))
                if i is not None and self._joined(word, start)
            ]
            if near:
                one = near[0]
                whole = touched.get(one, self.at[one])
                touched[one] = (min(whole[0], start), max(whole[1], end))
                owner.update(dict.fromkeys(range(start, end), one))
                continue
            beside = [self.units[i].entries[0] for i in (before, after) if i is not None]
            new.append(Found("new", (), start, end, tuple(beside)))
        return touched, new

    def _joined(self, word: int, other: int) -> bool:
        """Whether two words stand in one sentence."""
        one, two = (self.copy.pieces[self.copy.piece_of[each]].sentence for each in (word, other))
        return one == two


def compare_copy(entries: Sequence[Entry], copy: Copy) -> Comparison:
    """Compares the statements of a ledger, in their order, with a copy of the document."""
    return Comparison(copy, _Matcher(_units(entries), copy).run())


def _units(entries: Sequence[Entry]) -> list[_Unit]:
    units: list[_Unit] = []
    for each in entries:
        if each.statement.fingerprint is None:
            continue
        size, hash, bits = each.statement.fingerprint.split("-")
        if units and (units[-1].size, units[-1].hash) == (int(size), bytes.fromhex(hash)):
            units[-1] = replace(units[-1], entries=(*units[-1].entries, each))
        else:
            units.append(_Unit((each,), int(size), bytes.fromhex(hash), int(bits, 16)))
    return units


def _in_order(places: Sequence[Sequence[tuple[int, int]]]) -> Iterator[tuple[int, tuple[int, int]]]:
    """The most units that stand in the copy in their own order, each with its place."""
    tails: list[tuple[int, int]] = []
    ends: list[tuple[int, tuple[int, int], object]] = []
    for unit, found in enumerate(places):
        for place in sorted(set(found), reverse=True):
            at = bisect_left(tails, place)
            chain = (unit, place, ends[at - 1] if at else None)
            tails[at : at + 1] = [place]
            ends[at : at + 1] = [chain]
    chain_: object = ends[-1] if ends else None
    while isinstance(chain_, tuple):
        unit, place, chain_ = chain_
        yield unit, place
