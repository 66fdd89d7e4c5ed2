"""A mapping: which column of another system's export is which fact, and how its values are written there.

Nothing in it is guessed: a date is read by the format that stands there, a number by its separators, a word
by what it is mapped to.
"""

from __future__ import annotations

from typing import Annotated, Literal

from policyengine.policy.base import (
    EntityName,
    Feel,
    Id,
    Many,
    NameOf,
    Part,
    Text,
    ValueOf,
    Written,
    field,
    short,
)

DATES = {"iso": "YYYY-MM-DD", "us": "M/D/YYYY", "british": "D/M/YYYY", "german": "D.M.YYYY"}
"""The formats of dates that have a name, as patterns."""
NUMBERS = {"us": ",.", "german": ".,", "french": " ,", "swiss": "'."}
"""The formats of numbers: the separator of thousands, and that of decimals."""
REST = "rest"
_NAMES = ", ".join(f"`{name}`" for name in DATES)
_FORMAT = (
    f"of a date: {_NAMES}, or a pattern such as `YYYY/MM/DD` or `M/D/YYYY h:mm A`, whose time is dropped; "
    "of a number: `us` (1,234.50), `german` (1.234,50), `french` (1 234,50), `swiss` (1'234.50)"
)


def _ignored(value: object) -> object:
    return (REST,) if value == REST else value


Ignored = Annotated[
    Many[Text],
    Written(
        _ignored,
        {
            "description": "columns that are not for the program; `rest`: all that are not named",
            "anyOf": [{"const": REST}, {"type": "array", "items": {"type": ["string", "number"]}}],
        },
    ),
]


class MappedColumn(Part):
    """What a column is: its fact, and how its values are written."""

    fact: Annotated[Text, NameOf("fact")] = field(
        description="the fact that it gives; of a list with one item: `accounts.fee`"
    )
    format: Text | None = field(default=None, description=_FORMAT)
    values: dict[Text, Annotated[Text, ValueOf("fact")]] = field(
        default_factory=dict, description="what words of the export mean here: `Reseller: sales`, `Yes: true`"
    )
    separator: Text | None = field(default=None, description="what separates the values of a list")
    unit: Text | None = field(
        default=None, description="what stands beside a number: `$`, `EUR`; with `%`, 20 means 20 %"
    )
    empty: Many[Text] = field(default=(), description="words that stand for no value, such as `N/A`")


ColumnSpec = Annotated[MappedColumn, short("fact", {"description": "the fact that it gives"})]


class Formats(Part):
    """How dates and numbers are written in all columns that do not say otherwise."""

    dates: Text | None = field(default=None, description=_FORMAT)
    numbers: Text | None = field(default=None, description=_FORMAT)


class Mapping(Part):
    """The columns of an export of another system, and what they are in this program."""

    kind: Literal["mapping"]
    id: Id = field(description="its name, for `--map`")
    title: Text | None = field(default=None, description="what is exported, and from where")
    for_: EntityName = field(alias="for", description="the entity that a row of the export is about")
    columns: dict[Text, ColumnSpec] = field(description="by the head of a column what it is")
    ignored: Ignored = ()
    joins: dict[EntityName, Text] = field(
        default_factory=dict,
        description="of children: by the entity above, the column with its key",
    )
    formats: Formats | None = None
    empty: Many[Text] = field(default=(), description="words that stand for no value in every column")
    skipped: Many[Text] = field(
        default=(), description="how rows begin that are no records: notes, totals, the foot of a report"
    )
    constants: dict[Annotated[Text, NameOf("fact")], Annotated[Text, ValueOf()]] = field(
        default_factory=dict, description="facts that are the same in all rows"
    )
    expressions: dict[Annotated[Text, NameOf("fact")], Feel] = field(
        default_factory=dict,
        description="facts worked out of the row: its columns are texts by their names in small letters with "
        "`_`, such as `number(net_price) * number(seats)`",
    )
    open: dict[Text, Text] = field(
        default_factory=dict, description="what is still to be decided, by column; `check` reminds of it"
    )
