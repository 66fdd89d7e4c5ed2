"""The place in a text that is being parsed: its tokens, the names of several words, and where it fails."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NoReturn, TypeAlias

from policyengine.diagnostics import Code, Diagnostic
from policyengine.feel import mistakes
from policyengine.feel.lexer import KEYWORDS, Located, Token, is_identifier, tokens
from policyengine.source import Span

# First word -> the remaining words of every name that starts with it, longest first.
Vocabulary: TypeAlias = Mapping[str, Sequence[tuple[str, ...]]]
NONE: Vocabulary = MappingProxyType({})


class Stop(Exception):  # noqa: N818  # no error of ours: it carries the mistake of a user to `parse`
    """Leaves the parser with the one diagnostic of a text."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@lru_cache(maxsize=256)
def _vocabulary(names: frozenset[str]) -> Vocabulary:
    found: dict[str, list[tuple[str, ...]]] = {}
    for name in names:
        if not is_identifier(name):
            first, *rest = [token.text for token in tokens(name)][:-1] or [""]
            if rest:
                found.setdefault(first, []).append(tuple(rest))
    return {first: tuple(sorted(rests, key=len, reverse=True)) for first, rests in found.items()}


def vocabulary(names: Collection[str]) -> Vocabulary:
    """The names of several words among the names, as the parser looks them up."""
    return _vocabulary(frozenset(names))


class Cursor:
    """Walks over the tokens of one text."""

    def __init__(self, located: Located, names: Vocabulary, functions: Vocabulary) -> None:
        self.located = located
        self.tokens = list(tokens(located.text))
        self.at = 0
        self.names = names
        self.functions = functions
        self.local: dict[str, list[tuple[str, ...]]] = {}
        self.token = self.tokens[0]

    def take(self) -> Token:
        """The current token; the cursor moves on."""
        token = self.token
        if token.kind != "end":
            self.at += 1
            self.token = self.tokens[self.at]
        return token

    def go(self, at: int) -> None:
        """Moves to the token of a number."""
        self.at = at
        self.token = self.tokens[at]

    def peek(self, ahead: int = 1) -> str:
        """The kind of a token further on."""
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)].kind

    def skip(self, kind: str) -> bool:
        """Whether the current token is of this kind; if so it is taken."""
        if self.token.kind == kind:
            self.take()
            return True
        return False

    def expect(self, kind: str, wanted: str | None = None) -> Token:
        """Takes a token of this kind, or stops."""
        if self.token.kind != kind:
            self.unexpected(wanted or f"`{kind}`")
        return self.take()

    def close(self, opening: Token, closing: str) -> Token:
        """Takes the closing bracket, or stops: at what is wrong here, or at what was never closed."""
        if self.token.kind == closing:
            return self.take()
        if self.token.kind in {"end", ")", "]", "}"}:
            raise Stop(mistakes.unclosed(self.located, opening, closing, self.token))
        return self.unexpected(f"`{closing}`")

    def span(self, start: int) -> Span:
        """From an offset to the end of the token taken last."""
        return self.located.span(start, self.tokens[self.at - 1].end)

    def stop(self, code: Code, start: int, end: int, message: str, help: str | None = None) -> NoReturn:
        """Leaves with a diagnostic."""
        raise Stop(code.at(self.located.span(start, end), message, help=help))

    def unexpected(self, wanted: str) -> NoReturn:
        """Leaves because the current token cannot stand here."""
        previous = self.tokens[self.at - 1] if self.at else None
        raise Stop(mistakes.unexpected(self.located, self.token, previous, wanted))

    def declare(self, name: str) -> None:
        """Makes a name of several words known, as the key of a context does."""
        if not is_identifier(name):
            first, *rest = [token.text for token in tokens(name)][:-1] or [""]
            if rest:
                self.local.setdefault(first, []).append(tuple(rest))

    def name(self, more: Vocabulary = NONE) -> str:
        """Takes a name: the longest one that is known to start here, or else one word."""
        first = self.token.text
        length = 0
        for names in (self.local, self.names, more):
            if first in names:
                length = max([length, *(len(rest) for rest in names[first] if self._follows(rest))])
        if first in self.functions:
            called = (rest for rest in self.functions[first] if self._follows(rest, called=True))
            length = max([length, *map(len, called)])
        if length == 0:
            return self.take().text
        start, end = self.token.start, self.tokens[self.at + length].end
        self.go(self.at + length + 1)
        return normal(self.located.text[start:end])

    def _follows(self, words: tuple[str, ...], *, called: bool = False) -> bool:
        end = self.at + 1 + len(words)
        if end >= len(self.tokens):
            return False
        if any(token.text != word for token, word in zip(self.tokens[self.at + 1 : end], words, strict=True)):
            return False
        # `a date and time` are two names and an operator unless the function is called.
        return not called or KEYWORDS.isdisjoint(words) or self.tokens[end].kind == "("


def normal(name: str) -> str:
    """A name with single spaces: `a   b` and `a b` are the same."""
    return " ".join(name.split())
