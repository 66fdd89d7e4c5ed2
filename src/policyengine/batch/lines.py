"""The lines of a file that may be larger than memory, decoded one by one."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

LONGEST = 16 * 1024 * 1024
_OTHER_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

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


def lines_of(stream: BinaryIO, file: str) -> Iterator[Line]:
    """Every line; one that is damaged says so, and does not stop the others."""
    number = 0
    while data := stream.readline(LONGEST):
        number += 1
        if number == 1:
            if data.startswith(_OTHER_MARKS):
                raise Unusable(f"`{file}` is not UTF-8", "save it as UTF-8")
            if data.startswith(_PACKED):
                raise Unusable(f"`{file}` is compressed or a workbook", "unpack it, or save it as CSV")
            data = data.removeprefix(codecs.BOM_UTF8)
        fault = None
        if len(data) == LONGEST and not data.endswith(b"\n"):
            fault = f"the line has more than {LONGEST:,} bytes"
            _skip(stream)
            data = b"\n"
        elif b"\0" in data:
            fault = "there is a NUL character in it"
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            fault = f"it is not UTF-8: no character is written as the byte {data[error.start]:02X}"
            text = data.decode(errors="replace")
        yield Line(number, text, fault)


def _skip(stream: BinaryIO) -> None:
    while (data := stream.readline(LONGEST)) and not data.endswith(b"\n"):
        pass
