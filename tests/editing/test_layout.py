"""The layout of texts: what it changes, and what it leaves alone."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from policyengine.cli.run import run
from policyengine.editing.layout import laid_out
from policyengine.source import Source
from policyengine.text.yaml import read_yaml

REPOSITORY = Path(__file__).parents[2]

WRITTEN = """\
# head
kind:   tiers
id: 'a b'


title:  "Some words"   # beside
levels:
- id: silver
  title: 'It is: so'
  source: {document:   kpi, section: "1" }

    # before gold
- id: gold
  on: [ a,b ]
  note: >-
      Text of
        two lines
      and more
"""
LAID_OUT = """\
# head
kind: tiers
id: a b

title: Some words   # beside
levels:
  - id: silver
    title: "It is: so"
    source: {document: kpi, section: "1"}

  # before gold
  - id: gold
    on: [a, b]
    note: >-
      Text of
        two lines
      and more
"""


def test_indentation_spacing_and_quotes() -> None:
    assert laid_out(WRITTEN) == LAID_OUT
    assert laid_out(LAID_OUT) == LAID_OUT


@pytest.mark.parametrize("text", ["a: [\n", "a: 1\na: 2\n", "", "just a text\n", "a: &x {b: 1}\nc: *x\n"])
def test_what_is_broken_or_unusual_is_left_alone(text: str) -> None:
    assert laid_out(text) is None


UNORDERED = """\
# of the file
id: a          # beside a
# of the kind
kind: obligations
for: partner
title: >-
  Some
  # no comment

obligations:
  # of b
  - met_when: {b: 1}
    title: B

    id: b      # beside b
  - title: C
    # a comment does not move behind a dash
    id: c
---
title: P
kind: program
entities:
  partner:
    facts:
      title: {type: text, title: t}
      id: {type: text, title: i}
"""
ORDERED = """\
# of the file
# of the kind
kind: obligations
id: a          # beside a
title: >-
  Some
  # no comment
for: partner

obligations:
  # of b
  - title: B

    id: b      # beside b
    met_when: {b: 1}
  - title: C
    # a comment does not move behind a dash
    id: c
---
kind: program
title: P
entities:
  partner:
    facts:
      title: {type: text, title: t}
      id: {type: text, title: i}
"""


def test_a_part_begins_with_what_it_is_called_and_names_keep_their_order() -> None:
    assert laid_out(UNORDERED) == ORDERED
    assert laid_out(ORDERED) == ORDERED


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("- due_on: d\n    note: why\n    met_when: a\n    id: x\n    title: X\n    source: s",
         "- id: x\n    title: X\n    source: s\n    due_on: d\n    note: why\n    met_when: a"),
        ("- id: x\n    title: X\n    met_when: a\n    due_on: d\n    note: why",
         "- id: x\n    title: X\n    due_on: d\n    note: why\n    met_when: a"),
        ("- id: x\n    title: X\n    met_when: a\n    # by then\n    due_on: d", None),
    ],
)  # fmt: skip
def test_keys_stand_as_the_language_has_them(written: str, wanted: str | None) -> None:
    head = "kind: obligations\nid: a\ntitle: A\nobligations:\n  "
    expected = f"{head}{wanted or written}\n"
    assert laid_out(f"{head}{written}\n") == expected
    assert laid_out(expected) == expected


def test_tests_of_facts_keep_their_order() -> None:
    head = "kind: tiers\nid: a\ntitle: A\nlevels:\n"
    text = f"{head}  - id: x\n    title: X\n    grants: []\n    b: 1..\n    a: 1..\n"
    assert laid_out(text) == text


def test_line_ends_and_marks_stay() -> None:
    found = laid_out("\ufeff" + WRITTEN.replace("\n", "\r\n"))
    assert found == "\ufeff" + LAID_OUT.replace("\n", "\r\n")


def _spread(text: str, source: random.Random) -> str:
    """The same text with other spaces: more behind colons and commas, more blank lines."""
    lines = []
    for line in text.split("\n"):
        plain = line.strip() and "#" not in line and '"' not in line and "'" not in line
        if plain and source.random() < 0.3:
            line = line.replace(": ", ":  ", 1) if not line.rstrip().endswith((">-", "|")) else line
        lines.append(line)
        if not line.strip() and source.random() < 0.5:
            lines.append("")
    return "\n".join(lines)


@pytest.mark.parametrize(
    "file", sorted((REPOSITORY / "policies").glob("*/*.yaml")), ids=lambda each: each.stem
)
def test_our_policies_are_laid_out_and_other_spaces_come_to_the_same(file: Path) -> None:
    text = file.read_text()
    assert laid_out(text) == text
    spread = _spread(text, random.Random(file.name))
    one, other = (
        [each.plain() for each in read_yaml(Source("a", written)).documents] for written in (text, spread)
    )
    assert one != other or laid_out(spread) == text


@pytest.mark.parametrize("file", ["bytekast/levels.yaml", "bytekast/billing.yaml"])
def test_titles_before_ids_come_to_the_same(file: str) -> None:
    text = (REPOSITORY / "policies" / file).read_text()
    swapped, times = re.subn(r"- id: (.*)\n( +)title: ([^>|].*)\n", r"- title: \3\n\2id: \1\n", text)
    assert times > 1
    assert laid_out(swapped) == text


def test_the_command_names_what_changes_and_writes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, broken = tmp_path / "a.yaml", tmp_path / "b.yml"
    bad.write_text(WRITTEN)
    broken.write_text("a: [\n")
    assert run(["fmt", "--check", str(tmp_path)]) == 1
    assert capsys.readouterr().out == f"{bad}\n"
    assert bad.read_text() == WRITTEN
    assert run(["fmt", str(tmp_path)]) == 0
    assert capsys.readouterr().err.endswith("1 file changed, 0 in this layout already, 1 left alone\n")
    assert bad.read_text() == LAID_OUT
    assert run(["fmt", "--check", str(bad)]) == 0
    assert run(["fmt", str(tmp_path / "none")]) == 2
