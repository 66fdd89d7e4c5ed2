"""Common slips in YAML: text pasted from word processors, notation of letters.

Each rule looks at the lines around a fault and returns None where it does not apply.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from policyengine.diagnostics import Diagnostic
from policyengine.source import Source, Span
from policyengine.text import literal_guesses
from policyengine.text.quoting import printable
from policyengine.text.yaml_fault import LONGEST, SYNTAX, Fault, quoted

_ODD = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_ODD_BLANK = re.compile(rf"[ ]*(?:-[ ]*)*(?:[\w-]+:)?[ ]*(?P<odd>[{_ODD}][{_ODD} ]*)")
_BULLET = re.compile(r"[ ]*(?P<sign>[\u2010-\u2015\u2022\u00b7\u2023*+])[ \t\u00a0]+[\w\"'{\[]")
_DASHES = re.compile(r"[-\u2010-\u2015]{1,5}")
_PAIR = re.compile(r"(?P<key>[A-Za-z_][\w-]*)(?P<sign>\s*=+\s*|\s+)(?P<value>\S.*)")
_KEY = re.compile(r"\s*(?:- +)*[\w-]+:\s+(?=\S)")
_COMMA = re.compile(r"\d[\d.]*,[\d.]*\d(?:\s?%)?")
_NAMES = {"\u00a0": "a no-break space", "\u202f": "a narrow no-break space", "\u3000": "an ideographic space"}


def _lines(fault: Fault) -> list[Span]:
    """The lines that may cause the fault: its own, the one before, and that where the construct began."""
    text, found = fault.source.text, []
    above = text.rfind("\n", 0, len(text[: fault.line_start].rstrip())) + 1
    for start in sorted({text.rfind("\n", 0, fault.since) + 1, above, fault.line_start}):
        found.append(fault.rest(start))
    return found


def odd_blank(source: Source, start: int, end: int) -> Diagnostic:
    """The diagnostic for a blank that looks like a space but is not one."""
    sign = source.text[start]
    code = f"U+{ord(sign):04X}"
    name = f"{_NAMES[sign]} ({code})" if sign in _NAMES else f"the blank {code}"
    help_ = "write ordinary spaces, here and wherever else it was pasted"
    return SYNTAX.at(source.span(start, end), f"{name} is not a space in YAML", help=help_)


def is_odd_blank(text: str) -> bool:
    """Whether a text begins with a blank that is not a space in YAML."""
    return re.match(f"[{_ODD}]", text) is not None


def _odd_blank(fault: Fault) -> Diagnostic | None:
    for line in _lines(fault):
        found = _ODD_BLANK.match(line.text)
        if found is not None:
            return odd_blank(fault.source, line.start + found.start("odd"), line.start + found.end("odd"))
    return None


def _bullet(fault: Fault) -> Diagnostic | None:
    line = fault.rest(fault.line_start)
    found = _BULLET.match(line.text)
    if found is None:
        return None
    sign = found["sign"]
    at = line.start + found.start("sign")
    message = f"an item of a list begins with `-`, not with `{sign}`"
    return SYNTAX.at(fault.source.span(at, at + 1), message, help="write `- `")


def _line_of_its_own(fault: Fault) -> Diagnostic | None:
    """Explains a comment in the syntax of other languages, and a malformed document marker."""
    for line in _lines(fault):
        text = line.text.strip()
        span = Span(line.source, line.end - len(line.text.lstrip()), line.end)
        if text.startswith("//"):
            return SYNTAX.at(
                span, "a comment begins with `#`", help=f"write `# {printable(text[2:].strip())}`"
            )
        if _DASHES.fullmatch(text) and text not in ("-", "---"):
            return SYNTAX.at(span, "another document begins with three hyphens", help="write `---`")
    return None


def with_colon(text: str) -> str:
    """The help for a line that is neither a key with a colon nor an item."""
    found = _PAIR.fullmatch(text)
    if found is None or len(text) > LONGEST:
        return "write a colon and a value after it, or indent it below its key"
    pair = f"write `{found['key']}: {found['value']}`"
    return pair if "=" in found["sign"] else f"{pair}, or indent it below its key"


def whole_value(fault: Fault) -> str:
    """The help to quote the value, where text follows a closing bracket."""
    line = fault.rest(fault.line_start)
    found = _KEY.match(line.text)
    value = line.text[found.end() :] if found else ""
    return f"remove it, or {quoted(value)} if it is one text" if value[:1] in ("[", "{") else "remove it"


def decimal_comma(source: Source, number: Span, rest: Span) -> tuple[str, Diagnostic] | None:
    """A number with a comma inside braces, which YAML splits: the number, and its diagnostic."""
    span = Span(source, number.start, rest.end)
    plain = literal_guesses.number(span.text) if _COMMA.fullmatch(span.text) else None
    if plain is None or number.end + 1 != rest.start:
        return None
    message = f"`{span.text}` is two things to YAML: a comma separates them"
    return plain, SYNTAX.at(span, message, help=f"write `{plain}`")


RULES: tuple[Callable[[Fault], Diagnostic | None], ...] = (_odd_blank, _bullet, _line_of_its_own)
