"""The light answer: what is found for whom, without a word about why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, TypeAlias

from policyengine.decision.findings import Subject
from policyengine.diagnostics import Diagnostic
from policyengine.engine.rows.instance import Row
from policyengine.engine.rows.readings import Readings, Shape
from policyengine.policy.rule import Choose, Const, Reading, Rule, Value


class Outcome(NamedTuple):
    """A finding by its policy and id, the list of a decision that it stands in, its status and its values.

    `values` are those of the finding that are single values (a rate, an amount, a party, a day), None where
    one is not known; what the policy itself leaves empty is not there. Reasons, requirements and what is
    missing for more are left out; `evaluate` gives them. Equal outcomes of different subjects may be one
    object: do not change `values`.
    """

    policy: str
    id: str
    section: str
    status: str
    values: Mapping[str, object]


class SubjectOutcomes(NamedTuple):
    """All that is found for one subject, and its derived facts.

    `runs` are the outcomes in the order of the policies, in parts that subjects with the same answers share.
    """

    subject: Subject
    runs: tuple[tuple[Outcome, ...], ...]
    values: Mapping[str, object]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes in the order of the policies."""
        return tuple(chain.from_iterable(self.runs))


class Outcomes(NamedTuple):
    """The outcomes for everyone in a record; one that cannot be read has `diagnostics` instead."""

    subjects: tuple[SubjectOutcomes, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def shown_fields(rule: Rule) -> dict[str, Reading]:
    """The fields of a finding that an outcome has; not those that the policy leaves empty."""
    return {
        name: reading
        for name, reading in rule.fields.items()
        if _is_plain(reading) and reading != Const(None) and reading != Const(())
    }


def _is_plain(reading: Reading) -> bool:
    match reading:
        case Const() | Value():
            return True
        case Choose(_, cases, otherwise):
            return all(_is_plain(each) for each in (*cases.values(), otherwise))
        case _:
            return False


ReadOutcome: TypeAlias = "Callable[[Row], Outcome | None]"


class OutcomeReaders:
    """Makes what reads the outcomes of the rules of one program off an instance."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings
        self._known: dict[str, Sequence[ReadOutcome]] = {}

    def of(self, entity: str) -> Sequence[ReadOutcome]:
        """The readers for an entity, in the order of the policies; one gives None without a finding."""
        if entity not in self._known:
            rules = self._readings.graph.rules
            self._known[entity] = [self._reader(rule) for rule in rules if rule.entity == entity]
        return self._known[entity]

    def _reader(self, rule: Rule) -> ReadOutcome:
        readings, shape = self._readings, Shape()
        readings.status(shape, rule)
        origin = readings.origin(shape, rule)
        entries = []
        for i, (name, reading) in enumerate(shown_fields(rule).items()):
            shape.lines.append(f"f{i} = {readings.reading(shape, rule.entity, reading)}")
            entries.append(f"{shape.constant(name)}: f{i}")
        policy, section = shape.constant(rule.origin.policy), shape.constant(rule.finding.section)
        shape.lines.append(f"o = {origin}")
        said = "t if t.__class__ is S else UNDETERMINED"
        head = f"{policy}, o.id, {section}, {said}"
        return shape.reader(f"tuple_of({shape.constant(Outcome)}, ({head}, {{{', '.join(entries)}}}))")
