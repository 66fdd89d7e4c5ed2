"""Which tests run which lines of src: `of` runs every test file once, each in a process of its own.

What a file ran is kept under `build/lines_run` and taken again as long as src and that file are as they were.
One process a file, since what a test loads, others of the same process may have from a cache.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
SRC = Path("src/policyengine")
PLUGIN = ROOT / "tests/lines_run"
KEPT = ROOT / "build/lines_run"
IMPORTED = ""
"""What stands in place of a test for lines that run before the first one."""


@dataclass(frozen=True, slots=True)
class TestFile:
    """What the tests of a file take, and which of the lines that were asked for each of them runs."""

    path: str
    seconds: Mapping[str, float]
    hits: Mapping[tuple[str, int], list[str]] = field(default_factory=dict)
    modules: Mapping[str, list[str]] = field(default_factory=dict)

    __test__ = False

    def running(self, place: tuple[str, int]) -> set[str]:
        """The tests that run a line themselves, after all was imported."""
        return set(self.hits.get(place, ())) - {IMPORTED}

    def running_any_of(self, module: str) -> set[str]:
        """The tests that run any line of a module."""
        return set(self.modules.get(module, ())) - {IMPORTED}


def of(
    project: Path,
    asked: Iterable[tuple[str, int]],
    below: Sequence[str],
    at_once: int,
    say: Callable[[str], None],
) -> list[TestFile]:
    """The test files below some folders of a copy of the project, with what they run of some lines."""
    found = sorted(each.relative_to(project).as_posix() for each in (project / "tests").rglob("test_*.py"))
    paths = [each for each in found if each.startswith(tuple(below)) and "/outside/" not in each]
    src = _digest(sorted((project / SRC).rglob("*.py")))
    kept = {each: _kept(each, f"{_digest([project / each])[:16]}-{src[:16]}") for each in paths}
    new = [each for each in paths if not kept[each].exists()]
    if new:
        say(f"{len(new)} of {len(paths)} files of tests run once, to see which lines they run")
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda each: _note(project, each, kept[each]), new))
    lines = sorted(set(asked))
    return [_read(each, kept[each], lines) for each in paths]


def _digest(files: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for each in files:
        found.update(f"{each.name}\n".encode() + each.read_bytes())
    return found.hexdigest()


def _kept(path: str, name: str) -> Path:
    return KEPT / f"{path.removesuffix('.py').replace('/', '.')}-{name}.json.gz"


def _note(project: Path, path: str, kept: Path) -> None:
    """Runs a file of tests, and keeps what it ran; what was kept of earlier versions goes."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    for old in kept.parent.glob(_kept(path, "*").name):
        old.unlink()
    noted, compiled = project.parent / f"{kept.name}.noted", project.parent / "noting"
    start_tests(project, [path], NOTE_LINES=str(noted), PYTHONPYCACHEPREFIX=str(compiled)).wait()
    with gzip.open(kept, "wb", compresslevel=1) as file:
        file.write(noted.read_bytes())
    noted.unlink()


def start_tests(project: Path, options: Iterable[str], **settings: str) -> subprocess.Popen[bytes]:
    """Starts pytest with the plugin in a copy of the project."""
    around = {key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    around |= {"PYTHONPATH": f"{project / 'src'}{os.pathsep}{PLUGIN}", "HYPOTHESIS_PROFILE": "unshrunk"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "plugin_of_pytest",
        *options,
    ]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        command,
        cwd=project,
        env=around | settings,
        stdin=quiet,
        stdout=quiet,
        stderr=quiet,
        start_new_session=True,
    )


def _read(path: str, kept: Path, asked: list[tuple[str, int]]) -> TestFile:
    with gzip.open(kept) as file:
        noted = json.load(file)
    tests = {test: found for test, found in noted["tests"].items() if test not in noted["failed"]}
    hits: dict[tuple[str, int], list[str]] = {}
    modules: dict[str, list[str]] = {}
    for test, (_, ran) in tests.items():
        for module in {module for module, _ in asked} & ran.keys():
            modules.setdefault(module, []).append(test)
            bits = int(ran[module], 16)
            for place in asked:
                if place[0] == module and bits >> place[1] & 1:
                    hits.setdefault(place, []).append(test)
    return TestFile(path, {test: took for test, (took, _) in tests.items() if test}, hits, modules)
