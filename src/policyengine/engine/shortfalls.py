"""What requirements that do not hold still need: each of their tests, and each way where one would do.

The tests of a condition are found once, through the nodes of policies and through derived facts that are true
or false; both engines ask their values for one instance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import combinations, islice, product
from typing import TypeAlias

from policyengine.dataclass import dataclass
from policyengine.decision.findings import REFUSED, UNDETERMINED, Origin, Reason, Shortfall
from policyengine.engine.missing_facts import unsettled
from policyengine.feel.syntax.tree import And, Call, Expression, ListLiteral, Literal, Name, Or
from policyengine.feel.types.types import BOOLEAN
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import Choose, Explain, Rule
from policyengine.program.graph import Graph

MOST_WAYS = 12
"""So many ways are told; of more, the shortest."""
MOST_CHOICES = 1_000
"""So many choices among alternatives are looked at."""


@dataclass(frozen=True, slots=True)
class Test:
    """A condition without parts, at an entity so many instances above the one that is judged."""

    entity: str
    hops: int
    expression: Expression


@dataclass(frozen=True, slots=True)
class Tests:
    """Conditions of which so many must hold."""

    parts: tuple[Tests | Test, ...]
    least: int


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
            return Tests(parts, 1 if isinstance(expression, Or) else len(parts))
        case Call(Name("at least"), (Literal(Decimal() as least), ListLiteral(items))):
            return Tests(tuple(_tests(graph, entity, hops, each, seen) for each in items), int(least))
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


def shortfalls(origin: Origin, status: str, tests: Tests | Test, look: Look) -> tuple[Shortfall, ...]:
    """What a requirement that does not hold needs."""
    whole = Shortfall(origin.id, origin.title, status)
    if isinstance(tests, Test):
        value, because = look(tests)
        return (_told(whole, None, value, _failing(because())),)
    return _different(_lacking(whole, tests, look)) or (whole,)


def _different(found: Sequence[Shortfall]) -> Way:
    """What is needed, each once."""
    if len({each.text for each in found}) == len(found):
        return tuple(found)
    return tuple(dict.fromkeys(found))


def _lacking(whole: Shortfall, tests: Tests, look: Look) -> list[Shortfall]:
    """The tests that do not hold; where some of them would do, all ways in one."""
    parts = [_lacking_part(whole, part, look) for part in tests.parts]
    lacking = [part for part in parts if part]
    wanted = tests.least - (len(tests.parts) - len(lacking))
    if wanted <= 0:
        return []
    if wanted == len(lacking):
        return [each for part in lacking for each in part]
    chosen = islice(combinations(lacking, wanted), MOST_CHOICES)
    found = [way for several in chosen for way in _spread([each for part in several for each in part])]
    if len({tuple([each.text for each in way]) for way in found}) < len(found):
        found = list(dict.fromkeys(found))
    if len(found) == 1:
        return list(found[0])
    return [whole._replace(ways=tuple(sorted(found, key=_length)[:MOST_WAYS]))]


def _lacking_part(whole: Shortfall, part: Tests | Test, look: Look) -> list[Shortfall]:
    if isinstance(part, Tests):
        return _lacking(whole, part, look)
    value, because = look(part)
    if value is True or isinstance(part.expression, Literal):
        return []
    failing = _failing(because())
    return [_told(whole, failing[0].text if failing else None, value, failing)]


def _spread(parts: Sequence[Shortfall]) -> Iterator[Way]:
    """The ways to all parts, some of which have several."""
    if not any(each.ways for each in parts):
        yield _different(parts)
        return
    choices = [each.ways or ((each,),) for each in parts]
    for chosen in islice(product(*choices), MOST_WAYS):
        yield _different([each for way in chosen for each in way])


def _length(way: Way) -> tuple[object, ...]:
    """How long a way is: by what is not decided, its steps, those that no number measures, its distance."""
    found = [each.short_by for each in way]
    distances = [abs(Decimal(each)) for each in found if isinstance(each, (Decimal, int))]
    open_ones = sum(each.status == UNDETERMINED for each in way)
    words = tuple(f"{each.fact} {each.text}" for each in way)
    return open_ones, len(way), len(way) - len(distances), sum(distances), words


def _failing(because: Iterable[Reason]) -> list[Reason]:
    return [reason for reason in because if reason.outcome in ("fails", "unknown")]


def _told(whole: Shortfall, text: str | None, value: object, failing: Sequence[Reason]) -> Shortfall:
    """With the threshold of a test if it has one, else the fact it turns on; and what is unknown of it."""
    is_open = isinstance(value, Unknown)
    unknown = unsettled([value]) if is_open else ()
    status = UNDETERMINED if is_open and whole.status in ("unmet", REFUSED) else whole.status
    told = ("need", "lack", "fact")
    reason = next((each for key in told for each in failing if getattr(each, key) is not None), None)
    if reason is None:
        return Shortfall(whole.id, whole.title, status, text=text, unknown=unknown)
    if reason.need is None and reason.lack is not None:
        text = reason.text
    return Shortfall(
        whole.id, whole.title, status, reason.fact, reason.have, reason.need, reason.short_by, reason.lack,
        text, (), unknown,
    )  # fmt: skip
