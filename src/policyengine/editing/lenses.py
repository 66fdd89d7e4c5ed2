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
from policyengine.editing.workspace import ProgramFolder, is_test, same
from policyengine.files import read_file
from policyengine.program.record import Record
from policyengine.source import Source, Span
from policyengine.text.document import Document, Mapping, Scalar
from policyengine.text.document import Sequence as SequenceNode

_MOST_RECORDS = 2000
_COUNTED = ("level", "stage", "charge", "obligation", "require", "part", "activity")


class Lens(NamedTuple):
    """A line above a place."""

    at: Span
    text: str


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
        for record in self._records(program)[:_MOST_RECORDS]:
            for each in program.evaluate(record).of("levels"):
                if each.status == "reached" and each.level is not None:
                    found[each.origin.policy, each.level] += 1
        return found

    def value(self, program: Program, name: str) -> str | None:
        """What the first of the records says of a fact, in words; None if it says nothing."""
        records = self._records(program) if program.ok else []
        kind = program.vocabulary.names(records[0].entity).get(name) if records else None
        if kind is None or name not in records[0].facts:
            return None
        return writer(kind)(records[0].facts[name])

    def _records(self, program: Program) -> list[Record]:
        return [record for source in self.sources for record in program.read(source).records]


def lenses(
    folder: ProgramFolder, document: Document, pinned: Pinned | None, roots: Iterable[Path]
) -> list[Lens]:
    """The lines above the parts of a policy."""
    mentions = [each for each in folder.mentions(document) if each.declares and each.of.space in _COUNTED]
    tests = _named_by_tests(folder, mentions, roots)
    reached = _reached(folder, pinned)
    found: list[Lens] = []
    for each in mentions:
        parts = [*_stated(document, each.span), *reached.get((each.of.scope, each.of.name), ())]
        if tests[each.of]:
            parts.append(f"named by {plural(tests[each.of], 'test')}")
        if parts:
            found.append(Lens(each.span, "; ".join(parts)))
    return found


def _named_by_tests(
    folder: ProgramFolder, mentions: Iterable[Mention], roots: Iterable[Path]
) -> Counter[Named]:
    """In how many tests each part is named."""
    wanted, found = [each.of for each in mentions], Counter[Named]()
    for mention in folder.everywhere(roots):
        if is_test(Path(mention.span.source.name)):
            found.update(each for each in wanted if same(each, mention.of))
    return found


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
