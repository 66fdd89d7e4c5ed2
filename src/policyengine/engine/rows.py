"""The findings table out of the row engine: what is found for one record, as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from policyengine.engine.compile import Engine
from policyengine.engine.compile.outcomes import SubjectOutcomes
from policyengine.engine.layout import RANKS, Row, finding_row, missing_row, value_row, value_text
from policyengine.feel.types import Number
from policyengine.policy.findings import Decision, Finding, Subject
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
        key = decision.subject.key
        found = [finding_row(number, key, each) for each in _ordered(decision, subjects, ranks)]
        found += _values(number, key, subjects, digits)
        found += [missing_row(number, key, vocabulary.root, each) for each in decision.missing]
        return found

    return rows


def _ordered(
    decision: Decision, subjects: tuple[SubjectOutcomes, ...], ranks: dict[tuple[str, str], int]
) -> list[Finding]:
    order: dict[Subject, int] = {}
    for each in subjects:
        order.setdefault(each.subject, len(order))

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
