"""The best one of several children: a parent reads it under a name that the children declare."""

from __future__ import annotations

from collections.abc import Iterator

from policyengine.diagnostics import Diagnostic, Report, did_you_mean
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Filter, Path
from policyengine.feel.types import types
from policyengine.feel.types.types import Number
from policyengine.policy.rule import Node
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.declaration_checks import UNKNOWN_FACT
from policyengine.source import Span
from policyengine.text.document import Document


def best_children(vocabulary: Vocabulary, document: Document, report: Report) -> Iterator[Node]:
    """Yields the best children of each parent: the value that decides, and the first child that has it."""
    for name, entity in vocabulary.entities.items():
        for word, best in entity.best.items() if entity.within is not None else ():
            by_at = document.value_span(("entities", name, "best", word, "by"))
            if (wrong := no_order(vocabulary, name, best.by, by_at)) is not None:
                report.add(wrong)
                continue
            at = document.key_span(("entities", name, "best", word))
            items, by = build.name(str(entity.list), at), build.name(best.by, at)
            function = "max" if best.order == "highest" else "min"
            most = build.call(function, Path(items, best.by, at), span=at)
            value = Node(f"{word}/{best.by}", str(entity.within), most, at)
            chosen = Filter(items, build.equals(by, build.name(value.name, at), at), at)
            yield value
            first = Filter(chosen, build.literal(1, at), at)
            yield Node(word, str(entity.within), first, at, noun=best.title)


def no_order(vocabulary: Vocabulary, name: str, by: str, at: Span) -> Diagnostic | None:
    """Returns the mistake of a value of an entity that does not exist, or that has no order."""
    fields = vocabulary.row(name).fields
    if by not in fields:
        return UNKNOWN_FACT.at(at, f"`{by}` is not a fact of `{name}`", help=did_you_mean(by, fields))
    if isinstance(fields[by], Number) or fields[by] == types.DATE:
        return None
    sentence = f"`{by}` is {types.describe(fields[by])}, which has no order"
    return UNKNOWN_FACT.at(at, sentence, help="name a number or a date")
