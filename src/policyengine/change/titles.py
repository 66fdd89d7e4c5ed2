"""The titles of policies, parts, levels and entities in two versions; the new version wins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from policyengine.change.sides import level_titles
from policyengine.change.states import ABSENT
from policyengine.change.terms import ChargeKey
from policyengine.dataclass import dataclass
from policyengine.decision.findings import Charge, Origin
from policyengine.decision.wording import words
from policyengine.policy.rule import Const, Rule
from policyengine.program.linked import Program


@dataclass(frozen=True, slots=True)
class Titles:
    """Titles by id; a missing title falls back to the id in words."""

    policies: dict[str, str] = field(default_factory=dict)
    parts: dict[tuple[str, str, str], str] = field(default_factory=dict)
    levels: dict[tuple[str, str], str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    entities: dict[str, str] = field(default_factory=dict)
    items: dict[ChargeKey, str] = field(default_factory=dict)
    judged: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def policy(self, policy: str) -> str:
        """The title of a policy."""
        return self.policies.get(policy) or words(policy)

    def part(self, section: str, policy: str, id: str) -> str:
        """The title of a part of a policy, for findings of a section."""
        return self.parts.get((section, policy, id)) or words(id)

    def level(self, policy: str, level: str) -> str:
        """The title of a level of a policy."""
        return self.levels.get((policy, level)) or words(level)

    def label(self, id: str) -> str:
        """The title of a party or an item."""
        return self.labels.get(id) or words(id)

    def entity(self, entity: str) -> str:
        """The title of an entity."""
        return self.entities.get(entity) or words(entity)


def titles_of(programs: Iterable[Program]) -> Titles:
    """The titles of programs that compile; later programs override earlier ones."""
    found = Titles()
    for program in programs:
        if program.graph is None or program.declarations is None:
            continue
        declared = program.declarations
        found.policies.update({unit.policy.id: unit.policy.title for unit in program.units})
        found.labels.update({**declared.parties, **declared.item_titles})
        found.entities.update({name: entity.title for name, entity in declared.entities.items()})
        for policy, titles in level_titles(program.graph).items():
            title = next(iter(titles.values()))
            below = {} if title == "None" else {ABSENT: title}
            found.levels.update({(policy, level): title for level, title in {**below, **titles}.items()})
        for rule in program.graph.rules:
            _name(found, rule, program.graph.real(rule.entity))
        for (entity, name), node in program.graph.every_node():
            if node.exported and node.noun:
                found.parts.update({("figures", entity, name): node.noun})
    return found


def _name(found: Titles, rule: Rule, entity: str) -> None:
    section, origin = rule.finding.section, rule.origin
    origins = [origin]
    if rule.origins is not None:
        nearer = [each.value for each in rule.origins.cases.values() if isinstance(each, Const)]
        origins += [each for each in nearer if isinstance(each, Origin)]
    for each in origins:
        found.parts.update({(section, each.policy, each.id): each.title})
        found.judged.update({(section, each.policy, each.id): entity})
    item = rule.fields.get("item")
    if rule.finding is Charge and isinstance(item, Const) and item.value is not None:
        found.items.update({ChargeKey(origin.policy, origin.id): str(item.value)})
