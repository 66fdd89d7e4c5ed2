"""The rows of a table as they are written: tests and what they give, by name, as lists, or by keys."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from policyengine.dataclass import dataclass
from policyengine.decision.wording import plural
from policyengine.diagnostics import Code
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, Open
from policyengine.feel.types.types import Type
from policyengine.kinds.table.axis import Test
from policyengine.kinds.table.inputs import Input, InputPart
from policyengine.kinds.table.outputs import Given, read_given
from policyengine.kinds.table.proof import GOOD, TableRow
from policyengine.policy.base import RESULT, FactName, Many, NameOf, Sourced, ValueOf, Written, field, short
from policyengine.policy.bounds import Bounds
from policyengine.policy.condition import TEST_SCHEMA, typed, value_test
from policyengine.policy.form import unknown_key
from policyengine.policy.form_advice import not_cut_off
from policyengine.source import Span
from policyengine.text import literal_guesses
from policyengine.text.document import Mapping, Pointer, Scalar
from policyengine.text.document import Sequence as SequenceNode

if TYPE_CHECKING:
    from policyengine.policy.draft import Draft

WRONG_ROW = Code(
    id="TABLE007",
    title="a row that does not fit the inputs and outputs of its table",
    why="A row says a test for inputs of the table, and a value for every output. Written as a list it has "
    "one value for each of them, in their order.",
    bad=GOOD.replace("{when: {competence_rating: [neutral, negative]}, then: 25.00}", "[negative, 25.00]"),
    good=GOOD.replace(
        "{when: {competence_rating: [neutral, negative]}, then: 25.00}",
        "[[neutral, negative], -, 25.00]",
    ),
)
CODES = (WRONG_ROW,)

Cell = Annotated[object, Written(schema=TEST_SCHEMA)]
_SCALARS: dict[str, Any] = {"type": ["string", "number", "boolean", "array"]}


class RowPart(Sourced):
    """A row: what it tests and what it gives."""

    when: dict[Annotated[FactName, NameOf("input")], Cell] = field(
        default_factory=dict, description="`input: test`, all of which must hold; left out or `-`: any value"
    )
    then: Given | None = field(
        default=None, description="what it gives: a value or an expression; of each output"
    )
    cells: Annotated[Many[Cell], ValueOf("inputs", RESULT, expression=True)] = field(
        default=(), description="instead of both: a test for each input, a value for each output"
    )


RowSpec = Annotated[
    RowPart,
    short(
        "cells",
        {"items": _SCALARS, "description": "a test for each input, a value for each output"},
        many=True,
    ),
]


def _entries(value: object) -> object:
    if isinstance(value, (dict, list)) and value:
        return value
    raise ValueError("entries are a mapping or a list of lists")


Entries = Annotated[
    object,
    Written(
        _entries,
        {
            "type": ["object", "array"],
            "description": "for each key what it gives; with several keys, one within the other, or lists",
            "items": {"type": "array", "items": _SCALARS},
        },
    ),
    ValueOf("keys", RESULT, expression=True),
]


@dataclass(frozen=True, slots=True)
class Outputs:
    """What rows give: the types by name; a single output has the name "", and a count of rows has none."""

    types: dict[str, Type]
    bounds: dict[str, Bounds]

    def places(self, then: Pointer) -> dict[str, Pointer]:
        """Where each value stands, below `then`."""
        return {name: (*then, name) if name else then for name in self.types}


# Check


def check_rows(draft: Draft, rows: Sequence[RowPart], inputs: Sequence[InputPart], outputs: Outputs) -> None:
    """Report tests of what is no input, and rows that do not give every output."""
    ids = [part.id for part in inputs]
    for i, row in enumerate(rows):
        place: Pointer = ("rows", i)
        if row.cells:
            _check_listed(draft, row, place, len(ids), len(outputs.types))
            continue
        unknown: list[Pointer] = [(*place, "when", key) for key in row.when if key not in ids]
        for pointer in not_cut_off(draft.document, unknown):
            draft.report.add(unknown_key(draft.document, pointer, ids))
        check_given(draft, (*place, "then"), outputs, f"row {i + 1}", row.then is not None)


def _check_listed(draft: Draft, row: RowPart, place: Pointer, inputs: int, outputs: int) -> None:
    at = draft.key_span(*place)
    if row.when or row.then is not None:
        draft.error(WRONG_ROW, at, "a row has `cells`, or `when` and `then`", "keep one of both")
    elif len(row.cells) != inputs + outputs:
        message = (
            f"this row has {plural(len(row.cells), 'value')}, "
            f"and the table {plural(inputs, 'input')} and {plural(outputs, 'output')}"
        )
        help = _decimal_comma(draft, place) or "write `-` for an input that may have any value"
        draft.error(WRONG_ROW, at, message, help)


def _decimal_comma(draft: Draft, place: Pointer) -> str | None:
    """The help for a number with a comma, which makes two values of it."""
    node = draft.document.at(place)
    node = node.entries["cells"].value if isinstance(node, Mapping) and "cells" in node.entries else node
    cells = node.items if isinstance(node, SequenceNode) else ()
    for one, other in itertools.pairwise(cells):
        written = f"{one.span.text},{other.span.text}"
        plain = literal_guesses.number(written) if one.span.end + 1 == other.span.start else None
        if plain is not None:
            return f"write `{plain}` for `{written}`"
    return None


def check_given(draft: Draft, place: Pointer, outputs: Outputs, who: str, given: bool) -> None:
    """Report outputs that are not given, and what is given for none."""
    if not outputs.types:
        if given:
            draft.error(WRONG_ROW, draft.key_span(*place), f"{who} is only counted", "remove `then`")
    elif not given:
        draft.error(WRONG_ROW, draft.key_span(*place), f"{who} has no result", "add `then: ...`")
    elif "" not in outputs.types:
        node = draft.document.at(place)
        found = node.entries if isinstance(node, Mapping) else {}
        lacking = [name for name in outputs.types if name not in found]
        for name in found:
            if name not in outputs.types:
                draft.report.add(unknown_key(draft.document, (*place, name), list(outputs.types)))
        if lacking and not set(found) - set(outputs.types):
            words = ", ".join(f"`{name}: ...`" for name in lacking)
            draft.error(WRONG_ROW, draft.span(*place), f"{who} does not give every output", f"add {words}")


# Rows


def read_rows(
    draft: Draft, title: str, rows: Sequence[RowPart], inputs: Sequence[Input], outputs: Outputs
) -> tuple[TableRow, ...]:
    """The rows with their tests and values as expressions."""
    return tuple(_row(draft, title, row, i, inputs, outputs) for i, row in enumerate(rows))


def _row(
    draft: Draft, title: str, row: RowPart, i: int, inputs: Sequence[Input], outputs: Outputs
) -> TableRow:
    place: Pointer = ("rows", i)
    short = isinstance(draft.document.at(place), SequenceNode)
    cells: Pointer = place if short else (*place, "cells")
    tests: list[Pointer] = [(*place, "when", each.id) for each in inputs]
    values = outputs.places((*place, "then"))
    if row.cells:
        tests = [(*cells, k) for k in range(len(inputs))]
        values = {name: (*cells, len(inputs) + k) for k, name in enumerate(outputs.types)}
    return TableRow(
        _heading(draft, f"row {i + 1} of {title}", title, place),
        draft.key_span(*place),
        draft.span(*place),
        tuple(_test(draft, pointer, each) for pointer, each in zip(tests, inputs, strict=True)),
        tuple(draft.span(*pointer) for pointer in tests),
        given_values(draft, values, outputs, i + 1),
    )


def _heading(draft: Draft, heading: str, title: str, place: Pointer) -> str:
    basis = draft.origin(draft.policy.id, title, *place).basis
    return f"{heading}, assumed" if basis == "assumed" else heading


def _test(draft: Draft, pointer: Pointer, of: Input) -> Test:
    node = draft.document.at(pointer)
    if node is None or (isinstance(node, Scalar) and node.text.strip() == "-"):
        return None
    if isinstance(node, Scalar) and node.is_null:
        help = "write `-` where every value passes"
        draft.error(WRONG_ROW, draft.key_span(*pointer), f"the test of `{of.id}` has no value", help)
        return None
    return value_test(draft, pointer, build.name(of.subject.name, draft.key_span(*pointer)), of.kind)


def given_values(
    draft: Draft, places: dict[str, Pointer], outputs: Outputs, number: int
) -> tuple[Expression, ...]:
    """What a row gives; an expression becomes a node that is named after the row."""
    return tuple(
        read_given(
            draft,
            place,
            outputs.types[name],
            f"{draft.policy.id}/rows/{number}/{name or 'then'}",
            outputs.bounds[name],
        )
        for name, place in places.items()
    )


# Entries of a lookup


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry: the texts of its keys, and where its values stand."""

    keys: tuple[Scalar, ...]
    at: Span
    values: dict[str, Pointer]


def entry_rows(draft: Draft, title: str, inputs: Sequence[Input], outputs: Outputs) -> tuple[TableRow, ...]:
    """The entries of a lookup as rows that test every key for a value."""
    found = list(_entries_at(draft, ("entries",), (), inputs, outputs))
    return tuple(
        TableRow(
            title,
            entry.at,
            entry.at,
            tuple(_equals(draft, key, each) for key, each in zip(entry.keys, inputs, strict=True)),
            tuple(key.span for key in entry.keys),
            given_values(draft, entry.values, outputs, i + 1),
        )
        for i, entry in enumerate(found)
    )


def _equals(draft: Draft, key: Scalar, of: Input) -> Expression:
    value = typed(draft, key, key.text, of.kind)
    if value is None:
        return Open("the key has a mistake", key.span)
    return build.equals(build.name(of.subject.name, key.span), build.literal(value, key.span), key.span)


def key_test(draft: Draft, pointer: Pointer, of: Input) -> Expression:
    """The test that an input is the key at a pointer."""
    outer = draft.document.at(pointer[:-1])
    assert isinstance(outer, Mapping)
    return _equals(draft, outer.entries[str(pointer[-1])].key, of)


def _entries_at(
    draft: Draft, pointer: Pointer, keys: tuple[Scalar, ...], inputs: Sequence[Input], outputs: Outputs
) -> Iterator[_Entry]:
    node = draft.document.at(pointer)
    if len(keys) == len(inputs):
        check_given(draft, pointer, outputs, "this entry", given=True)
        yield _Entry(keys, draft.key_span(*pointer), outputs.places(pointer))
    elif isinstance(node, Mapping):
        for word, entry in node.entries.items():
            yield from _entries_at(draft, (*pointer, word), (*keys, entry.key), inputs, outputs)
    elif isinstance(node, SequenceNode) and not keys:
        for i in range(len(node.items)):
            yield from _listed_entry(draft, (*pointer, i), inputs, outputs)
    else:
        wanted = inputs[len(keys)].id
        message = f"a mapping from `{wanted}` is wanted here"
        draft.error(WRONG_ROW, draft.span(*pointer), message, f"say what each value of `{wanted}` gives")


def _listed_entry(
    draft: Draft, pointer: Pointer, inputs: Sequence[Input], outputs: Outputs
) -> Iterator[_Entry]:
    node = draft.document.at(pointer)
    items = node.items if isinstance(node, SequenceNode) else ()
    keys = tuple(item for item in items[: len(inputs)] if isinstance(item, Scalar))
    if len(items) != len(inputs) + len(outputs.types) or len(keys) != len(inputs):
        names = [*(each.id for each in inputs), *(name or "result" for name in outputs.types)]
        draft.error(WRONG_ROW, draft.key_span(*pointer), f"an entry is a list of {', '.join(names)}")
        return
    values: dict[str, Pointer] = {name: (*pointer, len(inputs) + k) for k, name in enumerate(outputs.types)}
    yield _Entry(keys, draft.key_span(*pointer), values)
