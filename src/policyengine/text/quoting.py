"""User input inside a sentence."""

from __future__ import annotations


def printable(text: str, limit: int = 60) -> str:
    """A text as it can stand in a message: on one line, not too long, nothing invisible."""
    line = " ".join(text[: limit + 1].split())
    line = "".join(char if char.isprintable() else f"U+{ord(char):04X}" for char in line)
    return line if len(text) <= limit else line[:limit].rstrip() + "..."
