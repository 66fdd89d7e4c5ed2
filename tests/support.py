"""What the tests of the core share: programs, records and mistakes out of texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from policyengine.api import Program
from policyengine.decision.decision import Decision
from policyengine.diagnostics import Diagnostic
from policyengine.program import load as loading
from policyengine.program.example import EXAMPLE
from policyengine.program.record import Record
from policyengine.source import Source

DAY = date(2026, 11, 21)
POLICIES = Path(__file__).parents[1] / "policies"


def program_of(*texts: str, base: str = EXAMPLE, as_of: date = DAY) -> Program:
    """The base program with some policies beside it."""
    sources = [Source("program.yaml", base)] if base else []
    sources += [Source(f"policy{i or ''}.yaml", text) for i, text in enumerate(texts)]
    return Program(loading.load("example", sources, as_of), "example")


def good_program(*texts: str, base: str = EXAMPLE, as_of: date = DAY) -> Program:
    """The same, which must have no mistakes at all; a policy may run out."""
    program = program_of(*texts, base=base, as_of=as_of)
    found = [each for each in program.diagnostics if each.code.id != "VERS004"]
    assert not found, "\n".join(shown(found))
    return program


def record_of(program: Program, record: str | Mapping[str, object]) -> Record:
    """The only record of a YAML text, or of data as a Python program holds them."""
    read = program.read(Source("record.yaml", record)) if isinstance(record, str) else program.record(record)
    assert not read.diagnostics, "\n".join(shown(read.diagnostics))
    (record,) = read.records
    return record


def decide(program: Program, record: str | Mapping[str, object]) -> Decision:
    """The decision for a record, as YAML or as data."""
    return program.evaluate(record_of(program, record))


def shown(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """Diagnostics as lines: place, code, sentence, help."""
    return [f"{d.span}: {d.code.id}: {d.message}; {d.help}" for d in diagnostics]


def cases(path: Path) -> list[Any]:
    """The test cases of a YAML file as pytest parameters; dates stay texts."""
    import pytest

    found = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    return [pytest.param(case, id=case["name"].replace(" ", "-")) for case in found]


def lacking(expected: object, found: object, at: str = "") -> list[str]:
    """Where `found` does not hold what is expected: further keys do not matter, the length of lists does."""
    if isinstance(expected, dict) and isinstance(found, dict):
        absent = [f"{at}.{key} is absent" for key in expected if key not in found]
        pairs = [(key, value) for key, value in expected.items() if key in found]
        return absent + [line for key, value in pairs for line in lacking(value, found[key], f"{at}.{key}")]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = list(zip(expected, found, strict=True))
        return [line for i, (one, other) in enumerate(pairs) for line in lacking(one, other, f"{at}[{i}]")]
    return [] if expected == found else [f"{at}: {expected!r} is expected, {found!r} is there"]


class _Loader(yaml.SafeLoader):
    pass


# Only numbers, null, true and false are more than text: `on` is a key of ours, dates are compared as texts.
_KEPT = ("int", "float", "null", "merge")
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] in _KEPT]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), ["t", "f"])
