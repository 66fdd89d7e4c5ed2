"""Texts (DMN 1.5, table 74). Positions count characters from 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from policyengine.feel import limits
from policyengine.feel.types.signatures import Meter, function, signature, table
from policyengine.feel.types.types import BOOLEAN, COUNT, TEXT, ListOf
from policyengine.feel.values.values import Failed

_TOO_LONG = Failed(f"the text is longer than {limits.CHARACTERS} characters")


def _substring(text: str, start: Decimal, length: Decimal | None = None) -> object:
    at = int(start)
    if at == 0 or abs(at) > len(text):
        return Failed("the start position lies outside the text")
    first = at - 1 if at > 0 else len(text) + at
    if length is None:
        return text[first:]
    if length < 1:
        return Failed("the length is below 1")
    return text[first : first + int(length)] if length <= len(text) else text[first:]


def _by_pattern(name: str) -> Callable[..., object]:
    """A function of `patterns`, which is loaded when a pattern is first used."""

    def run(meter: Meter, *arguments: str) -> object:
        from policyengine.feel.functions import patterns

        found: object = getattr(patterns, name)(meter, *arguments)
        return found

    return run


def _string_join(texts: Sequence[str | None], delimiter: str | None = None) -> object:
    known = [text for text in texts if text is not None]
    between = delimiter or ""
    if sum(map(len, known)) + len(between) * len(known) > limits.CHARACTERS:
        return _TOO_LONG
    return between.join(known)


def _before(text: str, match: str) -> object:
    return text.partition(match)[0] if match and match in text else ""


def _after(text: str, match: str) -> object:
    return text.partition(match)[2] if match else text


_ONE = "string: text"
_TWO = "string: text, match: text"

FUNCTIONS = table(
    function(
        "substring",
        signature("string: text, start position: number, length?: number", TEXT, _substring),
    ),
    function("string length", signature(_ONE, COUNT, lambda text: Decimal(len(text)), total=True)),
    function("upper case", signature(_ONE, TEXT, str.upper, total=True)),
    function("lower case", signature(_ONE, TEXT, str.lower, total=True)),
    function("trim", signature(_ONE, TEXT, str.strip, total=True)),
    function("substring before", signature(_TWO, TEXT, _before, total=True)),
    function("substring after", signature(_TWO, TEXT, _after, total=True)),
    function("contains", signature(_TWO, BOOLEAN, lambda text, match: match in text, total=True)),
    function("starts with", signature(_TWO, BOOLEAN, str.startswith, total=True)),
    function("ends with", signature(_TWO, BOOLEAN, str.endswith, total=True)),
    function(
        "matches",
        signature(
            "input: text, pattern: text, flags?: text or null",
            BOOLEAN,
            _by_pattern("matches"),
            metered=True,
        ),
    ),
    function(
        "replace",
        signature(
            "input: text, pattern: text, replacement: text, flags?: text or null",
            TEXT,
            _by_pattern("replace"),
            metered=True,
        ),
    ),
    function(
        "split",
        signature("string: text, delimiter: text", ListOf(TEXT), _by_pattern("split"), metered=True),
    ),
    function(
        "string join",
        signature("list: list of text, delimiter?: text or null", TEXT, _string_join),
    ),
)
