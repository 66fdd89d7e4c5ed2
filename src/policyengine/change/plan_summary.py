"""The counts and sums of a plan by name, and conditions on them (`--fail-if`)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from policyengine.change.plan import Plan
from policyengine.change.states import NAMES as MOVES
from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.face import typecheck
from policyengine.feel.functions import BUILTINS
from policyengine.feel.syntax.parser import parse
from policyengine.feel.syntax.tree import Expression, names
from policyengine.feel.types import types
from policyengine.feel.values.values import Failure, Unknown
from policyengine.source import Source

RECORDS: Mapping[str, str] = {
    "records": "records that were compared",
    "left_out": "records that could not be read",
    "newly_refused": "records that OLD reads and NEW refuses",
    "twice": "records that are not counted, since others have the same key",
    "changed": "records for which anything changes",
    **{name: f"records that {about}" for name, about in MOVES.items()},
    "winners": "records that pay less, or are paid more",
    "losers": "records that pay more, or are paid less",
    "undetermined_charges": "charges that are not counted, since a version cannot decide them",
}
RANKED = ("winners", "losers")
SUMS: Mapping[str, str] = {
    "net_before": "the net charges of the period by OLD",
    "net_after": "the net charges of the period by NEW",
    "net_change": "how much more all records pay because amounts change; below zero they pay less",
    "net_moved": "how much more is due in the period because due dates move; below zero less is due",
}
ABOUT: Mapping[str, str] = {**RECORDS, **SUMS}
"""Every name of a summary, and what it stands for: counts, then amounts."""


def summary_of(plan: Plan) -> dict[str, int | Decimal | None]:
    """The values by the names that `--fail-if` asks for.

    A sum over two currencies is None; so is how many win or lose where amounts of a record change in two.
    """
    tally, cost = plan.tally, plan.total
    ranked = not tally.unranked
    return {
        "records": tally.records,
        "left_out": plan.left_out,
        "newly_refused": plan.refused,
        "twice": plan.twice,
        "changed": tally.changed,
        **{name: tally.named[name] for name in MOVES},
        "winners": len(plan.winners) if ranked else None,
        "losers": len(plan.losers) if ranked else None,
        "undetermined_charges": sum(each.number for each in plan.undecided),
        "net_before": cost.before if cost else None,
        "net_after": cost.after if cost else None,
        "net_change": cost.change if cost else None,
        "net_moved": cost.moved if cost else None,
    }


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a summary, as it was written."""

    text: str
    expression: Expression

    @property
    def names(self) -> frozenset[str]:
        """The summary names that the condition uses."""
        return names(self.expression)

    def holds(self, summary: Mapping[str, int | Decimal | None]) -> bool | None:
        """Whether the condition holds; None where it is not decided."""
        known = {
            name: _NO_SUM if value is None else Decimal(value) for name, value in summary.items()
        }  # fmt: skip
        found = evaluate(self.expression, known, functions=BUILTINS)
        return found if isinstance(found, bool) else None


_NO_SUM = Unknown.of(Failure("amounts in two currencies have no sum"))


def condition(text: str, place: str) -> Condition | tuple[Diagnostic, ...]:
    """Parses a condition; returns it or its mistakes. `place` names the text in messages."""
    source = Source(place, text)
    names: dict[str, types.Type] = dict.fromkeys(RECORDS, types.COUNT)
    names.update(dict.fromkeys(SUMS, types.NUMBER))
    parsed = parse(source, names, functions=BUILTINS)
    if parsed.expression is None:
        return parsed.diagnostics
    checked = typecheck(parsed.expression, names, types.BOOLEAN)
    return checked.diagnostics or Condition(text, parsed.expression)
