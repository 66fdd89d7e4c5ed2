"""How findings are put together for equal answers: what is fixed, and what is filled in for each subject.

The first time that some answers come up, the readings of a rule are gone through with what they come to
there: choices are made, conditions have decided, the way to the reasons is known. What is left to do for
another subject with the same answers is to fill in the values that the finding shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, fields
from itertools import combinations
from typing import Any, TypeAlias

from policyengine.dataclass import dataclass
from policyengine.decision.findings import NOT_APPLICABLE, Origin, Reason, Shortfall
from policyengine.engine.reference.reasons import explain
from policyengine.engine.reference.row import chosen, read, shortfall, telling_reason
from policyengine.engine.rows.answers import Answers
from policyengine.engine.rows.readings import shown_value
from policyengine.engine.rows.runtime import Careful
from policyengine.engine.rows.sayings import Saying, pattern_of
from policyengine.engine.rows.templates import Make, constructor, maker
from policyengine.engine.rows.traces import Said, distinct, outcome
from policyengine.policy.rule import Build, Choose, Const, Explain, Reading, Rule, Rules, Shortfalls, Value
from policyengine.source import Span


class Unplanned(Exception):  # noqa: N818  # no error: the rule is read off its nodes
    """The reasons come about in a way that is not known."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A part that is the same for all subjects with the same answers."""

    value: Any


Fill: TypeAlias = Callable[[Any], Any]
Part: TypeAlias = "Fixed | Fill"
Plan: TypeAlias = tuple[Callable[[Any, Any], Any], Any]
"""What makes the finding, and what it takes for that beside the instance."""


@dataclass(slots=True)
class Planner:
    """Makes plans for the answers that an instance gives; `sayings` are those known so far."""

    scope: Any
    answers: Answers
    sayings: dict[object, Saying]
    reasons: dict[tuple[Saying, ...], Part] = field(default_factory=dict)

    def finding(self, rule: Rule) -> Plan:
        """The plan of the finding of a rule; it gives None where there is no finding."""
        scope = self.scope
        if rule.exists is not None and scope[rule.exists] is False:
            return _nothing, ()
        status = scope[rule.status]
        if not isinstance(status, str):
            raise Careful
        origin = Fixed(self._origin(rule))
        known: dict[str, Part] = {"origin": origin, "status": Fixed(status), "unknown": Fixed(())}
        readings = {"because": rule.because, **rule.fields}
        parts: list[Part] = []
        for each in fields(rule.finding):
            if each.name in known:
                parts.append(known[each.name])
            elif each.name in readings:
                parts.append(self._part(readings[each.name]))
            else:
                parts.append(Fixed(None if each.name == "subject" else each.default))
        return _put_together(maker(rule.finding), parts)

    def _origin(self, rule: Rule) -> Origin:
        nearer = read(rule.origins, self.scope) if rule.origins is not None else None
        return nearer if isinstance(nearer, Origin) else rule.origin

    def _part(self, reading: Reading) -> Part:
        match reading:
            case Const(value):
                return Fixed(value)
            case Value(node):
                show = shown_value(self.scope.graph, self.scope.entity, node)
                return Fixed(show(self.scope)) if node in self.answers.fixed else show
            case Choose(by):
                return self._part(chosen(reading, self.scope[by]))
            case Build(cls, parts):
                return self._built(cls, parts)
            case Explain(nodes):
                return self._because(nodes)
            case Rules(rules):
                plans = [self.finding(rule) for rule in rules]
                found = tuple(plan for plan in plans if plan[0] is not _nothing)
                return lambda scope: tuple([fill(plan, scope) for fill, plan in found])
            case Shortfalls(rules):
                return _in_a_row([part for rule in rules if (part := self._shortfall(rule)) is not None])
        raise Unplanned

    def _built(self, cls: type, readings: Mapping[str, Reading]) -> Part:
        parts = [
            self._part(readings[each.name]) if each.name in readings else Fixed(each.default)
            for each in fields(cls)
        ]
        fill, plan = _put_together(maker(cls), parts)
        if all(isinstance(part, Fixed) for part in parts):
            return Fixed(fill(plan, self.scope))
        return lambda scope: fill(plan, scope)

    def _shortfall(self, rule: Rule) -> Part | None:
        fill, plan = self.finding(rule)
        finding = fill(plan, self.scope)
        if finding is None or finding.status in ("met", NOT_APPLICABLE):
            return None
        reason = telling_reason(finding.because)
        if reason is None:
            return Fixed(shortfall(finding))
        if not isinstance(rule.because, Explain):
            return lambda scope: shortfall(fill(plan, scope))
        sayings = self._sayings(rule.because.nodes)
        saying = next(each for each in sayings if each(self.scope) == reason)
        if self._is_fixed(saying):
            return Fixed(shortfall(finding))
        head = finding.id, finding.title, finding.status
        return lambda scope: _with_reason(head, saying(scope))

    # Reasons

    def _because(self, nodes: Sequence[str]) -> Part:
        sayings = self._sayings(nodes)
        if sayings not in self.reasons:
            self.reasons[sayings] = self._spoken(sayings)
        return self.reasons[sayings]

    def _spoken(self, sayings: tuple[Saying, ...]) -> Part:
        parts = [Fixed(each(self.scope)) if self._is_fixed(each) else each for each in sayings]
        if len(parts) == 1:
            return _in_a_row(parts)
        if not any(_may_coincide(one, other) for one, other in combinations(parts, 2)):
            return _once(_in_a_row(parts))
        return _once(lambda scope: distinct([saying(scope) for saying in sayings]))

    def _is_fixed(self, saying: Saying) -> bool:
        used = saying.said.names
        return used is not None and self.answers.fixed.issuperset(used)

    def _sayings(self, nodes: Sequence[str]) -> tuple[Saying, ...]:
        found = [self._saying(said) for node in nodes for said in self._said(node)]
        return tuple(dict.fromkeys(found))

    def _said(self, node: str) -> tuple[Said, ...]:
        way = self.scope.memory.way(self.scope.entity, node)
        found: tuple[Said, ...] | None = way.said(self.scope)
        if found is None:
            explain(self.scope, node)
            found = way.said(self.scope)
        if found is None or any(said.hops for said in found):
            raise Unplanned
        return found

    def _saying(self, said: Said) -> Saying:
        came_out = outcome(self.scope.value(said.expression))
        key = (self.scope.entity, said.expression, said.expression.span, said.upright, came_out)
        if key not in self.sayings:
            self.sayings[key] = Saying(said, pattern_of(self.scope, said))
        return self.sayings[key]


def _may_coincide(one: Part, other: Part) -> bool:
    """Whether two parts that are reasons may say the same, depending on the values in them."""
    (at, start), (at_other, start_other) = _beginning(one), _beginning(other)
    return at == at_other and (start.startswith(start_other) or start_other.startswith(start))


def _beginning(part: Part) -> tuple[Span, str]:
    """The place that a reason is about, and how its sentence begins for all values."""
    if isinstance(part, Fixed):
        return part.value.at, part.value.text
    assert isinstance(part, Saying)
    return part.said.expression.span, "" if part.pattern is None else part.pattern.before


def _in_a_row(parts: Sequence[Part]) -> Part:
    """A tuple of parts, some of which are filled in."""
    values, fills = _split(parts)
    if not fills:
        return Fixed(values)

    def row(scope: Any) -> tuple[Any, ...]:
        found = list(values)
        for i, fill in fills:
            found[i] = fill(scope)
        return tuple(found)

    return row


def _put_together(make: Make, parts: Sequence[Part]) -> Plan:
    """An instance of a class out of the parts that its fields are, in their order."""
    values, fills = _split(parts)
    return (_filled, (make, values, fills)) if fills else (make, values)


def _filled(plan: Any, scope: Any) -> Any:
    make, values, fills = plan
    found = list(values)
    for i, fill in fills:
        found[i] = fill(scope)
    return make(found, scope)


def _nothing(plan: Any, scope: Any) -> None:
    return None


def _split(parts: Sequence[Part]) -> tuple[tuple[Any, ...], tuple[tuple[int, Fill], ...]]:
    """What is fixed, and by position what is filled in."""
    values = tuple(part.value if isinstance(part, Fixed) else None for part in parts)
    fills = tuple((i, part) for i, part in enumerate(parts) if not isinstance(part, Fixed))
    return values, fills


def _once(part: Part) -> Part:
    """A part that several findings of one instance share."""
    if isinstance(part, Fixed):
        return part
    work = part

    def shared(scope: Any) -> Any:
        told = scope.told
        found = told.get(shared)
        if found is None:
            found = told[shared] = work(scope)
        return found

    return shared


_new_shortfall: Callable[..., Shortfall] = constructor(
    Shortfall, ", ".join(Shortfall.__slots__), {name: name for name in Shortfall.__slots__}
)


def _with_reason(head: tuple[str, str, str], reason: Reason) -> Shortfall:
    return _new_shortfall(*head, reason.fact, reason.have, reason.need, reason.short_by, reason.noun)
