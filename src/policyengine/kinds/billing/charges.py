"""Charges as they are written, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from policyengine.decision import wording
from policyengine.diagnostics import Code, did_you_mean
from policyengine.feel.values.temporal import print_duration
from policyengine.feel.values.values import Months
from policyengine.policy import quantities
from policyengine.policy.base import (
    Count,
    FactName,
    FactRef,
    Feel,
    Id,
    ItemName,
    Many,
    NameOf,
    PartyName,
    Sourced,
    Text,
    VersionedPolicy,
    field,
)
from policyengine.policy.condition import Condition
from policyengine.policy.draft import Draft
from policyengine.policy.entity import Pace
from policyengine.policy.quantities import CALENDAR
from policyengine.policy.vocabulary import Vocabulary


class ChargePart(Sourced):
    """Something to pay."""

    id: Id
    title: Text
    amount: Feel = field(description="before any discount; may read `period` and `period_number`")
    item: ItemName | None = field(default=None, description="what it bills; discounts granted on it apply")
    when: Condition | None = field(default=None, description="not applicable otherwise")
    currency: FactRef | None = field(
        default=None, description="the text or enum that names its currency; left out: the program's"
    )
    payer: PartyName | None = field(default=None, description="the party that pays; left out: the partner")
    payee: PartyName | None = field(default=None, description="the party that is paid; left out: the vendor")
    due_on: Feel | None = field(
        default=None,
        description="the day it is due, if it is charged once; `none`: when invoiced; with `starting` a day "
        "counted from `period.start` or `period.end`",
    )
    due_with: Annotated[Id, NameOf("charge")] | None = field(
        default=None,
        description="the charge with which it falls due, for the same periods, where that applies",
    )
    every: Pace | None = field(
        default=None, description="how often it recurs: P1M, `calendar quarter`, `fiscal year`"
    )
    first_due: Feel | None = field(
        default=None, description="the first day it is due, on which its periods begin"
    )
    starting: Feel | None = field(
        default=None, description="the day from which its periods count, if `due_on` tells when they are due"
    )
    on_day: Feel | None = field(
        default=None, description="the day of the month on which periods begin: a count, a fact, or `last`"
    )
    until: Feel | None = field(default=None, description="the last day on which a period may begin")
    times: Count | None = field(default=None, description="how often it is charged")
    share_by_days: Literal["both", "first_day", "last_day", "neither"] | None = field(
        default=None,
        description="a period that is cut is charged by its days; which count: of the day that it starts on "
        "and that of `until` both, only the first, only the last, or neither",
    )
    min: Feel | None = field(default=None, description="the least that it comes to in a whole period")
    max: Feel | None = field(default=None, description="the most that it comes to in a whole period")
    settled_on: Feel | None = field(
        default=None, description="the day on which it was paid, if it is charged once; not given: it was not"
    )
    result: FactName | None = field(
        default=None, description="the name of the rounded net amount, 0 where it is not charged"
    )


class Billing(VersionedPolicy):
    """Charges, net of the discounts in force, and when they fall due."""

    kind: Literal["billing"]
    charges: Many[ChargePart]


EXAMPLE = """\
kind: billing
id: example
title: Example
for: account
charges:
  - {id: fee, title: Fee, amount: monthly_fee, item: subscription, every: P1M, first_due: opened_on}
"""
_PERIODS = EXAMPLE.replace("first_due: opened_on", "starting: opened_on, due_on: DUE")
WHEN_DUE = Code(
    id="BILL001",
    title="a charge without a due date",
    why="A charge is due once (`due_on`), or repeatedly: `every` with `first_due`, or with `starting` where "
    "`due_on` counts from its periods. One without a date says `due_on: none`.",
    bad=EXAMPLE.replace("first_due", "due_on"),
    good=EXAMPLE,
)
OFF_BEAT = Code(
    id="BILL002",
    title="a due date that does not follow from the periods of a charge",
    why="Each period has one due date: so many days after its end, or so many months and days after its "
    "start.",
    bad=_PERIODS.replace("DUE", "'period.end + @\"P1M\"'"),
    good=_PERIODS.replace("DUE", "'period.end + @\"P30D\"'"),
)
NOT_OURS = Code(
    id="BILL003",
    title="a charge that the partner neither pays nor gets",
    why="A record is about one party; what others pay each other is not shown there, and no plan adds it up.",
    bad=EXAMPLE.replace("item:", "payer: vendor, payee: vendor, item:"),
    good=EXAMPLE.replace("item:", "payer: vendor, payee: partner, item:"),
)
MISPLACED = Code(
    id="BILL004",
    title="a key of a charge that does not go with how often it is charged",
    why="A charge that recurs may end (`until`, `times`), keep a day of the month and share by days; "
    "one that is charged once may be settled.",
    bad=EXAMPLE.replace("every: P1M, first_due: opened_on", "due_on: opened_on, times: 12"),
    good=EXAMPLE.replace("first_due: opened_on", "first_due: opened_on, times: 12"),
)
CODES = (WHEN_DUE, OFF_BEAT, NOT_OURS, MISPLACED)
_RECURRING = ("until", "times", "on_day", "share_by_days")
_ONCE = ("settled_on",)
LONGEST_MONTH = 31


def check(policy: Billing, draft: Draft) -> None:
    """Ids, items, parties, and that every charge says when it is due."""
    draft.unique((charge.id, ("charges", i)) for i, charge in enumerate(policy.charges))
    results = [
        (each.result, ("charges", i)) for i, each in enumerate(policy.charges) if each.result is not None
    ]
    draft.unique(results, "result")
    for i, charge in enumerate(policy.charges):
        if charge.item is not None:
            draft.item(charge.item, "charges", i, "item")
        _check_parties(draft, charge, i)
        if charge.currency is not None:
            place = ("charges", i, "currency")
            draft.known(charge.currency, _texts(draft), "text", *place)
        for message, help in list(_when_due(policy, draft, charge, i))[:1]:
            draft.error(WHEN_DUE, draft.key_span("charges", i), message, help)
        _check_day(draft, charge, i)
        often = "falls due once" if charge.every is None else "recurs"
        for key in () if charge.due_with else _RECURRING if charge.every is None else _ONCE:
            if getattr(charge, key) is not None:
                sentence = f"`{charge.id}` {often}, so `{key}` says nothing"
                draft.error(MISPLACED, draft.key_span("charges", i, key), sentence, f"remove `{key}`")


def _texts(draft: Draft) -> list[str]:
    """The facts that may name a currency."""
    entities = (draft.vocabulary.entities[each] for each in draft.vocabulary.lineage(draft.entity))
    return [
        name for each in entities for name, fact in each.facts.items() if fact.type in ("text", "enum")
    ]  # fmt: skip


def _check_day(draft: Draft, charge: ChargePart, i: int) -> None:
    """The day of the month goes with lengths of months, and there is such a day."""
    every, day = charge.every, charge.on_day
    if day is None or every is None:
        return
    if every in CALENDAR or not isinstance(quantities.period(every), Months):
        sentence = f"`{charge.id}` is charged {wording.every(every)}, which begins on no day of a month"
        draft.error(MISPLACED, draft.key_span("charges", i, "on_day"), sentence, "write `every: P1M`")
    elif day.isdigit() and not 1 <= int(day) <= LONGEST_MONTH:
        sentence = f"no month has a day {day}"
        draft.error(MISPLACED, draft.span("charges", i, "on_day"), sentence, "write `last` for the last day")


def _vendor_of(vocabulary: Vocabulary) -> str | None:
    """The other party: `vendor`, else the first of the others."""
    others = [each for each in vocabulary.declarations.parties if each != vocabulary.partner]
    return "vendor" if "vendor" in others else next(iter(others), None)


def parties(vocabulary: Vocabulary, charge: ChargePart) -> tuple[str | None, str | None]:
    """The party that pays a charge, and the one that is paid."""
    ours, theirs = vocabulary.partner, _vendor_of(vocabulary)
    if charge.payer is not None and charge.payer != ours:
        theirs, ours = ours, charge.payer
    return ours, theirs if charge.payee is None else charge.payee


def _check_parties(draft: Draft, charge: ChargePart, i: int) -> None:
    known = [
        draft.party(party, "charges", i, key)
        for key in ("payer", "payee") if (party := getattr(charge, key)) is not None
    ]  # fmt: skip
    if not known or not all(known):
        return
    partner, (payer, payee) = draft.vocabulary.partner, parties(draft.vocabulary, charge)
    key = "payer" if charge.payee is None else "payee"
    if payer == payee:
        sentence = f"`{payer}` would pay itself"
    elif partner not in (payer, payee):
        sentence = f"`{payer}` pays `{payee}`, but records are about `{partner}`"
    else:
        return
    help = f"write `{key}: {partner}`" if partner != payer else f"remove `{key}`"
    draft.error(NOT_OURS, draft.span("charges", i, key), sentence, help)


def _when_due(policy: Billing, draft: Draft, charge: ChargePart, i: int) -> Iterator[tuple[str, str]]:
    """The sentences about a charge that is not said to be due once, or again and again; and the help."""
    every, starts = charge.every, charge.first_due or charge.starting
    if charge.due_with is not None:
        yield from _due_with(policy, charge, charge.due_with)
    elif every is None and starts is not None:
        key = "first_due" if charge.first_due else "starting"
        yield f"`{charge.id}` has `{key}`, but does not recur", "add `every: P1M`, or write `due_on`"
    elif every is None and charge.due_on is None:
        yield f"`{charge.id}` has no due date", "write `due_on`, or `every` and `first_due`"
    elif every in CALENDAR and charge.first_due is not None:
        sentence = f"the periods of `{charge.id}` begin on its first due date, not with the calendar"
        length = print_duration(CALENDAR[str(every)])
        yield sentence, f"write `every: {length}`, or `starting` for `first_due`"
    elif every in CALENDAR and charge.starting is None:
        sentence = f"`{charge.id}` has no day from which its periods count"
        yield sentence, "add `starting: ...`, a day in the first of them"
    elif every is not None and charge.due_on is not None and charge.starting is None:
        message = f"`{charge.id}` has `every` and `due_on`, which do not go together"
        if charge.first_due is not None:
            yield message, "remove `due_on`: `first_due` is the first date"
        yield message, f"write `first_due: {draft.text('charges', i, 'due_on')}` for `due_on`"
    elif every is not None and starts is None:
        yield f"`{charge.id}` has no due date", "write `due_on`, or `every` and `first_due`"
    elif charge.first_due is not None and charge.starting is not None:
        yield f"`{charge.id}` has `first_due` and `starting`, which say the same", "remove one of them"


def _due_with(policy: Billing, charge: ChargePart, other: str) -> Iterator[tuple[str, str]]:
    """The sentences about a charge that falls due with a different one."""
    dates = ("due_on", "every", "first_due", "starting", *_RECURRING, *_ONCE)
    own = next((key for key in dates if getattr(charge, key) is not None), None)
    named = next((each for each in policy.charges if each.id == other), None)
    if named is None or named is charge or named.due_with is not None:
        message = f"`{charge.id}` falls due with `{other}`, which has no due date of its own here"
        ids = [each.id for each in policy.charges if each is not charge and each.due_with is None]
        yield message, did_you_mean(other, ids) or "name a charge of this policy that says when it is due"
    elif own is not None:
        yield f"`{charge.id}` has `due_with` and `{own}`", f"remove `{own}`: it is that of `{other}`"
