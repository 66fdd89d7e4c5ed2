"""Values in words, the only formatter for people: dates, amounts, rates, ranges, periods, lists, names.

Dates read as `2 Jan 2027`, rates as `20 %`, amounts as `1,200.50 USD`, ranges as `from 10 to 15`,
whatever the locale of the machine. A number has at most six decimals; one that has more is written as
`about 33.333333`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from types import MappingProxyType

from policyengine.decision.findings import UNDETERMINED, NotInForce, Owner, Subject, WaiverNote
from policyengine.feel.values.temporal import print_temporal
from policyengine.feel.values.values import DateTime, FarDate, FineDuration, Months, Range, Time, Unknown

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = {"D": "day", "W": "week", "M": "month", "Y": "year"}
_DECIMALS = 6
_WIDE = Context(prec=200, rounding=ROUND_HALF_EVEN)
_MOST_ITEMS = 6
PERCENT = "%"
"""The unit of a rate; that of an amount is its currency, and other numbers have none."""

# ISO 4217 by the decimal places of the minor unit, with those that were replaced within the last years.
_CURRENCIES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD "
    "CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL "
    "MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN "
    "QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD "
    "TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
MINOR_DIGITS: Mapping[str, int] = MappingProxyType(
    {currency: digits for digits, codes in _CURRENCIES.items() for currency in codes.split()}
)
"""Every currency with the number of decimal places of its minor unit."""


def minor_digits(currency: str | None) -> int:
    """The number of decimal places of the minor unit of a currency."""
    return MINOR_DIGITS.get(currency or "", 2)


# Values


def day(value: date | FarDate) -> str:
    """A date: `2 Jan 2027`."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def number(value: Decimal | int) -> str:
    """A number, its thousands apart, never with an exponent: `12,345.5`; cut, it is `about 0.333333`."""
    text = str(value)
    if len(text) < 4 and text.isdigit():
        return text
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    if "." not in text:
        return text
    if "." in text[: -_DECIMALS - 1] and isinstance(value, Decimal):
        return _about(value)
    return text.rstrip("0").rstrip(".")


def _about(value: Decimal) -> str:
    places = _DECIMALS if value.adjusted() >= 0 else _DECIMALS - 1 - value.adjusted()
    near = value.quantize(Decimal(1).scaleb(-places), context=_WIDE)
    text = f"{near:,f}".rstrip("0").rstrip(".")
    return text if near == value else f"about {text}"


def money(value: Decimal, currency: str | None) -> str:
    """An amount with its currency and the decimals of that: `1,080.00 USD`."""
    text, digits = f"{value:,f}", minor_digits(currency)
    fraction = len(text.partition(".")[2])
    if fraction > digits:
        text = number(value)
        fraction = len(text.partition(".")[2])
    if fraction < digits:
        text = f"{text}{'0' * (digits - fraction)}" if fraction else f"{text}.{'0' * digits}"
    return f"{text} {currency}" if currency else text


def lapse(found: NotInForce) -> str:
    """Why a policy says nothing on a day: no version of it is in force."""
    parts = [] if found.ended_on is None else [f"ended on {day(found.ended_on)}"]
    parts += [] if found.begins_on is None else [f"begins on {day(found.begins_on)}"]
    return f"no version is in force; {join([f'one {part}' for part in parts])}"


def rate(value: Decimal) -> str:
    """A rate in per cent: 0.2 is `20 %`."""
    return f"{number(_WIDE.multiply(value, Decimal(100)))} %"


def quantity(value: object, unit: str = "") -> str:
    """A value with the unit of its number: `%`, a currency, or none."""
    if not unit or not isinstance(value, (Decimal, int)) or isinstance(value, bool):
        return spell(value)
    return rate(Decimal(value)) if unit == PERCENT else money(Decimal(value), unit)


def gap(value: object, unit: str = "") -> str:
    """How far two values are apart; rates are so many percentage points."""
    if unit == PERCENT and isinstance(value, Decimal):
        points = number(_WIDE.multiply(value, Decimal(100)))
        return f"{points} percentage point" if points == "1" else f"{points} percentage points"
    return quantity(value, unit)


def spell(value: object) -> str:
    """Any value in words; None is `not known`."""
    match value:
        case None | Unknown():
            return "not known"
        case bool():
            return "yes" if value else "no"
        case Decimal() | int():
            return number(value)
        case date() | FarDate():
            return day(value)
        case Months():
            return plural(value.months, "month")
        case timedelta():
            return _length(value)
        case Range():
            return range_words(value, spell)
        case DateTime():
            return f"{day(value.date)}, {print_temporal(value.time)}"
        case Time() | FineDuration():
            return print_temporal(value)
        case Mapping():
            return ", ".join(f"{words(str(name))} {spell(item)}" for name, item in value.items())
        case list() | tuple():
            return listed([spell(item) for item in value])
    return str(value)


def _length(value: timedelta) -> str:
    if value < timedelta(0):
        return f"minus {_length(-value)}"
    minutes, seconds = divmod(value.seconds, 60)
    parts = ((value.days, "day"), (minutes // 60, "hour"), (minutes % 60, "minute"), (seconds, "second"))
    return join(plural(count, noun) for count, noun in parts if count) or "0 days"


def listed(texts: Sequence[str], most: int = _MOST_ITEMS) -> str:
    """The items of a list, of a long one the first few: `a, b, c and 4 more`; an empty one is `none`."""
    if len(texts) > most + 1:
        return f"{', '.join(texts[:most])} and {number(len(texts) - most)} more"
    return join(texts) or "none"


# Comparisons

COMPARED = {">=": "at least", ">": "above", "<=": "at most", "<": "below"}
COMPARED_DAYS = {">=": "on or after", ">": "after", "<=": "on or before", "<": "before"}
OPPOSITE = {">=": "<", ">": "<=", "<=": ">", "<": ">="}


def compared(op: str, limit: object) -> str:
    """A comparison with a limit, without the limit: `at least`; with a day `on or after`."""
    return (COMPARED_DAYS if isinstance(limit, (date, FarDate, DateTime)) else COMPARED)[op]


def range_words(limits: Range, write: Callable[[object], str]) -> str:
    """A range: `from 10 to 15`, `at least 166 and below 1,000`, `above 5`."""
    low, high = ("" if end is None else write(end) for end in (limits.low, limits.high))
    unit = high[high.rfind(" ") :]
    low = low.removesuffix(unit) if unit.isupper() else low
    if low and high and limits.low_closed and limits.high_closed:
        return f"from {low} to {high}"
    ends = (
        (">=" if limits.low_closed else ">", limits.low, low),
        ("<=" if limits.high_closed else "<", limits.high, high),
    )
    return " and ".join(f"{compared(op, end)} {text}" for op, end, text in ends if text)


def every(period: str) -> str:
    """A period as a frequency: `P1M` is `every month`, `P3M` is `every 3 months`; other texts are kept."""
    count, unit = period[1:-1], _UNITS.get(period[-1:])
    if period.startswith("P") and unit and count.isdigit():
        return f"every {unit}" if count == "1" else f"every {count} {unit}s"
    return period if period.startswith("every") else f"every {period}"


# Lists and nouns


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


def named(title: str) -> str:
    """A title within a sentence: in quotes if it is a sentence or a name of its own, `“Has a team”`."""
    return f"“{title}”" if title[:1].isupper() else title


def clause(text: str) -> str:
    """A reason as a clause: what is true of the subject is said of it, `it has a trained team`."""
    return f"it {text}" if text.startswith(("has ", "is ", "was ")) and ": " not in text else text


def is_said_by(text: str, others: Iterable[str]) -> bool:
    """Whether another reason says it too: `due date is 2 Nov 2026` and `after 2 Nov 2026 (due date)`."""
    noun, _, value = text.replace(" are ", " is ", 1).partition(" is ")
    return any(f"{text}, " in each or (value and f" {value} ({noun})" in each) for each in others)


def plural(count: int, noun: str, many: str | None = None) -> str:
    """A number with a noun: `1 file`, `2,000 files`."""
    return f"1 {noun}" if count == 1 else f"{count:,} {many or several(noun)}"


def several(noun: str) -> str:
    """The plural of a noun."""
    if noun in _MANY:
        return _MANY[noun]
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


_LINKS = (
    "of in as for with even from on by at to since per until within during over the that which who when where"
)
_WITHIN_PHRASE = re.compile(rf" (?:{'|'.join(_LINKS.split())}) |,| \(")
_DONE = frozenset(
    (
        "bought", "brought", "done", "due", "given", "held", "kept", "left", "lost", "made", "met", "missing",
        "open", "outstanding", "paid", "pending", "remaining", "sent", "sold", "spent", "taken", "won",
        "written",
    )
)  # fmt: skip
_ONE = {"people": "person", "children": "child", "men": "man", "women": "woman"}
_MANY = {one: many for many, one in _ONE.items()}


def _head(phrase: str) -> tuple[str, str]:
    """A phrase up to its main noun, and what follows it: `certified people`, ` in the company`."""
    found = _WITHIN_PHRASE.search(phrase, 1)
    end = len(phrase) if found is None else found.start()
    before, _, last = phrase[:end].rpartition(" ")
    if before and (last.endswith("ed") or last in _DONE) and _is_several(before.rpartition(" ")[2]):
        end = len(before)
    return phrase[:end], phrase[end:]


def _is_several(word: str) -> bool:
    return word in _ONE or (word.endswith("s") and not word.endswith(("ss", "us", "is", "was", "has")))


def all_of(phrase: str) -> str:
    """A phrase for one thing as a phrase for several: `roles of the person`."""
    head, rest = _head(phrase)
    before, _, noun = head.rpartition(" ")
    return phrase if _is_several(noun) else f"{before} {several(noun)}{rest}".strip()


def is_or_are(phrase: str) -> str:
    """The verb for a phrase: a stage `is`, active accounts `are`."""
    return "are" if _is_several(_head(phrase)[0].rpartition(" ")[2]) else "is"


def counted(count: str, phrase: str) -> str:
    """A number of what a phrase calls: `4 more active accounts`, `1 more active account`."""
    head, rest = _head(phrase)
    before, _, noun = head.rpartition(" ")
    if count.split(" ")[0] == "1" and _is_several(noun):
        head = f"{before} {_singular(noun)}".strip()
    return f"{count} {head}{rest}"


def _singular(noun: str) -> str:
    if noun in _ONE:
        return _ONE[noun]
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    return noun[:-2] if noun.endswith(("sses", "xes", "ches", "shes")) else noun[:-1]


def words(identifier: str) -> str:
    """An identifier as words: `app_setup` is `app setup`."""
    return identifier.replace("_", " ").replace("-", " ")


def status_words(status: str) -> str:
    """A status in words."""
    return "not decided" if status == UNDETERMINED else words(status)


def requirement_words(status: str) -> str:
    """The status of a requirement in words."""
    return {"met": "fulfilled", "unmet": "not fulfilled"}.get(status) or status_words(status)


def waiver_words(waiver: WaiverNote, labels: Mapping[str, str], verb: str = "waived") -> str:
    """A waiver in words: `waived by the vendor until 31 Jan 2027 (CH-1204: the team changes)`."""
    last = "" if waiver.until_including is None else day(waiver.until_including)
    who = name_of(waiver.approved_by, labels)
    about = f" ({f'{waiver.ticket}: ' if waiver.ticket else ''}{assumed(waiver.why)})"
    if waiver.lapsed:
        return f"the waiver by {who} lapsed on {last}{about}"
    begins = "" if waiver.begins_on is None else f" from {day(waiver.begins_on)}"
    return f"{verb} by {who}{begins}{f' until {last}' if last else ''}{about}"


def waiver_in_short(waiver: WaiverNote, verb: str = "waived") -> str:
    """Until when a waiver holds, or that it lapsed: `waived until 31 Jan 2027`."""
    last = "" if waiver.until_including is None else day(waiver.until_including)
    if waiver.lapsed:
        return f"the waiver lapsed on {last}"
    return f"{verb} until {last}" if last else verb


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


# Assumptions


def assumed(note: str | None) -> str:
    """What was assumed, on one line without a full stop."""
    return " ".join((note or "the text does not say it").split()).rstrip(".")


def in_short(note: str | None) -> str:
    """The first sentence of a note, cut where it is long."""
    first = _SENTENCE_END.split(assumed(note), maxsplit=1)[0].rstrip(".;")
    return first if len(first) <= _SHORT else f"{first[:_SHORT].rsplit(' ', 1)[0].rstrip(',;:')} …"


_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+")
_SHORT = 120
