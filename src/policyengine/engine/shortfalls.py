"""What requirements that do not hold still need: each of their tests, and each way where one would do.

The tests of a condition are found once, through the nodes of policies and through derived facts that are true
or false; both engines ask their values for one instance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice, product
from typing import TypeAlias

from policyengine.dataclass import dataclass
from policyengine.decision.findings import UNDETERMINED, Origin, Reason, Shortfall, Unsettled
from policyengine.engine.missing_facts import unsettled
from policyengine.feel.syntax.tree import And, Call, Expression, Literal, Name, Or
from policyengine.feel.types.types import BOOLEAN
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import Choose, Explain, Rule
from policyengine.program.graph import Graph

MOST_WAYS = 12
"""So many ways are told; of more, the shortest."""


@dataclass(frozen=True, slots=True)
class Test:
    """A condition without parts, at an entity so many instances above the one that is judged."""

    entity: str
    hops: int
    expression: Expression


@dataclass(frozen=True, slots=True)
class Tests:
    """Conditions all of which must hold or, with `one`, one of which."""

    parts: tuple[Tests | Test, ...]
    one: bool


Look: TypeAlias = Callable[[Test], tuple[object, Callable[[], Sequence[Reason]]]]
"""The value of a test for one instance, and what gives its reasons."""
Way: TypeAlias = tuple[Shortfall, ...]


def condition_of(rule: Rule) -> str:
    """The node that tells whether a requirement holds."""
    because = rule.because.otherwise if isinstance(rule.because, Choose) else rule.because
    assert isinstance(because, Explain)
    return because.nodes[0]


def tests_of(graph: Graph, rule: Rule) -> Tests | Test:
    """The tests of the condition of a requirement."""
    node = graph.nodes[rule.entity][condition_of(rule)]
    return _tests(graph, rule.entity, 0, node.expression, frozenset())


def _tests(
    graph: Graph, entity: str, hops: int, expression: Expression, seen: frozenset[Expression]
) -> Tests | Test:
    match expression:
        case And(operands) | Or(operands):
            parts = tuple(_tests(graph, entity, hops, each, seen) for each in operands)
            return Tests(parts, isinstance(expression, Or))
        case Call(Name("is true"), (inner,)):
            return _tests(graph, entity, hops, inner, seen)
        case Name(name) if expression not in seen:
            found = graph.node(entity, name)
            if found is not None and graph.types.get((found[0], name)) == BOOLEAN:
                owner, node = found
                more = hops + list(graph.lineage(entity)).index(owner)
                inside = _tests(graph, owner, more, node.expression, seen | {expression})
                if node.noun is None or isinstance(inside, Tests):
                    return inside
    return Test(entity, hops, expression)


def of_one(origin: Origin, status: str, value: object, because: Iterable[Reason]) -> Shortfall:
    """What a requirement with one test needs."""
    unknown = unsettled([value]) if isinstance(value, Unknown) else ()
    return _told(Shortfall(origin.id, origin.title, status), because, unknown)


def shortfalls(origin: Origin, status: str, tests: Tests | Test, look: Look) -> tuple[Shortfall, ...]:
    """What a requirement that does not hold needs."""
    whole = Shortfall(origin.id, origin.title, status)
    if isinstance(tests, Test):
        value, because = look(tests)
        return (of_one(origin, status, value, because()),)
    return tuple(dict.fromkeys(_lacking(whole, tests, look))) or (whole,)


def _lacking(whole: Shortfall, tests: Tests | Test, look: Look) -> Iterator[Shortfall]:
    """The tests that do not hold; of alternatives, none of which holds, all ways in one."""
    if isinstance(tests, Test) or not tests.one:
        for part in (tests,) if isinstance(tests, Test) else tests.parts:
            if not isinstance(part, Test):
                yield from _lacking(whole, part, look)
            else:
                value, because = look(part)
                if value is not True and not isinstance(part.expression, Literal):
                    yield _of_test(whole, value, because())
        return
    ways = [list(_lacking(whole, part, look)) for part in tests.parts]
    if all(ways):
        several = sorted({way for each in ways for way in _spread(each)}, key=_length)
        yield from several[0] if len(several) == 1 else (whole._replace(ways=tuple(several[:MOST_WAYS])),)


def _spread(parts: Iterable[Shortfall]) -> Iterator[Way]:
    """The ways to all parts, some of which have several."""
    choices = [each.ways or ((each,),) for each in parts]
    for chosen in islice(product(*choices), MOST_WAYS):
        yield tuple(dict.fromkeys(each for way in chosen for each in way))


def _length(way: Way) -> tuple[object, ...]:
    """How long a way is: by what is not decided, its steps, those that no number measures, its distance."""
    found = [each.short_by for each in way]
    distances = [abs(Decimal(each)) for each in found if isinstance(each, (Decimal, int))]
    open_ones = sum(each.status == UNDETERMINED for each in way)
    words = tuple(f"{each.fact} {each.text}" for each in way)
    return open_ones, len(way), len(way) - len(distances), sum(distances), words


def _of_test(whole: Shortfall, value: object, because: Sequence[Reason]) -> Shortfall:
    unknown = unsettled([value]) if isinstance(value, Unknown) else ()
    status = UNDETERMINED if isinstance(value, Unknown) and whole.status == "unmet" else whole.status
    failing = next((each for each in because if each.outcome in ("fails", "unknown")), None)
    text = None if failing is None else failing.text
    return _told(whole, because, unknown)._replace(status=status, text=text)


def _told(whole: Shortfall, because: Iterable[Reason], unknown: tuple[Unsettled, ...]) -> Shortfall:
    """With the threshold of a test if it has one, else with the fact it turns on."""
    failing = [reason for reason in because if reason.outcome in ("fails", "unknown")]
    threshold = next((reason for reason in failing if reason.need is not None), None)
    reason = threshold or next((reason for reason in failing if reason.fact is not None), None)
    if reason is None:
        return whole._replace(unknown=unknown)
    return whole._replace(
        fact=reason.fact, have=reason.have, need=reason.need, short_by=reason.short_by,
        lack=reason.lack, unknown=unknown,
    )  # fmt: skip
