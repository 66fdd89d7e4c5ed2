"""A syntax tree as FEEL text: parsing it again gives the same tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.lexer import quote
from policyengine.feel.syntax.parser import AND, COMPARISON, INSTANCE, OR, POWER, PRODUCT, SIGN, SUM
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.syntax.typenames import print_type
from policyengine.feel.values.printing import print_number
from policyengine.feel.values.temporal import print_temporal
from policyengine.feel.values.values import kind

# Above all operators: what may stand before a dot, a bracket or a call.
_VALUE = 20
_LEVELS = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "**": POWER}


def unparse(node: Expression) -> str:
    """The expression as FEEL; names that cannot be written stand as they are."""
    return _write(node, 0)


def _write(node: Expression, level: int) -> str:
    """The text, in brackets if its operator binds no tighter than `level`."""
    text, binds = _WRITE[type(node)](node)
    return f"({text})" if binds <= level else text


_Written = tuple[str, int]


def _literal(node: syntax.Literal) -> _Written:
    match kind(node.value):
        case "number":
            text = print_literal(node.value)
            return text, SIGN if text.startswith("-") else _VALUE
        case "text":
            return quote(str(node.value)), _VALUE
        case "boolean" | "null":
            return {True: "true", False: "false", None: "null"}[node.value], _VALUE  # type: ignore[index]
        case _:
            return f'@"{print_temporal(node.value)}"', _VALUE  # type: ignore[arg-type]


def print_literal(number: Any) -> str:
    """A number as a literal: in plain digits unless those are too many."""
    plain = print_number(number)
    return plain if len(plain) <= 50 else str(number)


def _binary(node: syntax.Binary) -> _Written:
    level = _LEVELS[node.op]
    return f"{_write(node.left, level - 1)} {node.op} {_write(node.right, level)}", level


def _comparison(node: syntax.Comparison) -> _Written:
    left, right = _write(node.left, COMPARISON - 1), _write(node.right, COMPARISON)
    return f"{left} {node.op} {right}", COMPARISON


def _all(node: syntax.And | syntax.Or) -> _Written:
    level, word = (AND, " and ") if isinstance(node, syntax.And) else (OR, " or ")
    return word.join(_write(operand, level) for operand in node.operands), level


def _between(node: syntax.Between) -> _Written:
    value, low, high = (_write(part, COMPARISON) for part in (node.value, node.low, node.high))
    return f"{value} between {low} and {high}", COMPARISON


def _in(node: syntax.In) -> _Written:
    tests = ", ".join(map(_test, node.tests))
    value = _write(node.value, COMPARISON - 1)
    if len(node.tests) == 1 and isinstance(node.tests[0], syntax.RangeLiteral) and tests[0] in "[(<>":
        return f"{value} in {tests}", COMPARISON
    return f"{value} in ({tests})", COMPARISON


def _test(node: Expression) -> str:
    if (
        isinstance(node, syntax.Comparison)
        and node.op in {"=", "!="}
        and node.left == syntax.Name("?", node.span)
    ):
        return f"{node.op} {_write(node.right, COMPARISON)}"
    return _one_sided(node) or _write(node, 0)


def _one_sided(node: Expression) -> str | None:
    if not isinstance(node, syntax.RangeLiteral):
        return None
    if node.low is not None and node.low is node.high:
        return f"= {_write(node.low, COMPARISON)}"
    if node.low is None and node.high is not None:
        return f"{'<=' if node.high_closed else '<'} {_write(node.high, COMPARISON)}"
    if node.high is None and node.low is not None:
        return f"{'>=' if node.low_closed else '>'} {_write(node.low, COMPARISON)}"
    return None


def _range(node: syntax.RangeLiteral) -> _Written:
    one_sided = _one_sided(node)
    if one_sided is not None:
        return f"({one_sided})", _VALUE
    ends = ["" if end is None else _write(end, 0) for end in (node.low, node.high)]
    left, right = "[" if node.low_closed else "(", "]" if node.high_closed else ")"
    return f"{left}{ends[0]} .. {ends[1]}{right}", _VALUE


def _unary_tests(node: syntax.UnaryTests) -> _Written:
    tests = ", ".join(map(_test, node.tests)) or "-"
    return f"not({tests})" if node.negated else tests, _VALUE


def _if(node: syntax.If) -> _Written:
    parts: list[str] = []
    at: Expression = node
    while isinstance(at, syntax.If):
        parts.append(f"if {_write(at.condition, 0)} then {_write(at.then, 0)} else ")
        at = at.otherwise
    return "".join(parts) + _write(at, 0), 0


def _iterators(iterators: tuple[syntax.Iterator, ...]) -> str:
    def one(iterator: syntax.Iterator) -> str:
        end = "" if iterator.domain_end is None else f" .. {_write(iterator.domain_end, 0)}"
        return f"{iterator.name} in {_write(iterator.domain, 0)}{end}"

    return ", ".join(map(one, iterators))


def _for(node: syntax.For) -> _Written:
    return f"for {_iterators(node.iterators)} return {_write(node.body, 0)}", 0


def _quantified(node: syntax.Quantified) -> _Written:
    word = "every" if node.every else "some"
    return f"{word} {_iterators(node.iterators)} satisfies {_write(node.condition, 0)}", 0


def _entries(entries: tuple[syntax.Entry, ...], *, keys: Callable[[str], str]) -> str:
    return ", ".join(f"{keys(entry.key)}: {_write(entry.value, 0)}" for entry in entries)


def _context(node: syntax.ContextLiteral) -> _Written:
    return "{" + _entries(node.entries, keys=quote) + "}", _VALUE


def _function(node: syntax.FunctionLiteral) -> _Written:
    def one(formal: syntax.Formal) -> str:
        return formal.name if formal.type is None else f"{formal.name}: {print_type(formal.type)}"

    return f"function({', '.join(map(one, node.parameters))}) {_write(node.body, 0)}", 0


def _call(node: syntax.Call) -> _Written:
    arguments = [_write(argument, 0) for argument in node.positional]
    named = _entries(node.named, keys=str)
    inside = ", ".join([*arguments, named] if named else arguments)
    return f"{_write(node.function, _VALUE - 1)}({inside})", _VALUE


_WRITE: dict[type, Callable[[Any], _Written]] = {
    syntax.Literal: _literal,
    syntax.Open: lambda node: (f"null /* {node.reason.replace('*/', '')} */", _VALUE),
    syntax.Name: lambda node: (node.name, _VALUE),
    syntax.Path: lambda node: (f"{_write(node.target, _VALUE - 1)}.{node.name}", _VALUE),
    syntax.Negate: lambda node: (f"-{_write(node.operand, SIGN)}", SIGN),
    syntax.Binary: _binary,
    syntax.Comparison: _comparison,
    syntax.And: _all,
    syntax.Or: _all,
    syntax.Between: _between,
    syntax.In: _in,
    syntax.RangeLiteral: _range,
    syntax.UnaryTests: _unary_tests,
    syntax.If: _if,
    syntax.For: _for,
    syntax.Quantified: _quantified,
    syntax.Filter: lambda node: (f"{_write(node.target, _VALUE - 1)}[{_write(node.condition, 0)}]", _VALUE),
    syntax.ListLiteral: lambda node: (f"[{', '.join(_write(item, 0) for item in node.items)}]", _VALUE),
    syntax.ContextLiteral: _context,
    syntax.FunctionLiteral: _function,
    syntax.Call: _call,
    syntax.InstanceOf: lambda node: (
        f"{_write(node.value, INSTANCE - 1)} instance of {print_type(node.type)}",
        INSTANCE,
    ),
}
