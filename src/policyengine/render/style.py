"""Colour for terminals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

Paint = Callable[[str, str], str]
"""Takes a text and the name of a style."""

_CODES = {
    "strong": "1",
    "faint": "2",
    "good": "32",
    "bad": "1;31",
    "open": "33",
    "note": "36",
    "error": "1;31",
    "warning": "1;33",
    "help": "1;36",
}


def painter(color: bool) -> Paint:
    """A function that colours a text, or returns it unchanged."""
    return _colour if color else _plain


def _colour(text: str, style: str) -> str:
    code = _CODES.get(style)
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text


def _plain(text: str, style: str) -> str:
    return text


# Text on a terminal: width, wrapping, control characters.

TAB = "    "
_BLANKS = re.compile(r" +(?!%)")


_COMMAND = re.compile(r"((?<!\S):(?=:)|#(?=#(?:vso|teamcity)?\[))")
"""The first character of a command: `::` where a line can begin, `##[` anywhere."""


def clean(text: str) -> str:
    """The text on one line, with tabs as blanks, control characters visible, and no commands for logs of CI.

    GitHub reads `::error::` and `##[error]`, Azure `##vso[...]`, TeamCity `##teamcity[...]`.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(_visible(letter) for letter in text)
    if "::" in text or "##" in text:
        text = _COMMAND.sub(r"\1 ", text)
    return text


_ISOLATED = re.compile("\u2068([^\u2068\u2069]*)\u2069")


def clean_isolated(text: str) -> str:
    """As `clean`, but names that are written from right to left stay apart from the sentence around them."""
    if "\u2068" not in text:
        return clean(text)
    parts = [clean(each) for each in _ISOLATED.split(text)]
    return "".join(f"\u2068{each}\u2069" if i % 2 else each for i, each in enumerate(parts))


def _visible(letter: str) -> str:
    if letter == "\t":
        return TAB
    if letter.isprintable() or letter == " ":
        return letter
    category = unicodedata.category(letter)
    if category == "Zs":
        return " "
    return "\N{REPLACEMENT CHARACTER}" if category in ("Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn") else letter


def width(text: str) -> int:
    """The number of columns of a clean text."""
    if text.isascii():
        return len(text)
    return sum(_columns(letter) for letter in text)


def _columns(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in ("W", "F") else 1


def pad(text: str, columns: int) -> str:
    """The text padded with blanks to that many columns."""
    return text + " " * max(0, columns - width(text))


def wrap(text: str, columns: int) -> list[str]:
    """The text in lines of at most that many columns, broken between words and never before `%`."""
    lines = list(_lines(_BLANKS.split(clean(text).strip(" ")), max(1, columns)))
    return lines or [""]


def _lines(words: list[str], columns: int) -> Iterator[str]:
    line = ""
    for word in words:
        longer = f"{line} {word}" if line else word
        if line and width(longer) > columns:
            yield line
            line = word
        else:
            line = longer
    if line:
        yield line
