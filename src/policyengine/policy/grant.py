"""Grants: the discounts on items that a level brings with it.

Each item becomes one node of the graph, `discount/<item>`: the rate of the highest level reached that
grants one, nothing without a level. Charges that bill the item read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Discount
from policyengine.decision.wording import join, rate
from policyengine.diagnostics import Code, Label, Severity
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Literal, Name
from policyengine.feel.types import types
from policyengine.policy.base import Id, Many, Rate, Sourced, field
from policyengine.policy.change_context import ChangeContext
from policyengine.policy.change_words import given, shifted
from policyengine.policy.rule import Choose, Const, Reading, Rule, Value
from policyengine.text.document import Pointer

if TYPE_CHECKING:
    from policyengine.policy.draft import Draft


class Grant(Sourced):
    """What a level grants: a discount on items."""

    discount: Rate = field(description="`20%` or `0.2`")
    on: Many[Id] = field(description="the items that it lowers")


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
CODES = (NOT_BILLED, GRANTED_TWICE, OUT_OF_BOUNDS)


@dataclass(frozen=True, slots=True)
class Granting:
    """A level that grants something: its id, the condition that it is reached, its grants and their place."""

    id: str
    reached: Name
    grants: Sequence[Grant]
    place: Pointer


def check_grants(draft: Draft, grants: Sequence[Grant], *place: str | int) -> None:
    """Reports items that are not declared or stand twice, and discounts outside 0 to 1."""
    first: dict[str, Pointer] = {}
    for j, grant in enumerate(grants):
        if not 0 <= grant.discount <= 1:
            at = draft.span(*place, j, "discount")
            is_share = 1 < grant.discount <= 100 and not at.text.rstrip("'\" ").endswith("%")
            help = f"write `{grant.discount}%`" if is_share else "write a share from 0% to 100%"
            draft.error(OUT_OF_BOUNDS, at, f"a discount of {rate(grant.discount)} is not a share", help)
        for k, item in enumerate(grant.on):
            at = draft.span(*place, j, "on", k)
            draft.item(item, *place, j, "on", k)
            if item in first:
                label = Label(draft.span(*first[item]), "first here")
                draft.error(GRANTED_TWICE, at, f"`{item}` is granted two discounts", None, [label])
            first.setdefault(item, (*place, j, "on", k))


def lower_discounts(draft: Draft, levels: Sequence[Granting], reached: str, because: Reading) -> None:
    """Adds a discount for every item that one of the levels lowers; `levels` start with the highest.

    `reached` names the node whose text is the level reached.
    """
    items = {item for level in levels for grant in level.grants for item in grant.on}
    for item in sorted(items):
        _lower_discount(draft, levels, item, reached, because)


def _lower_discount(
    draft: Draft, levels: Sequence[Granting], item: str, reached: str, because: Reading
) -> None:
    title = draft.vocabulary.declarations.items.get(item, item)
    rates = [(level.reached, _rate(draft, level, item)) for level in levels]
    name, at = f"discount/{item}", levels[0].reached.span
    nothing = build.literal(Decimal(0), at)
    rate = draft.define(
        name, build.choose(rates, nothing, at), at, wanted=types.RATE, noun=f"discount on {title}"
    )
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


def granted(context: ChangeContext, grant: Any) -> str:
    """Returns a grant in words: `20 % on app set-up`."""
    return f"{given(types.RATE, grant.get('discount'))} on {context.items(grant.get('on'))}"
