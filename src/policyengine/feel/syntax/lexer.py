"""FEEL text into tokens: numbers, texts, names, marks. Comments and spaces are dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

from policyengine.dataclass import dataclass
from policyengine.source import Span


class Located(Protocol):
    """A text whose stretches have a place; a `Source` is one."""

    @property
    def text(self) -> str:
        """The text itself."""

    def span(self, start: int, end: int) -> Span:
        """The place of `text[start:end]`."""


class Place(Protocol):
    """Finds the place of a stretch, given by its two offsets."""

    def __call__(self, start: int, end: int) -> Span:
        """The place."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text out of a larger source, with the function that finds the place of a stretch of it."""

    text: str
    place: Place

    def span(self, start: int, end: int) -> Span:
        """The place of `text[start:end]`."""
        return self.place(start, end)


class Token(NamedTuple):
    """`kind` is `number`, `text`, `name`, `end`, `bad`, or the mark or keyword itself."""

    kind: str
    text: str
    start: int
    end: int


KEYWORDS = frozenset(
    {"null", "true", "false", "and", "or", "if", "then", "else", "for", "in", "return"}
    | {"some", "every", "satisfies", "between", "instance", "of", "function", "external"}
)

OR, AND, COMPARISON, SUM, PRODUCT, POWER, SIGN, INSTANCE = range(1, 9)
PRECEDENCE: Final = {
    "or": OR,
    "and": AND,
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "between", "in"), COMPARISON),
    "+": SUM,
    "-": SUM,
    "*": PRODUCT,
    "/": PRODUCT,
    "**": POWER,
    "instance": INSTANCE,
}
"""How tightly operators bind, the weakest first (DMN 1.5, chapter 10.3.1)."""

# The characters of names (the standard, grammar rules 28 to 31), told by classes that compile quickly:
# letters, digits and marks of all scripts, and the symbols that the standard counts among them.
_PART = r"?\w\u00b7\u0300-\u036f\u200c\u200d\u203f\u2040\u2070-\u218f\U00010000-\U000effff"
_NAME = rf"(?!\d)[{_PART}]+"

_TOKEN = re.compile(
    rf"""
      (?P<skip>[\s\u200b\ufeff]+|//[^\n\r]*|/\*(?:[^*]|\*(?!/))*\*/)
    | (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<name>{_NAME})
    | (?P<text>"(?:[^"\\]|\\.)*")
    | (?P<unclosed>/\*.*|".*)
    | (?P<mark>\.\.|\*\*|<=|>=|!=|->|[-+*/=<>()\[\]{{}},:.@])
    | (?P<bad>.)
    """,
    re.VERBOSE | re.DOTALL,
)


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a text, the last one of kind `end`; what is no token at all comes as kind `bad`."""
    for found in _TOKEN.finditer(text):
        group = found.lastgroup
        if group == "skip":
            continue
        word = found.group()
        if group == "mark" or (group == "name" and word in KEYWORDS):
            group = word
        elif group == "unclosed":
            group = "bad"
        yield Token(group or "bad", word, found.start(), found.end())
    yield Token("end", "", len(text), len(text))


_ESCAPE = re.compile(r"\\(?:U([0-9A-Fa-f]{6})|u([0-9A-Fa-f]{4})|([nrt\"'\\]))")
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


def _escaped(found: re.Match[str]) -> str:
    if found[3]:
        return _PLAIN[found[3]]
    number = int(found[1] or found[2], 16)
    return chr(number) if number <= 0x10FFFF else "\ufffd"


def unquote(literal: str) -> str:
    """The text that a literal, with its quotes, stands for; the two halves of a pair become one character."""
    inner = literal[1:-1]
    if inner.isascii() and "\\" not in inner:
        return inner
    plain = _ESCAPE.sub(_escaped, inner)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def quote(text: str) -> str:
    """A text as a FEEL literal."""
    for plain, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(plain, escape)
    return f'"{text}"'


def is_identifier(name: str) -> bool:
    """Whether a name is one word that the lexer finds without its being declared."""
    found = _TOKEN.fullmatch(name)
    return found is not None and found.lastgroup == "name" and name not in KEYWORDS
