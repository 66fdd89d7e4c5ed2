"""Bands over a number: each has its rate, for the whole of it (slab) or for its slice (graduated).

The bands begin at `from`, which is 0 unless it is said, and each begins where the one before it ends.
`up_to` belongs to its band, `below` to the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from policyengine.dataclass import dataclass
from policyengine.decision.wording import rate as rate_words
from policyengine.diagnostics import Code
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Binary, Expression, In, ListLiteral, RangeLiteral
from policyengine.feel.types import types
from policyengine.feel.types.types import Number
from policyengine.kinds.table.inputs import Input, InputSpec
from policyengine.kinds.table.outputs import WRONG_OUTPUT
from policyengine.kinds.table.proof import TableRow
from policyengine.policy import quantities
from policyengine.policy.base import Many, Part, Sourced, field, of_text
from policyengine.text.document import Pointer

if TYPE_CHECKING:
    from policyengine.policy.draft import Draft

_GOOD = """\
kind: table
id: commission
title: Commission
for: partner
type: money
default: 0
bands: {of: fee, mode: graduated, rows: [{up_to: 1000, rate: 5%}, {up_to: 5000, rate: 4%}, {rate: 3%}]}
"""
EDGES = Code(
    id="TABLE008",
    title="bands whose edges do not ascend",
    why="Each band begins where the one before it ends. It ends at `up_to`, which belongs to it, or at "
    "`below`, which belongs to the next band. Only the last one may be open.",
    bad=_GOOD.replace("5000", "500"),
    good=_GOOD,
)
CODES = (EDGES,)


_SCHEMA = {"type": ["number", "string"], "description": "a share: `20%` or `0.2`"}
Edge = Annotated[Decimal, of_text(quantities.edge, _SCHEMA)]
UnitRate = Annotated[Decimal, of_text(quantities.unit_rate, _SCHEMA)]


class Band(Sourced):
    """A band; the last one may have no edge."""

    up_to: Edge | None = field(default=None, description="where it ends; the edge belongs to this band")
    below: Edge | None = field(default=None, description="where it ends; the edge belongs to the next band")
    rate: UnitRate = field(description="what one unit gives: a share as 5%, or a price")

    @property
    def edge(self) -> Decimal | None:
        """Where it ends; None if it does not."""
        return self.below if self.up_to is None else self.up_to


class Bands(Part):
    """Bands over a number, from the lowest to the highest."""

    of: InputSpec = field(description="the number: a fact by its name, or `{id, expression, title}`")
    mode: Literal["slab", "graduated"] = field(
        description="slab: the whole at the rate of its band; graduated: each slice at its own"
    )
    from_: Edge = field(
        default=Decimal(0), alias="from", description="where the first band begins, inclusive"
    )
    rows: Many[Band] = field(description="from the lowest to the highest", min_length=1)


@dataclass(frozen=True, slots=True)
class _Reach:
    """From where to where a band goes."""

    low: Decimal
    high: Decimal | None
    low_closed: bool
    high_closed: bool


def check_bands(draft: Draft, bands: Bands, pointer: Pointer) -> None:
    """Report edges that are missing, doubled or out of order."""
    low = bands.from_
    for i, band in enumerate(bands.rows):
        place = (*pointer, "rows", i)
        if band.up_to is not None and band.below is not None:
            draft.error(EDGES, draft.key_span(*place, "below"), "a band ends once", "keep `up_to` or `below`")
        elif band.edge is None and i + 1 < len(bands.rows):
            draft.error(
                EDGES, draft.key_span(*place), "only the last band may be open",
                "add `up_to: ...` or `below: ...`",
            )  # fmt: skip
        elif band.edge is not None and band.edge <= low:
            edge = "up_to" if band.below is None else "below"
            message = f"this band ends at {band.edge:f}, but it begins at {low:f}"
            draft.error(EDGES, draft.span(*place, edge), message, "let the edges ascend")
        if band.edge is not None:
            edge = "up_to" if band.below is None else "below"
            draft.figures(build.literal(band.edge, draft.span(*place, edge)))
        low = low if band.edge is None else band.edge


def is_number(draft: Draft, of: Input) -> bool:
    """Whether bands can lie over an input; reports it if they cannot."""
    if isinstance(of.kind, Number) or of.kind == types.ANY:
        return True
    message = f"bands lie over a number, and `{of.id}` is {types.describe(of.kind)}"
    draft.error(EDGES, of.subject.span, message, "name a number, or write an `expression` that gives one")
    return False


def _reaches(bands: Bands) -> Iterator[_Reach]:
    low, closed = bands.from_, True
    for band in bands.rows:
        yield _Reach(low, band.edge, closed, band.below is None)
        low, closed = (low if band.edge is None else band.edge), band.below is not None


def band_rows(draft: Draft, bands: Bands, pointer: Pointer, of: Input, title: str) -> tuple[TableRow, ...]:
    """The bands as rows over one input, each with the whole at its rate."""
    rows = []
    for i, (band, reach) in enumerate(zip(bands.rows, _reaches(bands), strict=True)):
        place = (*pointer, "rows", i)
        edge = next((key for key in ("up_to", "below") if getattr(band, key) is not None), "rate")
        at = draft.span(*place, edge)
        rate = _rate(draft, band, (*place, "rate"), of)
        written = draft.text(*place, "rate")
        heading = f"band {i + 1} of {title} ({rate_words(band.rate) if '%' in written else written})"
        if draft.origin(draft.policy.id, title, *place).basis == "assumed":
            heading += ", assumed"
        test = _within(of, reach, draft, place)
        whole = (Binary("*", of.subject, rate, at),)
        rows.append(TableRow(heading, draft.key_span(*place), draft.span(*place), (test,), (at,), whole))
    return tuple(rows)


def _rate(draft: Draft, band: Band, place: Pointer, of: Input) -> Expression:
    """What one unit gives. Of an amount it is a share, where `5` may be meant as 5 %."""
    at = draft.span(*place)
    rate = build.literal(band.rate, at)
    draft.figures(rate)
    if isinstance(of.kind, Number) and of.kind.unit == "money":
        try:
            quantities.share(draft.text(*place))
        except ValueError as error:
            message, _, help = str(error).partition("; ")
            draft.error(WRONG_OUTPUT, at, message, help)
    return rate


def _within(of: Input, reach: _Reach, draft: Draft, place: Pointer) -> Expression:
    at = draft.span(*place)
    low = build.literal(reach.low, at)
    if reach.high is None:
        return build.compare(">=" if reach.low_closed else ">", of.subject, low, at)
    high = build.literal(reach.high, at)
    return In(of.subject, (RangeLiteral(low, high, reach.low_closed, reach.high_closed, at),), at)


def reached(draft: Draft, bands: Bands, pointer: Pointer, of: Input) -> tuple[Expression, ...]:
    """For each band whether any of the number lies in it."""
    places = [(*pointer, "rows", i) for i in range(len(bands.rows))]
    return tuple(
        build.compare(
            ">=" if i == 0 else ">", of.subject, build.literal(reach.low, draft.span(*place)),
            draft.span(*place),
        )
        for i, (place, reach) in enumerate(zip(places, _reaches(bands), strict=True))
    )  # fmt: skip


def graduated(draft: Draft, bands: Bands, pointer: Pointer, of: Input) -> Expression:
    """Each slice at the rate of its band, in all."""
    at = draft.key_span(*pointer)
    slices = [
        Binary(
            "*",
            _slice(of, reach, i == 0),
            build.literal(band.rate, draft.span(*pointer, "rows", i, "rate")),
            at,
        )
        for i, (band, reach) in enumerate(zip(bands.rows, _reaches(bands), strict=True))
    ]
    return build.call("sum", ListLiteral(tuple(slices), at), span=at)


def _slice(of: Input, reach: _Reach, first: bool) -> Expression:
    at = of.subject.span
    top: Expression = of.subject
    if reach.high is not None:
        top = build.call("min", of.subject, build.literal(reach.high, at), span=at)
    part: Expression = Binary("-", top, build.literal(reach.low, at), at)
    return part if first else build.call("max", build.literal(Decimal(0), at), part, span=at)


def inside(draft: Draft, bands: Bands, pointer: Pointer, of: Input) -> Expression:
    """Whether the number lies in any of the bands."""
    last = list(_reaches(bands))[-1]
    whole = _Reach(bands.from_, last.high, True, last.high_closed)
    return _within(of, whole, draft, (*pointer, "rows"))
