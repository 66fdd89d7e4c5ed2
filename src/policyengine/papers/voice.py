"""How the values, subjects and parties of a program are written in a paper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Owner, Subject
from policyengine.decision.wording import COMPARED, COMPARED_DAYS, is_or_are, minor_digits, words
from policyengine.feel.types.types import Enum, ListOf, Number, Type
from policyengine.feel.values.values import Range
from policyengine.papers.blocks import Column
from policyengine.papers.language import Language, isolated
from policyengine.policy.change_context import kind_of
from policyengine.policy.change_words import typed
from policyengine.policy.vocabulary import Vocabulary

_COMPARISON = re.compile(r"(>=|<=|>|<) *(.+)")
_NEEDED = re.compile(rf"({'|'.join((*COMPARED.values(), *COMPARED_DAYS.values()))}) (.+)")
_RANGE = re.compile(r"([\[(]?)([^.\]]*(?:\.\d+)?)\.\.([^\])]*)([\])]?)")
_WORDS_OF = {
    **{each: op for op, each in COMPARED.items()},
    **{each: op for op, each in COMPARED_DAYS.items()},
}


@dataclass(frozen=True)
class Voice:
    """Writes what a program speaks of in one language; `labels` are the titles of parties and items."""

    say: Language
    vocabulary: Vocabulary
    labels: Mapping[str, str]

    @cached_property
    def partner(self) -> str | None:
        """The party that a record is about."""
        return self.vocabulary.partner

    def party(self, name: str | None) -> str:
        """A party: `you` for the partner itself, else its title."""
        if name is None:
            return ""
        return self.say("you") if name == self.partner else self.label(name)

    def label(self, name: str) -> str:
        """The title of a party or an item."""
        return self.labels.get(name) or words(name)

    def entity(self, name: str) -> str:
        """The title of an entity; of a computed one its id in words."""
        found = self.vocabulary.entities.get(name)
        return words(name) if found is None else found.title

    def whose(self, subject: Subject) -> str:
        """What stands in a record, `account A-1`; nothing for the record itself."""
        if subject.root:
            return ""
        return ", ".join(self._own_name(each) for each in (*subject.within, subject))

    def about(self, title: str, subject: Subject) -> str:
        """A title, with what it is about in the record."""
        whose = self.whose(subject)
        return f"{isolated(title)} ({whose})" if whose else title

    def _own_name(self, subject: Subject) -> str:
        name = isolated(subject.label or subject.name)
        key = f" ({isolated(subject.key)})" if subject.label and subject.key else ""
        return f"{self.entity(subject.entity)} {name}{key}"

    def owner(self, entity: str, key: str | None, within: Sequence[Owner]) -> str:
        """What a missing fact belongs to; nothing for a fact of the record itself."""
        if key is None or entity == self.vocabulary.root:
            return ""
        return ", ".join(
            f"{self.entity(name)} {isolated(each)}" for name, each in (*within, Owner(entity, key))
        )

    def noun(self, entity: str, fact: str) -> str:
        """What a fact is called."""
        return self.vocabulary.noun(entity, fact) if entity in self.vocabulary.entities else words(fact)

    def figure(self, entity: str, name: str) -> str | None:
        """The name where it is that of a value at the entity, as that of a test is; None for another id."""
        known = entity in self.vocabulary.entities and name in self.vocabulary.names(entity)
        return name if known else None

    def kind(self, entity: str, fact: str) -> Type | None:
        """The type of a fact."""
        return kind_of(self.vocabulary, entity, fact)

    def money(self, amount: Decimal, currency: str | None) -> str:
        """An amount to the smallest unit of its currency, half of it up."""
        unit = Decimal(1).scaleb(-minor_digits(currency or self.vocabulary.currency))
        return self.say.money(amount.quantize(unit, ROUND_HALF_UP), currency)

    def columns(self, *titles: str) -> list[Column]:
        """Columns of text with these titles."""
        return [Column(self.say(each)) for each in titles]

    # Values

    def value(self, kind: Type | None, value: object) -> str:
        """A value of a type; nothing for one that is not there."""
        match kind:
            case _ if value is None:
                return ""
            case Enum(_, values, titles) if isinstance(value, str):
                title = dict(zip(values, titles, strict=False)).get(value, value)
                return words(title) if title == value else title
            case ListOf(item) if isinstance(value, list | tuple):
                return self.say.join(self.value(item, each) for each in value)
            case Number():
                return self.say.quantity(value, kind.symbol)
        return self.say.quantity(value)

    def needed(self, kind: Type | None, need: str) -> str:
        """What a threshold asks for, as a finding says it: `16..26`, `above 5`."""
        compares = _NEEDED.fullmatch(need)
        if compares is not None:
            return self._compared(_WORDS_OF[compares[1]], self.value(kind, typed(kind, compares[2])), kind)
        return self._range(kind, need) or need

    def test(self, entity: str, fact: str, test: Any) -> str | None:
        """A test of a fact in words: `from 10 to 15`, `positive or neutral`; None for an expression."""
        kind = self.kind(entity, fact)
        if isinstance(test, list):
            return self.say.join((self.value(kind, typed(kind, each)) for each in test), "or")
        text = str(test).strip()
        if text in ("true", "false"):
            return self.say("yes") if text == "true" else self.say("no")
        compares = _COMPARISON.fullmatch(text)
        if compares is not None:
            return self._compared(compares[1], self.value(kind, typed(kind, compares[2])), kind)
        if (range_text := self._range(kind, text)) is not None:
            return range_text
        return self.value(kind, typed(kind, text)) if re.fullmatch(r"[\w.%-]+ ?%?", text) else None

    def _compared(self, op: str, limit: str, kind: Type | None) -> str:
        table = COMPARED_DAYS if kind is not None and getattr(kind, "name", "") == "date" else COMPARED
        return f"{self.say(table[op])} {limit}"

    def _range(self, kind: Type | None, text: str) -> str | None:
        found = _RANGE.fullmatch(text)
        if found is None:
            return None
        low, high = (typed(kind, end.strip()) if end.strip() else None for end in (found[2], found[3]))
        limits = Range(low, high, found[1] != "(", found[4] != ")")
        return self.range(kind, limits)

    def range(self, kind: Type | None, limits: Range) -> str:
        """A range in words: `from 10 to 15`, `at least 166 and below 1,000`."""
        low, high = ("" if end is None else self.value(kind, end) for end in (limits.low, limits.high))
        if low and high and limits.low_closed and limits.high_closed:
            return self.say("from {low} to {high}", low=low, high=high)
        ends = (
            (">=" if limits.low_closed else ">", low),
            ("<=" if limits.high_closed else "<", high),
        )
        return self.say.join(self._compared(op, text, kind) for op, text in ends if text)

    def room(self, noun: str, level: str, below: str, room: str) -> str:
        """How far a measure may fall before a level is lost."""
        values = {"level": level, "noun": noun, "below": below, "room": room}
        if is_or_are(noun) == "are" or self.say.code != "en":
            return self.say(
                "As far as the {noun} go, you keep {level} while they do not fall below {below}; "
                "that leaves room for {room}.", **values,
            )  # fmt: skip
        return self.say(
            "As far as the {noun} goes, you keep {level} while it does not fall below {below}; "
            "that leaves room for {room}.", **values,
        )  # fmt: skip


def exact(value: object) -> Decimal | None:
    """A number as it is; None for what is none."""
    return Decimal(value) if isinstance(value, Decimal | int) and not isinstance(value, bool) else None
