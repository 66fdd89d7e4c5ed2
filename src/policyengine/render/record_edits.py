"""Writes an edited record as YAML or JSON: numbers with exactly their digits, dates as dates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeGuard

from policyengine.dataclass import dataclass
from policyengine.decision.json_shape import plain
from policyengine.text.document import Document, Node, Pointer, Scalar
from policyengine.text.document import Mapping as MappingNode

_PLAIN = re.compile(r"[^\W\d][\w./@+-]*( [\w./@+-]+)*")
_MISREAD = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_HIDDEN = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class OriginalText:
    """A value that keeps its original text: `012`, `10.10`, `true`."""

    text: str


def changed(document: Document, changes: Iterable[tuple[Pointer, object]]) -> Any:
    """A document as data, some values replaced, added, or (None) taken out; others keep their text."""
    data = _data(document.root)
    for pointer, value in changes:
        inner = data
        for step in pointer[:-1]:
            inner = inner[step]
        if value is None:
            inner.pop(pointer[-1], None)
        else:
            inner[pointer[-1]] = value
    return data


def _data(node: Node) -> Any:
    if isinstance(node, MappingNode):
        return {name: _data(entry.value) for name, entry in node.entries.items()}
    if not isinstance(node, Scalar):
        return [_data(item) for item in node.items]
    as_text = node.quoted if node.literal is None else node.literal == "string"
    return node.text if as_text or "\n" in node.text else OriginalText(node.text)


def record_json(record: object) -> str:
    """The record as JSON; numbers are JSON numbers with exactly their digits."""
    return _json(record, "")


def _json(value: object, indent: str) -> str:
    inner = f"{indent}  "
    if isinstance(value, Mapping) and value:
        items = (f"{inner}{_quoted(str(key))}: {_json(item, inner)}" for key, item in value.items())
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if _is_list(value) and value:
        return "[\n" + ",\n".join(f"{inner}{_json(item, inner)}" for item in value) + f"\n{indent}]"
    if isinstance(value, OriginalText):
        return value.text
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (Mapping, bool, int)) or value is None or _is_list(value):
        return json.dumps(value)
    return _quoted(str(plain(value)))


def record_yaml(record: Mapping[str, Any] | Sequence[Any]) -> str:
    """The record as YAML, in the order of its keys; texts that could be misread are quoted."""
    return "\n".join(_lines(record)) or "{}"


def _lines(value: Mapping[str, Any] | Sequence[Any]) -> Iterator[str]:
    """The lines of a mapping or a list that is not empty."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _entry(f"{_scalar(str(key))}:", item)
    else:
        for item in value:
            yield from _item(item)


def _entry(key: str, item: object) -> Iterator[str]:
    if (isinstance(item, Mapping) or _is_list(item)) and item:
        yield key
        yield from (f"  {line}" for line in _lines(item))
    else:
        yield f"{key} {_scalar(item)}".rstrip()


def _item(item: object) -> Iterator[str]:
    if (isinstance(item, Mapping) or _is_list(item)) and item:
        for number, line in enumerate(_lines(item)):
            yield f"{'  ' if number else '- '}{line}"
    else:
        yield f"- {_scalar(item)}"


def _scalar(value: object) -> str:
    if isinstance(value, OriginalText):
        return value.text
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{}"
    if _is_list(value):
        return "[]"
    if isinstance(value, (Decimal, int, date)):
        return str(plain(value))
    text = str(plain(value))
    if _PLAIN.fullmatch(text) and text.casefold() not in _MISREAD:
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    """The text in double quotes, valid in JSON and YAML; invisible characters are escaped."""
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, (list, tuple))
