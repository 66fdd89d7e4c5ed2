"""Texts by patterns (DMN 1.5, table 74): loaded when a pattern is used."""

from __future__ import annotations

from policyengine.feel import limits
from policyengine.feel.functions.regex import (
    Meter,
    compile_pattern,
    fill,
    find_all,
    replacement_parts,
    search,
)
from policyengine.feel.values.values import Failed


def replace(meter: Meter, text: str, pattern: str, replacement: str, flags: str | None = None) -> object:
    """The text with what the pattern matches replaced; `$1` stands for a group."""
    compiled = compile_pattern(pattern, flags or "")
    if isinstance(compiled, Failed):
        return compiled
    found = find_all(compiled, text, meter)
    parts = replacement_parts(compiled, replacement, literal="q" in (flags or ""))
    if isinstance(found, Failed) or isinstance(parts, Failed):
        return found if isinstance(found, Failed) else parts
    pieces: list[str] = []
    at = size = 0
    for match in found:
        added = text[at : match[0]] + fill(parts, text, match)
        pieces.append(added)
        size += len(added)
        at = match[1]
        if size > limits.CHARACTERS:
            return Failed(f"the text is longer than {limits.CHARACTERS} characters")
    return "".join(pieces) + text[at:]


def matches(meter: Meter, text: str, pattern: str, flags: str | None = None) -> object:
    """Whether the pattern matches anywhere in the text."""
    compiled = compile_pattern(pattern, flags or "")
    if isinstance(compiled, Failed):
        return compiled
    found = search(compiled, text, 0, meter)
    return found if isinstance(found, Failed) else found is not None


def split(meter: Meter, text: str, delimiter: str) -> object:
    """What stands between the matches of the delimiter."""
    compiled = compile_pattern(delimiter, "")
    if isinstance(compiled, Failed):
        return compiled
    found = find_all(compiled, text, meter)
    if isinstance(found, Failed):
        return found
    starts = [0, *(match[1] for match in found)]
    ends = [*(match[0] for match in found), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]
