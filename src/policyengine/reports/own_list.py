"""The lists that a program defines by itself: rows by an expression, with columns by expressions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from policyengine.decision.wording import short_name, words
from policyengine.decision.writers import Write, results_writer
from policyengine.engine.rows.engine import compile_graph
from policyengine.feel.types.types import DATE, Enum, Number, Type
from policyengine.feel.values.calendar import ordinal
from policyengine.feel.values.values import FarDate, Unknown
from policyengine.program.list_reports import LinkedReport
from policyengine.reports.lists import (
    CURRENCY,
    WHO,
    Answer,
    Cell,
    CellKind,
    Cells,
    Head,
    ListColumn,
    Listing,
    open_note,
)
from policyengine.reports.sorted_rows import (
    Descending,
    Rank,
    Ranked,
    SortedPart,
    SortedRows,
    sorted_part,
)


class OwnPart(NamedTuple):
    """The rows of some records with their ranks, and how many more may belong into the list."""

    rows: SortedPart
    open: int


class OwnList:
    """Collects the rows of a report; what may belong into it is counted."""

    def __init__(self, linked: LinkedReport, today: date) -> None:
        report = linked.report
        self._linked = linked
        self._compiled = compile_graph(linked.graph, today)
        self._types = [linked.types[name] for name in linked.columns]
        self._writers: list[Write] = [results_writer(kind) for kind in self._types]
        money = (kind for kind in self._types if isinstance(kind, Number) and kind.unit == "money")
        currency = next((kind.currency for kind in money), None)
        self._currency: Cells = () if currency is None else (str(currency),)
        columns = [
            ListColumn(column.id, column.title or words(column.id), _kind(kind))
            for column, kind in zip(report.columns, self._types, strict=True)
        ]
        more = (ListColumn(CURRENCY, "currency"),) if self._currency else ()
        self._head = Head(report.id, report.title, (*WHO, *columns, *more), "Nothing is to be listed.")
        names = [column.id for column in report.columns]
        self._order = [(names.index(each.by), each.descending) for each in report.order]
        self._rows = SortedRows()
        self._open = 0

    def part(self, answers: Sequence[Answer]) -> OwnPart:
        """The rows of some records."""
        rows: list[Ranked] = []
        open_ones = sum(self._collect(each, rows) for each in answers)
        return OwnPart(sorted_part(rows), open_ones)

    def add(self, part: OwnPart) -> None:
        """The rows of the next records."""
        self._rows.add(part.rows)
        self._open += part.open

    def _collect(self, answer: Answer, rows: list[Ranked]) -> int:
        """Adds the rows of one record; returns how many may belong there besides."""
        linked, subject, open_ones = self._linked, answer.decision.subject, 0
        for row in self._compiled.instances(answer.record).get(linked.report.for_, ()):
            listed = True if linked.filter is None else row[linked.filter]
            open_ones += isinstance(listed, Unknown)
            if listed is True:
                within = None if row.subject.root else short_name(row.subject)
                values = [row[name] for name in linked.columns]
                cells = (subject.key, subject.label, within, *self._cells(values), *self._currency)
                rows.append((self._rank(values), cells))
        return open_ones

    def _rank(self, values: Sequence[object]) -> Rank:
        """What orders a row: where a column has no value, it comes last, whatever the direction."""
        ranks = [(_rank(values[i], self._types[i]), descending) for i, descending in self._order]
        return tuple(
            (True, 0) if rank is None else (False, Descending(rank) if descending else rank)
            for rank, descending in ranks
        )

    def _cells(self, values: Sequence[object]) -> Iterator[Cell]:
        for value, kind, write in zip(values, self._types, self._writers, strict=True):
            if value is None or isinstance(value, Unknown):
                yield None
            elif isinstance(value, Decimal) and isinstance(kind, Number):
                yield value
            else:
                yield value if isinstance(value, date) and kind == DATE else write(value)

    def listing(self) -> Listing:
        """The list of all that was added, in its order."""
        return Listing(self._head, self._rows, open_note(self._open))


def _rank(value: object, kind: Type) -> Any:
    """What orders the values of a column: days of any year, choices that ascend; None where there is none."""
    if value is None or isinstance(value, Unknown):
        return None
    if isinstance(value, (date, FarDate)):
        return ordinal(value)
    if isinstance(kind, Enum) and kind.ordered:
        return kind.values.index(str(value))
    return value if isinstance(value, Decimal) else str(value)


def _kind(kind: Type) -> CellKind:
    if isinstance(kind, Number):
        return "money" if kind.unit == "money" else "rate" if kind.unit == "rate" else "exact"
    return "date" if kind == DATE else "text"
