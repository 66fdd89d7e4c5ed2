"""Finds numbers that look like thousands: `50.000` is fifty here, but fifty thousand in German."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from policyengine.diagnostics import Code, Diagnostic, Severity
from policyengine.feel.syntax.tree import Expression, Literal, walk
from policyengine.text import literal_guesses

_GOOD = """\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: a, title: A, met_when: fee > 50000}
"""
THOUSANDS = Code(
    id="NUM001",
    title="a number that looks like thousands",
    why="In a number the point stands before the fraction, so `50.000` is fifty. Hardly anybody writes a "
    "fraction with three places and a zero at its end, but many write thousands like this.",
    bad=_GOOD.replace("50000", "50.000"),
    good=_GOOD,
    severity=Severity.WARNING,
)
CODES = (THOUSANDS,)

_WRITTEN = re.compile(r"(?<!\w)(?<![^.]\.)[1-9]\d{0,2}\.\d\d0(?![\w%]|\.\d)")


def looks_like_thousands(text: str) -> bool:
    """Whether a text has such a number anywhere; most have none."""
    return _WRITTEN.search(text) is not None


def thousands(expression: Expression) -> Iterator[Diagnostic]:
    """Yields the numbers in an expression that are written like thousands, each at its place."""
    for node in walk(expression):
        value = node.value if isinstance(node, Literal) else None
        if not isinstance(value, Decimal) or value.as_tuple().exponent != -3:
            continue
        for found in _WRITTEN.finditer(node.span.text):
            if Decimal(found.group()) == value:
                yield _warning(node, found)


def _warning(node: Expression, found: re.Match[str]) -> Diagnostic:
    start = node.span.start + found.start()
    text, plain = found.group(), literal_guesses.number(found.group())
    fraction = text.rstrip("0").rstrip(".")
    help = f"write `{plain}` if thousands are meant, `{fraction}` if not"
    at = node.span.source.span(start, start + len(text))
    return THOUSANDS.at(at, f"`{text}` is {fraction}, not {plain}", help=help)
