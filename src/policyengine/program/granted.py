"""Values that several policies give: what they come to, by the way in which they combine.

A discount on an item, or a fact that levels grant, is one value. Each policy gives its part; `highest`, `add`
or `first` (in the order of files) says what they come to. Where nothing says it, one policy may give it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from policyengine.diagnostics import Code, Diagnostic, Label, Report, Severity
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.types import types
from policyengine.policy.rule import Contribution, Node
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.declaration_checks import fact_origin
from policyengine.program.example import small_program
from policyengine.text.document import Document

_GOOD = (
    small_program("commission: {type: rate, title: commission, granted: true}")
    + """\
---
kind: tiers
id: levels
title: Levels
for: partner
levels: [{id: silver, title: Silver, grants: [{commission: 15%}]}]
"""
)
NOBODY = Code(
    id="GRANT005",
    title="a fact that no level grants",
    why="What is `granted` comes from levels alone. Without one that grants it, nobody ever has it.",
    bad=_GOOD.replace(", grants: [{commission: 15%}]", ""),
    good=_GOOD,
    severity=Severity.WARNING,
)
NO_ORDER = Code(
    id="GRANT006",
    title="values that cannot be combined in this way",
    why="Only numbers are added. The highest of several values is known of numbers, dates and choices that "
    "ascend.",
    bad=_GOOD.replace("type: rate, title: commission,", "type: text, title: commission, combine: add,"),
    good=_GOOD,
)
CODES = (NOBODY, NO_ORDER)


_COMBINE = "let one policy grant it, or say `combine: highest`, `add` or `first` where it is declared"


def granted(
    vocabulary: Vocabulary, document: Document, given: Sequence[Contribution], twice: Code, report: Report,
    *, broken: bool,
) -> Iterator[Node]:  # fmt: skip
    """Yields a node for every value that policies give; `twice` is reported where nothing combines them.

    Of a `broken` program nothing is said of values that nobody gives: what gives them may have the mistake.
    """
    by_name: dict[str, list[Contribution]] = {}
    for each in given:
        by_name.setdefault(each.value.name, []).append(each)
    for parts in by_name.values():
        for entity in dict.fromkeys(each.value.entity for each in parts):
            seen = [each for each in parts if each.value.entity in vocabulary.lineage(entity)]
            if len(seen) > 1 and seen[0].combine is None:
                report.add(defined_twice(twice, seen[0].value, seen[1].value, _COMBINE))
            yield replace(seen[0].value, entity=entity, expression=_combined(seen))
    yield from _of_nobody(
        vocabulary, document, {(each.value.entity, each.value.name) for each in given}, report, broken
    )
    report.extend(_without_order(vocabulary, document))


def defined_twice(code: Code, one: Node, other: Node, help: str) -> Diagnostic:
    """Returns the mistake that two policies define the same."""
    message = f"the {other.noun} is defined by two policies"
    return code.at(other.at, message, help=help, labels=[Label(one.at, "the other one")])


def _combined(parts: Sequence[Contribution]) -> Expression:
    """What the parts come to, one after the other."""
    found: Expression = build.name(parts[0].node, parts[0].value.at)
    for each in parts[1:]:
        found = _both(found, build.name(each.node, each.value.at), each)
    return found


def _both(one: Expression, other: Expression, part: Contribution) -> Expression:
    at = part.value.at
    match part.combine:
        case "add" if part.least is not None:
            both: Expression = build.call("min", build.literal(1, at), build.add([one, other], at), span=at)
        case "add":
            both = build.add([one, other], at)
        case "first":
            both = one
        case _:
            both = build.call("max", one, other, span=at)
    if part.least is not None:
        has = build.compare(">", one, build.literal(part.least, at), at)
        return build.choose([(has, one)], other, at) if part.combine == "first" else both
    no_one, no_other = (build.call("is nothing", each, span=at) for each in (one, other))
    return build.choose([(no_one, other), (no_other, one)], both, at)


def _of_nobody(
    vocabulary: Vocabulary, document: Document, given: set[tuple[str, str]], report: Report, broken: bool
) -> Iterator[Node]:
    for entity, declared in vocabulary.entities.items():
        for fact, each in declared.facts.items():
            if each.granted and (entity, fact) not in given:
                at = document.key_span(("entities", entity, "facts", fact))
                if not broken and not report.has_errors:
                    report.add(NOBODY.at(at, f"no level grants `{fact}`", help="grant it, or remove it"))
                origin = fact_origin(vocabulary.declarations, document, entity, fact, at)
                nothing = build.literal(None, at)
                yield Node(fact, entity, nothing, at, None, each.title, exported=True, origin=origin)


def _without_order(vocabulary: Vocabulary, document: Document) -> Iterator[Diagnostic]:
    for entity, declared in vocabulary.entities.items():
        for fact, each in declared.facts.items():
            kind = vocabulary.fact_type(fact, each)
            number = isinstance(kind, types.Number)
            ordered = number or kind == types.DATE or (isinstance(kind, types.Enum) and kind.ordered)
            if (each.combine == "add" and not number) or (each.combine == "highest" and not ordered):
                at = document.value_span(("entities", entity, "facts", fact, "combine"))
                message = f"{types.describe(kind)} cannot be combined by `{each.combine}`"
                yield NO_ORDER.at(at, message, help="write `first`, or leave `combine` out")
