"""One row a record out of the rows of the findings table, record by record: what `wide` does in columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal
from functools import reduce
from itertools import groupby

from policyengine.batch.wide import Wide, _cell, head_of, name_of
from policyengine.decision.findings import UNDETERMINED, path_of
from policyengine.engine.layout import MISSING, NAMES, Row, number_text

_WHOLE = Context(prec=100)
_ROW, _SECTION, _STATUS, _SUBJECT, _POSITION = (
    NAMES.index(name) for name in ("row", "section", "status", "subject", "position")
)


def shape(wide: Wide, rows: Sequence[Row], records: Sequence[tuple[int, str | None]]) -> list[Row]:
    """One row for each of the records, by number and key; the rows of one have to stand together."""
    found = {number: list(each) for number, each in groupby(rows, key=lambda row: row[_ROW])}
    return [_record(wide, number, key, found.get(number, [])) for number, key in records]


def _record(wide: Wide, number: int, key: str | None, rows: list[Row]) -> Row:
    cells: dict[str, list[object]] = {}
    undecided: dict[str, None] = {}
    missing: list[str] = []
    for row in rows:
        name = name_of(row, wide.root)
        if name is not None:
            cells.setdefault(name, []).append(_cell(row))
            for own in _own_columns(wide, name):  # the values of a finding of any other section
                cells.setdefault(f"{name}.{own}", []).append(row[NAMES.index(own)])
        if row[_SECTION] == MISSING:
            missing.append(_where(row))
        elif row[_STATUS] == UNDETERMINED:
            undecided[_where(row)] = None
    line: list[object] = [None] * len(wide.columns)
    line[0], line[1] = number, key
    for name, found in cells.items():
        line[wide.place(name)] = (
            _sum(found) if wide.columns[wide.place(name)].kind == "exact" else _summary(found)
        )
    line[-2:] = tuple(undecided) or None, tuple(missing) or None
    return tuple(line)


def _own_columns(wide: Wide, name: str) -> list[str]:
    """The values that have columns of their own beside that of a finding."""
    own = (
        column.name.removeprefix(f"{name}.") for column in wide.columns if column.name.startswith(f"{name}.")
    )
    return [each for each in own if each in NAMES]


def _where(row: Row) -> str:
    own = row[_SUBJECT]
    if own is None and row[_POSITION] is not None:
        own = f"#{row[_POSITION]}"
    above = [str(each) for each in row[len(NAMES) :] if each is not None]
    return head_of(row) if own is None else f"{head_of(row)}@{path_of([*above, str(own)])}"


def _sum(found: Iterable[object]) -> Decimal | None:
    numbers = [each for each in found if isinstance(each, Decimal)]
    return reduce(_WHOLE.add, numbers) if numbers else None


def _summary(found: list[object]) -> str | None:
    """The only value that is there, or how often each is there: `blocked 1; open 2`."""
    there = [each for each in found if each is not None]
    words = [number_text(each, 2) if isinstance(each, Decimal) else str(each) for each in there]
    if len(words) == 1:
        return words[0]
    return "; ".join(f"{word} {count}" for word, count in sorted(Counter(words).items())) or None
