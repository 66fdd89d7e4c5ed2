"""The tokens around the place where a parse stopped: what may be the operands and the clause there."""

from __future__ import annotations

from typing import NamedTuple

from policyengine.feel.syntax.lexer import tokens


class Phrase(NamedTuple):
    """A stretch of the text, and what FEEL writes for it."""

    start: int
    end: int
    instead: str


_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}")
ENDS = frozenset({"and", "or", "then", "else", "satisfies", "return", "end", ",", ";", ":"})
_ARITHMETIC = frozenset({"+", "-", "*", "/", "**"})
_VALUES = frozenset({"name", "number", "text", "true", "false", "null"})


class Around:
    """The tokens of a text around the one where the parser stopped."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.tokens = [each for each in tokens(text) if each.kind != "end"]
        self.at = next((i for i, each in enumerate(self.tokens) if each.end > at), len(self.tokens))

    def word(self, ahead: int = 0) -> str:
        """A token as a word in small letters; "" outside of the text."""
        i = self.at + ahead
        return self.tokens[i].text.lower() if 0 <= i < len(self.tokens) else ""

    def written(self, start: int, end: int) -> str:
        """The text of the tokens from one position to before another."""
        if not 0 <= start < end <= len(self.tokens):
            return ""
        return self.text[self.tokens[start].start : self.tokens[end - 1].end]

    def phrase(self, start: int, end: int, instead: str) -> Phrase | None:
        """What FEEL writes for the tokens from one position to before another."""
        if not self.written(start, end) or "  " in instead or instead.endswith((" ", "()")):
            return None
        return Phrase(self.tokens[start].start, self.tokens[end - 1].end, instead)

    def left(self) -> int:
        """Where the operand begins that ends before the token."""
        i = self.at - 1
        while i >= 0:
            if self.tokens[i].kind in _CLOSING:
                i = self._opening(i)
                if i > 0 and self.tokens[i - 1].kind == "name":
                    i -= 1
            elif self.tokens[i].kind not in _VALUES:
                return self.at
            if i > 0 and self.tokens[i - 1].kind == "@":
                i -= 1
            if i < 2 or self.tokens[i - 1].kind != ".":
                return i
            i -= 2
        return self.at

    def _opening(self, closing: int) -> int:
        depth = 0
        for i in range(closing, -1, -1):
            depth += (self.tokens[i].kind in _CLOSING) - (self.tokens[i].kind in _OPENING)
            if not depth:
                return i
        return 0

    def right(self, start: int) -> int:
        """Where the operand ends that begins at a position."""
        i = start + (start < len(self.tokens) and self.tokens[start].kind in ("@", "-"))
        if i < len(self.tokens) and self.tokens[i].kind in _OPENING:
            i = self._closing(i)
        elif i >= len(self.tokens) or self.tokens[i].kind not in _VALUES:
            return start
        i += 1
        while i < len(self.tokens) and self.tokens[i].kind in ("(", "[", "."):
            i = i + 2 if self.tokens[i].kind == "." else self._closing(i) + 1
        return min(i, len(self.tokens))

    def _closing(self, opening: int) -> int:
        depth = 0
        for i in range(opening, len(self.tokens)):
            depth += (self.tokens[i].kind in _OPENING) - (self.tokens[i].kind in _CLOSING)
            if not depth:
                return i
        return len(self.tokens) - 1

    def is_operand(self, start: int, end: int) -> bool:
        """Whether an arithmetic operator stands before or behind the tokens between two positions."""
        return any(0 <= i < len(self.tokens) and self.tokens[i].kind in _ARITHMETIC for i in (start - 1, end))

    def clause_end(self, start: int, ends: frozenset[str] = frozenset()) -> int:
        """Where a clause ends: before a closing bracket, or one of the words that end it."""
        i = start
        while i < len(self.tokens) and self.tokens[i].kind not in (*_CLOSING, *ends):
            if self.tokens[i].text.lower() in ends:
                return i
            i = self._closing(i) + 1 if self.tokens[i].kind in _OPENING else i + 1
        return min(i, len(self.tokens))

    def clause_start(self) -> int:
        """Where the clause begins that ends before the token: after an opening bracket or a comma."""
        i = self.at - 1
        while i >= 0 and self.tokens[i].kind not in (*_OPENING, ",", ";"):
            i = self._opening(i) - 1 if self.tokens[i].kind in _CLOSING else i - 1
        return i + 1

    def quantifier(self) -> int | None:
        """Where the `some` or `every` begins whose condition is missing before the token."""
        kinds = [each.kind for each in self.tokens[self.clause_start() : self.at]]
        first = next((i for i, kind in enumerate(kinds) if kind in ("some", "every")), len(kinds))
        asks = "in" in kinds[first:] and "satisfies" not in kinds[first:]
        return self.at - len(kinds) + first if asks else None
