"""Going through lists: `some`, `every`, filters, `for`, and what is counted or summed over their items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import polars as pl

from policyengine.engine.columns import dates, terms
from policyengine.engine.columns.emitter import NOT_KNOWN, Bound, Emitter
from policyengine.engine.columns.frames import State
from policyengine.engine.columns.terms import (
    Const,
    Entries,
    Flag,
    Frame,
    Instance,
    Listed,
    Num,
    Picked,
    Rows,
    Span,
    Term,
    Unsupported,
    lit,
)
from policyengine.engine.columns.unify import both, either, unified
from policyengine.feel.evaluation.iteration import is_written
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Range

# How many items one list may have for a sum to be held for sure: more than a batch has rows.
MOST_ITEMS = 10**7
_MOST_TURNS = 100


def items_of(emitter: Emitter, term: Term) -> Rows:
    """A list of rows with a row of the emitter's frame for each of its turns."""
    if not isinstance(term, Rows):
        raise Unsupported("a loop over another list")
    own = term.of is emitter.frame and term.here.expr.meta.root_names() == ["__self"]
    return term if own else _joined(emitter, term)


def _joined(emitter: Emitter, rows: Rows) -> Rows:
    """The rows of a list that belongs to a frame above, once for every row of this frame."""
    frame, steps = emitter.frame, emitter.frame.steps
    link = frame.column(rows.here.expr).meta.output_name()
    name = steps.fresh("loop")
    loop = Frame(name, steps, (("__left", frame), ("__item", rows.at)))

    def run(state: State) -> None:
        left, right = state[frame.name], state[rows.at.name]
        keyed = [left.get_column("__self").alias("__left"), left.get_column(link).alias("__key")]
        items = [right.get_column("__self").alias("__item"), right.get_column(rows.up).alias("__key")]
        found = pl.DataFrame(keyed).join(
            pl.DataFrame(items), on="__key", how="inner", maintain_order="left_right"
        )
        state[name] = found.drop("__key").with_row_index("__self")

    needs = {(frame.name, link), (frame.name, "__self"), (rows.at.name, rows.up), (rows.at.name, "__self")}
    loop.base = steps.add(run, needs, {(name, "__left"), (name, "__item"), (name, "__self")})

    # Not by way of `from_`: the items may be rows of this very frame, as other accounts are of an account.
    def find(word: str) -> Term | None:
        found = rows.find(word)
        return None if found is None else loop.through("__item", rows.at, found)

    where = loop.through("__item", rows.at, rows.where)
    assert isinstance(where, (Flag, Const))
    each = None if rows.each is None else loop.through("__item", rows.at, rows.each)
    return Rows(frame, loop, "__left", terms.SELF, rows.known, find, where, each)


def turn_of(emitter: Emitter, rows: Rows, name: str, row: bool) -> Emitter:
    """The emitter of the body of a loop."""
    item: Term = Instance(rows.at, rows.find) if rows.each is None else rows.each
    fields = rows.find if row and rows.each is None else None
    return emitter.inside(Bound(rows.at, emitter.scope, {name: item}, fields))


def emit_quantified(emitter: Emitter, node: syntax.Quantified) -> Term:
    """`some` and `every`: what is not known of an item matters only where no other item decides."""
    iterator = only(node.iterators)
    domain = emitter.emit(iterator.domain)
    if isinstance(domain, Const) and not domain.sure:
        return NOT_KNOWN
    if isinstance(domain, Listed):
        parts = []
        for each in domain.items:
            inner = emitter.inside(Bound(emitter.frame, emitter.scope, {iterator.name: each}))
            parts.append(inner.flag(node.condition))
        return both(parts) if node.every else either(parts)
    rows = items_of(emitter, domain)
    condition = terms.flag(turn_of(emitter, rows, iterator.name, False).flag(node.condition))
    where = terms.flag(rows.where).expr
    decisive = condition.expr if not node.every else ~condition.expr
    if isinstance(rows.where, Const):
        found = [decisive.fill_null(False).any(), decisive.is_null().any()]
    else:
        found = [(decisive & where).fill_null(False).any(), (decisive.is_null() & where).any()]
    one, opened = gathered(emitter, rows, found, [pl.Boolean, pl.Boolean])
    holds = pl.when(one.fill_null(False)).then(lit(not node.every, pl.Boolean))
    settled = holds.when(~opened.fill_null(False)).then(lit(node.every, pl.Boolean))
    sure = condition.sure and isinstance(rows.known, Const) and rows.known.value is True
    return emitter.keep_flag(_where_known(rows.known, Flag(settled, sure)))


def _where_known(known: Flag | Const, term: Flag) -> Flag | Const:
    if isinstance(known, Const):
        return term if known.value else NOT_KNOWN
    return Flag(pl.when(known.expr).then(term.expr), False)


def gathered(
    emitter: Emitter, rows: Rows, found: list[pl.Expr], dtypes: list[type[pl.DataType] | None]
) -> list[pl.Expr]:
    """Aggregates over the rows of each list, as columns of the frame that has the lists; null for none."""
    frame, at, steps = rows.of, rows.at, emitter.frame.steps
    names = [steps.fresh("g") for _ in found]
    kept: list[pl.Expr] = []
    needs = {(at.name, rows.up), (frame.name, "__self")}
    roots = {root for each in found for root in each.meta.root_names()}
    needs |= {(at.name, root) for root in roots}
    kept = [each.alias(name) for each, name in zip(found, names, strict=True)]

    def run(state: State) -> None:
        groups = state[at.name].group_by(rows.up).agg(kept)
        wide = state[frame.name]
        keys = wide.get_column("__self").alias(rows.up).to_frame()
        joined = keys.join(groups, on=rows.up, how="left", maintain_order="left")
        several = [(joined.get_column(name), dtype) for name, dtype in zip(names, dtypes, strict=True)]
        columns = [each if dtype is None else each.cast(dtype) for each, dtype in several]
        state[frame.name] = wide.hstack(columns)

    step = steps.add(run, needs, {(frame.name, name) for name in names})
    return [frame.added(name, step) for name in names]


def emit_filter(emitter: Emitter, node: syntax.Filter) -> Term:
    """`target[condition]`: the items for which it holds, known only where it is known for all."""
    target = emitter.emit(node.target)
    if isinstance(target, Const) and not target.sure:
        return NOT_KNOWN
    if isinstance(target, Const) and isinstance(target.value, (list, tuple)):
        target = Listed(tuple(_constant_item(each) for each in target.value))
    place = place_in(node.condition)
    if isinstance(target, Listed) and place is None:
        return Picked(tuple((_picked(emitter, node, each), each) for each in target.items))
    if isinstance(target, Picked):
        if place is not None:
            return _picked_at(target, place)
        asked = [(both([held, _picked(emitter, node, each)]), each) for held, each in target.items]
        return Picked(tuple((emitter.keep_flag(held), each) for held, each in asked))
    rows = items_of(emitter, target)
    if place is not None:
        return _row_at(emitter, rows, place)
    inner = turn_of(emitter, rows, "item", True)
    found = inner.emit(node.condition)
    if isinstance(found, Num) or (isinstance(found, Const) and not isinstance(found.value, bool)):
        raise Unsupported("an item by its place")
    condition = inner.keep_flag(found if isinstance(found, Const) else terms.flag(found))
    kept = both([rows.where, condition])
    if kept == Const(False):
        kept = Flag(pl.col("__self").is_null(), True)  # none of the rows
    if kept.sure:
        return replace(rows, where=kept)
    kept = inner.keep_flag(kept)
    (opened,) = gathered(emitter, rows, [terms.flag(kept).expr.is_null().any()], [pl.Boolean])
    known = emitter.keep_flag(both([rows.known, Flag(~opened.fill_null(False), True)]))
    return replace(rows, known=known, where=Flag(terms.flag(kept).expr.fill_null(False), True))


def place_in(condition: Expression) -> int | None:
    """The place of the item that is meant: the first, the second and so on, or -1 for the last."""
    if isinstance(condition, syntax.Negate):
        return -1 if place_in(condition.operand) == 1 else None
    value = condition.value if isinstance(condition, syntax.Literal) else None
    return int(value) if isinstance(value, Decimal) and value >= 1 and value == int(value) else None


def _picked_at(target: Picked, place: int) -> Term:
    """The item at a place among those that are kept, once it is known which are."""
    if abs(place) != 1:
        raise Unsupported("an item by its place")
    flags = [terms.flag(each).expr for each, _ in target.items]
    exprs, make = unified([each for _, each in target.items])
    chain: pl.Expr = lit(None, pl.Null)
    for held, expr in list(zip(flags, exprs, strict=True))[:: -1 if place > 0 else 1]:
        chain = pl.when(held).then(expr).otherwise(chain)
    return make(pl.when(pl.all_horizontal([each.is_not_null() for each in flags])).then(chain), False)  # type: ignore[no-any-return]


def _row_at(emitter: Emitter, rows: Rows, place: int) -> Term:
    """The value of the row at a place; there is none beyond the end."""
    if not isinstance(rows.each, terms.SINGLE) or isinstance(rows.each, terms.Values):
        raise Unsupported("an item by its place")
    each = rows.each.expr if isinstance(rows.where, Const) else rows.each.expr.filter(rows.where.expr)
    at = each.last() if place == -1 else each.slice(place - 1, 1).first()
    (found,) = gathered(emitter, rows, [at], [None])
    there = found if isinstance(rows.known, Const) else pl.when(rows.known.expr).then(found)
    return replace(rows.each, expr=there, sure=False)


def _constant_item(value: object) -> Term:
    if isinstance(value, dict):
        return Entries({name: Const(each) for name, each in value.items()})
    return Const(value)


def item_of(emitter: Emitter, item: Term) -> Emitter:
    """The emitter of a condition that is asked of an item, whose parts it sees."""
    fields: Callable[[str], Term | None] | None = None
    if isinstance(item, Entries):
        parts = item.fields

        def fields(name: str) -> Term | None:
            return parts.get(name)

    return emitter.inside(Bound(emitter.frame, emitter.scope, {"item": item}, fields))


def _picked(emitter: Emitter, node: syntax.Filter, item: Term) -> Flag | Const:
    inner = item_of(emitter, item)
    found = inner.emit(node.condition)
    if isinstance(found, Num) or (isinstance(found, Const) and not isinstance(found.value, bool)):
        if isinstance(found, Const) and not found.sure:
            return NOT_KNOWN
        raise Unsupported("an item by its place")
    return inner.keep_flag(found if isinstance(found, Const) else terms.flag(found))


def emit_for(emitter: Emitter, node: syntax.For) -> Term:
    """`for`: a value for every item."""
    if "partial" in syntax.names(node.body):
        raise Unsupported("results so far")
    iterator = node.iterators[0]
    counted = _counted(emitter, iterator) if len(node.iterators) == 1 else None
    domain = counted or emitter.emit(only(node.iterators).domain)
    if isinstance(domain, Const) and not domain.sure:
        return NOT_KNOWN
    if isinstance(domain, Listed):
        inside = [Bound(emitter.frame, emitter.scope, {iterator.name: each}) for each in domain.items]
        return Listed(tuple(emitter.inside(each).kept(node.body) for each in inside))
    rows = items_of(emitter, domain)
    body = turn_of(emitter, rows, iterator.name, False).kept(node.body)
    return replace(rows, each=body)


def _counted(emitter: Emitter, iterator: syntax.Iterator) -> Listed | None:
    """The numbers from one to another, where both are known beforehand and not far apart."""
    if iterator.domain_end is None:
        return None
    ends = [emitter.emit(each) for each in (iterator.domain, iterator.domain_end)]
    low, high = (each.value if isinstance(each, Const) else None for each in ends)
    if not isinstance(low, Decimal) or not isinstance(high, Decimal) or abs(high - low) > _MOST_TURNS:
        return None
    if low != int(low) or high != int(high):
        return None
    if low > high and not is_written(iterator):
        return Listed(())
    step = 1 if low <= high else -1
    return Listed(tuple(Const(Decimal(each)) for each in range(int(low), int(high) + step, step)))


def only(iterators: tuple[syntax.Iterator, ...]) -> syntax.Iterator:
    """The one loop over a list; raises `Unsupported` for several, and for a range of numbers."""
    if len(iterators) != 1 or iterators[0].domain_end is not None:
        raise Unsupported("several loops at once")
    return iterators[0]


# Parts


def emit_path(emitter: Emitter, node: syntax.Path) -> Term:
    """`target.name`."""
    return part_of(emitter, emitter.emit(node.target), node.name)


def part_of(emitter: Emitter, target: Term, name: str) -> Term:
    """A part of a value; of a list that of every item."""
    match target:
        case Const(Range() as value) if name in ("start", "end"):
            return Const(value.low if name == "start" else value.high)
        case Const() if not target.sure:
            return NOT_KNOWN
        case Instance(frame, find):
            return emitter.frame.from_(frame, _found(find(name), name))
        case Entries(fields):
            return _found(fields.get(name), name)
        case Span(low, high):
            found = low if name == "start" else high if name == "end" else None
            return _found(found, name)
        case terms.Day():
            return dates.part(target, name)
        case terms.Seconds() if name == "days":
            return dates.days_in(target)
        case Rows(each=None):
            return replace(target, each=target.at.keep(_found(target.find(name), name)))
        case Picked(items):
            return Picked(tuple((holds, part_of(emitter, each, name)) for holds, each in items))
        case Listed(items):
            return Listed(tuple(part_of(emitter, each, name) for each in items))
    raise Unsupported(f"`{name}` of a {type(target).__name__}")


def _found(term: Term | None, name: str) -> Term:
    if term is None:
        raise Unsupported(f"there is no `{name}`")
    return term


def emit_list(emitter: Emitter, node: syntax.ListLiteral) -> Term:
    """A list of so many items."""
    return Listed(tuple(emitter.emit(each) for each in node.items))


def emit_context(emitter: Emitter, node: syntax.ContextLiteral) -> Term:
    """A context; an entry sees those before it."""
    entries: dict[str, Term] = {}
    inner = emitter.inside(Bound(emitter.frame, emitter.scope, entries))
    for entry in node.entries:
        entries[entry.key] = inner.kept(entry.value)
    return Entries(entries)
