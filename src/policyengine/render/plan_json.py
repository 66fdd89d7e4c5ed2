"""A plan as JSON: a deliberate, versioned shape, and the JSON Schema that describes it.

Exact amounts and rates are texts, counts are numbers. Keys of records are only in it where they were
asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from operator import itemgetter
from typing import NamedTuple

from policyengine.change.plan import Plan
from policyengine.change.plan_summary import ABOUT, RANKED, RECORDS, summary_of
from policyengine.change.states import Move, State
from policyengine.change.tally import Shifts
from policyengine.decision.json_shape import (
    COUNT,
    DATE,
    EXACT,
    FLAG,
    TEXT,
    Key,
    Schema,
    Shape,
    constant,
    definitions,
    describe,
    many,
    maybe,
    one_of,
    record,
    write,
)
from policyengine.render import plan_words as say
from policyengine.render.plan_effects import effects, headline
from policyengine.render.plan_waivers import waiver_effects, waiver_uses

SCHEMA_VERSION = 2
"""Grows when a reader of the old shape could misread the new one; new keys alone do not change it."""


class _Moved(NamedTuple):
    plan: Plan
    move: Move


class _Shifted(NamedTuple):
    plan: Plan
    kind: Shifts
    payments: int
    net: Decimal


class _Month(NamedTuple):
    month: str
    currency: str
    before: Decimal
    after: Decimal


class _Status(NamedTuple):
    policy: str
    id: str
    status: str
    before: int
    after: int


class _Flow(NamedTuple):
    policy: str
    before: State
    after: State
    subjects: int


def _state(state: State) -> str:
    return f"{state:f}" if isinstance(state, Decimal) else state


_VERSION = record(
    "version",
    "One of the two versions.",
    Key("name", TEXT, "The folder, or the revision and the folder."),
    Key("policies", TEXT, "A digest of its policies."),
    Key("commit", maybe(TEXT), "The commit of a revision; null for a folder as it is."),
)
_PERIOD = record(
    "period",
    "The days whose charges are added up, both included.",
    Key("first", DATE, "The first day."),
    Key("last", DATE, "The last day."),
)


def _summed(name: str) -> Shape:
    return maybe(COUNT) if name in RANKED else COUNT if name in RECORDS else maybe(EXACT)


_SUMMARY = record(
    "summary",
    "The counts and sums by the names that `--fail-if` knows; sums are null where there are two currencies, "
    "`winners` and `losers` where the charges of one record change in two.",
    *(
        Key(name, _summed(name), f"{about[:1].upper()}{about[1:]}.",
            itemgetter(name))
        for name, about in ABOUT.items()
    ),
)  # fmt: skip
_FLOW = record(
    "flow",
    "So many have one level before and one after; those who keep theirs too.",
    Key("policy", TEXT, "The policy that knows the levels."),
    Key("before", TEXT, "The level before; `none` or `undetermined`."),
    Key("after", TEXT, "The level after."),
    Key("subjects", COUNT, "How many."),
)
_MOVE = record(
    "move",
    "A finding that changes, and for how many records.",
    Key("section", TEXT, "The section of the decision.", lambda each: each.move.what.section),
    Key("policy", TEXT, "The policy; for derived facts the entity.", lambda each: each.move.what.policy),
    Key("id", TEXT, "The part of the policy.", lambda each: each.move.what.id),
    Key(
        "aspect",
        TEXT,
        "Of duties the role; of obligations `due_on`, `party` or `periods` where these change.",
        lambda each: each.move.what.aspect,
    ),
    Key("before", TEXT, "The level, rate, party or status before.", lambda each: _state(each.move.before)),
    Key("after", TEXT, "The same after.", lambda each: _state(each.move.after)),
    Key("records", COUNT, "For how many records.", lambda each: each.plan.tally.moves[each.move]),
    Key("subjects", COUNT, "For how many of those judged.", lambda each: each.plan.tally.subjects[each.move]),
    Key("text", TEXT, "The same in words.", lambda each: say.sentence(each.plan, each.move)),
)
_COST = record(
    "cost",
    "The net amount of a charge in the period, for all records together.",
    Key(
        "policy",
        maybe(TEXT),
        "The policy; null for all charges.",
        lambda cost: cost.part and cost.part.policy,
    ),
    Key("id", maybe(TEXT), "The charge; null for all charges.", lambda cost: cost.part and cost.part.id),
    Key("currency", TEXT, "The currency; empty where the program has none."),
    Key("before", EXACT, "By OLD."),
    Key("after", EXACT, "By NEW."),
    Key("change", EXACT, "How much more is paid because amounts change; below zero less."),
    Key("moved", EXACT, "How much more is due in the period because due dates move; below zero less."),
    Key(
        "payer",
        TEXT,
        "The party that pays; empty: the partner, and in totals what it pays less what it is paid.",
    ),
)
_FIGURE = record(
    "figure",
    "An amount among the figures that changes, for all those together that have it.",
    Key("entity", TEXT, "Whose amount it is."),
    Key("name", TEXT, "Its name."),
    Key("currency", TEXT, "The currency; empty where the program has none."),
    Key("day", DATE, "The day on which all of them are worked out; a sum that stays is told once."),
    Key("before", EXACT, "The sum by OLD."),
    Key("after", EXACT, "The sum by NEW."),
    Key("change", EXACT, "How much more it is; below zero less."),
)
_SHIFT = record(
    "shift",
    "Payments of a charge that are due on a different day.",
    Key("policy", TEXT, "The policy.", lambda each: each.kind.part.policy),
    Key("id", TEXT, "The charge.", lambda each: each.kind.part.id),
    Key("currency", TEXT, "The currency.", lambda each: each.kind.currency),
    Key("way", one_of("earlier", "later", "rhythm", "twice", "skipped"),
        "Which way they move; `rhythm` where the charge recurs differently, `twice` where they are due again "
        "for a period that is paid, `skipped` where they never fall due, as a version begins in between.",
        lambda each: each.kind.way),
    Key("where", one_of("within", "before", "after", "into"),
        "Where they are due then: within the period, before it, after it, or in it and not before.",
        lambda each: each.kind.where),
    Key("payments", COUNT, "How many payments."),
    Key("net", EXACT, "What they come to."),
    Key("text", TEXT, "The same in words.", lambda each: say.shift(each.plan, each.kind)),
)  # fmt: skip
_MONTH = record(
    "month",
    "What is due in a month by the charges whose due dates move, for those for whom they do.",
    Key("month", TEXT, "The month: `2026-12`."),
    Key("currency", TEXT, "The currency."),
    Key("before", EXACT, "By OLD."),
    Key("after", EXACT, "By NEW."),
)
_STATUS = record(
    "status",
    "How many obligations have a status, of those whose periods are different ones.",
    Key("policy", TEXT, "The policy."),
    Key("id", TEXT, "The obligation."),
    Key("status", TEXT, "The status."),
    Key("before", COUNT, "By OLD."),
    Key("after", COUNT, "By NEW."),
)
_UNDECIDED = record(
    "undecided",
    "Charges that are not counted, since one of the versions cannot decide them.",
    Key("policy", TEXT, "The policy.", lambda found: found.part.policy),
    Key("id", TEXT, "The charge.", lambda found: found.part.id),
    Key("before", COUNT, "How many only OLD cannot decide."),
    Key("after", COUNT, "How many only NEW cannot decide."),
    Key("both", COUNT, "How many neither can decide."),
    Key("missing", many(record(
        "missing_fact",
        "A fact that some of them lack.",
        Key("fact", TEXT, "Entity and fact, or why there is no value.", lambda each: each[0]),
        Key("charges", COUNT, "How many charges it keeps from being decided.", lambda each: each[1]),
    )), "The facts that they lack.", lambda found: found.facts),
)  # fmt: skip
_SHARE = record(
    "share",
    "How much of the change one changed rule causes by itself; the shares add up to the change.",
    Key("title", maybe(TEXT), "The changed rule; null for interaction.", lambda share: share.title or None),
    Key("interaction", FLAG, "Whether this is the interaction of the changes."),
    Key("currency", TEXT, "The currency."),
    Key("change", EXACT, "How much more is paid."),
    Key("unsure", COUNT, "How many charges this change alone leaves undetermined."),
)
_DELTA = record(
    "delta",
    "A record whose net charges change.",
    Key("key", TEXT, "Its key."),
    Key("label", maybe(TEXT), "What people call it."),
    Key("change", EXACT, "How much more it pays; below zero less.", lambda delta: delta.amount),
)
_WAIVER = record(
    "waiver",
    "A waiver of NEW, and for how many records it has which status on the evaluation date.",
    Key("policy", TEXT, "The policy that has it.", lambda use: use.given.policy),
    Key("id", TEXT, "Its id.", lambda use: use.given.id),
    Key("of", TEXT, "What it is of.", lambda use: use.given.of),
    Key("status", one_of("used", "unused", "lapsed", "upcoming"), "Its status in the whole base."),
    Key("used", COUNT, "Records that need it."),
    Key("unused", COUNT, "Records that have it and do not need it."),
    Key("lapsed", COUNT, "Records that would need it, now that it is over."),
    Key("upcoming", COUNT, "Records for which it does not hold yet."),
    Key("at", TEXT, "Where it is written.", lambda use: str(use.given.at)),
)
_WAIVED = record(
    "waived",
    "What the waivers of NEW come to, as against the same records without them.",
    Key("given", COUNT, "How many waivers there are.", lambda plan: len(plan.waivers)),
    Key("each", many(_WAIVER), "The waivers; none where the plan is public.", waiver_uses),
    Key("effects", many(TEXT), "What they change, in words, the most important first.", waiver_effects),
    Key("levels", many(_FLOW), "Who has which level without and with them.",
        lambda plan: list(_flows(plan.waived))),
    Key("totals", many(_COST), "All charges together without and with them, by currency.",
        lambda plan: plan.waived.totals),
)  # fmt: skip
_PLAN = (
    Key("schema_version", constant(SCHEMA_VERSION), "The version of this shape.", lambda _: SCHEMA_VERSION),
    Key("program", TEXT, "The id of the program."),
    Key("title", TEXT, "The title of the program."),
    Key("old", _VERSION, "The version before."),
    Key("new", _VERSION, "The version after."),
    Key("as_of", DATE, "The evaluation date."),
    Key("asked_on", many(DATE), "The days on which both versions were asked.", lambda plan: plan.turns),
    Key("period", _PERIOD, "The days whose charges are added up.", lambda plan: plan.days),
    Key("headline", TEXT, "The most important of what happens, in one sentence.", headline),
    Key("effects", many(TEXT), "All that happens in words, the most important first.", effects),
    Key("summary", _SUMMARY, "The counts and sums.", summary_of),
    Key("levels", many(_FLOW), "Who has which level before and after.", lambda plan: list(_flows(plan))),
    Key("moves", many(_MOVE), "What changes, and for how many.", lambda plan: list(_moves(plan))),
    Key("totals", many(_COST), "All charges together, by currency."),
    Key("charges", many(_COST), "The charges one by one.", lambda plan: plan.costs),
    Key("figures", many(_FIGURE), "Amounts among the figures that change."),
    Key("shifts", many(_SHIFT), "Payments that are due on a different day.", lambda plan: [*_shifts(plan)]),
    Key("months", many(_MONTH), "What is due by month where due dates move.", lambda plan: [*_months(plan)]),
    Key("statuses", many(_STATUS), "Obligations in different periods, by status.",
        lambda plan: list(_statuses(plan))),
    Key("undecided", many(_UNDECIDED), "The charges that are not counted."),
    Key("causes", many(_SHARE), "Which changed rule causes how much.", lambda plan: plan.shares),
    Key("waived", maybe(_WAIVED), "What the waivers of NEW come to; null where there are none.",
        lambda plan: None if plan.waived is None else plan),
    Key("public", FLAG, "Whether counts are rounded down to fives, and what fewer records have is left out."),
    Key("withheld", FLAG, "Whether effects are left out, since they are on fewer than five records."),
    Key("losers", maybe(many(_DELTA)), "Who pays most more; null where keys were not asked for.",
        lambda plan: plan.losers[: plan.top] if plan.top else None),
    Key("winners", maybe(many(_DELTA)), "Who pays most less; null where keys were not asked for.",
        lambda plan: plan.winners[: plan.top] if plan.top else None),
)  # fmt: skip


def plan_json(plan: Plan) -> str:
    """The plan as a text, in the shape of `plan_schema()`."""
    return json.dumps(write(_PLAN, plan), indent=2, ensure_ascii=False)


def plan_schema() -> Schema:
    """The JSON Schema (2020-12) of a plan."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Plan of policyengine",
        **describe(_PLAN, "The effect of a change of policies on records and charges."),
        "$defs": definitions(_PLAN),
    }


def _flows(plan: Plan) -> Iterator[_Flow]:
    for (policy, before, after), number in sorted(
        plan.tally.flows.items(), key=lambda each: (-each[1], each[0])
    ):
        yield _Flow(policy, _state(before), _state(after), number)


def _moves(plan: Plan) -> Iterator[_Moved]:
    moves = sorted(plan.tally.moves.items(), key=lambda each: (-each[1], *map(str, each[0])))
    yield from (_Moved(plan, move) for move, _ in moves)


def _shifts(plan: Plan) -> Iterator[_Shifted]:
    yield from (_Shifted(plan, kind, *found) for kind, found in sorted(plan.tally.shifts.items()))


def _months(plan: Plan) -> Iterator[_Month]:
    for (currency, month), sums in sorted(plan.tally.months.items()):
        yield _Month(month, currency, sums.before, sums.after)


def _statuses(plan: Plan) -> Iterator[_Status]:
    counts = plan.tally.statuses
    for policy, id, status in sorted({(policy, id, status) for policy, id, _, status in counts}):
        before, after = (counts[policy, id, side, status] for side in ("before", "after"))
        yield _Status(policy, id, status, before, after)
