"""What a program declares of one entity: its facts, the best of its list, its periods, its order.

`Vocabulary` answers what policies ask of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Literal

from policyengine.policy import quantities
from policyengine.policy.base import EntityName, FactName, FactRef, Feel, Part, Text, Written, field, of_text
from policyengine.policy.facts import Fact
from policyengine.policy.quantities import CALENDAR
from policyengine.text import literal_guesses

PeriodLabel = Annotated[str, of_text(quantities.period_label, {"type": "string"})]


def _rhythm(value: object) -> object:
    try:
        return _pace(value)
    except ValueError as error:
        instead = literal_guesses.calendar(str(value))
        if instead is None:
            raise
        raise ValueError(f"{str(error).partition('; ')[0]}; write `{instead}`") from None


def _pace(value: object) -> object:
    if value in CALENDAR:
        return value
    try:
        quantities.length(str(value))
    except ValueError as error:
        told, _, advice = str(error).partition("; ")
        among = f"; {advice}, or one of {', '.join(CALENDAR)}" if "` for " in advice else f"; {advice}"
        raise ValueError(f"{told}{among if advice else ''}") from None
    return value


_RHYTHM_SCHEMA = {
    "description": "`calendar quarter`, `fiscal quarter`, or a period such as P1Y with `starting`",
    "anyOf": [{"enum": list(CALENDAR)}, {"type": "string", "pattern": "^P[0-9YMWD]+$"}],
}
Rhythm = Annotated[str, Written(_rhythm, _RHYTHM_SCHEMA)]
"""A period of the calendar, or a length that is counted from a day: how often something recurs."""
Pace = Annotated[str, Written(_pace, _RHYTHM_SCHEMA)]
"""The same where a length is the usual: who writes `yearly` is told to write `P1Y`."""


class Best(Part):
    """One of the children of a parent, chosen by a value."""

    by: FactRef = field(description="the value of a child that decides; of equals the first child counts")
    order: Literal["highest", "lowest"] = field(default="highest", description="which value is the best")
    title: Text = field(
        default="", description="what the chosen one is called: `best path`; left out: its name in words"
    )


class EntityPeriod(Part):
    """The period that holds a day of an entity."""

    of: Feel = field(description="the day, such as a date of a record")
    every: Rhythm = field(
        description="which period of the calendar, or of fiscal years, holds it; or a duration, such as `P1Y`"
    )
    starting: Feel | None = field(
        default=None, description="of a duration: the day from which such periods are counted"
    )
    title: Text = field(
        default="",
        description="what it is called: `half year of the booking`; left out: its name in words",
    )
    label: PeriodLabel | None = field(
        default=None, description="what people call such a period: `FY{yy} H{n}`"
    )

    def __post_init__(self) -> None:
        if (self.every in CALENDAR) != (self.starting is None):
            told = "counts from a day; add" if self.starting is None else "begins by itself; remove"
            raise ValueError(f"`every: {self.every}` {told} `starting`")


AS_LISTED = "as_listed"
POSITION, PREVIOUS, EARLIER, THIS = "position", "previous", "earlier", "this"
IN_ORDER = (POSITION, PREVIOUS, EARLIER)
"""What a child in an order knows: its number from 1, the child before it, and all of those before it."""


class Order(Part):
    """In which order the children of a parent stand."""

    by: FactRef = field(
        description="the value of a child that tells its place: a date or a number, the lowest first; "
        "`as_listed`: as the record lists them. Equals keep the order of the list"
    )
    first: Literal["lowest", "highest"] = field(default="lowest", description="which value comes first")
    restart: Feel | None = field(
        default=None, description="the order begins anew for each value of this expression: `sold_on.year`"
    )


class Entity(Part):
    """A kind of thing that policies judge: the partner, or something in its record."""

    title: Text = field(
        default="", description="what one of them is called: `reseller`; left out: its name in words"
    )
    within: EntityName | None = field(
        default=None,
        description="the entity that it belongs to; left out: the root, which is the first entity without",
    )
    list: FactName | None = field(
        default=None,
        description="the key under which the parent's record lists them; left out: the plural of its name",
    )
    default: Literal["none"] | None = field(
        default=None,
        description="`none`: a record that leaves the list out has none; left out: that is not known",
    )
    key: FactRef = field(
        default="id",
        description="the fact that tells one from another; where `facts` does not have it, it is a text",
    )
    label: FactRef | None = field(
        default=None,
        description="the fact that people call it by; where `facts` does not have it, it is a text",
    )
    facts: dict[FactName, Fact] = field(default_factory=dict, description="what a record may say of it")
    best: dict[FactName, Best] = field(
        default_factory=dict, description="names under which its parent reads the best one of its list"
    )
    periods: dict[FactName, EntityPeriod] = field(
        default_factory=dict, description="names of the periods that hold its days"
    )
    order: Order | None = field(
        default=None,
        description="in which order they stand: each then has a `position`, and reads the one before it "
        "(`previous`) and all of those before it (`earlier`)",
    )

    def __post_init__(self) -> None:
        own = {
            name: each if each.title else replace(each, title=words(name))
            for name, each in self.facts.items()
        }
        for key in ("periods", "best"):
            parts = getattr(self, key).items()
            titled = {name: replace(each, title=each.title or words(name)) for name, each in parts}
            object.__setattr__(self, key, titled)
        names = [each for each in (self.key, self.label) if each is not None and each not in own]
        named = {
            each: Fact(type="text", title=words(each))
            for each in names
            if not any(map(partial(_is_slip, each), own))
        }
        object.__setattr__(self, "facts", {**named, **own})


def in_one_tree(entities: Mapping[str, Entity]) -> dict[str, Entity]:
    """The entities with what goes without saying: titles, and where each but the first one lies."""
    root = next((name for name, each in entities.items() if each.within is None and each.list is None), None)
    return {
        name: replace(each, title=each.title or words(name))
        if name == root or root is None
        else replace(
            each, title=each.title or words(name), within=each.within or root, list=each.list or plural(name)
        )
        for name, each in entities.items()
    }


def plural(name: str) -> str:
    """What a list of things of a name is called: `deals`, `companies`, `boxes`."""
    stem = name.replace("-", "_")
    if stem.endswith("y") and stem[-2:-1] not in tuple("aeiou"):
        return f"{stem[:-1]}ies"
    return f"{stem}es" if stem.endswith(("s", "x", "z", "ch", "sh")) else f"{stem}s"


def _is_slip(one: str, other: str) -> bool:
    """Whether a name may well be meant for another: two letters exchanged, one changed, one more or less."""
    if len(one) == len(other):
        return sorted(one) == sorted(other) or (len(one) > 3 and sum(map(str.__ne__, one, other)) == 1)
    short, long = sorted((one, other), key=len)
    return len(long) == len(short) + 1 and (long.startswith(short) or long.endswith(short))


def words(name: str) -> str:
    """What is called by a name, where no title says it."""
    return "identifier" if name == "id" else name.replace("_", " ").replace("-", " ")
