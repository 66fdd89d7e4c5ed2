"""The findings table out of the row engine: what is found for one record, as rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

from policyengine.decision.decision import Decision
from policyengine.decision.findings import Finding, Subject
from policyengine.engine.layout import RANKS, Row, finding_row, missing_row, value_row, value_text
from policyengine.engine.reference.scope import subject_of
from policyengine.engine.rows import Engine
from policyengine.engine.rows.outcomes import SubjectOutcomes
from policyengine.feel.types.types import Number
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.graph import Graph
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

    deep = _deep(program.graph)

    def rows(number: int, record: Record) -> list[Row]:
        decision = engine.decide(record)
        subjects = engine.outcomes(record).subjects
        order = _order(vocabulary, record)
        key = decision.subject.key
        found = [finding_row(number, key, each) for each in _ordered(decision, order, ranks, deep)]
        found += _values(number, key, subjects, digits)
        found += [missing_row(number, key, vocabulary.root, each) for each in decision.missing]
        return found

    return rows


def _order(vocabulary: Vocabulary, record: Record) -> dict[Subject, list[int]]:
    """The places of everybody in a record: entity by entity, those of each in the order of the record.

    Further down there may be several that nobody can tell apart.
    """
    found: dict[Subject, list[int]] = {}
    places = count()
    rows: dict[str, list[Record]] = {vocabulary.root: [record]}
    for name in sorted(vocabulary.entities, key=lambda each: len(vocabulary.lineage(each))):
        declared = vocabulary.entities[name]
        if declared.within is None:
            found[subject_of(name, declared, record, 1, root=True)] = [next(places)]
            continue
        lists = [above.lists.get(str(declared.list), ()) for above in rows[declared.within]]
        rows[name] = [row for several in lists for row in several]
        for several in lists:
            for i, row in enumerate(several, start=1):
                found.setdefault(subject_of(name, declared, row, i), []).append(next(places))
    return found


def _deep(graph: Graph) -> frozenset[str]:
    """Entities whose instances may look alike, since their keys tell them apart only within what is above."""
    repeating = {repeat.within for repeat in graph.repeats.values()}
    vocabulary = graph.vocabulary
    return frozenset(name for name in vocabulary.entities if len(vocabulary.lineage(name)) > 2) - repeating


def _ordered(
    decision: Decision, order: dict[Subject, list[int]], ranks: dict[tuple[str, str], int],
    deep: frozenset[str],
) -> list[Finding]:  # fmt: skip
    seen: Counter[tuple[object, ...]] = Counter()

    def rank(finding: Finding) -> tuple[int, int, int]:
        rule = ranks.get((finding.policy, finding.id), len(ranks))
        places = order[finding.subject]
        nth = 0
        if finding.subject.entity in deep and len(places) > 1:
            names = (getattr(finding, "role", None), getattr(finding, "on", None))
            what = (finding.section, finding.policy, finding.id, *names, finding.subject)
            nth = min(seen[what], len(places) - 1)
            seen[what] += 1
        return RANKS[finding.section], places[nth], rule

    return sorted(decision.findings, key=rank)


def _values(
    number: int, key: str | None, subjects: tuple[SubjectOutcomes, ...], digits: dict[tuple[str, str], int]
) -> Iterator[Row]:
    for each in subjects:
        for name, value in each.values.items():
            text = value_text(value, digits.get((each.subject.entity, name), 0))
            yield value_row(number, key, each.subject, name, text)
