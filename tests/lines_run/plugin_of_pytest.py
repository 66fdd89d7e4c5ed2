"""A plugin of pytest that runs chosen tests, and writes down what each test took and ran, or which failed.

The environment says what is wanted:

    NOTE_LINES      the file for what tests ran: {"failed": [id], "tests": {id: [seconds, {module: bits}]}}
    ONLY_TESTS      a file with the identifiers of the tests to run, in order
    FIRST_FAILED    the file for the identifier of the test that fails
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from sitecustomize import NOTED, taken

IMPORTED = ""
"""What stands in place of a test for lines that run before the first one."""

tests: dict[str, list[Any]] = {}
failed: dict[str, None] = {}


def pytest_collection_modifyitems(items: list[Any]) -> None:
    if chosen := os.environ.get("ONLY_TESTS"):
        places = {each: i for i, each in enumerate(Path(chosen).read_text(encoding="utf-8").splitlines())}
        items[:] = sorted(
            (each for each in items if each.nodeid in places), key=lambda each: places[each.nodeid]
        )


def pytest_runtest_logstart(nodeid: str) -> None:
    before = taken()
    tests.setdefault(IMPORTED, [0.0, before])
    tests[nodeid] = [0.0, {}]


def pytest_runtest_logreport(report: Any) -> None:
    tests[report.nodeid][0] += report.duration
    if report.failed:
        failed[report.nodeid] = None


def pytest_runtest_logfinish(nodeid: str) -> None:
    found = tests[nodeid][1] = taken()
    for child in Path(f"{NOTED}.children").glob("*") if NOTED else ():
        for name, bits in json.loads(child.read_text(encoding="utf-8")).items():
            found[name] = f"{int(found.get(name, '0'), 16) | int(bits, 16):x}"
        child.unlink()


def pytest_sessionfinish() -> None:
    if NOTED:
        Path(NOTED).write_text(json.dumps({"failed": list(failed), "tests": tests}), encoding="utf-8")
    if place := os.environ.get("FIRST_FAILED"):
        Path(place).write_text("\n".join(failed), encoding="utf-8")
