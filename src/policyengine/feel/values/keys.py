"""What makes values the same, as something that Python can look up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from policyengine.feel.values.compare import moment
from policyengine.feel.values.values import Failed, Range, kind

_TOO_LARGE = Failed("the values are too large to compare")


def key(value: object, fuel: list[int]) -> object:
    """A key that two values share exactly if they are equal; `fuel` bounds the parts looked at."""
    fuel[0] -= 1
    if fuel[0] < 0:
        return _TOO_LARGE
    what = kind(value)
    if what in {"time", "date and time", "days duration"}:
        return what, moment(value)
    if what == "list":
        return _joined(what, [key(one, fuel) for one in cast(Sequence[object], value)], fuel)
    if what == "context":
        context = cast(Mapping[str, object], value)
        parts = [(name, key(context[name], fuel)) for name in sorted(context)]
        return _joined(what, parts, fuel)
    if isinstance(value, Range):
        ends = [key(value.low, fuel), key(value.high, fuel), value.low_closed, value.high_closed]
        return _joined(what, ends, fuel)
    return what, id(value) if what == "function" else value


def _joined(what: str, parts: Sequence[object], fuel: list[int]) -> object:
    return _TOO_LARGE if fuel[0] < 0 else (what, *parts)
