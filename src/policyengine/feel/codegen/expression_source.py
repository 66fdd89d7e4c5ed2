"""Every form of plain FEEL to source. Two numbers are worked on by Python itself, all else by the runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from policyengine.feel.codegen.emit import Code, Entries, Form, Item, Local, Names, Writer
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Range

_PYTHON = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_CHAIN = 12


def _deeper(*parts: Code) -> int:
    return 2 + max((part.depth for part in parts), default=0)


def _held(writer: Writer, code: Code) -> tuple[str, str]:
    """Source that gives a value and keeps it in a variable, and the variable."""
    if code.simple:
        return code.text, code.text
    variable = writer.fresh()
    return f"({variable} := {code.text})", variable


def _numbers(writer: Writer, parts: Sequence[Code], quick: str, slow: str, *, number: bool = False) -> Code:
    """`quick` where all parts are numbers, else `slow`; both name the parts `{0}`, `{1}` ..."""
    held = [_held(writer, part) for part in parts]
    checks = [
        f"({first}.__class__ is D)"
        for part, (first, _) in zip(parts, held, strict=True)
        if not (part.number and part.simple)
    ]
    values = [value for _, value in held]
    if not checks:
        return Code(f"({quick.format(*values)})", number, depth=_deeper(*parts))
    text = f"({quick.format(*values)} if {' & '.join(checks)} else {slow.format(*values)})"
    return Code(text, depth=_deeper(*parts))


def _name(writer: Writer, node: syntax.Name, names: Names) -> Code:
    found = writer.find(node, names)
    return Code(found, simple=found.isidentifier())


def _binary(writer: Writer, node: syntax.Binary, names: Names) -> Code:
    left, right = writer.emit(node.left, names), writer.emit(node.right, names)
    slow = f"arithmetic({writer.unit.constant(node.op)}, {{0}}, {{1}})"
    if node.op == "**":
        return Code(slow.format(left.text, right.text), depth=_deeper(left, right))
    if node.op == "/":
        return _divided(writer, left, right)
    return _numbers(writer, (left, right), f"{{0}} {node.op} {{1}}", slow)


def _divided(writer: Writer, left: Code, right: Code) -> Code:
    (first, one), (second, other) = _held(writer, left), _held(writer, right)
    checks = f"({first}.__class__ is D) & ({second}.__class__ is D) and {other}"
    slow = f"arithmetic({writer.unit.constant('/')}, {one}, {other})"
    return Code(f"({one} / {other} if {checks} else {slow})", depth=_deeper(left, right))


def _negate(writer: Writer, node: syntax.Negate, names: Names) -> Code:
    minus = writer.constant(Decimal(-1)).text
    return _numbers(writer, (writer.emit(node.operand, names),), f"{{0}} * {minus}", "negate({0})")


def _comparison(writer: Writer, node: syntax.Comparison, names: Names) -> Code:
    left, right = writer.emit(node.left, names), writer.emit(node.right, names)
    slow = f"compare(g, {writer.unit.constant(node.op)}, {{0}}, {{1}})"
    return _numbers(writer, (left, right), f"{{0}} {_PYTHON[node.op]} {{1}}", slow)


def _between(writer: Writer, node: syntax.Between, names: Names) -> Code:
    parts = [writer.emit(part, names) for part in (node.low, node.value, node.high)]
    return _numbers(writer, parts, "{0} <= {1} <= {2}", "between({1}, {0}, {2})")


# Conditions


def _and(writer: Writer, node: syntax.And, names: Names) -> Code:
    return _logic(writer, node.operands, names, "False", "True")


def _or(writer: Writer, node: syntax.Or, names: Names) -> Code:
    return _logic(writer, node.operands, names, "True", "False")


def _logic(writer: Writer, operands: Sequence[Expression], names: Names, decisive: str, other: str) -> Code:
    parts = [writer.emit(operands[0], names), *(writer.maybe(each, names) for each in operands[1:])]
    if len(parts) > _CHAIN:
        thunks = "".join(f"(lambda: {part.text}), " for part in parts)
        return Code(f"settled(g, {decisive}, ({thunks}))", depth=_deeper(*parts))
    held = [_held(writer, part) for part in parts]
    values = [value for _, value in held]
    first = "".join(f"{decisive} if {text} is {decisive} else " for text, _ in held)
    agreed = " and ".join(f"{value} is {other}" for value in values)
    return Code(f"({first}{other} if {agreed} else undecided({', '.join(values)}))", depth=_deeper(*parts))


def _if(writer: Writer, node: syntax.If, names: Names) -> Code:
    pairs = []
    at: Expression = node
    emit = writer.emit
    while isinstance(at, syntax.If):
        pairs.append((emit(at.condition, names), writer.maybe(at.then, names)))
        emit = writer.maybe
        at = at.otherwise
    found = writer.maybe(at, names)
    for condition, then in reversed(pairs):
        text = f"({then.text} if {condition.text} is True else {found.text})"
        found = writer.shallow(Code(text, depth=_deeper(condition, then, found)))
    return found


def _in(writer: Writer, node: syntax.In, names: Names) -> Code:
    value = writer.emit(node.value, names)
    if not any("?" in syntax.names(test) for test in node.tests):
        if len(node.tests) == 1:
            return _single(writer, value, node.tests[0], names)
        if value.simple:
            return _tests(writer, value, node.tests, names)
    variable = writer.unit.fresh("q")

    def write(inside: Names) -> Code:
        return _tests(writer, Code(variable, simple=True), node.tests, inside)

    name = writer.function([variable], Local({"?": variable}, names), write)
    return Code(f"{name}({value.text})", depth=_deeper(value))


def _single(writer: Writer, value: Code, test: Expression, names: Names) -> Code:
    found = _test(writer, value, test, names)
    return found._replace(text=f"plain({found.text})", depth=found.depth + 1)


def _tests(writer: Writer, value: Code, tests: Sequence[Expression], names: Names) -> Code:
    if len(tests) == 1:
        return _single(writer, value, tests[0], names)
    writer.lazy += 1
    parts = [_test(writer, value, test, names) for test in tests]
    writer.lazy -= 1
    thunks = "".join(f"(lambda: {part.text}), " for part in parts)
    return Code(f"tested(g, ({thunks}))", depth=_deeper(*parts) + 1)


def _test(writer: Writer, value: Code, test: Expression, names: Names) -> Code:
    found = writer.emit(test, names)
    mentions, is_range = "?" in syntax.names(test), isinstance(test, syntax.RangeLiteral)
    shown = found.text.replace("{", "{{").replace("}", "}}")
    slow = f"test(g, {{0}}, {shown}, {mentions}, {is_range})"
    known = writer.unit.constants.get(found.text)
    if isinstance(known, Range) and isinstance(known.low, Decimal) and isinstance(known.high, Decimal):
        low, high = writer.constant(known.low).text, writer.constant(known.high).text
        after, before = ("<=" if known.low_closed else "<"), ("<=" if known.high_closed else "<")
        return _numbers(writer, (value,), f"{low} {after} {{0}} {before} {high}", slow)
    return Code(slow.format(value.text), depth=_deeper(value, found))


def _range(writer: Writer, node: syntax.RangeLiteral, names: Names) -> Code:
    ends = [
        writer.constant(None) if end is None else writer.emit(end, names) for end in (node.low, node.high)
    ]
    literal = writer.unit.variable("r", "r", id(node))
    writer.unit.constants[literal] = node
    return Code(f"ranged({ends[0].text}, {ends[1].text}, {literal})", depth=_deeper(*ends))


# Lists, contexts, paths


def _list(writer: Writer, node: syntax.ListLiteral, names: Names) -> Code:
    items = [writer.emit(item, names) for item in node.items]
    return Code(f"[{', '.join(item.text for item in items)}]", depth=_deeper(*items))


def _context(writer: Writer, node: syntax.ContextLiteral, names: Names) -> Code:
    keys = frozenset(entry.key for entry in node.entries)
    if not any(keys & _mentioned(entry.value) for entry in node.entries):
        values = [writer.emit(entry.value, names) for entry in node.entries]
        pairs = zip(node.entries, values, strict=True)
        entries = ", ".join(f"{writer.unit.constant(entry.key)}: {value.text}" for entry, value in pairs)
        return Code(f"{{{entries}}}", depth=_deeper(*values))
    variable = writer.unit.fresh("d")

    def write(inside: Names) -> str:
        writer.frame.lines.append(f"{variable} = dict()")
        for entry in node.entries:
            value = writer.emit(entry.value, inside)
            writer.frame.lines.append(f"{variable}[{writer.unit.constant(entry.key)}] = {value.text}")
        return variable

    return Code(f"{writer.function([], Entries(variable, keys, names), write)}()")


def _mentioned(node: Expression) -> set[str]:
    """Every name in an expression, those of called functions as well."""
    return {each.name for each in syntax.walk(node) if isinstance(each, syntax.Name)}


def _path(writer: Writer, node: syntax.Path, names: Names) -> Code:
    target, key = writer.emit(node.target, names), writer.unit.constant(node.name)
    first, value = _held(writer, target)
    text = f"({value}.get({key}) if {first}.__class__ is dict else part(g, {value}, {key}))"
    return Code(text, depth=_deeper(target))


def _filter(writer: Writer, node: syntax.Filter, names: Names) -> Code:
    target, item = writer.emit(node.target, names), writer.unit.fresh("i")
    body = writer.function([item], Item(item, names), lambda inside: writer.emit(node.condition, inside))
    literal = writer.unit.variable("l", "l", id(node))
    writer.unit.constants[literal] = node
    return Code(f"filtered(g, {target.text}, {body}, {literal})", depth=_deeper(target))


# Loops and functions


def _domains(
    writer: Writer, iterators: Sequence[syntax.Iterator], names: Names
) -> tuple[str, list[str], Names]:
    """A tuple of functions for what is gone through, the variables of its items, and the names after it."""
    functions, variables = [], list[str]()
    for iterator in iterators:

        def write(inside: Names, at: syntax.Iterator = iterator) -> str:
            domain = writer.emit(at.domain, inside).text
            if at.domain_end is None:
                return f"items({domain})"
            return f"steps({domain}, {writer.emit(at.domain_end, inside).text})"

        functions.append(writer.function(variables, names, write))
        variables = [*variables, writer.unit.fresh("i")]
        names = Local({iterator.name: variables[-1]}, names)
    return f"({''.join(f'{name}, ' for name in functions)})", variables, names


def _for(writer: Writer, node: syntax.For, names: Names) -> Code:
    domains, variables, inside = _domains(writer, node.iterators, names)
    partial = "partial" in syntax.names(node.body)
    if partial:
        variables = [*variables, writer.unit.fresh("i")]
        inside = Local({"partial": variables[-1]}, inside)
    body = writer.function(variables, inside, lambda names: writer.emit(node.body, names))
    return Code(f"each(g, {domains}, {body}, {partial})")


def _quantified(writer: Writer, node: syntax.Quantified, names: Names) -> Code:
    domains, variables, inside = _domains(writer, node.iterators, names)
    body = writer.function(variables, inside, lambda names: writer.emit(node.condition, names))
    return Code(f"quantified(g, {domains}, {body}, {not node.every})")


def _function(writer: Writer, node: syntax.FunctionLiteral, names: Names) -> Code:
    variables = {formal.name: writer.unit.fresh("a") for formal in node.parameters}

    def write(inside: Names) -> Code:
        for name, variable in variables.items():
            writer.frame.lines.append(f"{variable} = e.names[{writer.unit.constant(name)}]")
        return writer.emit(node.body, inside)

    body = writer.function(["b", "e"], Local(variables, names), write)
    literal = writer.unit.variable("l", "l", id(node))
    writer.unit.constants[literal] = node
    return Code(f"made(g, {literal}, {body})")


def _call(writer: Writer, node: syntax.Call, names: Names) -> Code:
    called = (
        Code(writer.callee(node.function, names), simple=True)
        if isinstance(node.function, syntax.Name)
        else writer.emit(node.function, names)
    )
    values = [*node.positional, *(entry.value for entry in node.named)]
    arguments = [writer.emit(value, names) for value in values]
    given = "".join(f"{argument.text}, " for argument in arguments)
    keys = f", {writer.unit.constant(tuple(entry.key for entry in node.named))}" if node.named else ""
    return Code(f"call({called.text}, ({given}){keys})", depth=_deeper(called, *arguments))


def _instance(writer: Writer, node: syntax.InstanceOf, names: Names) -> Code:
    value, literal = writer.emit(node.value, names), writer.unit.fresh("y")
    writer.unit.constants[literal] = node.type
    return Code(f"instance(g, {value.text}, {literal})", depth=_deeper(value))


FORMS: Mapping[type, Form] = MappingProxyType(
    {
        syntax.Name: _name,
        syntax.Path: _path,
        syntax.Negate: _negate,
        syntax.Binary: _binary,
        syntax.Comparison: _comparison,
        syntax.And: _and,
        syntax.Or: _or,
        syntax.Between: _between,
        syntax.In: _in,
        syntax.RangeLiteral: _range,
        syntax.If: _if,
        syntax.For: _for,
        syntax.Quantified: _quantified,
        syntax.Filter: _filter,
        syntax.ListLiteral: _list,
        syntax.ContextLiteral: _context,
        syntax.FunctionLiteral: _function,
        syntax.Call: _call,
        syntax.InstanceOf: _instance,
    }
)
