"""Three-valued logic (Kleene): an unknown operand matters only where the known ones do not decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policyengine.feel.evaluation.environment import Shared
from policyengine.feel.values.comparison import compare
from policyengine.feel.values.values import Failed, Unknown, unknown
from policyengine.source import Span


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
