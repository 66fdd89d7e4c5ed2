"""Diagnostics as SARIF 2.1.0, which code hosts and editors read.

Regions have a start and an end in lines and columns from 1; columns count code points. The second place of a
clash is a related location. A fingerprint consists of the code, the file and the text of the line, so that a
mistake is recognised when lines above it change. Every result has a place, every rule a help, and every run a
name of its own, since code hosts refuse an upload without them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any, TypeAlias
from urllib.parse import quote

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code, Diagnostic
from policyengine.render.annotation import Note, path_from
from policyengine.render.style import clean
from policyengine.source import Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RUNS = 20
"""How many runs GitHub takes in one log."""

_Results: TypeAlias = "tuple[Run, list[dict[str, Any]], list[dict[str, Any]]]"
"""A run with its rules and results."""


@dataclass(frozen=True, slots=True)
class Run:
    """The results of one command for one program, and where it stands.

    `name` tells the runs of an upload apart, as code hosts demand. A result without a place stands at the
    first line of `file`. Files are named from the folder `root`, where there is one.
    """

    name: str
    file: str
    root: Path | None = None


def sarif(found: Mapping[Run, Sequence[Diagnostic]], version: str) -> dict[str, Any]:
    """The diagnostics as a SARIF log with a run for each program; `version` is that of policyengine."""
    return _log([_diagnostics(run, diagnostics) for run, diagnostics in found.items()], version)


def _diagnostics(run: Run, diagnostics: Sequence[Diagnostic]) -> _Results:
    codes = {found.code.id: found.code for found in diagnostics}
    order = {name: i for i, name in enumerate(sorted(codes))}
    rules = [_rule(codes[name]) for name in order]
    return run, rules, [_result(run, found, order[found.code.id]) for found in diagnostics]


def sarif_of_notes(run: Run, notes: Sequence[Note], rule: str, title: str, version: str) -> dict[str, Any]:
    """The notes of commands other than `check` as a SARIF log with a single rule."""
    results = []
    for note in notes:
        message = f"{note.title}: {note.message}" if note.message else note.title
        level = "note" if note.severity == "notice" else note.severity
        said = _said(run, message, [rule, note.title], note.at)
        results.append({"ruleId": rule, "ruleIndex": 0, "level": level, **said})
    said = {"text": title}
    described = {"id": rule, "shortDescription": said, "fullDescription": said, "help": said}
    return _log([(run, [described], results)], version)


def _log(runs: Iterable[_Results], version: str) -> dict[str, Any]:
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(*each, version) for each in runs]}


def _run(
    run: Run, rules: list[dict[str, Any]], results: list[dict[str, Any]], version: str
) -> dict[str, Any]:
    driver = {"name": "policyengine", "version": version, "semanticVersion": version, "rules": rules}
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"policyengine/{run.name}/"},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }


def _rule(code: Code) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": code.id,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.why},
        "defaultConfiguration": {"level": str(code.severity)},
    }
    rule["help"] = {"text": code.why}
    if code.good:
        rule["help"] = {
            "text": f"Instead of\n\n{code.bad}\nwrite\n\n{code.good}",
            "markdown": f"Instead of\n\n```yaml\n{code.bad}```\n\nwrite\n\n```yaml\n{code.good}```\n",
        }
    return rule


def _result(run: Run, found: Diagnostic, rule: int) -> dict[str, Any]:
    message = found.message + (f"; {found.help}" if found.help else "")
    result: dict[str, Any] = {
        "ruleId": found.code.id,
        "ruleIndex": rule,
        "level": str(found.severity),
        **_said(run, message, [found.code.id, found.message], found.span),
    }
    if found.labels:
        result["relatedLocations"] = [
            {"id": i, "message": _text(label.text), "physicalLocation": _place(run, label.span)}
            for i, label in enumerate(found.labels)
        ]
    return result


def _place(run: Run, span: Span | None) -> dict[str, Any]:
    if span is None:
        first = dict.fromkeys(("startLine", "startColumn", "endLine", "endColumn"), 1)
        return {"artifactLocation": {"uri": _address(run, run.file)}, "region": first}
    return {
        "artifactLocation": {"uri": _address(run, span.source.name)},
        "region": {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        },
    }


def _address(run: Run, name: str) -> str:
    """The URI of a file: relative to the root or the working directory, unless its name is absolute."""
    path = path_from(run.root, name)
    text = quote(os.fsencode(path), safe="/")
    return f"file://{text}" if PurePath(path).is_absolute() else text


def _text(words: str) -> dict[str, str]:
    """A message without links (SARIF 2.1.0, 3.11.6), whatever stands in a title."""
    return {"text": "\n".join(map(clean, words.splitlines())).replace("](", "] (")}


def _said(run: Run, message: str, parts: Sequence[str], at: Span | None) -> dict[str, Any]:
    """The common part of a result: message, place and fingerprint."""
    line = [] if at is None else [path_from(run.root, at.source.name), at.source.line(at.line).strip()]
    return {
        "message": _text(message),
        "partialFingerprints": {"policyengine/v1": _digest((*parts, *line))},
        "locations": [{"physicalLocation": _place(run, at)}],
    }


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
