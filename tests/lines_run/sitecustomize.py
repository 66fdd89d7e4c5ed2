"""Notes which lines of policyengine run. Python imports it by itself where this folder is on the path.

Each statement of src is preceded by one that sets a byte, `__ran__[line] = 1`, when its module is compiled.
This works in child processes as well, and leaves the files as they are. It starts where the environment names
a file in NOTE_LINES; `plugin_of_pytest.py` writes that file.
"""

from __future__ import annotations

import ast
import atexit
import json
import os
import sys
import time
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

PACKAGE = "/src/policyengine/"
NOTED = os.environ.get("NOTE_LINES", "")
_BITS = bytes([48, 49]) + bytes(254)

ran: dict[str, bytearray] = {}


def lines(name: str, count: int) -> bytearray:
    """The bytes of a module, one a line."""
    return ran.setdefault(name, bytearray(count))


def taken() -> dict[str, str]:
    """The lines that ran since it was asked last: of each module a number with a bit for every such line."""
    found = {}
    for name, each in ran.items():
        if 1 in each:
            found[name] = f"{int(each[::-1].translate(_BITS), 2):x}"
            each[:] = bytes(len(each))
    return found


def noting(tree: ast.Module, name: str) -> ast.Module:
    """The module with a note before every statement."""
    last = max((node.end_lineno or 0 for node in tree.body), default=0)
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                setattr(node, field, [part for each in block for part in _noted(each)])
    setup = ast.parse(f"import sitecustomize as __ran__; __ran__ = __ran__.lines({name!r}, {last + 1})").body
    first = next((i for i, each in enumerate(tree.body) if not _is_head(each)), len(tree.body))
    tree.body[first:first] = setup
    return tree


def _noted(statement: ast.stmt) -> list[ast.stmt]:
    if _is_head(statement):
        return [statement]
    note = ast.parse(f"__ran__[{statement.lineno}] = 1").body[0]
    for node in ast.walk(note):
        ast.copy_location(node, statement)
    return [note, statement]


def _is_head(statement: ast.stmt) -> bool:
    """A docstring, or what has to stand before all else."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _install() -> None:
    plain = SourceFileLoader.source_to_code

    def source_to_code(self: Any, data: Any, path: Any, **options: Any) -> Any:
        if PACKAGE in str(path):
            data = noting(ast.parse(data), str(path).split(PACKAGE)[1])
        return plain(self, data, path, **options)

    SourceFileLoader.source_to_code = source_to_code  # type: ignore[method-assign]
    atexit.register(_leave_behind, os.getpid())


def _leave_behind(process: int) -> None:
    """A child process puts down what it ran, where the test that started it finds it."""
    if process == os.getpid() and "_pytest" not in sys.modules and ran:
        place = Path(f"{NOTED}.children")
        place.mkdir(exist_ok=True)
        (place / f"{process}-{time.monotonic_ns()}").write_text(json.dumps(taken()), encoding="utf-8")


if NOTED:
    _install()
