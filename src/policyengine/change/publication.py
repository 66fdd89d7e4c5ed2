"""A plan of which nothing tells about fewer than five records, for logs and comments that others can read.

A condition of a hostile change can single out one partner (`name = "Acme"`), so that a count or a sum over
few records would tell a fact of it. Groups of fewer than five records are left out, and counted; sums over
all are those of what is left. That a limit of `--fail-if` holds is still told, which is one bit a run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from policyengine.change.plan import Plan
from policyengine.change.tally import Delta, Tally

LEAST = 5
"""The smallest number of records that is told."""

K = TypeVar("K")


def public(plan: Plan) -> Plan:
    """The plan without the effects on fewer than five records; `withheld` is how many groups those are."""
    kept, withheld = _without_few(plan.tally)
    numbers = plan.refused, plan.twice, plan.left_out
    refused, twice, left_out = (0 if 0 < number < LEAST else number for number in numbers)
    withheld += sum(0 < number < LEAST for number in numbers)
    return replace(
        plan, tally=kept, top=0, refused=refused, twice=twice, left_out=left_out, withheld=withheld
    )


def _without_few(tally: Tally) -> tuple[Tally, int]:
    if 0 < tally.records < LEAST:
        return Tally(records=0), 1
    kept = Tally(records=tally.records, changed=tally.changed if tally.changed >= LEAST else 0)
    counters = ("named", "moves", "flows", "undecided", "facts", "unsure", "days", "statuses")
    for name in counters:
        setattr(kept, name, Counter({key: n for key, n in getattr(tally, name).items() if n >= LEAST}))
    kept.subjects = Counter({move: tally.subjects[move] for move in kept.moves})
    for name in ("sums", "months", "values", "shifts"):
        setattr(kept, name, _told(getattr(tally, name), name, tally.behind))
    kept.effects = _effects(tally)
    kept.deltas = [*_many(tally.deltas, lambda each: each.amount > 0)]
    kept.deltas += _many(tally.deltas, lambda each: each.amount < 0)
    withheld = sum(
        len(getattr(tally, name)) - len(getattr(kept, name)) for name in ("moves", "sums", "values", "shifts")
    )
    return kept, withheld + (tally.changed > 0 and not kept.changed and not withheld)


def _told(found: dict[K, Any], name: str, behind: Counter[tuple[str, object]]) -> dict[K, Any]:
    """What rests on no record that changes, or on at least five, and on five records altogether."""
    return {
        key: each
        for key, each in found.items()
        if behind[name, key] >= LEAST and not 0 < behind[f"changed {name}", key] < LEAST
    }


def _effects(tally: Tally) -> dict[tuple[int, str], Any]:
    """The effects of single changes in the currencies in which all can be told: they add up to the change."""
    few = {key[1] for key in tally.effects if tally.behind["effects", key] < LEAST}
    return {key: amount for key, amount in tally.effects.items() if key[1] not in few}


def _many(deltas: Iterable[Delta], wanted: Callable[[Delta], bool]) -> list[Delta]:
    found = [delta for delta in deltas if wanted(delta)]
    return found if len(found) >= LEAST else []
