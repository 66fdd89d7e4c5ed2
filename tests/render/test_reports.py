"""Reports for build servers: valid and harmless, whatever stands in the policies and records."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyengine.diagnostics import Code
from policyengine.render.annotation import Note, in_the_tree, note_of
from policyengine.render.ci_formats import MOST, github
from policyengine.render.junit import JUnitCase, JUnitSuite, junit
from policyengine.render.markdown_summary import MarkdownSummary, MarkdownTable, code, escaped, markdown
from policyengine.source import Source

SOURCE = Source("a,b/levels.yaml", "kind: tiers\nfor: 100%\n")
PLACE = SOURCE.span(17, 21)
CODE = Code(id="TIER002", title="levels overlap", why="why", bad="bad", good="good")


def test_a_mistake_as_an_annotation() -> None:
    note = note_of(CODE.at(PLACE, "100% is wrong", help="write 50%"))
    assert github([note]) == (
        "::error file=a%2Cb/levels.yaml,line=2,endLine=2,col=6,endColumn=9,title=TIER002"
        "::100%25 is wrong%0Ahelp: write 50%25"
    )


def test_over_several_lines_there_are_no_columns() -> None:
    line = github([Note("warning", "a: b %3A", "text", SOURCE.span(0, 16))])
    assert line == "::warning file=a%2Cb/levels.yaml,line=1,endLine=2,title=a%3A b %253A::text"


def test_the_worst_comes_first_and_the_rest_is_counted() -> None:
    notes = [Note("notice", "n", str(i)) for i in range(12)] + [Note("error", "e", str(i)) for i in range(13)]
    lines = github(notes).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error"] * MOST + ["::notice"] * MOST
    assert lines[0] == "::error title=e::0"
    assert lines[-1] == "::notice title=policyengine::3 more errors, 3 more notices in the summary"


@given(st.text(), st.text())
def test_nothing_ends_an_annotation(title: str, message: str) -> None:
    line = github([Note("error", title, message, PLACE)])
    assert len(line.splitlines()) == 1
    assert line.isprintable() or " " in line
    assert line.count("::") >= 2
    assert "::" not in line[2 : line.index("::", 2)]


def test_results_as_junit() -> None:
    cases = [
        JUnitCase("good", at=PLACE),
        JUnitCase("bad", "failed", "expected 1", "expected 1\nactual 2", PLACE),
        JUnitCase("left", "skipped", "later"),
        JUnitCase("broken", "error", "no file"),
    ]
    root = ElementTree.fromstring(junit([JUnitSuite("levels_test.yaml", cases)]).encode())
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "4", "1", "1", "1",
    )  # fmt: skip
    assert [case.get("name") for case in suite] == ["good", "bad", "left", "broken"]
    assert (suite[0].get("line"), suite[0].get("file")) == ("2", "a,b/levels.yaml")
    assert [[each.tag for each in case] for case in suite] == [[], ["failure"], ["skipped"], ["error"]]
    assert suite[1][0].text == "expected 1\nactual 2"


@given(st.text(st.characters()), st.text(st.characters()))
def test_any_text_gives_valid_xml(name: str, details: str) -> None:
    xml = junit([JUnitSuite(name, [JUnitCase(name, "failed", details, details)])])
    root = ElementTree.fromstring(xml.encode("utf-8"))
    assert root[0][0].tag == "testcase"


@pytest.mark.parametrize("text", ["\x00\x1b]0;", "\ud800", "\ufffe", "]]>", "<a b='\"'>&"])
def test_what_xml_cannot_hold(text: str) -> None:
    root = ElementTree.fromstring(junit([JUnitSuite(text, [JUnitCase(text, "error", text, text)])]).encode())
    assert root[0][0][0].tag == "error"


def test_a_summary() -> None:
    note = Note("error", "TIER002", "both claim 15\nhelp: ```x", PLACE)
    text = markdown(
        MarkdownSummary("Tests of *us*", "1 failed", [MarkdownTable(["a|b"], [["<b>x"], ["@all"]])], [note])
    )
    assert text == (
        "## Tests of \\*us\\*\n\n1 failed\n\n"
        "| a\\|b |\n|---|\n| &lt;b&gt;x |\n| @<!-- -->all |\n\n"
        "error `a,b/levels.yaml:2:6` **TIER002**\n\n"
        "````text\nboth claim 15\nhelp: ```x\n````\n\n"
    )


def test_a_long_summary_is_cut() -> None:
    text = markdown(MarkdownSummary("a", "b", (), [Note("notice", "n", "m")] * 205))
    assert text.count("**n**") == 200
    assert text.endswith("and 5 more remarks\n\n")


def test_code_and_text_keep_their_markup_to_themselves() -> None:
    assert code("a `b` c") == "`` a `b` c ``"
    assert escaped("[x](y)\n<i>&") == "\\[x\\](y) &lt;i&gt;&amp;"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("HEAD~1:policies/a.yaml", "policies/a.yaml"),
        ("main:policies/a:b.yaml", "policies/a:b.yaml"),
        ("policies/a.yaml", "policies/a.yaml"),
        ("main", "main"),
    ],
)
def test_a_place_in_a_revision_is_one_in_the_tree(name: str, path: str) -> None:
    assert in_the_tree(Source(name, "kind: tiers").span(0, 4)).source.name == path
