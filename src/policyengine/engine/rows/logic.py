"""Conditions to source: `if`, `and`, `or`, comparisons, tests."""

from __future__ import annotations

from collections.abc import Sequence

from policyengine.engine.rows.code import Term, Unsupported
from policyengine.engine.rows.emit import Emitter, made
from policyengine.engine.rows.kinds import ANY, DAYS, FLAG, MONTHS, NATIVE_ORDER, SPAN, Kind
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression

_PYTHON = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
# Python's parser takes no deeper nesting than about this.
_LONGEST_CHAIN = 60
_SPANS = frozenset({SPAN, MONTHS, DAYS})


# What a condition proves


def proved(emitter: Emitter, node: Expression, truth: bool) -> frozenset[str]:
    """The variables that hold a value wherever the condition is `truth`."""
    match node:
        case syntax.Call(syntax.Name("is defined"), (asked,)) if truth:
            return (
                frozenset([emitter.emit(asked).code])
                if isinstance(asked, (syntax.Name, syntax.Path))
                else _NONE
            )
        case syntax.Call(syntax.Name("not"), (denied,)):
            return proved(emitter, denied, not truth)
        case syntax.And(operands) if truth:
            return _NONE.union(*(proved(emitter, each, True) for each in operands))
        case syntax.Or(operands) if not truth:
            return _NONE.union(*(proved(emitter, each, False) for each in operands))
    return _NONE


_NONE: frozenset[str] = frozenset()


# If


def emit_if(emitter: Emitter, node: syntax.If) -> Term:
    """A chain of `else if`; one that compares one text with constants is a look-up."""
    conditions: list[Term] = []
    branches: list[Term] = []
    at: Expression = node
    before = emitter.frame.proven
    while isinstance(at, syntax.If):
        conditions.append(emitter.condition(at.condition))
        inside = emitter.frame.prove(proved(emitter, at.condition, True))
        branches.append(emitter.frame.whole(emitter.emit(at.then)))
        emitter.frame.proven = inside
        emitter.frame.prove(proved(emitter, at.condition, False))
        at = at.otherwise
    branches.append(emitter.frame.whole(emitter.emit(at)))
    emitter.frame.proven = before
    conditions, branches = _open_branches(conditions, branches)
    if not conditions:
        return branches[0]
    kinds = {branch.kind for branch in branches}
    kind = kinds.pop() if len(kinds) == 1 else ANY
    sure = all(branch.sure for branch in branches)
    return _switch(emitter, node, branches, kind, sure) or _chain(conditions, branches, kind, sure)


def _open_branches(conditions: Sequence[Term], branches: Sequence[Term]) -> tuple[list[Term], list[Term]]:
    """What is left of a chain when the conditions that are known beforehand are gone."""
    kept: list[tuple[Term, Term]] = []
    last = branches[-1]
    for condition, branch in zip(conditions, branches, strict=False):
        if condition.value is True:
            last = branch
            break
        if condition.value is not False:
            kept.append((condition, branch))
    return [condition for condition, _ in kept], [*(branch for _, branch in kept), last]


def _chain(conditions: Sequence[Term], branches: Sequence[Term], kind: Kind, sure: bool) -> Term:
    if len(conditions) > _LONGEST_CHAIN:
        raise Unsupported
    parts = [part for pair in zip(branches, conditions, strict=False) for part in pair]
    form = " ".join(f"{{{2 * i}}} if {{{2 * i + 1}}} else" for i in range(len(conditions)))
    return made(kind, f"({form} {{{len(parts)}}})", *parts, branches[-1], sure=sure)


def _switch(
    emitter: Emitter, node: syntax.If, branches: Sequence[Term], kind: Kind, sure: bool
) -> Term | None:
    """`if x = "a" then 1 else if x = "b" then 2 else 3`, all constants."""
    cases: dict[object, object] = {}
    by: Expression | None = None
    at: Expression = node
    while isinstance(at, syntax.If):
        match at.condition:
            case syntax.Comparison("=", syntax.Name() as name, syntax.Literal(str(text))) if by in (
                None,
                name,
            ):
                by = name
                cases.setdefault(text, branches[len(cases)].value)
            case _:
                return None
        at = at.otherwise
    if (
        by is None
        or len(cases) < 2
        or len(cases) != len(branches) - 1
        or not all(b.constant for b in branches)
    ):
        return None
    subject = emitter.sure(by, "text")
    constant = emitter.unit.constant(cases)
    table = Term(constant, key=constant)
    return made(kind, "{0}.get({1}, {2})", table, subject, branches[-1], sure=sure)


# And, or


def emit_and(emitter: Emitter, node: syntax.And) -> Term:
    """All hold; each may rely on those before it."""
    return _joined(emitter, node.operands, " and ", True)


def emit_or(emitter: Emitter, node: syntax.Or) -> Term:
    """One holds; each may rely on those before it not holding."""
    return _joined(emitter, node.operands, " or ", False)


def _joined(emitter: Emitter, operands: Sequence[Expression], word: str, truth: bool) -> Term:
    before = emitter.frame.proven
    parts = []
    for operand in operands:
        parts.append(emitter.condition(operand))
        emitter.frame.prove(proved(emitter, operand, truth))
    emitter.frame.proven = before
    return made(FLAG, "(" + word.join(f"{{{i}}}" for i in range(len(parts))) + ")", *parts)


# Comparisons and tests


def emit_comparison(emitter: Emitter, node: syntax.Comparison) -> Term:
    """`left op right`."""
    return compared(emitter, node.op, emitter.sure(node.left), emitter.sure(node.right))


def compared(emitter: Emitter, op: str, left: Term, right: Term) -> Term:
    """`left op right` with Python's own operator where it means the same."""
    equality = op in ("=", "!=")
    if op == "=" and left.kind == right.kind == FLAG and right.value is True:
        return left
    if left.kind == right.kind and (left.kind.name in NATIVE_ORDER or (equality and left.kind == FLAG)):
        return made(FLAG, f"({{0}} {_PYTHON[op]} {{1}})", left, right)
    scalars = {left.kind.name, right.kind.name}
    if scalars <= {*NATIVE_ORDER, "boolean"} and not scalars & {"days", "months"}:
        raise Unsupported  # never comparable, which has a reason of its own
    return made(FLAG, f"compare({emitter.unit.constant(op)}, {{0}}, {{1}})", left, right, risky=True)


def emit_between(emitter: Emitter, node: syntax.Between) -> Term:
    """`value between low and high`."""
    value, low, high = (emitter.sure(part) for part in (node.value, node.low, node.high))
    return _within(value, low, high, "<=", "<=")


def _within(value: Term, low: Term, high: Term, after: str, before: str) -> Term:
    if not (value.kind == low.kind == high.kind and value.kind.name in NATIVE_ORDER):
        raise Unsupported
    return made(FLAG, f"({{0}} {after} {{1}} {before} {{2}})", low, value, high)


def emit_in(emitter: Emitter, node: syntax.In) -> Term:
    """`value in tests`."""
    value = emitter.sure(node.value)
    choices = _choices(emitter, value, node.tests)
    if choices is not None:
        return choices
    within = emitter.within(bound={**emitter.bound, "?": value}, row=None) if emitter.row is None else None
    tests = [_test(emitter, within, value, test) for test in node.tests]
    if len(tests) == 1:
        return tests[0]
    return made(FLAG, "(" + " or ".join(f"{{{i}}}" for i in range(len(tests))) + ")", *tests)


def _choices(emitter: Emitter, value: Term, tests: Sequence[Expression]) -> Term | None:
    """Texts out of a closed list."""
    texts = [test.value for test in tests if isinstance(test, syntax.Literal) and isinstance(test.value, str)]
    if value.kind.name != "text" or len(texts) < max(2, len(tests)):
        return None
    ordered = tuple(sorted(set(texts)))
    name = emitter.unit.constant(ordered)
    return made(FLAG, "({0} in {1})", value, Term(name, key=name))


def _test(emitter: Emitter, within: Emitter | None, value: Term, test: Expression) -> Term:
    if isinstance(test, syntax.RangeLiteral):
        return _range_test(emitter, value, test)
    if "?" in syntax.names(test):
        if within is None:
            raise Unsupported
        return within.condition(test)
    found = emitter.sure(test)
    if found.kind.name == "range":
        return made(FLAG, "inside({0}, {1})", value, found, risky=True)
    if "duration" in (found.kind.name, value.kind.name) and {found.kind, value.kind} <= _SPANS:
        return compared(emitter, "=", value, found)
    if found.kind != value.kind or found.kind.name not in {*NATIVE_ORDER, "boolean"}:
        raise Unsupported
    return made(FLAG, "({0} == {1})", value, found)


def _range_test(emitter: Emitter, value: Term, test: syntax.RangeLiteral) -> Term:
    low = None if test.low is None else emitter.sure(test.low)
    high = None if test.high is None else emitter.sure(test.high)
    after, before = ("<=" if test.low_closed else "<"), ("<=" if test.high_closed else "<")
    if low is not None and high is not None:
        if low == high and test.low is test.high and value.kind == low.kind == FLAG:
            return made(FLAG, "({0} == {1})", value, low)
        return _within(value, low, high, after, before)
    if low is not None:
        return compared(emitter, ">=" if test.low_closed else ">", value, low)
    if high is not None:
        return compared(emitter, "<=" if test.high_closed else "<", value, high)
    raise Unsupported


def emit_range(emitter: Emitter, node: syntax.RangeLiteral) -> Term:
    """A range as a value."""
    if node.low is None or node.high is None:
        raise Unsupported
    low, high = emitter.sure(node.low), emitter.sure(node.high)
    if low.kind != high.kind or low.kind.name not in NATIVE_ORDER:
        raise Unsupported
    return made(Kind("range", low.kind), f"R({{0}}, {{1}}, {node.low_closed}, {node.high_closed})", low, high)
