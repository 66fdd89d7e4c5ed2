"""What is known about the values of facts: choices, bounds, whether they are whole."""

from __future__ import annotations

from policyengine.feel.partition import ONE, Between, Domain, OneOf, Rows
from policyengine.policy.vocabulary import Fact, Vocabulary


def known_values(vocabulary: Vocabulary, entity: str) -> dict[str, Domain | None]:
    """Returns the domains of the names that an expression at `entity` sees; None where nothing is known."""
    seen: dict[str, Domain | None] = {"today": Between(step=ONE)}
    for owner in reversed(vocabulary.lineage(entity)):
        seen.update(_fields(vocabulary, owner))
    return seen


def _fields(vocabulary: Vocabulary, entity: str) -> dict[str, Domain | None]:
    found = {name: _fact(fact) for name, fact in vocabulary.entities[entity].facts.items()}
    found.update(dict.fromkeys(vocabulary.results.get(entity, {})))
    for child, below in vocabulary.children(entity):
        found[str(below.list)] = Rows(_fields(vocabulary, child))
    return found


def _fact(fact: Fact) -> Domain | None:
    # A record is held to what is declared; a formula may give more than its fact admits.
    if fact.is_list or fact.formula is not None:
        return None
    if fact.values is not None:
        return OneOf(tuple(fact.values))
    if fact.single.storage in ("whole", "exact", "date"):
        return Between(*fact.limits, step=None if fact.single.storage == "exact" else ONE)
    return None
