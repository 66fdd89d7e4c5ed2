"""Texts (DMN 1.5, table 74). Positions count characters from 1."""

from __future__ import annotations

from collections.abc import Sequence
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


def _replace(meter: Meter, *arguments: str) -> object:
    from policyengine.feel.functions import patterns

    return patterns.replace(meter, *arguments)


def _matches(meter: Meter, *arguments: str) -> object:
    from policyengine.feel.functions import patterns

    return patterns.matches(meter, *arguments)


def _split(meter: Meter, *arguments: str) -> object:
    from policyengine.feel.functions import patterns

    return patterns.split(meter, *arguments)


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


_TWO = "string: text, match: text"

FUNCTIONS = table(
    function(
        "substring",
        signature("string: text, start position: number, length?: number", TEXT, _substring),
    ),
    function("string length", signature("string: text", COUNT, lambda text: Decimal(len(text)))),
    function("upper case", signature("string: text", TEXT, str.upper)),
    function("lower case", signature("string: text", TEXT, str.lower)),
    function("substring before", signature(_TWO, TEXT, _before)),
    function("substring after", signature(_TWO, TEXT, _after)),
    function("contains", signature(_TWO, BOOLEAN, lambda text, match: match in text)),
    function("starts with", signature(_TWO, BOOLEAN, lambda text, match: text.startswith(match))),
    function("ends with", signature(_TWO, BOOLEAN, lambda text, match: text.endswith(match))),
    function("trim", signature("string: text", TEXT, str.strip)),
    function(
        "matches",
        signature("input: text, pattern: text, flags?: text or null", BOOLEAN, _matches, metered=True),
    ),
    function(
        "replace",
        signature(
            "input: text, pattern: text, replacement: text, flags?: text or null",
            TEXT,
            _replace,
            metered=True,
        ),
    ),
    function("split", signature("string: text, delimiter: text", ListOf(TEXT), _split, metered=True)),
    function(
        "string join",
        signature("list: list of text, delimiter?: text or null", TEXT, _string_join),
    ),
)
