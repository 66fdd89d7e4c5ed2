"""The base of all policy models: what every policy and every part of one may say.

Models hold what was written, typed, and never where: places are pointers, resolved when reporting. All
scalars arrive as text; the annotated types below turn them into values. A model is a frozen dataclass:
pydantic reads it to say what is wrong and makes its JSON Schema, and what is right is read without a library
(policy/model_reader.py).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeVar, dataclass_transform, get_type_hints

from policyengine.dataclass import dataclass
from policyengine.feel.values.values import Months
from policyengine.policy import quantities
from policyengine.text import literal_guesses

T = TypeVar("T")
Many = tuple[T, ...]
"""A YAML list."""

_PATTERN = r"^[a-z][a-z0-9]*([_-][a-z0-9]+)*$"


class ShapeError(ValueError):
    """A list or a mapping where a single value belongs."""


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """An annotation: how a value is written.

    `read` turns what stands in the document into what its type takes; it raises `ValueError` with a sentence.
    `schema` is the JSON Schema of what is written, or makes it from the schema of the type.
    """

    read: Callable[[Any], Any] | None = None
    schema: Mapping[str, Any] | Callable[[dict[str, Any]], dict[str, Any]] | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """Returns the schema that pydantic reads it with."""
        if self.read is None:
            return handler(source)
        from pydantic_core import core_schema

        return core_schema.no_info_before_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """Returns its JSON Schema."""
        if isinstance(self.schema, Mapping):
            return dict(self.schema)
        found: dict[str, Any] = handler(schema)
        return found if self.schema is None else self.schema(found)


def of_text(read: Callable[[str], object], schema: Mapping[str, Any]) -> Written:
    """Returns the annotation of a single value that `read` makes of a text."""

    def checked(value: object) -> object:
        if not isinstance(value, str):
            raise ShapeError("a single value is wanted here")
        return read(value)

    return Written(checked, schema)


def short(key: str, schema: Mapping[str, Any], many: bool = False) -> Written:
    """Returns the annotation of a part with a short form: a text (if `many`, a list) for `{key: ...}`."""
    kind, name = (list, "array") if many else (str, "string")

    def spelled_out(value: object) -> object:
        return {key: value} if isinstance(value, kind) else value

    def both(whole: dict[str, Any]) -> dict[str, Any]:
        # Editors choose by the type and not by trial.
        return {"if": {"type": name}, "then": {**schema, "type": name}, "else": whole}

    return Written(spelled_out, both)


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("the text is empty")
    return text.strip()


def _identifier(text: str) -> str:
    words = text.replace("_", "-").split("-")
    if not all(word.isascii() and word.isalnum() and word == word.lower() for word in words):
        advice = (
            quantities.write(literal_guesses.identifier(text)) or "; use small letters, digits, `-` and `_`"
        )
        raise ValueError(f"`{quantities.shorten(text)}` is not an id{advice}")
    if not text[0].isalpha():
        raise ValueError(f"`{quantities.shorten(text)}` is not an id; start it with a letter")
    return text


def _whole(text: str) -> int:
    return int(quantities.integer(text))


def _count(text: str) -> int:
    return int(quantities.count(text))


def _fact_name(value: object) -> object:
    text = str(value)
    if text.isascii() and text.replace("_", "a").isalnum() and text[0].isalpha():
        return text
    advice = quantities.write(literal_guesses.identifier(text, "_")) or "; use small letters, digits and `_`"
    sentence = f"`{quantities.shorten(text)}` is not a name for a fact{advice}"
    raise ValueError(sentence)


def _fact_ref(value: object) -> object:
    """The name of a fact that is declared elsewhere."""
    text = str(value)
    if not re.search(r"[-+*/<>=(]|\w\.\w", text) or re.fullmatch(r"[\w-]+", text):
        return _fact_name(text)
    advice = "name a fact; `formula` in program.yaml works one out"
    raise ValueError(f"`{quantities.shorten(text)}` is not a name for a fact; {advice}")


def _input_name(value: object) -> object:
    """The name of what a table tests."""
    text = str(value)
    if not re.search(r"[-+*/<>=(]", text):
        return _fact_name(text)
    advice = f"give it a name: `expression: {quantities.shorten(text)}` beside an `id` and a `title`"
    raise ValueError(f"`{quantities.shorten(text)}` is not a name for a fact; {advice}")


NAME_OF = "name of: "
RESULT = "result|id"  # of `ValueOf`: the result of the policy around


class NameOf(NamedTuple):
    """An annotation: the value is the name of something that stands elsewhere, such as a party.

    One that `declares` is the name of something that stands there itself.
    """

    space: str
    declares: bool = False

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """Returns the JSON Schema of the value with a mark, for the schemas of one program."""
        return {**handler(schema), **({} if self.declares else {"$comment": f"{NAME_OF}{self.space}"})}


class ValueOf(NamedTuple):
    """An annotation: a value of the fact that the key `of` of a part around names; "" is the name beside it.

    Of several facts the items of a list, or keys within keys, are values of one after the other, and what
    follows of `then`. An `expression` may stand there instead.
    """

    of: str = ""
    then: str = ""
    expression: bool = False


# To an editor `1.2` is a number and `true` a boolean; to us they are texts like others.
ANY_SCALAR = ["string", "number", "boolean"]
Text = Annotated[str, of_text(_text, {"type": ANY_SCALAR, "minLength": 1})]
Id = Annotated[str, of_text(_identifier, {"type": "string", "pattern": _PATTERN})]
_FACT = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]*$"}
FactName = Annotated[str, Written(_fact_name, _FACT)]
FactRef = Annotated[str, Written(_fact_ref, _FACT), NameOf("fact")]
InputName = Annotated[str, Written(_input_name, _FACT), NameOf("fact")]
PartyName = Annotated[Id, NameOf("party")]
ItemName = Annotated[Id, NameOf("item")]
EntityName = Annotated[Id, NameOf("entity")]
SourceName = Annotated[Id, NameOf("source")]
Boolean = Annotated[bool, of_text(quantities.boolean, {"type": "boolean"})]
Whole = Annotated[int, of_text(_whole, {"type": "integer"})]
Count = Annotated[int, of_text(_count, {"type": "integer", "minimum": 0})]
Rate = Annotated[
    Decimal,
    of_text(quantities.rate, {"type": ["number", "string"], "description": "a share: `20%` or `0.2`"}),
]
Date = Annotated[
    date,
    of_text(
        quantities.day, {"type": "string", "format": "date", "description": "year-month-day: 2026-01-31"}
    ),
]
Period = Annotated[
    Months | timedelta,
    of_text(
        quantities.length,
        {"type": "string", "pattern": "^P[0-9YMWD]+$", "description": "`P1M`, `P1Y`, `P90D`"},
    ),
]
Feel = Annotated[str, of_text(_text, {"type": ANY_SCALAR, "description": "a FEEL expression"})]


def field(
    *,
    default: Any = dataclasses.MISSING,
    default_factory: Any = dataclasses.MISSING,
    description: str | None = None,
    alias: str | None = None,
    min_length: int | None = None,
) -> Any:
    """Declares a key of a part: its meaning, and its value if it is left out; `alias` is its written name."""
    told = {"description": description, "alias": alias, "min_length": min_length}
    metadata = {name: value for name, value in told.items() if value is not None}
    given: dict[str, Any] = {"default": default, "default_factory": default_factory, "metadata": metadata}
    return dataclasses.field(**given)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Part:
    """A piece of a policy: frozen, and every key is known."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)

    @classmethod
    def spelled_out(cls, value: Any) -> Any:
        """Returns what the document says as a mapping with the keys of the part."""
        return value

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Returns the schema that pydantic reads it with.

        The whole has the name of the part: pydantic takes what has that name where the part stands again.
        """
        from pydantic_core import core_schema

        inner = dict(handler.resolve_ref_schema(handler(source)))
        name = inner.pop("ref", None)
        return core_schema.no_info_before_validator_function(cls.spelled_out, inner, ref=name)


FURTHER = "*"
"""Stands for the keys of a part that are not known: the alias of the field that holds them."""


def fields_of(model: Any) -> Mapping[str, tuple[dataclasses.Field[Any], Any]]:
    """Returns the fields of a part by their written keys, each with its type."""
    return _fields(model)


@cache
def _fields(model: Any) -> Mapping[str, tuple[dataclasses.Field[Any], Any]]:
    types = get_type_hints(model, include_extras=True)
    fields: Any = dataclasses.fields(model)
    return {each.metadata.get("alias", each.name): (each, types[each.name]) for each in fields}


def keys_of(model: type[Part]) -> list[str]:
    """Returns the keys of a part as they are written."""
    return [key for key in fields_of(model) if key != FURTHER]


def required_keys(model: type[Part]) -> list[str]:
    """Returns the keys that a part must have."""
    missing = dataclasses.MISSING
    return [
        key for key, (each, _) in fields_of(model).items()
        if each.default is missing and each.default_factory is missing
    ]  # fmt: skip


class SourceDocument(Part):
    """A document that rules are taken from."""

    title: Text
    url: Text | None = field(default=None, description="its address")
    dated: Date | None = field(default=None, description="the day that the document bears")
    note: Text | None = None


class SourceRef(Part):
    """Where a rule is written."""

    document: SourceName | None = field(
        default=None, description="one of the program's `sources`; left out: that of the part above"
    )
    section: Text | None = field(default=None, description="the section, heading or row of the document")


class Sourced(Part):
    """What every part may say about where its rule comes from; left out, the part above speaks.

    Above a policy and above a fact the program speaks.
    """

    source: SourceRef | None = field(default=None, description="where the rule is written")
    basis: Literal["stated", "assumed"] | None = field(
        default=None,
        description="`assumed`: the text does not say so, someone decided; then say it in `note`",
    )
    note: Text | None = field(
        default=None, description="what a reader should know: other readings, gaps in the text"
    )


def check_intended(intended: bool, note: str | None) -> None:
    """Raises `ValueError` if something is meant that nothing explains."""
    if intended and note is None:
        raise ValueError("`intended` needs a `note`; add `note: why it is meant`")


class OpenPart(Sourced):
    """A part with further keys than its own, which it has in the field whose alias is `*`."""

    @classmethod
    def spelled_out(cls, value: Any) -> Any:
        """Separates the further keys from those that the part has."""
        if not isinstance(value, dict):
            return value
        known = keys_of(cls)
        own = {key: each for key, each in value.items() if key in known}
        return {**own, FURTHER: {key: each for key, each in value.items() if key not in known}}


class Policy(Sourced):
    """The common head of every policy."""

    kind: Text = field(description="what family of policy this is")
    id: Id = field(description="its name for other policies, tests and reports")
    title: Text = field(description="its name for people")
    for_: EntityName = field(
        default="", alias="for", description="the entity that it judges; left out: that of the record itself"
    )
    from_: Date | None = field(
        default=None, alias="from", description="in force from this day on (inclusive)"
    )
    until_including: Date | None = field(default=None, description="the last day on which it is in force")
    last_version: Boolean = field(default=False, description="it ends for good: no version follows")

    def turning_days(self) -> Iterable[date]:
        """Returns the days within a version from which on it means something else for everybody."""
        return ()

    @property
    def version_by(self) -> FactRef | None:
        """The date whose day chooses the version; None where it is today."""
        return None

    @property
    def existing_from(self) -> date | None:
        """The day from which on the version holds for what was there before it too."""
        return None


class VersionedPolicy(Policy):
    """A policy whose version may be chosen by a day of what it judges."""

    version_by: FactRef | None = field(
        default=None,
        description="the date whose day chooses the version, such as `registered_on`; left out: today",
    )
    existing_from: Date | None = field(
        default=None,
        description="with `version_by`: from this day on this version holds for what was there before it too",
    )


Combine = Literal["highest", "add", "first"]
"""How what several policies give combines."""


class ItemPart(Part):
    """What charges bill and discounts lower."""

    title: Text = field(description="what people call it")
    combine: Combine | None = field(
        default=None,
        description="how discounts of several policies combine; else one may grant it",
    )


ItemSpec = Annotated[ItemPart, short("title", {"description": "what people call it"})]


def _shape(value: object) -> object:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, dict) and value:
        return value
    raise ValueError("a condition is wanted here: a FEEL text, or a mapping of `fact: test`")


CONDITION_MARK: dict[str, Any] = {"$comment": "condition"}
"""Stands for the schema of a condition in that of a model, which pydantic must not resolve."""
Condition = Annotated[object, Written(_shape, CONDITION_MARK)]
