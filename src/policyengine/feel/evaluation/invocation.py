"""Calling functions: built-in ones, those of a library, and function literals with their surroundings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from policyengine.feel import limits
from policyengine.feel.checker.checker import check
from policyengine.feel.evaluation.environment import ABSENT, Env, Shared
from policyengine.feel.functions.conditions import asked_name, first_known, is_defined
from policyengine.feel.syntax.tree import Call, Expression, FunctionLiteral, Name
from policyengine.feel.syntax.typenames import resolved
from policyengine.feel.types.relations import MISMATCH, accepts, conform
from policyengine.feel.types.signatures import Function, Result, bind
from policyengine.feel.types.types import ANY, FunctionType, Type
from policyengine.feel.values.values import Failed, Invocable, unknown_within
from policyengine.source import Span

Run: TypeAlias = Callable[[Expression, Env], object]


class _BuiltIn(Invocable):
    """A function of the library as a value."""

    __slots__ = ("env", "function", "node")

    def __init__(self, function: Function, env: Env, node: Expression) -> None:
        self.function = function
        self.env = env
        self.node = node

    def __eq__(self, other: object) -> bool:
        """A function of the library is the same wherever it is named."""
        return isinstance(other, _BuiltIn) and self.function.name == other.function.name

    def __hash__(self) -> int:
        return hash(self.function.name)

    @property
    def arity(self) -> int | None:
        return None

    def fits(self, wanted: object) -> bool:
        """Whether one of its signatures takes and gives what is wanted."""
        return isinstance(wanted, FunctionType) and any(
            _fits(tuple(one.type for one in way.parameters), way.result, wanted)
            for way in self.function.signatures
        )

    def invoke(self, *arguments: object) -> object:
        return self.apply(arguments, ())

    def apply(self, arguments: Sequence[object], names: Sequence[str]) -> object:
        """The result for arguments, the last of which may be named."""
        return run_built_in(self.env.shared, self.function, arguments, names, self.node.span)


def run_built_in(
    shared: Shared, function: Function, arguments: Sequence[object], names: Sequence[str], place: Span
) -> object:
    """The result of a built-in function for arguments, the last of which may be named."""
    shared.charge(arguments)
    if function.strict:
        open_one = unknown_within(arguments)
        if open_one is not None:
            return open_one
    bound = bind(function, arguments, names, shared)
    return shared.outcome(bound if isinstance(bound, Failed) else bound(), place)


class _Closure(Invocable):
    """A function literal and the names it sees."""

    __slots__ = ("env", "literal", "run")

    def __init__(self, literal: FunctionLiteral, env: Env, run: Run) -> None:
        self.literal = literal
        self.env = env
        self.run = run

    @property
    def arity(self) -> int | None:
        return len(self.literal.parameters)

    def fits(self, wanted: object) -> bool:
        """Whether it takes and gives what is wanted, as far as its text shows."""
        if not isinstance(wanted, FunctionType):
            return False
        formals = {formal.name: formal.type or ANY for formal in self.literal.parameters}
        return _fits(tuple(formals.values()), check(self.literal.body, formals).type, wanted)

    def invoke(self, *arguments: object) -> object:
        return self.apply(arguments, ())

    def apply(self, arguments: Sequence[object], names: Sequence[str]) -> object:
        """The result for arguments, which are all named or all not."""
        formals = [formal.name for formal in self.literal.parameters]
        shared, place = self.env.shared, self.literal.span
        if len(arguments) != len(formals) or (names and set(names) != set(formals)):
            return shared.fail(f"the function takes {len(formals)} arguments", place)
        given = dict(zip(names or formals, arguments, strict=True))
        for formal in self.literal.parameters:
            wanted = formal.type and resolved(formal.type, shared.types)
            given[formal.name] = conform(given[formal.name], wanted) if wanted else given[formal.name]
            if given[formal.name] is MISMATCH:
                return shared.fail(f"`{formal.name}` has a different type", place)
        if shared.calls >= limits.CALLS:
            return shared.fail(f"functions call each other more than {limits.CALLS} deep", place)
        shared.calls += 1
        result = self.run(self.literal.body, self.env.inside(given))
        shared.calls -= 1
        return result


def _fits(parameters: Sequence[Type], result: Result, wanted: FunctionType) -> bool:
    if len(parameters) != len(wanted.parameters):
        return False
    given = result(parameters) if callable(result) else result
    taken = all(accepts(one, other) for one, other in zip(parameters, wanted.parameters, strict=True))
    return taken and accepts(wanted.result, given)


def closure(
    function: Function | FunctionLiteral, env: Env, node: Expression, run: Run | None = None
) -> Invocable:
    """A function as a value."""
    if isinstance(function, Function):
        return _BuiltIn(function, env, node)
    assert run is not None
    return _Closure(function, env, run)


def is_called(found: Invocable, name: Name) -> bool:
    """Whether a function is the built-in one that a name stands for."""
    return isinstance(found, _BuiltIn) and found.node is name


def call(node: Call, env: Env, run: Run) -> object:
    """The result of a call; `run` evaluates the parts of it."""
    function = _callee(node.function, env, run)
    if isinstance(function, Failed):
        return env.shared.outcome(function, node.span)
    if isinstance(function, Function) and function.name == "first known":
        return first_known(run(argument, env) for argument in node.positional)
    positional = [run(argument, env) for argument in node.positional]
    named = [run(entry.value, env) for entry in node.named]
    names = [entry.key for entry in node.named]
    if isinstance(function, Function):
        if function.name == "is defined" and len(positional) + len(named) == 1:
            asked = (*node.positional, *(entry.value for entry in node.named))[0]
            return is_defined((*positional, *named)[0], asked_name(asked))
        return _BuiltIn(function, env, node).apply([*positional, *named], names)
    return apply(function, [*positional, *named], names)


def apply(function: Invocable, arguments: Sequence[object], names: Sequence[str]) -> object:
    """The result of a function for arguments, the last of which may be named."""
    if isinstance(function, (_Closure, _BuiltIn)):
        return function.apply(arguments, names)
    return function.invoke(*arguments)


def _callee(node: Expression, env: Env, run: Run) -> Function | Invocable | Failed:
    if not isinstance(node, Name):
        found = run(node, env)
    else:
        found = env.find(node.name)
        # A fact may have the name of a function: `count` and `count(...)` are two things.
        if not isinstance(found, Invocable):
            function = env.shared.functions.get(node.name)
            return function or Failed(f"there is no function `{node.name}`")
    if found is ABSENT or not isinstance(found, Invocable):
        return Failed("what is called is not a function")
    return found
