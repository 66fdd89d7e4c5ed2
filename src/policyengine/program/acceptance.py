"""Records that are plainly good, recognised without the schema library, which takes long to load.

An acceptor is made out of the generated schema itself. It says yes only where the library would find no
mistake; for everything else, keywords that it does not know included, the library has the word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeAlias

from policyengine.policy import quantities

Accepts: TypeAlias = Callable[[Any], bool]
_SAYS_NOTHING = frozenset({"$schema", "title", "description"})


def acceptor(schema: Mapping[str, Any]) -> Accepts:
    """What says of data whether it plainly follows a schema."""
    tests: list[Accepts] = []
    for keyword in schema.keys() - _SAYS_NOTHING:
        make = _KEYWORDS.get(keyword)
        if make is None:
            return lambda value: False
        tests.append(make(schema[keyword], schema))
    return lambda value: all(test(value) for test in tests)


def _number(value: Any) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


_TYPES: Mapping[str, Accepts] = MappingProxyType(
    {
        "string": lambda value: isinstance(value, str),
        "boolean": lambda value: isinstance(value, bool),
        "number": _number,
        "integer": lambda value: _number(value) and value == int(value),
        "array": lambda value: isinstance(value, list),
        "object": lambda value: isinstance(value, dict),
        "null": lambda value: value is None,
    }
)


def _type(wanted: Any, schema: Mapping[str, Any]) -> Accepts:
    tests = [_TYPES[name] for name in ([wanted] if isinstance(wanted, str) else wanted)]
    return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)


def _properties(wanted: Mapping[str, Any], schema: Mapping[str, Any]) -> Accepts:
    known = {name: acceptor(each) for name, each in wanted.items()}

    def accepts(value: Any) -> bool:
        return not isinstance(value, dict) or all(
            name not in known or known[name](each) for name, each in value.items()
        )

    return accepts


def _additional(wanted: Any, schema: Mapping[str, Any]) -> Accepts:
    known = frozenset(schema.get("properties", ()))
    if wanted is not False:
        return lambda value: False
    return lambda value: not isinstance(value, dict) or value.keys() <= known


def _required(wanted: Any, schema: Mapping[str, Any]) -> Accepts:
    names = frozenset(wanted)
    return lambda value: not isinstance(value, dict) or names <= value.keys()


def _items(wanted: Mapping[str, Any], schema: Mapping[str, Any]) -> Accepts:
    one = acceptor(wanted)
    return lambda value: not isinstance(value, list) or all(map(one, value))


def _enum(wanted: Any, schema: Mapping[str, Any]) -> Accepts:
    choices = frozenset(each for each in wanted if each is None or isinstance(each, str))
    return lambda value: (value is None or isinstance(value, str)) and value in choices


def _minimum(wanted: Any, schema: Mapping[str, Any]) -> Accepts:
    return lambda value: not _number(value) or value >= wanted


def _maximum(wanted: Any, schema: Mapping[str, Any]) -> Accepts:
    return lambda value: not _number(value) or value <= wanted


def _pattern(wanted: str, schema: Mapping[str, Any]) -> Accepts:
    found = re.compile(wanted).search
    return lambda value: not isinstance(value, str) or found(value) is not None


def _format(wanted: str, schema: Mapping[str, Any]) -> Accepts:
    read: Callable[[str], object] | None = {"date": quantities.day, "period": quantities.period}.get(wanted)

    def accepts(value: Any) -> bool:
        if not isinstance(value, str):
            return True
        try:
            return read is not None and read(value) is not None
        except ValueError:
            return False

    return accepts


_KEYWORDS: Mapping[str, Callable[[Any, Mapping[str, Any]], Accepts]] = MappingProxyType(
    {
        "type": _type,
        "properties": _properties,
        "additionalProperties": _additional,
        "required": _required,
        "items": _items,
        "enum": _enum,
        "minimum": _minimum,
        "maximum": _maximum,
        "pattern": _pattern,
        "format": _format,
    }
)
