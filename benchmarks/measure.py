"""Timing: engines in turn over the same records, so that a busy moment of the machine hits all of them.

Every round has records of its own, so that nothing is gained by having answered a record before.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

ROUNDS = 7
_FEW = 60
_SLICE = 200
"""How many records an engine answers before it is the turn of the next one: a busy second hits all of them."""


@dataclass(slots=True)
class Timed:
    """One engine, its records for each round made ready, and the nanoseconds that each answer took.

    A `slow` one answers only a few of them.
    """

    name: str
    run: Callable[[Any], Any]
    rounds: Sequence[Sequence[Any]]
    slow: bool = False
    took: list[list[int]] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """The microseconds within which so many of the answers came, in the median round."""
        return statistics.median(_percentile(one, share) for one in self.took) / 1000

    def records(self, number: int) -> Sequence[Any]:
        """Those of a round."""
        return self.rounds[number % len(self.rounds)][: _FEW if self.slow else None]

    @property
    def a_second(self) -> float:
        """The answers a second, in the median round."""
        return statistics.median(len(one) / sum(one) * 1e9 for one in self.took)


def _percentile(values: Sequence[int], share: float) -> int:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def measure(
    engines: Sequence[Timed], at_once: int = _SLICE, clock: Callable[[], int] = time.perf_counter_ns
) -> None:
    """Times every engine for each record, some records in turn; the first round, which warms up, does not count."""
    for number in range(ROUNDS + 1):
        gc.collect()
        took: list[list[int]] = [[] for _ in engines]
        for start in range(0, max(len(engine.records(number)) for engine in engines), at_once):
            for engine, held in zip(engines, took, strict=True):
                held += one_round(engine, engine.records(number)[start : start + at_once], clock)
        if number:
            for engine, held in zip(engines, took, strict=True):
                engine.took.append(held)


def one_round(
    engine: Timed, records: Sequence[Any], clock: Callable[[], int] = time.perf_counter_ns
) -> list[int]:
    """The nanoseconds for each record, less what it takes to read the clock."""
    run = engine.run
    idle = _idle(clock)
    took = []
    for record in records:
        start = clock()
        run(record)
        took.append(max(clock() - start - idle, 1))
    return took


@cache
def _idle(clock: Callable[[], int]) -> int:
    """The nanoseconds between two readings of a clock with nothing between them."""
    return statistics.median_low([-(clock() - clock()) for _ in range(1000)])
