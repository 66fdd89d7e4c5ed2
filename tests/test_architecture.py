"""What holds for all of the code: small modules and functions; no clock, no printing, no binary floats."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import policyengine

_ROOT = Path(policyengine.__file__).parent
_MODULES = sorted(path.relative_to(_ROOT) for path in _ROOT.rglob("*.py"))
_INNER = [path for path in _MODULES if path.parts[0] != "cli"]
_READERS = {"files.py", "feel/conformance.py"}
_TOOLS = {"feel/conformance.py"}  # run by hand
_SIMILARITIES = {"diagnostics.py"}  # how near two words are, for suggestions
_CLOCK = ("date.today", "datetime.today", "datetime.now", "datetime.utcnow", "time.time", "time.monotonic")
_LONGEST_MODULE = 400
_LONGEST_FUNCTION = 50


def _tree(path: Path) -> ast.Module:
    return ast.parse((_ROOT / path).read_text(encoding="utf-8"))


def _functions(path: Path) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(_tree(path)) if isinstance(node, ast.FunctionDef))


def _calls(path: Path) -> list[str]:
    return [ast.unparse(node.func) for node in ast.walk(_tree(path)) if isinstance(node, ast.Call)]


@pytest.mark.parametrize("path", _MODULES, ids=str)
def test_sizes(path: Path) -> None:
    assert len((_ROOT / path).read_text(encoding="utf-8").splitlines()) <= _LONGEST_MODULE
    lengths = {each.name: (each.end_lineno or 0) - each.lineno + 1 for each in _functions(path)}
    assert {name: length for name, length in lengths.items() if length > _LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("path", _INNER, ids=str)
def test_only_the_command_line_meets_the_world(path: Path) -> None:
    calls = _calls(path)
    assert [call for call in calls if call.removeprefix("datetime.") in _CLOCK or call in _CLOCK] == []
    assert "eval" not in calls
    assert str(path) in _READERS or "open" not in calls
    assert str(path) in _TOOLS or not {"print", "input", "exit", "sys.exit"} & set(calls)


@pytest.mark.parametrize("path", _MODULES, ids=str)
def test_no_binary_floats(path: Path) -> None:
    numbers = [node.value for node in ast.walk(_tree(path)) if isinstance(node, ast.Constant)]
    assert str(path) in _SIMILARITIES or not [each for each in numbers if isinstance(each, float)]
    assert "float" not in _calls(path)


def test_every_public_name_is_there() -> None:
    assert dir(policyengine) == sorted(policyengine.__all__)
    assert [name for name in policyengine.__all__ if not hasattr(policyengine, name)] == []
    with pytest.raises(AttributeError, match="evaluates"):
        _ = policyengine.evaluates


def test_every_module_and_public_function_says_what_it_is() -> None:
    silent = [str(path) for path in _MODULES if not ast.get_docstring(_tree(path))]
    assert silent == []
