"""The findings of a decision that the expectations of a test are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policyengine.decision.findings import SECTIONS
from policyengine.text.document import Mapping, Sequence
from policyengine.verify.mismatches import compare_item
from policyengine.verify.pairing import pair
from policyengine.verify.prepare import Prepared

VALUES = "values"


def seen(test: Prepared, decision: dict[str, Any]) -> Iterator[tuple[str, int | None]]:
    """The checked findings by section and position; position None for closed sections and derived values."""
    for closed, nodes in ((False, test.expect), (True, test.exactly)):
        for node in nodes:
            for name, entry in node.entries.items():
                if name == VALUES:
                    yield name, None
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
