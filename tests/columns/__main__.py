"""Compares columns with rows until so many comparisons are made: `python -m tests.columns 1000000`.

A comparison is a record under a drawn expression, or a record with all its findings under a program. It
prints how many there were and every difference, and exits with 1 if there is one, and with 2 where the time
that is given ran out first.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from contextlib import suppress

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.columns.causes import cause_differences
from tests.columns.compare import compare_drawn, compare_programs, differences, records
from tests.differential.expressions import Written, written

_MINUTES = 25
_RECORDS = 300


def main(wanted: int) -> int:
    """Runs until the number is reached, expressions first; a hundredth of it are whole programs."""
    made: Counter[str] = Counter()
    found: list[str] = []
    deadline = time.monotonic() + 60 * _MINUTES
    source = random.Random(1)

    @settings(
        max_examples=10**6, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
        report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(written(), min_size=10, max_size=16))
    def expressions(drawn: list[Written]) -> None:
        if made["expressions"] >= wanted or time.monotonic() > deadline:
            raise _Enough
        try:
            for count, expressed, text in differences(drawn, records(source, _RECORDS)):
                made["expressions"] += count
                made["without columns"] += not expressed
                found.extend([text] if text else [])
            for count, text in cause_differences(drawn, records(source, _RECORDS // 3)):
                made["causes"] += count
                found.extend([text] if text else [])
        except Exception as error:  # no expression may make either engine raise
            found.append(f"{[each.text for each in drawn]}: {error!r}")

    with suppress(_Enough):
        expressions()
    for count, text in compare_programs(max(wanted // 2_000, 20)):
        made["records"] += count
        found.extend([text] if text else [])
    seed = 0
    while made["drawn"] < wanted // 200 and time.monotonic() < deadline:
        try:
            count, rules, text = compare_drawn(seed, 40)
            made["drawn"] += count
            made["rules"] += rules
            found.extend([text] if text else [])
        except Exception as error:  # nor any program
            found.append(f"program {seed}: {error!r}")
        seed += 1
    print(
        f"{made['expressions']} comparisons of expressions ({made['without columns']} had no form), "
        f"{made['causes']} of what they miss, "
        f"{made['records']} of records under our programs, {made['drawn']} under {seed} drawn programs "
        f"with {made['rules']} rules: {len(found)} differences"
    )
    print("\n".join(found[:50]))
    return 1 if found else 0 if made["expressions"] >= wanted else 2


class _Enough(BaseException):
    """The number is reached; Hypothesis lets it through."""


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
