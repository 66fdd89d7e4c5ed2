"""Searches for inputs that break something: `python -m tests.fuzz [TARGET...] [--seconds 60] [--seed 1]`."""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from tests.fuzz import LONGEST, TARGETS, try_one


def main() -> int:
    """Runs each target for some seconds; says what was found, with the seed that shows it again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", help="the seed of one input")
    given = parser.parse_args()
    broken = 0
    for target in given.targets or TARGETS:
        if given.only is not None:
            try_one(target, given.only)
            continue
        broken += _search(target, given.seed, given.seconds)
    return 1 if broken else 0


def _search(target: str, seed: str, seconds: float) -> int:
    start, tried, slowest, found = time.monotonic(), 0, 0.0, set[str]()
    while time.monotonic() - start < seconds:
        each, begun = f"{seed}/{tried}", time.process_time()
        tried += 1
        try:
            try_one(target, each)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__} at {last.filename.rpartition('/')[2]}:{last.lineno}"
            if what not in found:
                found.add(what)
                print(f"{target} --only {each}: {what}: {str(error)[:400]}", flush=True)
        slowest = max(slowest, time.process_time() - begun)
    print(
        f"{target}: {tried} inputs, {len(found)} kinds of faults, the slowest {slowest:.1f} of {LONGEST} s",
        flush=True,
    )
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
