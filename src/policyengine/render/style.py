"""Colour for terminals."""

from __future__ import annotations

from collections.abc import Callable

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
