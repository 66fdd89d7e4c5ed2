"""What a list is: columns with a name and a title, and rows in the order in which they are to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from policyengine.dataclass import dataclass
from policyengine.decision.decision import Decision
from policyengine.decision.findings import Finding
from policyengine.decision.wording import number, short_name
from policyengine.program.record import Record
from policyengine.reports.sorted_rows import Rank, SortedPart, SortedRows, sorted_part

CellKind = Literal["text", "date", "count", "exact", "rate", "money"]


Cell = str | int | Decimal | date | None
Cells = tuple[Cell, ...]


class Later:
    """Some cells of a row that are worked out when they are needed, all at once."""

    def __init__(self, work_out: Callable[[], Cells], at: int = 0, first: Later | None = None) -> None:
        self._work_out = work_out
        self._at = at
        self._first = first or self
        self._found: Cells | None = None

    def __call__(self) -> Cell:
        """The cell."""
        if self._first._found is None:
            self._first._found = self._work_out()
        return self._first._found[self._at]


def later(work_out: Callable[[], Cells], count: int) -> tuple[Later, ...]:
    """So many cells that are worked out when they are needed."""
    first = Later(work_out)
    return (first, *(Later(work_out, at, first) for at in range(1, count)))


OpenRow = tuple[Cell | Later, ...]
"""A row whose last cells may be left for later."""
CURRENCY = "currency"
"""The column with the currency of the amounts of a row; for people it stands beside the amount."""


class Say(Protocol):
    """The words of a language, in which people read a list."""

    def __call__(self, text: str, **values: object) -> str:
        """A text that English has."""

    def short_day(self, value: date) -> str:
        """A day."""

    def digits(self, text: str) -> str:
        """A text with numbers as English writes them."""

    def quantity(self, value: object, unit: str = "") -> str:
        """A value with the unit of its number."""

    def period(self, label: str) -> str:
        """What a period is called."""


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column: its name for programs, its title for people, and what its cells hold."""

    name: str
    title: str
    kind: CellKind = "text"


class Answer(NamedTuple):
    """A record and what is decided about it."""

    record: Record
    decision: Decision


class Head(NamedTuple):
    """What a list is called, its columns, and in a sentence what it means that it is empty."""

    id: str
    title: str
    columns: tuple[ListColumn, ...]
    nothing: str

    def told(self, say: Say) -> Head:
        """The head in the words of a language."""
        columns = tuple(ListColumn(each.name, say(each.title), each.kind) for each in self.columns)
        return Head(self.id, say(self.title), columns, say(self.nothing))

    def places(self, *names: str) -> list[int]:
        """Where the columns of these names stand."""
        known = {column.name: i for i, column in enumerate(self.columns)}
        return [known[name] for name in names]


class Table(Protocol):
    """Rows that can be gone through several times; for a table in CSV they may be its lines."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Any]: ...


class Listing(NamedTuple):
    """A list: its head, its rows, and what is to be known of it.

    `more` are rows that were left out, since only the first were asked for.
    """

    head: Head
    rows: Table
    note: str = ""
    more: int = 0


Part = TypeVar("Part")


class Collector(Protocol[Part]):
    """Takes what belongs into a list, part by part: parts may be made in other processes."""

    def part(self, answers: Sequence[Answer]) -> Part:
        """What some records give to the list."""

    def add(self, part: Part) -> None:
        """The part of the next records."""

    def listing(self) -> Listing:
        """The list of all that was added."""


class RowPart(NamedTuple):
    """The rows of some records with their ranks, and how many there were before only the first were kept.

    `open` counts what may belong into the list besides.
    """

    found: int
    rows: SortedPart
    open: int


class Rows:
    """Collects the rows that `rows_of` gives for each record, in the order of `rank`.

    With `most` the first so many are kept, and the others counted. What takes long is worked out then for
    those alone that may be among them: cells may be `Later`, of which no rank depends. `may_belong` counts
    what is not decided of a record, and may belong into the list.
    """

    def __init__(
        self,
        head: Head,
        rows_of: Callable[[Answer], Iterable[OpenRow]],
        rank: Callable[[tuple[Any, ...]], Rank],
        most: int | None = None,
        may_belong: Callable[[Answer], int] = lambda answer: 0,
    ) -> None:
        self._may_belong = may_belong
        self._open = 0
        self._head = head
        self._rows_of = rows_of
        self._rank = rank
        self._most = most
        self._first: list[Rank] = []
        self._rows = SortedRows()
        self._more = 0

    def part(self, answers: Sequence[Answer]) -> RowPart:
        """The rows of some records."""
        rows = [(self._rank(row), row) for each in answers for row in self._rows_of(each)]
        kept = rows if self._most is None else self._may_be_first(rows, self._most)
        open_ones = sum(map(self._may_belong, answers))
        return RowPart(len(rows), sorted_part([(rank, settled(row)) for rank, row in kept]), open_ones)

    def _may_be_first(self, rows: list[tuple[Rank, OpenRow]], most: int) -> list[tuple[Rank, OpenRow]]:
        """The rows in front of which fewer than `most` stood so far."""
        rows.sort(key=itemgetter(0))
        self._first = sorted([*self._first, *(rank for rank, _ in rows[:most])])[:most]
        return [each for each in rows[:most] if each[0] <= self._first[-1]]

    def add(self, part: RowPart) -> None:
        """The rows of the next records."""
        self._rows.add(part.rows)
        self._open += part.open
        self._more += part.found - part.rows.size
        if self._most is not None:
            self._more += self._rows.cut(self._most)

    def listing(self) -> Listing:
        """The list of all that was added."""
        return Listing(self._head, self._rows, open_note(self._open), self._more)


def open_note(count: int) -> str:
    """What is said of a list into which more may belong."""
    return f"{number(count)} more may belong here: a fact is missing" if count else ""


def settled(row: OpenRow) -> Cells:
    """The row with what was left for later."""
    return tuple([cell() if isinstance(cell, Later) else cell for cell in row])


WHO = (
    ListColumn("key", "key"),
    ListColumn("label", "name"),
    ListColumn("subject", "of"),
)
"""The columns that say whom a row is about; `subject` is what stands within the record."""


def who(decision: Decision, finding: Finding | None = None) -> Cells:
    """The cells of `WHO` for a finding."""
    subject = decision.subject
    within = None if finding is None or finding.subject.root else short_name(finding.subject)
    return subject.key, subject.label, within


def last(cell: Cell) -> tuple[bool, object]:
    """The rank of a cell among others of its column, ascending; one that is empty comes last."""
    return cell is None, cell if cell is not None else 0
