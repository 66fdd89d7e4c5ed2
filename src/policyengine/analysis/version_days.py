"""The days on which two versions of a program have to be compared: all on which something begins or ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from policyengine.policy.policy_reader import PolicyDocument
from policyengine.program.linked import Program
from policyengine.program.load import load_documents


def days_to_compare(old: Program, new: Program) -> tuple[date, ...]:
    """The day of the programs, then every other day on which a version of either begins or has just ended."""
    days = {*_days((*old.units, *new.units))} - {old.as_of}
    return (old.as_of, *sorted(days))


def _days(units: Iterable[PolicyDocument]) -> Iterator[date]:
    for unit in units:
        if unit.policy.from_ is not None:
            yield unit.policy.from_
        if unit.policy.existing_from is not None:
            yield unit.policy.existing_from
        end = unit.policy.until_including
        if end is not None:
            yield end
            if end < date.max:
                yield end + timedelta(days=1)


def on_day(program: Program, day: date) -> Program:
    """The same program as it is in force on another day."""
    return program.on(day) or load_documents(program.name, program.documents, day)
