"""Static types: what is wrong with an expression before any record is seen.

A part that is wrong counts as a value of any type, so one fault gives one diagnostic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic
from policyengine.feel.checker.check_calls import check_call
from policyengine.feel.checker.check_operators import (
    check_arithmetic,
    check_compared,
    check_negated,
    check_tests,
)
from policyengine.feel.checker.choice_order import Orders
from policyengine.feel.checker.foreign_calls import of_items
from policyengine.feel.checker.typescope import (
    RANGE_OF_CHOICES,
    Known,
    TypeScope,
    in_several_currencies,
    property_type,
    several_currencies,
    unknown_name,
)
from policyengine.feel.expression_codes import EXPECTED, UNKNOWN_CHOICE, UNKNOWN_NAME, WRONG_TYPE
from policyengine.feel.functions import BUILTINS
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.types import types
from policyengine.feel.types.relations import accepts, is_open, join
from policyengine.feel.types.signatures import Library
from policyengine.feel.types.types import Type, describe
from policyengine.feel.values.values import kind
from policyengine.text import literal_guesses


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checker found: the type, the mistakes, and which of the given names are used.

    `orders` are the parts that compare choices which ascend.
    """

    type: Type
    diagnostics: tuple[Diagnostic, ...]
    names: frozenset[str]
    orders: Orders = field(default_factory=dict)


def check(
    expression: Expression,
    names: Mapping[str, Type],
    expected: Type | None = None,
    *,
    functions: Library = BUILTINS,
    known: Known | None = None,
) -> Checked:
    """The type of an expression among names of these types, and every mistake in it.

    `expected` is the type that is needed, for a condition `BOOLEAN`. The value under test is the name `?`.
    `known` says what an unknown name may stand for, where many expressions see the same names.
    """
    scope = TypeScope(names, functions, infer, known=known)
    found = infer(expression, scope)
    if expected is not None:
        expect(expression, found, expected, scope)
    diagnostics = sorted(scope.found, key=lambda diagnostic: diagnostic.sort_key)
    return Checked(found, tuple(diagnostics), frozenset(scope.used), scope.orders)


def infer(node: Expression, scope: TypeScope) -> Type:
    """The type of a node; what is wrong in it is added to the scope."""
    found = scope.types[id(node)] = _INFER[type(node)](node, scope)
    return found


def expect(node: Expression, found: Type, wanted: Type, scope: TypeScope) -> None:
    """Adds a diagnostic where a value of a different type is needed; looks into the branches of an `if`."""
    while isinstance(node, syntax.If):
        expect(node.then, scope.inferred(node.then), wanted, scope)
        node = node.otherwise
        found = scope.inferred(node)
    if isinstance(wanted, types.Enum) and isinstance(node, syntax.Literal) and isinstance(node.value, str):
        scope.choice(UNKNOWN_CHOICE, node, wanted)
    elif not accepts(wanted, found) and not isinstance(node, syntax.Open):
        needed = "a condition" if wanted == types.BOOLEAN else describe(wanted)
        message = f"{needed} is needed here, and this is {describe(found)}"
        scope.add(EXPECTED, node, message, _advice(wanted, found, node, scope))


def _advice(wanted: Type, found: Type, node: Expression, scope: TypeScope) -> str | None:
    day = literal_guesses.date(node.span.text.strip("'\"")) if wanted == types.DATE else None
    if day is not None:
        return f'write `date("{day}")`'
    if wanted == types.DATE and found == types.NULL:
        return "write `never` for a day that does not come"
    if wanted != types.BOOLEAN:
        return None
    if isinstance(found, types.Number):
        return "compare it with a number, as in `... >= 10`"
    if not isinstance(found, types.ListOf):
        return None
    if isinstance(node, syntax.For) and found.item == types.BOOLEAN and len(node.iterators) == 1:
        return f"write `every {node.iterators[0].span.text} satisfies {node.body.span.text}`"
    asked = of_items(node, found, scope, "") if found.item == types.BOOLEAN else None
    return f"write `{asked or f'count({node.span.text}) > 0'}`"


def _condition(node: Expression, scope: TypeScope) -> None:
    expect(node, infer(node, scope), types.BOOLEAN, scope)


_LITERALS: dict[str, Type] = {
    "number": types.NUMBER,
    "text": types.TEXT,
    "boolean": types.BOOLEAN,
    "date": types.DATE,
    "time": types.TIME,
    "date and time": types.DATE_TIME,
    "days duration": types.DAYS_DURATION,
    "months duration": types.MONTHS_DURATION,
    "null": types.NULL,
}


def _literal(node: syntax.Literal, scope: TypeScope) -> Type:
    return _LITERALS.get(kind(node.value), types.ANY)


def _name(node: syntax.Name, scope: TypeScope) -> Type:
    found = scope.find(node.name)
    return unknown_name(node, scope) if found is None else found


def _path(node: syntax.Path, scope: TypeScope) -> Type:
    target = node.target
    if isinstance(target, syntax.Name) and scope.find(target.name) is None and scope.find(node.name):
        return scope.add(
            UNKNOWN_NAME, node, f"`{target.name}` is not known here", f"write `{node.name}`, which is"
        )
    return property_type(node, infer(node.target, scope), scope)


def _negate(node: syntax.Negate, scope: TypeScope) -> Type:
    return check_negated(node, infer(node.operand, scope), scope)


def _binary(node: syntax.Binary, scope: TypeScope) -> Type:
    return check_arithmetic(node, infer(node.left, scope), infer(node.right, scope), scope)


def _comparison(node: syntax.Comparison, scope: TypeScope) -> Type:
    check_compared(node, scope)
    return types.BOOLEAN


def _all(node: syntax.And | syntax.Or, scope: TypeScope) -> Type:
    compared: syntax.Comparison | None = None
    for operand in node.operands:
        if compared is None or not _is_further_value(operand, compared, scope):
            _condition(operand, scope)
        if isinstance(operand, syntax.Comparison):
            compared = operand
    return types.BOOLEAN


def _is_further_value(node: Expression, compared: syntax.Comparison, scope: TypeScope) -> bool:
    """Whether it is the `b` of `x = a or b`; adds that."""
    text = node.name if isinstance(node, syntax.Name) else getattr(node, "value", None)
    if not isinstance(text, str) or (isinstance(node, syntax.Name) and scope.find(text) is not None):
        return False
    kind = scope.inferred(compared.left)
    if not isinstance(kind, types.Enum) or text not in kind.values:
        return False
    help = f'write `{compared.left.span.text} {compared.op} "{text}"`'
    scope.add(EXPECTED, node, "a condition is needed here, and this is a value alone", help)
    return True


def _between(node: syntax.Between, scope: TypeScope) -> Type:
    span = node.span
    value = infer(node.value, scope)
    test = syntax.RangeLiteral(node.low, node.high, True, True, span)
    check_tests(value, (test,), scope)
    if (kind := scope.orders.pop(id(test), None)) is not None:
        scope.orders[id(node)] = kind
    return types.BOOLEAN


def _in(node: syntax.In, scope: TypeScope) -> Type:
    check_tests(infer(node.value, scope), node.tests, scope)
    return types.BOOLEAN


def _unary_tests(node: syntax.UnaryTests, scope: TypeScope) -> Type:
    check_tests(scope.find("?") or types.ANY, node.tests, scope)
    return types.BOOLEAN


def _range(node: syntax.RangeLiteral, scope: TypeScope) -> Type:
    ends = [infer(end, scope) for end in (node.low, node.high) if end is not None]
    if any(isinstance(end, types.Enum) for end in ends):
        return scope.add(WRONG_TYPE, node, "a range of choices stands only behind `in`", RANGE_OF_CHOICES)
    if len(ends) == 2 and node.low is not node.high:
        scope.ordered(node, ends[0], ends[1])
    return types.RangeOf(join(ends))


def _if(node: syntax.If, scope: TypeScope) -> Type:
    values: list[Expression] = []
    at: Expression = node
    while isinstance(at, syntax.If):
        _condition(at.condition, scope)
        infer(at.then, scope)
        values.append(at.then)
        at = at.otherwise
        scope.types[id(at)] = types.ANY
    infer(at, scope)
    return scope.joined([*values, at])


def _bound(iterators: tuple[syntax.Iterator, ...], scope: TypeScope) -> TypeScope:
    for iterator in iterators:
        scope = scope.inside({iterator.name: _item_type(iterator, scope)})
    return scope


def _item_type(iterator: syntax.Iterator, scope: TypeScope) -> Type:
    domain = infer(iterator.domain, scope)
    if iterator.domain_end is not None:
        end = infer(iterator.domain_end, scope)
        scope.ordered(iterator.domain, domain, end)
        return join((domain, end))
    if isinstance(domain, (types.ListOf, types.RangeOf)):
        return domain.item
    if not is_open(domain):
        scope.add(EXPECTED, iterator.domain, f"a list is needed here, and this is {describe(domain)}")
    return types.ANY


def _for(node: syntax.For, scope: TypeScope) -> Type:
    within = _bound(node.iterators, scope)
    body = infer(node.body, within.inside({"partial": types.ListOf(types.ANY)}))
    if isinstance(body, types.Number) and body.by:
        for each in node.iterators:
            if in_several_currencies(each.domain, within.find(each.name) or types.ANY, body):
                return several_currencies(node.body, body, scope)
    return types.ListOf(body)


def _quantified(node: syntax.Quantified, scope: TypeScope) -> Type:
    _condition(node.condition, _bound(node.iterators, scope))
    return types.BOOLEAN


def _filter(node: syntax.Filter, scope: TypeScope) -> Type:
    target = infer(node.target, scope)
    item = target.item if isinstance(target, types.ListOf) else target
    within = scope.inside({"item": item})
    if isinstance(item, types.Context):
        within = within.inside(item.fields)
    if isinstance(item, types.ListOf) and isinstance(item.item, types.Context):
        asked = [each for each in syntax.names(node.condition) if within.find(each) is None]
        if any(each in item.item.fields for each in asked):
            text = node.target.span.text
            message, help = f"`{text}` is a list of lists", f"write `flatten({text})`"
            scope.add(WRONG_TYPE, node.target, message, help)
            return types.ListOf(item.item)
    if isinstance(node.condition, syntax.Literal) and node.condition.value == 0:
        help = f"write `{node.target.span.text}[1]` for the first one"
        return scope.add(WRONG_TYPE, node, "the items of a list are counted from 1", help)
    condition = infer(node.condition, within if not is_open(item) else within.anything())
    if isinstance(condition, types.Number):
        return item
    expect(node.condition, condition, types.BOOLEAN, within)
    return types.ANY if is_open(target) else types.ListOf(item)


def _list(node: syntax.ListLiteral, scope: TypeScope) -> Type:
    for item in node.items:
        infer(item, scope)
    return types.ListOf(scope.joined(node.items))


def _context(node: syntax.ContextLiteral, scope: TypeScope) -> Type:
    fields: dict[str, Type] = {}
    within = scope.inside(fields)
    for entry in node.entries:
        fields[entry.key] = infer(entry.value, within)
    return types.Context(fields)


def _function(node: syntax.FunctionLiteral, scope: TypeScope) -> Type:
    return scope.function(node, types.ANY)


def _instance_of(node: syntax.InstanceOf, scope: TypeScope) -> Type:
    infer(node.value, scope)
    return types.BOOLEAN


_INFER: dict[type, Callable[[Any, TypeScope], Type]] = {
    syntax.Literal: _literal,
    syntax.Open: lambda node, scope: types.ANY,
    syntax.Name: _name,
    syntax.Path: _path,
    syntax.Negate: _negate,
    syntax.Binary: _binary,
    syntax.Comparison: _comparison,
    syntax.And: _all,
    syntax.Or: _all,
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
    syntax.Call: check_call,
    syntax.InstanceOf: _instance_of,
}
