"""Texts of another system's export as a CSV file of ours would hold them: dates, numbers, words, lists.

A format is a pattern that is stated. What does not fit it is refused, never read in a different way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache

from policyengine.policy.mapping import DATES, NUMBERS

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TOKENS = {
    "YYYY": r"(?P<year>\d{4})", "YY": r"(?P<short>\d{2})", "MMM": r"(?P<name>[A-Za-z]{3})[a-z]*\.?",
    "MM": r"(?P<month>\d{2})", "M": r"(?P<month>\d{1,2})", "DD": r"(?P<day>\d{2})", "D": r"(?P<day>\d{1,2})",
    "HH": r"\d{2}", "H": r"\d{1,2}", "hh": r"\d{2}", "h": r"\d{1,2}", "mm": r"\d{2}", "ss": r"\d{2}",
    "A": r"[AaPp]\.?[Mm]\.?",
}  # fmt: skip
_TOKEN = re.compile("|".join(sorted(_TOKENS, key=len, reverse=True)))
_BLANKS = "  \u202f\xa0"
Convert = Callable[[str], str]
"""Writes a text as we do; raises `ValueError` with a sentence for one that does not fit."""


@cache
def _pattern(text: str) -> re.Pattern[str]:
    parts, at = [], 0
    for token in _TOKEN.finditer(text):
        parts += [re.escape(text[at : token.start()]), _TOKENS[token[0]]]
        at = token.end()
    return re.compile("".join([*parts, re.escape(text[at:])]))


def is_date_format(name: str) -> bool:
    """Whether a format of dates has this name, or it is a pattern with a year, a month and a day."""
    if name in DATES:
        return True
    found = {token[0][0] for token in _TOKEN.finditer(name)}
    return {"Y", "M", "D"} <= found and len(re.findall("Y+|M+|D+", name)) == 3


def is_number_format(name: str) -> bool:
    """Whether a format of numbers has this name."""
    return name in NUMBERS


def date_reader(name: str) -> Convert:
    """What writes dates of a format as ISO 8601."""
    pattern = _pattern(DATES.get(name, name))

    def read(text: str) -> str:
        found = pattern.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"`{text[:40]}` is not a date as `{name}` has it")
        parts = found.groupdict()
        short, word = parts.get("short"), (parts.get("name") or "").lower()
        month = _MONTHS.index(word) + 1 if word in _MONTHS else int(parts.get("month") or 0)
        try:
            return date(int(parts.get("year") or f"20{short}"), month, int(parts["day"])).isoformat()
        except ValueError:
            raise ValueError(f"`{text[:40]}` is not a day of the calendar, read as `{name}`") from None

    return read


def number_reader(name: str | None, unit: str | None) -> Convert:
    """What writes numbers of a format plainly; `unit` may stand before or after them."""
    signs = NUMBERS[name] if name is not None else " ."
    thousands, point = (signs[0] if name is not None else ""), signs[1]
    blank = f"[{re.escape(_BLANKS if thousands == ' ' else thousands)}]" if thousands else ""
    whole = rf"\d{{1,3}}(?:{blank}\d{{3}})+|\d+" if blank else r"\d+"
    pattern = re.compile(rf"(?P<sign>[-+]?)(?P<whole>{whole})(?:{re.escape(point)}(?P<rest>\d+))?")

    def read(text: str) -> str:
        bare = _without_unit(text.strip(), unit)
        if bare.startswith("(") and bare.endswith(")"):  # as accountants write what is negative
            bare = f"-{bare[1:-1]}"
        found = pattern.fullmatch(bare.replace("\N{MINUS SIGN}", "-"))
        if found is None:
            how = f" as `{name}` has it" if name is not None else ""
            raise ValueError(f"`{text[:40]}` is not a number{how}")
        digits = re.sub(r"\D", "", found["whole"])
        rest = found["rest"] or ""
        rest = f"{rest}0" if len(rest) == 3 else rest  # cannot be taken for thousands
        sign = "-" if found["sign"] == "-" else ""
        return f"{sign}{digits}{f'.{rest}' if rest else ''}{'%' if unit == '%' else ''}"

    return read


def _without_unit(text: str, unit: str | None) -> str:
    if unit is None:
        return text
    sign = "-" if text.startswith("-") else ""
    bare = text.removeprefix("-").strip()
    bare = bare.removeprefix(unit).removesuffix(unit).strip()
    return f"{sign}{bare}"


def words_reader(values: Mapping[str, str], then: Convert | None) -> Convert:
    """What writes words by what they mean; the others as `then` does, or as they are."""
    small = {word.casefold(): meant for word, meant in values.items()}

    def read(text: str) -> str:
        found = small.get(text.strip().casefold())
        return found if found is not None else text if then is None else then(text)

    return read


def list_reader(separator: str, one: Convert) -> Convert:
    """What writes the items of a list as `a; b`."""

    def read(text: str) -> str:
        parts = [part.strip() for part in text.split(separator)]
        return "; ".join(_item(one(part)) for part in parts if part)

    return read


def _item(text: str) -> str:
    if ";" in text:
        raise ValueError(f"`{text[:40]}` holds a `;`, which separates the values of a list")
    return text


def or_nothing(convert: Convert, empty: Sequence[str]) -> Convert:
    """The same; a word that stands for nothing gives an empty text."""
    nothing = {word.casefold() for word in empty}

    def read(text: str) -> str:
        bare = text.strip()
        return "" if not bare or bare.casefold() in nothing else convert(text)

    return read
