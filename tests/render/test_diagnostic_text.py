"""Mistakes as they are shown: the caret stands under what is wrong, whatever the line is made of."""

from __future__ import annotations

import json

import pytest

from policyengine.diagnostics import Code, Label, Severity
from policyengine.render.diagnostic_text import diagnostics_json, diagnostics_text, summary
from policyengine.render.style import width
from policyengine.source import Source

CODE = Code(id="TIER002", title="levels overlap", why="why", bad="bad", good="good")
WARNING = Code(id="FACT009", title="unused", why="why", bad="", good="", severity=Severity.WARNING)
LEVELS = "levels:\n  - {id: silver, active_accounts: 10..15}\n  - {id: gold, active_accounts: 15..26}\n"


def span(source: Source, text: str, start: int = 0):
    at = source.text.index(text, start)
    return source.span(at, at + len(text))


def clash():
    source = Source("policies/bytekast/levels.yaml", LEVELS)
    return CODE.at(
        span(source, "15..26"),
        "`silver` and `gold` both claim 15 active accounts",
        help="start gold at 16",
        labels=[Label(span(source, "10..15"), "first claimed here")],
    )


def elsewhere():
    here, there = Source("a.yaml", "kind: tiers\nfor: account\n"), Source("program.yaml", "id: x\n" * 120)
    return WARNING.at(
        span(here, "account"), "nobody uses it", labels=[Label(span(there, "x", 600), "declared here")]
    )


def test_as_it_reads(golden):
    golden("diagnostics.txt", diagnostics_text([clash(), elsewhere(), CODE.at(None, "the folder is empty")]))


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("a: wrong", "wrong"),
        ("\ta:\t\twrong # x", "wrong"),
        ("金銀: {a: wrong}", "wrong"),
        ("cafe\u0301: wrong", "wrong"),
        ("a: 金銀", "金銀"),
        ("x" * 300 + " wrong " + "y" * 300, "wrong"),
        ("a: \x1b[31m wrong", "wrong"),
        ("wrong" + "z" * 500, "wrong"),
    ],
)
def test_the_caret_is_right(line, wanted):
    source = Source("a.yaml", f"first\n{line}\nlast")
    shown = diagnostics_text([CODE.at(span(source, wanted), "message")]).split("\n")
    text, carets = shown[2], shown[3]
    assert carets.count("^") == width(wanted)
    start = width(text[: text.index(wanted)])
    assert carets.index("^") == start
    assert width(text) < 120


def test_a_stretch_over_several_lines_is_marked_on_its_first():
    source = Source("a.yaml", "a:\n  b: 1\n  c: 2\n")
    shown = diagnostics_text([CODE.at(source.span(5, len(source.text)), "message")])
    assert shown.endswith("2 |   b: 1\n  |   ^^^^")


def test_the_end_of_a_text_can_be_pointed_at():
    source = Source("a.yaml", "a: 1\n")
    assert diagnostics_text([CODE.at(source.span(5, 5), "it ends too early")]).endswith("2 |\n  | ^")


def test_two_marks_on_one_long_line_each_have_their_excerpt():
    source = Source("a.yaml", "one " + "." * 300 + " two")
    found = CODE.at(span(source, "two"), "message", labels=[Label(span(source, "one"), "here")])
    lines = diagnostics_text([found]).split("\n")
    assert lines[2].startswith("1 | one")
    assert lines[4].endswith("two")
    assert lines[5].index("^") == lines[4].index("two")


def test_json():
    written = diagnostics_json([clash(), CODE.at(None, "empty")])
    assert json.loads(json.dumps(written)) == written
    first, second = written["diagnostics"]
    assert written["schema_version"] == 1
    assert (written["errors"], written["warnings"]) == (2, 0)
    assert first["range"] == {"start": {"line": 3, "column": 33}, "end": {"line": 3, "column": 39}}
    assert first["labels"][0]["text"] == "first claimed here"
    assert first["help"] == "start gold at 16"
    assert second["path"] is None


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ([], "no mistakes"),
        ([clash()], "1 error in 1 file"),
        ([clash(), clash(), elsewhere()], "2 errors, 1 warning in 2 files"),
        ([elsewhere()], "1 warning in 1 file"),
        ([CODE.at(None, "empty")], "1 error"),
    ],
)
def test_summary(found, text):
    assert summary(found) == text
