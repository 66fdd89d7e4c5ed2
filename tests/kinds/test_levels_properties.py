"""Levels over a measure: what `check` says of gaps and overlaps is what trying every value finds."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from support import decide, good_program, program_of

HIGHEST = 60
Range = tuple[int | None, int | None]


def _policy(ranges: Sequence[Range], otherwise: bool = True) -> str:
    levels = "".join(
        f"  - {{id: level-{i}, title: Level {i}, active_accounts: {_written(each)}}}\n"
        for i, each in enumerate(ranges)
    )
    end = "otherwise: {level: none}\n" if otherwise else ""
    return (
        "kind: tiers\nid: levels\ntitle: Levels\nfor: partner\nmeasure: active_accounts\n"
        f"levels:\n{levels}{end}"
    )


def _written(each: Range) -> str:
    low, high = each
    return f"{'' if low is None else low}..{'' if high is None else high}"


def _takes(each: Range, n: int) -> bool:
    low, high = each
    return (low is None or low <= n) and (high is None or n <= high)


def _claimed(ranges: Sequence[Range], n: int) -> list[int]:
    return [i for i, each in enumerate(ranges) if _takes(each, n)]


@st.composite
def _ranges(draw: st.DrawFn) -> list[Range]:
    """A few ranges, mostly next to each other, the last one mostly open."""
    found: list[Range] = []
    at = draw(st.integers(0, 12))
    for _ in range(draw(st.integers(1, 4))):
        high = at + draw(st.integers(0, 10))
        found.append((at, high))
        at = max(0, high + draw(st.sampled_from([1, 1, 1, 1, 0, 2, 5, -3])))
    if draw(st.integers(0, 5)):
        found[-1] = (found[-1][0], None)
    if draw(st.integers(0, 5)) == 0:
        found[0] = (None, found[0][1])
    return found


@given(_ranges(), st.booleans())
def test_gaps_and_overlaps(ranges: list[Range], otherwise: bool) -> None:
    found = program_of(_policy(ranges, otherwise)).diagnostics
    codes = {each.code.id for each in found}
    first = min(0 if low is None else low for low, _ in ranges)
    claims = {n: _claimed(ranges, n) for n in range(HIGHEST + 1)}
    twice = [n for n, levels in claims.items() if len(levels) > 1]
    never = [n for n, levels in claims.items() if not levels and n >= first]
    assert bool(twice) == ("TIER002" in codes)
    if "TIER002" not in codes and "TIER003" not in codes:
        assert bool(never) == ("TIER001" in codes)
    if "TIER003" not in codes and "TIER002" not in codes:
        assert (first > 0 and not otherwise) == ("TIER005" in codes)
    for each in found:
        value = re.search(r"(\d+) active accounts", each.message)
        if each.code.id in ("TIER001", "TIER002"):
            assert value is not None
            assert int(value[1]) in (never if each.code.id == "TIER001" else twice)
            _is_helpful(each.code.id, each.help or "", ranges, int(value[1]))


def _is_helpful(code: str, help: str, ranges: Sequence[Range], value: int) -> None:
    """What to write instead closes the very gap, or ends the very overlap."""
    places = [(int(level), int(at)) for level, at in re.findall(r"level-(\d+) at (\d+)", help)]
    if code == "TIER001" and len(places) == 2:
        (below, end), (above, start) = places
        assert above == below + 1
        assert (ranges[below][1], ranges[above][0]) == (start - 1, end + 1)
        assert start <= value <= end
    elif code == "TIER002" and places:
        ((_, start),) = places
        assert start - 1 in [high for _, high in ranges]
        assert value < start


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(0, 12), st.data())
@settings(max_examples=25)
def test_every_value_has_one_level_or_none(widths: list[int], start: int, data: st.DataObject) -> None:
    ranges: list[Range] = []
    for width in widths:
        ranges.append((start, start + width - 1))
        start += width
    ranges[-1] = (ranges[-1][0], None)
    program = good_program(_policy(ranges))
    for n in data.draw(st.lists(st.integers(0, 1000), min_size=3, max_size=6)):
        (level,) = decide(program, {"id": "a", "active_accounts": n, "accounts": []}).of("levels")
        (claimed,) = _claimed(ranges, n) or [None]
        assert level.level == (f"level-{claimed}" if claimed is not None else "none")
        assert level.status == ("reached" if claimed is not None else "none")
        assert level.room is None or level.room.room == n - ranges[claimed][0]
        if level.next is not None:
            (lacking,) = level.next.missing
            assert n + lacking.short_by == ranges[0 if claimed is None else claimed + 1][0]


def test_every_number_of_accounts_from_minus_5_to_1000() -> None:
    program = good_program(_policy([(10, 15), (16, 26), (27, None)]))
    for n in range(-5, 1001):
        decision = program.evaluate({"id": "a", "active_accounts": n, "accounts": []})
        if n < 0:
            assert [each.code.id for each in decision.diagnostics] == ["RECORD002"]
            continue
        (level,) = decision.of("levels")
        assert level.level == (
            "none" if n < 10 else "level-0" if n < 16 else "level-1" if n < 27 else "level-2"
        )


MONEY = st.decimals(0, 30, places=2)


@given(
    st.lists(MONEY, min_size=1, max_size=4, unique=True),
    st.lists(st.booleans(), min_size=4, max_size=4),
    MONEY,
)
@settings(max_examples=40)
def test_levels_over_money_with_open_ends(edges: list, closed: list[bool], value: object) -> None:
    edges = sorted(edges)
    lines = [f"  - {{id: level-0, title: L, fee: '{'<=' if closed[0] else '<'} {edges[0]}'}}\n"]
    for i, (low, high) in enumerate(itertools.pairwise(edges)):
        start, end = "(" if closed[i] else "[", "]" if closed[i + 1] else ")"
        lines.append(f"  - {{id: level-{i + 1}, title: L, fee: '{start}{low}..{high}{end}'}}\n")
    last = len(edges) - 1
    lines.append(
        f"  - {{id: level-{last + 1}, title: L, fee: '{'>' if closed[last] else '>='} {edges[-1]}'}}\n"
    )
    text = "kind: tiers\nid: l\ntitle: L\nfor: partner\nmeasure: fee\nlevels:\n" + "".join(lines)
    (level,) = decide(good_program(text), {"id": "a", "fee": value, "accounts": []}).of("levels")
    wanted = sum(value > edge or (value == edge and not closed[i]) for i, edge in enumerate(edges))
    assert level.level == f"level-{wanted}"
