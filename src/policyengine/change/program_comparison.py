"""Compares two versions of a program: a sentence for every change, a witness for changes of meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from policyengine.analysis.acceptance import Refusal, find_refusal
from policyengine.analysis.affected import Affected, ComparedPart, affected_parts, said_by_parts
from policyengine.analysis.single_changes import SingleChanges, said_by_items
from policyengine.analysis.version_days import days_to_compare, on_day
from policyengine.analysis.witness import LIMIT, SAME, NotDecided, Same, Witness, find_witness, witness_in
from policyengine.change.apply import with_changes
from policyengine.change.change_groups import bundles, told_once
from policyengine.change.changes import Change, changes_of
from policyengine.change.descriptions import sentence, title_of
from policyengine.change.document_diff import differences
from policyengine.change.independence import Effects, GraphWith, Trials, effects
from policyengine.change.language_changes import language_changes
from policyengine.change.ledger_changes import ledger_changes
from policyengine.change.sides import level_titles
from policyengine.dataclass import dataclass
from policyengine.decision.wording import capital, some
from policyengine.program.graph import Graph
from policyengine.program.linked import Program
from policyengine.program.record import Record

_SEEDS = 3
"""How many of the records found last are tried for the next change."""
Verdict = Witness | Refusal | Same | NotDecided
Progress = Callable[[int, int], None]
Group = tuple[Change, ...]
"""Changes that are made together."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A change with its sentence and the title of its policy."""

    change: Change
    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """A group of changes and its verdict on `day`: a record that shows it, a proof, or neither."""

    spoken: tuple[Spoken, ...]
    verdict: Verdict
    day: date

    @property
    def same(self) -> bool:
        """Whether the group is proved to change nothing."""
        return isinstance(self.verdict, Same)

    @property
    def ends(self) -> bool:
        """Whether a whole policy, or a version of one, is taken away; that is told first."""
        return any(
            each.change.pair.dropped or (each.change.sort == "removed" and not each.change.route)
            for each in self.spoken
        )


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

    @property
    def notices(self) -> tuple[str, ...]:
        """What concerns the whole: files that are no longer read, and whether the past is rewritten."""
        return tuple(_notices(self))


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
    known = _verdicts(trials, new, groups, starts, limit)
    meanings: list[Meaning] = []
    for i, group in enumerate(groups):
        if progress is not None:
            progress(i, len(groups))
        verdict, day = known.get(id(group[0])) or _judged(trials, new, group, starts, limit)
        spoken = tuple(_spoken(change, old, new) for change in told_once(group))
        order_alone = all(change.sort == "order" for change in group)
        if not (order_alone and isinstance(verdict, Same)):
            meanings.append(Meaning(spoken, verdict, day))
    if progress is not None:
        progress(len(groups), len(groups))
    meanings.sort(key=lambda each: not each.ends)
    words_alone = [_spoken(change, old, new) for change in wording]
    words_alone += _beside(old, new)
    return ProgramComparison(old, new, tuple(meanings), tuple(words_alone))


def said_changes(old: Program, new: Program) -> tuple[Spoken, ...]:
    """What differs between two versions, a sentence a change, without looking for records that show it."""
    return (*(_spoken(change, old, new) for change in changes_of(old, new)), *_beside(old, new))


def _beside(old: Program, new: Program) -> list[Spoken]:
    """What changes that nothing decides on: texts in further languages, and ledgers."""
    found = (*language_changes(old, new), *ledger_changes(old, new))
    return [Spoken(change, title, capital(said)) for change, title, said in found]


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
    trials: Trials, new: Program, groups: Sequence[Group], starts: Sequence[Record], limit: int
) -> dict[int, tuple[Verdict, date]]:
    """What is found at once of many groups of changes, by the identity of their first change.

    What is not found that way is left out.
    """
    old = trials.old
    some = [
        group for group in groups if all(each.policy is not None and each.starts is None for each in group)
    ]

    def made(chosen: Sequence[Group]) -> Graph | None:
        return trials.linked([change for group in chosen for change in group])

    found = effects(made, some, old.graph, said_by_parts()) if old.graph is not None else None
    if found is None or old.graph is None:
        return {}
    whole = trials.made([change for group in some for change in group])
    if days_to_compare(old, whole) != (old.as_of,):
        return {}
    affected = affected_parts(old.graph, found.graph, old.as_of)
    verdicts: dict[int, tuple[Verdict, date]] = {}
    seeds: list[Record] = []
    for i, part in _apart(made, some, affected, found):
        telling = _levels(some[i], old, whole)
        recent = seeds[-_SEEDS:]
        verdict = witness_in(part, starts, limit, telling, recent, new.graph) if part.groups else Same(SAME)
        if isinstance(verdict, Witness) and verdict.record not in seeds:
            seeds.append(verdict.record)
        if verdict is not None:
            verdicts[id(some[i][0])] = verdict, old.as_of
    return verdicts


def _apart(
    made: GraphWith[Group], some: Sequence[Group], affected: Affected, found: Effects
) -> Iterator[tuple[int, Affected]]:
    """The parts in which each change shows: those that it alone touches, else those in which a record may
    show it alone.
    """
    own: dict[int, list[ComparedPart]] = {i: [] for i in range(len(some)) if i not in found.shared}
    for part in affected.groups:
        own.get(found.touched.get(part.name, -1), []).append(part)
    yield from ((i, affected.only(parts)) for i, parts in own.items())
    said = said_by_items()
    items = effects(made, some, affected.old, said) if found.shared else None
    if items is not None:
        one, other = said(affected.old), said(affected.new)
        differing = frozenset(item for item in {*one, *other} if one.get(item) != other.get(item))
        single = SingleChanges(affected, items.touched, items.shared, differing)
        for i in sorted(found.shared):
            if (shown := single.only(i)) is not None:
                yield i, shown


def _judged(
    trials: Trials, new: Program, group: Sequence[Change], starts: Sequence[Record], limit: int
) -> tuple[Verdict, date]:
    """The verdict on a group: the first day with a witness, else whether equality is proved on all days."""
    old, made = trials.old, trials.made(group)
    if not made.ok:  # it compiles only with others, which cannot be told apart
        made = new
    refused = _refused(old, made, group)
    if refused is not None:
        return refused, old.as_of
    days = days_to_compare(old, made)
    first = max((change.starts for change in group if change.starts is not None), default=None)
    ordered = [first, *(day for day in days if day != first)] if first is not None else list(days)
    open: tuple[Verdict, date] | None = None
    verdict: Verdict = NotDecided("they do not compile on the days that count")
    for day in ordered:
        one, other = on_day(old, day), on_day(made, day)
        if not one.ok or not other.ok:
            continue
        telling, whole = _levels(group, one, other), on_day(new, day).graph
        verdict = find_witness(one, other, starts, limit=limit, telling=telling, whole=whole)
        if isinstance(verdict, Witness):
            return verdict, day
        if isinstance(verdict, NotDecided) and open is None:
            open = verdict, day
    return open or (verdict, ordered[0])


def _levels(group: Sequence[Change], *programs: Program) -> frozenset[str]:
    """The ids of the levels that changes are about."""
    titles = [level_titles(program.graph) for program in programs if program.graph is not None]
    return frozenset(
        step
        for change in group
        for step in change.route
        if any(step in known.get(change.policy or "", ()) for known in titles)
    )


def _refused(old: Program, made: Program, group: Sequence[Change]) -> Refusal | None:
    """A record that is no longer read, where the declarations of the program differ."""
    if all(change.policy is not None for change in group) or old.graph is None or made.graph is None:
        return None
    return find_refusal(old.graph.vocabulary, made.graph.vocabulary, old.as_of)


def _notices(found: ProgramComparison) -> Iterator[str]:
    names = [_files(program) for program in (found.old, found.new)]
    dropped = {
        str(each.change.pair.old.source.name)
        for meaning in found.changed if meaning.ends
        for each in meaning.spoken if each.change.pair.old is not None
    }  # fmt: skip
    for name in sorted(names[0].keys() - names[1].keys()):
        if names[0][name] in dropped:
            yield f"the file `{name}` is no longer read"
    yield from _readers(found.old, found.new)
    changes = [each.change for meaning in found.changed for each in meaning.spoken]
    if any(_of_the_past(change, found.new.as_of) for change in changes):
        start = date(found.new.as_of.year + 1, 1, 1)
        yield f"also holds for days before today; with `from: {start}` the past stays as it was"


def _readers(old: Program, new: Program) -> Iterator[str]:
    """The mappings and the lists that differ: no decision rests on them, but what is read and shown does."""
    mappings = [{each.mapping.id: each.document for each in side.mappings} for side in (old, new)]
    reports = [{each.report.id: each.document for each in side.reports} for side in (old, new)]
    for what, does, (before, after) in (
        ("mapping", "exports are read differently", mappings),
        ("list", "it shows something different", reports),
    ):
        for name in dict.fromkeys((*before, *after)):
            if name not in before or name not in after:
                yield f"the {what} `{name}` is {'new' if name in after else 'dropped'}"
            elif found := ["/".join(each.route) for each in differences(before[name], after[name])]:
                yield f"the {what} `{name}` changes {some(f'`{each}`' for each in found)}: {does}"


def _of_the_past(change: Change, today: date) -> bool:
    """Whether a change counts for days before today; which day chooses a version is said of all versions."""
    if change.policy is None or change.starts is not None or change.route == ("version_by",):
        return False
    if change.route == ("until_including",):
        return any(str(end) < str(today) for end in change.values if end is not None)
    return not _begins_later(change.values[1], today)


def _begins_later(value: object, today: date) -> bool:
    """Whether a new part says that it begins after today: a waiver, or a policy whose waivers all do."""
    if not isinstance(value, dict):
        return False
    inside = value.get("waivers") or ()
    return str(value.get("from", "")) > str(today) or (
        bool(inside) and all(_begins_later(each, today) for each in inside)
    )


def _files(program: Program) -> dict[str, str]:
    """The files of the policies, by their names within the folder."""
    found = {unit.document.source.name for unit in program.units}
    return {name.removeprefix(f"{program.name}/"): name for name in found}
