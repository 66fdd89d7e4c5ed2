"""Work in pieces: all of it, once, in whatever process."""

from __future__ import annotations

import os

import pytest

from policyengine.change.parallel import PIECE, spread


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("count", [0, 1, PIECE, 3 * PIECE + 1])
def test_every_record_is_worked_on_once(processes: int, count: int) -> None:
    done = list(spread(lambda start, end: list(range(start, end)), count, processes=processes))
    assert sum(number for number, _ in done) == count
    assert sorted(each for _, piece in done for each in piece) == list(range(count))


def test_other_processes_do_the_work() -> None:
    here = os.getpid()
    assert {found for _, found in spread(lambda start, end: os.getpid(), 5 * PIECE, processes=2)} != {here}


def test_a_fault_in_another_process_is_not_lost() -> None:
    def fail(start: int, end: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(spread(fail, 2 * PIECE, processes=2))
