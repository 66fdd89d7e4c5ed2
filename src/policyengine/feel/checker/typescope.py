"""The state of the checker: names in sight with their types, and the mistakes found so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TypeAlias

from policyengine.diagnostics import Code, Diagnostic, Words, did_you_mean, listed, nearest
from policyengine.feel.checker.foreign_calls import method_call
from policyengine.feel.expression_codes import (
    MIXED_UNITS,
    UNKNOWN_CHOICE,
    UNKNOWN_NAME,
    UNKNOWN_PROPERTY,
    WRONG_TYPE,
)
from policyengine.feel.syntax.tree import Call, Expression, Filter, FunctionLiteral, Literal, Name, Path, walk
from policyengine.feel.types.properties import property_types
from policyengine.feel.types.relations import have_order, is_open, join
from policyengine.feel.types.signatures import Library
from policyengine.feel.types.types import (
    ANY,
    NULL,
    Context,
    Enum,
    FunctionType,
    ListOf,
    Number,
    Type,
    describe,
)
from policyengine.source import Span
from policyengine.text import literal_guesses

Infer: TypeAlias = "Callable[[Expression, TypeScope], Type]"


class Known:
    """What an unknown name may stand for: the names that many expressions see, indexed once for all of them.

    `outer` are those around them.
    """

    def __init__(self, names: Mapping[str, Type], outer: Known | None = None) -> None:
        self._all = names
        self.outer = outer

    @cached_property
    def _names(self) -> Mapping[str, Type]:
        return {name: kind for name, kind in self._all.items() if "/" not in name and name != "?"}

    @cached_property
    def words(self) -> Words:
        """The names, without those that no author writes."""
        return Words(self._names)

    @cached_property
    def functions(self) -> tuple[str, ...]:
        """The names that can be called."""
        return tuple(name for name, kind in self._names.items() if isinstance(kind, FunctionType))

    @cached_property
    def owners(self) -> Mapping[str, str]:
        """The facts of things that have a name, such as those of a list, each with that name."""
        found: dict[str, str] = {}
        for name, kind in self._names.items():
            item = kind.item if isinstance(kind, ListOf) else kind
            if isinstance(item, Context):
                for fact in item.fields:
                    found.setdefault(fact, name)
        return found


class TypeScope:
    """Names in sight, from the inside out, and one list of mistakes for all of them."""

    __slots__ = (
        "_infer", "_known", "found", "functions", "names", "orders", "outer", "types", "unsure", "used"
    )  # fmt: skip

    def __init__(
        self,
        names: Mapping[str, Type],
        functions: Library,
        infer: Infer,
        outer: TypeScope | None = None,
        known: Known | None = None,
    ) -> None:
        self._known = known
        self.names = names
        self.functions = functions
        self.outer = outer
        self._infer = infer
        self.found: list[Diagnostic] = [] if outer is None else outer.found
        self.types: dict[int, Type] = {} if outer is None else outer.types
        self.used: set[str] = set() if outer is None else outer.used
        self.orders: dict[int, Enum | Context] = {} if outer is None else outer.orders
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

    def known(self) -> Iterator[Known]:
        """What an unknown name may stand for, from the inside out."""
        at: TypeScope | None = self
        while at is not None:
            found: Known | None = at._known or Known(at.names)
            while found is not None:
                yield found
                found = found.outer
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
        elif isinstance(left, Enum) and isinstance(right, Enum) and left.ordered and right.ordered:
            message = f"{describe(left)} and {describe(right)} are choices of two lists"
            self.add(WRONG_TYPE, node, message, "give both the same `values`, in the same order")
        elif isinstance(left, Enum) and not left.ordered and isinstance(right, Enum | type(NULL)):
            help = "compare them with `=` or `in`, or say `ordered: true` where they are declared"
            self.add(WRONG_TYPE, node, "the choices of a list have no order", help)
        else:
            message = f"{describe(left)} and {describe(right)} have no order"
            self.add(WRONG_TYPE, node, message, help)
        return False

    def ordered_choice(self, node: Expression, kind: Type, other: Expression) -> bool:
        """Whether it compares choices that ascend with one of them; notes it, or a text that is none."""
        if not isinstance(kind, Enum) or not kind.ordered:
            return False
        if not isinstance(other, Literal) or not isinstance(other.value, str):
            return False
        self.choice(UNKNOWN_CHOICE, other, kind)
        if other.value in kind.values:
            self.orders[id(node)] = kind
        return True

    def note_order(self, node: Expression, left: Type, right: Type) -> None:
        """Notes that a part compares choices which ascend, where one of its sides is such a choice."""
        kind = next((each for each in (left, right) if isinstance(each, Enum)), None)
        if kind is not None:
            self.orders[id(node)] = kind

    def joined(self, nodes: Sequence[Expression]) -> Type:
        """The type that covers the values of nodes; a text among choices is one more choice."""
        kinds = [self.inferred(node) for node in nodes]
        if any(isinstance(kind, Enum) for kind in kinds):
            known = [kind for kind in kinds if isinstance(kind, Enum)]
            kinds = [*known, *map(partial(_as_choice, known=known), nodes, kinds)]
        return join(kinds)

    def function(self, node: FunctionLiteral, item: Type) -> Type:
        """The type of a function; its parameters of no written type are of `item`."""
        parameters = {formal.name: formal.type or item for formal in node.parameters}
        found = FunctionType(tuple(parameters.values()), self.inside(parameters).infer(node.body))
        self.types[id(node)] = found
        return found

    def choice(self, code: Code, node: Literal, wanted: Enum) -> None:
        """Notes a mistake where a text is none of the choices."""
        text = str(node.value)
        if text in wanted.values:
            return
        near = nearest(text, wanted.values)
        known = ", ".join(f'"{value}"' for value in wanted.values)
        advice = f'did you mean `"{near}"`?' if near else f"it is one of {known}"
        self.add(code, node, f'`"{text[:60]}"` is not a value of `{wanted.name}`', advice)


RANGE_OF_CHOICES = "write `... in [... .. ...]` or `... between ... and ...`"


def _as_choice(node: Expression, kind: Type, known: Sequence[Enum]) -> Type:
    """The type of a value that stands beside choices: a text that is one of them, or a choice of its own."""
    if not isinstance(node, Literal) or not isinstance(node.value, str):
        return kind
    text = node.value
    return next((each for each in known if text in each.values), Enum(known[0].name, (text,)))


# Names and properties that nothing has, and what was probably meant.


_FEW_NAMES = 20
"""So many of the names that are there are told where one is not known."""


def unknown_name(node: Name, scope: TypeScope) -> Type:
    """The type of a name that is not in sight: a function's, or a mistake."""
    if node.name in scope.functions:
        function = scope.functions[node.name]
        if any(signature.parameters == () for signature in function.signatures):
            advice = f"write `{node.name}()`"
            return scope.add(UNKNOWN_NAME, node, f"`{node.name}` is a function and is called", advice)
        first = function.signatures[0]
        result = ANY if callable(first.result) else first.result
        return FunctionType(tuple(parameter.type for parameter in first.parameters), result)
    if node.name == "?":
        return scope.add(UNKNOWN_NAME, node, "`?` is the value under test, and nothing is tested here")
    return scope.add(UNKNOWN_NAME, node, f"`{node.name}` is not known here", _suggestion(node.name, scope))


def _suggestion(name: str, scope: TypeScope) -> str | None:
    if name[0] in "€¥" and (plain := literal_guesses.number(name)) is not None:
        return f"write `{plain}`: a fact knows its currency"
    if (truth := literal_guesses.boolean(name)) is not None and len(name) > 1:
        return f"write `{truth}`"
    if literal_guesses.period(name) == name:
        return f'write `@"{name}"`'
    for known in scope.known():
        near = did_you_mean(name, known.words)
        if near is not None:
            return near
    owner = next((known.owners[name] for known in scope.known() if name in known.owners), None)
    if owner is not None:
        return f"it is a fact of `{owner}`: write `{owner}.{name}`"
    words = list(dict.fromkeys(word for known in scope.known() for word in known.words))
    return f"known here: {listed(words, _FEW_NAMES)}" if words else None


def _fields(kind: Type) -> Mapping[str, Type]:
    return kind.fields if isinstance(kind, Context) else property_types(kind)


def property_type(node: Path, target: Type, scope: TypeScope, call: Call | None = None) -> Type:
    """The type of `target.name`; of a list, a list of what its items have. `call` calls it, as a method."""
    if isinstance(target, ListOf):
        if not is_open(target.item) and node.name not in _fields(target.item):
            instead = method_call(node.target, target, node, call)
            if instead is not None:
                message = f"{describe(target)} has no `{node.name}`"
                return scope.add(UNKNOWN_PROPERTY, call or node, message, f"write `{instead}`")
        item = property_type(node, target.item, scope)
        if isinstance(item, Number) and item.by and in_several_currencies(node.target, target.item, item):
            return several_currencies(node, item, scope)
        return ANY if is_open(item) else ListOf(item)
    if is_open(target):
        return ANY
    if isinstance(target, Context) and not target.fields and not target.name:
        return ANY
    fields = _fields(target)
    if node.name in fields:
        return fields[node.name]
    instead = method_call(node.target, target, node, call)
    if instead is not None:
        message = f"{describe(target)} has no `{node.name}`"
        return scope.add(UNKNOWN_PROPERTY, call or node, message, f"write `{instead}`")
    advice = did_you_mean(node.name, fields)
    if advice is None and fields and len(fields) <= 8:
        advice = "it has " + ", ".join(f"`{name}`" for name in fields)
    return scope.add(UNKNOWN_PROPERTY, node, f"{describe(target)} has no `{node.name}`", advice)


def in_several_currencies(items: Expression, of: Type, amount: Number) -> bool:
    """Whether amounts of several things may be in several currencies, since each names its own.

    A filter that asks for the currency is taken to leave one.
    """
    owner, _, fact = amount.by.partition(".")
    chosen = isinstance(items, Filter) and any(
        isinstance(part, Name) and part.name == fact for part in walk(items.condition)
    )
    return isinstance(of, Context) and of.name == owner and not chosen


def several_currencies(node: Expression, amount: Number, scope: TypeScope) -> Type:
    """Reports amounts in several currencies that a list would have side by side."""
    owner, _, fact = amount.by.partition(".")
    help = f'choose those in one currency: `[{fact} = "EUR"]` behind the list'
    return scope.add(MIXED_UNITS, node, f"each `{owner}` names a currency of its own (`{fact}`)", help)
