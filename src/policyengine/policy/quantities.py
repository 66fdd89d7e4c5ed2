"""Turns the texts of policies and records into values.

Every function takes the text as written and gives the value, or raises `ValueError` with a sentence for
the author. Nothing passes through a binary float; digits and exponents are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache

from policyengine.dataclass import dataclass
from policyengine.decision.wording import MINOR_DIGITS
from policyengine.diagnostics import Code, Diagnostic, listed, nearest
from policyengine.feel.functions.periods import LABELS, UNITS
from policyengine.feel.syntax.tree import Call, Expression, Literal, children, walk
from policyengine.feel.values.values import Months
from policyengine.source import Span, composed
from policyengine.text import literal_guesses
from policyengine.text.decode import invisible
from policyengine.text.document import Sequence

MAX_DIGITS = 40
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_PERIOD = re.compile(r"P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,4})W)?(?:(\d{1,6})D)?", re.ASCII)
_SHORTEST_MONTH = 28
CALENDAR: Mapping[str, Months] = {
    f"{year} {unit}": Months(months) for year in ("calendar", "fiscal") for unit, months in UNITS.items()
}
"""The periods of the calendar and of fiscal years, which begin by themselves."""
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)
_RANGE = re.compile(r"(?P<low>[^.\s]\S*?)?\s*\.\.\s*(?P<high>\S*[^.\s])?")

_COMMON = ("EUR", "USD", "GBP", "JPY", "CHF", "CNY", "INR", "CAD", "AUD", "BRL", "SEK", "NOK", "DKK", "PLN")


class Pointed(Decimal):
    """A number out of a text in which the point may stand before the fraction or between thousands."""


def is_pointed(text: str) -> bool:
    """Whether a number can be read two ways: `1.250` is 1250 in many countries."""
    return _THOUSANDS.fullmatch(text) is not None


def exactly(text: str) -> Decimal:
    """Returns the number of a text that is a number, `Pointed` if it can be read two ways."""
    return Pointed(text) if text[-4:-3] == "." and is_pointed(text) else Decimal(text)


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


def plain(value: Decimal) -> str:
    """Returns a number as a text that can be read one way only: `1.2500`."""
    text = f"{value:f}"
    return text if isinstance(value, Pointed) or not is_pointed(text) else literal_guesses.readings(text)[1]


def amount(text: str) -> Decimal:
    """A number that reads one way: `2.500` is refused, since 2500 may be meant."""
    value = number(text)
    if is_pointed(text.strip()):
        thousands, fraction = literal_guesses.readings(text.strip())
        raise ValueError(f"`{shorten(text)}` can be read two ways; write `{thousands}` or `{fraction}`")
    return value


def integer(text: str) -> Decimal:
    """A whole number; `012` is refused, since it may be meant as a code, and `1.000`, which may be 1000."""
    value = number(text)
    if is_pointed(text.strip()):
        thousands, _ = literal_guesses.readings(text.strip())
        raise ValueError(f"`{shorten(text)}` is not a whole number{write(thousands)}")
    if value != value.to_integral_value():
        raise ValueError(f"`{shorten(text)}` is not a whole number")
    if re.match(r"[+-]?0\d", text.strip()):
        raise ValueError(
            f"`{shorten(text)}` is not a whole number: it starts with a zero; write `{int(value)}`"
        )
    return Decimal(int(value))


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
        guess = None if literal_guesses.is_amount(text) else literal_guesses.number(text)
        advice = write(guess) or "; write it as `20%` or `0.2`"
        raise ValueError(f"`{shorten(text)}` is not a rate{advice}") from None
    return value.scaleb(-2, Context(prec=2 * MAX_DIGITS)) if stripped.endswith("%") else value


def share(text: str) -> Decimal:
    """A rate in a policy: above 100 % it says so, as `150%`; `25` is refused, since 25 % may be meant."""
    value = rate(text)
    if abs(value) > 1 and not text.strip().endswith("%"):
        whole = f"{value * 100:f}".rstrip("0").rstrip(".") if value % 1 else f"{value * 100:.0f}"
        raise ValueError(f"`{shorten(text)}` can be read two ways; write `{text.strip()}%` or `{whole}%`")
    return value


def text(text: str) -> str:
    """A text, with composed accents and without characters that nobody sees."""
    found = invisible(text)
    if found is not None:
        raise ValueError(f"`{shorten(text)}` has the invisible character {found} in it; delete it")
    return composed(text)


def edge(text: str) -> Decimal:
    """`1000` or `20%`: the number at which a band ends."""
    try:
        return rate(text)
    except ValueError:
        advice = write(literal_guesses.number(text)) or "; write the number itself, such as `1000`"
        raise ValueError(f"`{shorten(text)}` is not a number{advice}") from None


def unit_rate(text: str) -> Decimal:
    """`5%` or `2`: what a unit gives, a share of it or an amount."""
    plain = literal_guesses.number(text) if literal_guesses.is_amount(text) else None
    if plain is not None:
        advice = f"; write `{plain}`, the amount for each unit in the currency of the program"
        raise ValueError(f"`{shorten(text)}` is not a rate{advice}")
    return rate(text)


def or_formula(read: Callable[[str], Decimal]) -> Callable[[str], Decimal | str]:
    """Reads a number; what has a name in it, as `50% of quota`, is a formula and stays as it is."""

    def either(text: str) -> Decimal | str:
        try:
            return read(text)
        except ValueError:
            is_formula = re.search(r"[^\W\d]\w*", text) and literal_guesses.number(text) is None
            if not is_formula or literal_guesses.is_amount(text):
                raise
            return text

    return either


def boolean(text: str) -> bool:
    """`true` or `false`; `yes`, `no`, `on`, `off` are refused by name."""
    if text in ("true", "false"):
        return text == "true"
    raise ValueError(f"`{shorten(text)}` is not `true` or `false`{write(literal_guesses.boolean(text))}")


@lru_cache(1 << 14)
def day(text: str) -> date:
    """`2026-01-31`."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        first = f"; write `{text.strip()}-01-01` for the beginning of {text.strip()}"
        year = first if re.fullmatch(r"(19|20)\d\d", text.strip()) else ""
        advice = (
            write(literal_guesses.date(text)) or year or "; write it as year-month-day, such as 2026-01-31"
        )
        raise ValueError(f"`{shorten(text)}` is not a date{advice}")
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        raise ValueError(f"`{text}` is not a day of the calendar") from None


def day_of_year(text: str) -> date:
    """`02-01`, the first of February: a day that every month has, in a year that does not matter."""
    match = re.fullmatch(r"(\d\d)-(\d\d)", text.strip())
    if match is None:
        found = literal_guesses.date(text) or literal_guesses.date(f"{text} 2000")
        advice = write(found[5:] if found else None) or "; write it as month-day, such as 02-01"
        raise ValueError(f"`{shorten(text)}` is not a day of the year{advice}")
    month, day = (int(part) for part in match.groups())
    if not (1 <= month <= 12 and 1 <= day <= _SHORTEST_MONTH):
        sentence = f"`{text}` is not a day that every year and month has"
        raise ValueError(f"{sentence}; write month-day, the day from 01 to {_SHORTEST_MONTH}: `02-01`")
    return date(2000, month, day)


def period_label(text: str) -> str:
    """`FY{yy} H{n}`: a text with what differs from period to period in braces."""
    unknown = [word for word in re.findall(r"\{([^{}]*)\}", text) if word not in LABELS]
    bare = re.sub(r"\{[^{}]*\}", "", text)
    if unknown or "{" in bare or "}" in bare:
        found = f"`{{{unknown[0]}}}`" if unknown else "a brace"
        raise ValueError(f"a label has no {found}; write {listed(f'{{{each}}}' for each in LABELS)}")
    if "{" not in text:
        raise ValueError("a label without `{...}` is the same for all periods; write `FY{yy} Q{n}`")
    return text


def period(text: str) -> Months | timedelta:
    """`P1M`, `P1Y6M` (months), `P90D`, `P2W` (days): a length of time; the two do not mix."""
    match = _PERIOD.fullmatch(text.strip())
    if match is None:
        count = text.strip()
        known = f"; write `P{count}D` for {count} days" if count.isdigit() else ""
        advice = (
            write(literal_guesses.period(text)) or known or "; write `P1M` for a month, `P90D` for 90 days"
        )
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


def currency(text: str) -> str:
    """The code of a currency that there is, such as `USD`."""
    if text in MINOR_DIGITS:
        return text
    meant = literal_guesses.currency(text) or text
    near = meant if meant in MINOR_DIGITS else nearest(meant, _COMMON)
    advice = write(near) or "; write its code (ISO 4217), three capitals such as `USD`"
    raise ValueError(f"`{shorten(text)}` is not a currency{advice}")


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
    if not flat.isprintable():
        flat = "".join(char if char.isprintable() else f"U+{ord(char):04X}" for char in flat)
    return flat if len(flat) <= width else flat[: width - 1] + "…"


# Numbers of expressions that can be read two ways: `50.000` and `20,000`

_GOOD = """\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: a, title: A, met_when: fee > 50000}
"""
TWO_READINGS = Code(
    id="NUM001",
    title="a number that can be read two ways",
    why="In a number the point stands before the fraction, so `50.000` is fifty, and a comma ends it. But "
    "many write thousands like this.",
    bad=_GOOD.replace("50000", "50.000"),
    good=_GOOD,
)
CODES = (TWO_READINGS,)

_WRITTEN = re.compile(r"(?<!\w)(?<![^.]\.)[1-9]\d{0,2}\.\d{3}(?![\w%]|\.\d)", re.ASCII)
_GROUPS = re.compile(r"(?<![\w.,])[1-9]\d{0,2}(?:,\d{3})+(?![\w.])", re.ASCII)


def may_read_two_ways(text: str) -> bool:
    """Whether a text has such a number anywhere; most have none."""
    return _WRITTEN.search(text) is not None or _GROUPS.search(text) is not None


def two_readings(expression: Expression, *, points: bool = True) -> Iterator[Diagnostic]:
    """Yields the numbers of an expression that can be read two ways, each at its place.

    `points` is false where amounts have three decimal places.
    """
    for node in walk(expression):
        value = node.value if isinstance(node, Literal) else None
        if points and isinstance(value, Decimal) and value.as_tuple().exponent == -3:
            for found in _WRITTEN.finditer(node.span.text):
                if Decimal(found.group()) == value:
                    yield _pointed(node, found)
        yield from _grouped(node)


def _pointed(node: Expression, found: re.Match[str]) -> Diagnostic:
    start = node.span.start + found.start()
    thousands, fraction = literal_guesses.readings(found.group())
    at = node.span.source.span(start, start + len(found.group()))
    help = f"write `{thousands}` if thousands are meant, `{fraction}` if not"
    return TWO_READINGS.at(at, f"`{found.group()}` can be read two ways", help=help)


def _grouped(node: Expression) -> Iterator[Diagnostic]:
    """Yields the neighbours in a list, such as `20,000`, that look like one number.

    Arguments of a function do so only if the second begins with a zero.
    """
    inner = node.span.text
    if "," not in inner:
        return
    parts = {each.span.start for each in children(node) if isinstance(each, Literal)}
    yield from _groups(node.span, parts, (lambda text: ",0" in text) if isinstance(node, Call) else bool)


def grouped(node: Sequence) -> Iterator[Diagnostic]:
    """Yields the neighbours in a list of a policy, such as `[20,000]`, that look like one number."""
    return _groups(node.span, {item.span.start for item in node.items}, bool)


def _groups(span: Span, starts: set[int], wanted: Callable[[str], bool]) -> Iterator[Diagnostic]:
    for found in _GROUPS.finditer(span.text):
        start = span.start + found.start()
        behind = start + found.group().index(",") + 1
        if behind in starts and wanted(found.group()):
            plain = found.group().replace(",", "")
            yield TWO_READINGS.at(
                span.source.span(start, start + len(found.group())),
                f"`{found.group()}` can be read two ways",
                help=f"write `{plain}` if thousands are meant, a space behind the comma if not",
            )
