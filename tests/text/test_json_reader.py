"""JSON and NDJSON: what is read, and every mistake with its place, sentence and fix."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyengine.diagnostics import Code
from policyengine.source import Source, composed
from policyengine.text.document import Mapping, Node, Scalar, Sequence
from policyengine.text.json import CODES, each_line, read_json, read_ndjson

TRAILING = "there is a comma before `{}`, but nothing follows it"
UNKNOWN = "write `null`, or leave the key out, if it is not known"
BEHIND = "remove it; several records go into a list, or one a line into an `.ndjson` file"
MISTAKES = [
    ('{"id": "acme",}', "1:14", ",", TRAILING.format("}"), "remove the comma"),
    ("[1,\n]", "1:3", ",", TRAILING.format("]"), "remove the comma"),
    ("[,1]", "1:2", ",", "there is nothing before this comma", "remove the comma"),
    ("{'id': 1}", "1:2", "'id'", "a key has to be in double quotes", 'write `"id"`'),
    ("{id: 1}", "1:2", "id", "a key has to be in double quotes", 'write `"id"`'),
    ("{\"id\": 'x'}", "1:8", "'x'", "a text has to be in double quotes", 'write `"x"`'),
    ("[gold]", "1:2", "gold", "a text has to be in double quotes", 'write `"gold"`'),
    ("// partner\n[]", "1:1", "// partner", "JSON has no comments", "remove it, or write the record in YAML"),
    ("[1 # one\n]", "1:4", "# one", "JSON has no comments", "remove it, or write the record in YAML"),
    ("[NaN]", "1:2", "NaN", "`NaN` is not a JSON value", UNKNOWN),
    ("[-Infinity]", "1:2", "-Infinity", "`-Infinity` is not a JSON value", UNKNOWN),
    ("[True]", "1:2", "True", "`True` is not a JSON value", "write `true`"),
    ("[012]", "1:2", "012", "`012` is not a number", 'write `"012"` if it is a text'),
    ("[1.]", "1:2", "1.", "`1.` is not a number", 'write `"1."` if it is a text'),
    ("[20%]", "1:2", "20%", "`20%` is not a number", 'write `"20%"` if it is a text'),
    ("[1 2]", "1:4", "2", "there has to be a `,` or a `]` before this", "write the comma that is missing"),
    (
        '{"a": 1 "b": 2}',
        "1:9",
        '"',
        "there has to be a `,` or a `}` before this",
        "write the comma that is missing",
    ),
    ('{"a" 1}', "1:6", "1", "there has to be a colon after the key `a`", 'write `"a": ` and then its value'),
    ('{"a":}', "1:6", "}", "the key `a` has no value", "write a colon and its value"),
    ("[1}", "1:3", "}", "`}` cannot close `[`", "write `]`"),
    ("]", "1:1", "]", "this `]` closes nothing", "remove it"),
    ('{"a": [1, 2\n', "1:7", "[", "the `[` here is never closed", "write the missing `]`"),
    (
        '["a\n"]',
        "1:2",
        '"',
        "the double quote that opens here is never closed",
        'write `"` where the text ends',
    ),
    ('["a\\q"]', "1:4", "\\q", "`\\q` is not an escape of JSON", "write `\\\\` for a backslash"),
    ('["a\tb"]', "1:4", "\t", "a tab is not allowed inside a text", "write `\\t`"),
    ('["a\x01b"]', "1:4", "\x01", "a control character is not allowed inside a text", "write `\\u0001`"),
    ("", "1:1", "", "there is no value here", "write an object, `{}` at least"),
    ("\x00", "1:1", "\x00", "the character U+0000 is not allowed here", "delete it"),
    ("[1] [2]", "1:5", "[", "this comes after the end of the value", BEHIND),
]


def test_a_surrogate_alone_spoils_no_other_value() -> None:
    result = read_json(Source("f.json", '[{"id": "a\\ud800"}, {"id": "b"}]'))
    (found,) = result.diagnostics
    assert (found.message, found.help) == (
        "half of a surrogate pair is not a character", "write the character itself",
    )  # fmt: skip
    assert found.span is not None
    assert found.span.text == '"a\\ud800"'
    assert [each.plain((1, "id")) for each in result.documents] == ["b"]


@pytest.mark.parametrize(("text", "place", "at", "message", "help_"), MISTAKES)
def test_mistakes(text: str, place: str, at: str, message: str, help_: str) -> None:
    result = read_json(Source("f.json", text))
    assert result.documents == ()
    (found,) = result.diagnostics
    assert found.span is not None
    assert (found.code.id, str(found.span), found.span.text) == ("JSON001", f"f.json:{place}", at)
    assert (found.message, found.help) == (message, help_)


def typed(node: Node) -> object:
    """The value as the standard reader has it, numbers as their text."""
    if isinstance(node, Mapping):
        return {key: typed(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [typed(item) for item in node.items]
    assert isinstance(node, Scalar)
    assert node.quoted == (node.literal == "string")
    words = {"true": True, "false": False, "null": None}
    return node.text if node.literal in ("string", "number") else words[node.text]


TEXTS = st.text().map(composed)  # others are not read as they are written
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=12,
)


@given(JSON_VALUES, st.sampled_from([None, 1]), st.booleans())
@settings(derandomize=True, max_examples=200, deadline=None)
def test_same_as_the_standard_reader(value: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    result = read_json(Source("f.json", text))
    assert not result.diagnostics
    assert typed(result.documents[0].root) == json.loads(text, parse_float=str, parse_int=str)
    assert result.documents[0].root.span.text == text


def test_numbers_keep_their_text() -> None:
    written = ["10.10", "1e5", "-0", "1E+3", "9" * 5000, "0.1000000000000000055511151231257827"]
    assert read_json(Source("f", f"[{', '.join(written)}]")).documents[0].plain() == written


def test_a_key_written_twice() -> None:
    (found,) = read_json(Source("f.json", '{"id": 1,\n "id": 2}')).diagnostics
    assert (found.code.id, str(found.span), found.message) == (
        "JSON002",
        "f.json:2:2",
        "`id` is written twice",
    )
    assert [str(label.span) for label in found.labels] == ["f.json:1:2"]


def test_one_document_a_line() -> None:
    text = '\ufeff{"a": 1}\r\n\n  \n{"a": \n[1, 2]\n"x\n{"é": "ü"}'
    result = read_ndjson(Source("f.ndjson", text))
    assert [document.plain() for document in result.documents] == [{"a": "1"}, ["1", "2"], {"é": "ü"}]
    assert [str(found.span) for found in result.diagnostics] == ["f.ndjson:4:1", "f.ndjson:6:1"]
    assert str(result.documents[-1].value_span(("é",))) == "f.ndjson:7:7"
    assert len(list(each_line(Source("f", text)))) == 5


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 5_000_000, "JSON003"),
        ('{"a":' * 100_000, "JSON003"),
        ("[" + "1," * 2_000_000, "JSON004"),
        ('"' + "\\u0041" * 500_000, "JSON001"),
        ('["' + "a" * 5_000_000, "JSON001"),
        (" " * 5_000_000, "JSON001"),
        ("9" * 5_000_000 + "x", "JSON001"),
        ("-" * 1_000_000, "JSON001"),
    ],
    ids=["brackets", "objects", "items", "escapes", "text", "blanks", "digits", "signs"],
)
def test_hostile_texts(text: str, code: str) -> None:
    start = time.process_time()
    result = read_json(Source("f.json", text), max_nodes=100_000)
    assert time.process_time() - start < 10
    assert [found.code.id for found in result.diagnostics] == [code]


@given(st.text(alphabet="{}[],:\"\\'truefalsn01.-eE \n\t/#\x00é\u2028\ufeff", max_size=25))
@settings(derandomize=True, max_examples=600, deadline=None)
def test_never_raises(text: str) -> None:
    source = Source("f", text)
    result = read_json(source)
    assert bool(result.documents) or bool(result.diagnostics)
    read_ndjson(source)
    try:
        json.loads(text.removeprefix("\ufeff"), parse_constant=lambda word: json.loads("["))
    except ValueError:
        assert result.diagnostics
    else:
        assert not [found for found in result.diagnostics if found.code.id == "JSON001"]


@pytest.mark.parametrize("code", [code for code in CODES if code.id != "JSON004"], ids=lambda code: code.id)
def test_examples_of_codes(code: Code) -> None:
    assert [found.code for found in read_json(Source("f", code.bad)).diagnostics] == [code]
    assert read_json(Source("f", code.good)).diagnostics == ()
