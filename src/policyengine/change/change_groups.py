"""Groups changes that only compile together: levels without a gap, a fact and the rule that reads it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import combinations

from policyengine.change.changes import Change
from policyengine.change.independence import Trials

_TRIES = 60


def bundles(trials: Trials, changes: Sequence[Change]) -> tuple[tuple[Change, ...], ...]:
    """Groups the changes into the smallest groups found that compile, each change in one group.

    A change that compiles alone is a group, with the same change of a version that begins later. The rest is
    tried in pairs, then by policy, with the declarations, at last all together.
    """
    found = [(change,) for change in trials.compile_alone(changes)]
    left = _without(changes, [change for (change,) in found])
    groups = list[tuple[Change, ...]](found)
    for group in _candidates(left):
        if not _without(group, left) and trials.made(group).ok:
            groups.append(group)
            left = _without(left, group)
    if left:
        groups.append(tuple(left))
    places = {id(change): i for i, change in enumerate(changes)}
    alike: dict[Hashable, list[Change]] = {}
    for group in sorted(groups, key=lambda group: places[id(group[0])]):
        same = _written(group[0]) if len(group) == 1 else id(group)
        alike.setdefault(same if same not in alike or group[0].pair.version else id(group), []).extend(group)
    return tuple(map(tuple, alike.values()))


def told_once(group: Iterable[Change]) -> Iterator[Change]:
    """The changes of a group, without those that a new version of a policy takes over from the one before."""
    told = set[Hashable]()
    for change in group:
        if not change.pair.version or _written(change) not in told:
            yield change
        told.add(_written(change))


def _written(change: Change) -> Hashable:
    """What is written and where, the same for the same change of two versions of a policy."""
    return (change.policy, change.route, change.sort, repr(change.values)) if change.route else id(change)


def _without(changes: Iterable[Change], others: Iterable[Change]) -> list[Change]:
    known = set(map(id, others))
    return [change for change in changes if id(change) not in known]


def _candidates(changes: list[Change]) -> Iterator[tuple[Change, ...]]:
    """The groups of several to try, the smallest first; the number of pairs is bounded."""
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
