"""Measures how time grows with the size of policies, records and changes: `make bench-growth`.

Each case of growing.py runs at several sizes as a process of its own; what counts is the time of the processor,
which other work on the machine disturbs least. Arguments are words: only the cases with one of them are measured,
and the page stays as it is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from growing import CASES, Case
from page import machine, put

ROOT = Path(__file__).parents[1]
_CLI = [sys.executable, "-c", "from policyengine.cli import main; main()"]
_MOST = 60
"""After so many seconds a process is ended, and larger sizes are not tried."""


def seconds(command: list[str], folder: Path) -> float | None:
    """The processor time of a command; None where it takes too long, or does not end as it should."""
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONPYCACHEPREFIX": str(folder),
    }  # fmt: skip
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    limited = ["timeout", str(_MOST), *_CLI, *command]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen(limited, env=environment, **quiet)  # type: ignore[call-overload]
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime if child.returncode in (0, 1, 2) else None


def line(case: Case, folder: Path) -> str:
    """A case as a line of the table: its seconds at each size, and how much longer the larger ones take."""
    day = [] if case.command == "test" else ["--as-of", "2026-11-21"]
    found: list[float | None] = []
    for size in case.sizes:
        at = folder / f"case-{CASES.index(case)}" / str(size)
        known = None in found
        found.append(
            None if known else seconds([case.command, *case.write(at, size), *day], folder / "compiled")
        )
    took = [f"more than {_MOST}" if each is None else f"{each:.2f}" for each in found]
    ratios = [f"{b / a:.1f}" for a, b in pairwise(found) if a is not None and b is not None]
    sizes = " / ".join(f"{size:,}" for size in case.sizes)
    return f"| {case.title} | {case.command} | {sizes} | {' / '.join(took)} | {' / '.join(ratios)} |"


def main(words: list[str]) -> None:
    """Print the table, and write it to the page."""
    said = [
        "## Time that grows with the size", "",
        f"{machine()}. Seconds of the processor for a whole process, its start with them, and how much longer each",
        "size takes than the one before it, which is half of it. A proof that is hard by its nature ends after a",
        "number of steps, and what it did not decide is said (`TABLE010`).", "",
        "| what grows | command | sizes | seconds | times the size before |", "|---|---|---:|---:|---:|",
    ]  # fmt: skip
    sys.stdout.write("\n".join(said) + "\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds(["--version"], folder / "compiled")
        for case in CASES:
            if not words or any(word in f"{case.command} {case.title}" for word in words):
                said.append(line(case, folder))
                sys.stdout.write(f"{said[-1]}\n")
                sys.stdout.flush()
    if not words:
        put("growth", "\n".join(said))


if __name__ == "__main__":
    main(sys.argv[1:])
