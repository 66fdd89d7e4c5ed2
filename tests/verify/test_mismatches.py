"""What matches what: numbers as numbers, lists in any order, empty lists as empty."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyengine.api import load
from policyengine.files import read_file
from policyengine.source import Source
from policyengine.text.document import Node
from policyengine.text.json import read_json
from policyengine.text.yaml import read_yaml
from policyengine.verify import mismatches
from policyengine.verify.mismatches import Mismatch
from policyengine.verify.pairing import pair

ROOT = Path(__file__).parents[2]
REASON = {"text": "accounts 12 is within 10..15", "outcome": "holds", "fact": "accounts", "have": 12}
DECISION: dict[str, Any] = {
    "complete": False,
    "as_of": "2026-11-21",
    "subject": {"entity": "partner", "key": "acme", "label": None, "position": None},
    "levels": [
        {
            "policy": "levels",
            "reference": "levels",
            "id": "levels",
            "level": "silver",
            "level_title": None,
            "because": [REASON, {**REASON, "text": "is trained", "have": True}],
            "unknown": [],
            "next": {"level": "gold", "missing": [{"id": "accounts", "fact": "accounts", "short_by": 4}]},
        }
    ],
    "discounts": [
        {"on": "app", "rate": "0.20"},
        {"on": "app", "rate": "0.50"},
        {"on": "fee", "rate": "0.20"},
    ],
    "charges": [],
    "values": {"account/012": {"mrr": "1250.00", "won": True, "since": "2026-01-31", "none": None}},
    "missing": [
        {"fact": "rating", "entity": "partner", "key": "acme", "needed_by": ["levels/a", "levels/b"]}
    ],
}
MATCHING = """\
complete: false
--- # a key of the subject, and its parts
subject: acme
--- # null is null
subject: {key: acme, label: , position: null}
--- # texts over several lines
levels:
  - because:
      - >-
        accounts 12
        is within 10..15
--- # several reasons, in any order
levels: [{because: [is trained, accounts 12 is within 10..15]}]
--- # a reason by its parts
levels: [{because: [{have: 12, outcome: holds}, {have: true}]}]
--- # numbers, however they are written
discounts: [{rate: 20%}, {rate: 0.5}, {on: fee, rate: "0.2"}]
--- # different items for different expectations, even where the first would take that of the second
discounts: [{on: app}, {on: app, rate: 0.2}, {rate: 0.20}]
--- # an empty list
charges: []
levels: [{unknown: []}]
--- # a missing fact by its name, a shortfall by its id
missing: [rating]
levels: [{next: {missing: [accounts]}}]
--- # values of any type
values: {account/012: {mrr: 1250, won: true, since: 2026-01-31, none: }}
--- # nothing expected
{}
"""
DIFFERENT = [
    ("complete: true", "complete", "true", "false"),
    ("complete: False", "complete", "False", "false"),
    ("as_of: 2026-11-22", "as_of", "2026-11-22", "2026-11-21"),
    ("subject: acme2", "subject", "acme2", "acme"),
    ("subject: {label: acme}", "subject.label", "acme", "nothing"),
    ("subject: {key: }", "subject.key", "nothing", "acme"),
    ("levels: []", "levels", "an empty list", "levels (level: silver)"),
    ("levels: [{level: gold}]", "levels.0.level", "gold", "silver"),
    ("levels: [{policy: grades}]", "levels", "{policy: grades}", "{policy: levels}"),
    ("levels: [{because: [is trained, is trained]}]", "levels.0.because", "is trained", REASON["text"]),
    ("levels: [{because: [is strained]}]", "levels.0.because", "is strained", "is trained"),
    ("levels: [{level: silver}, {level: silver}]", "levels", "{level: silver}", "a different expectation"),
    (
        "levels: [{next: {missing: [{fact: accounts, short_by: 5}]}}]",
        "levels.0.next.missing.0.short_by",
        "5",
        "4",
    ),
    ("levels: [{next: {missing: []}}]", "levels.0.next.missing", "an empty list", "accounts"),
    ("levels: [{next: }]", "levels.0.next", "nothing", "level: gold"),
    ("discounts: [{on: fee, rate: 0.2000000001}]", "discounts.2.rate", "0.2000000001", "0.20"),
    ("charges: [{id: fee}]", "charges", "{id: fee}", "an empty list"),
    ("values: {account/12: {mrr: 1250}}", "values.account/12", "{mrr: 1250}", "nothing of this name"),
    ("values: {account/012: {mrr: 1250.01}}", "values.account/012.mrr", "1250.01", "1250.00"),
    ("values: {account/012: {won: yes}}", "values.account/012.won", "yes", "true"),
    ("missing: [{needed_by: [levels/c]}]", "missing.0.needed_by", "levels/c", "levels/a"),
]


def compare(expected: Node, decision: dict[str, Any], *, closed: bool = False) -> tuple[Mismatch, ...]:
    """The mismatches; that there are any is told by the faster way too."""
    found = mismatches.compare(expected, decision, closed=closed)
    assert mismatches.holds(expected, decision, closed=closed) is (found == ())
    return found


def root(text: str) -> Node:
    (document,) = read_yaml(Source("test.yaml", text)).documents
    return document.root


@pytest.mark.parametrize("text", MATCHING.split("---"))
def test_matching(text: str) -> None:
    assert compare(root(text.partition("\n")[2] if text.startswith(" #") else text), DECISION) == ()


@pytest.mark.parametrize(
    ("text", "path", "expected", "actual"), DIFFERENT, ids=[each[0] for each in DIFFERENT]
)
def test_different(text: str, path: str, expected: str, actual: str) -> None:
    (found,) = compare(root(text), DECISION)
    assert ".".join(found.path) == path
    assert found.expected == expected
    assert actual in found.actual


def test_the_reasons_of_the_finding_go_along() -> None:
    (found,) = compare(root("levels: [{level: gold}]"), DECISION)
    assert found.because == ("accounts 12 is within 10..15", "is trained")
    assert str(found.at) == "test.yaml:1:18"


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("discounts: [{on: app, rate: 0.2}, {on: app, rate: 0.5}]", "{on: fee, rate: 0.20}"),
        ("missing: []", "rating"),
        ("levels: [{level: silver}]", None),
        ("charges: []", None),
        ("values: {account/012: {mrr: 1250, won: true, since: 2026-01-31, none: null}}", None),
        ("values: {account/012: {mrr: 1250, won: true, since: 2026-01-31}}", "none: nothing"),
        ("values: {}", "account/012: {mrr: 1250.00, won: true, since: 2026-01-31, none: nothing}"),
    ],
)
def test_closed_lists(text: str, rest: str | None) -> None:
    found = compare(root(text), DECISION, closed=True)
    assert [each.actual for each in found] == ([] if rest is None else [rest])


VALUES = {"values": {"partner": {"top": ["c", "a", "b"], "best": {"name": "c", "share": "0.50"}}}}


@pytest.mark.parametrize(
    ("written", "open", "closed"),
    [
        ("top: [c, a, b]", True, True),
        ("top: [c, b]", True, False),
        ("top: [a, c]", False, False),
        ("top: [b, a, c]", False, False),
        ("top: []", False, False),
        ("best: {name: c}", True, False),
        ("best: {name: c, share: 50%}", True, True),
    ],
)
def test_a_list_that_is_a_value_has_an_order(written: str, open: bool, closed: bool) -> None:
    rest = "best: {name: c, share: 0.5}" if written.startswith("top") else "top: [c, a, b]"
    assert (compare(root(f"values: {{partner: {{{written}}}}}"), VALUES) == ()) is open
    whole = root(f"values: {{partner: {{{written}, {rest}}}}}")
    assert (compare(whole, VALUES, closed=True) == ()) is closed


def test_another_order_is_told_with_the_whole_list() -> None:
    (found,) = compare(root("values: {partner: {top: [a, c]}}"), VALUES)
    assert (found.expected, found.actual) == ("[a, c]", "[c, a, b]")


# A decision that was really made expects itself, and no other


@cache
def made(program: str, record: str) -> dict[str, Any]:
    opened = load(ROOT / "policies" / program, as_of=date(2026, 11, 21))
    source = read_file(ROOT / "fixtures" / program / "records" / record)
    assert isinstance(source, Source)
    return json.loads(json.dumps(opened.evaluate(opened.read(source).records[0]).to_json()))


def as_expected(decision: object) -> Node:
    (document,) = read_json(Source("decision.json", json.dumps(decision))).documents
    return document.root


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    elif isinstance(value, list):
        for i, each in enumerate(value):
            yield from leaves(each, (*path, i))
    else:
        yield path


def changed(decision: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    found = copy.deepcopy(decision)
    at: Any = found
    for step in path[:-1]:
        at = at[step]
    old = at[path[-1]]
    at[path[-1]] = not old if isinstance(old, bool) else 987 if isinstance(old, int) else f"{old}9"
    return found


SOME = [("bytekast", "acme.yaml"), ("kepion", "eastgate.yaml"), ("wildix", "gotthard.yaml")]


@pytest.mark.parametrize(("program", "record"), SOME)
def test_a_decision_expects_itself(program: str, record: str) -> None:
    decision = made(program, record)
    assert compare(as_expected(decision), decision) == ()
    lists = {key: value for key, value in decision.items() if isinstance(value, list)}
    assert compare(as_expected(lists), decision, closed=True) == ()


@given(st.data())
def test_no_leaf_may_differ(data: st.DataObject) -> None:
    decision = made(*data.draw(st.sampled_from(SOME)))
    path = data.draw(st.sampled_from(list(leaves(decision))))
    assert compare(as_expected(changed(decision, path)), decision) != ()


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), max_size=4))
def test_as_many_pairs_as_there_can_be(fits: list[list[bool]]) -> None:
    pairs = pair(fits)
    assert len(set(pairs.values())) == len(pairs)
    assert all(fits[row][column] for row, column in pairs.items())
    best = max(
        sum(fits[row][column] for row, column in enumerate(columns))
        for columns in permutations(range(4), len(fits))
    )
    assert len(pairs) == best


FEES = [
    {
        "id": "fee",
        "status": "applies",
        "subject": {
            "entity": "fee",
            "key": key,
            "label": None,
            "position": i,
            "within": [{"entity": "client", "key": client}],
        },
    }
    for client in ("c1", "c2")
    for i, key in enumerate(("1", None), start=1)
]


@pytest.mark.parametrize(
    ("subject", "there"),
    [
        ("client c2, fee 1", True),
        ("c2/1", True),
        ("fee/c2/1", True),
        ("1", True),
        ("c2/#2", True),
        ("client c3, fee 1", False),
        ("client c2, fee 3", False),
        ("c2", False),
    ],
)
def test_a_subject_is_named_by_its_path(subject: str, there: bool) -> None:
    expected = root(f"charges: [{{id: fee, subject: '{subject}'}}]")
    decision = {"charges": FEES}
    assert mismatches.holds(expected, decision) is there
    assert (not compare(expected, decision)) is there
    both = root("charges: [{subject: 'client c1, fee 1'}, {subject: 'client c1, fee 1'}]")
    assert not mismatches.holds(both, decision)
