"""Where a finding comes from, whom it judges, what is not known of it, and which waiver bears on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple

from policyengine.dataclass import dataclass
from policyengine.source import Span

Basis = Literal["stated", "assumed"]
Outcome = Literal["holds", "fails", "unknown", "value"]
Value = object


@dataclass(frozen=True, slots=True)
class Clause:
    """Where a rule is written: a document of the program, a section of it, its address."""

    document: str
    title: str
    section: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Assumption:
    """What somebody decided that the text leaves open: the part of a policy that says so, and its note."""

    policy: str
    id: str
    title: str
    at: Span
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The part of a policy that a finding comes from; `assumption` where that part itself is assumed."""

    policy: str
    id: str
    title: str
    at: Span
    clause: Clause | None = None
    basis: Basis = "stated"
    note: str | None = None
    assumption: Assumption | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """Who or what is judged: an entity of the program, the key of the record, what people call it.

    `root` tells the record itself from what stands in it; `position` counts from 1 in its list. Keys are
    unique in one list only: `within` are the subjects between the record and this one, from the outside in.
    """

    entity: str
    key: str | None
    label: str | None = None
    root: bool = True
    position: int = 1
    within: tuple[Subject, ...] = ()

    def __str__(self) -> str:
        """`partner` for the record itself, `opportunity/O-1` or `fee/C-1/1` for what stands in it."""
        return self.entity if self.root else f"{self.entity}/{self.path}"

    @property
    def name(self) -> str:
        """The key, or the position where the record gives no key."""
        return self.key if self.key is not None else f"#{self.position}"

    @property
    def path(self) -> str:
        """The name within the record: `O-1`, or `C-1/1` for the one called 1 in the list of C-1."""
        return path_of([*(each.name for each in self.within), self.name]) if self.within else self.name

    @property
    def inside(self) -> tuple[Subject, ...]:
        """What `within` is for the things in its own lists."""
        return () if self.root else (*self.within, self)

    @property
    def owners(self) -> tuple[Owner, ...]:
        """The entities and names of `within`."""
        return tuple(Owner(each.entity, each.name) for each in self.within)


@dataclass(frozen=True, slots=True)
class WaiverNote:
    """The waiver that bears on something: it holds, or it has `lapsed` and would help.

    `begins_on` is told of one that does not hold yet.
    """

    policy: str
    id: str
    why: str
    approved_by: str
    lapsed: bool = False
    ticket: str | None = None
    until_including: date | None = None
    begins_on: date | None = None

    @property
    def reference(self) -> str:
        """How the waiver is asked for, without the key of what stands in a record."""
        return f"{self.policy}/{self.id}"


class Owner(NamedTuple):
    """A thing in a record that others stand in: its entity, and its key or else its position, as `#2`."""

    entity: str
    key: str


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Why something could not be decided: a missing fact, or another reason in words."""

    fact: str | None
    entity: str | None
    key: str | None
    text: str
    at: Span | None = None
    within: tuple[Owner, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that the record leaves out although something depends on it.

    `needed_by` lists findings as `policy/id` and derived facts by name, sorted; `within` as in `Subject`.
    """

    fact: str
    entity: str
    key: str | None
    needed_by: tuple[str, ...]
    within: tuple[Owner, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How far a measure may fall before the level is lost; its `unit` is `%`, a currency, or nothing."""

    fact: str
    noun: str
    have: object
    lost_below: object
    room: object
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ObligationTopic:
    """A titled topic of an obligation."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class NotInForce:
    """A policy of which no version is in force on the day: when one ended, and when one begins."""

    policy: str
    title: str
    ended_on: date | None
    begins_on: date | None


class Reason(NamedTuple):
    """A sentence with the values of the record filled in, and the line of policy behind it.

    For a threshold: what the record has, what the rule needs, how far off it is; in words, what is lacking.
    """

    text: str
    outcome: Outcome
    at: Span
    fact: str | None = None
    have: Value = None
    need: str | None = None
    short_by: Value = None
    lack: str | None = None


class Shortfall(NamedTuple):
    """A requirement that keeps a subject from a level, with the distance where it is a threshold.

    Of a requirement with several tests there is one for each that does not hold, whose reason is `text`.
    `ways` are alternatives, the shortest first: all tests of one of them would do. `unknown` is what keeps a
    test from being decided.
    """

    id: str
    title: str
    status: str
    fact: str | None = None
    have: Value = None
    need: str | None = None
    short_by: Value = None
    lack: str | None = None
    text: str | None = None
    ways: tuple[tuple[Shortfall, ...], ...] = ()
    unknown: tuple[Unsettled, ...] = ()


def path_of(names: Sequence[str]) -> str:
    """Names from the outside in as one text; a `/` within one of several names is written `%2F`."""
    path = "/".join(names)
    if len(names) == 1 or (path.count("/") == len(names) - 1 and "%" not in path):
        return path
    return "/".join(name.replace("%", "%25").replace("/", "%2F") for name in names)
