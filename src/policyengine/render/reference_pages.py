"""Reference pages on diagnostics and schemas, for the terminal and for the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from textwrap import indent
from typing import Any

from policyengine.diagnostics import Code
from policyengine.render.style import painter, wrap

_COLUMNS = 80


def code_page(code: Code, *, color: bool = False) -> str:
    """The page of a code: its title, the reason for the rule, a bad and a good example."""
    paint = painter(color)
    parts = [f"{paint(f'{code.severity}[{code.id}]', str(code.severity))}: {paint(code.title, 'strong')}"]
    parts.extend("\n".join(wrap(paragraph, _COLUMNS)) for paragraph in code.why.split("\n\n"))
    for heading, example in (("Instead of", code.bad), ("write", code.good)):
        if example.strip():
            shown = indent(example.strip("\n"), "    ")
            parts.append(f"{paint(heading, 'strong')}\n\n{shown}")
    return "\n\n".join(parts)


def code_list(codes: Iterable[Code]) -> str:
    """One line for each code: id, severity, title."""
    return "\n".join(f"{code.id:<9} {code.severity:<8} {code.title}" for code in codes)


def codes_markdown(codes: Iterable[Code]) -> str:
    """The reference of all codes in Markdown."""
    found = tuple(codes)
    lines = ["# Mistakes", "", _CODES_INTRODUCTION, "", "| code | | |", "|---|---|---|"]
    lines.extend(
        f"| [{code.id}](#{code.id.lower()}) | {code.severity} | {_cell(code.title)} |" for code in found
    )
    for code in found:
        lines.extend(("", *_code_markdown(code)))
    return "\n".join(lines).rstrip() + "\n"


_CODES_INTRODUCTION = (
    "Every mistake that the commands can find in policies, records and tests has a code. "
    "`policyengine code TIER002` shows the same text in the terminal."
)


def _code_markdown(code: Code) -> Iterator[str]:
    yield from (f"## {code.id}", "", f"**{code.title}** ({code.severity})", "", code.why.strip())
    for heading, example in (("Instead of", code.bad), ("write", code.good)):
        if example.strip():
            yield from ("", heading, "", "```yaml", example.strip("\n"), "```")


def schemas_markdown(schemas: Mapping[str, Mapping[str, Any]]) -> str:
    """The reference of the JSON Schemas in Markdown: the keys of each schema and of its parts."""
    lines = ["# JSON Schemas", "", _SCHEMAS_INTRODUCTION]
    shown: dict[str, object] = {}
    for name, schema in schemas.items():
        lines.extend(("", f"## {name}", *_keys_markdown(schema)))
        for part, definition in sorted(schema.get("$defs", {}).items()):
            if definition.get("properties") and shown.get(part) != definition:
                shown[part] = definition
                lines.extend(("", f"### {part}", *_keys_markdown(definition)))
    return "\n".join(lines) + "\n"


_SCHEMAS_INTRODUCTION = (
    "An editor that reads the first line of a policy file completes its keys and marks mistakes while you "
    "type. `policyengine schema NAME` prints one of these, `policyengine schema --write DIR` writes them all."
    "\n\nBelow each stand the parts that it consists of; what an earlier one has is not repeated."
)


def _keys_markdown(schema: Mapping[str, Any]) -> Iterator[str]:
    if about := schema.get("description") or schema.get("title"):
        yield from ("", str(about))
    properties = schema.get("properties", {})
    if properties:
        required = set(schema.get("required", ()))
        yield from ("", "| key | needed | meaning |", "|---|---|---|")
        for key, value in properties.items():
            yield f"| `{key}` | {'yes' if key in required else ''} | {_cell(_meaning(value))} |"


def _meaning(schema: object) -> str:
    """The description of a key; without one, its parts or values."""
    if not isinstance(schema, Mapping):
        return ""
    if "description" in schema:
        return str(schema["description"])
    if "$ref" in schema:
        return _part(schema["$ref"])
    if "$ref" in schema.get("items", {}):
        return f"a list of {_part(schema['items']['$ref'])}"
    return f"`{schema['const']}`" if "const" in schema else ""


def _part(reference: str) -> str:
    return f"`{reference.rsplit('/', 1)[-1]}`"


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")
