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
from policyengine.text.document import Document


def best_children(vocabulary: Vocabulary, document: Document, report: Report) -> Iterator[Node]:
    """Yields the best children of each parent: the value that decides, and the first child that has it."""
    for name, entity in vocabulary.entities.items():
        for word, best in entity.best.items() if entity.within is not None else ():
            if (wrong := _no_order(vocabulary, document, name, word)) is not None:
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


def _no_order(vocabulary: Vocabulary, document: Document, name: str, word: str) -> Diagnostic | None:
    """The mistake of a value that does not exist, or that cannot be the highest."""
    by, fields = vocabulary.entities[name].best[word].by, vocabulary.row(name).fields
    at = document.value_span(("entities", name, "best", word, "by"))
    if by not in fields:
        return UNKNOWN_FACT.at(at, f"`{by}` is not a fact of `{name}`", help=did_you_mean(by, fields))
    if isinstance(fields[by], Number) or fields[by] == types.DATE:
        return None
    sentence = f"`{by}` is {types.describe(fields[by])}, which has no order"
    return UNKNOWN_FACT.at(at, sentence, help="name a number or a date")
