"""What happens once: parsing, checking a large program, and whole processes of the command line."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ours import DAY

ROOT = Path(__file__).parents[1]
_BARE = [sys.executable, "-c", "pass"]
_CLI = [sys.executable, "-c", "from policyengine.cli import main; main()"]
_COMPILED = tempfile.TemporaryDirectory()
_EXPRESSIONS = (
    "active_accounts >= 27 and attends_reviews",
    "total_users * (license_price + hwaas_price + classound_price)",
    'if stage = "proposal" then verbal_agreement else true',
    "some r in reviews satisfies r.held_on in period",
    'count(accounts[status = "active"]) >= 10',
    'renewal_on - @"P90D"',
    "sum(deals[won].amount) / 12",
    "probability in [0.2..0.8)",
    "not(is defined(assigned_by)) or assigned_by",
    "round half up(setup_fee * (1 - discount), 2)",
)


def parse_rate() -> float:
    """Expressions parsed a second, with the place of every node."""
    from policyengine.feel import parse

    best = 0.0
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(200):
            for text in _EXPRESSIONS:
                parse(text)
        best = max(best, 200 * len(_EXPRESSIONS) / (time.perf_counter() - start))
    return best


def large_program(folder: Path, lines: int = 5000) -> int:
    """Writes a program of at least so many lines of YAML; gives how many there are."""
    folder.mkdir(parents=True)
    text = ["kind: program", "id: large", "title: Large", "currency: EUR", "parties: {partner: the partner}",
            "items: {fee: the fee}", "entities:", "  partner:", "    title: partner", "    key: id", "    facts:",
            "      id: {type: text, title: identifier}",
            "      kind_of: {type: enum, title: kind, values: [one, two, three]}"]  # fmt: skip
    facts = lines // 20
    for i in range(facts):
        text.append(f"      fact_{i}: {{type: count, title: fact number {i}}}")
    (folder / "program.yaml").write_text("\n".join(text) + "\n", encoding="utf-8")
    written = len(text)
    number = 0
    while written < lines:
        policy = _policy(number, facts)
        (folder / f"policy-{number}.yaml").write_text("\n".join(policy) + "\n", encoding="utf-8")
        written += len(policy)
        number += 1
    return written


def _policy(number: int, facts: int) -> list[str]:
    """Obligations with conditions in FEEL and as tests."""
    lines = [
        "kind: obligations",
        f"id: policy-{number}",
        f"title: Policy {number}",
        "for: partner",
        "obligations:",
    ]
    for i in range(40):
        one, other = (number * 80 + 2 * i) % facts, (number * 80 + 2 * i + 1) % facts
        lines += [
            f"  - id: part-{i}",
            f"    title: Part {i}",
            "    party: partner",
            f"    when: {{kind_of: [one, two], fact_{one}: 1..}}",
            f'    met_when: fact_{one} + fact_{other} >= {i} and (fact_{other} < 90 or kind_of = "three")',
        ]
    return lines


@dataclass(frozen=True)
class Took:
    """How long a process took, in milliseconds: the median, and the least, which other work disturbs least."""

    median: float
    least: float

    def __str__(self) -> str:
        return f"{self.median:.0f} ms, at best {self.least:.0f} ms"


def timed(command: Sequence[str], times: int = 20) -> Took:
    """The time of a whole process, with modules compiled as they are once a package is installed."""
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONPYCACHEPREFIX": _COMPILED.name,
    }  # fmt: skip
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    took = []
    for _ in range(times + 1):
        start = time.perf_counter()
        subprocess.run(
            command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        )
        took.append(1000 * (time.perf_counter() - start))
    return Took(statistics.median(took[1:]), min(took[1:]))  # the first one compiles


def bare() -> Took:
    """Python alone."""
    return timed(_BARE)


def version() -> Took:
    """`policyengine --version`."""
    return timed([*_CLI, "--version"])


def check(folder: Path) -> Took:
    """`policyengine check`."""
    return timed([*_CLI, "check", str(folder)], times=5)


def evaluate_one() -> Took:
    """`policyengine evaluate` of one record of one of our programs."""
    record = ROOT / "fixtures" / "bytekast" / "records" / "acme.yaml"
    command = [
        *_CLI,
        "evaluate",
        str(ROOT / "policies" / "bytekast"),
        str(record),
        "--as-of",
        DAY.isoformat(),
    ]
    return timed(command)
