"""What a program declares for all its policies: entities and their facts, parties, items, sources.

`Declarations` is program.yaml as written; `Vocabulary` answers what policies ask of it, above all the
types that names have in an expression.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from policyengine.dataclass import dataclass
from policyengine.feel import types
from policyengine.feel.types import Context, Enum, ListOf, Type
from policyengine.policy import quantities
from policyengine.policy.base import ANY_SCALAR, Boolean, Date, Feel, Id, Part, Sourced, Text
from policyengine.source import Span

SCALAR_TYPES = (
    "text", "boolean", "integer", "count", "number", "money", "rate", "date", "period", "enum",
)  # fmt: skip
FACT_TYPES = (*SCALAR_TYPES, *(f"list of {name}" for name in SCALAR_TYPES))


def _fact_name(value: object) -> object:
    text = str(value)
    if text.isascii() and text.replace("_", "a").isalnum() and text[0].isalpha():
        return text
    sentence = f"`{quantities.shorten(text)}` is no name for a fact; use small letters, digits and `_`"
    raise PydanticCustomError("value", "{sentence}", {"sentence": sentence})


def _currency(value: object) -> object:
    text = str(value)
    if len(text) == 3 and text.isascii() and text.isalpha() and text.isupper():
        return text
    sentence = f"`{quantities.shorten(text)}` is no currency; write its code in three capitals: `USD`"
    raise PydanticCustomError("value", "{sentence}", {"sentence": sentence})


FactName = Annotated[
    str,
    BeforeValidator(_fact_name),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]*$"}),
]


def _values(value: object) -> object:
    if isinstance(value, (list, dict)) and not value:
        raise PydanticCustomError("value", "{sentence}", {"sentence": "an enum needs at least one value"})
    if not isinstance(value, list):
        return value
    twice = next((item for i, item in enumerate(value) if item in value[:i]), None)
    if twice is not None:
        sentence = f"`{twice}` stands twice among the values"
        raise PydanticCustomError("value", "{sentence}", {"sentence": sentence})
    return {str(item): item for item in value}


Currency = Annotated[
    str, BeforeValidator(_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})
]
Choices = Annotated[
    dict[Text, Text],
    BeforeValidator(_values),
    WithJsonSchema(
        {
            "description": "a list of values, or a mapping from value to title",
            "type": ["array", "object"],
            "items": {"type": ANY_SCALAR},
            "additionalProperties": {"type": ANY_SCALAR},
        }
    ),
]


class SourceDocument(Part):
    """A document that rules are taken from."""

    title: Text
    url: Text | None = Field(None, description="its address")
    dated: Date | None = Field(None, description="the day that the document bears")
    note: Text | None = None


class Fact(Sourced):
    """Something that a record may say about an entity, or that a formula derives."""

    type: Literal[FACT_TYPES] = Field(description="what its values are")  # type: ignore[valid-type]
    title: Text = Field(description="a phrase that reads in a sentence: `active accounts`")
    values: Choices | None = Field(None, description="of an enum: its values, or value -> title")
    min: Text | None = Field(None, description="the smallest value allowed")
    max: Text | None = Field(None, description="the largest value allowed")
    required: Boolean = Field(False, description="a record without it is refused")
    formula: Feel | None = Field(None, description="how it is derived; then no record gives it")
    informative: Boolean = Field(False, description="kept for people; no rule reads it")

    @model_validator(mode="after")
    def _limits_are_numbers(self) -> Fact:
        try:
            low, high = self.limits
        except ValueError as error:
            raise PydanticCustomError("value", "{sentence}", {"sentence": str(error)}) from None
        if low is not None and high is not None and low > high:
            raise PydanticCustomError("value", "{sentence}", {"sentence": "`min` is above `max`"})
        return self

    @model_validator(mode="after")
    def _enum_has_values(self) -> Fact:
        if self.type.endswith("enum") != (self.values is not None):
            text = "an enum needs `values`" if self.values is None else "only an enum has `values`"
            raise PydanticCustomError("value", "{sentence}", {"sentence": text})
        return self

    @property
    def scalar(self) -> str:
        """The type of a single value of it."""
        return str(self.type).removeprefix("list of ")

    @property
    def is_list(self) -> bool:
        """Whether it holds several values."""
        return str(self.type).startswith("list of ")

    @property
    def limits(self) -> tuple[Decimal | None, Decimal | None]:
        """The smallest and the largest number allowed; None is no limit. A count begins at 0."""
        low, high = (None if text is None else _limit(self.scalar, text) for text in (self.min, self.max))
        return (Decimal(0) if low is None and self.scalar == "count" else low), high


def _limit(scalar: str, text: str) -> Decimal:
    read = {"rate": quantities.rate, "count": quantities.count, "integer": quantities.integer}
    if scalar not in (*read, "number", "money"):
        raise ValueError(f"a fact of type `{scalar}` has no `min` and no `max`")
    return read.get(scalar, quantities.number)(text)


class Entity(Part):
    """A kind of thing that policies judge: the partner, or something in its record."""

    title: Text = Field(description="what one of them is called: `reseller`")
    within: Id | None = Field(None, description="the entity that it belongs to; the root has none")
    list: FactName | None = Field(None, description="the key under which the parent's record lists them")
    key: FactName | None = Field(None, description="the fact that tells one from another")
    label: FactName | None = Field(None, description="the fact that people call it by")
    facts: dict[FactName, Fact] = Field(description="what a record may say of it")

    @model_validator(mode="after")
    def _child_has_a_list(self) -> Entity:
        if (self.within is None) != (self.list is None):
            raise PydanticCustomError(
                "value", "{sentence}", {"sentence": "`within` and `list` go together: write both or none"}
            )
        return self


class Declarations(Sourced):
    """program.yaml: who and what the program is about."""

    kind: Literal["program"]
    id: Id
    title: Text
    currency: Currency | None = Field(None, description="of all money, as a code: USD")
    rounding: Literal["half_up", "half_even", "up", "down"] = Field(
        "half_up", description="how a charge is rounded to the currency's minor unit"
    )
    parties: dict[Id, Text] = Field(default_factory=dict, description="who can owe or decide something")
    items: dict[Id, Text] = Field(default_factory=dict, description="what charges bill and discounts lower")
    sources: dict[Id, SourceDocument] = Field(default_factory=dict, description="where rules are written")
    entities: dict[Id, Entity] = Field(description="the root and what its record contains")


@dataclass(frozen=True, slots=True)
class Result:
    """What a policy works out under a name of its own: its type, what people call it, where it says so.

    Versions of a policy that only say it in different places work out the same.
    """

    type: Type
    noun: str
    at: Span = field(compare=False)


@dataclass(frozen=True)
class Vocabulary:
    """The declarations, asked in the terms of expressions and findings. `root` is the record itself.

    `results` are, by entity and name, what the policies in force work out; expressions use them as they
    use facts.
    """

    declarations: Declarations
    results: Mapping[str, Mapping[str, Result]] = field(default_factory=dict)

    @cached_property
    def root(self) -> str:
        """The entity that a record describes."""
        return next(name for name, entity in self.entities.items() if entity.within is None)

    @property
    def entities(self) -> Mapping[str, Entity]:
        """The entities by name."""
        return self.declarations.entities

    @property
    def currency(self) -> str:
        """The currency of all money, "" where the program has none."""
        return self.declarations.currency or ""

    def children(self, entity: str) -> Iterator[tuple[str, Entity]]:
        """The entities directly within one."""
        return ((name, child) for name, child in self.entities.items() if child.within == entity)

    def lineage(self, entity: str) -> tuple[str, ...]:
        """The entity and its ancestors, inside out."""
        found = [entity]
        while (above := self.entities[found[-1]].within) is not None:
            found.append(above)
        return tuple(found)

    def fact(self, entity: str, name: str) -> tuple[str, Fact] | None:
        """A fact that an expression at `entity` sees under `name`, with the entity that has it."""
        for owner in self.lineage(entity):
            if name in self.entities[owner].facts:
                return owner, self.entities[owner].facts[name]
        return None

    def noun(self, entity: str, name: str) -> str:
        """A fact as people call it; the name itself where it is none."""
        for owner in self.lineage(entity):
            if name in self.entities[owner].facts:
                return self.entities[owner].facts[name].title
            if name in self.results.get(owner, {}):
                return self.results[owner][name].noun
        return name.replace("_", " ")

    def fact_type(self, name: str, fact: Fact) -> Type:
        """The type of a fact in expressions."""
        single = self._scalar(name, fact)
        return ListOf(single) if fact.is_list else single

    def _scalar(self, name: str, fact: Fact) -> Type:
        if fact.scalar == "enum":
            return Enum(name, tuple(fact.values or ()))
        if fact.scalar == "money":
            return types.money(self.currency)
        return _TYPES[fact.scalar]

    def row(self, entity: str) -> Context:
        """One of the entity as an element of a list: its facts, results and the lists of what is in it."""
        return self._rows[entity]

    @cached_property
    def _rows(self) -> dict[str, Context]:
        rows: dict[str, Context] = {}
        pending = list(self.entities)
        for name in sorted(pending, key=lambda each: -len(self.lineage(each))):
            entity = self.entities[name]
            fields: dict[str, Type] = {f: self.fact_type(f, fact) for f, fact in entity.facts.items()}
            fields.update((word, result.type) for word, result in self.results.get(name, {}).items())
            for child, below in self.children(name):
                fields[str(below.list)] = ListOf(rows[child])
            rows[name] = Context(fields, name)
        return rows

    def names(self, entity: str) -> dict[str, Type]:
        """The names that an expression at `entity` sees, with their types."""
        seen: dict[str, Type] = {"today": types.DATE}
        for owner in reversed(self.lineage(entity)):
            seen.update(self.row(owner).fields)
        return seen

    def number_of_digits(self) -> int:
        """How many decimal places the minor unit of the currency has (ISO 4217)."""
        return _DIGITS.get(self.currency, 2)


_TYPES: Mapping[str, Type] = {
    "text": types.TEXT,
    "boolean": types.BOOLEAN,
    "integer": types.COUNT,
    "count": types.COUNT,
    "number": types.NUMBER,
    "rate": types.RATE,
    "date": types.DATE,
    "period": types.DURATION,
}
# ISO 4217: the currencies whose minor unit is not a hundredth.
_DIGITS: Mapping[str, int] = {
    currency: digits
    for digits, currencies in {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
        3: "BHD IQD JOD KWD LYD OMR TND",
        4: "CLF UYW",
    }.items()
    for currency in currencies.split()
}
