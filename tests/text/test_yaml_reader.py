"""YAML: what is read, what is refused, and that no text at all makes it raise or hang."""

import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from policyengine.diagnostics import Code, Diagnostic
from policyengine.source import Source
from policyengine.text import yaml as reader
from policyengine.text.decode import decode
from policyengine.text.document import Mapping, Node, Scalar
from policyengine.text.yaml import CODES, read_yaml

POLICY = """\
# yaml-language-server: $schema=../../schemas/tiers.json
kind: tiers            # which level
id: reseller-levels
title: 'Reseller levels'
from: 2020-04-06
source: {document: kpi-levels, section: "1"}
when: >
  attends_quarterly_reviews
  and count(accounts[status = "active"]) >= 10
levels:
  - {id: silver, active_accounts: 10..15, grants: [{discount: 20%, on: [app_setup]}]}
  - id: gold
    note: |
      two
       lines
---
kind: billing
charges: &none []
others: *none
"""


def codes(text: str) -> list[str]:
    return [found.code.id for found in read_yaml(Source("f.yaml", text)).diagnostics]


@pytest.fixture(params=["C", "Python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "Python":
        monkeypatch.setattr(reader, "_LOADER", yaml.BaseLoader)


@pytest.mark.usefixtures("parser")
def test_the_same_values_as_the_standard_reader() -> None:
    result = read_yaml(Source("f.yaml", POLICY))
    assert result.diagnostics == ()
    expected = list(yaml.load_all(POLICY, Loader=yaml.BaseLoader))
    assert [document.plain() for document in result.documents] == expected


def test_scalars_stay_text() -> None:
    text = "a: [NO, 012, 10.10, 12:30, 1e3, 2020-04-06, on, 0x1F, +1, .5, ..9, 27..]\n"
    items = text[4:-2].split(", ")
    assert read_yaml(Source("f", text)).documents[0].plain(("a",)) == items


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_columns_count_characters(start: str) -> None:
    document = read_yaml(Source("f.yaml", f"{start}ü: é\n日本: [😀, 'x']\n")).documents[0]
    assert document.value_span(("ü",)).text == "é"
    assert str(document.value_span(("日本", 1))) == "f.yaml:2:9"
    assert document.value_span(("日本", 1)).text == "'x'"


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("a: x\n", ["x"]),
        ("a: 'x y'   # c\n", ["'x y'"]),
        ("a: &n x\nb: *n\n", ["x", "x"]),
        ("a: |\n  x\n  y\n\n# c\nb: z\n", ["|\n  x\n  y", "z"]),
        ("a: >+\n  x\n\n\nb: z\n", [">+\n  x", "z"]),
        ("a:\n  - x\n  - y  \n\nb:\n  c: d\n\n", ["- x\n  - y", "c: d"]),
        ("a: [x,\n  y]\nb: {c: d}\n", ["[x,\n  y]", "{c: d}"]),
        ("a: &n\n  b: c\n", ["b: c"]),
        ("a: [b: c]\n", ["[b: c]"]),
        ("a:\nb: ''\n", ["", "''"]),
        ("a: x\r\nb: |\r\n  y\r\n", ["x", "|\r\n  y"]),
    ],
)
def test_spans_cover_what_was_written(text: str, spans: list[str]) -> None:
    root = read_yaml(Source("f.yaml", text)).documents[0].root
    assert isinstance(root, Mapping)
    assert [entry.value.span.text for entry in root.entries.values()] == spans


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("# nothing\n", 0),
        ("---\n---\n", 0),
        ("---\na: b\n---\n---\nc\n...\n", 2),
        ("~\n", 1),
        ("''\n", 1),
    ],
)
def test_documents_of_a_stream(text: str, count: int) -> None:
    result = read_yaml(Source("f.yaml", text))
    assert (len(result.documents), result.diagnostics) == (count, ())


REFUSED = [
    ("id: a\nx: 1\nid: b\n", "YAML003", "3:1", "`id` is written twice"),
    ("a: {b: 1, 'b': 2}\n", "YAML003", "1:11", "`b` is written twice"),
    ("a: &a {b: c}\nd:\n  <<: *a\n", "YAML004", "3:3", "`<<` is not supported"),
    ("a: !x b\n", "YAML005", "1:4", "the tag `!x` is not allowed"),
    ("a: &n !!map {b: c}\n", "YAML005", "1:7", "the tag `!!map` is not allowed"),
    ("? [a, b]\n: c\n", "YAML006", "1:3", "a key has to be a text, not a list"),
    ("{a: b}: c\n", "YAML006", "1:1", "a key has to be a text, not a mapping"),
    ("a: &n x\n*n : y\n", "YAML006", "2:1", "a key has to be a text, not an alias"),
    ("?\n: x\n", "YAML006", "1:2", "there is no key before this colon"),
    ("a: *n\n", "YAML007", "1:4", "no value above is marked with `&n`"),
    ("a: &n x\n---\nb: *n\n", "YAML007", "3:4", "no value above is marked with `&n`"),
    ("a: &n [x, *n]\n", "YAML008", "1:11", "`*n` repeats the value that contains it"),
    ("&n a: &m {b: *m}\n", "YAML008", "1:14", "`*m` repeats the value that contains it"),
    ("a: b\x00c\n", "YAML002", "1:5", "invisible character U+0000 (NUL)"),
    ("a: b\x85c: d\n", "YAML002", "1:5", "invisible character U+0085 (next line)"),
    ("# x\u2028a: b\n", "YAML002", "1:4", "invisible character U+2028 (line separator)"),
    ("a: \ufeffb\n", "YAML002", "1:4", "invisible character U+FEFF (byte order mark)"),
    (
        "a: b\rc: d\n",
        "YAML002",
        "1:5",
        "invisible character U+000D (carriage return without line feed)",
    ),
    ("a: \x1bb\n", "YAML002", "1:4", "invisible character U+001B"),
]


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("text", "code", "place", "message"), REFUSED)
def test_refused(text: str, code: str, place: str, message: str) -> None:
    (found,) = read_yaml(Source("f.yaml", text)).diagnostics
    assert (found.code.id, str(found.span), found.message) == (code, f"f.yaml:{place}", message)
    assert found.help


def test_both_places_of_a_duplicate_and_the_first_is_kept() -> None:
    result = read_yaml(Source("f.yaml", "id: a\nx:\n  y: 1\n  y: 2\nid: b\n"))
    assert [str(label.span) for found in result.diagnostics for label in found.labels] == [
        "f.yaml:3:3",
        "f.yaml:1:1",
    ]
    assert result.documents[0].plain() == {"id": "a", "x": {"y": "1"}}


def test_everything_before_the_first_syntax_error_is_reported() -> None:
    text = "a: 1\na: 2\n---\nb: 1\nb: 2\nc: [\n"
    result = read_yaml(Source("f.yaml", text))
    assert [found.code.id for found in result.diagnostics] == ["YAML003", "YAML003", "YAML001"]
    assert [document.plain() for document in result.documents] == [{"a": "1"}]


def test_an_anchor_means_the_last_value_that_has_it() -> None:
    text = "a: &n 1\nb: *n\nc: &n [&n 2]\nd: *n\n"
    assert read_yaml(Source("f", text)).documents[0].plain() == {"a": "1", "b": "1", "c": ["2"], "d": "2"}


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60))
TOWER = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 100))
HOSTILE = {
    "brackets": ("[" * 5_000_000, "YAML009"),
    "braces": ("{a: " * 100_000, "YAML009"),
    "dashes": ("- " * 100_000, "YAML009"),
    "question marks": ("? " * 100_000, "YAML009"),
    "indentation": ("".join(" " * depth + "a:\n" for depth in range(1_000)), "YAML009"),
    "alias bomb": (BOMB, "YAML010"),
    "alias tower": (TOWER, "YAML009"),
    "many items": ("[" + "x," * 2_000_000, "YAML010"),
    "many documents": ("--- x\n" * 200_000, "YAML010"),
    "a long text": ("a: '" + "x" * 5_000_000, "YAML001"),
    "a long key": ("a" * 5_000_000 + ": b", "YAML001"),
    "NUL": ("\x00" * 1_000_000, "YAML002"),
    "tabs": ("\t" * 1_000_000, "YAML001"),
    "percent": ("%" * 1_000_000, "YAML001"),
    "anchors": ("&a " * 100_000, "YAML001"),
    "colons": ("a: " * 1_000_000, "YAML001"),
    "exclamation marks": ("!" * 100_000, "YAML005"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts(name: str) -> None:
    text, code = HOSTILE[name]
    start = time.process_time()
    result = read_yaml(Source("f.yaml", text))
    assert time.process_time() - start < 10
    assert [found.code.id for found in result.diagnostics] == [code]
    assert all(len(found.message) < 300 and len(found.help or "") < 300 for found in result.diagnostics)


def test_long_texts_that_are_fine() -> None:
    start = time.process_time()
    text = "a: |\n" + "  line of a long block\n" * 20_000 + "b: '" + "x\n " * 20_000 + "'\n"
    document = read_yaml(Source("f", text)).documents[0]
    value = document.at(("a",))
    assert isinstance(value, Scalar)
    assert value.part(400_000, 400_004).text.strip() in value.text
    assert time.process_time() - start < 10


def check(node: Node, source: Source) -> None:
    """Every place lies in the text, children in their parents' source, parts in their scalars."""
    assert 0 <= node.span.start <= node.span.end <= len(source.text)
    if isinstance(node, Mapping):
        for entry in node.entries.values():
            check(entry.key, source)
            check(entry.value, source)
    elif isinstance(node, Scalar):
        for at in range(len(node.text) + 1):
            part = node.part(at, at + 1)
            assert node.span.start <= part.start <= part.end <= node.span.end
    else:
        for item in node.items:
            check(item, source)


def read_and_check(text: str) -> None:
    source = Source("f", text)
    result = read_yaml(source)
    for document in result.documents:
        check(document.root, source)
        document.plain()
    for found in result.diagnostics:
        assert found.span is not None
        assert 0 <= found.span.start <= found.span.end <= len(text)
        assert "\n" not in found.message + (found.help or "")


YAML_TEXT = st.text(alphabet="ab:-?,[]{}&*!|>'\"%@`#~<0 \n\t\\.\r\x00\x85é\ufeff", max_size=40)
EDITS = st.lists(
    st.tuples(
        st.integers(0, len(POLICY)),
        st.integers(0, 6),
        st.sampled_from([*"\t\n:-[]{}'\"&*!|>% ", "---\n", ""]),
    ),
    min_size=1,
    max_size=3,
)


@pytest.mark.parametrize("loader", [reader._LOADER, yaml.BaseLoader])
@given(text=YAML_TEXT)
@settings(derandomize=True, max_examples=400, deadline=None)
def test_never_raises_on_text(loader: type, text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "_LOADER", loader)
        read_and_check(text)


@given(edits=EDITS)
@settings(derandomize=True, max_examples=300, deadline=None)
def test_never_raises_on_a_damaged_policy(edits: list[tuple[int, int, str]]) -> None:
    text = POLICY
    for at, length, new in edits:
        text = text[:at] + new + text[at + length :]
    read_and_check(text)


@given(st.binary(max_size=60))
@settings(derandomize=True, max_examples=300, deadline=None)
def test_never_raises_on_bytes(data: bytes) -> None:
    source = decode("f", data)
    if not isinstance(source, Diagnostic):
        read_and_check(source.text)


@pytest.mark.parametrize("code", [code for code in CODES if code.example == "yaml"], ids=lambda code: code.id)
def test_examples_of_codes(code: Code) -> None:
    assert codes(code.bad) == [code.id]
    assert codes(code.good) == []


def test_codes_are_numbered_once() -> None:
    assert len({code.id for code in CODES}) == len(CODES) == 13
