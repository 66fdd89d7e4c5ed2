"""The parts of a program as its pages show them: where each stands, what it rests on, what it assumes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from policyengine.papers.blocks import Run
from policyengine.papers.voice import Voice
from policyengine.policy.base import Part, Policy, Sourced
from policyengine.policy.draft import clause_of
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.program.ledgers import Entry, Ledgers
from policyengine.program.linked import Program
from policyengine.text.document import Pointer

PAGE_OF_KIND: Mapping[str, str] = {
    "matrix": "duties", "tiers": "levels", "scorecard": "levels", "pipeline": "pipelines",
    "billing": "charges", "table": "tables", "obligations": "obligations", "waivers": "obligations",
}  # fmt: skip
"""Which page shows the policies of a kind; those of other kinds stand on one of their own."""
OTHER, GLOSSARY, SOURCES, ASSUMPTIONS = "others", "glossary", "sources", "assumptions"


@dataclasses.dataclass(frozen=True)
class Noted:
    """A part that is assumed, or of which a reader should know something."""

    name: str
    title: str
    assumed: bool
    note: str | None
    href: str


class Parts:
    """What pages ask of a program: its versions, and the links between rules and statements."""

    def __init__(self, program: Program, voice: Voice) -> None:
        self.program = program
        self.voice = voice
        self.ledgers = Ledgers(program)

    @cached_property
    def units(self) -> Mapping[str, Sequence[PolicyDocument]]:
        """The policies by page, the versions in their order; versions that have ended are left out."""
        found: dict[str, list[PolicyDocument]] = {}
        for unit in self.program.units:
            until = unit.policy.until_including
            if until is None or until >= self.program.as_of:
                found.setdefault(PAGE_OF_KIND.get(unit.policy.kind, OTHER), []).append(unit)
        order = list(PAGE_OF_KIND)
        for units in found.values():
            units.sort(key=lambda unit: order.index(unit.policy.kind) if unit.policy.kind in order else 0)
        return found

    def section_id(self, unit: PolicyDocument) -> str:
        """The place of a policy on its page; a later version has its first day in it."""
        policy = unit.policy
        own = [each for units in self.units.values() for each in units if each.policy.id == policy.id]
        return policy.id if own[:1] == [unit] or policy.from_ is None else f"{policy.id}-{policy.from_}"

    @cached_property
    def _places(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for page, units in self.units.items():
            for unit in units:
                found.setdefault(unit.policy.id, page)
        return found

    def href(self, name: str) -> str | None:
        """The address of a rule, `policy/part` or `entity.fact`; None if no page shows it."""
        named = self.ledgers.named(name)
        whole = "/".join(named[0].ids) if named else name
        policy, _, _ = whole.partition("/")
        if "." in policy:
            return f"{GLOSSARY}.html#{whole}"
        page = self._places.get(policy)
        return None if page is None else f"{page}.html#{whole}"

    def title(self, name: str) -> str:
        """What a rule is called."""
        named = self.ledgers.named(name)
        return named[0].title if named else name

    # Sources

    def source(self, name: str, *around: Sourced, inner: Iterable[Sourced] = ()) -> list[str | Run]:
        """Where a part is written, with the statements that it became of, and whether it is assumed.

        `around` leads from the policy in to the part, `inner` are parts in it without a place of their own.
        """
        found: list[str | Run] = [*self._clause(around)]
        for entry in self.statements.get(name, ()):
            found += [", " if found else "", Run(entry.statement.id, href=statement_href(entry))]
        basis = next((each.basis for each in reversed(around) if each.basis is not None), "stated")
        if basis == "assumed" or any(each.basis == "assumed" for each in inner):
            place = self._noted_at(name, around)
            found += [
                " · " if found else "",
                Run(self.voice.say("assumed"), href=f"{ASSUMPTIONS}.html#{place}"),
            ]
        return found

    def _noted_at(self, name: str, around: Sequence[Sourced]) -> str:
        """The name of the nearest part that says what is assumed."""
        steps = name.split("/")
        for size in range(len(steps), 0, -1):
            inner = "/".join(steps[:size])
            if inner in self._noted_names:
                return inner
        return steps[0]

    def _clause(self, around: Sequence[Sourced]) -> Iterator[Run]:
        """The section of a document; with its title where that is not the one of the policy."""
        declared = self.program.declarations
        assert declared is not None
        clause = clause_of(declared, *(each.source for each in reversed(around)))
        above = None if len(around) < 2 else clause_of(declared, around[0].source)
        if clause is None:
            return
        text = "" if clause.section is None else self._section(clause.section)
        if not text or above is None or above.document != clause.document:
            text = f"{_short(clause.title)}, {text}" if text else clause.title
        yield Run(text, href=f"{SOURCES}.html#{clause.document}")

    def _section(self, text: str) -> str:
        return self.voice.say("section {section}", section=text) if text[:1].isdigit() else text

    @cached_property
    def statements(self) -> Mapping[str, Sequence[Entry]]:
        """The statements by the rule that they became."""
        found: dict[str, list[Entry]] = {}
        for entry in self.ledgers.entries:
            for name in entry.statement.encoded:
                for part in self.ledgers.named(name):
                    found.setdefault("/".join(part.ids), []).append(entry)
        return found

    # Assumptions

    @cached_property
    def noted(self) -> Sequence[Noted]:
        """All parts that are assumed or have a note, in the order of the files."""
        return [*self._noted()]

    @cached_property
    def _noted_names(self) -> frozenset[str]:
        return frozenset(each.name for each in self.noted)

    def _noted(self) -> Iterator[Noted]:
        declared = self.program.declarations
        assert declared is not None
        if declared.basis == "assumed" or declared.note:
            yield Noted(declared.id, declared.title, declared.basis == "assumed", declared.note, "index.html")
        for entity, each in self.voice.vocabulary.entities.items():
            for fact, own in each.facts.items():
                name = f"{entity}.{fact}"
                if own.basis == "assumed" or own.note:
                    yield Noted(name, own.title, own.basis == "assumed", own.note, f"{GLOSSARY}.html#{name}")
        for units in self.units.values():
            for unit in units:
                yield from self._noted_in(unit)

    def _noted_in(self, unit: PolicyDocument) -> Iterator[Noted]:
        for ids, part in parts_of(unit.policy):
            if part.basis == "assumed" or part.note:
                name, title = "/".join(ids), getattr(part, "title", None)
                href = self.href(name) or "index.html"
                yield Noted(name, str(title or unit.policy.title), part.basis == "assumed", part.note, href)


def parts_of(policy: Policy) -> Iterator[tuple[tuple[str, ...], Sourced]]:
    """Every part that may have a source, with the ids down to it; a part without an id has that around it."""
    pending: list[tuple[Any, tuple[str, ...]]] = [(policy, ())]
    while pending:
        model, ids = pending.pop(0)
        own = getattr(model, "id", None)
        inside = (*ids, own) if isinstance(own, str) else ids
        if isinstance(model, Sourced):
            yield inside, model
        pending = [(each, inside) for each in _inner(model)] + pending


def _inner(model: Any) -> Iterator[Any]:
    if not isinstance(model, Part):
        return
    fields: Any = dataclasses.fields
    for each in fields(model):
        value = getattr(model, each.name)
        if isinstance(value, Part):
            yield value
        elif isinstance(value, tuple):
            yield from (one for one in value if isinstance(one, Part))
        elif isinstance(value, dict):
            yield from (one for one in value.values() if isinstance(one, Part))


def statement_href(entry: Entry) -> str:
    """The address of a statement."""
    return f"{SOURCES}.html#{entry.ledger.document}/{entry.statement.id}"


def written(unit: PolicyDocument, *pointer: str | int) -> Any:
    """What is written at a place of a policy, as plain data."""
    place: Pointer = pointer
    return unit.document.plain(place)


def _short(title: str) -> str:
    return title if len(title) <= 40 else f"{title[:38].rstrip()}…"
