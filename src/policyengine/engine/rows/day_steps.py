"""The steps of a program: what may differ from day to day, and what only branches read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from policyengine.dataclass import dataclass
from policyengine.engine.rows.day_values import Calendar
from policyengine.engine.rows.engine import Compiled
from policyengine.engine.rows.instance import Row
from policyengine.engine.rows.outcomes import read_by
from policyengine.engine.rows.value_places import Segment, reads
from policyengine.feel.types.properties import PROPERTY_NAMES
from policyengine.policy.rule import Rule
from policyengine.program.graph import Graph, Key

TODAY = "today"
"""The name of the day on which a program is asked."""


def hinging(graph: Graph) -> frozenset[Key]:
    """The nodes whose value may differ from day to day."""
    known: frozenset[Key] | None = graph.analysed.get("hinging")
    if known is None:
        found: set[Key] = set()
        for key in graph.order:
            asks = TODAY in graph.nodes[key[0]][key[1]].words.names
            if asks or not found.isdisjoint(graph.needs(key)) or not found.isdisjoint(reads(graph, key)):
                found.add(key)
        known = graph.analysed["hinging"] = frozenset(found)
    return known


@dataclass(frozen=True, slots=True)
class Part:
    """Rules, and figures by entity and name, that are read together.

    They are read on every day, or else on the first one only. `branches` has a bit for each branch of which
    one has to be open for that; without any they are always read.
    """

    rules: tuple[Rule, ...] = ()
    figures: tuple[Key, ...] = ()
    is_daily: bool = True
    branches: int = 0


Branch = Sequence[tuple[str, str]]
"""Pairs of nodes of the root: what belongs to the branch alone is worked out where two of a pair differ."""


@dataclass(frozen=True, slots=True)
class Step:
    """Nodes of an entity that are worked out together; `needs` has a bit for each step that they read.

    `start` and `end` are where their values stand. `makes` are the computed entities whose instances they
    give. A step that is not `is_daily` runs on the first day only, one of `branches` where one is open. The
    values of one `by_day` are the same for all records; those of one that does not hinge on the day hold for
    every day.
    """

    entity: str
    run: Callable[[Row], None]
    start: int
    end: int
    needs: int
    makes: tuple[str, ...]
    branches: int
    hinges: bool
    by_day: Calendar | None


Late = Mapping[Key, tuple[object, int]]
"""Nodes that are worked out in steps: what those of a step have in common, and a bit for each branch."""


def apart(graph: Graph, is_daily: bool, branched: Mapping[Key, int]) -> Late:
    """The nodes that hinge on the day, each with what it is worked out together with: nodes that rest on the
    same ones that ask for the day, and each of these alone; and the nodes of branches. Nothing where children
    rest on those before them.
    """
    moving = hinging(graph) if is_daily else frozenset[Key]()
    late = moving | branched.keys()
    made = {(repeat.within, repeat.items) for repeat in graph.repeats.values()}
    orders = {(entity, name) for entity in graph.vocabulary.entities for name in graph.order_nodes(entity)}
    in_order = orders.union(*(each.keys for each in graph.sequences))
    if late & (in_order | (made & graph.inline)):
        return {}
    askers: dict[Key, frozenset[Key]] = {}
    for key in graph.order:
        if key in moving:
            rests = [askers[need] for need in {*graph.needs(key), *reads(graph, key)} if need in askers]
            askers[key] = frozenset[Key]().union(*rests, [key] if _asks(graph, key) else [])
    together = {key: (found, key if key in found else None) for key, found in askers.items()}
    return {key: (together.get(key), branched.get(key, 0)) for key in graph.order if key in late}


def branched(graph: Graph, parts: Iterable[Part], branches: Sequence[Branch]) -> Mapping[Key, int]:
    """The nodes that branches alone read, with a bit for each of them; not those of computed instances."""
    root = graph.vocabulary.root
    gates = [(root, name) for pairs in branches for pair in pairs for name in pair]
    every = list(gates)
    found: dict[Key, int] = {}
    for part in parts if branches else ():
        read = {*part.figures, *(key for rule in part.rules for key in read_off(graph, rule))}
        every += read if not part.branches else ()
        for key in _needed(graph, read) if part.branches else ():
            found[key] = found.get(key, 0) | part.branches
    made = [key for key in found if key[0] in graph.repeats]
    made += [(repeat.within, repeat.items) for repeat in graph.repeats.values()]
    always = _needed(graph, [*every, *made])
    return {key: bits for key, bits in found.items() if key not in always and key not in graph.inline}


def _needed(graph: Graph, keys: Iterable[Key]) -> set[Key]:
    """Some nodes, with all that they rest on."""
    pending, found = list(keys), set[Key]()
    while pending:
        key = pending.pop()
        if key not in found and key[1] in graph.nodes.get(key[0], ()):
            found.add(key)
            pending += [*graph.rests_on(key), *reads(graph, key)]
    return found


def _asks(graph: Graph, key: Key) -> bool:
    """Whether a node itself looks at the day, also where another one is worked out within it."""
    within = (need for need in graph.needs(key) if need in graph.inline)
    return TODAY in graph.nodes[key[0]][key[1]].words.names or any(_asks(graph, each) for each in within)


def steps_of(code: Compiled, late: Late) -> tuple[Step, ...]:
    """The steps that work out what hinges on the day, in order; none where they are not apart."""
    segments = code.segments[len(code.segments) - len(code.late_steps) :]
    if any(each.parts for each in segments):
        return ()
    numbers = {(each.entity, name): i for i, each in enumerate(segments) for name in each.names}
    steps = zip(segments, code.late_steps, strict=True)
    return tuple(_step(code, segment, run, numbers, late) for segment, (_, run) in steps)


def _step(
    code: Compiled, segment: Segment, run: Callable[[Row], None], numbers: Mapping[Key, int], late: Late
) -> Step:
    entity, graph = segment.entity, code.graph
    keys = [(entity, name) for name in segment.names]
    read = {need for key in keys for need in reads(graph, key)}
    needs = bits({numbers[need] for need in read if need in numbers} - {numbers[keys[0]]})
    start = code.layouts[entity].index[segment.names[0]]
    made = [name for name, each in graph.repeats.items() if (each.within, each.items) in keys]
    below = [name for name in graph.repeats if not set(made).isdisjoint(graph.lineage(name))]
    together, branches = late[keys[0]]
    asked = frozenset[str]().union(*(graph.nodes[entity][name].words.all for _, name in keys))
    is_calendar = entity == graph.vocabulary.root and not read and asked <= {TODAY, *PROPERTY_NAMES}
    return Step(
        entity, run, start, start + len(keys), needs, tuple(below), branches, together is not None,
        Calendar() if together is not None and is_calendar else None,
    )  # fmt: skip


def read_as_one(rule: Rule) -> object:
    """What a rule is read together with, so that all that is said of it comes at once."""
    return rule.entity, rule.finding, rule.origin.policy, rule.origin.id


def read_off(graph: Graph, rule: Rule) -> Iterator[Key]:
    """The nodes that a rule is read off, and those that are read where one of them is worked out inline."""
    found = [
        (owner[0], name) for name in read_by(rule) if (owner := graph.node(rule.entity, name)) is not None
    ]
    for within in graph.lineage(rule.entity):
        if within in graph.repeats:
            found.append((graph.repeats[within].within, graph.repeats[within].items))
    return with_inline(graph, found)


def with_inline(graph: Graph, keys: Iterable[Key]) -> Iterator[Key]:
    """Some nodes, and those that are read where one of them is worked out inline."""
    pending = list(keys)
    while pending:
        key = pending.pop()
        if key in graph.inline:
            pending += reads(graph, key)
        yield key


def bits(numbers: Iterable[int]) -> int:
    """A number with a bit for each of these."""
    return sum({1 << number for number in numbers})
