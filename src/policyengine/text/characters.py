"""Characters that YAML forbids, because they are invisible or hide what follows."""

from __future__ import annotations

import re

from policyengine.diagnostics import Code, Diagnostic
from policyengine.source import Source

FORBIDDEN = Code(
    id="YAML002",
    title="an invisible character",
    why=(
        "Control characters are not YAML (1.2.2, section 5.1). U+0085, U+2028, U+2029 and a lone carriage "
        "return end a line for some programs and not for others, so a key behind them can stay unseen."
    ),
    bad="title: Silver\u2028discount: 90%\n",
    good='title: "Silver\\u2028discount"\n',
    example="yaml",
)

_PATTERN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]|\r(?!\n)"
)
_NAMES = {
    "\x00": "NUL",
    "\r": "carriage return without line feed",
    "\x85": "next line",
    "\u2028": "line separator",
    "\u2029": "paragraph separator",
    "\ufeff": "byte order mark",
}


def forbidden_character(source: Source, start: int) -> Diagnostic | None:
    """The first forbidden character from offset `start` on, or None."""
    found = _PATTERN.search(source.text, start)
    if found is None:
        return None
    character = found.group()
    code = f"U+{ord(character):04X}"
    name = f"{code} ({_NAMES[character]})" if character in _NAMES else code
    span = source.span(found.start(), found.end())
    return FORBIDDEN.at(span, f"invisible character {name}", help="delete it")
