"""Conditions and choices: Kleene's logic on nulls, comparisons, ranges, `if`."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, cast

import polars as pl

from policyengine.engine.columns import numbers, terms
from policyengine.engine.columns.emitter import NOT_KNOWN, Bound, Emitter
from policyengine.engine.columns.terms import Code, Const, Flag, Num, Quotient, Term, Unsupported, lit
from policyengine.engine.columns.unify import (
    both,
    day,
    either,
    is_text,
    merged,
    recoded,
    same,
    seconds,
    text,
    unified,
)
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.comparison import compare
from policyengine.feel.values.values import Range


def emit_and(emitter: Emitter, node: syntax.And) -> Term:
    """All operands hold."""
    return both([emitter.flag(each) for each in node.operands])


def emit_or(emitter: Emitter, node: syntax.Or) -> Term:
    """One operand holds."""
    return either([emitter.flag(each) for each in node.operands])


def negated(term: Flag | Const) -> Flag | Const:
    """The opposite."""
    if isinstance(term, Const):
        return Const(not term.value) if isinstance(term.value, bool) else NOT_KNOWN
    return Flag(~term.expr, term.sure)


# Comparisons


def emit_comparison(emitter: Emitter, node: syntax.Comparison) -> Term:
    """One of `= != < <= > >=`."""
    return compared(emitter, node.op, emitter.emit(node.left), emitter.emit(node.right))


def compared(emitter: Emitter, op: str, left: Term, right: Term) -> Flag | Const:
    """`left op right`."""
    if isinstance(left, Const) and isinstance(right, Const):
        return _constant(op, left.value, right.value)
    if not all(each.sure for each in (left, right) if isinstance(each, Const)):
        return NOT_KNOWN
    if op == "!=":
        return negated(compared(emitter, "=", left, right))
    if op == "=":
        return _equal(emitter, right, left) if isinstance(left, Const) else _equal(emitter, left, right)
    if isinstance(left, Code) and isinstance(right, Const):
        return _of_few(left, [compare(op, each, right.value) for each in left.domain])
    if isinstance(right, Code) and isinstance(left, Const):
        return _of_few(right, [compare(op, left.value, each) for each in right.domain])
    return _ordered(op, left, right)


def _of_few(term: Code, results: Sequence[object]) -> Flag:
    """A condition about one of a few values, by what it comes to for each of them."""
    holds = [i for i, each in enumerate(results) if each is True]
    fails = [i for i, each in enumerate(results) if each is False]
    if len(holds) + len(fails) == len(results):
        return Flag(_among(term.expr, holds), term.sure)
    found = pl.when(_among(term.expr, holds)).then(lit(True, pl.Boolean))
    return Flag(found.when(_among(term.expr, fails)).then(lit(False, pl.Boolean)))


def _constant(op: str, left: object, right: object) -> Const:
    found = compare(op, left, right)
    return Const(found) if isinstance(found, bool) else NOT_KNOWN


def _equal(emitter: Emitter, left: Term, right: Term) -> Flag | Const:
    if isinstance(left, Code) and isinstance(right, Const):
        same = [i for i, each in enumerate(left.domain) if compare("=", each, right.value) is True]
        return Flag(_among(left.expr, same), left.sure)
    if isinstance(right, Const) and right.value is None:
        return _never(left)
    if isinstance(left, Code) and isinstance(right, Code):
        return _equal_codes(left, right)
    if isinstance(left, Flag) or isinstance(right, Flag):
        one, other = terms.flag(left), terms.flag(right)
        return Flag(one.expr == other.expr, one.sure and other.sure)
    if is_text(left) or is_text(right):
        first, second = text(left), text(right)
        return Flag(first.expr == second.expr, first.sure and second.sure)
    return _ordered("=", left, right)


def _among(expr: pl.Expr, numbers_: Sequence[int]) -> pl.Expr:
    if len(numbers_) == 1:
        return expr == lit(numbers_[0], pl.UInt16)
    if not numbers_:
        return expr != expr  # false, and null where it is not known
    return expr.is_in(list(numbers_))


def _never(term: Term) -> Flag | Const:
    """False, as far as it is known."""
    found = terms.known(term)
    if isinstance(found, Const):
        return Const(False) if found.value else NOT_KNOWN
    return Flag(pl.when(found.expr).then(lit(False, pl.Boolean)))


def _equal_codes(left: Code, right: Code) -> Flag:
    if left.domain != right.domain:
        whole = merged(left.domain, right.domain)
        left, right = recoded(left, whole), recoded(right, whole)
    return Flag(left.expr == right.expr, left.sure and right.sure)


_ORDERS: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _ordered(op: str, left: Term, right: Term) -> Flag:
    order = _ORDERS[op]
    if isinstance(left, (Num, Quotient)) or isinstance(right, (Num, Quotient)) or _has_numbers(left, right):
        first, second, turned = numbers.compared(left, right)
        one, other, _, _ = numbers.same_width(first, second)
        plain = order(one, other)
        if turned is not None and op != "=":
            return Flag(pl.when(turned).then(order(other, one)).otherwise(plain))
        return Flag(plain, first.sure and second.sure and turned is None)
    if _are_days(left) or _are_days(right):
        start, end = day(left), day(right)
        return Flag(order(start.expr, end.expr), start.sure and end.sure)
    if isinstance(left, terms.Seconds) or isinstance(right, terms.Seconds):
        short, long = seconds(left), seconds(right)
        return Flag(order(short.expr, long.expr), short.sure and long.sure)
    one_text, other_text = text(left), text(right)
    return Flag(order(one_text.expr, other_text.expr), one_text.sure and other_text.sure)


def _are_days(term: Term) -> bool:
    if isinstance(term, Code):
        return any(isinstance(each, datetime.date) for each in term.domain)
    return isinstance(term, terms.Day)


def _has_numbers(left: Term, right: Term) -> bool:
    return any(
        isinstance(each, Code) and any(isinstance(value, Decimal) for value in each.domain)
        for each in (left, right)
    )


# If


def emit_if(emitter: Emitter, node: syntax.If) -> Term:
    """A chain of `else if`: from its end, since each value depends on what follows it."""
    conditions: list[Flag | Const] = []
    branches: list[Term] = []
    at: Expression = node
    while isinstance(at, syntax.If):
        condition = emitter.kept_flag(at.condition)
        if isinstance(condition, Const) and condition.value is False:
            at = at.otherwise
            continue
        conditions.append(condition)
        branches.append(emitter.emit(at.then))
        if isinstance(condition, Const) and condition.value is True:
            break
        at = at.otherwise
    else:
        conditions.append(Const(True))
        branches.append(emitter.emit(at))
    found = branches[-1]
    for condition, branch in zip(reversed(conditions[:-1]), reversed(branches[:-1]), strict=True):
        found = chosen(emitter, condition, branch, found)
    return found


def chosen(emitter: Emitter, condition: Flag | Const, then: Term, otherwise: Term) -> Term:
    """One of two values; where the condition is not known, the value that both have."""
    if isinstance(condition, Const) and isinstance(condition.value, bool):
        return then if condition.value else otherwise
    if isinstance(then, terms.Listed) and isinstance(otherwise, terms.Listed):
        return _chosen_list(emitter, condition, then, otherwise)
    constant = isinstance(then, Const) and isinstance(otherwise, Const) and then.sure and otherwise.sure
    if constant and same(then.value, otherwise.value):  # type: ignore[union-attr]
        return then
    # What follows, a chain maybe, keeps its numbers; what comes before it may get others, one by one.
    then = emitter.frame.keep(then) if isinstance(then, Code) else then
    (other, one), make = unified([otherwise, then])
    if condition.sure:
        assert isinstance(condition, Flag)
        sure = terms.is_sure(then) and terms.is_sure(otherwise)
        return cast(Term, make(pl.when(condition.expr).then(one).otherwise(other), sure))
    return _unsure(emitter, condition, then, otherwise, (one, other, make))


def _chosen_list(
    emitter: Emitter, condition: Flag | Const, then: terms.Listed, otherwise: terms.Listed
) -> Term:
    """One of two lists of the same length; where the condition is not known, that which both are."""
    if len(then.items) != len(otherwise.items) or not then.items:
        raise Unsupported("lists of different lengths")
    pairs = list(zip(then.items, otherwise.items, strict=True))
    items = [emitter.frame.keep(chosen(emitter, condition, one, other)) for one, other in pairs]
    if condition.sure:
        return terms.Listed(tuple(items))
    same_items = both([compared(emitter, "=", one, other) for one, other in pairs])
    alike = Flag(terms.flag(same_items).expr.fill_null(False), True)
    known = emitter.keep_flag(either([terms.known(condition), alike]))
    held = Flag(pl.when(terms.flag(known).expr).then(lit(True, pl.Boolean)))
    return terms.Picked(tuple((emitter.keep_flag(held), each) for each in items))


def _unsure(emitter: Emitter, condition: Flag | Const, then: Term, otherwise: Term, alike: Any) -> Term:
    one, other, make = alike
    if isinstance(condition, Const):  # never known
        agreed = pl.when(one == other).then(one)
        return cast(Term, make(agreed, False))
    whole = pl.when(condition.expr).then(one).when(~condition.expr).then(other)
    if isinstance(then, Const) and isinstance(otherwise, Const):
        return emitter.frame.keep(make(whole.otherwise(None), False))
    # Both are needed twice.
    first, second = emitter.frame.keep(make(one, False)), emitter.frame.keep(make(other, False))
    one, other = first.expr, second.expr  # type: ignore[union-attr]
    whole = pl.when(condition.expr).then(one).when(~condition.expr).then(other).when(one == other).then(one)
    return emitter.frame.keep(make(whole.otherwise(None), False))


# Ranges and membership


def emit_between(emitter: Emitter, node: syntax.Between) -> Term:
    """Both ends included."""
    value = emitter.kept(node.value)
    low = compared(emitter, ">=", value, emitter.emit(node.low))
    return both([low, compared(emitter, "<=", value, emitter.emit(node.high))])


def emit_range(emitter: Emitter, node: syntax.RangeLiteral) -> Term:
    """A range with ends that may differ from row to row."""
    low = None if node.low is None else emitter.emit(node.low)
    high = None if node.high is None else emitter.emit(node.high)
    if any(isinstance(each, Const) and each.value is None for each in (low, high)):
        return NOT_KNOWN
    return terms.Span(low, high, node.low_closed, node.high_closed)


def emit_in(emitter: Emitter, node: syntax.In) -> Term:
    """One of the tests holds."""
    value = emitter.kept(node.value)
    within = emitter.inside(Bound(emitter.frame, emitter.scope, {"?": value}))
    return either([_test(emitter, within, value, each) for each in node.tests])


def _test(emitter: Emitter, within: Emitter, value: Term, test: Expression) -> Flag | Const:
    about = "?" in syntax.names(test)
    found = within.emit(test)
    if about:
        if isinstance(found, (Flag, Const)):
            return found if isinstance(found, Flag) or isinstance(found.value, bool) else NOT_KNOWN
        raise Unsupported("a test that gives no condition")
    condition = isinstance(found, Flag) or (isinstance(found, Const) and isinstance(found.value, bool))
    if condition and not isinstance(value, Flag):
        raise Unsupported("a condition among the tests")
    return matches(emitter, value, found)


def matches(emitter: Emitter, value: Term, test: Term) -> Flag | Const:
    """In a range, among the items of a list, or equal."""
    if isinstance(test, Const) and isinstance(test.value, Range):
        range_ = test.value
        ends = [None if end is None else Const(end) for end in (range_.low, range_.high)]
        test = terms.Span(ends[0], ends[1], range_.low_closed, range_.high_closed)
    if isinstance(test, terms.Span):
        return inside(emitter, value, test)
    if isinstance(test, Const) and isinstance(test.value, (list, tuple)):
        test = terms.Listed(tuple(Const(each) for each in test.value))
    if isinstance(test, terms.Listed):
        return either([matches(emitter, value, each) for each in test.items])
    if isinstance(test, (terms.Values, terms.Rows, terms.Entries, terms.Times)):
        raise Unsupported("membership in a list")
    return compared(emitter, "=", value, test)


def inside(emitter: Emitter, value: Term, span: terms.Span) -> Flag | Const:
    """Whether a value lies in a range; false already if it lies beyond one known end."""
    if isinstance(value, Const) and value.value is None:
        return NOT_KNOWN
    if isinstance(value, Code) and None in value.domain:
        raise Unsupported("null tested against a range")
    parts: list[Flag | Const] = []
    if span.low is not None:
        parts.append(compared(emitter, ">=" if span.low_closed else ">", value, span.low))
    if span.high is not None:
        parts.append(compared(emitter, "<=" if span.high_closed else "<", value, span.high))
    return both(parts)
