"""One footer for a Parquet file that is merged from parts, each written as a file of its own.

Parts can then be compressed beside each other, which the library's writer does not offer. What a part says
of its row groups is kept byte for byte, but for where they lie and which they are: the file is the one that a
single writer would have made. Bytes are those of Thrift's compact protocol, fields those of `parquet.thrift`
of the Parquet format.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Final

from policyengine.dataclass import dataclass

MAGIC: Final = b"PAR1"
_END: Final = struct.Struct("<I4s")

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
_LONG_LIST = 15

_ROWS, _GROUPS = 3, 4
"""Fields of `FileMetaData`: the number of rows, and the row groups."""

_OFFSET, _ORDINAL = "offset", "ordinal"
_Moves = Mapping[int, "str | _Moves"]
_COLUMN_META: _Moves = {9: _OFFSET, 11: _OFFSET}
_COLUMN_CHUNK: _Moves = {2: _OFFSET, 3: _COLUMN_META}
_ROW_GROUP: _Moves = {1: _COLUMN_CHUNK, 5: _OFFSET, 7: _ORDINAL}
"""What of a row group depends on its place: where pages and dictionaries lie, and its number.

Page indexes and Bloom filters would too; parts are written without them.
"""


def body_and_footer(part: memoryview) -> tuple[memoryview, memoryview]:
    """The row groups of a Parquet file without its opening mark, and its footer without length and mark."""
    size, _ = _END.unpack(part[-_END.size :])
    footer = len(part) - _END.size - size
    return part[len(MAGIC) : footer], part[footer : -_END.size]


@dataclass(frozen=True, slots=True)
class _Frame:
    """What stands around the number of rows and the row groups, the same in every part."""

    head: bytes
    between: bytes
    tail: bytes


class Footer:
    """The footer of a file of parts that all have one schema and were written with the same settings."""

    def __init__(self) -> None:
        self._frame = _Frame(b"", b"", b"")
        self._groups = bytearray()
        self._count = 0
        self._rows = 0

    def add(self, footer: memoryview, at: int) -> None:
        """The footer of the next part, whose row groups lie at this place in the file."""
        data = bytes(footer)
        walk = _Walk(data, {_OFFSET: at - len(MAGIC), _ORDINAL: self._count})
        spans: dict[int, tuple[int, int]] = {}
        for name, kind in walk.fields():
            start = walk.at
            walk.value(kind, _ROW_GROUP if name == _GROUPS else {})
            spans[name] = (start, walk.at)
        rows, groups = spans[_ROWS], spans[_GROUPS]
        self._frame = _Frame(data[: rows[0]], data[rows[1] : groups[0]], data[groups[1] :])
        self._rows += _Walk(data, {}, rows[0]).integer()
        within = _Walk(data, {}, groups[0])
        self._count += within.list_head()[0]
        self._groups += walk.moved(within.at, groups[1])

    def whole(self) -> bytes:
        """The footer of all parts, with its length and the closing mark."""
        frame, count = self._frame, self._count
        head = bytes([count << 4 | _STRUCT]) if count < _LONG_LIST else b"\xfc" + _varint(count)
        footer = b"".join((frame.head, _zigzag(self._rows), frame.between, head, self._groups, frame.tail))
        return footer + _END.pack(len(footer), MAGIC)


class _Walk:
    """Goes over values in Thrift's compact protocol, and notes the numbers that are to be moved."""

    def __init__(self, data: bytes, by: Mapping[str, int], at: int = 0) -> None:
        self.at = at
        self._data = data
        self._by = by
        self._changes: list[tuple[int, int, bytes]] = []

    def moved(self, start: int, end: int) -> bytes:
        """The bytes of a span, with what was noted."""
        parts: list[bytes] = []
        for since, until, new in self._changes:
            parts += (self._data[start:since], new)
            start = until
        return b"".join((*parts, self._data[start:end]))

    def fields(self) -> Iterator[tuple[int, int]]:
        """The number and kind of every field of a struct; its value has to be gone over before the next."""
        name = 0
        while head := self._byte():
            name = name + (head >> 4) if head >> 4 else self.integer()
            yield name, head & 15

    def value(self, kind: int, moves: str | _Moves) -> None:
        """Go over a value."""
        if kind in (_TRUE, _FALSE):  # the kind of a field says it
            return
        if kind == _STRUCT:
            for name, inner in self.fields():
                self.value(inner, moves.get(name, {}) if not isinstance(moves, str) else {})
        elif kind in (_LIST, _SET):
            count, inner = self.list_head()
            for _ in range(count):
                self._item(inner, moves)
        elif kind == _MAP:
            count = self._varint()
            kinds = self._byte() if count else 0
            for _ in range(count):
                self._item(kinds >> 4, {})
                self._item(kinds & 15, {})
        elif kind == _BINARY:
            length = self._varint()
            self.at += length
        elif kind == _DOUBLE:
            self.at += 8
        elif kind == _BYTE:
            self.at += 1
        else:
            self._number(moves)

    def _item(self, kind: int, moves: str | _Moves) -> None:
        if kind in (_TRUE, _FALSE):  # but in a list each stands as a byte
            self.at += 1
        else:
            self.value(kind, moves)

    def _number(self, moves: str | _Moves) -> None:
        start, number = self.at, self.integer()
        # An offset of nothing says that there is none.
        if isinstance(moves, str) and (number or moves == _ORDINAL):
            self._changes.append((start, self.at, _zigzag(number + self._by[moves])))

    def list_head(self) -> tuple[int, int]:
        """How many values there are in a list, and their kind."""
        head = self._byte()
        return (self._varint() if head >> 4 == _LONG_LIST else head >> 4), head & 15

    def integer(self) -> int:
        """A signed number."""
        found = self._varint()
        return found >> 1 ^ -(found & 1)

    def _varint(self) -> int:
        found = shift = 0
        while (byte := self._byte()) & 128:
            found |= (byte & 127) << shift
            shift += 7
        return found | byte << shift

    def _byte(self) -> int:
        self.at += 1
        return self._data[self.at - 1]


def _zigzag(number: int) -> bytes:
    return _varint(number << 1 ^ number >> 63)


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    parts.append(number)
    return bytes(parts)
