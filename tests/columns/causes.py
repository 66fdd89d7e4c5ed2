"""What keeps expressions from being known: what columns say beside the causes of the row engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl
from tests.columns.batches import batch_of
from tests.columns.compare import FACTS
from tests.differential.compare import TODAY, VOCABULARY, graph_of
from tests.differential.expressions import Written

from policyengine.engine.columns.demand import Needs
from policyengine.engine.columns.demand_forms import pass_all
from policyengine.engine.columns.entity_frames import Loader, Shape
from policyengine.engine.columns.frames import State
from policyengine.engine.columns.row_values import Misfit
from policyengine.engine.columns.scopes import World
from policyengine.engine.columns.terms import lit
from policyengine.engine.rows.engine import compile_graph
from policyengine.feel.values.values import Missing, Unknown
from policyengine.program.graph import Graph
from policyengine.program.record import Record

_Missing = tuple[str, str, str]
"""The entity, its key, the fact."""


def cause_differences(expressions: Sequence[Written], several: Sequence[Record]) -> Iterator[tuple[int, str]]:
    """For every expression how many records were compared, and what differs."""
    graph = graph_of(expressions)
    compiled = compile_graph(graph, TODAY)
    instances = [compiled.instances(record)["thing"][0] for record in several]
    state, shape, careful = Loader(VOCABULARY, FACTS).load(batch_of(VOCABULARY, several))
    found = _found(graph, state, shape, len(expressions))
    for i in range(len(expressions)):
        compared, wrong = 0, ""
        for number, (instance, record) in enumerate(zip(instances, several, strict=True)):
            if careful[number]:
                continue
            compared += 1
            ours = {fact for fact, bits in found[number].items() if bits >> i & 1}
            theirs = _causes(instance[f"x{i}"])
            if ours != theirs and not wrong:
                wrong = (
                    f"{expressions[i].text}: {sorted(ours)}, not {sorted(theirs)} "
                    f"for {record.facts} {record.lists}"
                )
        yield compared, wrong


def _causes(value: object) -> set[_Missing]:
    causes = value.causes if isinstance(value, Unknown) else ()
    return {(each.entity, each.key, each.fact) for each in causes if isinstance(each, Missing)}


def _found(graph: Graph, loaded: State, shape: Shape, count: int) -> list[dict[_Missing, int]]:
    """For every record the missing facts with the bits of the expressions that need them."""
    wider = dict(shape)
    while True:
        try:
            return _needed(
                World(graph, TODAY, frozenset(wider.items()), {}, whole=True), State(loaded), count
            )
        except Misfit as misfit:
            wider[misfit.key] = misfit.shape


def _needed(world: World, state: State, count: int) -> list[dict[_Missing, int]]:
    world.work_out()
    needs = Needs(world)
    for i in range(count):
        needs.nodes["thing", f"x{i}", False] = [lit(1 << i, pl.UInt64)]
    pass_all(needs)
    lacked = [(fact, frame, frame.column(need)) for fact, frame, need in needs.lacked()]
    for run in world.steps.finish({(frame.name, need.meta.output_name()) for _, frame, need in lacked}):
        run(state)
    found: list[dict[_Missing, int]] = [{} for _ in range(state["thing"].height)]
    for (entity, fact), frame, need in lacked:
        rows = state[frame.name]
        roots = rows.get_column("__self" if entity == "thing" else "__root")
        names = [""] * rows.height
        if entity != "thing":
            names = [f"#{place}" for place in rows.get_column("__at")]
        for root, name, bits in zip(roots, names, rows.select(need).to_series(), strict=True):
            if bits:
                found[root][entity, name, fact] = bits
    return found
