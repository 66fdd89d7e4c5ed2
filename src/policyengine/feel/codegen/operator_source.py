"""Operators on values that are of one class for Python, with a function of the runtime for all others."""

from __future__ import annotations

from collections.abc import Sequence

from policyengine.feel.codegen.emit import EXACT, HINT, SURE, Code, Writer
from policyengine.feel.syntax.tree import Comparison

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
