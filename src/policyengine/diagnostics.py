"""Mistakes of users, as values: a code, a sentence, a place.

A `Code` is declared beside the check that raises it, with the reason for the rule and a bad and a good
example that a test runs. A `Diagnostic` is one occurrence. A `Report` collects them; nothing here prints
and nothing here is raised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Literal

from policyengine.dataclass import dataclass
from policyengine.source import Span

_MANY, _LONGEST = 200, 40


class Severity(StrEnum):
    """How bad it is: an error stops a program from being used, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


ExampleKind = Literal["policy", "record", "yaml", "folder", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The identity of a kind of mistake.

    `bad` gives exactly this code once, `good` gives none. What they are is said by `example`: a `policy`
    is one or several YAML documents read beside the example program, a `record` is a record of it,
    `yaml` is a text for the YAML reader alone, `folder` cannot be shown as one text and has its own test,
    `test` is a file of policy tests.
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
        """One occurrence of this mistake at a place."""
        return Diagnostic(self, message, span, help, tuple(labels))


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that belongs to a diagnostic, and what it has to do with it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake: `message` is one sentence without a full stop, in the words of the policy.

    `help` says what to write instead, where that is known. `span` is None only where there is no text
    to point at (an empty folder).
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
        """Orders by file, place, code."""
        if self.span is None:
            return ("", 0, 0, self.code.id, self.message)
        return (self.span.source.name, self.span.start, self.span.end, self.code.id, self.message)


class Report:
    """The diagnostics found so far, each once, in any order; iterating gives them sorted."""

    def __init__(self, diagnostics: Iterable[Diagnostic] = ()) -> None:
        self._found: dict[tuple[str, int, int, str, str], Diagnostic] = {}
        self.extend(diagnostics)

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic, unless the same one is kept already."""
        self._found.setdefault(diagnostic.sort_key, diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Keep several."""
        for diagnostic in diagnostics:
            self.add(diagnostic)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(sorted(self._found.values(), key=lambda diagnostic: diagnostic.sort_key))

    def __len__(self) -> int:
        return len(self._found)

    @property
    def has_errors(self) -> bool:
        """Whether any of them stops the program."""
        return any(found.severity is Severity.ERROR for found in self._found.values())


def listed(words: Iterable[str], most: int = 40) -> str:
    """Words in the order given, as code; of very many only how many more there are."""
    found = [f"`{word}`" for word in words]
    more = f" and {len(found) - most:,} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be, or None.

    Among very many only those with one letter more, less, changed or moved are looked at.
    """
    candidates: Sequence[str] = tuple(known)
    if len(candidates) > _MANY:
        index = _by_slips(candidates)
        candidates = list(dict.fromkeys(each for slip in _slips(word) for each in index.get(slip, ())))
    folded = {_folded(candidate): candidate for candidate in candidates}
    same = folded.get(_folded(word))
    if same is not None and same != word:
        return same
    import difflib  # only where something is wrong

    found = difflib.get_close_matches(word, candidates, n=1, cutoff=0.6)
    return found[0] if found else None


def _folded(word: str) -> str:
    return word.casefold().replace("-", "_").replace(" ", "_")


def _slips(word: str) -> Iterator[str]:
    """The word, and the word without each of its letters: two words share one where one slip parts them."""
    folded = _folded(word)[:_LONGEST]
    yield folded
    yield from (folded[:i] + folded[i + 1 :] for i in range(len(folded)))


@lru_cache(maxsize=8)
def _by_slips(words: Sequence[str]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for word in words:
        for slip in dict.fromkeys(_slips(word)):
            found.setdefault(slip, []).append(word)
    return found


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The help line for a misspelt word, or None where nothing is near."""
    found = nearest(word, known)
    return f"did you mean `{found}`?" if found else None
