"""Work on many records in pieces, on all cores where the system can share what was compiled."""

from __future__ import annotations

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
    """`work(start, end)` for pieces of `count` records, as they are done: how many they were, the result.

    Compiled programs cannot be sent to another process, only inherited; so without `fork` there is one.
    """
    pieces = [(start, min(start + PIECE, count)) for start in range(0, count, PIECE)]
    many = processes or (cores() if count >= ENOUGH else 1)
    if many < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from ((end - start, work(start, end)) for start, end in pieces)
        return
    yield from _shared(work, pieces, many)


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
