"""Receipts: a decision that is kept, with all that it takes to decide it again.

A receipt is one line of canonical JSON (RFC 8785): the record as it was read, the day, the decision, digests
of the policies and of the engine, and last a digest of the receipt itself, so that a changed byte is noticed.
It is no signature: who can write the file can also make a new one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from policyengine.dataclass import dataclass
from policyengine.decision.decision import Decision
from policyengine.decision.decision_json import to_json
from policyengine.decision.json_shape import (
    ANY,
    DATE,
    TEXT,
    Key,
    Schema,
    constant,
    definitions,
    describe,
    maybe,
    plain,
    record,
    write,
)
from policyengine.policy.entity import Entity
from policyengine.policy.facts import Fact
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.record import Record

SCHEMA_VERSION = 1
"""Grows when a reader of the old shape could misread the new one."""
_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?")


@dataclass(frozen=True, slots=True)
class Engine:
    """The policyengine that decided: its version, and a digest of its code."""

    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A decision that is kept.

    `folder` is where the program lies in its repository, `commit` the one that has these policies, None where
    none has; `policies` is the digest of their texts. `record` and `decision` are plain data.
    """

    program: str
    folder: str
    commit: str | None
    policies: str
    engine: Engine
    as_of: date
    record: Mapping[str, Any]
    decision: Mapping[str, Any]


_KEYS = (
    Key("schema_version", constant(SCHEMA_VERSION), "The version of this shape.", lambda _: SCHEMA_VERSION),
    Key("program", TEXT, "The id of the program."),
    Key("folder", TEXT, "Where the program lies in its repository."),
    Key("commit", maybe(TEXT), "The commit that has these policies; null where none has."),
    Key("policies", TEXT, "A digest of the policies that were applied."),
    Key("engine", record(
        "engine", "What decided.",
        Key("version", TEXT, "The version of policyengine."),
        Key("digest", TEXT, "A digest of its code."),
    ), "What decided."),
    Key("as_of", DATE, "The day for which it was decided."),
    Key("record", ANY, "The record that was judged, with all its facts."),
    Key("decision", ANY, "The decision; places in policies are relative to the folder of the program."),
)  # fmt: skip
_DIGEST = Key("digest", TEXT, "A digest of the rest, as canonical JSON.")


def receipt_schema() -> Schema:
    """The JSON Schema (2020-12) of a receipt."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Receipt of policyengine",
        **describe((*_KEYS, _DIGEST), "A decision that is kept, and can be decided again."),
        "$defs": definitions(_KEYS),
    }


# Making one


def receipt_of(
    decision: Decision, data: Mapping[str, Any], engine: Engine, folder: str, commit: str | None
) -> Receipt:
    """The receipt of a decision, which names files of policies by their paths in the folder of the program.

    `data` is the record that was judged, as `record_data` gives it.
    """
    told = to_json(decision)
    return Receipt(decision.program, folder, commit, decision.policies, engine, decision.as_of, data, told)


def record_data(judged: Record, vocabulary: Vocabulary) -> dict[str, Any]:
    """A record as data of JSON; numbers that are not whole are texts, with exactly their digits."""
    entity = vocabulary.entities[judged.entity]
    facts = {name: _kept(value, entity, name) for name, value in judged.facts.items()}
    lists = {name: [record_data(row, vocabulary) for row in rows] for name, rows in judged.lists.items()}
    return facts | lists


def _kept(value: object, entity: Entity, name: str) -> object:
    if isinstance(value, tuple):
        return [_kept(each, entity, name) for each in value]
    whole = isinstance(value, Decimal) and entity.facts[name].single.is_whole
    return int(value) if whole and isinstance(value, Decimal) else plain(value)


def given_data(data: Mapping[str, Any], vocabulary: Vocabulary, entity: str | None = None) -> dict[str, Any]:
    """What `record_data` made of a record, with its numbers as numbers, to be read again."""
    at = entity or vocabulary.root
    facts = vocabulary.entities[at].facts
    found: dict[str, Any] = {name: _given(value, facts.get(name)) for name, value in data.items()}
    for child, below in vocabulary.children(at):
        rows = data.get(str(below.list))
        if isinstance(rows, list):
            found[str(below.list)] = [given_data(row, vocabulary, child) for row in rows]
    return found


def _given(value: object, fact: Fact | None) -> object:
    if isinstance(value, list):
        return [_given(each, fact) for each in value]
    is_number = isinstance(value, str) and fact is not None and fact.values is None and fact.single.is_number
    return Decimal(value) if is_number and isinstance(value, str) and _NUMBER.fullmatch(value) else value


def receipt_line(receipt: Receipt) -> str:
    """A receipt as a line of canonical JSON."""
    found = write(_KEYS, receipt)
    return canonical({**found, _DIGEST.name: _digest(found)})


def canonical(value: object) -> str:
    """Data without fractions as canonical JSON (RFC 8785): keys in the order of UTF-16, no spaces."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _ordered(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value, key=lambda each: each.encode("utf-16-be"))}
    return [_ordered(each) for each in value] if isinstance(value, list) else value


def _digest(found: Mapping[str, object]) -> str:
    return f"sha256:{hashlib.sha256(canonical(found).encode()).hexdigest()}"


# Reading one


def read_receipt(line: str) -> Receipt | str:
    """The receipt in a line; or what is wrong with it, as a sentence without its subject."""
    try:
        found = json.loads(line)
        whole = isinstance(found, dict) and canonical(found) == line
    except (ValueError, RecursionError):
        return "is not a receipt: it is not JSON"
    if not isinstance(found, dict) or set(found) != {key.name for key in (*_KEYS, _DIGEST)}:
        return "is not a receipt: it lacks some of its keys, or has others"
    if found["schema_version"] != SCHEMA_VERSION:
        return f"is a receipt of version {found['schema_version']}, and this reads version {SCHEMA_VERSION}"
    digest = found.pop(_DIGEST.name)
    if not whole or digest != _digest(found):
        return "was changed since it was written: its digest does not fit"
    made = {key.name: found[key.name] for key in _KEYS[1:]}
    return Receipt(
        **made | {"engine": Engine(**found["engine"]), "as_of": date.fromisoformat(found["as_of"])}
    )


class Difference(NamedTuple):
    """A place of a decision that is not as it was kept: the way to it, what it was, what it is."""

    path: str
    kept: object
    now: object


def differences(kept: object, now: object, path: str = "") -> Iterator[Difference]:
    """The places in which two decisions differ, both as plain data."""
    if isinstance(kept, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys((*kept, *now)):
            yield from differences(kept.get(key), now.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(kept, list) and isinstance(now, list) and len(kept) == len(now):
        for i, (one, other) in enumerate(zip(kept, now, strict=True)):
            yield from differences(one, other, f"{path}[{i}]")
    elif kept != now:
        yield Difference(path, kept, now)
