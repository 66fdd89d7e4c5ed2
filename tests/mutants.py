"""Small mutants of src, and whether the tests of their layer notice them: `make mutants`.

    python -m tests.mutants                 100 of them, two at a time
    python -m tests.mutants 20 --seed 3 --only feel/ text/

A mutant is one small mistake: a comparison turned round, `and` for `or`, `+` for `-`, a dropped `not`, a
small number one off. Each is tried in a copy of the project, where the tests of its layer stop at the first
that fails. Prints a line for each, then those that went unnoticed. The exit code is 0 if 90 % were noticed.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).parents[1]
PACKAGE = "src/policyengine"
SECONDS = 600
"""As long as the tests of a mutant may work; one that hangs is noticed. A busy machine takes none of it."""
ENOUGH = 0.9
FAILED = 1
"""The exit code of pytest where a test failed."""
FAILURES = ".pytest_cache/v/cache/lastfailed"
LARGEST = 64
"""Larger numbers are limits and code points, of which one more or less is no mistake."""

# What tests a package, the nearest tests first. The longest name that fits counts.
TESTS: dict[str, tuple[str, ...]] = {
    "text": ("text", "test_codes.py", "hostile", "program"),
    "feel": ("feel", "differential/test_standard.py"),
    "feel/codegen": ("feel/test_feel_standard.py", "feel/test_feel_generated.py", "differential", "feel"),
    "feel/checker": (
        "feel/test_feel_mistakes.py",
        "feel/test_feel_properties.py",
        "feel",
        "hostile",
        "kinds",
    ),
    "feel/proving": ("feel/test_feel_settled.py", "feel/test_feel_properties.py", "feel"),
    "policy": (
        "policy",
        "test_codes.py",
        "change/test_comparison.py",
        "kinds",
        "hostile",
        "fixtures",
        "render",
    ),
    "policy/change_context.py": ("change/test_comparison.py", "kinds", "change"),
    "policy/change_words.py": ("change/test_comparison.py", "kinds", "change"),
    "kinds/table/change_sentences.py": ("change/test_comparison.py", "kinds", "change"),
    "decision": ("render", "engine", "fixtures"),
    "kinds": (
        "kinds",
        "test_codes.py",
        "change/test_comparison.py",
        "fixtures",
        "hostile",
        "engine",
        "render",
    ),
    "program": ("program", "test_codes.py", "kinds", "hostile", "engine", "batch/test_inputs.py"),
    "engine": ("engine", "differential", "fixtures"),
    "engine/columns": ("columns", "batch/test_engines.py"),
    "batch": ("batch", "test_codes.py", "cli/test_evaluate.py"),
    "analysis": ("analysis", "verify", "change"),
    "change": ("change", "test_codes.py", "cli/test_plan.py", "cli/test_diff.py"),
    "verify": ("verify", "test_codes.py", "fixtures", "cli"),
    "render": ("render", "docs/test_documents.py", "cli"),
    "reports": ("reports", "cli/test_report.py"),
    "cli": ("cli", "ci"),
    "": ("test_codes.py", "test_atomic_file.py", "test_dataclass.py", "text", "render", "cli", "hostile"),
}
LEFT_OUT = ("spark.py", "feel/conformance.py")
"""What needs more than a plain set-up, or is no part of the program."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mistake in a module: the text from `start` to `end` becomes `after`."""

    path: str
    line: int
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

    for node in _live(ast.parse(text)):
        for after in _mistakes(node):
            start, end = at(node.lineno, node.col_offset), at(node.end_lineno or 0, node.end_col_offset or 0)
            yield Mutant(path, node.lineno, start, end, text[start:end], after)


def _live(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions that run: no annotations, nothing for type checkers, no assertions, no f-strings."""
    if isinstance(node, (ast.Assert, ast.JoinedStr)) or _is_typing(node):
        return
    if isinstance(node, ast.expr):
        yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _live(child)


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
    """So many mutants of all modules, the same for every seed."""
    found: list[Mutant] = []
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        name = path.relative_to(ROOT / PACKAGE).as_posix()
        if name.startswith(tuple(only) or "") and name not in LEFT_OUT:
            found += mutants(name, path.read_text(encoding="utf-8"))
    return random.Random(seed).sample(found, min(count, len(found)))


# Trying one


def tests_of(path: str) -> tuple[str, ...]:
    """The tests that import a module, then those of the layer that it is in, the nearest first."""
    dotted = f"policyengine.{path.removesuffix('.py').replace('/', '.')} import"
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    direct = [each for each in files if dotted in each.read_text(encoding="utf-8")]
    fitting = [name for name in TESTS if not name or f"{path}/".startswith(f"{name}/")]
    near = [each.relative_to(ROOT / "tests").as_posix() for each in direct if "outside" not in each.parts]
    return tuple(f"tests/{each}" for each in dict.fromkeys([*near, *TESTS[max(fitting, key=len)]]))


def copy_of_project(folder: Path) -> Path:
    """A copy of all that tests read."""
    skipped = shutil.ignore_patterns(".*", "__pycache__", "build", "dist")
    copy = folder / "project"
    shutil.copytree(ROOT, copy, ignore=skipped)
    shutil.copy(ROOT / ".gitignore", copy)
    return copy


def outcome(mutant: Mutant, project: Path, broken: set[str]) -> str:
    """What the tests of the layer say. Tests that fail without the mutant too are left out, and `broken`."""
    path, tests = project / PACKAGE / mutant.path, tests_of(mutant.path)
    text = path.read_text(encoding="utf-8")
    while True:
        left_out = [f"--deselect={each}" for each in sorted(broken)]
        path.write_text(mutant.applied(text), encoding="utf-8")
        try:
            code = _run(project, "--exitfirst", *left_out, *tests)
        finally:
            path.write_text(text, encoding="utf-8")
        if code != FAILED:
            return ("hangs" if code < 0 else "noticed") if code else "MISSED"
        if _run(project, "--last-failed", *tests) == 0:
            return "noticed"
        broken |= json.loads(
            (project / ".pytest_cache/v/cache/lastfailed").read_text(encoding="utf-8")
        ).keys()


def _run(project: Path, *options: str) -> int:
    """The exit code of tests; that of a killed process where they take too long."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", *options]
    around = {**os.environ, "PYTHONPATH": str(project / "src"), "HYPOTHESIS_PROFILE": "unshrunk"}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, cwd=project, env=around, stdout=quiet, stderr=quiet, start_new_session=True
    ) as run:
        resource.prlimit(run.pid, resource.RLIMIT_CPU, (SECONDS, SECONDS))
        try:
            return run.wait(10 * SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            return run.wait()


def tried(chosen: list[Mutant], at_once: int, say: Callable[[str], None]) -> list[Mutant]:
    """Those that nobody notices; says of each what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        broken: set[str] = set()
        for number in range(at_once):
            copies.put(copy_of_project(Path(folder) / str(number)))

        def one(mutant: Mutant) -> bool:
            project = copies.get()
            started = time.monotonic()
            found = outcome(mutant, project, broken)
            copies.put(project)
            say(f"{found:<7} {time.monotonic() - started:4.0f} s  {mutant}")
            return found in ("noticed", "hangs")

        with ThreadPoolExecutor(at_once) as pool:
            found = list(pool.map(one, chosen))
    for each in sorted(broken):
        say(f"fails without a mutant, and so was left out: {each}")
    return [mutant for mutant, noticed in zip(chosen, found, strict=True) if not noticed]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Tries small mutants of src on the tests of their layers.")
    parser.add_argument("count", nargs="?", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=(), help="only modules whose path begins so, as feel/")
    parser.add_argument("--at-once", type=int, default=2)
    asked = parser.parse_args()
    absent = {each for tests in TESTS.values() for each in tests if not (ROOT / "tests" / each).exists()}
    assert not absent, absent
    chosen = drawn(asked.count, asked.seed, asked.only)
    missed = tried(chosen, asked.at_once, lambda line: print(line, flush=True))
    print(f"\n{len(chosen) - len(missed)} of {len(chosen)} noticed")
    for mutant in missed:
        print(f"  not noticed: {PACKAGE}/{mutant}")
    return 0 if chosen and len(missed) <= (1 - ENOUGH) * len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
