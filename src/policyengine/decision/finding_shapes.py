"""The shapes that the JSON of all findings shares: places, subjects, reasons, what is not settled."""

from __future__ import annotations

from operator import attrgetter

from policyengine.decision.findings import Finding
from policyengine.decision.json_shape import ANY, COUNT, TEXT, Key, Shape, many, maybe, one_of, record

PLACE = record(
    "place",
    "The place of a rule.",
    Key("file", TEXT, "The path of the policy file.", lambda span: span.source.name),
    Key("line", COUNT, "From 1.", attrgetter("line")),
    Key("column", COUNT, "From 1, in characters.", attrgetter("column")),
)
OWNER = record(
    "owner",
    "A thing in a record that others stand in.",
    Key("entity", TEXT, "The entity of the program."),
    Key("key", TEXT, "The key; where the record has none, the place in the list, as `#2`."),
)
WITHIN = "The things in the record that the list of it stands in, from the outside in."
SUBJECT = record(
    "subject",
    "The subject: the entity, or one within the record.",
    Key("entity", TEXT, "The entity of the program, such as `partner` or `account`."),
    Key("key", maybe(TEXT), "The key; null where the record has none."),
    Key("label", maybe(TEXT), "What people call it."),
    Key(
        "position",
        maybe(COUNT),
        "Its place in its list, from 1; null for the record itself.",
        lambda subject: None if subject.root else subject.position,
    ),
    Key("within", many(OWNER), WITHIN, attrgetter("owners")),
)
_SOURCE = record(
    "source",
    "The clause that the rule is based on.",
    Key("document", TEXT, "The id of the document among the sources of the program."),
    Key("title", TEXT, "The title of the document."),
    Key("section", maybe(TEXT), "The section of the document."),
    Key("url", maybe(TEXT), "The address of the document."),
)
THRESHOLD = (
    Key("fact", maybe(TEXT), "The fact that is compared, where there is exactly one."),
    Key(
        "have",
        ANY,
        "The value of the fact in the record, of the type of the fact; null where it is not known.",
    ),
    Key("need", maybe(TEXT), "What the rule needs, such as `16..26`."),
    Key("short_by", ANY, "How far the record is from it; null where nothing is missing or known."),
)
_REASON = record(
    "reason",
    "One condition, with the values of the record filled in.",
    Key("text", TEXT, "A sentence for people."),
    Key("outcome", one_of("holds", "fails", "unknown", "value"), "Whether it holds; `value` states a value."),
    *THRESHOLD,
    Key("at", PLACE, "The place of the condition."),
)
UNSETTLED = record(
    "unsettled",
    "Why something could not be decided.",
    Key("fact", maybe(TEXT), "The fact that is missing; null for another reason."),
    Key("entity", maybe(TEXT), "The entity that the fact belongs to."),
    Key("key", maybe(TEXT), "The key of the one whose fact is missing."),
    Key("within", many(OWNER), WITHIN),
    Key("text", TEXT, "A sentence for people."),
)
_ASSUMPTION = record(
    "assumption",
    "What somebody decided that the text leaves open.",
    Key("policy", TEXT, "The id of the policy; that of the program for one of its facts."),
    Key("id", TEXT, "The id of the part of the policy, or the name of the fact."),
    Key("title", TEXT, "Its title."),
    Key("note", maybe(TEXT), "The assumption, and the other readings."),
    Key("at", PLACE, "Where it says so."),
)
_TAIL = (
    Key("because", many(_REASON), "The conditions that decided."),
    Key(
        "unknown",
        many(UNSETTLED),
        "The reasons why it is undetermined; for a decided one the open values, such as the party.",
    ),
    Key("source", maybe(_SOURCE), "Where the rule is written.", attrgetter("origin.clause")),
    Key(
        "basis",
        one_of("stated", "assumed"),
        "`assumed`: the text leaves the rule, or something that decided it, open; somebody decided.",
    ),
    Key("assumptions", many(_ASSUMPTION), "The assumptions of the rule and of all that decided it."),
    Key(
        "note",
        maybe(TEXT),
        "What the rule says of itself: its assumption, other readings.",
        attrgetter("origin.note"),
    ),
    Key("at", PLACE, "The place of the rule.", attrgetter("origin.at")),
)


def finding_shape(cls: type[Finding], name: str, about: str, *own: Key) -> Shape:
    """The shape of a finding: the common keys, with its own keys after the status."""
    return record(
        name,
        about,
        Key("policy", TEXT, "The id of the policy."),
        Key("id", TEXT, "The id of the part of the policy."),
        Key("title", TEXT, "The title of the part of the policy."),
        Key("reference", TEXT, "How to ask `policyengine why` for it."),
        Key("subject", SUBJECT, "The subject: the entity, or one within the record."),
        Key("status", one_of(*cls.statuses), "The outcome."),
        *own,
        *_TAIL,
    )
