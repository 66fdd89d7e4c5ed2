"""Explains JSON syntax errors in terms of what the author did."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code, Diagnostic, Label
from policyengine.source import Source, Span
from policyengine.text.decode import printable

SYNTAX = Code(
    id="JSON001",
    title="not JSON",
    why="The text cannot be read any further; the text after this place is not checked.",
    bad='{"id": "acme",}\n',
    good='{"id": "acme"}\n',
    example="folder",
)

_CLOSERS = {"[": "]", "{": "}"}
_WORD = re.compile(r"-?[^\W\d][\w$-]*|\$[\w$-]*")
_NUMBER = re.compile(r"[-+]?\.?[0-9][\w.+%-]*|[-+][\w.]+")
_SINGLE = re.compile(r"'(?P<text>[^'\"\\\n]*)'")
_LINE = re.compile(r"[^\n]*")
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]*|.)?")
_LITERALS = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false"}
_NULLS = {"None", "NULL", "Null", "nil", "undefined", "NaN", "nan", "Infinity", "-Infinity", "inf"}


class Expect(Enum):
    """The token that the scanner expects."""

    VALUE = auto()
    VALUE_OR_END = auto()
    KEY = auto()
    KEY_OR_END = auto()
    COLON = auto()
    COMMA_OR_END = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class ScanFailure:
    """A syntax error: the scanner stopped at `at`, in a range that ends at `end`, expecting `expect`.

    `bracket` is the offset of the innermost open bracket, `key` the key without a value, `problem_at` the
    offset of the mistake within a text in double quotes.
    """

    source: Source
    at: int
    end: int
    expect: Expect
    bracket: int | None
    key: str | None
    problem_at: int | None

    @property
    def char(self) -> str:
        """The character at the error, "" at the end."""
        return self.source.text[self.at : min(self.at + 1, self.end)]

    @property
    def wants_key(self) -> bool:
        """Whether a key may come next."""
        return self.expect in (Expect.KEY, Expect.KEY_OR_END)

    @property
    def wants_value(self) -> bool:
        """Whether a value may come next."""
        return self.expect in (Expect.VALUE, Expect.VALUE_OR_END)

    def span(self, start: int, length: int = 1) -> Span:
        """A span that is cut at the end of the range."""
        return self.source.span(start, min(start + length, self.end))

    def match(self, pattern: re.Pattern[str]) -> Span | None:
        """The match of a pattern at the error, or None."""
        found = pattern.match(self.source.text, self.at, self.end)
        return self.source.span(found.start(), found.end()) if found else None


def explain(stop: ScanFailure) -> Diagnostic:
    """The diagnostic for a syntax error."""
    for rule in _RULES:
        found = rule(stop)
        if found is not None:
            return found
    span = stop.span(stop.at)
    name = f"`{stop.char}`" if stop.char.isprintable() else f"the character U+{ord(stop.char):04X}"
    help_ = "put a text in double quotes" if stop.char.isprintable() else "delete it"
    return SYNTAX.at(span, f"{name} is not allowed here", help=help_)


def _inside_string(stop: ScanFailure) -> Diagnostic | None:
    if stop.problem_at is None:
        return None
    at, char = stop.problem_at, stop.source.text[stop.problem_at : min(stop.problem_at + 1, stop.end)]
    if char in ("", "\r", "\n"):
        message = "the double quote that opens here is never closed"
        return SYNTAX.at(stop.span(stop.at), message, help='write `"` where the text ends')
    if char == "\\":
        found = _ESCAPE.match(stop.source.text, at, stop.end)
        span = stop.source.span(at, found.end() if found else at + 1)
        message = f"`{span.text[:12]}` is not an escape of JSON"
        return SYNTAX.at(span, message, help="write `\\\\` for a backslash")
    name, escape = ("a tab", "\\t") if char == "\t" else ("a control character", f"\\u{ord(char):04x}")
    return SYNTAX.at(stop.span(at), f"{name} is not allowed inside a text", help=f"write `{escape}`")


def _at_end(stop: ScanFailure) -> Diagnostic | None:
    if stop.char:
        return None
    if stop.bracket is None:
        return SYNTAX.at(stop.span(stop.at), "there is no value here", help="write an object, `{}` at least")
    opener = stop.source.text[stop.bracket]
    message = f"the `{opener}` here is never closed"
    return SYNTAX.at(stop.span(stop.bracket), message, help=f"write the missing `{_CLOSERS[opener]}`")


def _comment(stop: ScanFailure) -> Diagnostic | None:
    if stop.char != "#" and not stop.source.text.startswith(("//", "/*"), stop.at, stop.end):
        return None
    span = stop.match(_LINE) or stop.span(stop.at)
    return SYNTAX.at(span, "JSON has no comments", help="remove it, or write the record in YAML")


def _behind_value(stop: ScanFailure) -> Diagnostic | None:
    if stop.expect is not Expect.END:
        return None
    message = "this comes after the end of the value"
    help_ = "remove it; several records go into a list, or one a line into an `.ndjson` file"
    return SYNTAX.at(stop.span(stop.at), message, help=help_)


def _closing(stop: ScanFailure) -> Diagnostic | None:
    if stop.char not in ("]", "}"):
        return None
    span = stop.span(stop.at)
    if stop.bracket is None:
        return SYNTAX.at(span, f"this `{stop.char}` closes nothing", help="remove it")
    opener = stop.source.text[stop.bracket]
    opened = [Label(stop.span(stop.bracket), "opened here")]
    if _CLOSERS[opener] != stop.char:
        message = f"`{stop.char}` cannot close `{opener}`"
        return SYNTAX.at(span, message, help=f"write `{_CLOSERS[opener]}`", labels=opened)
    comma = stop.source.text.rfind(",", stop.bracket, stop.at)
    if stop.expect is Expect.KEY or (stop.expect is Expect.VALUE and stop.key is None):
        message = f"there is a comma before `{stop.char}`, but nothing follows it"
        return SYNTAX.at(stop.span(comma), message, help="remove the comma")
    return SYNTAX.at(span, f"the key `{stop.key}` has no value", help="write a colon and its value")


def _comma(stop: ScanFailure) -> Diagnostic | None:
    if stop.char == "," and (stop.wants_key or stop.wants_value):
        return SYNTAX.at(stop.span(stop.at), "there is nothing before this comma", help="remove the comma")
    if stop.expect is not Expect.COMMA_OR_END or stop.bracket is None:
        return None
    closer = _CLOSERS[stop.source.text[stop.bracket]]
    message = f"there has to be a `,` or a `{closer}` before this"
    return SYNTAX.at(stop.span(stop.at), message, help="write the comma that is missing")


def _colon(stop: ScanFailure) -> Diagnostic | None:
    if stop.expect is Expect.COLON:
        message = f"there has to be a colon after the key `{stop.key}`"
        return SYNTAX.at(stop.span(stop.at), message, help=f'write `"{stop.key}": ` and then its value')
    if stop.char == ":":
        message = "there is no key before this colon"
        return SYNTAX.at(stop.span(stop.at), message, help='write `"key": value` inside `{}`')
    return None


def _single_quotes(stop: ScanFailure) -> Diagnostic | None:
    if stop.char != "'":
        return None
    span = stop.match(_SINGLE) or stop.span(stop.at)
    help_ = f'write `"{printable(span.text[1:-1])}"`' if len(span.text) > 1 else None
    what = "a key" if stop.wants_key else "a text"
    return SYNTAX.at(span, f"{what} has to be in double quotes", help=help_)


def _word(stop: ScanFailure) -> Diagnostic | None:
    span = stop.match(_WORD)
    if span is None:
        return None
    word = printable(span.text)
    if stop.wants_key:
        return SYNTAX.at(span, "a key has to be in double quotes", help=f'write `"{word}"`')
    if word in _LITERALS:
        return SYNTAX.at(span, f"`{word}` is not a JSON value", help=f"write `{_LITERALS[word]}`")
    if word in _NULLS:
        message = f"`{word}` is not a JSON value"
        return SYNTAX.at(span, message, help="write `null`, or leave the key out, if it is not known")
    return SYNTAX.at(span, "a text has to be in double quotes", help=f'write `"{word}"`')


def _number(stop: ScanFailure) -> Diagnostic | None:
    span = stop.match(_NUMBER)
    if span is None:
        return None
    if stop.wants_key:
        return SYNTAX.at(span, "a key has to be in double quotes", help=f'write `"{printable(span.text)}"`')
    message = f"`{printable(span.text)}` is not a number"
    return SYNTAX.at(span, message, help=f'write `"{printable(span.text)}"` if it is a text')


_RULES: tuple[Callable[[ScanFailure], Diagnostic | None], ...] = (
    _inside_string,
    _at_end,
    _comment,
    _behind_value,
    _closing,
    _colon,
    _comma,
    _single_quotes,
    _word,
    _number,
)
