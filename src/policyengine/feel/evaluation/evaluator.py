"""The value of an expression: the reference evaluator, which walks the tree.

It never raises. In plain FEEL what has no answer is null. In policies it is `Unknown` with its reason,
and what is not known stays so until something else decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import DecimalException, localcontext
from itertools import islice
from types import MappingProxyType
from typing import Any, Literal

from policyengine.feel.evaluation.environment import ABSENT, Env, Shared, agreed, decide
from policyengine.feel.evaluation.invocation import call, closure
from policyengine.feel.evaluation.iteration import bindings, filtered, item_scope
from policyengine.feel.functions import BUILTINS
from policyengine.feel.limits import NUMBERS
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression, children
from policyengine.feel.syntax.typenames import resolved
from policyengine.feel.types.properties import property_of
from policyengine.feel.types.relations import is_instance
from policyengine.feel.types.signatures import Library
from policyengine.feel.types.types import Type
from policyengine.feel.values.arithmetic import arithmetic, negate
from policyengine.feel.values.comparison import both, compare, matches, order
from policyengine.feel.values.values import Failed, Failure, Range, Unknown, unknown

Mode = Literal["plain", "policy"]
_NO_TYPES: Mapping[str, Type] = MappingProxyType({})


def evaluate(
    expression: Expression,
    scope: Mapping[str, object],
    *,
    mode: Mode = "plain",
    functions: Library = BUILTINS,
    types: Mapping[str, Type] = _NO_TYPES,
) -> object:
    """The value of an expression among the names of `scope`, which may be lazy.

    `types` are those that `instance of` may name. The work is bounded: past the limit there is no answer.
    """
    shared = Shared(mode == "policy", functions, types)
    with localcontext(NUMBERS):
        try:
            value = run(expression, Env(scope, None, shared))
        except RecursionError:
            return shared.fail("the calculation is nested too deeply", expression.span)
        except DecimalException:
            return shared.fail("a number is not finite, or too large", expression.span)
    # Part of the work was left undone, so nothing that came out can be trusted.
    return shared.exhausted(expression.span) if shared.steps < 0 else value


def run(node: Expression, env: Env) -> object:
    """The value of a node."""
    shared = env.shared
    shared.steps -= 1
    if shared.steps < 0:
        return shared.exhausted(node.span)
    return _RUN[type(node)](node, env)


def _literal(node: syntax.Literal, env: Env) -> object:
    return node.value


def _open(node: syntax.Open, env: Env) -> object:
    return Unknown.of(Failure(node.reason, node.span))


def _name(node: syntax.Name, env: Env) -> object:
    found = env.find(node.name)
    if found is not ABSENT:
        return found
    function = env.shared.functions.get(node.name)
    if function is not None:
        return closure(function, env, node)
    return env.shared.fail(f"there is no `{node.name}`", node.span)


def _path(node: syntax.Path, env: Env) -> object:
    return _part(run(node.target, env), node, env)


def _part(target: object, node: syntax.Path, env: Env) -> object:
    if isinstance(target, Unknown):
        return target
    if isinstance(target, Mapping):
        if node.name in target:
            return target[node.name]
        return env.shared.fail(f"there is no `{node.name}`", node.span)
    if isinstance(target, (list, tuple)):
        env.shared.charge((target,))
        return [_part(item, node, env) for item in target]
    return env.shared.outcome(property_of(target, node.name), node.span)


def _negate(node: syntax.Negate, env: Env) -> object:
    value = run(node.operand, env)
    return value if isinstance(value, Unknown) else env.shared.outcome(negate(value), node.span)


def _binary(node: syntax.Binary, env: Env) -> object:
    left, right = run(node.left, env), run(node.right, env)
    return unknown((left, right)) or env.shared.outcome(arithmetic(node.op, left, right), node.span)


def _comparison(node: syntax.Comparison, env: Env) -> object:
    left, right = run(node.left, env), run(node.right, env)
    env.shared.charge((left, right))
    return env.shared.outcome(compare(node.op, left, right), node.span)


def _and(node: syntax.And, env: Env) -> object:
    return decide((run(operand, env) for operand in node.operands), False, env.shared, node.span)


def _or(node: syntax.Or, env: Env) -> object:
    return decide((run(operand, env) for operand in node.operands), True, env.shared, node.span)


def _between(node: syntax.Between, env: Env) -> object:
    value = run(node.value, env)
    low = compare(">=", value, run(node.low, env))
    high = compare("<=", value, run(node.high, env))
    return env.shared.outcome(both(low, high), node.span)


def _in(node: syntax.In, env: Env) -> object:
    return _tested(run(node.value, env), node.tests, env, node)


def _tested(value: object, tests: Sequence[Expression], env: Env, node: Expression) -> object:
    within = env.inside({"?": value})
    results = (_test(value, test, within) for test in tests)
    if len(tests) == 1:
        return env.shared.outcome(next(results), node.span)
    return decide(results, True, env.shared, node.span)


def _test(value: object, test: Expression, env: Env) -> object:
    found = run(test, env)
    plain = isinstance(value, (bool, Unknown))
    if isinstance(found, bool) and (not plain or env.shared.mentions(test, "?")):
        return found
    if found is None and (isinstance(test, syntax.RangeLiteral) or env.shared.mentions(test, "?")):
        return None
    if isinstance(found, Unknown) and env.shared.mentions(test, "?"):
        return found
    env.shared.charge((found,))
    return matches(value, found)


def _unary_tests(node: syntax.UnaryTests, env: Env) -> object:
    if not node.tests:
        return True
    value = env.find("?")
    found = _tested(None if value is ABSENT else value, node.tests, env, node)
    return (not found) if node.negated and isinstance(found, bool) else found


def _range(node: syntax.RangeLiteral, env: Env) -> object:
    low = None if node.low is None else run(node.low, env)
    high = None if node.high is None else run(node.high, env)
    if (node.low is not None and low is None) or (node.high is not None and high is None):
        return env.shared.fail("an end of the range is null", node.span)
    if node.low is not None and node.high is not None and unknown((low, high)) is None:
        way = order(low, high)
        # A test `= x` is a range of one value, which may be of a kind without order.
        if isinstance(way, Failed) and node.low is not node.high:
            return env.shared.outcome(way, node.span)
    return Range(low, high, node.low_closed, node.high_closed)


def _if(node: syntax.If, env: Env) -> object:
    """A chain of `else if` in one go; with conditions not known, a value that all open branches agree on."""
    open_ones: list[object] = []
    branches: list[object] = []
    at: Expression = node
    while isinstance(at, syntax.If):
        condition = run(at.condition, env)
        if condition is True:
            break
        if condition is not False and env.shared.policy:
            if not isinstance(condition, Unknown):
                condition = env.shared.fail("the condition is neither true nor false", at.condition.span)
            open_ones.append(condition)
            branches.append(run(at.then, env))
        at = at.otherwise
    last = run(at.then if isinstance(at, syntax.If) else at, env)
    return agreed([*branches, last], open_ones) if open_ones else last


def _for(node: syntax.For, env: Env) -> object:
    results: list[object] = []
    partial = env.shared.mentions(node.body, "partial")
    for binding in bindings(node.iterators, env, run):
        if not isinstance(binding, Env):
            return binding
        if partial:
            env.shared.charge((results,))
            binding = binding.inside({"partial": list(results)})
        results.append(run(node.body, binding))
        if env.shared.steps < 0:
            return env.shared.exhausted(node.span)
    return results


def _quantified(node: syntax.Quantified, env: Env) -> object:
    def results() -> Iterable[object]:
        for binding in bindings(node.iterators, env, run):
            yield run(node.condition, binding) if isinstance(binding, Env) else binding

    return decide(results(), not node.every, env.shared, node.span)


def _filter(node: syntax.Filter, env: Env) -> object:
    target = run(node.target, env)
    return target if isinstance(target, Unknown) else filtered(target, node, env, run)


def _list(node: syntax.ListLiteral, env: Env) -> object:
    return [run(item, env) for item in node.items]


def _context(node: syntax.ContextLiteral, env: Env) -> object:
    entries: dict[str, object] = {}
    within = env.inside(entries)
    for entry in node.entries:
        entries[entry.key] = run(entry.value, within)
    return entries


def _function(node: syntax.FunctionLiteral, env: Env) -> object:
    return closure(node, env, node, run)


def _call(node: syntax.Call, env: Env) -> object:
    try:
        return call(node, env, run)
    except DecimalException:
        return env.shared.fail("the result is not a number, or too large", node.span)


def _instance_of(node: syntax.InstanceOf, env: Env) -> object:
    value = run(node.value, env)
    if isinstance(value, Unknown):
        return value
    wanted = resolved(node.type, env.shared.types)
    if wanted is None:
        return env.shared.fail("there is no such type", node.span)
    return value is not None and is_instance(value, wanted)


_RUN: dict[type, Callable[[Any, Env], object]] = {
    syntax.Literal: _literal,
    syntax.Open: _open,
    syntax.Name: _name,
    syntax.Path: _path,
    syntax.Negate: _negate,
    syntax.Binary: _binary,
    syntax.Comparison: _comparison,
    syntax.And: _and,
    syntax.Or: _or,
    syntax.Between: _between,
    syntax.In: _in,
    syntax.UnaryTests: _unary_tests,
    syntax.RangeLiteral: _range,
    syntax.If: _if,
    syntax.For: _for,
    syntax.Quantified: _quantified,
    syntax.Filter: _filter,
    syntax.ListLiteral: _list,
    syntax.ContextLiteral: _context,
    syntax.FunctionLiteral: _function,
    syntax.Call: _call,
    syntax.InstanceOf: _instance_of,
}


# Visits every part of an expression, the body of a loop once an item, with the values of the names there.

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
        case syntax.ContextLiteral(entries):
            for entry in entries:
                yield entry.value, env
                env = env.inside({entry.key: _at(env)(entry.value)})
        case syntax.FunctionLiteral():
            return
        case _:
            yield from ((child, env) for child in children(node))
