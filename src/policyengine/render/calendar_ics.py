"""Events as an iCalendar file (RFC 5545), the same bytes for the same events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from policyengine.reports.due_events import DueEvent

if TYPE_CHECKING:
    from icalendar import Event


class Sent(NamedTuple):
    """What a calendar that was sent before says of an event: its day, its summary, how often it changed."""

    day: date
    summary: str
    sequence: int
    cancelled: bool


def sent_events(data: bytes) -> dict[str, Sent]:
    """The events of a calendar that was written before, by their `UID`; raises `ValueError` for others."""
    from icalendar import Calendar

    calendar = Calendar.from_ical(data)
    return {
        str(event["uid"]): Sent(
            event.decoded("dtstart"), str(event.get("summary", "")), int(event.get("sequence", 0)),
            str(event.get("status", "")) == "CANCELLED",
        )
        for event in calendar.walk("VEVENT")
    }  # fmt: skip


def calendar_bytes(
    events: Iterable[DueEvent], title: str, as_of: date, remind: int, before: Mapping[str, Sent]
) -> bytes:
    """The calendar: an all-day event each, with an alarm some days ahead.

    An event that `before` has on a different day, or in different words, has the next `SEQUENCE`; one of a
    day to come that is not there any more is cancelled, so that calendars take it out.
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//policyengine//calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", title)
    written = set()
    for each in sorted(events, key=lambda each: (each.day, each.uid)):
        summary, old = _summary(each), before.get(each.uid)
        sequence = 0 if old is None else old.sequence
        if old is not None and (old.day, old.summary, old.cancelled) != (each.day, summary, False):
            sequence += 1
        calendar.add_component(_event(each.uid, each.day, summary, sequence, as_of, each.why, remind))
        written.add(each.uid)
    for uid, old in sorted(before.items()):
        if uid not in written and (old.cancelled or old.day >= as_of):
            sequence = old.sequence + (not old.cancelled)
            calendar.add_component(_event(uid, old.day, old.summary, sequence, as_of, None, None))
    found: bytes = calendar.to_ical()
    return found


def _summary(event: DueEvent) -> str:
    who = event.label or event.key or ""
    whom = f"{who}, {event.subject}" if who and event.subject else who or event.subject or ""
    return f"{whom}: {event.title}" if whom else event.title


def _event(
    uid: str, day: date, summary: str, sequence: int, as_of: date, why: str | None, remind: int | None
) -> Event:
    from icalendar import Alarm, Event

    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", datetime.combine(as_of, time(), UTC))
    event.add("dtstart", day)
    event.add("summary", summary)
    event.add("sequence", sequence)
    event.add("transp", "TRANSPARENT")
    if why is None:
        event.add("status", "CANCELLED")
    elif why:
        event.add("description", why)
    if remind is not None:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", summary)
        alarm.add("trigger", -timedelta(days=remind))
        event.add_component(alarm)
    return event
