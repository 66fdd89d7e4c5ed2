"""CSV and NDJSON out: tables of Arrow as lines of text, in which each value is written only once.

Many findings differ in nothing but their record. So a line is put together of two parts, the record and the
rest, and every rest that is there is written once.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa
from pyarrow import compute as pc

from policyengine.batch.combined import combined
from policyengine.dataclass import dataclass
from policyengine.engine.arrow import to_series
from policyengine.engine.layout import DIGITS, Column, ColumnKind, number_text

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?%?")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_PART = 32_768
"""So many lines are held as bytes at once."""
_RECORD = 2
"""The first columns, its number and its key, are about the record alone."""
_BARE = "^[A-Za-z0-9][A-Za-z0-9 _./:-]*$"
_UNESCAPED = r'^[^"\\\x00-\x1f]*$'
Word = Callable[[object], str]
Codes = tuple[pl.Series, Any]


@dataclass(frozen=True, slots=True)
class Cells:
    """How the values of a column are written: a text by `word` or, where it matches `bare`, as it is between
    `before` and `after`; a number with at least so many `digits` after its point between the two; `none` is
    what stands for no value.
    """

    word: Word
    bare: str
    before: str
    after: str
    none: str
    digits: int


@dataclass(frozen=True, slots=True)
class Lines:
    """What a line has before its first cell, between two of them and at its end; and the line before all."""

    cells: Sequence[Cells]
    start: str
    between: str
    end: str
    head: str = ""


def csv_lines(columns: Sequence[Column], digits: int) -> Lines:
    """Lines of a CSV file: separated by commas, quoted where they have to be; what is not there is empty."""
    shows: dict[ColumnKind, Callable[[Any], str]] = {
        "text": harmless, "texts": lambda value: harmless("; ".join(value)), "count": str,
        "date": date.isoformat,
    }  # fmt: skip
    cells = []
    for column in columns:
        least = _least(column, digits)
        word = shows.get(column.kind, partial(number_text, digits=least))
        cells.append(Cells(_quoted(word), _BARE, "", "", "", least))
    return Lines(cells, "", ",", "\n", ",".join(map(_quoted(str), (each.name for each in columns))) + "\n")


def json_lines(columns: Sequence[Column], digits: int) -> Lines:
    """Lines of NDJSON: every key is there, exact numbers are texts, dates ISO 8601."""
    cells = []
    for column in columns:
        least = _least(column, digits)
        name = f"{json.dumps(column.name, ensure_ascii=False)}: "
        quote = "" if column.kind == "count" else '"'
        word = partial(_json_word, name, least)
        cells.append(Cells(word, _UNESCAPED, f"{name}{quote}", quote, f"{name}null", least))
    return Lines(cells, "{", ", ", "}\n")


def _least(column: Column, digits: int) -> int:
    """How many digits an exact number shows at least: a rate 0.20, an amount those of its currency."""
    return 2 if column.name.endswith("rate") else digits


def _json_word(name: str, digits: int, value: Any) -> str:
    if isinstance(value, Decimal):
        value = number_text(value, digits)
    return name + _encode(value.isoformat() if isinstance(value, date) else value)


_encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe comes before what looks like one."""
    if text.startswith(_DANGEROUS) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


class TextWriter:
    """Writes tables as lines of text to a stream; the same rows give the same bytes."""

    def __init__(self, stream: BinaryIO, lines: Lines) -> None:
        self._stream = stream
        self._lines = lines
        stream.write(lines.head.encode(errors="backslashreplace"))

    def write(self, table: Any) -> None:
        """Some rows."""
        for part in lines_of(table, self._lines):
            self._stream.write(part)

    def finish(self) -> None:
        """Nothing is left to write."""

    def drop(self) -> None:
        """Nothing is held."""


def lines_of(table: Any, lines: Lines) -> Iterator[bytes]:
    """The rows of a table, many lines at a time."""
    if not table.num_rows:
        return
    whole = table.unify_dictionaries().combine_chunks()
    coded = [_coded(column.chunk(0), cells) for column, cells in zip(whole.columns, lines.cells, strict=True)]
    if 2 * len(coded[0][1]) > table.num_rows:
        yield b"".join(_texts(coded, None, lines.start, lines.end, lines))
        return
    record, rest = coded[:_RECORD], coded[_RECORD:]
    heads, whose = _written(record, lines.start, lines.between, lines)
    tails, which = _written(rest, "", lines.end, lines)
    for at in range(0, table.num_rows, _PART):
        first = [heads[i] for i in whose[at : at + _PART].to_list()]
        parts = [b""] * (2 * len(first))
        parts[::2], parts[1::2] = first, [tails[i] for i in which[at : at + _PART].to_list()]
        yield b"".join(parts)


def _written(coded: Sequence[Codes], start: str, end: str, lines: Lines) -> tuple[list[bytes], pl.Series]:
    """The texts of some columns side by side, each that is there once, and for every row which is its."""
    number, firsts = combined(((codes, len(texts)) for codes, texts in coded), len(coded[0][0]))
    return _texts(coded, firsts, start, end, lines), number


def _texts(coded: Sequence[Codes], rows: pl.Series | None, start: str, end: str, lines: Lines) -> list[bytes]:
    """The texts of some rows (None: all of them)."""
    found = [texts.take((codes if rows is None else codes.gather(rows)).to_arrow()) for codes, texts in coded]
    whole = _joined(start, _joined(*found, between=lines.between), end)
    return whole.cast(pa.large_binary()).to_pylist()  # type: ignore[no-any-return]


def _coded(column: Any, cells: Cells) -> Codes:
    """For every row the number of its text, and the texts."""
    if column.null_count == len(column):
        return pl.zeros(len(column), pl.Int64, eager=True), pa.array([cells.none], pa.large_string())
    if pa.types.is_list(column.type):
        indices, values = _lists(column)
        texts = pa.array([cells.word(each) for each in values], pa.large_string())
    else:
        column = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        indices, texts = column.indices, _values(column.dictionary, cells)
    codes = to_series(indices).cast(pl.Int64)
    if not indices.null_count:
        return codes, texts
    none = pa.array([cells.none], pa.large_string())
    return codes.fill_null(len(texts)), pa.concat_arrays([texts, none])


def _values(values: Any, cells: Cells) -> Any:
    """Values of any type but lists as texts."""
    if pa.types.is_decimal128(values.type):
        return _around(_numbers(values, cells.digits), cells)
    if pa.types.is_integer(values.type):
        return _around(values.cast(pa.large_string()), cells)
    if not pa.types.is_string(values.type):
        return pa.array([cells.word(each) for each in values.to_pylist()], pa.large_string())
    values = values.cast(pa.large_string())
    bare = pc.match_substring_regex(values, cells.bare)
    found = _around(values, cells)
    odd = values.filter(pc.invert(bare))
    if not len(odd):
        return found
    words = pa.array([cells.word(each) for each in odd.to_pylist()], pa.large_string())
    return pc.replace_with_mask(found, pc.invert(bare), words)


def _around(texts: Any, cells: Cells) -> Any:
    if not cells.before and not cells.after:
        return texts
    return _joined(cells.before, texts, cells.after)


def _joined(*texts: Any, between: str = "") -> Any:
    large = [pa.scalar(each, pa.large_string()) if isinstance(each, str) else each for each in texts]
    return pc.binary_join_element_wise(*large, pa.scalar(between, pa.large_string()))


def _numbers(values: Any, digits: int) -> Any:
    """What `layout.number_text` gives for decimals of the table."""
    texts = to_series(values.cast(pa.decimal128(38, DIGITS))).cast(pl.String)
    whole = texts.str.head(-DIGITS - 1)
    rest = texts.str.tail(DIGITS)
    if digits < DIGITS:
        rest = rest.str.head(digits) + rest.str.tail(DIGITS - digits).str.strip_chars_end("0")
    else:
        rest = rest.str.pad_end(digits, "0")
    point = pl.select(pl.when(rest == "").then(pl.lit("")).otherwise(pl.lit("."))).to_series()
    return (whole + point + rest).to_arrow().cast(pa.large_string())


def _lists(lists: Any) -> tuple[Any, list[tuple[str, ...]]]:
    """For every list of texts its number, and the lists that are there."""
    if pc.any(pc.match_substring(pc.list_flatten(lists), "\0")).as_py():
        rows = lists.to_pylist()
        found: dict[tuple[str, ...], int] = {}
        numbers = [None if row is None else found.setdefault(tuple(row), len(found)) for row in rows]
        return pa.array(numbers, pa.int32()), list(found)
    # A list as one text: how many texts there are, and these.
    count = pc.list_value_length(lists).cast(pa.string())
    coded = pc.binary_join_element_wise(count, pc.binary_join(lists, "\0"), "\0").dictionary_encode()
    return coded.indices, [_several(text) for text in coded.dictionary.to_pylist()]


def _several(text: str) -> tuple[str, ...]:
    count, _, rest = text.partition("\0")
    return tuple(rest.split("\0")) if count != "0" else ()


def _quoted(word: Word) -> Word:
    """The cell of a CSV file: in quotes where it needs them, which the writer of the library knows."""

    def cell(value: object) -> str:
        stream = io.StringIO()
        csv.writer(stream, lineterminator="\n").writerow([word(value), ""])
        return stream.getvalue()[:-2]

    return cell
