"""The functions that policies are lowered to, beside the built-in ones of FEEL.

Periods are counted from their anchor, never from one another: 31 January and two months is 31 March, by
way of 28 February or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

from policyengine.decision.wording import join
from policyengine.feel.evaluate.scope import unknown_within
from policyengine.feel.functions import BUILTINS
from policyengine.feel.types import types
from policyengine.feel.types.signatures import Function, function, signature, table
from policyengine.feel.types.types import Context, ListOf, RangeOf, Type
from policyengine.feel.values.calendar import add_months
from policyengine.feel.values.compare import compare
from policyengine.feel.values.values import Failed, Months, Range, Unknown, unknown

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAY = timedelta(days=1)
_OCCASION = Context({"period": RangeOf(types.DATE), "period_number": types.COUNT, "period_name": types.TEXT})
_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_OUT_OF_BOUNDS = Failed("the period leaves the calendar")


def step(anchor: date, length: Months | timedelta, times: int) -> date | None:
    """The anchor and so many lengths; None where that leaves the calendar."""
    if isinstance(length, Months):
        found = add_months(anchor, length.months * times)
        return found if isinstance(found, date) else None
    try:
        return anchor + length * times
    except OverflowError:
        return None


def steps_until(anchor: date, length: Months | timedelta, day: date) -> int:
    """The largest n for which the anchor and n lengths is not after the day; below 0 if the anchor is."""
    if isinstance(length, Months):
        months = (day.year - anchor.year) * 12 + day.month - anchor.month
        guess = months // length.months
    else:
        guess = (day - anchor) // length
    while guess >= 0 and (found := step(anchor, length, guess)) is not None and found > day:
        guess -= 1
    return guess


def _periods_since(anchor: date, length: Months | timedelta, today: date) -> object:
    """The period that holds today and the one before it, numbered from 1; none lies before the anchor."""
    if _is_empty(length):
        return Failed("the period has no length")
    current = steps_until(anchor, length, today)
    found = []
    for n in (current - 1, current):
        start, end = step(anchor, length, n), step(anchor, length, n + 1)
        if n >= 0:
            if start is None or end is None:
                return _OUT_OF_BOUNDS
            found.append(_occasion(start, end - _DAY, n + 1, _span_name(length, n + 1)))
    return found


def _span_name(length: Months | timedelta, number: int) -> str:
    words: Mapping[object, str] = {Months(1): "month", Months(3): "quarter", Months(12): "year"}
    return f"{words.get(length, 'period')} {number}"


def _calendar_periods(unit: str, today: date) -> object:
    """The calendar period that holds today and the one before it, numbered within their year."""
    months = _MONTHS.get(unit)
    if months is None:
        return Failed(f"`{unit}` is no calendar period")
    first = date(today.year, (today.month - 1) // months * months + 1, 1)
    found = []
    for n in (-1, 0):
        start, end = step(first, Months(months), n), step(first, Months(months), n + 1)
        if start is None or end is None:
            return _OUT_OF_BOUNDS
        number = (start.month - 1) // months + 1
        found.append(_occasion(start, end - _DAY, number, _calendar_name(unit, start, number)))
    return found


def _calendar_name(unit: str, start: date, number: int) -> str:
    if unit == "year":
        return str(start.year)
    return f"{start.year} Q{number}" if unit == "quarter" else f"{_NAMES[start.month - 1]} {start.year}"


def _occasion(start: date, end: date, number: int, name: str) -> Mapping[str, object]:
    return MappingProxyType(
        {"period": Range(start, end), "period_number": Decimal(number), "period_name": name}
    )


def _next_occurrence(first: date, length: Months | timedelta, today: date) -> object:
    """The first day on or after today in the row first, first + length, first + 2 lengths ..."""
    if _is_empty(length):
        return Failed("the period has no length")
    n = max(steps_until(first, length, today), 0)
    found = step(first, length, n)
    if found is not None and found < today:
        found = step(first, length, n + 1)
    return _OUT_OF_BOUNDS if found is None else found


def _is_empty(length: Months | timedelta) -> bool:
    return length.months <= 0 if isinstance(length, Months) else length <= timedelta(0)


def _at_least(wanted: Decimal, conditions: Sequence[object]) -> object:
    """Whether so many of the conditions hold; unknown where the unknown ones decide."""
    open_ones = [each for each in conditions if isinstance(each, Unknown)]
    holding = sum(each is True for each in conditions)
    if holding >= wanted:
        return True
    return False if holding + len(open_ones) < wanted else unknown(open_ones)


def _agreed(rows: Sequence[object], values: Sequence[object], otherwise: Sequence[object]) -> object:
    """The value of all candidates if they have one; the open rows and values say why it is not known."""
    candidates = [*values, *otherwise]
    first = candidates[0]
    if all(not isinstance(each, Unknown) for each in candidates) and all(
        compare("=", each, first) is True for each in candidates
    ):
        return first
    return unknown([*rows, *values]) or unknown(otherwise) or Failed("the rows that match disagree")


def _row_result(
    hit: str, title: str, rows: Sequence[object], values: Sequence[object], *default: object
) -> object:
    """What a table gives: the value of the row that matches, as far as what is known decides.

    `first` takes the first row that matches, `unique` the only one, `any` one of several that agree.
    """
    matching = [i for i, row in enumerate(rows) if row is True]
    open_ones = [i for i, row in enumerate(rows) if isinstance(row, Unknown)]
    if hit == "first" and matching:
        open_ones, matching = [i for i in open_ones if i < matching[0]], matching[:1]
    if hit == "unique" and (len(matching) > 1 or (matching and open_ones)):
        return unknown([rows[i] for i in open_ones]) if open_ones else _clash(title, matching)
    found = sorted([*open_ones, *matching])
    otherwise = () if matching else default
    if not found and not otherwise:
        return Failed(f"no row of {title} matches")
    agreed = _agreed([rows[i] for i in open_ones], [values[i] for i in found], otherwise)
    if isinstance(agreed, Failed) and not open_ones:
        return _clash(title, matching)
    return agreed


def _clash(title: str, matching: Sequence[int]) -> Failed:
    numbers = join([str(i + 1) for i in matching])
    return Failed(f"rows {numbers} of {title} match, and nothing says which one counts")


def _row_type(arguments: Sequence[Type]) -> Type:
    values = arguments[3] if len(arguments) > 3 else types.ANY
    return values.item if isinstance(values, ListOf) else types.ANY


def _once_known(values: object, then: object) -> object:
    """What follows; where one of the values is unknown that, and not what else the rest would ask for."""
    open_one = unknown_within([values])
    return then if open_one is None else open_one


def _second(arguments: Sequence[Type]) -> Type:
    return arguments[1] if len(arguments) > 1 else types.ANY


_OWN: Mapping[str, Function] = table(
    function(
        "periods since",
        signature("start: date, every: duration, today: date", ListOf(_OCCASION), _periods_since),
    ),
    function("calendar periods", signature("unit: text, today: date", ListOf(_OCCASION), _calendar_periods)),
    function(
        "next occurrence",
        signature("first: date, every: duration, today: date", types.DATE, _next_occurrence),
    ),
    function(
        "at least", signature("number: number, conditions: list", types.BOOLEAN, _at_least), settles=True
    ),
    function(
        "row result",
        signature("hit: text, title: text, rows: list, values: list, default?: any", _row_type, _row_result),
        settles=True,
    ),
    function("once known", signature("values: any, then: any", _second, _once_known), settles=True),
)
_CLOCK = frozenset({"now", "today"})
LIBRARY: Mapping[str, Function] = MappingProxyType(
    {name: each for name, each in BUILTINS.items() if name not in _CLOCK} | dict(_OWN)
)
"""Every function that an expression of a policy may call; none reads a clock, `today` is a name."""
