"""The findings table out of the row engine: what is found for one record, as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from policyengine.engine.compile import Engine
from policyengine.engine.compile.outcomes import SubjectOutcomes
from policyengine.engine.layout import RANKS, Row, finding_row, missing_row, value_row, value_text
from policyengine.engine.scope import subject_of
from policyengine.feel.types import Number
from policyengine.policy.findings import Decision, Finding, Subject
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.load import Program
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

    def rows(number: int, record: Record) -> list[Row]:
        decision = engine.decide(record)
        subjects = engine.outcomes(record).subjects
        order = _order(vocabulary, record)
        key = decision.subject.key
        found = [finding_row(number, key, each) for each in _ordered(decision, order, ranks)]
        found += _values(number, key, subjects, digits)
        found += [missing_row(number, key, vocabulary.root, each) for each in decision.missing]
        return found

    return rows


def _order(vocabulary: Vocabulary, record: Record) -> dict[Subject, int]:
    """The place of everybody in a record: entity by entity, those of each in the order of the record."""
    found: dict[Subject, int] = {}
    rows: dict[str, list[Record]] = {vocabulary.root: [record]}
    for name in sorted(vocabulary.entities, key=lambda each: len(vocabulary.lineage(each))):
        declared = vocabulary.entities[name]
        if declared.within is None:
            found[subject_of(name, declared, record, 1, root=True)] = 0
            continue
        lists = [above.lists.get(str(declared.list), ()) for above in rows[declared.within]]
        rows[name] = [row for several in lists for row in several]
        for several in lists:
            for i, row in enumerate(several, start=1):
                found.setdefault(subject_of(name, declared, row, i), len(found))
    return found


def _ordered(
    decision: Decision, order: dict[Subject, int], ranks: dict[tuple[str, str], int]
) -> list[Finding]:
    def rank(finding: Finding) -> tuple[int, int, int]:
        rule = ranks.get((finding.policy, finding.id), len(ranks))
        return RANKS[finding.section], order.get(finding.subject, len(order)), rule

    return sorted(decision.findings, key=rank)


def _values(
    number: int, key: str | None, subjects: tuple[SubjectOutcomes, ...], digits: dict[tuple[str, str], int]
) -> Iterator[Row]:
    for each in subjects:
        for name, value in each.values.items():
            text = value_text(value, digits.get((each.subject.entity, name), 0))
            yield value_row(number, key, each.subject, name, text)
