"""Partner programmes as code that their owner can read.

>>> program = policyengine.load("policies/bytekast", as_of=date(2026, 11, 21))
>>> decision = program.evaluate({"id": "acme", "active_accounts": 12})

The names below are the public ones; each is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policyengine.api import Program, Records, codes, load, schemas
    from policyengine.decision.decision import Decision
    from policyengine.decision.findings import Finding
    from policyengine.diagnostics import Code, Diagnostic
    from policyengine.engine.stage_moves import Moved
    from policyengine.program.record import Record
    from policyengine.source import Source, Span

    __version__: str

__all__ = [
    "Code", "Decision", "Diagnostic", "Finding", "Moved", "Program", "Record", "Records", "Source", "Span",
    "__version__", "codes", "load", "schemas",
]  # fmt: skip

_HOMES = {
    "Code": "diagnostics",
    "Decision": "decision.decision",
    "Diagnostic": "diagnostics",
    "Finding": "decision.findings",
    "Moved": "engine.stage_moves",
    "Program": "api",
    "Record": "program.record",
    "Records": "api",
    "Source": "source",
    "Span": "source",
    "codes": "api",
    "load": "api",
    "schemas": "api",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("partner-policy-engine")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"policyengine.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
