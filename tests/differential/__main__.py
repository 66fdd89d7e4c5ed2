"""Compares until so many comparisons are made: `python -m tests.differential 100000`.

Prints how many there were, of expressions and of findings, and every difference. It exits with 1 if there is
one, and with 2 where the time that is given ran out first.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from contextlib import suppress

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.differential.compare import differences, record_of
from tests.differential.expressions import facts, written
from tests.differential.programs import compare_programs

_MINUTES = 25


def main(wanted: int) -> int:
    """Runs until the number is reached; a share of it are findings of whole programs."""
    made: Counter[str] = Counter()
    found: list[str] = []
    deadline = time.monotonic() + 60 * _MINUTES

    @settings(
        max_examples=10**6, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
        report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(written(), min_size=10, max_size=16), st.lists(facts(), min_size=3, max_size=5))
    def expressions(drawn: list, given_facts: list) -> None:  # type: ignore[type-arg]
        if made["expressions"] >= wanted or time.monotonic() > deadline:
            raise _Enough
        try:
            for count, text in differences(drawn, [record_of(*each) for each in given_facts]):
                made["expressions"] += count
                found.extend([text] if text else [])
        except Exception as error:  # no expression may make either engine raise
            found.append(f"{[each.text for each in drawn]}: {error!r}")

    with suppress(_Enough):
        expressions()
    for count, text in compare_programs(records=max(wanted // 10_000, 2)):
        made["findings"] += count
        found.extend([text] if text else [])
    compared = f"{made['expressions']} comparisons of expressions, {made['findings']} of findings"
    print(f"{compared}: {len(found)} differences")
    print("\n".join(found[:50]))
    return 1 if found else 0 if made["expressions"] >= wanted else 2


class _Enough(BaseException):
    """The number is reached; Hypothesis lets it through."""


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
