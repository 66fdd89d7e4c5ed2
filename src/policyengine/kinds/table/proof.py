"""What the rows of a table leave out, and where two of them match: proved, or shown by a record.

Every row is a box over the atoms of the inputs. A test that rests on more than written values cannot be
told: its row may take anything or nothing, and where that matters it is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Context, localcontext
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from policyengine.dataclass import dataclass
from policyengine.decision.wording import join, plural
from policyengine.diagnostics import Code, Diagnostic, Label, Severity
from policyengine.feel.checker.checker import check
from policyengine.feel.syntax.tree import Expression, Literal
from policyengine.feel.types.types import Context as ContextType
from policyengine.feel.types.types import ListOf
from policyengine.kinds.table.axis import Axis, Test, atoms_of
from policyengine.kinds.table.boxes import Box, Index, bits, overlaps, part_of
from policyengine.kinds.table.cover import Cover, Work, uncovered
from policyengine.kinds.table.inputs import Input, related
from policyengine.policy.rule import ReasonCase, Slice
from policyengine.source import Span

if TYPE_CHECKING:
    from policyengine.policy.draft import Draft

_HEAD = """\
kind: table
id: support-fee
title: Support fee
for: partner
type: money
hit: unique
inputs: [competence_rating, active_accounts]
rows:
"""
GOOD = (
    _HEAD
    + """\
  - {when: {competence_rating: positive, active_accounts: ..10}, then: 10.00}
  - {when: {competence_rating: positive, active_accounts: 11..}, then: active_accounts * 0.90}
  - {when: {competence_rating: [neutral, negative]}, then: 25.00}
"""
)
_FIRST = _HEAD.replace("unique", "first") + "  - {when: {competence_rating: positive}, then: 10.00}\n"
_MANY = "  - {when: {active_accounts: 20..}, then: 15.00}\n"
_OTHERS = "  - {then: 25.00}\n"
GAP = Code(
    id="TABLE001",
    title="a combination of values that no row matches",
    why="For such a record the table says nothing, and everything that uses its result stays undecided. "
    "Where that is meant, `default: none` says so.",
    bad=GOOD.replace("11..", "12.."),
    good=GOOD,
)
OVERLAP = Code(
    id="TABLE002",
    title="a combination of values that two rows match",
    why="The hit policy says that only one row matches (`unique`), or that all that match agree (`any`).",
    bad=GOOD.replace("11..", "10.."),
    good=GOOD,
)
DEAD = Code(
    id="TABLE003",
    title="a row that never counts",
    why="No value passes its tests, or the rows before it take all that do. So it promises what never comes.",
    bad=_FIRST + _OTHERS + _MANY,
    good=_FIRST + _MANY + _OTHERS,
)
UNDECIDED = Code(
    id="TABLE004",
    title="a table that may have gaps or overlaps, which is not decided",
    why="A test that rests on other facts or on a calculation has no fixed set of values, and inputs that "
    "rest on the same facts cannot take every combination. Where no row matches a record, or two do, the "
    "result is not known.",
    bad=_HEAD.replace("active_accounts]", "region]")
    + "  - {when: {region: 'string length(?) > 2'}, then: 1.00}\n"
    + "  - {when: {region: 'string length(?) <= 2'}, then: 2.00}\n",
    good=GOOD,
    severity=Severity.WARNING,
)
TOO_HARD = Code(
    id="TABLE010",
    title="a table too hard to prove anything about",
    why="Whether rows leave a gap, and whether a row ever counts, can be as hard as any puzzle of logic. The "
    "work for one table is bounded, to about two seconds; what it did not decide is said, and may be so.",
    bad="a table of 852 rows, each of which tests three of 200 inputs",
    good="several tables with fewer inputs, one of which tests the results of the others",
    example="folder",
    severity=Severity.WARNING,
)
CODES = (GAP, OVERLAP, DEAD, UNDECIDED, TOO_HARD)

_MOST = 3
_NUMBERS = Context(prec=60, traps=[])  # limits of numbers are a matter of the expressions


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: its heading in reasons, where it begins, all of it, its tests, their places, and what it gives.

    Tests are in the order of the inputs. Of one whose number is cut into slices `cases` tell their parts.
    """

    heading: str
    at: Span
    whole: Span
    tests: tuple[Test, ...]
    cells: tuple[Span, ...]
    values: tuple[Expression, ...]
    slice: Slice | None = None
    cases: tuple[ReasonCase, ...] = ()


@dataclass(frozen=True)
class Table:
    """Rows over inputs; `word` is what one row is called, `hit` the hit policy, `advice` how a gap is filled
    (it may hold `{cells}`, the tests that would take the gap).
    """

    title: str
    word: str
    hit: str
    inputs: tuple[Input, ...]
    rows: tuple[TableRow, ...]
    at: Span
    advice: str
    has_default: bool = False

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """The inputs as far as the rows tell their values apart."""
        return tuple(each.axis(row.tests[i] for row in self.rows) for i, each in enumerate(self.inputs))

    @cached_property
    def whole(self) -> Box:
        """Every combination of values."""
        return tuple(axis.full for axis in self.axes)

    @cached_property
    def _sides(self) -> tuple[tuple[int | None, ...], ...]:
        pairs = list(zip(self.inputs, self.axes, strict=True))
        return tuple(
            tuple(atoms_of(test, axis, each.subject.name)
                  for test, (each, axis) in zip(row.tests, pairs, strict=True))
            for row in self.rows
        )  # fmt: skip

    @cached_property
    def widest(self) -> tuple[Box, ...]:
        """All that each row may match."""
        return tuple(
            tuple(axis.full if side is None else side for side, axis in zip(sides, self.axes, strict=True))
            for sides in self._sides
        )

    @cached_property
    def surely(self) -> tuple[Box, ...]:
        """What each row matches for certain."""
        nothing = (0,) * len(self.inputs)
        return tuple(nothing if None in sides else box
                     for sides, box in zip(self._sides, self.widest, strict=True))  # fmt: skip

    def is_told(self, i: int) -> bool:
        """Whether it is certain what a row matches."""
        return None not in self._sides[i]

    @cached_property
    def untold(self) -> list[tuple[TableRow, int]]:
        """The tests, by their row and input, of which it cannot be told what they take."""
        return [(row, k) for row, sides in zip(self.rows, self._sides, strict=True)
                for k, side in enumerate(sides) if side is None]  # fmt: skip

    def record(self, box: Box, inputs: Sequence[Input] | None = None) -> str:
        """One combination out of a box, as YAML, of all inputs or of some."""
        asked = self.inputs if inputs is None else inputs
        found = [f"{each.id}: {axis.witness(atoms)}"
                 for each, axis, atoms in zip(self.inputs, self.axes, box, strict=True)
                 if each in asked and not isinstance(each.kind, (ListOf, ContextType))]  # fmt: skip
        return f"{{{', '.join(found)}}}"

    def tests_of(self, box: Box) -> str:
        """Tests that take a box, as YAML; an input of which every value belongs to it is left out."""
        found = [f"{each.id}: {axis.cell(atoms)[0]}"
                 for each, axis, atoms in zip(self.inputs, self.axes, box, strict=True)
                 if atoms != axis.full]  # fmt: skip
        return f"{{{', '.join(found)}}}"


def prove(draft: Draft, table: Table) -> bool:
    """Report gaps, overlaps and rows that never count; whether it is certain that a row always matches."""
    with localcontext(_NUMBERS):
        if _has_mistakes(draft, table):
            return False
        work = Work()
        dead, open_rows = _dead(table, work)
        draft.report.extend(dead)
        found = list(islice(_overlaps(table), _MOST)) if table.hit in ("unique", "any") else []
        gaps, complete = ([], False) if table.hit.startswith("collect") else _gaps(table, work)
        if open_rows or (gaps is None and not table.has_default):
            draft.report.add(_too_hard(table, open_rows, gaps is None and not table.has_default, work))
        if not table.has_default and not complete:
            found.extend(gaps or ())
        doubts = [each for each in found if each.code is UNDECIDED]
        draft.report.extend(each for each in found if each.code is not UNDECIDED or each is doubts[0])
        return complete


def _has_mistakes(draft: Draft, table: Table) -> bool:
    """Whether a test of which nothing can be told has a mistake, which is reported with the whole graph."""
    names = draft.vocabulary.names(draft.entity) | {each.subject.name: each.kind for each in table.inputs}
    untold = (row.tests[k] for row, k in table.untold)
    return any(
        check(test, names, functions=draft.functions).diagnostics for test in untold if test is not None
    )


# Rows that never count


def _dead(table: Table, work: Work) -> tuple[list[Diagnostic], list[int]]:
    """Rows that never count, and rows of which that is not decided."""
    found: list[Diagnostic] = []
    taken: list[int] = []
    undecided: list[int] = []
    cover = Cover(table.whole, work)
    for j, box in enumerate(table.widest):
        empty = next((k for k, atoms in enumerate(box) if not atoms and table.axes[k].full), None)
        if empty is not None:
            row, which = table.rows[j], table.inputs[empty].id
            message = f"{row.heading} never counts: no value of `{which}` passes this test"
            found.append(DEAD.at(row.cells[empty], message, help="correct the test, or remove the row"))
        elif table.hit == "first":
            covered = cover.takes(box)
            if covered:
                taken.append(j)
            elif covered is None:
                undecided.append(j)
            if not covered:
                cover.add(table.surely[j])
    return [*found, *_taken(table, taken)], undecided


def _taken(table: Table, rows: Sequence[int]) -> Iterator[Diagnostic]:
    """What to say of rows that those before them take."""
    index, start = Index(table.whole), 0
    for j in rows:
        for i in range(start, j):
            sure = part_of(table.surely[i], table.whole)
            if sure is not None:
                index.add(i, sure)
        start = j
        before = list(islice(bits(index.near(part_of(table.widest[j], table.whole) or ())), _MOST + 1))
        message = f"{table.rows[j].heading} never counts: {_those(table, before)} all that it matches"
        label = Label(table.rows[before[0]].at, "taken from here on")
        yield DEAD.at(table.rows[j].at, message, help="move it up, or remove it", labels=[label])


def _too_hard(table: Table, rows: Sequence[int], gap: bool, work: Work) -> Diagnostic:
    """What the work for a table did not decide."""
    size = f"{len(table.rows)} {_several(table)} over {plural(len(table.inputs), 'input')}"
    whether = ["whether a combination is missing"] if gap else []
    if rows:
        number = "one" if len(rows) == 1 else str(len(rows))
        first = f"{table.word} {rows[0] + 1}" + (" is the first" if len(rows) > 1 else "")
        whether.insert(0, f"whether {number} of {size} ever counts ({first})")
    message = f"not decided within {work.steps:,} steps: {' and '.join(whether)}"
    at = table.rows[rows[0]].at if rows else table.at
    return TOO_HARD.at(at, message, help=f"split the table, or let its {_several(table)} test fewer inputs")


def _those(table: Table, rows: Sequence[int]) -> str:
    if len(rows) > _MOST:
        return f"the {_several(table)} before it take"
    numbers = join(str(i + 1) for i in rows)
    return f"{_several(table)} {numbers} take" if len(rows) > 1 else f"{table.word} {numbers} takes"


def _several(table: Table) -> str:
    return plural(2, table.word).removeprefix("2 ")


# Overlaps


def _overlaps(table: Table) -> Iterator[Diagnostic]:
    alike = [row.values for row in table.rows] if table.hit == "any" else None
    return (_overlap(table, *found) for found in overlaps(table.widest, table.whole, alike))


def _overlap(table: Table, i: int, j: int, shared: Box) -> Diagnostic:
    one, other = table.rows[i], table.rows[j]
    both, record = f"{_several(table)} {i + 1} and {j + 1}", table.record(shared)
    label = Label(one.at, f"{table.word} {i + 1}")
    doubt = _doubt(table, [i, j])
    worked_out = [each for row in (one, other) for each in row.values if not isinstance(each, Literal)]
    if doubt is None and table.hit == "any" and worked_out:
        doubt = (worked_out[0].span, "what they give is worked out")
    if doubt is not None:
        at, reason = doubt
        message = f"whether {both} of {table.title} clash cannot be told: {reason}"
        return UNDECIDED.at(at, message, help=f"they may both match `{record}`", labels=[label])
    message = f"{both} of {table.title} both match `{record}`"
    if table.hit == "any":
        message += " and give different results"
    k = _separating(table, i, j)
    if k is None:
        return OVERLAP.at(other.at, message, help=_apart(table, i, j), labels=[label])
    label = Label(one.cells[k], f"{table.word} {i + 1}")
    return OVERLAP.at(other.cells[k], message, help=_apart(table, i, j, k), labels=[label])


def _separating(table: Table, i: int, j: int) -> int | None:
    """The first input by which the later row can be told from the earlier one, in a single test."""
    rests = [there & ~here for here, there in zip(table.widest[i], table.widest[j], strict=True)]
    found = (k for k, rest in enumerate(rests) if rest and table.axes[k].cell(rest)[1] == rest)
    return next(found, None)


def _apart(table: Table, i: int, j: int, k: int | None = None) -> str:
    if table.word != "row" or table.widest[i] == table.widest[j]:
        return "remove one of them"
    first = "write `hit: first` if the first one counts"
    if k is None:
        return f"let one of them leave that to the other, or {first}"
    rest = table.widest[j][k] & ~table.widest[i][k]
    return f"write `{table.inputs[k].id}: {table.axes[k].cell(rest)[0]}` in row {j + 1}, or {first}"


# Gaps


def _gaps(table: Table, work: Work) -> tuple[list[Diagnostic] | None, bool]:
    """What no row matches, None where that is not decided; whether it is certain that a row always does."""
    apart = next(overlaps(table.widest, table.whole), None) is None
    missing = uncovered(table.widest, table.whole, work, most=_MOST, apart=apart)
    if missing.boxes:
        return [_gap(table, box) for box in missing.boxes], False
    surely = uncovered(table.surely, table.whole, work, most=1, apart=apart) if table.untold else missing
    if not missing.decided or not (surely.decided or surely.boxes):
        return None, False
    if not surely.boxes:
        return [], True
    row, k = table.untold[0]
    message = (
        f"whether {table.title} leaves a gap cannot be told: the values of this test depend on the record"
    )
    record = table.record(surely.boxes[0])
    help = "add a `default`"
    if record != "{}":
        help = f"{help}; without this test no {table.word} matches `{record}`"
    return [UNDECIDED.at(row.cells[k], message, help=help)], False


def _gap(table: Table, box: Box) -> Diagnostic:
    asked = [
        each for each, axis, atoms in zip(table.inputs, table.axes, box, strict=True) if atoms != axis.full
    ]
    record = table.record(box, asked if table.word == "band" else table.inputs)
    doubt = _doubt(table, [], asked)
    help = f"{table.advice.replace('{cells}', table.tests_of(box))}, or a `default`"
    if doubt is not None:
        message = f"no {table.word} of {table.title} matches `{record}`, if that can be: {doubt[1]}"
        return UNDECIDED.at(_nearest(table, box), message, help=help)
    return GAP.at(_nearest(table, box), f"no {table.word} of {table.title} matches `{record}`", help=help)


def _nearest(table: Table, box: Box) -> Span:
    """The test that keeps the row that comes closest from matching; the row where there are several."""
    misses = [[k for k, (a, b) in enumerate(zip(row, box, strict=True)) if not a & b] for row in table.widest]
    ranks = [
        (len(missed), any(not table.axes[k].is_line for k in missed), not _beside(row, box, missed), -i)
        for i, (row, missed) in enumerate(zip(table.widest, misses, strict=True))
    ]
    best = ranks.index(min(ranks))
    return table.rows[best].cells[misses[best][0]] if len(misses[best]) == 1 else table.rows[best].at


def _beside(row: Box, box: Box, missed: Sequence[int]) -> bool:
    """Whether what is missing begins where the row ends, or ends where it begins."""
    return all((row[k] << 1 | row[k] >> 1) & box[k] for k in missed)


def _doubt(table: Table, rows: Iterable[int], inputs: Sequence[Input] = ()) -> tuple[Span, str] | None:
    """Why what the boxes show of the inputs may never occur, and where that stands."""
    tied = related(inputs or table.inputs)
    if tied:
        words = join(f"`{each.id}`" for each in tied)
        return tied[-1].subject.span, f"{words} rest on the same facts"
    untold = next((i for i in rows if not table.is_told(i)), None)
    if untold is None:
        return None
    row = table.rows[untold]
    k = next(k for other, k in table.untold if other is row)
    return row.cells[k], "the values of this test depend on the record"
