"""Bytes to texts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyengine.diagnostics import Diagnostic
from policyengine.source import Source
from policyengine.text.decode import decode


def test_a_byte_order_mark_goes() -> None:
    source = decode("f.yaml", b"\xef\xbb\xbfid: \xc3\xa9\n")
    assert isinstance(source, Source)
    assert source.text == "id: é\n"


@pytest.mark.parametrize(
    ("data", "message", "place"),
    [
        (
            "é".encode("latin-1"),
            "the file is not UTF-8: no character is written as the byte E9 here",
            "f.yaml:1:1",
        ),
        (
            b"a: b\nc: \xc3\xa9\xff",
            "the file is not UTF-8: no character is written as the byte FF here",
            "f.yaml:2:5",
        ),
        ("id: a".encode("utf-16"), "the file is UTF-16, not UTF-8", "f.yaml:1:1"),
        ("id: a".encode("utf-32"), "the file is UTF-32, not UTF-8", "f.yaml:1:1"),
        (b"\xed\xa0\x80", "the file is not UTF-8: no character is written as the byte ED here", "f.yaml:1:1"),
    ],
)
def test_other_encodings(data: bytes, message: str, place: str) -> None:
    found = decode("f.yaml", data)
    assert isinstance(found, Diagnostic)
    assert (found.code.id, found.message, str(found.span)) == ("TEXT001", message, place)


def test_the_size_is_bounded() -> None:
    found = decode("f.yaml", b"12345", max_bytes=4)
    assert isinstance(found, Diagnostic)
    assert (found.code.id, found.message) == ("TEXT002", "the file has 5 bytes, and at most 4 are read")
    assert isinstance(decode("f.yaml", b"1234", max_bytes=4), Source)


@given(st.binary(max_size=40))
@settings(derandomize=True, max_examples=200)
def test_any_bytes(data: bytes) -> None:
    found = decode("f", data)
    assert isinstance(found, Source | Diagnostic)
