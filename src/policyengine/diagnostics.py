"""Diagnostics: mistakes of users as values, each with a code, a sentence and a place.

A `Code` is defined beside the check that reports it, with the reason for the rule and a bad and a good
example that a test runs. A `Diagnostic` is one occurrence. A `Report` collects them; nothing here prints or
raises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Literal

from policyengine.dataclass import dataclass
from policyengine.source import Span

_MANY, _BEST, _LONGEST = 20, 5, 40


class Severity(StrEnum):
    """Errors make a program unusable, warnings do not."""

    ERROR = "error"
    WARNING = "warning"


ExampleKind = Literal["policy", "record", "yaml", "folder", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The identity of a kind of mistake.

    `bad` gives exactly this code once, `good` gives none. `example` tells what they are: a `policy` is one or
    several YAML documents read with the example program, a `record` is a record of it, `yaml` is a text for
    the YAML reader, `folder` cannot be shown as one text and has a test of its own, `test` is a file of
    policy tests.
    """

    id: str
    title: str
    why: str
    bad: str
    good: str
    example: ExampleKind = "policy"
    severity: Severity = Severity.ERROR

    def at(
        self, span: Span | None, message: str, *, help: str | None = None, labels: Iterable[Label] = ()
    ) -> Diagnostic:
        """A diagnostic with this code at a place."""
        return Diagnostic(self, _one_line(message), span, help and _one_line(help), tuple(labels))


def _one_line(text: str) -> str:
    """A text without line ends and invisible characters, whatever it quotes."""
    if text.isprintable():
        return text
    shown = (" " if each.isspace() else f"U+{ord(each):04X}" for each in text)
    return "".join(each if each.isprintable() else other for each, other in zip(text, shown, strict=True))


@dataclass(frozen=True, slots=True)
class Label:
    """A second place of a diagnostic, and its role."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake: `message` is a sentence without a full stop, in the words of the policy.

    `help` says what to write instead, where that is known. `span` is None only where no text exists (an empty
    folder).
    """

    code: Code
    message: str
    span: Span | None
    help: str | None = None
    labels: tuple[Label, ...] = ()

    @property
    def severity(self) -> Severity:
        """The severity of its code."""
        return self.code.severity

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """The order by file, place and code."""
        if self.span is None:
            return ("", 0, 0, self.code.id, self.message)
        return (self.span.source.name, self.span.start, self.span.end, self.code.id, self.message)


class Report:
    """Collects diagnostics, each once; iterating gives them sorted."""

    def __init__(self, diagnostics: Iterable[Diagnostic] = ()) -> None:
        self._found: dict[tuple[str, int, int, str, str], Diagnostic] = {}
        self.extend(diagnostics)

    def add(self, diagnostic: Diagnostic) -> None:
        """Adds a diagnostic, unless it is there already."""
        self._found.setdefault(diagnostic.sort_key, diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Adds several diagnostics."""
        for diagnostic in diagnostics:
            self.add(diagnostic)

    def replace(self, diagnostic: Diagnostic, other: Diagnostic | None) -> None:
        """Puts another diagnostic in the place of one, or nothing."""
        self._found.pop(diagnostic.sort_key, None)
        if other is not None:
            self.add(other)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(sorted(self._found.values(), key=lambda diagnostic: diagnostic.sort_key))

    def __len__(self) -> int:
        return len(self._found)

    @property
    def has_errors(self) -> bool:
        """Whether the report contains an error."""
        return any(found.severity is Severity.ERROR for found in self._found.values())


def listed(words: Iterable[str], most: int = 40) -> str:
    """Words in the order given, as code; of very many only how many more there are."""
    found = [f"`{word}`" for word in words]
    more = f" and {len(found) - most:,} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more


class Words:
    """Known words, indexed once: the one that a misspelt word stands for is found without trying all."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = tuple(dict.fromkeys(words))

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    @cached_property
    def _folded(self) -> Mapping[str, str]:
        return {_folded(word): word for word in self._words}

    @cached_property
    def _by_part(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for word in self._words:
            for part in _parts(word):
                found.setdefault(part, []).append(word)
        return found

    def nearest(self, word: str) -> str | None:
        """The word closest to `word`, or None."""
        same = self._folded.get(_folded(word))
        if same is not None and same != word:
            return same
        import difflib  # only where something is wrong

        found = difflib.get_close_matches(word, self._candidates(word), n=1, cutoff=0.6)
        return found[0] if found else None

    def _candidates(self, word: str) -> Sequence[str]:
        """The words worth a comparison: of many words those that share the most rare parts with `word`."""
        if len(self._words) <= _MANY:
            return self._words
        shared = Counter[str]()
        for part in _parts(word):
            having = self._by_part.get(part, ())
            if len(having) <= _MANY:
                shared.update(having)
        return [found for found, _ in shared.most_common(_BEST)]


_index = lru_cache(maxsize=64)(Words)


def nearest(word: str, known: Iterable[str] | Words) -> str | None:
    """The known word closest to `word`, or None."""
    return (known if isinstance(known, Words) else _index(tuple(known))).nearest(word)


def _folded(word: str) -> str:
    return word.casefold().replace("-", "_").replace(" ", "_")


def _parts(word: str) -> Iterable[str]:
    """Its pairs of letters, and itself without each of its letters: words that one slip parts share one."""
    folded = _folded(word)[:_LONGEST]
    slips = [folded, *(folded[:i] + folded[i + 1 :] for i in range(len(folded)))]
    return dict.fromkeys([*slips, *(folded[i : i + 2] for i in range(len(folded) - 1))])


def did_you_mean(word: str, known: Iterable[str] | Words) -> str | None:
    """The help for a misspelt word, or None without a close one."""
    found = nearest(word, known)
    return f"did you mean `{found}`?" if found else None
