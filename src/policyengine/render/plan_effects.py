"""What a plan comes to, by weight: the first sentence, the list of the rest, the most important numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import quote

from policyengine.change.plan import Cost, Plan, Share
from policyengine.change.publication import LEAST
from policyengine.change.states import NAMES, OTHERS, STILL_OPEN
from policyengine.decision.wording import capital, day, some
from policyengine.render import plan_words as say
from policyengine.render.annotation import in_the_tree

WORDS = 25
"""How many words the first sentence has at most, as long as a single effect does not take more."""
_MOVES: tuple[tuple[str, str], ...] = (
    ("level_changes", "change level"),
    ("discounts_lost", "lose a discount"),
    ("discounts_lowered", "get a lower discount"),
    ("newly_blocked", "are newly blocked"),
    ("newly_undetermined", "have something that can no longer be decided"),
    ("duties_unowned", "have a duty for which nobody is named"),
    ("duties_moved", "see a duty pass to another party"),
    ("obligations_moved", "see an obligation pass to another party"),
    ("newly_overdue", "have an obligation that is newly overdue"),
    ("duties_gained", "see a new duty"),
    ("duties_lost", "see a duty end"),
    ("obligations_gained", "have a new obligation"),
    ("obligations_lost", "lose an obligation"),
    ("obligations_changed", "have an obligation that changes"),
    ("discounts_gained", "gain a discount"),
    ("discounts_raised", "get a higher discount"),
    ("newly_open", "are no longer blocked"),
    ("newly_decided", "have something that can be decided now"),
    *((name, NAMES[name]) for name in (f"{section}_changed" for section in OTHERS)),
)
_SINGULAR = {"change": "changes", "lose": "loses", "get": "gets", "gain": "gains", "are": "is", "have": "has",
             "see": "sees"}  # fmt: skip


def headline(plan: Plan) -> str:
    """The most important effects in one sentence."""
    found = effects(plan)
    return f"{capital('; '.join(found[: _fitting(found)]))}."


def rest(plan: Plan) -> list[str]:
    """The effects that the first sentence leaves out, the most important first."""
    found = effects(plan)
    return found[_fitting(found) :]


def _fitting(found: list[str]) -> int:
    """How many effects the first sentence holds."""
    size = 1
    while size < len(found) and len(" ".join(found[: size + 1]).split()) <= WORDS:
        size += 1
    return size


_TILES = (
    ("level_changes", "change level"),
    ("discounts_lost", "lose a discount"),
    ("newly_blocked", "newly blocked"),
    ("newly_undetermined", "no longer decided"),
)


def tiles(plan: Plan) -> list[tuple[str, str]]:
    """The most important numbers and their labels."""
    named = plan.tally.named
    people = say.things(plan.tally.records, plan.noun)
    found = [(say.count(plan.tally.changed), f"of {people} see a change ({part(plan, plan.tally.changed)})")]
    found += [
        (say.count(named[name]), f"{words} ({part(plan, named[name])})")
        for name, words in _TILES
        if named[name]
    ]
    found += [(say.amount(cost.change, cost.currency, signed=True), "net charges") for cost in plan.totals]
    return found


def part(plan: Plan, number: int) -> str:
    """A number of records in per cent of all: `4 %`, `under 1 %`."""
    share = 100 * number // max(plan.tally.records, 1)
    return f"{share} %" if share or not number else "under 1 %"


def place(plan: Plan, share: Share, repository: str | None) -> tuple[str, str | None] | None:
    """The file and line of the changed rule of a share, and its address in the commit.

    `repository` is the address of the files of a commit.
    """
    at = None if share.interaction else dict(zip(plan.changes, plan.places, strict=False)).get(share.title)
    if at is None:
        return None
    tree, commit = in_the_tree(at), plan.new.commit
    if repository is None or commit is None:
        return str(tree), None
    return str(tree), f"{repository}/blob/{commit}/{quote(tree.source.name, safe='/')}#L{tree.line}"


def effects(plan: Plan) -> list[str]:
    """Every effect in words, the most important first: refusals, money, due dates, what else changes."""
    found = list(_effects(plan))
    if plan.same:
        found = [f"nothing changes for {say.things(plan.tally.records, plan.noun)}", *found]
    return [*found, *_asides(plan)]


def _effects(plan: Plan) -> Iterator[str]:
    people = say.things(plan.tally.records, plan.noun)
    if plan.refused:
        whole = say.things(plan.tally.records + plan.left_out, plan.noun)
        yield f"the new policies refuse {say.count(plan.refused)} of {whole}"
    money = sorted(_money(plan, people), key=lambda each: -abs(each[0]))
    yield from (text for _, text in money)
    yield from _times(plan)
    of = "" if any(people in text for _, text in money) else f" of {people}"
    for name, does in (*_MOVES, *_figures(plan)):
        number = plan.tally.named[name]
        if number:
            yield f"{say.count(number)}{of} {_verb(number, does)}"
            of = ""


def _money(plan: Plan, people: str) -> Iterator[tuple[Decimal, str]]:
    """What is paid and what is worked out, each with how much it changes."""
    over = say.stretch(plan.days)
    for cost in plan.directions:
        if cost.change:
            yield cost.change, _paid(plan, cost, people, over)
    told = set[tuple[str, str]]()
    for value in plan.figures:
        if value.change and value[:2] not in told and plan.tells_money(*value[:2]):
            told.add(value[:2])
            verb = "rises" if value.change > 0 else "falls"
            by = say.amount(abs(value.change), value.currency)
            on = f" on {day(value.day)}" if value.day != plan.as_of else ""
            yield value.change, f"“{say.value(plan, value)}” {verb} by {by} in all{on}"


def _paid(plan: Plan, cost: Cost, people: str, over: str) -> str:
    by = say.amount(abs(cost.change), cost.currency)
    if plan.sign(cost.payer) > 0:
        verb = "rise" if cost.change > 0 else "fall"
        return f"net charges of {people} {verb} by {by} {over}"
    how, number = "more" if cost.change > 0 else "less", plan.records_behind(cost)
    whom = "" if number is None else f"{say.things(number, plan.noun)} "
    return f"{plan.titles.label(cost.payer)} pays {whom}{by} {how} {over}"


def _times(plan: Plan) -> Iterator[str]:
    """Charges that are due on a different day, which changes no amount."""
    found: Counter[tuple[str, str]] = Counter()
    for shifts, (number, _) in plan.tally.shifts.items():
        found[shifts.way, shifts.where] += number
    still = not plan.withheld and not any(cost.change for cost in plan.costs)
    for (way, where), number in sorted(found.items(), key=lambda each: (-each[1], each[0])):
        yield say.moved(way, where, number) + ("; no amount changes" if still else "")
        still = False


def _figures(plan: Plan) -> Iterator[tuple[str, str]]:
    own = [
        (number, move) for move, number in plan.tally.moves.items()
        if plan.tells(move) and plan.tells_money(*move.what[1:3])
    ]  # fmt: skip
    moves = [move for number, move in sorted(own, key=lambda each: (-each[0], each[1].what))]
    if moves:
        titles = list(dict.fromkeys(f"“{plan.titles.part(*move.what[:3])}”" for move in moves))
        yield "figures_changed", f"have a different {some(titles)}"


def _asides(plan: Plan) -> Iterator[str]:
    over = say.stretch(plan.days)
    for cost in () if plan.withheld else plan.totals:
        if not any(each.change for each in plan.directions if each.currency == cost.currency):
            own = {plan.sign(each.payer) for each in plan.directions if each.currency == cost.currency}
            what, after = ("payouts", -cost.after) if own == {-1} else ("net charges", cost.after)
            stays = "" if cost.moved else f" stay at {say.amount(after, cost.currency)}"
            if stays:
                yield f"{what} {over}{stays}"
            elif any(each.change for each in plan.costs):  # else the due dates say that no amount changes
                yield f"the amounts of charges {over} stay the same"
    if not plan.totals and plan.undecided and not plan.withheld:
        yield f"no charge {over} could be decided"
    left = sum(each.number for each in plan.undecided)
    if left:
        yield f"{say.things(left, 'undetermined charge')} {'is' if left == 1 else 'are'} not counted"
    still = plan.tally.named[STILL_OPEN]
    if still:
        yield f"what changes cannot be decided for {say.things(still, plan.noun)}, before or after"
    if plan.withheld:
        yield f"effects on fewer than {LEAST} {say.several(plan.noun)} are not shown"
    if plan.public:
        people = say.several(plan.noun)
        yield f"counts are rounded down to multiples of {LEAST}, and sums leave out what fewer {people} have"
    if plan.twice:
        verbs = "has the key of another one, and does" if plan.twice == 1 else "have keys of others, and do"
        yield f"{say.things(plan.twice, 'record')} {verbs} not count"


def _verb(number: int, does: str) -> str:
    first, _, rest = does.partition(" ")
    return f"{_SINGULAR[first]} {rest}" if number == 1 else does
