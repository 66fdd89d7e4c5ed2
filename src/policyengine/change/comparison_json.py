"""The JSON of a comparison and its JSON Schema: a published, versioned contract."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from policyengine.analysis.acceptance import Refusal
from policyengine.analysis.statements import OPEN
from policyengine.analysis.variations import ABSENT
from policyengine.analysis.witness import NotDecided, Same, Witness
from policyengine.change.program_comparison import Meaning, ProgramComparison
from policyengine.decision.json_shape import (
    ANY,
    COUNT,
    DATE,
    FLAG,
    TEXT,
    Key,
    Schema,
    constant,
    definitions,
    describe,
    many,
    mapping,
    maybe,
    one_of,
    record,
    write,
)
from policyengine.program.record import Record

SCHEMA_VERSION = 2
"""Grows when a reader of the old shape could misread the new one; new keys alone do not change it."""


def _absent(value: object) -> object:
    return None if value is ABSENT else value


def _start(witness: Witness) -> str | None:
    if witness.start is None:
        return None
    return str(witness.record.facts.get("id", f"#{witness.start + 1}"))


def _verdict(meaning: Meaning) -> str:
    match meaning.verdict:
        case Witness():
            return "witness"
        case Refusal():
            return "refused"
        case Same():
            return "same"
        case NotDecided():
            return "not_decided"


def _json(value: object) -> object:
    """A value of a finding as JSON: ids for parts, null for undetermined values."""
    if isinstance(value, tuple):
        return [_json(each) for each in value]
    if hasattr(value, "id") and hasattr(value, "title"):
        return value.id
    return None if value is OPEN else value


def _record(record: Record | None) -> Mapping[str, object] | None:
    if record is None:
        return None
    lists = {name: [_record(row) for row in rows] for name, rows in record.lists.items()}
    return {**record.facts, **lists}


_PLACE = record(
    "place",
    "Where something is written.",
    Key("file", TEXT, "The file; of a revision, `revision:path`.", lambda span: span.source.name),
    Key("line", COUNT, "From 1.", attrgetter("line")),
    Key("column", COUNT, "From 1, in characters.", attrgetter("column")),
)
_CHANGE = record(
    "change",
    "One part of a policy that differs.",
    Key("policy", maybe(TEXT), "The id of the policy; null for the declarations of the program.",
        attrgetter("change.policy")),
    Key("title", TEXT, "The title of the policy."),
    Key("part", TEXT, "The way to it, by keys and ids.", lambda spoken: "/".join(spoken.change.route)),
    Key("sort", one_of("added", "removed", "changed", "order"), "What happened to it.",
        attrgetter("change.sort")),
    Key("sentence", TEXT, "What it means, in the words of the policy."),
    Key("old", ANY, "What was written; null where it was not there.", lambda spoken: spoken.change.values[0]),
    Key("new", ANY, "What is written; null where it is gone.", lambda spoken: spoken.change.values[1]),
    Key("from", maybe(DATE), "The day from which it counts; null: at once.", attrgetter("change.starts")),
    Key("old_at", maybe(_PLACE), "The place in the old version.", lambda spoken: spoken.change.spans[0]),
    Key("new_at", maybe(_PLACE), "The place in the new version.", lambda spoken: spoken.change.spans[1]),
)  # fmt: skip
_MOVED = record(
    "moved",
    "What was changed in the record that the witness was made from.",
    Key("at", TEXT, "Where in the record: lists and positions from 1, and the fact or list.",
        lambda moved: "/".join([*(f"{name}/{i + 1}" for name, i in moved.way), moved.name])),
    Key("before", ANY, "The value, or the length of a list; null: none.", lambda m: _absent(m.before)),
    Key("after", ANY, "The same, in the witness.", lambda moved: _absent(moved.after)),
)  # fmt: skip
_SUBJECT = record(
    "subject",
    "The subject: the entity, or one within the record.",
    Key("entity", TEXT, "The entity of the program."),
    Key("key", maybe(TEXT), "The key; null where the record has none."),
)
_SAID = record(
    "said",
    "The statement of one version.",
    Key("section", TEXT, "The list of a decision, such as `figures`; `moves` for leaving a stage."),
    Key("policy", TEXT, "The id of the policy; empty for a figure."),
    Key("id", TEXT, "The id of the part."),
    Key("subject", _SUBJECT, "The subject: the entity, or one within the record.", lambda said: said.subject),
    Key("values", mapping(ANY), "Status, level, rate, amount, dates, party ...; null is not decided.",
        lambda said: {name: _json(value) for name, value in said.values.items()}),
)  # fmt: skip
_CONTRAST = record(
    "contrast",
    "A statement that the two versions make differently about the record.",
    Key("old", maybe(_SAID), "The statement of the old version; null where it makes none."),
    Key("new", maybe(_SAID), "The statement of the new version; null where it makes none."),
    Key("alone", FLAG, "Whether `new` holds by this change alone, and all changes together say `whole`."),
    Key("whole", maybe(_SAID), "That statement; null where none is made, or where `alone` is false."),
)
_WITNESS = record(
    "witness",
    "A record that the two versions treat differently.",
    Key("record", ANY, "The record, as far as it matters.", lambda witness: _record(witness.shown)),
    Key("made_from", maybe(TEXT), "The key of the given record that it was made from; null: from nothing.",
        _start),
    Key("moved", many(_MOVED), "What was changed in that record."),
    Key("says", many(_CONTRAST), "The differing statements.", attrgetter("contrasts")),
)  # fmt: skip
_MEANING = record(
    "meaning",
    "A group of changes that compile only together, and its verdict.",
    Key("changes", many(_CHANGE), "The changes.", attrgetter("spoken")),
    Key("verdict", one_of("witness", "refused", "same", "not_decided"),
        "A record that shows it; one that is no longer read; proved the same for all records; or neither.",
        _verdict),
    Key("on", DATE, "The day for which it was looked at.", attrgetter("day")),
    Key("reason", maybe(TEXT), "Why it is the same, refused or not decided.",
        lambda each: getattr(each.verdict, "reason", None)),
    Key("witness", maybe(_WITNESS), "The record.",
        lambda each: each.verdict if isinstance(each.verdict, Witness) else None),
    Key("refused", ANY, "The record that is no longer read; null where there is none.",
        lambda each: _record(each.verdict.record) if isinstance(each.verdict, Refusal) else None),
    Key("tried", COUNT, "How many records were tried.", attrgetter("verdict.tried")),
)  # fmt: skip
_COMPARISON = (
    Key("schema_version", constant(SCHEMA_VERSION), "The version of this shape.", lambda _: SCHEMA_VERSION),
    Key("program", TEXT, "The id of the program.", lambda found: found.new.declarations.id),
    Key("old", TEXT, "The old version.", attrgetter("old.name")),
    Key("new", TEXT, "The new version.", attrgetter("new.name")),
    Key("as_of", DATE, "The day that counts.", attrgetter("new.as_of")),
    Key(
        "notices",
        many(TEXT),
        "What concerns the whole: files no longer read, other mappings, a rewritten past.",
    ),
    Key("changed", FLAG, "Whether anything changes its meaning.", lambda found: bool(found.changed)),
    Key("meanings", many(_MEANING), "What changes the meaning, or may."),
    Key("wording", many(_CHANGE), "What only changes words."),
)


def to_json(comparison: ProgramComparison) -> dict[str, Any]:
    """The comparison as plain data for `json.dumps`, in the shape of `comparison_schema()`."""
    return write(_COMPARISON, comparison)


def comparison_schema() -> Schema:
    """The JSON Schema (2020-12) of a comparison."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Comparison of policyengine",
        **describe(_COMPARISON, "What differs between two versions of a program, and on whom it shows."),
        "$defs": definitions(_COMPARISON),
    }
