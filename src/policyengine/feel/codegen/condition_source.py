"""Conditions to source: `if`, `and`, `or`, and tests.

In policies a condition may be neither true nor false. The quick way gives up there, and a function of the
runtime answers for the whole form.
"""

from __future__ import annotations

from collections.abc import Sequence

from policyengine.feel.codegen.call_source import ORDERED, checked, deeper
from policyengine.feel.codegen.writer import EXACT, HINT, SURE, Code, Local, Names, Writer
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Range, Unknown

# A part that stands twice in the source, in the quick way and in the other one, is no longer than this.
_TWICE = 300


def emit_and(writer: Writer, node: syntax.And, names: Names) -> Code:
    """All operands hold."""
    return _logic(writer, node, names, "False", "True")


def emit_or(writer: Writer, node: syntax.Or, names: Names) -> Code:
    """One operand holds."""
    return _logic(writer, node, names, "True", "False")


def _logic(writer: Writer, node: syntax.And | syntax.Or, names: Names, decisive: str, other: str) -> Code:
    first, *rest = node.operands
    parts = [writer.emit(first, names), *(writer.maybe(each, names) for each in rest)]
    if all(part.cls == "B" and part.sure == SURE for part in parts):
        word = " and " if decisive == "False" else " or "
        return Code(f"({word.join(part.text for part in parts)})", "B", SURE, depth=deeper(*parts))
    held = [writer.held(part) for part in parts]
    values = [value for _, value in held]
    decided = " or ".join(f"{text} is {decisive}" for text, _ in held)
    agreed, unlike = " and ".join(f"{value} is {other}" for value in values), other
    if len(parts) == 2 and isinstance(parts[1].value, Unknown):
        agreed, unlike = f"{values[0]} is {other}", values[1]
    fitting = parts if all(part.cls == "B" for part in parts) else ()
    slow = f"settle(({', '.join(values)},), {decisive}, g, {writer.place(node, *fitting)})"
    if writer.policy and all(part.cls == "B" and part.sure >= EXACT for part in parts):
        slow = f"unknown(({', '.join(values)}))"
    text = f"({decisive} if {decided} else {unlike} if {agreed} else {slow})"
    return Code(text, "B", EXACT if writer.policy else HINT, depth=deeper(*parts))


# If


def emit_if(writer: Writer, node: syntax.If, names: Names) -> Code:
    """A chain of `else if`."""
    conditions: list[tuple[Code, Expression]] = []
    branches: list[Code] = []
    at: Expression = node
    emit = writer.emit
    while isinstance(at, syntax.If):
        condition = emit(at.condition, names)
        if condition.value is True:
            at = at.then
            break
        if condition.value is not False:
            conditions.append((condition, at.condition))
            branches.append(writer.maybe(at.then, names))
            emit = writer.maybe
        at = at.otherwise
    branches.append((writer.maybe if conditions else emit)(at, names))
    if not conditions:
        return branches[0]
    return _chain(writer, conditions, branches)


def common_kind(branches: Sequence[Code]) -> tuple[str, int]:
    """The class that all branches have, and how certain it is; what is not known is of any."""
    known = [each for each in branches if not isinstance(each.value, Unknown)]
    classes = {each.cls for each in known}
    if len(classes) != 1:
        return "", HINT
    sure = min(each.sure for each in known)
    return classes.pop(), sure if len(known) == len(branches) else min(sure, EXACT)


def _chain(writer: Writer, conditions: Sequence[tuple[Code, Expression]], branches: Sequence[Code]) -> Code:
    cls, sure = common_kind(branches)
    if not writer.policy or all(_is_certain(condition) for condition, _ in conditions):
        return _built(writer, conditions, branches)._replace(cls=cls, sure=sure)
    pairs = [(_short(writer, condition), node) for condition, node in conditions]
    branches = [_short(writer, branch) for branch in branches]
    settled = _is_condition(pairs[-1][0]) and _differ(*branches[-2:])
    quick = _built(writer, pairs, branches, settled)
    if settled and len(pairs) == 1:
        return quick._replace(cls=cls, sure=min(sure, EXACT))
    cases = "".join(
        f"({part.text}, {writer.place(node, *((part,) if part.cls == 'B' else ()))}, {branch.text}), "
        for (part, node), branch in zip(pairs, branches, strict=False)
    )
    found = writer.fresh()
    text = f"({found} if ({found} := {quick.text}) is not M else opened(g, ({cases}), {branches[-1].text}))"
    return Code(text, cls, min(sure, EXACT), depth=quick.depth + 1)


def _is_certain(condition: Code) -> bool:
    return condition.cls == "B" and condition.sure == SURE


def _is_condition(code: Code) -> bool:
    """Whether it is true, false or unknown, and nothing else."""
    return code.cls == "B" and code.sure >= EXACT


def _differ(one: Code, other: Code) -> bool:
    """Whether two values are known beforehand and not the same, so that it is open which one it is."""
    return one.constant and other.constant and bool(one.cls) and bool(other.cls) and one.value != other.value


def _built(
    writer: Writer, conditions: Sequence[tuple[Code, Expression]], branches: Sequence[Code],
    settled: bool = False,
) -> Code:  # fmt: skip
    """The nested conditional; in policies a condition that is neither true nor false gives `M`.

    The last one gives what is unknown of it, if it is `settled` that its branches differ.
    """
    found = branches[-1]
    for i, ((condition, _), then) in reversed(list(enumerate(zip(conditions, branches, strict=False)))):
        if _is_certain(condition):
            text = f"({then.text} if {condition.text} else {found.text})"
        elif not writer.policy:
            text = f"({then.text} if {condition.text} is True else {found.text})"
        else:
            first, value = writer.held(condition)
            otherwise = value if settled and i == len(conditions) - 1 else "M"
            text = f"({then.text} if {first} is True else {found.text} if {value} is False else {otherwise})"
        found = writer.shallow(Code(text, depth=deeper(condition, then, found)))
    return found


def _short(writer: Writer, code: Code) -> Code:
    return code if len(code.text) <= _TWICE else writer.apart(code)


# Tests


def emit_in(writer: Writer, node: syntax.In, names: Names) -> Code:
    """`value in tests`."""
    value = writer.emit(node.value, names)
    if not any("?" in syntax.names(test) for test in node.tests):
        return _tests(writer, value, node, names)
    variable = writer.unit.fresh("q")
    inside = Local({"?": Code(variable, simple=True)}, names)
    name = writer.function(
        [variable], inside, lambda names: _tests(writer, Code(variable, simple=True), node, names)
    )
    return Code(f"{name}({value.text})", "B", EXACT if writer.policy else HINT, depth=deeper(value))


def _tests(writer: Writer, value: Code, node: syntax.In, names: Names) -> Code:
    place = writer.place(node)
    if len(node.tests) > 1:
        writer.lazy += 1
        parts = [writer.emit(test, names) for test in node.tests]
        writer.lazy -= 1
        pairs = zip(node.tests, parts, strict=True)
        thunks = "".join(f"(lambda q: {_test(test, part, 'q')}), " for test, part in pairs)
        return _quickly(writer, value, parts, f"tested(g, {{0}}, ({thunks}), {place})")
    (test,) = node.tests
    part = writer.emit(test, names)
    return _quickly(writer, value, [part], f"outcome(g, {_test(test, part, '{0}')}, {place})")


def _test(test: Expression, part: Code, value: str) -> str:
    """The call for one test, in which braces of a format are doubled."""
    shown = part.text.replace("{", "{{").replace("}", "}}")
    mentions, is_range = "?" in syntax.names(test), isinstance(test, syntax.RangeLiteral)
    return f"test(g, {value}, {shown}, {mentions}, {is_range})"


def _quickly(writer: Writer, value: Code, tests: Sequence[Code], slow: str) -> Code:
    """Tests that are constants of one class are compared by Python."""
    quick = [_compared(writer, test) for test in tests]
    classes = {each[0] for each in quick if each is not None}
    cls = classes.pop() if len(classes) == 1 and None not in quick else None
    if cls is not None and value.cls and value.cls != cls:
        cls = None
    text = " or ".join(each[1] for each in quick if each is not None) if cls else ""
    if cls == "S" and len(tests) > 2 and not any(isinstance(test.value, Range) for test in tests):
        text = f"{{0}} in {writer.unit.constant(frozenset(str(test.value) for test in tests))}"
    found = checked(writer, (value,), cls, text, slow, "B", strict=True)
    return found._replace(depth=deeper(value, *tests) + 2)


def _compared(writer: Writer, test: Code) -> tuple[str, str] | None:
    if isinstance(test.value, Range):
        low, high = (writer.constant(end) for end in (test.value.low, test.value.high))
        ends = {end.cls for end in (low, high) if end.value is not None}
        if len(ends) != 1 or not ends <= ORDERED:
            return None
        after, before = ("<=" if test.value.low_closed else "<"), ("<=" if test.value.high_closed else "<")
        start = "" if low.value is None else f"{low.text} {after} "
        return ends.pop(), f"{start}{{0}}" + ("" if high.value is None else f" {before} {high.text}")
    return (test.cls, f"{{0}} == {test.text}") if test.constant and test.cls in ORDERED else None
