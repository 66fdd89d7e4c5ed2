"""What the pages of a program say of tables: rows and entries as they stand, bands with a small plot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from policyengine.feel.limits import NUMBERS
from policyengine.feel.types.types import Enum, Number, Type
from policyengine.papers.blocks import Block, Column, Heading, Line, Paragraph, Row, Run, table
from policyengine.papers.conditions import expression
from policyengine.papers.drawings import Point, plot
from policyengine.papers.program_parts import Parts, written
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.scalars import SCALARS

_BEYOND = Decimal("1.25")
"""So far beyond its last edge a plot goes."""
_OPERATES = re.compile(r"[(\[]| [-+*/<>=]")


def table_blocks(parts: Parts, unit: PolicyDocument) -> Iterator[Block]:
    """A table in its form, with what it gives where nothing matches."""
    policy: Any = unit.policy
    say = parts.voice.say
    yield Paragraph([f"{say('It gives')} ", parts.voice.noun(policy.for_, policy.result_name), "."])
    if policy.form == "bands":
        yield from _bands(parts, unit)
    elif policy.form == "entries":
        yield from _entries(parts, unit)
    else:
        yield from _rows(parts, unit)
    if policy.default is not None:
        told: Line = [
            f"{say('Where no row matches')}: ",
            Run(_text(written(unit, "default")), code=True),
            ".",
        ]
        yield Paragraph(told)


def _heads(parts: Parts, policy: Any, inputs: Sequence[Any]) -> list[Column]:
    voice = parts.voice
    outputs = [each.title or name for name, each in policy.outputs.items()] or [voice.say("result")]
    names = [each.title or (each.expression or voice.noun(policy.for_, each.id)) for each in inputs]
    return [*map(Column, names), *map(Column, outputs)]


def _rows(parts: Parts, unit: PolicyDocument) -> Iterator[Block]:
    policy: Any = unit.policy
    outputs = list(policy.outputs) or [""]
    rows = []
    for i, row in enumerate(policy.rows):
        if row.cells:
            plain = written(unit, "rows", i)
            listed = plain if isinstance(plain, list) else list(row.cells)
            tests, given = listed[: len(policy.inputs)], listed[len(policy.inputs) :]
        else:
            then = written(unit, "rows", i, "then")
            tests = [row.when.get(each.id, "-") for each in policy.inputs]
            given = [then.get(name) if isinstance(then, dict) and name in then else then for name in outputs]
        told = [_tested(parts, policy, each, test) for each, test in zip(policy.inputs, tests, strict=False)]
        cells = [*told, *(_given(parts, policy, each) for each in given)]
        rows.append(Row(cells))
    heads = _heads(parts, policy, policy.inputs)[: max((len(row.cells) for row in rows), default=0)]
    yield table(policy.title, heads, rows)


def _tested(parts: Parts, policy: Any, each: Any, plain: Any) -> str:
    if plain == "-":
        return "–"
    told = None if isinstance(plain, dict) else parts.voice.test(policy.for_, each.id, plain)
    return told or _text(plain)


def _entries(parts: Parts, unit: PolicyDocument) -> Iterator[Block]:
    policy: Any = unit.policy
    found: list[list[Line]] = []

    def walk(node: Any, before: list[Line]) -> None:
        if isinstance(node, dict) and len(before) < len(policy.keys):
            for key, below in node.items():
                walk(below, [*before, _tested(parts, policy, policy.keys[len(before)], key)])
        else:
            given = node if isinstance(node, list) else [node]
            found.append([*before, *(_given(parts, policy, each) for each in given)])

    entries = written(unit, "entries")
    if isinstance(entries, list):
        for row in entries:
            keys = [_tested(parts, policy, *each) for each in zip(policy.keys, row, strict=False)]
            found.append([*keys, *(_given(parts, policy, each) for each in row[len(keys) :])])
    else:
        walk(entries, [])
    heads = _heads(parts, policy, policy.keys)
    width = min(len(heads), max(map(len, found), default=0))
    yield table(policy.title, heads[:width], [Row(_padded(each, width)) for each in found])


def _given(parts: Parts, policy: Any, plain: Any) -> Line:
    """What a row gives: a value, or an expression."""
    kind = parts.voice.kind(policy.for_, policy.result_name)
    if isinstance(kind, Enum) and plain in kind.values:
        return parts.voice.value(kind, plain)
    is_formula = isinstance(plain, str) and _OPERATES.search(plain)
    return expression(parts.voice, policy.for_, plain) if is_formula else _text(plain)


def _padded(cells: list[Line], width: int) -> list[Line]:
    return [*cells[:width], *([""] * (width - len(cells)))]


def _text(plain: Any) -> str:
    """Written data on one line."""
    if isinstance(plain, dict):
        return ", ".join(f"{key}: {_text(each)}" for key, each in plain.items())
    if isinstance(plain, list):
        return ", ".join(map(_text, plain))
    return "" if plain is None else " ".join(str(plain).split())


# Bands


def _bands(parts: Parts, unit: PolicyDocument) -> Iterator[Block]:
    policy: Any = unit.policy
    voice, say = parts.voice, parts.voice.say
    of = policy.bands.of
    noun = of.title or (of.expression or voice.noun(policy.for_, of.id))
    kind = None if of.expression is not None else voice.kind(policy.for_, of.id)
    for place, bands in policy.bands.each:
        if len(place) > 1:
            yield Heading(f"{voice.noun(policy.for_, policy.bands.by.id)}: {place[1]}")
        if bands.mode is not None:
            yield Paragraph(
                say("The whole counts at the rate of its band.") if bands.mode == "slab"
                else say("Each slice counts at the rate of its own band.")
            )  # fmt: skip
        rows, start = [], voice.value(kind, bands.from_) if isinstance(bands.from_, Decimal) else "0"
        closed = True
        for band in bands.rows:
            edge = _edge(parts, kind, band.edge)
            lead = say("from") if closed else say("above")
            end = (
                ""
                if band.edge is None
                else f" {say('up to') if band.up_to is not None else say('below')} {edge}"
            )
            rows.append(
                Row([f"{lead} {start}{end}", _gives(parts, band), parts.source(policy.id, policy, band)])
            )
            start, closed = edge, band.up_to is None
        yield table(policy.title, [Column(noun), Column(say("gives")), Column(say("source"))], rows)
        yield from _plotted(parts, policy, bands, noun, kind)


def _edge(parts: Parts, kind: Type | None, edge: Any) -> str:
    return parts.voice.value(kind, edge) if isinstance(edge, Decimal) else str(edge or "")


def _gives(parts: Parts, band: Any) -> Line:
    say = parts.voice.say
    if band.gives is not None:
        return _text(band.gives)
    told = []
    if band.amount is not None:
        told.append(say.number(band.amount) if isinstance(band.amount, Decimal) else str(band.amount))
    if band.rate is not None:
        small = isinstance(band.rate, Decimal) and abs(band.rate) <= 1
        rate = band.rate
        told.append(say.rate(rate) if small else say("{price} each", price=_number(parts, rate)))
    return " + ".join(told)


def _number(parts: Parts, value: Any) -> str:
    return parts.voice.say.number(value) if isinstance(value, Decimal) else str(value)


def _plotted(parts: Parts, policy: Any, bands: Any, noun: str, kind: Type | None) -> Iterator[Block]:
    """A plot of bands whose edges and results are numbers."""
    lines = _lines(policy, bands)
    if not lines:
        return
    say = parts.voice.say
    result = SCALARS[policy.type].feel if policy.type in SCALARS else None
    result = Number("money", parts.voice.vocabulary.currency) if policy.type == "money" else result
    xs = [x for line in lines for x, _ in line]
    ys = [y for line in lines for _, y in line]
    ends = (
        parts.voice.value(kind, min(xs)), f"{parts.voice.value(kind, max(xs))} {noun}",
        parts.voice.value(result, min(*ys, Decimal(0))), parts.voice.value(result, max(ys)),
    )  # fmt: skip
    yield plot(
        lines, say("{title} over {noun}; the table has the numbers", title=policy.title, noun=noun), ends
    )


def _lines(policy: Any, bands: Any) -> list[list[Point]]:
    edges = [band.edge for band in bands.rows if band.edge is not None]
    plain = [*edges, *(getattr(band, key) for band in bands.rows for key in ("rate", "amount"))]
    if not edges or any(isinstance(each, str) for each in plain) or bands.package or bands.free:
        return []
    values = [_value(policy, band.gives) for band in bands.rows]
    if bands.gives and None in values:
        return []
    last = NUMBERS.multiply(edges[-1], _BEYOND)
    found: list[list[Point]] = []
    start, total = bands.from_, Decimal(0)
    for band, value in zip(bands.rows, values, strict=True):
        end = band.edge if band.edge is not None else last
        rate, amount = band.rate or Decimal(0), band.amount or Decimal(0)
        if value is not None:
            found.append([(start, value), (end, value)])
        elif bands.mode == "graduated":
            after = NUMBERS.add(
                NUMBERS.add(total, amount), NUMBERS.multiply(NUMBERS.subtract(end, start), rate)
            )
            found.append([(start, NUMBERS.add(total, amount)), (end, after)])
            total = after
        else:
            ends = (NUMBERS.add(amount, NUMBERS.multiply(x, rate)) for x in (start, end))
            found.append(list(zip((start, end), ends, strict=True)))
        start = end
    return found


def _value(policy: Any, given: Any) -> Decimal | None:
    scalar = SCALARS.get(str(policy.type))
    if given is None or scalar is None or not scalar.is_number:
        return None
    try:
        found = scalar.read(str(given))
    except ValueError:
        return None
    return found if isinstance(found, Decimal) else None
