"""Runs the benchmarks and writes docs/performance.md: `make bench`.

All figures come out of one run on one core, so that ratios mean something on any machine.
"""

from __future__ import annotations

import gc
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import hand
import ours
import processes
from measure import ROUNDS, Timed, measure
from page import machine, put
from peers import PEERS
from records import Record, answer, cents_off, in_decimals, in_floats, records

COUNT = 1000
_EXACT, _FLOATS = "hand-written Python, exact decimals", "hand-written Python, binary floats"
_LIGHT, _FULL = "policyengine, without reasons", "policyengine, with all reasons"


def main() -> None:
    """Everything, in order."""
    chosen = records(COUNT * (ROUNDS + 1))
    engines, notes, absent = _engines(chosen)
    gc.freeze()
    measure(engines)
    once = _once()
    text = "\n".join(_page(engines, notes, absent, once))
    put("one record", text)
    sys.stdout.write(f"{text}\n")


def _engines(chosen: list[Record]) -> tuple[list[Timed], dict[str, str], list[str]]:
    """The engines that are there, each after its answers were compared with the right ones."""
    engines: list[Timed] = []
    notes: dict[str, str] = {}
    absent: list[str] = []

    def add(name: str, run: Any, ready: Any, read: Any) -> None:
        sample = [ready(record) for record in chosen[:20]]
        timed = Timed(name, run, _rounds(chosen, ready), slow=_is_slow(run, sample))
        notes[name] = _checked(timed, chosen[:COUNT], read)
        engines.append(timed)

    add(_EXACT, hand.with_decimals, dict, dict)
    add(_FLOATS, hand.with_floats, in_floats, dict)
    for name, (run, ready, read) in ours.engines().items():
        add(name, run, ready, read)
    for name, (package, make) in PEERS.items():
        try:
            run = make()
        except ImportError:
            absent.append(f"{name}: `{package}` does not install here")
            continue
        add(name, run, in_decimals if package == "rule-engine" else in_floats, dict)
    return engines, notes, absent


def _rounds(chosen: list[Record], ready: Any) -> list[list[Any]]:
    return [[ready(record) for record in chosen[i : i + COUNT]] for i in range(0, len(chosen), COUNT)]


def _is_slow(run: Any, sample: list[Any]) -> bool:
    timed = Timed("", run, [sample])
    measure([timed])
    return timed.percentile(0.5) > 3000


def _checked(engine: Timed, chosen: list[Record], read: Any) -> str:
    """Whether all answers are right; raises `ValueError` where more than cents differ."""
    off = 0
    some = list(zip(engine.rounds[0], chosen, strict=True))[: 100 if engine.slow else None]
    for ready, record in some:
        off += bool(cents_off(read(engine.run(ready)), answer(record)))
    return "all right" if not off else f"{off} of {len(some)} records a cent off or more"


def _once() -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "large"
        lines = processes.large_program(large)
        checked = processes.check(large)
    bare = processes.bare()
    return {
        "parsing, expressions a second (goal: 10,000 or more)": f"{processes.parse_rate():,.0f}",
        f"`check` of {lines:,} lines of YAML (goal: under 2 s)": str(checked),
        "`evaluate` of one record, the whole process (goal: under 250 ms)": str(processes.evaluate_one()),
        "`--version`, over Python alone (goal: under 40 ms)": f"{processes.version().median - bare.median:.0f} ms",
        "Python alone": str(bare),
    }


def _page(
    engines: list[Timed], notes: dict[str, str], absent: list[str], once: dict[str, str]
) -> Iterator[str]:
    yield from ("## One record", "")
    yield f"{machine()}, of which one is used."
    yield from ("", *_workload(), "")
    yield "| engine | p50, µs | p99, µs | records a second | by hand, exact | by hand, floats | answers |"
    yield "|---|---:|---:|---:|---:|---:|---|"
    exact, floats = engines[0].percentile(0.5), engines[1].percentile(0.5)
    for engine in sorted(engines, key=lambda each: each.percentile(0.5)):
        half = engine.percentile(0.5)
        yield (
            f"| {engine.name} | {half:,.1f} | {engine.percentile(0.99):,.1f} | {engine.a_second:,.0f} "
            f"| {half / exact:,.1f} x | {half / floats:,.1f} x | {notes[engine.name]} |"
        )
    yield ""
    yield from (f"Not measured: {line}." for line in absent)
    yield from (
        "## Goals",
        "",
        *_goals(engines),
        "",
        *_reasons(),
        "",
        "## Once",
        "",
        "| what | figure |",
        "|---|---:|",
    )
    yield from (f"| {what} | {figure} |" for what, figure in once.items())
    yield from ("", "## The peers", "", *_versions())


def _workload() -> Iterator[str]:
    yield from (
        "59 rules over one flat record: a ladder of three levels with discounts, 48 activities by three types of",
        "partner (six with a condition), three formulas, the gate of a pipeline, two charges net of the discount",
        f"([benchmarks/program](../benchmarks/program)). {ROUNDS} rounds of {COUNT:,} records from a seed, which no engine",
        "has seen before, the engines in turn; each figure is that of the median round. Every engine gets its",
        "records in memory, in the types that it takes; the lines “plain data checked” start from a mapping of",
        "plain Python data and check it against the facts first.",
        "",
        "All answers are compared with exact decimals, half a cent rounded up. Where engines on binary floats",
        "come to another cent, that is said. Without reasons we say of all 48 activities whose they are; with",
        "reasons also why, in sentences with the values of the record, from which line of which policy, and what",
        "is missing for the next level. The others give the list of the partner's duties.",
    )


def _goals(engines: list[Timed]) -> Iterator[str]:
    by_name = {engine.name: engine.percentile(0.5) for engine in engines}
    peer = min(
        (each for each in engines if each.name in PEERS), key=lambda each: each.percentile(0.5), default=None
    )
    for name, most in ((_LIGHT, 3), (_FULL, 40)):
        for base in (_EXACT, _FLOATS):
            ratio = by_name[name] / by_name[base]
            yield f"- {name}: {ratio:.1f} x {base} (goal: at most {most} x): {'reached' if ratio <= most else 'missed'}"
    if peer is not None:
        ahead = by_name[_LIGHT] < peer.percentile(0.5)
        yield f"- {_LIGHT} against the fastest peer, {peer.name}: {'ahead' if ahead else 'behind'}"


def _reasons() -> Iterator[str]:
    """What reasons cost beside the values."""
    program, seen = ours.program(), records(COUNT // 3, seed=5)
    ready = [ours.read(program, record) for record in seen]
    for record in ready * 2:
        program.evaluate(record)
    steps = [
        Timed("working out all values of the graph", program._engine.compiled.instances, [ready]),
        Timed("the decision with all reasons", program.evaluate, [ready]),
    ]
    measure(steps)
    sizes = [len(program.evaluate(record).findings) for record in ready[:100]]
    yield f"A decision with reasons holds {sum(sizes) / len(sizes):.0f} findings here, each a value of its own:"
    yield ""
    yield from (f"- {step.name}: {step.percentile(0.5):,.0f} µs" for step in steps)
    yield ""
    yield "Nothing is kept from one record to the next. `outcomes` leaves reasons out."


def _versions() -> Iterator[str]:
    for name, (package, make) in PEERS.items():
        try:
            yield f"- {name}: `{package}` {version(package)}. {(make.__doc__ or '').strip()}"
        except ModuleNotFoundError:
            yield f"- {name}: `{package}`, not installed."


if __name__ == "__main__":
    main()
