"""Parts of a decision on one line, in the syntax of a test."""

from __future__ import annotations

from typing import Any

from policyengine.verify.expectation_shape import SHORT

_TELLING = ("section", "role", "status", "level", "stage", "party", "rate", "net", "due_on", "period")
_LONGEST = 200


def brief(value: Any) -> str:
    """A value of a decision on one line; a finding is reduced to its identifying keys."""
    text = _brief(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _brief(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_brief, value))}]" if value else "an empty list"
    if isinstance(value, dict):
        return _object(value)
    return str(value)


def _object(value: dict[str, Any]) -> str:
    if "because" in value and "reference" in value:
        words = (f"{name}: {value[name]}" for name in _TELLING if value.get(name) is not None)
        return f"{value['reference']} ({', '.join(words)})"
    for key in dict.fromkeys(SHORT.values()):
        if isinstance(value.get(key), str) and {"entity", "outcome", "title"} & set(value):
            return str(value[key])
    return "{" + ", ".join(f"{name}: {_brief(each)}" for name, each in value.items()) + "}"
