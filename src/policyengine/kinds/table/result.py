"""The result of a table as expressions of the graph: which row counts, and what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from policyengine.dataclass import dataclass
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import (
    ContextLiteral,
    Entry,
    Expression,
    Filter,
    ListLiteral,
    Name,
    Open,
    Path,
)
from policyengine.feel.types import types
from policyengine.feel.types.types import Type
from policyengine.kinds.table.band_model import Bands
from policyengine.kinds.table.bands import graduated, inside, reached
from policyengine.kinds.table.outputs import read_given
from policyengine.kinds.table.proof import Table, TableRow
from policyengine.kinds.table.rows import Outputs
from policyengine.policy.draft import where_applicable
from policyengine.policy.rule import Cases, ReasonCase
from policyengine.source import Span
from policyengine.text.document import Pointer

if TYPE_CHECKING:
    from policyengine.policy.draft import Draft

# Names that no expression of a policy can have.
_HOLDS, _VALUE = "/holds", "/value"


@dataclass(frozen=True, slots=True)
class Settling:
    """A table to put into the graph: the name and type of its result, and what is known of its rows.

    `complete` says that a row always matches, `has_default` that a value stands in where none does.
    """

    result: str
    kind: Type
    table: Table
    outputs: Outputs
    complete: bool
    has_default: bool
    bands: Bands | None = None
    applies: Name | None = None
    shown: bool = True

    @property
    def slices(self) -> Bands | None:
        """The bands, if each slice of the number counts at its own rate."""
        bands = self.bands
        return bands if bands is not None and bands.mode == "graduated" and not bands.entries else None


def settle(draft: Draft, settling: Settling) -> None:
    """The nodes of the rows and of the result."""
    table, policy = settling.table, draft.policy
    columns = [[row.tests[i] for row in table.rows] for i in range(len(table.inputs))]
    if settling.bands is None:
        columns = [each.counted(tests) for each, tests in zip(table.inputs, columns, strict=True)]
    conditions = [
        build.all_of([column[i] for column in columns if column[i] is not None], row.whole)  # type: ignore[misc]
        for i, row in enumerate(table.rows)
    ]
    if settling.slices is not None:
        conditions = list(reached(draft, settling.slices, ("bands",), table.inputs[0]))
    names = [
        draft.define(f"{policy.id}/rows/{i + 1}", condition, row.at, wanted=types.BOOLEAN, title=row.heading)
        for i, (condition, row) in enumerate(zip(conditions, table.rows, strict=True))
    ]
    cases = tuple(
        case
        for name, row in zip(names, table.rows, strict=True)
        for case in row.cases or (ReasonCase(name.name, row.heading, row.slice),)
    )
    draft.define(
        settling.result,
        _result(draft, settling, names),
        draft.key_span("id"),
        wanted=settling.kind,
        noun=policy.title,
        exported=settling.shown,
        bounds=settling.outputs.bounds.get("") if settling.bands is not None else None,
        cases=Cases(
            cases,
            f"no {table.word} of {policy.title} matches",
            every=table.hit.startswith("collect")
            or settling.slices is not None
            or any(row.cases for row in table.rows),
        ),
    )


def _place(draft: Draft) -> Span:
    """What says how the result is found: the hit policy, the keys, or the mode of the bands."""
    ways: tuple[Pointer, ...] = (("hit",), ("keys",), ("bands", "mode"), ("bands", "of"))
    return next(draft.span(*way) for way in ways if draft.document.at(way) is not None)


def _result(draft: Draft, settling: Settling, names: list[Name]) -> Expression:
    at = _place(draft)
    if settling.slices is not None:
        return _applicable(settling, _slices(draft, settling, settling.slices))
    if settling.table.hit.startswith("collect"):
        return _applicable(settling, _collected(draft, settling, names))
    single = [
        _applicable(settling, _settled(draft, settling, names, k, name))
        for k, name in enumerate(settling.outputs.types)
    ]
    if "" in settling.outputs.types:
        return single[0]
    pairs = zip(settling.outputs.types, single, strict=True)
    found = (
        Entry(name, draft.define(f"{draft.policy.id}/outputs/{name}", each, at), at) for name, each in pairs
    )
    return ContextLiteral(tuple(found), at)


def _applicable(settling: Settling, value: Expression) -> Expression:
    return value if settling.applies is None else where_applicable(settling.applies, value)


def _settled(draft: Draft, settling: Settling, names: list[Name], k: int, output: str) -> Expression:
    """One output under a hit policy that lets one row count."""
    table, at = settling.table, _place(draft)
    values = ListLiteral(tuple(row.values[k] for row in table.rows), at)
    default = [] if settling.complete else [_default(draft, settling, output)]
    hit, title = build.literal(table.hit, at), build.literal(table.title, at)
    return build.call("row result", hit, title, ListLiteral(tuple(names), at), values, *default, span=at)


def _default(
    draft: Draft, settling: Settling, output: str = "", like: Expression | None = None
) -> Expression:
    """What stands in where no row matches; `like` has the type of a result that there is none of."""
    place: Pointer = ("default", output) if output else ("default",)
    if settling.has_default:
        kind = settling.outputs.types[output]
        name = f"{draft.policy.id}/default/{output or 'then'}"
        return read_given(draft, place, kind, name, settling.outputs.bounds[output])
    at = draft.span("default")
    if draft.document.at(("default",)) is None:
        return Open(f"no {settling.table.word} of {settling.table.title} matches", at)
    return build.literal(None, at) if like is None else build.call("no value of", like, span=at)


def _slices(draft: Draft, settling: Settling, bands: Bands) -> Expression:
    of, at = settling.table.inputs[0], _place(draft)
    whole = graduated(draft, bands, ("bands",), of)
    if settling.complete:
        return whole
    otherwise = _default(draft, settling, like=whole)
    return build.choose([(inside(draft, bands, ("bands",), of), whole)], otherwise, at)


# Collecting


def _collected(draft: Draft, settling: Settling, names: list[Name]) -> Expression:
    hit, at = settling.table.hit.removeprefix("collect "), _place(draft)
    rows = settling.table.rows
    if hit == "count":
        return build.call("count", _matching(names, [None] * len(rows), at), span=at)
    values = [_value(settling, row, at) for row in rows]
    found = Path(_matching(names, values, at), _VALUE, at)
    if hit == "list":
        return found
    best: Expression = build.call(hit, found, span=at)
    if hit == "sum":
        best = _sum(names, values, at)
        if not settling.has_default:
            return best
    return build.choose([(build.any_of(names, at), best)], _default(draft, settling, like=best), at)


def _value(settling: Settling, row: TableRow, at: Span) -> Expression:
    if "" in settling.outputs.types:
        return row.values[0]
    pairs = zip(settling.outputs.types, row.values, strict=True)
    return ContextLiteral(tuple(Entry(name, value, at) for name, value in pairs), at)


def _matching(names: Sequence[Name], values: Sequence[Expression | None], at: Span) -> Expression:
    """What stands for each row that matches: `[{holds: row 1, value: 10}, ...][holds]`."""
    items = tuple(
        ContextLiteral((Entry(_HOLDS, name, at), *(() if value is None else (Entry(_VALUE, value, at),))), at)
        for name, value in zip(names, values, strict=True)
    )
    return Filter(ListLiteral(items, at), Name(_HOLDS, at), at)


def _sum(names: Sequence[Name], values: Sequence[Expression], at: Span) -> Expression:
    """Of no rows it is 0."""
    zero = build.literal(Decimal(0), at)
    items = tuple(build.choose([pair], zero, at) for pair in zip(names, values, strict=True))
    return build.call("sum", ListLiteral(items, at), span=at)
