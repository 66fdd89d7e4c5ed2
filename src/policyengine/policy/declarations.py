"""program.yaml as it is written: the models that it is read by, and what becomes of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from policyengine.policy import quantities, vocabulary
from policyengine.policy.base import ANY_SCALAR, Boolean, Date, Feel, Id, Part, Sourced, Text
from policyengine.policy.vocabulary import FACT_TYPES
from policyengine.text import literal_guesses


def _fact_name(value: object) -> object:
    text = str(value)
    if text.isascii() and text.replace("_", "a").isalnum() and text[0].isalpha():
        return text
    advice = quantities.write(literal_guesses.identifier(text, "_")) or "; use small letters, digits and `_`"
    sentence = f"`{quantities.shorten(text)}` is no name for a fact{advice}"
    raise PydanticCustomError("value", "{sentence}", {"sentence": sentence})


def _currency(value: object) -> object:
    text = str(value)
    if len(text) == 3 and text.isascii() and text.isalpha() and text.isupper():
        return text
    advice = quantities.write(literal_guesses.currency(text)) or "; write its code in three capitals: `USD`"
    sentence = f"`{quantities.shorten(text)}` is no currency{advice}"
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

    def used(self) -> vocabulary.SourceDocument:
        """The document as clauses name it."""
        return vocabulary.SourceDocument(self.title, self.url)


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
            low, high = self.used().limits
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

    def used(self) -> vocabulary.Fact:
        """The fact as records and expressions know it."""
        return vocabulary.Fact(
            self.type, self.title, self.values, self.min, self.max, self.required, self.formula,
            self.informative, self.basis, self.note,
        )  # fmt: skip


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

    def used(self) -> vocabulary.Entity:
        """The entity as records and expressions know it."""
        facts = {name: fact.used() for name, fact in self.facts.items()}
        return vocabulary.Entity(self.title, facts, self.within, self.list, self.key, self.label)


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

    def used(self) -> vocabulary.Declarations:
        """What policies, records and engines need of them."""
        return vocabulary.Declarations(
            self.id, self.title,
            {name: entity.used() for name, entity in self.entities.items()},
            self.currency, self.rounding, self.parties, self.items,
            {name: document.used() for name, document in self.sources.items()},
            self.basis, self.note,
        )  # fmt: skip
