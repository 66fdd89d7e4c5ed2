"""A paper as plain text, for terminals and mails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policyengine.render.listings import table_lines
from policyengine.render.style import Paint, clean, wrap

_WIDEST = 100


def paper_text(paper: Mapping[str, Any], columns: int, paint: Paint) -> str:
    """The paper as lines of at most `columns`, without a final line end."""
    room = max(60, min(columns, _WIDEST))
    head = paper["head"]
    lines = [paint(clean(_plain(paper["title"])), "strong"), clean(head["day"]) if "day" in head else ""]
    parts = ["\n".join(filter(None, lines))]
    for section in paper["sections"]:
        title = [paint(clean(_plain(section["title"])), "strong")] if section["title"] else []
        parts.append("\n".join([*title, *_blocks(section["blocks"], room, paint)]))
    return "\n\n".join(parts)


def _blocks(blocks: Sequence[Mapping[str, Any]], room: int, paint: Paint) -> Iterator[str]:
    for block in blocks:
        kind = block["kind"]
        if kind == "text":
            yield from wrap(_text(block["runs"]), room)
        elif kind == "items":
            for runs in block["items"]:
                first, *rest = wrap(_text(runs), room - 4)
                yield from (f"  - {first}", *(f"    {line}" for line in rest))
        elif kind == "heading":
            yield from ("", clean(_plain(block["title"])))
        elif kind == "table":
            yield from _table(block, room, paint)
        else:
            yield from wrap(f"[{block['label']}]", room)


def _table(block: Mapping[str, Any], room: int, paint: Paint) -> Iterator[str]:
    rows = [[clean(_text(cell)) for cell in row["cells"]] for row in block["rows"]]
    columns = [
        (each["title"], "exact" if each["numeric"] else "text", [row[i] for row in rows])
        for i, each in enumerate(block["columns"])
    ]
    said = [each for each in columns if any(each[2])]
    bands = {i: clean(row["band"]["title"]) for i, row in enumerate(block["rows"]) if row["band"]}
    yield from table_lines(said, room - 2, paint, bands)


def _text(runs: Sequence[Mapping[str, Any]]) -> str:
    return _plain("".join(run["text"] for run in runs))


def _plain(text: str) -> str:
    """The text without the marks around names, which terminals and mails show as boxes."""
    return text.replace("\u2068", "").replace("\u2069", "")
