"""The context that a kind gets to describe a change of a part, and the wording that kinds share."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Literal

from policyengine.dataclass import dataclass
from policyengine.decision.wording import compared, is_or_are, join, range_words, rate, words
from policyengine.decision.writers import amount_of, writer
from policyengine.feel.types.types import Type
from policyengine.feel.values.values import Range
from policyengine.policy import quantities
from policyengine.policy.scalars import reader
from policyengine.policy.vocabulary import Vocabulary

_WORD = re.compile(r"[\w.%+ -]+")
_COMPARES = re.compile(r"(<=|>=|<|>)\s*(\S+)")
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

    def kind(self, fact: str) -> Type | None:
        """Returns the type of a fact."""
        return _kind(self.vocabulary, self.entity, fact)

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


def tested(context: ChangeContext, fact: str, test: Any) -> str:
    """Returns a test of a fact in words: `from 10 to 15`, `at least 27`, `positive or neutral`."""
    return test_words(context.vocabulary, context.entity, fact, test)


def test_words(vocabulary: Vocabulary, entity: str, fact: str, test: Any) -> str:
    """Returns a test of a fact, as it is written, in words: `from 10 to 15`, `at least 27`, `yes`."""
    kind = _kind(vocabulary, entity, fact)
    if isinstance(test, list):
        return join((_value_words(kind, each) for each in test), "or")
    text = str(test)
    compares, bounds = _COMPARES.fullmatch(text.strip()), quantities.bounds(text)
    if bounds is not None:
        low, high = (None if end is None else _typed(kind, end) for end in (bounds.low, bounds.high))
        return range_words(Range(low, high), writer(kind))
    if compares is not None:
        limit = _typed(kind, compares[2])
        return f"{compared(compares[1], limit)} {writer(kind)(limit)}"
    return _value_words(kind, text) if _WORD.fullmatch(text) else quoted(test)


def _kind(vocabulary: Vocabulary, entity: str, fact: str) -> Type | None:
    return vocabulary.names(entity).get(fact) if entity in vocabulary.entities else None


def _typed(kind: Type | None, text: str) -> object:
    """The value of a written text; the text itself where it has none."""
    read = None if kind is None else reader(kind)
    try:
        return text if read is None else read(text)
    except ValueError:
        return text


def _value_words(kind: Type | None, text: object) -> str:
    return writer(kind)(_typed(kind, str(text)))


def condition(context: ChangeContext, written: Any) -> str:
    """Returns a condition in words: FEEL as it is written, tests with the nouns of their facts."""
    if not isinstance(written, dict):
        return quoted(written)
    if any(key in written for key in ("any", "all", "none", "at_least")):
        return quoted(written)
    return join(asked(context, key, test) for key, test in written.items())


def asked(context: ChangeContext, fact: str, test: Any) -> str:
    """Returns what a test asks of a fact: `active accounts are at least 27`, `is certified`."""
    noun, words_of_test = context.noun(fact), tested(context, fact, test)
    if words_of_test in ("yes", "no"):
        return noun if words_of_test == "yes" else f"{noun}: no"
    return f"{noun} {is_or_are(noun)} {words_of_test}"


def shifted(old: str, new: str) -> str:
    """Returns `rises from 20 % to 25 %` for rates and numbers, else `is now A (was B)`."""
    try:
        before, after = quantities.rate(old), quantities.rate(new)
    except ValueError:
        return f"is now {quoted(new)} (was {quoted(old)})"
    spoken = (rate(before), rate(after)) if "%" in old + new or max(before, after) <= 1 else (old, new)
    return f"{'rises' if after > before else 'falls'} from {spoken[0]} to {spoken[1]}"


def moved_range(context: ChangeContext, fact: str) -> str | None:
    """Returns how the ends of a range move, `Gold now starts at 17 active accounts (was 16)`, or None."""
    kind, noun, subject = context.kind(fact), context.noun(fact), context.name
    before, after = _limits(kind, context.old), _limits(kind, context.new)
    if before is None or after is None:
        return None
    write = writer(kind)
    if before.high == after.high and before.low is not None and after.low is not None:
        return f"{subject} now starts at {amount_of(kind, noun, after.low)} (was {write(before.low)})"
    if before.low == after.low and after.high is None:
        return f"{subject} has no upper end of {noun} any more (was {write(before.high)})"
    if before.low == after.low:
        was = "had no end" if before.high is None else f"was {write(before.high)}"
        return f"{subject} now ends at {amount_of(kind, noun, after.high)} ({was})"
    return f"{subject} now takes {noun} {range_words(after, write)} (was {range_words(before, write)})"


def _limits(kind: Type | None, text: object) -> Range | None:
    """Returns the ends of a test that is a range of numbers or one number; None for any other test."""
    bounds = quantities.bounds(str(text))
    written = (str(text), str(text)) if bounds is None else (bounds.low, bounds.high)
    low, high = (None if end is None else _typed(kind, end) for end in written)
    return Range(low, high) if all(end is None or isinstance(end, Decimal) for end in (low, high)) else None
