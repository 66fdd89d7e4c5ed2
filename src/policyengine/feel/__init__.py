"""FEEL, the expression language of the OMG's DMN standard: parsed, typed, evaluated.

The names here are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policyengine.feel.face import Compiled, compile, evaluate, typecheck, unary_test
    from policyengine.feel.syntax.lexer import Excerpt, Located
    from policyengine.feel.syntax.parser import Parsed, parse, parse_unary_tests
    from policyengine.feel.syntax.unparser import unparse
    from policyengine.feel.types.checker import Checked

_HOME = {
    "Checked": "types.checker",
    "Compiled": "face",
    "compile": "face",
    "evaluate": "face",
    "typecheck": "face",
    "unary_test": "face",
    "Excerpt": "syntax.lexer",
    "Located": "syntax.lexer",
    "Parsed": "syntax.parser",
    "parse": "syntax.parser",
    "parse_unary_tests": "syntax.parser",
    "unparse": "syntax.unparser",
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
