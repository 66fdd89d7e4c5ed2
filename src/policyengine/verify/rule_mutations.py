"""Mutations of conditions: negated conditions; comparisons, `and` and `or` replaced by their opposites."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from policyengine.decision.findings import Origin
from policyengine.feel import unparse
from policyengine.feel.syntax.tree import (
    And,
    Call,
    Comparison,
    Expression,
    Filter,
    If,
    In,
    ListLiteral,
    Literal,
    Name,
    Or,
    Quantified,
    walk,
)
from policyengine.source import Span
from policyengine.text.document import Mapping, Scalar, Sequence
from policyengine.verify.document_index import DocumentIndex, Edit, Replacement, change

_NEIGHBOUR = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "=": "!=", "!=": "="}
_WORD = {And: ("and", "or"), Or: ("or", "and")}


def exchanged(places: DocumentIndex, expression: Expression) -> Iterator[Replacement]:
    """Replaces every written comparison by its neighbour and every `and` by `or`."""
    for part in walk(expression):
        if isinstance(part, Comparison):
            gap = _gap(places, part.left, part.right)
            if gap is not None and gap.text.strip() == part.op:
                at = _narrowed(gap, re.escape(part.op))
                yield _told(part.span, change(at, _NEIGHBOUR[part.op]))
        elif isinstance(part, (And, Or)):
            yield from _joints(places, part)


def _joints(places: DocumentIndex, part: And | Or) -> Iterator[Replacement]:
    word, other = _WORD[type(part)]
    for left, right in zip(part.operands, part.operands[1:], strict=False):
        gap = _gap(places, left, right)
        if gap is not None and len(re.findall(rf"\b{word}\b", gap.text)) == 1:
            at = _narrowed(gap, rf"\b{word}\b")
            yield _told(left.span.to(right.span), change(at, other))


def _told(whole: Span, edited: Replacement) -> Replacement:
    """The replacement, described by the text of the whole condition."""
    edit = edited.edits[0]
    before, after = whole.text[: edit.at.start - whole.start], whole.text[edit.at.end - whole.start :]
    said = change(whole, f"{before}{edit.text}{after}").words
    return Replacement(edit.at, said, edited.edits)


def turned(places: DocumentIndex, expression: Expression, boolean: bool) -> Iterator[Replacement]:
    """Negates every written condition; `boolean` tells whether the whole expression is a condition."""
    for part in _conditions(expression) if boolean else _inner(expression):
        if isinstance(part, Literal):
            continue
        negated = _negated(places, part)
        if negated is not None:
            yield negated


def _conditions(expression: Expression) -> Iterator[Expression]:
    yield expression
    yield from _inner(expression)


def _inner(expression: Expression) -> Iterator[Expression]:
    """The conditions within an expression: operands, branches, filters."""
    for part in walk(expression):
        match part:
            case And(operands) | Or(operands):
                yield from operands
            case Call(Name("at least"), (_, ListLiteral(items))):
                yield from items
            case If(condition) | Quantified(_, _, condition):
                yield condition
            case Filter(_, Comparison() | And() | Or() | In() as condition):
                yield condition


def _negated(places: DocumentIndex, part: Expression) -> Replacement | None:
    subject = _subject(part)
    if subject is not None and not (part.span.start <= subject.span.start < part.span.end):
        return _test(places, part)
    if places.scalar(part.span) is None:
        return _test(places, part) if subject is not None else None
    if isinstance(part, Comparison) and part.span in (part.left.span, part.right.span):
        return None  # a comparison with what is written there
    if not _is_condition(part) or (isinstance(part, Comparison) and part.op in ("=", "!=")):
        return None  # to exchange `=` for `!=` says the same
    return change(part.span, f"not({part.span.text.strip()})")


def _subject(part: Expression) -> Expression | None:
    """The tested value."""
    if isinstance(part, Comparison):
        return part.left
    return part.value if isinstance(part, In) else None


def _is_condition(part: Expression) -> bool:
    match part:
        case And() | Or() | Comparison() | In() | Quantified():
            return True
        case Call(Name(name)):
            return name in ("not", "is defined", "list contains", "contains", "starts with", "at least")
        case Name(name):
            return part.span.text == name
    return False


def _test(places: DocumentIndex, part: Expression) -> Replacement | None:
    """Negates the test of a `fact: test` pair."""
    value = next((at for whole, at in places.tests if part.span in (whole, at)), None)
    if value is None or not isinstance(part, (Comparison, In)):
        return None
    if (
        isinstance(part, Comparison)
        and isinstance(part.right, Literal)
        and isinstance(part.right.value, bool)
    ):
        return change(value, str(not part.right.value).lower())
    if isinstance(part, Comparison):
        test = f"{part.op} {unparse(part.right)}"
    else:
        test = f"in ({', '.join(unparse(each) for each in part.tests)})"
    return change(
        value, json.dumps(f"not(? {test})", ensure_ascii=False), f"`{part.span.text}` is turned round"
    )


def _gap(places: DocumentIndex, left: Expression, right: Expression) -> Span | None:
    """The text between two parts of one expression."""
    one, other = places.scalar(left.span), places.scalar(right.span)
    if one is None or one is not other or left.span.end > right.span.start:
        return None
    return left.span.source.span(left.span.end, right.span.start)


def _narrowed(gap: Span, pattern: str) -> Span:
    found = re.search(pattern, gap.text)
    assert found is not None
    return gap.source.span(gap.start + found.start(), gap.start + found.end())


# Mutations by omission: a requirement, an alternative of a condition or a whole part is dropped.

_JOINT = {And: "and", Or: "or"}


def orders_changed(places: DocumentIndex) -> Iterator[Replacement]:
    """Takes the order of children from the other end, or as they are listed, or never begins it anew.

    Lists that records leave out are not known again.
    """
    entities = places.document.at(("entities",))
    for name in entities.entries if isinstance(entities, Mapping) else ():
        entity, order = (places.document.at(("entities", name, *part)) for part in ((), ("order",)))
        for i, (key, entry) in enumerate(entity.entries.items() if isinstance(entity, Mapping) else ()):
            gone = _cut(entity, i) if key == "default" and isinstance(entity, Mapping) else None
            if gone is not None:
                yield _gone(entry.key.span.to(entry.value.span), gone)
        if not isinstance(order, Mapping):
            continue
        for i, (key, entry) in enumerate(order.entries.items()):
            text, cut = entry.value.span.text, _cut(order, i)
            if key == "by" and text != "as_listed":
                yield change(entry.value.span, "as_listed")
            elif key == "first":
                yield change(entry.value.span, "lowest" if text == "highest" else "highest")
            elif key == "restart" and cut is not None:
                yield _gone(entry.key.span.to(entry.value.span), cut)


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
