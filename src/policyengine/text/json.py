"""Parses JSON and NDJSON (RFC 8259) to located documents.

The standard parser gives no places, turns numbers into binary floats and keeps the last of two equal keys;
records need places as policies do. This one is iterative, so deep nesting cannot exhaust the stack.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import field

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code, Diagnostic, Label
from policyengine.source import Source, Span, composed
from policyengine.text.decode import printable
from policyengine.text.document import Document, Entry, JsonLiteral, Mapping, Node, Scalar, Sequence
from policyengine.text.json_syntax import SYNTAX, Expect, ScanFailure, explain

MAX_DEPTH = 60
MAX_NODES = 2_000_000

DUPLICATE = Code(
    id="JSON002",
    title="a key that is there twice",
    why="Most readers keep the last one and silently ignore the first.",
    bad='{"id": "acme", "id": "other"}\n',
    good='{"id": "acme"}\n',
    example="folder",
)
TOO_DEEP = Code(
    id="JSON003",
    title="nested too deep",
    why=f"No record needs more than {MAX_DEPTH} levels; a text that has them is an accident or an attack.",
    bad="[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1) + "\n",
    good="[" * MAX_DEPTH + "]" * MAX_DEPTH + "\n",
    example="folder",
)
TOO_MANY = Code(
    id="JSON004",
    title="too many values",
    why="Every value is kept with its place; one record a line (NDJSON) is read in any number.",
    bad=f"a list of more than {MAX_NODES:,} numbers",
    good="the same records, one a line",
    example="folder",
)
CODES = (SYNTAX, DUPLICATE, TOO_DEEP, TOO_MANY)

_TOKEN = re.compile(
    r'[ \t\r\n]*(?:([\[\]{},:])|"([^"\\\x00-\x1f\ud800-\udfff]*)"'
    r"|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)(?![\w.+%-])|(true|false|null)(?!\w))"
)
_LONG_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_PUNCTUATION, _STRING, _NUMBER = 1, 2, 3
_SPACE = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORDS: dict[str, JsonLiteral] = {"true": "boolean", "false": "boolean", "null": "null"}


@dataclass(frozen=True, slots=True)
class Json:
    """The result of parsing: the readable documents, and all mistakes."""

    documents: tuple[Document, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_json(source: Source, *, max_nodes: int = MAX_NODES) -> Json:
    """Parses one JSON value. Never raises; a syntax error leaves no document."""
    start = 1 if source.text.startswith("\ufeff") else 0
    document, diagnostics = _Scanner(source, start, len(source.text), max_nodes).read()
    return Json((document,) if document else (), tuple(diagnostics))


def read_ndjson(source: Source, *, max_nodes: int = MAX_NODES) -> Json:
    """Parses one JSON value a line; skips blank lines, and continues after a wrong line."""
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    for document, found in each_line(source, max_nodes=max_nodes):
        documents.extend([document] if document else [])
        diagnostics.extend(found)
    return Json(tuple(documents), tuple(diagnostics))


def read_stretch(source: Source, start: int, end: int) -> Json:
    """Parses one JSON value in a range of a text, such as a line."""
    document, diagnostics = _Scanner(source, start, end, MAX_NODES).read()
    return Json((document,) if document else (), tuple(diagnostics))


def each_line(
    source: Source, *, max_nodes: int = MAX_NODES
) -> Iterator[tuple[Document | None, list[Diagnostic]]]:
    """Parses line by line without keeping the documents."""
    text = source.text
    start = 1 if text.startswith("\ufeff") else 0
    while start < len(text):
        newline = text.find("\n", start)
        end = len(text) if newline < 0 else newline
        if text[start:end].strip(" \t\r"):
            yield _Scanner(source, start, end, max_nodes).read()
        start = end + 1


@dataclass(slots=True)
class _Frame:
    """An object or list that is still open."""

    start: int
    is_mapping: bool
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    key: Scalar | None = None


class _Scanner:
    """Parses one value in a range of a source."""

    def __init__(self, source: Source, start: int, end: int, max_nodes: int) -> None:
        self._source = source
        self._text = source.text
        self._at = start
        self._end = end
        self._left = max_nodes
        self._stack: list[_Frame] = []
        self._expect = Expect.VALUE
        self._root: Node | None = None
        self._diagnostics: list[Diagnostic] = []
        self._stopped = False

    def read(self) -> tuple[Document | None, list[Diagnostic]]:
        """The document, None for a syntax error, and the mistakes."""
        while not self._stopped and self._token():
            pass
        if self._stopped or self._root is None:
            return None, self._diagnostics
        return Document(self._source, self._root), self._diagnostics

    def _token(self) -> bool:
        """Takes the next token; False at the end."""
        found = _TOKEN.match(self._text, self._at, self._end)
        if found is None:
            return self._unusual()
        kind = found.lastindex or 0
        start, self._at = found.start(kind), found.end()
        if kind == _PUNCTUATION:
            self._punctuation(found[_PUNCTUATION], start)
        elif kind == _STRING:
            self._string(found[_STRING], start - 1)
        elif self._expects_value(start):
            text = found[kind]
            literal = "number" if kind == _NUMBER else _WORDS[text]
            self._add(Scalar(text, Span(self._source, start, self._at), literal=literal))
        return True

    def _unusual(self) -> bool:
        """Handles a text with escapes, the end, or a mistake."""
        space = _SPACE.match(self._text, self._at, self._end)
        start = space.end() if space else self._at
        if start >= self._end and self._expect is Expect.END:
            return False
        if not self._text.startswith('"', start, self._end):
            self._fail(start)
            return True
        found = _LONG_STRING.match(self._text, start, self._end)
        self._at = found.end() + 1 if found else self._end
        if self._at > self._end or self._text[self._at - 1] != '"':
            self._fail(start, problem_at=self._at - 1)
            return True
        value = composed(json.loads(self._text[start : self._at]))
        if _SURROGATE.search(value):
            message = "half of a surrogate pair is not a character"
            span = Span(self._source, start, self._at)
            self._diagnostics.append(SYNTAX.at(span, message, help="write the character itself"))
            value = _SURROGATE.sub("\ufffd", value)
        self._string(value, start)
        return True

    def _fail(self, at: int, problem_at: int | None = None) -> None:
        top = self._stack[-1] if self._stack else None
        stop = ScanFailure(
            self._source,
            at,
            self._end,
            self._expect,
            None if top is None else top.start,
            printable(top.key.text) if top and top.key else None,
            problem_at,
        )
        self._stop(explain(stop))

    def _stop(self, diagnostic: Diagnostic) -> None:
        self._diagnostics.append(diagnostic)
        self._stopped = True

    def _expects_value(self, start: int) -> bool:
        if self._expect in (Expect.VALUE, Expect.VALUE_OR_END):
            return True
        self._fail(start)
        return False

    def _string(self, value: str, start: int) -> None:
        scalar = Scalar(value, Span(self._source, start, self._at), quoted=True, literal="string")
        if self._expect in (Expect.KEY, Expect.KEY_OR_END):
            self._stack[-1].key = scalar
            self._expect = Expect.COLON
        elif self._expects_value(start):
            self._add(scalar)

    def _punctuation(self, char: str, start: int) -> None:
        expect = self._expect
        if char in "[{":
            if self._expects_value(start):
                self._open(start, is_mapping=char == "{")
        elif char == ":" and expect is Expect.COLON:
            self._expect = Expect.VALUE
        elif char == "," and expect is Expect.COMMA_OR_END:
            self._expect = Expect.KEY if self._stack[-1].is_mapping else Expect.VALUE
        elif char in "]}" and self._may_close(char):
            self._close()
        else:
            self._fail(start)

    def _may_close(self, char: str) -> bool:
        if not self._stack or self._stack[-1].is_mapping is not (char == "}"):
            return False
        return self._expect in (Expect.COMMA_OR_END, Expect.VALUE_OR_END, Expect.KEY_OR_END)

    def _open(self, start: int, *, is_mapping: bool) -> None:
        if len(self._stack) >= MAX_DEPTH:
            message = f"this is nested more than {MAX_DEPTH} levels deep"
            self._stop(TOO_DEEP.at(self._source.span(start, start + 1), message, help="nest it less"))
            return
        self._stack.append(_Frame(start, is_mapping))
        self._expect = Expect.KEY_OR_END if is_mapping else Expect.VALUE_OR_END

    def _close(self) -> None:
        frame = self._stack.pop()
        span = Span(self._source, frame.start, self._at)
        self._add(Mapping(frame.entries, span) if frame.is_mapping else Sequence(tuple(frame.items), span))

    def _add(self, node: Node) -> None:
        """Adds a finished value to the open object or list."""
        self._left -= 1
        if self._left < 0:
            self._stop(
                TOO_MANY.at(node.span, "from here on there are too many values", help="split the file")
            )
        elif not self._stack:
            self._root, self._expect = node, Expect.END
        else:
            self._expect = Expect.COMMA_OR_END
            self._put(self._stack[-1], node)

    def _put(self, frame: _Frame, node: Node) -> None:
        key, frame.key = frame.key, None
        if key is None:
            frame.items.append(node)
        elif key.text in frame.entries:
            first = Label(frame.entries[key.text].key.span, "first written here")
            message = f"`{printable(key.text)}` is written twice"
            self._diagnostics.append(
                DUPLICATE.at(key.span, message, help="remove one of the two", labels=[first])
            )
        else:
            frame.entries[key.text] = Entry(key, node)
