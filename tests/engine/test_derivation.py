"""The whole way to a finding: through requirements, derived facts and lists, down to facts."""

from __future__ import annotations

import pytest

from support import good_program, record_of

PROGRAM = """\
kind: program
id: ladder
title: Ladder
currency: EUR
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      base: {type: number, title: base}
      points: {type: number, title: points, formula: "base + sum(deals[won].score)"}
  deal:
    title: deal
    within: partner
    list: deals
    key: id
    facts:
      id: {type: text, title: identifier}
      won: {type: boolean, title: was won}
      score: {type: number, title: score}
---
kind: tiers
id: levels
title: Levels
for: partner
levels:
  - {id: good, title: Good, requires: [{id: much, title: Has much, when: {points: 10..}}]}
"""
RECORD = "{id: a, base: 4, deals: [{id: A, won: true, score: 7}, {id: B, won: true}]}"
FACTS = [
    "points: not known", "base: 4", "deals: 2 in the list", "score of deal A: 7", "was won of deal A: yes",
    "score of deal B: not known", "was won of deal B: yes",
]  # fmt: skip


def test_a_level_and_its_requirement_lead_down_to_the_facts() -> None:
    program = good_program(base=PROGRAM)
    record = record_of(program, RECORD)
    (level,) = program.evaluate(record).of("levels")
    told = [f"{step.name}: {step.value}" for step in program.derivation(record, level)]
    assert told == ["status: not known", "level: not known", "Good: not known", "Has much: not known", *FACTS]
    (asked,) = level.requirements  # type: ignore[attr-defined]
    told = [f"{step.name}: {step.value}" for step in program.derivation(record, asked)]
    assert told == ["status: not known", "Has much: not known", *FACTS]


COUNTED = """\
kind: program
id: pool
title: Pool
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      certified: {type: count, title: certified people, formula: 'count(people[passed])'}
  person:
    title: person
    within: partner
    list: people
    key: id
    facts:
      id: {type: text, title: identifier}
      passed: {type: boolean, title: has passed}
---
kind: obligations
id: duties
title: Duties
for: partner
obligations: [{id: three, title: Has three, met_when: {certified: 3..}}]
"""


@pytest.mark.parametrize(
    ("people", "told"),
    [
        ("{id: A}", ["certified people even with those not known: 1"]),
        ("{id: A}, {id: B}, {id: C}", []),
        ("{id: A, passed: true}", []),
    ],
)
def test_bounds_are_told_where_they_decide(people: str, told: list[str]) -> None:
    program = good_program(base=COUNTED)
    record = record_of(program, f"{{id: a, people: [{people}]}}")
    (duty,) = program.evaluate(record).of("obligations")
    steps = [f"{step.name}: {step.value}" for step in program.derivation(record, duty)]
    assert [each for each in steps if "known: 1" in each or "as far" in each] == told
