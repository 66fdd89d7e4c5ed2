"""What the expressions of an entity see, as terms of its frame; computed entities get frames of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from types import MappingProxyType

import polars as pl

from policyengine.engine.columns import calls, logic, loops, terms
from policyengine.engine.columns.emitter import NOT_KNOWN, Emitter, ExpressionNames, Form
from policyengine.engine.columns.entity_frames import FactShape, Shape, fact_term
from policyengine.engine.columns.frames import State, Steps
from policyengine.engine.columns.row_columns import RowColumns
from policyengine.engine.columns.row_reads import FromFacts, Sight, asks_for_values
from policyengine.engine.columns.row_values import is_single
from policyengine.engine.columns.terms import Const, Flag, Frame, Rows, Term, Unsupported, lit
from policyengine.engine.columns.unify import known_throughout, unified
from policyengine.engine.finding_values import unknown_in
from policyengine.feel.syntax import build
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression, Name
from policyengine.feel.values.values import Range
from policyengine.policy.entity import IN_ORDER, PREVIOUS
from policyengine.policy.facts import recorded_name
from policyengine.policy.rule import Repeat
from policyengine.program.graph import Graph, Key

FORMS: Mapping[type, Form] = MappingProxyType(
    {
        syntax.And: logic.emit_and,
        syntax.Or: logic.emit_or,
        syntax.Comparison: logic.emit_comparison,
        syntax.If: logic.emit_if,
        syntax.Between: logic.emit_between,
        syntax.RangeLiteral: logic.emit_range,
        syntax.In: logic.emit_in,
        syntax.Binary: calls.emit_binary,
        syntax.Negate: calls.emit_negate,
        syntax.Call: calls.emit_call,
        syntax.Quantified: loops.emit_quantified,
        syntax.Filter: loops.emit_filter,
        syntax.For: loops.emit_for,
        syntax.Path: loops.emit_path,
        syntax.ListLiteral: loops.emit_list,
        syntax.ContextLiteral: loops.emit_context,
    }
)
_NOBODY = 255


class Place:
    """The scope of an entity."""

    def __init__(self, world: World, entity: str, frame: Frame, given: Mapping[str, Term]) -> None:
        self.world = world
        self.entity = entity
        self.frame = frame
        self.given = given

    def find(self, name: str) -> Term | None:
        """The term of a name that an expression at the entity sees."""
        if name in self.world.graph.qualified.get(self.entity, ()):
            return self._qualified(name)
        own = self.own(name)
        if own is not None:
            return own
        above = self.world.graph.above(self.entity)
        if above is None:
            return Const(self.world.today) if name == "today" else None
        place = self.world.place(above)
        found = place.find(name)
        return None if found is None else self.frame.from_(place.frame, found)

    def _qualified(self, name: str) -> Term | None:
        """The term of a name that says whose it is."""
        graph = self.world.graph
        whose, owner, bare = graph.vocabulary.qualified(graph.real(self.entity), name)
        if whose == PREVIOUS:
            raise Unsupported("a value of the child before")
        place = self.world.place(owner)
        found = place.find(bare)
        return None if found is None else self.frame.from_(place.frame, found)

    def own(self, name: str) -> Term | None:
        """The term of a node, a fact or a list of the entity itself."""
        graph = self.world.graph
        if name in graph.nodes.get(self.entity, {}):
            return self.world.node((self.entity, name))
        if name in self.given:
            return self.given[name]
        if self.entity in graph.repeats:
            return None
        declared = graph.vocabulary.entities[self.entity]
        if declared.order is not None and name in IN_ORDER:
            raise Unsupported("the order of children")
        for child, below in graph.vocabulary.children(self.entity):
            if below.list == name:
                return self.world.rows(self.entity, child, name)
        fact = graph.vocabulary.given(self.entity).get(name, name)
        if fact in declared.facts:
            shape = self.world.shape.get((self.entity, fact), FactShape(True))
            return fact_term(fact, declared.facts[fact], shape)
        return None

    def is_fact(self, name: str) -> bool:
        """Whether a name always stands for a fact that records give."""
        graph = self.world.graph
        if name in self.given or any(name in nodes for nodes in graph.nodes.values()):
            return False
        entities = graph.vocabulary.entities.values()
        word = recorded_name(name)
        return any(word in entity.facts or name == entity.list for entity in entities)


class World:
    """All entities of a graph, for batches of one shape."""

    def __init__(
        self, graph: Graph, today: date, shape: Shape, names: ExpressionNames, whole: bool = False
    ) -> None:
        self.graph = graph
        self.today = today
        self.shape: Mapping[Key, FactShape] = dict(shape)
        self.whole = whole
        self.steps = Steps()
        self.by_rows: dict[Key, str] = {}
        self._names = names
        self._by_rows: dict[tuple[str, int], tuple[Expression, RowColumns]] = {}
        self._nodes: dict[Key, Term | None] = {}
        self._named: dict[Key, Name] = {}
        self._places: dict[str, Place] = {}
        self._sights: dict[str, Sight] = {}
        vocabulary = graph.vocabulary
        for entity in sorted(vocabulary.entities, key=lambda each: len(vocabulary.lineage(each))):
            above = vocabulary.entities[entity].within
            links = () if above is None else (("__up", self._places[above].frame),)
            self._places[entity] = Place(self, entity, Frame(entity, self.steps, links), {})

    def work_out(self) -> None:
        """All nodes, in the order of dependency."""
        for key in self.graph.order:
            if key not in self._nodes:
                self._work_out(key)

    def _work_out(self, key: Key) -> Term | None:
        """A node in columns, or else as one column by rows; None for one that has parts."""
        entity, name = key
        self._nodes[key] = None  # until it is worked out
        expression = self.graph.nodes[entity][name].expression
        found: Term | None = None
        try:
            emitter = self.emitter(entity)
            found = emitter.frame.keep(emitter.emit(expression))
        except Unsupported as trouble:
            self.by_rows[key] = str(trouble)
            if is_single(self.graph.types.get(key)):
                found = self.row_columns(entity, expression).value(key, self.graph.types.get(key))
        self._nodes[key] = found
        return found

    def row_columns(self, entity: str, expression: Expression) -> RowColumns:
        """The columns of an expression that is worked out by rows."""
        key = (entity, id(expression))
        if key not in self._by_rows:
            asks = self._asks or asks_for_values(expression)
            made = RowColumns(self._from_facts if asks else self, entity, expression)
            self._by_rows[key] = expression, made
        return self._by_rows[key][1]

    @cached_property
    def _asks(self) -> bool:
        """Whether a node that is worked out within others asks whether there is a value."""
        return any(
            asks_for_values(node.expression) and not is_single(self.graph.types.get(key))
            for key, node in self.graph.every_node()
        )

    @cached_property
    def _from_facts(self) -> FromFacts:
        return FromFacts(self)

    def sight(self, entity: str) -> Sight:
        """What is read of an entity by rows."""
        if entity not in self._sights:
            self._sights[entity] = Sight(self, entity)
        return self._sights[entity]

    def named(self, entity: str, name: str) -> RowColumns:
        """The columns of what a name stands for, worked out by rows."""
        node = self.graph.node(entity, name)
        assert node is not None
        return self.row_columns(entity, self._named.setdefault((entity, name), build.name(name, node[1].at)))

    def undecided(self, entity: str, name: str) -> Flag | Const:
        """Whether a node or a part of it is not known."""
        try:
            return logic.negated(known_throughout(self.node((entity, name))))
        except Unsupported:
            return self.named(entity, name).test(lambda value: unknown_in(value) is not None)

    def emitter(self, entity: str) -> Emitter:
        """What lowers the expressions of an entity."""
        return Emitter(self.place(entity), self.today, FORMS, self._names)

    def node(self, key: Key) -> Term:
        """The term of a node; raises `Unsupported` where it has none."""
        found = self._nodes[key] if key in self._nodes else self._work_out(key)
        if found is None:
            raise Unsupported(f"`{key[1]}` has no columns")
        return found

    def single(self, key: Key) -> Term | None:
        """The term of a node that has a single value; None for others."""
        found = self._nodes[key] if key in self._nodes else self._work_out(key)
        return found if isinstance(found, (Const, *terms.SINGLE)) else None

    def place(self, entity: str) -> Place:
        """The scope of an entity, which a computed one gets when it is first asked for."""
        if entity not in self._places:
            self._places[entity] = self._repeated(entity, self.graph.repeats[entity])
        return self._places[entity]

    def rows(self, entity: str, child: str, name: str) -> Rows:
        """The rows in a list of an entity."""
        missing = self.shape.get((entity, name), FactShape(True)).missing
        known = Flag(pl.col(f"l.{name}"), True) if missing else Const(True)
        place = self.place(child)
        return Rows(self.place(entity).frame, place.frame, "__up", terms.SELF, known, place.own)

    # Computed entities

    def _repeated(self, entity: str, repeat: Repeat) -> Place:
        try:
            return self._in_columns(entity, repeat)
        except Unsupported:
            items = self.named(repeat.within, repeat.items)
            return Place(self, entity, *items.occasions(entity, repeat.types))

    def _in_columns(self, entity: str, repeat: Repeat) -> Place:
        place = self.place(repeat.within)
        items = place.find(repeat.items)
        if isinstance(items, Const) and not items.sure:
            return Place(self, entity, place.frame, dict.fromkeys(repeat.types, NOT_KNOWN))
        if isinstance(items, Const) and isinstance(items.value, (list, tuple)):
            fields = [{name: Const(each) for name, each in one.items()} for one in items.value]
            slots = tuple((Const(True), one) for one in fields)
            items = terms.Times(Const(True), slots)
        if isinstance(items, terms.Listed):
            contexts = [each for each in items.items if isinstance(each, terms.Entries)]
            if len(contexts) < len(items.items):
                raise Unsupported("occasions of another kind")
            items = terms.Times(Const(True), tuple((Const(True), each.fields) for each in contexts))
        if not isinstance(items, terms.Times):
            raise Unsupported("occasions of another kind")
        (there, fields_of_one), *more = items.slots or ((Const(False), {}),)
        if not more and there == Const(True) and items.known == Const(True):
            return Place(self, entity, place.frame, fields_of_one)
        return self._with_frame(entity, place, items, repeat)

    def _with_frame(self, entity: str, place: Place, items: terms.Times, repeat: Repeat) -> Place:
        above = place.frame
        flags = [items.known, *(there for there, _ in items.slots)]
        exprs = [above.column(terms.flag(each).expr) if isinstance(each, Flag)
                 else above.column(terms.flag(each).expr, "constant") for each in flags]  # fmt: skip
        columns = [expr.meta.output_name() for expr in exprs]
        frame = Frame(entity, self.steps, (("__up", above),))

        def run(state: State) -> None:
            rows = state[above.name]
            known = rows.get_column(columns[0])
            parts = [_slot(rows, known & rows.get_column(name), i) for i, name in enumerate(columns[1:])]
            if not known.all():
                parts.append(_slot(rows, ~known, _NOBODY))
            found = pl.concat(parts).sort("__up", "__slot", maintain_order=True)
            state[entity] = found.with_row_index("__self")

        needs = {(above.name, name) for name in (*columns, "__self")}
        made = {(entity, name) for name in ("__self", "__up", "__slot")}
        frame.base = self.steps.add(run, needs, made)
        sure = items.known == Const(True)
        fields = {name: self._field(frame, above, items, name, sure) for name in repeat.types}
        return Place(self, entity, frame, fields)

    def _field(self, frame: Frame, above: Frame, items: terms.Times, name: str, sure: bool) -> Term:
        several = [frame.from_(above, parts[name]) for _, parts in items.slots]
        return frame.keep(_by_slot([_opened(each) for each in several], sure))


def _slot(rows: pl.DataFrame, there: pl.Series, number: int) -> pl.DataFrame:
    found = rows.filter(there.fill_null(False)).select(pl.col("__self").alias("__up"))
    return found.with_columns(lit(number, pl.UInt8).alias("__slot"))


def _opened(term: Term) -> Term:
    """A range that is the same for all as one with two ends."""
    if isinstance(term, Const) and isinstance(term.value, Range):
        found = term.value
        ends = [None if end is None else Const(end) for end in (found.low, found.high)]
        return terms.Span(ends[0], ends[1], found.low_closed, found.high_closed)
    return term


def _by_slot(several: Sequence[Term], sure: bool) -> Term:
    """The term of the place in the list that each row stands for."""
    first = several[0]
    if isinstance(first, terms.Span):
        lows = [each.low for each in several if isinstance(each, terms.Span) and each.low is not None]
        highs = [each.high for each in several if isinstance(each, terms.Span) and each.high is not None]
        if len(lows) < len(several) or len(highs) < len(several):
            raise Unsupported("an open range among occasions")
        return terms.Span(_by_slot(lows, sure), _by_slot(highs, sure), first.low_closed, first.high_closed)
    exprs, make = unified(several)
    chain: pl.Expr = pl.lit(None)
    for i, expr in enumerate(exprs):
        chain = pl.when(pl.col("__slot") == lit(i, pl.UInt8)).then(expr).otherwise(chain)
    return make(chain, sure and all(terms.is_sure(each) for each in several))  # type: ignore[no-any-return]
