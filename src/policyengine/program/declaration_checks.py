"""Checks the declarations of a program: entities, facts, formulas."""

from __future__ import annotations

from collections.abc import Iterator

from policyengine.decision.findings import Assumption, Origin
from policyengine.diagnostics import Code, Diagnostic, Report, did_you_mean
from policyengine.feel.syntax import build
from policyengine.feel.syntax.lexer import KEYWORDS
from policyengine.feel.syntax.parser import parse
from policyengine.feel.types import types
from policyengine.feel.types.signatures import Library
from policyengine.feel.values.values import NEVER as FAR_DAY
from policyengine.policy.base import Policy
from policyengine.policy.bounds import bounded, bounds_of
from policyengine.policy.condition import COMBINERS, lower_condition
from policyengine.policy.draft import assumed_without_note, clause_of, where_applicable
from policyengine.policy.facts import NEVER, NONE, Fact, as_given
from policyengine.policy.policy_reader import PolicyDocument, PolicyReader, excerpt
from policyengine.policy.rule import Node
from policyengine.policy.vocabulary import Declarations, Vocabulary
from policyengine.source import Span
from policyengine.text.document import Document, Pointer, Scalar

_PROGRAM = """\
kind: program
id: example
title: Example
currency: USD
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      fee: {type: money, title: fee}
      double: {type: money, title: double fee, formula: 2 * fee}
---
kind: obligations
id: duties
title: Duties
for: partner
obligations:
  - {id: a, title: A, met_when: double > 10}
"""
ENTITY_TREE = Code(
    id="PROG001",
    title="entities that do not form one tree",
    why="A record is one thing, the root, with lists of other things in it; every entity but the root lies "
    "within another one.",
    bad=_PROGRAM.replace("---", "  account: {within: partnr, facts: {}}\n---"),
    good=_PROGRAM,
)
UNKNOWN_FACT = Code(
    id="PROG002",
    title="a key or label that is not a fact of the entity",
    why="A fact identifies each instance of an entity.",
    bad=_PROGRAM.replace("key: id", "key: idd"),
    good=_PROGRAM,
)
NO_CURRENCY = Code(
    id="PROG003",
    title="money without a currency",
    why="An amount means nothing without its currency, and its rounding depends on it.",
    bad=_PROGRAM.replace("currency: USD\n", ""),
    good=_PROGRAM,
)
NAME_TAKEN = Code(
    id="PROG004",
    title="a name that means two things",
    why="`today` is the evaluation date, and `period`, `due_on` and the like have a meaning in obligations; "
    "a fact of that name could not be told from it. Nor may a fact share its name with a list.",
    bad=_PROGRAM.replace("fee: {", "today: {type: date, title: today}\n      fee: {"),
    good=_PROGRAM,
)
WRONG_DEFAULT = Code(
    id="PROG007",
    title="a default that the fact cannot have",
    why="A default is a value of the fact, `none`, or for a date `never`. A fact that is required or worked "
    "out always has a value of its own.",
    bad=_PROGRAM.replace("title: fee}", "title: fee, default: many}"),
    good=_PROGRAM.replace("title: fee}", "title: fee, default: 0}"),
)
CODES = (ENTITY_TREE, UNKNOWN_FACT, NO_CURRENCY, NAME_TAKEN, WRONG_DEFAULT)

RESERVED = frozenset(
    {"today", "period", "period_number", "period_name", "due_on", "item", "partial"} | {*COMBINERS} | KEYWORDS
)


def check_tree(declarations: Declarations, document: Document) -> Iterator[Diagnostic]:
    """Yields what keeps the entities from forming one tree; a vocabulary needs one."""
    entities = declarations.entities
    circles = [name for name in entities if _circles(declarations, name)]
    if not declarations.root and not circles:
        message = "no entity is the root, which lies within no other"
        help = "declare one without `within` and `list`: what a record describes"
        yield ENTITY_TREE.at(document.key_span(("entities",)), message, help=help)
    if declarations.root and entities[declarations.root].default is not None:
        message = f"`{declarations.root}` is the record itself, which no list leaves out"
        help = "say `default: none` of an entity of a list"
        yield WRONG_DEFAULT.at(
            document.key_span(("entities", declarations.root, "default")), message, help=help
        )
    for name, entity in entities.items():
        place = ("entities", name, "within")
        if entity.within is not None and entity.within not in entities:
            yield ENTITY_TREE.at(
                document.value_span(place),
                f"`{entity.within}` is not an entity",
                help=did_you_mean(entity.within, entities),
            )
        elif name in circles[:1]:
            yield ENTITY_TREE.at(document.value_span(place), f"`{name}` lies within itself")


def _circles(declarations: Declarations, name: str) -> bool:
    seen: set[str] = set()
    at: str | None = name
    while at is not None and at in declarations.entities and at not in seen:
        seen.add(at)
        at = declarations.entities[at].within
    return at == name


def check_facts(vocabulary: Vocabulary, document: Document) -> Iterator[Diagnostic]:
    """Yields mistakes in keys, labels, currencies and names; a missing currency is reported once."""
    lacking = False
    if vocabulary.declarations.basis == "assumed" and vocabulary.declarations.note is None:
        yield assumed_without_note(document, ())
    for name, entity in vocabulary.entities.items():
        for role in ("key", "label"):
            fact = getattr(entity, role)
            if fact is not None and fact not in entity.facts:
                yield UNKNOWN_FACT.at(
                    document.value_span(("entities", name, role)), f"`{fact}` is not a fact of `{name}`",
                    help=did_you_mean(fact, entity.facts),
                )  # fmt: skip
            elif fact is not None and not entity.facts[fact].is_given:
                at = document.value_span(("entities", name, role))
                yield UNKNOWN_FACT.at(at, f"`{fact}` is derived, so no record gives it")
        lists: list[str] = []
        for child, below in vocabulary.children(name):
            if below.list in RESERVED or below.list in lists:
                at = document.value_span(("entities", child, "list"))
                meaning = "another list" if below.list in lists else "a name with a meaning of its own"
                yield NAME_TAKEN.at(at, f"`{below.list}` is {meaning}", help="choose another name")
            lists.append(str(below.list))
        yield from _check_best(vocabulary, document, name)
        for fact, declared in entity.facts.items():
            place = ("entities", name, "facts", fact)
            if declared.basis == "assumed" and declared.note is None:
                yield assumed_without_note(document, place)
            if fact in RESERVED or fact in lists:
                meaning = "a list of what is within" if fact in lists else "a name with a meaning of its own"
                yield NAME_TAKEN.at(
                    document.key_span(place), f"`{fact}` is {meaning}", help="choose another name"
                )
            yield from _wrong_default(declared, document, (*place, "default"))
            yield from _check_currency(vocabulary, name, document, place, declared.currency)
            if declared.scalar == "money" and not (declared.currency or vocabulary.currency or lacking):
                lacking = True
                message = f"`{fact}` is money, but the program has no currency"
                help = "add `currency: USD` or another code to the program"
                yield NO_CURRENCY.at(document.value_span((*place, "type")), message, help=help)


def _check_currency(
    vocabulary: Vocabulary, entity: str, document: Document, place: Pointer, currency: str | None
) -> Iterator[Diagnostic]:
    """Yields what is wrong with the fact that names the currency of an amount."""
    if currency is None:
        return
    at, found = document.value_span((*place, "currency")), vocabulary.fact(entity, currency)
    if found is None:
        known = vocabulary.names(entity)
        yield UNKNOWN_FACT.at(
            at, f"`{currency}` is not a fact of `{entity}`", help=did_you_mean(currency, known)
        )
    elif found[1].type not in ("text", "enum"):
        message = f"`{currency}` names no currency: its type is `{found[1].type}`"
        yield NO_CURRENCY.at(at, message, help="name a text, or an enum such as `values: [EUR, USD]`")


def _wrong_default(declared: Fact, document: Document, place: tuple[str, ...]) -> Iterator[Diagnostic]:
    """Yields what is wrong with the default of a fact."""
    written = document.at(place)
    if not isinstance(written, Scalar):
        return
    try:
        default_of(declared, written.text, quoted=written.quoted)
    except ValueError as error:
        told, _, help = str(error).partition("; ")
        yield WRONG_DEFAULT.at(document.value_span(place), told, help=help or None)


def _check_best(vocabulary: Vocabulary, document: Document, name: str) -> Iterator[Diagnostic]:
    """Yields names of periods and of best children that mean something else already at their entity."""
    below = list(vocabulary.children(name))
    own = vocabulary.entities[name]
    taken = {*RESERVED, *own.facts, *(str(each.list) for _, each in below)}
    names = [(word, ("entities", name, "periods", word)) for word in own.periods]
    names += [(word, ("entities", child, "best", word)) for child, entity in below for word in entity.best]
    for word, place in names:
        if word in taken:
            help = "choose another name"
            yield NAME_TAKEN.at(document.key_span(place), f"`{word}` has a different meaning", help=help)
        taken.add(word)


def derived_facts(
    vocabulary: Vocabulary, document: Document, functions: Library, report: Report
) -> Iterator[Node]:
    """Yields as nodes what formulas derive, and what a record says or else a default."""
    for name, entity in vocabulary.entities.items():
        for fact, declared in entity.facts.items():
            place = ("entities", name, "facts", fact)
            if declared.formula is not None:
                yield from _formula(vocabulary, document, functions, report, name, fact)
            elif declared.default is not None:
                yield from _default(vocabulary, document, name, fact, document.at((*place, "default")))


def _formula(
    vocabulary: Vocabulary, document: Document, functions: Library, report: Report, entity: str, fact: str
) -> Iterator[Node]:
    declared = vocabulary.entities[entity].facts[fact]
    node = document.at(("entities", entity, "facts", fact, "formula"))
    if not isinstance(node, Scalar):
        return
    parsed = parse(excerpt(node), vocabulary.names(entity), functions=functions)
    report.extend(parsed.diagnostics)
    expression = parsed.expression
    if expression is None:
        return
    if "never" in node.text:
        expression = build.with_never(expression, vocabulary.names(entity))
    if declared.applies_when is not None:
        head: dict[str, str] = {"kind": "program", "id": entity, "title": declared.title, "for_": entity}
        about = Policy(**head)  # type: ignore[arg-type]  # the keys are texts, and no day is among them
        reader = PolicyReader(PolicyDocument(about, document), vocabulary, report, functions)
        applies = lower_condition(reader, ("entities", entity, "facts", fact, "applies_when"), entity)
        yield Node(f"{fact}/applies", entity, applies, applies.span, types.BOOLEAN, title="applies")
        expression = where_applicable(build.name(f"{fact}/applies", applies.span), expression)
    if declared.given is not None:
        expression = build.call("given or", build.name(as_given(fact), node.span), expression, span=node.span)
    found = Node(
        fact, entity, expression, node.span,
        vocabulary.fact_type(fact, declared, entity), declared.title, exported=declared.shown,
        origin=fact_origin(vocabulary.declarations, document, entity, fact, node.span),
    )  # fmt: skip
    yield from bounded(found, bounds_of(declared), declared.title, vocabulary.domains(entity))


def fact_origin(declarations: Declarations, document: Document, entity: str, name: str, at: Span) -> Origin:
    """Where the figure of a declared fact comes from."""
    fact = declarations.entities[entity].facts[name]
    clause, basis = clause_of(declarations, fact.source), fact.basis or "stated"
    assumption = fact_assumption(declarations, document, entity, name) if basis == "assumed" else None
    return Origin(declarations.id, name, fact.title, at, clause, basis, fact.note, assumption)


def fact_assumption(declarations: Declarations, document: Document, entity: str, name: str) -> Assumption:
    """What a fact that is assumed assumes."""
    fact, place = declarations.entities[entity].facts[name], ("entities", entity, "facts", name)
    return Assumption(declarations.id, name, fact.title, document.key_span(place), fact.note)


def _default(
    vocabulary: Vocabulary, document: Document, entity: str, fact: str, written: object
) -> Iterator[Node]:
    declared = vocabulary.entities[entity].facts[fact]
    if not isinstance(written, Scalar):
        return
    try:
        value = default_of(declared, written.text, quoted=written.quoted)
    except ValueError:
        return  # reported by `check_facts`
    at = written.span
    stands_in = build.call("given or", build.name(as_given(fact), at), build.literal(value, at), span=at)
    yield Node(fact, entity, stands_in, at, vocabulary.fact_type(fact, declared, entity), declared.title)


def default_of(fact: Fact, text: str, *, quoted: bool = False) -> object:
    """Returns the value that stands in for a fact; raises `ValueError` with a sentence if there is none."""
    if fact.required:
        raise ValueError("no record may be without the fact, so it needs no default")
    if fact.formula is not None:
        advice = ": `if ... then ... else never`" if text == NEVER else ""
        raise ValueError(f"a formula works the fact out, so it needs no default{advice}")
    if fact.is_list:
        raise ValueError("a list has no default; an empty list is written `[]` in the record")
    if text == NONE and not quoted:
        return None
    if text == NEVER and fact.scalar == "date":
        return FAR_DAY
    if fact.values is not None and text not in fact.values:
        raise ValueError(f"`{text}` is not one of {', '.join(fact.values)}")
    return fact.read(text)


def default_words(fact: Fact, text: str) -> str:
    """Returns a default as people read it."""
    try:
        value = default_of(fact, text)
    except ValueError:
        return text
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (fact.values or {}).get(text, text) if isinstance(value, str) else text
