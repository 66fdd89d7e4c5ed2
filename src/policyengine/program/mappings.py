"""Mappings beside the policies: whether what they name is there, and what is still open in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from policyengine.diagnostics import Code, Diagnostic, Label, Report, Severity, did_you_mean, listed
from policyengine.feel.functions import BUILTINS
from policyengine.feel.syntax.lexer import Excerpt
from policyengine.feel.syntax.parser import parse
from policyengine.files import read_file
from policyengine.policy.export_formats import is_date_format, is_number_format
from policyengine.policy.facts import Fact
from policyengine.policy.mapping import MappedColumn, Mapping
from policyengine.policy.policy_reader import DUPLICATE_ID
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.linked import Program
from policyengine.program.read import MappingDocument, mappings_of
from policyengine.program.record_codes import unknown_fact
from policyengine.text.document import Document, Scalar

_GOOD = """\
kind: mapping
id: crm
for: partner
columns:
  Record ID: id
  Renewal: {fact: renewal_on, format: us}
"""
NO_FACT = Code(
    id="MAP001",
    title="a mapping to a fact that does not exist",
    why="The values of the column would be read by nobody, and the fact that was meant would be missing.",
    bad=_GOOD.replace("fact: renewal_on", "fact: renewed_on"),
    good=_GOOD,
)
NO_FORMAT = Code(
    id="MAP002",
    title="a format, unit or separator that does not go with its fact",
    why="Dates are read by a format of dates, numbers by one of numbers, and lists by what separates them.",
    bad=_GOOD.replace("format: us", "format: american"),
    good=_GOOD,
)
NO_JOIN = Code(
    id="MAP003",
    title="a mapping of children that does not say whose they are",
    why="A row of a child names the record that it belongs to by a column with its key.",
    bad="kind: mapping\nid: fees\nfor: account\ncolumns: {Fee ID: id}\n",
    good="kind: mapping\nid: fees\nfor: account\njoins: {partner: Company}\ncolumns: {Fee ID: id}\n",
)
OPEN = Code(
    id="MAP004",
    title="a mapping in which something is still open",
    why="`policyengine map` does not guess: what the export does not prove is for a person to decide.",
    bad=f'{_GOOD}open: {{Renewal: "us or british: 3/4/2026"}}\n',
    good=_GOOD,
    severity=Severity.WARNING,
)
UNREAD = Code(
    id="MAP005",
    title="a value that is not written as the mapping says",
    why="It is not read in a different way, which might be a different day or amount.",
    bad="13/25/2026 under a column with `format: us`",
    good="12/25/2026",
    example="folder",
)
TWICE = Code(
    id="MAP006",
    title="two columns for one fact",
    why="The two could contradict each other, and nothing says which of them counts.",
    bad=_GOOD + "  Name: id\n",
    good=_GOOD + "  Name: name\n",
)
NO_MEANING = Code(
    id="MAP007",
    title="a word that means no value of its fact",
    why="Every cell with the word would be a mistake, though the mistake is in the mapping.",
    bad=_GOOD + "  Rating: {fact: competence_rating, values: {Green: postive}}\n",
    good=_GOOD + "  Rating: {fact: competence_rating, values: {Green: positive}}\n",
)
CODES = (NO_FACT, NO_FORMAT, NO_JOIN, OPEN, UNREAD, TWICE, NO_MEANING)


def target(vocabulary: Vocabulary, entity: str, name: str) -> tuple[str, str | None, str]:
    """Whose fact a name of a mapping means, the list that it stands in, and the fact: `accounts.fee`."""
    word, point, fact = name.partition(".")
    if point:
        for child, declared in vocabulary.children(entity):
            if declared.list == word:
                return child, word, fact
    return entity, None, name


def fact_of(vocabulary: Vocabulary, entity: str, name: str) -> Fact | None:
    """The fact that a name of a mapping means, if a record gives it."""
    owner, _, fact = target(vocabulary, entity, name)
    found = vocabulary.entities[owner].facts.get(fact)
    return found if found is not None and found.is_given else None


def read_mappings(
    path: Path, vocabulary: Vocabulary
) -> tuple[tuple[MappingDocument, ...], tuple[Diagnostic, ...]]:
    """The mappings of a file, and what is wrong with them."""
    source = read_file(path)
    if isinstance(source, Diagnostic):
        return (), (source,)
    report = Report()
    found = mappings_of(source, report)
    for each in found:
        report.extend(check_mapping(each, vocabulary))
    return found, tuple(report)


def check_mappings(program: Program) -> Iterator[Diagnostic]:
    """What is wrong with the mappings of a program."""
    if program.graph is None:
        return
    first: dict[str, Document] = {}
    for each in program.mappings:
        yield from check_mapping(each, program.graph.vocabulary)
        if each.mapping.id in first:
            at = each.document.value_span(("id",))
            yield DUPLICATE_ID.at(
                at, f"`{each.mapping.id}` is the id of two mappings", help="call one otherwise"
            )
        first.setdefault(each.mapping.id, each.document)


def check_mapping(found: MappingDocument, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    """What is wrong with a mapping, and what is open in it."""
    mapping, document = found.mapping, found.document
    if mapping.for_ not in vocabulary.entities:
        help = did_you_mean(mapping.for_, vocabulary.entities) or f"known: {listed(vocabulary.entities)}"
        at = document.value_span(("for",))
        yield NO_FACT.at(at, f"`{mapping.for_}` is not an entity of this program", help=help)
        return
    yield from _joins(mapping, document, vocabulary)
    yield from _twice(mapping, document)
    for head, column in mapping.columns.items():
        yield from _column(mapping, document, vocabulary, head, column)
    for part in ("constants", "expressions"):
        for name in getattr(mapping, part):
            fact = fact_of(vocabulary, mapping.for_, name)
            if fact is None:
                yield _unknown(document, vocabulary, mapping, name, part, name)
            elif part == "constants":
                yield from _meaning(document, name, fact, mapping.constants[name], part, name)
    for name in mapping.expressions:
        node = document.at(("expressions", name))
        assert isinstance(node, Scalar)
        yield from parse(Excerpt(node.text, node.part), (), functions=BUILTINS).diagnostics
    for head, reason in mapping.open.items():
        at = document.key_span(("open", head))
        yield OPEN.at(at, f"`{head}` is open: {reason}", help="decide it, and remove the line")


def _twice(mapping: Mapping, document: Document) -> Iterator[Diagnostic]:
    given: dict[str, tuple[str, ...]] = {}
    sources = [(each.fact, ("columns", head)) for head, each in mapping.columns.items()]
    sources += [
        (fact, (part, fact)) for part in ("constants", "expressions") for fact in getattr(mapping, part)
    ]
    for fact, place in sources:
        if fact in given:
            label = [Label(document.key_span(given[fact]), "the first")]
            at, message = document.key_span(place), f"`{given[fact][1]}` and `{place[1]}` both give `{fact}`"
            yield TWICE.at(at, message, help="remove one of them", labels=label)
        given.setdefault(fact, place)


def _joins(mapping: Mapping, document: Document, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    above = vocabulary.lineage(mapping.for_)[1:]
    for name in above:
        if name not in mapping.joins:
            message = f"nothing says which {vocabulary.entities[name].title} a row belongs to"
            help = f"add `joins: {{{name}: COLUMN}}`"
            yield NO_JOIN.at(document.value_span(("for",)), message, help=help)
    for name in mapping.joins:
        if name not in above:
            message = f"`{mapping.for_}` does not stand in `{name}`"
            yield NO_JOIN.at(document.key_span(("joins", name)), message, help="remove it")


def _unknown(
    document: Document, vocabulary: Vocabulary, mapping: Mapping, name: str, *place: str
) -> Diagnostic:
    owner, _, fact = target(vocabulary, mapping.for_, name)
    known = unknown_fact(None, fact, vocabulary, owner)
    at = document.key_span(place) if place[0] != "columns" else document.value_span(place)
    return NO_FACT.at(at, known.message, help=known.help)


def _meaning(document: Document, name: str, fact: Fact, text: str, *place: str) -> Iterator[Diagnostic]:
    """What is wrong with a value that words or a constant of a mapping stand for."""
    at = document.value_span(place)
    for part in map(str.strip, text.split(";")) if fact.is_list else (text,):
        try:
            fact.read(fact.single.of_cell(part))
        except ValueError as error:
            help = "write `true` or `false`" if fact.scalar == "boolean" else None
            yield NO_MEANING.at(at, f"`{part}` is not a value of `{name}`: {error}", help=help)
            continue
        if fact.values is not None and part not in fact.values:
            help = did_you_mean(part, fact.values) or f"its values are {listed(fact.values)}"
            yield NO_MEANING.at(at, f"`{part}` is not a value of `{name}`", help=help)


def _column(
    mapping: Mapping, document: Document, vocabulary: Vocabulary, head: str, column: MappedColumn
) -> Iterator[Diagnostic]:
    fact, place = fact_of(vocabulary, mapping.for_, column.fact), ("columns", head)
    if fact is None:
        yield _unknown(document, vocabulary, mapping, column.fact, *place)
        return
    for word, meant in column.values.items():
        yield from _meaning(document, column.fact, fact, meant, *place, "values", word)
    at = document.value_span(place)
    if column.separator is not None and not fact.is_list:
        yield NO_FORMAT.at(at, f"`{column.fact}` takes one value, which nothing separates", help="remove it")
    if column.unit is not None and not fact.single.is_number:
        yield NO_FORMAT.at(at, f"`{column.fact}` is not a number, so it has no unit", help="remove `unit`")
    if column.format is None:
        return
    if fact.scalar == "date":
        if not is_date_format(column.format):
            help = "write `us`, `british`, `german`, `iso`, or a pattern such as `YYYY/MM/DD`"
            yield NO_FORMAT.at(at, f"`{column.format}` is not a format of dates", help=help)
    elif not fact.single.is_number:
        yield NO_FORMAT.at(at, f"`{column.fact}` is neither a date nor a number", help="remove `format`")
    elif not is_number_format(column.format):
        help = "write `us`, `german`, `french` or `swiss`"
        yield NO_FORMAT.at(at, f"`{column.format}` is not a format of numbers", help=help)
