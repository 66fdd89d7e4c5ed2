"""Calls and operators to source: what fits the classes of the values is run without looking it up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from policyengine.feel.codegen.writer import EXACT, HINT, SURE, Code, Names, Writer
from policyengine.feel.functions.conditions import asked_name
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


def known_function(writer: Writer, called: Expression, names: Names) -> Function | None:
    """The built-in function that is called, if that is certain beforehand."""
    function = writer.surroundings.function(called.name) if isinstance(called, syntax.Name) else None
    if function is None or names is None:
        return function
    assert isinstance(called, syntax.Name)
    # A name that a form around brings along may be that of a function.
    return function if writer.find(called, names) == writer.find(called, None) else None


def emit_unknown(writer: Writer, node: syntax.Call, names: Names) -> Code:
    """A call of what is not known beforehand."""
    writer.loops = True
    if isinstance(node.function, syntax.Name):
        found = writer.find(node.function, names)
        called = Code(f"function(g, {found.text}, {writer.node(node.function)})", depth=deeper(found))
    else:
        called = writer.emit(node.function, names)
    arguments, given, keys = _arguments(writer, node, names)
    asked = [asked_name(each) for each in (*node.positional, *(entry.value for entry in node.named))]
    about = f", {writer.unit.constant(asked[0])}" if len(asked) == 1 and asked[0] else ""
    text = f"call(g, {called.text}, ({given}), {keys}, {writer.place(node)}{about})"
    return Code(text, depth=deeper(called, *arguments))


def _arguments(writer: Writer, node: syntax.Call, names: Names) -> tuple[list[Code], str, str]:
    values = [*node.positional, *(entry.value for entry in node.named)]
    arguments = [writer.emit(value, names) for value in values]
    keys = writer.unit.constant(tuple(entry.key for entry in node.named)) if node.named else "()"
    return arguments, "".join(f"{argument.text}, " for argument in arguments), keys


def emit_built_in(writer: Writer, function: Function, node: syntax.Call, names: Names) -> Code:
    """A call of a built-in function: of a signature that the arguments fit, or of whichever they do."""
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
        if not check or (argument.simple and argument.sure == SURE and _passes(check, argument)):
            values.append(argument.text)
            continue
        first, value = writer.held(argument)
        checks.append(f"({check.format(first)})")
        values.append(value)
    place = writer.place(node)
    run, given = writer.node(way.run), ", ".join(values)
    quick = f"{run}({given})" if way.total else f"ran(g, {place}, {run}, {given})"
    result = _given(way, arguments)
    exact = all(part.sure >= EXACT or not check for part, check in zip(arguments, wanted, strict=True))
    certain = EXACT if way.total and exact and writer.policy else HINT
    if not checks:
        return Code(quick, result, certain, depth=deeper(*arguments))
    function = writer.surroundings.function(str(getattr(node.function, "name", "")))
    assert function is not None
    slow = f"invoke(g, {writer.node(function)}, ({', '.join(values)},), (), {place})"
    one = _only_unknown(function, way, arguments, values)
    if one is not None:
        slow = f"{one} if {one}.__class__ is U else {slow}"
    return Code(f"({quick} if {' & '.join(checks)} else {slow})", result, certain, depth=deeper(*arguments))


def _only_unknown(
    function: Function, way: Signature, arguments: Sequence[Code], values: Sequence[str]
) -> str | None:
    """The only argument that makes the result unknown if it is unknown itself; None if several may."""
    types = [way.parameters[min(i, len(way.parameters) - 1)].type for i in range(len(arguments))]
    taken = [
        value
        for argument, value, kind in zip(arguments, values, types, strict=True)
        if (function.strict and not (argument.simple and argument.sure == SURE and argument.cls != "L"))
        or (not function.strict and kind != ANY)
    ]
    return taken[0] if len(taken) == 1 else None


def _passes(check: str, argument: Code) -> bool:
    """Whether an argument whose class is certain passes a check."""
    single = argument.cls not in ("", "L")
    return argument.cls in (check.split()[-1], "") or (single and check.endswith(" not in OPEN"))


def _given(way: Signature, arguments: Sequence[Code]) -> str:
    """The class that a signature most likely gives for these arguments."""
    if not callable(way.result):
        return class_of(way.result)
    types = [_TYPES.get(each.cls) for each in arguments]
    known = [kind or parameter.type for kind, parameter in zip(types, way.parameters, strict=False)]
    return class_of(way.result(known))


_TYPES: Mapping[str, Type] = MappingProxyType({"D": NUMBER, **{cls: kind for kind, cls in _CLASSES.items()}})


# Operators on values that are of one class for Python, with a function of the runtime for all others.

_PYTHON = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
ORDERED = frozenset({"D", "S", "DT", "TD", "MO"})
"""The classes whose values Python orders as FEEL does."""


DATE_PARTS = frozenset({"year", "month", "day"})
"""The properties that Python's dates have too."""


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
    writer: Writer, parts: Sequence[Code], cls: str | None, quick: str, slow: str, result: str,
    strict: bool = False,
) -> Code:  # fmt: skip
    """`quick` where all parts are of a class, else `slow`; both name the parts `{0}`, `{1}` ...

    `result` is the class that either gives, the second one also what is not known. What is `strict` is
    unknown where a part is, and nothing else can come of parts that are of the class or unknown.
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
    exact = all(part.cls == cls and part.sure >= EXACT for part in parts)
    if strict and exact and writer.policy:
        slow = unknown_of([value for part, value in zip(parts, values, strict=True) if part.sure != SURE])
    else:
        slow = slow.format(*values)
    text = f"({quick.format(*values)} if {both.join(checks)} else {slow})"
    known = result == "B" or exact
    return Code(text, result, EXACT if writer.policy and known else HINT, depth=deeper(*parts))


def unknown_of(values: Sequence[str]) -> str:
    """What is unknown of values of which at least one is."""
    return values[0] if len(values) == 1 else f"unknown(({', '.join(values)}))"


def compared(writer: Writer, node: Comparison, left: Code, right: Code) -> Code:
    """`left op right`."""
    op, cls = node.op, common_class((left, right))
    if cls not in ORDERED and not (cls == "B" and op in ("=", "!=")):
        cls = None
    place = writer.place(node, *((left, right) if cls else ()))
    slow = f"compare(g, {writer.unit.constant(op)}, {{0}}, {{1}}, {place})"
    if cls == "B" and op == "=" and right.value is True and left.sure >= EXACT:
        return left
    return checked(writer, (left, right), cls, f"{{0}} {_PYTHON[op]} {{1}}", slow, "B", strict=True)
