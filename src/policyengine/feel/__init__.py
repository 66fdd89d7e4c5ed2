"""FEEL, the expression language of the OMG's DMN standard: parsed, typed, evaluated, compiled.

In: texts, the types of the names that they use, and values. Out: syntax trees, types, diagnostics, values,
and Python source. It knows nothing of policies and records, and any package above may import it.

The parts, each of which imports only those below it:

- `face`: FEEL for Python programs; what this module offers by name. `conformance`: the conformance cases.
- `codegen`: an expression as Python source. `proving`: conditions that hold always or never.
- `evaluation`: the reference evaluator, which is the meaning of an expression.
- `checker`: static types and mistakes, before any record is seen.
- `functions`: the registry of built-in functions, those of the standard and those of policies.
- `syntax`: texts to trees and back. `partition`: domains cut into regions where tests change their mind.
- `types`: types, signatures of functions, properties. `values`: values, their order and arithmetic.
- `expression_codes`: the mistakes that an expression can have. `limits`: how large anything may become.

In plain FEEL what has no answer is null. In the mode of policies it is `Unknown` with its causes, and stays
so until something else decides. Numbers are decimals of 50 digits. The names here load when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policyengine.feel.checker.checker import Checked
    from policyengine.feel.face import (
        Compiled,
        compile,
        evaluate,
        parse,
        parse_unary_tests,
        typecheck,
        unary_test,
    )
    from policyengine.feel.syntax.lexer import Excerpt, Located
    from policyengine.feel.syntax.parser import Parsed
    from policyengine.feel.syntax.printing import unparse

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
_HOME = {
    "Checked": "checker.checker",
    "Excerpt": "syntax.lexer",
    "Located": "syntax.lexer",
    "Parsed": "syntax.parser",
    "unparse": "syntax.printing",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOME.get(name, 'face')}"), name)
    globals()[name] = found
    return found
