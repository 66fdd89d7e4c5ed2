"""Mutations by omission: a requirement, an alternative of a condition or a whole part is dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policyengine.decision.findings import Origin
from policyengine.feel.syntax.tree import And, Expression, Or, walk
from policyengine.source import Span
from policyengine.text.document import Mapping, Scalar, Sequence
from policyengine.verify.document_index import DocumentIndex
from policyengine.verify.edits import Edit, Replacement

_JOINT = {And: "and", Or: "or"}


def dropped(places: DocumentIndex, origin: Origin) -> Iterator[Replacement]:
    """Removes the part that a finding comes from."""
    for node in places.containers:
        found = next((i for i, (name, _) in enumerate(_members(node)) if name == origin.at), None)
        if found is not None:
            at = _cut(node, found)
            if at is not None:
                words = f"`{origin.id}` is left out: {' '.join(origin.title.split())}"
                yield Replacement(origin.at, words, (Edit(at, ""),))
            return


def dropped_operands(places: DocumentIndex, expression: Expression) -> Iterator[Replacement]:
    """Removes each operand of an `or` or `and`."""
    for part in walk(expression):
        if isinstance(part, (And, Or)):
            yield from _written_out(places, part)
            yield from _listed(places, part)


def _written_out(places: DocumentIndex, part: And | Or) -> Iterator[Replacement]:
    """Removes operands written in one text, with the adjacent `and` or `or`."""
    spans = [operand.span for operand in part.operands]
    homes = {id(places.scalar(span)) for span in spans}
    if len(homes) > 1 or places.scalar(spans[0]) is None:
        return
    for i, span in enumerate(spans):
        before, after = (spans[0], spans[1]) if i == 0 else (spans[i - 1], span)
        gap = span.source.span(before.end, after.start) if before.end <= after.start else None
        if gap is None or gap.text.strip() != _JOINT[type(part)]:
            continue
        at = Span(span.source, span.start, after.start) if i == 0 else Span(span.source, gap.start, span.end)
        yield _gone(span, at)


def _listed(places: DocumentIndex, part: And | Or) -> Iterator[Replacement]:
    """Removes operands that are items of a list or pairs of a mapping."""
    for operand in part.operands:
        for node in places.containers:
            found = next((i for i, (_, whole) in enumerate(_members(node)) if whole == operand.span), None)
            at = _cut(node, found) if found is not None else None
            if at is not None:
                yield _gone(operand.span, at)


def _gone(part: Span, at: Span) -> Replacement:
    return Replacement(part, f"`{' '.join(part.text.split())}` is left out", (Edit(at, ""),))


def _members(node: Mapping | Sequence) -> list[tuple[Span, Span]]:
    """For each member of a list or mapping its name span and its full span."""
    if isinstance(node, Mapping):
        return [(entry.key.span, entry.key.span.to(entry.value.span)) for entry in node.entries.values()]
    return [(_name(item), item.span) for item in node.items]


def _name(item: object) -> Span:
    if isinstance(item, Mapping) and item.entries:
        entry = item.entries.get("id")
        if entry is not None and isinstance(entry.value, Scalar):
            return entry.value.span
        return next(iter(item.entries.values())).key.span
    span: Span = item.span  # type: ignore[attr-defined]
    return span


def _cut(node: Mapping | Sequence, i: int) -> Span | None:
    """The span to delete so that one member is gone; None for the only member."""
    wholes = [whole for _, whole in _members(node)]
    if len(wholes) < 2:
        return None
    source = wholes[i].source
    if i == 0:
        return source.span(wholes[0].start, wholes[1].start)
    return source.span(_end(wholes[i - 1]), _end(wholes[i]))


def _end(span: Span) -> int:
    """The end of a member, without trailing blanks and line ends."""
    return span.start + len(re.sub(r"\s+\Z", "", span.text))
