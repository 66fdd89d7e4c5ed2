"""Bands over a number: each has its rate, for the whole of it (slab) or for its slice (graduated).

The bands begin at `from`, which is 0 unless it is said, and each begins where the one before it ends.
`up_to` belongs to its band, `below` to the next one. A band may have a fixed amount, or give a value.
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
from policyengine.kinds.table.outputs import WRONG_OUTPUT, Given
from policyengine.kinds.table.proof import TableRow
from policyengine.kinds.table.rows import Outputs, given_values
from policyengine.policy import quantities
from policyengine.policy.base import Feel, Many, Part, Sourced, field, of_text
from policyengine.source import Span
from policyengine.text.document import Pointer, Scalar

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
GIVES = Code(
    id="TABLE011",
    title="a band that does not say what it gives",
    why="A band has a `rate`, a fixed `amount` or both, and `mode` says whether they are those of the "
    "whole or of each slice. Or every band `gives` a value of the type of the result; then there are no "
    "slices.",
    bad=_GOOD.replace("{rate: 3%}", "{note: beyond}"),
    good=_GOOD,
)
CODES = (EDGES, GIVES)


_SCHEMA = {"type": ["number", "string"], "description": "a share: `20%` or `0.2`"}
Edge = Annotated[Decimal, of_text(quantities.edge, _SCHEMA)]
UnitRate = Annotated[Decimal, of_text(quantities.unit_rate, _SCHEMA)]
Amount = Annotated[Decimal, of_text(quantities.amount, {"type": "number"})]


class Band(Sourced):
    """A band; the last one may have no edge."""

    up_to: Edge | None = field(default=None, description="where it ends; the edge belongs to this band")
    below: Edge | None = field(default=None, description="where it ends; the edge belongs to the next band")
    rate: UnitRate | None = field(default=None, description="what one unit gives: a share as 5%, or a price")
    amount: Amount | None = field(
        default=None,
        description="a fixed amount, instead of the rate or beside it; graduated: of every band entered",
    )
    gives: Given | None = field(
        default=None, description="instead of both: a value of the type of the result, or an expression"
    )

    @property
    def edge(self) -> Decimal | None:
        """Where it ends; None if it does not."""
        return self.below if self.up_to is None else self.up_to

    @property
    def keys(self) -> list[str]:
        """The keys that say what it gives."""
        return [key for key in ("rate", "amount", "gives") if getattr(self, key) is not None]


class Bands(Part):
    """Bands over a number, from the lowest to the highest."""

    of: InputSpec = field(description="the number: a fact by its name, or `{id, expression, title}`")
    mode: Literal["slab", "graduated"] | None = field(
        default=None,
        description="slab: the whole at the rate of its band; graduated: each slice at its own; without "
        "rates it is left out",
    )
    from_: Edge = field(
        default=Decimal(0), alias="from", description="where the first band begins, inclusive"
    )
    package: Amount | None = field(
        default=None, description="the bands count started packages of so many units, and a rate is of one"
    )
    free: Feel | None = field(
        default=None, description="so many units are free, before the first band: a number or an expression"
    )
    rows: Many[Band] = field(description="from the lowest to the highest", min_length=1)

    @property
    def gives(self) -> bool:
        """Whether they give values, so that there are no rates."""
        return any(band.gives is not None for band in self.rows)


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
    _check_given(draft, bands, pointer)
    if bands.package is not None and bands.package <= 0:
        at = draft.span(*pointer, "package")
        draft.error(EDGES, at, "a package has more than nothing in it", "write how many units it has")


def _check_given(draft: Draft, bands: Bands, pointer: Pointer) -> None:
    """Report bands that give nothing, or two things, and a mode that is missing or too much."""
    for i, band in enumerate(bands.rows):
        at = draft.key_span(*pointer, "rows", i)
        if not band.keys:
            draft.error(
                GIVES, at, "this band gives nothing", "add `rate: ...`, `amount: ...` or `gives: ...`"
            )
        elif bands.gives and band.keys != ["gives"]:
            message = "bands give values, or have rates and amounts"
            draft.error(GIVES, at, message, "keep `gives` alone, in every band")
    if bands.gives and bands.mode == "graduated":
        at = draft.span(*pointer, "mode")
        draft.error(GIVES, at, "values are not cut into slices", "remove `mode`, or write rates")
    if not bands.gives and bands.mode is None:
        message = "no `mode` says whether the rate of a band is that of the whole"
        help = "add `mode: slab` if the whole is at the rate of its band, `mode: graduated` if each slice is"
        draft.error(GIVES, draft.key_span(*pointer), message, help)


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


def units(draft: Draft, bands: Bands, pointer: Pointer, of: Input) -> Input:
    """What the bands lie over: the number, without what is free, in started packages."""
    if bands.free is None and bands.package is None:
        return of
    at, counted = draft.span(*pointer, "of"), _beyond_free(draft, bands, pointer, of)
    if bands.package is None:
        name, noun, step = "charged", "what is not free", of.step
    else:
        where = draft.span(*pointer, "package")
        size = draft.define(
            f"{draft.policy.id}/package", build.literal(bands.package, where), where, wanted=of.kind
        )
        counted = build.call("ceiling", Binary("/", counted, size, at), span=at)
        name, noun, step = "packages", f"started packages of {bands.package:f}", Decimal(1)
    least = of.least if bands.free is None else Decimal(0)
    kind = of.kind if bands.package is None else types.NUMBER
    subject = draft.define(f"{draft.policy.id}/{name}", counted, at, wanted=kind, noun=noun)
    return Input(name, subject, kind, step, least, rests_on=of.rests_on)


def _beyond_free(draft: Draft, bands: Bands, pointer: Pointer, of: Input) -> Expression:
    if bands.free is None:
        return of.subject
    at = draft.span(*pointer, "free")
    free = draft.define(
        f"{draft.policy.id}/free", draft.feel(*pointer, "free"), at, wanted=of.kind, noun="what is free"
    )
    return build.call("max", build.literal(Decimal(0), at), Binary("-", of.subject, free, at), span=at)


def band_rows(
    draft: Draft, bands: Bands, pointer: Pointer, of: Input, title: str, outputs: Outputs
) -> tuple[TableRow, ...]:
    """The bands as rows over one input, each with what the whole gives at its rate."""
    rows = []
    for i, (band, reach) in enumerate(zip(bands.rows, _reaches(bands), strict=True)):
        place = (*pointer, "rows", i)
        ends = ("up_to", "below", "rate", "amount", "gives")
        at = draft.span(*place, next(key for key in ends if getattr(band, key) is not None))
        heading = f"band {i + 1} of {title} ({_words(draft, band, place)})"
        if draft.origin(draft.policy.id, title, *place).basis == "assumed":
            heading += ", assumed"
        test = _within(of, reach, draft, place)
        values: tuple[Expression, ...] = (_terms(draft, band, place, of.subject, of),)
        if band.gives is not None:
            values = given_values(draft, outputs.places((*place, "gives")), outputs, i + 1)
        rows.append(TableRow(heading, draft.key_span(*place), draft.span(*place), (test,), (at,), values))
    return tuple(rows)


def _words(draft: Draft, band: Band, place: Pointer) -> str:
    """What a band gives, for its heading: `5 %`, `5 % and 20`."""
    said = []
    for key in band.keys:
        node = draft.document.at((*place, key))
        text = node.text if isinstance(node, Scalar) else "several values"
        said.append(rate_words(band.rate) if key == "rate" and band.rate and "%" in text else text)
    return " and ".join(said)


def _terms(draft: Draft, band: Band, place: Pointer, units: Expression, of: Input) -> Expression:
    """So many units at the rate of a band, and its amount."""
    at = draft.span(*place)
    terms: list[Expression] = []
    if band.rate is not None:
        terms.append(Binary("*", units, _rate(draft, band.rate, (*place, "rate"), of), at))
    if band.amount is not None:
        terms.append(build.literal(band.amount, draft.span(*place, "amount")))
        draft.figures(terms[-1])
    return build.add(terms, at)


def _rate(draft: Draft, written: Decimal, place: Pointer, of: Input) -> Expression:
    """What one unit gives. Of an amount it is a share, where `5` may be meant as 5 %."""
    at = draft.span(*place)
    rate = build.literal(written, at)
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
    """For each band whether the number reaches into it."""
    places = [(*pointer, "rows", i) for i in range(len(bands.rows))]
    return tuple(
        _enters(of, reach, draft.span(*place))
        for place, reach in zip(places, _reaches(bands), strict=True)
    )  # fmt: skip


def _enters(of: Input, reach: _Reach, at: Span) -> Expression:
    return build.compare(">=" if reach.low_closed else ">", of.subject, build.literal(reach.low, at), at)


def graduated(draft: Draft, bands: Bands, pointer: Pointer, of: Input) -> Expression:
    """Each slice at the rate of its band, and the amount of every band entered, in all."""
    at = draft.key_span(*pointer)
    slices: list[Expression] = []
    for i, (band, reach) in enumerate(zip(bands.rows, _reaches(bands), strict=True)):
        place = (*pointer, "rows", i)
        if band.rate is not None:
            rate = build.literal(band.rate, draft.span(*place, "rate"))
            slices.append(Binary("*", _slice(of, reach, i == 0), rate, at))
        if band.amount is not None:
            amount = build.literal(band.amount, draft.span(*place, "amount"))
            entered = _enters(of, reach, draft.span(*place))
            zero = build.literal(Decimal(0), at)
            slices.append(amount if i == 0 else build.choose([(entered, amount)], zero, at))
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
