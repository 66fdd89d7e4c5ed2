"""The waivers that have lapsed and would be needed, and those that lapse within some days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from policyengine.decision.findings import UNDETERMINED, Waiver
from policyengine.decision.wording import name_of, plural, status_words
from policyengine.reports.lists import WHO, Answer, Cells, Head, ListColumn, Rows, last, who

_COLUMNS = (
    ListColumn("status", "status"),
    ListColumn("until_including", "until", "date"),
    ListColumn("days", "days left", "count"),
    *WHO,
    ListColumn("title", "of what"),
    ListColumn("period", "period"),
    ListColumn("why", "why"),
    ListColumn("approved_by", "approved by"),
    ListColumn("ticket", "ticket"),
    ListColumn("at", "rule"),
)


def waiver_list(labels: Mapping[str, str], within: int, most: int | None = None) -> Rows:
    """The list, what is needed most first: those that have lapsed, then by their last day."""
    title = f"Waivers that have lapsed, or lapse within {plural(within, 'day')}"
    head = Head("waivers", title, _COLUMNS, "No waiver lapses.")
    status, day, key = head.places("status", "until_including", "key")

    def rows(answer: Answer) -> Iterator[Cells]:
        today = answer.decision.as_of
        end = today + timedelta(days=min(within, (date.max - today).days))
        for one in answer.decision.findings:
            if isinstance(one, Waiver) and _lapses(one, end):
                left = None if one.until_including is None else (one.until_including - today).days
                approved = None if one.approved_by is None else name_of(one.approved_by, labels)
                yield (
                    status_words(one.status), one.until_including, left, *who(answer.decision, one),
                    one.title, one.period, one.why, approved, one.ticket, str(one.origin.at),
                )  # fmt: skip

    return Rows(
        head, rows, lambda row: (row[status] != "lapsed", last(row[day]), last(row[key])), most, _open_waivers
    )


def _open_waivers(answer: Answer) -> int:
    return sum(isinstance(one, Waiver) and one.status == UNDETERMINED for one in answer.decision.findings)


def _lapses(waiver: Waiver, end: date) -> bool:
    """Whether it has lapsed and would be needed, or is used and ends by that day."""
    last_day = waiver.until_including
    return waiver.status == "lapsed" or (waiver.status == "used" and last_day is not None and last_day <= end)
