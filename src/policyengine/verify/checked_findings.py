"""The findings of a decision that the expectations of a test are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policyengine.decision.decision import Decision
from policyengine.decision.decision_json import to_json
from policyengine.decision.findings import SECTIONS, Figure
from policyengine.decision.json_shape import plain
from policyengine.text.document import Mapping, Sequence
from policyengine.verify.expectation_shape import VALUES
from policyengine.verify.mismatches import compare_item
from policyengine.verify.pairing import pair
from policyengine.verify.prepare import Prepared


def decision_data(test: Prepared, decision: Decision) -> dict[str, Any]:
    """What a test expects something of, as data: those lists of the decision, and the values of figures."""
    named = {name for node in (*test.expect, *test.exactly) for name in node.entries}
    data = to_json(decision, named)
    if VALUES in named:
        data[VALUES] = values_of(decision)
    return data


def values_of(decision: Decision) -> dict[str, dict[str, Any]]:
    """The values of the figures of each subject, by their names."""
    found: dict[str, dict[str, Any]] = {}
    for each in () if decision.refused else decision.of("figures"):
        found.setdefault(str(each.subject), {})[each.id] = plain(each.value)
    return found


def seen(test: Prepared, decision: dict[str, Any]) -> Iterator[tuple[str, int | None]]:
    """The checked findings by section and position; position None for closed sections and for figures."""
    for closed, nodes in ((False, test.expect), (True, test.exactly)):
        for node in nodes:
            for name, entry in node.entries.items():
                if name in (VALUES, Figure.section):
                    yield VALUES, None
                elif name in SECTIONS and isinstance(entry.value, Sequence):
                    yield from _paired(name, entry.value, decision[name], closed)


def _paired(
    name: str, expected: Sequence, actual: list[Any], closed: bool
) -> Iterator[tuple[str, int | None]]:
    if closed or not expected.items:
        yield name, None
    items = [item for item in expected.items if isinstance(item, Mapping)]
    fits = [[compare_item(item, each, name, closed=closed) for each in actual] for item in items]
    for position in pair(fits).values():
        yield name, position
