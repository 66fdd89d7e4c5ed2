"""A program with every kind of policy, and records of any program, whole or with holes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from policyengine.policy.facts import Fact
from policyengine.policy.vocabulary import Vocabulary

RICH = (Path(__file__).parent / "rich.yaml").read_text(encoding="utf-8")

_NUMBERS = st.one_of(
    st.integers(-3, 40),
    st.sampled_from([0, 1, 9, 10, 15, 16, 100]),
    st.decimals(-100, 200, places=2),
)
_EXTREME = st.sampled_from(
    ["1e28", "1e99", "-1e99", "0.1234567890123456789012345678901234567", "1e-99", "9" * 40]
).map(Decimal)
_DAYS = st.sampled_from(
    [
        "2024-02-29",
        "2025-12-31",
        "2026-01-01",
        "2026-06-30",
        "2026-11-21",
        "2026-11-22",
        "2027-02-28",
        "0001-01-01",
        "9999-12-31",
    ]
)
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
        name: _value(fact, wild) for name, fact in declared.facts.items() if fact.is_given
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
        return st.one_of(
            whole,
            st.decimals(low if low is not None else -9, high if high is not None else 200, places=2),
            *([] if low is not None or high is not None or fact.scalar == "rate" else [_EXTREME]),
        )
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
