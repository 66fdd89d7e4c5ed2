"""What all rows of a list come to: their number, sums, the least and the largest, one list of their lists."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import polars as pl

from policyengine.engine.columns import numbers, terms
from policyengine.engine.columns.emit import NOT_KNOWN, Bound, Emitter
from policyengine.engine.columns.loops import MOST_ITEMS, gathered, items_of, turn_of
from policyengine.engine.columns.terms import Const, Flag, Num, Rows, Term, Unsupported
from policyengine.engine.columns.unify import both, day, unified


def count_rows(emitter: Emitter, rows: Rows) -> Term:
    """How many rows there are, whether or not their values are known."""
    rows = items_of(emitter, rows)
    where = terms.flag(rows.where).expr
    number = pl.len() if isinstance(rows.where, Const) else where.fill_null(False).sum()
    (found,) = gathered(emitter, rows, [number], [pl.Int64])
    whole = Num(found.fill_null(0), 0, MOST_ITEMS, True)
    return number_where(rows.known, whole)


def number_where(known: Flag | Const, term: Num) -> Term:
    """A number where a condition holds; not known elsewhere."""
    if isinstance(known, Const):
        return term if known.value else NOT_KNOWN
    return Num(pl.when(known.expr).then(term.expr), term.scale, term.bound, False)


def values_known(emitter: Emitter, rows: Rows) -> Flag | Const:
    """Whether the value of every row that counts is known."""
    assert rows.each is not None
    known = terms.known(rows.each)
    if isinstance(known, Const):
        return known
    where = terms.flag(rows.where).expr
    open_ones = (~known.expr) & where.fill_null(True)
    (opened,) = gathered(emitter, rows, [open_ones.any()], [pl.Boolean])
    return Flag(~opened.fill_null(False), True)


def aggregate(emitter: Emitter, name: str, rows: Rows) -> Term:
    """`sum`, `min` or `max` of a value of every row: not known of none, nor where one is not known."""
    rows = items_of(emitter, rows)
    if rows.each is None:
        raise Unsupported(f"the {name} of another list")
    each = numbers.number(rows.each) if not isinstance(rows.each, terms.Day) else day(rows.each)
    where = terms.flag(rows.where).expr
    kept = each.expr if isinstance(rows.where, Const) else pl.when(where).then(each.expr)
    known = both([rows.known, values_known(emitter, rows)])
    if isinstance(each, Num):
        found, some = _totals(emitter, name, rows, each, kept)
        return number_where(both([known, some]), found)
    if name == "sum":
        raise Unsupported("a sum of dates")
    (best,) = gathered(emitter, rows, [kept.min() if name == "min" else kept.max()], [pl.Date])
    sure = isinstance(known, Const) and known.value
    return terms.Day(best if sure else pl.when(terms.flag(known).expr).then(best))


def _totals(emitter: Emitter, name: str, rows: Rows, each: Num, kept: pl.Expr) -> tuple[Num, Flag]:
    """The `sum`, `min` or `max` of numbers, and whether there are any."""
    bound = each.bound * MOST_ITEMS if name == "sum" else each.bound
    dtype = numbers.width(bound)
    kept = kept.cast(dtype)
    total = kept.sum() if name == "sum" else kept.min() if name == "min" else kept.max()
    found, some = gathered(emitter, rows, [total, kept.is_not_null().any()], [dtype, pl.Boolean])
    return Num(found, each.scale, bound), Flag(some.fill_null(False), True)


def aggregate_joined(emitter: Emitter, name: str, joined: terms.Joined) -> Term:
    """The same of a list that is put together."""
    rows = items_of(emitter, joined.rows)
    assert rows.each is not None
    each, more = numbers.number(rows.each), [numbers.number(one) for one in joined.more]
    where = terms.flag(rows.where).expr
    kept = each.expr if isinstance(rows.where, Const) else pl.when(where).then(each.expr)
    found, _ = _totals(emitter, name, rows, each, kept)
    known = both([rows.known, values_known(emitter, rows)])
    if name == "sum":
        whole = replace(found, expr=found.expr.fill_null(0), sure=True)
        return number_where(known, reduce(numbers.add, more, whole))
    exprs, make = unified([found, *more])
    best = pl.min_horizontal(exprs) if name == "min" else pl.max_horizontal(exprs)
    fine = both([known, *(terms.known(one) for one in more)])
    return number_where(fine, make(best, True))


def count_distinct(emitter: Emitter, rows: Rows) -> Term:
    """How many different values the rows have."""
    rows = items_of(emitter, rows)
    if not isinstance(rows.each, (Flag, terms.Code, Num, terms.Text, terms.Day, terms.Seconds)):
        raise Unsupported("how many different values of another list there are")
    each = rows.each.expr if isinstance(rows.where, Const) else rows.each.expr.filter(rows.where.expr)
    (found,) = gathered(emitter, rows, [each.drop_nulls().n_unique()], [pl.Int64])
    known = both([rows.known, values_known(emitter, rows)])
    return number_where(known, Num(found.fill_null(0), 0, MOST_ITEMS, True))


def flattened(emitter: Emitter, rows: Rows) -> Rows:
    """The rows of the lists of all rows, as one list."""
    rows = items_of(emitter, rows)
    if not isinstance(rows.each, Rows):
        raise Unsupported("a list of other lists")
    inner = items_of(turn_of(emitter, rows, "item", False), rows.each)
    up = inner.at.through(inner.up, rows.at, Num(pl.col(rows.up), 0, 0))
    outer = inner.at.through(inner.up, rows.at, rows.where)
    assert isinstance(up, Num)
    assert isinstance(outer, (Flag, Const))
    known = rows.known
    if isinstance(inner.known, Flag):
        gone = ~inner.known.expr & terms.flag(rows.where).expr
        (opened,) = gathered(emitter, rows, [gone.any()], [pl.Boolean])
        known = both([known, Flag(~opened.fill_null(False), True)])
    where = emitter.inside(Bound(inner.at, emitter.scope, {})).keep_flag(both([outer, inner.where]))
    name = up.expr.meta.output_name()
    found = Rows(rows.of, inner.at, name, rows.here, known, inner.find, where, inner.each)
    if inner.each is None:
        return found
    return replace(found, known=both([known, values_known(emitter, found)]))
