"""The missing facts of a batch, each with the findings that need it, as rows of the findings table.

The findings that are not decided need what they rest on, as `engine.missing_facts` says; `demand_forms`
takes the needs down to the facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from policyengine.decision.findings import MANUAL, NOT_APPLICABLE, Origin
from policyengine.engine.columns import terms
from policyengine.engine.columns.demand import Need, Needs, PlaceSpot, is_nobody, is_settled, where
from policyengine.engine.columns.demand_forms import pass_all
from policyengine.engine.columns.finding_columns import RuleReader
from policyengine.engine.columns.frames import Column, Run, State
from policyengine.engine.columns.logic import negated
from policyengine.engine.columns.scopes import World
from policyengine.engine.columns.terms import Const, Flag, Frame, lit
from policyengine.engine.columns.unify import both, either
from policyengine.feel.syntax.tree import ContextLiteral, Name
from policyengine.policy import rule as readings
from policyengine.policy.rule import Reading, Rule, may_wait

BITS = 64
Fact = tuple[str, str]


class MissingFacts:
    """Which facts of a batch of one shape are missing, and who needs them.

    `chunks` are the names of findings, in order, as many at a time as a number has bits; `columns` the
    columns with the bits of every chunk, of every fact of an entity.
    """

    def __init__(self, world: World, made: set[Column]) -> None:
        self._world = world
        self._reader = RuleReader(world)
        self._figures = [key for key, node in world.graph.every_node() if node.exported]
        names = sorted({name for rule in world.graph.rules for name in _names(rule)}
                       | {name for _, name in self._figures})  # fmt: skip
        self.columns: dict[Fact, dict[int, str]] = {}
        self._wanted: set[Column] = set()
        self.chunks = [names[i : i + BITS] for i in range(0, len(names), BITS)]
        for number, chunk in enumerate(self.chunks):
            self._work_out(number, {name: 1 << i for i, name in enumerate(chunk)})
        self._runs: tuple[Run, ...] = world.steps.finish(self._wanted, made)

    def run(self, state: State) -> None:
        """Works the columns out, after those of the findings."""
        for run in self._runs:
            run(state)

    # Needs

    def _work_out(self, chunk: int, bits: Mapping[str, int]) -> None:
        needs = Needs(self._world)
        for rule in self._world.graph.rules:
            if any(name in bits for name in _names(rule)):
                self._of_rule(needs, rule, Const(True), bits)
        for entity, name in self._figures:
            if name in bits:
                self._of_figure(needs, entity, name, lit(bits[name], pl.UInt64))
        self._lists(needs, bits)
        pass_all(needs)
        for fact, frame, need in needs.lacked():
            self.columns.setdefault(fact, {})[chunk] = self._column(frame, need)

    def _of_figure(self, needs: Needs, entity: str, name: str, need: Need) -> None:
        """What a figure and its parts rest on."""
        open_one = self._world.undecided(entity, name)
        expression = self._world.graph.nodes[entity][name].expression
        need = where(self._world.place(entity).frame, open_one, need)
        parts = [each.value for each in expression.entries] if isinstance(expression, ContextLiteral) else []
        names = [each.name for each in parts if isinstance(each, Name)]
        for each in names if parts and len(names) == len(parts) else [name]:
            if not is_nobody(need):
                PlaceSpot(needs, entity).name(each, need, True)

    def _column(self, frame: Frame, expr: pl.Expr) -> str:
        name = frame.column(expr).meta.output_name()
        self._wanted.add((frame.name, name))
        return name

    def _lists(self, needs: Needs, bits: Mapping[str, int]) -> None:
        """Lists that are left out although rules judge what would stand in them, or further down."""
        graph = self._world.graph
        for name, entity in graph.vocabulary.entities.items():
            judging = {_name(rule.origin) for rule in graph.rules
                       if name in graph.vocabulary.lineage(graph.real(rule.entity))}  # fmt: skip
            found = sum(bits[each] for each in judging if each in bits)
            if entity.within is not None and found:
                needs.facts.setdefault((entity.within, str(entity.list)), []).append(lit(found, pl.UInt64))

    def _of_rule(self, needs: Needs, rule: Rule, holds: Flag | Const, bits: Mapping[str, int]) -> None:
        """What a finding shows and what it rests on, as far as it is not known; then its requirements."""
        frame, reader = self._world.place(rule.entity).frame, self._reader
        there: Flag | Const = Const(True) if rule.exists is None else reader.known(rule, rule.exists)
        holds = both([holds, negated(reader.gone(rule))])
        need = where(frame, holds, self._bits(rule, bits))
        if not is_nobody(need):
            if rule.exists is not None:
                self._node(needs, rule, rule.exists, need)
            self._node(needs, rule, rule.status, where(frame, there, need))
            undecided = negated(both([there, reader.known(rule, rule.status)]))
            if may_wait(rule):
                undecided = either([undecided, both([there, reader.is_word(rule, rule.status, MANUAL)])])
            self._behind(needs, rule, rule.because, where(frame, undecided, need))
            idle = both([there, reader.is_word(rule, rule.status, NOT_APPLICABLE)])
            for reading in rule.fields.values():
                self._behind(needs, rule, reading, where(frame, negated(idle), need))
        parts = rule.fields.get("requirements")
        if parts is not None:
            for guard, each in self._cases(rule, parts):
                for part in each.rules if isinstance(each, readings.Rules) else ():
                    self._of_rule(needs, part, both([holds, guard]), bits)

    def _bits(self, rule: Rule, bits: Mapping[str, int]) -> Need:
        """The bit of a rule, which differs with where its finding comes from."""
        found: pl.Expr = lit(bits.get(_name(rule.origin), 0), pl.UInt64)
        if rule.origins is None or {*_names_of(rule)} == {_name(rule.origin)}:
            return found
        for guard, case in self._cases(rule, rule.origins):
            if isinstance(case, readings.Const) and isinstance(case.value, Origin):
                here = terms.flag(guard).expr
                found = pl.when(here).then(lit(bits.get(_name(case.value), 0), pl.UInt64)).otherwise(found)
        return self._world.place(rule.entity).frame.column(found)

    def _node(self, needs: Needs, rule: Rule, node: str, need: Need) -> None:
        term = self._reader.term(rule, node)
        if not is_nobody(need) and (term is None or not is_settled(term, False)):
            PlaceSpot(needs, rule.entity).name(node, need, False)

    def _behind(self, needs: Needs, rule: Rule, reading: Reading, need: Need) -> None:
        frame = self._world.place(rule.entity).frame
        for guard, each in self._cases(rule, reading):
            nodes = (each.node,) if isinstance(each, readings.Value) else getattr(each, "nodes", ())
            for node in nodes:
                self._node(needs, rule, node, where(frame, guard, need))

    def _cases(self, rule: Rule, reading: Reading) -> Iterator[tuple[Flag | Const, Reading]]:
        """The readings that a choice leads to, each with where it does."""
        if not isinstance(reading, readings.Choose):
            yield Const(True), reading
            return
        words = [self._reader.is_word(rule, reading.by, word) for word in reading.cases]
        nowhere = negated(either(words)) if words else Const(True)
        for here, case in zip((*words, nowhere), (*reading.cases.values(), reading.otherwise), strict=True):
            for guard, each in self._cases(rule, case):
                yield both([here, guard]), each


def _name(origin: Origin) -> str:
    return f"{origin.policy}/{origin.id}"


def _names_of(rule: Rule) -> Iterator[str]:
    """The names that findings of a rule may have."""
    yield _name(rule.origin)
    for case in rule.origins.cases.values() if rule.origins is not None else ():
        if isinstance(case, readings.Const) and isinstance(case.value, Origin):
            yield _name(case.value)


def _names(rule: Rule) -> Iterator[str]:
    """Those, and the names of its requirements."""
    yield from _names_of(rule)
    parts = rule.fields.get("requirements")
    pending: list[Reading] = [parts] if parts is not None else []
    while pending:
        reading = pending.pop()
        if isinstance(reading, readings.Choose):
            pending += [*reading.cases.values(), reading.otherwise]
        elif isinstance(reading, readings.Rules):
            for each in reading.rules:
                yield from _names(each)
