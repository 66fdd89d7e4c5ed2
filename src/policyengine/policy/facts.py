"""Facts: what a record may say about an entity, or a formula derives, as program.yaml declares it.

Something may stand in for a fact that a record leaves out: a default, or the formula of one that may be
given. What the record itself says of such a fact has a name of its own (`as_given`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from policyengine.feel.functions.conditions import AS_GIVEN
from policyengine.feel.partition import ONE, Between, Domain, OneOf
from policyengine.policy.base import (
    ANY_SCALAR,
    Boolean,
    Combine,
    Condition,
    FactRef,
    Feel,
    Sourced,
    Text,
    ValueOf,
    Written,
    field,
)
from policyengine.policy.scalars import FREE, SCALARS, Scalar, limit

_THOUSAND = Decimal(1000)
NONE, NEVER = "none", "never"
"""Defaults of facts: there is none; a day that has not come."""
FACT_TYPES = (*SCALARS, *(f"list of {name}" for name in SCALARS))


def _values(value: object) -> object:
    if isinstance(value, (list, dict)) and not value:
        raise ValueError("an enum needs at least one value")
    if not isinstance(value, list):
        return value
    twice = next((item for i, item in enumerate(value) if item in value[:i]), None)
    if twice is not None:
        sentence = f"`{twice}` occurs twice among the values"
        raise ValueError(sentence)
    return {str(item): item for item in value}


Choices = Annotated[
    dict[Text, Text],
    Written(
        _values,
        {
            "description": "a list of values, or a mapping from value to title",
            "type": ["array", "object"],
            "items": {"type": ANY_SCALAR},
            "additionalProperties": {"type": ANY_SCALAR},
        },
    ),
]


def as_given(name: str) -> str:
    """Returns the name of what a record itself says under a fact that has a default or a formula too."""
    return name + AS_GIVEN


def recorded_name(name: str) -> str:
    """Returns the name of the fact that a record says; the name itself where it is not of `as_given`."""
    return name.removesuffix(AS_GIVEN)


def check_values(kind: str, values: Mapping[str, str] | None) -> None:
    """Raises `ValueError` if an enum has no values, or another type has some."""
    if kind.endswith("enum") != (values is not None):
        raise ValueError("an enum needs `values`" if values is None else "only an enum has `values`")


class Fact(Sourced):
    """Something that a record may say about an entity, or that a formula derives."""

    type: Literal[FACT_TYPES] = field(description="what its values are")  # type: ignore[valid-type]
    title: Text = field(
        default="",
        description="a phrase that reads in a sentence: `active accounts`; left out: its name in words",
    )
    values: Choices | None = field(default=None, description="of an enum: its values, or value -> title")
    ordered: Boolean = field(default=False, description="of an enum: its values ascend, and are compared")
    min: Text | None = field(default=None, description="the smallest value allowed")
    max: Text | None = field(default=None, description="the largest value allowed")
    currency: FactRef | None = field(
        default=None,
        description="of money: the fact that names its currency; left out: the program's",
    )
    required: Boolean = field(default=False, description="a record without it is refused")
    given: Literal["allowed"] | None = field(
        default=None, description="a record may say it too, and else the `formula` holds"
    )
    formula: Feel | None = field(
        default=None, description="how it is derived; then no record gives it, unless `given: allowed`"
    )
    applies_when: Condition | None = field(
        default=None, description="of a formula: else it is not applicable: nothing, and left out of totals"
    )
    default: Annotated[Text, ValueOf()] | None = field(
        default=None,
        description="what holds where a record leaves it out: a value, `none` (there is none), or for a date "
        "`never`; an assumption of the program",
    )
    granted: Boolean = field(default=False, description="levels give it (`grants`), and no record does")
    combine: Combine | None = field(default=None, description="how it is, if several policies grant it")
    shown: Boolean = field(
        default=True, description="of a formula: `false` for a helper, which is not among the figures"
    )
    informative: Boolean = field(default=False, description="kept for people; no rule reads it")

    def __post_init__(self) -> None:
        low, high = self.limits
        if low is not None and high is not None and low > high:
            raise ValueError("`min` is above `max`")
        check_values(self.type, self.values)
        if self.ordered and self.scalar != "enum":
            raise ValueError("only an enum is `ordered`")
        if self.currency is not None and self.scalar != "money":
            raise ValueError("only money has a `currency`")
        if self.granted and self.formula is not None:
            raise ValueError("a fact is `granted`, or has a `formula`; keep one of them")
        if self.combine is not None and not self.granted:
            raise ValueError("only what is granted is combined; add `granted: true`")
        if not self.shown and self.formula is None:
            raise ValueError("`shown: false` goes with a `formula`; other facts are no figures")
        if self.applies_when is not None and self.formula is None:
            raise ValueError("`applies_when` goes with a `formula`")
        if self.given is not None and self.formula is None:
            raise ValueError("`given: allowed` goes with a `formula`; records may say all other facts")

    @property
    def is_given(self) -> bool:
        """Whether a record gives it, or may."""
        return (self.formula is None or self.given is not None) and not self.granted

    @property
    def may_be_nothing(self) -> bool:
        """Whether it may be known that there is no value, which is no value of its own."""
        return self.default == NONE or self.applies_when is not None or self.granted

    @property
    def has_stand_in(self) -> bool:
        """Whether something else holds where a record leaves it out."""
        return self.default is not None or self.given is not None

    @property
    def scalar(self) -> str:
        """The name of the type of a single value."""
        return str(self.type).removeprefix("list of ")

    @property
    def single(self) -> Scalar:
        """The type of a single value."""
        return (FREE if self._reads_one_way else SCALARS)[self.scalar]

    @property
    def _reads_one_way(self) -> bool:
        """Whether `1.250` is no thousand: its bounds or its currency do not admit that."""
        low, high = self.limits
        return high is not None and high < _THOUSAND and low is not None and low > -_THOUSAND

    @property
    def is_list(self) -> bool:
        """Whether it holds several values."""
        return str(self.type).startswith("list of ")

    @property
    def limits(self) -> tuple[Decimal | None, Decimal | None]:
        """The smallest and the largest number allowed; None is no limit.

        A count begins at 0, and a rate that a record gives goes from -100 % to 100 %.
        """
        single = SCALARS[self.scalar]
        low, high = (None if text is None else limit(single, text) for text in (self.min, self.max))
        if single.most is not None and self.formula is None:
            if high is None and (low is None or low <= single.most):
                high = single.most
            if low is None and high is not None and high >= -single.most:
                low = -single.most
        return single.least if low is None else low, high

    @property
    def may_never_come(self) -> bool:
        """Whether it may be a day that never comes."""
        return self.default == NEVER or re.search(rf"\b{NEVER}\b", self.formula or "") is not None

    @property
    def domain(self) -> Domain | None:
        """What is known about its value; None if nothing is. Of what a formula gives only bounds are kept."""
        if self.is_list or (self.formula is not None and not self.single.is_number):
            return None
        if self.default in (NONE, NEVER) or self.applies_when is not None:
            return None
        if self.values is not None:
            return OneOf(tuple(self.values))
        if self.single.storage in ("whole", "exact", "date"):
            return Between(*self.limits, step=None if self.single.storage == "exact" else ONE)
        return None

    def read(self, text: str) -> object:
        """Types a text; raises `ValueError` with a sentence if it is wrong or out of bounds."""
        value = self.single.read(text)
        low, high = self.limits
        if low is not None and value < low:
            raise ValueError(f"`{text}` is below {self.written(low)}")
        if high is not None and value > high:
            raise ValueError(f"`{text}` is above {self.written(high)}")
        return value

    def written(self, limit: Decimal) -> str:
        """Returns a bound in words: `100 %` for a rate."""
        return f"{(limit * 100).normalize():f} %" if self.scalar == "rate" else str(limit)


class _FineAmount(Fact):
    """An amount in a currency of which three decimal places are usual."""

    @property
    def _reads_one_way(self) -> bool:
        return True


def finer(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """Returns the facts with amounts in a currency of which three decimal places are usual."""
    return {
        name: _FineAmount(**vars(fact)) if fact.scalar == "money" else fact for name, fact in facts.items()
    }
