"""Small mutants of src, and whether the tests that run them notice them: `make mutants`.

    python -m tests.mutants                 100 of them, two at a time
    python -m tests.mutants 20 --seed 3 --only feel/ text/ --tests tests/feel tests/text

A mutant is one small mistake: a comparison turned round, `and` for `or`, `+` for `-`, a dropped `not`, a
small number one off. Each is tried in a copy of the project, on the tests that run its line (`line_map.py`),
the fastest first, until one fails. Prints a line for each, then those that went unnoticed. The exit code is 0
if 90 % were noticed.
"""

from __future__ import annotations

import argparse
import ast
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from operator import itemgetter
from pathlib import Path
from queue import SimpleQueue

from tests.line_map import ROOT, TestFile, start_tests
from tests.line_map import of as line_map

PACKAGE = "src/policyengine"
SECONDS = 60
"""Longer than four times their time and this, tests do not work: one that hangs is noticed."""
LIMITS = (8, 60, 240)
"""Seconds of tests that are run together: first a few, then more, then what may be run at most."""
PER_FILE = 0.3
"""What a file of tests takes to be read."""
ENOUGH = 0.9
NO_TESTS = 5
"""The exit code of pytest where it found none."""
LARGEST = 64
"""Larger numbers are limits and code points, of which one more or less is no mistake."""

LEFT_OUT = ("spark.py", "feel/conformance.py")
"""What needs more than a plain set-up, or is no part of the program."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mistake in a module: the text from `start` to `end` becomes `after`."""

    path: str
    line: int
    statement: int
    start: int
    end: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {_short(self.before)}  ->  {_short(self.after)}"

    def applied(self, text: str) -> str:
        """The text of the module with the mistake in it."""
        return text[: self.start] + self.after + text[self.end :]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 90 else f"{line[:87]}..."


# The mutants of a module

_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


def mutants(path: str, text: str) -> Iterator[Mutant]:
    """Every mutant of a module."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)

    def at(line: int, column: int) -> int:
        prefix = text[starts[line - 1] : starts[line]].encode()[:column].decode()
        return starts[line - 1] + len(prefix)

    for node, statement in _live(ast.parse(text), 0):
        for after in _mistakes(node):
            start, end = at(node.lineno, node.col_offset), at(node.end_lineno or 0, node.end_col_offset or 0)
            yield Mutant(path, node.lineno, statement, start, end, text[start:end], after)


def _live(node: ast.AST, statement: int) -> Iterator[tuple[ast.expr, int]]:
    """The expressions that run, with the lines of their statements.

    No annotations, nothing for type checkers, no assertions, no f-strings.
    """
    if isinstance(node, (ast.Assert, ast.JoinedStr)) or _is_typing(node):
        return
    if isinstance(node, ast.expr):
        yield node, statement
    if isinstance(node, ast.stmt):
        statement = node.lineno
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _live(child, statement)


def _is_typing(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _mistakes(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Compare(left, [op, *ops], comparators):
            yield _written(ast.Compare(left, [_TURNED[type(op)](), *ops], comparators))
        case ast.BoolOp(op, values):
            yield _written(ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values))
        case ast.BinOp(left, ast.Add(), right) if not _is_text(left) and not _is_text(right):
            yield _written(ast.BinOp(left, ast.Sub(), right))
        case ast.BinOp(left, ast.Sub(), right):
            yield _written(ast.BinOp(left, ast.Add(), right))
        case ast.UnaryOp(ast.Not(), operand):
            yield _written(operand)
        case ast.Constant(int() as value) if not isinstance(value, bool) and value <= LARGEST:
            yield str(value + 1)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, (ast.JoinedStr, ast.List, ast.Tuple)) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _written(node: ast.expr) -> str:
    return f"({ast.unparse(node)})"


def drawn(count: int, seed: int, only: Sequence[str] = ()) -> list[Mutant]:
    """So many mutants of all modules, by a hash of their texts: a change of src changes few of them."""
    found: list[tuple[bytes, Mutant]] = []
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        name, alike = path.relative_to(ROOT / PACKAGE).as_posix(), Counter[str]()
        if name.startswith(tuple(only) or "") and name not in LEFT_OUT:
            for each in mutants(name, path.read_text(encoding="utf-8")):
                text = f"{name} {each.before} {each.after}"
                alike[text] += 1
                found.append((sha256(f"{seed} {alike[text]} {text}".encode()).digest(), each))
    return [each for _, each in sorted(found, key=itemgetter(0))[:count]]


# The tests that are run


@dataclass(frozen=True, slots=True)
class Batch:
    """Tests by their files, which run in one process."""

    tests: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0.0

    def with_test(self, path: str, test: str, seconds: float) -> Batch:
        found = {**self.tests, path: [*self.tests.get(path, ()), test]}
        return Batch(found, self.seconds + seconds + (0 if path in self.tests else PER_FILE))


def batches(mutant: Mutant, files: Sequence[TestFile]) -> tuple[list[Batch], int]:
    """The tests that run a mutant, the fastest and nearest first, and how many are left out since time is up.

    Then the other tests of their files: what one test loads, the next takes from a cache. Where a line runs
    on import only, the tests that run anything of its module count.
    """
    place = (mutant.path, mutant.statement)
    near = {each.path: each.running(place) for each in files}
    if not any(near.values()):
        near = {each.path: each.running_any_of(mutant.path) for each in files if place in each.hits}
    ordered: list[tuple[bool, float, bool, str, str]] = []
    for each in files:
        far = each.path.split("/")[1] != mutant.path.split("/")[0]
        for test, seconds in each.seconds.items() if near.get(each.path) else ():
            ordered.append((test not in near[each.path], round(seconds, 1), far, each.path, test))
    found, limits, left_out = [Batch()], list(LIMITS), 0
    for _, seconds, _, path, test in sorted(ordered):
        if found[-1].seconds + seconds > limits[0] and len(limits) > 1:
            limits.pop(0)
            found.append(Batch())
        if found[-1].seconds + seconds > limits[0]:
            left_out += 1
        else:
            found[-1] = found[-1].with_test(path, test, seconds)
    return [each for each in found if each.tests], left_out


# Trying one


def copy_of_project(folder: Path) -> Path:
    """A copy of all that tests read, compiled."""
    skipped = shutil.ignore_patterns(".*", "__pycache__", "build", "dist")
    copy = folder / "project"
    shutil.copytree(ROOT, copy, ignore=skipped)
    shutil.copy(ROOT / ".gitignore", copy)
    subprocess.run([sys.executable, "-m", "compileall", "-q", copy / "src"], check=True)
    return copy


def outcome(mutant: Mutant, project: Path, files: Sequence[TestFile]) -> tuple[str, str]:
    """What the tests say, and which of them noticed, or what was left out."""
    path = project / PACKAGE / mutant.path
    text, stat = path.read_text(encoding="utf-8"), path.stat()
    path.write_text(mutant.applied(text), encoding="utf-8")
    chosen, left_out = batches(mutant, files)
    try:
        for each in chosen:
            code, first = _run(project, each)
            if code:
                return ("hangs" if code < 0 else "noticed"), first
    finally:
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # so that the compiled module holds again
    tests = sum(len(each) for batch in chosen for each in batch.tests.values())
    return "MISSED", f"by {tests} tests" + (f", {left_out} left out" if left_out else "")


def _run(project: Path, batch: Batch) -> tuple[int, str]:
    """The exit code of tests, that of a killed process if they take too long; and the first that failed."""
    asked, failed = project.parent / "asked", project.parent / "failed"
    asked.write_text("\n".join(each for tests in batch.tests.values() for each in tests), encoding="utf-8")
    failed.write_text("", encoding="utf-8")
    with start_tests(
        project, ["--exitfirst", *batch.tests], ONLY_TESTS=str(asked), FIRST_FAILED=str(failed)
    ) as run:
        limit = int(SECONDS + 4 * batch.seconds)
        resource.prlimit(run.pid, resource.RLIMIT_CPU, (limit, limit))
        try:
            code = run.wait(10 * limit)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            code = run.wait()
    assert code != NO_TESTS, f"none of these tests is there: {asked.read_text(encoding='utf-8')}"
    return code, failed.read_text(encoding="utf-8")


def tried(
    chosen: list[Mutant], below: Sequence[str], at_once: int, say: Callable[[str], None]
) -> list[tuple[Mutant, str]]:
    """Those that nobody notices, with what was tried; says of each what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        project = copy_of_project(Path(folder) / "0")
        copies.put(project)
        for number in range(1, at_once):
            copies.put(Path(shutil.copytree(project, Path(folder) / f"{number}/project")))
        places = [(each.path, each.statement) for each in chosen]
        files = line_map(project, places, below, at_once, say)
        quickest = min((each for each in files if each.seconds), key=lambda each: sum(each.seconds.values()))
        code, _ = _run(project, Batch({quickest.path: list(quickest.seconds)}))
        assert code == 0, f"{quickest.path} fails without a mutant"

        def one(mutant: Mutant) -> tuple[str, str]:
            project = copies.get()
            started = time.monotonic()
            found, detail = outcome(mutant, project, files)
            copies.put(project)
            say(f"{found:<7} {time.monotonic() - started:4.0f} s  {mutant}  [{detail}]")
            return found, detail

        with ThreadPoolExecutor(at_once) as pool:
            results = list(pool.map(one, chosen))
    return [
        (each, detail) for each, (found, detail) in zip(chosen, results, strict=True) if found == "MISSED"
    ]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Tries small mutants of src on the tests that run them.")
    parser.add_argument("count", nargs="?", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=(), help="only modules whose path begins so, as feel/")
    parser.add_argument("--tests", nargs="*", default=["tests"], help="only tests below these, as tests/feel")
    parser.add_argument("--at-once", type=int, default=2)
    asked = parser.parse_args()
    chosen = drawn(asked.count, asked.seed, asked.only)
    missed = tried(chosen, asked.tests, asked.at_once, lambda line: print(line, flush=True))
    print(f"\n{len(chosen) - len(missed)} of {len(chosen)} noticed")
    for mutant, detail in missed:
        print(f"  not noticed: {PACKAGE}/{mutant}  [{detail}]")
    return 0 if chosen and len(missed) <= (1 - ENOUGH) * len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
