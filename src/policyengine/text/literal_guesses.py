"""Guesses the literal that a text was meant to be, for the help of messages: numbers, ranges, dates, periods
and ids as people write them in letters and spreadsheets.

Every function returns the literal to write, or None without a guess. A guess is only advice: the text stays a
mistake.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal

_LONGEST = 80
"""A longer text is not guessed at, since patterns take time that grows faster than the text."""

_BLANK = " \u00a0\u2009\u202f"
_GROUPED = rf"\d{{1,3}}(?:(?P<group>[.,'\u2019{_BLANK}])\d{{3}})(?:(?P=group)\d{{3}})*(?P<rest>[.,]\d+)?"
_COMMA = r"(\d+),(\d+)"

_MONEY = r"(?:us\$|[€$£¥]|eur|usd|gbp|chf|euros?|dollars?|(?-i:[A-Z]{3}))"
_POWERS = {"k t tsd tsd. thousand tausend": 3, "m mn mio mio. million millionen": 6, "bn mrd billion": 9}
_MANY = "|".join(re.escape(word) for words in _POWERS for word in words.split())
_DIGITS = rf"\d[\d.,'\u2019{_BLANK}]*"
_BEHIND = rf"(?:(?P<behind>{_MONEY})|(?P<share>%|percent|per cent|pct|prozent)|(?P<unit>[^\W\d_]{{2,}}))?"
_FIGURE = (
    rf"(?P<before>{_MONEY})?\s*(?P<sign>[-+])?(?P<digits>{_DIGITS})(?P<many>(?:{_MANY})(?![^\W\d]))?"
    rf"[{_BLANK}]*{_BEHIND}"
)

_AMOUNT = rf"(?:\d{{4}}-\d\d-\d\d|\d(?:[.,'\u2019]?\d)*(?:[{_BLANK}]?%)?)"
_WITHOUT_END = rf"(?P<low>{_AMOUNT})\s*(?:-|\u2013|\.\.+|to)\s*(?:∞|inf(?:inity)?|unlimited|\*|max)"
_TWO_ENDS = (
    rf"(?P<low>[<>]=?)\s*(?P<first>{_AMOUNT})\s*(?:,|and|und|&&?)\s*(?P<high>[<>]=?)\s*(?P<second>{_AMOUNT})"
)
_TO = r"(?:[-\u2013\u2014\u2212~\u2026]|\.\.+|to|until|till|and|bis|à)"
_BETWEEN = rf"(?:between\s+)?(?P<low>{_AMOUNT})\s*{_TO}\s*(?P<high>{_AMOUNT})"
_FROM = (
    rf"(?:(?:>=|=>|≥|from|at least|min\.?|ab|mindestens)\s*(?P<low>{_AMOUNT})"
    rf"|(?P<behind>{_AMOUNT})\s*(?:\+|\.\.\.+|\u2026|or more|and more|oder mehr|und mehr))"
)
_UP_TO = rf"(?:<=|=<|≤|up to|at most|to|max\.?|bis zu|bis|höchstens)\s*(?P<high>{_AMOUNT})"

_DATES = (
    (r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})", (3, 2, 1)),
    (r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})", (1, 2, 3)),
    (r"(\d{4})(\d{2})(\d{2})", (1, 2, 3)),
)
_SLASHED = r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})"
_DAY_MONTH = r"(?P<day>\d{1,2})(?:\.|st|nd|rd|th)?\s*(?P<month>[^\W\d_]+)\.?,?\s*(?P<year>\d{4})"
_MONTH_DAY = r"(?P<month>[^\W\d_]+)\.?\s*(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s*(?P<year>\d{4})"
_MONTHS = "jan feb mar,mär,mrz apr may,mai jun jul aug sep oct,okt nov dec,dez"

_UNITS = {
    "D": "d day days daily tag tage tagen täglich",
    "W": "w week weeks weekly woche wochen wöchentlich",
    "M": "m month months monthly monat monate monaten monatlich",
    "Q": "q quarter quarters quarterly quartal quartale quartalen quartalsweise vierteljährlich",
    "Y": "y year years yearly annual annually jahr jahre jahren jährlich",
}
_LENGTH = (
    r"(?:p|every|each|a|an|per|once a|calendar|alle|pro)?\s*(?P<number>\d{1,4})?[\s-]*(?P<unit>[^\W\d_]+)"
)
_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o"})


def number(text: str) -> str | None:
    """`1.500,00`, `1,500.00`, `0,2`, `50 000`, `20,5 %`, `€2,500`, `10k`, `700 points`: as a plain number."""
    stripped = text.strip()
    found = _figure(stripped)
    plain = _plain(found["digits"].strip()) if found else None
    if found is None or plain is None or len(plain) > 20:
        return None
    power = next(
        (power for word, power in _POWERS.items() if (found["many"] or "").lower() in word.split()), 0
    )
    if power:
        plain = format(Decimal(plain).scaleb(power), "f")
        plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    plain = ("-" if found["sign"] == "-" else "") + plain + ("%" if found["share"] else "")
    return plain if plain != stripped else None


def _figure(text: str) -> re.Match[str] | None:
    return re.fullmatch(_FIGURE, text, re.IGNORECASE) if len(text) <= _LONGEST else None


def is_amount(text: str) -> bool:
    """Whether a text is a number with a currency: `2 EUR`, `€2`."""
    found = _figure(text.strip())
    return found is not None and bool(found["before"] or found["behind"])


def _plain(digits: str) -> str | None:
    grouped, comma = re.fullmatch(_GROUPED, digits), re.fullmatch(_COMMA, digits)
    if grouped and not digits.startswith("0") and not (grouped["rest"] or "x").startswith(grouped["group"]):
        rest = grouped["rest"] or ""
        return re.sub(r"\D", "", digits[: len(digits) - len(rest)]) + rest.replace(",", ".")
    if comma:
        return f"{comma[1]}.{comma[2]}"
    return digits if re.fullmatch(r"\d+(\.\d+)?", digits) else None


def readings(text: str) -> tuple[str, str]:
    """Both readings of a number with a point before its last three digits: `1.250` as `1250` and `1.25`."""
    fraction = text.rstrip("0").rstrip(".")
    return text.replace(".", "").lstrip("+"), f"{text}0" if fraction == text else fraction


def span(text: str) -> str | None:
    """`10-15`, `10 to 15`, `between 10 and 15`, `16+`, `≥ 16`, `16-∞`, `up to 9`: as a range."""
    stripped = text.strip()
    if len(stripped) > _LONGEST:
        return None
    if (two := both(stripped)) is not None:
        return two
    endless = re.fullmatch(_WITHOUT_END, stripped, re.IGNORECASE)
    if endless is not None:
        return f"{_end(endless['low'])}.."
    if (found := re.fullmatch(_BETWEEN, stripped, re.IGNORECASE)) is not None:
        return f"{_end(found['low'])}..{_end(found['high'])}"
    if (found := re.fullmatch(_FROM, stripped, re.IGNORECASE)) is not None:
        return f"{_end(found['low'] or found['behind'])}.."
    found = re.fullmatch(_UP_TO, stripped, re.IGNORECASE)
    return f"..{_end(found['high'])}" if found else None


def is_endless(text: str) -> bool:
    """Whether a text is a range whose end is written as infinity."""
    return len(text) <= _LONGEST and re.fullmatch(_WITHOUT_END, text.strip(), re.IGNORECASE) is not None


def interval(low: str, high: str) -> str | None:
    """The range between two ends that are numbers; one of them may be left out."""
    ends = [text.strip() for text in (low, high)]
    if not any(ends) or not all(re.fullmatch(r"-?\d+(\.\d+)?|", text) for text in ends):
        return None
    return f"{ends[0]}..{ends[1]}"


def both(text: str) -> str | None:
    """`> 100 and <= 200`, `>= 100, < 200`: as a range of FEEL."""
    found = re.fullmatch(_TWO_ENDS, text.strip(), re.IGNORECASE) if len(text) <= _LONGEST else None
    if found is None or (found["low"][0] == "<") == (found["high"][0] == "<"):
        return None
    ends = [(found["low"], found["first"]), (found["high"], found["second"])]
    (low, first), (high, second) = ends if found["low"][0] == ">" else ends[::-1]
    return f"{'[' if '=' in low else '('}{first}..{second}{']' if '=' in high else ')'}"


def _end(text: str) -> str:
    return number(text) or text.replace(" ", "")


def date(text: str) -> str | None:
    """`1.3.2026`, `2026-3-1`, `1 March 2026`, `03/25/2026`: as year-month-day, if it can only be one day."""
    stripped = text.strip()
    stripped = re.sub(r"(?<=^\d{4}-\d\d-\d\d)[T ]\d\d:\d\d.*$", "", stripped)
    for pattern, (year, month, day) in _DATES:
        if (found := re.fullmatch(pattern, stripped)) is not None:
            return _iso(found[year], found[month], found[day])
    if (found := re.fullmatch(_SLASHED, stripped)) is not None:
        days = {_iso(found[3], found[1], found[2]), _iso(found[3], found[2], found[1])} - {None}
        return days.pop() if len(days) == 1 else None
    found = re.fullmatch(_DAY_MONTH, stripped) or re.fullmatch(_MONTH_DAY, stripped)
    if found is None:
        return None
    named = found["month"].lower()[:3]
    at = [i for i, names in enumerate(_MONTHS.split(), 1) if named in names.split(",")]
    return _iso(found["year"], str(at[0]), found["day"]) if at else None


def _iso(year: str, month: str, day: str) -> str | None:
    try:
        return datetime.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def period(text: str) -> str | None:
    """`monthly`, `1 year`, `30 days`, `1Y`: as a period."""
    found = re.fullmatch(_LENGTH, text.strip().lower())
    letter = next((key for key, words in _UNITS.items() if found and found["unit"] in words.split()), None)
    if found is None or letter is None:
        return None
    many = int(found["number"] or 1)
    if not many:
        return None
    return f"P{3 * many}M" if letter == "Q" else f"P{many}{letter}"


def moment(text: str, is_read: Callable[[str], bool]) -> str | None:
    """The date or period that a text was meant to be, as it is read: `1.3.2026`, `30 days`, `90D`."""
    several = (text, date(text), period(text), f"P{text}".upper(), text.replace(".S", "S"))
    guesses = (*several, _days(period(text) or text))
    return next((guess for guess in guesses if guess is not None and is_read(guess)), None)


def _days(text: str) -> str | None:
    """Weeks, which FEEL does not have, as days: `P2W` is `P14D`."""
    weeks = re.fullmatch(r"P(\d{1,4})W", text.strip().upper())
    return f"P{7 * int(weeks[1])}D" if weeks else None


def calendar(text: str) -> str | None:
    """`monthly`, `Quarter`, `Calendar Year`, `Fiscal Quarter`: as one of the periods of a calendar."""
    if any(letter.isdigit() for letter in text):
        return None
    units = {"P1M": "month", "P3M": "quarter", "P6M": "half year", "P1Y": "year"}
    fiscal = re.fullmatch(r"(?:financial|fiscal|fy)[\s_-]+(.+)", text.strip(), re.IGNORECASE)
    length = text.strip() if fiscal is None else fiscal[1]
    half = re.fullmatch(
        r"(?:calendar\s+)?(?:half[\s_-]*year(?:ly)?|semi-?annual(?:ly)?)", length, re.IGNORECASE
    )
    found = units.get("P6M" if half else period(length) or "")
    return None if found is None else f"{'calendar' if fiscal is None else 'fiscal'} {found}"


def boolean(text: str) -> str | None:
    """`yes`, `Ja`, `No`: as `true` or `false`."""
    word = text.strip().lower()
    if word in ("yes", "on", "y", "true", "ja", "j", "oui", "wahr"):
        return "true"
    return "false" if word in ("no", "off", "n", "false", "nein", "non", "falsch") else None


def commented(text: str) -> str | None:
    """`700 // at least`, `EUR /* euros */`: the help that says how a comment begins here."""
    found = re.fullmatch(r"(?P<value>\S.*?)\s+(?://|/\*|--)\s.*", text.strip())
    if found is None or len(text) > _LONGEST:
        return None
    return f"write `{found['value']}`; a comment begins with `#`, at the end of the line"


def currency(text: str) -> str | None:
    """`€`, `Euro`, `usd`, `YEN`: as its code."""
    word = text.strip().lower()
    codes = {
        "€": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "us$": "USD", "dollar": "USD", "£": "GBP",
        "pound": "GBP", "yen": "JPY", "¥": "JPY", "yuan": "CNY", "rmb": "CNY", "franken": "CHF", "sfr": "CHF",
    }  # fmt: skip
    return codes.get(word) or (word.upper() if re.fullmatch(r"[a-z]{3}", word) else None)


def identifier(text: str, joint: str = "-") -> str | None:
    """`Größe M`, `the Gold level`: in small letters and digits, the words joined, without an article."""
    named = text.strip().lower().removeprefix("the ")
    plain = unicodedata.normalize("NFKD", named.translate(_LETTERS))
    words = re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode())
    name = joint.join(words)
    return name if name[:1].isalpha() and len(name) <= 60 else None
