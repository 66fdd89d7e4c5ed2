"""Calls of functions that have source of their own; the others are those of `call_source`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from policyengine.feel import limits
from policyengine.feel.codegen.call_source import (
    DATE_PARTS,
    checked,
    common_class,
    deeper,
    emit_built_in,
    emit_unknown,
    known_function,
)
from policyengine.feel.codegen.condition_source import common_kind
from policyengine.feel.codegen.writer import EXACT, HINT, SURE, Code, Frame, Names, Writer, class_of_value
from policyengine.feel.functions.conditions import asked_name, given_or, is_defined
from policyengine.feel.functions.numeric import ROUNDINGS, rounder
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.types.signatures import Function


def emit_call(writer: Writer, node: syntax.Call, names: Names) -> Code:
    """A call of a function."""
    function = known_function(writer, node.function, names)
    if function is None:
        return emit_unknown(writer, node, names)
    if not node.named or function.name == "is defined":
        own = _INLINE.get(function.name)
        found = own(writer, node, names) if own is not None else None
        if found is not None:
            return found
    return emit_built_in(writer, function, node, names)


def _is_true(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    value = writer.emit(node.positional[0], names)
    return Code(f"({value.text} is True)", "B", SURE, depth=deeper(value))


def _is_defined(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    arguments = (*node.positional, *(entry.value for entry in node.named))
    if len(arguments) != 1:
        return None
    value, asked = writer.emit(arguments[0], names), asked_name(arguments[0])
    first, held = writer.held(value)
    if value.given and value.given == asked:
        text = f"({first}.__class__ is not U and {held} is not None)"
        return Code(text, "B", SURE, depth=deeper(value))
    slow = f"{writer.node(is_defined)}({held}, {writer.unit.constant(asked)})"
    text = f"({held} is not None if {first}.__class__ not in OPEN_OR_FAR else {slow})"
    return Code(text, "B", EXACT, depth=deeper(value))


def _once_known(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    if len(node.positional) != 2:
        return None
    first = node.positional[0]
    values = first.items if isinstance(first, syntax.ListLiteral) else (first,)
    parts = [writer.emit(value, names) for value in values]
    then = writer.emit(node.positional[1], names)
    held = [writer.held(part) for part in parts]
    open_ones = [
        (part, each) for part, each in zip(parts, held, strict=True) if part.sure != SURE or part.cls == "L"
    ]
    if not open_ones:
        return then
    checks = " & ".join(f"({_known(part).format(first)})" for part, (first, _) in open_ones)
    (one, (_, value)), *more = open_ones
    slow = value
    if more or one.sure != EXACT or one.cls in ("L", ""):
        run = writer.node(_function(writer, node).signatures[0].run)
        slow = f"{run}([{', '.join(value for _, (_, value) in open_ones)}], {then.text})"
    text = f"({then.text} if {checks} else {slow})"
    return Code(text, then.cls, min(then.sure, EXACT), depth=deeper(then, *parts))


def _first_known(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    first, *rest = node.positional
    parts = [writer.emit(first, names)]
    if parts[0].sure == SURE or not rest:
        return parts[0]
    text, value = writer.held(parts[0])

    def others(inside: Names) -> str:
        parts.extend(writer.emit(each, inside) for each in rest)
        held = [writer.held(part) for part in parts[1:]]
        return "".join(f"{own} if {text}.__class__ is not U else " for text, own in held) + "M"

    def lines(frame: Frame, result: str) -> list[str]:
        metered = f"g.steps = {limits.STEPS - frame.steps}"  # here, so that what is known is not slower
        return [metered, *frame.lines, f"x = {result}", "spend(g, 0)", "return x"]

    loops, found = writer.loops, writer.fresh()
    other = writer.function([], names, others, lines)
    writer.loops = loops
    cls, sure = common_kind(parts)
    slow = f"({found} if ({found} := {other}()) is not M else {value})"
    text = f"({value} if {text}.__class__ is not U else {slow})"
    return Code(text, cls, min(sure, EXACT), depth=deeper(*parts))


def _given_or(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    """What a record says is there most of the time."""
    given = writer.emit(node.positional[0], names)
    otherwise = writer.maybe(node.positional[1], names)
    first, held = writer.held(given)
    known = otherwise.simple and otherwise.sure == SURE
    slow = otherwise.text if known else f"{writer.node(given_or)}({held}, {otherwise.text})"
    cls = given.cls if given.cls == otherwise.cls else ""
    text = f"({held} if {first}.__class__ is not U else {slow})"
    return Code(text, cls, min(given.sure, otherwise.sure, EXACT), depth=deeper(given, otherwise))


def _known(part: Code) -> str:
    """What tells that a value is known, and all that it holds."""
    if part.cls == "L":
        return "plain({0})"
    return f"{{0}}.__class__ is {part.cls}" if part.cls else "{0}.__class__ not in OPEN"


def _rounded(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    """Rounding to places that are known beforehand."""
    assert isinstance(node.function, syntax.Name)
    function = _function(writer, node)
    number, *scales = node.positional
    scale = scales[0] if scales else syntax.Literal(Decimal(0), node.span)
    if not scales and not function.signatures[0].parameters[1].optional:
        return None
    if not isinstance(scale, syntax.Literal) or not isinstance(scale.value, Decimal):
        return None
    places = int(scale.value)
    if places != scale.value or not -6 <= places <= 12:
        return None
    unit, part = writer.unit, writer.emit(number, names)
    run = unit.variable("r", function.name, places)
    unit.constants[run] = rounder(places, ROUNDINGS[function.name])
    slow = _invoked(writer, node, f"{{0}}, {unit.constant(scale.value)}")
    return checked(writer, (part,), "D", f"{run}({{0}})", slow, "D", strict=True)


def _flatten(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    """The instances in lists of lists."""
    lists = writer.emit(node.positional[0], names) if len(node.positional) == 1 else None
    if lists is None or not lists.lists:
        return None
    writer.loops = True
    return Code(f"joined(g, {lists.text})", "L", EXACT, depth=deeper(lists), rows=lists.lists)


def _invoked(writer: Writer, node: syntax.Call, arguments: str) -> str:
    """The call that looks for a signature which the arguments fit."""
    function = _function(writer, node)
    return f"invoke(g, {writer.node(function)}, ({arguments},), (), {writer.place(node)})"


def _function(writer: Writer, node: syntax.Call) -> Function:
    assert isinstance(node.function, syntax.Name)
    function = writer.surroundings.function(node.function.name)
    assert function is not None
    return function


def _extreme(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    """The least or the greatest of several values of one class."""
    if len(node.positional) < 2:
        return None
    parts = [writer.emit(each, names) for each in node.positional]
    cls = common_class(parts)
    cls = cls if cls in ("D", "S", "DT") else None
    slots = ", ".join(f"{{{i}}}" for i in range(len(parts)))
    name = _function(writer, node).name
    return checked(
        writer, parts, cls, f"{name}(({slots}))", _invoked(writer, node, slots), cls or "", strict=True
    )


def _sum(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    """The sum of a list of numbers."""
    if len(node.positional) != 1:
        return None
    numbers = writer.emit(node.positional[0], names)
    first, held = writer.held(numbers)
    some = "" if writer.policy else f" and {held}"
    text = f"(sum({held}, ZERO) if plain({first}, D){some} else {_invoked(writer, node, held)})"
    return Code(text, "D", EXACT if writer.policy else HINT, depth=deeper(numbers))


def _date(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    """The date of a year, a month and a day."""
    if len(node.positional) != 3:
        return None
    quick, slow = zip(*(_whole(writer, each, names) for each in node.positional), strict=True)
    found, asked = writer.fresh(), f"date_of({', '.join(quick)})"
    text = f"({found} if ({found} := {asked}) is not M else {_invoked(writer, node, ', '.join(slow))})"
    return Code(text, "DT", HINT, depth=3)


def _whole(writer: Writer, node: Expression, names: Names) -> tuple[str, str]:
    """A whole number as Python has it, if it is a part of a date; and, once that is there, as FEEL has it."""
    code = writer.emit(node, names)
    if isinstance(node, syntax.Path) and isinstance(node.target, syntax.Name) and node.name in DATE_PARTS:
        date = writer.emit(node.target, names).text
        return f"({date}.{node.name} if {date}.__class__ is DT else M)", code.text
    return writer.held(code)


def _row_result(writer: Writer, node: syntax.Call, names: Names) -> Code | None:
    """What a table gives; where rows are unknown or disagree, the function itself says what comes of it."""
    hit, title, rows, values, *default = node.positional
    if not isinstance(hit, syntax.Literal) or not isinstance(values, syntax.ListLiteral):
        return None
    answers, kinds = _answers(writer, values, names)
    (asked, conditions), (told, answered) = writer.held(writer.emit(rows, names)), writer.held(answers)
    otherwise = [writer.emit(each, names) for each in default]
    last = [writer.held(each) for each in otherwise]
    found, cls, sure = writer.fresh(), *common_kind([*kinds, *otherwise])
    given = [writer.emit(hit, names).text, writer.emit(title, names).text, conditions, answered]
    given += [held for _, held in last]
    run = writer.node(_function(writer, node).signatures[0].run)
    slow = f"ran(g, {writer.place(node)}, {run}, {', '.join(given)})"
    quick = f"matched({hit.value == 'first'}, {asked}, {told}, {last[0][0] if last else 'M'})"
    text = f"({found} if ({found} := {quick}) is not M else {slow})"
    return Code(text, cls, min(sure, EXACT), depth=deeper(answers, *otherwise))


def _answers(writer: Writer, values: syntax.ListLiteral, names: Names) -> tuple[Code, Sequence[Code]]:
    """The answers of the rows of a table as a list, and what is known of each."""
    whole = writer.beforehand(values, names)
    if whole is not None and isinstance(whole.value, list):
        return whole, [Code("", class_of_value(each), SURE, value=each) for each in whole.value]
    parts = [writer.emit(each, names) for each in values.items]
    return Code(f"[{', '.join(part.text for part in parts)}]", "L", depth=deeper(*parts)), parts


_INLINE: Mapping[str, Callable[[Writer, syntax.Call, Names], Code | None]] = MappingProxyType(
    {
        "is true": _is_true,
        "is defined": _is_defined,
        "once known": _once_known,
        "first known": _first_known,
        "given or": _given_or,
        "flatten": _flatten,
        "min": _extreme,
        "max": _extreme,
        "sum": _sum,
        "date": _date,
        "row result": _row_result,
        **dict.fromkeys(ROUNDINGS, _rounded),
    }
)
