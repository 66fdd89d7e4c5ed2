"""Changed parts of policies in words: values, tests, conditions, expressions, and how they differ.

What a policy writes is read as a value of the type that it has there, and written as people write it. FEEL
stands as it is written; of two long expressions only the clause in which they differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from policyengine.decision.wording import (
    compared,
    is_or_are,
    join,
    listed,
    number,
    range_words,
    rate,
    several,
)
from policyengine.decision.writers import amount_of, writer
from policyengine.feel.types.types import ListOf, Type
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
    is_feel = isinstance(value, str) and (reader_of(kind) or isinstance(kind, ListOf))
    return quoted(text) if is_feel else writer(kind)(value)


def reader_of(kind: Type | None) -> bool:
    """Whether texts are read as values of a type that are not texts themselves."""
    return kind is None or reader(kind) is not None


def shifted(old: object, new: object, kind: Type | None = None) -> str:
    """Returns `rises from 20 % to 25 %` for rates and numbers, else `is now A (was B)`."""
    before, after = _number(kind, old), _number(kind, new)
    if before is None or after is None:
        if kind is None or max(len(str(each)) for each in (old, new)) > _LINE:
            return rewritten(old, new)
        return f"is now {given(kind, new)} (was {given(kind, old)})"
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


_TYPES = {
    "text": "a text", "boolean": "yes or no", "integer": "a whole number", "count": "a count",
    "number": "a number", "money": "an amount", "rate": "a rate", "date": "a date",
    "period": "a length of time", "enum": "one of several values",
}  # fmt: skip


def type_words(name: Any) -> str:
    """Returns a type as people call it: `a count`, `several values, each a text`."""
    text = str(name)
    if text.startswith("list of "):
        return f"several values, each {type_words(text.removeprefix('list of '))}"
    return _TYPES.get(text, quoted(text))


def possible_values(context: ChangeContext, subject: str) -> str:
    """Returns which values something can have that it could not have before, and the other way round."""
    key = context.keys[-1]
    if key == "values":
        before, after = (_titles(each) for each in (context.old, context.new))
    else:
        value = context.new if context.new is not None else context.old
        titles = {key: str(value if isinstance(value, str) else key)}
        before, after = (titles if each is not None else {} for each in (context.old, context.new))
    more, less = (
        [own[each] for each in own if each not in other] for own, other in ((after, before), (before, after))
    )
    said = [f"can now be {join(map(called, more), 'or')}"] if more else []
    said += [f"can no longer be {join(map(called, less), 'or')}"] if less else []
    return f"{subject} {' and '.join(said) or 'has its values in a different order'}"


def _titles(values: Any) -> dict[str, str]:
    if isinstance(values, dict):
        return {str(value): str(title) for value, title in values.items()}
    return {str(value): str(value) for value in values or ()}


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


_LISTS = {"any": "one of these holds", "all": "all of these hold", "none": "none of these holds"}
_CHILDREN = ("some", "every", "count")
_HEADS = (*_LISTS, "at_least", *_CHILDREN)
_FURTHER = ("of", "where", "must", "is")
"""Keys of conditions that combine others or are about children, and those that go with them."""


def condition(context: ChangeContext, written: Any) -> str:
    """Returns a condition in words: FEEL as it is written, tests with the nouns of their facts."""
    if not isinstance(written, dict):
        return quoted(written)
    heads = _heads(context, written)
    own = {*heads, *_FURTHER} if heads else set()
    tests = [asked(context, key, test) for key, test in written.items() if key not in own]
    return join([*_combined(context, {key: written[key] for key in written if key in own}), *tests])


def _heads(context: ChangeContext, written: Any) -> list[str]:
    """The keys of a condition that make more of it than tests of facts."""
    keys = written if isinstance(written, dict) else ()
    return [key for key in _HEADS if key in keys and not context.is_fact(key)]


def _combined(context: ChangeContext, written: dict[str, Any]) -> Iterator[str]:
    for key, begins in _LISTS.items():
        if key in written:
            yield f"{begins}: {_alternatives(context, written[key])}"
    if "at_least" in written:
        yield f"at least {written['at_least']} of these hold: {_alternatives(context, written.get('of'))}"
    name = next((written[key] for key in _CHILDREN if key in written), None)
    if name is None:
        return
    child = context.within(str(name))
    noun = child.vocabulary.entities[child.entity].title if child.entity != context.entity else str(name)
    where = f" for which {condition(child, written['where'])}" if "where" in written else ""
    if "some" in written:
        yield f"there is some {noun}{where}"
    elif "every" in written:
        yield f"for every {noun}{where} it holds that {condition(child, written.get('must'))}"
    else:
        number = test_words(child.vocabulary, child.entity, "", written.get("is"))
        yield f"the number of {several(noun)}{where} is {number}"


def _alternatives(context: ChangeContext, written: Any) -> str:
    return "; ".join(
        f"({said})" if _heads(context, each) else said
        for each in written or ()
        for said in (condition(context, each),)
    )


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
