"""What a program declares for all its policies: entities and their facts, parties, items, sources.

`Vocabulary` answers what policies ask of the declarations, above all the types that names have in an
expression. Nothing here knows how they were written (policy/declarations.py does): a program that was linked
before is used without the models that it was read by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from decimal import Decimal
from functools import cached_property

from policyengine.dataclass import dataclass
from policyengine.feel.types import types
from policyengine.feel.types.types import Context, Enum, ListOf, Type
from policyengine.policy.scalars import SCALARS, Scalar, limit
from policyengine.source import Span

FACT_TYPES = (*SCALARS, *(f"list of {name}" for name in SCALARS))


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A document that rules are taken from; `url` is its address."""

    title: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a record may say about an entity, or that a formula derives.

    `type` is one of FACT_TYPES, `values` are those of an enum with their titles; `min` and `max` stand as
    they are written.
    """

    type: str
    title: str
    values: Mapping[str, str] | None = None
    min: str | None = None
    max: str | None = None
    required: bool = False
    formula: str | None = None
    informative: bool = False
    basis: str | None = None
    note: str | None = None

    @property
    def scalar(self) -> str:
        """The type of a single value of it."""
        return self.type.removeprefix("list of ")

    @property
    def single(self) -> Scalar:
        """What the type of a single value is."""
        return SCALARS[self.scalar]

    @property
    def is_list(self) -> bool:
        """Whether it holds several values."""
        return self.type.startswith("list of ")

    @property
    def limits(self) -> tuple[Decimal | None, Decimal | None]:
        """The smallest and the largest number allowed; None is no limit. A count begins at 0."""
        low, high = (None if text is None else limit(self.single, text) for text in (self.min, self.max))
        return self.single.least if low is None else low, high

    def read(self, text: str) -> object:
        """The value of a text; raises `ValueError` with a sentence where it is none, or out of bounds."""
        value = self.single.read(text)
        low, high = self.limits
        if low is not None and value < low:
            raise ValueError(f"`{text}` is below {low}")
        if high is not None and value > high:
            raise ValueError(f"`{text}` is above {high}")
        return value


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of thing that policies judge: the partner, or something in its record.

    `list` is the key under which the record of the entity that it is `within` lists them; `key` and `label`
    are the facts that tell one from another and that people call it by.
    """

    title: str
    facts: Mapping[str, Fact]
    within: str | None = None
    list: str | None = None
    key: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Declarations:
    """Who and what a program is about; parties and items are titles by id."""

    id: str
    title: str
    entities: Mapping[str, Entity]
    currency: str | None = None
    rounding: str = "half_up"
    parties: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, SourceDocument] = field(default_factory=dict)
    basis: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class DerivedFact:
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
    results: Mapping[str, Mapping[str, DerivedFact]] = field(default_factory=dict)

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
        feel = fact.single.feel
        if feel is None:
            return Enum(name, tuple(fact.values or ()))
        return types.money(self.currency) if feel == types.money("") else feel

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
