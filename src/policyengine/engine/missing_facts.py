"""What keeps findings from being decided: the facts that a record leaves out, and other causes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from policyengine.decision.findings import Finding, Missing, Owner, Subject, Unsettled, path_of
from policyengine.engine.finding_values import constructor
from policyengine.feel.values.values import Failure, unknown
from policyengine.feel.values.values import Missing as MissingCause
from policyengine.policy.rule import Rule
from policyengine.program.graph import Graph
from policyengine.program.record import Record


def unsettled(values: Iterable[object]) -> tuple[Unsettled, ...]:
    """The causes of everything unknown among the values, sorted."""
    open_one = unknown(values)
    if open_one is None:
        return ()
    found = [_unsettled(cause) for cause in open_one.causes]
    return tuple(sorted(found, key=_order) if len(found) > 1 else found)


def _unsettled(cause: MissingCause | Failure) -> Unsettled:
    if isinstance(cause, MissingCause):
        return _new(
            cause.fact, cause.entity, cause.key, f"`{cause.fact}` is not given", None, _owners(cause.within)
        )
    return _new(None, None, None, cause.sentence, cause.place, ())


_new: Callable[..., Unsettled] = constructor(Unsettled)


def _owners(within: tuple[tuple[str, str], ...]) -> tuple[Owner, ...]:
    return tuple([Owner(*each) for each in within]) if within else ()


def _order(each: Unsettled) -> tuple[str, str, str, str, int]:
    start = -1 if each.at is None else each.at.start
    return each.entity or "", path_to(each), each.fact or "", each.text, start


class Instance(Protocol):
    """One of an entity, in either engine."""

    @property
    def record(self) -> Record | None:
        """Where its facts are; None for a computed one."""
        ...

    @property
    def subject(self) -> Subject:
        """Who it is."""
        ...

    @property
    def missing_key(self) -> str:
        """What names it among what is missing."""
        ...


Lacked = tuple[str, str, str, tuple[Owner, ...]]
"""The entity, the key and the name of a missing fact, and what the one with that key stands in."""


def missing_facts(
    findings: Sequence[Finding], left_out: Mapping[Lacked, Sequence[str]]
) -> tuple[Missing, ...]:
    """Every missing fact with what needs it; `left_out` are lists, with who needs them."""
    needed: dict[Lacked, set[str]] = {key: set(ids) for key, ids in left_out.items()}
    for finding in findings:
        _add(finding, needed)
    if not needed:
        return ()
    found = [
        Missing(fact, entity, key or None, tuple(sorted(ids)), within)
        for (entity, key, fact, within), ids in needed.items()
    ]
    return tuple(sorted(found, key=lambda each: (each.entity, path_to(each), each.fact)))


def path_to(each: Missing | Unsettled) -> str:
    """What names the one whose fact is missing within its record; "" for a record without a key."""
    key = each.key or ""
    return path_of([*[owner.key for owner in each.within], key]) if each.within else key


def _add(finding: Finding, needed: dict[Lacked, set[str]]) -> None:
    """Adds the facts that a finding and its parts need."""
    if finding.unknown:
        _need(finding.name, finding.unknown, needed)
    for part in getattr(finding, "requirements", ()):
        _add(part, needed)


def _need(name: str, unknown: Iterable[Unsettled], needed: dict[Lacked, set[str]]) -> None:
    for cause in unknown:
        if cause.fact is not None:
            key = (str(cause.entity), str(cause.key), cause.fact, cause.within)
            needed.setdefault(key, set()).add(name)


class JudgedList(NamedTuple):
    """A list whose things, or what stands in them, rules judge: in which entity, and the ids of the rules."""

    within: str
    name: str
    ids: tuple[str, ...]


def judged_lists(graph: Graph, rules: Iterable[Rule] | None = None) -> tuple[JudgedList, ...]:
    """The lists whose things rules judge, or what stands in them; all rules, if none are named."""
    judged: dict[str, set[str]] = {}
    for rule in graph.rules if rules is None else rules:
        for owner in graph.vocabulary.lineage(graph.real(rule.entity)):
            judged.setdefault(owner, set()).add(f"{rule.origin.policy}/{rule.origin.id}")
    return tuple(
        JudgedList(entity.within, str(entity.list), tuple(sorted(judged[name])))
        for name, entity in graph.vocabulary.entities.items()
        if entity.within is not None and name in judged and entity.default is None
    )


def lists_left_out(
    judged: Iterable[JudgedList], found: Mapping[str, Sequence[Instance]]
) -> dict[Lacked, tuple[str, ...]]:
    """The lists that records leave out although rules judge what would stand in them, with those rules."""
    return {
        (within, above.missing_key, name, above.subject.owners): ids
        for within, name, ids in judged
        for above in found[within]
        if above.record is not None and name not in above.record.lists
    }
