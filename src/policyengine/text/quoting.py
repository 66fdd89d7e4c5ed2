"""Quotes user input in messages."""

from __future__ import annotations


def printable(text: str, limit: int = 60) -> str:
    """The text on one line, shortened to `limit`, with invisible characters written as their code."""
    line = " ".join(text[: limit + 1].split())
    line = "".join(char if char.isprintable() else f"U+{ord(char):04X}" for char in line)
    return line if len(text) <= limit else line[:limit].rstrip() + "..."
