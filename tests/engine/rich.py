"""A program with every kind of policy, and records of any program, whole or with holes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from policyengine.policy.vocabulary import Fact, Vocabulary

RICH = """\
kind: tiers
id: levels
title: Levels
for: partner
measure: active_accounts
requires:
  - {id: reviews, title: Attends, when: attends_quarterly_reviews}
  - {id: rated, title: Rated, when: {competence_rating: [positive, neutral]}, applies_when: {region: NO}}
levels:
  - {id: silver, title: Silver, active_accounts: 10..15, grants: [{discount: 20%, on: [subscription]}]}
  - id: gold
    title: Gold
    active_accounts: 16..
    grants: [{discount: 33%, on: [subscription]}]
    requires: [{id: agreed, title: Agreed, decided_by: vendor, when: rate >= 0.5}]
otherwise: {level: none}
---
kind: matrix
id: duties
title: Duties
for: partner
columns: {by: competence_rating, values: [positive, neutral, negative]}
sections:
  - id: one
    title: One
    activities:
      - {id: a, title: A, responsible: {positive: partner, neutral: vendor, negative: unknown}, informed: vendor}
      - {id: b, title: B, when: some a in accounts satisfies a.status = "active", responsible: partner, consulted: {neutral: vendor}}
---
kind: pipeline
id: deal
title: Deal
for: account
stage: status
when: {any: [monthly_fee > 10, {opened_on: 2026-01-01..}]}
stages:
  - id: active
    title: Active
    leave_when:
      - {id: fee, title: Fee, when: {at_least: 2, of: [monthly_fee > 100, {opened_on: ..2026-06-30}, fee > 5, average_fee > 50]}}
      - {id: date, title: Date, when: {none: [closed_on < opened_on, {region: [SE, DK]}]}}
    on_leave: {when: monthly_fee > 50, set: {closed_on: today}}
  - {id: closed, title: Closed}
---
kind: billing
id: bills
title: Bills
for: account
charges:
  - {id: monthly, title: Monthly, amount: monthly_fee * 2, item: subscription, every: P1M, first_due: 'opened_on + @"P1M"'}
  - {id: exit, title: Exit, amount: if fee > 100 then fee else monthly_fee, when: {status: closed}, due_on: closed_on}
---
kind: obligations
id: jobs
title: Jobs
for: partner
obligations:
  - {id: quarterly, title: Quarterly, every: calendar quarter, met_when: some r in reviews satisfies r.held_on in period}
  - {id: yearly, title: Yearly, every: P1Y, starting: renewal_on, when: fee > 0, met_when: 'count(reviews[held_on in period]) >= period_number'}
  - {id: once, title: Once, due_on: 'renewal_on - @"P90D"', met_when: every a in accounts satisfies a.closed_on <= due_on}
  - {id: now, title: Now, met_when: average_fee > 10 and sum(accounts.monthly_fee) / count(accounts) < 100}
  - {id: decided, title: Decided, decided_by: vendor, met_when: rate between 0.1 and 0.2}
---
kind: obligations
id: account-jobs
title: Jobs of accounts
for: account
obligations:
  - {id: close, title: Close, due_on: closed_on, met_when: not(status = "active") or monthly_fee / fee > 1}
"""

_NUMBERS = st.one_of(
    st.integers(-3, 40),
    st.sampled_from([0, 1, 9, 10, 15, 16, 100]),
    st.decimals(-100, 200, places=2),
)
_EXTREME = st.sampled_from(
    ["1e28", "1e99", "-1e99", "0.1234567890123456789012345678901234567", "1e-99", "9" * 40]
).map(Decimal)
_DAYS = st.sampled_from(
    ["2024-02-29", "2025-12-31", "2026-01-01", "2026-06-30", "2026-11-21", "2026-11-22", "2027-02-28", "0001-01-01", "9999-12-31"]
)  # fmt: skip
_JUNK = st.sampled_from(
    [
        "",
        "NO",
        "012",
        "a dozen",
        True,
        [],
        {},
        [1],
        {"a": 1},
        None,
        "9" * 50,
        "1e999",
        "\ud800",
        -1,
        1.5,
        float("nan"),
    ]
)


def records(
    vocabulary: Vocabulary, *, whole: bool = False, wild: bool = False
) -> st.SearchStrategy[dict[str, Any]]:
    """Records of a program: `whole` ones leave nothing out, `wild` ones may hold anything anywhere."""
    return _of(vocabulary, vocabulary.root, whole, wild)


def _of(vocabulary: Vocabulary, entity: str, whole: bool, wild: bool) -> st.SearchStrategy[dict[str, Any]]:
    declared = vocabulary.entities[entity]
    parts: dict[str, st.SearchStrategy[Any]] = {
        name: _value(fact, wild) for name, fact in declared.facts.items() if fact.formula is None
    }
    for child, below in vocabulary.children(entity):
        rows = st.lists(_of(vocabulary, child, whole, wild), max_size=2)
        text = below.key is not None and below.facts[below.key].type == "text"
        parts[str(below.list)] = rows.map(lambda found, key=below.key, text=text: _keyed(found, key, text))
    if wild:
        parts["misspelt"] = _JUNK
    needed = {name for name, fact in declared.facts.items() if fact.required and not wild}
    needed |= set(parts) if whole else set()
    return st.fixed_dictionaries(
        {name: part for name, part in parts.items() if name in needed},
        optional={name: part for name, part in parts.items() if name not in needed},
    )


def _keyed(rows: list[dict[str, Any]], key: str | None, text: bool) -> list[dict[str, Any]]:
    """The rows with different keys: given where any text will do, else only the first row of each key."""
    if key is not None and text:
        return [{**row, key: f"K{i}"} for i, row in enumerate(rows)]
    seen: list[object] = []
    found = []
    for row in rows:
        if key is None or row.get(key) is None or row.get(key) not in seen:
            found.append(row)
            seen.append(row.get(str(key)))
    return found


def _value(fact: Fact, wild: bool) -> st.SearchStrategy[Any]:
    value = _scalar(fact)
    if fact.is_list:
        value = st.lists(value, max_size=3)
    return st.one_of(value, _JUNK, _NUMBERS, _DAYS) if wild else value


def _scalar(fact: Fact) -> st.SearchStrategy[Any]:
    if fact.scalar in ("count", "integer", "number", "money", "rate"):
        low, high = (None if limit is None else int(limit) for limit in fact.limits)
        whole = st.integers(low if low is not None else -3, high if high is not None else 40)
        if fact.scalar in ("count", "integer"):
            return whole
        return st.one_of(whole, st.decimals(low if low is not None else -9, high if high is not None else 200, places=2),
                         *([] if low is not None or high is not None or fact.scalar == "rate" else [_EXTREME]))  # fmt: skip
    return {
        "text": st.sampled_from(["NO", "SE", "x", "012"]),
        "boolean": st.booleans(),
        "date": _DAYS,
        "period": st.sampled_from(["P1M", "P90D", "P0D"]),
        "enum": st.sampled_from(list(fact.values or ["x"])),
    }[fact.scalar]


def without(data: Any, drop: Mapping[str, Any] | Any, chosen: st.DataObject) -> Any:
    """The record with some facts left out at random; lists keep their length."""
    if isinstance(data, dict):
        return {
            key: without(value, drop, chosen)
            for key, value in data.items()
            if key in drop or chosen.draw(st.booleans())
        }
    return [without(item, drop, chosen) for item in data] if isinstance(data, list) else data
