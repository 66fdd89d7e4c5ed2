"""A record as YAML that reads back as the same record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from policyengine.feel.values.values import Months
from policyengine.policy import quantities
from policyengine.program.record import Record

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@-]*( [A-Za-z0-9_./@-]+)*")
_OTHERS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def record_yaml(record: Record) -> str:
    """The record, one line for each fact."""
    return "\n".join(_lines(record))


def _lines(record: Record) -> Iterator[str]:
    if not record.facts and not record.lists:
        yield "{}"
    for name, value in record.facts.items():
        yield f"{name}: {written(value)}"
    for name, rows in record.lists.items():
        if not rows:
            yield f"{name}: []"
            continue
        yield f"{name}:"
        for row in rows:
            first, *rest = _lines(row)
            yield f"  - {first}"
            yield from (f"    {line}" for line in rest)


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
