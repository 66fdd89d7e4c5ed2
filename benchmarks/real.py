"""The engine beside the tree walk of the reference, on real programs: the first part of `make bench`.

    python benchmarks/real.py                      all of them and, where they are installed, the peers, printed
    python benchmarks/real.py hellobooks wildix    only these
    python benchmarks/real.py --write              all of them, into docs/performance.md

Each program gets the records of its own tests, as they are and with 5 % and 20 % of the facts left out.
Before an answer is timed it is compared with that of the reference.
"""

from __future__ import annotations

import gc
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from measure import ROUNDS, Timed, measure
from page import machine, put
from real_peers import peers
from real_programs import SHARES, Case, Measured, measured_programs, programmes_folder, with_holes

from policyengine.api import Program
from policyengine.decision.decision import Decision
from policyengine.decision.decision_json import to_json
from policyengine.engine.reference.row import evaluate

_LEAST = 30
"""So many records a round at least."""
_COLD = 4
"""An engine writes its code when it was asked so many times; that is not measured here."""
_GOALS = {"with all reasons": (12, 6), "outcomes": (25, 8)}
"""The median and the least ratio that are wanted."""
_WAYS = tuple(_GOALS)


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of a program: microseconds of the tree walk, and how many times faster each way is."""

    measured: Measured
    findings: float
    walk: float
    ratios: dict[tuple[str, float], float]


def main(arguments: Sequence[str]) -> None:
    """Measures and prints; writes the page where that is asked for."""
    only = [each for each in arguments if not each.startswith("-")]
    rows = []
    for measured in measured_programs(only):
        rows.append(_row(measured))
        sys.stderr.write(f"{_line(rows[-1])}\n")
    lines = [*_page(rows), "", *(() if only else peers())]
    text = "\n".join(lines)
    sys.stdout.write(f"{text}\n")
    if "--write" in arguments:
        put("real programs", text)


def _row(measured: Measured) -> Row:
    ratios: dict[tuple[str, float], float] = {}
    walks: list[float] = []
    for share in SHARES:
        rounds = [_drawn(measured, share, number) for number in range(ROUNDS + 1)]
        _check_answers(measured, rounds[0])
        walk, *others = _timed(rounds)
        walks.append(1e6 / walk.a_second)
        ratios.update({(each.name, share): each.a_second / walk.a_second for each in others})
    findings = [len(evaluate(case.program, case.record).findings) for case in measured.cases]
    return Row(measured, statistics.mean(findings), walks[0], ratios)


def _drawn(measured: Measured, share: float, seed: int) -> list[Case]:
    """The records of a round: as they are, or with other facts left out in every round."""
    source = random.Random(seed)
    cases = measured.cases * -(-_LEAST // len(measured.cases))
    return [with_holes(case, share, source) for case in cases] if share else list(cases)


def _timed(rounds: Sequence[Sequence[Case]]) -> list[Timed]:
    """The tree walk, and the ways of the engine, each with programs of its own that know nothing yet."""
    reasons, outcomes = _Loaded(), _Loaded()
    engines = [
        Timed("tree walk", _walk, rounds),
        Timed(_WAYS[0], lambda asked: _read(asked[0].evaluate(asked[1])), reasons.rounds(rounds)),
        Timed(_WAYS[1], lambda asked: asked[0].outcomes(asked[1]), outcomes.rounds(rounds)),
    ]
    for engine in engines:
        for record in [*engine.rounds[0]] * _COLD:
            engine.run(record)
    gc.freeze()
    measure(engines, at_once=5, clock=time.thread_time_ns)  # its own time: what else runs does not count
    return engines


class _Loaded:
    """Programs for Python, one for each linked program."""

    def __init__(self) -> None:
        self._programs: dict[int, Program] = {}

    def rounds(self, rounds: Sequence[Sequence[Case]]) -> list[list[tuple[Program, Any]]]:
        """The records of each round, each with the program that it is asked of."""
        return [[(self._program(case), case.record) for case in one] for one in rounds]

    def _program(self, case: Case) -> Program:
        return self._programs.setdefault(id(case.program), Program(case.program, case.program.name))


def _walk(case: Case) -> int:
    return _read(evaluate(case.program, case.record))


def _read(decision: Decision) -> int:
    """Reads every sentence of a decision, so that none can be left for later."""
    size = 0
    for finding in decision.findings:
        for part in (finding, *getattr(finding, "requirements", ())):
            for reason in part.because:
                size += len(reason.text)
    return size


def _check_answers(measured: Measured, cases: Sequence[Case]) -> None:
    loaded = _Loaded()
    for (program, record), case in zip(loaded.rounds([cases])[0], cases, strict=True):
        if to_json(program.evaluate(record)) != to_json(evaluate(case.program, case.record)):
            raise ValueError(f"{measured.name}: the engine and the reference differ for {record.facts}")


def _page(rows: Sequence[Row]) -> Iterator[str]:
    yield from ("## Real programs", "", f"{machine()}, of which one is used.", "")
    yield from _about(rows)
    yield from ("", "| program | findings | tree walk, µs | " + " | ".join(map(_head, _columns())) + " |")
    yield "|---|---:|---:|" + "---:|" * len(_columns())
    yield from map(_line, sorted(rows, key=lambda row: (not row.measured.real, row.measured.name)))
    for title, choose in (("median", statistics.median), ("least", min)):
        yield (
            f"| **{title}** | | | "
            + " | ".join(f"{choose(_of(rows, at)):,.1f} x" for at in _columns())
            + " |"
        )
    yield ""
    for way in _WAYS:
        yield _goal(rows, way)


def _about(rows: Sequence[Row]) -> Iterator[str]:
    real = sum(row.measured.real for row in rows)
    yield f"{real} programmes of other vendors, written from their public pages, and {len(rows) - real} of our own. Each gets the"
    yield "records of its own tests, as they are and with 5 % and 20 % of their facts left out, drawn anew for each"
    yield f"of {ROUNDS} rounds. The ratios say how many times faster the engine is than the reference, which walks the"
    yield "trees of the expressions: with all reasons, every sentence read, and as `outcomes`, without reasons. All"
    yield "answers were compared with those of the reference first. Each ratio is that of the median round."
    if programmes_folder() is None:
        yield ""
        yield "Left out: the programmes of other vendors, which lie beside the project (`PROGRAMMES=path make bench`)."


def _columns() -> list[tuple[str, float]]:
    return [(way, share) for way in _WAYS for share in SHARES]


def _head(column: tuple[str, float]) -> str:
    way, share = column
    return f"{way}, {share:.0%} left out" if share else way


def _of(rows: Sequence[Row], column: tuple[str, float]) -> list[float]:
    return [row.ratios[column] for row in rows]


def _line(row: Row) -> str:
    figures = " | ".join(f"{row.ratios[at]:,.1f} x" for at in _columns())
    return f"| {row.measured.name} | {row.findings:.0f} | {row.walk:,.0f} | {figures} |"


def _goal(rows: Sequence[Row], way: str) -> str:
    found = [ratio for share in SHARES for ratio in _of(rows, (way, share))]
    middle, least = statistics.median(found), min(found)
    wanted_middle, wanted_least = _GOALS[way]
    reached = "reached" if middle >= wanted_middle and least >= wanted_least else "missed"
    return (
        f"- {way}: median {middle:.1f} x (goal: {wanted_middle} or more), least {least:.1f} x "
        f"(goal: {wanted_least} or more): {reached}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
