"""Policies whose version is chosen by a day of what they judge: the day a contract was signed, and not today.

All versions are lowered, each under names of its own, and a node tells which of them counts. A finding of a
version exists where that one counts; where it is not known which one does, or none was in force on the day,
there is one finding that says so. What other policies read is that of the version that counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from policyengine.decision.wording import day as day_words
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, ListLiteral, Open
from policyengine.feel.types import types
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.rule import (
    Build,
    Cases,
    Choose,
    Const,
    Contribution,
    Explain,
    Lowered,
    Node,
    Reading,
    ReasonCase,
    Rule,
    Rules,
    Shortfalls,
    Term,
    Value,
)
from policyengine.policy.vocabulary import Vocabulary
from policyengine.source import Span

_NONE = "none"
_DISCOUNT = "discount/"


def by_policy(units: Sequence[PolicyDocument]) -> list[list[PolicyDocument]]:
    """The versions that count of each policy, one for most; in the order of the documents."""
    found: dict[str, list[PolicyDocument]] = {}
    for unit in units:
        found.setdefault(unit.policy.id, []).append(unit)
    return list(found.values())


def combined(units: Sequence[PolicyDocument], lowered: Sequence[Lowered], vocabulary: Vocabulary) -> Lowered:
    """All versions of one policy as one, of which that counts whose day it is; the first version first."""
    choice = _Choice(units, vocabulary)
    own = [_Version(low, choice.mark(i)) for i, low in enumerate(lowered)]
    found = [each.lowered for each in own]
    nodes = [*choice.nodes(), *chain.from_iterable(low.nodes for low in found)]
    nodes += choice.public(own)
    rules = [choice.counted(rule, i, nodes) for i, low in enumerate(found) for rule in low.rules]
    rules += choice.undecided(found[-1].rules)
    given = tuple(choice.contributions(found, nodes))
    renewals = tuple(choice.renewals(found, nodes))
    last = found[-1]
    return replace(
        last, nodes=tuple(nodes), rules=tuple(rules), contributions=given, renewals=renewals,
        defaults=tuple(chain.from_iterable(low.defaults for low in found)),
        definitions=tuple(chain.from_iterable(low.definitions for low in found)),
        references=tuple(chain.from_iterable(low.references for low in found)),
        remarks=tuple(chain.from_iterable(low.remarks for low in found)),
        regions=tuple(chain.from_iterable(low.regions for low in found)),
    )  # fmt: skip


class _Choice:
    """Which version counts: nodes that tell it, and what is read off them."""

    def __init__(self, units: Sequence[PolicyDocument], vocabulary: Vocabulary) -> None:
        self._units = units
        self._vocabulary = vocabulary
        last = units[-1]
        self._policy = last.policy
        self._entity = last.policy.for_
        self._name = f"{last.policy.id}/version"
        self._told = f"{self._name}/told"
        self._at = last.document.value_span(("version_by",))

    def mark(self, i: int) -> str:
        """What a version is called in the names of its nodes."""
        start = self._units[i].policy.from_
        return "first" if start is None else start.isoformat()

    # The nodes that tell which version counts

    def nodes(self) -> Iterator[Node]:
        """The day, since when each version counts, the version, and whether it is that one."""
        by, at = str(self._policy.version_by), self._at
        day = build.name(f"{self._name}/day", at)
        noun = self._vocabulary.noun(self._entity, by)
        yield Node(day.name, self._entity, build.name(by, at), at, types.DATE, noun)
        nothing = build.call("is nothing", day, span=at)
        counts: list[tuple[Expression, Expression]] = [(nothing, build.literal(_NONE, at))]
        for i, unit in reversed(list(enumerate(self._units))):
            name = f"{self._name}/{self.mark(i)}/counts"
            since, ended = self._since(unit, day), self._ended(unit, day)
            yield Node(name, self._entity, since, at, types.BOOLEAN)
            version: Expression = build.literal(self._words(i), at)
            if ended is not None:
                version = build.choose([(ended, build.literal(_NONE, at))], version, at)
            counts.append((build.name(name, at), version))
        chosen = build.choose(counts, build.literal(_NONE, at), at)
        version, title = build.name(self._name, at), self._policy.title
        yield Node(version.name, self._entity, chosen, at, types.TEXT, f"version of {title}")
        told = build.call("once known", ListLiteral((version, day), at), build.literal(True, at), span=at)
        yield Node(self._told, self._entity, told, at, types.BOOLEAN)
        for i in range(len(self._units)):
            known = build.call("is true", self._is(i), span=at)
            yield Node(self._holds(i), self._entity, known, at, types.BOOLEAN)
            both = ListLiteral((version, day), at)
            told = build.call("once known", both, self._is(i), span=at)
            begins = self._units[i].document.key_span(("from",))  # so that it is not told as the value itself
            yield Node(f"{self._holds(i)}/told", self._entity, told, begins, types.BOOLEAN)
        none = [build.negate(build.name(self._holds(i), at), at) for i in range(len(self._units))]
        yield Node(f"{self._name}/open", self._entity, build.all_of(none, at), at, types.BOOLEAN)
        nobody = Open(f"no version of {title} is in force on that day", at)
        known = build.call("once known", version, nobody, span=at)
        yield Node(f"{self._name}/status", self._entity, known, at)

    def _since(self, unit: PolicyDocument, day: Expression) -> Expression:
        """Whether a version has begun on the day, or holds for what was there before by now."""
        at, start = self._at, unit.policy.from_
        if start is None:
            return build.literal(True, at)
        begun: Expression = build.compare(">=", day, build.literal(start, at), at)
        moved = unit.policy.existing_from
        if moved is None:
            return begun
        now = build.compare(">=", build.name("today", at), build.literal(moved, at), at)
        return build.any_of([begun, now], at)

    def _ended(self, unit: PolicyDocument, day: Expression) -> Expression | None:
        end = unit.policy.until_including
        return None if end is None else build.compare(">", day, build.literal(end, self._at), self._at)

    def _words(self, i: int) -> str:
        """What people call a version: `from 1 Jan 2027`."""
        start = self._units[i].policy.from_
        return "the first one" if start is None else f"from {day_words(start)}"

    def _is(self, i: int) -> Expression:
        return build.equals(
            build.name(self._name, self._at), build.literal(self._words(i), self._at), self._at
        )

    def _holds(self, i: int) -> str:
        return f"{self._name}/{self.mark(i)}"

    # What is read off them

    def counted(self, rule: Rule, i: int, nodes: list[Node]) -> Rule:
        """The rule of a version, whose finding exists where that version counts."""
        exists = self._both(i, rule.exists, rule.entity, rule.status, nodes)
        return replace(rule, exists=exists, because=_also(rule.because, self._told))

    def _both(self, i: int, also: str | None, entity: str, of: str, nodes: list[Node]) -> str:
        """The node that tells whether a version counts, and something else holds."""
        if also is None:
            return self._holds(i)
        name = f"{of}/exists"
        both = build.all_of([build.name(each, self._at) for each in (self._holds(i), also)], self._at)
        nodes.append(Node(name, entity, both, self._at, types.BOOLEAN))
        return name

    def undecided(self, rules: Sequence[Rule]) -> Iterator[Rule]:
        """The findings where no version counts, or nobody knows which; without those that only some get."""
        for rule in rules:
            if rule.exists is None or rule.finding.section in ("levels", "scores"):
                yield replace(
                    rule, status=f"{self._name}/status", exists=f"{self._name}/open",
                    because=Explain((f"{self._name}/status", self._told)), origins=None,
                    fields={key: _blank(each) for key, each in rule.fields.items()},
                )  # fmt: skip

    def public(self, versions: Sequence[_Version]) -> Iterator[Node]:
        """What other policies read: of the version that counts."""
        names = dict.fromkeys(name for each in versions for name in each.public(self._policy.id))
        for name in names:
            parts = [(i, each.names[name]) for i, each in enumerate(versions) if name in each.names]
            like = versions[parts[-1][0]].nodes[name]
            kind = self._vocabulary.names(self._entity).get(name, like.wanted)
            discount = name.startswith(_DISCOUNT)
            otherwise = build.literal(0, self._at) if discount else self._no_version()
            yield replace(
                like, name=name, expression=self._chosen(parts, otherwise), at=self._at, wanted=kind,
                cases=self._cases([i for i, _ in parts]), terms=(),
                origins=self._origins([(i, versions[i].nodes[name]) for i, _ in parts]),
            )  # fmt: skip

    def _cases(self, versions: Sequence[int]) -> Cases:
        """Why a value is that of a version: which one counts, and the day that says so."""
        told = tuple(ReasonCase(f"{self._holds(i)}/told", "") for i in versions)
        return Cases(told, f"no version of {self._policy.title} counts", leads_on=True)

    def _origins(self, nodes: Sequence[tuple[int, Node]]) -> Choose | None:
        """Where a figure comes from: the version that counts."""
        if nodes[-1][1].origin is None:
            return None
        return Choose(self._name, {self._words(i): Const(each.origin) for i, each in nodes}, Const(None))

    def _no_version(self) -> Expression:
        return build.name(f"{self._name}/status", self._at)

    def _chosen(self, parts: Sequence[tuple[int, str]], otherwise: Expression) -> Expression:
        """The node of the version that counts."""
        at = self._at
        cases = [(self._is(i), build.name(node, at)) for i, node in parts]
        return build.choose(cases, otherwise, at)

    def contributions(self, lowered: Sequence[Lowered], nodes: list[Node]) -> Iterator[Contribution]:
        """What the policy gives of values that several policies may give: that of the version that counts."""
        given: dict[tuple[str, str], list[tuple[int, Contribution]]] = {}
        for i, low in enumerate(lowered):
            for each in low.contributions:
                given.setdefault((each.value.entity, each.value.name), []).append((i, each))
        for (entity, name), parts in given.items():
            last = parts[-1][1]
            nothing: Expression = build.call("no value of", build.name(last.node, self._at), span=self._at)
            if last.least is not None:
                nothing = build.literal(last.least, self._at)
            node = f"{self._name}/gives/{name}"
            chosen = self._chosen([(i, each.node) for i, each in parts], nothing)
            nodes.append(Node(node, entity, chosen, self._at, last.value.wanted, last.value.noun))
            origins = self._origins([(i, each.value) for i, each in parts])
            yield replace(last, node=node, value=replace(last.value, origins=origins))

    def renewals(self, lowered: Sequence[Lowered], nodes: list[Node]) -> Iterator[Any]:
        """What renewing writes, by the version that counts; not decided where nobody knows which."""
        for i, low in enumerate(lowered):
            for each in low.renewals:
                also = [] if each.applies is None else [build.name(each.applies, self._at)]
                applies = build.all_of([self._is(i), *also], self._at)
                nodes.append(Node(f"{each.level}/renews", each.entity, applies, self._at, types.BOOLEAN))
                yield replace(each, applies=f"{each.level}/renews")


class _Version:
    """One version, whose nodes have names of their own."""

    def __init__(self, low: Lowered, mark: str) -> None:
        self.names: Mapping[str, str] = {node.name: f"{node.name}@{mark}" for node in low.nodes}
        self.nodes: Mapping[str, Node] = {node.name: node for node in low.nodes}
        self._meanings: build.Meanings = {old: _named(new) for old, new in self.names.items()}
        self.lowered = replace(
            low,
            nodes=tuple(self._node(node) for node in low.nodes),
            rules=tuple(self._rule(rule) for rule in low.rules),
            contributions=tuple(replace(each, node=self.name(each.node)) for each in low.contributions),
            renewals=tuple(
                replace(
                    each, level=self.name(each.level), applies=self._maybe(each.applies),
                    sets={fact: self.name(node) for fact, node in each.sets.items()},
                )
                for each in low.renewals
            ),
        )  # fmt: skip

    def name(self, old: str) -> str:
        """The name of a node; names that others define stay."""
        return self.names.get(old, old)

    def public(self, policy: str) -> Iterator[str]:
        """The names of the nodes that other policies read."""
        for name in self.nodes:
            if "/" not in name or (name.startswith(_DISCOUNT) and name.count("/") == 1):
                yield name

    def _maybe(self, old: str | None) -> str | None:
        return None if old is None else self.name(old)

    def _node(self, node: Node) -> Node:
        cases = node.cases
        if cases is not None:
            cases = replace(cases, cases=tuple(map(self._case, cases.cases)))
        return replace(
            node, name=self.name(node.name),
            expression=build.replaced(node.expression, self._meanings),
            exported=node.exported and "/" in node.name, cases=cases,
            terms=tuple(self._term(term) for term in node.terms),
        )  # fmt: skip

    def _case(self, case: ReasonCase) -> ReasonCase:
        part = None if case.slice is None else case.slice.renamed(self.name)
        return ReasonCase(self.name(case.node), case.heading, part)

    def _term(self, term: Term) -> Term:
        return term._replace(
            within=tuple(
                each._replace(sum=self.name(each.sum), raw=self._maybe(each.raw), gate=self._maybe(each.gate))
                for each in term.within
            )
        )

    def _rule(self, rule: Rule) -> Rule:
        return replace(
            rule, status=self.name(rule.status), exists=self._maybe(rule.exists),
            because=self._reading(rule.because),
            fields={key: self._reading(each) for key, each in rule.fields.items()},
            origins=None if rule.origins is None else self._choose(rule.origins),
        )  # fmt: skip

    def _choose(self, reading: Choose) -> Choose:
        cases = {key: self._reading(each) for key, each in reading.cases.items()}
        return Choose(self.name(reading.by), cases, self._reading(reading.otherwise))

    def _reading(self, reading: Reading) -> Reading:
        match reading:
            case Value(node):
                return Value(self.name(node))
            case Explain(nodes):
                return Explain(tuple(map(self.name, nodes)))
            case Choose():
                return self._choose(reading)
            case Build(make, fields):
                return Build(make, {key: self._reading(each) for key, each in fields.items()})
            case Rules(rules):
                return Rules(tuple(map(self._rule, rules)))
            case Shortfalls(rules):
                return Shortfalls(tuple(map(self._rule, rules)))
        return reading


def _named(name: str) -> Any:
    def at_place(at: Span) -> Expression:
        return build.name(name, at)

    return at_place


def _also(reading: Reading, node: str) -> Reading:
    """Reasons that tell of one more node."""
    match reading:
        case Explain(nodes):
            return Explain((*nodes, node))
        case Choose(by, cases, otherwise):
            told = {key: _also(each, node) for key, each in cases.items()}
            return Choose(by, told, _also(otherwise, node))
    return reading


def _blank(reading: Reading) -> Reading:
    """What a finding says of which nothing is decided: only what the policy itself says."""
    match reading:
        case Value():
            return Const(None)
        case Choose():
            return _blank(reading.otherwise)
        case Explain() | Rules() | Shortfalls():
            return Const(())
    return reading
