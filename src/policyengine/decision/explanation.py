"""The explanation of a finding in about five lines, ready to forward.

It states the conclusion with subject and date; the conditions with their values; fulfilled and unfulfilled
requirements; what would settle it or comes next; the place of the rule, its clause and its basis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from policyengine.decision.findings import (
    MANUAL,
    NOT_APPLICABLE,
    REFUSED,
    UNDETERMINED,
    WAIVED,
    Charge,
    Clause,
    Discount,
    Duty,
    Figure,
    Finding,
    Gate,
    Level,
    Obligation,
    Reason,
    Requirement,
    Right,
    Score,
    ScorePart,
    Waiver,
)
from policyengine.decision.reason_words import (
    about,
    against,
    billed_period,
    own_values,
    period_of,
    points,
    right_headline,
    score_part,
    settling,
    still_missing,
    texts_of,
    waiver_headline,
)
from policyengine.decision.wording import (
    assumed,
    capital,
    clause,
    day,
    every,
    in_short,
    is_or_are,
    is_said_by,
    join,
    money,
    name_of,
    plural,
    rate,
    requirement_words,
    status_words,
    subject_name,
    waiver_words,
    words,
)  # fmt: skip
from policyengine.decision.writers import lasting, room

Labels = Mapping[str, str]
_NO_LABELS: Labels = MappingProxyType({})
_ROLES = {
    "responsible": "{party} is responsible for",
    "consulted": "{party} is to be consulted on",
    "informed": "{party} is to be informed of",
    "signs_off": "{party} signs off",
}


def why(as_of: date, finding: Finding, labels: Labels = _NO_LABELS, notes: bool = False) -> tuple[str, ...]:
    """The explanation of a finding on a day; `labels` are the titles of parties and items.

    With `notes`, assumptions are told in full.
    """
    headline = _HEADLINES.get(type(finding), _plainly)(finding, labels)
    lines = [
        f"As of {day(as_of)}, {headline}.",
        *(_origins(finding) if isinstance(finding, Figure) else _conditions(finding)),
        *_requirements(getattr(finding, "requirements", ()), labels),
        *_unsettled(finding),
        *_extras(finding, labels),
        *period_of(finding, as_of),
        rule(finding),
        *assumption_lines(finding, notes),
    ]
    return tuple(dict.fromkeys(lines))


def rule(finding: Finding) -> str:
    """The place of the rule, its clause, and whether it is stated or assumed."""
    origin = finding.origin
    clause = "" if origin.clause is None else f"; {clause_words(origin.clause)}"
    return f"Rule: {origin.at.source.name}:{origin.at.line}{clause} ({origin.basis})."


def clause_words(clause: Clause) -> str:
    """A place of a source document: its title, the section, where it is found."""
    section = f", section {clause.section}" if clause.section else ""
    return f"{clause.title}{section}" + (f"; {clause.url}" if clause.url else "")


def own_reasons(finding: Finding) -> tuple[Reason, ...]:
    """The reasons of a finding without those of its requirements.

    A level or a gate rests on its requirements alone, and a level on what chose its version.
    """
    requirements: Iterable[Requirement] = getattr(finding, "requirements", ())
    if requirements and isinstance(finding, Gate):
        return ()
    if requirements and isinstance(finding, Level):
        words = f"version of {finding.title} "
        places = {reason.at for reason in finding.because if reason.text.startswith(words)}
        return tuple(reason for reason in finding.because if reason.at in places)
    told = {reason.text for requirement in requirements for reason in requirement.because}
    return tuple(reason for reason in finding.because if reason.text not in told)


def _level(level: Level, labels: Labels) -> str:
    who = subject_name(level.subject)
    if level.status == "reached":
        verb = "has reached" if level.by_figures is None else "is at"
        return f"{who} {verb} {level.level_title or level.level} ({level.title})"
    wanted = level.candidate_title or level.candidate
    if level.status == UNDETERMINED:
        return f"it cannot be decided whether {who} reaches {wanted or 'a level'} ({level.title})"
    less = f", although the measure alone would give {wanted}" if wanted else ""
    if level.level_title is not None and level.level_title != "none":
        return f"{who} is {level.level_title} and has reached no higher level ({level.title}){less}"
    return f"{who} has reached no level ({level.title}){less}"


def _requirement(requirement: Requirement, labels: Labels) -> str:
    who = subject_name(requirement.subject)
    if requirement.status == "manual":
        return f"“{requirement.title}” of {who} is for {name_of(requirement.decided_by, labels)} to decide"
    if requirement.status == WAIVED and requirement.waiver is not None:
        return f"“{requirement.title}” of {who} is {waiver_words(requirement.waiver, labels)}"
    if requirement.status == REFUSED:
        return f"“{requirement.title}” of {who} is refused by {name_of(requirement.decided_by, labels)}"
    if requirement.status == "not_applicable":
        return f"“{requirement.title}” does not apply to {who}"
    return f"“{requirement.title}” is {requirement_words(requirement.status)} for {who}"


def _discount(discount: Discount, labels: Labels) -> str:
    item = discount.on_title or name_of(discount.on, labels)
    who = subject_name(discount.subject)
    if discount.rate is None:
        return f"the discount of {who} on {item} is not decided"
    return f"{who} gets {rate(discount.rate)} off the {item}"


def _duty(duty: Duty, labels: Labels) -> str:
    task = f"“{duty.title}” ({duty.block_title})"
    if duty.status == "not_applicable":
        return f"{task} does not apply to {subject_name(duty.subject)}"
    if duty.status == UNDETERMINED or duty.party is None:
        return f"it cannot be decided who is {words(duty.role)} for {task}"
    phrase = _ROLES.get(duty.role, f"{{party}} is {words(duty.role)} for")
    return f"{phrase.format(party=name_of(duty.party, labels))} {task}, for {subject_name(duty.subject)}"


def _gate(gate: Gate, labels: Labels) -> str:
    who, stage = subject_name(gate.subject), gate.stage_title or gate.stage or "its stage"
    following = gate.next_stage_title or join(gate.next_stages, "or") or "the next stage"
    return {
        "open": f"{who} may move from {stage} to {following}",
        "blocked": f"{who} may not leave {stage} for {following} yet",
        "expired": f"{who} may only move from {stage} to {following}",
        "system": f"{who} is in {stage}, and the system moves it on to {following}",
        "final": f"{who} is in {stage}, the last stage",
    }.get(gate.status, f"it cannot be decided whether {who} may leave {stage}")


def _obligation(obligation: Obligation, labels: Labels) -> str:
    when = f", {obligation.period}" if obligation.period else ""
    task = f"“{obligation.title}”{when}, for {subject_name(obligation.subject)}"
    due, waiver = day(obligation.due_on) if obligation.due_on else None, obligation.waiver
    return {
        "met": f"{task}, is done",
        "met_late": f"{task}, is done, but after {due}" if due else f"{task}, is done, but late",
        "upcoming": f"{task}, is due by {due}" if due else f"{task}, is still to do",
        "due": f"{task}, is due today" if due else f"{task}, is due now",
        "overdue": f"{task}, is overdue since {due}" if due else f"{task}, is overdue",
        "not_applicable": f"{task}, does not apply",
        "manual": f"{task}, is for {name_of(obligation.decided_by, labels)} to decide",
        "kept": f"{task}, is kept",
        "broken": f"{task}, is broken",
        "ended": f"{task}, has ended",
        WAIVED: f"{task}, is {waiver_words(waiver, labels) if waiver is not None else WAIVED}",
    }.get(obligation.status, f"it cannot be decided whether {task}, is done")


def _charge(charge: Charge, labels: Labels) -> str:
    bill = f"“{charge.title}” of {subject_name(charge.subject)}"
    if charge.status == "not_applicable":
        return f"{bill} is not {'paid out' if charge.payout else 'charged'}"
    if charge.status == "settled" and charge.net is not None:
        return f"{bill}, {money(charge.net, charge.currency)}, is settled"
    if charge.net is None:
        asked = f"whether {bill} is charged" if charge.amount_known else f"how much {bill} is"
        return f"it cannot be decided {asked}"
    without = ", when invoiced" if charge.status == "applies" else ", on a day that is not decided"
    due = f", due on {day(charge.due_on)}" if charge.due_on else without
    often = f" and then {every(charge.every)}" if charge.every else ""
    return f"{bill} comes to {money(charge.net, charge.currency)}{due}{often}"


def _score(score: Score, labels: Labels) -> str:
    if score.points is None:
        return f"the points of {subject_name(score.subject)} are not decided ({score.title})"
    return f"{subject_name(score.subject)} has {points(score.points, score.most)} ({score.title})"


def _figure(figure: Figure, labels: Labels) -> str:
    title, who = figure.title, subject_name(figure.subject)
    if isinstance(figure.value, bool):  # its title is a predicate
        return f"{who} {title}: {figure.text}"
    if figure.status == UNDETERMINED:
        return f"the {title} of {who} {is_or_are(title)} not known"
    if figure.status == NOT_APPLICABLE:
        return f"there {is_or_are(title)} no {title} of {who}"
    return f"the {title} of {who} {is_or_are(title)} {figure.text}"


def _plainly(finding: Finding, labels: Labels) -> str:
    """The conclusion for a section without words of its own."""
    return f"“{finding.title}” is {status_words(finding.status)} for {subject_name(finding.subject)}"


_HEADLINES: Mapping[type[Finding], Callable[[Any, Labels], str]] = {
    Level: _level,
    Score: _score,
    ScorePart: lambda part, labels: score_part(part),
    Requirement: _requirement,
    Discount: _discount,
    Duty: _duty,
    Gate: _gate,
    Obligation: _obligation,
    Right: right_headline,
    Waiver: waiver_headline,
    Charge: _charge,
    Figure: _figure,
}


def _origins(figure: Figure) -> Iterator[str]:
    """How a figure came about."""
    texts = list(dict.fromkeys(reason.text for reason in figure.because))
    if texts:
        heading = "Open" if figure.status == UNDETERMINED else "It comes from"
        yield f"{heading}: {'; '.join(texts)}."


def _conditions(finding: Finding) -> Iterator[str]:
    """The reasons by outcome: for, against, undetermined; values go with what decides."""
    because = own_reasons(finding)
    is_against = not texts_of(because, "holds") and texts_of(because, "fails")
    for_it = [] if is_against else texts_of(because, "value", "holds")
    against = texts_of(because, "fails", "value") if is_against else texts_of(because, "fails")
    against = [text for text in against if text not in for_it]
    for_it = [text for text in for_it if not is_said_by(text, against)]
    unknown = texts_of(because, "unknown")
    if for_it:
        yield f"Because {'; '.join(map(clause, for_it))}."
    if against:
        yield f"{'But' if for_it else 'Because'} {'; '.join(map(clause, against))}."
    if unknown:
        yield f"Open: {'; '.join(unknown)}."


def _requirements(requirements: Iterable[Requirement], labels: Labels) -> Iterator[str]:
    found = list(requirements)
    for status, opening in (("met", "Fulfilled"), ("unmet", "Not fulfilled"), (UNDETERMINED, "Not decided")):
        titles = [_with_reasons(one) for one in found if one.status == status]
        if titles:
            yield f"{opening}: {'; '.join(titles)}."
    for status, does in ((MANUAL, "decides"), (REFUSED, "refuses")):
        for one in found:
            if one.status == status:
                yield f"{capital(name_of(one.decided_by, labels))} {does}: {one.title}."
    for one in found:
        if one.waiver is not None:
            yield f"{one.title}: {waiver_words(one.waiver, labels)}."


def _with_reasons(requirement: Requirement) -> str:
    """The title of a requirement with the reasons against it; for a test of one fact, only its reason."""
    if requirement.status == "met":
        tests = (one.text for one in requirement.because if one.fact == requirement.test_of is not None)
        return next(tests, requirement.title)
    return requirement.title + against(requirement)


def _unsettled(finding: Finding) -> Iterator[str]:
    if finding.unknown:
        by_facts = any(one.fact is not None for one in finding.unknown)
        opening = "What would settle it" if by_facts else "No fact would settle it"
        yield f"{opening}: {settling(finding.unknown)}."


def _extras(finding: Finding, labels: Labels) -> Iterator[str]:
    """Further sentences of a finding."""
    if type(finding) in _EXTRAS:
        yield from _EXTRAS[type(finding)](finding, labels)
    elif type(finding) not in _HEADLINES and (told := own_values(finding)):
        yield f"{capital(told)}."


def _level_extras(level: Level, labels: Labels) -> Iterator[str]:
    if level.waiver is not None and level.status == "reached":
        yield f"{level.level_title or level.level} is {waiver_words(level.waiver, labels, 'given')}."
    yield from (f"{capital(missing)}." for missing in still_missing(level))
    if told := "; ".join(lasting(level)):
        yield f"{capital(told)}."
    if level.room is not None and level.level_title:
        yield f"{capital(room(level.room, level.level_title))}."


def _score_extras(score: Score, labels: Labels) -> Iterator[str]:
    for part in score.parts:
        yield f"{'Of which ' if part.nested else ''}{score_part(part)}."


def _gate_extras(gate: Gate, labels: Labels) -> Iterator[str]:
    if gate.until is not None:
        yield f"The last day of the stage {'was' if gate.status == 'expired' else 'is'} {day(gate.until)}."
    if gate.waiver is not None:
        told = waiver_words(gate.waiver, labels)
        yield f"{capital(told)}." if gate.waiver.lapsed else f"What it asks for is {told}."


def _obligation_extras(obligation: Obligation, labels: Labels) -> Iterator[str]:
    if obligation.holds_until is not None and obligation.status != NOT_APPLICABLE:
        verb = "was" if obligation.status == "ended" else "is"
        yield f"It {verb} to be kept until {day(obligation.holds_until)}."
    if obligation.waiver is not None and obligation.waiver.lapsed:
        yield f"{capital(waiver_words(obligation.waiver, labels))}."
    if obligation.decided_by is not None and obligation.status in ("upcoming", "due", "overdue", "broken"):
        yield f"{capital(name_of(obligation.decided_by, labels))} has refused it so far."
    if obligation.party is not None and obligation.status != "not_applicable":
        audience = f", for the {obligation.audience}" if obligation.audience else ""
        yield f"To be done by {name_of(obligation.party, labels)}{audience}."
    if obligation.parts:
        titles = "; ".join(part.title for part in obligation.parts)
        yield f"It has {plural(len(obligation.parts), 'topic')}: {titles}."


def _charge_extras(charge: Charge, labels: Labels) -> Iterator[str]:
    if charge.amount is not None and charge.net is not None and charge.discount_rate:
        amount, off = money(charge.amount, charge.currency), rate(charge.discount_rate)
        yield f"It is {amount} less the discount of {off} on the {name_of(charge.item, labels)}."
    if charge.next_due_on is not None and charge.next_due_on != charge.due_on:
        yield f"The next one falls due on {day(charge.next_due_on)}."
    if charge.status in ("due", "overdue") and charge.due_on is not None:
        yield "It is due today." if charge.status == "due" else "It is overdue."
    yield from billed_period(charge)
    if charge.payout and charge.status != "not_applicable":
        payer, payee = (name_of(each, labels) for each in (charge.payer, charge.payee))
        yield f"{capital(payer)} pays it to {payee}."


_EXTRAS: Mapping[type[Finding], Callable[[Any, Labels], Iterator[str]]] = {
    Level: _level_extras,
    Score: _score_extras,
    Gate: _gate_extras,
    Right: lambda right, labels: iter(()),
    Waiver: lambda waiver, labels: iter(()),
    Obligation: _obligation_extras,
    Charge: _charge_extras,
}


def assumption_lines(finding: Finding, notes: bool = False) -> Iterator[str]:
    """What the rule assumes, then what else it rests on: with `notes` in full, else a line each way."""
    own, say = finding.origin, assumed if notes else in_short
    if own.basis == "assumed":
        yield f"This is an assumption: {say(own.note)}."
    others = [each for each in finding.assumptions if each != own.assumption]
    if len(others) > 1 and not notes:
        titles = dict.fromkeys(about(each.title) for each in others)  # a fact and its default are one
        yield f"It rests on {'assumptions' if len(titles) > 1 else 'an assumption'} about {join(titles)}."
        return
    for each in others:
        yield f"It rests on an assumption about {about(each.title)}: {say(each.note)}."
