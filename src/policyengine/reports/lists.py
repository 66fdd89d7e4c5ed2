"""What a list is: columns with a name and a title, and rows in the order in which they are to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol

from policyengine.dataclass import dataclass
from policyengine.decision.decision import Decision
from policyengine.decision.findings import Finding
from policyengine.decision.wording import short_name
from policyengine.program.record import Record

CellKind = Literal["text", "date", "count", "exact", "rate", "money"]
Cell = str | int | Decimal | date | None
Cells = tuple[Cell, ...]
CURRENCY = "currency"
"""The column with the currency of the amounts of a row; for people it stands beside the amount."""


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

    def places(self, *names: str) -> list[int]:
        """Where the columns of these names stand."""
        known = {column.name: i for i, column in enumerate(self.columns)}
        return [known[name] for name in names]


class Listing(NamedTuple):
    """A list: its head, its rows, and what is to be known of it."""

    head: Head
    rows: Sequence[Cells]
    note: str = ""


class Collector(Protocol):
    """Takes answer by answer what belongs into a list."""

    def add(self, answer: Answer) -> None:
        """One record more."""

    def listing(self) -> Listing:
        """The list of all that was added."""


class Rows:
    """Collects the rows that `rows_of` gives for each record, in the order of `rank`."""

    def __init__(
        self,
        head: Head,
        rows_of: Callable[[Answer], Iterable[Cells]],
        rank: Callable[[Cells], tuple[object, ...]],
    ) -> None:
        self._head = head
        self._rows_of = rows_of
        self._rank = rank
        self._rows: list[Cells] = []

    def add(self, answer: Answer) -> None:
        """One record more."""
        self._rows.extend(self._rows_of(answer))

    def listing(self) -> Listing:
        """The list of all that was added."""
        return Listing(self._head, sorted(self._rows, key=self._rank))


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
