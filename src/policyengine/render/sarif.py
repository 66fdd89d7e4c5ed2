"""Diagnostics as SARIF 2.1.0, which code hosts and editors read.

Regions have a start and an end in lines and columns from 1; columns count code points. The second place of a
clash is a related location. A fingerprint consists of the code, the file and the text of the line, so that a
mistake is recognised when lines above it change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from policyengine.diagnostics import Code, Diagnostic
from policyengine.render.annotation import Note
from policyengine.source import Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(diagnostics: Sequence[Diagnostic], version: str) -> dict[str, Any]:
    """The diagnostics as a SARIF log with one run; `version` is that of policyengine."""
    codes = {found.code.id: found.code for found in diagnostics}
    order = {name: i for i, name in enumerate(sorted(codes))}
    rules = [_rule(codes[name]) for name in order]
    return _log(rules, [_result(found, order[found.code.id]) for found in diagnostics], version)


def sarif_of_notes(notes: Sequence[Note], rule: str, title: str, version: str) -> dict[str, Any]:
    """The notes of commands other than `check` as a SARIF log with a single rule."""
    results = []
    for note in notes:
        message = f"{note.title}: {note.message}" if note.message else note.title
        parts = [rule, note.title, *_line(note.at)]
        level = "note" if note.severity == "notice" else note.severity
        results.append({"ruleId": rule, "ruleIndex": 0, "level": level, **_said(message, parts, note.at)})
    return _log([{"id": rule, "shortDescription": {"text": title}}], results, version)


def _log(rules: list[dict[str, Any]], results: list[dict[str, Any]], version: str) -> dict[str, Any]:
    driver = {"name": "policyengine", "version": version, "semanticVersion": version, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: Code) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": code.id,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.why},
        "defaultConfiguration": {"level": str(code.severity)},
    }
    if code.good:
        rule["help"] = {
            "text": f"Instead of\n\n{code.bad}\nwrite\n\n{code.good}",
            "markdown": f"Instead of\n\n```yaml\n{code.bad}```\n\nwrite\n\n```yaml\n{code.good}```\n",
        }
    return rule


def _result(found: Diagnostic, rule: int) -> dict[str, Any]:
    message = found.message + (f"; {found.help}" if found.help else "")
    result: dict[str, Any] = {
        "ruleId": found.code.id,
        "ruleIndex": rule,
        "level": str(found.severity),
        **_said(message, [found.code.id, found.message, *_line(found.span)], found.span),
    }
    if found.labels:
        result["relatedLocations"] = [
            {"id": i, "message": {"text": label.text}, "physicalLocation": _place(label.span)}
            for i, label in enumerate(found.labels)
        ]
    return result


def _place(span: Span) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": _address(span.source.name)},
        "region": {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        },
    }


def _address(name: str) -> str:
    """The URI of a file: relative to the working directory, unless its name is absolute."""
    path = PurePath(name)
    text = quote(path.as_posix(), safe="/")
    return f"file://{text}" if path.is_absolute() else text


def _said(message: str, parts: Iterable[str], at: Span | None) -> dict[str, Any]:
    """The common part of a result: message, place and fingerprint."""
    said: dict[str, Any] = {
        "message": {"text": message},
        "partialFingerprints": {"policyengine/v1": _digest(parts)},
    }
    return said if at is None else {**said, "locations": [{"physicalLocation": _place(at)}]}


def _line(at: Span | None) -> list[str]:
    return [] if at is None else [at.source.name, at.source.line(at.line).strip()]


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
