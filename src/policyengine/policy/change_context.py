"""The context that a kind gets to describe a change of a part, and the wording that kinds share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from policyengine.dataclass import dataclass
from policyengine.decision.wording import join, words
from policyengine.feel.types.types import Type
from policyengine.policy.vocabulary import Vocabulary

VERBS = {
    "when": "applies", "applies_when": "is asked for", "met_when": "counts as done",
    "exercised_when": "counts as exercised", "forfeited_when": "is forfeited",
    "or": "is reached whatever its measure",
}  # fmt: skip
"""What a condition under such a key decides."""


@dataclass(frozen=True, slots=True)
class ChangeContext:
    """One change: `keys` lead to it, with `*` for an item of a list and for its id.

    `names` are the titles of the parts on the way that have one, outermost first; those of an item that
    comes or goes include its own. `old` and `new` are data as written, None where there is nothing. `own` is
    the nearest mapping around it, `part` the typed model of that, and `policy` the one of the whole policy.
    """

    sort: Literal["added", "removed", "changed", "order"]
    keys: tuple[str, ...]
    names: tuple[str, ...]
    old: Any
    new: Any
    own: dict[str, Any]
    part: Any
    entity: str
    vocabulary: Vocabulary
    policy: Any = None

    @property
    def name(self) -> str:
        """The title of the innermost part that has one."""
        return self.names[-1] if self.names else ""

    def noun(self, fact: str) -> str:
        """Returns the noun of a fact."""
        return self.vocabulary.noun(self.entity, fact)

    def kind(self, fact: str) -> Type | None:
        """Returns the type of a fact."""
        return kind_of(self.vocabulary, self.entity, fact)

    def is_fact(self, name: str) -> bool:
        """Whether expressions at the entity see a fact of this name."""
        return self.entity in self.vocabulary.entities and name in self.vocabulary.names(self.entity)

    def party(self, name: object) -> str:
        """Returns the title of a party."""
        text = str(name)
        return self.vocabulary.declarations.parties.get(
            text, "nobody known" if text == "unknown" else words(text)
        )

    def items(self, names: object) -> str:
        """Returns the titles of items, as a list in words."""
        titles = self.vocabulary.declarations.item_titles
        return join(
            titles.get(str(each), words(str(each)))
            for each in (names if isinstance(names, list) else [names])
        )

    def value(self, fact: str, text: object) -> str:
        """Returns the title of a value of a fact."""
        found = self.vocabulary.fact(self.entity, fact) if self.entity in self.vocabulary.entities else None
        titles = (found[1].values or {}) if found is not None else {}
        return titles.get(str(text), str(text))

    def was(self, subject: str, verb: str, say: Any = None) -> str:
        """Returns `X is now due on A (was B)`; names a value that was not or is no longer written."""
        say = say or quoted
        if self.new is None:
            return f"{subject} {no_longer(verb)} {say(self.old)}"
        was = "was not said" if self.old is None else f"was {say(self.old)}"
        return f"{subject} {now(verb)} {say(self.new)} ({was})"

    def within(self, list: str) -> ChangeContext:
        """Returns the context for what is said about the children in a list; the same where there is none."""
        children = self.vocabulary.children(self.entity) if self.entity in self.vocabulary.entities else ()
        child = next((name for name, declared in children if declared.list == list), self.entity)
        return replace(self, entity=child)

    def comes_or_goes(self, added: str, removed: str) -> str:
        """Returns one of two sentences: for a part that is added, or one that is removed."""
        return added if self.sort == "added" else removed


def now(verb: str) -> str:
    """Returns `now recurs`, `is now due on` for a verb."""
    first, blank, rest = verb.partition(" ")
    return f"{first} now{blank}{rest}" if first in ("is", "are") else f"now {verb}"


def no_longer(verb: str) -> str:
    """Returns `no longer signs off`, `is no longer consulted` for a verb."""
    first, blank, rest = verb.partition(" ")
    return f"{first} no longer{blank}{rest}" if first in ("is", "are") else f"no longer {verb}"


def quoted(value: Any) -> str:
    """Returns written data in backticks; a mapping or a list on one line."""
    return f"`{flat(value)}`"


def called(name: str) -> str:
    """A title in a sentence."""
    return f"“{name}”"


def flat(value: Any) -> str:
    """Returns written data on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flat(each)}" for key, each in value.items()) + "}"
    if (
        isinstance(value, list)
        and value
        and all(isinstance(each, dict) and "title" in each for each in value)
    ):
        return "; ".join(str(each["title"]) for each in value)
    if isinstance(value, list):
        return "[" + ", ".join(map(flat, value)) + "]"
    if value is None:
        return "nothing"
    text = " ".join(str(value).split())
    return text if len(text) <= 160 else f"{text[:157]}..."


def kind_of(vocabulary: Vocabulary, entity: str, fact: str) -> Type | None:
    """Returns the type of a fact that expressions at an entity see."""
    return vocabulary.names(entity).get(fact) if entity in vocabulary.entities else None
