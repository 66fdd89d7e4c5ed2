"""Values in words: dates, amounts, rates, periods, lists, names.

Dates read as `2 Jan 2027`, rates as `20 %`, amounts with their currency, whatever the locale of the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from policyengine.decision.findings import UNDETERMINED, Owner, Subject
from policyengine.feel.values.values import Months

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ISO = re.compile(r"(?<![\d\"-])(\d{4})-(0[1-9]|1[0-2])-(\d{2})(?![\d\"-])")
_UNITS = {"D": "day", "W": "week", "M": "month", "Y": "year"}


def day(value: date) -> str:
    """A date: `2 Jan 2027`."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def spelled(text: str) -> str:
    """A sentence with its ISO dates written as `2 Jan 2027`."""
    return _ISO.sub(lambda found: f"{int(found[3])} {_MONTHS[int(found[2]) - 1]} {found[1]}", text)


def number(value: Decimal | int) -> str:
    """A number in full, never with an exponent."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def money(value: Decimal, currency: str | None) -> str:
    """An amount with its currency: `80.00 USD`."""
    return f"{number(value)} {currency}" if currency else number(value)


def rate(value: Decimal) -> str:
    """A rate in per cent: 0.2 is `20 %`."""
    percent = number(value * 100)
    if "." in percent:
        percent = percent.rstrip("0").rstrip(".")
    return f"{percent} %"


def spell(value: object) -> str:
    """Any value of a record in words; None is `not known`."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (Decimal, int)):
        return number(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, Months):
        return plural(value.months, "month")
    if isinstance(value, timedelta):
        return plural(value.days, "day")
    if isinstance(value, Mapping):
        return ", ".join(f"{words(str(name))} {spell(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return join(spell(item) for item in value) or "none"
    return str(value)


def every(period: str) -> str:
    """A period as a frequency: `P1M` is `every month`, `P3M` is `every 3 months`; other texts are kept."""
    count, unit = period[1:-1], _UNITS.get(period[-1:])
    if period.startswith("P") and unit and count.isdigit():
        return f"every {unit}" if count == "1" else f"every {count} {unit}s"
    return period if period.startswith("every") else f"every {period}"


def join(texts: Iterable[str], last: str = "and") -> str:
    """An enumeration: `a, b and c`."""
    found = list(texts)
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} {last} {found[-1]}"


def some(texts: Iterable[str], most: int = 3, link: str = ", ") -> str:
    """The first few different texts, and the number of the others."""
    found = list(dict.fromkeys(texts))
    if len(found) > most + 1:
        return f"{link.join(found[:most])} and {len(found) - most} more"
    return join(found) if link == ", " else link.join(found)


def plural(count: int, noun: str, many: str | None = None) -> str:
    """A number with a noun: `1 file`, `2 files`."""
    if count == 1:
        return f"1 {noun}"
    if many is None:
        many = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else f"{noun}s"
    return f"{count} {many}"


def words(identifier: str) -> str:
    """An identifier as words: `app_setup` is `app setup`."""
    return identifier.replace("_", " ").replace("-", " ")


def status_words(status: str) -> str:
    """A status in words."""
    return "not decided" if status == UNDETERMINED else words(status)


def name_of(identifier: str | None, labels: Mapping[str, str]) -> str:
    """The title of a party or an item; without one, its id in words."""
    if identifier is None:
        return "nobody named"
    return labels.get(identifier) or words(identifier)


def subject_name(subject: Subject) -> str:
    """The name of a subject: `Acme`, `account A-1`, `customer Harbour Times (C-2)`, `client C-1, fee 1`."""
    if subject.root:
        return subject.label or subject.key or f"the {words(subject.entity)}"
    return ", ".join(_own_name(each) for each in (*subject.within, subject))


def _own_name(subject: Subject) -> str:
    if subject.label and subject.key:
        return f"{words(subject.entity)} {subject.label} ({subject.key})"
    return f"{words(subject.entity)} {subject.label or subject.name}"


def short_name(subject: Subject) -> str:
    """The name of a subject without its entity: `Acme`, `A-1`, `Harbour Times (C-2)`; whole further down."""
    if subject.root or subject.within:
        return subject_name(subject)
    return (
        f"{subject.label} ({subject.key})" if subject.label and subject.key else subject.label or subject.name
    )


def owner_name(entity: str | None, key: str | None, within: Sequence[Owner]) -> str:
    """What a fact that is missing belongs to: `account A-1`, `client C-1, fee 1`; "" for a record itself."""
    if not entity or not key:
        return ""
    return ", ".join(f"{words(name)} {each}" for name, each in (*within, (entity, key)))


def capital(sentence: str) -> str:
    """The sentence with a capital first letter."""
    return sentence[:1].upper() + sentence[1:]
