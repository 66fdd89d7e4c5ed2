"""What is overdue, and what falls due within some days: obligations and charges, by the party that owes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from policyengine.decision.decision import Decision
from policyengine.decision.findings import UNDETERMINED, Charge, Obligation
from policyengine.decision.wording import plural, status_words, words
from policyengine.reports.lists import (
    CURRENCY,
    WHO,
    Answer,
    Cells,
    Head,
    ListColumn,
    Rows,
    last,
    who,
)

_COLUMNS = (
    ListColumn("party", "who"),
    ListColumn("due_on", "due on", "date"),
    ListColumn("days", "days left", "count"),
    ListColumn("status", "status"),
    *WHO,
    ListColumn("title", "what"),
    ListColumn("period", "period"),
    ListColumn("amount", "amount", "money"),
    ListColumn(CURRENCY, "currency"),
    ListColumn("at", "rule"),
)
_LATE = ("overdue", "due")


def due_list(labels: Mapping[str, str], within: int, most: int | None = None) -> Rows:
    """The list; `labels` has the titles of the parties."""
    title = f"Overdue, and due within {plural(within, 'day')}"
    head = Head("due", title, _COLUMNS, "Nothing is overdue, and nothing falls due.")
    places = head.places("party", "due_on", "key", "title")

    def last_of(decision: Decision) -> date:
        return decision.as_of + timedelta(days=min(within, (date.max - decision.as_of).days))

    def rows(answer: Answer) -> Iterator[Cells]:
        decision = answer.decision
        last_day = last_of(decision)
        yield from _obligations(decision, labels, last_day)
        yield from _charges(decision, labels, last_day)

    def may_belong(answer: Answer) -> int:
        decision = answer.decision
        owed: list[Obligation | Charge] = [*decision.of("obligations"), *decision.of("charges")]
        return sum(_may_be_due(one, decision.as_of, last_of(decision)) for one in owed)

    return Rows(head, rows, lambda row: tuple(last(row[i]) for i in places), most, may_belong)


def _obligations(decision: Decision, labels: Mapping[str, str], last_day: date) -> Iterator[Cells]:
    for one in decision.of("obligations"):
        if not _is_pressing(one, one.due_on, last_day):
            continue
        party = one.party or "partner"
        yield (
            labels.get(party, words(party)), one.due_on, _days(one.due_on, decision.as_of),
            status_words(one.status), *who(decision, one), one.title, one.period, None, None,
            str(one.origin.at),
        )  # fmt: skip


def _charges(decision: Decision, labels: Mapping[str, str], last_day: date) -> Iterator[Cells]:
    for one in decision.of("charges"):
        due = one.next_due_on or one.due_on
        if not one.net or not (
            _is_pressing(one, due, last_day) or _falls_due(one, due, decision.as_of, last_day)
        ):
            continue
        party = one.payer or "partner"
        falls = "due" if due == decision.as_of else "upcoming"
        status = status_words(falls if one.status == "applies" else one.status)
        yield (
            labels.get(party, words(party)), due, _days(due, decision.as_of), status, *who(decision, one),
            one.title, None, one.net, one.currency, str(one.origin.at),
        )  # fmt: skip


def _is_pressing(one: Obligation | Charge, due: date | None, last_day: date) -> bool:
    """Whether it is late, or has its day by the last one; what is due without a day is due now."""
    return one.status in _LATE or (one.status == "upcoming" and due is not None and due <= last_day)


def _falls_due(charge: Charge, due: date | None, today: date, last_day: date) -> bool:
    """Whether a charge that nothing says to be settled has a due date from today on."""
    return charge.status == "applies" and due is not None and today <= due <= last_day


def _may_be_due(one: Obligation | Charge, today: date, last_day: date) -> bool:
    """Whether it is not decided that it falls due by the last day, or how much it is."""
    if isinstance(one, Obligation):
        return one.status == UNDETERMINED and (one.due_on is None or one.due_on <= last_day)
    due = one.next_due_on or one.due_on
    if one.status == UNDETERMINED:
        return due is None or today <= due <= last_day
    pressing = _is_pressing(one, due, last_day) or _falls_due(one, due, today, last_day)
    return one.net is None and pressing


def _days(due: date | None, today: date) -> int | None:
    return None if due is None else (due - today).days
