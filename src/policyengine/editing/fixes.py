"""Quick fixes: what the help of a mistake says, as edits of the text.

A help names what to write in backticks. The ways in which it can be meant are tried in their order, and the
first one after which the mistake is gone, and no other has come, is the fix: `check` itself proves it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from policyengine.diagnostics import Diagnostic
from policyengine.editing.yaml_edits import add_item, around, remove_key, scalar_at, set_key
from policyengine.source import Source, Span
from policyengine.text.document import Document, Mapping, Scalar
from policyengine.text.document import Sequence as SequenceNode
from policyengine.verify.document_index import Edit, applied

Judge = Callable[[Source], Iterable[Diagnostic]]
"""All that is wrong once a text stands in place of the one of its name."""

_CODE = re.compile(r"`([^`]+)`")
_WRITE = re.compile(r"\b(?:write|did you mean|say|list|make it|write the missing|write a range,) `([^`]+)`")
_OR = re.compile(r"(?:, or|; or| or| if [^`]* meant,)(?: write| say| add)? `([^`]+)`")
_FOR = re.compile(r"write `([^`]+)` for `(\w+)`")
_GAP = re.compile(r"\.\.\.|\b[A-Z]{4,}\b")
_ADD = re.compile(r"\b(?:add|say|write|needs|as in|together with|and)\b(?: it:)? `([\w]+): ([^`]+)`")
_REMOVE = re.compile(r"\b(?:remove|delete|leave) (?:`([^`]+)`|it\b|them\b|one of)")
_TO_LIST = re.compile(r"add `([^`:]+)` to the")
_END = re.compile(r"\b(start|end) ([\w-]+) at (\S+?)(?=,|$)")
_PAIR = re.compile(r"([A-Za-z_]\w*): (.+)", re.DOTALL)
_MOST = 12


class Fix(NamedTuple):
    """An edit that mends a mistake, in words; `is_form` if it writes the same in another form."""

    title: str
    edits: tuple[Edit, ...]
    mended: Diagnostic
    is_form: bool


def fixes(
    found: Diagnostic, document: Document | None, judge: Judge, before: Sequence[Diagnostic]
) -> Iterator[Fix]:
    """The fixes of a mistake that are proved to mend it; `before` is all that is wrong now."""
    if found.help is None or found.span is None:
        return
    tried: set[str] = set()
    mended: set[str] = set()
    for title, edits in _proposals(found, found.help, found.span, document):
        source = found.span.source
        changed = applied(source, edits)
        if changed.text in tried or changed.text == source.text or len(tried) >= _MOST or title in mended:
            continue
        tried.add(changed.text)
        if _mends(found, before, judge(changed)):
            mended.add(title)
            yield Fix(title, tuple(edits), found, _same_letters(source.text, changed.text))


def _mends(found: Diagnostic, before: Iterable[Diagnostic], after: Iterable[Diagnostic]) -> bool:
    """Whether a mistake is gone and no other has come."""
    old, new = Counter(map(_said, before)), Counter(map(_said, after))
    return new[_said(found)] < old[_said(found)] and not new - old


def _said(found: Diagnostic) -> tuple[str, str, str]:
    return (found.code.id, found.message, found.span.source.name if found.span is not None else "")


def _same_letters(old: str, new: str) -> bool:
    """Whether two texts differ in marks and quotes alone; digits may have another order, as in a date."""
    letters = [[each for each in text if each.isalpha()] for text in (old, new)]
    digits = [Counter(each for each in text if each.isdigit()) for text in (old, new)]
    return letters[0] == letters[1] and digits[0] == digits[1]


Proposal = tuple[str, list[Edit]]


def _proposals(found: Diagnostic, help: str, span: Span, document: Document | None) -> Iterator[Proposal]:
    """The ways in which a help can be meant, the likeliest first."""
    words = [
        each for each in (*_WRITE.findall(help), *_OR.findall(help)) if "..." not in each or ".." in each
    ]
    if document is not None:
        yield from _instead(document, span, help)
        for key, value in _ADD.findall(help):
            yield from _pairs(document, span, key, value)
    for word in dict.fromkeys(words):
        yield from _written(found, span, word, document)
    if document is None:
        yield from _removed(help, span, None)
        return
    for word in _TO_LIST.findall(help):
        yield from _listed(document, span, word)
    for which, level, edge in _END.findall(help):
        yield from _edges(document, which, level, edge)
    yield from _removed(help, span, document)


def _instead(document: Document, span: Span, help: str) -> Iterator[Proposal]:
    """An entry in place of another one."""
    for pair, key in _FOR.findall(help):
        for mapping in around(document, span):
            if key in mapping.entries:
                entry = mapping.entries[key]
                yield f"write `{pair}`", [Edit(entry.key.span.to(entry.value.span), pair)]


def _written(found: Diagnostic, span: Span, word: str, document: Document | None) -> Iterator[Proposal]:
    """A word in place of what is wrong: of the span, of a word in it, or of the value that it lies in."""
    source, title = span.source, f"write `{word}`"
    quoted = _CODE.search(found.message)
    for wrong in (quoted[1] if quoted else "", *_parts_like(span.text, word)):
        at = span.text.find(wrong) if wrong and wrong != span.text else -1
        if at >= 0:
            yield title, [Edit(source.span(span.start + at, span.start + at + len(wrong)), word)]
    yield title, [Edit(span, word)]
    pair = _PAIR.fullmatch(word)
    if document is None:
        line = source.line(span.line)
        start = source.text.rfind("\n", 0, span.start) + 1
        value = re.match(r"[ ]*(?:- +)*(?:[\w-]+:[ ]*)?", line)
        if value is not None:
            yield title, [Edit(source.span(start + value.end(), start + len(line)), word)]
        yield title, [Edit(source.span(start + len(line.rstrip()), start + len(line)), word)]
        return
    scalar = scalar_at(document, span)
    if scalar is not None and not scalar[1]:
        yield title, [Edit(scalar[0].span, word)]
        end = scalar[0].part(len(scalar[0].text), len(scalar[0].text))
        yield title, [Edit(end, word)]
    for mapping in around(document, span):
        for entry in mapping.entries.values():
            if entry.key.span == span:
                yield title, [Edit(entry.value.span, word)]
                if pair is not None:
                    yield title, [Edit(entry.key.span.to(entry.value.span), word)]
    if pair is not None:
        yield from _pairs(document, span, pair[1], pair[2])


def _parts_like(text: str, word: str) -> Iterator[str]:
    """Parts of a text that a word may stand for: with other marks, or behind the last dot."""
    letters = re.sub(r"\W", "", word)
    yield from (each for each in re.findall(r"\"[^\"]*\"|\S+", text) if re.sub(r"\W", "", each) == letters)
    yield text.rpartition(".")[2]


def _pairs(document: Document, span: Span, key: str, value: str) -> Iterator[Proposal]:
    """A key with its value in one of the mappings around the mistake."""
    if _GAP.search(value) or " and " in value:
        return
    for mapping in (*_behind(document, span), *around(document, span)):
        edit = set_key(mapping, key, value)
        if edit is not None:
            yield f"add `{key}: {value}`", [edit]


def _behind(document: Document, span: Span) -> Iterator[Mapping]:
    """The mapping that stands behind a key."""
    for mapping in around(document, span):
        for entry in mapping.entries.values():
            if entry.key.span == span and isinstance(entry.value, Mapping):
                yield entry.value


def _listed(document: Document, span: Span, word: str) -> Iterator[Proposal]:
    pending: list[object] = [document.root]
    while pending:
        node = pending.pop()
        if isinstance(node, SequenceNode):
            edit = add_item(node, word) if node.span.start <= span.start <= node.span.end else None
            if edit is not None:
                yield f"add `{word}`", [edit]
            pending += node.items
        elif isinstance(node, Mapping):
            pending += [entry.value for entry in node.entries.values()]


def _edges(document: Document, which: str, level: str, edge: str) -> Iterator[Proposal]:
    """The end of a range of a level moved to where the help says."""
    levels = document.at(("levels",))
    for i in range(len(levels.items)) if isinstance(levels, SequenceNode) else ():
        named, part = document.at(("levels", i, "id")), document.at(("levels", i))
        if not isinstance(named, Scalar) or named.text != level or not isinstance(part, Mapping):
            continue
        for entry in part.entries.values():
            test = entry.value
            if isinstance(test, Scalar) and ".." in test.text:
                low, _, high = test.text.partition("..")
                text = f"{edge}..{high}" if which == "start" else f"{low}..{edge}"
                yield f"{which} {level} at {edge}", [Edit(test.span, text)]


def _removed(help: str, span: Span, document: Document | None) -> Iterator[Proposal]:
    wanted = _REMOVE.search(help)
    if wanted is None:
        return
    for mapping in around(document, span) if document is not None else ():
        for name, entry in mapping.entries.items():
            if name == wanted[1] or (
                wanted[1] is None and entry.key.span.start <= span.start <= entry.value.span.end
            ):
                edit = remove_key(mapping, name)
                if edit is not None:
                    yield f"remove `{name}`", [edit]
    if wanted[1] is None:
        gap = span.source.text[span.end : span.end + 1] == " "
        yield "remove it", [Edit(span.source.span(span.start, span.end + gap), "")]
