"""The state of the checker: names in sight with their types, and the mistakes found so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from policyengine.diagnostics import Code, Diagnostic, nearest
from policyengine.feel.expression_codes import MIXED_UNITS, WRONG_TYPE
from policyengine.feel.syntax.tree import Expression, Literal
from policyengine.feel.types.relations import have_order
from policyengine.feel.types.signatures import Library
from policyengine.feel.types.types import ANY, NULL, Enum, Number, Type, describe
from policyengine.source import Span

Infer: TypeAlias = "Callable[[Expression, TypeScope], Type]"


class TypeScope:
    """Names in sight, from the inside out, and one list of mistakes for all of them."""

    __slots__ = ("_infer", "found", "functions", "names", "outer", "types", "unsure", "used")

    def __init__(
        self, names: Mapping[str, Type], functions: Library, infer: Infer, outer: TypeScope | None = None
    ) -> None:
        self.names = names
        self.functions = functions
        self.outer = outer
        self._infer = infer
        self.found: list[Diagnostic] = [] if outer is None else outer.found
        self.types: dict[int, Type] = {} if outer is None else outer.types
        self.used: set[str] = set() if outer is None else outer.used
        self.unsure: bool = outer is not None and outer.unsure

    def inside(self, names: Mapping[str, Type]) -> TypeScope:
        """The surroundings with more names."""
        return TypeScope(names, self.functions, self._infer, self)

    def anything(self) -> TypeScope:
        """The surroundings, where any other name may be a field of a thing of no known type."""
        scope = self.inside({})
        scope.unsure = True
        return scope

    def infer(self, node: Expression) -> Type:
        """The type of an expression in these surroundings."""
        return self._infer(node, self)

    def inferred(self, node: Expression) -> Type:
        """The type of a node that was looked at before; looking twice would double at every level."""
        return self.types.get(id(node), ANY)

    def find(self, name: str) -> Type | None:
        """The type of a name, None if there is none; those given from outside are noted as used."""
        at: TypeScope | None = self
        while at is not None:
            if name in at.names:
                if at.outer is None:
                    self.used.add(name)
                return at.names[name]
            at = at.outer
        return ANY if self.unsure else None

    def visible(self) -> Iterator[tuple[str, Type]]:
        """Every name in sight."""
        at: TypeScope | None = self
        while at is not None:
            yield from at.names.items()
            at = at.outer

    def add(self, code: Code, at: Expression | Span, message: str, help: str | None = None) -> Type:
        """Notes a mistake; what is wrong has no type that one could rely on."""
        self.found.append(code.at(at if isinstance(at, Span) else at.span, message, help=help))
        return ANY

    def ordered(self, node: Expression, left: Type, right: Type, help: str | None = None) -> bool:
        """Whether values of the two types are smaller or larger than each other; notes the mistake if not."""
        if have_order(left, right):
            return True
        if isinstance(left, Number) and isinstance(right, Number):
            self.add(MIXED_UNITS, node, f"{describe(left)} and {describe(right)} cannot be compared")
        elif isinstance(left, Enum) and isinstance(right, Enum | type(NULL)):
            self.add(WRONG_TYPE, node, "the choices of a list have no order", "compare them with `=` or `in`")
        else:
            message = f"{describe(left)} and {describe(right)} have no order"
            self.add(WRONG_TYPE, node, message, help)
        return False

    def choice(self, code: Code, node: Literal, wanted: Enum) -> None:
        """Notes a mistake where a text is none of the choices."""
        text = str(node.value)
        if text in wanted.values:
            return
        near = nearest(text, wanted.values)
        known = ", ".join(f'"{value}"' for value in wanted.values)
        advice = f'did you mean `"{near}"`?' if near else f"it is one of {known}"
        self.add(code, node, f'`"{text[:60]}"` is not a value of `{wanted.name}`', advice)
