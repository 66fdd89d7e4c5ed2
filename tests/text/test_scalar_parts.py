"""Scalar.part: from a character of the text back to the source."""

import json

import pytest
import yaml
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from policyengine.source import Source, composed
from policyengine.text.document import Mapping, Scalar
from policyengine.text.json import read_json
from policyengine.text.yaml import read_yaml

CASES = [
    ("plain", "a: one two\n", ["o", "n", "e", " ", "t", "w", "o"]),
    ("single quotes", "a: 'it''s'\n", ["i", "t", "''", "s"]),
    (
        "double quotes",
        'a: "x\\t\\x41\\u00e9\\U0001F600y"\n',
        ["x", "\\t", "\\x41", "\\u00e9", "\\U0001F600", "y"],
    ),
    (
        "plain over lines",
        "a: one\n  two\n\n  six\n",
        ["o", "n", "e", "\n  ", "t", "w", "o", "\n", "s", "i", "x"],
    ),
    ("quoted over lines", 'a: "b  \n  c"\n', ["b", "  \n  ", "c"]),
    ("escaped line end", 'a: "b \\\n  c"\n', ["b", " ", "c"]),
    ("escaped space", 'a: "b\\\n  \\ c"\n', ["b", "\\ ", "c"]),
    ("literal", "a: |\n  b\n   c\n\n  d\n", ["b", "\n", " ", "c", "\n", "\n", "d", ""]),
    ("literal, indentation given", "a: |2\n    b\n", [" ", " ", "b", ""]),
    ("literal, kept", "a: |+\n  b\n\nc: d\n", ["b", "", ""]),
    ("folded", "a: >-\n  b\n  c\n\n  d\n   e\n  f\n", ["b", "\n", "c", "\n", "d", "\n", " ", "e", "\n", "f"]),
    ("folded, blank first", "a: >-\n\n  b\n", ["\n", "b"]),
    ("carriage returns", "a: |-\r\n  b\r\n  c\r\n", ["b", "\r\n", "c"]),
    ("anchor", "a: &x one\n", ["o", "n", "e"]),
]


def first_scalar(text: str) -> Scalar:
    result = read_yaml(Source("f.yaml", text))
    assert not result.diagnostics
    root = result.documents[0].root
    scalar = next(iter(root.entries.values())).value if isinstance(root, Mapping) else root
    assert isinstance(scalar, Scalar)
    return scalar


@pytest.mark.parametrize(("text", "parts"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_character_has_its_place(text: str, parts: list[str]) -> None:
    scalar = first_scalar(text)
    assert [scalar.part(at, at + 1).text for at in range(len(scalar.text))] == parts


@pytest.mark.parametrize("text", ["a: 'bc'\n", 'a: "bc"\n', "a: bc\n", "a: |-\n  bc\n"])
def test_the_end_of_the_text(text: str) -> None:
    scalar = first_scalar(text)
    end = text.index("c") + 1
    for at in (2, 3, 99):
        assert (scalar.part(at, at).start, scalar.part(at, at).end) == (end, end)
    assert scalar.part(-5, 99).text == "bc"
    assert scalar.part(2, 0).text == ""


@pytest.mark.parametrize(
    ("text", "start"), [("a:\n", 2), ('a: ""\n', 4), ("a: ''\n", 4), ("a: |\n\nb: c\n", 4)]
)
def test_an_empty_text(text: str, start: int) -> None:
    span = first_scalar(text).part(0, 1)
    assert (span.start, span.end) == (start, start)


@given(
    st.text(alphabet="ab \n\t'\"\\:#-é😀", max_size=30),
    st.sampled_from([None, "'", '"', "|", ">"]),
    st.sampled_from([5, 12, 80]),
    st.booleans(),
)
@example("a\n\n\nb", ">", 5, False)
@settings(derandomize=True, max_examples=400, deadline=None)
def test_what_is_written_is_found_again(
    text: str, style: str | None, width: int, allow_unicode: bool
) -> None:
    written = yaml.dump({"k": text}, default_style=style, width=width, allow_unicode=allow_unicode)
    root = read_yaml(Source("f.yaml", written)).documents[0].root
    assert isinstance(root, Mapping)
    scalar = root.entries["k"].value
    assert isinstance(scalar, Scalar)
    assume(scalar.text == text)
    double = scalar.span.text.startswith('"')
    end = scalar.span.start
    for at, char in enumerate(text):
        part = scalar.part(at, at + 1)
        assert end <= part.start <= part.end <= scalar.span.end
        end = part.end
        if not char.isspace():
            read = yaml.safe_load(f'"{part.text}"') if double else part.text.replace("''", "'")
            assert read == char
        elif not double:
            assert not part.text.strip()


@given(st.text(max_size=20).map(composed), st.booleans())
@settings(derandomize=True, max_examples=200, deadline=None)
def test_json_texts(text: str, ascii_only: bool) -> None:
    document = read_json(Source("f.json", json.dumps([text], ensure_ascii=ascii_only))).documents[0]
    scalar = document.at((0,))
    assert isinstance(scalar, Scalar)
    assert scalar.text == text
    for at, char in enumerate(text):
        assert json.loads(f'"{scalar.part(at, at + 1).text}"') == char
