"""Turns the texts of policies and records into values.

Every function takes the text as written and gives the value, or raises `ValueError` with a sentence for
the author. Nothing passes through a binary float; digits and exponents are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Context, Decimal, InvalidOperation

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code, Diagnostic, Severity
from policyengine.feel.syntax.tree import Expression, Literal, walk
from policyengine.feel.values.values import Months
from policyengine.text import literal_guesses

MAX_DIGITS = 40
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_PERIOD = re.compile(r"P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,4})W)?(?:(\d{1,6})D)?")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(\.\d{3})+")
_RANGE = re.compile(r"(?P<low>[^.\s]\S*?)?\s*\.\.\s*(?P<high>\S*[^.\s])?")


def number(text: str) -> Decimal:
    """`12`, `-0.5`, `1e3`: an exact decimal."""
    stripped = text.strip()
    if not _NUMBER.fullmatch(stripped):
        raise ValueError(f"`{shorten(text)}` is not a number{write(literal_guesses.number(text))}")
    if sum(letter.isdigit() for letter in stripped) > MAX_DIGITS:
        raise ValueError(f"`{shorten(text)}` has more than {MAX_DIGITS} digits")
    try:
        value = Decimal(stripped)
    except InvalidOperation:  # pragma: no cover - the pattern admits only what Decimal reads
        raise ValueError(f"`{shorten(text)}` is not a number") from None
    return value if value else Decimal(0)


def integer(text: str) -> Decimal:
    """A whole number; `012` is refused, since it may be meant as a code."""
    value = number(text)
    if value != value.to_integral_value():
        raise ValueError(f"`{shorten(text)}` is not a whole number")
    if re.match(r"[+-]?0\d", text.strip()):
        raise ValueError(
            f"`{shorten(text)}` is not a whole number: it starts with a zero; write `{int(value)}`"
        )
    return Decimal(int(value))


def limit(text: str) -> Decimal:
    """A whole number in a policy; `1.000` is refused, since it may be meant as a thousand."""
    thousands = literal_guesses.number(text) if _THOUSANDS.fullmatch(text.strip()) else None
    if thousands is not None:
        raise ValueError(f"`{shorten(text)}` is not a whole number{write(thousands)}")
    return integer(text)


def count(text: str) -> Decimal:
    """A whole number from 0 on."""
    value = integer(text)
    if value < 0:
        raise ValueError(f"`{shorten(text)}` is below zero")
    return value


def rate(text: str) -> Decimal:
    """`20%`, `20 %` or `0.2`: a share, 1 being all."""
    stripped = text.strip()
    try:
        value = number(stripped.removesuffix("%"))
    except ValueError:
        advice = write(literal_guesses.number(text)) or "; write it as `20%` or `0.2`"
        raise ValueError(f"`{shorten(text)}` is not a rate{advice}") from None
    return value.scaleb(-2, Context(prec=2 * MAX_DIGITS)) if stripped.endswith("%") else value


def boolean(text: str) -> bool:
    """`true` or `false`; `yes`, `no`, `on`, `off` are refused by name."""
    if text in ("true", "false"):
        return text == "true"
    raise ValueError(f"`{shorten(text)}` is not `true` or `false`{write(literal_guesses.boolean(text))}")


def day(text: str) -> date:
    """`2026-01-31`."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        advice = write(literal_guesses.date(text)) or "; write it as year-month-day, such as 2026-01-31"
        raise ValueError(f"`{shorten(text)}` is not a date{advice}")
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        raise ValueError(f"`{text}` is not a day of the calendar") from None


def period(text: str) -> Months | timedelta:
    """`P1M`, `P1Y6M` (months), `P90D`, `P2W` (days): a length of time; the two do not mix."""
    match = _PERIOD.fullmatch(text.strip())
    if match is None:
        advice = write(literal_guesses.period(text)) or "; write `P1M` for a month, `P90D` for 90 days"
        raise ValueError(f"`{shorten(text)}` is not a period{advice}")
    years, months, weeks, days = (int(part) if part else 0 for part in match.groups())
    if (years or months) and (weeks or days):
        raise ValueError(f"`{text}` mixes months and days, which have no common length")
    if years or months:
        return Months(12 * years + months)
    return timedelta(days=7 * weeks + days)


def length(text: str) -> Months | timedelta:
    """A period in which something recurs: longer than nothing."""
    value = period(text)
    if value == Months(0) or value == timedelta(0):
        raise ValueError(f"`{text}` has no length")
    return value


@dataclass(frozen=True, slots=True)
class Bounds:
    """A range as written in a policy, both ends inclusive; None is an open end. The texts are untyped."""

    low: str | None
    high: str | None

    def __str__(self) -> str:
        return f"{self.low or ''}..{self.high or ''}"


def bounds(text: str) -> Bounds | None:
    """Returns the ends of `10..15`, `27..`, `..9`; None if the text is not a range."""
    if ".." not in text:
        return None
    match = _RANGE.fullmatch(text.strip())
    if match is None or (match["low"] is None and match["high"] is None) or "..." in text:
        return None
    return Bounds(match["low"], match["high"])


def write(instead: str | None) -> str:
    """Returns the advice for the end of a message, or an empty text."""
    return f"; write `{instead}`" if instead else ""


def shorten(text: str, width: int = 40) -> str:
    """Returns the text on one line, shortened for a message."""
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"


# Finds numbers that look like thousands: `50.000` is fifty here, but fifty thousand in German.

_GOOD = """\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: a, title: A, met_when: fee > 50000}
"""
THOUSANDS = Code(
    id="NUM001",
    title="a number that looks like thousands",
    why="In a number the point stands before the fraction, so `50.000` is fifty. Hardly anybody writes a "
    "fraction with three places and a zero at its end, but many write thousands like this.",
    bad=_GOOD.replace("50000", "50.000"),
    good=_GOOD,
    severity=Severity.WARNING,
)
CODES = (THOUSANDS,)

_WRITTEN = re.compile(r"(?<!\w)(?<![^.]\.)[1-9]\d{0,2}\.\d\d0(?![\w%]|\.\d)")


def looks_like_thousands(text: str) -> bool:
    """Whether a text has such a number anywhere; most have none."""
    return _WRITTEN.search(text) is not None


def thousands(expression: Expression) -> Iterator[Diagnostic]:
    """Yields the numbers in an expression that are written like thousands, each at its place."""
    for node in walk(expression):
        value = node.value if isinstance(node, Literal) else None
        if not isinstance(value, Decimal) or value.as_tuple().exponent != -3:
            continue
        for found in _WRITTEN.finditer(node.span.text):
            if Decimal(found.group()) == value:
                yield _warning(node, found)


def _warning(node: Expression, found: re.Match[str]) -> Diagnostic:
    start = node.span.start + found.start()
    text, plain = found.group(), literal_guesses.number(found.group())
    fraction = text.rstrip("0").rstrip(".")
    help = f"write `{plain}` if thousands are meant, `{fraction}` if not"
    at = node.span.source.span(start, start + len(text))
    return THOUSANDS.at(at, f"`{text}` is {fraction}, not {plain}", help=help)
