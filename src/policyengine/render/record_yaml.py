"""A record as YAML that reads back as the same record."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from decimal import Decimal

from policyengine.decision.wording import number
from policyengine.feel.values.values import Months
from policyengine.policy import quantities
from policyengine.program.record import Record

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@-]*( [A-Za-z0-9_./@-]+)*")
_OTHERS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


_FIRST, _ITEMS, _LONGEST = 3, 7, 100
"""How many rows, values and characters are shown of what is long."""
Rows = Collection[tuple[str, int]]
"""Rows of lists: the name of the list or the entity, and the position from 0."""


def record_yaml(record: Record, short: Rows | None = None) -> str:
    """The record, one line for each fact.

    With `short`, long lists and texts are cut: a list to its first rows and those that `short` names.
    """
    return "\n".join(_lines(record, short))


def _lines(record: Record, short: Rows | None) -> Iterator[str]:
    if not record.facts and not record.lists:
        yield "{}"
    for name, value in record.facts.items():
        yield f"{name}: {written(value) if short is None else _cut(value)}"
    for name, rows in record.lists.items():
        if not rows:
            yield f"{name}: []"
            continue
        yield f"{name}:"
        left = 0
        for i, row in enumerate(rows):
            if short is not None and i >= _FIRST and not {(name, i), (row.entity, i)} & set(short):
                left += 1
                continue
            first, *rest = _lines(row, short)
            yield f"  - {first}"
            yield from (f"    {line}" for line in rest)
        if left:
            yield f"  # and {number(left)} more"


def _cut(value: object) -> str:
    if isinstance(value, (list, tuple)) and len(value) > _ITEMS:
        return f"{written(value[:_ITEMS])}  # and {number(len(value) - _ITEMS)} more"
    text = written(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def written(value: object) -> str:
    """One value as YAML."""
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return quantities.plain(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Months):
        return f"P{value.months}M"
    if isinstance(value, timedelta):
        return f"P{value.days}D"
    text = str(value)
    return (
        text
        if _PLAIN.fullmatch(text) and text.lower() not in _OTHERS
        else json.dumps(text, ensure_ascii=False)
    )
