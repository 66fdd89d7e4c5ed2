"""Groups changes that only compile together: levels without a gap, a fact and the rule that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from policyengine.change.apply import with_changes
from policyengine.change.changes import Change
from policyengine.program.linked import Program

_TRIES = 60


def bundles(
    old: Program, changes: Sequence[Change], always: Sequence[Change] = ()
) -> tuple[tuple[Change, ...], ...]:
    """Groups the changes into the smallest groups found that compile, each change in one group.

    A change that compiles alone is a group. The rest is tried in pairs, then by policy, with the
    declarations, at last all together. `always` are changes of wording, which every group includes.
    """
    found: list[tuple[Change, ...]] = []
    left = list(changes)
    for group in _candidates(left):
        if all(any(each is one for one in left) for each in group) and _compiles(old, (*always, *group)):
            found.append(group)
            left = [each for each in left if all(each is not one for one in group)]
    if left:
        found.append(tuple(left))
    places = {id(change): i for i, change in enumerate(changes)}
    return tuple(sorted(found, key=lambda group: places[id(group[0])]))


def _candidates(changes: list[Change]) -> Iterator[tuple[Change, ...]]:
    """The groups to try, the smallest first; the number of pairs is bounded."""
    yield from ((change,) for change in changes)
    by_policy: dict[str | None, list[Change]] = {}
    for change in changes:
        by_policy.setdefault(change.policy, []).append(change)
    for some in by_policy.values():
        pairs = sorted(combinations(range(len(some)), 2), key=lambda pair: (pair[1] - pair[0], pair))
        yield from ((some[i], some[j]) for i, j in pairs[:_TRIES])
        yield from ((some[i], some[i + 1], some[i + 2]) for i in range(min(len(some) - 2, _TRIES)))
        yield tuple(some)
    own = by_policy.get(None, [])
    for policy, some in by_policy.items():
        if policy is not None and own:
            yield from ((declared, change) for declared in own[:8] for change in some[:8])
            yield (*own, *some)


def _compiles(old: Program, changes: Sequence[Change]) -> bool:
    return with_changes(old, changes, old.as_of).ok
