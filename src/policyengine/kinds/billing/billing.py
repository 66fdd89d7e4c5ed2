"""Billing: charges, net of the discounts in force, and when they fall due.

The net amount is `amount * (1 - discount)`, rounded once, to the minor unit of the currency, as the
program says. A charge that recurs (`every`) falls due first on `first_due` and then in equal steps that
are counted from the day that `first_due` is counted from, so that a short month cuts no later date
(`policy/recurrence.py`). A charge that does not apply, or of an amount
that there is not, has no amount and no date; one of which that is not known has no net amount.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from policyengine.decision.findings import NOT_APPLICABLE, Charge
from policyengine.decision.wording import MINOR_DIGITS, minor_digits
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Binary, Expression, ListLiteral, Name, Open
from policyengine.feel.types import types
from policyengine.feel.types.types import Type
from policyengine.kinds.billing.charge_changes import describe
from policyengine.kinds.billing.charge_dates import Schedule
from policyengine.kinds.billing.charges import CODES, Billing, ChargePart, check, parties
from policyengine.policy.draft import Draft
from policyengine.policy.kind import Kind
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.recurrence import Sight
from policyengine.policy.rule import Choose, Const, Explain, Reading, Rule, Value
from policyengine.policy.vocabulary import DerivedFact, Vocabulary
from policyengine.source import Span

_USUAL_DIGITS = 2
_BOUNDS = {"min": "minimum", "max": "maximum"}


def lower(policy: Billing, draft: Draft) -> None:
    """A charge for every instance of the entity."""
    schedules = {
        charge.id: Schedule(draft, charge, i)
        for i, charge in enumerate(policy.charges)
        if charge.due_with is None
    }
    for i, charge in enumerate(policy.charges):
        draft.rule(_lower_charge(policy, draft, charge, i, schedules[charge.due_with or charge.id]))


def _lower_charge(policy: Billing, draft: Draft, charge: ChargePart, i: int, schedule: Schedule) -> Rule:
    name, place = f"{policy.id}/{charge.id}", ("charges", i)
    at = draft.key_span(*place)
    amount, rate, net, there = _amounts(draft, charge, schedule, name, i)
    condition, ends = schedule.asked
    own = [] if condition is None else [condition]
    if charge.due_with is not None and charge.when is not None:
        own.append(schedule.condition(charge, *place, "when"))
    asked = [*own, *(each for each in (ends, there) if each is not None)]
    to_pay = _to_pay(draft, _money(draft, charge), asked, net, name) if asked else net
    if charge.result is not None:
        _export(draft, charge, asked, net, i)
    status, because = _status(draft, charge, schedule, i, own, asked, net)
    nothing = Const(None)
    idle: dict[str, Reading] = {NOT_APPLICABLE: nothing}

    def charged(reading: Reading) -> Reading:
        return Choose(f"{name}/status", idle, reading) if asked and reading != nothing else reading

    payer, payee = parties(draft.vocabulary, charge)
    fields: dict[str, Reading] = {
        "item": Const(charge.item),
        "amount": charged(Value(amount.name)),
        "discount_rate": charged(Value(rate.name)) if rate is not None else nothing,
        "net": Value(to_pay.name),
        "currency": _currency(draft, charge, name, at, charged),
        "due_on": nothing if schedule.due is None else charged(Value(schedule.due.name)),
        "every": Const(schedule.every_text),
        "payer": Const(payer),
        "payee": Const(payee),
        "payout": Const(payee is not None and payee == draft.vocabulary.partner),
    }
    fields.update((key, charged(each)) for key, each in schedule.readings().items())
    return Rule(
        finding=Charge,
        origin=draft.origin(charge.id, charge.title, *place),
        entity=draft.entity,
        status=status.name,
        because=because,
        fields=fields,
    )


def _there(draft: Draft, written: Expression, amount: Name, name: str) -> Name | None:
    """Whether there is an amount; None where there is one for sure."""
    at = amount.span
    asked = list(Sight(draft.vocabulary, draft.entity, draft.functions).may_lack(written))
    if not asked:
        return None
    asked = [amount] if asked == [written] else asked
    there = build.all_of([build.negate(build.call("is nothing", each, span=at), at) for each in asked], at)
    return draft.define(f"{name}/there", there, amount.span, wanted=types.BOOLEAN, title="has an amount")


def _status(
    draft: Draft, charge: ChargePart, schedule: Schedule, i: int,
    own: Sequence[Name], asked: Sequence[Name], net: Name,
) -> tuple[Name, Reading]:  # fmt: skip
    """The node of the status, and what tells the reasons."""
    name, at = f"{draft.policy.id}/{charge.id}/status", draft.key_span("charges", i)
    dates = [] if schedule.due is None else [schedule.due]
    standing = _standing(draft, charge, schedule, i)
    status: Expression = build.call("once known", ListLiteral((net, *dates), at), standing, span=at)
    told = Explain(tuple(each.name for each in (*own, net, *schedule.told, *schedule.last)))
    if not asked:
        return draft.define(name, status, at), told
    whole = asked[0]
    if len(asked) > 1:  # of several conditions those are told that do not hold
        whole = draft.define(f"{draft.policy.id}/{charge.id}/charged", build.all_of(asked, at), at)
    not_asked = Explain((whole.name,))
    idle = [(build.negate(each, at), build.literal(NOT_APPLICABLE, at)) for each in asked]
    because = Choose(name, {NOT_APPLICABLE: not_asked}, told)
    return draft.define(name, build.choose(idle, status, at), at), because


def _currency(
    draft: Draft, charge: ChargePart, name: str, at: Span, charged: Callable[[Reading], Reading]
) -> Reading:
    """The currency of the program; one that the record names only where it is charged."""
    if charge.currency is None:
        return Const(draft.vocabulary.currency or None)
    return charged(Value(draft.define(f"{name}/currency", build.name(charge.currency, at), at).name))


def _standing(draft: Draft, charge: ChargePart, schedule: Schedule, i: int) -> Expression:
    """The status of a charge that applies: by its due date, if it says when it was settled."""
    at, today = draft.key_span("charges", i), build.name("today", draft.key_span("charges", i))
    applies = build.literal("applies", at)
    if charge.settled_on is None:
        return applies
    place = ("charges", i, "settled_on")
    settled = draft.feel(*place)
    draft.define(f"{draft.policy.id}/{charge.id}/settled", settled, draft.span(*place), wanted=types.DATE)
    cases: list[tuple[Expression, Expression]] = [
        (build.call("is defined", settled, span=at), build.literal("settled", at))
    ]
    if schedule.due is None:
        return build.choose(cases, applies, at)
    cases += [
        (build.compare(">", schedule.due, today, at), build.literal("upcoming", at)),
        (build.equals(schedule.due, today, at), build.literal("due", at)),
    ]
    return build.choose(cases, build.literal("overdue", at), at)


def _to_pay(draft: Draft, money: Type, asked: Sequence[Name], net: Name, name: str) -> Name:
    """The net amount of a charge that applies; of any other there is none, so that no sum counts it."""
    at = net.span
    payable = build.choose([(build.all_of(asked, at), net)], Open("it is not charged", at), at)
    to_pay = build.call("once known", ListLiteral(tuple(asked), at), payable, span=at)
    return draft.define(f"{name}/to-pay", to_pay, at, wanted=money, title="net amount")


def _export(draft: Draft, charge: ChargePart, asked: Sequence[Name], net: Name, i: int) -> None:
    """The net amount as a value: 0 where it is not charged."""
    at = draft.span("charges", i, "result")
    value: Expression = net
    if asked:
        value = build.choose([(build.all_of(asked, at), net)], build.literal(0, at), at)
    wanted = _money(draft, charge)
    draft.define(
        str(charge.result), value, at, wanted=wanted, noun=charge.title, exported=True, part=("charges", i)
    )


def exports(unit: PolicyDocument, vocabulary: Vocabulary) -> Mapping[str, DerivedFact]:
    """The net amounts of the charges that have a name for it."""
    if not isinstance(unit.policy, Billing):
        return {}
    found = {}
    for i, charge in enumerate(unit.policy.charges):
        if charge.result is not None:
            money = vocabulary.money(unit.policy.for_, charge.currency)
            at = unit.document.value_span(("charges", i, "result"))
            found[charge.result] = DerivedFact(money, charge.title, at)
    return found


def _amounts(
    draft: Draft, charge: ChargePart, schedule: Schedule, name: str, i: int
) -> tuple[Name, Name | None, Name, Name | None]:
    """The amount, the rate of the discount on its item, the net amount, and whether there is an amount.

    There is no rate where no item is billed, and nothing is asked where there is an amount for sure.
    """
    place = ("charges", i)
    at = draft.key_span(*place)
    money = _money(draft, charge)
    written = draft.feel(*place, "amount")
    amount = draft.define(
        f"{name}/amount",
        schedule.reading_periods(written),
        draft.span(*place, "amount"),
        wanted=money,
        noun=f"amount of {charge.title}",
    )
    rate = None
    if charge.item is not None:
        rate = draft.default(f"discount/{charge.item}", build.literal(Decimal(0), at), at)
        draft.defines("billed item", charge.item, draft.span(*place, "item"))
    net = draft.define(
        f"{name}/net", _net(draft, charge, schedule, amount, rate, i), at, wanted=money, title="net amount"
    )
    return amount, rate, net, _there(draft, schedule.reading_periods(written), amount, name)


def _money(draft: Draft, charge: ChargePart) -> Type:
    return draft.vocabulary.money(draft.entity, charge.currency)


def _net(
    draft: Draft, charge: ChargePart, schedule: Schedule, amount: Expression, rate: Expression | None, i: int
) -> Expression:
    """The amount less the discount within its bounds, the share of it, rounded to the minor unit."""
    span = amount.span
    net = amount
    if rate is not None:
        rest = Binary("-", build.literal(Decimal(1), span), rate, span)
        net = Binary("*", amount, rest, span)
    for key, function in (("min", "max"), ("max", "min")):
        if getattr(charge, key) is not None:
            net = build.call(function, net, _bound(draft, charge, schedule, key, i), span=span)
    share = schedule.share() if charge.due_with is None else None
    net = net if share is None else Binary("*", net, share, span)
    if charge.currency is not None:  # which must be known
        named = ListLiteral((build.name(charge.currency, span),), span)
        net = build.call("once known", named, net, span=span)
    return draft.rounded(net, _digits(draft, charge, span))


def _bound(draft: Draft, charge: ChargePart, schedule: Schedule, key: str, i: int) -> Name:
    """The least or the most that a charge comes to in a whole period."""
    name, bound = f"{draft.policy.id}/{charge.id}/{key}", draft.feel("charges", i, key)
    return draft.define(
        name, schedule.reading_periods(bound), draft.span("charges", i, key),
        wanted=_money(draft, charge), noun=f"{_BOUNDS[key]} of {charge.title}",
    )  # fmt: skip


def _digits(draft: Draft, charge: ChargePart, at: Span) -> Expression:
    """The number of decimal places of the minor unit: of the program's currency, or by that of the record."""
    found = None if charge.currency is None else draft.vocabulary.fact(draft.entity, charge.currency)
    if charge.currency is None or found is None:
        return build.literal(Decimal(draft.vocabulary.number_of_digits()), at)
    among = (
        MINOR_DIGITS if found[1].values is None else {each: minor_digits(each) for each in found[1].values}
    )
    named: dict[int, list[Expression]] = {}
    for code, digits in among.items():
        if digits != _USUAL_DIGITS:
            named.setdefault(digits, []).append(build.literal(code, at))
    cases = [
        (build.one_of(build.name(charge.currency, at), each, at), build.literal(digits, at))
        for digits, each in named.items()
    ]
    return build.choose(cases, build.literal(_USUAL_DIGITS, at), at)


KIND = Kind(
    "billing",
    "charges, net of the discounts in force, and when they fall due",
    Billing,
    ("charges",),
    check,
    lower,
    CODES,
    exports,
    describe=describe,
)
