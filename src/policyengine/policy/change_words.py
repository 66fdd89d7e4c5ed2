"""Changed parts of policies in words: values, tests, conditions, expressions, and how they differ.

What a policy writes is read as a value of the type that it has there, and written as people write it. FEEL
stands as it is written; of two long expressions only the clause in which they differ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from policyengine.decision.wording import compared, is_or_are, join, listed, number, range_words, rate
from policyengine.decision.writers import amount_of, writer
from policyengine.feel.types.types import Type
from policyengine.feel.values.values import Range
from policyengine.policy import quantities
from policyengine.policy.change_context import ChangeContext, called, kind_of, quoted
from policyengine.policy.scalars import reader
from policyengine.policy.vocabulary import Vocabulary

_WORD = re.compile(r"[\w.%+ -]+")
_COMPARES = re.compile(r"(<=|>=|<|>)\s*(\S+)")
_BRACKETED = re.compile(r"([\[(\]])\s*(\S+?)\s*\.\.\s*(\S+?)\s*([\])\[])")
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_LONG, _AROUND = 60, 3
_LINE, _ITEMS = 100, 7
"""How long a text is, and how many items a list has, that are written whole."""


# Values


def typed(kind: Type | None, text: object) -> object:
    """Returns the value of a written text; the text itself where it is none of the type."""
    read = None if kind is None else reader(kind)
    try:
        return str(text) if read is None else read(str(text))
    except ValueError:
        return str(text)


def given(kind: Type | None, text: object) -> str:
    """Returns what is written for a value in words, and an expression as it is written."""
    value = typed(kind, text)
    return quoted(text) if isinstance(value, str) and reader_of(kind) else writer(kind)(value)


def reader_of(kind: Type | None) -> bool:
    """Whether texts are read as values of a type that are not texts themselves."""
    return kind is None or reader(kind) is not None


def shifted(old: object, new: object, kind: Type | None = None) -> str:
    """Returns `rises from 20 % to 25 %` for rates and numbers, else `is now A (was B)`."""
    before, after = _number(kind, old), _number(kind, new)
    if before is None or after is None:
        return rewritten(old, new) if kind is None else f"is now {given(kind, new)} (was {given(kind, old)})"
    if kind is None:
        words = [rate(each) if "%" in f"{old}{new}" else number(each) for each in (before, after)]
    else:
        words = [writer(kind)(each) for each in (before, after)]
    return f"{'rises' if after > before else 'falls'} from {words[0]} to {words[1]}"


def _number(kind: Type | None, text: object) -> Decimal | None:
    if kind is not None:
        value = typed(kind, text)
        return value if isinstance(value, Decimal) else None
    try:
        return quantities.rate(str(text))
    except ValueError:
        return None


def rewritten(old: object, new: object) -> str:
    """Returns `is now A (was B)`; of two long expressions the clause that differs: `: A becomes B`."""
    one, other = (" ".join(str(each).split()) for each in (old, new))
    if max(len(one), len(other)) <= _LONG:
        return f"is now {quoted(new)} (was {quoted(old)})"
    before, after = cut_text(one, other, _LONG), cut_text(other, one, _LONG)
    return f"changes: {quoted(before)} becomes {quoted(after)}"


def cut_text(text: str, other: str, longest: int = _LINE) -> str:
    """Returns a long text where it differs from the other, with a few words around."""
    if max(len(text), len(other)) <= longest:
        return text
    own = _TOKEN.findall(text)
    start, end = _differing(own, _TOKEN.findall(other), _AROUND)
    return f"{'… ' if start else ''}{''.join(own[start:end]).strip()}{' …' if end < len(own) else ''}"


def cut_list(items: Sequence[str], others: Sequence[str]) -> str:
    """Returns the items of a list; of a long one those that differ from the other, with a neighbour."""
    if max(len(items), len(others)) <= _ITEMS:
        return listed(items)
    start, end = _differing(items, others, 1) if others else (0, len(items))
    if end == len(items) or end - start > _ITEMS:
        return ("…, " if start else "") + listed(items[start:])
    return ("…, " if start else "") + ", ".join(items[start:end]) + ", …"


def _differing(own: Sequence[str], other: Sequence[str], around: int) -> tuple[int, int]:
    """The stretch of a list that differs from another, with some alike ones around it."""
    least = min(len(own), len(other))
    start = next((i for i in range(least) if own[i] != other[i]), least)
    end = next((i for i in range(least - start) if own[-1 - i] != other[-1 - i]), least - start)
    return max(0, start - around), len(own) - max(0, end - around)


# Tests and conditions


def tested(context: ChangeContext, fact: str, test: Any) -> str:
    """Returns a test of a fact in words: `from 10 to 15`, `at least 27`, `positive or neutral`."""
    return test_words(context.vocabulary, context.entity, fact, test)


def test_words(vocabulary: Vocabulary, entity: str, fact: str, test: Any) -> str:
    """Returns a test of a fact, as it is written, in words: `from 10 to 15`, `at least 27`, `yes`."""
    kind = kind_of(vocabulary, entity, fact)
    write = writer(kind)
    if isinstance(test, list):
        return join((write(typed(kind, each)) for each in test), "or")
    text = str(test).strip()
    if (limits := _range(kind, text)) is not None:
        return range_words(limits, write)
    if (compares := _COMPARES.fullmatch(text)) is not None:
        limit = typed(kind, compares[2])
        return f"{compared(compares[1], limit)} {write(limit)}"
    if text in ("true", "false"):
        return "yes" if text == "true" else "no"
    return write(typed(kind, text)) if _WORD.fullmatch(text) else quoted(test)


def _range(kind: Type | None, text: str) -> Range | None:
    bracketed = _BRACKETED.fullmatch(text)
    if bracketed is not None:
        first, low, high, last = bracketed.groups()
        return Range(typed(kind, low), typed(kind, high), first == "[", last == "]")
    bounds = quantities.bounds(text)
    if bounds is None:
        return None
    low, high = (None if end is None else typed(kind, end) for end in (bounds.low, bounds.high))
    return Range(low, high)


def asked(context: ChangeContext, fact: str, test: Any) -> str:
    """Returns what a test asks of a fact: `active accounts are at least 27`, `“is certified” is no`."""
    noun, words_of_test = context.noun(fact), tested(context, fact, test)
    if words_of_test in ("yes", "no"):
        return f"{called(noun)} is {words_of_test}"
    return f"{noun} {is_or_are(noun)} {words_of_test}"


_COMBINED = ("any", "all", "none", "at_least", "every", "some", "count")


def condition(context: ChangeContext, written: Any) -> str:
    """Returns a condition in words: FEEL and combinations as they are written, tests with nouns of facts."""
    if not isinstance(written, dict) or any(key in written and not context.is_fact(key) for key in _COMBINED):
        return quoted(written)
    return join(asked(context, key, test) for key, test in written.items())


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
    found = _range(kind, str(text))
    limits = Range(typed(kind, text), typed(kind, text)) if found is None else found
    ends = (limits.low, limits.high)
    return limits if all(end is None or isinstance(end, Decimal) for end in ends) else None
