"""The base of all policy models: what every policy and every part of one may say.

Models hold what was written, typed, and never where: places are pointers, resolved when reporting.
All scalars arrive as text; the annotated types below turn them into values.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError

from policyengine.feel.values.values import Months
from policyengine.policy import quantities
from policyengine.text import literal_guesses

T = TypeVar("T")
Many = Annotated[tuple[T, ...], Strict(False)]
"""A YAML list; strict inside."""

_PATTERN = r"^[a-z][a-z0-9]*([_-][a-z0-9]+)*$"


def _reads(read: Callable[[str], object]) -> BeforeValidator:
    def validate(value: object) -> object:
        if not isinstance(value, str):
            raise PydanticCustomError("shape", "a single value is wanted here")
        try:
            return read(value)
        except ValueError as error:
            raise PydanticCustomError("value", "{sentence}", {"sentence": str(error)}) from None

    return BeforeValidator(validate)


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("there is no text here")
    return text.strip()


def _identifier(text: str) -> str:
    words = text.replace("_", "-").split("-")
    if not all(word.isascii() and word.isalnum() and word == word.lower() for word in words):
        advice = (
            quantities.write(literal_guesses.identifier(text)) or "; use small letters, digits, `-` and `_`"
        )
        raise ValueError(f"`{quantities.shorten(text)}` is no id{advice}")
    if not text[0].isalpha():
        raise ValueError(f"`{quantities.shorten(text)}` is no id; start it with a letter")
    return text


# To an editor `1.2` is a number and `true` a boolean; to us they are texts like others.
ANY_SCALAR = ["string", "number", "boolean"]
Text = Annotated[str, _reads(_text), WithJsonSchema({"type": ANY_SCALAR, "minLength": 1})]
Id = Annotated[str, _reads(_identifier), WithJsonSchema({"type": "string", "pattern": _PATTERN})]
Boolean = Annotated[bool, _reads(quantities.boolean), WithJsonSchema({"type": "boolean"})]
Rate = Annotated[
    Decimal,
    _reads(quantities.rate),
    WithJsonSchema({"type": ["number", "string"], "description": "a share: `20%` or `0.2`"}),
]
Date = Annotated[
    date,
    _reads(quantities.day),
    WithJsonSchema({"type": "string", "format": "date", "description": "year-month-day: 2026-01-31"}),
]
Period = Annotated[
    Months | timedelta,
    _reads(quantities.length),
    WithJsonSchema({"type": "string", "pattern": "^P[0-9YMWD]+$", "description": "`P1M`, `P1Y`, `P90D`"}),
]
Feel = Annotated[
    str,
    _reads(_text),
    WithJsonSchema({"type": ANY_SCALAR, "description": "a FEEL expression"}),
]


class Part(BaseModel):
    """A piece of a policy: frozen, and every key is known."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, populate_by_name=False, defer_build=True
    )


class SourceRef(Part):
    """Where a rule is written."""

    document: Id = Field(description="one of the program's `sources`")
    section: Text | None = Field(None, description="the section, heading or row of the document")


class Sourced(Part):
    """What every part may say about where its rule comes from; left out, the part above speaks."""

    source: SourceRef | None = Field(None, description="where the rule is written")
    basis: Literal["stated", "assumed"] | None = Field(
        None, description="`assumed`: the text does not say so, someone decided; then say it in `note`"
    )
    note: Text | None = Field(None, description="what a reader should know: other readings, gaps in the text")


class Policy(Sourced):
    """The common head of every policy."""

    kind: Text = Field(description="what family of policy this is")
    id: Id = Field(description="its name for other policies, tests and reports")
    title: Text = Field(description="its name for people")
    for_: Id = Field(alias="for", description="the entity that it judges")
    from_: Date | None = Field(None, alias="from", description="in force from this day on (inclusive)")
    until_including: Date | None = Field(None, description="the last day on which it is in force")
