"""FEEL, the expression language of the OMG's DMN standard: parsed, typed, evaluated.

The names here are loaded when they are first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policyengine.feel.check import Checked, check
    from policyengine.feel.face import evaluate, unary_test
    from policyengine.feel.lexer import Excerpt, Located
    from policyengine.feel.parser import Parsed, parse, parse_unary_tests
    from policyengine.feel.unparse import unparse

_HOME = {
    "Checked": "check",
    "check": "check",
    "evaluate": "face",
    "unary_test": "face",
    "Excerpt": "lexer",
    "Located": "lexer",
    "Parsed": "parser",
    "parse": "parser",
    "parse_unary_tests": "parser",
    "unparse": "unparse",
}

__all__ = [
    "Checked",
    "Excerpt",
    "Located",
    "Parsed",
    "check",
    "evaluate",
    "parse",
    "parse_unary_tests",
    "unary_test",
    "unparse",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = found
    return found


class _Package(ModuleType):
    """Keeps the functions `evaluate`, `check` and `unparse` apart from the modules of the same names."""

    def __setattr__(self, name: str, value: object) -> None:
        # Importing a module binds it in its package, where it would hide the function.
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
