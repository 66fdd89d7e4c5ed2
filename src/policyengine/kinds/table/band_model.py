"""Bands as they are written: their edges, and what each gives."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Literal

from policyengine.kinds.table.inputs import InputPart, InputSpec
from policyengine.kinds.table.outputs import Given
from policyengine.policy import quantities
from policyengine.policy.base import (
    RESULT,
    Boolean,
    Feel,
    Many,
    Part,
    Sourced,
    Text,
    ValueOf,
    check_intended,
    field,
    of_text,
)
from policyengine.text.document import Pointer

_SCHEMA = {"type": ["number", "string"], "description": "a number, `20%`, or a formula: `50% of quota`"}
_FORMULA = ValueOf(RESULT, expression=True)
Edge = Annotated[Decimal | str, of_text(quantities.or_formula(quantities.edge), _SCHEMA), _FORMULA]
UnitRate = Annotated[Decimal | str, of_text(quantities.or_formula(quantities.unit_rate), _SCHEMA), _FORMULA]
BandAmount = Annotated[Decimal | str, of_text(quantities.or_formula(quantities.amount), _SCHEMA), _FORMULA]
Start = Annotated[Decimal, of_text(quantities.edge, {"type": ["number", "string"]})]
Amount = Annotated[Decimal, of_text(quantities.amount, {"type": "number"})]


class Band(Sourced):
    """A band; the last one may have no edge."""

    up_to: Edge | None = field(default=None, description="where it ends; the edge belongs to this band")
    below: Edge | None = field(default=None, description="where it ends; the edge belongs to the next band")
    rate: UnitRate | None = field(default=None, description="what one unit gives: a share as 5%, or a price")
    amount: BandAmount | None = field(
        default=None,
        description="a fixed amount, instead of the rate or beside it; graduated: of every band entered",
    )
    gives: Given | None = field(
        default=None, description="instead of both: a value of the type of the result, or an expression"
    )

    intended: Boolean = field(
        default=False, description="with a `note`: it is meant that the result falls where this band begins"
    )

    def __post_init__(self) -> None:
        check_intended(self.intended, self.note)

    @property
    def edge(self) -> Decimal | str | None:
        """Where it ends; None if it does not."""
        return self.below if self.up_to is None else self.up_to

    @property
    def keys(self) -> list[str]:
        """The keys that say what it gives."""
        return [key for key in ("rate", "amount", "gives") if getattr(self, key) is not None]


Mode = Literal["slab", "graduated"]


class BandsEntry(Part):
    """The bands of one key."""

    of: InputSpec | None = field(default=None, description="the number, else that of all entries")
    mode: Mode | None = field(default=None, description="else that of all entries")
    package: Amount | None = field(default=None, description="else that of all entries")
    free: Feel | None = field(default=None, description="else what is free for all entries")
    rows: Many[Band] = field(description="from the lowest to the highest", min_length=1)


class Bands(Part):
    """Bands over a number, from the lowest to the highest."""

    of: InputSpec = field(description="the number: a fact by its name, or `{id, expression, title}`")
    mode: Mode | None = field(
        default=None,
        description="slab: the whole at the rate of its band; graduated: each slice at its own; without "
        "rates it is left out",
    )
    from_: Start = field(
        default=Decimal(0), alias="from", description="where the first band begins, inclusive"
    )
    package: Amount | None = field(
        default=None, description="the bands count started packages of so many units, and a rate is of one"
    )
    free: Feel | None = field(
        default=None, description="so many units are free, before the first band: a number or an expression"
    )
    rows: Many[Band] = field(default=(), description="from the lowest to the highest")
    by: InputSpec | None = field(default=None, description="what the entries are found by")
    entries: dict[Annotated[Text, ValueOf("by")], BandsEntry] = field(
        default_factory=dict, description="instead of `rows`: the bands of each key"
    )

    @property
    def each(self) -> tuple[tuple[Pointer, Bands], ...]:
        """The bands of every key, with where they stand below `bands`; themselves where there are no keys."""
        if not self.entries:
            return (((), self),)
        return tuple((("entries", key), self._of_entry(entry)) for key, entry in self.entries.items())

    def _of_entry(self, entry: BandsEntry) -> Bands:
        own = {key: value for key, value in vars(entry).items() if value is not None}
        return replace(self, **own, by=None, entries={})

    @property
    def inputs(self) -> tuple[tuple[Pointer, InputPart], ...]:
        """What they look at, with where it stands below `bands`: the key, and each number once."""
        found = [] if self.by is None else [(("by",), self.by)]
        numbers: dict[InputPart, Pointer] = {self.of: ("of",)}
        for key, entry in self.entries.items():
            if entry.of is not None:
                numbers.setdefault(entry.of, ("entries", key, "of"))
        return (*found, *((place, part) for part, place in numbers.items()))

    @property
    def gives(self) -> bool:
        """Whether they give values, so that there are no rates."""
        return any(band.gives is not None for _, bands in self.each for band in bands.rows)

    @property
    def moves(self) -> bool:
        """Whether an edge is worked out, so that nobody knows beforehand where it is."""
        return any(isinstance(band.edge, str) for _, bands in self.each for band in bands.rows)
