"""Runs work on chunks of records in parallel processes, where the system can share compiled programs."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any, TypeVar

from policyengine.batch.cores import cores

R = TypeVar("R")
PIECE = 250
"""So many records are worked on before it is said how far it is."""
ENOUGH = 4000
"""From so many records on, other processes are worth their start."""

_work: Callable[[int, int], Any] | None = None


def spread(
    work: Callable[[int, int], R], count: int, *, processes: int | None = None
) -> Iterator[tuple[int, R]]:
    """Calls `work(start, end)` for chunks of `count` records; yields the size and the result of each chunk as
    it is done.

    Compiled programs cannot be sent to a process, only inherited; without `fork` the work runs in this
    process.
    """
    pieces = [(start, min(start + PIECE, count)) for start in range(0, count, PIECE)]
    many = processes or (cores() if count >= ENOUGH else 1)
    gc.collect()
    gc.freeze()  # what was read stays; looking for it again and again, and in every process, costs much
    try:
        if many < 2 or "fork" not in multiprocessing.get_all_start_methods():
            yield from ((end - start, work(start, end)) for start, end in pieces)
        else:
            yield from _shared(work, pieces, many)
    finally:
        gc.unfreeze()


def _shared(
    work: Callable[[int, int], R], pieces: Sequence[tuple[int, int]], many: int
) -> Iterator[tuple[int, R]]:
    global _work
    _work = work
    # Not `multiprocessing.Pool`: ending one while it hands out work can wait for ever.
    pool = ProcessPoolExecutor(many, multiprocessing.get_context("fork"))
    try:
        for done in as_completed([pool.submit(_piece, piece) for piece in pieces]):
            yield done.result()
    finally:
        pool.shutdown(cancel_futures=True)
        _work = None


def _piece(piece: tuple[int, int]) -> tuple[int, Any]:
    assert _work is not None
    return piece[1] - piece[0], _work(*piece)
