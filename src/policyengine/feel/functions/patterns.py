"""Texts by patterns (DMN 1.5, table 74): loaded when a pattern is used."""

from __future__ import annotations

from collections.abc import Sequence

from policyengine.feel import limits
from policyengine.feel.functions.regex.match import Pattern, compile_pattern, find_all, search
from policyengine.feel.types.signatures import Meter
from policyengine.feel.values.values import Failed


def replace(meter: Meter, text: str, pattern: str, replacement: str, flags: str | None = None) -> object:
    """The text with what the pattern matches replaced; `$1` stands for a group."""
    compiled = compile_pattern(pattern, flags or "")
    if isinstance(compiled, Failed):
        return compiled
    found = find_all(compiled, text, meter)
    parts = _replacement(compiled, replacement, literal="q" in (flags or ""))
    if isinstance(found, Failed) or isinstance(parts, Failed):
        return found if isinstance(found, Failed) else parts
    pieces: list[str] = []
    at = size = 0
    for match in found:
        added = text[at : match[0]] + _filled(parts, text, match)
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


def _replacement(pattern: Pattern, text: str, *, literal: bool) -> list[str | int] | Failed:
    """The texts of a replacement, and between them the groups by number: `$1` is the first, `$0` all."""
    if literal:
        return [text]
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        char, after = text[at], text[at + 1 : at + 2]
        if char == "\\" and after and after in "\\$":
            parts.append(after)
            at += 2
        elif char == "$" and after.isascii() and after.isdigit():
            end = at + 2
            while text[end : end + 1].isdecimal() and int(text[at + 1 : end + 1]) <= pattern.groups:
                end += 1
            parts.append(int(text[at + 1 : end]))
            at = end
        elif char in "\\$":
            return Failed(f"`{char}` in the replacement is written `\\{char}`")
        else:
            parts.append(char)
            at += 1
    return parts


def _filled(parts: Sequence[str | int], text: str, match: Sequence[int]) -> str:
    """The replacement of one match in a text."""
    return "".join(part if isinstance(part, str) else _group(text, match, part) for part in parts)


def _group(text: str, match: Sequence[int], number: int) -> str:
    if 2 * number + 1 >= len(match) or match[2 * number] < 0:
        return ""
    return text[match[2 * number] : match[2 * number + 1]]
