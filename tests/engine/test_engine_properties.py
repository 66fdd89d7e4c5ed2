"""What holds for every record: it is judged, and knowing more contradicts nothing."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from rich import RICH, records, without

from policyengine import api
from policyengine.api import Program
from policyengine.decision.decision import Decision
from policyengine.decision.decision_json import decision_schema
from policyengine.decision.findings import Finding, Obligation
from support import DAY, POLICIES, good_program

SCHEMA = Draft202012Validator(decision_schema())
EXAMPLE = good_program(RICH)
OWN = {folder.name: api.load(folder, as_of=DAY) for folder in sorted(POLICIES.iterdir()) if folder.is_dir()}
PROGRAMS = {"example": EXAMPLE, **OWN}
each_program = pytest.mark.parametrize("name", sorted(PROGRAMS))
SOME_DAYS = st.sampled_from(
    [date(2024, 2, 29), date(2025, 12, 31), DAY, date(2027, 1, 1), date(9900, 12, 31), date.min]
)


def _holes(data: st.DataObject, program: Program) -> dict[str, Any]:
    return data.draw(records(program.vocabulary), label="record")


def _on(program: Program, day: date) -> Program:
    if program is EXAMPLE:
        return good_program(RICH, as_of=day)
    return api.load(program.folder, as_of=day)


def _decide(program: Program, record: dict[str, Any]) -> Decision:
    decision = program.evaluate(record)
    assert not decision.diagnostics, [each.message for each in decision.diagnostics]
    return decision


@each_program
@given(st.data())
@settings(max_examples=15)
def test_every_record_is_judged(name: str, data: st.DataObject) -> None:
    program = PROGRAMS[name]
    decision = _decide(program, _holes(data, program))
    SCHEMA.validate(json.loads(json.dumps(decision.to_json())))
    for found in decision.findings:
        assert found.status in type(found).statuses
        assert (found.status != "undetermined") or found.unknown, found
        assert decision.why(found)
    undetermined = any(found.status == "undetermined" for found in decision.findings)
    assert not (undetermined and decision.complete)


@each_program
@given(st.data())
@settings(max_examples=12)
def test_whatever_stands_in_a_record_is_read_or_refused(name: str, data: st.DataObject) -> None:
    program = PROGRAMS[name]
    record = data.draw(records(program.vocabulary, wild=True), label="record")
    decision = program.evaluate(record)
    SCHEMA.validate(decision.to_json())
    if decision.refused:
        with pytest.raises(ValueError, match="the record was refused"):
            assert decision.findings
    for found in decision.diagnostics:
        assert "\n" not in found.message


@each_program
@given(st.data())
@settings(max_examples=12)
def test_the_order_of_facts_does_not_matter(name: str, data: st.DataObject) -> None:
    program = PROGRAMS[name]
    record = _holes(data, program)
    assert _decide(program, record).to_json() == _decide(program, _turned(record)).to_json()


def _turned(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _turned(data[key]) for key in reversed(data)}
    return [_turned(item) for item in data] if isinstance(data, list) else data


@each_program
@given(st.data(), SOME_DAYS)
@settings(max_examples=12)
def test_the_day_changes_only_what_is_dated(name: str, data: st.DataObject, day: date) -> None:
    program = PROGRAMS[name]
    record = _holes(data, program)
    now, then = (_decide(each, record) for each in (program, _on(program, day)))
    # The levels of ByteKast ask for a review in the quarter before, so the day decides them and their grants.
    dated = name == "bytekast"
    for section in ("duties", "gates") if dated else ("levels", "discounts", "duties", "gates"):
        assert now.to_json()[section] == then.to_json()[section]
    if dated:
        return
    charges = [
        [{**charge, "next_due_on": None} for charge in each.to_json()["charges"]] for each in (now, then)
    ]
    assert charges[0] == charges[1]


@each_program
@given(st.data())
@settings(max_examples=12)
def test_knowing_more_contradicts_nothing(name: str, data: st.DataObject) -> None:
    program = PROGRAMS[name]
    more = data.draw(records(program.vocabulary, whole=True), label="record")
    keys = {entity.key for entity in program.vocabulary.entities.values()}
    lists = {entity.list for entity in program.vocabulary.entities.values()}
    stand_ins = {
        fact for entity in program.vocabulary.entities for fact in program.vocabulary.given(entity).values()
    }
    less = without(more, keys | lists | stand_ins, data)
    before, after = (_by_reference(_decide(program, each)) for each in (less, more))
    for reference, found in before.items():
        if found.status != "undetermined" and found.policy not in _ABOUT_THE_RECORD:
            later = after.get(reference)
            if later is None:
                assert _may_vanish(found), reference
            else:
                assert later.status in _ALLOWED.get(found.status, {found.status}), (reference, found, later)


# These ask whether the record says something (`is defined`), so what it says changes the answer.
_ABOUT_THE_RECORD = {"quote-details", "leads", "assigned-leads", "licence-agreement", "bonus", "wildix"}
# What a person decides may be shown by a fact, and what still had time may prove to be done.
_ALLOWED = {
    "manual": {"manual", "met", "upcoming", "due", "overdue"},  # it may prove to be refused
    "upcoming": {"upcoming", "met"},
    "blocked": {"blocked", "open"},
    "none": {"none", "reached"},
}


def _may_vanish(found: Finding) -> bool:
    return isinstance(found, Obligation) and found.period is None


def _by_reference(decision: Decision) -> dict[tuple[object, ...], Finding]:
    """The findings by what they speak of."""
    found: dict[tuple[object, ...], Finding] = {}
    for each in decision.findings:
        found[each.section, each.reference, getattr(each, "role", None), getattr(each, "period", None)] = each
    return found
