"""One program on one day, as far as it has to be asked: compiled, and read off as states and amounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from policyengine.change.money import ChargeKey, Paid, added, paid
from policyengine.change.period import Days
from policyengine.change.slices import Marks, handed_down, slice_of
from policyengine.change.states import VALUE, State, What, states
from policyengine.dataclass import dataclass
from policyengine.decision.findings import UNDETERMINED, Charge, Level
from policyengine.engine.rows.engine import Compiled, compile_graph
from policyengine.feel.values.values import Cause, Missing, Unknown
from policyengine.policy.rule import Choose, Const, Rule
from policyengine.program.graph import Graph, Key
from policyengine.program.record import Record

Who = tuple[str, str]
"""An entity, and the key (or the position) of the one that is judged."""
Found = dict[tuple[Who, What], State]
Bill = dict[tuple[Who, ChargeKey], Paid]
Facts = dict[tuple[Who, ChargeKey], frozenset[str]]


@dataclass(frozen=True, slots=True)
class RootValues:
    """The values of the record itself that what is below it reads; where they are alike, so is that."""

    names: tuple[str, ...]
    compiled: Compiled

    def values(self, record: Record) -> dict[str, object]:
        """The values by name."""
        return dict(zip(self.names, self.compiled.values(record, self.names), strict=True))


@dataclass(frozen=True, slots=True)
class Side:
    """What a program finds on a day, for some of its rules: for the record itself, and `below` it.

    What recurs is worked out apart: it is slower, and most changes leave it alone. Where there is a `gate`,
    the rules below are those of the program that it is compared with, but for the values of the gate.
    """

    compiled: tuple[Compiled, ...]
    below: Compiled | None = None
    gate: RootValues | None = None

    def read(self, record: Record, days: Days, found: Found, bill: Bill) -> None:
        """Adds what holds for the record itself, and what falls due in these days."""
        for each in self.compiled:
            _read(each, record, days, found, bill)

    def read_below(self, record: Record, days: Days, found: Found, bill: Bill) -> None:
        """Adds the same for everyone below it."""
        if self.below is not None:
            _read(self.below, record, days, found, bill)

    def facts_for(self, record: Record) -> Facts:
        """The facts, as `entity.fact`, that keep charges of a record from being decided; else a sentence."""
        causes: Facts = {}
        for each in (*self.compiled, *([self.below] if self.below is not None else [])):
            rules = [rule for rule in each.graph.rules if rule.finding is Charge]
            instances = each.instances(record) if rules else {}
            for rule in rules:
                part = ChargeKey(rule.origin.policy, rule.origin.id)
                for instance in instances.get(rule.entity, ()):
                    status = instance[rule.status]
                    if isinstance(status, Unknown):
                        subject = instance.subject
                        causes[(subject.entity, subject.name), part] = frozenset(map(_cause, status.causes))
        return causes


def _read(compiled: Compiled, record: Record, days: Days, found: Found, bill: Bill) -> None:
    for subject, runs, values in compiled.outcomes(record).subjects:
        who = (subject.entity, subject.name)
        for run in runs:
            for outcome in run:
                if outcome.section == Charge.section:
                    part = (who, ChargeKey(outcome.policy, outcome.id))
                    bill[part] = added(bill.get(part), paid(outcome, days))
                else:
                    _note(found, who, states(outcome))
        for name, value in values.items():
            state = UNDETERMINED if value is None else str(value)
            found[who, What("values", subject.entity, name, VALUE)] = state


def _cause(cause: Cause) -> str:
    return f"{cause.entity}.{cause.fact}" if isinstance(cause, Missing) else cause.sentence


def _note(found: Found, who: Who, stated: Iterable[tuple[What, State]]) -> None:
    for what, state in stated:
        key = (who, what)
        held = found.get(key)
        found[key] = state if held is None or held == state else ", ".join(sorted({str(held), str(state)}))


def side_of(graph: Graph, rules: Iterable[Rule], shown: Iterable[Key], day: date, other: Graph) -> Side:
    """The side of a program, with these rules and derived facts only, beside another program."""
    root = graph.vocabulary.root
    chosen, more = list(rules), list(shown)
    recurring = [rule for rule in chosen if rule.entity in graph.repeats]
    own = [rule for rule in chosen if rule.entity == root]
    below = [rule for rule in chosen if rule.entity not in graph.repeats and rule.entity != root]
    deeper = [key for key in more if key[0] != root]
    parts = [(own, [key for key in more if key[0] == root]), (recurring, [])]
    return Side(
        tuple(compile_graph(slice_of(graph, some, keys), day) for some, keys in parts if some or keys),
        compile_graph(slice_of(graph, below, deeper), day) if below or deeper else None,
        None if deeper or not below else _gate(graph, below, day, other),
    )


def _gate(graph: Graph, below: Sequence[Rule], day: date, other: Graph) -> RootValues | None:
    """The gate, if the other program has the same rules below but for what they are handed down."""
    root = graph.vocabulary.root
    marks = Marks(root)
    theirs = {marks.rule(other, rule) for rule in other.rules}
    if other.vocabulary.root != root or any(marks.rule(graph, rule) not in theirs for rule in below):
        return None
    names = handed_down(graph, below, root)
    if any(name not in other.nodes.get(root, {}) for name in names):
        return None
    return RootValues(names, gate_code(graph, names, day))


def gate_code(graph: Graph, names: Iterable[str], day: date) -> Compiled:
    """What works out some values of the record itself."""
    root = graph.vocabulary.root
    return compile_graph(slice_of(graph, (), [(root, name) for name in names]), day)


def parts_of(rules: Iterable[Rule]) -> frozenset[ChargeKey]:
    """The charges among some rules."""
    return frozenset(
        ChargeKey(rule.origin.policy, rule.origin.id) for rule in rules if rule.finding is Charge
    )


def ranks_of(graphs: Iterable[Graph]) -> Mapping[str, Mapping[str, int]]:
    """For each policy that knows levels, where each stands from the lowest up; later graphs count more."""
    found: dict[str, dict[str, int]] = {}
    for graph in graphs:
        for policy, titles in level_titles(graph).items():
            found[policy] = {**found.get(policy, {}), **{level: i for i, level in enumerate(titles)}}
    return found


def level_titles(graph: Graph) -> dict[str, dict[str, str]]:
    """For each policy that knows levels their titles, from the lowest level up."""
    found: dict[str, dict[str, str]] = {}
    for rule in graph.rules:
        reading = rule.fields.get("level_title")
        if rule.finding is Level and isinstance(reading, Choose):
            found[rule.origin.policy] = {
                level: str(each.value) for level, each in reading.cases.items() if isinstance(each, Const)
            }
    return found
