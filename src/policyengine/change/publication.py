"""A plan of which nothing tells about fewer than five records, for logs and comments that others can read.

A condition of a hostile change can single out one partner (`name = "Acme"`), so that a count or a sum over
few records would tell a fact of it. Sums that rest on fewer than five records, or that change because of
fewer, are left out, and so is whatever would give them by subtraction: sums over all are those of what is
left. Counts are rounded down to multiples of five, so that no difference of two of them tells of fewer. How
much is left out is not told either, since a change can make it as much as a fact says. That a limit of
`--fail-if` holds is still told, which is one bit a run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from policyengine.change.plan import Plan
from policyengine.change.tally import Delta, Tally

LEAST = 5
"""The smallest number of records that is told."""

K = TypeVar("K")


def public(plan: Plan) -> Plan:
    """The plan without the effects on fewer than five records; `withheld` says whether there are any."""
    return replace(
        plan,
        tally=_without_few(plan.tally) if plan.tally.records >= LEAST else Tally(),
        top=0,
        refused=_fives(plan.refused),
        twice=_fives(plan.twice),
        left_out=_fives(plan.left_out),
        public=True,
        waived=None if plan.waived is None else public(plan.waived),
        withheld=any(0 < number < LEAST for number in _numbers(plan)),
    )


def _fives(number: int) -> int:
    return number - number % LEAST


def _numbers(plan: Plan) -> Iterator[int]:
    """The numbers of records that something is done to."""
    tally = plan.tally
    yield from (tally.records, plan.refused, plan.twice, plan.left_out, tally.changed, tally.unranked)
    yield from (len(plan.winners), len(plan.losers), *tally.named.values(), *tally.moves.values())
    yield from (n for (name, _), n in tally.behind.items() if name == "shifts" or name.startswith("changed "))
    yield from (
        least for name, found in (("sums", tally.sums), ("figures", tally.figures)) for key in found
        if tally.behind[f"changed {name}", key] and (least := _least(tally, name, key)) < LEAST
    )  # fmt: skip


def _least(tally: Tally, name: str, key: Hashable) -> int:
    """The smallest number of records that a number of a sum rests on: before, after, or what changes; those
    that rest on none are zero, which tells nothing.
    """
    behind = tally.behind
    whole = behind[name, key]
    sides = (whole - behind[f"later {name}", key], whole - behind[f"former {name}", key])
    changes = (behind[f"{which} {name}", key] for which in ("changed", "amount", "time"))
    return min((each for each in (*sides, *changes) if each), default=0)


def _without_few(tally: Tally) -> Tally:
    behind = tally.behind
    kept = Tally(
        records=_fives(tally.records), changed=_fives(tally.changed), unranked=_fives(tally.unranked)
    )
    for name in ("named", "moves", "days"):
        setattr(kept, name, _rounded(getattr(tally, name)))
    kept.subjects = _rounded(tally.subjects, tally.moves)
    for name in ("flows", "undecided", "facts", "unsure", "statuses"):
        found: Counter[Any] = getattr(tally, name)
        setattr(kept, name, _rounded(found, {key: behind[name, key] for key in found}))

    def few(name: str, key: Hashable) -> bool:
        """Whether a number of a sum rests on few records."""
        return _least(tally, name, key) < LEAST

    kept.sums = {flow: each for flow, each in tally.sums.items() if not few("sums", flow)}
    kept.figures = {key: each for key, each in tally.figures.items() if not few("figures", key)}
    parts = {each.part for each in tally.shifts if behind["shifts", each] < LEAST}
    kept.shifts = {
        each: (_fives(payments), net)
        for each, (payments, net) in tally.shifts.items()
        if each.part not in parts
    }
    unclear = {each.currency for each in {*tally.shifts} - {*kept.shifts}}
    unclear |= {key[0] for key in tally.months if few("months", key)}
    kept.months = {key: sums for key, sums in tally.months.items() if key[0] not in unclear}
    # The effects of single changes add up to the whole, so that they are told of all charges or of none.
    unclear = {key[1] for key in tally.effects if behind["effects", key] < LEAST}
    unclear |= {key[1] for key in tally.effects if 0 < behind["together", key[1]] < LEAST}
    unclear |= {flow.currency for flow in {*tally.sums} - {*kept.sums} if behind["caused sums", flow]}
    kept.effects = {key: amount for key, amount in tally.effects.items() if key[1] not in unclear}
    kept.deltas = [*_many(tally, lambda each: each.amount > 0), *_many(tally, lambda each: each.amount < 0)]
    return kept


def _rounded(found: Counter[K], records: Mapping[K, int] | None = None) -> Counter[K]:
    """The counts of what is done to at least five records, rounded down."""
    of = found if records is None else records
    return Counter({key: _fives(n) for key, n in found.items() if of[key] >= LEAST})


def _many(tally: Tally, wanted: Callable[[Delta], bool]) -> list[Delta]:
    found = [delta for delta in tally.deltas if wanted(delta)]
    return found[: _fives(len(found))]
