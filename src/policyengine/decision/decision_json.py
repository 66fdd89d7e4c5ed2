"""The JSON of a decision and its JSON Schema: a published, versioned contract.

Exact numbers are strings, counts are numbers, dates are ISO 8601; absent values are null. One table produces
both the document and the schema.
"""

from __future__ import annotations

from collections.abc import Container
from functools import partial
from operator import attrgetter
from typing import Any

from policyengine.decision.finding_shapes import (
    OWNER,
    PLACE,
    SUBJECT,
    THRESHOLD,
    UNSETTLED,
    WITHIN,
    finding_shape,
)
from policyengine.decision.findings import (
    SECTIONS,
    Charge,
    Discount,
    Duty,
    Figure,
    Finding,
    Gate,
    Level,
    Obligation,
    Requirement,
    Right,
    Score,
    ScorePart,
    Waiver,
)
from policyengine.decision.json_shape import (
    ANY,
    COUNT,
    DATE,
    EXACT,
    FLAG,
    RATE,
    TEXT,
    Key,
    Schema,
    Shape,
    constant,
    decimals,
    definitions,
    describe,
    exact,
    many,
    maybe,
    one_of,
    record,
    write,
)

SCHEMA_VERSION = 1
"""Grows when a reader of the old shape could misread the new one; new keys alone do not change it."""


def _gross(charge: Charge) -> object:
    """The amount, with as many digits as the rounded net amount."""
    if charge.amount is None or charge.net is None:
        return charge.amount
    return exact(charge.amount, decimals(charge.net))


_WAIVER = record(
    "waiver_note",
    "The waiver that bears on it.",
    Key("policy", TEXT, "The id of the policy that has the waiver."),
    Key("id", TEXT, "The id of the waiver."),
    Key("lapsed", FLAG, "Whether its last day is over; else it lets pass."),
    Key("why", TEXT, "Why it was given."),
    Key("approved_by", TEXT, "The id of the party that approved it."),
    Key("ticket", maybe(TEXT), "Where the approval is kept."),
    Key("until_including", maybe(DATE), "Its last day; null where it has no end."),
)
_WAIVED = Key("waiver", maybe(_WAIVER), "The waiver that lets it pass, or that has lapsed; null for none.")
_REQUIREMENT = finding_shape(
    Requirement,
    "requirement",
    "One thing that is asked for.",
    Key("decided_by", maybe(TEXT), "The party that decides, where a person does."),
    _WAIVED,
)
_LACKING = (
    Key("id", TEXT, "The id of the requirement, or the measure of the level."),
    Key("title", TEXT, "Its title."),
    Key("status", one_of("unmet", "undetermined", "manual", "refused"), "Why it is missing."),
    *THRESHOLD,
    Key("text", maybe(TEXT), "The reason, where the requirement has several tests."),
    Key("unknown", many(UNSETTLED), "The reasons why it is not decided."),
)
_STEP = record("step", "One test of a way to meet a requirement.", *_LACKING)
_SHORTFALL = record(
    "shortfall",
    "What keeps a subject from a level: a test that does not hold.",
    *_LACKING,
    Key("ways", many(many(_STEP)), "Where one of several would do: the ways to it, the shortest first."),
)
_NEXT = record(
    "next_level",
    "A level to reach, or to keep.",
    Key("level", TEXT, "The id of the level."),
    Key("title", TEXT, "The title of the level."),
    Key("missing", many(_SHORTFALL), "All that is missing for it."),
)
_ROOM = record(
    "room",
    "How far a measure may fall before the level is lost.",
    Key("fact", TEXT, "The measure."),
    Key("have", ANY, "The value in the record."),
    Key("lost_below", ANY, "Below this the level is lost."),
    Key("room", ANY, "How far it may fall and still keep the level."),
)
_PART = record("part", "A titled topic.", Key("id", TEXT, "Its id."), Key("title", TEXT, "Its title."))

_SCORE_PART = finding_shape(
    ScorePart,
    "score_part",
    "The points of a part of a score.",
    Key("points", maybe(EXACT), "The points; null where they are not known, or it does not apply."),
    Key("most", maybe(EXACT), "The most points that it brings."),
    Key("before_limits", maybe(EXACT), "The points before the limits and the rounding."),
    Key("units", maybe(EXACT), "The number whose units bring points."),
    Key("unit", maybe(TEXT), "What one calls the units."),
    Key("each", maybe(EXACT), "The points that each unit brings."),
    Key("weight", maybe(EXACT), "What the points count in the total; null for 1."),
    Key("nested", FLAG, "Whether it is a part of the part before it."),
)

_FINDINGS: dict[type[Finding], Shape] = {
    Level: finding_shape(
        Level,
        "level",
        "The level reached in a ladder of levels.",
        Key("level", maybe(TEXT), "The id of the level; null where none is reached or it is not decided."),
        Key("level_title", maybe(TEXT), "The title of the level."),
        Key("candidate", maybe(TEXT), "The level that the measure alone would give."),
        Key("candidate_title", maybe(TEXT), "The title of that level."),
        Key("measure_title", maybe(TEXT), "What the measure is called; null where there is none."),
        Key("requirements", many(_REQUIREMENT), "Those of the level reached, else of the candidate."),
        Key("next", maybe(_NEXT), "The next level; null at the highest."),
        Key("to_keep", maybe(_NEXT), "Of levels that last: what today's figures lack to keep it."),
        Key("room", maybe(_ROOM), "How far the measure may fall; null where there is no measure."),
        Key("by_figures", maybe(TEXT), "Of levels that last: the level that today's figures lead to."),
        Key("by_figures_title", maybe(TEXT), "The title of that level."),
        Key("on_record", maybe(TEXT), "Of levels that last: the level that the record says."),
        Key("on_record_title", maybe(TEXT), "The title of that level."),
        Key("held_until", maybe(DATE), "The last day on which the level in force is surely held."),
        Key("waiver", maybe(_WAIVER), "The waiver that gives the level; null for none."),
    ),
    Score: finding_shape(
        Score,
        "score",
        "The points of a scorecard.",
        Key("points", maybe(EXACT), "The total; null where it is not known."),
        Key("most", maybe(EXACT), "The most points of the total."),
        Key("parts", many(_SCORE_PART), "What the points come of."),
    ),
    Discount: finding_shape(
        Discount,
        "discount",
        "A discount on an item.",
        Key("on", TEXT, "The id of the item."),
        Key("on_title", maybe(TEXT), "The title of the item."),
        Key("rate", maybe(RATE), "0.20 is 20 %."),
        Key("level", maybe(TEXT), "The level that grants it."),
    ),
    Duty: finding_shape(
        Duty,
        "duty",
        "Who does what.",
        Key("section", TEXT, "The id of the block of duties.", attrgetter("block")),
        Key("section_title", TEXT, "The title of the block.", attrgetter("block_title")),
        Key("party", maybe(TEXT), "The id of the party; null where it is not known."),
        Key("role", TEXT, "`responsible`, `consulted`, `informed` or `signs_off`."),
    ),
    Gate: finding_shape(
        Gate,
        "gate",
        "Whether something may leave the stage it is in.",
        Key("stage", maybe(TEXT), "The stage it is in."),
        Key("stage_title", maybe(TEXT), "The title of that stage; of several, all of them."),
        Key("next_stage", maybe(TEXT), "The stage that follows; null at the end, or where several may."),
        Key("next_stage_title", maybe(TEXT), "The title of that stage."),
        Key("next_stages", many(TEXT), "All stages that may follow."),
        Key("requirements", many(_REQUIREMENT), "What must hold to leave the stage."),
        Key("waiver", maybe(_WAIVER), "The waiver that opens it, or that has lapsed; null for none."),
        Key("until", maybe(DATE), "Of a stage that ends by time: the last day on which it may be left so."),
    ),
    Obligation: finding_shape(
        Obligation,
        "obligation",
        "What must be done by when.",
        Key("party", maybe(TEXT), "The id of the party that must do it."),
        Key("due_on", maybe(DATE), "The last day on which it is done in time."),
        Key("period", maybe(TEXT), "The name of the period, for a recurring one."),
        Key("period_start", maybe(DATE), "The first day of the period."),
        Key("period_end", maybe(DATE), "The last day of the period."),
        Key("audience", maybe(TEXT), "Who takes part."),
        Key("decided_by", maybe(TEXT), "The party that decides, where a person does."),
        Key("parts", many(_PART), "The topics that it consists of."),
        Key("holds_until", maybe(DATE), "Of a duty that lasts: the last day on which it must be kept."),
        _WAIVED,
    ),
    Right: finding_shape(
        Right,
        "right",
        "What a party may do.",
        Key("party", maybe(TEXT), "The id of the party whose right it is."),
        Key("opens_on", maybe(DATE), "Its first day; null where it has always been open."),
        Key("closes_on", maybe(DATE), "Its last day; null where it has no end."),
    ),
    Waiver: finding_shape(
        Waiver,
        "waiver",
        "An exception that somebody approved.",
        Key("of", TEXT, "What it is of: the policy, then the level or stage, the requirement, by their ids."),
        Key("why", maybe(TEXT), "Why it was given."),
        Key("approved_by", maybe(TEXT), "The id of the party that approved it."),
        Key("ticket", maybe(TEXT), "Where the approval is kept."),
        Key("begins_on", maybe(DATE), "Its first day; null where it has always held."),
        Key("until_including", maybe(DATE), "Its last day; null where it has no end."),
        Key("period", maybe(TEXT), "Of a duty that recurs: the name of the period that it is for."),
    ),
    Charge: finding_shape(
        Charge,
        "charge",
        "An amount to pay, net of the discount in force.",
        Key("item", maybe(TEXT), "The id of the item that is billed."),
        Key("amount", maybe(EXACT), "Before the discount.", _gross),
        Key("discount_rate", maybe(RATE), "0.20 is 20 %."),
        Key(
            "net",
            maybe(EXACT),
            "After the discount, rounded to the minor unit of the currency; null where it is not charged.",
        ),
        Key("currency", maybe(TEXT), "The currency of both amounts."),
        Key("due_on", maybe(DATE), "When it falls due, for a recurring one the first time."),
        Key("every", maybe(TEXT), "How often it recurs, such as `P1M`; null for once."),
        Key("next_due_on", maybe(DATE), "When it falls due next, on or after the evaluation date."),
        Key(
            "counted_from",
            maybe(DATE),
            "The day that due dates are counted from; a short month does not cut it.",
        ),
        Key(
            "shift_days",
            maybe(COUNT),
            "How many days a due date lies after the day that was counted; -1: before.",
        ),
        Key("payer", maybe(TEXT), "The id of the party that pays."),
        Key("payee", maybe(TEXT), "The id of the party that is paid."),
        Key("payout", FLAG, "Whether the partner is paid."),
        Key("period_number", maybe(COUNT), "Of periods that count: which one falls due next, from 1."),
        Key("of_periods", maybe(COUNT), "After how many periods it ends; null for no such number."),
        Key("period_start", maybe(DATE), "The first day of that period."),
        Key("period_end", maybe(DATE), "The last day of that period."),
        Key("days", maybe(COUNT), "Of a charge that is shared by days: how many days of the period count."),
        Key("of_days", maybe(COUNT), "How many days the whole period has."),
        Key("steps_from", maybe(DATE), "Where the first due date lies off the steps: the one it stands for."),
    ),
    Figure: finding_shape(
        Figure,
        "figure",
        "A derived fact, or the result of a table; its id is its name, its reasons say how it came about.",
        Key("value", ANY, "The value; null where it is not known, or there is none."),
        Key("unit", maybe(TEXT), "`%` or a currency; null for other values."),
        Key("text", maybe(TEXT), "The value as people write it."),
    ),
}
_MISSING = record(
    "missing",
    "A fact that the record leaves out although something depends on it.",
    Key("fact", TEXT, "The name of the fact."),
    Key("entity", TEXT, "The entity that it belongs to."),
    Key("key", maybe(TEXT), "The key of the one whose fact it is."),
    Key("within", many(OWNER), WITHIN),
    Key("needed_by", many(TEXT), "The findings and derived facts that it would help to settle."),
)
_NOT_IN_FORCE = record(
    "not_in_force",
    "A policy of which no version is in force on the day.",
    Key("policy", TEXT, "The id of the policy."),
    Key("title", TEXT, "Its title."),
    Key("ended_on", maybe(DATE), "The last day of the version before; null where there is none."),
    Key("begins_on", maybe(DATE), "The first day of the next version; null where there is none."),
)
_MISTAKE = record(
    "mistake",
    "Why the record could not be read.",
    Key("code", TEXT, "The code of the mistake.", attrgetter("code.id")),
    Key("severity", one_of("error", "warning"), "How bad it is.", lambda found: str(found.severity)),
    Key("message", TEXT, "A sentence for people."),
    Key("help", maybe(TEXT), "What to write instead."),
    Key("at", maybe(PLACE), "The place in the record.", attrgetter("span")),
)


def _findings(section: str, decision: Any) -> tuple[Finding, ...]:
    """The findings of one list; none of a record that was refused."""
    return () if decision.refused else decision.of(section)


_DECISION = (
    Key("schema_version", constant(SCHEMA_VERSION), "The version of this shape.", lambda _: SCHEMA_VERSION),
    Key("program", TEXT, "The id of the program."),
    Key("program_title", TEXT, "The title of the program."),
    Key("policies", TEXT, "A digest of the policies that were applied."),
    Key("as_of", DATE, "The day for which it was decided."),
    Key("subject", SUBJECT, "The record that was judged."),
    Key("complete", FLAG, "True when nothing is undetermined and no fact is missing."),
    *(
        Key(name, many(_FINDINGS[cls]), f"The {name}.", partial(_findings, name))
        for name, cls in SECTIONS.items()
    ),
    Key("missing", many(_MISSING), "The missing facts that would settle what is not decided."),
    Key("not_in_force", many(_NOT_IN_FORCE), "The policies that say nothing on this day."),
    Key("diagnostics", many(_MISTAKE), "The mistakes in the record; with mistakes there are no findings."),
)


def to_json(decision: object, only: Container[str] | None = None) -> dict[str, Any]:
    """A `Decision` as plain data for `json.dumps`, in the shape of `decision_schema()`.

    With `only`, these keys alone; the others are not worked out.
    """
    return write([key for key in _DECISION if only is None or key.name in only], decision)


def finding_json(finding: Finding) -> dict[str, Any]:
    """One finding as an item of its list."""
    written = _FINDINGS[type(finding)].write(finding)
    assert isinstance(written, dict)
    return written


def decision_schema() -> Schema:
    """The JSON Schema (2020-12) of a decision."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Decision of policyengine",
        **describe(_DECISION, "What applies to one record on one day, and why."),
        "$defs": definitions(_DECISION),
    }
