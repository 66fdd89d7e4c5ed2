"""Plain Python data as a document, so that a record from a program is read like one from a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from policyengine.diagnostics import Diagnostic
from policyengine.program.record_codes import NOT_A_RECORD
from policyengine.source import Source
from policyengine.text.document import Document
from policyengine.text.json import read_json

_DEPTH = 20


def document_of(data: Mapping[str, object]) -> Document | Diagnostic:
    """The data as a document; its places lie in its JSON text.

    Numbers may be `int` or `Decimal`; a `float` counts as the shortest decimal that it prints as.
    """
    try:
        text = _json(data, 0)
    except (TypeError, ValueError) as error:
        return NOT_A_RECORD.at(None, f"this is no record: {error}")
    read = read_json(Source("<record>", text))
    return read.documents[0] if read.documents and not read.diagnostics else read.diagnostics[0]


def _json(value: object, depth: int) -> str:
    if depth > _DEPTH:
        raise ValueError("it is nested too deeply")
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value)
    if isinstance(value, (int, float, Decimal)):
        return _number(value)
    if isinstance(value, date):
        return json.dumps(value.isoformat())
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(str(key))}: {_json(item, depth + 1)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_json(item, depth + 1) for item in value) + "]"
    raise TypeError(f"a value of type `{type(value).__name__}` has no meaning in a record")


def _number(value: int | float | Decimal) -> str:
    exact = Decimal(str(value))
    if not exact.is_finite():
        raise ValueError(f"`{value}` is not a number")
    return f"{exact:f}" if -60 < exact.adjusted() < 60 else f"{exact:e}"
