"""Values and syntax trees as FEEL text: parsing the text of a tree gives the same tree again.

A value is written as the function `string` gives it; an item inside a list is written as a literal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from policyengine.feel import limits
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.lexer import (
    AND,
    COMPARISON,
    INSTANCE,
    OR,
    PRECEDENCE,
    SIGN,
    is_identifier,
    quote,
)
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.syntax.typenames import print_type
from policyengine.feel.values.temporal import Temporal, print_temporal
from policyengine.feel.values.values import NEVER, Range, kind

_CONSTANTS = {None: "null", True: "true", False: "false"}
_TEMPORAL = frozenset({"date", "time", "date and time", "days duration", "months duration"})


def print_number(number: Decimal) -> str:
    """A number in plain digits, without an exponent and without zeros that say nothing."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def print_value(value: object, *, inside: bool = False) -> str | None:
    """The text of a value; None where it would be longer than a text can be."""
    pieces: list[str] = []
    room = limits.CHARACTERS
    for piece in _pieces(value, inside):
        room -= len(piece)
        if room < 0:
            return None
        pieces.append(piece)
    return "".join(pieces)


def _pieces(value: object, inside: bool) -> Iterator[str]:
    what = kind(value)
    if what == "list":
        yield "["
        for at, item in enumerate(cast(Sequence[object], value)):
            yield ", " if at else ""
            yield from _pieces(item, True)
        yield "]"
    elif what == "context":
        yield "{"
        for at, (key, item) in enumerate(cast(Mapping[str, object], value).items()):
            yield f"{', ' if at else ''}{key if is_identifier(key) else quote(key)}: "
            yield from _pieces(item, True)
        yield "}"
    elif isinstance(value, Range):
        yield from _range_pieces(value)
    else:
        yield _simple(value, what, inside)


def _range_pieces(value: Range) -> Iterator[str]:
    if value.low is None or value.high is None:
        closed = value.low_closed if value.high is None else value.high_closed
        yield ("(>" if value.high is None else "(<") + ("= " if closed else " ")
        yield from _pieces(value.low if value.high is None else value.high, True)
        yield ")"
        return
    yield "[" if value.low_closed else "("
    yield from _pieces(value.low, True)
    yield ".."
    yield from _pieces(value.high, True)
    yield "]" if value.high_closed else ")"


def _simple(value: object, what: str, inside: bool) -> str:
    if what == "text":
        return quote(cast(str, value)) if inside else cast(str, value)
    if what == "number":
        return print_number(cast(Decimal, value))
    if what in _TEMPORAL:
        text = print_temporal(cast(Temporal, value))
        return f'@"{text}"' if inside else text
    if value is None or isinstance(value, bool):
        return _CONSTANTS[value]
    return what


# Syntax trees

# Above all operators: what may stand before a dot, a bracket or a call.
_VALUE = 20


def unparse(node: Expression) -> str:
    """The expression as FEEL; names that cannot be written stand as they are."""
    return _bracketed(node, 0)


def _bracketed(node: Expression, level: int) -> str:
    """The text, in brackets if its operator binds no tighter than `level`."""
    text, binds = _FORMS[type(node)](node)
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
            return _CONSTANTS[node.value], _VALUE  # type: ignore[index]
        case "date" if node.value == NEVER:
            return "never", _VALUE
        case _:
            return f'@"{print_temporal(node.value)}"', _VALUE  # type: ignore[arg-type]


def print_literal(number: Any) -> str:
    """A number as a literal: in plain digits unless those are too many."""
    plain = print_number(number)
    return plain if len(plain) <= 50 else str(number)


def _binary(node: syntax.Binary) -> _Written:
    level = PRECEDENCE[node.op]
    return f"{_bracketed(node.left, level - 1)} {node.op} {_bracketed(node.right, level)}", level


def _comparison(node: syntax.Comparison) -> _Written:
    left, right = _bracketed(node.left, COMPARISON - 1), _bracketed(node.right, COMPARISON)
    return f"{left} {node.op} {right}", COMPARISON


def _all(node: syntax.And | syntax.Or) -> _Written:
    level, word = (AND, " and ") if isinstance(node, syntax.And) else (OR, " or ")
    return word.join(_bracketed(operand, level) for operand in node.operands), level


def _between(node: syntax.Between) -> _Written:
    value, low, high = (_bracketed(part, COMPARISON) for part in (node.value, node.low, node.high))
    return f"{value} between {low} and {high}", COMPARISON


def _in(node: syntax.In) -> _Written:
    tests = ", ".join(map(_test, node.tests))
    value = _bracketed(node.value, COMPARISON - 1)
    if len(node.tests) == 1 and isinstance(node.tests[0], syntax.RangeLiteral) and tests[0] in "[(<>":
        return f"{value} in {tests}", COMPARISON
    return f"{value} in ({tests})", COMPARISON


def _test(node: Expression) -> str:
    if (
        isinstance(node, syntax.Comparison)
        and node.op in {"=", "!="}
        and node.left == syntax.Name("?", node.span)
    ):
        return f"{node.op} {_bracketed(node.right, COMPARISON)}"
    return _one_sided(node) or _bracketed(node, 0)


def _one_sided(node: Expression) -> str | None:
    if not isinstance(node, syntax.RangeLiteral):
        return None
    if node.low is not None and node.low is node.high:
        return f"= {_bracketed(node.low, COMPARISON)}"
    if node.low is None and node.high is not None:
        return f"{'<=' if node.high_closed else '<'} {_bracketed(node.high, COMPARISON)}"
    if node.high is None and node.low is not None:
        return f"{'>=' if node.low_closed else '>'} {_bracketed(node.low, COMPARISON)}"
    return None


def _range_literal(node: syntax.RangeLiteral) -> _Written:
    one_sided = _one_sided(node)
    if one_sided is not None:
        return f"({one_sided})", _VALUE
    ends = ["" if end is None else _bracketed(end, 0) for end in (node.low, node.high)]
    left, right = "[" if node.low_closed else "(", "]" if node.high_closed else ")"
    return f"{left}{ends[0]} .. {ends[1]}{right}", _VALUE


def _unary_tests(node: syntax.UnaryTests) -> _Written:
    tests = ", ".join(map(_test, node.tests)) or "-"
    return f"not({tests})" if node.negated else tests, _VALUE


def _if(node: syntax.If) -> _Written:
    parts: list[str] = []
    at: Expression = node
    while isinstance(at, syntax.If):
        parts.append(f"if {_bracketed(at.condition, 0)} then {_bracketed(at.then, 0)} else ")
        at = at.otherwise
    return "".join(parts) + _bracketed(at, 0), 0


def _iterators(iterators: tuple[syntax.Iterator, ...]) -> str:
    def one(iterator: syntax.Iterator) -> str:
        end = "" if iterator.domain_end is None else f" .. {_bracketed(iterator.domain_end, 0)}"
        return f"{iterator.name} in {_bracketed(iterator.domain, 0)}{end}"

    return ", ".join(map(one, iterators))


def _for(node: syntax.For) -> _Written:
    return f"for {_iterators(node.iterators)} return {_bracketed(node.body, 0)}", 0


def _quantified(node: syntax.Quantified) -> _Written:
    word = "every" if node.every else "some"
    return f"{word} {_iterators(node.iterators)} satisfies {_bracketed(node.condition, 0)}", 0


def _entries(entries: tuple[syntax.Entry, ...], *, keys: Callable[[str], str]) -> str:
    return ", ".join(f"{keys(entry.key)}: {_bracketed(entry.value, 0)}" for entry in entries)


def _context(node: syntax.ContextLiteral) -> _Written:
    return "{" + _entries(node.entries, keys=quote) + "}", _VALUE


def _function(node: syntax.FunctionLiteral) -> _Written:
    def one(formal: syntax.Formal) -> str:
        return formal.name if formal.type is None else f"{formal.name}: {print_type(formal.type)}"

    return f"function({', '.join(map(one, node.parameters))}) {_bracketed(node.body, 0)}", 0


def _call(node: syntax.Call) -> _Written:
    arguments = [_bracketed(argument, 0) for argument in node.positional]
    named = _entries(node.named, keys=str)
    inside = ", ".join([*arguments, named] if named else arguments)
    return f"{_bracketed(node.function, _VALUE - 1)}({inside})", _VALUE


_FORMS: dict[type, Callable[[Any], _Written]] = {
    syntax.Literal: _literal,
    syntax.Open: lambda node: (f"null /* {node.reason.replace('*/', '')} */", _VALUE),
    syntax.Name: lambda node: (node.name, _VALUE),
    syntax.Path: lambda node: (f"{_bracketed(node.target, _VALUE - 1)}.{node.name}", _VALUE),
    syntax.Negate: lambda node: (f"-{_bracketed(node.operand, SIGN)}", SIGN),
    syntax.Binary: _binary,
    syntax.Comparison: _comparison,
    syntax.And: _all,
    syntax.Or: _all,
    syntax.Between: _between,
    syntax.In: _in,
    syntax.RangeLiteral: _range_literal,
    syntax.UnaryTests: _unary_tests,
    syntax.If: _if,
    syntax.For: _for,
    syntax.Quantified: _quantified,
    syntax.Filter: lambda node: (
        f"{_bracketed(node.target, _VALUE - 1)}[{_bracketed(node.condition, 0)}]",
        _VALUE,
    ),
    syntax.ListLiteral: lambda node: (f"[{', '.join(_bracketed(item, 0) for item in node.items)}]", _VALUE),
    syntax.ContextLiteral: _context,
    syntax.FunctionLiteral: _function,
    syntax.Call: _call,
    syntax.InstanceOf: lambda node: (
        f"{_bracketed(node.value, INSTANCE - 1)} instance of {print_type(node.type)}",
        INSTANCE,
    ),
}
