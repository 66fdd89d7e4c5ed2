"""Titles that mean something to a terminal, a log of CI, Markdown or HTML are shown, and mean nothing.

Every output is read by the parser of who consumes it: markdown-it for comments, an HTML parser for pages, the
schema for SARIF, an XML parser for JUnit.
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from markdown_it import MarkdownIt
from referencing import Registry

from policyengine.cli.run import run

TITLES = [
    "::error::gone wrong",
    "##[error]gone wrong",
    "##vso[task.complete result=Succeeded;]done",
    "##teamcity[buildStatus text='fine']",
    "%0A::error::gone wrong",
    "``` and ~~~ <img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "![a picture](//pictures.example/a.png)",
    "[a link](//links.example) and <//links.example>",
    "@somebody and #12 and owner/name#3",
    "www.links.example and mailto:somebody@links.example",
    "<!-- the rest is a comment",
    "| a | b | c |",
    "*bold* _it_ ~~gone~~ $x$ `code` \\\\ # heading",
    "&lt;b&gt; &amp; </td></tr></table>",
    "{{ 7 * 7 }} ${{ github.token }} $(id)",
    "]]> <!CDATA[ ?>",
]
PROGRAM = """\
kind: program
id: shop
title: {title}
currency: EUR
parties: {{partner: {title}}}
items: {{support: {title}}}
sources: {{terms: {{title: {title}}}}}
entities:
  partner:
    title: {title}
    key: id
    label: name
    facts:
      id: {{type: text, title: {title}, informative: true}}
      name: {{type: text, title: {title}, informative: true}}
      n: {{type: count, title: {title}}}
      certified: {{type: boolean, title: {title}}}
      path: {{type: enum, title: {title}, values: {{a: {title}, b: {title}}}}}
"""
POLICIES = """\
kind: tiers
id: tt
title: {title}
for: partner
measure: n
requires: [{{id: certified, title: {title}, when: certified}}]
levels:
  - {{id: l1, title: {title}, n: 1..5, grants: [{{discount: {share}%, on: [support]}}]}}
  - {{id: l2, title: {title}, n: 6..}}
otherwise: {{level: none}}
---
kind: billing
id: fees
title: {title}
for: partner
charges:
  - {{id: s, title: {title}, item: support, due_on: today, amount: {share}, when: path = "a", note: {title}}}
---
kind: obligations
id: ob
title: {title}
for: partner
obligations:
  - {{id: o, title: {title}, party: partner, met_when: certified, note: {title}}}
"""
TEST = """\
kind: test
program: .
as_of: 2026-11-21
tests:
  - name: {title}
    record: {{id: x, n: 3, certified: true, path: a}}
    expect: {{levels: [{{level: l2}}]}}
"""
LEDGER = """\
kind: statements
document: terms
statements:
  - {{id: s1, section: {title}, says: {title}, fingerprint: 1-{print}-{print}, encoded: [tt/l1]}}
  - {{id: s2, says: {title}, open: {title}}}
"""
RECORD = {"id": "blue", "n": 3, "certified": False, "path": "a"}
SARIF = json.loads((Path(__file__).parents[1] / "render" / "schemas" / "sarif-2.1.0.json").read_text())
COMMANDS = {
    "check": ["check", "new"],
    "test": ["test", "new"],
    "evaluate": ["evaluate", "new", "blue.json"],
    "why": ["why", "new", "blue.json", "--all"],
    "diff": ["diff", "old", "new"],
    "plan": ["plan", "old", "new", "--records", "blue.json", "--show-keys"],
    "sources": ["sources", "new"],
    "against": ["sources", "new", "--against", "terms.txt"],
}
FORMS = {
    "text": [*COMMANDS],
    "json": ["check", "test", "evaluate", "diff", "plan", "sources", "against"],
    "github": ["check", "test", "diff", "plan", "sources", "against"],
    "markdown": ["check", "test", "diff", "plan", "sources", "against"],
    "junit": ["check", "test", "diff", "plan", "sources", "against"],
    "sarif": ["check", "test", "diff", "plan", "sources", "against"],
    "html": ["plan"],
}
# What begins a line means something to a log; elsewhere a title means the same wherever it stands.
_BEGINNING = [each for each in TITLES if each.startswith(("::", "##", "%0A"))]
_OF_BLOCKS = ("```", "<script", "<!--", "| a", "&lt;")  # what begins a block of Markdown
_GROUPS = [" ".join(TITLES[i : i + 3]) for i in range(0, len(TITLES), 3)]
CASES = [
    *((form, title) for form in ("text", "markdown", "html") for title in _GROUPS),
    *((form, title) for form in ("text", "github") for title in _BEGINNING),
    *(("markdown", title) for title in TITLES if title.startswith(_OF_BLOCKS)),
    *((form, " ".join(TITLES)) for form in ("json", "github", "junit", "sarif")),
]


def _folder(hostile, tmp_path):
    """Two versions of a program in which everything has one hostile title, a record and a test that fails."""
    title = json.dumps(hostile)
    for name, share in (("old", "10"), ("new", "20")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "program.yaml").write_text(PROGRAM.format(title=title))
        (tmp_path / name / "policies.yaml").write_text(POLICIES.format(title=title, share=share))
        (tmp_path / name / "ledger.yaml").write_text(LEDGER.format(title=title, print="0123456789abcdef"))
        (tmp_path / name / "some_test.yaml").write_text(TEST.format(title=title))
    (tmp_path / "terms.txt").write_text(f"one {hostile} two", errors="replace")
    (tmp_path / "blue.json").write_text(json.dumps({**RECORD, "name": hostile}))


@pytest.mark.parametrize(("form", "hostile"), CASES)
def test_a_title_has_no_meaning(hostile, form, capsys, tmp_path, monkeypatch):
    _folder(hostile, tmp_path)
    monkeypatch.chdir(tmp_path)
    for command in FORMS[form]:
        output = [] if command == "why" else ["-o", form]
        assert run(
            [*COMMANDS[command], *output, "--as-of", "2026-11-21"][: None if command != "test" else -2]
        ) in (0, 1)
        printed = capsys.readouterr()
        CONSUMERS[form](printed.out)
        reads_as_text(printed.err)


def reads_as_text(text):
    assert re.search(r"(?m)^\s*::|##\[|##vso\[|##teamcity\[", text) is None
    assert re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text) is None


def reads_as_json(text):
    json.loads(text)
    reads_as_text(text)


def reads_as_annotations(text):
    for line in text.splitlines():
        assert re.match(r"::(error|warning|notice) ", line)
        assert not re.search(r"(^|%0A)\s*::", line.split("::", 2)[2])
        assert "##[" not in line


def reads_as_markdown(text):
    seen = set()
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        for each in (token, *(token.children or ())):
            if each.content != "<!-- -->":  # keeps what a host would link apart
                seen.add(each.type)
            if each.type == "text":
                assert not re.search(r"(?<![\w`])@\w|(?<!\w)#\d", each.content), each.content
    assert not seen & {"html_inline", "html_block", "image", "link_open", "s_open", "em_open"}
    assert "code_block" not in seen


def reads_as_junit(text):
    ElementTree.fromstring(text)
    reads_as_text(text)


def reads_as_sarif(text):
    log = json.loads(text)
    jsonschema.Draft7Validator(SARIF, registry=Registry()).validate(log)
    for found in log["runs"][0]["results"]:
        assert "](" not in found["message"]["text"]
    reads_as_text(text)


class _Page(HTMLParser):
    """Refuses scripts, pictures and addresses from elsewhere; counts what is open."""

    def handle_starttag(self, tag, attrs):
        assert tag not in ("script", "img", "iframe", "object"), tag
        for name, value in attrs:
            assert not name.startswith("on")
            if name in ("href", "src"):
                assert (value or "").startswith("#")


def reads_as_page(text):
    page = _Page()
    page.feed(text)
    page.close()
    assert text.rstrip().endswith("</html>")


CONSUMERS = {
    "text": reads_as_text,
    "json": reads_as_json,
    "github": reads_as_annotations,
    "markdown": reads_as_markdown,
    "junit": reads_as_junit,
    "sarif": reads_as_sarif,
    "html": reads_as_page,
}
