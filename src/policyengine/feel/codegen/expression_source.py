"""Every form of FEEL to source: Python's own operators where the classes of the values allow it.

What is not done inline is done by a function of `runtime`, for that one operator on the values at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from policyengine.feel.codegen.call_source import DATE_PARTS, ORDERED, checked, common_class, compared, deeper
from policyengine.feel.codegen.condition_source import emit_and, emit_if, emit_in, emit_or
from policyengine.feel.codegen.function_source import emit_call
from policyengine.feel.codegen.loop_source import emit_filter, emit_for, emit_quantified
from policyengine.feel.codegen.writer import EXACT, HINT, Code, Entries, Form, Local, Names, Writer
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Months

_ENDS = {"start": "low", "end": "high"}
_MOVED = {
    **{("DT", op, span): "DT" for op in "+-" for span in ("TD", "MO", "")},
    ("DT", "-", "DT"): "TD",
    ("S", "+", "S"): "S",
    ("MO", "*", "D"): "MO",
    ("D", "*", "MO"): "MO",
}
"""The class that arithmetic on other values than numbers most likely gives."""


def _name(writer: Writer, node: syntax.Name, names: Names) -> Code:
    return writer.find(node, names)


def _binary(writer: Writer, node: syntax.Binary, names: Names) -> Code:
    left, right = writer.emit(node.left, names), writer.emit(node.right, names)
    cls = common_class((left, right))
    fitting = (left, right) if cls == "D" and node.op in "+-*" else ()
    slow = f"arithmetic(g, {writer.unit.constant(node.op)}, {{0}}, {{1}}, {writer.place(node, *fitting)})"
    if left.cls == "DT" and node.op in "+-":
        found = _moved(writer, node, left, right, slow)
        if found is not None:
            return found
    if node.op == "/" and left.cls == "MO" and isinstance(right.value, Months) and right.value.months:
        slow = f"arithmetic(g, {writer.unit.constant(node.op)}, {{0}}, {right.text}, {writer.place(node)})"
        months = writer.unit.constant(Decimal(right.value.months))
        quick = _unsigned(writer, f"D({{0}}.months) / {months}")
        return checked(writer, (left,), "MO", quick, slow, "D", strict=True)
    if node.op == "**" or cls != "D":
        result = _MOVED.get((left.cls, node.op, right.cls), "")
        return Code(slow.format(left.text, right.text), result, depth=deeper(left, right))
    if node.op == "/":
        return _divided(writer, left, right, slow)
    quick = f"{{0}} {node.op} {{1}}"
    if node.op == "*":
        quick = _unsigned(writer, quick)
    return checked(writer, (left, right), "D", quick, slow, "D", strict=True)


def _unsigned(writer: Writer, number: str) -> str:
    """A number whose zero has no sign."""
    kept = writer.fresh()
    return f"({kept} := {number}) or {kept}.copy_abs()"


def _moved(writer: Writer, node: syntax.Binary, left: Code, right: Code, slow: str) -> Code | None:
    """A date and a length, or the days between two dates; None where Python does not do as FEEL does."""
    (first, date), length = writer.held(left), right.value
    checks, result = f"({first}.__class__ is DT)", "DT"
    if isinstance(length, Months):
        months = length.months if node.op == "+" else -length.months
        quick, other = f"(months_on({date}, {months}) or {slow.format(date, right.text)})", right.text
    elif isinstance(length, timedelta) and not length % timedelta(days=1):
        quick, other = f"({date} {node.op} {right.text})", right.text
    elif right.cls == "MO":
        second, other = writer.held(right)
        minus = "-" if node.op == "-" else ""
        checks = f"{checks} & ({second}.__class__ is MO)"
        quick = f"(months_on({date}, {minus}{other}.months) or {slow.format(date, other)})"
    elif right.cls == "DT" and node.op == "-":
        second, other = writer.held(right)
        checks, quick, result = f"{checks} & ({second}.__class__ is DT)", f"({date} - {other})", "TD"
    else:
        return None
    # Months may lead to a year that Python has no dates for.
    known = writer.policy and min(left.sure, right.sure) >= EXACT and right.cls != "MO"
    text = f"({quick} if {checks} else {slow.format(date, other)})"
    return Code(text, result, EXACT if known else HINT, depth=deeper(left, right) + 1)


def _divided(writer: Writer, left: Code, right: Code, slow: str) -> Code:
    (first, one), (second, other) = writer.held(left), writer.held(right)
    checks = f"({first}.__class__ is D) & ({second}.__class__ is D) and {other}"
    text = f"({_unsigned(writer, f'{one} / {other}')} if {checks} else {slow.format(one, other)})"
    return Code(text, "D", HINT, depth=deeper(left, right))


def _negate(writer: Writer, node: syntax.Negate, names: Names) -> Code:
    operand = writer.emit(node.operand, names)
    slow = f"negate(g, {{0}}, {writer.place(node)})"
    return checked(writer, (operand,), "D", "-{0}", slow, "D", strict=True)


def _comparison(writer: Writer, node: syntax.Comparison, names: Names) -> Code:
    left, right = writer.emit(node.left, names), writer.emit(node.right, names)
    return compared(writer, node, left, right)


def _between(writer: Writer, node: syntax.Between, names: Names) -> Code:
    parts = [writer.emit(part, names) for part in (node.low, node.value, node.high)]
    slow = f"between(g, {{1}}, {{0}}, {{2}}, {writer.place(node)})"
    cls = common_class(parts)
    return checked(writer, parts, cls if cls in ORDERED else None, "{0} <= {1} <= {2}", slow, "B")


def _range(writer: Writer, node: syntax.RangeLiteral, names: Names) -> Code:
    ends = [
        writer.constant(None) if end is None else writer.emit(end, names) for end in (node.low, node.high)
    ]
    return Code(f"ranged(g, {ends[0].text}, {ends[1].text}, {writer.node(node)})", depth=deeper(*ends))


# Lists, contexts, paths


def _list(writer: Writer, node: syntax.ListLiteral, names: Names) -> Code:
    items = [writer.emit(item, names) for item in node.items]
    return Code(f"[{', '.join(item.text for item in items)}]", "L", depth=deeper(*items))


def _context(writer: Writer, node: syntax.ContextLiteral, names: Names) -> Code:
    keys = frozenset(entry.key for entry in node.entries)
    if not any(keys & _mentioned(entry.value) for entry in node.entries):
        values = [writer.emit(entry.value, names) for entry in node.entries]
        pairs = zip(node.entries, values, strict=True)
        entries = ", ".join(f"{writer.unit.constant(entry.key)}: {value.text}" for entry, value in pairs)
        return Code(f"{{{entries}}}", depth=deeper(*values))
    variable = writer.unit.fresh("d")

    def write(inside: Names) -> str:
        writer.frame.lines.append(f"{variable} = dict()")
        for i, entry in enumerate(node.entries):
            before = frozenset(each.key for each in node.entries[:i])
            makes = any(isinstance(each, syntax.FunctionLiteral) for each in syntax.walk(entry.value))
            value = writer.emit(entry.value, Entries(variable, before, names, keys if makes else frozenset()))
            writer.frame.lines.append(f"{variable}[{writer.unit.constant(entry.key)}] = {value.text}")
        return variable

    return Code(f"{writer.function([], Entries(variable, keys, names), write)}()")


def _mentioned(node: Expression) -> set[str]:
    """Every name in an expression, those of called functions as well."""
    return {each.name for each in syntax.walk(node) if isinstance(each, syntax.Name)}


def _path(writer: Writer, node: syntax.Path, names: Names) -> Code:
    target, key = writer.emit(node.target, names), writer.unit.constant(node.name)
    if target.row:
        own = writer.surroundings.field(target.row, target.text, node.name)
        if own is not None and target.simple:
            return own
    slow = f"part(g, {{0}}, {key}, {writer.place(node)})"
    if target.rows:
        return _column(writer, target, node.name, slow)
    if target.cls in ("DT", "") and not target.row and node.name in DATE_PARTS:
        return checked(writer, (target,), "DT", f"D({{0}}.{node.name})", slow, "D")
    if target.cls == "" and not target.row and node.name in _ENDS:
        return checked(writer, (target,), "R", f"{{0}}.{_ENDS[node.name]}", slow, "")
    first, value = writer.held(target)
    quick = "" if writer.policy else f"{value}.get({key}) if {first}.__class__ is dict else "
    return Code(f"({quick}{slow.format(value if quick else target.text)})", depth=deeper(target))


def _column(writer: Writer, target: Code, name: str, slow: str) -> Code:
    """One field of every instance in a list."""
    item = writer.unit.fresh("i")
    own = writer.surroundings.field(target.rows, item, name)
    if own is None:
        return Code(slow.format(target.text), depth=deeper(target))
    writer.loops = True
    first, rows = writer.held(target)
    text = f"([{own.text} for {item} in {rows}] if listed(g, {first}) else {slow.format(rows)})"
    return Code(text, "L", depth=deeper(target), lists=own.rows)


# Functions


def _function(writer: Writer, node: syntax.FunctionLiteral, names: Names) -> Code:
    variables = {formal.name: writer.unit.fresh("a") for formal in node.parameters}

    def write(inside: Names) -> Code:
        for name, variable in variables.items():
            writer.frame.lines.append(f"{variable} = e.names[{writer.unit.constant(name)}]")
        return writer.emit(node.body, inside)

    given = {name: Code(variable, simple=True) for name, variable in variables.items()}
    body = writer.function(["b", "e"], Local(given, names), write)
    return Code(f"made(g, {writer.node(node)}, {body})")


def _instance(writer: Writer, node: syntax.InstanceOf, names: Names) -> Code:
    value = writer.emit(node.value, names)
    return Code(f"instance(g, {value.text}, {writer.node(node)})", depth=deeper(value))


def _open(writer: Writer, node: syntax.Open, names: Names) -> Code:
    return writer.constant(writer.surroundings.worked_out(node, frozenset()))


FORMS: Mapping[type, Form] = MappingProxyType(
    {
        syntax.Name: _name,
        syntax.Open: _open,
        syntax.Path: _path,
        syntax.Negate: _negate,
        syntax.Binary: _binary,
        syntax.Comparison: _comparison,
        syntax.And: emit_and,
        syntax.Or: emit_or,
        syntax.Between: _between,
        syntax.In: emit_in,
        syntax.RangeLiteral: _range,
        syntax.If: emit_if,
        syntax.For: emit_for,
        syntax.Quantified: emit_quantified,
        syntax.Filter: emit_filter,
        syntax.ListLiteral: _list,
        syntax.ContextLiteral: _context,
        syntax.FunctionLiteral: _function,
        syntax.Call: emit_call,
        syntax.InstanceOf: _instance,
    }
)
