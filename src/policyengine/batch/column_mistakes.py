"""Mistakes that a whole column has, told once: how many values, such as which, and what would read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field

from policyengine.batch.raw import ORPHAN, Reject
from policyengine.dataclass import dataclass
from policyengine.decision.wording import number
from policyengine.diagnostics import listed
from policyengine.policy.export_formats import Convert, date_reader, number_reader
from policyengine.policy.mapping import DATES, NUMBERS

FEW = 5
"""From so many mistakes of one kind in a column on, they are told as one."""
LINES = 20
"""So many lines are told of mistakes."""
_EXAMPLES = 3
_STRANGERS = 3
"""So many rows without a record are told: beside a few records may lie the table of all."""
_VALUE = re.compile(r"(?:^`[^`]*`: |; found )`([^`]*)`")
"""Where the reason of a mistake quotes the value."""
_TRUTH = frozenset({"yes", "no", "y", "n", "x", "ja", "nein", "oui", "non"})
_READERS: dict[str, Convert] = {
    **{f"format: {name}": date_reader(name) for name in DATES if name != "iso"},
    **{f"format: {name} ": number_reader(name, None) for name in NUMBERS},
}
"""By what a mapping would say, what reads a value; numbers have a blank at the end, to be told from dates."""


@dataclass(slots=True)
class _Column:
    """The mistakes of one kind in a column: how many, the first of them, and what would read all values."""

    first: list[Reject] = field(default_factory=list)
    count: int = 0
    values: dict[str, None] = field(default_factory=dict)
    reading: list[str] = field(default_factory=lambda: list(_READERS))
    truth: bool = True

    def add(self, found: Reject) -> None:
        """One more."""
        self.count += 1
        if len(self.first) < (_STRANGERS if found.code == ORPHAN.id else FEW):
            self.first.append(found)
        quoted = _VALUE.search(found.reason)
        if quoted is None:
            self.reading, self.truth = [], False
            return
        value = quoted[1]
        if len(self.values) < _EXAMPLES:
            self.values[value] = None
        self.reading = [name for name in self.reading if _reads(_READERS[name], value)]
        self.truth = self.truth and value.casefold() in _TRUTH

    def text(self) -> str:
        """All of them in a sentence, and what to write in a mapping."""
        one = self.first[0]
        where = one.file if one.cell is None else f"{one.file}: {one.cell.rstrip('0123456789')}"
        such = f", such as {listed(self.values)}" if self.values else f"; the first: {one.reason}"
        lead = f"{where}: error[{one.code}]: {number(self.count)} values of `{one.fact}` are wrong{such}"
        named = [name.strip() for name in self.reading]
        if self.truth:
            return f"{lead}\nhelp: say what they mean in a mapping: `values: {{yes: true, no: false}}`"
        if len(named) == 1:
            return f"{lead}\nhelp: all of them are written as `{named[0]}` says; write that in a mapping"
        if named:
            return f"{lead}\nhelp: a mapping can say which it is: {listed(named)}"
        return lead if one.help is None else f"{lead}\nhelp: {one.help}"


def _reads(convert: Convert, value: str) -> bool:
    try:
        convert(value)
    except ValueError:
        return False
    return True


class Mistakes:
    """All mistakes of a run, as far as they are told: by column, then by row."""

    def __init__(self) -> None:
        self._columns: dict[tuple[str, str | None, str], _Column] = {}
        self.count = 0

    def add(self, found: Reject) -> None:
        """One more."""
        self.count += 1
        self._columns.setdefault((found.file, found.fact, found.code), _Column()).add(found)

    def lines(self, one: Callable[[Reject], str], most: int = LINES) -> Iterator[str]:
        """What is told, at most so many lines; `one` writes a single mistake."""
        columns = [each for each in self._columns.values() if each.count >= FEW and each.first[0].fact]
        rest = [each for each in self._columns.values() if each not in columns]
        texts = [each.text() for each in sorted(columns, key=_rank)]
        texts += map(one, _in_turn([each.first for each in rest]))
        told = sum(each.count for each in columns)
        told += sum(each.count - len(each.first) for each in rest if each.first[0].code == ORPHAN.id)
        for i, text in enumerate(texts):
            lines = text.count("\n") + 1
            if most - lines < (1 if i < len(texts) - 1 else 0):
                break
            most -= lines
            told += i >= len(columns)
            yield text
        if told < self.count:
            yield f"and {number(self.count - told)} more"


def _rank(column: _Column) -> tuple[int, str, str]:
    one = column.first[0]
    return -column.count, one.file, str(one.fact)


def _in_turn(groups: Iterable[list[Reject]]) -> list[Reject]:
    """The mistakes of several kinds, the first of each before the second of any."""
    found = [(i, mistake) for group in groups for i, mistake in enumerate(group)]
    return [mistake for _, mistake in sorted(found, key=lambda each: each[0])]
