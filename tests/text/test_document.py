"""Document: pointers, places, plain data."""

import pytest

from policyengine.source import Source
from policyengine.text.document import Document, Pointer
from policyengine.text.json import read_json
from policyengine.text.yaml import read_yaml

TEXT = """\
kind: tiers
levels:
  - id: silver
    title: 'Silver'
    grants: [{discount: 20%}, x]
  - title: Gold
  -
note: ~
"""


@pytest.fixture
def document() -> Document:
    return read_yaml(Source("levels.yaml", TEXT)).documents[0]


def test_plain(document: Document) -> None:
    assert document.plain() == {
        "kind": "tiers",
        "levels": [
            {"id": "silver", "title": "Silver", "grants": [{"discount": "20%"}, "x"]},
            {"title": "Gold"},
            None,
        ],
        "note": None,
    }
    assert document.plain(("levels", 1)) == {"title": "Gold"}
    assert document.plain(("nothing",)) is None


@pytest.mark.parametrize(
    ("text", "null"),
    [
        ("~", True),
        ("null", True),
        ("", True),
        ("'null'", False),
        ('""', False),
        ("NO", False),
        ("|\n", False),
    ],
)
def test_null(text: str, null: bool) -> None:
    assert (read_yaml(Source("f", f"a: {text}\n")).documents[0].plain(("a",)) is None) is null


def test_json_null_is_the_only_null() -> None:
    assert read_json(Source("f", '[null, "null", "", "~", 0]')).documents[0].plain() == [
        None,
        "null",
        "",
        "~",
        "0",
    ]


@pytest.mark.parametrize(
    ("pointer", "value", "key"),
    [
        ((), TEXT.rstrip(), "kind: tiers"),
        (("kind",), "tiers", "kind"),
        (("levels", 0, "title"), "'Silver'", "title"),
        (("levels", 0, "grants"), "[{discount: 20%}, x]", "grants"),
        (("levels", 0, "grants", 0), "{discount: 20%}", "discount"),
        (("levels", 0, "grants", 0, "discount"), "20%", "discount"),
        (("levels", 0, "grants", 1), "x", "x"),
        (("levels", 0), TEXT[TEXT.index("id: s") : TEXT.index("\n  - title")], "silver"),
        (("levels", 1), "title: Gold", "title"),
        (("levels", 2), "", ""),
    ],
)
def test_places(document: Document, pointer: Pointer, value: str, key: str) -> None:
    assert document.value_span(pointer).text == value
    assert document.key_span(pointer).text == key


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        (("for",), "kind: tiers"),
        (("levels", 9), "levels"),
        (("levels", -1), "levels"),
        (("levels", "silver"), "levels"),
        (("levels", 0, "requires", 3, "when"), "silver"),
        (("levels", 1, "grants"), "title"),
        (("kind", "deeper"), "kind"),
        ((0,), "kind: tiers"),
    ],
)
def test_what_does_not_exist_is_shown_at_its_parent(document: Document, pointer: Pointer, place: str) -> None:
    assert document.at(pointer) is None
    assert document.value_span(pointer).text == place
    assert document.key_span(pointer).text == place
