"""Drawings of a program as SVG: the stages of a pipeline, and what bands give over a number.

All texts are escaped here; a page takes a drawing as it is. Colours stand in the drawing for paper, and a
page on screen has its own by the classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import NamedTuple

from policyengine.papers.blocks import Drawing

_WIDTH = 640
_BOX_X, _BOX, _HEIGHT, _LINE = 70, 230, 34, 17
_FONT = 'font-family="sans-serif" font-size="13"'
_LONGEST, _NAME = 62, 30


class DrawnStage(NamedTuple):
    """A stage: its title, what leaving it asks for, where it leads besides the next one, who moves it."""

    id: str
    title: str
    gate: Sequence[str]
    to: Sequence[str]
    final: bool


def pipeline(stages: Sequence[DrawnStage], label: str) -> Drawing:
    """The stages from the first to the last, with the gate between each and the next."""
    tops, y = {}, 10
    for each in stages:
        tops[each.id] = y
        y += _HEIGHT + max(26, _LINE * len(each.gate) + 12)
    height = y - 10
    parts = [_head(_WIDTH, height, label)]
    arcs = 0
    for i, each in enumerate(stages):
        top = tops[each.id]
        parts.append(_box(top, each.title))
        following = stages[i + 1].id if i + 1 < len(stages) else None
        if following is not None and following in each.to:
            parts.append(_down(top + _HEIGHT, tops[following]))
        for target in each.to:
            if target != following and target in tops:
                parts.append(_around(top + _HEIGHT // 2, tops[target] + _HEIGHT // 2, arcs))
                arcs += 1
        middle = top + _HEIGHT + 18
        parts += [
            _text(_BOX_X + _BOX // 2 + 14, middle + _LINE * j, _cut(line, _LONGEST), "faint")
            for j, line in enumerate(each.gate)
        ]
    return Drawing("".join([*parts, "</svg>"]), label, _WIDTH, height)


def _head(width: int, height: int, label: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{_safe(label)}">'
    )


def _box(top: int, title: str) -> str:
    box = (
        f'<rect class="box" x="{_BOX_X}" y="{top}" width="{_BOX}" height="{_HEIGHT}" rx="5" fill="#ffffff" '
        'stroke="#555555"/>'
    )
    return box + _text(_BOX_X + 12, top + 22, _cut(title, _NAME), "name")


def _down(start: int, end: int) -> str:
    x = _BOX_X + _BOX // 2
    return _path(f"M{x} {start}V{end - 7}") + _tip(f"M{x - 5} {end - 8}h10l-5 8z")


def _around(start: int, end: int, number: int) -> str:
    """An arrow at the left, further out for each one more."""
    x = _BOX_X - 14 - 9 * (number % 6)
    return _path(f"M{_BOX_X} {start}H{x}V{end}H{_BOX_X - 8}") + _tip(f"M{_BOX_X - 8} {end - 5}v10l8 -5z")


def _path(d: str) -> str:
    return f'<path class="line" d="{d}" fill="none" stroke="#555555"/>'


def _tip(d: str) -> str:
    return f'<path class="tip" d="{d}" fill="#555555"/>'


def _text(x: int, y: int, text: str, kind: str, anchor: str = "start") -> str:
    fill = "#555555" if kind == "faint" else "#000000"
    place = f'x="{x}" y="{y}" text-anchor="{anchor}" fill="{fill}"'
    return f'<text class="{kind}" {place} {_FONT}>{_safe(text)}</text>'


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _safe(text: str) -> str:
    visible = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return escape(visible)


# What bands give

_CURVE = 'fill="none" stroke="#1f5c99" stroke-width="2"'
Point = tuple[Decimal, Decimal]
_PLOT_WIDTH, _PLOT_HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 560, 220, 110, 36, 14, 20


def plot(lines: Sequence[Sequence[Point]], label: str, ends: tuple[str, str, str, str]) -> Drawing:
    """Lines over a number; `ends` are its first and last value, the least and the most result, in words."""
    xs = [x for line in lines for x, _ in line]
    ys = [y for line in lines for _, y in line]
    low, high, bottom, top = min(xs), max(xs), min(*ys, Decimal(0)), max(ys)
    across, up = _PLOT_WIDTH - _LEFT - _RIGHT, _PLOT_HEIGHT - _TOP - _BOTTOM

    def at(point: Point) -> str:
        x = _LEFT + _share(point[0] - low, high - low) * across
        y = _TOP + up - _share(point[1] - bottom, top - bottom) * up
        return f"{x:.1f} {y:.1f}"

    base = _TOP + up
    parts = [
        _head(_PLOT_WIDTH, _PLOT_HEIGHT, label),
        _path(f"M{_LEFT} {_TOP}V{base}H{_LEFT + across}"),
        *(f'<path class="curve" d="M{"L".join(map(at, line))}" {_CURVE}/>' for line in lines),
        _text(_LEFT, base + 20, ends[0], "faint"),
        _text(_LEFT + across, base + 20, ends[1], "faint", "end"),
        _text(_LEFT - 8, base, ends[2], "faint", "end"),
        _text(_LEFT - 8, _TOP + 10, ends[3], "faint", "end"),
        "</svg>",
    ]
    return Drawing("".join(parts), label, _PLOT_WIDTH, _PLOT_HEIGHT)


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return part / whole if whole else Decimal(0)
