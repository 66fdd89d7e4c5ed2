"""Versions of a policy: which one is in force on a day.

A second document of the same id is a later version: from its `from` on it replaces the one before, which
may also end by itself (`until_including`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from policyengine.decision.findings import NotInForce
from policyengine.decision.wording import day as day_words
from policyengine.decision.wording import join
from policyengine.diagnostics import Code, Diagnostic, Label, Severity
from policyengine.policy.policy_reader import PolicyDocument

_FIRST = """\
kind: obligations
id: example
title: Example
for: partner
until_including: 2026-12-31
obligations:
  - {id: a, title: A, met_when: attends_quarterly_reviews}
---
kind: obligations
id: example
title: Example
for: partner
from: 2027-01-01
obligations:
  - {id: a, title: A, met_when: active_accounts > 5}
"""
TWO_IN_FORCE = Code(
    id="VERS001",
    title="two versions of a policy in force on one day",
    why="On any day at most one version applies. A later version replaces the one before from its `from` on; "
    "two versions with the same start, or a first one that says that it lasts longer, contradict each other.",
    bad=_FIRST.replace("2026-12-31", "2027-03-31"),
    good=_FIRST,
)
BACKWARDS = Code(
    id="VERS002",
    title="a policy that ends before it begins",
    why="It would never be in force.",
    bad=_FIRST.replace("from: 2027-01-01", "from: 2027-01-01\nuntil_including: 2026-12-31"),
    good=_FIRST,
)
HOLE = Code(
    id="VERS003",
    title="days without a version between two versions of a policy",
    why="On these days nothing of the policy holds: no level, no discount, no charge. Most likely one of the "
    "two dates is a slip.",
    bad=_FIRST.replace("2026-12-31", "2026-12-30"),
    good=_FIRST,
    severity=Severity.WARNING,
)
RUNS_OUT = Code(
    id="VERS004",
    title="a policy that runs out within a year, or has run out",
    why="After its last day nothing of the policy holds, without a word. Somebody decides in time what comes "
    "after it.",
    bad=_FIRST.partition("---\n")[0],
    good=_FIRST,
    severity=Severity.WARNING,
)
BY_DAY = """\
kind: table
id: example
title: Example
for: partner
version_by: renewal_on
type: number
keys: [competence_rating]
entries: {positive: 2, neutral: 1, negative: 0}
---
kind: table
id: example
title: Example
for: partner
from: 2027-01-01
version_by: renewal_on
type: number
keys: [competence_rating]
entries: {positive: 3, neutral: 1, negative: 0}
"""
"""An example of versions that are chosen by a day."""
CHOSEN_APART = Code(
    id="VERS005",
    title="versions of a policy that are not chosen by the same day",
    why="`version_by` says which day chooses the version. Where one version says it and another does not, or "
    "they are about different things, nobody could tell which of them counts.",
    bad=BY_DAY.replace("version_by: renewal_on\n", "", 1),
    good=BY_DAY,
)
CODES = (TWO_IN_FORCE, BACKWARDS, HOLE, RUNS_OUT, CHOSEN_APART)
_YEAR = 365


def with_beginnings(units: Iterable[PolicyDocument]) -> tuple[PolicyDocument, ...]:
    """Returns the versions, each with the day on which the first version of its policy begins."""
    found = list(units)
    first: dict[str, date] = {}
    for unit in found:
        first[unit.policy.id] = min(_start(unit), first.get(unit.policy.id, date.max))
    days = {name: None if start == date.min else start for name, start in first.items()}
    return tuple(replace(unit, since=days[unit.policy.id]) for unit in found)


def in_force(units: Iterable[PolicyDocument], day: date) -> tuple[PolicyDocument, ...]:
    """Returns the version of each policy that is in force on a day, in the order of the documents.

    Of a policy whose version is chosen by a day of what it judges it is every version, the first one first.
    """
    found = list(units)
    by_their_day = {unit.policy.id for unit in found if unit.policy.version_by is not None}
    chosen: dict[str, PolicyDocument] = {}
    for unit in found:
        held = chosen.get(unit.policy.id)
        if _start(unit) <= day and (held is None or _start(held) < _start(unit)):
            chosen[unit.policy.id] = unit
    those = [unit for unit in chosen.values() if _end(unit) >= day and unit.policy.id not in by_their_day]
    return (*those, *sorted((each for each in found if each.policy.id in by_their_day), key=_start))


def turning_points(units: Iterable[PolicyDocument], day: date) -> tuple[date, ...]:
    """Returns the day, those on which versions begin or have just ended, and one for each left out."""
    found = list(units)
    days = {day, *(start for unit in found if (start := _start(unit)) > date.min)}
    days |= {unit.policy.existing_from for unit in found if unit.policy.existing_from is not None}
    days |= {end + timedelta(days=1) for unit in found if _start(unit) <= (end := _end(unit)) < date.max}
    seen = {id(unit) for each in days for unit in in_force(found, each)}
    ends = [min(_end(unit), _replaced(unit, found)) for unit in found if id(unit) not in seen]
    return tuple(sorted({*days, *ends}))


def not_in_force(units: Iterable[PolicyDocument], day: date) -> tuple[NotInForce, ...]:
    """Returns the policies no version of which is in force on a day."""
    found = list(units)
    there = {unit.policy.id for unit in in_force(found, day)}
    titles = {unit.policy.id: unit.policy.title for unit in found if unit.policy.id not in there}
    return tuple(
        NotInForce(policy, title, *_around([unit for unit in found if unit.policy.id == policy], day))
        for policy, title in titles.items()
    )


def _around(versions: Sequence[PolicyDocument], day: date) -> tuple[date | None, date | None]:
    ended = [end for unit in versions if (end := _end(unit)) < day]
    beginning = [start for unit in versions if (start := _start(unit)) > day]
    return max(ended, default=None), min(beginning, default=None)


def days_of(versions: Iterable[PolicyDocument]) -> str:
    """Returns the days on which versions of a policy are in force, in words."""
    return join(_days(_start(unit), _end(unit)) for unit in sorted(versions, key=_start))


def _days(first: date, last: date) -> str:
    if first == last:
        return f"on {day_words(first)}"
    begin = [] if first == date.min else [f"from {day_words(first)}"]
    end = [] if last == date.max else [f"until {day_words(last)}"]
    return " ".join([*begin, *end])


def _replaced(unit: PolicyDocument, units: Iterable[PolicyDocument]) -> date:
    """Returns the last day before a later version begins."""
    starts = [_start(each) for each in units if each.policy.id == unit.policy.id]
    return min((start - timedelta(days=1) for start in starts if start > _start(unit)), default=date.max)


def check_versions(units: Sequence[PolicyDocument], day: date) -> Iterator[Diagnostic]:
    """Yields versions that contradict each other, holes between them, and what runs out within a year."""
    by_id: dict[str, list[PolicyDocument]] = {}
    for unit in units:
        by_id.setdefault(unit.policy.id, []).append(unit)
        yield from _existing(unit)
        if _start(unit) > _end(unit):
            at = unit.document.value_span(("until_including",))
            yield BACKWARDS.at(at, f"`{unit.policy.id}` ends before it begins on {unit.policy.from_}")
    for versions in by_id.values():
        versions.sort(key=_start)
        yield from _chosen_apart(versions)
        for earlier, later in itertools.pairwise(versions):
            if _start(earlier) == _start(later) or date.max > _end(earlier) >= _start(later):
                yield _clash(earlier, later)
            elif (_start(later) - _end(earlier)).days > 1:
                yield _hole(earlier, later)
        last = versions[-1]
        ends = _start(last) <= _end(last) < date.max and not last.policy.last_version
        if ends and (_end(last) - day).days <= _YEAR:
            yield _runs_out(last, day)


def _existing(unit: PolicyDocument) -> Iterator[Diagnostic]:
    """What is wrong with the day from which a version holds for what was there before it."""
    day, at = unit.policy.existing_from, unit.document.value_span(("existing_from",))
    if day is not None and unit.policy.version_by is None:
        message = "`existing_from` says nothing without `version_by`: the version of today holds for all"
        yield CHOSEN_APART.at(at, message, help="add `version_by: ...`, or remove it")
    elif day is not None and day < _start(unit):
        message = f"`{unit.policy.id}` would hold for what was there before it begins on {unit.policy.from_}"
        yield BACKWARDS.at(at, message, help=f"write a day from {unit.policy.from_} on")


def _chosen_apart(versions: Sequence[PolicyDocument]) -> Iterator[Diagnostic]:
    """Versions that differ in the day that chooses them, in their kind, or in what they judge."""
    last = versions[-1]
    if all(each.policy.version_by is None for each in versions):
        return
    for each in versions[:-1]:
        for key, name in (("version_by", "version_by"), ("kind", "kind"), ("for", "for_")):
            one, other = getattr(each.policy, name), getattr(last.policy, name)
            if one != other:
                there = each.document if one is None else last.document
                at = there.key_span(("id",)) if None in (one, other) else there.value_span((key,))
                message = f"the versions of `{last.policy.id}` do not have the same `{key}`"
                wanted = other if one is None else one
                yield CHOSEN_APART.at(at, message, help=f"write `{key}: {wanted}` in this version too")
                return


def _hole(earlier: PolicyDocument, later: PolicyDocument) -> Diagnostic:
    first, last = _end(earlier) + timedelta(days=1), _start(later) - timedelta(days=1)
    return HOLE.at(
        earlier.document.value_span(("until_including",)),
        f"no version of `{earlier.policy.id}` is in force {_days(first, last)}",
        help=f"write `until_including: {last}` here, or `from: {first}` in the later version",
        labels=[Label(later.document.value_span(("from",)), "the later version begins here")],
    )


def _runs_out(last: PolicyDocument, day: date) -> Diagnostic:
    end = _end(last)
    ends = "ended on" if end < day else "ends on"
    return RUNS_OUT.at(
        last.document.value_span(("until_including",)),
        f"`{last.policy.id}` {ends} {day_words(end)}, and no version follows",
        help=f"add a version with `from: {end + timedelta(days=1)}`, or say `last_version: true`",
    )


def _clash(earlier: PolicyDocument, later: PolicyDocument) -> Diagnostic:
    same = _start(earlier) == _start(later)
    help = f"end the earlier one on the day before {later.policy.from_}, or leave its `until_including` out"
    if same:
        help = "give the later version the day from which it is in force: `from: 2027-01-01`"
    return TWO_IN_FORCE.at(
        later.document.key_span(("from",) if later.policy.from_ else ("id",)),
        f"two versions of `{later.policy.id}` are in force on {later.policy.from_ or 'the same days'}",
        help=help,
        labels=[
            Label(
                earlier.document.value_span(("id",) if same else ("until_including",)),
                "the other version" if same else "the earlier version lasts until here",
            )
        ],
    )


def _start(unit: PolicyDocument) -> date:
    return unit.policy.from_ or date.min


def _end(unit: PolicyDocument) -> date:
    return unit.policy.until_including or date.max
