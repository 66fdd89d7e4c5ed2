"""Mistakes of bands: edges that do not ascend, bands that give nothing, what is not a number."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from policyengine.diagnostics import Code
from policyengine.feel.syntax import build
from policyengine.feel.types import types
from policyengine.feel.types.types import Number
from policyengine.kinds.table.band_model import Bands
from policyengine.kinds.table.inputs import Input
from policyengine.policy import quantities
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


def check_bands(draft: Draft, bands: Bands, pointer: Pointer) -> None:
    """Report keys that do not go together, and bands that say nothing or too much."""
    if bool(bands.rows) == bool(bands.entries):
        message = "bands have `rows`, or `entries` by a key"
        help = "keep one of them" if bands.rows else "add `rows: [...]`"
        draft.error(EDGES, draft.key_span(*pointer), message, help)
    elif (bands.by is None) is bool(bands.entries):
        message = "`by` says what the `entries` are found by"
        help = "add `by: ...`" if bands.by is None else "add `entries`, or remove `by`"
        draft.error(EDGES, draft.key_span(*pointer, "by" if bands.by else "entries"), message, help)
    else:
        for place, each in bands.each:
            _check_each(draft, each, (*pointer, *place))
    for places in ((), *(place for place, _ in bands.each if place)):
        node = draft.document.at((*pointer, *places, "package"))
        if isinstance(node, Scalar) and quantities.amount(node.text) <= 0:
            message = "a package has more than nothing in it"
            draft.error(EDGES, node.span, message, "write how many units it has")


def _check_each(draft: Draft, bands: Bands, pointer: Pointer) -> None:
    """Report edges that are missing, doubled or out of order."""
    low: Decimal | None = bands.from_
    for i, band in enumerate(bands.rows):
        place = (*pointer, "rows", i)
        if band.up_to is not None and band.below is not None:
            draft.error(EDGES, draft.key_span(*place, "below"), "a band ends once", "keep `up_to` or `below`")
        elif band.edge is None and i + 1 < len(bands.rows):
            draft.error(
                EDGES, draft.key_span(*place), "only the last band may be open",
                "add `up_to: ...` or `below: ...`",
            )  # fmt: skip
        elif isinstance(band.edge, Decimal) and low is not None and band.edge <= low:
            edge = "up_to" if band.below is None else "below"
            message = f"this band ends at {band.edge:f}, but it begins at {low:f}"
            draft.error(EDGES, draft.span(*place, edge), message, "let the edges ascend")
        if isinstance(band.edge, Decimal):
            edge = "up_to" if band.below is None else "below"
            draft.figures(build.literal(band.edge, draft.span(*place, edge)))
        low = band.edge if isinstance(band.edge, Decimal) else low if band.edge is None else None
    _check_given(draft, bands, pointer)


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
