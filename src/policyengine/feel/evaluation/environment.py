"""The state of an evaluation: names in sight, how failures show, steps that are left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from policyengine.feel import limits
from policyengine.feel.syntax.tree import Expression, names
from policyengine.feel.types.signatures import Library
from policyengine.feel.types.types import Type
from policyengine.feel.values.comparison import compare
from policyengine.feel.values.values import Failed, Failure, Unknown, unknown
from policyengine.source import Span

ABSENT: Final = object()


class Shared:
    """One evaluation: its mode, its functions, and the steps it may still take."""

    __slots__ = ("_mentions", "calls", "functions", "policy", "steps", "types")

    def __init__(self, policy: bool, functions: Library, types: Mapping[str, Type]) -> None:
        self.policy = policy
        self.functions = functions
        self.types = types
        self.steps = limits.STEPS
        self.calls = 0
        self._mentions: dict[tuple[int, str], bool] = {}

    def fail(self, sentence: str, place: Span) -> object:
        """The outcome of what has no answer: null in plain FEEL, unknown with its reason in policies."""
        return Unknown.of(Failure(sentence, place)) if self.policy else None

    def exhausted(self, place: Span) -> object:
        """The outcome when all steps are spent."""
        return self.fail(f"the calculation takes more than {limits.STEPS} steps", place)

    def outcome(self, value: object, place: Span) -> object:
        """A result as it is, or what a failure shows as."""
        return self.fail(value.sentence, place) if isinstance(value, Failed) else value

    def mentions(self, node: Expression, name: str) -> bool:
        """Whether an expression uses a name of its surroundings (cached for the evaluation)."""
        found = self._mentions.get((id(node), name))
        if found is None:
            found = self._mentions[id(node), name] = name in names(node)
        return found

    def charge(self, values: Sequence[object]) -> None:
        """Charges the steps of a call, more for long lists and texts."""
        self.steps -= 5
        for value in values:
            cls = value.__class__
            if cls is list or cls is tuple:
                self.steps -= len(value) // 4  # type: ignore[arg-type]
            elif cls is str:
                self.steps -= len(value) // 64  # type: ignore[arg-type]


class Env:
    """Names in sight: those of a form, and around it those of its surroundings."""

    __slots__ = ("names", "outer", "shared")

    def __init__(self, names: Mapping[str, object], outer: Env | None, shared: Shared) -> None:
        self.names = names
        self.outer = outer
        self.shared = shared

    def find(self, name: str) -> object:
        """The value of a name, from the inside out; `ABSENT` where there is none."""
        at: Env | None = self
        while at is not None:
            if name in at.names:
                return at.names[name]
            at = at.outer
        return ABSENT

    def inside(self, names: Mapping[str, object]) -> Env:
        """The surroundings with more names."""
        return Env(names, self, self.shared)


# Three-valued logic (Kleene): an unknown operand matters only where the known ones do not decide.


def decide(results: Iterable[object], decisive: bool, shared: Shared, place: Span) -> object:
    """`decisive` if one result is that; the other value if all are; not known, or null, in between.

    Results are taken one by one, and none after the first decisive one. Any other value than true, false
    and unknown has no meaning as a condition.
    """
    open_ones: list[object] = []
    for result in results:
        if result is decisive:
            return decisive
        if result is (not decisive):
            continue
        if isinstance(result, Unknown):
            open_ones.append(result)
        else:
            sentence = result.sentence if isinstance(result, Failed) else _sentence(result)
            open_ones.append(shared.fail(sentence, place))
    return unknown(open_ones) if open_ones else not decisive


def _sentence(result: object) -> str:
    return "the condition is null" if result is None else "the condition is neither true nor false"


def agreed(branches: Sequence[object], open_ones: Sequence[object]) -> object:
    """The value of branches that all agree; else the causes of the open conditions and of the branches."""
    last = branches[-1]
    if unknown(branches) is None and all(compare("=", branch, last) is True for branch in branches):
        return last
    return unknown((*open_ones, *branches))
