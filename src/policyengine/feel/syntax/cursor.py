"""The ground of the parser: the tokens of a text, its names, and how a mistake ends the parse."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import ChainMap
from collections.abc import Collection, Mapping, MutableMapping
from collections.abc import Set as AbstractSet
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import NoReturn, TypeAlias, TypeVar

from policyengine.diagnostics import Code, Diagnostic, Words
from policyengine.feel import expression_codes as codes
from policyengine.feel import limits
from policyengine.feel.syntax import mistakes
from policyengine.feel.syntax.lexer import KEYWORDS, Located, Token, is_identifier, tokens
from policyengine.feel.syntax.tree import Expression
from policyengine.source import Span

# First word -> the remaining words of every name that starts with it.
Vocabulary: TypeAlias = Mapping[str, AbstractSet[tuple[str, ...]]]
T = TypeVar("T")
NONE: Vocabulary = MappingProxyType({})
_WORDS = 20


class Stop(Exception):  # noqa: N818  # no error of ours: it carries the mistake of a user to `parse`
    """Ends the parse of a text with its one diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def _add(name: str, to: dict[str, set[tuple[str, ...]]]) -> None:
    if not is_identifier(name):
        first, *rest = [token.text for token in tokens(name)][:-1] or [""]
        if 0 < len(rest) < _WORDS:
            to.setdefault(first, set()).add(tuple(rest))


@lru_cache(maxsize=256)
def _vocabulary(names: frozenset[str]) -> Vocabulary:
    found: dict[str, set[tuple[str, ...]]] = {}
    for name in names:
        _add(name, found)
    return MappingProxyType(found)


class Names(ChainMap[str, T]):
    """What many texts are parsed among, by name; which names have several words is worked out once."""

    outer: Names[T] | None = None

    @cached_property
    def words(self) -> Vocabulary:
        """The names of several words."""
        own = _vocabulary(frozenset(self.maps[0]))
        around = NONE if self.outer is None else self.outer.words
        both = {word: own.get(word, frozenset()) | around.get(word, frozenset()) for word in {*own, *around}}
        return both if own and around else own or around

    @cached_property
    def index(self) -> Words:
        """All of them, to find the one that a misspelt name stands for."""
        return Words(self)

    def inside(self, names: MutableMapping[str, T]) -> Names[T]:
        """The same with further names before them."""
        found = Names(names, *self.maps)
        found.outer = self
        return found


def vocabulary(names: Collection[str]) -> Vocabulary:
    """The names of several words among the names, as the parser looks them up."""
    return names.words if isinstance(names, Names) else _vocabulary(frozenset(names))


class Cursor(ABC):
    """Walks over the tokens of one text; its methods stop at the first mistake."""

    def __init__(self, located: Located, names: Vocabulary, functions: Vocabulary) -> None:
        self.located = located
        self.tokens = list(tokens(located.text))
        self.at = 0
        self.names = names
        self.functions = functions
        self.local: dict[str, set[tuple[str, ...]]] = {}
        self.token = self.tokens[0]
        self.depth = 0
        self.ranges = 0

    @abstractmethod
    def expression(self, level: int = 0) -> Expression:
        """An expression whose operators bind tighter than `level`."""

    @abstractmethod
    def continued(self, left: Expression, start: int) -> Expression:
        """A value in brackets that was read already, and what follows it up to a comparison."""

    def enter(self) -> None:
        """Goes one level deeper, or stops at an expression that is nested too deeply."""
        self.depth += 1
        if self.depth > limits.DEPTH:
            self.too_deep()

    def too_deep(self) -> NoReturn:
        """Stops at an expression that is nested too deeply."""
        message = f"this expression is nested more than {limits.DEPTH} levels deep"
        advice = "give a part of it a name as a derived fact"
        self.stop(codes.LIMIT, self.token.start, self.token.end, message, advice)

    def take(self) -> Token:
        """The current token; the cursor moves on."""
        token = self.token
        if token.kind != "end":
            self.at += 1
            self.token = self.tokens[self.at]
        return token

    def move_to(self, at: int) -> None:
        """Moves to the token at an index."""
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
        """Ends the parse with a diagnostic."""
        raise Stop(code.at(self.located.span(start, end), message, help=help))

    def unexpected(self, wanted: str) -> NoReturn:
        """Ends the parse because the current token is not allowed here."""
        previous = self.tokens[self.at - 1] if self.at else None
        raise Stop(mistakes.unexpected(self.located, self.token, previous, wanted))

    def declare(self, name: str) -> None:
        """Makes a name of several words known, as the key of a context does."""
        _add(name, self.local)

    def name(self, more: Vocabulary = NONE) -> str:
        """Takes a name: the longest one that is known to start here, or else one word."""
        known = [
            names[self.token.text] for names in (self.local, self.names, more) if self.token.text in names
        ]
        called = self.functions.get(self.token.text, frozenset())
        length = self._longest(known, called) if known or called else 0
        if length == 0:
            return self.take().text
        start, end = self.token.start, self.tokens[self.at + length].end
        self.move_to(self.at + length + 1)
        return single_spaced(self.located.text[start:end])

    def _longest(
        self, known: list[AbstractSet[tuple[str, ...]]], called: AbstractSet[tuple[str, ...]]
    ) -> int:
        """How many more words belong to the longest name that starts here."""
        words = tuple(token.text for token in self.tokens[self.at + 1 : self.at + _WORDS])
        for length in range(len(words), 0, -1):
            rest = words[:length]
            if any(rest in names for names in known):
                return length
            # `a date and time` are two names and an operator unless the function is called.
            if rest in called and (KEYWORDS.isdisjoint(rest) or self.peek(length + 1) == "("):
                return length
        return 0


def single_spaced(name: str) -> str:
    """A name with single spaces: `a   b` and `a b` are the same."""
    return " ".join(name.split())
