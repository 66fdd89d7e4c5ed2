"""Grants: what a level brings with it, discounts on items and values of facts.

Each item becomes one node of the graph, `discount/<item>`: the rate that the level reached grants, nothing
without one. Charges that bill the item read it. A fact that is granted has the value that the level gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Discount
from policyengine.decision.wording import join, rate
from policyengine.diagnostics import Code, Label, Severity, did_you_mean
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, Literal, Name
from policyengine.feel.types import types
from policyengine.policy.base import (
    FURTHER,
    Boolean,
    ItemName,
    Many,
    NameOf,
    OpenPart,
    Rate,
    Written,
    check_intended,
    field,
    keys_of,
)
from policyengine.policy.change_context import ChangeContext
from policyengine.policy.change_words import given, shifted
from policyengine.policy.condition import value_at
from policyengine.policy.rule import (
    Cases,
    Choose,
    Const,
    Contribution,
    Node,
    Reading,
    ReasonCase,
    Rule,
    Value,
)
from policyengine.text.document import Pointer
from policyengine.text.synonyms import meant

if TYPE_CHECKING:
    from policyengine.policy.draft import Draft


GivenValue = Annotated[
    object, Written(schema={"type": ["string", "number", "boolean"], "description": "a value of the fact"})
]


class Grant(OpenPart):
    """What a level grants: a discount on items, or values of facts that are granted: `fact: value`."""

    discount: Rate | None = field(default=None, description="`20%` or `0.2`")
    on: Many[ItemName] = field(default=(), description="the items that it lowers")
    values: dict[Annotated[str, NameOf("granted")], GivenValue] = field(default_factory=dict, alias="*")
    intended: Boolean = field(default=False, description="with a `note`: less than a lower level is meant")

    @classmethod
    def spelled_out(cls, value: Any) -> Any:
        """Separates the values of facts from the keys; what means the missing half of a discount is none."""
        found = super().spelled_out(value)
        missing = [key for key in ("discount", "on") if isinstance(found, dict) and key not in found]
        if len(missing) == 1:
            further = found[FURTHER]
            found |= {key: further.pop(key) for key in list(further) if meant(key, missing)}
        return found

    def __post_init__(self) -> None:
        check_intended(self.intended, self.note)
        if (self.discount is None) != (not self.on):
            missing = "`discount`" if self.discount is None else "`on`, the items that it lowers"
            raise ValueError(f"a discount on items needs {missing}")
        if self.discount is None and not self.values:
            raise ValueError("a grant is `discount` and `on`, or `fact: value` for a fact that is `granted`")


_GOOD = """\
kind: tiers
id: example
title: Example
for: partner
measure: active_accounts
levels: [{id: silver, title: Silver, active_accounts: 10.., grants: [{discount: 20%, on: [subscription]}]}]
otherwise: {level: none, basis: assumed, note: not said}
"""
NOT_BILLED = Code(
    id="GRANT001",
    title="a discount on an item that no charge bills",
    why="A discount lowers the charges of an item. Without such a charge it never comes to anything.",
    bad=_GOOD.replace("[subscription]", "[training]"),
    good=_GOOD,
    severity=Severity.WARNING,
)
GRANTED_TWICE = Code(
    id="GRANT002",
    title="two discounts on one item in one level",
    why="Nobody has said which of them counts, or whether they add up.",
    bad=_GOOD.replace("on: [subscription]}", "on: [subscription]}, {discount: 30%, on: [subscription]}"),
    good=_GOOD,
)
OUT_OF_BOUNDS = Code(
    id="GRANT003",
    title="a discount below nothing or above everything",
    why="A discount is a share of the amount: from 0 % to 100 %. `20` without the sign would be 2000 %.",
    bad=_GOOD.replace("20%", "20"),
    good=_GOOD,
)
NOT_GRANTED = Code(
    id="GRANT004",
    title="a level that grants what is not to be granted",
    why="What levels give is declared: a fact of the entity with `granted: true`. No record gives it then.",
    bad=_GOOD.replace("{discount: 20%, on: [subscription]}", "{rate: 15%}"),
    good=_GOOD,
)
CODES = (NOT_BILLED, GRANTED_TWICE, OUT_OF_BOUNDS, NOT_GRANTED)


@dataclass(frozen=True, slots=True)
class Granting:
    """A level that grants something: its id, its title, the condition that it is reached, its grants."""

    id: str
    title: str
    reached: Name
    grants: Sequence[Grant]
    place: Pointer


def check_grants(draft: Draft, grants: Sequence[Grant], *place: str | int) -> None:
    """Reports items and facts that are not declared or stand twice, and discounts outside 0 to 1."""
    first: dict[str, Pointer] = {}
    for j, grant in enumerate(grants):
        if grant.discount is not None and not 0 <= grant.discount <= 1:
            at = draft.span(*place, j, "discount")
            is_share = 1 < grant.discount <= 100 and not at.text.rstrip("'\" ").endswith("%")
            help = f"write `{grant.discount}%`" if is_share else "write a share from 0% to 100%"
            draft.error(OUT_OF_BOUNDS, at, f"a discount of {rate(grant.discount)} is not a share", help)
        for k, item in enumerate(grant.on):
            draft.item(item, *place, j, "on", k)
            _once(draft, first, item, "discounts", (*place, j, "on", k))
        for fact in grant.values:
            _check_fact(draft, fact, (*place, j, fact))
            _once(draft, first, fact, "values", (*place, j, fact))


def _once(draft: Draft, first: dict[str, Pointer], name: str, what: str, place: Pointer) -> None:
    if name in first:
        label = Label(draft.span(*first[name]), "first here")
        draft.error(GRANTED_TWICE, draft.span(*place), f"`{name}` is granted two {what}", None, [label])
    first.setdefault(name, place)


def _check_fact(draft: Draft, fact: str, place: Pointer) -> None:
    declared = draft.vocabulary.entities[draft.entity].facts
    at = draft.key_span(*place)
    granted = [name for name, each in declared.items() if each.granted]
    if fact not in declared:
        help = did_you_mean(fact, granted) or f"declare it: `{fact}: {{type: ..., granted: true}}`"
        draft.error(NOT_GRANTED, at, f"`{fact}` is not a fact of `{draft.entity}`", help)
    elif fact not in granted:
        help = "say `granted: true` where the fact is declared"
        draft.error(NOT_GRANTED, at, f"`{fact}` is not granted by levels", help)
    else:
        value_at(draft, place, draft.vocabulary.names(draft.entity)[fact])


def lower_grants(draft: Draft, levels: Sequence[Granting], reached: str, because: Reading) -> None:
    """Adds a discount for every item that a level lowers, and every value that one grants.

    `levels` start with the highest; `reached` names the node whose text is the level.
    """
    items = {item for level in levels for grant in level.grants for item in grant.on}
    for item in sorted(items):
        _lower_discount(draft, levels, item, reached, because)
    for fact in sorted({fact for level in levels for grant in level.grants for fact in grant.values}):
        _lower_value(draft, levels, fact)


def _lower_value(draft: Draft, levels: Sequence[Granting], fact: str) -> None:
    """The value that the level reached grants; a level that says nothing of it grants none."""
    declared = draft.vocabulary.entities[draft.entity].facts[fact]
    at, kind = levels[0].reached.span, draft.vocabulary.names(draft.entity)[fact]
    found: list[tuple[Name, Expression | None]] = []
    for level in levels:
        places = [(*level.place, j, fact) for j, grant in enumerate(level.grants) if fact in grant.values]
        found.append((level.reached, value_at(draft, places[0], kind) if places else None))
    like = next(value for _, value in found if value is not None)
    nothing = build.call("no value of", like, span=at)
    name, chosen = (
        f"{draft.policy.id}/grants/{fact}",
        [(reached, value or nothing) for reached, value in found],
    )
    cases = tuple(
        ReasonCase(level.reached.name, level.title)
        for level, (_, value) in zip(levels, found, strict=True) if value is not None
    )  # fmt: skip
    told = Cases(cases, f"{draft.policy.title} grants none")
    draft.define(name, build.choose(chosen, nothing, at), at, wanted=kind, noun=declared.title, cases=told)
    origin = replace(draft.origin(fact, declared.title, noted=False), at=at)
    value = Node(fact, draft.entity, nothing, at, kind, declared.title, exported=True, origin=origin)
    draft.contributes(Contribution(value, name, declared.combine))


def _lower_discount(
    draft: Draft, levels: Sequence[Granting], item: str, reached: str, because: Reading
) -> None:
    declared = draft.vocabulary.declarations.items.get(item)
    title, combine = (item, None) if declared is None else (declared.title, declared.combine)
    rates = [(level.reached, _rate(draft, level, item)) for level in levels]
    whole, at = f"discount/{item}", levels[0].reached.span
    name = whole if combine is None else f"{draft.policy.id}/{whole}"
    nothing = build.literal(Decimal(0), at)
    rate = draft.define(
        name, build.choose(rates, nothing, at), at, wanted=types.RATE, noun=f"discount on {title}"
    )
    if combine is not None:
        value = Node(whole, draft.entity, nothing, at, types.RATE, f"discount on {title}")
        draft.contributes(Contribution(value, name, combine, Decimal(0)))
    granted = draft.define(f"{name}/granted", build.compare(">", rate, nothing, at), at)
    status = build.call("once known", rate, build.literal("applies", at), span=at)
    draft.rule(
        Rule(
            finding=Discount,
            origin=draft.origin(item, title, *levels[0].place),
            origins=Choose(reached, _origins(draft, levels, item, title), Const(None)),
            entity=draft.entity,
            status=draft.define(f"{name}/status", status, at).name,
            because=because,
            exists=granted.name,
            fields={
                "on": Const(item),
                "on_title": Const(title),
                "rate": Value(rate.name),
                "level": Value(reached),
            },
        )
    )


def _rate(draft: Draft, level: Granting, item: str) -> Literal:
    for j, grant in enumerate(level.grants):
        if item in grant.on:
            k = grant.on.index(item)
            missing = f"no charge bills `{item}`"
            help = f"add `item: {item}` to the charge that it lowers"
            at = draft.span(*level.place, j, "on", k)
            draft.needs("billed item", item, NOT_BILLED.at(at, missing, help=help))
            return build.literal(grant.discount, draft.span(*level.place, j, "discount"))
    return build.literal(Decimal(0), level.reached.span)


def _origins(draft: Draft, levels: Sequence[Granting], item: str, title: str) -> dict[str, Reading]:
    return {
        level.id: Const(draft.origin(item, title, *level.place, j))
        for level in levels
        for j, grant in enumerate(level.grants)
        if item in grant.on
    }


# Words


def describe_grant(context: ChangeContext) -> str | None:
    """Describes a grant that is added, removed or changed."""
    match context.keys[context.keys.index("grants") :]:
        case ("grants", "*", "discount") if isinstance(context.old, str) and isinstance(context.new, str):
            items = context.items(context.own.get("on"))
            return (
                f"the discount of {context.name} on {items} {shifted(context.old, context.new, types.RATE)}"
            )
        case ("grants", "*", fact) if context.is_fact(fact):
            return _moved_value(context, fact)
        case ("grants", "*", "on"):
            return context.was(f"the discount of {context.name}", "is on", context.items)
        case ("grants",) | ("grants", "*"):
            written = context.new or context.old
            some = written if isinstance(written, list) else [written]
            words = join(granted(context, each) for each in some)
            return context.comes_or_goes(
                f"{context.name} now grants {words}", f"{context.name} no longer grants {words}"
            )
    return None


def _moved_value(context: ChangeContext, fact: str) -> str:
    noun, kind = f"{context.noun(fact)}", context.kind(fact)
    if isinstance(context.old, str) and isinstance(context.new, str):
        return f"the {noun} that {context.name} grants {shifted(context.old, context.new, kind)}"
    return context.comes_or_goes(
        f"{context.name} now grants {noun} {given(kind, context.new)}",
        f"{context.name} no longer grants {noun} (was {given(kind, context.old)})",
    )


def granted(context: ChangeContext, grant: Any) -> str:
    """Returns a grant in words: `20 % on app set-up`, `commission rate 15 %`."""
    said = [f"{context.noun(fact)} {given(context.kind(fact), value)}" for fact, value in grant.items()
            if fact not in keys_of(Grant)]  # fmt: skip
    if "discount" in grant:
        said.insert(0, f"{given(types.RATE, grant['discount'])} on {context.items(grant.get('on'))}")
    return join(said)
