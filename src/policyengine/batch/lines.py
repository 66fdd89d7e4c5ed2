"""The lines of a file that may be larger than memory, decoded one by one."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from io import TextIOWrapper
from typing import BinaryIO, NamedTuple, Protocol

from policyengine.source import composed

LONGEST = 16 * 1024 * 1024
EXCEL = "UTF-8, which Excel calls “CSV UTF-8”"
"""What to save a table as, in the words of those who do."""
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OTHER_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, *_UTF16_MARKS)
_PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"(\xb5/\xfd", b"BZh", b"\xfd7zXZ")


class Unusable(Exception):  # noqa: N818  # ends a run before anything is written
    """An input that cannot be read at all, in a sentence, and what to do about it."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class Line(NamedTuple):
    """A line with its end, its number from 1, and what is wrong with its bytes."""

    number: int
    text: str
    fault: str | None


class Bytes(NamedTuple):
    """A line as it is in the file, with its end, its number from 1; one that is too long is only the end."""

    number: int
    data: bytes
    too_long: bool


class _Stream(Protocol):
    def readline(self, limit: int, /) -> bytes:
        """A line with its end, or as much of it as the limit allows."""


class _Utf16:
    """A file in UTF-16 as if it were one in UTF-8; what is no character there is none here."""

    def __init__(self, stream: BinaryIO, file: str) -> None:
        stream.seek(0)
        self._text = TextIOWrapper(stream, "utf-16", errors="surrogatepass", newline="\n")
        self._file = file

    def readline(self, limit: int, /) -> bytes:
        try:
            return self._text.readline(limit).encode(errors="surrogatepass")
        except UnicodeDecodeError:
            raise Unusable(f"`{self._file}` is UTF-16, and ends within a character") from None

    def leave(self) -> None:
        """Let go of the stream without closing it."""
        self._text.detach()


def bytes_of(stream: _Stream, file: str) -> Iterator[Bytes]:
    """Every line; the mark at the start of a file is none of it."""
    number = 0
    while data := stream.readline(LONGEST):
        number += 1
        if number == 1:
            if data.startswith(_OTHER_MARKS):
                raise Unusable(f"`{file}` is not UTF-8", f"save it as {EXCEL}")
            if data.startswith(_PACKED):
                raise Unusable(
                    f"`{file}` is compressed or a workbook",
                    "unpack it; a workbook ends in .xlsx, .xlsm or .ods",
                )
            data = data.removeprefix(codecs.BOM_UTF8)
        if len(data) >= LONGEST and not data.endswith(b"\n"):
            _skip(stream)
            yield Bytes(number, b"\n", True)
        else:
            yield Bytes(number, data, False)


def lines_of(stream: BinaryIO, file: str) -> Iterator[Line]:
    """Every line; one that is damaged says so, and does not stop the others."""
    return map(line_of, bytes_of(stream, file))


def lines_of_table(stream: BinaryIO, file: str) -> Iterator[Line]:
    """The same of a file that may be UTF-16 as well, if its mark says so: “Unicode text” of a spreadsheet."""
    start = stream.read(4)
    stream.seek(0)
    if start.startswith(_UTF16_MARKS) and not start.startswith(_OTHER_MARKS[:2]):
        return _wide_lines(stream, file)
    return lines_of(stream, file)


def _wide_lines(stream: BinaryIO, file: str) -> Iterator[Line]:
    wide = _Utf16(stream, file)
    try:
        yield from map(line_of, bytes_of(wide, file))
    finally:
        wide.leave()


def line_of(line: Bytes) -> Line:
    """A line as a text."""
    number, data, too_long = line
    fault = None
    if too_long:
        fault = f"the line has more than {LONGEST:,} bytes"
    elif b"\0" in data:
        fault = "there is a NUL character in it"
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        fault = f"it is not UTF-8: no character is written as the byte {data[error.start]:02X}"
        text = data.decode(errors="replace")
    return Line(number, composed(text), fault)


def _skip(stream: _Stream) -> None:
    while (data := stream.readline(LONGEST)) and not data.endswith(b"\n"):
        pass
