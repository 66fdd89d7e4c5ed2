"""What is not decided for want of facts: which fact would settle most."""

from __future__ import annotations

from collections import Counter
from dataclasses import field

from policyengine.dataclass import dataclass
from policyengine.decision.decision import nested
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


class Undecided:
    """Collects the facts that are missing, the one that settles most by itself first."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._wanted: dict[Fact, _Wanted] = {}
        self._titles: dict[str, str] = {}

    def add(self, answer: Answer) -> None:
        """Adds what one record lacks."""
        decision, waits = answer.decision, dict[str, set[Fact]]()
        if decision.missing:
            self._titles.update((one.name, one.title) for one in nested(decision.findings))
        for missing in decision.missing:
            for name in missing.needed_by:
                waits.setdefault(name, set()).add((missing.fact, missing.entity))
        for fact in dict.fromkeys((each.fact, each.entity) for each in decision.missing):
            found = self._wanted.setdefault(fact, _Wanted())
            found.records += 1
            found.key = found.key or decision.subject.key
        for name, facts in waits.items():
            for fact in facts:
                self._wanted[fact].findings[name] += 1
                self._wanted[fact].alone += len(facts) == 1

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


def _rank(each: tuple[Fact, _Wanted]) -> tuple[object, ...]:
    fact, found = each
    return -found.alone, -found.findings.total(), -found.records, fact
