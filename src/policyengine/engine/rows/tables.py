"""What tables are lowered to, as source: the row that counts, the rows that match, lists and contexts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from policyengine.engine.rows.code import Term, Unsupported
from policyengine.engine.rows.emit import Emitter, made
from policyengine.engine.rows.kinds import ANY, CLASSES, NUMBER, Kind
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression

# Rows that are told apart by a chain of `if`; more of them are searched through.
_CHAIN = 20
Pair: TypeAlias = tuple[Expression, Expression]


def tuple_of(terms: Sequence[Term]) -> str:
    """The form of a tuple of so many terms."""
    return "(" + "".join(f"{{{i}}}, " for i in range(len(terms))) + ")"


def _kind(terms: Sequence[Term]) -> Kind:
    kinds = {term.kind for term in terms}
    return kinds.pop() if len(kinds) == 1 else ANY


def emit_list(emitter: Emitter, node: syntax.ListLiteral) -> Term:
    """`[a, b]`, of values that are all there."""
    items = [emitter.sure(item) for item in node.items]
    form = "[" + ", ".join(f"{{{i}}}" for i in range(len(items))) + "]"
    return made(Kind("list", _kind(items)), form, *items)


def emit_context(emitter: Emitter, node: syntax.ContextLiteral) -> Term:
    """`{key: value}`, whose values are handed on, known or not; none of them asks for another."""
    keys = {entry.key for entry in node.entries}
    if len(keys) < len(node.entries) or any(keys & syntax.names(entry.value) for entry in node.entries):
        raise Unsupported
    values = [emitter.frame.whole(emitter.emit(entry.value)) for entry in node.entries]
    names = [emitter.unit.constant(entry.key) for entry in node.entries]
    form = ", ".join(f"{name}: {{{i}}}" for i, name in enumerate(names))
    return made(ANY, "{{" + form + "}}", *values)


# Which row counts


def row_result(emitter: Emitter, arguments: Sequence[Expression]) -> Term | None:
    """The value of the row that matches; where a row is not known the reference says what follows."""
    hit, title, rows, values, *default = arguments
    if not isinstance(rows, syntax.ListLiteral) or not isinstance(values, syntax.ListLiteral):
        return None
    if not rows.items or not isinstance(hit, syntax.Literal) or not isinstance(title, syntax.Literal):
        return None
    conditions = [emitter.condition(row) for row in rows.items]
    found = [_handed_on(emitter, value) for value in values.items]
    otherwise = [_handed_on(emitter, each) for each in default]
    kind = _kind([*found, *(each for each in otherwise if not each.constant or each.sure)])
    sure = all(each.sure for each in (*found, *otherwise))
    form = getattr(hit, "value", None)
    if form == "any" or len(conditions) > _CHAIN:
        return _searched(emitter, str(form), conditions, found, otherwise, kind, sure)
    chain = _chained(conditions, found, otherwise, kind, sure)
    if form == "first" or len(conditions) == 1:
        return chain
    many = " + ".join(f"{{{i + 1}}}" for i in range(len(conditions)))
    return made(kind, f"({{0}} if {many} < 2 else careful())", chain, *conditions, sure=sure, risky=True)


def _handed_on(emitter: Emitter, value: Expression) -> Term:
    """A value that is plain or not known; of one with parts it would have to be asked what these are."""
    term = emitter.frame.whole(emitter.emit(value))
    if term.constant or term.kind.name in CLASSES:
        return term
    if term.kind.name == "list":
        return made(term.kind, "settled({0})", emitter.frame.need(term), risky=True)
    raise Unsupported


def _chained(
    conditions: Sequence[Term], values: Sequence[Term], otherwise: Sequence[Term], kind: Kind, sure: bool
) -> Term:
    parts = [part for pair in zip(values, conditions, strict=True) for part in pair]
    form = " ".join(f"{{{2 * i}}} if {{{2 * i + 1}}} else" for i in range(len(conditions)))
    last = f"{{{len(parts)}}}" if otherwise else "careful()"
    return made(kind, f"({form} {last})", *parts, *otherwise, sure=sure, risky=not otherwise)


def _searched(
    emitter: Emitter, hit: str, conditions: Sequence[Term], values: Sequence[Term],
    otherwise: Sequence[Term], kind: Kind, sure: bool,
) -> Term:  # fmt: skip
    rows = made(ANY, tuple_of(conditions), *conditions)
    if all(value.constant for value in values):
        name = emitter.unit.constant(tuple(value.value for value in values))
        given = Term(name, key=name)
    else:
        given = made(ANY, tuple_of(values), *values)
    default = ", {2}" if otherwise else ""
    return made(kind, f"row_{hit}({{0}}, {{1}}{default})", rows, given, *otherwise, sure=sure, risky=True)


# The rows that match


def matching(node: Expression) -> tuple[tuple[Expression, ...], dict[str, tuple[Expression, ...]]] | None:
    """What is kept of `[{holds: a, value: 1}, {holds: b, value: 2}][holds]`: conditions, and columns."""
    match node:
        case syntax.Filter(syntax.ListLiteral(items), syntax.Name(key)) if items:
            pass
        case _:
            return None
    columns: dict[str, list[Expression]] = {}
    for item in items:
        if not isinstance(item, syntax.ContextLiteral):
            return None
        own = {entry.key: entry.value for entry in item.entries}
        if key not in own or len(own) < len(item.entries):
            return None
        if any(own.keys() & syntax.names(value) for value in own.values()):
            return None
        for name, value in own.items():
            columns.setdefault(name, []).append(value)
    if any(len(column) != len(items) for column in columns.values()):
        return None
    return tuple(columns[key]), {name: tuple(column) for name, column in columns.items()}


def emit_matching(emitter: Emitter, node: Expression, name: str) -> Term | None:
    """`[{holds: a, value: 1}, ...][holds].value`: the values of the rows that match."""
    found = matching(node)
    if found is None or name not in found[1]:
        return None
    conditions = [emitter.condition(each) for each in found[0]]
    values = [emitter.emit(each) for each in found[1][name]]
    values = [
        emitter.frame.whole(value) if isinstance(each, syntax.ContextLiteral) else emitter.frame.need(value)
        for each, value in zip(found[1][name], values, strict=True)
    ]
    pairs = ", ".join(f"({{{2 * i}}}, {{{2 * i + 1}}})" for i in range(len(values)))
    parts = [part for pair in zip(conditions, values, strict=True) for part in pair]
    return made(Kind("list", _kind(values)), f"[v for h, v in ({pairs},) if h]", *parts)


def count_matching(emitter: Emitter, node: Expression) -> Term | None:
    """`count([{holds: a}, {holds: b}][holds])`."""
    found = matching(node)
    if found is None:
        return None
    conditions = [emitter.condition(each) for each in found[0]]
    return made(NUMBER, f"D(count_true({tuple_of(conditions)}))", *conditions)


def column_of(emitter: Emitter, name: str, key: str) -> Expression | None:
    """What stands for `name.key` where the name is that of a node which is a context of other nodes."""
    owners = [nodes[name].expression for nodes in emitter.graph.nodes.values() if name in nodes]
    if len(owners) != 1 or not isinstance(owners[0], syntax.ContextLiteral):
        return None
    values = [entry.value for entry in owners[0].entries if entry.key == key]
    return values[0] if len(values) == 1 and isinstance(values[0], (syntax.Name, syntax.Literal)) else None
