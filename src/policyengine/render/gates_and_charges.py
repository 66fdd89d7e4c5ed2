"""Sections of a decision about actions and payments: gates, charges, obligations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from policyengine.decision.findings import (
    NOT_APPLICABLE,
    UNDETERMINED,
    WAIVED,
    Charge,
    Finding,
    Gate,
    Obligation,
    Right,
    Subject,
    Waiver,
)
from policyengine.decision.wording import (
    day,
    every,
    join,
    money,
    plural,
    rate,
    short_name,
    status_words,
    subject_name,
    waiver_in_short,
    waiver_words,
)
from policyengine.render.decision_page import Page, marked
from policyengine.render.levels import requirements
from policyengine.render.text_table import TableRow

_GATE_STYLES = {"open": "good", "blocked": "bad", "expired": "bad", UNDETERMINED: "open"}
_ORDER = ("broken", "overdue", "due", UNDETERMINED, "upcoming", "manual")
_CLOSED = {"settled": "settled", "not_applicable": "not applicable"}
"""The statuses of charges that are only counted."""
_STYLES = {"broken": "bad", "overdue": "bad", "due": "bad", UNDETERMINED: "open", "manual": "note"}


def gates(page: Page, findings: Iterable[Finding]) -> list[str]:
    """The gates, subject by subject: the current stage, whether it may be left, and what blocks it.

    A gate that only sums up the gates of all exits is left out.
    """
    found: dict[Subject, list[Gate]] = {}
    for gate in findings:
        if isinstance(gate, Gate):
            found.setdefault(gate.subject, []).append(gate)
    shown = [gate for own in found.values() for gate in own if not _sums_up(gate, own)]
    return page.table("Stages", [row for gate in shown for row in _gate(page, gate)])


def _sums_up(gate: Gate, all_of_subject: Iterable[Gate]) -> bool:
    others = {one.next_stage for one in all_of_subject if one is not gate and one.policy == gate.policy}
    return bool(gate.next_stages) and others.issuperset(gate.next_stages)


def _gate(page: Page, gate: Gate) -> Iterator[TableRow]:
    following = gate.next_stage_title or join(gate.next_stages, "or") or "the next stage"
    outcome = {
        "open": f"may move to {following}",
        "blocked": f"may not move to {following} yet",
        "expired": f"its time is over, may only move to {following}",
        "system": f"the system moves it to {following}",
        "final": "the last stage",
    }.get(gate.status, f"not decided whether it may move to {following}")
    text = f"{gate.stage_title or gate.stage or 'no stage'}: {marked(outcome, gate)}"
    if gate.until is not None:
        text += f"; {'ended on' if gate.status == 'expired' else 'until'} {day(gate.until)}"
    if gate.waiver is not None and gate.status in ("open", "blocked"):
        text += f"; {waiver_in_short(gate.waiver)}"
    yield TableRow((subject_name(gate.subject),), text, page.at(gate), _GATE_STYLES.get(gate.status, ""))
    if gate.status in ("blocked", UNDETERMINED):
        yield from requirements(page, gate.requirements)


def charges(page: Page, findings: Iterable[Finding]) -> list[str]:
    """The charges, and apart from them what the partner is paid, sorted by their next due date."""
    found = [charge for charge in findings if isinstance(charge, Charge)]
    paid = [one for one in found if one.payout]
    owed = [one for one in found if not one.payout]
    return [*_charges(page, "Charges", "charge", owed), *_charges(page, "Payouts", "payout", paid)]


def _charges(page: Page, heading: str, noun: str, found: Sequence[Charge]) -> list[str]:
    open_ones = sorted((one for one in found if one.status not in _CLOSED), key=_charge_order)
    amounts = [_net(one) for one in open_ones]
    widest = max(map(len, amounts), default=0)
    rows = [
        TableRow(
            (_due(one), amount.rjust(widest)), _charge_text(one), page.at(one), _STYLES.get(one.status, "")
        )
        for one, amount in zip(open_ones, amounts, strict=True)
    ]
    for status, words in _CLOSED.items():
        number_of = sum(one.status == status for one in found)
        rows += [TableRow(text=f"{plural(number_of, noun)} {words}")] if number_of else []
    return page.table(heading, rows)


def _style(charge: Charge) -> str:
    return _STYLES[charge.status] if charge.status in ("due", "overdue") else ""


def _charge_order(charge: Charge) -> date:
    return charge.next_due_on or charge.due_on or date.max


def _due(charge: Charge) -> str:
    due = charge.next_due_on or charge.due_on
    if due is None:
        return "no date yet" if charge.status == UNDETERMINED else "when invoiced"
    return day(due)


def _net(charge: Charge) -> str:
    return "not decided" if charge.net is None else money(charge.net, charge.currency)


def _often(charge: Charge, length: str) -> str:
    """How often it is charged; of a first or a last part of a period also which part it is."""
    if charge.days is None or charge.of_days is None or charge.days >= charge.of_days:
        return every(length)
    part = f"{charge.days} of {charge.of_days} days"
    return f"{part}, then {every(length)}" if charge.period_number == 1 else part


def _charge_text(charge: Charge) -> str:
    text = f"{marked(charge.title, charge)} of {short_name(charge.subject)}"
    if charge.amount is not None and charge.net is not None and charge.discount_rate:
        gross = money(charge.amount, charge.currency)
        text = f"{text} ({gross} less {rate(charge.discount_rate)})"
    elif charge.amount is not None and charge.net is None:
        text = f"{text} ({money(charge.amount, charge.currency)}{_proviso(charge)})"
    if charge.every:
        text = f"{text}, {_often(charge, charge.every)}"
    if charge.period_number is not None and charge.of_periods is not None:
        text = f"{text}, {charge.period_number} of {charge.of_periods}"
    return f"{text}, {charge.status}" if charge.status in ("due", "overdue") else text


def _proviso(charge: Charge) -> str:
    """The unknown part of an undetermined charge."""
    if not charge.amount_known:
        return " before discount"
    less = f" less {rate(charge.discount_rate)}" if charge.discount_rate else ""
    return f"{less}, if it is charged"


def obligations(page: Page, findings: Iterable[Finding]) -> list[str]:
    """What is to be done, the overdue first, then by due day; what is done or idle is only counted."""
    found = [one for one in findings if isinstance(one, Obligation)]
    shown = sorted((one for one in found if one.status in _ORDER), key=_obligation_order)
    rows = [_obligation(page, together) for together in _recurring(shown) if together[0].status != "manual"]
    rows.extend(_decided(page, shown))
    counts = [
        _count(found, "met", "done"),
        _count(found, "met_late", "done late"),
        _count(found, "kept", "kept"),
        _count(found, "ended", "ended"),
        _count(found, WAIVED, "waived"),
        _count(found, "not_applicable", "not applicable"),
    ]
    told = [text for text in counts if text]
    if told:
        rows.append(TableRow(text=", ".join(told)))
    return page.table("To do", rows)


def _recurring(found: Iterable[Obligation]) -> Iterable[list[Obligation]]:
    """What nobody can tick off yet stands once, with all its periods; the rest one by one."""
    together: dict[object, list[Obligation]] = {}
    for one in found:
        open_ended = one.status in ("manual", UNDETERMINED)
        key = (
            (one.reference, one.status) if open_ended else (one.reference, one.status, one.due_on, one.period)
        )
        together.setdefault(key, []).append(one)
    return together.values()


def _decided(page: Page, found: Iterable[Obligation]) -> Iterator[TableRow]:
    """What a party decides, together for each party: no fact shows it, so no day presses."""
    titles: dict[str, dict[str, None]] = {}
    for one in found:
        if one.status == "manual":
            title = marked(one.title, one)
            title += "" if one.subject.root else f" ({short_name(one.subject)})"
            titles.setdefault(page.name(one.decided_by), {})[title] = None
    for party, named in titles.items():
        yield TableRow(("open", ""), f"{party} decides: {'; '.join(named)}", "", _STYLES["manual"])


def _count(found: Iterable[Obligation], status: str, text: str) -> str:
    number_of = sum(one.status == status for one in found)
    return f"{number_of} {text}" if number_of else ""


def _obligation_order(one: Obligation) -> tuple[int, date, str]:
    return (_ORDER.index(one.status) if one.status in _ORDER else 9, one.due_on or date.max, one.title)


def _obligation(page: Page, together: list[Obligation]) -> TableRow:
    one = together[0]
    when = day(one.due_on) if one.due_on and len(together) == 1 else ""
    lead = {
        "broken": ("broken", ""),
        "overdue": ("overdue", when),
        "due": ("due", "today" if when else "now"),
        "upcoming": ("by", when),
    }.get(one.status, ("not decided", when))
    periods = join(each.period for each in together if each.period)
    text = marked(one.title, one) + (f", {periods}" if periods else "")
    if not one.subject.root:
        text += f", {short_name(one.subject)}"
    if one.party not in (None, "partner"):
        text += f" ({page.name(one.party)})"
    if one.holds_until is not None:
        text += f", until {day(one.holds_until)}"
    if one.waiver is not None and one.waiver.lapsed:
        text += f"; {waiver_in_short(one.waiver)}"
    return TableRow(lead, text, page.at(one), _STYLES.get(one.status, ""))


def rights(page: Page, findings: Iterable[Finding]) -> list[str]:
    """The rights that are open or will be, were lost or used; those that do not apply are left out."""
    found = [one for one in findings if isinstance(one, Right) and one.status != NOT_APPLICABLE]
    return page.table("Rights", [_right(page, one) for one in found])


def _right(page: Page, one: Right) -> TableRow:
    whose = "" if one.subject.root else f", {short_name(one.subject)}"
    party = "" if one.party in (None, "partner") else f" ({page.name(one.party)})"
    begins = f", from {day(one.opens_on)}" if one.opens_on and one.status == "upcoming" else ""
    ends = f", until {day(one.closes_on)}" if one.closes_on and one.status in ("upcoming", "open") else ""
    style = {"open": "good", "lapsed": "bad", UNDETERMINED: "open"}.get(one.status, "")
    text = f"{marked(one.title, one)}{whose}{party}{begins}{ends}"
    return TableRow((status_words(one.status),), text, page.at(one), style)


def waivers(page: Page, findings: Iterable[Finding]) -> list[str]:
    """The waivers, with what each is of, who approved it, and why."""
    found = [one for one in findings if isinstance(one, Waiver)]
    return page.table("Waivers", [_waiver(page, one) for one in found])


def _waiver(page: Page, one: Waiver) -> TableRow:
    whose = "" if one.subject.root else f", {short_name(one.subject)}"
    title = f"{marked(one.title, one)}{f', {one.period}' if one.period else ''}{whose}"
    style = {"lapsed": "bad", UNDETERMINED: "open"}.get(one.status, "")
    lead = status_words(one.status)
    return TableRow(
        (lead,), f"{title}: {waiver_words(one.note, page.labels, 'approved')}", page.at(one), style
    )
