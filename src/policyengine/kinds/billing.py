"""Billing: charges, net of the discounts in force, and when they fall due.

The net amount is `amount * (1 - discount)`, rounded once, to the minor unit of the currency, as the
program says. A charge that recurs (`every`) falls due first on `first_due` and then in equal steps that
are counted from the day that `first_due` is counted from, so that a short month cuts no later date
(`policy/recurrence.py`). A charge that does not apply has no amount and no
date; one of which that is not known has no net amount.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Literal, NamedTuple

from policyengine.decision.findings import NOT_APPLICABLE, Charge
from policyengine.decision.wording import every
from policyengine.diagnostics import Code
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Binary, Expression, ListLiteral, Name, Open
from policyengine.feel.types import types
from policyengine.policy.base import Feel, Id, Many, Period, Policy, Sourced, Text, field
from policyengine.policy.change_context import ChangeContext, called
from policyengine.policy.change_words import given
from policyengine.policy.condition import Condition
from policyengine.policy.draft import Draft
from policyengine.policy.kind import Kind
from policyengine.policy.recurrence import Sight, counted
from policyengine.policy.rule import Choose, Const, Explain, Reading, Rule, Value


class ChargePart(Sourced):
    """Something to pay."""

    id: Id
    title: Text
    amount: Feel = field(description="before any discount")
    item: Id | None = field(default=None, description="what it bills; discounts granted on it apply")
    when: Condition | None = field(default=None, description="not applicable otherwise")
    due_on: Feel | None = field(default=None, description="the day it is due, if it is charged once")
    every: Period | None = field(default=None, description="how often it recurs: P1M")
    first_due: Feel | None = field(default=None, description="the first day it is due, if it recurs")


class Billing(Policy):
    """Charges, net of the discounts in force, and when they fall due."""

    kind: Literal["billing"]
    charges: Many[ChargePart]


_EXAMPLE = """\
kind: billing
id: example
title: Example
for: account
charges:
  - {id: fee, title: Fee, amount: monthly_fee, item: subscription, every: P1M, first_due: opened_on}
"""
WHEN_DUE = Code(
    id="BILL001",
    title="a charge without a due date",
    why="A charge is due once (`due_on`) or repeatedly (`every` with `first_due`).",
    bad=_EXAMPLE.replace("first_due", "due_on"),
    good=_EXAMPLE,
)
CODES = (WHEN_DUE,)
# DMN 1.5, 10.3.4.2: the built-in functions that round.
_ROUND = {"half_up": "round half up", "half_even": "decimal", "up": "round up", "down": "round down"}


def check(policy: Billing, draft: Draft) -> None:
    """Ids, items, and that every charge says when it is due."""
    draft.unique((charge.id, ("charges", i)) for i, charge in enumerate(policy.charges))
    for i, charge in enumerate(policy.charges):
        if charge.item is not None:
            draft.item(charge.item, "charges", i, "item")
        recurs = charge.every is not None
        if recurs != (charge.first_due is not None) or recurs == (charge.due_on is not None):
            draft.error(
                WHEN_DUE,
                draft.key_span("charges", i),
                *_when_due(draft, charge, i),
            )


def _when_due(draft: Draft, charge: ChargePart, i: int) -> tuple[str, str]:
    """The sentence about a charge that is not said to be due once, or again and again; and the help."""
    if charge.every is None or charge.due_on is None:
        return f"`{charge.id}` has no due date", "write `due_on`, or `every` and `first_due`"
    message = f"`{charge.id}` has `every` and `due_on`, which do not go together"
    if charge.first_due is not None:
        return message, "remove `due_on`: `first_due` is the first date"
    return message, f"write `first_due: {draft.text('charges', i, 'due_on')}` for `due_on`"


def lower(policy: Billing, draft: Draft) -> None:
    """A charge for every instance of the entity."""
    for i, charge in enumerate(policy.charges):
        draft.rule(_lower_charge(policy, draft, charge, i))


def _lower_charge(policy: Billing, draft: Draft, charge: ChargePart, i: int) -> Rule:
    name, place = f"{policy.id}/{charge.id}", ("charges", i)
    at = draft.key_span(*place)
    amount, rate, net = _amounts(draft, charge, name, i)
    dates = _dates(draft, charge, name, i)
    known = ListLiteral((net, dates.due), at)
    status: Expression = build.call("once known", known, build.literal("applies", at), span=at)
    because: Reading = Explain((net.name, dates.due.name))
    to_pay = net

    def charged(reading: Reading) -> Reading:
        return (
            reading
            if charge.when is None or reading == Const(None)
            else Choose(f"{name}/status", idle, reading)
        )

    idle: dict[str, Reading] = {NOT_APPLICABLE: Const(None)}
    if charge.when is not None:
        applies = draft.applies(name, *place, "when")
        to_pay = _to_pay(draft, applies, net, name)
        not_asked = (build.negate(applies, at), build.literal("not_applicable", at))
        status = build.choose([not_asked], status, at)
        asked = Explain((applies.name, net.name, dates.due.name))
        because = Choose(f"{name}/status", {"not_applicable": Explain((applies.name,))}, asked)
    return Rule(
        finding=Charge,
        origin=draft.origin(charge.id, charge.title, *place),
        entity=draft.entity,
        status=draft.define(f"{name}/status", status, at).name,
        because=because,
        fields={
            "item": Const(charge.item),
            "amount": charged(Value(amount.name)),
            "discount_rate": charged(Value(rate.name)) if rate is not None else Const(None),
            "net": Value(to_pay.name),
            "currency": Const(draft.vocabulary.currency or None),
            "due_on": charged(Value(dates.due.name)),
            "every": Const(draft.text(*place, "every") if charge.every is not None else None),
            "next_due_on": charged(dates.next),
            "counted_from": charged(dates.counted_from),
            "shift_days": charged(dates.shift_days),
        },
    )


def _to_pay(draft: Draft, applies: Expression, net: Name, name: str) -> Name:
    """The net amount of a charge that applies; of any other there is none, so that no sum counts it."""
    at, money = net.span, types.money(draft.vocabulary.currency)
    payable = build.choose([(applies, net)], Open("it is not charged", at), at)
    to_pay = build.call("once known", ListLiteral((applies,), at), payable, span=at)
    return draft.define(f"{name}/to-pay", to_pay, at, wanted=money, title="net amount")


def _amounts(draft: Draft, charge: ChargePart, name: str, i: int) -> tuple[Name, Name | None, Name]:
    """The amount, the rate of the discount on its item, if it bills one, and the net amount."""
    place = ("charges", i)
    at = draft.key_span(*place)
    money = types.money(draft.vocabulary.currency)
    amount = draft.define(
        f"{name}/amount",
        draft.feel(*place, "amount"),
        draft.span(*place, "amount"),
        wanted=money,
        noun=f"amount of {charge.title}",
    )
    rate = None
    if charge.item is not None:
        rate = draft.default(f"discount/{charge.item}", build.literal(Decimal(0), at), at)
        draft.defines("billed item", charge.item, draft.span(*place, "item"))
    net = draft.define(f"{name}/net", _net(draft, amount, rate), at, wanted=money, title="net amount")
    return amount, rate, net


class _Dates(NamedTuple):
    """The (first) due date, and how the rest of the dates is read off."""

    due: Name
    next: Reading = Const(None)
    counted_from: Reading = Const(None)
    shift_days: Reading = Const(None)


def _dates(draft: Draft, charge: ChargePart, name: str, i: int) -> _Dates:
    place = ("charges", i)
    key = "first_due" if charge.first_due is not None else "due_on"
    at = draft.span(*place, key)
    first = draft.feel(*place, key)
    due = draft.define(f"{name}/due", first, at, wanted=types.DATE)
    if charge.every is None:
        return _Dates(due)
    parts = counted(first, Sight(draft.vocabulary, draft.entity, draft.functions))
    anchor = due if parts.anchor is first else draft.define(f"{name}/counted-from", parts.anchor, at)
    steps = (parts.offset, build.literal(parts.shift, at), build.literal(charge.every, at))
    following = build.call("next occurrence", anchor, *steps, build.name("today", at), span=at)
    next_due = draft.define(f"{name}/next", following, at)
    return _Dates(due, Value(next_due.name), Value(anchor.name), Const(parts.shift.days))


def _net(draft: Draft, amount: Expression, rate: Expression | None) -> Expression:
    span = amount.span
    net = amount
    if rate is not None:
        rest = Binary("-", build.literal(Decimal(1), span), rate, span)
        net = Binary("*", amount, rest, span)
    digits = build.literal(Decimal(draft.vocabulary.number_of_digits()), span)
    return build.call(_ROUND[draft.vocabulary.declarations.rounding], net, digits, span=span)


# Words


def _amount(context: ChangeContext) -> Callable[[object], str]:
    return partial(given, types.money(context.vocabulary.currency))


def describe(context: ChangeContext) -> str | None:
    """Charges that come and go, what they are, what they bill, when they are due."""
    subject = called(context.name)
    match context.keys:
        case ("charges", "*"):
            amount = _amount(context)(context.own.get("amount"))
            return context.comes_or_goes(
                f"new charge: {context.name}, {amount}", f"no longer charged: {context.name}"
            )
        case ("charges", "*", "amount"):
            return context.was(subject, "comes to", _amount(context))
        case ("charges", "*", "item"):
            return context.was(subject, "bills", context.items)
        case ("charges", "*", "due_on"):
            return context.was(subject, "is due on")
        case ("charges", "*", "first_due"):
            return context.was(subject, "is first due on")
        case ("charges", "*", "every"):
            return context.was(subject, "is charged", lambda text: every(str(text)))
    return None


KIND = Kind(
    "billing",
    "charges, net of the discounts in force, and when they fall due",
    Billing,
    ("charges",),
    check,
    lower,
    CODES,
    describe=describe,
)
