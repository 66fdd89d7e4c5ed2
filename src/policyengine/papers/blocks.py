"""What a paper is made of: sections of sentences, lists, tables and drawings, as plain data.

A paper says what is written and nothing about how it looks. `Paper.plain` is what every template gets.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, TypeAlias

from policyengine.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text: with the address that it leads to, or as code, strong, in another language."""

    text: str
    href: str | None = None
    code: bool = False
    strong: bool = False
    language: str | None = None


Line: TypeAlias = "str | Run | Sequence[str | Run]"
"""What stands on one line: text, with some of it marked."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences."""

    line: Line


@dataclass(frozen=True, slots=True)
class Items:
    """A list of lines; each may have a place that others lead to."""

    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Heading:
    """A title within a section, and the place that others lead to."""

    title: str
    anchor: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers stand at the right."""

    title: str
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; the first cell says what it is about. `band` is the title of it and those below."""

    cells: Sequence[Line]
    anchor: str | None = None
    band: Heading | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption for those who do not see it."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing as SVG, with a sentence that says what it shows."""

    svg: str
    label: str
    width: int
    height: int


Block: TypeAlias = "Paragraph | Items | Heading | Table | Drawing"


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of a paper; without a title it is what stands before or after the others."""

    id: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Link:
    """Another page, and whether it is this one."""

    title: str
    href: str
    here: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """A letter, a pack or a page; `head` has what stands above it by name, in words."""

    kind: str
    language: str
    title: str
    head: Mapping[str, str]
    sections: Sequence[Section]
    links: Sequence[Link] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """What a template gets: mappings, lists and texts."""
        return {
            "kind": self.kind,
            "language": self.language,
            "title": self.title,
            "head": dict(self.head),
            "links": [{"title": each.title, "href": each.href, "here": each.here} for each in self.links],
            "sections": [
                {"id": each.id, "title": each.title, "blocks": [_block(block) for block in each.blocks]}
                for each in self.sections
            ],
            **self.facts,
        }

    def anchors(self) -> Iterator[str]:
        """The places in it that others can lead to."""
        for section in self.sections:
            yield section.id
            for block in section.blocks:
                if isinstance(block, Heading) and block.anchor is not None:
                    yield block.anchor
                for row in block.rows if isinstance(block, Table) else ():
                    yield from (each for each in (row.anchor, row.band and row.band.anchor) if each)

    def told_apart(self) -> Paper:
        """The same paper in which no place occurs twice: the first one keeps it."""
        seen = {section.id for section in self.sections}

        def once(anchor: str | None) -> str | None:
            if anchor is None or anchor in seen:
                return None
            seen.add(anchor)
            return anchor

        def apart(block: Block) -> Block:
            if isinstance(block, Heading):
                return replace(block, anchor=once(block.anchor))
            if not isinstance(block, Table):
                return block
            rows = []
            for row in block.rows:
                band = row.band and replace(row.band, anchor=once(row.band.anchor))
                rows.append(replace(row, band=band, anchor=once(row.anchor)))
            return replace(block, rows=rows)

        sections = [replace(each, blocks=[apart(block) for block in each.blocks]) for each in self.sections]
        return replace(self, sections=sections)

    def leading_to(self, there: Container[str]) -> Paper:
        """The same paper whose addresses within the pages lead to the nearest place around that is there."""
        sections = [
            replace(each, blocks=[_led(block, there) for block in each.blocks]) for each in self.sections
        ]
        return replace(self, sections=sections)

    def linked(self, links: Sequence[Link]) -> Paper:
        """The same paper, which leads to others."""
        return replace(self, links=links)


def _led(block: Block, there: Container[str]) -> Block:
    match block:
        case Paragraph(line):
            return Paragraph(_led_line(line, there))
        case Items(lines):
            return Items([_led_line(line, there) for line in lines])
        case Table():
            rows = [replace(row, cells=[_led_line(cell, there) for cell in row.cells]) for row in block.rows]
            return replace(block, rows=rows)
    return block


def _led_line(line: Line, there: Container[str]) -> Line:
    parts = [line] if isinstance(line, str | Run) else line
    return [
        replace(part, href=_nearest(part.href, there)) if isinstance(part, Run) and part.href else part
        for part in parts
    ]


def _nearest(href: str, there: Container[str]) -> str:
    page, mark, place = href.partition("#")
    if "://" in page:
        return href
    while mark and f"{page}#{place}" not in there:
        place, slash, _ = place.rpartition("/")
        if not slash:
            return page
    return href if not mark else f"{page}#{place}"


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Paragraph(line):
            return {"kind": "text", "runs": _runs(line)}
        case Items(lines):
            return {"kind": "items", "items": [_runs(line) for line in lines]}
        case Heading(title, anchor):
            return {"kind": "heading", "title": title, "anchor": anchor}
        case Drawing(svg, label, width, height):
            return {"kind": "drawing", "svg": svg, "label": label, "width": width, "height": height}
    return {
        "kind": "table",
        "caption": block.caption,
        "columns": [{"title": each.title, "numeric": each.numeric} for each in block.columns],
        "rows": [
            {
                "cells": [_runs(cell) for cell in row.cells],
                "anchor": row.anchor,
                "band": None if row.band is None else {"title": row.band.title, "anchor": row.band.anchor},
            }
            for row in block.rows
        ],
    }


def _runs(line: Line) -> list[dict[str, Any]]:
    parts = [line] if isinstance(line, str | Run) else line
    return [_run(part if isinstance(part, Run) else Run(part)) for part in parts if part]


def _run(run: Run) -> dict[str, Any]:
    return {
        "text": run.text, "href": run.href, "code": run.code, "strong": run.strong, "language": run.language
    }  # fmt: skip


def text_of(line: Line) -> str:
    """The text of a line alone."""
    parts: Iterable[str | Run] = [line] if isinstance(line, str | Run) else line
    return "".join(part if isinstance(part, str) else part.text for part in parts)


def table(caption: str, columns: Sequence[Column], rows: Sequence[Row]) -> Table:
    """A table without the columns that are empty in every row."""
    kept = [i for i in range(len(columns)) if i == 0 or any(text_of(row.cells[i]) for row in rows)]
    if len(kept) == len(columns):
        return Table(caption, columns, rows)
    return Table(
        caption,
        [columns[i] for i in kept],
        [replace(row, cells=[row.cells[i] for i in kept]) for row in rows],
    )


def section(id: str, title: str, blocks: Iterable[Block]) -> list[Section]:
    """A section of these blocks; none where there is nothing to say."""
    found = list(blocks)
    return [Section(id, title, found)] if found else []
