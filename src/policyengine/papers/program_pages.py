"""The pages of a programme for its readers: what it asks and gives, what is assumed, where it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyengine.dataclass import dataclass
from policyengine.decision.wording import words
from policyengine.papers.blocks import (
    Block,
    Column,
    Items,
    Line,
    Link,
    Paper,
    Paragraph,
    Row,
    Run,
    Section,
    section,
    table,
)
from policyengine.papers.conditions import expression
from policyengine.papers.language import Language
from policyengine.papers.program_parts import ASSUMPTIONS, GLOSSARY, OTHER, SOURCES, Parts
from policyengine.papers.unit_pages import of_unit
from policyengine.papers.voice import Voice
from policyengine.policy.facts import Fact
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.program.ledgers import Entry
from policyengine.program.linked import Program

_OF_PAGES = {
    "duties": "Who does what", "levels": "Levels and points", "pipelines": "Pipelines", "charges": "Charges",
    "tables": "Tables", "obligations": "Obligations", OTHER: "Other policies", "assumptions": "Assumptions",
    "sources": "Sources", "glossary": "Words and facts",
}  # fmt: skip
_OF_TYPES = {
    "text": "a text", "boolean": "yes or no", "integer": "a whole number", "count": "a count",
    "number": "a number", "money": "an amount", "rate": "a rate", "date": "a day",
    "period": "a length of time", "enum": "one of several values",
}  # fmt: skip
_OF_OUTCOMES = {"encoded": "a rule", "no_rule": "no rule", "open": "open"}


@dataclass(frozen=True, slots=True)
class Since:
    """What changed since an earlier version: its name, and a sentence a change with the policy's title."""

    name: str
    changes: Sequence[tuple[str, str]]


def pages(program: Program, say: Language, since: Since | None = None) -> dict[str, Paper]:
    """The pages by their names, without an ending; `index` is the first."""
    assert program.graph is not None
    assert program.declarations is not None
    declared = program.declarations
    labels = {**declared.parties, **declared.item_titles}
    parts = Parts(program, Voice(say, program.graph.vocabulary, labels))
    found = {"index": _paper(parts, declared.title, [*_overview(parts), *_since(parts, since)])}
    for name, units in parts.units.items():
        found[name] = _paper(parts, say(_OF_PAGES[name]), [_of(parts, unit) for unit in units])
    found = {name: found[name] for name in ("index", *_OF_PAGES) if name in found}
    for name, sections in (
        (ASSUMPTIONS, _assumptions(parts)), (SOURCES, _sources(parts)), (GLOSSARY, _glossary(parts))
    ):  # fmt: skip
        found[name] = _paper(parts, say(_OF_PAGES[name]), list(sections))
    links = [(name, say("Overview") if name == "index" else say(_OF_PAGES[name])) for name in found]
    there = {f"{name}.html#{anchor}" for name, paper in found.items() for anchor in paper.anchors()}
    return {
        name: paper.leading_to(there).linked(
            [Link(title, f"{each}.html", each == name) for each, title in links]
        )
        for name, paper in found.items()
    }


def _paper(parts: Parts, title: str, sections: Sequence[Section]) -> Paper:
    say, program = parts.voice.say, parts.program
    assert program.declarations is not None
    head = {
        "program": program.declarations.title, "day": say("as of {day}", day=say.day(program.as_of)),
        "date": program.as_of.isoformat(),
    }  # fmt: skip
    return Paper("pages", say.code, title, head, sections).told_apart()


def _of(parts: Parts, unit: PolicyDocument) -> Section:
    return Section(parts.section_id(unit), unit.policy.title, list(of_unit(parts, unit)))


# Overview


def _overview(parts: Parts) -> Iterator[Section]:
    say, declared = parts.voice.say, parts.program.declarations
    assert declared is not None
    lead: list[Block] = [
        Paragraph(say("This is what the programme says on {day}, worked out from its policies.",
                      day=say.day(parts.program.as_of)))
    ]  # fmt: skip
    if declared.note:
        lead.append(Paragraph(declared.note))
    yield Section("about", "", lead)
    rows = [
        Row([Run(unit.policy.title, href=f"{page}.html#{parts.section_id(unit)}"),
             parts.voice.entity(unit.policy.for_), _in_force(parts, unit),
             parts.source(unit.policy.id, unit.policy)])
        for page, units in parts.units.items() for unit in units
    ]  # fmt: skip
    title = say("The policies")
    yield Section(
        "policies",
        title,
        [table(title, parts.voice.columns("policy", "for each", "in force", "source"), rows)],
    )
    parties: list[Line] = list(declared.parties.values())
    yield from section("parties", say("Who takes part"), [Items(parties)] if parties else [])


def _in_force(parts: Parts, unit: PolicyDocument) -> str:
    say, policy = parts.voice.say, unit.policy
    told = [] if policy.from_ is None else [say("from {day}", day=say.day(policy.from_))]
    told += (
        [] if policy.until_including is None else [say("until {day}", day=say.day(policy.until_including))]
    )
    return " ".join(told) or say("on any day")


def _since(parts: Parts, since: Since | None) -> list[Section]:
    if since is None:
        return []
    say = parts.voice.say
    title = say("What changed since {version}", version=since.name)
    language = None if say.code == "en" else "en"  # the sentences of `diff` are English
    rows = [Row([policy, Run(each, language=language)]) for policy, each in since.changes]
    if not rows:
        return [Section("since", title, [Paragraph(say("Nothing changed."))])]
    return [Section("since", title, [table(title, [Column(say("policy")), Column(say("change"))], rows)])]


# Assumptions, sources, words


def _assumptions(parts: Parts) -> Iterator[Section]:
    say = parts.voice.say
    assumed = [each for each in parts.noted if each.assumed]
    notes = [each for each in parts.noted if not each.assumed]
    for name, title, found in (
        ("assumed", say("What is assumed"), assumed), ("notes", say("What a reader should know"), notes)
    ):  # fmt: skip
        rows = [Row([Run(each.title, href=each.href), each.note or ""], each.name) for each in found]
        blocks = [table(title, parts.voice.columns("about", "note"), rows)] if rows else []
        yield from section(name, title, blocks)
    if not parts.noted:
        yield Section("assumed", say("What is assumed"), [Paragraph(say("Nothing is assumed."))])
    unclear = [entry for entry in parts.ledgers.entries if entry.statement.outcome == "open"]
    title = say("What the documents leave open")
    rows = [Row([each.statement.says, each.statement.open or ""]) for each in unclear]
    yield from section(
        "open", title, [table(title, parts.voice.columns("statement", "why"), rows)] if rows else []
    )


def _sources(parts: Parts) -> Iterator[Section]:
    say, declared = parts.voice.say, parts.program.declarations
    assert declared is not None
    for name, document in declared.sources.items():
        lead: list[Line] = []
        if document.url is not None:
            lead.append(Run(document.url, href=document.url if document.url.startswith("https://") else None))
        if document.dated is not None:
            lead.append(say("dated {day}", day=say.day(document.dated)))
        if document.note is not None:
            lead.append(document.note)
        blocks: list[Block] = [Items(lead)] if lead else []
        entries = parts.ledgers.of(name)
        if entries:
            heads = parts.voice.columns("where", "what it says", "what became of it")
            rows = [
                Row([_where(each), each.statement.says, _became(parts, each)], f"{name}/{each.statement.id}")
                for each in entries
            ]
            blocks.append(table(document.title, heads, rows))
        else:
            blocks.append(Paragraph(say("There is no ledger of its statements.")))
        yield Section(name, document.title, blocks)
    if not declared.sources:
        yield Section("none", say("Sources"), [Paragraph(say("No source is declared."))])


def _where(entry: Entry) -> str:
    statement = entry.statement
    place = [
        each for each in (statement.section, None if statement.row is None else str(statement.row)) if each
    ]
    return f"{statement.id}: {', '.join(place)}" if place else statement.id


def _became(parts: Parts, entry: Entry) -> Line:
    statement = entry.statement
    if statement.outcome != "encoded":
        return f"{parts.voice.say(_OF_OUTCOMES[statement.outcome])}: {statement.reason}"
    found: list[str | Run] = []
    for name in statement.encoded:
        found += ["; " if found else "", Run(parts.title(name), href=parts.href(name))]
    return found


def _glossary(parts: Parts) -> Iterator[Section]:
    voice, say = parts.voice, parts.voice.say
    for name, entity in voice.vocabulary.entities.items():
        rows = [
            Row([say.capital(fact.title), _type(parts, fact),
                 expression(voice, name, fact.formula) if fact.formula else "",
                 parts.source(f"{name}.{key}", fact), Run(key, code=True)], f"{name}.{key}")
            for key, fact in entity.facts.items()
        ]  # fmt: skip
        heads = voice.columns("fact", "what it is", "worked out as", "source", "name in a record")
        lead = [] if entity.within is None else [
            Paragraph(say("Within each {entity}.", entity=voice.entity(entity.within)))
        ]  # fmt: skip
        yield Section(f"entity-{name}", say.capital(entity.title), [*lead, table(entity.title, heads, rows)])


def _type(parts: Parts, fact: Fact) -> str:
    say = parts.voice.say
    told = say(_OF_TYPES[fact.scalar])
    if fact.values is not None:
        told = say.join(
            (words(title) if title == value else title for value, title in fact.values.items()), "or"
        )
    return say("several: {type}", type=told) if fact.is_list else told
