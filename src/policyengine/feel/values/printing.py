"""Values as texts, as the function `string` gives them; an item inside a list is written as in FEEL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

from policyengine.feel import limits
from policyengine.feel.syntax.lexer import is_identifier, quote
from policyengine.feel.values.temporal import Temporal, print_temporal
from policyengine.feel.values.values import Range, kind

_CONSTANTS = {None: "null", True: "true", False: "false"}
_TEMPORAL = frozenset({"date", "time", "date and time", "days duration", "months duration"})


def print_number(number: Decimal) -> str:
    """A number in plain digits, without an exponent and without zeros that say nothing."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def print_value(value: object, *, inside: bool = False) -> str | None:
    """The text of a value; None where it would be longer than a text can be."""
    pieces: list[str] = []
    room = [limits.CHARACTERS]
    _write(value, pieces, room, inside)
    return "".join(pieces) if room[0] >= 0 else None


def _add(text: str, pieces: list[str], room: list[int]) -> None:
    room[0] -= len(text)
    if room[0] >= 0:
        pieces.append(text)


def _write(value: object, pieces: list[str], room: list[int], inside: bool) -> None:
    if room[0] < 0:
        return
    what = kind(value)
    if what == "list":
        _write_list(cast(Sequence[object], value), pieces, room)
    elif what == "context":
        _write_context(cast(Mapping[str, object], value), pieces, room)
    elif isinstance(value, Range):
        _write_range(value, pieces, room)
    else:
        _add(_simple(value, what, inside), pieces, room)


def _simple(value: object, what: str, inside: bool) -> str:
    if what == "text":
        return quote(cast(str, value)) if inside else cast(str, value)
    if what == "number":
        return print_number(cast(Decimal, value))
    if what in _TEMPORAL:
        text = print_temporal(cast(Temporal, value))
        return f'@"{text}"' if inside else text
    if value is None or isinstance(value, bool):
        return _CONSTANTS[value]
    return what


def _write_list(items: Sequence[object], pieces: list[str], room: list[int]) -> None:
    _add("[", pieces, room)
    for at, item in enumerate(items):
        if room[0] < 0:
            return
        _add(", " if at else "", pieces, room)
        _write(item, pieces, room, True)
    _add("]", pieces, room)


def _write_context(context: Mapping[str, object], pieces: list[str], room: list[int]) -> None:
    _add("{", pieces, room)
    for at, key in enumerate(context):
        if room[0] < 0:
            return
        name = key if is_identifier(key) else quote(key)
        _add(f"{', ' if at else ''}{name}: ", pieces, room)
        _write(context[key], pieces, room, True)
    _add("}", pieces, room)


def _write_range(value: Range, pieces: list[str], room: list[int]) -> None:
    if value.low is None or value.high is None:
        closed = value.low_closed if value.high is None else value.high_closed
        _add(("(>" if value.high is None else "(<") + ("= " if closed else " "), pieces, room)
        _write(value.low if value.high is None else value.high, pieces, room, True)
        _add(")", pieces, room)
        return
    _add("[" if value.low_closed else "(", pieces, room)
    _write(value.low, pieces, room, True)
    _add("..", pieces, room)
    _write(value.high, pieces, room, True)
    _add("]" if value.high_closed else ")", pieces, room)
