"""Timing: engines in turn over the same records, so that a busy moment of the machine hits all of them."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

ROUNDS = 7


@dataclass(slots=True)
class Timed:
    """One engine with the records made ready for it, and the nanoseconds that each answer took."""

    name: str
    run: Callable[[Any], Any]
    records: Sequence[Any]
    slow: bool = False
    took: list[list[int]] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """The microseconds within which so many of the answers came, in the median round."""
        return statistics.median(_percentile(round_, share) for round_ in self.took) / 1000

    @property
    def a_second(self) -> float:
        """The answers a second, in the median round."""
        return statistics.median(len(round_) / sum(round_) * 1e9 for round_ in self.took)


def _percentile(values: Sequence[int], share: float) -> int:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def measure(engines: Sequence[Timed]) -> None:
    """Times every engine for each record, in several rounds; the first one, which warms up, does not count."""
    for number in range(ROUNDS + 1):
        for engine in engines:
            gc.collect()
            took = _round(engine)
            if number:
                engine.took.append(took)


def _round(engine: Timed) -> list[int]:
    clock = time.perf_counter_ns
    run = engine.run
    took = []
    for record in engine.records[: 60 if engine.slow else None]:
        start = clock()
        run(record)
        took.append(clock() - start)
    return took
