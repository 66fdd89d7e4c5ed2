"""Lines of NDJSON typed as whole columns, where each is written in the plainest way.

A reader of JSON in columns takes a block of lines at once, and keeps the digits of numbers. What it refuses,
or might read in a way of its own, is odd, which is no verdict: the reader of records has the word on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import json as arrow_json

from policyengine.batch.documents import BLANKS, ndjson_record
from policyengine.batch.lines import Bytes, bytes_of, line_of
from policyengine.batch.raw import Raw
from policyengine.batch.typed_columns import plain_key
from policyengine.dataclass import dataclass
from policyengine.policy.entity import Entity
from policyengine.policy.facts import Fact
from policyengine.policy.scalars import ANY_TEXT, FREE, Storage
from policyengine.policy.vocabulary import Vocabulary

_SCALE = 10
_AMOUNT = pa.decimal128(38, _SCALE)
_TYPES: Mapping[Storage, Any] = {
    "text": pa.string(), "date": pa.string(), "boolean": pa.bool_(), "whole": pa.int64(), "exact": _AMOUNT,
}  # fmt: skip
_PIECES = 16
_FEW = 4
_MOST_BYTES = 64 * 1024 * 1024
_BRACKETS = 1_000
_LOOK_ALIKE = bytes.maketrans(b"123456789E", b"000000000e")
_LONG = b"0" * 29
"""Whole digits that 128 bits with ten more after the point do not hold; the reader does not see that."""
_POWER = re.compile(rb":[ \t\r]*-?[0-9.]+[eE]")
_NO_NUMBER = re.compile(rb"[:,[][ \t\r]*-?(?:NaN|Inf)")
_ESCAPED_KEY = re.compile(rb'\\[^"]*"[ \t\r]*:')
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_BLANK = BLANKS.encode()


@dataclass(frozen=True, slots=True)
class Form:
    """What plain lines of a program are: their columns, and the marks of lines that are not plain.

    `skipped` are keys of the record that are not read.
    """

    schema: Any
    marks: tuple[re.Pattern[bytes], ...]
    skipped: frozenset[str]


def form_of(vocabulary: Vocabulary, ignored: Iterable[str]) -> Form | None:
    """The plain form of the records of a program; None where a key would not be the text that it is."""
    entities = vocabulary.entities.values()
    if any(each.key is not None and not plain_key(each.facts[each.key]) for each in entities):
        return None
    skipped = frozenset(ignored)
    fields = _fields(vocabulary, vocabulary.root)
    numbers = _names(vocabulary, "number")
    amounts = _names(vocabulary, "money", "rate") - numbers
    marks = []
    if numbers:
        marks.append(re.compile(rb'"(?:%b)"[ \t\r]*:[ \t\r]*"' % _any(numbers)))
    if amounts:
        plain = rb'-?[0-9]{1,15}(?:\.[0-9]{1,10})?"'
        marks.append(re.compile(rb'"(?:%b)"[ \t\r]*:[ \t\r]*"(?!%b)' % (_any(amounts), plain)))
    pointed = _pointed(vocabulary)
    if pointed:
        number = rb'"?[+-]?[1-9][0-9]{0,2}\.[0-9]{3}[^0-9]'
        marks.append(re.compile(rb'"(?:%b)"[ \t\r]*:[ \t\r]*%b' % (_any(pointed), number)))
    return Form(pa.schema([each for each in fields if each.name not in skipped]), tuple(marks), skipped)


def _names(vocabulary: Vocabulary, *scalars: str) -> frozenset[str]:
    facts = [pair for entity in vocabulary.entities.values() for pair in entity.facts.items()]
    return frozenset(name for name, fact in facts if fact.scalar in scalars)


def _pointed(vocabulary: Vocabulary) -> frozenset[str]:
    """The facts of which `1.250` can be read two ways."""
    facts = [pair for entity in vocabulary.entities.values() for pair in entity.facts.items()]
    return frozenset(
        name for name, fact in facts
        if fact.single.storage == "exact" and fact.single.read is not FREE[fact.scalar].read
    )  # fmt: skip


def _any(names: Iterable[str]) -> bytes:
    return b"|".join(re.escape(name.encode()) for name in sorted(names))


def _fields(vocabulary: Vocabulary, entity: str) -> list[Any]:
    facts = vocabulary.entities[entity].facts.items()
    found = [pa.field(name, kind) for name, fact in facts if (kind := _type(fact)) is not None]
    for child, below in vocabulary.children(entity):
        found.append(pa.field(str(below.list), pa.list_(pa.struct(_fields(vocabulary, child)))))
    return found


def _type(fact: Fact) -> Any:
    """The type of a column as it is read; None for what is not a column in a plain line."""
    if not fact.is_given:
        return None
    if not fact.is_list:
        return _TYPES[fact.single.storage]
    return pa.list_(pa.string()) if fact.single.plain == ANY_TEXT else None


@dataclass(frozen=True)
class JsonChunk:
    """Records of one NDJSON file, one after the other."""

    file: str
    lines: Sequence[Bytes]
    form: Form
    vocabulary: Vocabulary

    @property
    def count(self) -> int:
        """How many records there are."""
        return len(self.lines)

    def place(self, at: int) -> tuple[str, int]:
        """The file and line of a record."""
        return self.file, self.lines[at].number

    def raws(self, places: Sequence[int]) -> Iterator[tuple[int, Raw]]:
        """The records at some places, raw."""
        for at in places:
            raw = ndjson_record(line_of(self.lines[at]), self.file, self.form.skipped)
            assert raw is not None
            yield at, raw

    def given(self, entity: Entity) -> tuple[dict[str, Any], Any]:
        """Its columns as they were read, and which records are not plain."""
        table, odd = self._table
        return {name: _single(table.column(name)) for name in table.column_names}, odd

    @cached_property
    def _table(self) -> tuple[Any, Any]:
        """The columns as read, nulls for lines that are not plain; and which these are (None: none)."""
        odd = _marked(self.lines, self.form)
        at = [i for i in range(len(self.lines)) if not odd[i]]
        tables: list[Any] = []
        _read([self.lines[i].data for i in at], at, self.form, tables, odd)
        whole = pa.concat_tables(tables) if tables else self.form.schema.empty_table()
        whole = whole.combine_chunks()
        if not any(odd):
            return whole, None
        rows, numbers = iter(range(whole.num_rows)), []
        for strange in odd:
            numbers.append(None if strange else next(rows))
        return whole.take(pa.array(numbers, pa.int64())), pa.array(odd)


def json_chunks(path: Path, vocabulary: Vocabulary, form: Form, size: int) -> Iterator[tuple[int, JsonChunk]]:
    """The records of an NDJSON file, so many at a time, each with how many bytes of it are read with them."""
    with path.open("rb") as stream:
        held: list[Bytes] = []
        bytes_held = 0
        for line in bytes_of(stream, str(path)):
            if not line.too_long and not line.data.strip(_BLANK):
                continue
            held.append(line)
            bytes_held += len(line.data)
            if len(held) >= size or bytes_held >= _MOST_BYTES:
                yield stream.tell(), JsonChunk(str(path), held, form, vocabulary)
                held, bytes_held = [], 0
        if held:
            yield stream.tell(), JsonChunk(str(path), held, form, vocabulary)


# Which lines are plain


def _marked(lines: Sequence[Bytes], form: Form) -> list[bool]:
    """Which lines are not plain at first sight; the others are one object each, or nothing that is read."""
    texts = [line.data.strip(_BLANK) for line in lines]
    odd = [not (each.startswith(b"{") and each.endswith(b"}")) for each in texts]
    whole = b"\n".join(texts)
    for strange in _strange(whole, form):
        odd = [was or bool(strange(each)) for was, each in zip(odd, texts, strict=True)]
    return odd


def _strange(whole: bytes, form: Form) -> Iterator[Callable[[bytes], object]]:
    """The tests that find something, of all that may find something in a line that is not plain."""
    tests: list[Callable[[bytes], object]] = [_undecodable, *(mark.search for mark in form.marks)]
    alike = whole.translate(_LOOK_ALIKE)
    if _LONG in alike:
        tests.append(_long)
    if b"0e" in alike:
        tests.append(_POWER.search)
    if b"\\" in whole:
        tests += [_ESCAPED_KEY.search, _SURROGATE.search]
    if form.skipped:  # what is not read may be anything that is JSON
        tests += [_NO_NUMBER.search, _nested]
    for test in tests:
        if test(whole):
            yield test


def _undecodable(text: bytes) -> bool:
    if b"\0" in text:
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return True
    return False


def _long(text: bytes) -> bool:
    return _LONG in text.translate(_LOOK_ALIKE)


def _nested(text: bytes) -> bool:
    """Whether lists and objects could be within each other more deeply than is good for the reader."""
    return text.count(b"[") + text.count(b"{") > _BRACKETS


# Lines read


def _read(lines: Sequence[bytes], at: Sequence[int], form: Form, tables: list[Any], odd: list[bool]) -> int:
    """Read lines, piece by piece where not all can be read; those that cannot become odd. How many can."""
    if not lines:
        return 0
    found = _table(lines, form)
    if found is not None:
        tables.append(found)
        return len(lines)
    good = 0
    if len(lines) > _FEW:
        step = max(_FEW, -(-len(lines) // _PIECES))
        pieces: list[Any] = []
        for start in range(0, len(lines), step):
            part = slice(start, start + step)
            good += _read(lines[part], at[part], form, pieces, odd)
        tables += pieces
    else:
        for i in at:
            odd[i] = True
    return good


def _table(lines: Sequence[bytes], form: Form) -> Any:
    """The columns of some lines; None where one of them is not plain."""
    block = b"".join(lines) if lines[-1].endswith(b"\n") else b"".join([*lines, b"\n"])
    try:
        table = arrow_json.read_json(
            pa.BufferReader(block),
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(block) + 1),
            parse_options=arrow_json.ParseOptions(
                explicit_schema=form.schema,
                unexpected_field_behavior="infer" if form.skipped else "error",
            ),
        )
    except (pa.ArrowException, ValueError):
        return None
    # As many as lines: each of them starts with a brace and ends with one, so none is a part of a value.
    if table.num_rows != len(lines):
        return None
    if form.skipped:
        table = table.drop_columns([name for name in table.column_names if name in form.skipped])
    return table if table.schema.equals(form.schema) else None


def _single(column: Any) -> Any:
    return column.chunk(0) if column.num_chunks else pa.nulls(0, column.type)
