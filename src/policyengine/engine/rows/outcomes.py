"""The light answer: what is found for whom, without a word about why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from policyengine.decision.findings import Subject
from policyengine.diagnostics import Diagnostic
from policyengine.engine.finding_values import unknown_in
from policyengine.engine.rows.finding_source import Readings
from policyengine.engine.rows.instance import Row
from policyengine.engine.rows.reader_source import ReaderSource
from policyengine.feel.codegen.writer import SURE
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import (
    Build,
    Choose,
    Const,
    Explain,
    Reading,
    Rule,
    Rules,
    Shortfalls,
    Value,
)


class Outcome(NamedTuple):
    """A finding by its policy and id, the list of a decision that it stands in, its status and its values.

    `values` are those of the finding that are single values (a rate, an amount, a party, a day), None where
    one is not known; what the policy itself leaves empty is not there. Reasons, requirements and what is
    missing for more are left out; `evaluate` gives them.
    """

    policy: str
    id: str
    section: str
    status: str
    values: Mapping[str, object]


class SubjectOutcomes(NamedTuple):
    """All that is found for one subject, in the order of the policies, and its derived facts.

    `undecided` are the names of the derived facts that are not known.
    """

    subject: Subject
    outcomes: tuple[Outcome, ...]
    values: Mapping[str, object]
    undecided: tuple[str, ...] = ()


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


def read_by(rule: Rule) -> tuple[str, ...]:
    """The nodes that the outcome of a rule is read off: the finding without its reasons and its parts."""
    fields = (reading for reading in rule.fields.values() if isinstance(reading, (Value, Choose)))
    found = [rule.status, *([rule.exists] if rule.exists is not None else [])]
    found += [rule.origins.by] if rule.origins is not None else []
    return tuple(dict.fromkeys([*found, *(node for reading in fields for node in plain_nodes(reading))]))


def plain_nodes(reading: Reading) -> Iterator[str]:
    """The nodes that a plain reading is read off."""
    match reading:
        case Value(node):
            yield node
        case Choose(by, cases, otherwise):
            parts = (*cases.values(), otherwise)
            if all(not isinstance(each, (Build, Explain, Rules, Shortfalls)) for each in parts):
                yield by
                for each in parts:
                    yield from plain_nodes(each)


ReadOutcomes: TypeAlias = "Callable[[Row], SubjectOutcomes]"


class OutcomeReaders:
    """Makes what reads the outcomes of the rules of one program off an instance: a function an entity."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings
        self._graph = readings.graph

    def reader(
        self, entity: str, names: Sequence[str], rules: Sequence[Rule] | None = None
    ) -> ReadOutcomes | None:
        """What gives the outcomes for an instance and the values of nodes; None where there are none.

        The outcomes are those of some rules, or else of all of the entity.
        """
        if rules is None:
            rules = [rule for rule in self._graph.rules if rule.entity == entity]
        if not rules and not names:
            return None
        out = ReaderSource(self._readings.program, entity)
        out.line("found = []")
        for rule in rules:
            self._add(out, rule)
        undecided = f"tuple([name for name, _ in {open_values(out, names)}])"
        made = f"(s.subject, tuple(found), {shown_values(out, names)}, {undecided if names else '()'})"
        return out.function(f"tuple_of({out.constant(SubjectOutcomes)}, {made})")

    def _add(self, out: ReaderSource, rule: Rule) -> None:
        """Adds the outcome of a rule, unless it has none, to those that are found."""
        status = out.name(rule.status).text
        if rule.exists is None:
            self._append(out, rule, status)
            return
        exists = out.name(rule.exists).text
        with out.block(f"if {exists} is not False:"):
            self._append(out, rule, f"U if {exists}.__class__ is U else {status}")

    def _append(self, out: ReaderSource, rule: Rule, status: str) -> None:
        said, shown = out.fresh(), shown_fields(rule)
        out.line(f"{said} = {status}")
        said = f"{said} if {said}.__class__ is S else UNDETERMINED"
        values = [
            f"{out.constant(name)}: {self._readings.reading(out, each)}" for name, each in shown.items()
        ]
        origin = out.fresh()
        out.line(f"{origin} = {self._readings.origin(out, rule)}")
        policy, section = out.constant(rule.origin.policy), out.constant(rule.finding.section)
        parts = f"{policy}, {origin}.id, {section}, {said}, {{{', '.join(values)}}}"
        out.line(f"found.append(tuple_of({out.constant(Outcome)}, ({parts})))")


_OPEN = frozenset({Unknown, list, tuple, dict})
"""The classes of values that may not be known, or not in part."""


def open_values(out: ReaderSource, names: Sequence[str]) -> str:
    """The variable of a list of the nodes that are not known, each with its causes."""
    found, classes, inside = out.fresh(), out.constant(_OPEN), out.constant(unknown_in)
    out.line(f"{found} = []")
    for name in names:
        value, cause = out.name(name), out.fresh()
        if value.sure != SURE:
            with out.block(f"if {value.text}.__class__ in {classes}:"):
                out.line(f"{cause} = {inside}({value.text})")
                out.line(f"if {cause} is not None:", f"    {found}.append(({out.constant(name)}, {cause}))")
    return found


def shown_values(out: ReaderSource, names: Sequence[str]) -> str:
    """The source of the values of nodes by their names, as findings hold them."""
    return f"{{{', '.join(f'{out.constant(name)}: {out.shown(name)}' for name in names)}}}"
