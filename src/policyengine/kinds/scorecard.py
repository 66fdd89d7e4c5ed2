"""Scorecards: points for what somebody does, part by part, with limits, weights and gates.

The points of a part are so many for each unit of a number, a formula, or the sum of its own parts. They are
held within `min` and `max` and rounded, and the total adds up the parts by their weights. A part whose `when`
does not hold has no points; one whose `applies_when` does not hold is left out. The total and the points of
each part have names that expressions use, so that one part may wait for another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import chain
from typing import Literal

from policyengine.decision import findings
from policyengine.decision.wording import join
from policyengine.diagnostics import Code
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Binary, Call, Expression, Filter, ListLiteral, Name
from policyengine.feel.types import types
from policyengine.policy.base import Count, FactName, Feel, Id, Many, Sourced, Text, VersionedPolicy, field
from policyengine.policy.change_context import ChangeContext, called
from policyengine.policy.condition import Condition
from policyengine.policy.draft import Draft
from policyengine.policy.kind import Kind
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.rule import Choose, Const, Explain, Reading, Rule, Rules, Term, TermLimit, Value
from policyengine.policy.vocabulary import DerivedFact, Vocabulary

Place = tuple[str | int, ...]


class Scored(Sourced):
    """Something that brings points: so many for each unit of a number, or by a formula."""

    id: Id
    title: Text
    of: Feel | None = field(default=None, description="the number whose units bring points")
    each: Feel | None = field(default=None, description="the points that each unit of `of` brings")
    points: Feel | None = field(default=None, description="or the points as a formula")
    min: Feel | None = field(default=None, description="the fewest points that it brings")
    max: Feel | None = field(default=None, description="the most points that it brings")
    round: Count | None = field(default=None, description="to so many decimals, as the program rounds")
    weight: Feel | None = field(default=None, description="what its points count in the total; 1 if left out")
    when: Condition | None = field(default=None, description="no points otherwise")
    applies_when: Condition | None = field(default=None, description="left out of the total otherwise")


class ScoredPart(Scored):
    """A part of a score, perhaps with parts of its own."""

    parts: Many[Scored] = field(default=(), description="or the points of its own parts, added up")


class Scorecard(VersionedPolicy):
    """Points for what somebody does, part by part, with limits, weights and gates."""

    kind: Literal["scorecard"]
    result: FactName | None = field(
        default=None, description="the name of the total; else the id with _ for -"
    )
    when: Condition | None = field(default=None, description="whom it scores at all; all if left out")
    min: Feel | None = field(default=None, description="the fewest points of the total")
    max: Feel | None = field(default=None, description="the most points of the total")
    round: Count | None = field(default=None, description="the total to so many decimals")
    parts: Many[ScoredPart] = field(description="what brings points", min_length=1)

    @property
    def result_name(self) -> str:
        """The name under which expressions use the total; that of a part is added to it."""
        return self.result or self.id.replace("-", "_")

    def name_of(self, part: Scored) -> str:
        """The name under which expressions use the points of a part."""
        return f"{self.result_name}_{part.id.replace('-', '_')}"

    def everything(self) -> Iterator[tuple[Place, Scored]]:
        """All parts, those within others too, with their places."""
        for i, part in enumerate(self.parts):
            yield ("parts", i), part
            for j, below in enumerate(part.parts):
                yield ("parts", i, "parts", j), below


_EXAMPLE = """\
kind: scorecard
id: example
title: Example
for: partner
max: 100
parts:
  - {id: accounts, title: Active accounts, of: active_accounts, each: 2, max: 40}
  - {id: reviews, title: Quarterly reviews, points: 10, when: attends_quarterly_reviews}
"""
WRONG_POINTS = Code(
    id="SCORE001",
    title="a part that does not say its points in one way",
    why="The points of a part are `each` unit `of` a number, or `points`, or those of its own `parts`. Of "
    "two ways nobody would know which counts.",
    bad=_EXAMPLE.replace("points: 10, when", "when"),
    good=_EXAMPLE,
)
CODES = (WRONG_POINTS,)


def check(policy: Scorecard, draft: Draft) -> None:
    """Every part has an id of its own, and says its points in one way."""
    draft.unique((part.id, place) for place, part in policy.everything())
    for place, part in policy.everything():
        parts = isinstance(part, ScoredPart) and part.parts
        ways = [key for key in ("of", "points") if getattr(part, key) is not None] + ["parts"] * bool(parts)
        if len(ways) > 1:
            sentence = f"`{part.id}` says its points in two ways: `{ways[0]}` and `{ways[1]}`"
            draft.error(WRONG_POINTS, draft.key_span(*place, ways[1]), sentence, f"remove `{ways[1]}`")
        elif not ways:
            help = "add `of: ...` and `each: ...`, or `points: ...`"
            draft.error(WRONG_POINTS, draft.span(*place, "id"), f"`{part.id}` brings no points", help)
        elif (part.of is None) != (part.each is None):
            missing = "of" if part.of is None else "each"
            sentence = f"`{part.id}` has no `{missing}`"
            draft.error(WRONG_POINTS, draft.span(*place, "id"), sentence, f"add `{missing}: ...`")


def exports(unit: PolicyDocument, vocabulary: Vocabulary) -> Mapping[str, DerivedFact]:
    """The total and the points of each part, by their names."""
    policy = unit.policy
    if not isinstance(policy, Scorecard):
        return {}
    at = unit.document.value_span(("result",) if policy.result is not None else ("id",))
    found = {policy.name_of(part): (part.title, ("id",), place) for place, part in policy.everything()}
    points = {
        name: DerivedFact(types.NUMBER, _noun(title), unit.document.value_span((*place, *key)))
        for name, (title, key, place) in found.items()
    }
    return {policy.result_name: DerivedFact(types.NUMBER, _noun(policy.title), at), **points}


def _noun(title: str) -> str:
    """What people call the points of a part; a score that is called so needs no more."""
    return title.lower() if title.casefold() == "points" else f"points of {title}"


# Lower


def lower(policy: Scorecard, draft: Draft) -> None:
    """The points of all parts, the total, and a finding that shows both."""
    at = draft.key_span("parts")
    lowered = [_Part(policy, draft, part, ("parts", i)) for i, part in enumerate(policy.parts)]
    total = _limited(draft, (), policy, build.add([each.weighed for each in lowered], at))
    exists = draft.applies(policy.id, "when").name if policy.when is not None else None
    terms = _within(policy, policy.result_name, chain(*(each.terms for each in lowered)))
    points = draft.define(
        policy.result_name, total, at, wanted=types.NUMBER, noun=_noun(policy.title), terms=tuple(terms)
    )
    scored = build.literal("scored", at)
    known: Expression = build.call("once known", ListLiteral((points,), at), scored, span=at)
    rule = Rule(
        finding=findings.Score,
        origin=draft.origin(policy.id, policy.title),
        entity=draft.entity,
        status=draft.define(f"{policy.id}/status", known, at).name,
        exists=exists,
        because=Explain(()),
        fields={
            "points": Value(points.name),
            "most": _number(draft, f"{policy.id}/most", policy.max, "max"),
            "parts": Rules(tuple(rule for each in lowered for rule in each.rules)),
        },
    )
    draft.rule(rule)


class _Part:
    """A part in the graph: what it adds to the total, its rules, and the terms that could bring more."""

    def __init__(self, policy: Scorecard, draft: Draft, part: Scored, place: Place) -> None:
        self.draft, self.part, self.place = draft, part, place
        self.name = policy.name_of(part)
        self.at = draft.span(*place, "id")
        own = part.parts if isinstance(part, ScoredPart) else ()
        below = [_Part(policy, draft, each, (*place, "parts", j)) for j, each in enumerate(own)]
        self.units = self._units()
        raw = self._raw(below)
        self.applies = self._condition("applies_when", "is asked for")
        self.gate = self._condition("when", "counts")
        self.points = self._points(raw)
        self.rules: tuple[Rule, ...] = (self._rule(raw), *(rule for each in below for rule in each.rules))
        self.terms = tuple(self._terms(below))

    @property
    def weighed(self) -> Expression:
        """What the part adds to what it is a part of."""
        points: Expression = self.points
        if self.part.weight is not None:
            points = Binary("*", self.draft.feel(*self.place, "weight"), points, self.at)
        if self.applies is None:
            return points
        return build.choose([(self.applies, points)], build.literal(0, self.at), self.at)

    def _units(self) -> Name | None:
        if self.part.of is None:
            return None
        units, there = self.draft.feel(*self.place, "of"), self.draft.span(*self.place, "of")
        return self.draft.define(f"{self.name}/units", units, there, wanted=types.NUMBER)

    def _raw(self, below: list[_Part]) -> Name:
        """The points before any limit."""
        raw: Expression
        if below:
            raw = build.add([each.weighed for each in below], self.at)
        elif self.units is not None and self.part.each is not None:
            raw = Binary("*", self.draft.feel(*self.place, "each"), self.units, self.at)
        elif self.part.points is not None:
            raw = self.draft.feel(*self.place, "points")
        else:
            raw = build.literal(0, self.at)
        return self.draft.define(f"{self.name}/raw", raw, self.at, wanted=types.NUMBER)

    def _condition(self, key: str, title: str) -> Name | None:
        if getattr(self.part, key) is None:
            return None
        there = self.draft.span(*self.place, key)
        condition = self.draft.condition(*self.place, key)
        return self.draft.define(f"{self.name}/{key}", condition, there, wanted=types.BOOLEAN, title=title)

    def _points(self, raw: Name) -> Name:
        points = _limited(self.draft, self.place, self.part, raw)
        if self.gate is not None:
            points = build.choose([(self.gate, points)], build.literal(0, self.at), self.at)
        if self.applies is not None:
            nothing = build.call("no value of", points, span=self.at)
            points = build.choose([(self.applies, points)], nothing, self.at)
        noun = _noun(self.part.title)
        return self.draft.define(self.name, points, self.at, wanted=types.NUMBER, noun=noun)

    def _rule(self, raw: Name) -> Rule:
        draft, at = self.draft, self.at
        counted = build.literal("counted", at)
        status: Expression = build.call("once known", ListLiteral((self.points,), at), counted, span=at)
        idle: dict[str, Reading] = {}
        for name, word in ((self.gate, "not_counted"), (self.applies, findings.NOT_APPLICABLE)):
            if name is not None:
                status = build.choose([(name, status)], build.literal(word, at), at)
                idle[word] = Explain((name.name,))
        named = draft.define(f"{self.name}/status", status, at).name
        because: Reading = Explain((self.units.name if self.units is not None else raw.name,))
        return Rule(
            finding=findings.ScorePart,
            origin=draft.origin(self.part.id, self.part.title, *self.place),
            entity=draft.entity,
            status=named,
            because=Choose(named, idle, because) if idle else because,
            fields={
                "points": Value(self.points.name),
                "most": _number(draft, f"{self.name}/most", self.part.max, *self.place, "max"),
                "before_limits": Value(raw.name),
                "units": Const(None) if self.units is None else Value(self.units.name),
                "unit": Const(None if self.units is None else self._unit()),
                "each": _number(draft, f"{self.name}/each", self.part.each, *self.place, "each"),
                "weight": _number(draft, f"{self.name}/weight", self.part.weight, *self.place, "weight"),
                "nested": Const(len(self.place) > 2),
            },
        )

    def _terms(self, below: list[_Part]) -> Iterator[Term]:
        """What would bring more points to the total: its units, or those of its parts."""
        found = [term for each in below for term in each.terms]
        each = None if self.part.each is None else _constant(self.part.each)
        if each is not None and each > 0 and self.part.of is not None:
            found.append(Term(self._unit(), each, ()))
        gate = None if self.gate is None else self.gate.name
        return _within(self.part, self.name, found, f"{self.name}/raw", gate)

    def _unit(self) -> str:
        """What people call the units: the noun of a fact, or of the list that is counted."""
        units, picked = self.draft.feel(*self.place, "of"), False
        if isinstance(units, Call) and units.function == Name("count", units.span) and units.positional:
            units = units.positional[0]
        while isinstance(units, Filter):
            units, picked = units.target, True
        if not isinstance(units, Name):
            return self.part.title
        noun = self.draft.vocabulary.noun(self.draft.entity, units.name)
        return f"{noun} for “{self.part.title}”" if picked else noun


def _limited(draft: Draft, place: Place, part: Scored | Scorecard, points: Expression) -> Expression:
    """Points held within the limits of a part, or of the whole, and rounded."""
    at = points.span
    for key, function in (("min", "max"), ("max", "min")):
        if getattr(part, key) is not None:
            points = build.call(function, points, draft.feel(*place, key), span=at)
    return points if part.round is None else draft.rounded(points, build.literal(Decimal(part.round), at))


def _number(draft: Draft, name: str, written: str | None, *place: str | int) -> Reading:
    if written is None:
        return Const(None)
    there = draft.span(*place)
    return Value(draft.define(name, draft.feel(*place), there, wanted=types.NUMBER).name)


def _within(
    part: Scored | Scorecard,
    name: str,
    terms: Iterable[Term],
    raw: str | None = None,
    gate: str | None = None,
) -> Iterator[Term]:
    """The terms of a sum as those of what it is a part of; none where a limit or the weight is worked out."""
    weight = _constant(part.weight or "1") if isinstance(part, Scored) else Decimal(1)
    least, most = (None if each is None else _constant(each) for each in (part.min, part.max))
    if (least, most).count(None) > (part.min, part.max).count(None) or weight is None or weight <= 0:
        return
    for term in terms:
        if part.round is None or term.each == round(term.each, part.round):
            limit = TermLimit(name, raw, least, most, weight, gate)
            yield Term(term.noun, term.each * weight, (*term.within, limit))


def _constant(written: str) -> Decimal | None:
    """The number that an expression is; None if it is worked out."""
    try:
        return Decimal(written)
    except ArithmeticError:
        return None


# Words


def describe(context: ChangeContext) -> str | None:
    """Parts that come and go, and what they bring."""
    subject = called(context.name) if context.names else "the score"
    match context.keys:
        case ("result",):
            return context.was(subject, "has as a value the name")
        case (*_, "round"):
            return context.was(subject, "is rounded to decimals:", str)
        case (*_, "of"):
            return context.was(subject, "counts the units of")
        case (*_, "parts") if context.keys != ("parts",):
            return context.was(subject, "adds up the parts", _titles)
        case ("parts", "*") | ("parts", "*", "parts", "*"):
            return context.comes_or_goes(
                f"new part of the score: {context.name}", f"no longer a part of the score: {context.name}"
            )
        case (*_, "each"):
            return context.was(subject, "brings for each unit", lambda text: f"{text} points")
        case (*_, "points"):
            return context.was(subject, "brings")
        case (*_, "max"):
            return context.was(subject, "brings at most", str)
        case (*_, "min"):
            return context.was(subject, "brings at least", str)
        case (*_, "weight"):
            return context.was(subject, "counts with the weight", str)
    return None


def _titles(parts: object) -> str:
    found = parts if isinstance(parts, list) else []
    return join(called(str(each.get("title"))) for each in found if isinstance(each, dict))


KIND = Kind(
    "scorecard",
    "points for what somebody does, part by part, with limits, weights and gates",
    Scorecard,
    ("scores",),
    check,
    lower,
    CODES,
    exports,
    describe,
)
