"""Compares two versions of a program: a sentence for every change, a witness for changes of meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from policyengine.analysis.affected import ComparedPart, affected_parts, said_by_parts
from policyengine.analysis.version_days import days_to_compare, on_day
from policyengine.analysis.witness import LIMIT, SAME, NotDecided, Same, Witness, find_witness, witness_in
from policyengine.change.apply import with_changes
from policyengine.change.change_groups import bundles
from policyengine.change.changes import Change, changes_of
from policyengine.change.descriptions import sentence, title_of
from policyengine.change.independence import Trials, effects
from policyengine.dataclass import dataclass
from policyengine.program.linked import Program
from policyengine.program.record import Record

Verdict = Witness | Same | NotDecided
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A change with its sentence and the title of its policy."""

    change: Change
    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """A group of changes and its verdict on `day`: a witness, a proof of equality, or neither."""

    spoken: tuple[Spoken, ...]
    verdict: Verdict
    day: date

    @property
    def same(self) -> bool:
        """Whether the group is proved to change nothing."""
        return isinstance(self.verdict, Same)


@dataclass(frozen=True, slots=True)
class ProgramComparison:
    """The differences between two versions: changes of meaning and changes of wording."""

    old: Program
    new: Program
    meanings: tuple[Meaning, ...]
    wording: tuple[Spoken, ...]

    @property
    def changed(self) -> tuple[Meaning, ...]:
        """The changes of meaning that are not proved to change nothing."""
        return tuple(each for each in self.meanings if not each.same)


def compare(
    old: Program,
    new: Program,
    starts: Sequence[Record] = (),
    *,
    limit: int = LIMIT,
    progress: Progress | None = None,
) -> ProgramComparison:
    """Compares two versions that compile for the same day; witnesses are searched from `starts`."""
    found = changes_of(old, new)
    wording = [change for change in found if change.wording]
    if wording and not _only_words(old, wording):
        wording = []
    words = set(map(id, wording))
    trials = Trials(old, wording, old.as_of)
    groups = bundles(trials, [change for change in found if id(change) not in words])
    known = _verdicts(trials, [group[0] for group in groups if len(group) == 1], starts, limit)
    meanings: list[Meaning] = []
    for i, group in enumerate(groups):
        if progress is not None:
            progress(i, len(groups))
        verdict, day = known.get(id(group[0])) or _judged(trials, new, group, starts, limit)
        spoken = tuple(_spoken(change, old, new) for change in group)
        order_alone = all(change.sort == "order" for change in group)
        if not (order_alone and isinstance(verdict, Same)):
            meanings.append(Meaning(spoken, verdict, day))
    if progress is not None:
        progress(len(groups), len(groups))
    return ProgramComparison(
        old, new, tuple(meanings), tuple(_spoken(change, old, new) for change in wording)
    )


def _spoken(change: Change, old: Program, new: Program) -> Spoken:
    return Spoken(change, title_of(change), sentence(change, old, new))


def _only_words(old: Program, wording: Sequence[Change]) -> bool:
    """Whether changes that look like wording change no decision, on any day."""
    new = with_changes(old, wording, old.as_of)
    return new.ok and all(_nothing(old, new, day) for day in days_to_compare(old, new))


def _nothing(old: Program, new: Program, day: date) -> bool:
    one, other = on_day(old, day).graph, on_day(new, day).graph
    return one is not None and other is not None and not affected_parts(one, other, day)


def _verdicts(
    trials: Trials, changes: Sequence[Change], starts: Sequence[Record], limit: int
) -> dict[int, tuple[Verdict, date]]:
    """What is found at once of many changes that touch nothing in common, by their identity.

    What is not found that way is left out.
    """
    old, some = trials.old, [each for each in changes if each.policy is not None and each.starts is None]
    found = effects(trials, some, old.graph, said_by_parts()) if old.graph is not None else None
    if found is None or old.graph is None or days_to_compare(old, trials.made(some)) != (old.as_of,):
        return {}
    affected = affected_parts(old.graph, found.graph, old.as_of)
    own: dict[int, list[ComparedPart]] = {i: [] for i in range(len(some)) if i not in found.shared}
    for part in affected.groups:
        own.get(found.touched.get(part.name, -1), []).append(part)
    verdicts: dict[int, tuple[Verdict, date]] = {}
    for i, parts in own.items():
        verdict = witness_in(affected.only(parts), starts, limit) if parts else Same(SAME)
        if verdict is not None:
            verdicts[id(some[i])] = verdict, old.as_of
    return verdicts


def _judged(
    trials: Trials, new: Program, group: Sequence[Change], starts: Sequence[Record], limit: int
) -> tuple[Verdict, date]:
    """The verdict on a group: the first day with a witness, else whether equality is proved on all days."""
    old, made = trials.old, trials.made(group)
    if not made.ok:  # it compiles only with others, which cannot be told apart
        made = new
    days = days_to_compare(old, made)
    first = max((change.starts for change in group if change.starts is not None), default=None)
    ordered = [first, *(day for day in days if day != first)] if first is not None else list(days)
    open: tuple[Verdict, date] | None = None
    verdict: Verdict = NotDecided("they do not compile on the days that count")
    for day in ordered:
        one, other = on_day(old, day), on_day(made, day)
        if not one.ok or not other.ok:
            continue
        verdict = find_witness(one, other, starts, limit=limit)
        if isinstance(verdict, Witness):
            return verdict, day
        if isinstance(verdict, NotDecided) and open is None:
            open = verdict, day
    return open or (verdict, ordered[0])
