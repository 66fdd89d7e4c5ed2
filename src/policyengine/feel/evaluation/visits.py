"""Visits every part of an expression, the body of a loop once an item, with the values of the names there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import DecimalException, localcontext
from itertools import islice

from policyengine.feel.evaluation.environment import Env, Shared
from policyengine.feel.evaluation.evaluator import run
from policyengine.feel.evaluation.iteration import bindings, item_scope
from policyengine.feel.limits import NUMBERS
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression, children
from policyengine.feel.types.signatures import Library

Value = Callable[[Expression], object]
"""The value of an expression at the place that is visited; None where there is none."""

MOST = 200
"""How many items of a list are visited."""


def visits(
    expression: Expression, scope: Mapping[str, object], functions: Library
) -> Iterator[tuple[Expression, Value]]:
    """All parts of an expression, outside in, and what gives values among the names that each sees.

    Parts are visited also where evaluating the whole would not get to them.
    """
    pending = [(expression, Env(scope, None, Shared(True, functions, {})))]
    while pending:
        node, env = pending.pop()
        yield node, _at(env)
        pending.extend(reversed(list(_below(node, env))))


def _at(env: Env) -> Value:
    def value(expression: Expression) -> object:
        shared = Shared(True, env.shared.functions, env.shared.types)
        with localcontext(NUMBERS):
            try:
                return run(expression, _fresh(env, shared))
            except (RecursionError, DecimalException):
                return None

    return value


def _fresh(env: Env, shared: Shared) -> Env:
    """The same names with a full budget of steps."""
    outer = None if env.outer is None else _fresh(env.outer, shared)
    return Env(env.names, outer, shared)


def _below(node: Expression, env: Env) -> Iterator[tuple[Expression, Env]]:
    match node:
        case syntax.For(iterators, body) | syntax.Quantified(_, iterators, body):
            yield from ((iterator.domain, env) for iterator in iterators)
            with localcontext(NUMBERS):
                found = list(islice(bindings(iterators, env, run), MOST))
            yield from ((body, each) for each in found if isinstance(each, Env))
        case syntax.Filter(target, condition):
            yield target, env
            items = _at(env)(target)
            for item in islice(items, MOST) if isinstance(items, (list, tuple)) else ():
                yield condition, item_scope(item, env)
        case syntax.In(value, tests):
            yield value, env
            inside = env.inside({"?": _at(env)(value)})
            yield from ((test, inside) for test in tests)
        case syntax.FunctionLiteral() | syntax.ContextLiteral():
            return
        case _:
            yield from ((child, env) for child in children(node))
