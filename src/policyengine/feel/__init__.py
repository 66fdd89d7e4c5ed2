"""FEEL, the expression language of the OMG's DMN standard: parsed, typed, evaluated.

The names here are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policyengine.feel.checker import Checked
    from policyengine.feel.face import Compiled, compile, evaluate, typecheck, unary_test
    from policyengine.feel.lexer import Excerpt, Located
    from policyengine.feel.parser import Parsed, parse, parse_unary_tests
    from policyengine.feel.unparser import unparse

_HOME = {
    "Checked": "checker",
    "Compiled": "face",
    "compile": "face",
    "evaluate": "face",
    "typecheck": "face",
    "unary_test": "face",
    "Excerpt": "lexer",
    "Located": "lexer",
    "Parsed": "parser",
    "parse": "parser",
    "parse_unary_tests": "parser",
    "unparse": "unparser",
}

__all__ = [
    "Checked",
    "Compiled",
    "Excerpt",
    "Located",
    "Parsed",
    "compile",
    "evaluate",
    "parse",
    "parse_unary_tests",
    "typecheck",
    "unary_test",
    "unparse",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = found
    return found
