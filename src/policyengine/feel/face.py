"""FEEL for Python programs: text and plain Python values in, plain Python values out."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic
from policyengine.feel.checker.checker import Checked, check
from policyengine.feel.evaluation.evaluator import evaluate as evaluate_tree
from policyengine.feel.functions import BUILTINS
from policyengine.feel.functions.date_time import with_clock
from policyengine.feel.partition import domains
from policyengine.feel.proving.constant_conditions import constant_conditions
from policyengine.feel.syntax import parser
from policyengine.feel.syntax.lexer import Located
from policyengine.feel.syntax.parser import Parsed
from policyengine.feel.syntax.tree import Expression, Node
from policyengine.feel.types.signatures import Library
from policyengine.feel.types.types import ANY, Type
from policyengine.feel.values.calendar import zone
from policyengine.feel.values.values import DateTime, Range, Time

if TYPE_CHECKING:
    from policyengine.feel.codegen.compiled_expression import Generated


def parse(
    text: Located | str, names: Collection[str] = (), *, functions: Collection[str] = BUILTINS
) -> Parsed:
    """The tree of an expression. `names` are those that can occur; only names of several words matter."""
    return parser.parse(text, names, functions=functions)


def parse_unary_tests(
    text: Located | str, names: Collection[str] = (), *, functions: Collection[str] = BUILTINS
) -> Parsed:
    """The tree (`UnaryTests`) of a cell of tests: `> 5`, `"a", "b"`, `[1..5]`, `not(1, 2)`, `-`."""
    return parser.parse_unary_tests(text, names, functions=functions)


def evaluate(
    expression: str,
    context: Mapping[str, object] | None = None,
    *,
    now: datetime.datetime | None = None,
    types: Mapping[str, Type] | None = None,
) -> object:
    """The value of an expression: plain FEEL, in which what has no answer is None, a syntax error too.

    The context holds Decimal, int, str, bool, date, time, datetime, timedelta, `Months`, `Range`, lists,
    dicts and None; results are of these types. `now` is what `now()` and `today()` give: the clock is never
    read. `types` are those that `instance of` may name. Use `parse` to see what is wrong with a text.
    """
    return _result(partial(parse, expression), context or {}, now, types)


def unary_test(
    test: str,
    value: object,
    context: Mapping[str, object] | None = None,
    *,
    now: datetime.datetime | None = None,
) -> bool | None:
    """Whether a value passes a cell of tests such as `> 5` or `"a", "b"`; None where there is no answer."""
    names = {**(context or {}), "?": value}
    found = _result(partial(parse_unary_tests, test), names, now, None)
    return found if isinstance(found, bool) else None


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression as generated Python: it is read once and asked often; call it with a context.

    `diagnostics` is what is wrong with the text; then every answer is None, as `evaluate` has it. `generated`
    has the code (see `policyengine.feel.codegen` for what runs without).
    """

    parsed: Parsed
    generated: Generated | None

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The mistakes of syntax, none in most texts."""
        return self.parsed.diagnostics

    def __call__(
        self,
        context: Mapping[str, object] | None = None,
        *,
        now: datetime.datetime | None = None,
        types: Mapping[str, Type] | None = None,
    ) -> object:
        """The value among these names; everything is as `evaluate` has it."""
        if self.generated is None:
            return None
        try:
            scope = {name: to_feel(one) for name, one in (context or {}).items()}
            return to_python(self.generated.value(scope, functions=_library(now), types=types or {}), {})
        except RecursionError:
            return None


def compile(expression: str, names: Collection[str] = ()) -> Compiled:
    """An expression as a function of a context. `names` are those of several words that it uses."""
    from policyengine.feel.codegen.compiled_expression import generate

    parsed = parse(expression, names)
    return Compiled(parsed, None if parsed.expression is None else generate(parsed.expression))


def typecheck(
    expression: str | Located | Expression,
    names: Mapping[str, Type],
    expected: Type | None = None,
    *,
    functions: Library = BUILTINS,
) -> Checked:
    """The type of an expression among names of these types, and every mistake in it: of syntax, of types,
    and where there is none of these, every condition that is always true or never.

    `expected` is the type that is needed, for a condition `BOOLEAN`. The value under test is the name `?`.
    """
    if not isinstance(expression, Node):
        parsed = parse(expression, names, functions=functions)
        if parsed.expression is None:
            return Checked(ANY, parsed.diagnostics, frozenset())
        expression = parsed.expression
    checked = check(expression, names, expected, functions=functions)
    return (
        checked
        if checked.diagnostics
        else replace(checked, diagnostics=tuple(constant_conditions(expression, domains(names))))
    )


def _result(
    read: Callable[[Collection[str]], Parsed],
    context: Mapping[str, object],
    now: datetime.datetime | None,
    types: Mapping[str, Type] | None,
) -> object:
    """What an expression comes to; None where values lie too deep in one another, or in themselves."""
    try:
        parsed = read(frozenset(all_names(context)))
        if parsed.expression is None:
            return None
        scope = {name: to_feel(value) for name, value in context.items()}
        found = evaluate_tree(parsed.expression, scope, functions=_library(now), types=types or {})
        return to_python(found, {})
    except RecursionError:
        return None


def _library(now: datetime.datetime | None) -> Library:
    moment = None if now is None else to_feel(now)
    return with_clock(BUILTINS, moment) if isinstance(moment, DateTime) else BUILTINS


def all_names(context: Mapping[str, object]) -> Iterator[str]:
    """The keys of a context and of the contexts within it, also in lists."""
    for key, value in context.items():
        yield key
        for one in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(one, Mapping):
                yield from all_names(one)


def to_feel(value: object) -> object:
    """A Python value as FEEL has it: numbers as decimals, times in FEEL's own types."""
    match value:
        case bool():
            return value
        case int():
            return Decimal(value)
        case float() | Decimal():
            number = Decimal(repr(value)) if isinstance(value, float) else value
            return number if number.is_finite() else None
        case datetime.datetime():
            return DateTime(value.date(), _time(value.timetz(), value.utcoffset()))
        case datetime.time():
            return _time(value, value.utcoffset())
        case list() | tuple():
            return [to_feel(item) for item in value]
        case Mapping():
            return {str(key): to_feel(item) for key, item in value.items()}
        case Range():
            return Range(to_feel(value.low), to_feel(value.high), value.low_closed, value.high_closed)
        case _:
            return value


def _time(time: datetime.time, offset: datetime.timedelta | None) -> Time:
    second = time.second + Decimal(time.microsecond).scaleb(-6)
    name = getattr(time.tzinfo, "key", None)
    shift = None if offset is None or name else int(offset.total_seconds())
    return Time(time.hour, time.minute, second, shift, name)


def to_python(value: object, done: dict[int, object]) -> object:
    """A value of FEEL with Python's own types, wherever they can hold it.

    `done` keeps what was converted before: lists may share their parts, and do so afterwards.
    """
    if id(value) in done:
        return done[id(value)]
    match value:
        case DateTime(datetime.date() as date, time) if not time.second.scaleb(6) % 1:
            return datetime.datetime.combine(date, _python_time(time))
        case Time() if not value.second.scaleb(6) % 1:
            return _python_time(value)
        case list() | tuple():
            done[id(value)] = [to_python(item, done) for item in value]
        case Mapping():
            done[id(value)] = {key: to_python(item, done) for key, item in value.items()}
        case Range(low, high):
            ends = to_python(low, done), to_python(high, done)
            return Range(*ends, value.low_closed, value.high_closed)
        case _:
            return value
    return done[id(value)]


def _python_time(time: Time) -> datetime.time:
    micros = int(time.second % 1 * 1_000_000)
    place: datetime.tzinfo | None = None
    if time.zone is not None:
        place = zone(time.zone)
    elif time.offset is not None:
        place = datetime.timezone(datetime.timedelta(seconds=time.offset))
    return datetime.time(time.hour, time.minute, int(time.second), micros, place)
