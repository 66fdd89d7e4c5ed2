"""Several versions as one graph say of a record what each of them says alone, on every day."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from tests.differential.programs import generated
from tests.support import good_program

from policyengine.change.joint_graph import JointGraph
from policyengine.change.joint_sides import Version
from policyengine.change.period import Days
from policyengine.change.sides import Sides, findings
from policyengine.change.slices import Marks, slice_of
from policyengine.engine.rows.engine import compile_graph
from policyengine.program.graph import Graph
from policyengine.program.record import Record

DAY = date(2026, 11, 21)
YEAR = Days(DAY, date(2027, 11, 20))
LATER = [DAY, date(2027, 3, 1), date(2027, 11, 20)]
BASE = """\
kind: program
id: example
title: Example
currency: EUR
parties: {partner: the partner}
items: {fee: fee}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: id}
      points: {type: count, title: points}
      since: {type: date, title: start}
      quarter:
        type: date
        title: quarter
        formula: date(today.year, 3 * floor((today.month - 1) / 3) + 1, 1)
      loyal: {type: boolean, title: loyal, formula: since + @"P1Y" <= quarter}
      total: {type: money, title: total, formula: sum(accounts.fee)}
      costly: {type: count, title: costly, formula: 'count(for x in accounts return x[fee > limit])'}
      limit: {type: money, title: limit, formula: points * 10}
  account:
    title: account
    within: partner
    list: accounts
    key: id
    ORDER
    facts:
      id: {type: text, title: id}
      fee: {type: money, title: fee}
      opened_on: {type: date, title: opened on}
      dearer: {type: count, title: dearer ones, formula: 'count(partner.accounts[fee > this.fee])'}
      own: {type: money, title: own, formula: fee * 2}
"""
POLICIES = """\
kind: tiers
id: levels
title: Levels
for: partner
levels:
  - id: gold
    title: Gold
    points: 10..
    grants: [{discount: 20%, on: [fee]}]
    requires: [{id: l, title: L, when: loyal}]
---
kind: billing
id: fees
title: Fees
for: account
charges:
  - {id: fee, title: Fee, amount: own, item: fee, every: P1M, first_due: opened_on}
  - {id: rest, title: Rest, amount: dearer * limit, due_on: opened_on, when: total > 100}
---
kind: obligations
id: duties
title: Duties
for: account
obligations:
  - {id: look, title: Look, party: partner, every: calendar quarter, when: dearer > 1, met_when: costly > 2}
"""
EDITS = (
    ("20%", "25%"), ("points * 10", "points * 12"), ("fee > this.fee", "fee >= this.fee"),
    ('@"P1Y"', '@"P2Y"'), ("calendar quarter", "calendar month"), ("x[fee > limit]", "x[fee < limit]"),
)  # fmt: skip


_ACCOUNT = Record("account", {"id": "a", "fee": Decimal(100), "opened_on": date(2026, 1, 31)}, {})
TURNS = Record(
    "partner", {"id": "p", "points": Decimal(12), "since": date(2026, 2, 15)}, {"accounts": (_ACCOUNT,)}
)
"""Gold from the quarter on that begins in April."""


def _graph(order: str = "", **edits: str) -> Graph:
    base, policies = BASE.replace("    ORDER\n", f"    {order}\n" if order else ""), POLICIES
    for old, new in edits.items():
        assert old in base + policies
        base, policies = base.replace(old, new), policies.replace(old, new)
    found = good_program(policies, base=base, as_of=DAY).linked.evaluated
    assert found is not None
    return found


def _check(graphs: Sequence[Graph], joints: Sequence[int], count: int = 4) -> None:
    sides = Sides(Marks(), [Version(each, each.rules) for each in graphs], DAY)
    assert [len(joint.sides) for joint in sides.joints] == list(joints)
    alone = {(i, day): compile_graph(slice_of(graph, graph.rules), day)
             for i, graph in enumerate(graphs) for day in LATER}  # fmt: skip
    chance = random.Random(5)
    for record in (TURNS, *(generated(graphs[0].vocabulary, chance) for _ in range(count))):
        for i, (asked, version) in enumerate(sides.on(record, record)):
            found, bill = findings(alone[i, DAY].outcomes(record).subjects)
            assert asked.found(version) == found
            own = asked.bill(version, YEAR)
            assert own.keys() == bill.keys()
            for day in LATER:
                _, then = findings(alone[i, day].outcomes(record).subjects)
                for key, terms in own.items():
                    assert terms.payable_on(day)[0] == then[key].payable


def test_every_change_alone_and_all_together() -> None:
    _check([_graph(), _graph(**dict(EDITS)), *(_graph(**{old: new}) for old, new in EDITS)], [6, 1, 1])


@pytest.mark.parametrize("order", ["order: {by: opened_on}", "order: {by: own}"])
def test_children_in_an_order(order: str) -> None:
    _check([_graph(order), _graph(order, **{"fee * 2": "0 - fee"})], [2] if "on" in order else [1, 1])


@pytest.mark.parametrize("name", ["year", "sum"])
def test_a_name_that_means_something_else_too_keeps_a_version_apart(name: str) -> None:
    """A part of a value, and a function."""
    edits = {"      limit:": f"      {name}:", "> limit": f"> {name}", "* limit": f"* {name}"}
    joint = JointGraph(Marks(), _graph(**edits))
    assert not joint.add(_graph(**{**edits, "points * 10": "points * 12"}))
    assert joint.add(_graph(**{**edits, "20%": "25%"}))
