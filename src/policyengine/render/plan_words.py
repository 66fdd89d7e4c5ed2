"""A plan in words: the headline, and a sentence for each kind of change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from policyengine.change.period import Days
from policyengine.change.plan import Cost, Plan, Undecided
from policyengine.change.states import ABSENT, DUE, NAMES, OTHERS, VALUE, Move, State
from policyengine.dataclass import dataclass
from policyengine.decision.findings import UNDETERMINED
from policyengine.decision.wording import capital, day, join, plural, rate, some, status_words, words
from policyengine.feel.values.calendar import add_months

_HEADINGS: Mapping[str, str] = {
    "levels": "Levels",
    "discounts": "Discounts",
    "duties": "Duties",
    "gates": "Gates",
    "obligations": "Obligations",
    **{section: capital(words(section)) for section in OTHERS},
    "values": "Derived facts",
}
_HEADLINE: tuple[tuple[str, str], ...] = (
    ("level_changes", "change level"),
    ("discounts_lost", "lose a discount"),
    ("discounts_lowered", "get a lower discount"),
    ("discounts_gained", "gain a discount"),
    ("discounts_raised", "get a higher discount"),
    ("newly_blocked", "are newly blocked"),
    ("newly_undetermined", "have something that can no longer be decided"),
    ("newly_open", "are no longer blocked"),
    ("duties_gained", "see a new duty"),
    ("duties_lost", "see a duty end"),
    ("duties_moved", "see a duty pass to another party"),
    ("obligations_gained", "have a new obligation"),
    ("obligations_lost", "lose an obligation"),
    ("obligations_changed", "have an obligation that changes"),
    ("newly_decided", "have something that can be decided now"),
    *((name, NAMES[name]) for name in (f"{section}_changed" for section in OTHERS)),
    ("values_changed", "have a derived fact that changes"),
)
_SINGULAR = {"change": "changes", "lose": "loses", "get": "gets", "gain": "gains", "are": "is", "have": "has",
             "see": "sees"}  # fmt: skip
_MOST = 3


def count(number: int) -> str:
    """A number of things: `20,000`."""
    return f"{number:,}"


def amount(value: Decimal, currency: str, *, signed: bool = False) -> str:
    """An amount for people: `12,345.60 USD`; with its sign where it is a change."""
    text = f"{value:+,f}" if signed and value else f"{value:,f}"
    return f"{text} {currency}".rstrip()


def things(number: int, noun: str) -> str:
    """A number with a noun: `20,000 resellers`."""
    return plural(number, noun).replace(str(number), count(number), 1)


def several(noun: str) -> str:
    """The plural of a noun."""
    return plural(2, noun).partition(" ")[2]


def stretch(days: Days) -> str:
    """A period in words: `over 12 months`, or from day to day."""
    after = days.last + timedelta(days=1) if days.last < date.max else days.last
    months = (after.year - days.first.year) * 12 + after.month - days.first.month
    if months > 0 and add_months(days.first, months) == after:
        return f"over {plural(months, 'month')}"
    return f"from {day(days.first)} to {day(days.last)}"


def headline(plan: Plan) -> str:
    """The effect of the change in one sentence."""
    people = things(plan.tally.records, plan.noun)
    if plan.same:
        start = f"Nothing changes for {people}"
    elif set(+plan.tally.named) == {"values_changed"}:
        start = f"{_changed_values(plan)} for {count(plan.tally.named['values_changed'])} of {people}"
    else:
        start = f"Of {people} {_effects(plan)}"
    return f"{start}; {_money(plan)}." if plan.costs or plan.undecided else f"{start}."


def _changed_values(plan: Plan) -> str:
    """The derived facts that change: `“Onboarding fee” changes`."""
    moves = [move for move in plan.tally.moves if move.what.section == "values"]
    titles = list(dict.fromkeys(f"“{plan.titles.part(*move.what[:3])}”" for move in moves))
    return f"{some(titles)} {'changes' if len(titles) == 1 else 'change'}"


def _effects(plan: Plan) -> str:
    named = plan.tally.named
    found = [f"{count(named[name])} {_verb(named[name], does)}" for name, does in _HEADLINE if named[name]]
    if not found:
        changed = plan.tally.changed
        return f"{count(changed)} {'pays' if changed == 1 else 'pay'} a different amount"
    more = len(found) - _MOST
    return ", ".join(found[:_MOST]) + (f" (and {plural(more, 'more kind')} of change)" if more > 0 else "")


def _verb(number: int, does: str) -> str:
    first, _, rest = does.partition(" ")
    return f"{_SINGULAR[first]} {rest}" if number == 1 else does


def _money(plan: Plan) -> str:
    over = stretch(plan.days)
    found = [_rise(cost, over) for cost in plan.totals] or [f"no charge {over} could be decided"]
    left = sum(each.number for each in plan.undecided)
    note = f" ({things(left, 'undetermined charge')} not counted)" if left else ""
    return " and ".join(found) + note


def _rise(cost: Cost, over: str) -> str:
    if not cost.change:
        return f"net charges {over} stay at {amount(cost.after, cost.currency)}"
    verb = "rise" if cost.change > 0 else "fall"
    return f"net charges {over} {verb} by {amount(abs(cost.change), cost.currency)}"


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A number of records, and the text of what happens to them."""

    records: int
    text: str


@dataclass(frozen=True, slots=True)
class PlanGroup:
    """The lines of one section under a heading."""

    heading: str
    lines: tuple[PlanLine, ...]


def groups(plan: Plan) -> Iterator[PlanGroup]:
    """The effects by section, the largest number first."""
    for section, heading in _HEADINGS.items():
        moves = [(move, number) for move, number in plan.tally.moves.items() if move.what.section == section]
        moves.sort(key=lambda each: (-each[1], each[0].what, str(each[0].before), str(each[0].after)))
        if moves:
            yield PlanGroup(heading, tuple(PlanLine(number, sentence(plan, move)) for move, number in moves))


def sentence(plan: Plan, move: Move) -> str:
    """The text of a move: `would lose the 20 % discount on app set-up`."""
    text = _SENTENCES.get(move.what.section, _other)(plan, move)
    entity = plan.titles.judged.get(move.what[:3])
    subjects, records = plan.tally.subjects[move], plan.tally.moves[move]
    noun = plan.titles.entity(entity) if entity else ""
    if noun and noun != plan.noun:
        return f"{text} ({things(subjects, noun)})"
    return text if subjects == records else f"{text} ({count(subjects)} times)"


def state(plan: Plan, move: Move, which: State) -> str:
    """A state in words."""
    if which == UNDETERMINED:
        return "not decided"
    if which == ABSENT:
        return "none"
    if isinstance(which, Decimal):
        return rate(which)
    if move.what.section == "levels":
        return plan.titles.level(move.what.policy, which)
    return plan.titles.label(which) if move.what.section == "duties" else status_words(which)


def _level(plan: Plan, move: Move) -> str:
    before, after = state(plan, move, move.before), state(plan, move, move.after)
    several = len({each.what.policy for each in plan.tally.moves if each.what.section == "levels"}) > 1
    return f"{before} → {after}" + (f" ({plan.titles.policy(move.what.policy)})" if several else "")


def _discount(plan: Plan, move: Move) -> str:
    what, before, after = move.what, state(plan, move, move.before), state(plan, move, move.after)
    item = plan.titles.label(what.id)
    if UNDETERMINED in (move.before, move.after):
        return f"discount on {item}: {before} → {after}"
    if move.after == ABSENT:
        return f"would lose the {before} discount on {item}"
    if move.before == ABSENT:
        return f"would gain a {after} discount on {item}"
    return f"would get {after} instead of {before} on {item}"


def _duty(plan: Plan, move: Move) -> str:
    what, before, after = move.what, state(plan, move, move.before), state(plan, move, move.after)
    title, role = plan.titles.part(*what[:3]), words(what.aspect)
    if UNDETERMINED in (move.before, move.after):
        return f"“{title}”, {role}: {before} → {after}"
    if move.before == ABSENT:
        return f"“{title}”: {after} would be {role}, where nobody was"
    if move.after == ABSENT:
        return f"“{title}”: nobody would be {role} (was {before})"
    return f"“{title}”: {after} would be {role} instead of {before}"


def _obligation(plan: Plan, move: Move) -> str:
    title = plan.titles.part(*move.what[:3])
    before, after = state(plan, move, move.before), state(plan, move, move.after)
    if move.what.aspect == DUE:
        return f"would have a different due date for “{title}”"
    if move.before == ABSENT:
        return f"would have the obligation “{title}” ({after})"
    if move.after == ABSENT:
        return f"would no longer have the obligation “{title}” (was {before})"
    return f"“{title}”: {before} → {after}"


def _gate(plan: Plan, move: Move) -> str:
    title = plan.titles.part(*move.what[:3])
    before, after = state(plan, move, move.before), state(plan, move, move.after)
    if move.after == "blocked":
        return f"would be blocked at “{title}” (was {before})"
    return f"at “{title}”: {before} → {after}"


def _other(plan: Plan, move: Move) -> str:
    title = plan.titles.part(*move.what[:3])
    if move.what.aspect == VALUE:
        return f"would have different values in “{title}”"
    return f"“{title}”: {state(plan, move, move.before)} → {state(plan, move, move.after)}"


def _value(plan: Plan, move: Move) -> str:
    return f"would have a different “{plan.titles.part(*move.what[:3])}”"


_SENTENCES: Mapping[str, Callable[[Plan, Move], str]] = {
    "levels": _level,
    "discounts": _discount,
    "duties": _duty,
    "obligations": _obligation,
    "gates": _gate,
    "values": _value,
}


def charge(plan: Plan, cost: Cost) -> str:
    """The label of a row of costs."""
    return "All charges" if cost.part is None else plan.titles.part("charges", *cost.part)


def payers(plan: Plan) -> str:
    """The number of records that pay more, and of those that pay less."""
    if plan.total is None:
        return "The charges are in two currencies, so who pays more cannot be said."
    more, less = len(plan.losers), len(plan.winners)
    if not more and not less:
        return f"No {plan.noun} pays more or less."
    found = [(number, how) for number, how in ((more, "more"), (less, "less")) if number]
    parts = [f"{count(number)} {'pays' if number == 1 else 'pay'} {how}" for number, how in found]
    parts[0] = parts[0].replace(count(found[0][0]), things(found[0][0], plan.noun), 1)
    side = "the vendor earns more" if (plan.total.change > 0) else "the vendor earns less"
    return f"{join(parts)}" + (f"; {side}." if plan.total.change else "; in all the vendor earns the same.")


def undecided(plan: Plan, found: Undecided) -> str:
    """The charges that are not counted, and the reasons."""
    sides = [("before and after", found.both), ("before only", found.before), ("after only", found.after)]
    known = [(side, number) for side, number in sides if number]
    when = ", ".join(f"{count(number)} {side}" if len(known) > 1 else side for side, number in known)
    facts = [f"`{fact.partition('.')[2] or fact}` ({count(number)})" for fact, number in found.facts]
    shown = facts[:4] + ([f"{len(facts) - 4} more"] if len(facts) > 4 else [])
    missing = f"; not known: {join(shown)}" if shown else ""
    return f"{plan.titles.part('charges', *found.part)}: {count(found.number)} ({when}){missing}"


def effective(plan: Plan) -> str | None:
    """The days on which records first differ, unless all do on the evaluation date."""
    later = {each: number for each, number in plan.tally.days.items() if each != plan.as_of}
    if not later:
        return None
    parts = [
        f"{things(plan.tally.days[each], plan.noun)} from {day(each)}" for each in sorted(plan.tally.days)
    ]
    return f"It makes a difference to {join(parts)}."


def about(plan: Plan) -> str:
    """The compared versions, the evaluation date and the period."""
    days = plan.days
    return (
        f"{plan.title}: {plan.old.name} → {plan.new.name}, as of {day(plan.as_of)}; "
        f"charges due from {day(days.first)} to {day(days.last)}"
    )


def together(plan: Plan) -> str:
    """The label of the last share."""
    alone = sum(not share.interaction for share in plan.shares)
    return "the changes together (interaction)" if alone > 1 else "other changes (interaction)"
