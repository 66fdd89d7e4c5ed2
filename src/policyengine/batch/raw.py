"""Records as they were read, before the facts of a program type them, and where each came from."""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code
from policyengine.program.record import Record

_DIGITS = 15
_TABLE = "id,name\nA-1,Alpha\n"

UNKNOWN_COLUMN = Code(
    id="BATCH001",
    title="a column that is not a fact",
    why="A misspelt column would count as missing in every record, and its values would be read by nobody.",
    bad="active_acounts as the head of a column",
    good="active_accounts",
    example="folder",
)
CELLS = Code(
    id="BATCH002",
    title="a row with more or fewer cells than the head",
    why="Its values would be read as wrong facts.",
    bad=f"{_TABLE}A-2,Beta,Gamma\n",
    good=f'{_TABLE}A-2,"Beta,Gamma"\n',
    example="folder",
)
BROKEN = Code(
    id="BATCH003",
    title="a row that cannot be read",
    why="A quote that nothing closes, a NUL character or a byte that is not UTF-8 is damage; what it was is "
    "not guessed.",
    bad=f'{_TABLE}A-2,"Beta\n',
    good=f"{_TABLE}A-2,Beta\n",
    example="folder",
)
ORPHAN = Code(
    id="BATCH004",
    title="a row that belongs to no record",
    why="A row of a child table names the record that it belongs to; without it the row is lost.",
    bad="A-2 under `partner` in accounts.csv, and no A-2 in partners.csv",
    good="A-1, which is there",
    example="folder",
)
SAME_RECORD = Code(
    id="BATCH005",
    title="two records with the same key",
    why="It is not decided which of them is right, so neither is evaluated.",
    bad=f"{_TABLE}A-1,Beta\n",
    good=f"{_TABLE}A-2,Beta\n",
    example="folder",
)
TWICE = Code(
    id="BATCH006",
    title="a list that is given both in the record and in a table of its own",
    why="The two could contradict each other.",
    bad="accounts in partners.ndjson and in accounts.csv",
    good="one of them",
    example="folder",
)
NOT_EXACT = Code(
    id="BATCH007",
    title="a binary number that is not an exact decimal",
    why="Amounts are exact from file to file; a binary fraction is not the number that somebody wrote.",
    bad="a column of doubles that holds the sum of 0.1 and 0.2",
    good="a column of decimals",
    example="folder",
)
CODES = (UNKNOWN_COLUMN, CELLS, BROKEN, ORPHAN, SAME_RECORD, TWICE, NOT_EXACT)


@dataclass(frozen=True, slots=True)
class Reject:
    """One mistake that keeps a record from being evaluated, and where it stands.

    `line` is the line of a text file, the number of the row elsewhere. `record` is the number of the record
    in what was read, None for a row that belongs to none.
    """

    file: str
    line: int
    key: str | None
    fact: str | None
    code: str
    reason: str
    help: str | None = None
    record: int | None = None


REJECT_COLUMNS = ("file", "line", "key", "fact", "code", "reason", "help")


@dataclass(slots=True)
class Raw:
    """A record, or something within one, as read. With `textual` all values are cells of a text table.

    `lists` holds what stands in tables beside it. `faults` are what was wrong already when it was read,
    `ready` is the record where it was typed then.
    """

    file: str
    line: int
    values: dict[str, object]
    textual: bool = False
    lists: dict[str, list[Raw]] = field(default_factory=dict)
    faults: list[Reject] = field(default_factory=list)
    ready: Record | None = None


@dataclass(frozen=True, slots=True)
class Numbered:
    """A good record: its number, and what it was read from."""

    number: int
    record: Record
    raw: Raw
    key: str | None


Owned = tuple[tuple[str, ...], Raw]
"""A row of a child table with the keys of what it belongs to, outermost first."""


def exact_decimal(value: float, name: str, raw: Raw, help: str) -> Decimal | None:
    """A binary number as the decimal that somebody wrote: one of up to 15 digits comes back unchanged.

    None for another one, which is a fault of the record.
    """
    exact = Decimal(repr(value))
    if exact.is_finite() and len(exact.normalize().as_tuple().digits) <= _DIGITS:
        return exact
    reason = f"`{name}` is the binary number {value!r}, which is not an exact decimal"
    raw.faults.append(Reject(raw.file, raw.line, None, name, NOT_EXACT.id, reason, help))
    return None
