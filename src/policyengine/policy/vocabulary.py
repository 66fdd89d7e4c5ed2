"""What a program declares for all its policies: entities and their facts, parties, items, sources.

The models are those of program.yaml. `Vocabulary` answers what policies ask of them, above all the types that
names have in an expression.
"""

from __future__ import annotations

import dataclasses
from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Origin, WaiverNote
from policyengine.decision.wording import minor_digits, several
from policyengine.feel.functions.periods import JANUARY, PERIOD
from policyengine.feel.partition import ONE, Between, Domain, Rows
from policyengine.feel.syntax.cursor import Names
from policyengine.feel.types import types
from policyengine.feel.types.types import Context, Enum, ListOf, Type
from policyengine.policy import quantities
from policyengine.policy.base import (
    FactName,
    Feel,
    Id,
    ItemSpec,
    Many,
    Sourced,
    SourceDocument,
    Text,
    Written,
    field,
    of_text,
)
from policyengine.policy.entity import EARLIER, IN_ORDER, POSITION, PREVIOUS, THIS, Entity, in_one_tree
from policyengine.policy.facts import Fact, as_given, finer, recorded_name
from policyengine.source import Span

Currency = Annotated[
    str, Written(lambda value: quantities.currency(str(value)), {"type": "string", "pattern": "^[A-Z]{3}$"})
]
YearDay = Annotated[
    date,
    of_text(
        quantities.day_of_year,
        {"type": "string", "pattern": "^[0-9]{2}-[0-9]{2}$", "description": "month-day: 02-01"},
    ),
]


class Formula(Sourced):
    """A formula with parameters: one rule that is used several times."""

    of: Many[FactName] = field(description="its parameters, in their order", min_length=1)
    formula: Feel = field(description="how it is worked out from its parameters")
    title: Text | None = field(default=None, description="what its value is called; else its name")


class Declarations(Sourced):
    """program.yaml: who and what the program is about."""

    kind: Literal["program"]
    id: Id
    title: Text
    currency: Currency | None = field(default=None, description="of all money, as a code: USD")
    rounding: Literal["half_up", "half_even", "up", "down"] = field(
        default="half_up", description="how a charge is rounded to the currency's minor unit"
    )
    fiscal_year_starts: YearDay | None = field(
        default=None, description="the day on which fiscal years begin: 02-01; left out: 01-01"
    )
    parties: dict[Id, Text] = field(default_factory=dict, description="who can owe or decide something")
    items: dict[Id, ItemSpec] = field(
        default_factory=dict, description="what charges bill and discounts lower"
    )
    sources: dict[Id, SourceDocument] = field(default_factory=dict, description="where rules are written")
    define: dict[FactName, Formula] = field(
        default_factory=dict, description="formulas with parameters, which every expression may call by name"
    )
    entities: dict[Id, Entity] = field(description="the root and what its record contains")

    def __post_init__(self) -> None:
        object.__setattr__(self, "entities", in_one_tree(self.entities))

    @property
    def root(self) -> str:
        """The entity that a record describes; "" where there is none."""
        return next((name for name, entity in self.entities.items() if entity.within is None), "")

    @property
    def fiscal_year_begins(self) -> date:
        """A first day of a fiscal year."""
        return self.fiscal_year_starts or JANUARY

    @property
    def item_titles(self) -> dict[str, str]:
        """What people call the items."""
        return {name: item.title for name, item in self.items.items()}


@dataclass(frozen=True, slots=True)
class DerivedFact:
    """What a policy works out under a name of its own: its type, what people call it, where it says so.

    Versions of a policy that only say it in different places work out the same. A name that nobody chose
    `gives_way` to what has it already. It `may_be_nothing` where the policy says when there is no value.
    """

    type: Type
    noun: str
    at: Span = dataclasses.field(compare=False)
    domain: Domain | None = None
    gives_way: bool = False
    may_be_nothing: bool = False


@dataclass(frozen=True, slots=True)
class Waiving:
    """A waiver as what it is `of` reads it: for which entity, from which day; the rest is in its note."""

    of: str
    entity: str
    note: WaiverNote
    begins_on: date | None
    origin: Origin


def partner_among(parties: Collection[str], root: str) -> str | None:
    """Returns the party that a record is about."""
    return next((each for each in ("partner", root) if each in parties), next(iter(parties), None))


@dataclass(frozen=True)
class Vocabulary:
    """The declarations, asked in the terms of expressions and findings. `root` is the record itself.

    `results` are, by entity and name, what the policies in force work out; expressions use them as they
    use facts. `waivers` are those of the policies in force, by what they are of.
    """

    declarations: Declarations
    results: Mapping[str, Mapping[str, DerivedFact]] = dataclasses.field(default_factory=dict)
    waivers: Mapping[str, Sequence[Waiving]] = dataclasses.field(default_factory=dict)

    @cached_property
    def root(self) -> str:
        """The entity that a record describes."""
        return self.declarations.root

    @cached_property
    def partner(self) -> str | None:
        """The party that a record is about: `partner`, else the one called like the root, else the first."""
        return partner_among(self.declarations.parties, self.root)

    @cached_property
    def entities(self) -> Mapping[str, Entity]:
        """The entities by name."""
        found = self.declarations.entities
        if self.number_of_digits() < 3:
            return found
        return {name: dataclasses.replace(each, facts=finer(each.facts)) for name, each in found.items()}

    @property
    def currency(self) -> str:
        """The currency of all money, "" where the program has none."""
        return self.declarations.currency or ""

    def reads_alike(self, other: Vocabulary) -> bool:
        """Returns whether every record is read in the same way; formulas and titles do not count."""
        return self._reading == other._reading

    @cached_property
    def _reading(self) -> object:
        return {
            name: (
                entity.within,
                entity.list,
                entity.key,
                entity.label,
                {word: _read_as(fact) for word, fact in entity.facts.items()},
            )
            for name, entity in self.entities.items()
        }

    def children(self, entity: str) -> Sequence[tuple[str, Entity]]:
        """Returns the entities directly within one."""
        return self._children.get(entity, ())

    @cached_property
    def _children(self) -> Mapping[str, Sequence[tuple[str, Entity]]]:
        found: dict[str, list[tuple[str, Entity]]] = {}
        for name, child in self.entities.items():
            if child.within is not None:
                found.setdefault(child.within, []).append((name, child))
        return found

    def below(self, entity: str) -> Iterator[str]:
        """Yields the entities within one, and within those, from the outside in."""
        pending = [entity]
        while pending:
            found = [name for each in pending for name, _ in self.children(each)]
            yield from found
            pending = found

    @cached_property
    def by_list(self) -> Mapping[str, Sequence[str]]:
        """The entities by the names under which their parent reads them: all in a list, or the best one."""
        found: dict[str, list[str]] = {}
        for name, entity in self.entities.items():
            for word in (str(entity.list), *entity.best):
                found.setdefault(word, []).append(name)
        return found

    def lineage(self, entity: str) -> tuple[str, ...]:
        """Returns the entity and its ancestors, from the inside out."""
        found = [entity]
        while (above := self.entities[found[-1]].within) is not None:
            found.append(above)
        return tuple(found)

    def in_order(self, entity: str) -> str | None:
        """Returns the entity, it or the nearest around it, whose instances stand in an order."""
        return next((each for each in self.lineage(entity) if self.entities[each].order is not None), None)

    def qualified(self, entity: str, name: str) -> tuple[str, str, str]:
        """Returns what stands before the dot of a name, the entity that it leads to, and the name itself.

        `this.fee` is the `fee` of the instance that asks, `partner.fee` that of one around it, and
        `previous.fee` that of the child before. A name without a dot leads to the entity itself.
        """
        whose, dot, bare = name.partition(".")
        if dot and whose == THIS:
            return whose, entity, bare
        if dot and whose == PREVIOUS and (ordered := self.in_order(entity)) is not None:
            return whose, ordered, bare
        if dot and whose in self.lineage(entity):
            return whose, whose, bare
        return "", entity, name

    def fact(self, entity: str, name: str) -> tuple[str, Fact] | None:
        """Returns the fact that an expression at `entity` sees under `name`, and the entity that has it."""
        for owner in self.lineage(entity):
            if name in self.entities[owner].facts:
                return owner, self.entities[owner].facts[name]
        return None

    def given(self, entity: str) -> Mapping[str, str]:
        """Returns the facts for which something may stand in, by the names of what a record itself says."""
        facts = self.entities[entity].facts
        return {as_given(name): name for name, fact in facts.items() if fact.has_stand_in}

    def may_be_nothing(self, entity: str, name: str) -> bool:
        """Whether it may be known of a name that there is no value."""
        found = self.fact(entity, name)
        if found is not None:
            return found[1].may_be_nothing
        several = (self.results.get(owner, {}) for owner in self.lineage(entity))
        return any(each[name].may_be_nothing for each in several if name in each)

    def noun(self, entity: str, name: str) -> str:
        """Returns the noun of a fact; the name itself if there is no such fact."""
        name = recorded_name(name)
        if "." in name or (name in (PREVIOUS, EARLIER) and self.in_order(entity) is not None):
            return self._noun_of_others(entity, name)
        for owner in self.lineage(entity):
            if name in self.entities[owner].facts:
                return self.entities[owner].facts[name].title
            if name in self.results.get(owner, {}):
                return self.results[owner][name].noun
            if name in self.entities[owner].periods:
                return self.entities[owner].periods[name].title
            for _, child in self.children(owner):
                if child.list == name:
                    return several(child.title)
                if name in child.best:
                    return child.best[name].title
        return name.replace("_", " ")

    def _noun_of_others(self, entity: str, name: str) -> str:
        whose, owner, bare = self.qualified(entity, name)
        ordered = self.entities[owner if whose == PREVIOUS else str(self.in_order(entity) or entity)].title
        if name == EARLIER:
            return f"{several(ordered)} before it"
        if name == PREVIOUS:
            return f"{ordered} before it"
        noun = self.noun(owner, bare) if whose else name.replace("_", " ")
        if whose != PREVIOUS:
            return noun
        is_yes_or_no = self.row(owner).fields.get(bare) == types.BOOLEAN
        return f"the {ordered} before {noun}" if is_yes_or_no else f"{noun} of the {ordered} before"

    def money(self, entity: str, currency: str | None) -> types.Number:
        """Returns the type of an amount at an entity, whose currency a fact names or the program."""
        found = self.fact(entity, currency) if currency is not None and entity in self.entities else None
        return (
            types.money(self.currency)
            if found is None
            else types.Number("money", by=f"{found[0]}.{currency}")
        )

    def fact_type(self, name: str, fact: Fact, entity: str = "") -> Type:
        """Returns the type of a fact in expressions; of money also the entity tells it."""
        single = self._scalar(name, fact, entity)
        return ListOf(single) if fact.is_list else single

    def _scalar(self, name: str, fact: Fact, entity: str) -> Type:
        feel = fact.single.feel
        if feel is None:
            values = fact.values or {}
            return Enum(name, tuple(values), tuple(values.values()), fact.ordered)
        return self.money(entity, fact.currency) if feel == types.money("") else feel

    def row(self, entity: str) -> Context:
        """Returns the type of an instance in a list: its facts, results, and the lists within it."""
        return self._rows[entity]

    @cached_property
    def _rows(self) -> dict[str, Context]:
        rows: dict[str, Context] = {}
        pending = list(self.entities)
        for name in sorted(pending, key=lambda each: -len(self.lineage(each))):
            entity = self.entities[name]
            fields: dict[str, Type] = {f: self.fact_type(f, fact, name) for f, fact in entity.facts.items()}
            fields.update((word, result.type) for word, result in self.results.get(name, {}).items())
            fields.update(dict.fromkeys(entity.periods, PERIOD))
            for child, below in self.children(name):
                fields[str(below.list)] = ListOf(rows[child])
                fields.update(dict.fromkeys(below.best, rows[child]))
            if entity.order is not None:
                before = Context({**fields, POSITION: types.COUNT}, name)
                fields.update(zip(IN_ORDER, (types.COUNT, before, ListOf(before)), strict=True))
            rows[name] = Context(fields, name)
        return rows

    def names(self, entity: str) -> Names[Type]:
        """Returns the names that an expression at `entity` sees, with their types; not to be changed."""
        if entity not in self._names:
            above = self.entities[entity].within
            around = Names[Type]({"today": types.DATE}) if above is None else self.names(above)
            self._names[entity] = around.inside(dict(self.row(entity).fields))
        return self._names[entity]

    @cached_property
    def _names(self) -> dict[str, Names[Type]]:
        return {}

    def domains(self, entity: str) -> ChainMap[str, Domain | None]:
        """Returns the domains of the names that an expression at `entity` sees; None: nothing is known."""
        maps = [self._domains[owner] for owner in self.lineage(entity)]
        return ChainMap(*maps, {"today": Between(step=ONE)})

    @cached_property
    def _domains(self) -> Mapping[str, dict[str, Domain | None]]:
        found: dict[str, dict[str, Domain | None]] = {}
        for name in reversed([self.root, *self.below(self.root)]):
            own = {fact: each.domain for fact, each in self.entities[name].facts.items()}
            own.update((word, result.domain) for word, result in self.results.get(name, {}).items())
            own.update(dict.fromkeys(self.entities[name].periods))
            for child, below in self.children(name):
                own.update({str(below.list): Rows(found[child]), **dict.fromkeys(below.best)})
            if self.entities[name].order is not None:
                own.update({POSITION: Between(ONE, step=ONE), PREVIOUS: None, EARLIER: None})
            found[name] = own
        return found

    def number_of_digits(self) -> int:
        """Returns the number of decimal places of the minor unit of the currency (ISO 4217)."""
        return minor_digits(self.currency)


def _read_as(fact: Fact) -> object:
    """What the reading of a fact rests on; None for one that no record gives."""
    if not fact.is_given:
        return None
    values = None if fact.values is None else tuple(sorted(fact.values))
    return fact.type, fact.single, fact.limits, values, fact.required
