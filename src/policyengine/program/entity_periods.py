"""The periods that hold days of an entity: `half.start`, `half.label`, `half.next.end` are values of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from policyengine.decision.reason_words import length_noun
from policyengine.diagnostics import Report
from policyengine.feel.functions.periods import JANUARY, PERIOD
from policyengine.feel.syntax import build
from policyengine.feel.syntax.parser import parse
from policyengine.feel.syntax.tree import Binary, ContextLiteral, Entry, Expression, Name, Path
from policyengine.feel.types import types
from policyengine.feel.types.signatures import Library
from policyengine.feel.values.values import Months
from policyengine.policy import quantities
from policyengine.policy.entity import EntityPeriod
from policyengine.policy.policy_reader import excerpt
from policyengine.policy.quantities import CALENDAR
from policyengine.policy.recurrence import of_calendar
from policyengine.policy.rule import Node
from policyengine.policy.vocabulary import Vocabulary
from policyengine.source import Span
from policyengine.text.document import Document, Scalar

_DAY, _NO_DAYS = timedelta(days=1), timedelta(0)
_USUAL = {
    "calendar month": "{month} {yyyy}",
    "calendar quarter": "{yyyy} Q{n}",
    "calendar half year": "{yyyy} H{n}",
    "calendar year": "{yyyy}",
    "fiscal month": "FY{yyyy} M{n}",
    "fiscal quarter": "FY{yyyy} Q{n}",
    "fiscal half year": "FY{yyyy} H{n}",
    "fiscal year": "FY{yyyy}",
}


def entity_periods(
    vocabulary: Vocabulary, document: Document, functions: Library, report: Report
) -> Iterator[Node]:
    """Yields the nodes of all periods: one for each of their parts, and one for the whole."""
    for name, entity in vocabulary.entities.items():
        for word, declared in entity.periods.items():
            found = []
            for key in ("of",) if declared.starting is None else ("of", "starting"):
                written = document.at(("entities", name, "periods", word, key))
                if isinstance(written, Scalar):
                    parsed = parse(excerpt(written), vocabulary.names(name), functions=functions)
                    report.extend(parsed.diagnostics)
                    found += [] if parsed.expression is None else [(parsed.expression, written.span)]
            if len(found) == (1 if declared.starting is None else 2):
                (of, at), *starting = found
                parts = _Parts(vocabulary, name, word, declared, at)
                yield from parts.nodes(of, *(each for each, _ in starting))


class _Parts:
    """The nodes of one period."""

    def __init__(
        self, vocabulary: Vocabulary, entity: str, word: str, declared: EntityPeriod, at: Span
    ) -> None:
        self._vocabulary = vocabulary
        self._entity = entity
        self._word = word
        self._rhythm = str(declared.every)
        self._title = declared.title
        self._length = CALENDAR.get(self._rhythm) or quantities.length(self._rhythm)
        self._label = declared.label or _USUAL.get(self._rhythm) or f"{length_noun(self._rhythm)} {{n}}"
        self._at = at
        fiscal = self._rhythm.startswith("fiscal")
        self._begins = vocabulary.declarations.fiscal_year_begins if fiscal else JANUARY
        self._none: Expression | None = None
        self._number: Name | None = None
        self._start: Callable[[int], Expression]
        self._nodes: list[Node] = []

    def nodes(self, of: Expression, starting: Expression | None = None) -> list[Node]:
        """All nodes of the period of a day; where there is no such day, there is no period."""
        at = self._at
        day = self._node("of", of, types.DATE)
        self._none = self._nothing(of, day)
        first = self._of_calendar(day) if starting is None else self._counted(starting, day)
        entries = self._entries("", first, 0)
        for part, step in (("next", 1), ("previous", -1)):
            around = self._entries(
                f"{part}/", self._node(f"{part}/start", self._start(step), types.DATE), step
            )
            entries.append(Entry(part, ContextLiteral(tuple(around), at), at))
        whole = ContextLiteral(tuple(entries), at)
        self._nodes.append(Node(self._word, self._entity, whole, at, PERIOD, self._title))
        return self._nodes

    def _of_calendar(self, day: Name) -> Name:
        """The first day of the period of the calendar that holds a day."""
        start = of_calendar("calendar start", self._rhythm, day, self._vocabulary, self._at)
        first, length = self._node("start", start, types.DATE), self._length
        assert isinstance(length, Months)
        self._start = lambda step: Binary(
            "+", first, build.literal(Months(length.months * step), self._at), self._at
        )
        return first

    def _counted(self, starting: Expression, day: Name) -> Name:
        """The first day of the period that holds a day, of those counted from another; before it is none."""
        at, begins = self._at, self._node("starting", starting, types.DATE)
        nothing = self._nothing(starting, begins)
        if nothing is not None:
            self._none = nothing if self._none is None else build.any_of([self._none, nothing], at)
        series: tuple[Expression, ...] = (
            begins,
            *(build.literal(each, at) for each in (Months(0), _NO_DAYS, self._length)),
        )
        count = self._node("count", build.call("occurrences until", *series, day, span=at), types.COUNT)
        early = build.compare("<", count, build.literal(1, at), at)
        self._none = early if self._none is None else build.any_of([self._none, early], at)
        self._number = count
        self._start = lambda step: build.call("nth occurrence", *series, self._plus(count, step), span=at)
        return self._node("start", self._start(0), types.DATE)

    def _nothing(self, of: Expression, day: Name) -> Expression | None:
        """The test that there is no such day; None where there always is one, known or not."""
        return build.call("is nothing", day, span=self._at) if self._may_be_nothing(of) else None

    def _may_be_nothing(self, of: Expression) -> bool:
        """Whether it may be known that there is no such day; a record may only leave a plain fact out."""
        if of == build.name("today", of.span):
            return False
        found = self._vocabulary.fact(self._entity, of.name) if isinstance(of, Name) else None
        return found is None or not found[1].is_given or found[1].has_stand_in

    def _node(self, part: str, expression: Expression, kind: types.Type) -> Name:
        name = f"{self._word}/{part}"
        if self._none is not None:
            nothing = build.call("no value of", expression, span=self._at)
            expression = build.choose([(self._none, nothing)], expression, self._at)
        self._nodes.append(Node(name, self._entity, expression, self._at, kind))
        return build.name(name, self._at)

    def _entries(self, prefix: str, start: Name, step: int) -> list[Entry]:
        """The parts of a period that begins on a day of the entity, so many periods after that of the day."""
        at = self._at
        end = Binary("-", self._start(step + 1), build.literal(_DAY, at), at)
        last = self._node(f"{prefix}end", end, types.DATE)
        between = Path(Binary("-", last, start, at), "days", at)
        parts: dict[str, Expression] = {
            "start": start,
            "end": last,
            "days": self._node(f"{prefix}days", self._plus(between, 1), types.COUNT),
            "number": self._node(f"{prefix}number", self._numbered(start, step), types.COUNT),
            "year": self._node(f"{prefix}year", self._year(start), types.COUNT),
        }
        label = build.call(
            "period label", build.literal(self._label, at), start, parts["number"], parts["year"],
            build.literal(self._begins, at), span=at,
        )  # fmt: skip
        parts["label"] = self._node(f"{prefix}label", label, types.TEXT)
        return [Entry(name, value, at) for name, value in parts.items()]

    def _numbered(self, start: Name, step: int) -> Expression:
        """The number of a period: within its year, or from the first day on."""
        at, length = self._at, self._length
        if self._number is not None:
            return self._plus(self._number, step)
        assert isinstance(length, Months)
        months = Binary("-", Path(start, "month", at), build.literal(self._begins.month, at), at)
        after = build.call("modulo", months, build.literal(12, at), span=at)
        steps = build.call("floor", Binary("/", after, build.literal(length.months, at), at), span=at)
        return self._plus(steps, 1)

    def _plus(self, number: Expression, more: int) -> Expression:
        return Binary("+", number, build.literal(more, self._at), self._at)

    def _year(self, start: Name) -> Expression:
        """The year in which the year of a period ends."""
        at, year = self._at, Path(start, "year", self._at)
        if (self._begins.month, self._begins.day) == (1, 1):
            return year
        late = build.compare(">=", Path(start, "month", at), build.literal(self._begins.month, at), at)
        return build.choose([(late, self._plus(year, 1))], year, at)
