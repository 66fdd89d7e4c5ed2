"""The findings table out of the row engine: what is found for one record, as rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from policyengine.decision.decision import Decision
from policyengine.decision.findings import Figure, Finding, Owner, Subject
from policyengine.engine.layout import (
    RANKS,
    Row,
    figure_row,
    finding_row,
    missing_row,
    owner_columns,
)
from policyengine.engine.reference.scope import subject_of
from policyengine.engine.rows import Engine
from policyengine.feel.types.types import Number
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.linked import Program
from policyengine.program.record import Record


def row_engine(program: Program) -> Callable[[int, Record], list[Row]]:
    """What gives the rows of a record, by section, then by subject, then in the order of the policies."""
    engine = Engine(program)
    assert program.graph is not None
    vocabulary = program.graph.vocabulary
    ranks = {(rule.origin.policy, rule.origin.id): i for i, rule in enumerate(program.graph.rules)}
    digits = {
        key: vocabulary.number_of_digits()
        for key, kind in program.graph.types.items()
        if isinstance(kind, Number) and kind.unit == "money"
    }

    above = owner_cells(vocabulary)

    def rows(number: int, record: Record) -> list[Row]:
        decision = engine.decide(record)
        order = _order(vocabulary, record)
        key = decision.subject.key
        ordered = _ordered(decision, order, ranks)
        found = [finding_row(number, key, each) + above(each.subject.owners) for each in ordered]
        found += [
            figure_row(number, key, each, digits.get((each.subject.entity, each.id), 0))
            + above(each.subject.owners)
            for each in decision.of("figures")
        ]
        found += [
            missing_row(number, key, vocabulary.root, each) + above(each.within) for each in decision.missing
        ]
        return found

    return rows


def _order(vocabulary: Vocabulary, record: Record) -> dict[Subject, int]:
    """The places of everybody in a record: entity by entity, those of each in the order of the record."""
    root = vocabulary.entities[vocabulary.root]
    subject = subject_of(vocabulary.root, root, record, 1, None)
    found = {subject: 0}
    rows: dict[str, list[tuple[Record, Subject]]] = {vocabulary.root: [(record, subject)]}
    for name in sorted(vocabulary.entities, key=lambda each: len(vocabulary.lineage(each)))[1:]:
        declared = vocabulary.entities[name]
        rows[name] = [
            (row, subject_of(name, declared, row, i, whose))
            for above, whose in rows[str(declared.within)]
            for i, row in enumerate(above.lists.get(str(declared.list), ()), start=1)
        ]
        found |= {whose: i for i, (_, whose) in enumerate(rows[name], start=len(found))}
    return found


def _ordered(
    decision: Decision, order: Mapping[Subject, int], ranks: Mapping[tuple[str, str], int]
) -> list[Finding]:
    def rank(finding: Finding) -> tuple[int, int, int]:
        rule = ranks.get((finding.policy, finding.id), len(ranks))
        return RANKS[finding.section], order[finding.subject], rule

    return sorted((each for each in decision.findings if not isinstance(each, Figure)), key=rank)


Owners = Callable[[Sequence[Owner]], Row]


def owner_cells(vocabulary: Vocabulary) -> Owners:
    """What gives the cells of the levels above a subject."""
    entities = tuple(owner_columns(vocabulary))
    if not entities:
        return lambda owners: ()

    def cells(owners: Sequence[Owner]) -> Row:
        names = dict(owners)
        return tuple(names.get(entity) for entity in entities)

    return cells
