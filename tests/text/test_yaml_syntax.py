"""Syntax errors of YAML: where, what, and what to write instead."""

import pytest

from policyengine.source import Source
from policyengine.text.yaml import read_yaml

MISTAKES = [
    # pasted, or written as in a letter
    (
        "a:\n  b: 1\n\u00a0\u00a0c: 1\n  d: 2\n",
        "3:1",
        "\u00a0\u00a0",
        "a no-break space (U+00A0) is not a space in YAML",
        "write ordinary spaces, here and wherever else it was pasted",
    ),
    (
        "a:\n  b:\u00a01\n  c: 1\n",
        "2:5",
        "\u00a0",
        "a no-break space (U+00A0) is not a space in YAML",
        "write ordinary spaces, here and wherever else it was pasted",
    ),
    (
        "a: 1\n\u2003b: 1\n",
        "2:1",
        "\u2003",
        "the blank U+2003 is not a space in YAML",
        "write ordinary spaces, here and wherever else it was pasted",
    ),
    (
        "- id: a\n\u2013 id: b\n",
        "2:1",
        "\u2013",
        "an item of a list begins with `-`, not with `\u2013`",
        "write `- `",
    ),
    ("a: 1\n\u2014\nb: 1\n", "2:1", "\u2014", "another document begins with three hyphens", "write `---`"),
    ("a: 1\n// x\nb: 1\n", "2:1", "// x", "a comment begins with `#`", "write `# x`"),
    (
        "a: 1\nb = 2\nc: 3\n",
        "2:1",
        "b = 2",
        "`b = 2` is neither a key with a colon nor an item of a list",
        "write `b: 2`",
    ),
    (
        "a: 1\nb 2\nc: 3\n",
        "2:1",
        "b 2",
        "`b 2` is neither a key with a colon nor an item of a list",
        "write `b: 2`, or indent it below its key",
    ),
    ("{a: 20%; b: c}\n", "1:5", "20%; b", "a comma is missing before `b:`", "write `20%, b:`"),
    ("{a: 0,2, b: c}\n", "1:5", "0,2", "`0,2` is two things to YAML: a comma separates them", "write `0.2`"),
    ("{a: 2,5%}\n", "1:5", "2,5%", "`2,5%` is two things to YAML: a comma separates them", "write `2.5%`"),
    (
        "{a: 1.500,00}\n",
        "1:5",
        "1.500,00",
        "`1.500,00` is two things to YAML: a comma separates them",
        "write `1500.00`",
    ),
    # indentation
    ("a:\n\tb: 1\n", "2:1", "\t", "this line is indented with a tab", "indent it with spaces"),
    (
        "a:\n  b: 1\n\tc: 1\n",
        "3:1",
        "\t",
        "this line is indented with a tab",
        "indent it by 2 spaces to stand below the line above",
    ),
    ("\ta: b\n", "1:1", "\t", "this line is indented with a tab", "indent it with spaces"),
    (
        "a:\n  b: 1\n c: 2\n",
        "3:2",
        "c: 2",
        "the indentation of this line fits none of the lines above",
        "indent it by 2 spaces or not at all",
    ),
    (
        "- id: x\n t: y\n",
        "2:2",
        "t: y",
        "the indentation of this line fits none of the lines above",
        "indent it by 2 spaces",
    ),
    (
        'x: "a"\n  y: 2\n',
        "2:3",
        "y: 2",
        "the indentation of this line fits none of the lines above",
        "do not indent it",
    ),
    (
        "x: 1\n  y: 2\n",
        "2:3",
        "y",
        "`y` is indented below a line that has its value already",
        "do not indent it",
    ),
    (
        "- id: x\n   t: y\n",
        "2:4",
        "t",
        "`t` is indented below a line that has its value already",
        "indent it by 2 spaces",
    ),
    (
        "- a\nb: c\n",
        "2:1",
        "b: c",
        "expected the next item of the list, found a key",
        "write `- ` before it, or indent it like the keys of the item above",
    ),
    (
        "a: b\n- c\n",
        "2:1",
        "- c",
        "expected the next key, found an item of a list",
        "indent it below the key that it belongs to",
    ),
    (
        "a: |\n   x\n  y\nb: c\n",
        "3:3",
        "y",
        "the indentation of this line fits none of the lines above",
        "indent it by 3 spaces",
    ),
    # colons
    ("a:b\nc: d\n", "1:1", "a:", "there has to be a space after the colon of `a`", "write `a: b`"),
    ("a: b\nc:d\n", "2:1", "c:", "there has to be a space after the colon of `c`", "write `c: d`"),
    ("x: {id:a, b: c}\n", "1:5", "id:a", "there has to be a space after the colon of `id`", "write `id: a`"),
    ("- a:b\n  c: d\n", "1:3", "a:", "there has to be a space after the colon of `a`", "write `a: b`"),
    (
        "key: value: x\n",
        "1:6",
        "value: x",
        "a value that contains a colon and a space has to be in quotes",
        'write `"value: x"`',
    ),
    ("a: b:\n", "1:4", "b:", "a value that contains a colon and a space has to be in quotes", 'write `"b:"`'),
    (
        "a\nb: c\n",
        "1:1",
        "a",
        "`a` is neither a key with a colon nor an item of a list",
        "write a colon and a value after it, or remove it",
    ),
    (
        "a: b\nkey\nc: d\n",
        "2:1",
        "key",
        "`key` is neither a key with a colon nor an item of a list",
        "write a colon and a value after it, or indent it below its key",
    ),
    (": x\n", "1:1", ":", "there is no key before this colon", "write the key"),
    (
        "a: {id: x, when: y: z}\n",
        "1:18",
        "y: z",
        "a value that contains a colon and a space has to be in quotes",
        'write `"y: z"`',
    ),
    (
        "a: {id: x title: y}\n",
        "1:9",
        "x title: y",
        "a comma is missing before `title:`",
        'write `"x title: y"` if it is one text',
    ),
    # first characters
    ("a: @x\n", "1:4", "@x", "a value that starts with `@` has to be in quotes", 'write `"@x"`'),
    ("a: %x # c\n", "1:4", "%x", "a value that starts with `%` has to be in quotes", 'write `"%x"`'),
    ("a: `x`\n", "1:4", "`x`", "a value that starts with a backtick has to be in quotes", 'write `"`x`"`'),
    ("a: > 5\n", "1:4", "> 5", "a value that starts with `>` has to be in quotes", 'write `"> 5"`'),
    ("a: |x\n", "1:4", "|x", "a value that starts with `|` has to be in quotes", 'write `"|x"`'),
    ("when: [> 5, < 3]\n", "1:8", "> 5", "a value that starts with `>` has to be in quotes", 'write `"> 5"`'),
    ("a: {x: > 5}\n", "1:8", "> 5", "a value that starts with `>` has to be in quotes", 'write `"> 5"`'),
    ("a: *\n", "1:4", "*", "a value that starts with `*` has to be in quotes", 'write `"*"`'),
    ("a: & b\n", "1:4", "& b", "a value that starts with `&` has to be in quotes", 'write `"& b"`'),
    ("a: !<x\n", "1:4", "!<x", "a value that starts with `!` has to be in quotes", 'write `"!<x"`'),
    ("a: ,x\n", "1:4", ",x", "a value that starts with a comma has to be in quotes", 'write `",x"`'),
    (
        "a: - b\n",
        "1:4",
        "- b",
        "a list that is written with `-` cannot start on this line",
        "start it on the next line, or write `[b]`",
    ),
    # quotes
    (
        "a: 'x\nb: 1\n",
        "1:4",
        "'x",
        "the single quote that opens here is never closed",
        "write `'` where the text ends",
    ),
    (
        'a: "x\nb: 1\n',
        "1:4",
        '"x',
        "the double quote that opens here is never closed",
        'write `"` where the text ends',
    ),
    (
        "a:\n  - 'x\n  - 'y'\n",
        "3:5",
        "'",
        "this single quote closes a text that was opened on line 2",
        "close it on line 2",
    ),
    ("a: 'it's'\n", "1:8", "s'", "nothing may follow the single quote that closes a text", 'write `"it\'s"`'),
    (
        'a: "x" and y\n',
        "1:8",
        "and y",
        "nothing may follow the double quote that closes a text",
        "write `'\"x\" and y'`",
    ),
    (
        'a: "it\'s" x\n',
        "1:11",
        "x",
        "nothing may follow the double quote that closes a text",
        "write `'\"it''s\" x'`",
    ),
    (
        'a: "\\q"\n',
        "1:5",
        "\\q",
        "`\\q` means nothing inside double quotes",
        "write `\\\\` for a backslash, or put the text in single quotes",
    ),
    (
        'a: "\\uD83D\\uDE00"\n',
        "1:5",
        "\\uD83D",
        "`\\uD83D` is not the number of a character",
        "write the character itself",
    ),
    # brackets
    ("a: [1, 2\nb: 1\n", "1:4", "[", "the `[` here is never closed", "write the missing `]`"),
    ("a: {x: 1\nb: 2\n", "1:4", "{", "the `{` here is never closed", "write the missing `}`"),
    ("x: [1\n", "1:4", "[", "the `[` here is never closed", "write the missing `]`"),
    ("a: [1, 2}\n", "1:9", "}", "`}` cannot close `[`", "write `]`"),
    ("a: }\n", "1:4", "}", "this `}` closes nothing", "remove it, or write the bracket that opens"),
    ("a: [x]]\n", "1:7", "]", "this `]` closes nothing", "remove it, or write the bracket that opens"),
    (
        "a: [b]c\n",
        "1:7",
        "c",
        "nothing may follow the closing `]`",
        'remove it, or write `"[b]c"` if it is one text',
    ),
    (
        "a: [1 2\n, {b: c} {d: e}]\n",
        "2:10",
        "{d: e}]",
        "there has to be a `,` or a `]` before this",
        "separate two items with `, `; put a text that contains brackets, commas or colons in quotes",
    ),
    (
        'a: {b: "x" y}\n',
        "1:12",
        "y}",
        "there has to be a `,` or a `}` before this",
        "separate two items with `, `; put a text that contains brackets, commas or colons in quotes",
    ),
    (
        "a: [,]\n",
        "1:5",
        ",",
        "there is no value before this `,`",
        "write the value or remove the comma or colon",
    ),
    # documents
    (
        "%YAML 1.3\n---\na: 1\n",
        "1:1",
        "%YAML 1.3",
        "a line that starts with `%` has no meaning here",
        "remove it",
    ),
    ("%x\n---\na: 1\n", "1:1", "%x", "a line that starts with `%` has no meaning here", "remove it"),
    (
        "a: b\n...\nc: d\n",
        "3:1",
        "c: d",
        "this comes after the end of the document",
        "write `---` on a line before it, or remove it",
    ),
    (
        "[a]\nb: c\n",
        "2:1",
        "b: c",
        "this comes after the end of the document",
        "write `---` on a line before it, or remove it",
    ),
]


@pytest.mark.parametrize(("text", "place", "at", "message", "help_"), MISTAKES)
def test_mistakes(text: str, place: str, at: str, message: str, help_: str) -> None:
    (found,) = read_yaml(Source("f.yaml", text)).diagnostics
    assert found.span is not None
    assert (found.code.id, str(found.span), found.span.text) == ("YAML001", f"f.yaml:{place}", at)
    assert (found.message, found.help) == (message, help_)


def test_a_quote_that_is_closed_too_late_shows_where_it_opens() -> None:
    (found,) = read_yaml(Source("f.yaml", "a:\n  - 'x\n  - 'y'\n")).diagnostics
    assert [(str(label.span), label.text) for label in found.labels] == [("f.yaml:2:5", "opened here")]


def test_a_number_with_a_comma_is_read_as_it_was_meant():
    """What is wrong with it is said once: nobody else complains of the rest."""
    found = read_yaml(Source("a.yaml", "{a: 0,2, b: [1,2], c: 1}\n"))
    assert [each.message for each in found.diagnostics] == [
        "`0,2` is two things to YAML: a comma separates them"
    ]
    assert found.documents[0].plain(()) == {"a": "0.2", "b": ["1", "2"], "c": "1"}


@pytest.mark.parametrize(
    "text", ["{a: 0, 2}\n", "{a: x,2}\n", "{a: 1,b: 2}\n", '{a: "0",2}\n', "{a: 1,2: 3}\n"]
)
def test_what_is_no_number_with_a_comma(text):
    assert not read_yaml(Source("a.yaml", text)).diagnostics


def test_lines_that_were_pasted_are_told_once():
    text = "a:\n  b: 1\n\u00a0\u00a0c: 1\n\u00a0\u00a0d: 1\n  e: 1\n"
    found = read_yaml(Source("a.yaml", text)).diagnostics
    assert [str(each.span.line) for each in found if each.span] == ["3"]
