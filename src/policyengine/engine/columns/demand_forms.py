"""How a need passes from an expression to those of its parts that keep it from being known.

As in the row engine, what is calculated needs all of its parts; `and`, `or`, `if`, `some`, `every` and tests
need only what might still decide. Nobody needs a fact that is there, so the parts of a calculation need
not be looked at one by one: it is not known as soon as one of them is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

import polars as pl

from policyengine.engine.columns import calls, logic, loops, terms
from policyengine.engine.columns.demand import (
    EntrySpot,
    Need,
    Needs,
    PlaceSpot,
    Spot,
    TestSpot,
    TurnSpot,
    down,
    is_nobody,
    is_settled,
    to_item,
    united,
    unknown,
    where,
)
from policyengine.engine.columns.demand_rows import pass_by_rows
from policyengine.engine.columns.emitter import Bound
from policyengine.engine.columns.terms import Const, Flag, Rows, Term, Unsupported
from policyengine.engine.columns.unify import both
from policyengine.feel.functions import LIBRARY
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.program.graph import Key

Form: TypeAlias = Callable[[Needs, Spot, Any, Need, bool], None]


def pass_all(needs: Needs) -> None:
    """Passes the needs of all named values on, each after those that rest on it."""
    graph = needs.world.graph
    for entity, name in reversed(graph.order):
        for deep in (False, True):
            several = needs.nodes.pop((entity, name, deep), None)
            if several is None:
                continue
            need = needs.world.place(entity).frame.column(united(several))
            _pass(needs, (entity, name), need, deep)


def _pass(needs: Needs, key: Key, need: Need, deep: bool) -> None:
    """Passes the need of a node on, by rows where the columns have no form for it."""
    world, (entity, name) = needs.world, key
    expression = world.graph.nodes[entity][name].expression
    if key not in world.by_rows:
        before = needs.snapshot()
        try:
            push(needs, PlaceSpot(needs, entity), expression, need, deep)
        except Unsupported:
            needs.restore(*before)
        else:
            return
    pass_by_rows(needs, world.row_columns(entity, expression).reads, need, deep)


def push(needs: Needs, spot: Spot, node: Expression, need: Need, deep: bool = False) -> None:
    """Passes the need of an expression on to its parts; `deep`: it needs the items of its list too."""
    if is_nobody(need) or isinstance(node, (syntax.Literal, syntax.Open)):
        return
    if is_settled(spot.emitter.emit(node), deep):
        return
    if isinstance(node, syntax.Name):
        spot.name(node.name, need, deep)
        return
    form = _FORMS.get(type(node))
    if form is None:
        raise Unsupported(f"a need of `{type(node).__name__}`")
    form(needs, spot, node, need, deep)


def _open(spot: Spot, node: Expression, need: Need) -> Need:
    """The need where the expression is not known."""
    return where(spot.emitter.frame, unknown(spot.emitter.emit(node)), need)


def _every(needs: Needs, spot: Spot, parts: Sequence[Expression], need: Need, deep: bool = False) -> None:
    for part in parts:
        push(needs, spot, part, need, deep)


# Conditions and choices


def _operands(needs: Needs, spot: Spot, node: syntax.And | syntax.Or, need: Need, deep: bool) -> None:
    _every(needs, spot, node.operands, _open(spot, node, need))


def _strict(needs: Needs, spot: Spot, node: Any, need: Need, deep: bool) -> None:
    _every(needs, spot, (node.left, node.right), need)


def _negate(needs: Needs, spot: Spot, node: syntax.Negate, need: Need, deep: bool) -> None:
    push(needs, spot, node.operand, need)


def _between(needs: Needs, spot: Spot, node: syntax.Between, need: Need, deep: bool) -> None:
    _every(needs, spot, (node.value, node.low, node.high), _open(spot, node, need))


def _if(needs: Needs, spot: Spot, node: syntax.If, need: Need, deep: bool) -> None:
    """Open conditions, and what the branches that may count are."""
    frame = spot.emitter.frame
    whole = spot.emitter.emit(node)
    listed = deep and isinstance(whole, (terms.Listed, terms.Span))
    reached = need if listed else where(frame, unknown(whole), need)
    at: Expression = node
    while isinstance(at, syntax.If):
        condition = spot.emitter.flag(at.condition)
        push(needs, spot, at.condition, reached)
        if isinstance(condition, Const):
            if condition.value is not False:
                push(needs, spot, at.then, reached, deep)
            if condition.value is True:
                return
        else:
            push(needs, spot, at.then, where(frame, Flag(condition.expr.fill_null(True)), reached), deep)
            reached = where(frame, Flag(~condition.expr.fill_null(False)), reached)
        at = at.otherwise
    push(needs, spot, at, reached, deep)


def _range(needs: Needs, spot: Spot, node: syntax.RangeLiteral, need: Need, deep: bool) -> None:
    if deep:
        _every(needs, spot, [each for each in (node.low, node.high) if each is not None], need)


def _in(needs: Needs, spot: Spot, node: syntax.In, need: Need, deep: bool) -> None:
    emitter = spot.emitter
    value = emitter.kept(node.value)
    within = emitter.inside(Bound(emitter.frame, emitter.scope, {"?": value}))

    def asked(more: Need) -> None:
        push(needs, spot, node.value, more)

    inner = TestSpot(spot, within, asked)
    reached = _open(spot, node, need)
    for test in node.tests:
        if "?" in syntax.names(test):
            push(needs, inner, test, reached)
        else:
            _matched(needs, inner, value, test, reached)


def _matched(needs: Needs, spot: TestSpot, value: Term, test: Expression, need: Need) -> None:
    """The value and the test, where that test is open; of a list each item by itself."""
    result = logic.matches(spot.emitter, value, spot.emitter.emit(test))
    reached = where(spot.emitter.frame, unknown(result), need)
    if is_nobody(reached):
        return
    if isinstance(test, syntax.ListLiteral):
        for item in test.items:
            _matched(needs, spot, value, item, reached)
        return
    spot.name("?", reached, False)
    push(needs, spot, test, reached, True)


# Lists


def _turn(needs: Needs, spot: Spot, rows: Rows, variable: str, row: bool) -> TurnSpot:
    return TurnSpot(needs, spot, loops.turn_of(spot.emitter, rows, variable, row), rows, variable, row)


def _rows(spot: Spot, node: Expression) -> Rows:
    return loops.items_of(spot.emitter, spot.emitter.emit(node))


def _quantified(needs: Needs, spot: Spot, node: syntax.Quantified, need: Need, deep: bool) -> None:
    iterator = loops.only(node.iterators)
    rows = _rows(spot, iterator.domain)
    reached = _open(spot, node, need)
    push(needs, spot, iterator.domain, reached)
    listed = where(spot.emitter.frame, rows.known, reached)
    turn = _turn(needs, spot, rows, iterator.name, False)
    push(needs, turn, node.condition, down(listed, rows))


def _filter(needs: Needs, spot: Spot, node: syntax.Filter, need: Need, deep: bool) -> None:
    if isinstance(node.target, syntax.ListLiteral):
        for item in _written(node.target):
            push(needs, _entries(needs, spot, item), node.condition, need)
        return
    if isinstance(spot.emitter.emit(node), terms.SINGLE):
        raise Unsupported("a need of an item by its place")
    push(needs, spot, node.target, need)
    rows = _rows(spot, node.target)
    turn = _turn(needs, spot, rows, "item", True)
    listed = where(spot.emitter.frame, rows.known, need)
    push(needs, turn, node.condition, down(listed, rows))
    if deep and rows.each is not None:
        raise Unsupported("a need of items that are no rows")


def _written(items: syntax.ListLiteral) -> Iterator[syntax.ContextLiteral]:
    """The items of a list, all of them contexts that are written out."""
    for item in items.items:
        if not isinstance(item, syntax.ContextLiteral):
            raise Unsupported("a filter of a list of another kind")
        names = {entry.key for entry in item.entries}
        if any(names & syntax.names(entry.value) for entry in item.entries):
            raise Unsupported("entries that rest on one another")
        yield item


def _entries(needs: Needs, spot: Spot, item: syntax.ContextLiteral) -> EntrySpot:
    inner = loops.item_of(spot.emitter, spot.emitter.emit(item))
    asked = {entry.key: partial(push, needs, spot, entry.value) for entry in item.entries}
    return EntrySpot(spot, inner, asked)


def _parts(
    needs: Needs, spot: Spot, node: syntax.Filter, target: terms.Picked, name: str, need: Need
) -> None:
    """A part of every item that is kept, once it is known which are."""
    assert isinstance(node.target, syntax.ListLiteral)
    known = both([terms.known(holds) for holds, _ in target.items])
    for item, (holds, _) in zip(_written(node.target), target.items, strict=True):
        kept = where(spot.emitter.frame, both([known, holds]), need)
        _entries(needs, spot, item).name(name, kept, True)


def _for(needs: Needs, spot: Spot, node: syntax.For, need: Need, deep: bool) -> None:
    iterator = loops.only(node.iterators)
    push(needs, spot, iterator.domain, need)
    if not deep:
        return
    rows = _rows(spot, iterator.domain)
    listed = where(spot.emitter.frame, rows.known, need)
    turn = _turn(needs, spot, rows, iterator.name, False)
    push(needs, turn, node.body, down(listed, rows), True)


def _path(needs: Needs, spot: Spot, node: syntax.Path, need: Need, deep: bool) -> None:
    target = spot.emitter.emit(node.target)
    if isinstance(target, (terms.Instance, terms.Entries)):
        if not isinstance(node.target, syntax.Name):
            raise Unsupported("a part of such an item")
        spot.part(node.target.name, node.name, need, deep)
    elif isinstance(target, Rows) and target.each is None:
        push(needs, spot, node.target, need)
        if deep:
            rows = loops.items_of(spot.emitter, target)
            listed = where(spot.emitter.frame, rows.known, need)
            to_item(needs, rows, node.name, down(listed, rows), True)
    elif isinstance(target, terms.Picked) and isinstance(node.target, syntax.Filter):
        push(needs, spot, node.target, need)
        if deep:
            _parts(needs, spot, node.target, target, node.name, need)
    elif isinstance(target, terms.Day):
        push(needs, spot, node.target, need)
    elif isinstance(target, terms.Span) and _is_given(needs, node.target):
        push(needs, spot, node.target, need, True)
    else:
        raise Unsupported(f"a part of a {type(target).__name__}")


def _is_given(needs: Needs, node: Expression) -> bool:
    """Whether it is the period of an occasion, both ends of which are known or none."""
    nodes = needs.world.graph.nodes.values()
    return isinstance(node, syntax.Name) and not any(node.name in each for each in nodes)


def _listed(needs: Needs, spot: Spot, node: syntax.ListLiteral, need: Need, deep: bool) -> None:
    if deep:
        _every(needs, spot, node.items, need, True)


# Calls


def _call(needs: Needs, spot: Spot, node: syntax.Call, need: Need, deep: bool) -> None:
    name = node.function.name if isinstance(node.function, syntax.Name) else ""
    if node.named:
        raise Unsupported("a call of another kind")
    own = _CALLS.get(name)
    if own is not None:
        own(needs, spot, node, need, deep)
    elif name in calls.COLUMN_FORMS and LIBRARY[name].strict:
        _every(needs, spot, node.positional, need, True)
    else:
        raise Unsupported(f"a need of `{name}`")


def _count(needs: Needs, spot: Spot, node: syntax.Call, need: Need, deep: bool) -> None:
    push(needs, spot, node.positional[0], need)


def _append(needs: Needs, spot: Spot, node: syntax.Call, need: Need, deep: bool) -> None:
    """The list, and once that is known the items."""
    items, *more = node.positional
    push(needs, spot, items, need)
    if deep:
        found = spot.emitter.emit(items)
        inside = where(spot.emitter.frame, found.known, need) if isinstance(found, Rows) else need
        _every(needs, spot, (items, *more), inside, True)


def _once_known(needs: Needs, spot: Spot, node: syntax.Call, need: Need, deep: bool) -> None:
    values, then = node.positional
    push(needs, spot, values, need, True)
    known = terms.known(spot.emitter.emit(values))
    push(needs, spot, then, where(spot.emitter.frame, known, need), deep)


def _first_known(needs: Needs, spot: Spot, node: syntax.Call, need: Need, deep: bool) -> None:
    push(needs, spot, node.positional[0], _open(spot, node, need))


def _given_or(needs: Needs, spot: Spot, node: syntax.Call, need: Need, deep: bool) -> None:
    _every(needs, spot, node.positional, _open(spot, node, need), deep)


def _at_least(needs: Needs, spot: Spot, node: syntax.Call, need: Need, deep: bool) -> None:
    conditions = node.positional[1]
    if not isinstance(conditions, syntax.ListLiteral):
        raise Unsupported("conditions of another kind")
    _every(needs, spot, conditions.items, _open(spot, node, need))


def _list_contains(needs: Needs, spot: Spot, node: syntax.Call, need: Need, deep: bool) -> None:
    items, element = node.positional
    reached = _open(spot, node, need)
    if isinstance(items, syntax.ListLiteral):
        _every(needs, spot, (*items.items, element), reached)
        return
    push(needs, spot, items, reached)
    known = terms.known(spot.emitter.emit(items))
    push(needs, spot, element, where(spot.emitter.frame, known, reached))


def _row_result(needs: Needs, spot: Spot, node: syntax.Call, need: Need, deep: bool) -> None:
    """The open rows and the values that may count, or the default where no row may match."""
    hit, _, rows, values, *default = node.positional
    if not (isinstance(rows, syntax.ListLiteral) and isinstance(values, syntax.ListLiteral)):
        raise Unsupported("a table of another kind")
    frame = spot.emitter.frame
    hits = spot.emitter.emit(hit)
    assert isinstance(hits, Const)
    flags = [terms.flag(spot.emitter.emit(each)).expr for each in rows.items]
    reached = calls.reached(spot.emitter, str(hits.value), flags)
    whole = _open(spot, node, need)
    counted = where(frame, Flag(~calls.clashing(flags)), whole) if hits.value == "unique" else whole
    for here, row, value in zip(reached, rows.items, values.items, strict=True):
        push(needs, spot, row, where(frame, Flag(here), whole))
        push(needs, spot, value, where(frame, Flag(here), counted))
    nothing = where(frame, Flag(~pl.any_horizontal(reached)), whole)
    _every(needs, spot, default, nothing)


_FORMS: Mapping[type, Form] = MappingProxyType(
    {
        syntax.And: _operands,
        syntax.Or: _operands,
        syntax.Comparison: _strict,
        syntax.Binary: _strict,
        syntax.Negate: _negate,
        syntax.Between: _between,
        syntax.If: _if,
        syntax.RangeLiteral: _range,
        syntax.In: _in,
        syntax.Quantified: _quantified,
        syntax.Filter: _filter,
        syntax.For: _for,
        syntax.Path: _path,
        syntax.ListLiteral: _listed,
        syntax.Call: _call,
    }
)
_CALLS: Mapping[str, Form] = MappingProxyType(
    {
        "append": _append,
        "no value of": lambda needs, spot, node, need, deep: None,
        "count": _count,
        "once known": _once_known,
        "first known": _first_known,
        "given or": _given_or,
        "at least": _at_least,
        "list contains": _list_contains,
        "row result": _row_result,
    }
)
