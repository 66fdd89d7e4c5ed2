"""Builds documents from the events of a YAML parser, and reports mistakes other than syntax errors."""

from __future__ import annotations

import re
from dataclasses import field

import yaml

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code, Diagnostic, Label
from policyengine.source import Source, Span, composed
from policyengine.text.decode import printable
from policyengine.text.document import Document, Entry, Mapping, Node, Scalar, Sequence
from policyengine.text.yaml_slips import SYNTAX, Fault, decimal_comma, is_odd_blank, odd_blank
from policyengine.text.yaml_syntax import explain, no_space

MAX_DEPTH = 60

DUPLICATE = Code(
    id="YAML003",
    title="a key that is there twice",
    why="Most readers keep the last one and silently ignore the first.",
    bad="id: silver\ntitle: Silver\nid: gold\n",
    good="id: silver\ntitle: Silver\n",
    example="yaml",
)
MERGE = Code(
    id="YAML004",
    title="a merge key",
    why="`<<` is not part of YAML 1.2, and a reader does not see there what it merges in.",
    bad="silver: &base\n  discount: 20%\ngold:\n  <<: *base\n",
    good="silver:\n  discount: 20%\ngold:\n  discount: 20%\n",
    example="yaml",
)
TAG = Code(
    id="YAML005",
    title="a tag",
    why="The meaning of a value follows from its key; a tag could only contradict it.",
    bad="from: !!str 2026-01-01\n",
    good="from: 2026-01-01\n",
    example="yaml",
)
KEY = Code(
    id="YAML006",
    title="a key that is not a text",
    why="A key is a name; a list, a mapping, an alias or nothing at all cannot be one.",
    bad="[referral, sales]: partner\n",
    good="referral: partner\nsales: partner\n",
    example="yaml",
)
UNKNOWN_ALIAS = Code(
    id="YAML007",
    title="an alias without an anchor",
    why="`*name` repeats what was marked with `&name` further up in the same document.",
    bad="when: *active\n",
    good='when: "*active"\n',
    example="yaml",
)
CYCLE = Code(
    id="YAML008",
    title="an alias inside the value that it repeats",
    why="A value that contains itself has no end.",
    bad="all: &conditions\n  - any: *conditions\n",
    good="all: &conditions\n  - attends\nany: *conditions\n",
    example="yaml",
)
TOO_DEEP = Code(
    id="YAML009",
    title="nested too deep",
    why=f"No policy needs more than {MAX_DEPTH} levels; a text that has them is an accident or an attack.",
    bad="[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1) + "\n",
    good="[" * MAX_DEPTH + "]" * MAX_DEPTH + "\n",
    example="yaml",
)
TOO_MANY = Code(
    id="YAML010",
    title="too many values",
    why="A few aliases of aliases can expand to billions of values; they are counted as if written out.",
    bad="a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcd", "bcde", strict=True)
    ),
    good="a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\nb: [*a, *a]\n",
    example="yaml",
)
CODES = (DUPLICATE, MERGE, TAG, KEY, UNKNOWN_ALIAS, CYCLE, TOO_DEEP, TOO_MANY)

_SURROGATE = re.compile("[\ud800-\udfff]")
_PROPERTY = re.compile(r"[&!]\S*")
_NEGATED = re.compile(r"![A-Za-z]\w*( (and|or) [^\n]*)?")
_GLUED = re.compile(r"(?P<key>[A-Za-z_][\w-]*):(?P<value>[^\s/].*)")
_GAP = re.compile(r"(?:[ \t\r\n]+|(?<=\s)#[^\n]*)*")


@dataclass(slots=True)
class _Frame:
    """A mapping or sequence that is still open."""

    start: int
    is_mapping: bool
    is_flow: bool
    anchor: str | None
    nodes_before: int
    height: int = 1
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    in_value: bool = False
    key: Scalar | None = None


@dataclass(frozen=True, slots=True)
class _Anchored:
    """A finished value with an anchor: its number of values and its depth."""

    node: Node
    nodes: int
    height: int


class Builder:
    """Builds documents from events."""

    def __init__(self, source: Source, base: int, max_nodes: int) -> None:
        self.source = source
        self.documents: list[Document] = []
        self.diagnostics: list[Diagnostic] = []
        self.stopped = False
        self._base = base
        self._max_nodes = max_nodes
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Anchored | _Frame] = {}
        self._nodes = 0
        self._end = base
        self._root: Node | None = None
        self._last: Span | None = None
        self._pasted = False

    def feed(self, event: yaml.Event) -> None:
        """Processes the next event."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentEndEvent):
            self._end_document()

    def fail(self, error: Exception) -> None:
        """Reports the error of the parser, unless odd blanks were reported, which explain it."""
        if self._pasted:
            self.stopped = True
            return
        flow = [frame.start for frame in self._stack[-1:] if frame.is_flow]
        fault = Fault.of(error, self.source, self._base, last=self._last, bracket=flow[0] if flow else None)
        self._stop(explain(fault))

    def _end_document(self) -> None:
        root = self._root
        is_empty = isinstance(root, Scalar) and not root.quoted and not root.text
        if root is not None and not is_empty:
            self.documents.append(Document(self.source, root))
        self._root = None
        self._anchors.clear()

    def _stop(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(diagnostic)
        self.stopped = True

    def _span(self, event: yaml.Event) -> Span:
        start: yaml.Mark = event.start_mark  # type: ignore[assignment]  # the parser sets all marks
        end: yaml.Mark = event.end_mark  # type: ignore[assignment]
        return Span(self.source, start.index + self._base, end.index + self._base)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        span, value = self._span(event), event.value
        if event.anchor is not None or event.tag is not None:
            span = Span(self.source, self._without_properties(event, span), span.end)
            if event.tag is not None and self.source.text[span.start - 1] == "!":
                value = span.text
        if event.style in ("|", ">"):
            span = _without_blank_lines(span)
        elif event.style == '"' and _SURROGATE.search(event.value):
            self._stop(
                SYNTAX.at(span, "half a surrogate pair is not a character", help="write the character")
            )
            return
        self._end = span.end
        self._last = span
        scalar = Scalar(composed(value), span, bool(event.style))
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(scalar, 1, 0)
        if self._count(1, span):
            self._add(scalar, 0)

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        span = self._span(event)
        start = span.start
        if event.anchor is not None or event.tag is not None:
            start = self._without_properties(event, Span(self.source, start, len(self.source.text)))
        if len(self._stack) >= MAX_DEPTH:
            self._too_deep(self.source.span(start, start + 1))
            return
        is_flow = bool(event.flow_style) and self.source.text[start : start + 1] in ("[", "{")
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        frame = _Frame(start, is_mapping, is_flow, event.anchor, self._nodes)
        if self._count(1, self.source.span(start, start + 1)):
            self._stack.append(frame)
            self._end = start
            if event.anchor is not None:
                self._anchors[event.anchor] = frame

    def _close(self, event: yaml.CollectionEndEvent) -> None:
        frame = self._stack.pop()
        marks = self._span(event)
        # A block ends where the next thing begins, which is too far: only brackets have an end of their own.
        self._end = marks.end if marks.end > marks.start else max(self._end, frame.start)
        span = Span(self.source, frame.start, self._end)
        node: Node = Mapping(frame.entries, span) if frame.is_mapping else Sequence(tuple(frame.items), span)
        if frame.anchor is not None and self._anchors.get(frame.anchor) is frame:
            self._anchors[frame.anchor] = _Anchored(node, self._nodes - frame.nodes_before, frame.height)
        self._add(node, frame.height)

    def _alias(self, event: yaml.AliasEvent) -> None:
        span = self._span(event)
        self._end = span.end
        if self._stack and self._stack[-1].is_mapping and not self._stack[-1].in_value:
            self._add(Scalar("", span), 0, alias=span)
            return
        found = self._anchors.get(event.anchor or "")
        if isinstance(found, _Anchored):
            if len(self._stack) + found.height > MAX_DEPTH:
                self._too_deep(span)
            elif self._count(found.nodes, span):
                self._add(found.node, found.height)
            return
        if found is None:
            message = f"no value above is marked with `&{printable(event.anchor or '')}`"
            self.diagnostics.append(
                UNKNOWN_ALIAS.at(span, message, help=f'if it is a text, write `"{printable(span.text)}"`')
            )
        else:
            message = f"`{printable(span.text)}` repeats the value that contains it"
            label = Label(self.source.span(found.start, found.start + 1), "which starts here")
            self.diagnostics.append(CYCLE.at(span, message, help="write out what is meant", labels=[label]))
        self._add(Scalar("", span), 0)

    def _add(self, node: Node, height: int, *, alias: Span | None = None) -> None:
        """Adds a finished value to the open mapping or list, or to the documents."""
        if not self._stack:
            self._root = node
            return
        frame = self._stack[-1]
        frame.height = max(frame.height, height + 1)
        if not frame.is_mapping:
            frame.items.append(node)
        elif not frame.in_value:
            frame.in_value = True
            frame.key = self._key(frame, node, alias)
        else:
            frame.in_value = False
            if frame.key is not None and not (frame.is_flow and self._is_slip(frame, frame.key, node)):
                frame.entries[frame.key.text] = Entry(frame.key, node)

    def _is_slip(self, frame: _Frame, key: Scalar, value: Node) -> bool:
        """Whether an entry in braces is a slip of the author; reports it."""
        return self._is_glued(key, value) or self._is_rest_of_number(frame, key, value)

    def _is_rest_of_number(self, frame: _Frame, key: Scalar, value: Node) -> bool:
        """Whether a key without a value is the decimals of a number with a comma; reads that number."""
        if not frame.entries or key.quoted or value.span.end > key.span.end:
            return False
        name, last = list(frame.entries.items())[-1]
        if not isinstance(last.value, Scalar) or last.value.quoted:
            return False
        found = decimal_comma(self.source, last.value.span, key.span)
        if found is None:
            return False
        span = Span(self.source, last.value.span.start, key.span.end)
        frame.entries[name] = Entry(last.key, Scalar(found[0], span, False))
        self.diagnostics.append(found[1])
        return True

    def _is_glued(self, key: Scalar, value: Node) -> bool:
        """Whether a key in braces is `key:value` without a space; reports it."""
        found = _GLUED.fullmatch(key.text)
        if found is None or key.quoted or value.span.start != key.span.end:
            return False
        self.diagnostics.append(no_space(key.span, found["key"], found["value"]))
        return True

    def _key(self, frame: _Frame, node: Node, alias: Span | None) -> Scalar | None:
        """The key, or None for a wrong key, whose value is dropped."""
        found: Diagnostic
        if alias is not None or not isinstance(node, Scalar):
            what = "an alias" if alias else "a list" if isinstance(node, Sequence) else "a mapping"
            help_ = "write the name out" if alias else "if the brackets belong to a text, put it in quotes"
            found = KEY.at(alias or node.span, f"a key has to be a text, not {what}", help=help_)
        elif not node.text and not node.quoted:
            found = KEY.at(node.span, "there is no key before this colon", help="write the key")
        elif not node.quoted and is_odd_blank(node.text):
            if self._pasted:
                return None
            self._pasted = True
            blank = len(node.text) - len(node.text.lstrip())
            found = odd_blank(self.source, node.span.start, node.span.start + blank)
        elif node.text == "<<" and not node.quoted:
            found = MERGE.at(
                node.span, "`<<` is not supported", help="write the keys and their values out here"
            )
        elif node.text in frame.entries:
            first = Label(frame.entries[node.text].key.span, "first written here")
            message = f"`{printable(node.text)}` is written twice"
            found = DUPLICATE.at(node.span, message, help="remove one of the two", labels=[first])
        else:
            return node
        self.diagnostics.append(found)
        return None

    def _count(self, nodes: int, span: Span) -> bool:
        self._nodes += nodes
        if self._nodes <= self._max_nodes:
            return True
        message = f"from here on there are more than {self._max_nodes:,} values"
        self._stop(TOO_MANY.at(span, message, help="split the file"))
        return False

    def _too_deep(self, span: Span) -> None:
        message = f"this is nested more than {MAX_DEPTH} levels deep"
        self._stop(
            TOO_DEEP.at(span, message, help="remove the brackets or the indentation that are not meant")
        )

    def _without_properties(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, span: Span) -> int:
        """The start of the value behind its anchor and tag; reports the tag.

        A tag that was meant as a negation is no tag: its name is the start of the value.
        """
        at = span.start
        for _ in range((event.anchor is not None) + (event.tag is not None)):
            found = _PROPERTY.match(self.source.text, at, span.end)
            if found is None:
                break
            gap = _GAP.match(self.source.text, found.end(), span.end)
            at = gap.end() if gap else found.end()
            if found.group().startswith("!"):
                help_ = "remove it, the value alone is enough"
                rest = (
                    self.source.text[found.end() : span.end] if isinstance(event, yaml.ScalarEvent) else "?"
                )
                if _NEGATED.fullmatch(found.group() + rest):
                    at = found.start() + 1
                    help_ = f"write `not({found.group()[1:]}){rest}`, or put it in quotes if it is a text"
                where = self.source.span(found.start(), found.end())
                message = f"the tag `{printable(found.group())}` is not allowed"
                self.diagnostics.append(TAG.at(where, message, help=help_))
        return at


def _without_blank_lines(span: Span) -> Span:
    """The span of a block without trailing blank lines."""
    text, end = span.source.text, span.end
    while (at := text.rfind("\n", span.start, end)) >= 0 and not text[at + 1 : end].strip(" \t\r"):
        end = at - 1 if text[at - 1] == "\r" else at
    return Span(span.source, span.start, max(end, span.start))
