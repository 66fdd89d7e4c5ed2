"""Laws of levels: what breaks them is found with two records that the engine decides, and nothing else."""

from __future__ import annotations

import random
import re

import pytest

from policyengine.analysis.laws import CODES, broken_laws
from support import good_program, shown

LOWERED, SMALLER = CODES
_REQUIRED = "requires: [{id: reviews, title: Attends, when: attends_quarterly_reviews}]"


def _policy(levels: list[str], rest: str = "") -> str:
    rows = "\n".join(f"  - {{id: l{i}, title: Level {i}, {row}}}" for i, row in enumerate(levels))
    return (
        "kind: tiers\nid: levels\ntitle: Levels\nfor: partner\nmeasure: active_accounts\n"
        f"{rest}\nlevels:\n{rows}\notherwise: {{level: none, title: no level}}\n"
    )


def _found(policy: str) -> list[str]:
    return shown(broken_laws(good_program(policy).linked))


@pytest.mark.parametrize("seed", range(12))
def test_only_what_the_upper_level_alone_asks_for_lowers_a_level(seed: int) -> None:
    source = random.Random(seed)
    edges = sorted(source.sample(range(1, 60), 3))
    ranges = [f"{edges[0]}..{edges[1] - 1}", f"{edges[1]}..{edges[2] - 1}", f"{edges[2]}.."]
    levels = [f"active_accounts: {each}" for each in ranges]
    assert _found(_policy(levels, _REQUIRED)) == []
    upper = source.choice((1, 2))
    levels[upper] += f", {_REQUIRED}"
    (found,) = _found(_policy(levels))
    pair = re.search(r"(\d+) give Level (\d), (\d+) give no level", found)
    assert pair is not None
    assert [int(pair[1]), int(pair[2]), int(pair[3])] == [edges[upper] - 1, upper - 1, edges[upper]]
    for accounts, level in ((int(pair[1]), f"l{upper - 1}"), (int(pair[3]), "none")):
        record = {"id": "a", "active_accounts": accounts, "attends_quarterly_reviews": False}
        assert good_program(_policy(levels)).evaluate(record).of("levels")[0].level == level
    open_above = [each.split("..")[0] + ".." for each in ranges]
    ladder = [f"active_accounts: {each}" for each in open_above]
    ladder[upper] += f", {_REQUIRED}"
    assert _found(_policy(ladder)) == []


def test_a_note_silences_a_law_at_its_place() -> None:
    silver = "active_accounts: 1..9, grants: [{discount: 20%, on: [subscription]}]"
    gold = f"active_accounts: 10.., {_REQUIRED}, grants: [{{discount: 10%, on: [subscription]}}]"
    assert [each.split(": ")[1] for each in _found(_policy([silver, gold]))] == [LOWERED.id, SMALLER.id]
    meant = "intended: true, note: it is a different programme"
    assert _found(_policy([silver, f"{gold}, {meant}"])) == []
    only = gold.replace("10%,", f"10%, {meant},")
    assert [each.split(": ")[1] for each in _found(_policy([silver, only]))] == [LOWERED.id]


def test_levels_of_what_stands_in_lists_and_values_that_are_granted() -> None:
    base = """\
kind: program
id: p
title: P
entities:
  partner:
    title: partner
    key: id
    facts: {id: {type: text, title: identifier}}
  app:
    title: app
    within: partner
    list: apps
    key: id
    facts:
      id: {type: text, title: identifier}
      installs: {type: count, title: installs}
      open_source: {type: boolean, title: is open source}
      bonus: {type: rate, title: bonus, granted: true, informative: true}
"""
    policy = """\
kind: tiers
id: quality
title: Quality
for: app
measure: installs
levels:
  - {id: good, title: Good, installs: 10..99, grants: [{bonus: 10%}]}
  - id: great
    title: Great
    installs: 100..
    requires: [{id: open, title: Open, when: open_source}]
    grants: [{bonus: 5%}]
otherwise: {level: none}
"""
    found = shown(broken_laws(good_program(policy, base=base).linked))
    assert [each.split(": ")[1] for each in found] == [LOWERED.id, SMALLER.id]
    assert "99 give Good, 100 give none" in found[0]
    assert "Great has the smaller bonus: 5 %, and Good 10 %" in found[1]


@pytest.mark.parametrize(("upper", "said"), [("bronze", "bronze"), ("gold", None), (None, "none")])
def test_a_choice_that_is_below_another_is_the_smaller_grant(upper: str | None, said: str | None) -> None:
    grants = "" if upper is None else f", grants: [{{perk: {upper}}}]"
    policy = f"""\
kind: tiers
id: levels
title: Levels
for: partner
levels:
  - {{id: good, title: Good, points: 5.., grants: [{{perk: gold}}]}}
  - {{id: great, title: Great, points: 9..{grants}}}
"""
    base = """\
kind: program
id: p
title: P
parties: {partner: x}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      points: {type: count, title: points}
      perk: {type: enum, values: [bronze, gold], ordered: true, title: perk, granted: true}
"""
    found = shown(broken_laws(good_program(policy, base=base).linked))
    assert len(found) == (said is not None)
    assert all(f"Great has the smaller perk: {said}, and Good gold" in each for each in found)
