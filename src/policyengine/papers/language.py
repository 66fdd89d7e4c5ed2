"""The language of papers: their words by a catalogue, and dates and numbers as people write them there.

English is what the code says. A catalogue of another language has a text for each of these, with the same
names in braces; `tests/papers` holds it to that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from types import MappingProxyType
from unicodedata import bidirectional

from policyengine.dataclass import dataclass
from policyengine.decision import wording
from policyengine.feel.values.values import FarDate

LANGUAGES = ("en", "de")
"""The languages that papers are written in."""
_MONTHS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "en": (
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ),
        "de": (
            "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
            "November", "Dezember",
        ),
    }
)  # fmt: skip
_SWAPPED = str.maketrans(",.", ".,")
_LABEL = re.compile(r"(year|month|quarter|period) (\d+)")
_COUNTED = re.compile(r"P(\d+)([DWMY])")
_UNITS = {
    "D": ("every day", "every {count} days"), "W": ("every week", "every {count} weeks"),
    "M": ("every month", "every {count} months"), "Y": ("every year", "every {count} years"),
}  # fmt: skip
_UNITS_OF_LENGTHS = {
    "D": ("one day", "{count} days"), "W": ("one week", "{count} weeks"),
    "M": ("one month", "{count} months"), "Y": ("one year", "{count} years"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its code, and its texts by the English ones."""

    code: str
    texts: Mapping[str, str]

    def __call__(self, text: str, **values: object) -> str:
        """Returns a text of the engine in this language, with values filled in."""
        found = self.texts.get(text, text)
        if not values:
            return found
        return found.format(**{
            name: isolated(each) if isinstance(each, str) else each for name, each in values.items()
        })  # fmt: skip

    def day(self, value: date | FarDate) -> str:
        """A date: `2 January 2027`, `2. Januar 2027`."""
        dot = "." if self.code == "de" else ""
        return f"{value.day}{dot} {_MONTHS[self.code][value.month - 1]} {value.year}"

    def short_day(self, value: date | FarDate) -> str:
        """A date in a table: `2 Jan 2027`, `02.01.2027`."""
        is_english = self.code == "en"
        return wording.day(value) if is_english else f"{value.day:02}.{value.month:02}.{value.year:04}"

    def number(self, value: Decimal | int) -> str:
        """A number: `12,345.5`, `12.345,5`."""
        return self.digits(wording.number(value))

    def money(self, value: Decimal, currency: str | None) -> str:
        """An amount: `1,080.00 USD`, `1.080,00 USD`."""
        return self.digits(wording.money(value, currency or None))

    def rate(self, value: Decimal) -> str:
        """A rate in per cent: `20 %`."""
        return self.digits(wording.rate(value))

    def quantity(self, value: object, unit: str = "") -> str:
        """A value with the unit of its number: `%`, a currency, or none."""
        match value:
            case bool():
                return self("yes") if value else self("no")
            case Decimal() | int() if unit == wording.PERCENT:
                return self.rate(Decimal(value))
            case Decimal() | int() if unit:
                return self.money(Decimal(value), unit)
            case Decimal() | int():
                return self.number(value)
            case date() | FarDate():
                return self.day(value)
        return wording.spell(value)

    def digits(self, text: str) -> str:
        """A text with numbers as English writes them, such as `1,080.00 USD`."""
        if self.code == "en":
            return text
        near = text.startswith("about ")
        return f"{self('about')} {text[6:].translate(_SWAPPED)}" if near else text.translate(_SWAPPED)

    def join(self, texts: Iterable[str], last: str = "and") -> str:
        """An enumeration: `a, b and c`."""
        return wording.join(texts, self(last))

    def every(self, period: str) -> str:
        """A period as a frequency: `P1M` is `every month`; `calendar quarter` is `every calendar quarter`."""
        found = self._counted(period, _UNITS)
        return self(period if period.startswith("every ") else f"every {period}") if found is None else found

    def length(self, length: str) -> str:
        """A length of time: `P30D` is `30 days`; one of several units stays as it is."""
        return self._counted(length, _UNITS_OF_LENGTHS) or length

    def _counted(self, length: str, units: Mapping[str, tuple[str, str]]) -> str | None:
        counted = _COUNTED.fullmatch(length)
        if counted is None:
            return None
        one, many = units[counted[2]]
        return self(one) if counted[1] == "1" else self(many, count=counted[1])

    def period(self, label: str) -> str:
        """What a period is called: `2026 Q4`, `year 3`."""
        found = _LABEL.fullmatch(label)
        return label if found is None else f"{self(found[1])} {found[2]}"

    def capital(self, text: str) -> str:
        """The text with a capital at its start."""
        return wording.capital(text)

    def named(self, title: str) -> str:
        """A title in quotes: `“Selling”`, `„Vertrieb“`."""
        return f"„{title}“" if self.code == "de" else f"“{title}”"


def isolated(text: str) -> str:
    """A name for use within a sentence: what is written from right to left does not turn the rest around.

    It is put between the characters of Unicode for that, which HTML, PDF and attributes understand alike.
    """
    if text.isascii() or "\u2068" in text:
        return text
    return f"\u2068{text}\u2069" if any(bidirectional(each) in ("R", "AL") for each in text) else text


@cache
def language(code: str) -> Language:
    """The language of a code out of `LANGUAGES`."""
    if code == "en":
        return Language(code, MappingProxyType({}))
    text = (resources.files("policyengine.papers") / f"{code}.json").read_text(encoding="utf-8")
    return Language(code, MappingProxyType(json.loads(text)))
