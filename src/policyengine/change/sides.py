"""One side of a comparison: a program on one day, compiled for the rules in question."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TypeVar

from policyengine.change.daily import Edge, edges_of, hinges_on_today
from policyengine.change.money import DATES, ChargeKey, Terms, terms_of
from policyengine.change.slices import Marks, handed_down, slice_of
from policyengine.change.states import ABSENT, VALUE, State, What, states
from policyengine.dataclass import dataclass
from policyengine.decision.findings import UNDETERMINED, Charge, Level
from policyengine.engine.rows.engine import Compiled, compile_graph
from policyengine.feel.values.values import Cause, Missing, Unknown
from policyengine.policy.rule import Choose, Const, Reading, Rule
from policyengine.program.graph import Graph, Key
from policyengine.program.record import Record

Who = tuple[str, str, int]
"""An entity, the path of the one that is judged, and a number where several have that path."""
Found = dict[tuple[Who, What], State]
Bill = dict[tuple[Who, ChargeKey], Terms]
Facts = dict[tuple[Who, ChargeKey], frozenset[str]]
_P = TypeVar("_P")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class RootValues:
    """Computes the values of the root that rules below it read. Equal values mean equal findings below."""

    names: tuple[str, ...]
    compiled: Compiled

    def values(self, record: Record) -> dict[str, object]:
        """The values by name."""
        return dict(zip(self.names, self.compiled.values(record, self.names), strict=True))


@dataclass(frozen=True, slots=True)
class DailyCode:
    """A graph, compiled for each day for which it is asked; `today` is the first of them.

    `edges` compute the dates at which an answer can change; between two of them it is asked once. None where
    any day may have an answer of its own.
    """

    graph: Graph
    today: date
    edges: tuple[Compiled, tuple[Edge, ...]] | None = None
    _days: dict[date, Compiled] = field(default_factory=dict)

    def on(self, day: date) -> Compiled:
        """The code as of a day."""
        if day not in self._days:
            self._days[day] = compile_graph(self.graph, day)
        return self._days[day]

    def read(self, record: Record, bill: Bill) -> None:
        """Adds the charges of a record, each with what the program says of it on any other day."""

        @cache
        def there(day: date) -> Bill:
            found: Bill = {}
            _read(self.on(day), record, {}, found)
            return found

        alike = self._alike(record)

        def ask(key: tuple[Who, ChargeKey]) -> Callable[[date], Terms | None]:
            return lambda day: there(alike(day)).get(key)

        for key, terms in there(self.today).items():
            bill[key] = terms._replace(ask=ask(key))

    def _alike(self, record: Record) -> Callable[[date], date]:
        """Gives for each day the first one asked for that lies alike to all dates at which answers change."""
        if self.edges is None:
            return lambda day: day
        code, edges = self.edges
        rows = code.instances(record)
        days = sorted({
            day for edge in edges for row in rows.get(edge.entity, ()) for day in edge.days(row[edge.node])
        })  # fmt: skip
        first: dict[tuple[int, int], date] = {}
        return lambda day: first.setdefault((bisect_left(days, day), bisect_right(days, day)), day)


@dataclass(frozen=True, slots=True)
class Side:
    """Computes findings and charges of one program on a day: those of the root, and those `below` it.

    Recurring charges are compiled apart, since they are slower and most changes leave them alone. With a
    `gate`, both programs have the same rules below the root and differ only in the gate's values. `daily`
    computes the charges that hinge on the day: each payment is what the program says on its due date.
    """

    compiled: tuple[Compiled, ...]
    below: Compiled | None = None
    gate: RootValues | None = None
    daily: DailyCode | None = None

    def read(self, record: Record, found: Found, bill: Bill) -> None:
        """Adds the findings and the charges of the root, and all charges that hinge on the day."""
        for each in self.compiled:
            _read(each, record, found, bill)
        if self.daily is not None:
            self.daily.read(record, bill)

    def read_below(self, record: Record, found: Found, bill: Bill) -> None:
        """Adds the other findings and charges of all descendants."""
        if self.below is not None:
            _read(self.below, record, found, bill)

    def facts_for(self, record: Record) -> Facts:
        """The missing facts, as `entity.fact`, that keep charges undetermined; else a sentence."""
        causes: Facts = {}
        more = [self.below, None if self.daily is None else self.daily.on(self.daily.today)]
        for each in (*self.compiled, *(code for code in more if code is not None)):
            rules = [rule for rule in each.graph.rules if rule.finding is Charge]
            instances = each.instances(record) if rules else {}
            for rule in rules:
                part = ChargeKey(rule.origin.policy, rule.origin.id)
                for instance in instances.get(rule.entity, ()):
                    status, subject = instance[rule.status], instance.subject
                    why = (
                        frozenset(map(_cause, status.causes)) if isinstance(status, Unknown) else frozenset()
                    )
                    _add(causes, (subject.entity, subject.path), part, why)
        return causes


def _read(compiled: Compiled, record: Record, found: Found, bill: Bill) -> None:
    for subject, outcomes, values, undecided in compiled.outcomes(record).subjects:
        who = (subject.entity, subject.path)
        for outcome in outcomes:
            if outcome.section == Charge.section:
                _add(bill, who, ChargeKey(outcome.policy, outcome.id), terms_of(outcome))
            else:
                for what, state in states(outcome):
                    _add(found, who, what, state)
        for name, value in values.items():
            state = value if isinstance(value, Decimal) else str(value)
            if value is None:
                state = UNDETERMINED if name in undecided else ABSENT
            _add(found, who, What("values", subject.entity, name, VALUE), state)


def _add(found: dict[tuple[Who, _P], _V], who: tuple[str, str], part: _P, value: _V) -> None:
    """Adds what is found for a subject; keys are unique within their parent only, so several may have one."""
    number = 0
    while ((*who, number), part) in found:
        number += 1
    found[(*who, number), part] = value


def _cause(cause: Cause) -> str:
    return f"{cause.entity}.{cause.fact}" if isinstance(cause, Missing) else cause.sentence


def side_of(graph: Graph, rules: Iterable[Rule], shown: Iterable[Key], day: date, other: Graph) -> Side:
    """Compiles one side for the given rules and derived facts; `other` is the other program."""
    root = graph.vocabulary.root
    more = list(shown)
    chosen, daily = list[Rule](), list[Rule]()
    for rule in rules:
        (daily if rule.finding is Charge and hinges_on_today(graph, rule) else chosen).append(rule)
    recurring = [rule for rule in chosen if rule.entity in graph.repeats]
    own = [rule for rule in chosen if rule.entity == root]
    below = [rule for rule in chosen if rule.entity not in graph.repeats and rule.entity != root]
    deeper = [key for key in more if key[0] != root]
    parts = [(own, [key for key in more if key[0] == root]), (recurring, [])]
    return Side(
        tuple(_compiled(graph, some, day, keys) for some, keys in parts if some or keys),
        _compiled(graph, below, day, deeper) if below or deeper else None,
        None if deeper or not below else _gate(graph, below, day, other),
        _daily(graph, daily, day) if daily else None,
    )


def _compiled(graph: Graph, rules: Iterable[Rule], day: date, shown: Iterable[Key]) -> Compiled:
    """The code for some rules; of a charge without its next due date, which follows from the first one."""
    read = [replace(rule, fields=_without_next(rule)) if rule.finding is Charge else rule for rule in rules]
    return compile_graph(slice_of(graph, read, shown), day)


def _without_next(rule: Rule) -> dict[str, Reading]:
    return {name: reading for name, reading in rule.fields.items() if name != "next_due_on"}


def _daily(graph: Graph, rules: Sequence[Rule], day: date) -> DailyCode:
    rules = [_with_dates(rule) for rule in rules]
    part = slice_of(graph, rules)
    found = edges_of(part, rules)
    return DailyCode(part, day, None if found is None else (compile_graph(found[0], day), found[1]))


def _with_dates(rule: Rule) -> Rule:
    """The rule of a charge that tells its due dates also on days on which it does not apply."""
    known = {
        name: reading.otherwise
        for name, reading in rule.fields.items()
        if name in DATES and isinstance(reading, Choose)
    }
    return replace(rule, fields={**rule.fields, **known})


def _gate(graph: Graph, below: Sequence[Rule], day: date, other: Graph) -> RootValues | None:
    """The root values that decide everything below; None where the programs have different rules below."""
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
    """Compiles the computation of some root values."""
    root = graph.vocabulary.root
    return compile_graph(slice_of(graph, (), [(root, name) for name in names]), day)


def parts_of(rules: Iterable[Rule]) -> frozenset[ChargeKey]:
    """The charges among the rules."""
    return frozenset(
        ChargeKey(rule.origin.policy, rule.origin.id) for rule in rules if rule.finding is Charge
    )


def ranks_of(graphs: Iterable[Graph]) -> Mapping[str, Mapping[str, int]]:
    """The rank of each level by policy, the lowest level first; later graphs override earlier ones."""
    found: dict[str, dict[str, int]] = {}
    for graph in graphs:
        for policy, titles in level_titles(graph).items():
            found[policy] = {**found.get(policy, {}), **{level: i for i, level in enumerate(titles)}}
    return found


def level_titles(graph: Graph) -> dict[str, dict[str, str]]:
    """The titles of the levels by policy, the lowest level first."""
    found: dict[str, dict[str, str]] = {}
    for rule in (each for each in graph.rules if each.finding is Level):
        reading = rule.fields.get("level_title")
        if isinstance(reading, Choose):
            found[rule.origin.policy] = {
                level: str(each.value) for level, each in reading.cases.items() if isinstance(each, Const)
            }
    return found
