"""What an evaluation says: the findings of a decision, and the words that they share.

A finding judges one subject by one part of one policy. Every finding knows its status, the reasons, the
line and the clause of the rule, and whether the rule is stated or assumed. Amounts and rates are
`Decimal`, counts are `int`, dates are `date`; None stands where a value could not be decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import ClassVar

from policyengine.dataclass import dataclass
from policyengine.decision.subjects import Assumption as Assumption
from policyengine.decision.subjects import Basis as Basis
from policyengine.decision.subjects import Clause as Clause
from policyengine.decision.subjects import Missing as Missing
from policyengine.decision.subjects import NotInForce as NotInForce
from policyengine.decision.subjects import ObligationTopic as ObligationTopic
from policyengine.decision.subjects import Origin as Origin
from policyengine.decision.subjects import Outcome as Outcome
from policyengine.decision.subjects import Owner as Owner
from policyengine.decision.subjects import Reason as Reason
from policyengine.decision.subjects import Room as Room
from policyengine.decision.subjects import Shortfall as Shortfall
from policyengine.decision.subjects import Subject as Subject
from policyengine.decision.subjects import Unsettled as Unsettled
from policyengine.decision.subjects import Value as Value
from policyengine.decision.subjects import WaiverNote as WaiverNote
from policyengine.decision.subjects import path_of as path_of

KNOWN = "known"
UNDETERMINED = "undetermined"
NOT_APPLICABLE = "not_applicable"
MANUAL = "manual"
"""A person decides, and has said neither yes nor no."""
REFUSED = "refused"
"""A person decides, and has said no."""
WAIVED = "waived"
"""It is not met, and a waiver lets it pass."""
PASSING = frozenset({"met", NOT_APPLICABLE, WAIVED})
"""The statuses of a requirement that lets pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What all findings have: where they come from, whom they judge, the status, the reasons.

    `assumptions` are those of the rule and of all that decided it: requirements, formulas, rows, facts.
    """

    section: ClassVar[str]
    statuses: ClassVar[tuple[str, ...]]

    origin: Origin
    subject: Subject
    status: str
    because: tuple[Reason, ...] = ()
    unknown: tuple[Unsettled, ...] = ()
    assumptions: tuple[Assumption, ...] = ()

    @property
    def basis(self) -> Basis:
        """`assumed` where the rule or anything that decided it is."""
        return "assumed" if self.assumptions else self.origin.basis

    @property
    def policy(self) -> str:
        """The id of the policy."""
        return self.origin.policy

    @property
    def id(self) -> str:
        """The id of the part of the policy."""
        return self.origin.id

    @property
    def title(self) -> str:
        """The title of the part of the policy."""
        return self.origin.title

    @property
    def name(self) -> str:
        """What it is called among those that need a missing fact, whomever it is about."""
        return f"{self.policy}/{self.id}"

    @property
    def reference(self) -> str:
        """How this finding is asked for: `policy/id`, and `@key` for what stands in a record."""
        name = self.policy if self.id == self.policy else self.name
        return name if self.subject.root else f"{name}@{self.subject.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement(Finding):
    """One thing asked for. `decided_by` is the party that decides; a level's own key tests `test_of`."""

    section: ClassVar[str] = "requirements"
    statuses: ClassVar[tuple[str, ...]] = (
        "met", "unmet", NOT_APPLICABLE, UNDETERMINED, MANUAL, REFUSED, WAIVED,
    )  # fmt: skip

    decided_by: str | None = None
    test_of: str | None = None
    waiver: WaiverNote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextLevel:
    """A level to reach, or to keep, and all that is missing for it."""

    level: str
    title: str
    missing: tuple[Shortfall, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Level(Finding):
    """The level reached in a ladder of levels.

    `candidate` is the level that the measure alone would give, `measure_title` what people call the measure;
    `requirements` are those of the level reached, else of the candidate. Of levels that last, `level` is the
    one in force, and the requirements are those for keeping it where it is not reached; `by_figures` is the
    one that today's figures lead to: a higher one that they reach, the same if they keep it, else the one
    that it falls to. `to_keep` tells what is missing to keep it, `on_record` which level the record says,
    `held_until` the last day on which the one in force is surely held. A `waiver` gives the level.
    """

    section: ClassVar[str] = "levels"
    statuses: ClassVar[tuple[str, ...]] = ("reached", "none", UNDETERMINED)

    level: str | None
    level_title: str | None = None
    candidate: str | None = None
    candidate_title: str | None = None
    measure_title: str | None = None
    requirements: tuple[Requirement, ...] = ()
    next: NextLevel | None = None
    to_keep: NextLevel | None = None
    room: Room | None = None
    by_figures: str | None = None
    by_figures_title: str | None = None
    on_record: str | None = None
    on_record_title: str | None = None
    held_until: date | None = None
    waiver: WaiverNote | None = None

    @property
    def differs(self) -> bool:
        """Whether the level in force is another than that of today's figures."""
        return self.by_figures is not None and self.level not in (None, self.by_figures)

    @property
    def unwritten(self) -> bool:
        """Whether the level in force is not in the record yet, so that the next day may forget it."""
        return self.on_record is not None and self.level not in (None, self.on_record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount(Finding):
    """A discount on an item; `rate` 0.20 is 20 %."""

    section: ClassVar[str] = "discounts"
    statuses: ClassVar[tuple[str, ...]] = ("applies", UNDETERMINED)

    on: str
    on_title: str | None = None
    rate: Decimal | None = None
    level: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty(Finding):
    """Who does what: a party in a role for an activity; `block` is the section of the matrix."""

    section: ClassVar[str] = "duties"
    statuses: ClassVar[tuple[str, ...]] = ("applies", NOT_APPLICABLE, UNDETERMINED)

    block: str
    block_title: str
    role: str
    party: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate(Finding):
    """Whether something may leave the stage it is in, and for which stage.

    A stage that ends by time is `expired` after its day (`until`), and leads to one stage alone.
    """

    section: ClassVar[str] = "gates"
    statuses: ClassVar[tuple[str, ...]] = ("open", "blocked", "system", "expired", "final", UNDETERMINED)

    stage: str | None
    stage_title: str | None = None
    next_stage: str | None = None
    next_stage_title: str | None = None
    next_stages: tuple[str, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    waiver: WaiverNote | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation(Finding):
    """What must be done by when; for a recurring one, in which period (both ends inclusive).

    One that lasts must be kept up to the day `holds_until`.
    """

    section: ClassVar[str] = "obligations"
    statuses: ClassVar[tuple[str, ...]] = (
        "met", "met_late", "upcoming", "due", "overdue", NOT_APPLICABLE, UNDETERMINED, MANUAL, WAIVED,
        "kept", "broken", "ended",
    )  # fmt: skip

    party: str | None = None
    due_on: date | None = None
    period: str | None = None
    period_start: date | None = None
    period_end: date | None = None
    audience: str | None = None
    decided_by: str | None = None
    parts: tuple[ObligationTopic, ...] = ()
    holds_until: date | None = None
    waiver: WaiverNote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Right(Finding):
    """What a party may do, from its first to its last day."""

    section: ClassVar[str] = "rights"
    statuses: ClassVar[tuple[str, ...]] = (
        *("upcoming", "open", "exercised", "forfeited", "lapsed"), NOT_APPLICABLE, UNDETERMINED,
    )  # fmt: skip

    party: str | None = None
    opens_on: date | None = None
    closes_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge(Finding):
    """An amount to pay, net of the discount in force.

    `due_on` is the (first) due date; a recurring charge says how often (`every`) and when it falls due
    next, on or after the evaluation date. Its dates are `counted_from` a day that no short month has cut, and
    lie `shift_days` days after the day that is reached (-1: the day before). `net` is None where
    it is not known to be charged. `payer` pays `payee`; it is a `payout` where the partner is paid. One that
    says when it was settled is `settled`, `upcoming`, `due` or `overdue` instead of `applies`. A charge that
    counts periods has a `period_number`, from 1, `of_periods` where they end after so many; `days`
    `of_days` of it count where it is shared by days. Where the first due date lies off the steps, they count
    from `steps_from`.
    """

    section: ClassVar[str] = "charges"
    statuses: ClassVar[tuple[str, ...]] = (
        "applies", "settled", "upcoming", "due", "overdue", NOT_APPLICABLE, UNDETERMINED,
    )  # fmt: skip

    item: str | None = None
    amount: Decimal | None = None
    discount_rate: Decimal | None = None
    net: Decimal | None = None
    currency: str | None = None
    due_on: date | None = None
    every: str | None = None
    next_due_on: date | None = None
    counted_from: date | None = None
    shift_days: int | None = None
    payer: str | None = None
    payee: str | None = None
    payout: bool = False
    period_number: int | None = None
    of_periods: int | None = None
    period_start: date | None = None
    period_end: date | None = None
    days: int | None = None
    of_days: int | None = None
    steps_from: date | None = None

    @property
    def amount_known(self) -> bool:
        """Whether it is known what it comes to, if it is charged."""
        return self.amount is not None and (self.item is None or self.discount_rate is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePart(Finding):
    """The points of a part of a score, at `most` so many; before the limits they were `before_limits`.

    They come of `units`, called `unit`, that bring `each` so many points, where the part says so. `weight` is
    what they count in the total, None for 1; `nested` parts belong to the part before them.
    """

    section: ClassVar[str] = "parts"
    statuses: ClassVar[tuple[str, ...]] = ("counted", "not_counted", NOT_APPLICABLE, UNDETERMINED)

    points: Decimal | None = None
    most: Decimal | None = None
    before_limits: Decimal | None = None
    units: Decimal | None = None
    unit: str | None = None
    each: Decimal | None = None
    weight: Decimal | None = None
    nested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Score(Finding):
    """The points of a scorecard, at `most` so many, and the parts that they come of."""

    section: ClassVar[str] = "scores"
    statuses: ClassVar[tuple[str, ...]] = ("scored", UNDETERMINED)

    points: Decimal | None = None
    most: Decimal | None = None
    parts: tuple[ScorePart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver(Finding):
    """An exception that somebody approved: what it is `of`, why, by whom, from when and until when.

    It is `used` where what it is of is not met, `unused` where nothing needs it, `lapsed` where its last day
    is over and it would be needed, `upcoming` before its first day; of a duty that recurs, for a `period`.
    """

    section: ClassVar[str] = "waivers"
    statuses: ClassVar[tuple[str, ...]] = ("used", "unused", "lapsed", "upcoming", UNDETERMINED)

    of: str
    why: str | None = None
    approved_by: str | None = None
    ticket: str | None = None
    begins_on: date | None = None
    until_including: date | None = None
    period: str | None = None

    @property
    def note(self) -> WaiverNote:
        """What is told of it where it bears on something."""
        return WaiverNote(
            self.policy,
            self.id,
            self.why or "",
            self.approved_by or "",
            ticket=self.ticket,
            until_including=self.until_including,
            begins_on=self.begins_on if self.status == "upcoming" else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure(Finding):
    """A derived fact, or the result of a table, of one subject; its id is its name.

    `text` is the value as people write it, None where there is none; `unit` is `%` or a currency. The reasons
    say how it came about: the row that matches, each slice of a band, the parts of a sum with the names of
    the children.
    """

    section: ClassVar[str] = "figures"
    statuses: ClassVar[tuple[str, ...]] = (KNOWN, NOT_APPLICABLE, UNDETERMINED)

    value: Value = None
    unit: str | None = None
    text: str | None = None

    @property
    def name(self) -> str:
        """Its id alone."""
        return self.id

    @property
    def reference(self) -> str:
        """How it is asked for: its name, and `@key` for what stands in a record."""
        return self.id if self.subject.root else f"{self.id}@{self.subject.path}"

    def __hash__(self) -> int:
        """By what it is about: its value may be a list, and its reasons are told when they are read."""
        return hash((self.id, self.subject))


SECTIONS: Mapping[str, type[Finding]] = {
    cls.section: cls
    for cls in (Level, Score, Discount, Duty, Gate, Obligation, Right, Waiver, Charge, Figure)
}
"""The lists of a decision, in the order in which they are shown."""
