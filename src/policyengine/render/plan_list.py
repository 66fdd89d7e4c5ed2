"""Who is hit by a change, as CSV: one row for each record for which something changes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from policyengine.change.plan import Plan
from policyengine.change.states import NAMES, State
from policyengine.change.tally import Hit
from policyengine.decision.findings import UNDETERMINED
from policyengine.render.style import clean

HEAD = (
    "key", "label", "level_before", "level_after", "currency", "money_before", "money_after", "money_change",
    "changes", "causes",
)  # fmt: skip
"""The columns; money is what is due in the period, `money_change` what changed amounts make of it."""
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def plan_list(plan: Plan) -> str:
    """The rows, by key; a record with charges in several currencies has a row for each."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEAD)
    for hit in sorted(plan.tally.hits, key=lambda hit: hit.key):
        writer.writerows(_rows(plan, hit))
    return stream.getvalue()


def _rows(plan: Plan, hit: Hit) -> Iterator[Sequence[str]]:
    levels = [_levels(plan, hit, side) for side in (1, 2)]
    about = "; ".join(NAMES[name] for name in hit.names)
    causes = "; ".join(plan.changes[number] for number in hit.causes)
    money = [
        (currency, f"{sums.before:f}", f"{sums.after:f}", f"{sums.amount:f}") for currency, sums in hit.sums
    ]
    for sums in money or [("", "", "", "")]:
        words = (*map(_safe, (hit.key, hit.label or "", *levels)), *sums, *map(_safe, (about, causes)))
        yield words


def _levels(plan: Plan, hit: Hit, side: int) -> str:
    """The levels of a record on one side; with the title of its policy where there are several."""
    found = [(str(each[0]), each[side]) for each in hit.levels]
    return "; ".join(
        f"{plan.titles.policy(policy)}: {_level(plan, policy, state)}"
        if len(found) > 1
        else _level(plan, policy, state)
        for policy, state in found
    )


def _level(plan: Plan, policy: str, state: State) -> str:
    if state == UNDETERMINED:
        return "not decided"
    return plan.titles.level(policy, str(state))


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    shown = clean(text)
    return f"'{shown}" if shown.startswith(_FORMULAS) else shown
