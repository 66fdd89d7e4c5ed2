"""The differences between two versions of a program: one `Change` for each part, matched by id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from policyengine.change.document_diff import Difference, Sort, differences
from policyengine.dataclass import dataclass
from policyengine.policy.base import Part, keys_of
from policyengine.policy.draft import below
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.vocabulary import Declarations
from policyengine.program.linked import Program
from policyengine.program.versions import in_force
from policyengine.source import Span
from policyengine.text.document import Document, Pointer

WORDING = ("title", "note", "source", "basis", "url", "dated")
"""Keys that say how something is called and where it is written; no decision rests on them."""
HEAD = ("from", "until_including")


@dataclass(frozen=True, eq=False)
class PolicyPair:
    """Two versions of one policy, or of the program's declarations; None where one is missing.

    `starts` is the first day on which the difference applies, None for at once. `version` marks a new version
    that replaces the old one from that day; `dropped` marks an old version that is removed.
    """

    policy: str | None
    old: Document | None
    new: Document | None
    starts: date | None = None
    version: bool = False
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A part that differs.

    `policy` is None for the declarations of the program. `route` is the path by keys and ids; `old` and `new`
    are the pointers into the documents of `pair`. `wording` is true where only words differ. `values` are the
    written data, None where one side has none.
    """

    pair: PolicyPair
    sort: Sort
    route: tuple[str, ...]
    old: Pointer
    new: Pointer
    wording: bool

    @property
    def policy(self) -> str | None:
        """The id of the policy."""
        return self.pair.policy

    @property
    def starts(self) -> date | None:
        """The first day on which the change applies; None for at once."""
        return self.pair.starts

    @property
    def name(self) -> str:
        """The identity of the change: `reseller-levels/levels/gold/title`, with `@2027-01-01` for a later
        version.
        """
        at = f"@{self.starts}" if self.starts is not None else ""
        return "/".join([self.policy or "program", *self.route]) + at

    @property
    def values(self) -> tuple[object, object]:
        """The old and the new value as plain data."""
        return (
            None if self.pair.old is None or self.sort == "added" else self.pair.old.plain(self.old),
            None if self.pair.new is None or self.sort == "removed" else self.pair.new.plain(self.new),
        )

    @property
    def spans(self) -> tuple[Span | None, Span | None]:
        """The places in the old and the new version."""
        return (
            None if self.pair.old is None or self.sort == "added" else _span(self.pair.old, self.old),
            None if self.pair.new is None or self.sort == "removed" else _span(self.pair.new, self.new),
        )


def _span(document: Document, pointer: Pointer) -> Span:
    return document.value_span(pointer) if pointer else document.key_span(("id",))


def changes_of(old: Program, new: Program) -> tuple[Change, ...]:
    """All changes, those of the declarations first, then policy by policy in the order of the new version."""
    models = {**_models(old), **_models(new)}
    return tuple(change for pair in pairs_of(old, new) for change in _changes(pair, models))


def changes_of_versions(old: Program, new: Program) -> tuple[Change, ...]:
    """What differs between the versions that are in force on the days of two loads of the same policies."""
    models = {**_models(old), **_models(new)}
    sides = [{unit.policy.id: unit for unit in in_force(each.units, each.as_of)} for each in (old, new)]
    found: list[Change] = []
    for policy in {**sides[1], **sides[0]}:
        one, other = (side.get(policy) for side in sides)
        if one is None or other is None or _start(one) != _start(other):
            was, now = (None if each is None else each.document for each in (one, other))
            is_new = was is not None and now is not None
            found += _changes(PolicyPair(policy, was, now, version=is_new), models)
    return tuple(found)


def _models(program: Program) -> dict[int, Any]:
    """The typed model of each document."""
    own = {id(program.document): program.declarations} if program.document is not None else {}
    return {**own, **{id(unit.document): unit.policy for unit in program.units}}


def _changes(pair: PolicyPair, models: Mapping[int, Any]) -> Iterator[Change]:
    if pair.old is None or pair.new is None:
        yield Change(pair, "added" if pair.old is None else "removed", (), (), (), False)
        return
    one, other = models[id(pair.old)], models[id(pair.new)]
    for found in differences(pair.old, pair.new):
        if (pair.version or pair.dropped) and found.route[0] in HEAD:
            continue
        if found.sort in ("changed", "added", "removed") and _equal(one, other, found):
            continue
        gone = found.sort == "removed"
        words = is_wording(one if gone else other, found.old if gone else found.new, found.sort)
        yield Change(pair, found.sort, found.route, found.old, found.new, words)


def is_wording(model: Any, pointer: Pointer, sort: Sort) -> bool:
    """Whether a place holds words only: titles, notes, sources, labels of parties, items and values."""
    declares = isinstance(model, Declarations)
    if declares and pointer[0] == "sources":
        return True
    if declares and sort == "changed" and len(pointer) > 1 and pointer[-2] in ("parties", "items", "values"):
        return True
    for key, value in zip(pointer, (*pointer[1:], None), strict=True):
        if key == "values" and value is not None and sort == "changed" and hasattr(model, "type"):
            return True  # the title of a value that a table gives
        if key in WORDING and isinstance(model, Part) and key in keys_of(type(model)):
            return True
        if key in WORDING and isinstance(model, dict) and "*" in model:  # one cell for all columns
            return True
        model = below(model, key)
    return False


def _equal(old: Any, new: Any, found: Difference) -> bool:
    """Whether two places are equal once typed, as `20%` and `0.20` are."""
    one, other = _at(old, found.old), _at(new, found.new)
    return one is not None and type(one) is type(other) and not isinstance(one, str) and bool(one == other)


def _at(model: Any, pointer: Pointer) -> Any:
    for key in pointer:
        model = below(model, key)
        if model is None:
            return None
    return model


# Versions


def pairs_of(old: Program, new: Program) -> Iterator[PolicyPair]:
    """The pairs of versions to compare."""
    yield PolicyPair(None, old.document, new.document)
    sides = _by_id(old), _by_id(new)
    for policy in dict.fromkeys((*sides[1], *sides[0])):
        yield from _versions(policy, sides[0].get(policy, []), sides[1].get(policy, []), new.as_of)


def _by_id(program: Program) -> dict[str, list[PolicyDocument]]:
    found: dict[str, list[PolicyDocument]] = {}
    for unit in program.units:
        found.setdefault(unit.policy.id, []).append(unit)
    for units in found.values():
        units.sort(key=_start)
    return found


def _start(unit: PolicyDocument) -> date:
    return unit.policy.from_ or date.min


def _versions(
    policy: str, old: list[PolicyDocument], new: list[PolicyDocument], today: date
) -> Iterator[PolicyPair]:
    """Pairs versions with the same first day, then the others in order; the rest are added or removed."""
    starts = {_start(unit): unit for unit in new}
    pairs = [(unit, starts[_start(unit)]) for unit in old if _start(unit) in starts]
    rest = [unit for unit in old if _start(unit) not in starts]
    free = [unit for unit in new if all(unit is not other for _, other in pairs)]
    pairs += zip(rest, free, strict=False)
    for one, other in pairs:
        yield PolicyPair(policy, one.document, other.document, _later(max(_start(one), _start(other)), today))
    for unit in free[len(rest) :]:
        base = _in_force(old, _start(unit))
        yield PolicyPair(policy, base, unit.document, _later(_start(unit), today), version=base is not None)
    for unit in rest[len(free) :]:
        base = _in_force(new, _start(unit))
        yield PolicyPair(policy, unit.document, base, _later(_start(unit), today), dropped=base is not None)


def _later(start: date, today: date) -> date | None:
    return start if start > today else None


def _in_force(units: list[PolicyDocument], day: date) -> Document | None:
    """The version in force on a day, or the last one before it."""
    return next((unit.document for unit in reversed(units) if _start(unit) <= day), None)
