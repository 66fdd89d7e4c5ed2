"""Finds the texts that the papers say in English, in the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PAPERS = Path(__file__).parents[2] / "src/policyengine/papers"
LISTS = {"Head": (1, 3), "ListColumn": (1,)}
"""What makes the heads of lists, and where the texts stand in it."""
CALLERS = ("say", "_say", "self", "columns")


def english() -> set[str]:
    """Every text that a catalogue has to have: what is said, and what tables of words hold."""
    found = set[str]()
    for path in [
        *PAPERS.glob("*.py"),
        *PAPERS.parent.glob("cli/p*.py"),
        *(PAPERS.parent / "reports" / name for name in ("forecast.py", "forecast_money.py", "due_events.py")),
    ]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _says(node.func) and node.args:
                several = _name(node.func) == "columns"
                found.update(
                    text for each in (node.args if several else node.args[:1]) for text in _texts(each)
                )
            if isinstance(node, ast.Call) and _name(node.func) in LISTS:
                found.update(text for at in LISTS[_name(node.func)] for text in _texts(node.args[at]))
            if isinstance(node, ast.Assign) and any(_is_words(each) for each in node.targets):
                found.update(_values(node.value))
    return found


def _says(function: ast.expr) -> bool:
    return _name(function) in CALLERS


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else str(getattr(function, "id", ""))


def _is_words(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id.startswith(("_OF_", "_UNITS", "_WORDS"))


def _values(node: ast.expr) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Dict):
            for value in each.values:
                yield from _texts(value)


def _texts(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(str(text)):
            yield text
        case ast.IfExp(_, body, other):
            yield from (*_texts(body), *_texts(other))
        case ast.Tuple(items):
            for item in items:
                yield from _texts(item)
