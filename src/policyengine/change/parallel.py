"""Runs work on pieces of records in parallel processes, where the system can share compiled programs."""

from __future__ import annotations

import gc
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import Any, Generic, TypeVar

from policyengine.batch.cores import cores

P = TypeVar("P")
R = TypeVar("R")
PIECE = 250
"""So many records are worked on before it is said how far it is."""
ENOUGH = 4000
"""From so many records on, other processes are worth their start."""
_AHEAD = 3
"""So many pieces a process has before it, done or to do; more would only fill the memory."""

_work: Callable[[Any], Any] | None = None


class Workers(Generic[P, R]):
    """Works on one piece after another, in several processes from some number of pieces on.

    Results come in the order of the pieces. Compiled programs cannot be sent to a process, only inherited;
    without `fork` all work is done in this process.
    """

    def __init__(
        self, work: Callable[[P], R], processes: int | None = None, alone: int = ENOUGH // PIECE
    ) -> None:
        """The first pieces, as many as `alone`, are worked on in this process."""
        self._run = work
        self._many = cores() if processes is None else processes
        self._alone = alone
        self._pool: ProcessPoolExecutor | None = None
        self._waiting: deque[Future[R]] = deque()

    def put(self, piece: P) -> Iterator[R]:
        """Takes one piece more; yields the results that are there."""
        if self._alone > 0 or self._many < 2 or "fork" not in multiprocessing.get_all_start_methods():
            self._alone -= 1
            yield self._run(piece)
            return
        self._waiting.append(self._shared().submit(_inherited, piece))
        while self._waiting and (len(self._waiting) > self._many * _AHEAD or self._waiting[0].done()):
            yield self._waiting.popleft().result()

    def rest(self) -> Iterator[R]:
        """Yields the results that are still waited for."""
        while self._waiting:
            yield self._waiting.popleft().result()

    def _shared(self) -> ProcessPoolExecutor:
        global _work
        if self._pool is None:
            _work = self._run
            gc.collect()
            gc.freeze()  # what was read stays; looking for it again and again, and in every process, costs
            # Not `multiprocessing.Pool`: ending one while it hands out work can wait for ever.
            self._pool = ProcessPoolExecutor(self._many, multiprocessing.get_context("fork"))
        return self._pool

    def __enter__(self) -> Workers[P, R]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        global _work
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            gc.unfreeze()
            _work = None


def spread(
    work: Callable[[int, int], R], count: int, *, processes: int | None = None
) -> Iterator[tuple[int, R]]:
    """Calls `work(start, end)` for pieces of `count` records; yields the size and the result of each."""

    def one(piece: tuple[int, int]) -> tuple[int, R]:
        return piece[1] - piece[0], work(*piece)

    many = processes or (cores() if count >= ENOUGH else 1)
    with Workers(one, many, alone=0) as workers:
        for start in range(0, count, PIECE):
            yield from workers.put((start, min(start + PIECE, count)))
        yield from workers.rest()


def _inherited(piece: Any) -> Any:
    assert _work is not None
    return _work(piece)
