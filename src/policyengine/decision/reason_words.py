"""What lacks, what is not settled and what brings points, in words: the parts of explanations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from math import comb

from policyengine.decision.findings import (
    NOT_APPLICABLE,
    UNDETERMINED,
    Charge,
    Finding,
    Level,
    Obligation,
    Outcome,
    Reason,
    Requirement,
    Right,
    ScorePart,
    Shortfall,
    Unsettled,
    Waiver,
)
from policyengine.decision.wording import (
    counted,
    day,
    is_said_by,
    join,
    name_of,
    named,
    owner_name,
    plural,
    some,
    spell,
    status_words,
    subject_name,
    waiver_words,
    words,
)

_GIVEN = " given"
_BASE = frozenset(field.name for field in fields(Finding))


def still_missing(level: Level) -> Iterator[str]:
    """What is missing to keep the level and to reach the next one, if its requirements do not tell it."""
    told = {(one.id, one.title) for one in level.requirements if one.status != "met"}
    for verb, gap in (("to keep", level.to_keep), ("for", level.next)):
        found = () if gap is None else gap.missing
        missing = [shortfall(one) for one in found if measured(one) or (one.id, one.title) not in told]
        if gap is not None and missing:
            yield f"missing {verb} {gap.title}: {'; '.join(missing)}"


def measured(lacking: Shortfall) -> bool:
    """Whether a gap tells more than the reasons of its requirement: its distance, or the ways to it."""
    return lacking.short_by is not None or (bool(lacking.ways) and lacking.status == "unmet")


def shortfall(lacking: Shortfall) -> str:
    """A gap with its distance: `4 more active accounts (from 16 to 26)`; of alternatives each way."""
    choice = choice_of(lacking.ways)
    if choice is not None and lacking.status == "unmet":
        number, steps = choice
        return f"{lacking.title}: {number} of these: {join(map(_step, steps), 'or')}"
    if lacking.ways and choice is None:
        ways = [join(_step(each) for each in way) for way in lacking.ways]
        return f"{lacking.title}: {join(ways, 'or')}"
    if lacking.lack is not None:
        return lacking.lack
    about = f" ({lacking.text})" if lacking.text else ""
    if lacking.status == "unmet":
        return f"{lacking.title}{about}"
    unknown = [*lacking.unknown, *(one for way in lacking.ways for step in way for one in step.unknown)]
    facts = join(dict.fromkeys(unsettled_text(one) for one in unknown if one.fact is not None))
    open_one = f"not decided without {facts}" if facts else status_words(lacking.status)
    return f"{lacking.title} ({open_one})"


def choice_of(ways: Sequence[tuple[Shortfall, ...]]) -> tuple[int, tuple[Shortfall, ...]] | None:
    """Of ways that are any so many of the same steps, how many and which steps; else None."""
    number, steps = len(ways[0]) if ways else 0, tuple(dict.fromkeys(each for way in ways for each in way))
    is_any = all(len(way) == number for way in ways) and len(ways) == comb(len(steps), number)
    return (number, steps) if is_any and 1 < number < len(steps) else None


def _step(lacking: Shortfall) -> str:
    """One test of a way: its distance, or else what does not hold."""
    return lacking.text if lacking.lack is None and lacking.text else shortfall(lacking)


def settling(unknown: Iterable[Unsettled]) -> str:
    """The facts that would settle the finding, or the other reasons why it is undetermined."""
    found = list(unknown)
    facts = [one for one in found if one.fact is not None]
    return join(dict.fromkeys(unsettled_text(one) for one in facts or found))


def unsettled_text(one: Unsettled) -> str:
    """What is not known, with whose it is: `fee` of account A-1."""
    if one.fact is None:
        return one.text
    owner = owner_name(one.entity, one.key, one.within)
    return f"`{one.fact}` of {owner}" if owner else f"`{one.fact}`"


def points(found: Decimal, most: Decimal | None) -> str:
    """Points of so many: `67.5 of 100 points`, `1 point`."""
    of = f"{spell(found)} of {spell(most)}" if most is not None else spell(found)
    return f"{of} {'point' if of == '1' else 'points'}"


def score_part(part: ScorePart) -> str:
    """What a part of a score brings, and how that comes about."""
    if part.status == "not_applicable":
        return f"{part.title}: does not apply"
    reasons = texts_of(part.because, "fails", "unknown", "value", "holds")
    about = f" ({some(reasons, link='; ')})" if reasons else ""
    if part.points is None:
        return f"{part.title}: not decided{about}"
    told = [
        *_units(part),
        *_limit(part),
        *([f"weight {spell(part.weight)}"] if part.weight is not None else []),
    ]
    if part.status == "not_counted":
        return f"{part.title}: no points{about}"
    details = f" ({'; '.join(told)})" if told else ""
    return f"{part.title}: {points(part.points, part.most)}{details}"


def _units(part: ScorePart) -> Iterator[str]:
    if part.units is not None and part.each is not None:
        yield f"{counted(spell(part.units), part.unit or 'units')}, {points(part.each, None)} each"


def _limit(part: ScorePart) -> Iterator[str]:
    found, least = part.before_limits, part.points
    if found is not None and least is not None and part.most is not None and found > part.most >= least:
        yield f"{spell(found - part.most)} above the most are not counted"


def texts_of(because: Iterable[Reason], *outcomes: Outcome) -> list[str]:
    """The reasons with these outcomes, without those that another one says as well.

    That something is given goes without saying beside its value, and a value beside what it is compared with.
    """
    texts = list(dict.fromkeys(reason.text for reason in because if reason.outcome in outcomes))
    leads = {text: text.removesuffix(_GIVEN) for text in texts if text.endswith(_GIVEN)}
    said = {
        text
        for text, lead in leads.items()
        if any(each.startswith(lead) and each not in leads for each in texts)
    }
    return [text for text in texts if text not in said and not is_said_by(text, texts)]


def against(requirement: Requirement) -> str:
    """The reasons against a requirement, in brackets; without those that only say its title again."""
    title = requirement.title.lower()
    texts = [
        text
        for text in texts_of(requirement.because, "fails", "unknown")
        if not text.lower().startswith(f"{title}:")
    ]
    return f" ({some(texts, link='; ')})" if texts else ""


def own_values(finding: Finding) -> str:
    """The single values of a finding of any other section: `points 40; ends on 1 Mar 2027`."""
    found = [
        (field.name, getattr(finding, field.name)) for field in fields(finding) if field.name not in _BASE
    ]
    plain = [(name, value) for name, value in found if isinstance(value, (str, Decimal, int, date))]
    return "; ".join(f"{words(name)} {spell(value)}" for name, value in plain)


def waiver_headline(waiver: Waiver, labels: Mapping[str, str]) -> str:
    """What became of a waiver."""
    when = f", {waiver.period}" if waiver.period else ""
    thing = f"the waiver of “{waiver.title}”{when} for {subject_name(waiver.subject)}"
    told = waiver_words(waiver.note, labels, "approved")
    verdict = {
        "used": "is used", "unused": "is not needed", "lapsed": "has lapsed, and would be needed",
        "upcoming": "does not hold yet",
    }.get(waiver.status)  # fmt: skip
    if verdict is None:
        return f"it cannot be decided whether {thing} is used: {told}"
    return f"{thing} {verdict}: {told}"


def right_headline(right: Right, labels: Mapping[str, str]) -> str:
    """What became of a right."""
    whose = (
        f"the right of {name_of(right.party, labels)} to “{right.title}”, for {subject_name(right.subject)}"
    )
    if right.status == UNDETERMINED:
        return f"it cannot be decided whether {whose}, is open"
    begins, ends = ("" if each is None else day(each) for each in (right.opens_on, right.closes_on))
    verdict = {
        "upcoming": f"opens on {begins}",
        "open": f"is open until {ends}" if ends else "is open",
        "lapsed": f"has lapsed on {ends}, unused",
        NOT_APPLICABLE: "does not apply",
    }.get(right.status, f"is {right.status}")
    return f"{whose}, {verdict}"


# Periods

_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
)
_CARDINALS = (
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_LENGTHS = {
    "P1M": "month",
    "P3M": "quarter",
    "P6M": "half year",
    "P12M": "year",
    "P1Y": "year",
    "P7D": "week",
}


def length_noun(every: str | None) -> str:
    """What a period of such a length is called: `P3M` is a `quarter`, any other a `period`."""
    return _LENGTHS.get(every or "", "period")


def which_period(number: int, among: int | None, every: str | None) -> str:
    """Which period it is: `the fourth month of twelve`, `the 13th quarter`."""
    if 1 <= number <= len(_ORDINALS):
        which = _ORDINALS[number - 1]
    else:
        teen = number // 10 % 10 == 1
        which = f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
    length = length_noun(every)
    of = "" if among is None else f" of {_CARDINALS[among - 1] if 1 <= among <= 12 else among}"
    return f"the {which} {length}{of}"


def running_period(first: date, last: date, today: date) -> str:
    """The days of a period, and which of them today is: `day 52 of 92`."""
    days = f"from {day(first)} to {day(last)}"
    if not first <= today <= last:
        return f"The period {'was' if last < today else 'is'} {days}."
    return f"This is day {(today - first).days + 1} of {(last - first).days + 1} of the period {days}."


def period_of(finding: Finding, today: date) -> Iterator[str]:
    """The period that an obligation is about."""
    if isinstance(finding, Obligation) and finding.period_start and finding.period_end:
        yield running_period(finding.period_start, finding.period_end, today)


def billed_period(charge: Charge) -> Iterator[str]:
    """The period that a charge bills, and how many of its days."""
    if charge.period_number is not None and charge.period_start and charge.period_end:
        which = which_period(charge.period_number, charge.of_periods, charge.every)
        days = f"from {day(charge.period_start)} to {day(charge.period_end)}"
        part = f", {charge.days} of {plural(charge.of_days, 'day')}" if charge.days and charge.of_days else ""
        yield f"That is for {which}, {days}{part}."


_VERBS = frozenset(
    (
        "is", "has", "was", "can", "may", "must", "will", "accepts", "attends", "buys", "gives", "holds",
        "hosts", "keeps", "knows", "makes", "meets", "needs", "offers", "owns", "pays", "provides",
        "runs", "sells", "sends", "shares", "shows", "signs", "supports", "takes", "uses", "wants", "works",
    )
)  # fmt: skip
"""What titles of what is true or false begin with."""


def about(title: str) -> str:
    """What an assumption is about: `active accounts`, `whether it attends the reviews`."""
    return f"whether it {title}" if title.partition(" ")[0] in _VERBS else named(title)
