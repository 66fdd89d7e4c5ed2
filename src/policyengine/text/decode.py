"""Decodes the bytes of a file to a named text."""

from __future__ import annotations

import codecs
import re
import unicodedata

from policyengine.diagnostics import Code, Diagnostic
from policyengine.source import Source, composed

MAX_BYTES = 64 * 1024 * 1024

NOT_UTF8 = Code(
    id="TEXT001",
    title="the file is not UTF-8",
    why="Every editor can save UTF-8, and only one encoding means that a name reads the same everywhere.",
    bad="a file that a spreadsheet saved as Windows-1252 or UTF-16",
    good="the same file saved as UTF-8",
    example="folder",
)
TOO_LARGE = Code(
    id="TEXT002",
    title="the file is too large",
    why="A file is read whole into memory; beyond the limit it is more likely a mistake than a policy.",
    bad="a file of 65 MB",
    good="the same records as several files",
    example="folder",
)
CODES = (NOT_UTF8, TOO_LARGE)

_OTHER_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def decode(name: str, data: bytes, *, max_bytes: int = MAX_BYTES) -> Source | Diagnostic:
    """The text of a file, from UTF-8 with or without a byte order mark, or the mistake in it.

    `name` is the name of the file in messages, `max_bytes` the size limit.
    """
    if len(data) > max_bytes:
        return _too_large(name, len(data), max_bytes)
    for mark, encoding in _OTHER_MARKS:
        if data.startswith(mark):
            where = Source(name, "").span(0, 0)
            return NOT_UTF8.at(where, f"the file is {encoding}, not UTF-8", help="save it as UTF-8")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return Source(name, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        return _not_utf8(name, data, error.start)


def _too_large(name: str, size: int, limit: int) -> Diagnostic:
    where = Source(name, "").span(0, 0)
    message = f"the file has {size:,} bytes, and at most {limit:,} are read"
    return TOO_LARGE.at(where, message, help="split it into several files")


def _not_utf8(name: str, data: bytes, at: int) -> Diagnostic:
    source = Source(name, data.decode("utf-8", errors="replace"))
    start = len(composed(data[:at].decode("utf-8")))
    message = f"the file is not UTF-8: no character is written as the byte {data[at]:02X} here"
    return NOT_UTF8.at(source.span(start, start + 1), message, help="save it as UTF-8")


# Characters that YAML forbids, because they are invisible or hide what follows.

FORBIDDEN = Code(
    id="YAML002",
    title="an invisible character",
    why=(
        "Nobody sees it, and yet two texts that look alike differ. Others change the direction of what "
        "follows, or end a line for some programs and not for others, so a key behind them can stay unseen."
    ),
    bad="title: Silver\u2028discount: 90%\n",
    good='title: "Silver\\u2028discount"\n',
    example="yaml",
)

# Letters and signs that joiners and variation selectors may stand beside: those of Persian or Hindi, emoji.
_JOINED = "\u0590-\u1fff\u2100-\ufdff\ufe00-\U0010ffff"
_PATTERN = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
    "]|\r(?!\n)"
    f"|(?<![{_JOINED}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINED}])"
    "|(?<![#*0-9\xa9-\U0010ffff])[\ufe00-\ufe0f]|(?<![\u2e80-\U0010ffff])[\U000e0100-\U000e01ef]"
)
_NAMES = {
    "\x00": "NUL",
    "\r": "carriage return without line feed",
    "\x85": "next line",
    "\ufeff": "byte order mark",
}


def forbidden_character(source: Source, start: int) -> Diagnostic | None:
    """The first forbidden character from offset `start` on, or None."""
    found = _PATTERN.search(source.text, start)
    if found is None:
        return None
    span = source.span(found.start(), found.end())
    return FORBIDDEN.at(span, f"invisible character {_called(found.group())}", help="delete it")


def invisible(text: str) -> str | None:
    """Returns the name of the first character of a text that nobody sees; None if there is none."""
    found = None if text.isprintable() and text.isascii() else _PATTERN.search(text)
    return None if found is None else _called(found.group())


def _called(character: str) -> str:
    name = _NAMES.get(character) or unicodedata.name(character, "").lower()
    return f"U+{ord(character):04X}" + (f" ({name})" if name else "")


# Quotes user input in messages.


def printable(text: str, limit: int = 60) -> str:
    """The text on one line, shortened to `limit`, with invisible characters written as their code."""
    line = " ".join(text[: limit + 1].split())
    line = "".join(char if char.isprintable() else f"U+{ord(char):04X}" for char in line)
    return line if len(text) <= limit else line[:limit].rstrip() + "..."
