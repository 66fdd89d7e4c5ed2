"""The periods that hold days of an entity: `half.start`, `half.label`, `half.next.end` are values of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from policyengine.diagnostics import Report
from policyengine.feel.functions.periods import JANUARY, PERIOD
from policyengine.feel.syntax import build
from policyengine.feel.syntax.parser import parse
from policyengine.feel.syntax.tree import Binary, ContextLiteral, Entry, Expression, Name, Path
from policyengine.feel.types import types
from policyengine.feel.types.signatures import Library
from policyengine.feel.values.values import Months
from policyengine.policy.entity import EntityPeriod
from policyengine.policy.policy_reader import excerpt
from policyengine.policy.quantities import CALENDAR
from policyengine.policy.recurrence import of_calendar
from policyengine.policy.rule import Node
from policyengine.policy.vocabulary import Vocabulary
from policyengine.source import Span
from policyengine.text.document import Document, Scalar

_DAY = timedelta(days=1)
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
            written = document.at(("entities", name, "periods", word, "of"))
            if not isinstance(written, Scalar):
                continue
            parsed = parse(excerpt(written), vocabulary.names(name), functions=functions)
            report.extend(parsed.diagnostics)
            if parsed.expression is not None:
                yield from _Parts(vocabulary, name, word, declared, written.span).nodes(parsed.expression)


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
        self._label = declared.label or _USUAL[self._rhythm]
        self._months = CALENDAR[self._rhythm].months
        self._at = at
        fiscal = self._rhythm.startswith("fiscal")
        self._begins = vocabulary.declarations.fiscal_year_begins if fiscal else JANUARY
        self._none: Expression | None = None
        self._nodes: list[Node] = []

    def nodes(self, of: Expression) -> list[Node]:
        """All nodes of the period of a day; where there is no such day, there is no period."""
        at = self._at
        day = self._node("of", of, types.DATE)
        start = of_calendar("calendar start", self._rhythm, day, self._vocabulary, at)
        if self._may_be_nothing(of):
            self._none = build.call("is nothing", day, span=at)
        first = self._node("start", start, types.DATE)
        entries = self._entries("", first)
        for part, months in (("next", self._months), ("previous", -self._months)):
            moved = Binary("+", first, build.literal(Months(months), at), at)
            around = self._entries(f"{part}/", self._node(f"{part}/start", moved, types.DATE))
            entries.append(Entry(part, ContextLiteral(tuple(around), at), at))
        whole = ContextLiteral(tuple(entries), at)
        self._nodes.append(Node(self._word, self._entity, whole, at, PERIOD, self._title))
        return self._nodes

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

    def _entries(self, prefix: str, start: Name) -> list[Entry]:
        """The parts of a period that begins on a day of the entity."""
        at = self._at
        length = build.literal(Months(self._months), at)
        end = Binary("-", Binary("+", start, length, at), build.literal(_DAY, at), at)
        last = self._node(f"{prefix}end", end, types.DATE)
        between = Path(Binary("-", last, start, at), "days", at)
        month = Path(start, "month", at)
        after = build.call(
            "modulo", Binary("-", month, build.literal(self._begins.month, at), at), build.literal(12, at),
            span=at,
        )  # fmt: skip
        steps = build.call("floor", Binary("/", after, build.literal(self._months, at), at), span=at)
        parts: dict[str, Expression] = {
            "start": start,
            "end": last,
            "days": self._node(f"{prefix}days", self._plus(between, 1), types.COUNT),
            "number": self._node(f"{prefix}number", self._plus(steps, 1), types.COUNT),
            "year": self._node(f"{prefix}year", self._year(start), types.COUNT),
        }
        label = build.call(
            "period label", build.literal(self._label, at), start, parts["number"], parts["year"],
            build.literal(self._begins, at), span=at,
        )  # fmt: skip
        parts["label"] = self._node(f"{prefix}label", label, types.TEXT)
        return [Entry(name, value, at) for name, value in parts.items()]

    def _plus(self, number: Expression, more: int) -> Expression:
        return Binary("+", number, build.literal(more, self._at), self._at)

    def _year(self, start: Name) -> Expression:
        """The year in which the year of a period ends."""
        at, year = self._at, Path(start, "year", self._at)
        if (self._begins.month, self._begins.day) == (1, 1):
            return year
        late = build.compare(">=", Path(start, "month", at), build.literal(self._begins.month, at), at)
        return build.choose([(late, self._plus(year, 1))], year, at)
