"""Pages about mistakes and schemas: for the terminal and, as Markdown, for the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from textwrap import indent
from typing import Any

from policyengine.diagnostics import Code
from policyengine.render.style import painter
from policyengine.render.width import wrap

_COLUMNS = 80


def code_page(code: Code, *, color: bool = False) -> str:
    """What a code means: its title, why the rule is there, a text that breaks it and one that keeps it."""
    paint = painter(color)
    parts = [f"{paint(f'{code.severity}[{code.id}]', str(code.severity))}: {paint(code.title, 'strong')}"]
    parts.extend("\n".join(wrap(paragraph, _COLUMNS)) for paragraph in code.why.split("\n\n"))
    for heading, example in (("Instead of", code.bad), ("write", code.good)):
        if example.strip():
            shown = indent(example.strip("\n"), "    ")
            parts.append(f"{paint(heading, 'strong')}\n\n{shown}")
    return "\n\n".join(parts)


def code_list(codes: Iterable[Code]) -> str:
    """One line a code: id, severity, title."""
    return "\n".join(f"{code.id:<9} {code.severity:<8} {code.title}" for code in codes)


def codes_markdown(codes: Iterable[Code]) -> str:
    """All codes as a page of the documentation."""
    lines = ["# Mistakes", "", _CODES_INTRODUCTION, ""]
    for code in codes:
        lines.extend(_code_markdown(code))
    return "\n".join(lines).rstrip() + "\n"


_CODES_INTRODUCTION = (
    "Every mistake that `policyengine check` or `policyengine evaluate` can find has a code. "
    "`policyengine code TIER002` shows the same page in the terminal."
)


def _code_markdown(code: Code) -> Iterator[str]:
    yield from (f"## {code.id}: {code.title}", "", f"*{code.severity}*", "", code.why.strip(), "")
    for heading, example in (("Instead of", code.bad), ("write", code.good)):
        if example.strip():
            yield from (f"{heading}", "", "```yaml", example.strip("\n"), "```", "")


def schemas_markdown(schemas: Mapping[str, Mapping[str, Any]]) -> str:
    """The JSON Schemas as a page of the documentation: each with its keys."""
    lines = ["# JSON Schemas", "", _SCHEMAS_INTRODUCTION, ""]
    for name, schema in schemas.items():
        lines.extend(_schema_markdown(name, schema))
    return "\n".join(lines).rstrip() + "\n"


_SCHEMAS_INTRODUCTION = (
    "An editor that reads the first line of a policy file completes its keys and marks mistakes while you "
    "type. `policyengine schema NAME` prints one of these, `policyengine schema --write DIR` writes them all."
)


def _schema_markdown(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"## {name}", "")
    if about := schema.get("description") or schema.get("title"):
        yield from (str(about), "")
    properties = schema.get("properties", {})
    if properties:
        required = set(schema.get("required", ()))
        yield from ("| key | needed | meaning |", "|---|---|---|")
        for key, value in properties.items():
            about = value.get("description", "") if isinstance(value, Mapping) else ""
            yield f"| `{key}` | {'yes' if key in required else ''} | {_cell(about)} |"
        yield ""


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")
