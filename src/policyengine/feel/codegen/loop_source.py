"""Filters, `for`, `some` and `every` to source: a loop of Python over one list, as a function of that list.

Where there are several lists, or where a filter may be an index, functions of the runtime go through them
and call a generated function for each item.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from policyengine.feel.codegen.call_source import deeper
from policyengine.feel.codegen.writer import EXACT, HINT, SURE, Code, Frame, Item, Local, Names, Writer
from policyengine.feel.evaluation.iteration import is_written
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.types.types import BOOLEAN

_CONDITIONS = (
    syntax.And, syntax.Or, syntax.Comparison, syntax.In, syntax.Between, syntax.Quantified,
)  # fmt: skip
"""What is never a number, so that it is no index of a list."""


def _loop(
    writer: Writer, node: Expression, names: Names, item: str, before: Sequence[str],
    body: Callable[[str], list[str]], after: str,
) -> str:  # fmt: skip
    """The function of a list `rows` that does something with `node` for each item, once it has its steps."""

    def write(inside: Names) -> Code:
        if any(isinstance(each, syntax.FunctionLiteral) for each in syntax.walk(node)):
            # A function keeps the item that it was made with, while the loop goes on.
            own = writer.function([item], inside, lambda names: writer.emit(node, names))
            return Code(f"{own}({item})")
        return writer.emit(node, inside)

    def lines(frame: Frame, result: str) -> list[str]:
        return [
            *before,
            f"g.steps -= {frame.steps} * len(rows)",
            "if g.steps < 0:",
            "    raise Exhausted",
            "found = []",
            f"for {item} in rows:",
            *(f"    {line}" for line in [*frame.lines, *body(result)]),
            after,
        ]

    return writer.function(["rows"], names, write, lines)


# Filters


def emit_filter(writer: Writer, node: syntax.Filter, names: Names) -> Code:
    """`list[condition]`."""
    target, item = writer.emit(node.target, names), writer.unit.fresh("i")
    position = writer.beforehand(node.condition, names)
    if position is not None and position.cls == "D":
        return Code(f"item_at(g, {target.text}, {position.text}, {writer.place(node)})", depth=deeper(target))
    if target.rows and _is_condition(writer, node.condition, target.rows):
        return _filtered_rows(writer, node, target, names)
    body = writer.function([item], Item(item, "", names), lambda inside: writer.emit(node.condition, inside))
    return Code(f"filtered(g, {target.text}, {body}, {writer.place(node)})", depth=deeper(target))


def _is_condition(writer: Writer, condition: Expression, entity: str) -> bool:
    """Whether what filters instances of an entity is never a number."""
    if isinstance(condition, syntax.Call) and isinstance(condition.function, syntax.Name):
        function = writer.surroundings.function(condition.function.name)
        return function is not None and all(way.result == BOOLEAN for way in function.signatures)
    if not isinstance(condition, syntax.Name):
        return isinstance(condition, _CONDITIONS)
    own = writer.surroundings.field(entity, "", condition.name)
    return own is not None and own.cls == "B" and own.sure >= EXACT


def _filtered_rows(writer: Writer, node: syntax.Filter, target: Code, names: Names) -> Code:
    """The instances of an entity for which a condition holds."""
    item, place = writer.unit.fresh("i"), writer.place(node)
    before = ["if rows.__class__ is U:", "    return rows"]
    if isinstance(node.condition, syntax.Name):
        # For an empty list the name is that of what lies around it, and so may be an index.
        around = writer.maybe(node.condition, names).text
        before += ["if not rows:", f"    return filtered(g, rows, lambda i: {around}, {place})"]
    neither = writer.unit.constant("the condition is neither true nor false")
    body = _loop(
        writer, node.condition, Item(item, target.rows, names), item, [*before, "open_ones = []"],
        lambda result: [
            f"x = {result}",
            "if x is True:",
            f"    found.append({item})",
            "elif x is not False:",
            f"    open_ones.append(x if x.__class__ is U else g.fail({neither}, {place}))",
        ],
        "return unknown(open_ones) or found",
    )  # fmt: skip
    return Code(f"{body}({target.text})", depth=deeper(target), rows=target.rows)


# Loops


def emit_for(writer: Writer, node: syntax.For, names: Names) -> Code:
    """`for ... in ... return`."""
    if len(node.iterators) == 1 and "partial" not in syntax.names(node.body):
        (iterator,) = node.iterators
        domain, item, inside = _domain(writer, iterator, names)
        before = ["if rows.__class__ not in LISTS:", f"    return outcome(g, rows, {writer.place(iterator)})"]
        body = _loop(
            writer, node.body, inside, item, before, lambda result: [f"found.append({result})"],
            "return found",
        )  # fmt: skip
        return Code(f"{body}({domain.text})", "L", depth=deeper(domain))
    domains, variables, inside = _domains(writer, node.iterators, names)
    partial = "partial" in syntax.names(node.body)
    if partial:
        variables = [*variables, writer.unit.fresh("i")]
        inside = Local({"partial": Code(variables[-1], simple=True)}, inside)
    body = writer.function(variables, inside, lambda names: writer.emit(node.body, names))
    return Code(f"each(g, {domains}, {body}, {partial})", "L")


def emit_quantified(writer: Writer, node: syntax.Quantified, names: Names) -> Code:
    """`some ... satisfies`, `every ... satisfies`."""
    decisive, other, place = not node.every, node.every, writer.place(node)
    sure = EXACT if writer.policy else HINT
    if len(node.iterators) > 1:
        domains, variables, inside = _domains(writer, node.iterators, names)
        body = writer.function(variables, inside, lambda names: writer.emit(node.condition, names))
        return Code(f"quantified(g, {domains}, {body}, {decisive}, {place})", "B", sure)
    (iterator,) = node.iterators
    domain, item, inside = _domain(writer, iterator, names)
    start = f"outcome(g, rows, {writer.place(iterator)})"
    body = _loop(
        writer, node.condition, inside, item,
        ["if rows.__class__ not in LISTS:", f"    return settle(({start},), {decisive}, g, {place})"],
        lambda result: [
            f"x = {result}",
            f"if x is {decisive}:",
            f"    return {decisive}",
            f"if x is not {other}:",
            "    found.append(x)",
        ],
        f"return settle(found, {decisive}, g, {place}) if found else {other}",
    )  # fmt: skip
    return Code(f"{body}({domain.text})", "B", sure, depth=deeper(domain))


def _domain(writer: Writer, iterator: syntax.Iterator, names: Names) -> tuple[Code, str, Names]:
    """The list that is gone through, the variable of an item, and the names with it."""
    start, variable = writer.emit(iterator.domain, names), writer.unit.fresh("i")
    item = Code(variable, simple=True, row=start.rows)
    if iterator.domain_end is not None:
        end = writer.emit(iterator.domain_end, names)
        if isinstance(start.value, Decimal) or (start.cls == "D" and start.sure >= EXACT):
            item = item._replace(cls="D", sure=SURE)
        domain = Code(f"steps({start.text}, {end.text}{_way(writer, iterator)})", depth=deeper(start, end))
    else:
        domain = start if start.rows else Code(f"items({start.text})", depth=deeper(start))
    return domain, variable, Local({iterator.name: item}, names)


def _way(writer: Writer, iterator: syntax.Iterator) -> str:
    """The argument that says that the steps of a policy only go upwards."""
    return ", True" if writer.policy and not is_written(iterator) else ""


def _domains(
    writer: Writer, iterators: Sequence[syntax.Iterator], names: Names
) -> tuple[str, list[str], Names]:
    """A tuple of functions for what is gone through, the variables of its items, and the names after it."""
    functions, variables, row = [], list[str](), ""
    for iterator in iterators:

        def write(inside: Names, at: syntax.Iterator = iterator) -> str:
            nonlocal row
            domain = writer.emit(at.domain, inside)
            row = domain.rows
            if at.domain_end is None:
                return f"items({domain.text})"
            return f"steps({domain.text}, {writer.emit(at.domain_end, inside).text}{_way(writer, at)})"

        name = writer.function(variables, names, write)
        functions.append(f"({name}, {writer.place(iterator)}), ")
        variables = [*variables, writer.unit.fresh("i")]
        names = Local({iterator.name: Code(variables[-1], simple=True, row=row)}, names)
    return f"({''.join(functions)})", variables, names
