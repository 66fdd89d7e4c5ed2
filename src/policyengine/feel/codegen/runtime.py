"""What generated code of plain FEEL calls: whatever is not done by an operator of Python on two numbers.

Each gives exactly what the reference evaluator gives; `g` is the evaluation, whose steps it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

from policyengine.feel.evaluation.environment import Env, Shared
from policyengine.feel.evaluation.invocation import apply, closure
from policyengine.feel.evaluation.iteration import items_of, kept, steps_between
from policyengine.feel.evaluation.kleene import settle
from policyengine.feel.syntax.tree import Filter, FunctionLiteral, Name, RangeLiteral
from policyengine.feel.syntax.typenames import resolved
from policyengine.feel.types.conform import is_instance
from policyengine.feel.types.properties import property_of
from policyengine.feel.types.types import Type
from policyengine.feel.values import arithmetic as operators
from policyengine.feel.values import comparison as comparisons
from policyengine.feel.values.comparison import matches
from policyengine.feel.values.values import Failed, Invocable, Range, Unknown, unknown
from policyengine.source import Source

Body: TypeAlias = Callable[..., object]
NOWHERE: Final = Source("", "").span(0, 0)


class Exhausted(Exception):  # noqa: N818  # no error: the reference evaluator takes over
    """More steps than the generated code allows itself."""


def spend(g: Shared, steps: int) -> None:
    """Takes steps; there is no way on without them."""
    g.steps -= steps
    if g.steps < 0:
        raise Exhausted


def look(g: Shared, scope: Mapping[str, object], node: Name) -> object:
    """The value of a name of the context; of a built-in function that."""
    if node.name in scope:
        return scope[node.name]
    function = g.functions.get(node.name)
    return None if function is None else closure(function, Env(scope, None, g), node)


def function(g: Shared, found: object, node: Name) -> object:
    """What a name calls: a fact may have the name of a function."""
    return found if isinstance(found, Invocable) else look(g, _NOTHING, node)


_NOTHING: Mapping[str, object] = {}


def call(function: object, arguments: Sequence[object], names: Sequence[str] = ()) -> object:
    """The result of a call."""
    return apply(function, arguments, names) if isinstance(function, Invocable) else None


def made(g: Shared, literal: FunctionLiteral, run: Callable[[object, Env], object]) -> Invocable:
    """A function out of generated code."""
    return closure(literal, Env(_NOTHING, None, g), literal, run)


def plain(value: object) -> object:
    """A result; what failed is null."""
    return None if isinstance(value, Failed) else value


def arithmetic(op: str, left: object, right: object) -> object:
    """`left op right`."""
    return unknown((left, right)) or plain(operators.arithmetic(op, left, right))


def negate(value: object) -> object:
    """`-value`."""
    return value if isinstance(value, Unknown) else plain(operators.negate(value))


def compare(g: Shared, op: str, left: object, right: object) -> object:
    """`left op right`."""
    g.charge((left, right))
    if op == "=" and left.__class__ is str and right.__class__ is str:
        return left == right
    return plain(comparisons.compare(op, left, right))


def between(value: object, low: object, high: object) -> object:
    """`value between low and high`."""
    return plain(
        comparisons.both(comparisons.compare(">=", value, low), comparisons.compare("<=", value, high))
    )


def undecided(*results: object) -> object:
    """What `and` and `or` come to where no operand decides and one has no answer."""
    return unknown(results)


def settled(g: Shared, decisive: bool, results: Iterable[Callable[[], object]]) -> object:
    """Many operands of `and` or `or`."""
    return settle((result() for result in results), decisive, g, NOWHERE)


def tested(g: Shared, results: Iterable[Callable[[], object]]) -> object:
    """Whether one of several tests holds."""
    return settle((result() for result in results), True, g, NOWHERE)


def test(g: Shared, value: object, found: object, mentions: bool, is_range: bool) -> object:
    """Whether a value passes what a test came to."""
    plain_value = isinstance(value, (bool, Unknown))
    if isinstance(found, bool) and (not plain_value or mentions):
        return found
    if (found is None and is_range) or (isinstance(found, Unknown) and mentions):
        return found
    g.charge((found,))
    return matches(value, found)


def ranged(low: object, high: object, node: RangeLiteral) -> object:
    """A range of these ends."""
    if (node.low is not None and low is None) or (node.high is not None and high is None):
        return None
    if node.low is not None and node.high is not None and unknown((low, high)) is None:
        way = comparisons.order(low, high)
        if isinstance(way, Failed) and node.low is not node.high:
            return None
    return Range(low, high, node.low_closed, node.high_closed)


def part(g: Shared, target: object, name: str) -> object:
    """`target.name`."""
    if isinstance(target, Unknown):
        return target
    if isinstance(target, Mapping):
        return target.get(name)
    if isinstance(target, (list, tuple)):
        g.charge((target,))
        return [part(g, item, name) for item in target]
    return plain(property_of(target, name))


def instance(g: Shared, value: object, named: Type) -> object:
    """`value instance of type`."""
    if isinstance(value, Unknown):
        return value
    wanted = resolved(named, g.types)
    return None if wanted is None else value is not None and is_instance(value, wanted)


def field(item: object, name: str, outer: object) -> object:
    """A name within a filter: a field of the item, or what the name is around it."""
    return item[name] if isinstance(item, Mapping) and name in item else outer


def bindings(g: Shared, domains: Sequence[Callable[..., object]], given: tuple[Any, ...]) -> Iterator[Any]:
    """Every combination of items, as a tuple; what is no tuple is the answer instead."""
    if len(given) == len(domains):
        yield given
        return
    items = domains[len(given)](*given)
    if isinstance(items, (Unknown, Failed)):
        yield plain(items)
        return
    for item in items:  # type: ignore[attr-defined]  # a domain gives what can be gone through
        yield from bindings(g, domains, (*given, item))


def each(g: Shared, domains: Sequence[Callable[..., object]], body: Body, partial: bool) -> object:
    """`for`."""
    results: list[object] = []
    for given in bindings(g, domains, ()):
        if given.__class__ is not tuple:
            return given
        if partial:
            g.charge((results,))
            results.append(body(*given, list(results)))
        else:
            results.append(body(*given))
    return results


def quantified(g: Shared, domains: Sequence[Callable[..., object]], body: Body, decisive: bool) -> object:
    """`some`, which true decides, and `every`, which false does."""
    found = bindings(g, domains, ())
    results = (body(*given) if given.__class__ is tuple else given for given in found)
    return settle(results, decisive, g, NOWHERE)


def filtered(g: Shared, target: object, condition: Callable[[object], object], node: Filter) -> object:
    """`target[condition]`."""
    return target if isinstance(target, Unknown) else kept(target, condition, g, node.span)


NAMES: Final[dict[str, object]] = {
    "D": Decimal,
    "spend": spend,
    "look": look,
    "function": function,
    "call": call,
    "made": made,
    "arithmetic": arithmetic,
    "negate": negate,
    "compare": compare,
    "between": between,
    "undecided": undecided,
    "settled": settled,
    "tested": tested,
    "test": test,
    "plain": plain,
    "ranged": ranged,
    "part": part,
    "instance": instance,
    "field": field,
    "each": each,
    "quantified": quantified,
    "filtered": filtered,
    "items": items_of,
    "steps": steps_between,
    "dict": dict,
}
"""The names that generated code sees beside its own constants and functions."""
