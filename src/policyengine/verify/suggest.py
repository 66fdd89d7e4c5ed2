"""Suggests a test that tells a program from a mutant, as text for a file of tests."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.decision.decision_json import to_json
from policyengine.decision.findings import SECTIONS, Figure
from policyengine.engine.reference.row import evaluate
from policyengine.engine.reference.scope import instances, root_scope
from policyengine.engine.stage_moves import advance
from policyengine.feel.values.values import Months
from policyengine.policy.quantities import plain
from policyengine.program.linked import Program
from policyengine.program.record import Record
from policyengine.verify.checked_findings import values_of
from policyengine.verify.expectation_shape import MOVE, VALUES
from policyengine.verify.mutants import Mutant
from policyengine.verify.suite import move_json

_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_ASIDE = frozenset(("at", "because", "unknown", "subject", "source"))
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_WORDS = frozenset(("true", "false", "null"))
_MOST = 3
"""How many things an expectation says of a finding."""
_NAMES = ("policy", "id", "subject", "section", "role", "on", "period")
_TELLING = (
    "status", "level", "candidate", "party", "rate", "amount", "discount_rate", "net", "due_on",
    "next_due_on", "every", "item", "period_start", "period_end", "stage", "next_stages",
    "requirements", "next", "room",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A test as YAML, one item of the list of tests, and the folder of its program."""

    program: str
    as_of: date
    text: str


def suggestion(mutant: Mutant, old: Program, new: Program, record: Record) -> Suggestion | None:
    """A test for a record that both versions treat differently, with the findings of the right version."""
    decisions = [evaluate(each, record) for each in (old, new)]
    right, wrong = ({**to_json(each, SECTIONS), VALUES: values_of(each)} for each in decisions)
    expect, move = _different(right, wrong), None
    if expect is None:
        move = _moved_differently(old, new, record)
        if move is None:
            return None
        expect = "expect", {MOVE: move[1]}
    key, expected = expect
    text = "\n".join(
        (
            f"  # unreviewed: no test notices that {mutant.words}, at {mutant.at}",
            f"  - name: {_written(f'unreviewed: {_plain(mutant.words)} at line {mutant.at.line}')}",
            f"    as_of: {old.as_of}",
            f"    record: {_flow(_record(record))}",
            *([f"    advance: {_flow(move[0])}"] if move is not None else []),
            f"    {key}:",
            *(f"      {section}: {_flow(value)}" for section, value in expected.items()),
        )
    )
    return Suggestion(old.name, old.as_of, text)


def _moved_differently(
    old: Program, new: Program, record: Record
) -> tuple[dict[str, str], dict[str, Any]] | None:
    """A move that comes to something else, and what comes of it in the right version."""
    assert old.graph is not None
    found = instances(root_scope(old.graph, record, old.as_of))
    for transition in old.graph.transitions:
        for scope in found.get(transition.entity, ()):
            for to in transition.to if scope[transition.fact] == transition.stage else ():
                way = {"to": to} if scope.subject.root else {"to": to, "key": scope.subject.path}
                right, wrong = (move_json(advance(each, record, to, way.get("key"))) for each in (old, new))
                differ = {name: right[name] for name in right if right[name] != wrong[name]}
                if differ:
                    return way, {"moved": right["moved"], **_shortly(differ)}
    return None


def _shortly(differ: dict[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in differ.items() if name != "refused"}
    if "blocked" in found:
        found["blocked"] = [each["id"] for each in found["blocked"]]
    return found


def _plain(words: str) -> str:
    return " ".join(words.replace("`", "").split())


def _different(right: Mapping[str, Any], wrong: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    for section in (name for name in SECTIONS if name != Figure.section):
        there, other = right[section], wrong[section]
        keys = [_names(item) for item in other]
        for item in there:
            if _names(item) not in keys:
                return "expect", {section: [{**_names(item), "status": item["status"]}]}
            against = other[keys.index(_names(item))]
            differ = [name for name in item if name not in _ASIDE and item[name] != against.get(name)]
            told = {name: item[name] for name in sorted(differ, key=_rank)}
            if _told(told, against):
                return "expect", {section: [{**_names(item), **_told(told, against)}]}
        if len(other) > len(there):
            return "expect_exactly", {section: [_names(item) for item in there]}
    for subject, values in right[VALUES].items():
        for name, value in values.items():
            if value != wrong[VALUES].get(subject, {}).get(name):
                return "expect", {VALUES: {subject: {name: value}}}
    return None


def _rank(name: str) -> int:
    """Orders keys by how much they tell."""
    return _TELLING.index(name) if name in _TELLING else len(_TELLING)


def _names(item: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: item[name] for name in _NAMES if item.get(name) is not None}
    subject = item["subject"]
    found.pop("subject", None)
    if subject.get("key") is not None:
        found["subject"] = {"entity": subject["entity"], "key": subject["key"]}
    elif subject.get("position") is not None:
        found["subject"] = {"entity": subject["entity"], "position": subject["position"]}
    if subject["within"]:
        found["subject"] |= {"within": [owner["key"] for owner in subject["within"]]}
    return found


def _told(told: dict[str, Any], against: Mapping[str, Any]) -> dict[str, Any]:
    """The differing values: nested parts that differ with id and status, else single values."""
    found: dict[str, Any] = {}
    for name, value in told.items():
        other = against.get(name)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            others = [_part(each) for each in other or ()]
            differ: Any = [_part(each) for each in value if _part(each) not in others]
        elif isinstance(value, dict) and isinstance(other, dict):
            differ = {key: each for key, each in value.items()
                      if each != other.get(key) and not isinstance(each, (dict, list))}  # fmt: skip
        elif isinstance(value, dict):
            differ = {key: each for key, each in value.items() if isinstance(each, str)}
        else:
            found[name] = value
            continue
        if differ:
            found[name] = differ
    return dict(list(found.items())[:_MOST])


def _part(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("id", "status") if name in item}


def _record(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = dict(record.facts)
    found.update({name: [_record(row) for row in rows] for name, rows in record.lists.items()})
    return found


# As YAML on one line


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_written(name)}: {_flow(each)}" for name, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _written(value)


def _written(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, (int, date)):
        return str(value)
    if isinstance(value, Months):
        return f"P{value.months}M"
    if isinstance(value, timedelta):
        return f"P{value.days}D"
    text = str(value)
    if _DAY.fullmatch(text) or (_BARE.fullmatch(text) and text.lower() not in _WORDS):
        return text
    return json.dumps(text, ensure_ascii=False)
