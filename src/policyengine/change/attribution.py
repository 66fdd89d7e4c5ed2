"""Attributes costs to changed rules: applies one change at a time to the old program.

A change that does not compile alone is applied with the changes that it needs. The effect that changes have
only together is the interaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from policyengine.change.change_groups import bundles, told_once
from policyengine.change.changes import Change, changes_of
from policyengine.change.descriptions import sentence
from policyengine.change.independence import Trials
from policyengine.dataclass import dataclass
from policyengine.program.graph import Graph
from policyengine.program.linked import Program
from policyengine.source import Span


@dataclass(frozen=True, slots=True)
class Cause:
    """Changes that are applied together: their sentence, and how programs with only them are made."""

    title: str
    changes: tuple[Change, ...]
    trials: Trials

    @property
    def at(self) -> Span | None:
        """The place of the first change in the new version; None where the new version has none of them."""
        return next((new for _, new in (change.spans for change in self.changes) if new is not None), None)

    @property
    def stands_alone(self) -> bool:
        """Whether it is one change, of a policy, that counts at once."""
        return (
            len(self.changes) == 1 and self.changes[0].policy is not None and self.changes[0].starts is None
        )

    def on(self, day: date) -> Graph | None:
        """The graph of the old program with only these changes, on a day; None where it does not compile."""
        return self.trials.on(day).evaluated(self.changes)


def causes_of(old: Program, new: Program) -> tuple[Cause, ...]:
    """All changes of meaning, in the order of the policies; both programs must compile.

    Which day chooses a version is no cost by itself. The other changes are applied with it, so that the
    versions hold for whom they are meant; it comes last.
    """
    found = [change for change in changes_of(old, new) if not change.wording]
    choosing = tuple(change for change in found if change.route == ("version_by",))
    plain = Trials(old, (), old.as_of)
    if choosing and plain.made(choosing).ok:
        trials, rest = Trials(old, choosing, old.as_of), [each for each in found if each not in choosing]
        groups = [*((each, trials) for each in bundles(trials, rest)), (choosing, plain)]
    else:
        groups = [(each, plain) for each in bundles(plain, found)]
    return tuple(Cause(_title(group, old, new), group, trials) for group, trials in groups)


def _title(changes: Sequence[Change], old: Program, new: Program) -> str:
    return "; ".join(dict.fromkeys(sentence(change, old, new) for change in told_once(changes)))
