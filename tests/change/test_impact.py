"""Judging a partner base: short cuts change nothing, and parts add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from benchmarks.partners import partners
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.change.slow import Terms
from tests.support import POLICIES, good_program

from policyengine.api import Program
from policyengine.change.attribution import causes_of
from policyengine.change.impact import ImpactAnalysis, RecordPair
from policyengine.change.period import Days
from policyengine.change.plan import Plan, PlanVersion
from policyengine.change.schedule import stages, turning_days
from policyengine.change.sides import ranks_of
from policyengine.change.tally import Tally
from policyengine.change.titles import titles_of
from policyengine.files import read_folder
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program import load as loading
from policyengine.program.graph import Graph
from policyengine.source import Source

DAY = date(2026, 11, 27)
YEAR = Days(DAY, date(2027, 11, 26))
SOURCES = read_folder(POLICIES / "bytekast").sources
GROUP = list(partners(120, 21, 0.06))


def program(edits: dict[str, str] | None = None, terms: Terms | None = None, day: date = DAY) -> Program:
    """ByteKast with other terms, and with other texts in its files."""
    sources = []
    for source in SOURCES:
        text = source.text
        if terms is not None and source.name.endswith("levels.yaml"):
            text = terms.written(text)
        for old, new in (edits or {}).items():
            text = text.replace(old, new)
        sources.append(Source(source.name, text))
    made = Program(loading.load("bytekast", sources, day), "bytekast")
    assert made.ok, [str(found) for found in made.diagnostics]
    return made


def graph(program: Program) -> Graph:
    assert program.linked.evaluated is not None
    return program.linked.evaluated


def judge(old: Program, new: Program) -> ImpactAnalysis:
    one, other = graph(old), graph(new)
    return ImpactAnalysis(
        stages(lambda _: one, lambda _: other, YEAR, (DAY,), causes_of(old.linked, new.linked)),
        ranks_of([one, other]),
        "id",
    )


def plan(old: Program, new: Program, tally: Tally) -> Plan:
    causes = tuple(cause.title for cause in causes_of(old.linked, new.linked))
    version = PlanVersion("a", "b")
    titles = titles_of([old.linked, new.linked])
    return Plan(
        "bytekast", "ByteKast", version, version, DAY, YEAR, (DAY,), "reseller", tally, 0, titles, causes
    )


def pairs(program: Program, group: Sequence[dict[str, object]] = GROUP) -> list[RecordPair]:
    return [RecordPair(record, record) for each in group for record in program.record(each).records]


TERMS = st.builds(
    Terms,
    silver=st.integers(5, 12),
    gold=st.integers(13, 20),
    platinum=st.integers(21, 40),
    silver_rate=st.integers(0, 40),
    gold_rate=st.integers(0, 60),
    platinum_rate=st.integers(0, 100),
)


@given(before=TERMS, after=TERMS)
@settings(derandomize=True, max_examples=3, deadline=None)
def test_parts_add_up_and_short_cuts_change_nothing(before: Terms, after: Terms) -> None:
    old, new = program(terms=before), program(terms=after)
    found = judge(old, new)
    group = pairs(old)[:20]
    tally = found.tally(group)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Vocabulary, "reads_alike", lambda *_: False)
        assert judge(old, new).tally(group) == tally
    apart = Tally()
    for part in (group[:8], group[8:]):
        apart.add(found.tally(part))
    assert apart == tally
    made = plan(old, new, tally)
    assert made.total is not None
    assert sum((share.change for share in made.shares), Decimal(0)) == made.total.change
    assert sum((delta.amount for delta in tally.deltas), Decimal(0)) == made.total.change
    assert sum(tally.flows.values()) == tally.records == len(group)


BASE = """\
kind: program
id: example
title: Example
currency: EUR
parties: {partner: the partner, vendor: the vendor}
items: {setup: set-up}
entities:
  partner:
    title: partner
    key: id
    facts: {id: {type: text, title: id}, points: {type: count, title: points}}
  account:
    title: account
    within: partner
    list: accounts
    key: id
    facts:
      id: {type: text, title: id}
      fee: {type: money, title: fee}
      opened_on: {type: date, title: opened on}
"""
LEVELS = """\
kind: tiers
id: levels
title: Levels
for: partner
levels: [{id: gold, title: Gold, points: 100.., grants: [{discount: 20%, on: [setup]}]}]
"""
FEES = """\
kind: billing
id: fees
title: Fees
for: account
charges: [{id: setup, title: Set-up, amount: fee, item: setup, due_on: opened_on}]
"""


def test_a_short_cut_is_taken() -> None:
    """Otherwise the law above says nothing."""
    old, new = (good_program(LEVELS.replace("20%", rate), FEES, base=BASE) for rate in ("20%", "15%"))
    (stage,) = judge(old, new).stages
    (joint,) = stage.sides.joints
    assert [len(each.open) for each in joint.sides] == [3, 3, 1]  # level and discount; the charge alone
    assert joint.sides[1].open[-1] == joint.sides[2].open[0]  # the change alone comes to what all come to
    for points, gates in ((50, 0), (100, 0b110)):
        facts = {"id": "p", "points": points, "accounts": [{"id": "a", "fee": 10, "opened_on": DAY}]}
        (record,) = old.record(facts).records
        (sides, _), *_ = stage.sides.on(record, record)
        assert sides.first.open == gates
        before = sides.bill(0, YEAR)
        for version in (1, 2):
            same = sides.bill(version, YEAR, before)
            assert [one is other for one, other in zip(same.values(), before.values(), strict=True)] == [
                not gates
            ]


TRAINING = """
  - id: ongoing-training
    title: Keeps that team in ongoing training
    when: team_in_ongoing_training
"""


JOBS = "obligations:\n  - id: quarterly-review\n"
LIFE = "    title: Sell ByteKast and look after the customers through its whole life\n"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("amount: setup_fee", "amount: setup_fee * 2", set()),
        ("every: P1M\n    starting", "every: P3M\n    starting", {"charges_moved"}),
        (TRAINING, "\n", {"level_changes", "levels_up", "discounts_gained", "still_undetermined"}),
        ("title: Silver", "title: Argent", None),
        (JOBS, f"{JOBS[:13]}  - {{id: fresh, title: Fresh, every: calendar quarter, decided_by: bytekast}}\n"
         f"{JOBS[13:]}", {"obligations_gained"}),
        (LIFE, f"{LIFE}    when: false\n", {"obligations_lost"}),
        (LIFE, f'{LIFE}    due_on: today + @"P30D"\n', {"obligations_changed"}),
    ],
)  # fmt: skip
def test_changes_are_called_by_name(old: str, new: str, named: set[str] | None) -> None:
    assert any(old in source.text for source in SOURCES)
    before = program()
    found = replace(judge(before, program({old: new})), listing=True).tally(pairs(before))
    assert all(len(hit.causes) == 1 for hit in found.hits)
    if named is None:
        assert found.changed == 0
    else:
        assert found.changed > 0
        assert set(found.named) - {"newly_undetermined", "newly_decided"} == named


def test_the_changes_behind_what_changes_for_a_record_are_listed() -> None:
    before = program()
    edits = {TRAINING: "\n", LIFE: f"{LIFE}    when: active_accounts > 20\n"}
    analysis = judge(before, program(edits))
    hits = replace(analysis, listing=True).tally(pairs(before)).hits
    told = [hit for hit in hits if "newly_undetermined" not in hit.names]
    levels = {
        hit.causes for hit in told if "level_changes" in hit.names and "obligations_lost" not in hit.names
    }
    lost = {hit.causes for hit in told if hit.names == ("obligations_lost",)}
    assert levels == {(0,)}
    assert lost == {(1,)}
    assert (0, 1) in {hit.causes for hit in hits}


def test_versions_turn_when_they_begin_and_after_they_end() -> None:
    later = "for: partner\nfrom: 2027-02-01\nuntil_including: 2027-05-31\n"
    units = program({'for: partner\nsource: {document: kpi-levels, section: "3"}\n': later}).linked.units
    assert turning_days(units, DAY, YEAR.last) == (DAY, date(2027, 2, 1), date(2027, 6, 1))
    assert turning_days(units, DAY, date(2027, 5, 31)) == (DAY, date(2027, 2, 1))
    assert turning_days(units, date(2027, 3, 1), date(2027, 1, 1)) == (date(2027, 3, 1),)


DEEP = """\
kind: program
id: deep
title: Deep
parties: {partner: the partner}
entities:
  partner: {title: partner, key: id, facts: {id: {type: text, title: id}}}
  site:
    title: site
    within: partner
    list: sites
    key: id
    facts: {id: {type: text, title: id}, rank: {type: count, title: rank}}
  desk:
    title: desk
    within: site
    list: desks
    key: id
    facts: {id: {type: text, title: id}, gone: {type: boolean, title: gone}}
---
kind: obligations
id: jobs
title: Jobs
for: desk
obligations: [{id: move, title: Move it, when: rank > 5, met_when: gone}]
"""


def test_what_has_the_same_key_in_two_lists_is_two() -> None:
    old, new = (Program(loading.load("deep", [Source("p.yaml", text)], DAY), "deep")
                for text in (DEEP, DEEP.replace("rank > 5", "rank > 3")))  # fmt: skip
    sites = [
        {"id": key, "rank": rank, "desks": [{"id": "1"}]} for key, rank in zip("ABC", (7, 5, 4), strict=True)
    ]
    tally = judge(old, new).tally(pairs(new, [{"id": "p", "sites": sites}]))
    assert list(tally.subjects.values()) == [2]
