"""What a table gives: the types of its outputs, and the values that its rows say for them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from policyengine.diagnostics import Code, nearest
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, ListLiteral, Open
from policyengine.feel.syntax.tree import Literal as FeelLiteral
from policyengine.feel.types import types
from policyengine.feel.types.types import Enum, ListOf, Number, Type, describe
from policyengine.policy.base import RESULT, Part, Text, ValueOf, Written, field, short
from policyengine.policy.bounds import Bounds, bounds_of
from policyengine.policy.facts import FACT_TYPES, Choices, Fact, check_values
from policyengine.policy.scalars import reader
from policyengine.policy.vocabulary import Vocabulary
from policyengine.text.document import Mapping, Node, Pointer, Scalar, Sequence

if TYPE_CHECKING:
    from policyengine.policy.draft import Draft

_GOOD = """\
kind: table
id: service-level
title: Service level
for: partner
type: enum
values: [basic, premium]
hit: unique
inputs: [attends_quarterly_reviews]
rows:
  - {when: {attends_quarterly_reviews: true}, then: premium}
  - {when: {attends_quarterly_reviews: false}, then: basic}
"""
WRONG_OUTPUT = Code(
    id="TABLE006",
    title="a value that is not of the type of the result",
    why="Expressions rely on the type of a result: an amount can be added, one of some words can be compared "
    "with them only.",
    bad=_GOOD.replace("then: premium", "then: premum"),
    good=_GOOD,
)
CODES = (WRONG_OUTPUT,)

_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)*%?")
_WORDS = re.compile(r"[\w.-]+( [\w.-]+)*")


class Output(Part):
    """One of several outputs of a table."""

    type: Literal[FACT_TYPES] = field(description="what its values are")  # type: ignore[valid-type]
    values: Choices | None = field(default=None, description="of an enum: its values, or value -> title")
    title: Text | None = field(default=None, description="what people call it, in lower case")

    def __post_init__(self) -> None:
        check_values(self.type, self.values)


OutputSpec = Annotated[Output, short("type", {"enum": list(FACT_TYPES)})]
Given = Annotated[
    object,
    Written(
        schema={
            "description": "a value of the type of the result, or a FEEL expression; of several outputs each",
            "type": ["string", "number", "boolean", "array", "object"],
        }
    ),
    ValueOf(RESULT, expression=True),
]
"""What stands for an output: a value, or a FEEL expression, plain or as `{expression: ...}`."""


def output_type(vocabulary: Vocabulary, name: str, type: str, values: dict[str, str] | None) -> Type:
    """The type of an output in expressions."""
    return vocabulary.fact_type(name, Fact(type=type, title=name, values=values))


def output_bounds(type: str) -> Bounds:
    """The bounds of an output; a rate may be above 100 % where a row says so."""
    return bounds_of(Fact(type=type, title=type, formula="0")) if not type.endswith("enum") else Bounds()


def read_given(draft: Draft, pointer: Pointer, kind: Type, name: str, bounds: Bounds) -> Expression:
    """What a row gives for an output: a value, or the name of a node (called `name`) that works it out."""
    node = draft.document.at(pointer)
    if isinstance(node, Mapping) and set(node.entries) == {"expression"}:
        pointer, node = (*pointer, "expression"), node.entries["expression"].value
        return (
            _worked_out(draft, pointer, kind, name, bounds)
            if isinstance(node, Scalar)
            else _no_value(draft, pointer)
        )
    if isinstance(node, Sequence) and isinstance(kind, ListOf):
        read = [_single(draft, each, kind.item) for each in node.items]
        items = [each for each in read if each is not None]
        if len(items) < len(read):
            return _no_value(draft, pointer, f"a list of {describe(kind.item)} is wanted here")
        if below := [each for each in items if _is_below(each, bounds)]:
            return _no_value(draft, pointer, f"`{below[0].span.text}` is below {bounds.low}")
        return ListLiteral(tuple(items), node.span)
    if not isinstance(node, Scalar) or node.is_null:
        return _no_value(draft, pointer)
    value = _single(draft, node, kind) or _word(draft, node)
    if _is_below(value, bounds):
        return _no_value(draft, pointer, f"`{node.text}` is below {bounds.low}")
    if value is not None:
        return value
    refused = _refused(node.text, kind)
    if refused is not None:
        told, _, help = refused.partition("; ")
        return _no_value(draft, pointer, told, help)
    if isinstance(kind, Enum) and _WORDS.fullmatch(node.text) and not _in_sight(draft, node.text):
        near = nearest(node.text, kind.values)
        help = f"did you mean `{near}`?" if near else f"it is {describe(kind)}"
        return _no_value(draft, pointer, f"`{node.text}` is not {describe(kind)}", help)
    return _worked_out(draft, pointer, kind, name, bounds)


def _is_below(value: Expression | None, bounds: Bounds) -> bool:
    number = value.value if isinstance(value, FeelLiteral) else None
    return isinstance(number, Decimal) and bounds.low is not None and number < bounds.low


def _worked_out(draft: Draft, pointer: Pointer, kind: Type, name: str, bounds: Bounds) -> Expression:
    return draft.define(name, draft.feel(*pointer), draft.span(*pointer), wanted=kind, bounds=bounds)


def _in_sight(draft: Draft, word: str) -> bool:
    return word in draft.vocabulary.names(draft.entity)


def _single(draft: Draft, node: Node, kind: Type) -> Expression | None:
    """A value as written; None where the text is none of the type, and so an expression."""
    if not isinstance(node, Scalar):
        return None
    if isinstance(kind, Enum):
        return build.literal(node.text, node.span) if node.text in kind.values else None
    if kind == types.TEXT:
        quoted = node.text.startswith('"') and node.text.endswith('"')
        return None if quoted else build.literal(node.text, node.span)
    read: Any = reader(kind)
    try:
        return None if read is None else build.literal(read(node.text), node.span)
    except ValueError:
        return None


def _word(draft: Draft, node: Scalar) -> Expression | None:
    """What `none` and `unknown` give: nothing, and what the text does not say."""
    if node.quoted or _in_sight(draft, node.text):
        return None
    if node.text == "none":
        return build.literal(None, node.span)
    return Open(f"{draft.policy.title} does not say", node.span) if node.text == "unknown" else None


def _refused(text: str, kind: Type) -> str | None:
    """Returns what is wrong with a number that is not read as one of the type, as `25` for a rate."""
    read = reader(kind)
    if read is None or not isinstance(kind, Number) or not _NUMBER.fullmatch(text.strip()):
        return None
    try:
        read(text)
    except ValueError as error:
        return str(error)
    return None


def _no_value(
    draft: Draft, pointer: Pointer, message: str = "a value or an expression is wanted here",
    help: str | None = None,
) -> Expression:  # fmt: skip
    draft.error(WRONG_OUTPUT, draft.span(*pointer), message, help)
    return Open("the value has a mistake", draft.span(*pointer))
