"""The names of types after `instance of` and in function literals (DMN 1.5, grammar rules 52 to 55)."""

from __future__ import annotations

from collections.abc import Mapping

from policyengine.feel.syntax.cursor import Cursor
from policyengine.feel.types.types import (
    ANY,
    ANY_FUNCTION,
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS_DURATION,
    MONTHS_DURATION,
    NULL,
    NUMBER,
    TEXT,
    TIME,
    Context,
    Enum,
    FunctionType,
    ListOf,
    Named,
    Number,
    OneOf,
    RangeOf,
    Scalar,
    Type,
)

SIMPLE: dict[str, Type] = {
    "Any": ANY,
    "Null": NULL,
    "number": NUMBER,
    "string": TEXT,
    "boolean": BOOLEAN,
    "date": DATE,
    "time": TIME,
    "date and time": DATE_TIME,
    "dateTime": DATE_TIME,
    "days and time duration": DAYS_DURATION,
    "dayTimeDuration": DAYS_DURATION,
    "years and months duration": MONTHS_DURATION,
    "yearMonthDuration": MONTHS_DURATION,
    "list": ListOf(ANY),
    "context": Context({}),
    "range": RangeOf(ANY),
    "function": ANY_FUNCTION,
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
        return _function(cursor) if cursor.skip("<") else ANY_FUNCTION
    for long in _LONG:
        words = long.split()
        if [token.text for token in cursor.tokens[cursor.at : cursor.at + len(words)]] == words:
            cursor.go(cursor.at + len(words))
            return SIMPLE[long]
    if cursor.token.kind == "null":
        cursor.take()
        return NULL
    name = cursor.expect("name", "the name of a type").text
    if name in {"list", "range"} and cursor.skip("<"):
        item = type_name(cursor)
        cursor.expect(">")
        return ListOf(item) if name == "list" else RangeOf(item)
    if name == "context" and cursor.skip("<"):
        return _context(cursor)
    while cursor.skip("."):
        name += "." + cursor.expect("name", "a name after the dot").text
    return SIMPLE.get(name) or Named(name)


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
            return Context(fields)


def _function(cursor: Cursor) -> Type:
    parameters: list[Type] = []
    while cursor.token.kind != ">":
        parameters.append(type_name(cursor))
        if not cursor.skip(","):
            break
    cursor.expect(">")
    cursor.expect("->")
    return FunctionType(tuple(parameters), type_name(cursor))


def resolved(kind: Type, types: Mapping[str, Type]) -> Type | None:
    """A type with the types that it names put in; None where one of them is not known."""
    match kind:
        case Named(name):
            return types.get(name)
        case ListOf(item) | RangeOf(item):
            inner = resolved(item, types)
            return None if inner is None else type(kind)(inner)
        case Context(fields):
            parts = {name: resolved(field, types) for name, field in fields.items()}
            known = {name: part for name, part in parts.items() if part is not None}
            return Context(known) if len(known) == len(parts) else None
        case _:
            return kind


def print_type(kind: Type) -> str:
    """A type as FEEL writes it."""
    match kind:
        case ListOf(item):
            return f"list<{print_type(item)}>"
        case RangeOf(item):
            return f"range<{print_type(item)}>"
        case Context(fields) if fields:
            return "context<" + ", ".join(f"{name}: {print_type(of)}" for name, of in fields.items()) + ">"
        case FunctionType(parameters, result):
            return f"function<{', '.join(map(print_type, parameters))}>->{print_type(result)}"
        case Named(name) | Scalar(name):
            return name
        case Number():
            return "number"
        case Context():
            return "context"
        case Enum():
            return "string"
        case OneOf():
            return "Any"
