"""What is not decided for want of facts: which fact would settle most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import field
from typing import NamedTuple

from policyengine.dataclass import dataclass
from policyengine.decision.decision import Decision, nested
from policyengine.decision.findings import UNDETERMINED
from policyengine.decision.wording import words
from policyengine.policy.vocabulary import Vocabulary
from policyengine.reports.lists import Answer, Cells, Head, ListColumn, Listing

_COLUMNS = (
    ListColumn("fact", "fact"),
    ListColumn("title", "what it is"),
    ListColumn("entity", "of"),
    ListColumn("records", "partners", "count"),
    ListColumn("alone", "settles alone", "count"),
    ListColumn("findings", "helps to settle", "count"),
    ListColumn("needed_by", "for"),
    ListColumn("such_as", "such as"),
)
_HEAD = Head("undecided", "Not decided, by the fact that is missing", _COLUMNS, "No fact is missing.")
_TITLES = 2
Fact = tuple[str, str]


@dataclass(slots=True)
class _Wanted:
    """How often a fact is missing, and what waits for it."""

    key: str | None = None
    records: int = 0
    alone: int = 0
    findings: Counter[str] = field(default_factory=Counter)


class Lacked(NamedTuple):
    """The facts that some records lack, and the titles of the findings that wait for them."""

    facts: dict[Fact, _Wanted]
    titles: dict[str, str]


class Undecided:
    """Collects the facts that are missing, the one that settles most by itself first."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._wanted: dict[Fact, _Wanted] = {}
        self._titles: dict[str, str] = {}

    def part(self, answers: Sequence[Answer]) -> Lacked:
        """What some records lack."""
        found = Lacked({}, {})
        for each in answers:
            if each.decision.missing:
                _count(each.decision, found)
        return found

    def add(self, part: Lacked) -> None:
        """Adds what the next records lack."""
        self._titles.update(part.titles)
        for fact, more in part.facts.items():
            found = self._wanted.setdefault(fact, _Wanted(more.key))
            found.records += more.records
            found.alone += more.alone
            found.findings.update(more.findings)
            found.key = found.key or more.key

    def listing(self) -> Listing:
        """The list of all that was added."""
        order = sorted(self._wanted.items(), key=_rank)
        return Listing(_HEAD, [self._row(fact, found) for fact, found in order])

    def _row(self, fact: Fact, found: _Wanted) -> Cells:
        (name, entity), vocabulary = fact, self._vocabulary
        title = vocabulary.noun(entity, name) if entity in vocabulary.entities else words(name)
        owner = vocabulary.entities[entity].title if entity in vocabulary.entities else words(entity)
        names = (each for each, _ in found.findings.most_common())
        needed = list(
            dict.fromkeys(self._titles.get(each) or words(each.rpartition("/")[2]) for each in names)
        )
        more = f" and {len(needed) - _TITLES} more" if len(needed) > _TITLES else ""
        helps, needs = found.findings.total(), "; ".join(needed[:_TITLES]) + more
        return name, title, owner, found.records, found.alone, helps, needs, found.key


def _count(decision: Decision, found: Lacked) -> None:
    """Adds what one record lacks."""
    waits, own = dict[str, set[Fact]](), dict[str, list[set[Fact]]]()
    found.titles.update((one.name, one.title) for one in nested(decision.findings))
    for missing in decision.missing:
        for name in missing.needed_by:
            waits.setdefault(name, set()).add((missing.fact, missing.entity))
    for fact in dict.fromkeys((each.fact, each.entity) for each in decision.missing):
        wanted = found.facts.setdefault(fact, _Wanted())
        wanted.records += 1
        wanted.key = wanted.key or decision.subject.key
    for one in decision.findings:  # of one name there may be several, each for want of its own facts
        if one.status == UNDETERMINED and one.name in waits:
            facts = {(each.fact, each.entity) for each in one.unknown if each.fact and each.entity}
            own.setdefault(one.name, []).append(waits[one.name] & facts)
    for name, facts in waits.items():
        for some in filter(None, own.get(name, ())) if any(own.get(name, ())) else (facts,):
            for fact in some:
                found.facts[fact].findings[name] += 1
                found.facts[fact].alone += len(some) == 1


def _rank(each: tuple[Fact, _Wanted]) -> tuple[object, ...]:
    fact, found = each
    return -found.alone, -found.findings.total(), -found.records, fact
