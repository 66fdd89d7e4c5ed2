"""Checks the declarations of a program: entities, facts, formulas."""

from __future__ import annotations

from collections.abc import Iterator

from policyengine.diagnostics import Code, Diagnostic, Report, did_you_mean
from policyengine.feel.syntax.lexer import KEYWORDS
from policyengine.feel.syntax.parser import parse
from policyengine.feel.types.signatures import Library
from policyengine.policy.bounds import bounded, bounds_of
from policyengine.policy.condition import COMBINERS
from policyengine.policy.draft import assumed_without_note
from policyengine.policy.policy_reader import excerpt
from policyengine.policy.rule import Node
from policyengine.policy.vocabulary import Declarations, Vocabulary
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
    bad=_PROGRAM.replace("---", "  account: {title: account, facts: {}}\n---"),
    good=_PROGRAM,
)
UNKNOWN_FACT = Code(
    id="PROG002",
    title="a key or label that is not a fact of the entity",
    why="A fact identifies each instance of an entity.",
    bad=_PROGRAM.replace("key: id", "key: ident"),
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
CODES = (ENTITY_TREE, UNKNOWN_FACT, NO_CURRENCY, NAME_TAKEN)

RESERVED = frozenset(
    {"today", "period", "period_number", "period_name", "due_on", "item", "partial"} | {*COMBINERS} | KEYWORDS
)


def check_tree(declarations: Declarations, document: Document) -> Iterator[Diagnostic]:
    """Yields what keeps the entities from forming one tree; a vocabulary needs one."""
    entities = declarations.entities
    roots = [name for name, entity in entities.items() if entity.within is None]
    at = document.key_span(("entities",))
    circles = [name for name in entities if _circles(declarations, name)]
    if len(roots) != 1 and not circles:
        words = " and ".join(f"`{name}`" for name in roots) or "none"
        yield ENTITY_TREE.at(
            document.key_span(("entities", roots[1])) if len(roots) > 1 else at,
            f"exactly one entity is the root, which lies within no other; here: {words}",
            help="say `within` and `list` for the others",
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
        for fact, declared in entity.facts.items():
            place = ("entities", name, "facts", fact)
            if declared.basis == "assumed" and declared.note is None:
                yield assumed_without_note(document, place)
            if fact in RESERVED or fact in lists:
                meaning = "a list of what is within" if fact in lists else "a name with a meaning of its own"
                yield NAME_TAKEN.at(
                    document.key_span(place), f"`{fact}` is {meaning}", help="choose another name"
                )
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


def formulas(
    vocabulary: Vocabulary, document: Document, functions: Library, report: Report
) -> Iterator[Node]:
    """Yields the derived facts as nodes."""
    for name, entity in vocabulary.entities.items():
        for fact, declared in entity.facts.items():
            node = document.at(("entities", name, "facts", fact, "formula"))
            if declared.formula is None or not isinstance(node, Scalar):
                continue
            parsed = parse(excerpt(node), vocabulary.names(name), functions=functions)
            report.extend(parsed.diagnostics)
            if parsed.expression is not None:
                found = Node(
                    fact, name, parsed.expression, node.span,
                    vocabulary.fact_type(fact, declared, name), declared.title, exported=True,
                )  # fmt: skip
                yield from bounded(found, bounds_of(declared), declared.title, vocabulary.domains(name))
