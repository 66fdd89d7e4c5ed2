"""Mutations of values: thresholds, rates, periods and dates moved by one unit; parties replaced.

The unit of a number is that of its last written digit, of a rate one percentage point, of a period its
smallest part, of a date one day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as SequenceOf
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

from policyengine.feel.syntax.tree import Expression, Literal, walk
from policyengine.feel.values.values import Months
from policyengine.policy import quantities
from policyengine.source import Span
from policyengine.text.document import Mapping, Scalar, Sequence
from policyengine.verify.document_index import DocumentIndex, Replacement, change

_READERS: tuple[Callable[[str], object], ...] = (quantities.rate, quantities.day, quantities.period)
_WRAPPED = re.compile(r"""@?(["']?)(?P<inner>[^"']*)\1""")


def moved(places: DocumentIndex, expression: Expression) -> Iterator[Replacement]:
    """Moves every number, date and period that an expression reads one unit up and one unit down."""
    for part in walk(expression):
        if isinstance(part, Literal) and _moves(part.value):
            for at in _written(places, part):
                yield from (change(at, text) for text in shifted(at.text))


def days_moved(places: DocumentIndex) -> Iterator[Replacement]:
    """Moves the days between which a policy is in force."""
    for key in ("from", "until_including", "existing_from"):
        node = places.document.at((key,))
        if isinstance(node, Scalar):
            yield from (change(node.span, text) for text in shifted(node.span.text))


def ends_redirected(places: DocumentIndex) -> Iterator[Replacement]:
    """Lets every stage that ends by time lead to the next stage that is written, other than itself."""
    stages = places.document.at(("stages",))
    rows = (
        [each for each in stages.items if isinstance(each, Mapping)] if isinstance(stages, Sequence) else []
    )
    ids = [each.entries["id"].value for each in rows if "id" in each.entries]
    names = [each.text for each in ids if isinstance(each, Scalar)]
    for i in range(len(names)):
        leads = places.document.at(("stages", i, "until", "then"))
        if isinstance(leads, Scalar) and leads.text in names:
            at = names.index(leads.text)
            others = [each for each in (*names[at + 1 :], *names[:at]) if each != names[i]]
            yield from (change(leads.span, each) for each in others[:1])


def roles_replaced(places: DocumentIndex, parties: SequenceOf[str]) -> Iterator[Replacement]:
    """Replaces every party that a part names for a role by the next declared one."""
    for node in places.containers:
        for key, entry in node.entries.items() if isinstance(node, Mapping) else ():
            if key in _ROLES and isinstance(entry.value, Scalar) and entry.value.text in parties:
                following = parties[(parties.index(entry.value.text) + 1) % len(parties)]
                if following != entry.value.text:
                    yield change(entry.value.span, following)


_ROLES = frozenset(("party", "payer", "payee", "approved_by"))


def parties_replaced(
    places: DocumentIndex, expression: Expression, parties: SequenceOf[str]
) -> Iterator[Replacement]:
    """Replaces every party that an expression can return by the next declared one."""
    for part in walk(expression):
        if isinstance(part, Literal) and part.value in parties and part.span.text == part.value:
            following = parties[(parties.index(str(part.value)) + 1) % len(parties)]
            if following != part.value and places.scalar(part.span) is not None:
                yield change(part.span, following)


def together(places: DocumentIndex, expressions: Iterable[Expression]) -> Iterator[Replacement]:
    """Moves the end of one range with the start of the next: moved alone they leave a gap or overlap."""
    found = {at.start: at for tree in expressions for part in walk(tree) if isinstance(part, Literal)
             and type(part.value) is Decimal for at in _written(places, part)}  # fmt: skip
    ends = [at for at in found.values() if at.source.text[: at.start].endswith("..")]
    starts = {at.text: at for at in found.values() if at.source.text.startswith("..", at.end)}
    for low in ends:
        high = starts.get(next(iter(shifted(low.text)), ""))
        if high is not None:
            for one, other in zip(shifted(low.text), shifted(high.text), strict=False):
                first, second = change(low, one), change(high, other)
                yield Replacement(high, f"{first.words} and {second.words}", (*first.edits, *second.edits))


def _moves(value: object) -> bool:
    return isinstance(value, (Decimal, date, Months, timedelta))


def _written(places: DocumentIndex, part: Literal) -> Iterator[Span]:
    """The span in which the value of a literal is written: at its place, or within a range there.

    An amount that is counted by whole minor units is compared with the next one: `..10` is below 10.01.
    """
    found = list(_spans(places, part.span, part.value))
    if not found and type(part.value) is Decimal:
        exponent = part.value.as_tuple().exponent
        if isinstance(exponent, int):
            found = list(_spans(places, part.span, part.value - Decimal(1).scaleb(exponent)))
    yield from found


def _spans(places: DocumentIndex, span: Span, value: object) -> Iterator[Span]:
    exact = _inside(span, value)
    if exact is not None and places.scalar(span) is not None:
        yield exact
        return
    for scalar in (*places.beside(span), *places.listed(span)):
        found = _inside(scalar.span, value)
        if found is not None:
            yield found


def _inside(span: Span, value: object) -> Span | None:
    """The part of a span that states the value: without quotation marks, or one end of a range."""
    wrapped = _WRAPPED.fullmatch(span.text.strip())
    if wrapped is None:
        return None
    inner = wrapped["inner"]
    start = span.start + span.text.index(inner)
    if _says(inner, value):
        return span.source.span(start, start + len(inner))
    limits = quantities.bounds(inner)
    for end in (limits.low, limits.high) if limits is not None else ():
        if end is not None and _says(end, value):
            at = start + (inner.index(end) if end == limits.low else inner.rindex(end))  # type: ignore[union-attr]
            return span.source.span(at, at + len(end))
    return None


def _says(text: str, value: object) -> bool:
    for read in _READERS:
        with suppress(ValueError):
            return read(text) == value
    return False


def shifted(text: str) -> list[str]:
    """The value one unit up and, where possible, one unit down; empty for a text that is not a value."""
    for shift in (_number, _day, _period):
        with suppress(ValueError, OverflowError):
            return [found for found in shift(text.strip()) if found]
    return []


def _number(text: str) -> list[str]:
    share = "%" if text.endswith("%") else ""
    digits = text.removesuffix("%").strip()
    value = quantities.number(digits)
    places = len(digits.partition(".")[2]) if "e" not in digits.lower() else 0
    unit = Decimal(1).scaleb(-places)
    blank = " " if share and " %" in text else ""
    above = f"{value + unit:f}{blank}{share}"
    return [above, f"{value - unit:f}{blank}{share}"] if value else [above]


def _day(text: str) -> list[str]:
    value = quantities.day(text)
    return [(value + timedelta(days=step)).isoformat() for step in (1, -1)]


def _period(text: str) -> list[str]:
    value = quantities.period(text)
    if isinstance(value, Months):
        return [f"P{value.months + 1}M", f"P{value.months - 1}M" if value.months > 1 else ""]
    return [f"P{value.days + 1}D", f"P{value.days - 1}D" if value.days > 1 else ""]
