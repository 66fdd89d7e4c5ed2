"""Calls of functions to source: a built-in one whose signature is known is run without looking it up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from policyengine.feel.codegen.emit import EXACT, HINT, SURE, Code, Names, Writer
from policyengine.feel.functions.numeric import ROUNDINGS, rounder
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Comparison, Expression
from policyengine.feel.types.signatures import Function, Signature, arrange
from policyengine.feel.types.types import (
    ANY,
    BOOLEAN,
    DATE,
    DAYS_DURATION,
    DURATION,
    MONTHS_DURATION,
    NUMBER,
    TEXT,
    Enum,
    ListOf,
    Number,
    OneOf,
    Type,
)

_CLASSES: Mapping[Type, str] = MappingProxyType(
    {BOOLEAN: "B", TEXT: "S", DATE: "DT", DAYS_DURATION: "TD", MONTHS_DURATION: "MO"}
)


def class_of(known: Type | None) -> str:
    """The class of the values of a type, as generated code names it; "" if it has no single one."""
    if isinstance(known, Number):
        return "D"
    if isinstance(known, ListOf):
        return "L"
    return "S" if isinstance(known, Enum) else "" if known is None else _CLASSES.get(known, "")


def emit_call(writer: Writer, node: syntax.Call, names: Names) -> Code:
    """A call of a function."""
    function = _known(writer, node.function, names)
    if function is None:
        return _dynamic(writer, node, names)
    if not node.named:
        own = _INLINE.get(function.name)
        found = own(writer, node, names) if own is not None else None
        if found is not None:
            return found
    return _built_in(writer, function, node, names)


def _known(writer: Writer, called: Expression, names: Names) -> Function | None:
    """The built-in function that is called, if that is certain beforehand."""
    function = writer.surroundings.function(called.name) if isinstance(called, syntax.Name) else None
    if function is None or names is None:
        return function
    assert isinstance(called, syntax.Name)
    # A name that a form around brings along may be that of a function.
    return function if writer.find(called, names) == writer.find(called, None) else None


def _dynamic(writer: Writer, node: syntax.Call, names: Names) -> Code:
    writer.loops = True
    if isinstance(node.function, syntax.Name):
        found = writer.find(node.function, names)
        called = Code(f"function(g, {found.text}, {writer.node(node.function)})", depth=deeper(found))
    else:
        called = writer.emit(node.function, names)
    arguments, given, keys = _arguments(writer, node, names)
    text = f"call(g, {called.text}, ({given}), {keys}, {writer.place(node)})"
    return Code(text, depth=deeper(called, *arguments))


def _arguments(writer: Writer, node: syntax.Call, names: Names) -> tuple[list[Code], str, str]:
    values = [*node.positional, *(entry.value for entry in node.named)]
    arguments = [writer.emit(value, names) for value in values]
    keys = writer.unit.constant(tuple(entry.key for entry in node.named)) if node.named else "()"
    return arguments, "".join(f"{argument.text}, " for argument in arguments), keys


def _built_in(writer: Writer, function: Function, node: syntax.Call, names: Names) -> Code:
    arguments, given, keys = _arguments(writer, node, names)
    slow = f"invoke(g, {writer.node(function)}, ({given}), {keys}, {writer.place(node)})"
    if not node.named:
        for way in function.signatures:
            wanted = _wanted(function, way, arguments)
            if wanted is not None:
                return _run(writer, way, arguments, wanted, node)
    writer.loops = True
    return Code(slow, _result(function), depth=deeper(*arguments))


def _result(function: Function) -> str:
    results = {class_of(way.result) if not callable(way.result) else "" for way in function.signatures}
    return results.pop() if len(results) == 1 else ""


def _wanted(function: Function, way: Signature, arguments: Sequence[Code]) -> list[str] | None:
    """For each argument what has to hold of it so that a signature can be run; None if that is not known."""
    arranged = arrange(way, len(arguments), ())
    if arranged is None or way.metered:
        return None
    found = [_check(function, parameter.type, arguments[at]) for parameter, at in arranged]
    return None if None in found else [each for each in found if each is not None]


def _check(function: Function, wanted: Type, argument: Code) -> str | None:
    """What tells that an argument is of a type as it is, without a part that is unknown; "" for nothing."""
    if wanted == ANY:
        return "{0}.__class__ not in OPEN" if function.strict else ""
    if isinstance(wanted, ListOf):
        if argument.cls not in ("", "L"):
            return None
        if wanted.item == ANY:
            return "plain({0})" if function.strict else "{0}.__class__ in LISTS"
        cls = class_of(wanted.item)
        return f"plain({{0}}, {cls})" if cls not in ("", "L") else None
    options = [class_of(each) for each in _options(wanted)]
    if argument.cls in options and argument.cls not in ("", "L"):
        return f"{{0}}.__class__ is {argument.cls}"
    single = options[0] not in ("", "L") and not argument.cls
    return f"{{0}}.__class__ is {options[0]}" if single else None


def _options(wanted: Type) -> Sequence[Type]:
    if isinstance(wanted, OneOf):
        return wanted.options
    return (DAYS_DURATION, MONTHS_DURATION) if wanted == DURATION else (wanted,)


def _run(
    writer: Writer, way: Signature, arguments: Sequence[Code], wanted: Sequence[str], node: syntax.Call
) -> Code:
    checks: list[str] = []
    values: list[str] = []
    for argument, check in zip(arguments, wanted, strict=True):
        if not check or (
            argument.simple and argument.sure == SURE and argument.cls in (check.split()[-1], "")
        ):
            values.append(argument.text)
            continue
        first, value = writer.held(argument)
        checks.append(f"({check.format(first)})")
        values.append(value)
    place = writer.place(node)
    if way.source:
        quick = f"({way.source.format(*values)})"
    else:
        quick = f"ran(g, {place}, {writer.node(way.run)}, {', '.join(values)})"
    result = _given(way, arguments)
    exact = all(part.sure >= EXACT or not check for part, check in zip(arguments, wanted, strict=True))
    certain = EXACT if way.total and exact and writer.policy else HINT
    if not checks:
        return Code(quick, result, certain, depth=deeper(*arguments))
    function = writer.surroundings.function(str(getattr(node.function, "name", "")))
    slow = f"invoke(g, {writer.node(function)}, ({', '.join(values)},), (), {place})"
    return Code(f"({quick} if {' & '.join(checks)} else {slow})", result, certain, depth=deeper(*arguments))


def _given(way: Signature, arguments: Sequence[Code]) -> str:
    """The class that a signature most likely gives for these arguments."""
    if not callable(way.result):
        return class_of(way.result)
    types = [_TYPES.get(each.cls) for each in arguments]
    known = [kind or parameter.type for kind, parameter in zip(types, way.parameters, strict=False)]
    return class_of(way.result(known))


_TYPES: Mapping[str, Type] = MappingProxyType({"D": NUMBER, **{cls: kind for kind, cls in _CLASSES.items()}})


# Functions with source of their own


def _is_true(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    value = writer.emit(node.positional[0], names)
    return Code(f"({value.text} is True)", "B", SURE, depth=deeper(value))


def _is_defined(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    value = writer.emit(node.positional[0], names)
    first, held = writer.held(value)
    text = f"({first}.__class__ is not U and {held} is not None)"
    return Code(text, "B", SURE, depth=deeper(value))


def _once_known(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    if len(node.positional) != 2:
        return None
    first = node.positional[0]
    values = first.items if isinstance(first, syntax.ListLiteral) else (first,)
    parts = [writer.emit(value, names) for value in values]
    then = writer.emit(node.positional[1], names)
    open_ones = [part for part in parts if part.sure != SURE]
    if any(not part.simple or part.cls in ("", "L") for part in open_ones):
        return None
    if not open_ones:
        return then
    checks = " and ".join(f"{part.text}.__class__ is {part.cls}" for part in open_ones)
    one = len(open_ones) == 1 and open_ones[0].sure == EXACT
    run = writer.node(writer.surroundings.function("once known").signatures[0].run)  # type: ignore[union-attr]
    listed = ", ".join(part.text for part in parts)
    slow = open_ones[0].text if one else f"{run}([{listed}], {then.text})"
    text = f"({then.text} if {checks} else {slow})"
    return Code(text, then.cls, min(then.sure, EXACT), depth=deeper(then))


def _count(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    if len(node.positional) != 1:
        return None
    rows = writer.emit(node.positional[0], names)
    if not rows.rows:
        return None
    first, held = writer.held(rows)
    return Code(f"(D(len({held})) if listed(g, {first}) else {held})", "D", EXACT, depth=deeper(rows))


def _rounded(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    """Rounding to places that are known beforehand."""
    scale = node.positional[1] if len(node.positional) == 2 else None
    if not isinstance(scale, syntax.Literal) or not isinstance(scale.value, Decimal):
        return None
    places = int(scale.value)
    if places != scale.value or not -6 <= places <= 12:
        return None
    assert isinstance(node.function, syntax.Name)
    function = writer.surroundings.function(node.function.name)
    assert function is not None
    unit, number = writer.unit, writer.emit(node.positional[0], names)
    run = unit.variable("r", function.name, places)
    unit.constants[run] = rounder(places, ROUNDINGS[function.name])
    slow = (
        f"invoke(g, {writer.node(function)}, ({{0}}, {unit.constant(scale.value)}), (), {writer.place(node)})"
    )
    return checked(writer, (number,), "D", f"{run}({{0}})", slow, "D")


def _flatten(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    """The instances in lists of lists."""
    lists = writer.emit(node.positional[0], names) if len(node.positional) == 1 else None
    if lists is None or not lists.lists:
        return None
    writer.loops = True
    return Code(f"joined(g, {lists.text})", "L", EXACT, depth=deeper(lists), rows=lists.lists)


_INLINE: Mapping[str, Callable[[Writer, syntax.Call, Names], Code | None]] = MappingProxyType(
    {
        "is true": _is_true,
        "is defined": _is_defined,
        "once known": _once_known,
        "count": _count,
        **dict.fromkeys(ROUNDINGS, _rounded),
    }
)


# Operators on values that are of one class for Python, with a function of the runtime for all others.

_PYTHON = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
ORDERED = frozenset({"D", "S", "DT", "TD", "MO"})
"""The classes whose values Python orders as FEEL does."""


def deeper(*parts: Code) -> int:
    """How deep the brackets around these parts go."""
    return 2 + max((part.depth for part in parts), default=0)


def common_class(parts: Sequence[Code]) -> str | None:
    """The class that parts have in common as far as that is known, numbers if nothing is; None if none."""
    found = {part.cls for part in parts if part.cls}
    if len(found) > 1:
        return None
    return found.pop() if found else "D"


def checked(
    writer: Writer, parts: Sequence[Code], cls: str | None, quick: str, slow: str, result: str
) -> Code:
    """`quick` where all parts are of a class, else `slow`; both name the parts `{0}`, `{1}` ...

    `result` is the class that either gives, the second one also what is not known.
    """
    if cls is None:
        text = slow.format(*(part.text for part in parts))
        return Code(text, result, EXACT if writer.policy and result == "B" else HINT, depth=deeper(*parts))
    held = [writer.held(part) for part in parts]
    checks = [
        f"({first}.__class__ is {cls})"
        for part, (first, _) in zip(parts, held, strict=True)
        if not (part.cls == cls and part.sure == SURE and part.simple)
    ]
    values = [value for _, value in held]
    if not checks:
        return Code(f"({quick.format(*values)})", result, SURE, depth=deeper(*parts))
    both = " and " if all(part.simple for part in parts) else " & "
    text = f"({quick.format(*values)} if {both.join(checks)} else {slow.format(*values)})"
    known = result == "B" or all(part.cls == cls and part.sure >= EXACT for part in parts)
    return Code(text, result, EXACT if writer.policy and known else HINT, depth=deeper(*parts))


def compared(writer: Writer, node: Comparison, left: Code, right: Code) -> Code:
    """`left op right`."""
    op, cls = node.op, common_class((left, right))
    if cls not in ORDERED and not (cls == "B" and op in ("=", "!=")):
        cls = None
    place = writer.place(node, *((left, right) if cls else ()))
    slow = f"compare(g, {writer.unit.constant(op)}, {{0}}, {{1}}, {place})"
    if cls == "B" and op == "=" and right.value is True and left.sure >= EXACT:
        return left
    return checked(writer, (left, right), cls, f"{{0}} {_PYTHON[op]} {{1}}", slow, "B")
