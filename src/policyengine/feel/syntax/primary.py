"""Primary expressions: what begins with a token of its own (literals, names, brackets, `if`), and tests.

An operator never stands first but for the sign; what follows a value is up to the parser.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from policyengine.feel import expression_codes as codes
from policyengine.feel import limits
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.cursor import Cursor, single_spaced
from policyengine.feel.syntax.lexer import COMPARISON, SIGN, unquote
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.syntax.typenames import type_name
from policyengine.feel.values.temporal import parse_at
from policyengine.text import literal_guesses

_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_CONSTANTS = {"null": None, "true": True, "false": False}


def value(cursor: Cursor) -> Expression:
    """What stands at the cursor, without what may follow it."""
    found = _FORMS.get(cursor.token.kind)
    if found is None:
        cursor.unexpected("a value")
    return found(cursor)


def read_number(text: str) -> Decimal | None:
    """The number of a literal, or None if it is larger or finer than numbers can be."""
    digits, _, exponent = text.lower().partition("e")
    if len(digits) > limits.DIGITS + 1 or len(exponent) > 5:
        return None
    number = Decimal(text)
    return number if not number or abs(number.adjusted()) <= limits.EXPONENT else None


def _constant(cursor: Cursor) -> syntax.Literal:
    """`true`, `false` or `null`."""
    token = cursor.take()
    return syntax.Literal(_CONSTANTS[token.kind], cursor.span(token.start))


def _number(cursor: Cursor) -> syntax.Literal:
    """A number."""
    token = cursor.take()
    found = read_number(token.text)
    if found is None:
        message = f"this number has more than {limits.DIGITS} digits or an exponent above {limits.EXPONENT}"
        cursor.stop(codes.LIMIT, token.start, token.end, message)
    return syntax.Literal(found, cursor.span(token.start))


def _text(cursor: Cursor) -> syntax.Literal:
    """A text in double quotes."""
    token = cursor.take()
    return syntax.Literal(unquote(token.text), cursor.span(token.start))


def _at_literal(cursor: Cursor) -> syntax.Literal:
    """`@` and a text: a date, a time, a date and time, a duration."""
    start = cursor.take().start
    token = cursor.expect("text", 'a text after `@`, as in `@"2026-01-31"`')
    found = parse_at(unquote(token.text))
    if found is None:
        message = f"`{unquote(token.text)[:60]}` is not a date, a time or a duration"
        guess = literal_guesses.moment(unquote(token.text), lambda text: parse_at(text) is not None)
        advice = 'write a date as `@"2026-01-31"`, a duration as `@"P90D"` or `@"P1Y6M"`'
        advice = f'write `@"{guess}"`' if guess is not None else advice
        cursor.stop(codes.LITERAL, start, token.end, message, advice)
    return syntax.Literal(found, cursor.span(start))


def _name(cursor: Cursor) -> Expression:
    start = cursor.token.start
    name = cursor.name()
    return syntax.Name(name, cursor.span(start))


def _negation(cursor: Cursor) -> Expression:
    start = cursor.take().start
    return syntax.Negate(cursor.expression(SIGN), cursor.span(start))


def _if(cursor: Cursor) -> Expression:
    start = cursor.take().start
    condition = cursor.expression()
    cursor.expect("then")
    then = cursor.expression()
    cursor.expect("else", "`else`, with what holds otherwise")
    return syntax.If(condition, then, cursor.expression(), cursor.span(start))


def _iterators(cursor: Cursor) -> tuple[syntax.Iterator, ...]:
    found = [_iterator(cursor)]
    while cursor.skip(","):
        found.append(_iterator(cursor))
    return tuple(found)


def _iterator(cursor: Cursor) -> syntax.Iterator:
    start = cursor.token.start
    words = [cursor.expect("name", "a name for the item").text]
    while cursor.token.kind == "name":
        words.append(cursor.take().text)
    name = " ".join(words)
    cursor.expect("in")
    domain = cursor.expression()
    end = cursor.expression() if cursor.skip("..") else None
    cursor.declare(name)
    return syntax.Iterator(name, domain, end, cursor.span(start))


def _for(cursor: Cursor) -> Expression:
    start = cursor.take().start
    iterators = _iterators(cursor)
    cursor.expect("return")
    return syntax.For(iterators, cursor.expression(), cursor.span(start))


def _quantified(cursor: Cursor) -> Expression:
    first = cursor.take()
    iterators = _iterators(cursor)
    cursor.expect("satisfies")
    condition = cursor.expression()
    return syntax.Quantified(first.kind == "every", iterators, condition, cursor.span(first.start))


def _function(cursor: Cursor) -> Expression:
    start = cursor.take().start
    opening = cursor.expect("(")
    formals: list[syntax.Formal] = []
    while cursor.token.kind != ")":
        formals.append(_formal(cursor))
        if not cursor.skip(","):
            break
    cursor.close(opening, ")")
    if cursor.token.kind == "external":
        cursor.unexpected("a FEEL expression as the body")
    return syntax.FunctionLiteral(tuple(formals), cursor.expression(), cursor.span(start))


def _formal(cursor: Cursor) -> syntax.Formal:
    start = cursor.token.start
    words = [cursor.expect("name", "the name of a parameter").text]
    while cursor.token.kind == "name":
        words.append(cursor.take().text)
    kind = type_name(cursor) if cursor.skip(":") else None
    cursor.declare(" ".join(words))
    return syntax.Formal(" ".join(words), kind, cursor.span(start))


def call(cursor: Cursor, function: Expression, start: int) -> Expression:
    """`function(...)`, at its opening bracket; `start` is where the function begins."""
    opening = cursor.take()
    named: list[syntax.Entry] = []
    positional: list[Expression] = []
    while cursor.token.kind != ")":
        entry = _named_argument(cursor)
        if entry is not None:
            named.append(entry)
        else:
            positional.append(cursor.expression())
        if not cursor.skip(","):
            break
    cursor.close(opening, ")")
    span = cursor.span(start)
    if named and positional:
        end = cursor.tokens[cursor.at - 1].end
        cursor.stop(codes.SYNTAX, start, end, "a call names either all of its arguments or none")
    return syntax.Call(function, tuple(positional), tuple(named), span)


def _named_argument(cursor: Cursor) -> syntax.Entry | None:
    ahead = 0
    while cursor.peek(ahead) in {"name", "and", "of", "in", "function"}:
        ahead += 1
    if ahead == 0 or cursor.peek(ahead) != ":":
        return None
    start, end = cursor.token.start, cursor.tokens[cursor.at + ahead - 1].end
    cursor.move_to(cursor.at + ahead + 1)
    key = single_spaced(cursor.located.text[start:end])
    return syntax.Entry(key, cursor.expression(), cursor.span(start))


def _bracket(cursor: Cursor) -> Expression:
    """A list or a range that includes its start."""
    opening = cursor.take()
    if cursor.token.kind == "]":
        cursor.take()
        return syntax.ListLiteral((), cursor.span(opening.start))
    first = cursor.expression()
    if cursor.token.kind == "..":
        return _range(cursor, first, opening.start, closed=True)
    items = [first]
    while cursor.skip(","):
        items.append(cursor.expression())
    cursor.close(opening, "]")
    return syntax.ListLiteral(tuple(items), cursor.span(opening.start))


def _open_range(cursor: Cursor) -> Expression:
    start = cursor.take().start
    first = cursor.expression()
    if cursor.token.kind != "..":
        cursor.unexpected("`..`")
    return _range(cursor, first, start, closed=False)


def _range(cursor: Cursor, low: Expression, start: int, *, closed: bool) -> Expression:
    cursor.take()
    cursor.ranges += 1
    high = cursor.expression()
    cursor.ranges -= 1
    if cursor.token.kind not in {")", "]", "["}:
        cursor.unexpected("`]` or `)` at the end of the range")
    high_closed = cursor.take().kind == "]"
    return syntax.RangeLiteral(low, high, closed, high_closed, cursor.span(start))


def _parenthesis(cursor: Cursor) -> Expression:
    opening = cursor.take()
    if cursor.token.kind in _COMPARISONS:
        found = _comparison_range(cursor)
    else:
        found = cursor.expression()
        if cursor.token.kind == "..":
            return _range(cursor, found, opening.start, closed=False)
    cursor.close(opening, ")")
    return found


def _comparison_range(cursor: Cursor) -> Expression:
    """`< 10` as a value: a range with one end."""
    first = cursor.take()
    end = cursor.expression(COMPARISON)
    span = cursor.span(first.start)
    match first.kind:
        case "=":
            return syntax.RangeLiteral(end, end, True, True, span)
        case "!=":
            return syntax.Comparison("!=", syntax.Name("?", span), end, span)
        case "<" | "<=":
            return syntax.RangeLiteral(None, end, False, first.kind == "<=", span)
        case _:
            return syntax.RangeLiteral(end, None, first.kind == ">=", False, span)


def _context(cursor: Cursor) -> Expression:
    opening = cursor.take()
    entries: list[syntax.Entry] = []
    keys: set[str] = set()
    while cursor.token.kind != "}":
        first = cursor.token
        entry = _entry(cursor)
        if entry.key in keys:
            message = f"the entry `{entry.key}` is given twice"
            cursor.stop(codes.TWICE, first.start, first.end, message, "give each entry its own name")
        keys.add(entry.key)
        entries.append(entry)
        if not cursor.skip(","):
            break
    cursor.close(opening, "}")
    return syntax.ContextLiteral(tuple(entries), cursor.span(opening.start))


def _entry(cursor: Cursor) -> syntax.Entry:
    start = cursor.token.start
    if cursor.token.kind == "text":
        key = unquote(cursor.take().text)
    else:
        while cursor.token.kind not in {":", ",", "{", "}", "[", "]", "(", ")", "text", "bad", "end"}:
            cursor.take()
        if cursor.token.start == start:
            cursor.unexpected("the name of an entry")
        key = single_spaced(cursor.located.text[start : cursor.tokens[cursor.at - 1].end])
    cursor.expect(":", "`:` after the name of the entry")
    cursor.declare(key)
    return syntax.Entry(key, cursor.expression(), cursor.span(start))


def _test(cursor: Cursor) -> Expression:
    """One test: a comparison without its left side, or any expression."""
    first = cursor.token
    if first.kind in {"=", "!="}:
        cursor.take()
        end = cursor.expression(COMPARISON)
        span = cursor.span(first.start)
        return syntax.Comparison(first.kind, syntax.Name("?", span), end, span)
    if first.kind in _COMPARISONS:
        return _comparison_range(cursor)
    return cursor.expression()


def membership(cursor: Cursor, left: Expression, start: int) -> Expression:
    """`left in ...`, after the `in`; `start` is where `left` begins."""
    opening = cursor.token
    if opening.kind in _COMPARISONS:
        return syntax.In(left, (_test(cursor),), cursor.span(start))
    if opening.kind != "(":
        return syntax.In(left, (cursor.expression(COMPARISON),), cursor.span(start))
    cursor.take()
    plain = cursor.token.kind not in _COMPARISONS
    tests = [_test(cursor)]
    if cursor.token.kind == "..":
        found = _range(cursor, tests[0], opening.start, closed=False)
        return syntax.In(left, (found,), cursor.span(start))
    while cursor.skip(","):
        tests.append(_test(cursor))
    cursor.close(opening, ")")
    if plain and len(tests) == 1:
        tests = [cursor.continued(tests[0], opening.start)]
    return syntax.In(left, tuple(tests), cursor.span(start))


def unary_tests(cursor: Cursor) -> Expression:
    """A whole cell of tests."""
    if cursor.token.kind == "-" and cursor.peek() == "end":
        cursor.take()
        return syntax.UnaryTests((), False, cursor.span(0))
    if cursor.token.text == "not" and cursor.peek() == "(":
        opening = cursor.tokens[1]
        cursor.move_to(2)
        tests = _tests(cursor)
        cursor.close(opening, ")")
        if cursor.token.kind == "end":
            return syntax.UnaryTests(tests, True, cursor.span(0))
        cursor.move_to(0)
    tests = _tests(cursor)
    return syntax.UnaryTests(tests, False, cursor.span(0))


def _tests(cursor: Cursor) -> tuple[Expression, ...]:
    found = [_test(cursor)]
    while cursor.skip(","):
        found.append(_test(cursor))
    return tuple(found)


_FORMS: dict[str, Callable[[Cursor], Expression]] = {
    "name": _name,
    "number": _number,
    "text": _text,
    "@": _at_literal,
    "null": _constant,
    "true": _constant,
    "false": _constant,
    "-": _negation,
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
