"""Conditions under which something rests on an assumption, as expressions: put together, and narrowed.

With them, what of a rule counts, and where an expression is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Assumption
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import And, Expression, Filter, Literal, Name, Or
from policyengine.policy.rule import Choose, Explain, Reading, Rule, Rules, Value
from policyengine.source import Span

Rests = dict[Assumption, Expression | None]
"""Assumptions with the condition under which something rests on them; always if it is None."""


def decides(expression: And | Or, i: int, whole: Expression, several: Sequence[Rests] | None) -> Expression:
    """Whether the operand at a position decides what the whole comes to, if that is known.

    Where several settle it, each does that is a reason (of alternatives the first); else they do only if all
    of them rest on something (`several`).
    """
    at, operands = expression.span, expression.operands
    settles, other = (fails, holds) if isinstance(expression, And) else (holds, fails)
    first = [settles(operands[i])]
    if several is not None:
        first += [
            build.any_of([negated(settles(each)), *(guard for guard in rests.values() if guard)], at)
            for j, (each, rests) in enumerate(zip(operands, several, strict=True))
            if j != i and None not in rests.values()
        ]
    elif isinstance(expression, Or) and i:
        first.append(negated(holds(build.any_of(operands[:i], at))))
    return build.any_of([build.all_of(first, at), other(whole)], at)


def lies_in(span: Span, region: Span) -> bool:
    """Whether one span lies in another one of the same source."""
    return region.start <= span.start and span.end <= region.end


def is_written(expression: Expression) -> bool:
    """Whether somebody wrote it; other words are a kind's own: what comes out, or a column."""
    word = expression.value if isinstance(expression, Literal) else None
    return not isinstance(word, str) or expression.span.text.strip("\"'") == word


def holds(condition: Expression) -> Expression:
    """A condition is known to hold."""
    return build.call("is true", condition, span=condition.span)


def negated(condition: Expression) -> Expression:
    """A condition does not hold."""
    return build.negate(condition, condition.span)


def fails(condition: Expression) -> Expression:
    """A condition is known not to hold."""
    return holds(negated(condition))


def narrowed(condition: Expression, rests: Rests) -> Rests:
    """What is rested on where a condition holds."""
    return {
        each: condition if guard is None else build.all_of([condition, guard], condition.span)
        for each, guard in rests.items()
    }


def among(target: Expression, rests: Rests) -> Rests:
    """What is rested on where some item of a list does."""
    at = target.span

    def some(guard: Expression | None) -> Expression:
        count = build.call("count", target if guard is None else Filter(target, guard, at), span=at)
        return holds(build.compare(">", count, build.literal(0, at), at))

    return {each: some(guard) for each, guard in rests.items()}


def merged(*several: Rests) -> Rests:
    """What any of them rests on."""
    found: Rests = {}
    for rests in several:
        for each, guard in rests.items():
            other = found.get(each, guard)
            found[each] = None if guard is None or other is None else either(other, guard)
    return found


def either(one: Expression, other: Expression) -> Expression:
    """One condition holds or the other; what holds only where an alternative does is left out."""
    found = list(one.operands if isinstance(one, Or) else (one,))
    for each in other.operands if isinstance(other, Or) else (other,):
        parts = each.operands if isinstance(each, And) else (each,)
        if not any(part in found for part in (each, *parts)):
            found.append(each)
    return build.any_of(found, one.span)


def explained_nodes(
    reading: Reading, at: Span, where: tuple[Expression, ...] = ()
) -> Iterator[tuple[tuple[Expression, ...], str]]:
    """The nodes that reasons explain, each with the conditions under which they do."""
    if isinstance(reading, Explain):
        yield from ((where, node) for node in reading.nodes)
    elif isinstance(reading, Choose):
        by = Name(reading.by, at)
        words = {word: holds(build.equals(by, build.literal(word, at), at)) for word in reading.cases}
        for word, each in reading.cases.items():
            yield from explained_nodes(each, at, (*where, words[word]))
        yield from explained_nodes(reading.otherwise, at, (*where, *map(negated, words.values())))


def every_rule(rules: Iterable[Rule]) -> Iterator[Rule]:
    """The rules, and those of the findings within theirs."""
    for rule in rules:
        yield rule
        for reading in rule.fields.values():
            yield from every_rule(_rules(reading))


def _rules(reading: Reading) -> Iterator[Rule]:
    if isinstance(reading, Rules):
        yield from reading.rules
    elif isinstance(reading, Choose):
        for each in (*reading.cases.values(), reading.otherwise):
            yield from _rules(each)


def value_nodes(reading: Reading) -> Iterator[str]:
    """The nodes that a field of a finding shows, without those of the findings within it."""
    if isinstance(reading, Value):
        yield reading.node
    elif isinstance(reading, Choose) and not any(_rules(reading)):
        yield reading.by
        for each in (*reading.cases.values(), reading.otherwise):
            yield from value_nodes(each)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression is looked at: its entity, the rows that its names may be fields of, from the inside
    out, and the variables around it with the entity of what they stand for, None for other values. `cited`
    is what a finding names as a reason.
    """

    entity: str
    cited: bool = False
    rows: tuple[str, ...] = ()
    bound: Mapping[str, str | None] = field(default_factory=dict)

    def within(self, row: str | None) -> Place:
        """Where a condition about items is looked at."""
        return self if row is None else replace(self, rows=(row, *self.rows))

    def binding(self, found: Mapping[str, str | None]) -> Place:
        """Where the body of a loop is looked at."""
        return replace(self, bound={**self.bound, **found})
