"""The text that replaces a match: `$1` stands for the first group, `$0` for all of it."""

from __future__ import annotations

from collections.abc import Sequence

from policyengine.feel.functions.regex.match import Pattern
from policyengine.feel.values.values import Failed

Part = str | int


def replacement_parts(pattern: Pattern, text: str, *, literal: bool) -> list[Part] | Failed:
    """Texts, and the numbers of the groups between them; `literal` takes every character as it is."""
    if literal:
        return [text]
    parts: list[Part] = []
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


def fill(parts: Sequence[Part], text: str, match: Sequence[int]) -> str:
    """The replacement of one match in a text."""
    return "".join(part if isinstance(part, str) else _group(text, match, part) for part in parts)


def _group(text: str, match: Sequence[int], number: int) -> str:
    if 2 * number + 1 >= len(match) or match[2 * number] < 0:
        return ""
    return text[match[2 * number] : match[2 * number + 1]]
