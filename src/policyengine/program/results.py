"""The results of policies that expressions use like facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from policyengine.diagnostics import Code, Diagnostic, Label, Report
from policyengine.feel.types.types import Context, Enum, ListOf, Number, Type
from policyengine.kinds import KINDS
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.vocabulary import DerivedFact, Vocabulary, Waiving
from policyengine.program.declaration_checks import NO_CURRENCY, RESERVED
from policyengine.program.version_choice import by_policy
from policyengine.program.versions import BY_DAY

_GOOD = """\
kind: table
id: support-fee
title: Support fee
for: partner
type: number
hit: unique
inputs: [attends_quarterly_reviews]
rows:
  - {when: {attends_quarterly_reviews: true}, then: 1}
  - {when: {attends_quarterly_reviews: false}, then: 2}
"""
RESULT_TAKEN = Code(
    id="LINK002",
    title="a result whose name is taken",
    why="Expressions use a result by its name, as they use a fact. If a fact, a list or another result has "
    "the same name, nobody could tell which one is meant.",
    bad=_GOOD + "result: active_accounts\n",
    good=_GOOD + "result: support_level\n",
)
DIFFERENT = Code(
    id="VERS006",
    title="versions of a policy whose results have different types",
    why="With `version_by` every version counts for some records, so what other policies read has one type. "
    "Levels of two versions ascend in the same order.",
    bad=BY_DAY.replace("type: number", "type: count", 1),
    good=BY_DAY,
)
CODES = (RESULT_TAKEN, DIFFERENT)

Results = dict[str, dict[str, DerivedFact]]


def with_results(
    vocabulary: Vocabulary, units: Sequence[PolicyDocument], report: Report
) -> tuple[Vocabulary, tuple[PolicyDocument, ...]]:
    """Returns the vocabulary with the results of the policies, and the policies without those that clash.

    It has their waivers as well.
    """
    found: Results = {}
    good: list[PolicyDocument] = []
    unnamed: list[tuple[str, str, DerivedFact]] = []
    for versions in by_policy(units):
        entity = versions[-1].policy.for_
        exports = _exports(versions, vocabulary, report) if entity in vocabulary.entities else {}
        unnamed += [(entity, name, result) for name, result in exports.items() if result.gives_way]
        exports = {name: result for name, result in exports.items() if not result.gives_way}
        clashes = [
            clash for name, result in exports.items()
            if (clash := _clash(vocabulary, found, entity, name, result)) is not None
        ]  # fmt: skip
        report.extend(clashes)
        if not clashes:
            good.extend(versions)
            found.setdefault(entity, {}).update(exports)
    for entity, name, result in unnamed:
        if _clash(vocabulary, found, entity, name, result) is None:
            found.setdefault(entity, {})[name] = result
    report.extend(_without_currency(vocabulary, found))
    waivers: dict[str, list[Waiving]] = {}
    for unit in good:
        known = unit.policy.for_ in vocabulary.entities
        for each in KINDS[unit.policy.kind].waives(unit, vocabulary) if known else ():
            waivers.setdefault(each.of, []).append(each)
    return Vocabulary(vocabulary.declarations, found, waivers), tuple(good)


def _exports(
    versions: Sequence[PolicyDocument], vocabulary: Vocabulary, report: Report
) -> dict[str, DerivedFact]:
    """The results of a policy; of several versions, each of a type that holds what any of them gives."""
    found: dict[str, DerivedFact] = {}
    for unit in versions:
        for name, result in KINDS[unit.policy.kind].exports(unit, vocabulary).items():
            before = found.get(name, result)
            kind = _common(before.type, result.type)
            if kind is None:
                label = Label(before.at, "the other version")
                report.add(DIFFERENT.at(result.at, f"`{name}` is of different types", labels=[label]))
            domain = result.domain if before.domain == result.domain else None
            found[name] = replace(result, type=kind or before.type, domain=domain)
    return found


def _common(one: Type, other: Type) -> Type | None:
    """The type of values of two versions; None if there is none."""
    if one == other or not (isinstance(one, Enum) and isinstance(other, Enum)):
        return one if one == other else None
    titles = dict(zip((*one.values, *other.values), (*one.titles, *other.titles), strict=True))
    order = list(other.values)
    for i, value in enumerate(one.values):
        if value not in order:
            after = [order.index(each) for each in one.values[:i] if each in order]
            order.insert(max(after, default=-1) + 1, value)
    if one.ordered and [each for each in order if each in one.values] != list(one.values):
        return None
    return Enum(other.name, tuple(order), tuple(titles[each] for each in order), other.ordered)


def _clash(
    vocabulary: Vocabulary, found: Results, entity: str, name: str, result: DerivedFact
) -> Diagnostic | None:
    meaning = _meaning(vocabulary, entity, name)
    if meaning is None:
        return _other_result(vocabulary, found, entity, name, result)
    return RESULT_TAKEN.at(result.at, f"`{name}` is {meaning}", help="choose another name: `result: ...`")


def _meaning(vocabulary: Vocabulary, entity: str, name: str) -> str | None:
    """Returns what a name already means for expressions at the entity."""
    if name in RESERVED:
        return "a name with a meaning of its own"
    for owner in vocabulary.lineage(entity):
        if name in vocabulary.entities[owner].facts:
            return f"a fact of `{owner}` already"
        if name in vocabulary.entities[owner].periods:
            return f"a period of `{owner}` already"
        if any(child.list == name for _, child in vocabulary.children(owner)):
            return f"a list of `{owner}` already"
    return None


def _other_result(
    vocabulary: Vocabulary, found: Results, entity: str, name: str, result: DerivedFact
) -> Diagnostic | None:
    near = [each for each in vocabulary.entities
            if each in vocabulary.lineage(entity) or entity in vocabulary.lineage(each)]  # fmt: skip
    other = next((found[each][name] for each in near if name in found.get(each, {})), None)
    if other is None:
        return None
    return RESULT_TAKEN.at(
        result.at,
        f"`{name}` is the result of another policy already",
        help="choose another name: `result: ...`",
        labels=[Label(other.at, "the other one")],
    )


def _without_currency(vocabulary: Vocabulary, found: Results) -> Iterator[Diagnostic]:
    """Reports the first result that is money if the program has no currency."""
    lacking = [
        (name, result) for results in found.values() for name, result in results.items()
        if not vocabulary.currency and _is_money(result.type)
    ]  # fmt: skip
    facts = (fact for entity in vocabulary.entities.values() for fact in entity.facts.values())
    if lacking and not any(fact.scalar == "money" for fact in facts):
        name, result = lacking[0]
        message = f"`{name}` is money, but the program has no currency"
        yield NO_CURRENCY.at(result.at, message, help="add `currency: USD` or another code to the program")


def _is_money(kind: Type) -> bool:
    if isinstance(kind, ListOf):
        return _is_money(kind.item)
    if isinstance(kind, Context):
        return any(map(_is_money, kind.fields.values()))
    return isinstance(kind, Number) and kind.unit == "money" and not kind.by
