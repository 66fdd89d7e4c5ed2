"""What two programs state differently about one record, and what of it all changes together undo."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from policyengine.analysis.statements import FIGURES, MOVES, Statement
from policyengine.dataclass import dataclass
from policyengine.decision.findings import SECTIONS

_ORDER = (*(name for name in SECTIONS if name != FIGURES), MOVES, FIGURES)


@dataclass(frozen=True, slots=True)
class Contrast:
    """A statement that two programs make differently; None for a program that does not make it.

    Where `new` has one of several changes, and with all of them something else is said, it is `alone`, and
    `whole` is what is said then.
    """

    old: Statement | None
    new: Statement | None
    alone: bool = False
    whole: Statement | None = None

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """The identity of the statement."""
        said = self.old or self.new
        assert said is not None
        return said.key

    @property
    def decided(self) -> bool:
        """Whether both sides are decided."""
        return all(side is None or side.decided for side in (self.old, self.new))


def with_all_changes(
    found: Iterable[Contrast], old: Iterable[Statement], whole: Iterable[Statement]
) -> Iterator[Contrast]:
    """The contrasts, each with what is said with all changes, where that is not what it says itself."""
    left: dict[object, list[Contrast]] = {}
    for each in contrasts(old, whole):
        left.setdefault(each.key, []).append(each)
    for each in found:
        there = left.get(each.key, [])
        same = next((other for other in there if _form(other.new) == _form(each.new)), None)
        other = same or next((other for other in there if _form(other.old) == _form(each.old)), None)
        if other is not None:
            there.remove(other)
        said = each.old if other is None else other.new
        yield each if same is not None else Contrast(each.old, each.new, alone=True, whole=said)


def _form(said: Statement | None) -> Hashable:
    return None if said is None else said.form


def contrasts(old: Iterable[Statement], new: Iterable[Statement]) -> list[Contrast]:
    """The statements that two programs make differently about one record."""
    sides: dict[tuple[str, str, str, str, int], tuple[list[Statement], list[Statement]]] = {}
    for side, said in enumerate((old, new)):
        for each in said:
            sides.setdefault(each.key, ([], []))[side].append(each)
    found: list[Contrast] = []
    for before, after in sides.values():
        if len(before) == len(after) == 1 and before[0].values == after[0].values:
            continue
        found.extend(_pairs(before, after))
    return sorted(found, key=_rank)


def _rank(contrast: Contrast) -> tuple[bool, int]:
    """Orders decided contrasts first, then by section."""
    said = contrast.old or contrast.new
    return not contrast.decided, _ORDER.index(said.section) if said is not None else 0


def _pairs(before: list[Statement], after: list[Statement]) -> Iterator[Contrast]:
    """Pairs the statements that have no equal on the other side, in order."""
    forms = [each.form for each in after]
    left: list[Statement] = []
    for each in before:
        if each.form in forms:
            forms[forms.index(each.form)] = None
        else:
            left.append(each)
    rest = [each for each, form in zip(after, forms, strict=True) if form is not None]
    for i in range(max(len(left), len(rest))):
        yield Contrast(left[i] if i < len(left) else None, rest[i] if i < len(rest) else None)
