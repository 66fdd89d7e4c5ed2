"""The context that a kind gets to describe a change of a part, and the wording that kinds share."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Literal

from policyengine.dataclass import dataclass
from policyengine.decision.wording import join, rate, words
from policyengine.policy import quantities
from policyengine.policy.vocabulary import Vocabulary

_WORD = re.compile(r"[\w.%+ -]+")
VERBS = {
    "when": "applies", "applies_when": "is asked for", "met_when": "counts as done",
}  # fmt: skip
"""What a condition under such a key decides."""


@dataclass(frozen=True, slots=True)
class ChangeContext:
    """One change: `keys` lead to it, with `*` for an item of a list and for its id.

    `names` are the titles of the parts on the way that have one, outermost first; those of an item that
    comes or goes include its own. `old` and `new` are data as written, None where there is nothing. `own` is
    the nearest mapping around it, `part` the typed model of that.
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

    @property
    def name(self) -> str:
        """The title of the innermost part that has one."""
        return self.names[-1] if self.names else ""

    def noun(self, fact: str) -> str:
        """Returns the noun of a fact."""
        return self.vocabulary.noun(self.entity, fact)

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
        titles = self.vocabulary.declarations.items
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
            return f"{subject} no longer says: {verb} {say(self.old)}"
        was = "was not said" if self.old is None else f"was {say(self.old)}"
        return f"{subject} {now(verb)} {say(self.new)} ({was})"

    def comes_or_goes(self, added: str, removed: str) -> str:
        """Returns one of two sentences: for a part that is added, or one that is removed."""
        return added if self.sort == "added" else removed


def now(verb: str) -> str:
    """Returns `now recurs`, `is now due on` for a verb."""
    return verb.replace("is ", "is now ", 1) if verb.startswith("is ") else f"now {verb}"


def no_longer(verb: str) -> str:
    """Returns `no longer signs off`, `is no longer consulted` for a verb."""
    return verb.replace("is ", "is no longer ", 1) if verb.startswith("is ") else f"no longer {verb}"


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


def ends(text: object) -> tuple[Decimal | None, Decimal | None] | None:
    """Returns the two ends of a test that is a range of numbers or one number; None for any other test."""
    bounds = quantities.bounds(text) if isinstance(text, str) else None
    try:
        if bounds is not None:
            low, high = (
                None if each is None else quantities.rate(each) for each in (bounds.low, bounds.high)
            )
            return low, high
        value = quantities.rate(str(text)) if isinstance(text, str) else None
    except ValueError:
        return None
    return None if value is None else (value, value)


def end_of(text: str, which: int) -> str:
    """Returns an end of a range as it is written."""
    bounds = quantities.bounds(text)
    return text if bounds is None else str((bounds.low, bounds.high)[which])


def tested(context: ChangeContext, fact: str, test: Any) -> str:
    """Returns a test of a fact in words: `10..15`, `27 or more`, `positive or neutral`."""
    if isinstance(test, list):
        return join((context.value(fact, each) for each in test), "or")
    bounds = quantities.bounds(test) if isinstance(test, str) else None
    if bounds is not None and bounds.high is None:
        return f"{bounds.low} or more"
    if bounds is not None and bounds.low is None:
        return f"at most {bounds.high}"
    if isinstance(test, str) and test in ("true", "false"):
        return "yes" if test == "true" else "no"
    if bounds is None and not _WORD.fullmatch(str(test)):
        return quoted(test)
    return context.value(fact, test)


def condition(context: ChangeContext, written: Any) -> str:
    """Returns a condition in words: FEEL as it is written, tests with the nouns of their facts."""
    if not isinstance(written, dict):
        return quoted(written)
    if any(key in written for key in ("any", "all", "none", "at_least")):
        return quoted(written)
    return join(f"{context.noun(key)} is {tested(context, key, test)}" for key, test in written.items())


def shifted(old: str, new: str) -> str:
    """Returns `rises from 20 % to 25 %` for rates and numbers, else `is now A (was B)`."""
    try:
        before, after = quantities.rate(old), quantities.rate(new)
    except ValueError:
        return f"is now {quoted(new)} (was {quoted(old)})"
    spoken = (rate(before), rate(after)) if "%" in old + new or max(before, after) <= 1 else (old, new)
    return f"{'rises' if after > before else 'falls'} from {spoken[0]} to {spoken[1]}"


def moved_range(subject: str, old: str, new: str, noun: str) -> str | None:
    """Returns how the ends of a range move, `Gold now starts at 17 accounts (was 16)`, or None."""
    before, after = ends(old), ends(new)
    if before is None or after is None:
        return None
    if before[1] == after[1] and before[0] is not None and after[0] is not None:
        return f"{subject} now starts at {end_of(new, 0)} {noun} (was {end_of(old, 0)})"
    if before[0] == after[0] and after[1] is None:
        return f"{subject} has no upper end of {noun} any more (was {end_of(old, 1)})"
    if before[0] == after[0] and before[1] is None:
        return f"{subject} now ends at {end_of(new, 1)} {noun} (had no end)"
    if before[0] == after[0]:
        return f"{subject} now ends at {end_of(new, 1)} {noun} (was {end_of(old, 1)})"
    return f"{subject} now takes {new} {noun} (was {old})"
