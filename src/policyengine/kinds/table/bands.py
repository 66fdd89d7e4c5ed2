"""Bands over a number: each has its rate, for the whole of it (slab) or for its slice (graduated).

The bands begin at `from`, which is 0 unless it is said, and each begins where the one before it ends.
`up_to` belongs to its band, `below` to the next one. A band may have a fixed amount, or give a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from policyengine.dataclass import dataclass
from policyengine.decision.wording import rate as rate_words
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Binary, Expression, In, ListLiteral, Literal, Name, RangeLiteral
from policyengine.feel.types import types
from policyengine.feel.types.types import Number
from policyengine.kinds.table.band_model import Band, Bands
from policyengine.kinds.table.inputs import Input
from policyengine.kinds.table.outputs import WRONG_OUTPUT
from policyengine.kinds.table.proof import TableRow
from policyengine.kinds.table.rows import Outputs, given_values, key_test
from policyengine.policy import quantities
from policyengine.policy.rule import ReasonCase, Slice
from policyengine.source import Span
from policyengine.text.document import Mapping, Pointer, Scalar

if TYPE_CHECKING:
    from policyengine.policy.draft import Draft


@dataclass(frozen=True, slots=True)
class _Reach:
    """From where to where a band goes."""

    low: Expression
    high: Expression | None
    low_closed: bool
    high_closed: bool


def _stem(draft: Draft, pointer: Pointer) -> str:
    """What the nodes of bands are called: after the policy, and the key of an entry."""
    return "/".join((draft.policy.id, *(str(each) for each in pointer[2:])))


def _reaches(draft: Draft, bands: Bands, pointer: Pointer) -> Iterator[_Reach]:
    low: Expression = build.literal(bands.from_, draft.key_span(*pointer))
    closed, moves = True, False
    for i, band in enumerate(bands.rows):
        at = draft.span(*pointer, "rows", i, "up_to" if band.below is None else "below")
        moves |= isinstance(band.edge, str)
        high: Expression | None = None
        if moves and band.edge is not None:
            high = build.name(f"{_stem(draft, pointer)}/edges/{i + 1}", at)
        elif isinstance(band.edge, Decimal):
            high = build.literal(band.edge, at)
        yield _Reach(low, high, closed, band.below is None)
        low, closed = (low if high is None else high), band.below is not None


def _define_worked_out(draft: Draft, bands: Bands, pointer: Pointer, of: Input) -> None:
    """The nodes of edges, rates and amounts that are worked out; an edge is never below the one before it."""
    stem, reaches = _stem(draft, pointer), list(_reaches(draft, bands, pointer))
    for i, (band, reach) in enumerate(zip(bands.rows, reaches, strict=True)):
        place = (*pointer, "rows", i)
        if isinstance(reach.high, Name):
            at = reach.high.span
            key = "up_to" if band.below is None else "below"
            own: Expression = draft.feel(*place, key)
            own = draft.define(f"{reach.high.name}/written", own, at, wanted=of.kind)
            raised = build.call("max", reach.low, own, span=at)
            draft.define(reach.high.name, raised, at, wanted=of.kind, noun=f"edge of band {i + 1}")
        for key in ("rate", "amount"):
            if isinstance(getattr(band, key), str):
                at = draft.span(*place, key)
                found = draft.feel(*place, key)
                draft.define(f"{stem}/{key}s/{i + 1}", found, at, noun=f"{key} of band {i + 1}")


def counted_inputs(draft: Draft, bands: Bands, tested: tuple[Input, ...]) -> tuple[Input, ...]:
    """The inputs with what the bands lie over in place of the numbers; that of the last bands comes last."""
    if bands.by is None:
        return (_units(draft, bands, ("bands",), tested[-1]),)
    numbers = [part for _, part in bands.inputs[1:]]
    found: dict[tuple[object, ...], Input] = {}
    for place, each in bands.each:
        key, own = _counting(each), {"of", "package", "free"} & _keys_at(draft, ("bands", *place))
        if key not in found:
            at = ("bands", *place) if own else ("bands",)
            found[key] = _units(draft, each, at, tested[1 + numbers.index(each.of)])
    return (tested[0], *found.values())


def _counting(bands: Bands) -> tuple[object, ...]:
    """What decides what bands lie over."""
    return bands.of, bands.package, bands.free


def _keys_at(draft: Draft, pointer: Pointer) -> set[str]:
    node = draft.document.at(pointer)
    return set(node.entries) if isinstance(node, Mapping) else set()


def _placed(draft: Draft, pointer: Pointer, key: str) -> Pointer:
    """Where a key of bands stands: in their own entry, or beside all entries."""
    return (*pointer, key) if key in _keys_at(draft, pointer) else ("bands", key)


def _units(draft: Draft, bands: Bands, pointer: Pointer, of: Input) -> Input:
    """What the bands lie over: the number, without what is free, in started packages."""
    if bands.free is None and bands.package is None:
        return of
    stem = _stem(draft, pointer)
    at, counted = draft.span(*_placed(draft, pointer, "of")), _beyond_free(draft, bands, pointer, of)
    if bands.package is None:
        name, noun, step = "charged", "what is not free", of.step
    else:
        where = draft.span(*_placed(draft, pointer, "package"))
        size = draft.define(f"{stem}/package", build.literal(bands.package, where), where, wanted=of.kind)
        counted = build.call("ceiling", Binary("/", counted, size, at), span=at)
        name, noun, step = "packages", f"started packages of {bands.package:f}", Decimal(1)
    least = of.least if bands.free is None else Decimal(0)
    kind = of.kind if bands.package is None else types.NUMBER
    subject = draft.define(f"{stem}/{name}", counted, at, wanted=kind, noun=noun)
    return Input(name, subject, kind, step, least, rests_on=of.rests_on)


def entry_bands(
    draft: Draft, bands: Bands, tested: tuple[Input, ...], title: str, outputs: Outputs
) -> tuple[TableRow, ...]:
    """The bands of every key as rows over it and a number; of slices that are added up one row a key."""
    found: list[TableRow] = []
    kept = list(dict.fromkeys(_counting(each) for _, each in bands.each))
    for place, each in bands.each:
        at, number = ("bands", *place), 1 + kept.index(_counting(each))
        asked, of = key_test(draft, at, tested[0]), tested[number]
        own = band_rows(draft, each, at, of, f"{title}, {place[1]}", outputs, len(found))
        if each.mode == "graduated":
            key, stem = draft.key_span(*at), _stem(draft, at)
            cases = []
            for i, (row, enters) in enumerate(zip(own, reached(draft, each, at, of), strict=True), start=1):
                holds = draft.define(f"{stem}/reached/{i}", build.all_of([asked, enters], row.at), row.at)
                cases.append(ReasonCase(holds.name, row.heading, row.slice))
            total = draft.define(f"{stem}/total", graduated(draft, each, at, of), key)
            whole = inside(draft, each, at, of)
            row = TableRow(f"{title}, {place[1]}", key, key, (whole,), (key,), (total,))
            own = (replace(row, cases=tuple(cases)),)
        for row in own:
            key, (test,), (cell,) = draft.key_span(*at), row.tests, row.cells
            tests = [test if i == number else None for i in range(1, len(tested))]
            cells = [cell if i == number else key for i in range(1, len(tested))]
            found.append(replace(row, tests=(asked, *tests), cells=(key, *cells)))
    return tuple(found)


def _beyond_free(draft: Draft, bands: Bands, pointer: Pointer, of: Input) -> Expression:
    if bands.free is None:
        return of.subject
    place = _placed(draft, pointer, "free")
    at, name = draft.span(*place), f"{_stem(draft, pointer)}/free"
    free = draft.define(name, draft.feel(*place), at, wanted=of.kind, noun="what is free")
    return build.call("max", build.literal(Decimal(0), at), Binary("-", of.subject, free, at), span=at)


def band_rows(
    draft: Draft, bands: Bands, pointer: Pointer, of: Input, title: str, outputs: Outputs, before: int = 0
) -> tuple[TableRow, ...]:
    """The bands as rows over one input, each with what the whole gives at its rate; `before` stand others."""
    rows = []
    _define_worked_out(draft, bands, pointer, of)
    for i, (band, reach) in enumerate(zip(bands.rows, _reaches(draft, bands, pointer), strict=True)):
        place = (*pointer, "rows", i)
        ends = ("up_to", "below", "rate", "amount", "gives")
        at = draft.span(*place, next(key for key in ends if getattr(band, key) is not None))
        heading = f"band {i + 1} of {title} ({_words(draft, band, place)})"
        if draft.origin(draft.policy.id, title, *place).basis == "assumed":
            heading += ", assumed"
        if bands.moves:  # the first band that reaches so far counts
            reach = replace(reach, low=build.literal(bands.from_, at), low_closed=True)
        test = _within(of, reach, draft, place)
        values: tuple[Expression, ...] = (_terms(draft, band, place, of.subject, of),)
        if band.gives is not None:
            values = given_values(draft, outputs.places((*place, "gives")), outputs, before + i + 1)
        part = _part_of(draft, bands, place, of)
        rows.append(
            TableRow(heading, draft.key_span(*place), draft.span(*place), (test,), (at,), values, part)
        )
    return tuple(rows)


def _part_of(draft: Draft, bands: Bands, place: Pointer, of: Input) -> Slice | None:
    """What the rate and the amount of a band give, of the whole or of its slice; None for other values."""
    *pointer, _, i = place
    band = bands.rows[int(i)]
    units = of.subject.name if isinstance(of.subject, Name) else None
    if bands.mode == "graduated":
        units = _slice_name(draft, tuple(pointer), int(i))
    if bands.gives or units is None:
        return None
    rate, amount = (
        written if not isinstance(written, str) else f"{_stem(draft, tuple(pointer))}/{key}s/{int(i) + 1}"
        for key, written in (("rate", band.rate), ("amount", band.amount))
    )
    return Slice(units, rate, amount)


def _slice_name(draft: Draft, pointer: Pointer, i: int) -> str:
    return f"{_stem(draft, pointer)}/slices/{i + 1}"


def _words(draft: Draft, band: Band, place: Pointer) -> str:
    """What a band gives, for its heading: `5 %`, `5 % and 20`."""
    said = []
    for key in band.keys:
        node = draft.document.at((*place, key))
        text = node.text if isinstance(node, Scalar) else "several values"
        rate = band.rate if key == "rate" and isinstance(band.rate, Decimal) and "%" in text else None
        said.append(text if rate is None else rate_words(rate))
    return " and ".join(said)


def _terms(draft: Draft, band: Band, place: Pointer, units: Expression, of: Input) -> Expression:
    """So many units at the rate of a band, and its amount."""
    at = draft.span(*place)
    terms: list[Expression] = []
    if band.rate is not None:
        if isinstance(band.rate, Decimal):
            _check_rate(draft, band.rate, (*place, "rate"), of)
        terms.append(Binary("*", units, _figure(draft, band, "rate", place), at))
    if band.amount is not None:
        terms.append(_figure(draft, band, "amount", place))
        draft.figures(terms[-1])
    return build.add(terms, at)


def _figure(draft: Draft, band: Band, key: str, place: Pointer) -> Expression:
    """A rate or an amount: as it is written, or the node that works it out."""
    written, at = getattr(band, key), draft.span(*place, key)
    if isinstance(written, Decimal):
        return build.literal(written, at)
    *pointer, _, i = place
    return build.name(f"{_stem(draft, tuple(pointer))}/{key}s/{int(i) + 1}", at)


def _check_rate(draft: Draft, written: Decimal, place: Pointer, of: Input) -> None:
    """Reports what one unit gives: of an amount it is a share, where `5` may be meant as 5 %."""
    at = draft.span(*place)
    draft.figures(build.literal(written, at))
    if isinstance(of.kind, Number) and of.kind.unit == "money":
        try:
            quantities.share(draft.text(*place))
        except ValueError as error:
            message, _, help = str(error).partition("; ")
            draft.error(WRONG_OUTPUT, at, message, help)


def _standing(end: Expression, at: Span) -> Expression:
    """An edge as it stands in a band: what the edge of its neighbour assumes is not assumed here."""
    if isinstance(end, Name):
        return build.name(end.name, at)
    return build.literal(end.value, at) if isinstance(end, Literal) else end


def _within(of: Input, reach: _Reach, draft: Draft, place: Pointer) -> Expression:
    at = draft.span(*place)
    low = _standing(reach.low, at)
    if reach.high is None:
        return build.compare(">=" if reach.low_closed else ">", of.subject, low, at)
    ends = RangeLiteral(low, _standing(reach.high, at), reach.low_closed, reach.high_closed, at)
    return In(of.subject, (ends,), at)


def reached(draft: Draft, bands: Bands, pointer: Pointer, of: Input) -> tuple[Expression, ...]:
    """For each band whether the number reaches into it."""
    places = [(*pointer, "rows", i) for i in range(len(bands.rows))]
    return tuple(
        _enters(of, reach, draft.span(*place))
        for place, reach in zip(places, _reaches(draft, bands, pointer), strict=True)
    )  # fmt: skip


def _enters(of: Input, reach: _Reach, at: Span) -> Expression:
    return build.compare(">=" if reach.low_closed else ">", of.subject, _standing(reach.low, at), at)


def graduated(draft: Draft, bands: Bands, pointer: Pointer, of: Input) -> Expression:
    """Each slice at the rate of its band, and the amount of every band entered, in all."""
    at = draft.key_span(*pointer)
    slices: list[Expression] = []
    for i, (band, reach) in enumerate(zip(bands.rows, _reaches(draft, bands, pointer), strict=True)):
        place = (*pointer, "rows", i)
        part, there = _slice(of, reach, i == 0), of.subject.span
        part = draft.define(_slice_name(draft, pointer, i), part, there, wanted=of.kind)
        if band.rate is not None:
            slices.append(Binary("*", part, _figure(draft, band, "rate", place), at))
        if band.amount is not None:
            amount = _figure(draft, band, "amount", place)
            entered = _enters(of, reach, draft.span(*place))
            zero = build.literal(Decimal(0), at)
            slices.append(amount if i == 0 else build.choose([(entered, amount)], zero, at))
    return build.call("sum", ListLiteral(tuple(slices), at), span=at)


def _slice(of: Input, reach: _Reach, first: bool) -> Expression:
    at = of.subject.span
    top: Expression = of.subject
    if reach.high is not None:
        top = build.call("min", of.subject, _standing(reach.high, at), span=at)
    part: Expression = Binary("-", top, _standing(reach.low, at), at)
    return part if first else build.call("max", build.literal(Decimal(0), at), part, span=at)


def inside(draft: Draft, bands: Bands, pointer: Pointer, of: Input) -> Expression:
    """Whether the number lies in any of the bands."""
    first, *_, last = [*list(_reaches(draft, bands, pointer))[:1], *_reaches(draft, bands, pointer)]
    whole = _Reach(first.low, last.high, True, last.high_closed)
    return _within(of, whole, draft, (*pointer, "rows"))
