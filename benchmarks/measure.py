"""Timing: engines in turn over the same records, so that a busy moment of the machine hits all of them.

Every round has records of its own, so that nothing is gained by having answered a record before.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

ROUNDS = 7
_FEW = 60


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

    @property
    def a_second(self) -> float:
        """The answers a second, in the median round."""
        return statistics.median(len(one) / sum(one) * 1e9 for one in self.took)


def _percentile(values: Sequence[int], share: float) -> int:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def measure(engines: Sequence[Timed]) -> None:
    """Times every engine for each record; the first round, which warms up, does not count."""
    for number in range(ROUNDS + 1):
        for engine in engines:
            gc.collect()
            took = one_round(engine, engine.rounds[number % len(engine.rounds)])
            if number:
                engine.took.append(took)


def one_round(engine: Timed, records: Sequence[Any]) -> list[int]:
    """The nanoseconds for each record."""
    clock = time.perf_counter_ns
    run = engine.run
    took = []
    for record in records[: _FEW if engine.slow else None]:
        start = clock()
        run(record)
        took.append(clock() - start)
    return took
