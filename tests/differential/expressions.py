"""Typed expressions as Hypothesis draws them, with plain Python that means the same where there is some."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from policyengine.feel.values.values import Months

Plain = Callable[[Mapping[str, Any]], Any]
Draw = Callable[[Any], Any]


@dataclass(frozen=True)
class Written:
    """An expression of FEEL, and the same in plain Python; None where Python has no such thing."""

    text: str
    plain: Plain | None = None


NUMBERS = {"n1": "number", "n2": "number", "c1": "count", "m1": "number", "r1": "number"}
FLAGS, WORDS, CHOICES, DAYS = ("b1", "b2", "b3"), ("t1", "t2"), ("e1", "e2"), ("d1", "d2")
PERIODS = ("p1", "p2")
VALUES = ("a", "b", "c")
ORDERED = ("o1", "o2")
ASCENDING = ("low", "mid", "high", "best")
"""The values of choices that ascend, in an order that is not that of the alphabet."""
_LITERALS = ("0", "1", "2", "10", "0.5", "-3", "0.10", "1000000", "12.345", "5", "1.000")
_PERIODS = {"P10D": timedelta(10), "P1D": timedelta(1), "P400D": timedelta(400)}
_MONTHS = ("P1M", "P1Y", "P13M")


def _both(text: str, parts: list[Written], plain: Callable[..., Any] | None) -> Written:
    plains = [part.plain for part in parts]
    if plain is None or None in plains:
        return Written(text)
    return Written(text, lambda facts: plain(*(each(facts) for each in plains)))


def _of(name: str) -> Plain:
    return lambda facts: facts[name]


def _fixed(value: Any) -> Plain:
    return lambda facts: value


def number(draw: Draw, depth: int) -> Written:
    """An expression for a number."""
    forms = (
        ("fact", "literal")
        if depth == 0
        else ("fact", "arithmetic", "if", "function", "many", "negative", "part")
    )
    match draw(st.sampled_from(forms)):
        case "fact":
            name = draw(st.sampled_from(tuple(NUMBERS)))
            return Written(name, _of(name))
        case "literal":
            text = draw(st.sampled_from(_LITERALS))
            return Written(f"({text})", _fixed(Decimal(text)))
        case "arithmetic":
            op = draw(st.sampled_from("+-*/"))
            left, right = number(draw, depth - 1), number(draw, depth - 1)
            plain = {
                "+": lambda a, b: a + b,
                "-": lambda a, b: a - b,
                "*": lambda a, b: a * b or abs(a * b),  # zero has no sign
                "/": lambda a, b: a / b or abs(a / b),
            }
            return _both(f"({left.text} {op} {right.text})", [left, right], plain[op])
        case "negative":
            found = number(draw, depth - 1)
            return _both(f"-({found.text})", [found], lambda a: -a)
        case "if":
            return _if(draw, depth, number)
        case "part":
            day, part = moment(draw, depth - 1), draw(st.sampled_from(("year", "month", "day", "weekday")))
            return Written(f"({day.text}).{part}")
        case "function":
            return _number_function(draw, depth)
        case _:
            return Written(draw(st.sampled_from(_many(draw, depth))))


def _number_function(draw: Draw, depth: int) -> Written:
    found = number(draw, depth - 1)
    name = draw(
        st.sampled_from(
            ("decimal", "floor", "ceiling", "round half up", "round up", "round down", "abs", "modulo")
        )
    )
    if name == "abs":
        return Written(f"abs({found.text})")
    if name == "modulo":
        return Written(f"modulo({found.text}, {number(draw, depth - 1).text})")
    factor = draw(st.sampled_from(_LITERALS))
    return Written(f"{name}({found.text} * {factor}, {draw(st.integers(-2, 4))})")


def _many(draw: Draw, depth: int) -> tuple[str, ...]:
    test = condition_of_row(draw)
    each = draw(st.sampled_from(("n", "c")))
    return (
        f"count(rows[{test}])",
        f"sum(rows.{each})",
        f"sum(rows[{test}].{each})",
        f"sum(for x in rows return x.{each} * {number(draw, 0).text})",
        f"max(rows[{test}].{each})",
        "count(rows)",
        "count(words)",
        "count(words[is defined(n1)])",
        f"count(words[string length(item) > {number(draw, 0).text}])",
        f"rows[{draw(st.sampled_from((1, 2, -1)))}].{each}",
        f"[{number(draw, 0).text} .. {number(draw, 0).text}].end",
        f"sum(for x in rows return count(for y in rows return x.n + y.{each}))",
        f"count(for x in rows return sum(rows[{test} and n >= x.n].{each}))",
        "count(rows[some x in rows, y in rows satisfies x.n + y.c > n])",
        "string length(substring(string: t1, start position: 1))",
    )


def condition_of_row(draw: Draw) -> str:
    """A condition about an item of the list `rows`, by its fields."""
    return draw(st.sampled_from(_ROW_CONDITIONS))  # type: ignore[no-any-return]


_ROW_CONDITIONS = (
    "n > 2", 'e = "a"', "f", "d <= d1", "n >= n1 and f", "is defined(d) and d < today", 'e in ("a", "b")',
    "n in [1..10]", "item.n < c1", "not(f)", "c + n > 3 or f", "some y in rows satisfies y.n > n",
    "count(rows[c <= c1]) > c", "every w in words satisfies w = e", "every rows in rows satisfies rows.f",
    "is defined(d)", "not(is defined(n))", "not(f or b1)", "o < o1", 'o >= "mid"', "o in [o1..o2]",
    "every x in rows satisfies x.o <= o", 'o <= (if f then o1 else "high")',
)  # fmt: skip


_FLAG_FORMS = (
    "fact", "order", "same", "and", "or", "not", "if", "in", "choice", "between", "days", "some", "known",
    "surely", "atleast", "ascending", "ascending", "within",
)  # fmt: skip


def flag(draw: Draw, depth: int) -> Written:
    """An expression for true or false."""
    match draw(st.sampled_from(_FLAG_FORMS if depth else ("fact",))):
        case "fact":
            name = draw(st.sampled_from(FLAGS))
            return Written(name, _of(name))
        case "order":
            op = draw(st.sampled_from(("<", "<=", ">", ">=", "=", "!=")))
            left, right = number(draw, depth - 1), number(draw, depth - 1)
            return _both(f"({left.text} {op} {right.text})", [left, right], _COMPARE[op])
        case "same":
            left, right = text(draw, depth - 1), text(draw, depth - 1)
            return _both(f"({left.text} = {right.text})", [left, right], _COMPARE["="])
        case "and" | "or" as word:
            parts = [flag(draw, depth - 1) for _ in range(draw(st.integers(2, 3)))]
            whole = all if word == "and" else any
            listed = f" {word} ".join(part.text for part in parts)
            return _both(f"({listed})", parts, lambda *values: whole(values))
        case "not":
            found = flag(draw, depth - 1)
            return _both(f"not({found.text})", [found], lambda a: not a)
        case "if":
            return _if(draw, depth, flag)
        case "between":
            parts = [number(draw, depth - 1), number(draw, 0), number(draw, 0)]
            text_of = "({} between {} and {})".format(*(part.text for part in parts))
            return _both(text_of, parts, lambda a, low, high: low <= a <= high)
        case "days":
            op = draw(st.sampled_from(("<", "<=", ">", ">=", "=", "!=")))
            first, second = moment(draw, depth - 1), moment(draw, depth - 1)
            return _both(f"({first.text} {op} {second.text})", [first, second], _COMPARE[op])
        case "ascending":
            op = draw(st.sampled_from(("<", "<=", ">", ">=")))
            left, right = choice(draw, depth - 1), choice(draw, depth - 1, written_out=True)
            return _both(f"({left.text} {op} {right.text})", [left, right], _by_place(_COMPARE[op]))
        case "within":
            ends = [choice(draw, 0, written_out=True), choice(draw, 0, written_out=True)]
            form, plain = draw(st.sampled_from(_WITHIN))
            parts = [choice(draw, depth - 1), *ends]
            return _both(form.format(*(part.text for part in parts)), parts, _by_place(plain))
        case other:
            return Written(_flag_form(draw, depth, other))


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def _by_place(plain: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *values: plain(*map(ASCENDING.index, values))


_WITHIN: tuple[tuple[str, Callable[..., bool]], ...] = (
    ("({} between {} and {})", lambda a, low, high: low <= a <= high),
    ("({} in [{}..{}])", lambda a, low, high: low <= a <= high),
    ("({} in ({}..{}])", lambda a, low, high: low < a <= high),
    ('({} in ([{}..{}), "best"))', lambda a, low, high: low <= a < high or a == len(ASCENDING) - 1),
    ("({} in (< {}, >= {}))", lambda a, low, high: a < low or a >= high),
)


def choice(draw: Draw, depth: int, *, written_out: bool = False) -> Written:
    """An expression for a choice that ascends; a text alone only where it may be `written_out`."""
    forms = ("fact",) if depth < 1 else ("fact", "if", "extreme", "rows")
    match draw(st.sampled_from((*forms, "literal") if written_out else forms)):
        case "fact":
            name = draw(st.sampled_from(ORDERED))
            return Written(name, _of(name))
        case "literal":
            value = draw(st.sampled_from(ASCENDING))
            return Written(f'"{value}"', _fixed(value))
        case "extreme":
            word, most = draw(st.sampled_from((("max", max), ("min", min))))
            parts = [choice(draw, 0), choice(draw, 0, written_out=True)]
            listed = draw(st.sampled_from(("{}({}, {})", "{}([{}, {}])", "{}(list: [{}, {}])")))
            whole = listed.format(word, *(part.text for part in parts))
            return _both(whole, parts, lambda *values: most(values, key=ASCENDING.index))
        case "rows":
            word = draw(st.sampled_from(("max", "min")))
            return Written(f"{word}(rows[{condition_of_row(draw)}].o)")
        case _:
            condition, then, otherwise = flag(draw, 0), choice(draw, 0), choice(draw, 0, written_out=True)
            plain = _both("", [condition, then, otherwise], lambda holds, one, other: one if holds else other)
            whole = f"(if {condition.text} then {then.text} else {otherwise.text})"
            return Written(whole, plain.plain)


def _flag_form(draw: Draw, depth: int, form: str) -> str:
    if form == "in":
        low, high = number(draw, 0).text, number(draw, 0).text
        ends = draw(st.sampled_from(("[{}..{}]", "({}..{}]", "[{}..{})", "({}, {})", "(< {}, >= {})")))
        value = number(draw, draw(st.sampled_from((0, depth - 1)))).text
        return f"({value} in {ends.format(low, high)})"
    if form == "choice":
        name = draw(st.sampled_from(CHOICES))
        tests = (f'{name} = "a"', f'{name} in ("a", "c")', f'{name} != "b"', f'{name} = "a" or b1')
        return draw(st.sampled_from(tests))  # type: ignore[no-any-return]
    if form == "some":
        kind = draw(st.sampled_from(("some", "every")))
        return f"({kind} x in rows satisfies {draw(st.sampled_from(_ITEM_CONDITIONS))})"
    if form == "known":
        name = draw(st.sampled_from(("n1", "d1", "b1")))
        rest = {"n1": "n1 > 1", "d1": "d1 < today", "b1": "b1"}[name]
        return draw(st.sampled_from(_shielded(name, rest)))  # type: ignore[no-any-return]
    if form == "surely":
        return f"is true({flag(draw, 0).text})"
    parts = ", ".join(flag(draw, depth - 1).text for _ in range(3))
    return f"at least({draw(st.integers(1, 3))}, [{parts}])"


_ITEM_CONDITIONS = (
    'x.e = "a"', "x.n > n1", "x.f and b1", "x.d >= d1", "is defined(x.d) and x.d < d2", "x.n in [0..5]",
)  # fmt: skip


def _shielded(name: str, rest: str) -> tuple[str, ...]:
    """A fact that is asked for only where it is known, or only where it is not."""
    return (
        f"is defined({name})",
        f"(is defined({name}) and {rest})",
        f"(not(is defined({name})) or {rest})",
        f"(is defined({name}) or {rest})",
        f"(not(is defined({name})) and {rest})",
        f"(if is defined({name}) then {rest} else b2)",
        f"(if is defined({name}) then b2 else {rest})",
        f"(if not(is defined({name})) then b2 else {rest})",
    )


def text(draw: Draw, depth: int) -> Written:
    """An expression for a text."""
    match draw(
        st.sampled_from(("fact", "literal") if depth == 0 else ("fact", "join", "if", "switch", "function"))
    ):
        case "fact":
            name = draw(st.sampled_from((*WORDS, *CHOICES)))
            return Written(name, _of(name))
        case "literal":
            value = draw(st.sampled_from(("a", "b", "", "é")))
            return Written(f'"{value}"', _fixed(value))
        case "join":
            left, right = text(draw, depth - 1), text(draw, depth - 1)
            return _both(f"({left.text} + {right.text})", [left, right], lambda a, b: a + b)
        case "switch":
            name = draw(st.sampled_from(CHOICES))
            return Written(f'(if {name} = "a" then "one" else if {name} = "b" then "two" else "rest")')
        case "function":
            name = draw(st.sampled_from(("upper case", "lower case")))
            return Written(f"{name}({text(draw, depth - 1).text})")
        case _:
            return _if(draw, depth, text)


def moment(draw: Draw, depth: int) -> Written:
    """An expression for a date."""
    match draw(
        st.sampled_from(("fact", "today") if depth == 0 else ("fact", "today", "days", "months", "if", "end"))
    ):
        case "fact":
            name = draw(st.sampled_from(DAYS))
            return Written(name, _of(name))
        case "today":
            return Written("today", _of("today"))
        case "days":
            period, op = draw(st.sampled_from(tuple(_PERIODS))), draw(st.sampled_from("+-"))
            found, length = moment(draw, depth - 1), _PERIODS[period]
            plain = (lambda a: a + length) if op == "+" else (lambda a: a - length)
            return _both(f'({found.text} {op} @"{period}")', [found], plain)
        case "months":
            op = draw(st.sampled_from("+-"))
            return Written(f'({moment(draw, depth - 1).text} {op} @"{draw(st.sampled_from(_MONTHS))}")')
        case "end":
            return Written(f"last day of month({moment(draw, depth - 1).text})")
        case _:
            return _if(draw, depth, moment)


def _if(draw: Draw, depth: int, kind: Callable[[Draw, int], Written]) -> Written:
    condition, then, otherwise = flag(draw, depth - 1), kind(draw, depth - 1), kind(draw, depth - 1)
    whole = f"(if {condition.text} then {then.text} else {otherwise.text})"
    if condition.plain is None or then.plain is None or otherwise.plain is None:
        return Written(whole)
    holds, one, other = condition.plain, then.plain, otherwise.plain
    return Written(whole, lambda facts: one(facts) if holds(facts) else other(facts))


@st.composite
def written(draw: Any) -> Written:
    """An expression of any type."""
    kind = draw(st.sampled_from((number, flag, flag, flag, text, moment)))
    return kind(draw, draw(st.integers(0, 3)))


# Few values, so that many are equal or lie on the edge of a range; and some that no list would have.
_numbers = st.one_of(
    st.sampled_from(("0", "1", "2", "10", "0.5", "-3", "5", "1.0", "1E+3", "0.005", "2.50")).map(Decimal),
    st.integers(-5, 20).map(Decimal),
    st.decimals(min_value=-1000, max_value=1000, places=2, allow_nan=False, allow_infinity=False),
)
_days = st.one_of(
    st.sampled_from([date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22), date(2024, 2, 29)]),
    st.dates(date(1999, 1, 1), date(2040, 12, 31)),
    st.sampled_from([date(1, 1, 1), date(9999, 12, 31)]),
)
_FACTS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(NUMBERS, _numbers),
    "c1": st.integers(0, 9).map(Decimal),
    **dict.fromkeys(FLAGS, st.booleans()),
    **dict.fromkeys(WORDS, st.sampled_from(("", "a", "b", "hello", "é"))),
    **dict.fromkeys(CHOICES, st.sampled_from(VALUES)),
    **dict.fromkeys(ORDERED, st.sampled_from(ASCENDING)),
    **dict.fromkeys(DAYS, _days),
    **dict.fromkeys(PERIODS, st.sampled_from((Months(1), Months(0), timedelta(1)))),
    "words": st.lists(st.sampled_from(("a", "b")), max_size=3).map(tuple),
}
_ROW: dict[str, st.SearchStrategy[Any]] = {
    "n": _numbers, "c": st.integers(0, 5).map(Decimal), "f": st.booleans(), "e": st.sampled_from(VALUES),
    "d": _days, "o": st.sampled_from(ASCENDING),
}  # fmt: skip


@st.composite
def facts(draw: Any) -> tuple[dict[str, Any], list[dict[str, Any]] | None]:
    """The facts of a record and its rows, with holes or without."""
    holes = draw(st.sampled_from((0, 0, 1, 3, 20)))
    missing = set(draw(st.lists(st.sampled_from((*_FACTS, "rows")), max_size=holes))) if holes else set()
    own = {name: draw(values) for name, values in _FACTS.items() if name not in missing}
    rows = []
    for _ in range(draw(st.integers(0, 3))):
        gone = set(draw(st.lists(st.sampled_from(tuple(_ROW)), max_size=2))) if holes else set()
        rows.append({name: draw(values) for name, values in _ROW.items() if name not in gone})
    return own, None if "rows" in missing else rows
