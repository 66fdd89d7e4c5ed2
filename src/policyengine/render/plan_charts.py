"""The geometry of the charts of a plan, independent of SVG and HTML.

Lengths are in drawing units. Heights and widths are proportional to values; everything that is not zero is at
least a hairline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from policyengine.change.plan import Plan
from policyengine.change.states import ABSENT
from policyengine.dataclass import dataclass
from policyengine.decision.findings import UNDETERMINED
from policyengine.render import plan_words as say

WIDTH = 720
_HEIGHT = 260
_GAP = 14
_NODE = 12
_LEFT, _RIGHT = 190, 530
_HAIR = Decimal("1.5")
_ROW = 58
_LABELS = 200


@dataclass(frozen=True, slots=True)
class LevelBox:
    """A level on one side of a chart: a box and its label."""

    x: Decimal
    y: Decimal
    height: Decimal
    label: str
    label_x: Decimal
    anchor: str


@dataclass(frozen=True, slots=True)
class FlowBand:
    """The subjects with one level before and one after; `kind` is `stays`, `up`, `down` or `open`."""

    path: str
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Flow:
    """The flow of one policy: levels before on the left, after on the right."""

    policy: str
    height: Decimal
    nodes: tuple[LevelBox, ...]
    bands: tuple[FlowBand, ...]
    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar and its label, with their positions."""

    x: Decimal
    y: Decimal
    width: Decimal
    kind: str
    text: str
    text_x: Decimal
    anchor: str


@dataclass(frozen=True, slots=True)
class BarRow:
    """Bars under one label."""

    label: str
    y: Decimal
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """Rows of bars; `zero` is the position of zero."""

    height: Decimal
    zero: Decimal
    rows: tuple[BarRow, ...]


def flows(plan: Plan) -> Iterator[Flow]:
    """The flow of each policy in which a subject changes level."""
    for policy in sorted({policy for policy, _, _ in plan.tally.flows}):
        counts = {
            (str(before), str(after)): number
            for (each, before, after), number in plan.tally.flows.items() if each == policy
        }  # fmt: skip
        if any(before != after for before, after in counts):
            yield _flow(plan, policy, counts)


def _flow(plan: Plan, policy: str, counts: dict[tuple[str, str], int]) -> Flow:
    order = _order(plan, policy, counts)
    sides = [_stack(order, counts, 0), _stack(order, counts, 1)]
    height = max((y + h for side in sides for y, h in side.values()), default=Decimal(0))
    nodes = [
        _node(plan, policy, level, i, *place, _sum(counts, i, level))
        for i, side in enumerate(sides) for level, place in side.items()
    ]  # fmt: skip
    unit = _unit(counts)
    used = [{level: y for level, (y, _) in side.items()} for side in sides]
    bands = []
    for pair in sorted(counts, key=lambda pair: (order.index(pair[0]), order.index(pair[1]))):
        thick = max(counts[pair] * unit, _HAIR)
        title = f"{_name(plan, policy, pair[0])} → {_name(plan, policy, pair[1])}: {say.count(counts[pair])}"
        bands.append(FlowBand(_path(used[0][pair[0]], used[1][pair[1]], thick), _kind(order, pair), title))
        used[0][pair[0]] += thick
        used[1][pair[1]] += thick
    bands.sort(key=lambda band: band.kind != "stays")
    rows = sorted(counts.items(), key=lambda each: (each[0][0] == each[0][1], -each[1], each[0]))
    texts = tuple(
        (_name(plan, policy, before), _name(plan, policy, after), say.count(number))
        for (before, after), number in rows
    )
    return Flow(plan.titles.policy(policy), _short(height), tuple(nodes), tuple(bands), texts)


def _order(plan: Plan, policy: str, counts: dict[tuple[str, str], int]) -> list[str]:
    """The levels from the highest down, then none and undetermined."""
    known = [level for one, level in plan.titles.levels if one == policy]
    found = {level for pair in counts for level in pair}
    ranked = [level for level in reversed(known) if level in found]
    return [*ranked, *sorted(found - {*ranked, ABSENT, UNDETERMINED}),
            *(level for level in (ABSENT, UNDETERMINED) if level in found)]  # fmt: skip


def _unit(counts: dict[tuple[str, str], int]) -> Decimal:
    return Decimal(_HEIGHT) / max(1, sum(counts.values()))


def _sum(counts: dict[tuple[str, str], int], side: int, level: str) -> int:
    return sum(number for pair, number in counts.items() if pair[side] == level)


def _stack(
    order: Sequence[str], counts: dict[tuple[str, str], int], side: int
) -> dict[str, tuple[Decimal, Decimal]]:
    """The position and the height of each level on a side."""
    y = Decimal(8)
    found = {}
    for level in order:
        heights = [max(n * _unit(counts), _HAIR) for pair, n in counts.items() if pair[side] == level]
        if heights:
            found[level] = (y, sum(heights, Decimal(0)))
            y += max(found[level][1], Decimal(6)) + _GAP
    return found


def _node(
    plan: Plan, policy: str, level: str, side: int, y: Decimal, height: Decimal, number: int
) -> LevelBox:
    x = _LEFT - _NODE if side == 0 else _RIGHT
    label_x = x - 8 if side == 0 else x + _NODE + 8
    label = f"{_name(plan, policy, level)}  {say.count(number)}"
    return LevelBox(
        Decimal(x), _short(y), _short(height), label, Decimal(label_x), "end" if side == 0 else "start"
    )


def _name(plan: Plan, policy: str, level: str) -> str:
    if level == UNDETERMINED:
        return "not decided"
    return "none" if level == ABSENT else plan.titles.level(policy, level)


def _kind(order: Sequence[str], pair: tuple[str, str]) -> str:
    if pair[0] == pair[1]:
        return "stays"
    if UNDETERMINED in pair:
        return "open"
    return "up" if order.index(pair[1]) < order.index(pair[0]) else "down"


def _path(left: Decimal, right: Decimal, thick: Decimal) -> str:
    middle = (_LEFT + _RIGHT) // 2
    top, low = _short(left), _short(left + thick)
    other, below = _short(right), _short(right + thick)
    return (
        f"M{_LEFT} {top}C{middle} {top} {middle} {other} {_RIGHT} {other}"
        f"L{_RIGHT} {below}C{middle} {below} {middle} {low} {_LEFT} {low}Z"
    )


def costs(plan: Plan) -> Bars:
    """The net charges before and after, by charge."""
    most = max((abs(each) for cost in plan.costs for each in (cost.before, cost.after)), default=Decimal(0))
    room = Decimal(WIDTH - _LABELS - 190)
    unit = room / most if most else Decimal(0)
    rows = []
    for i, cost in enumerate(plan.costs):
        y = Decimal(i * _ROW + 6)
        bars = [
            _bar(Decimal(_LABELS), y + k * 20, max(abs(value) * unit, _HAIR), kind,
                 f"{say.amount(value, cost.currency)} {kind}")
            for k, (kind, value) in enumerate((("before", cost.before), ("after", cost.after)))
        ]  # fmt: skip
        rows.append(BarRow(say.charge(plan, cost), y + 22, tuple(bars)))
    return Bars(Decimal(len(rows) * _ROW), Decimal(_LABELS), tuple(rows))


def _bar(x: Decimal, y: Decimal, width: Decimal, kind: str, text: str) -> Bar:
    return Bar(_short(x), _short(y), _short(width), kind, text, _short(x + width + 6), "start")


def _short(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))
