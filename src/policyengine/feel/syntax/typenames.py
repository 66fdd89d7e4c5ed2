"""The names of types after `instance of` and in function literals (DMN 1.5, grammar rules 52 to 55)."""

from __future__ import annotations

from collections.abc import Mapping

from policyengine.feel.syntax.cursor import Cursor
from policyengine.feel.types import types
from policyengine.feel.types.types import Type

SIMPLE: dict[str, Type] = {
    "Any": types.ANY,
    "Null": types.NULL,
    "number": types.NUMBER,
    "string": types.TEXT,
    "boolean": types.BOOLEAN,
    "date": types.DATE,
    "time": types.TIME,
    "date and time": types.DATE_TIME,
    "dateTime": types.DATE_TIME,
    "days and time duration": types.DAYS_DURATION,
    "dayTimeDuration": types.DAYS_DURATION,
    "years and months duration": types.MONTHS_DURATION,
    "yearMonthDuration": types.MONTHS_DURATION,
    "list": types.ListOf(types.ANY),
    "context": types.Context({}),
    "range": types.RangeOf(types.ANY),
    "function": types.ANY_FUNCTION,
}
_LONG = ("date and time", "days and time duration", "years and months duration")


def type_name(cursor: Cursor) -> Type:
    """The type that is written at the cursor."""
    cursor.enter()
    found = _type(cursor)
    cursor.depth -= 1
    return found


def _type(cursor: Cursor) -> Type:
    if cursor.token.kind == "function":
        cursor.take()
        return _function(cursor) if cursor.skip("<") else types.ANY_FUNCTION
    for long in _LONG:
        words = long.split()
        if [token.text for token in cursor.tokens[cursor.at : cursor.at + len(words)]] == words:
            cursor.move_to(cursor.at + len(words))
            return SIMPLE[long]
    if cursor.token.kind == "null":
        cursor.take()
        return types.NULL
    name = cursor.expect("name", "the name of a type").text
    if name in {"list", "range"} and cursor.skip("<"):
        item = type_name(cursor)
        cursor.expect(">")
        return types.ListOf(item) if name == "list" else types.RangeOf(item)
    if name == "context" and cursor.skip("<"):
        return _context(cursor)
    while cursor.skip("."):
        name += "." + cursor.expect("name", "a name after the dot").text
    return SIMPLE.get(name) or types.Named(name)


def _context(cursor: Cursor) -> Type:
    fields: dict[str, Type] = {}
    while True:
        words = [cursor.expect("name", "the name of an entry").text]
        while cursor.token.kind == "name":
            words.append(cursor.take().text)
        cursor.expect(":")
        fields[" ".join(words)] = type_name(cursor)
        if not cursor.skip(","):
            cursor.expect(">")
            return types.Context(fields)


def _function(cursor: Cursor) -> Type:
    parameters: list[Type] = []
    while cursor.token.kind != ">":
        parameters.append(type_name(cursor))
        if not cursor.skip(","):
            break
    cursor.expect(">")
    cursor.expect("->")
    return types.FunctionType(tuple(parameters), type_name(cursor))


def resolved(kind: Type, declared: Mapping[str, Type]) -> Type | None:
    """A type with the types that it names put in; None where one of them is not known."""
    match kind:
        case types.Named(name):
            return declared.get(name)
        case types.ListOf(item) | types.RangeOf(item):
            inner = resolved(item, declared)
            return None if inner is None else type(kind)(inner)
        case types.Context(fields):
            parts = {name: resolved(field, declared) for name, field in fields.items()}
            known = {name: part for name, part in parts.items() if part is not None}
            return types.Context(known) if len(known) == len(parts) else None
        case _:
            return kind


def print_type(kind: Type) -> str:
    """A type as FEEL writes it."""
    match kind:
        case types.ListOf(item):
            return f"list<{print_type(item)}>"
        case types.RangeOf(item):
            return f"range<{print_type(item)}>"
        case types.Context(fields) if fields:
            return "context<" + ", ".join(f"{name}: {print_type(of)}" for name, of in fields.items()) + ">"
        case types.FunctionType(parameters, result):
            return f"function<{', '.join(map(print_type, parameters))}>->{print_type(result)}"
        case types.Named(name) | types.Scalar(name):
            return name
        case types.Number():
            return "number"
        case types.Context():
            return "context"
        case types.Enum():
            return "string"
        case types.OneOf():
            return "Any"
