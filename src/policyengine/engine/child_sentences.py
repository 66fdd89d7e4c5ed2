"""Sentences about the children in a list: which of them fit, and how many are lacking.

A condition that counts what a filter leaves tells of the children by name: `app B: is paid` where some are
wanted, `not for app B: takes part in a bug bounty` where every one must.
Of a number it tells what is lacking.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from policyengine.decision.findings import Reason
from policyengine.decision.wording import COMPARED, OPPOSITE, is_or_are, several, some, words
from policyengine.decision.writers import lacking, least, needed, shortage
from policyengine.engine.finding_values import shower
from policyengine.engine.limit_sentences import Sentences, Template
from policyengine.engine.phrases import Phrase, clause, cut, narrowed, phrase
from policyengine.engine.value_words import Words
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import And, Call, Expression, Filter, Name, Path
from policyengine.feel.types.types import COUNT, Context, ListOf, Number

MOST_NAMES = 3
"""So many children are named."""


def children(words: Words, items: Expression) -> tuple[Context, Expression | None] | None:
    """The type of the children in a list, and the condition that picks them; None for a list of values."""
    target, picked = (items.target, items.condition) if isinstance(items, Filter) else (items, None)
    kind = words.kind(target.name) if isinstance(target, Name) else None
    item = kind.item if isinstance(kind, ListOf) else None
    return (item, picked) if isinstance(item, Context) and item.name else None


def _surely(condition: Expression) -> Expression:
    """A condition of children, also where it asks for those of which it is known to hold."""
    if isinstance(condition, Call) and condition.function == Name("is true", condition.function.span):
        return condition.positional[0]
    return condition


class ChildSentences(Sentences):
    """Tells the reasons of a condition about the number of children."""

    def some_children(self, items: Expression, otherwise: Template) -> Template | None:
        """At least one child fits."""
        found = children(self.words, items)
        if found is None or found[1] is None:
            return None
        item, condition = found[0], _surely(found[1])
        return self._any(item, items, condition, condition, otherwise)

    def _any(
        self, item: Context, rows: Expression, asked: Expression, whole: Expression, otherwise: Template
    ) -> Template:
        """At least one child does what is asked (`rows` are those that do), or none is as the whole says."""
        told, none, name = self._asked(item, asked), self._picked(item, whole), self._namer(item)
        count = len(told.slots)
        start = count + len(none.slots)

        def say(value: object, found: object, *slots: object) -> Reason:
            if value.__class__ is not bool:
                return otherwise.say(value, *slots[start:])
            if value:
                return self.reason(f"{name(found)}: {told.write(slots[:count])}", value)
            return self.reason(f"no {words(item.name)} {none.write(slots[count:start])}", value)

        return Template((rows, *told.slots, *none.slots, *otherwise.slots), say)

    def every_child(self, items: Expression, otherwise: Template) -> Template | None:
        """No child is left that fits and does not do what it must."""
        found = children(self.words, items)
        if found is None or found[1] is None:
            return None
        condition = _surely(found[1])
        *picks, last = condition.operands if isinstance(condition, And) else (condition,)
        if not (isinstance(last, Call) and last.function == Name("not", last.span) and last.positional):
            return None
        (must,) = last.positional
        return self._every(found[0], items, must, build.all_of(picks, self.at) if picks else None, otherwise)

    def _every(
        self, item: Context, rows: Expression, must: Expression, which: Expression | None, otherwise: Template
    ) -> Template:
        """Every child, of those that are as `which` says, does what it must; `rows` are those that do not."""
        asked, name, kind = self._asked(item, must), self._namer(item), words(item.name)
        picked = None if which is None else self._picked(item, which)
        count = len(asked.slots)
        start = count + len(picked.slots if picked else ())

        def say(value: object, found: object, *slots: object) -> Reason:
            if value.__class__ is not bool:
                return otherwise.say(value, *slots[start:])
            what = asked.write(slots[:count])
            if not value:
                return self.reason(f"not for {name(found)}: {what}", value, lack=f"{what} ({name(found)})")
            told = f" {picked.write(slots[count:start])}" if picked else ""
            return self.reason(f"for every {kind}{told}: {what}", value)

        return Template((rows, *asked.slots, *(picked.slots if picked else ()), *otherwise.slots), say)

    def quantified_children(
        self, every: bool, variable: str, items: Expression, condition: Expression, otherwise: Template
    ) -> Template | None:
        """`every` or `some` of FEEL over children, told as a count of them is; None for other lists."""
        found = children(self.words, items)
        if found is None:
            return None
        target = items.target if isinstance(items, Filter) else items
        asked = build.replaced(condition, {variable: lambda at: Name("item", at)})
        told = self._quantified_of(every, target, found, asked, otherwise)
        if not isinstance(items, Name):
            return told
        none, fact = f"there are no {self.words.noun(items.name)}", self.words.fact(items.name)

        def say(value: object, rows: object, *slots: object) -> Reason:
            if value.__class__ is bool and not rows:
                return self.reason(none, value, fact)
            return told.say(value, *slots)

        return Template((items, *told.slots), say)

    def _quantified_of(
        self, every: bool, target: Expression, found: tuple[Context, Expression | None], asked: Expression,
        otherwise: Template,
    ) -> Template:  # fmt: skip
        picks = [] if found[1] is None else [found[1]]
        if every:
            failing = build.all_of([*picks, build.negate(asked, self.at)], self.at)
            rows = Filter(target, build.call("is true", failing, span=self.at), self.at)
            return self._every(found[0], rows, asked, found[1], otherwise)
        whole = build.all_of([*picks, asked], self.at)
        rows = Filter(target, build.call("is true", whole, span=self.at), self.at)
        return self._any(found[0], rows, asked, whole, otherwise)

    def lacking_children(
        self, op: str, items: Expression
    ) -> Callable[[object, object], tuple[Any, ...]] | None:
        """What tells the need, the number lacking and its words, of a limit and what there is."""
        called, found = phrase(self.words, items) if op in (">=", ">") else None, children(self.words, items)
        if called is None or called.slots or found is None:
            return None
        noun, one, many = called.write(()), "", ""
        if isinstance(items, Filter) and isinstance(items.target, Name):
            noun, which = self.words.noun(items.target.name), items.condition
            one, many = (f" {self._picked(found[0], which, many).write(())}" for many in (False, True))
        lack_of = lacking(COUNT, noun, (one, many))

        def tell(limit: object, have: object) -> tuple[Any, ...]:
            short = shortage(least(limit, COUNT, above=op == ">"), have)
            need = needed(op, limit, COUNT)
            if short is None:
                return (need,)
            asked = f"{'at least' if op == '>=' else 'above'} {limit}"
            return need, int(short) if isinstance(short, Decimal) else short, lack_of(short, asked)

        return tell

    def value_of_child(self, op: str, of: Path, limit: object, otherwise: Template) -> Template | None:
        """A number of one child, such as the best one, beside a limit."""
        item = self.words.kind(of.target.name) if isinstance(of.target, Name) else None
        kind = item.fields.get(of.name) if isinstance(item, Context) and item.name else None
        if not isinstance(item, Context) or not isinstance(kind, Number) or op not in COMPARED:
            return None
        noun, name = self.words.graph.vocabulary.noun(item.name, of.name), self._namer(item)
        write, lack_of, need = self.words.writer(kind), lacking(kind, noun), needed(op, limit, kind)
        start = least(limit, kind, above=op == ">") if op in (">=", ">") else None

        def say(value: object, row: object, have: object, *slots: object) -> Reason:
            if value.__class__ is not bool:
                return otherwise.say(value, *slots)
            asked = f"{COMPARED[op if value else OPPOSITE[op]]} {write(limit)}"
            text = f"{noun} of {name((row,))} {is_or_are(noun)} {write(have)}, {asked}"
            short = shortage(start, have) if value is False else None
            if short is None:
                return self.reason(text, value, need=need)
            lack = lack_of(short, f"{COMPARED[op]} {write(limit)}")
            return self.reason(text, value, None, None, need, shower(kind, self.words.digits)(short), lack)

        return Template((of.target, of, *otherwise.slots), say)

    def _asked(self, item: Context, condition: Expression) -> Phrase:
        return clause(self.words, item, "item", condition) or cut(condition)

    def _picked(self, item: Context, condition: Expression, many: bool = False) -> Phrase:
        found, raw = narrowed(self.words, item, condition, many=many), cut(condition)
        return found or Phrase((), lambda values: f"with {raw.write(())}")

    def _namer(self, item: Context) -> Callable[[object], str]:
        """What names children: by label or key, those that have none by their number."""
        entity = self.words.graph.vocabulary.entities[item.name]
        fields, kind = [each for each in (entity.label, entity.key) if each], words(item.name)

        def name(row: Any) -> str | None:
            found = (row[field] for field in fields)
            return next((f"{kind} {each}" for each in found if isinstance(each, str)), None)

        def names(rows: Any) -> str:
            called = [name(row) for row in rows] if isinstance(rows, (list, tuple)) else []
            if not called or None in called:
                return f"{len(called)} {kind if len(called) == 1 else several(kind)}"
            return some((each for each in called if each), MOST_NAMES)

        return names
