"""Policies of levels by chance: levels of what stands in lists, and tables that look levels up."""
# ruff: noqa: E501  # lines of YAML

from __future__ import annotations

from typing import Protocol


class Draw(Protocol):
    """What draws the parts of a policy."""

    def one(self, *options: str) -> str:
        """One of some texts."""


def grades(draw: Draw) -> str:
    """Levels of accounts, one of which asks for a level of the partner."""
    return f"""\
kind: tiers
id: grades
title: Grades
for: account
result: grade
{draw.one("", "when: {kind: large}")}
levels:
  - {{id: fair, title: Fair{draw.one("", ", active: true")}}}
  - {{id: good, title: Good, seats: {draw.one("5..", "10..")}}}
  - {{id: great, title: Great, amount: 100.., requires: [{{id: top, title: Top, when: {{levels: {draw.one("low..", "..low", "high..")}}}}}]}}
"""


def rewards(draw: Draw) -> str:
    """A table over the level, the plan and the best of the accounts."""
    return f"""\
kind: table
id: reward
title: Reward
for: partner
type: money
hit: first
default: {draw.one("none", "1.00")}
inputs: [levels, {{id: best, expression: {draw.one("max", "min")}(accounts.grade)}}]
rows:
  - {{when: {{levels: {draw.one("low..", "..low", "high..", "none..low")}}}, then: 10}}
  - {{when: {{best: '{draw.one(">= " + _quote("good"), "< " + _quote("good"), "[" + _quote("fair") + ".." + _quote("good") + "]")}'}}, then: 'count(accounts[grade <= "good"]) * 2.50'}}
"""


OWN = {
    "partner": "levels/high/fit levels/high/users levels/low levels/high ladder/middle/share ladder/top deals/lead deals/lead/fit "
    "deals/demo/by duties-partner/dated duties-partner/judged duties-partner/quarterly duties-account/periodic held/max "
    "held/pro/users grades/great/top",
    "account": "duties-account/dated duties-account/quarterly duties-account/judged rounds/visit duties-ticket/close "
    "grades/fair/active grades/good",
}  # fmt: skip


def waiver(draw: Draw, number: int) -> str:
    """A waiver of what partners or accounts are asked for."""
    whom = draw.one("partner", "partner", "account")
    whens = {
        "partner": ["", ", when: certified", ", when: {users: 5..}", ", when: {country: [DE, AT]}", ", when: 'audited or fee > 100'"],
        "account": ["", ", when: active", ", when: {kind: small}", ", when: 'certified and amount > 100'"],
    }[whom]  # fmt: skip
    days = draw.one(
        "", "from: 2026-11-01, ", "until_including: 2026-12-31, ", "from: 2026-11-22, until_including: 2027-06-30, ",
        "until_including: 2026-11-20, ",
    )  # fmt: skip
    return f"""\
kind: waivers
id: waiver-{number}
title: Waivers
for: {whom}
waivers: [{{id: it, of: {draw.one(*OWN[whom].split())}{draw.one(*whens)}, {days}why: it is so, approved_by: vendor}}]
"""


def _quote(text: str) -> str:
    return f'"{text}"'


def ladder(draw: Draw) -> str:
    """A ladder with a grid."""
    return f"""\
kind: tiers
id: ladder
title: Ladder
for: partner
measure: volume
thresholds:
  users: {{low: {draw.one("1..", "5..")}, middle: {{is: 10.., note: said}}, top: {draw.one("unknown", "'-'", "27..")}}}
  certified: {{low: '-', middle: {draw.one("'-'", "true")}, top: true}}
levels:
  - {{id: low, title: Low, volume: 0.01..}}
  - {{id: middle, title: Middle, volume: 80.., share: ..50%}}
  - {{id: top, title: Top, volume: 1000.., requires: [{{id: plan, title: Plan, when: {{plan: [pro, max]}}}}]}}
otherwise: {{level: none}}
"""


GRANTED = """\
      bonus_rate: {type: rate, title: bonus rate, granted: true, combine: highest, informative: true}
      credit: {type: money, title: credit, granted: true, combine: add, informative: true}
      support: {type: enum, title: support, values: [mail, phone], granted: true, combine: first, informative: true}
"""


def grants(draw: Draw) -> str:
    """Two policies that grant the same."""
    when = draw.one("", "when: {certified: true}")
    return f"""\
kind: tiers
id: volume-level
title: Volume level
for: partner
levels:
  - {{id: small, title: Small, volume: 100.., grants: [{{bonus_rate: {draw.one("5%", "12.5%")}, credit: 10}}]}}
  - {{id: large, title: Large, volume: 1000.., grants: [{{discount: 10%, on: [usage], credit: 20.50}}, {{support: phone}}]}}
otherwise: {{level: none, grants: [{{bonus_rate: 1%}}]}}
---
kind: tiers
id: loyal
title: Loyal
for: partner
{when}
levels:
  - {{id: loyal, title: Loyal, users: 5.., grants: [{{bonus_rate: 7%, credit: {draw.one("5", "0")}, support: mail, discount: 5%, on: [usage]}}]}}
"""


def lasting(draw: Draw) -> str:
    """Levels that are held."""
    grace = draw.one("", ", grace: P3M, short_since: renewed_on")
    floor = draw.one("", ", floor: pro", ', floor: \'if certified then "pro" else "basic"\'')
    return f"""\
kind: tiers
id: held
title: Held
for: partner
{draw.one("", "when: {audited: true}")}
levels:
  - {{id: pro, title: Pro, users: 5.., keep: {{users: 1..}}, grants: [{{discount: 3%, on: [usage]}}]}}
  - {{id: max, title: Max, users: 10.., share: 5%.., keep: {{users: 9..}}}}
otherwise: {{level: basic}}
state: {{held: plan, since: since, rises: {draw.one("at once", "at review")}, keeps_until: renewed_on, falls: {{when: since <= today, by: {draw.one("one level", "to the level reached")}}}{grace}{floor}}}
"""
