"""A plan in words: a sentence for each kind of change, and the labels of its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from policyengine.change.period import Days
from policyengine.change.plan import Cost, Plan, PlanVersion, Undecided, ValueChange
from policyengine.change.states import ABSENT, DUE, NOBODY, OTHERS, PARTY, PERIODS, VALUE, Move, State
from policyengine.change.tally import Shifts
from policyengine.dataclass import dataclass
from policyengine.decision.findings import UNDETERMINED
from policyengine.decision.wording import capital, day, join, plural, rate, status_words, words
from policyengine.feel.values.calendar import add_months

_HEADINGS: Mapping[str, str] = {
    "charges": "Charges",
    "levels": "Levels",
    "discounts": "Discounts",
    "duties": "Duties",
    "gates": "Gates",
    "obligations": "Obligations",
    **{section: capital(words(section)) for section in OTHERS},
    "figures": "Figures",
}


def heading(section: str) -> str:
    """What a list of a decision is called."""
    return _HEADINGS[section]


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
        moves = [
            (move, number)
            for move, number in plan.tally.moves.items()
            if move.what.section == section and (section != "figures" or plan.tells(move))
        ]
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
    if isinstance(which, Decimal):
        return rate(which)
    if move.what.section == "levels":
        return plan.titles.level(move.what.policy, which)
    if which in (ABSENT, NOBODY):
        return str(which)
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
    if move.after == NOBODY:
        return f"“{title}”: nobody would be named as {role} (was {before})"
    if {UNDETERMINED, NOBODY} & {move.before, move.after}:
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
    if move.what.aspect == PERIODS:
        return f"“{title}” recurs in different periods: {_statuses(plan, move)}"
    if move.what.aspect == PARTY:
        parties = [_of_party(plan, each) for each in (move.before, move.after)]
        return f"“{title}” would fall to {parties[1]} instead of {parties[0]}"
    if move.before == ABSENT:
        return f"would have the obligation “{title}” ({after})"
    if move.after == ABSENT:
        return f"would no longer have the obligation “{title}” (was {before})"
    return f"“{title}”: {before} → {after}"


def _of_party(plan: Plan, party: State) -> str:
    return "nobody that is known" if party == UNDETERMINED else plan.titles.label(str(party))


def _statuses(plan: Plan, move: Move) -> str:
    """How the numbers of open and of overdue ones move: `overdue 12 → 3`."""
    counts = {
        (side, status): number
        for (policy, id, side, status), number in plan.tally.statuses.items()
        if (policy, id) == move.what[1:3]
    }  # fmt: skip
    known = dict.fromkeys(("overdue", "due", "upcoming", *sorted({status for _, status in counts})))
    pairs = [(each, counts.get(("before", each), 0), counts.get(("after", each), 0)) for each in known]
    return ", ".join(
        f"{status_words(each)} {count(one)} → {count(other)}" for each, one, other in pairs if one or other
    )


def _charge(plan: Plan, move: Move) -> str:
    title = plan.titles.part(*move.what[:3])
    if move.after == UNDETERMINED:
        return f"“{title}” can no longer be decided"
    return f"“{title}” can be decided now"


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
    "charges": _charge,
    "levels": _level,
    "discounts": _discount,
    "duties": _duty,
    "obligations": _obligation,
    "gates": _gate,
    "figures": _value,
}


def charge(plan: Plan, cost: Cost) -> str:
    """The label of a row of costs; who pays, where it is not the partner."""
    if cost.part is None:
        return "All charges" if plan.one_way else "All charges, less what is paid out"
    title = plan.titles.part("charges", *cost.part)
    return title if plan.sign(cost.payer) > 0 else f"{title} (paid by {plan.titles.label(cost.payer)})"


def value(plan: Plan, change: ValueChange) -> str:
    """The label of a row of derived amounts."""
    return plan.titles.part("figures", change.entity, change.name)


def cost_table(plan: Plan) -> list[tuple[str, ...]]:
    """The charges before and after, head first, all together last; a column for due dates where some move."""
    moves = any(cost.moved for cost in plan.costs)
    costs = [*plan.costs, *(plan.totals if len(plan.costs) > 1 else ())]
    rows: list[tuple[str, ...]] = [("", "before", "after", *(["by due dates"] if moves else []), "change")]
    for cost in costs:
        sums = amount(cost.before, ""), amount(cost.after, "")
        moved = [amount(cost.moved, "", signed=True)] if moves else []
        rows.append((charge(plan, cost), *sums, *moved, amount(cost.change, cost.currency, signed=True)))
    return rows


def value_table(plan: Plan) -> list[tuple[str, ...]]:
    """The derived amounts before and after, head first; with their days, where one is a later one."""
    dated = any(each.day != plan.as_of for each in plan.figures)
    rows: list[tuple[str, ...]] = [("", "before", "after", "change")]
    for each in plan.figures:
        change = amount(each.change, each.currency, signed=True)
        name = value(plan, each) + (f" on {day(each.day)}" if dated else "")
        rows.append((name, amount(each.before, ""), amount(each.after, ""), change))
    return rows


def month_table(plan: Plan) -> list[tuple[str, ...]]:
    """What is due in each month by the charges whose due dates move, head first."""
    rows: list[tuple[str, ...]] = [("due in", "before", "after")]
    for (currency, key), sums in sorted(plan.tally.months.items()):
        rows.append((month(key), amount(sums.before, ""), amount(sums.after, currency)))
    return rows


def payers(plan: Plan) -> str:
    """The number of records for which charges rise, and of those for which they fall."""
    if plan.total is None:
        return "The charges are in several currencies, so who pays more cannot be said."
    more, less = len(plan.losers), len(plan.winners)
    if not more and not less and plan.withheld:
        return "Who pays more or less is not shown."
    if not more and not less:
        return f"No {plan.noun} pays more or less." if plan.one_way else f"No {plan.noun} gains or loses."
    verbs = (
        ("rise for", "fall for") if plan.one_way else ("rise or payouts fall for", "fall or payouts rise for")
    )
    found = [(number, verb) for number, verb in zip((more, less), verbs, strict=True) if number]
    parts = [f"{verb} {count(number)}" for number, verb in found]
    parts[0] = f"{found[0][1]} {things(found[0][0], plan.noun)}"
    return f"Charges {' and '.join(parts)}."


def shift(plan: Plan, shifts: Shifts) -> str:
    """Payments that are due on a different day: `1 charge falls due earlier, before the period`."""
    number, _ = plan.tally.shifts[shifts]
    title = plan.titles.part("charges", *shifts.part)
    return f"{title}: {moved(shifts.way, shifts.where, number)}"


def moved(way: str, where: str, number: int) -> str:
    """So many charges that are due on a different day, in words."""
    verb = "falls" if number == 1 else "fall"
    if way == "rhythm":
        return f"{things(number, 'charge')} {verb} due in a different rhythm"
    if way == "twice":
        return f"{things(number, 'charge')} {verb} due a second time for the same period"
    if way == "skipped":
        return f"{things(number, 'charge')} never {verb} due, neither before nor after a new version begins"
    if (way, where) == ("later", "into"):
        fell = "they fell" if number > 1 else "it fell"
        until = f"{fell} due before the period and may be paid"
        return f"{things(number, 'charge')} {verb} due later, in the period; {until}"
    return f"{things(number, 'charge')} {verb} due {way}{_WHERE[where]}"


_WHERE = {
    "within": "",
    "before": ", before the period",
    "after": ", after the period",
    "into": ", in the period instead of after it",
}


def month(text: str) -> str:
    """A month such as `2026-12` in words: `Dec 2026`."""
    return day(date.fromisoformat(f"{text}-01")).partition(" ")[2]


def undecided(plan: Plan, found: Undecided) -> str:
    """The charges that are not counted, and the reasons."""
    facts = [f"`{fact}` ({count(number)})" for fact, number in missing_of(found)]
    shown = facts[:_FACTS] + ([f"{len(facts) - _FACTS} more"] if len(facts) > _FACTS else [])
    missing = f"; not known: {join(shown)}" if shown else ""
    return f"{not_counted(plan, found)}{missing}"


_FACTS = 4


def not_counted(plan: Plan, found: Undecided) -> str:
    """How often a charge is not counted, and in which version."""
    sides = [("before and after", found.both), ("before only", found.before), ("after only", found.after)]
    known = [(side, number) for side, number in sides if number]
    when = ", ".join(f"{count(number)} {side}" if len(known) > 1 else side for side, number in known)
    return f"{plan.titles.part('charges', *found.part)}: {count(found.number)} ({when})"


def missing_of(found: Undecided) -> list[tuple[str, int]]:
    """The facts that charges lack, by their names, and how many lack each."""
    return [(fact.partition(".")[2] or fact, number) for fact, number in found.facts]


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
        f"{plan.title}: {version(plan.old)} → {version(plan.new)}, as of {day(plan.as_of)}; "
        f"charges due from {day(days.first)} to {day(days.last)}"
    )


def version(which: PlanVersion) -> str:
    """A version by its name, its commit and the digest of its policies."""
    commit = f"commit {which.commit[:12]}, " if which.commit else ""
    return f"{which.name} ({commit}policies {which.policies.removeprefix('sha256:')[:12]})"


def together(plan: Plan) -> str:
    """The label of the last share."""
    alone = sum(not share.interaction for share in plan.shares)
    return "the changes together (interaction)" if alone > 1 else "other changes (interaction)"
