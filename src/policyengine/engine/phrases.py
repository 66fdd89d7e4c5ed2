"""Expressions as phrases: `number of reviews`, `day of the review from 1 Jul 2026 to 30 Sep 2026`.

`phrase` calls what an expression works out by name, `clause` says what a condition asks of the items of a
list. Both give None for what has no phrase; people read the expression then as it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from policyengine.decision.wording import COMPARED, COMPARED_DAYS, all_of, join, range_words, words
from policyengine.decision.writers import Write, one_of, shown, writer
from policyengine.engine.value_words import Words
from policyengine.feel.syntax.tree import (
    And,
    Call,
    Comparison,
    Expression,
    Filter,
    In,
    Literal,
    Name,
    Or,
    Path,
    RangeLiteral,
    names,
)
from policyengine.feel.types.types import BOOLEAN, DATE, Context, ListOf, Type
from policyengine.feel.values.values import Range

_CALLS = {
    "count": "number of",
    "sum": "sum of",
    "min": "smallest of",
    "max": "largest of",
    "mean": "mean of",
    "distinct values": "different",
    "flatten": "",
}
_CLAUSE = 40
_EQUAL = {"=": "", "!=": "not"}


class Phrase(NamedTuple):
    """A text with gaps: `write` takes the values of the `slots`."""

    slots: tuple[Expression, ...]
    write: Callable[[Sequence[object]], str]


def _fixed(text: str) -> Phrase:
    return Phrase((), lambda values: text)


def _composed(parts: Sequence[Phrase], compose: Callable[[list[str]], str]) -> Phrase:
    slots = tuple(slot for part in parts for slot in part.slots)
    if not slots:
        return _fixed(compose([part.write(()) for part in parts]))
    if len(parts) == 1:
        (only,) = parts
        return Phrase(slots, lambda values: compose([only.write(values)]))
    texts: list[Any] = []
    start = 0
    for part in parts:
        end = start + len(part.slots)
        texts.append((part.write, slice(start, end)) if part.slots else part.write(()))
        start = end

    def write(values: Sequence[object]) -> str:
        return compose([each if each.__class__ is str else each[0](values[each[1]]) for each in texts])

    return Phrase(slots, write)


def cut(expression: Expression) -> Phrase:
    """A short clause of an expression as it is written, without the quotes of the document around it."""
    text = " ".join(expression.span.text.split())
    quotes = "'" if isinstance(expression, Literal) else "'\""
    if text[:1] in quotes and text[:1] == text[-1:] and text[:1] not in text[1:-1]:
        text = text[1:-1]
    return Phrase((), lambda values: f"`{text if len(text) <= _CLAUSE else text[: _CLAUSE - 1] + '…'}`")


def phrase(words: Words, expression: Expression) -> Phrase | None:
    """What an expression works out: `number of different roles`."""
    match expression:
        case Name(name) if words.is_ours(name):
            return _fixed(words.noun(name))
        case Path(target, field):
            kind, whole = _type(words, target), phrase(words, target)
            owner = _item(kind)
            noun = field if owner is None else _field_noun(words, owner, field)
            noun = all_of(noun) if isinstance(kind, ListOf) else noun
            return None if whole is None else _composed([whole], lambda texts: f"{noun} of {texts[0]}")
        case Filter(target, condition):
            owner, whole = _item(_type(words, target)), phrase(words, target)
            picked = None if owner is None else narrowed(words, owner, condition, many=True)
            if whole is None or picked is None:
                return None
            return _composed([whole, picked], lambda texts: f"{texts[0]} {texts[1]}")
        case Call(Name(name), (first,)) if name in _CALLS:
            whole = phrase(words, first)
            return (
                None
                if whole is None
                else _composed([whole], lambda texts: f"{_CALLS[name]} {texts[0]}".strip())
            )
    return None


def clause(words: Words, item: Context, variable: str, condition: Expression) -> Phrase | None:
    """What a condition asks of an item called `variable`: `role engineer and is certified`."""
    return _Clauses(words, item, variable).of(condition)


def narrowed(words: Words, item: Context, condition: Expression, *, many: bool) -> Phrase | None:
    """Which items a filter picks: `that are paid and have installs above 100`, `with role engineer`."""
    clauses, tail = _Clauses(words, item, "item"), ""
    match condition:
        case Call(Name("not"), (Call(Name("is true"), (Call(Name("not"), (asked,)),)),)):
            tail = " or may be"
        case Call(Name("is true"), (asked,)):
            tail = " as far as known"
        case asked:
            pass
    found = clauses.relative(asked, many)
    if found is not None:
        return _composed([found], lambda texts: f"{texts[0]}{tail}")
    whole = clauses.of(condition)
    return whole and _composed([whole], lambda texts: f"with {texts[0]}")


def _verb(title: str, holds: bool, many: bool) -> str | None:
    """What is true or false of an item, of one or of several: `is paid`, `are not paid`; None for a noun."""
    first, _, rest = title.partition(" ")
    if first in ("is", "was"):
        verb = first if not many else "are" if first == "is" else "were"
        return f"{verb}{'' if holds else ' not'} {rest}"
    if first in ("can", "may", "must", "will"):
        return f"{first}{'' if holds else ' not'} {rest}"
    if first == "has" and rest:
        return (
            f"{'have' if many else 'has'} {rest}" if holds else f"{'do' if many else 'does'} not have {rest}"
        )
    return None


class _Clauses:
    """Writes what conditions ask of an item."""

    def __init__(self, words: Words, item: Context, variable: str) -> None:
        self.words = words
        self.item = item
        self.variable = variable

    def of(self, condition: Expression) -> Phrase | None:
        """The phrase of a condition."""
        match condition:
            case And(operands) | Or(operands):
                last = "and" if isinstance(condition, And) else "or"
                parts = [None if isinstance(each, (And, Or)) else self.of(each) for each in operands]
                found = [each for each in parts if each is not None]
                return _composed(found, lambda texts: join(texts, last)) if len(found) == len(parts) else None
            case Call(Name("not"), (Call(Name("is true"), (Call(Name("not"), (asked,)),)),)):
                return self._told(asked, "or not known")
            case Call(Name("is true"), (asked,)):
                return self._told(asked, "as far as known")
            case Call(Name("not"), (asked,)) if (field := self.field(asked)) is not None:
                return _fixed(f"{self.noun(field)}: no")
            case Comparison(op, left, right) if (field := self.field(left)) is not None:
                return self._compared(field, op, right)
            case In(left, tests) if (field := self.field(left)) is not None:
                return self._in(field, tests)
        field = self.field(condition)
        return _fixed(self.noun(field)) if field is not None and self.item.fields[field] == BOOLEAN else None

    def relative(self, condition: Expression, many: bool) -> Phrase | None:
        """A condition that asks what is true or false of an item, as a relative clause; None for others."""
        operands = condition.operands if isinstance(condition, (And, Or)) else (condition,)
        verbs = [None if (asked := self._flag(each)) is None else _verb(*asked, many) for each in operands]
        if not any(verbs) or any(isinstance(each, (And, Or)) for each in operands):
            return None
        has, parts = "have" if many else "has", []
        for each, verb in zip(operands, verbs, strict=True):
            other = self.of(each) if verb is None and self._flag(each) is None else None
            if verb is None and other is None:
                return None
            parts.append(_fixed(verb) if verb is not None else _composed([other], _after(has)))  # type: ignore[list-item]
        last = "or" if isinstance(condition, Or) else "and"
        return _composed(parts, lambda texts: f"that {join(texts, last)}")

    def _flag(self, condition: Expression) -> tuple[str, bool] | None:
        """What is asked to be true or false of an item, and which of the two."""
        asked, holds = condition, True
        match condition:
            case Call(Name("not"), (each,)):
                asked, holds = each, False
            case Comparison("=" | "!=" as op, each, Literal(bool() as value)):
                asked, holds = each, value == (op == "=")
        field = self.field(asked)
        return None if field is None or self.item.fields[field] != BOOLEAN else (self.noun(field), holds)

    def _told(self, asked: Expression, words: str) -> Phrase | None:
        found = self.of(asked)
        return found and _composed([found], lambda texts: f"{texts[0]} {words}")

    def field(self, expression: Expression) -> str | None:
        """The field of the item that an expression names."""
        match expression:
            case Path(Name(self.variable), field) | Name(field) if field in self.item.fields:
                is_outer = isinstance(expression, Name) and self.variable != "item"
                return None if is_outer else field
        return None

    def noun(self, field: str) -> str:
        """What a field is called."""
        return _field_noun(self.words, self.item, field)

    def _compared(self, field: str, op: str, right: Expression) -> Phrase | None:
        kind, noun = self.item.fields[field], self.noun(field)
        if isinstance(right, Literal) and isinstance(right.value, bool):
            return _fixed(noun if right.value == (op == "=") else f"{noun}: no")
        limit = self._limit(right, kind)
        verb = _EQUAL.get(op, (COMPARED_DAYS if kind == DATE else COMPARED).get(op, ""))
        return limit and _composed([limit], lambda texts: " ".join(filter(None, (noun, verb, texts[0]))))

    def _in(self, field: str, tests: tuple[Expression, ...]) -> Phrase | None:
        kind, noun = self.item.fields[field], self.noun(field)
        write = writer(kind)
        match tests:
            case (RangeLiteral(Literal() | None as low, Literal() | None as high, low_closed, high_closed),):
                least, most = (None if end is None else end.value for end in (low, high))
                return _fixed(f"{noun} {range_words(Range(least, most, low_closed, high_closed), write)}")
            case (Name() | Path() as limits,) if not self._names_item(limits):
                return Phrase((limits,), lambda values: f"{noun} {_within(values[0], write)}")
        if all(isinstance(test, Literal) for test in tests):
            return _fixed(f"{noun} {one_of(kind, [t.value for t in tests if isinstance(t, Literal)])}")
        return None

    def _limit(self, expression: Expression, kind: Type) -> Phrase | None:
        write = writer(kind)
        field = self.field(expression)
        if field is not None:
            return _fixed(self.noun(field))
        if isinstance(expression, Literal):
            return _fixed(write(expression.value))
        if expression == Name("today", expression.span):
            return _fixed("today")
        return (
            None if self._names_item(expression) else Phrase((expression,), lambda values: write(values[0]))
        )

    def _names_item(self, expression: Expression) -> bool:
        hidden = {self.variable} if self.variable != "item" else {"item", *self.item.fields}
        return not hidden.isdisjoint(names(expression))


def _after(word: str) -> Callable[[list[str]], str]:
    return lambda texts: f"{word} {texts[0]}"


def _within(value: object, write: Write) -> str:
    return range_words(value, write) if isinstance(value, Range) else f"within {shown(value)}"


def _field_noun(words_of: Words, item: Context, field: str) -> str:
    return words_of.graph.vocabulary.noun(item.name, field) if item.name else words(field)


def _item(kind: Type | None) -> Context | None:
    """The type of what is looked at, or of the items of a list."""
    found = kind.item if isinstance(kind, ListOf) else kind
    return found if isinstance(found, Context) else None


def _type(words: Words, expression: Expression) -> Type | None:
    """The type of what has a phrase."""
    match expression:
        case Name(name):
            return words.kind(name)
        case Path(target, field):
            kind = _type(words, target)
            owner = _item(kind)
            found = None if owner is None else owner.fields.get(field)
            return ListOf(found) if found is not None and isinstance(kind, ListOf) else found
        case Call(Name("flatten"), (first,)):
            kind = _type(words, first)
            return kind.item if isinstance(kind, ListOf) and isinstance(kind.item, ListOf) else kind
        case Filter(target) | Call(Name("distinct values"), (target,)):
            return _type(words, target)
    return None
