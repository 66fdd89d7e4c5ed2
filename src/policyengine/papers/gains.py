"""What the next level would bring a partner: the discounts that it grants, and money in a year."""

from __future__ import annotations

from decimal import Decimal

from policyengine.change.period import twelve_months
from policyengine.change.slices import slice_of
from policyengine.decision.findings import Discount, Level
from policyengine.engine.rows.engine import Compiled, compile_graph
from policyengine.papers.standing import Gain, Gains
from policyengine.program.linked import Program
from policyengine.program.record import Record
from policyengine.reports.level_money import LevelMoney, held
from policyengine.reports.lists import Answer


class NextLevels:
    """Works out for records what their next levels would bring; each level is compiled once."""

    def __init__(self, program: Program, labels: dict[str, str]) -> None:
        assert program.evaluated is not None
        self._graph = program.evaluated
        self._day = program.as_of
        self._labels = labels
        self._money = LevelMoney(self._graph, twelve_months(program.as_of))
        self._with: dict[tuple[str, str], Compiled] = {}

    def of(self, answer: Answer) -> Gains:
        """The gains of a record by policy."""
        return {
            level.policy: self._gain(answer, level, level.next.level)
            for level in answer.decision.of("levels")
            if level.subject.root and level.next is not None and level.status != "undetermined"
        }

    def _gain(self, answer: Answer, level: Level, to: str) -> Gain:
        money, currency = self._money.worth(answer, level, to)
        now = {each.on: each.rate for each in answer.decision.of("discounts") if each.subject.root}
        found = []
        for item, rate in self._discounts(answer.record, level.policy, to).items():
            before = now.get(item)
            if rate != before:
                found.append((self._labels.get(item, item), before, rate))
        return Gain(found, money, currency)

    def _discounts(self, record: Record, policy: str, level: str) -> dict[str, Decimal]:
        """The discounts of the record itself, if it had the level."""
        key = policy, level
        if key not in self._with:
            graph = held(self._graph, policy, level)
            rules = [rule for rule in graph.rules if rule.finding is Discount]
            self._with[key] = compile_graph(slice_of(graph, rules), self._day)
        return {
            str(each.values["on"]): rate
            for subject in self._with[key].outcomes(record).subjects if subject.subject.root
            for each in subject.outcomes
            if each.section == Discount.section and isinstance(rate := each.values.get("rate"), Decimal)
        }  # fmt: skip
