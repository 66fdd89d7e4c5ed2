"""Who is about to lose a level, and who is close to the next one; with the money that the level is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Literal

from policyengine.dataclass import dataclass
from policyengine.decision.findings import UNDETERMINED, Level, Shortfall
from policyengine.decision.reason_words import shortfall
from policyengine.decision.wording import PERCENT, quantity
from policyengine.feel.limits import NUMBERS
from policyengine.reports.lists import (
    CURRENCY,
    WHO,
    Answer,
    Cell,
    Cells,
    Head,
    ListColumn,
    OpenRow,
    Rows,
    last,
    later,
    settled,
    who,
)

By = Literal["room", "date", "money"]
Worth = Callable[[Answer, Level, str | None], tuple[Decimal | None, str | None]]
"""What a different level of a policy (None: the one below) is worth to a record in a year, with its currency.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """Who counts as about to lose a level: its measure may fall by such a share, or it ends by such a day."""

    share: Decimal
    days: int


_LEVEL = (ListColumn("policy", "programme"), ListColumn("level", "level"))
_MONEY = ListColumn(CURRENCY, "currency")
_LOSING = (
    *WHO,
    *_LEVEL,
    ListColumn("by_figures", "by today's figures"),
    ListColumn("missing", "missing to keep it"),
    ListColumn("held_until", "held until", "date"),
    ListColumn("measure", "measure"),
    ListColumn("have", "now", "exact"),
    ListColumn("lost_below", "lost below", "exact"),
    ListColumn("room", "room", "exact"),
    ListColumn("room_share", "room in %", "rate"),
    ListColumn("at_stake", "at stake a year", "money"),
    _MONEY,
    ListColumn("at", "rule"),
)
_NEXT = (
    *WHO,
    *_LEVEL,
    ListColumn("next_level", "next level"),
    ListColumn("missing", "what is missing"),
    ListColumn("count", "how many things", "count"),
    ListColumn("share", "of the way", "rate"),
    ListColumn("brings", "brings a year", "money"),
    _MONEY,
    ListColumn("at", "rule"),
)
_SHARE = Decimal("0.0001")


def losing_list(worth: Worth, limits: Limits, by: By, most: int | None = None) -> Rows:
    """Levels that are about to be lost, by the room that is left, by the day, or by the money at stake."""
    head = Head("losing", "About to lose a level", _LOSING, "Nobody is about to lose a level.")
    room, until, stake, key = head.places("room_share", "held_until", "at_stake", "key")

    def rank(row: tuple[Any, ...]) -> tuple[object, ...]:
        by_room, by_day = last(row[room]), last(row[until])
        by_money = (row[stake] is None, -_number(row[stake]))
        orders = {"room": (by_room, by_day), "date": (by_day, by_room), "money": (by_money, by_room)}
        return (*orders[by], str(row[key]))

    def rows(answer: Answer) -> Iterator[OpenRow]:
        found = _losing(answer, worth, limits)
        return map(settled, found) if by == "money" else found

    return Rows(head, rows, rank, most, _open_levels)


def _open_levels(answer: Answer) -> int:
    """How many levels are not decided."""
    return sum(each.status == UNDETERMINED for each in answer.decision.of("levels"))


def _losing(answer: Answer, worth: Worth, limits: Limits) -> Iterator[OpenRow]:
    decision = answer.decision
    for level in decision.of("levels"):
        share = _room_share(level)
        if level.status != "reached" or not _is_close(level, share, decision.as_of, limits):
            continue
        room = level.room
        unit = "" if room is None else room.unit
        measured: Cells = (None, None, None, None)
        if room is not None:
            noun = f"{room.noun}, in {'%' if unit == PERCENT else unit}" if unit else room.noun
            measured = (noun, *(_amount(each, unit) for each in (room.have, room.lost_below, room.room)))
        missing = () if level.to_keep is None else level.to_keep.missing
        yield (
            *who(decision, level), level.title, level.level_title or level.level,
            (level.by_figures_title or level.by_figures) if level.differs else None,
            "; ".join(map(shortfall, missing)) or None, _until(level), *measured, share,
            *later(partial(worth, answer, level, None), 2), str(level.origin.at),
        )  # fmt: skip


def _until(level: Level) -> date | None:
    """The last day of the level: until when it is held, or the waiver holds that gives it."""
    waiver = level.waiver
    ends = None if waiver is None or waiver.lapsed else waiver.until_including
    return min((day for day in (level.held_until, ends) if day is not None), default=None)


def _amount(value: object, unit: str) -> Cell:
    """A quantity as a number; a share in per cent."""
    if not isinstance(value, Decimal | int):
        return quantity(value, unit)
    return NUMBERS.multiply(Decimal(value), Decimal(100)) if unit == PERCENT else Decimal(value)


def _room_share(level: Level) -> Decimal | None:
    """Which share of its measure may be lost before the level is."""
    room = level.room
    if room is None or not isinstance(room.have, Decimal | int) or not isinstance(room.room, Decimal | int):
        return None
    if not room.have:
        return None
    return NUMBERS.divide(Decimal(room.room), Decimal(room.have)).quantize(_SHARE, context=NUMBERS)


def _is_close(level: Level, share: Decimal | None, today: date, limits: Limits) -> bool:
    until, days = _until(level), min(limits.days, (date.max - today).days)
    if share is not None and share <= limits.share:
        return True
    return level.differs or (until is not None and until <= today + timedelta(days=days))


def next_list(worth: Worth, most: int | None = None) -> Rows:
    """Who has a next level: the fewest missing things first, then the nearest."""
    head = Head("next", "Close to the next level", _NEXT, "Nobody has a next level.")
    count, share, key = head.places("count", "share", "key")
    return Rows(
        head, lambda answer: _next(answer, worth),
        lambda row: (last(row[count]), -_number(row[share]), str(row[key])), most, _open_levels,
    )  # fmt: skip


def _next(answer: Answer, worth: Worth) -> Iterator[OpenRow]:
    decision = answer.decision
    for level in decision.of("levels"):
        if level.status not in ("reached", "none") or level.next is None or not level.next.missing:
            continue
        missing = level.next.missing
        yield (
            *who(decision, level), level.title, level.level_title or level.level, level.next.title,
            "; ".join(map(shortfall, missing)), len(missing), _way(missing),
            *later(partial(worth, answer, level, level.next.level), 2), str(level.origin.at),
        )  # fmt: skip


def _way(missing: Iterable[Shortfall]) -> Decimal | None:
    """How much of the way is done: of several numbers that fall short, that of the one furthest away."""
    found = []
    for each in missing:
        if isinstance(each.have, Decimal | int) and isinstance(each.short_by, Decimal | int):
            need = NUMBERS.add(Decimal(each.have), Decimal(each.short_by))
            found.append(NUMBERS.divide(Decimal(each.have), need) if need > 0 else Decimal(0))
    return min(found).quantize(_SHARE, context=NUMBERS) if found else None


def _number(cell: Cell) -> Decimal:
    return Decimal(cell) if isinstance(cell, Decimal | int) else Decimal(-1)
