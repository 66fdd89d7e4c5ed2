"""What a kind lowers a policy to: named expressions, and how findings are read off them.

A `Node` is one expression of the graph. A `Rule` says which finding comes of which nodes, for every
instance of an entity. A `Repeat` is a computed entity: the periods of a recurring obligation are to its
customer what accounts are to a partner. A `Transition` is a move from one stage to the next. None of
these knows the kind that it came from; engines need only these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Assumption, Finding, Origin
from policyengine.diagnostics import Diagnostic
from policyengine.feel.syntax.tree import ContextLiteral, Expression, Path, names, walk
from policyengine.feel.types.types import Type
from policyengine.source import Span


class Words(NamedTuple):
    """What an expression mentions: its names, and with them the properties, as `fee` in `accounts.fee`."""

    names: frozenset[str]
    all: frozenset[str]


@dataclass(frozen=True)
class Node:
    """A named expression at an entity; `wanted` is the type that it must have, None for any.

    `noun` is what people call its value in a sentence, `title` what it is called in a derivation, which
    passes over nodes that have neither. `exported` nodes are figures of a decision, which come from `origin`,
    or from what `origins` read where that is known.
    `cases` tell why a node has its value, where its expression alone would not say it well; `terms` how to
    get more.
    An `inline` node is worked out where it is named, if it is asked for; all that it names is the same there.
    """

    name: str
    entity: str
    expression: Expression
    at: Span
    wanted: Type | None = None
    noun: str | None = None
    exported: bool = False
    title: str | None = None
    cases: Cases | None = None
    inline: bool = False
    terms: tuple[Term, ...] = ()
    origin: Origin | None = field(default=None, compare=False)
    origins: Choose | None = field(default=None, compare=False)

    @cached_property
    def words(self) -> Words:
        """What its expression mentions."""
        parts = [part for part in walk(self.expression) if isinstance(part, Path)]
        free = names(self.expression)  # a key of a context, or a variable, is no fact
        properties = [each.name for each in parts if not isinstance(each.target, ContextLiteral)]
        return Words(free, free.union(properties, [each.partition(".")[2] for each in free if "." in each]))


@dataclass(frozen=True, slots=True)
class Slice:
    """What part of a value comes of units: so many (a name), each at a rate, and an amount beside that.

    A rate or an amount that is worked out is the name of its node.
    """

    units: str
    rate: Decimal | str | None
    amount: Decimal | str | None

    def renamed(self, name: Callable[[str], str]) -> Slice:
        """The same with other names of nodes."""
        rate, amount = (name(each) if isinstance(each, str) else each for each in (self.rate, self.amount))
        return Slice(name(self.units), rate, amount)


@dataclass(frozen=True, slots=True)
class ReasonCase:
    """A condition that speaks for a value: the node that tells whether it holds, and what it is called.

    Without a `heading` the condition says it all. `slice` is what it contributes to the value.
    """

    node: str
    heading: str
    slice: Slice | None = None


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of a value: those that hold are its reasons (`every` one, or the first), one sentence each.

    `otherwise` is the sentence where none of them holds. Where a value `leads_on`, those of the value that it
    is read from follow.
    """

    cases: tuple[ReasonCase, ...]
    otherwise: str
    every: bool = False
    leads_on: bool = False


class TermLimit(NamedTuple):
    """A sum that a term is a part of: its node, within what it is held, and its weight in the next one.

    `raw` names the sum before any limit, `gate` the condition under which it counts at all.
    """

    sum: str
    raw: str | None
    least: Decimal | None
    most: Decimal | None
    weight: Decimal
    gate: str | None


class Term(NamedTuple):
    """A way to more of a value: a unit of what `noun` calls adds so much, within limits, the inner first."""

    noun: str
    each: Decimal
    within: tuple[TermLimit, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A computed entity within another: one instance per context in the list that `items` gives.

    `types` are the names that each context defines.
    """

    entity: str
    within: str
    items: str
    types: Mapping[str, Type]


@dataclass(frozen=True, slots=True)
class Const:
    """A value that the policy itself gives."""

    value: object


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a node; None where it is unknown."""

    node: str


@dataclass(frozen=True, slots=True)
class Choose:
    """The reading for the value of node `by`, a text."""

    by: str
    cases: Mapping[str, Reading]
    otherwise: Reading


@dataclass(frozen=True, slots=True)
class Build:
    """A part of a finding, put together from readings."""

    make: type
    fields: Mapping[str, Reading]


@dataclass(frozen=True, slots=True)
class Explain:
    """The reasons why these nodes have the values that they have."""

    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """The findings of other rules, as a part of this one."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Shortfalls:
    """What those of the rules that do not hold still need."""

    rules: tuple[Rule, ...]


Reading = Const | Value | Choose | Build | Explain | Rules | Shortfalls


@dataclass(frozen=True, slots=True)
class Rule:
    """A finding for every instance of `entity`.

    `status` names a node whose text is the status; unknown is `undetermined`. `exists` names a node that
    drops the finding where it is false. `because` are the reasons, `fields` the rest of the finding.
    `origins`, where given, reads an `Origin` that is nearer than `origin` (the cell of a matrix).
    """

    finding: type[Finding]
    origin: Origin
    entity: str
    status: str
    because: Reading = Explain(())
    exists: str | None = None
    fields: Mapping[str, Reading] = field(default_factory=dict)
    origins: Choose | None = None


def may_wait(rule: Rule) -> bool:
    """Whether a person may have to decide; a finding that waits for one names what is not known."""
    return rule.fields.get("decided_by", Const(None)) != Const(None)


def nodes_of(rule: Rule) -> Iterator[str]:
    """Returns the names of all nodes that the finding of a rule and its parts are read from."""
    yield rule.status
    if rule.exists is not None:
        yield rule.exists
    for reading in (rule.because, *rule.fields.values(), *([rule.origins] if rule.origins else [])):
        yield from _nodes(reading)


def _nodes(reading: Reading) -> Iterator[str]:
    match reading:
        case Value(node):
            yield node
        case Explain(nodes):
            yield from nodes
        case Choose(by, cases, otherwise):
            yield by
            for each in (*cases.values(), otherwise):
                yield from _nodes(each)
        case Build(_, fields):
            for each in fields.values():
                yield from _nodes(each)
        case Rules(rules) | Shortfalls(rules):
            for rule in rules:
                yield from nodes_of(rule)


@dataclass(frozen=True, slots=True)
class Transition:
    """How something leaves a stage: `gate` names the node whose text is the status of the gate.

    `snapshot` names the node that tells whether the facts in `sets` are written when it leaves (None:
    always); `sets` maps facts to nodes. `exit` is the stage that it leads to through a gate of its own, None
    for the ways through the gate of the stage.
    """

    policy: str
    entity: str
    fact: str
    stage: str
    to: tuple[str, ...]
    gate: str
    applies: str | None
    rules: tuple[Rule, ...]
    snapshot: str | None
    sets: Mapping[str, str]
    at: Span
    exit: str | None = None

    @property
    def name(self) -> str:
        """What it is called within its policy: `offer`, `offer/lost`."""
        return self.stage if self.exit is None else f"{self.stage}/{self.exit}"


@dataclass(frozen=True, slots=True)
class Renewal:
    """What renewing a level that lasts writes: `level` names the node of the level in force.

    `sets` maps facts to nodes; a value that there is none of takes the fact out of the record.
    """

    policy: str
    title: str
    entity: str
    level: str
    applies: str | None
    sets: Mapping[str, str]
    at: Span


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one policy gives of a value that several may give: `node` names it, `combine` says how.

    `value` is the node that they come to, without its expression; `least` is what stands where one gives
    nothing, None if there is nothing then.
    """

    value: Node
    node: str
    combine: str | None
    least: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """Something that a policy provides: a name in a space of names, such as the items that are billed."""

    space: str
    name: str
    at: Span


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that a policy relies on; `missing` is reported where no policy provides it.

    With `any_day` it suffices that one does on some day.
    """

    space: str
    name: str
    missing: Diagnostic
    any_day: bool = False


@dataclass(frozen=True, slots=True)
class Region:
    """The stretch of a part that says whether it is stated (None) or assumed; parts within it may differ."""

    span: Span
    assumption: Assumption | None


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a program assumes: the parts that say so, facts by entity and name, and what it says of money."""

    regions: tuple[Region, ...] = ()
    facts: Mapping[tuple[str, str], Assumption] = field(default_factory=dict)
    money: Assumption | None = None


@dataclass(frozen=True, slots=True)
class Resting:
    """An assumption that findings of a rule may rest on: where the node is true, always if it is None."""

    assumption: Assumption
    node: str | None = None


@dataclass(frozen=True, slots=True)
class Lowered:
    """All that one policy comes to. `defaults` are nodes that stand in where no policy defines them.

    `remarks` are to be reported where nothing is wrong with what they are about; `regions` are the parts that
    say whether they are stated.
    """

    nodes: tuple[Node, ...] = ()
    defaults: tuple[Node, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    rules: tuple[Rule, ...] = ()
    transitions: tuple[Transition, ...] = ()
    definitions: tuple[Definition, ...] = ()
    references: tuple[Reference, ...] = ()
    remarks: tuple[Diagnostic, ...] = ()
    regions: tuple[Region, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    renewals: tuple[Renewal, ...] = ()
