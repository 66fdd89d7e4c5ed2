"""The missing facts of a record that columns leave open, by the values of the row engine, without reasons.

It says what `engine.missing.missing_facts` says of the findings of a decision, and builds none of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import getcontext, setcontext
from typing import Any

from policyengine.decision.findings import Missing
from policyengine.engine.reference.row import chosen, origin_of, unknown_values
from policyengine.engine.rows.decide import lists_of
from policyengine.engine.rows.engine import Compiled
from policyengine.feel.limits import NUMBERS
from policyengine.feel.values.values import Missing as MissingCause
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import Choose, Reading, Rule, Rules
from policyengine.program.record import Record

_Named = tuple[tuple[str, str, str], str]


def missing_of(compiled: Compiled, record: Record) -> tuple[Missing, ...]:
    """The missing facts of a record, each with the findings that need it."""
    before = getcontext()
    setcontext(NUMBERS)
    try:
        found = compiled.instances(record)
        needed = {key: set(ids) for key, ids in lists_of(compiled, found).items()}
        for rule in compiled.graph.rules:
            for scope in found.get(rule.entity, ()):
                for key, name in _of_rule(rule, scope):
                    needed.setdefault(key, set()).add(name)
    finally:
        setcontext(before)
    return tuple(
        Missing(fact, entity, key or None, tuple(sorted(ids)))
        for (entity, key, fact), ids in sorted(needed.items())
    )


def _of_rule(rule: Rule, scope: Any) -> Iterator[_Named]:
    exists = scope[rule.exists] if rule.exists is not None else True
    if exists is False:
        return
    status = exists if isinstance(exists, Unknown) else scope[rule.status]
    open_ones = [each for each in (status, *unknown_values(rule, scope, status)) if isinstance(each, Unknown)]
    if open_ones:
        origin = origin_of(rule, scope)
        for each in open_ones:
            for cause in each.causes:
                if isinstance(cause, MissingCause):
                    yield (cause.entity, cause.key, cause.fact), f"{origin.policy}/{origin.id}"
    parts = rule.fields.get("requirements")
    if parts is not None:
        yield from _of_parts(parts, scope)


def _of_parts(reading: Reading, scope: Any) -> Iterator[_Named]:
    while isinstance(reading, Choose):
        reading = chosen(reading, scope[reading.by])
    if isinstance(reading, Rules):
        for rule in reading.rules:
            yield from _of_rule(rule, scope)
