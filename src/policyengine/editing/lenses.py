"""What stands above a part of a policy: its clause, the tests that name it, and who reaches it.

The records of a partner base that are pinned are decided with the texts as they are in the editor, and with
those that are saved; a lens says how many reach a level with either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from policyengine.api import Program, load
from policyengine.decision.wording import plural
from policyengine.decision.writers import writer
from policyengine.editing.mentions import Mention, Named
from policyengine.editing.workspace import ProgramFolder, same
from policyengine.files import read_file
from policyengine.program.record import Record
from policyengine.source import Source, Span
from policyengine.text.document import Document, Mapping, Scalar
from policyengine.text.document import Sequence as SequenceNode

_MOST_RECORDS = 2000
_COUNTED = ("level", "stage", "charge", "obligation", "require", "part", "activity")


class TestPlace(NamedTuple):
    """A test, by its file and its name."""

    file: str
    name: str


class Lens(NamedTuple):
    """A line above a place; the `tests` are those that it offers to run."""

    at: Span
    text: str
    tests: tuple[TestPlace, ...] = ()


class Pinned:
    """Records that are decided again with every text."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = tuple(files)

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The texts of the records, as far as they can be read."""
        read = map(read_file, self.files)
        return tuple(each for each in read if isinstance(each, Source))

    def levels(self, program: Program) -> Counter[tuple[str, str]] | None:
        """How many of the records reach each level of a policy; None where the program has mistakes."""
        if not program.ok:
            return None
        found: Counter[tuple[str, str]] = Counter()
        for record in self.records(program)[:_MOST_RECORDS]:
            for each in program.evaluate(record).of("levels"):
                if each.status == "reached" and each.level is not None:
                    found[each.origin.policy, each.level] += 1
        return found

    def value(self, program: Program, name: str) -> str | None:
        """What the first of the records says of a fact, in words; None if it says nothing."""
        records = self.records(program) if program.ok else []
        kind = program.vocabulary.names(records[0].entity).get(name) if records else None
        if kind is None or name not in records[0].facts:
            return None
        return writer(kind)(records[0].facts[name])

    def records(self, program: Program) -> list[Record]:
        """The records, as far as the program can read them."""
        return [record for source in self.sources for record in program.read(source).records]


def lenses(
    folder: ProgramFolder, document: Document, pinned: Pinned | None, roots: Iterable[Path]
) -> list[Lens]:
    """The lines above the parts of a policy."""
    ids = {span for _, span in _ids(document)}
    declared = (each for each in folder.mentions(document) if each.declares and each.span in ids)
    mentions = [each for each in declared if each.of.space in _COUNTED]
    tests = _named_by_tests(folder, mentions, roots)
    reached = _reached(folder, pinned)
    found: list[Lens] = []
    for each in mentions:
        parts = [*_stated(document, each.span), *reached.get((each.of.scope, each.of.name), ())]
        if parts:
            found.append(Lens(each.span, "; ".join(parts)))
        if own := tests[each.of]:
            found.append(Lens(each.span, f"tested by {plural(len(own), 'test')}; run", tuple(own)))
    return found


def _named_by_tests(
    folder: ProgramFolder, mentions: Iterable[Mention], roots: Iterable[Path]
) -> dict[Named, dict[TestPlace, None]]:
    """The tests that name each part."""
    found: dict[Named, dict[TestPlace, None]] = {each.of: {} for each in mentions}
    for document in folder.test_documents(roots):
        places = list(_tests_of(document))
        for mention in folder.mentions(document):
            around = next((test for span, test in places if _holds(span, mention.span)), None)
            if around is not None:
                for part in (part for part in found if same(part, mention.of)):
                    found[part][around] = None
    return found


def _tests_of(document: Document) -> Iterable[tuple[Span, TestPlace]]:
    """The stretch of each test of a file, and its name."""
    tests = document.at(("tests",))
    for i, each in enumerate(tests.items if isinstance(tests, SequenceNode) else ()):
        name = document.at(("tests", i, "name"))
        if isinstance(name, Scalar):
            yield each.span, TestPlace(document.source.name, name.text)


def _holds(span: Span, inner: Span) -> bool:
    return span.start <= inner.start and inner.end <= span.end


def _stated(document: Document, at: Span) -> Iterable[str]:
    """The clause of the part whose id stands at a place."""
    for pointer, span in _ids(document):
        if span == at:
            section = document.at((*pointer, "source", "section"))
            if isinstance(section, Scalar):
                yield f"stated in section {section.text}"


def _ids(document: Document) -> Iterable[tuple[tuple[str | int, ...], Span]]:
    pending: list[tuple[tuple[str | int, ...], object]] = [((), document.root)]
    while pending:
        pointer, node = pending.pop()
        if isinstance(node, Scalar):
            if pointer[-1:] == ("id",):
                yield pointer[:-1], node.span
        elif isinstance(node, Mapping):
            pending += [((*pointer, key), entry.value) for key, entry in node.entries.items()]
        elif isinstance(node, SequenceNode):
            pending += [((*pointer, i), each) for i, each in enumerate(node.items)]


def _reached(folder: ProgramFolder, pinned: Pinned | None) -> dict[tuple[str, str], list[str]]:
    """How many pinned records reach each level, with this text and with the saved one."""
    if pinned is None:
        return {}
    load_now = folder.load
    now = pinned.levels(load_now.loaded)
    if now is None:
        return {}
    before = pinned.levels(load(folder.root, as_of=load_now.as_of)) or Counter()
    found: dict[tuple[str, str], list[str]] = {}
    names = folder.names
    for unit in names.units if names is not None else ():
        for level in getattr(unit.policy, "levels", ()):
            key = (unit.policy.id, level.id)
            change = now[key] - before[key]
            moved = f" ({abs(change)} {'more' if change > 0 else 'fewer'} than saved)" if change else ""
            reach = "reaches" if now[key] == 1 else "reach"
            found[key] = [f"{plural(now[key], 'pinned record')} {reach} it{moved}"]
    return found
