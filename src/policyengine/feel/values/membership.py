"""Whether a value passes a test that is itself a value: a range, a list, anything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from policyengine.feel.values.compare import Truth, equal, inside
from policyengine.feel.values.values import Failed, Range, Unknown, kind, unknown


def matches(value: object, test: object) -> Truth:
    """In a range, among the items of a list (or in one of its ranges), or equal."""
    if isinstance(test, Range):
        if value is None:
            return Failed("the value is null")
        return inside(value, test)
    if kind(test) == "list":
        return _among(value, cast(Sequence[object], test))
    return equal(value, test)


def _among(value: object, items: Sequence[object]) -> Truth:
    open_ones: list[object] = []
    results = [inside(value, item) if isinstance(item, Range) else equal(value, item) for item in items]
    if kind(value) == "list":
        results.append(equal(value, items))
    for result in results:
        if result is True:
            return True
        if isinstance(result, Unknown):
            open_ones.append(result)
    return unknown(open_ones) or False
