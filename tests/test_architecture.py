"""What holds for all of the code: small modules and functions; no clock, no printing, no binary floats."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import policyengine

_ROOT = Path(policyengine.__file__).parent
_PROJECT = Path(__file__).parents[1]
_MODULES = sorted(path.relative_to(_ROOT) for path in _ROOT.rglob("*.py"))
_PACKAGES = [path for path in _MODULES if path.name == "__init__.py" and path.parent != Path()]
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


@pytest.mark.parametrize("path", _PACKAGES, ids=str)
def test_every_package_says_what_goes_in_and_comes_out(path: Path) -> None:
    said = ast.get_docstring(_tree(path)) or ""
    assert len(said.splitlines()) >= 4
    assert "In:" in said or "In and out:" in said
    assert "Out:" in said or "In and out:" in said


def test_every_public_name_is_there() -> None:
    assert dir(policyengine) == sorted(policyengine.__all__)
    assert [name for name in policyengine.__all__ if not hasattr(policyengine, name)] == []
    with pytest.raises(AttributeError, match="evaluates"):
        _ = policyengine.evaluates


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_have_hashes_and_name_no_place(name: str) -> None:
    lines = (_PROJECT / name).read_text(encoding="utf-8").splitlines()
    pinned = [i for i, line in enumerate(lines) if not line.startswith(" ")]
    assert [lines[i] for i in pinned if "==" not in lines[i]] == []
    assert [lines[i] for i in pinned if "--hash=sha256:" not in lines[i + 1]] == []
    assert [line for line in lines if "://" in line or "file:" in line or "/" in line] == []


def test_both_locks_agree() -> None:
    running, developing = (
        {
            line.split(" ")[0]
            for line in (_PROJECT / name).read_text(encoding="utf-8").splitlines()
            if "==" in line
        }
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert running <= developing


def test_names_of_test_modules_are_unique() -> None:
    """Outside packages pytest tells modules apart by their file names."""
    tests = (
        path for path in _PROJECT.joinpath("tests").rglob("*.py") if path.stem not in ("__init__", "conftest")
    )
    counted = Counter(path.name for path in tests if not (path.parent / "__init__.py").exists())
    assert [name for name, count in counted.items() if count > 1] == []
