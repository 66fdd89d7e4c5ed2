"""Levels as they are written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from policyengine.policy.base import (
    RESULT,
    Boolean,
    FactName,
    FactRef,
    Feel,
    Id,
    Many,
    NameOf,
    Part,
    Period,
    Sourced,
    Text,
    ValueOf,
    VersionedPolicy,
    check_intended,
    field,
)
from policyengine.policy.condition import Condition, TestedPart, TestSpec
from policyengine.policy.grant import Grant
from policyengine.policy.requirement import Requirement
from policyengine.text.document import Pointer


class Falls(Part):
    """When a level may fall, and how far."""

    when: Condition | None = field(default=None, description="only then; left out: at any time")
    by: Literal["to the level reached", "one level"] = field(
        default="to the level reached", description="how far it falls"
    )


class Counter(Part):
    """What counts towards levels: renewing adds to it, and a level that is reached may use it up."""

    fact: FactRef = field(description="the fact that holds it")
    add: Feel | None = field(default=None, description="what is added when the level is renewed")
    uses_up: Boolean = field(default=False, description="reaching a level takes its threshold off")


class State(Part):
    """Levels that last: a level is held until it may fall."""

    held: FactRef = field(description="the fact that holds the level")
    since: FactRef | None = field(default=None, description="the fact that says since when")
    rises: Literal["at once", "at review"] = field(
        default="at once", description="`at review`: when `falls.when` holds"
    )
    falls: Falls = field(default_factory=Falls)
    grace: Period | None = field(
        default=None, description="a fall takes effect so long after the figures fell short"
    )
    short_since: FactRef | None = field(
        default=None, description="the fact that says since when the figures fall short"
    )
    keeps_until: Feel | None = field(default=None, description="the last day on which it is surely held")
    floor: Annotated[Text, ValueOf(RESULT, expression=True)] | None = field(
        default=None, description="nobody falls below it: a level, or an expression that gives one"
    )
    counter: Counter | None = None


class Keep(TestedPart):
    """Tests for keeping a level, in place of those of the same facts; `-`: not asked for then."""

    requires: Many[Requirement] | None = field(
        default=None, description="in place of the level's own; left out: those are asked for as well"
    )


class LevelPart(TestedPart):
    """A level; further keys are `fact: test`, all of which must hold."""

    id: Annotated[Id, ValueOf("state.held")]
    title: Text
    requires: Many[Requirement] = field(default=(), description="of this level only")
    grants: Many[Grant] = ()
    keep: Keep | None = field(default=None, description="tests for keeping it, where they differ")
    or_: Condition | None = field(
        default=None, alias="or", description="another way than the measure: it stands in for the test of it"
    )
    intended: Boolean = field(
        default=False, description="with a `note`: more of the measure, or this level, may bring less"
    )

    def __post_init__(self) -> None:
        check_intended(self.intended, self.note)


class Threshold(TestedPart):
    """A row of the grid of thresholds: further keys are `level: test` of the fact, or `unknown`, or `-`."""

    title: Text | None = field(default=None, description="what people call it; left out: the fact's title")
    tests: dict[Annotated[str, NameOf("level")], TestSpec] = field(default_factory=dict, alias="*")


class Otherwise(Sourced):
    """What holds where no level is reached."""

    level: Annotated[Text, NameOf("level", declares=True), ValueOf("state.held")] = field(
        description="a word for it, such as `none`"
    )
    title: Text | None = field(default=None, description="what people read; left out: the word")
    grants: Many[Grant] = ()


class Tiers(VersionedPolicy):
    """Which level is reached, what it grants, what is missing for the next one."""

    kind: Literal["tiers"]
    result: FactName | None = field(
        default=None, description="the name of the level as a value; else the id with _ for -"
    )
    when: Condition | None = field(default=None, description="whom it judges at all; all if left out")
    measure: Annotated[Text, NameOf("fact")] | None = field(
        default=None, description="the fact whose levels must leave no gap and not overlap"
    )
    requires: Many[Requirement] = field(default=(), description="of every level")
    thresholds: dict[FactRef, Threshold] = field(
        default_factory=dict, description="by fact a test for each level: a grid instead of keys of levels"
    )
    levels: Many[LevelPart] = field(description="from the lowest to the highest", min_length=1)
    otherwise: Otherwise | None = None
    state: State | None = field(default=None, description="levels that last; else that of today's figures")

    @property
    def result_name(self) -> str:
        """The name under which expressions use the level."""
        return self.result or self.id.replace("-", "_")

    @property
    def none(self) -> str:
        """The word for no level."""
        return self.otherwise.level if self.otherwise is not None else "none"

    @property
    def none_title(self) -> str:
        """What people read for no level."""
        return self.none if self.otherwise is None else self.otherwise.title or self.none

    def place_of(self, i: int, fact: str) -> Pointer | None:
        """Where a level tests a fact: in its own part or in the grid; None if it does not."""
        level = self.levels[i]
        if fact in level.tests:
            return ("levels", i, fact)
        row = self.thresholds.get(fact)
        cell = None if row is None else row.tests.get(level.id)
        return None if cell is None or cell.is_ == "-" else ("thresholds", fact, level.id)

    def facts_of(self, i: int) -> list[str]:
        """The facts that a level tests, those of the grid first."""
        return [fact for fact in (*self.thresholds, *self.levels[i].tests) if self.place_of(i, fact)]


def plain_test(written: Any) -> Any:
    """Returns a test as it is written, without the note beside it."""
    return written["is"] if isinstance(written, dict) and "is" in written else written
