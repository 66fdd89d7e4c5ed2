"""Expands the cases of a policy test: each case is a test with its own changes and expectations.

A case is a mapping of differences, or a list with a value for each of the `columns` of the test. A column
named after a fact sets that fact of the record; expectations refer to any column as `<column>`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import chain

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic, did_you_mean
from policyengine.policy import quantities
from policyengine.source import Span
from policyengine.text.document import Document, Entry, Node, Pointer, Scalar, Sequence
from policyengine.text.document import Mapping as MappingNode
from policyengine.verify import testfile as codes
from policyengine.verify.testfile import Case, CasePart

DAY = "as_of"
_CELL = re.compile(r"<([^<>]+)>")
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Variant:
    """One run of a test: one of its cases, or the test itself.

    One that `renews` has its levels renewed, as the steps of a test have.

    `changes` are the mappings of facts that override those of the record, later ones last; `below` are the
    columns and keys of `with` with facts of what stands in its lists, and their cells.
    """

    name: str
    at: Span
    as_of: date | None
    record: Node | None
    changes: tuple[Node, ...]
    below: tuple[tuple[Scalar, Node], ...]
    expect: tuple[Node, ...]
    exactly: tuple[Node, ...]
    skip: str | None
    todo: str | None
    advance: Node | None = None
    renews: bool = False


Reaches = Callable[[str], bool]
"""Whether a column names a fact of what stands in a list of the record."""


def variants(
    case: Case, place: Pointer, document: Document, facts: Iterable[str], reaches: Reaches
) -> Iterator[Variant | Diagnostic]:
    """The runs of a test in order, and the mistakes in its cases."""
    if not case.cases:
        if case.columns:
            at = document.key_span((*place, "columns"))
            yield codes.CASES.at(at, "`columns` needs `cases`", help="add `cases: [[...], ...]`")
        yield _variant(case, place, document, None, (), (), {}, set(), reaches)
        return
    known = list(facts)
    yield from _columns(case, place, document, known, reaches)
    names: set[str] = set()
    for i, row in enumerate(case.cases):
        pointer = (*place, "cases", i)
        cells = _cells(document, pointer)
        if len(row.cells) != len(case.columns) and not (row.cells == () and not case.columns):
            message = f"this case has {len(row.cells)} of {len(case.columns)} columns"
            help = (
                "write a value for each of the `columns`; without columns, write `{with: {...}, expect: ...}`"
            )
            yield codes.CASES.at(document.key_span(pointer), message, help=help)
            continue
        found = dict(zip(case.columns, cells, strict=True))
        yield from _days(found)
        changed = _changed(case, found, known, document.root.span)
        heads = (document.at((*place, "columns", i)) for i in range(len(case.columns)))
        below = tuple(
            (head, found[head.text])
            for head in heads
            if isinstance(head, Scalar) and head.text not in known and reaches(head.text)
        )
        yield _variant(case, pointer, document, row, changed, below, found, names, reaches)


def _columns(
    case: Case, place: Pointer, document: Document, facts: list[str], reaches: Reaches
) -> Iterator[Diagnostic]:
    """Reports columns without a use, and words in angle brackets that name no column."""
    used: dict[str, Span] = {}
    for key in ("expect", "expect_exactly", "with", "record", "advance"):
        for scalar in _scalars(document.at((*place, key))):
            used.update(dict.fromkeys(_CELL.findall(scalar.text), scalar.span))
    for i, column in enumerate(case.columns):
        if column not in (*facts, DAY, *used) and not reaches(column):
            at = document.value_span((*place, "columns", i))
            help = did_you_mean(column, [*facts, DAY, *used]) or f"expect it somewhere as `<{column}>`"
            message = f"`{column}` is neither a fact of the record nor a name used in `expect`"
            yield codes.CASES.at(at, message, help=help)
    for word, span in used.items() if case.columns else ():
        if word not in case.columns:
            yield codes.CASES.at(span, f"`{word}` is not a column", help=did_you_mean(word, case.columns))


def _days(cells: Mapping[str, Node]) -> Iterator[Diagnostic]:
    cell = cells.get(DAY)
    if cell is not None and _day(cell) is None:
        yield codes.CASES.at(cell.span, "`as_of` is a date such as 2026-01-31")


def _day(cell: Node | None) -> date | None:
    try:
        return quantities.day(cell.text) if isinstance(cell, Scalar) else None
    except ValueError:
        return None


def _cells(document: Document, pointer: Pointer) -> tuple[Node, ...]:
    node = document.at(pointer)
    if isinstance(node, MappingNode) and "cells" in node.entries:
        node = node.entries["cells"].value
    return node.items if isinstance(node, Sequence) else ()


def _changed(case: Case, cells: Mapping[str, Node], facts: list[str], at: Span) -> tuple[Node, ...]:
    entries = {
        name: Entry(Scalar(name, cell.span), cell)
        for name, cell in cells.items()
        if name in facts and name in case.columns
    }
    return (MappingNode(entries, at),) if entries else ()


def _variant(
    case: Case, place: Pointer, document: Document, row: CasePart | None,
    changed: tuple[Node, ...], below: tuple[tuple[Scalar, Node], ...],
    cells: Mapping[str, Node], names: set[str], reaches: Reaches,
) -> Variant:  # fmt: skip
    above = place if row is None else place[:-2]
    own = () if row is None else (place,)

    def nodes(key: str) -> tuple[Node, ...]:
        found = (document.at((*each, key)) for each in (above, *own))
        return tuple(_filled(node, cells) for node in found if node is not None)

    given = [_apart(node, reaches) for node in nodes("with")]
    first, later = given[:1], given[1:]
    return Variant(
        name=case.name if row is None else _named(case, row, document, place, cells, names),
        at=document.value_span((*place, "name")) if row is None else document.key_span(place),
        as_of=_day(cells.get(DAY)) or (row.as_of if row is not None else None) or case.as_of,
        record=next(iter(nodes("record")), None),
        advance=next(iter(nodes("advance")), None),
        changes=(*(own for own, _ in first), *changed, *(own for own, _ in later)),
        below=tuple(chain(*(rows for _, rows in first), below, *(rows for _, rows in later))),
        expect=nodes("expect"), exactly=nodes("expect_exactly"),
        skip=(row.skip if row is not None else None) or case.skip,
        todo=(row.todo if row is not None else None) or case.todo,
    )  # fmt: skip


def _apart(changes: Node, reaches: Reaches) -> tuple[Node, tuple[tuple[Scalar, Node], ...]]:
    """The facts of a `with`, and apart from them those of what stands in lists: `accounts.A-1.fee`."""
    if not isinstance(changes, MappingNode):
        return changes, ()
    below = [name for name in changes.entries if reaches(name)]
    own = {name: entry for name, entry in changes.entries.items() if name not in below}
    rows = tuple(
        (Scalar(name, changes.entries[name].key.span), changes.entries[name].value) for name in below
    )
    return (MappingNode(own, changes.span), rows) if below else (changes, ())


def _named(
    case: Case, row: CasePart, document: Document, place: Pointer, cells: Mapping[str, Node], names: set[str]
) -> str:
    """The name of a run: the test and the differences of the case, with a number where that is ambiguous."""
    changes = document.at((*place, "with"))
    different = {**cells}
    if isinstance(changes, MappingNode):
        different.update({name: entry.value for name, entry in changes.entries.items()})
    said = ", ".join(f"{name} {_brief(cell)}" for name, cell in different.items())
    word = row.name or quantities.shorten(said, _LONGEST) or f"case {int(place[-1]) + 1}"
    name = f"{case.name}: {word}"
    if name in names:
        name += f" ({int(place[-1]) + 1})"
    names.add(name)
    return name


def _brief(cell: Node) -> str:
    if isinstance(cell, Scalar):
        return "nothing" if cell.is_null else cell.text
    return " ".join(cell.span.text.split())


def _filled(node: Node, cells: Mapping[str, Node]) -> Node:
    """A node with `<column>` replaced by cells; a cell keeps its own place."""
    if not cells:
        return node
    if isinstance(node, MappingNode):
        entries = {name: Entry(each.key, _filled(each.value, cells)) for name, each in node.entries.items()}
        return MappingNode(entries, node.span)
    if isinstance(node, Sequence):
        return Sequence(tuple(_filled(item, cells) for item in node.items), node.span)
    whole = _CELL.fullmatch(node.text)
    if whole is not None and whole[1] in cells:
        return cells[whole[1]]
    text = _CELL.sub(lambda found: _brief(cells[found[1]]) if found[1] in cells else found[0], node.text)
    return node if text == node.text else Scalar(text, node.span, node.quoted)


def _scalars(node: Node | None) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)
    elif node is not None:
        for entry in node.entries.values():
            yield from _scalars(entry.value)
