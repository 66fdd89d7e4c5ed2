"""A day that notes until when what is asked of it stays the same.

Whoever evaluates something on a `WatchedDay` knows afterwards up to which later day the same answer holds,
and need not ask on the days between. Comparisons with other days, the month, the year and moves by a length
are followed exactly; whatever else is asked of the day (how many days lie between it and another, its text)
holds for that day alone.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

_DAY = datetime.timedelta(days=1)
Path = Callable[[datetime.date], object]
"""Leads from the day that is asked about to the one that is looked at; later days never to earlier ones."""


class Watch:
    """The day that is asked about, and the last day for which everything asked so far has the same answer."""

    __slots__ = ("day", "until")

    def __init__(self, day: datetime.date, until: datetime.date) -> None:
        self.day = day
        self.until = until

    def pin(self) -> None:
        """Nothing that was asked need hold for the next day."""
        self.until = self.day

    def before(self, changed: Callable[[datetime.date], bool]) -> None:
        """What was asked holds until the day before the first one that is `changed`, and so are all later."""
        low, high = self.day.toordinal(), self.until.toordinal() + 1
        while low + 1 < high:
            middle = (low + high) // 2
            if changed(datetime.date.fromordinal(middle)):
                high = middle
            else:
                low = middle
        self.until = datetime.date.fromordinal(high - 1)


class WatchedDay(datetime.date):
    """A day that is reached from the day of a `Watch`; it passes for a plain date."""

    __slots__ = ("_path", "_plain", "_watch")
    _path: Path | None
    _plain: datetime.date
    _watch: Watch

    def __new__(
        cls, watch: Watch, plain: datetime.date | None = None, path: Path | None = None
    ) -> WatchedDay:
        """The day of a watch; or one that is reached from it on a path."""
        value = watch.day if plain is None else plain
        made = super().__new__(cls, value.year, value.month, value.day)
        made._watch, made._plain, made._path = watch, value, path
        return made

    __class__ = property(lambda self: datetime.date)  # generated code asks for it

    @property
    def plain(self) -> datetime.date:
        """The day itself, which nobody watches; what is done with it is not noted."""
        return self._plain

    def holds_until(self, last: datetime.date) -> None:
        """Notes that what was asked holds while the day is not after another one."""
        path, watch = self._path, self._watch
        if path is None:
            if last < watch.until:
                watch.until = last if last > watch.day else watch.day
        else:
            self._watch.before(lambda day: not _is_until(path(day), last))

    def moved(self, move: Path) -> object:
        """The day that a move leads to, which may lead out of the calendar; later days never move earlier."""
        path = self._path
        found = move(self._plain)
        if found.__class__ is not datetime.date or not isinstance(found, datetime.date):
            self._watch.pin()
            return found
        return WatchedDay(self._watch, found, move if path is None else lambda day: _then(path(day), move))

    # Comparisons

    def _against(self, other: datetime.date) -> datetime.date:
        plain = other.plain if type(other) is WatchedDay else other
        if plain is not other:
            self._watch.pin()  # two days that both move
        elif self._plain < plain:
            self.holds_until(plain - _DAY)
        elif self._plain == plain:
            self.holds_until(plain)
        return plain

    def __lt__(self, other: datetime.date) -> bool:
        return self._plain < self._against(other)

    def __le__(self, other: datetime.date) -> bool:
        return self._plain <= self._against(other)

    def __gt__(self, other: datetime.date) -> bool:
        return self._plain > self._against(other)

    def __ge__(self, other: datetime.date) -> bool:
        return self._plain >= self._against(other)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, datetime.date) and self._plain == self._against(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        self._watch.pin()
        return hash(self._plain)

    # Arithmetic

    def __add__(self, length: datetime.timedelta) -> Any:
        return self.moved(lambda day: day + length)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, datetime.timedelta):
            return self.moved(lambda day: day - other)
        self._watch.pin()
        return self._plain - (other.plain if type(other) is WatchedDay else other)

    def __rsub__(self, other: datetime.date) -> datetime.timedelta:
        self._watch.pin()
        return other - self._plain

    # Parts

    @property
    def year(self) -> int:
        """The year."""
        self.holds_until(datetime.date(self._plain.year, 12, 31))
        return self._plain.year

    @property
    def month(self) -> int:
        """The month."""
        year, month = divmod(self._plain.year * 12 + self._plain.month, 12)
        self.holds_until(datetime.date(year, month + 1, 1) - _DAY if year <= 9999 else datetime.date.max)
        return self._plain.month

    @property
    def day(self) -> int:
        """The day of the month."""
        self._watch.pin()
        return self._plain.day


def _is_until(reached: object, last: datetime.date) -> bool:
    return isinstance(reached, datetime.date) and reached <= last


def _then(reached: object, move: Path) -> object:
    return move(reached) if isinstance(reached, datetime.date) else reached


def _pinned(name: str) -> Callable[..., Any]:
    plain = getattr(datetime.date, name)

    def method(self: WatchedDay, *arguments: Any, **named: Any) -> Any:
        self._watch.pin()
        return plain(self.plain, *arguments, **named)

    return method


for _name in (
    "__format__", "__reduce__", "__repr__", "__str__", "ctime", "isocalendar", "isoformat", "isoweekday",
    "replace", "strftime", "timetuple", "toordinal", "weekday",
):  # fmt: skip
    setattr(WatchedDay, _name, _pinned(_name))


def plain_day(value: object) -> object:
    """A value as it is without a watch; of a watched day, what is read holds for that day alone."""
    if type(value) is WatchedDay:
        value._watch.pin()
        return value.plain
    return value
