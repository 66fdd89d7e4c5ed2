"""Intervals over an ordered type: where tests over one measure leave gaps, and where they overlap.

On a discrete measure (whole numbers, minor units of a currency) open ends are turned into closed ones, so
that 10..15 and 16..26 meet.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from decimal import Decimal

from policyengine.dataclass import dataclass
from policyengine.feel.syntax.tree import Comparison, Expression, In, Literal, Name, RangeLiteral


@dataclass(frozen=True, slots=True)
class Interval:
    """All values from `low` to `high`; None is an open end without limit."""

    low: Decimal | None
    high: Decimal | None
    low_closed: bool = True
    high_closed: bool = True

    def ends_below(self, value: Decimal) -> bool:
        """Whether all of it lies below a value."""
        return self.high is not None and self.high < value

    def __str__(self) -> str:
        return f"{'' if self.low is None else self.low}..{'' if self.high is None else self.high}"


def of_test(test: Expression, step: Decimal | None) -> Interval | None:
    """The interval of values that pass a test of one name; None where it is no single interval."""
    match test:
        case In(Name(), (RangeLiteral() as inner,)):
            found = _of_range(inner)
        case Comparison(op, Name(), Literal(Decimal() as limit)):
            found = _of_comparison(op, limit)
        case _:
            return None
    return _closed(found, step) if found is not None and step is not None else found


def _of_range(inner: RangeLiteral) -> Interval | None:
    low, high = (end.value if isinstance(end, Literal) else end for end in (inner.low, inner.high))
    if not all(end is None or isinstance(end, Decimal) for end in (low, high)):
        return None
    return Interval(low, high, inner.low_closed, inner.high_closed)  # type: ignore[arg-type]


def _of_comparison(op: str, limit: Decimal) -> Interval | None:
    return {
        "=": Interval(limit, limit),
        ">=": Interval(limit, None),
        ">": Interval(limit, None, low_closed=False),
        "<=": Interval(None, limit),
        "<": Interval(None, limit, high_closed=False),
    }.get(op)


def _closed(interval: Interval, step: Decimal) -> Interval:
    low, high = interval.low, interval.high
    if low is not None and not interval.low_closed:
        low += step
    if high is not None and not interval.high_closed:
        high -= step
    return Interval(low, high)


def gaps(intervals: Sequence[Interval], step: Decimal | None) -> Iterator[tuple[int, Decimal]]:
    """Between neighbours in ascending order: the index of the lower one, and a value that neither takes."""
    for i, (below, above) in enumerate(itertools.pairwise(intervals)):
        if below.high is None or above.low is None:
            continue
        if step is not None:
            if below.high + step < above.low:
                yield i, below.high + step
        elif below.high < above.low:
            yield i, below.high if not below.high_closed else (below.high + above.low) / 2
        elif below.high == above.low and not below.high_closed and not above.low_closed:
            yield i, below.high


def overlaps(intervals: Sequence[Interval]) -> Iterator[tuple[int, int, Decimal]]:
    """Pairs that share values: both indices, and a value that both take."""
    found: list[tuple[int, int, Decimal]] = []
    near: list[int] = []
    for number in sorted(range(len(intervals)), key=lambda each: _low(intervals[each])):
        near = [each for each in near if not intervals[each].ends_below(_low(intervals[number]))]
        for each in near:
            i, j = sorted((each, number))
            shared = _shared(intervals[i], intervals[j])
            if shared is not None:
                found.append((j, i, shared))
        near.append(number)
    yield from ((i, j, shared) for j, i, shared in sorted(found))


def _low(interval: Interval) -> Decimal:
    return Decimal("-Infinity") if interval.low is None else interval.low


def _shared(one: Interval, other: Interval) -> Decimal | None:
    lows = [(end.low, end.low_closed) for end in (one, other) if end.low is not None]
    highs = [(end.high, end.high_closed) for end in (one, other) if end.high is not None]
    low = max(lows, key=lambda end: (end[0], not end[1]), default=None)
    high = min(highs, key=lambda end: (end[0], end[1]), default=None)
    if low is None or high is None:
        return (
            low[0] + (0 if low[1] else 1)
            if low
            else (high[0] - (0 if high[1] else 1) if high else Decimal(0))
        )
    if low[0] > high[0] or (low[0] == high[0] and not (low[1] and high[1])):
        return None
    if low[1]:
        return low[0]
    return high[0] if high[1] else (low[0] + high[0]) / 2
