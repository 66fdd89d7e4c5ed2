"""The forms that begin a value (literals, names, brackets, `if`, `for`, ...), and tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from policyengine.feel import codes
from policyengine.feel.syntax import literals
from policyengine.feel.syntax.cursor import normal
from policyengine.feel.syntax.lexer import unquote
from policyengine.feel.syntax.tree import (
    Call,
    Comparison,
    ContextLiteral,
    Entry,
    Expression,
    For,
    Formal,
    FunctionLiteral,
    If,
    In,
    Iterator,
    ListLiteral,
    Name,
    Quantified,
    RangeLiteral,
    UnaryTests,
)
from policyengine.feel.syntax.typenames import type_name

if TYPE_CHECKING:
    from policyengine.feel.syntax.parser import Parser

_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
# Tests and the ends of ranges stop before a comparison, an `and`, an `or`: the level of comparison.
_END = 3


def value(parser: Parser) -> Expression:
    """What stands at the cursor, without what may follow it."""
    found = _FORMS.get(parser.token.kind)
    if found is None:
        parser.unexpected("a value")
    return found(parser)


def _name(parser: Parser) -> Expression:
    start = parser.token.start
    name = parser.name()
    return Name(name, parser.span(start))


def _if(parser: Parser) -> Expression:
    start = parser.take().start
    condition = parser.expression()
    parser.expect("then")
    then = parser.expression()
    parser.expect("else", "`else`, with what holds otherwise")
    return If(condition, then, parser.expression(), parser.span(start))


def _iterators(parser: Parser) -> tuple[Iterator, ...]:
    found = [_iterator(parser)]
    while parser.skip(","):
        found.append(_iterator(parser))
    return tuple(found)


def _iterator(parser: Parser) -> Iterator:
    start = parser.token.start
    words = [parser.expect("name", "a name for the item").text]
    while parser.token.kind == "name":
        words.append(parser.take().text)
    name = " ".join(words)
    parser.expect("in")
    domain = parser.expression()
    end = parser.expression() if parser.skip("..") else None
    parser.declare(name)
    return Iterator(name, domain, end, parser.span(start))


def _for(parser: Parser) -> Expression:
    start = parser.take().start
    iterators = _iterators(parser)
    parser.expect("return")
    return For(iterators, parser.expression(), parser.span(start))


def _quantified(parser: Parser) -> Expression:
    first = parser.take()
    iterators = _iterators(parser)
    parser.expect("satisfies")
    condition = parser.expression()
    return Quantified(first.kind == "every", iterators, condition, parser.span(first.start))


def _function(parser: Parser) -> Expression:
    start = parser.take().start
    opening = parser.expect("(")
    formals: list[Formal] = []
    while parser.token.kind != ")":
        formals.append(_formal(parser))
        if not parser.skip(","):
            break
    parser.close(opening, ")")
    if parser.token.kind == "external":
        parser.unexpected("a FEEL expression as the body")
    return FunctionLiteral(tuple(formals), parser.expression(), parser.span(start))


def _formal(parser: Parser) -> Formal:
    start = parser.token.start
    words = [parser.expect("name", "the name of a parameter").text]
    while parser.token.kind == "name":
        words.append(parser.take().text)
    kind = type_name(parser) if parser.skip(":") else None
    parser.declare(" ".join(words))
    return Formal(" ".join(words), kind, parser.span(start))


def call(parser: Parser, function: Expression, start: int) -> Expression:
    """`function(...)`, at its opening bracket; `start` is where the function begins."""
    opening = parser.take()
    named: list[Entry] = []
    positional: list[Expression] = []
    while parser.token.kind != ")":
        entry = _named_argument(parser)
        if entry is not None:
            named.append(entry)
        else:
            positional.append(parser.expression())
        if not parser.skip(","):
            break
    parser.close(opening, ")")
    span = parser.span(start)
    if named and positional:
        end = parser.tokens[parser.at - 1].end
        parser.stop(codes.SYNTAX, start, end, "a call names either all of its arguments or none")
    return Call(function, tuple(positional), tuple(named), span)


def _named_argument(parser: Parser) -> Entry | None:
    ahead = 0
    while parser.peek(ahead) in {"name", "and", "of", "in", "function"}:
        ahead += 1
    if ahead == 0 or parser.peek(ahead) != ":":
        return None
    start, end = parser.token.start, parser.tokens[parser.at + ahead - 1].end
    parser.go(parser.at + ahead + 1)
    key = normal(parser.located.text[start:end])
    return Entry(key, parser.expression(), parser.span(start))


def _bracket(parser: Parser) -> Expression:
    """A list or a range that includes its start."""
    opening = parser.take()
    if parser.token.kind == "]":
        parser.take()
        return ListLiteral((), parser.span(opening.start))
    first = parser.expression()
    if parser.token.kind == "..":
        return _range(parser, first, opening.start, closed=True)
    items = [first]
    while parser.skip(","):
        items.append(parser.expression())
    parser.close(opening, "]")
    return ListLiteral(tuple(items), parser.span(opening.start))


def _open_range(parser: Parser) -> Expression:
    start = parser.take().start
    first = parser.expression()
    if parser.token.kind != "..":
        parser.unexpected("`..`")
    return _range(parser, first, start, closed=False)


def _range(parser: Parser, low: Expression, start: int, *, closed: bool) -> Expression:
    parser.take()
    parser.ranges += 1
    high = parser.expression()
    parser.ranges -= 1
    if parser.token.kind not in {")", "]", "["}:
        parser.unexpected("`]` or `)` at the end of the range")
    high_closed = parser.take().kind == "]"
    return RangeLiteral(low, high, closed, high_closed, parser.span(start))


def _parenthesis(parser: Parser) -> Expression:
    opening = parser.take()
    if parser.token.kind in _COMPARISONS:
        found = _comparison_range(parser)
    else:
        found = parser.expression()
        if parser.token.kind == "..":
            return _range(parser, found, opening.start, closed=False)
    parser.close(opening, ")")
    return found


def _comparison_range(parser: Parser) -> Expression:
    """`< 10` as a value: a range with one end."""
    first = parser.take()
    end = parser.expression(_END)
    span = parser.span(first.start)
    match first.kind:
        case "=":
            return RangeLiteral(end, end, True, True, span)
        case "!=":
            return Comparison("!=", Name("?", span), end, span)
        case "<" | "<=":
            return RangeLiteral(None, end, False, first.kind == "<=", span)
        case _:
            return RangeLiteral(end, None, first.kind == ">=", False, span)


def _context(parser: Parser) -> Expression:
    opening = parser.take()
    entries: list[Entry] = []
    keys: set[str] = set()
    while parser.token.kind != "}":
        first = parser.token
        entry = _entry(parser)
        if entry.key in keys:
            message = f"the entry `{entry.key}` is given twice"
            parser.stop(codes.TWICE, first.start, first.end, message, "give each entry its own name")
        keys.add(entry.key)
        entries.append(entry)
        if not parser.skip(","):
            break
    parser.close(opening, "}")
    return ContextLiteral(tuple(entries), parser.span(opening.start))


def _entry(parser: Parser) -> Entry:
    start = parser.token.start
    if parser.token.kind == "text":
        key = unquote(parser.take().text)
    else:
        while parser.token.kind not in {":", ",", "{", "}", "[", "]", "(", ")", "text", "bad", "end"}:
            parser.take()
        if parser.token.start == start:
            parser.unexpected("the name of an entry")
        key = normal(parser.located.text[start : parser.tokens[parser.at - 1].end])
    parser.expect(":", "`:` after the name of the entry")
    parser.declare(key)
    return Entry(key, parser.expression(), parser.span(start))


def _test(parser: Parser) -> Expression:
    """One test: a comparison without its left side, or any expression."""
    first = parser.token
    if first.kind in {"=", "!="}:
        parser.take()
        end = parser.expression(_END)
        span = parser.span(first.start)
        return Comparison(first.kind, Name("?", span), end, span)
    if first.kind in _COMPARISONS:
        return _comparison_range(parser)
    return parser.expression()


def membership(parser: Parser, left: Expression, start: int) -> Expression:
    """`left in ...`, after the `in`; `start` is where `left` begins."""
    opening = parser.token
    if opening.kind in _COMPARISONS:
        return In(left, (_test(parser),), parser.span(start))
    if opening.kind != "(":
        return In(left, (parser.expression(_END),), parser.span(start))
    parser.take()
    plain = parser.token.kind not in _COMPARISONS
    tests = [_test(parser)]
    if parser.token.kind == "..":
        found = _range(parser, tests[0], opening.start, closed=False)
        return In(left, (found,), parser.span(start))
    while parser.skip(","):
        tests.append(_test(parser))
    parser.close(opening, ")")
    if plain and len(tests) == 1:
        tests = [parser.continued(tests[0], opening.start)]
    return In(left, tuple(tests), parser.span(start))


def unary_tests(parser: Parser) -> Expression:
    """A whole cell of tests."""
    if parser.token.kind == "-" and parser.peek() == "end":
        parser.take()
        return UnaryTests((), False, parser.span(0))
    if parser.token.text == "not" and parser.peek() == "(":
        opening = parser.tokens[1]
        parser.go(2)
        tests = _tests(parser)
        parser.close(opening, ")")
        if parser.token.kind == "end":
            return UnaryTests(tests, True, parser.span(0))
        parser.go(0)
    tests = _tests(parser)
    return UnaryTests(tests, False, parser.span(0))


def _tests(parser: Parser) -> tuple[Expression, ...]:
    found = [_test(parser)]
    while parser.skip(","):
        found.append(_test(parser))
    return tuple(found)


_FORMS: dict[str, Callable[[Parser], Expression]] = {
    "name": _name,
    "number": literals.number,
    "text": literals.text,
    "@": literals.at_literal,
    "null": literals.constant,
    "true": literals.constant,
    "false": literals.constant,
    "-": lambda parser: parser.negation(),
    "(": _parenthesis,
    "[": _bracket,
    "]": _open_range,
    "{": _context,
    "if": _if,
    "for": _for,
    "some": _quantified,
    "every": _quantified,
    "function": _function,
}
