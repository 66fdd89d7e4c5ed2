"""Conditions in all the forms that a policy writes them in, as one expression.

A text is FEEL. A mapping is `fact: test`, all of which must hold; `any`, `all`, `none` and `at_least` with
`of` combine conditions; `every`, `some` and `count` ask about children (`policy/child_conditions.py`). A test
is a value, a list of values, a range such as `10..15`, or FEEL unary tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any

from policyengine.diagnostics import Code, did_you_mean, nearest
from policyengine.feel.checker.choice_order import between, one_of
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import (
    Comparison,
    Expression,
    In,
    ListLiteral,
    Name,
    Open,
    Path,
    RangeLiteral,
)
from policyengine.feel.types import types
from policyengine.feel.types.types import Context, Enum, ListOf, Number, Type, describe
from policyengine.policy import child_conditions, quantities, scalars
from policyengine.policy.base import CONDITION_MARK as CONDITION_MARK
from policyengine.policy.base import Condition as Condition
from policyengine.policy.base import NameOf, OpenPart, Sourced, Written, field, keys_of
from policyengine.policy.facts import NONE
from policyengine.policy.form_advice import as_range, cut_off
from policyengine.policy.policy_reader import PolicyReader
from policyengine.source import Span
from policyengine.text import literal_guesses
from policyengine.text.document import Mapping, Node, Pointer, Scalar, Sequence

WRONG_TEST = Code(
    id="COND001",
    title="a test that the fact can never pass",
    why="A test must be of the type of its fact: a number for a count, one of its values for an enum.",
    bad="""\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: a, title: A, met_when: {active_accounts: many}}
""",
    good="""\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: a, title: A, met_when: {active_accounts: 5..}}
""",
)
EMPTY_RANGE = Code(
    id="COND002",
    title="a range whose end lies before its start",
    why="No value lies in it, so the condition could never hold.",
    bad=WRONG_TEST.bad.replace("many", "15..10"),
    good=WRONG_TEST.bad.replace("many", "10..15"),
)
UNKNOWN_FACT = Code(
    id="COND003",
    title="a test of a fact that the entity does not have",
    why="A condition about a misspelt fact would never be decided.",
    bad=WRONG_TEST.bad.replace("active_accounts: many", "active_acounts: 5.."),
    good=WRONG_TEST.good,
)
WRONG_FORM = Code(
    id="COND004",
    title="a condition in none of the forms that there are",
    why="A condition is a FEEL text, or `fact: test` pairs, or `any`, `all`, `none`, `at_least` with `of`.",
    bad=WRONG_TEST.bad.replace("{active_accounts: many}", "{at_least: 2}"),
    good=WRONG_TEST.bad.replace(
        "{active_accounts: many}",
        "{at_least: 1, of: [{active_accounts: 5..}, attends_quarterly_reviews]}",
    ),
)
CODES = (WRONG_TEST, EMPTY_RANGE, UNKNOWN_FACT, WRONG_FORM, child_conditions.WRONG_CHILDREN)

UNKNOWN = "unknown"
COMBINERS = ("any", "all", "none", "at_least", "of")
_PER_CENT = r"-?\d+(?:\.\d+)?\s?%"
_COMPARED = re.compile(rf"(?P<op><=?|>=?)\s*(?P<limit>{_PER_CENT})")
_IN_BRACKETS = re.compile(
    rf"(?P<opens>[\[(])\s*(?P<low>{_PER_CENT})\s*\.\.\s*(?P<high>{_PER_CENT})\s*(?P<closes>[\])])"
)
_UNARY = re.compile(r'\s*(<|>|=|!=|\[|\]|\(|"|@"|not\s*\()|.*\?')


TEST_SCHEMA: dict[str, Any] = {
    "description": "a value, a list of values, a range such as 10..15, or FEEL unary tests",
    "type": ["string", "number", "boolean", "array"],
    "items": {"type": ["string", "number", "boolean"]},
}
_MANY_SCHEMA: dict[str, Any] = {"type": "array", "items": {"$ref": "#/$defs/Condition"}, "minItems": 1}
CONDITION_SCHEMA: dict[str, Any] = {
    "title": "Condition",
    "description": "FEEL, or `fact: test` pairs that must all hold",
    "type": ["string", "boolean", "object"],
    "minProperties": 1,
    "properties": {
        "any": {**_MANY_SCHEMA, "description": "at least one of these holds"},
        "all": {**_MANY_SCHEMA, "description": "all of these hold"},
        "none": {**_MANY_SCHEMA, "description": "none of these holds"},
        "at_least": {"type": "integer", "minimum": 1, "description": "how many `of` these must hold"},
        "of": _MANY_SCHEMA,
        **child_conditions.child_schema(TEST_SCHEMA),
    },
    "additionalProperties": TEST_SCHEMA,
}
Test = Annotated[object, Written(schema=TEST_SCHEMA)]


class SingleTest(Sourced):
    """A test of one fact, with a source, a basis and a note of its own: `{is: 8.., basis: assumed, ...}`."""

    is_: Test = field(alias="is", description="the test")


def _test_alone(value: object) -> object:
    """A test without a note; a mapping with none of our keys is a range in the words of its author."""
    is_whole = isinstance(value, dict) and any(key in value for key in keys_of(SingleTest))
    return value if is_whole else {"is": value}


TestSpec = Annotated[
    SingleTest,
    Written(_test_alone, lambda whole: {"if": {"type": "object"}, "then": whole, "else": TEST_SCHEMA}),
]


class TestedPart(OpenPart):
    """A part whose further keys are `fact: test`."""

    __test__ = False  # not a test of our own, for pytest
    tests: dict[Annotated[str, NameOf("fact")], TestSpec] = field(default_factory=dict, alias="*")


def lower_condition(reader: PolicyReader, pointer: Pointer, entity: str) -> Expression:
    """Returns the condition at a pointer as an expression."""
    node = reader.document.at(pointer)
    if isinstance(node, Scalar):
        return reader.feel(*pointer, entity=entity)
    if not isinstance(node, Mapping):
        return _wrong(reader, reader.span(*pointer), "a condition is a FEEL text or a mapping, not a list")
    form = child_conditions.form_of(reader, node, entity)
    parts = [
        child_conditions.child_condition(reader, pointer, node, form, entity, lower_condition, value_test)
        if key == form
        else _entry(reader, pointer, node, key, entity)
        for key in node.entries
        if not (key == "of" and "at_least" in node.entries)
        and (form is None or key == form or key not in child_conditions.CHILD_KEYS)
    ]
    return build.all_of(parts, node.span)


def _entry(reader: PolicyReader, pointer: Pointer, node: Mapping, key: str, entity: str) -> Expression:
    if key not in COMBINERS:
        return fact_test(reader, (*pointer, key), entity)
    at = node.entries[key].key.span
    if key == "at_least":
        return _at_least(reader, pointer, node, entity)
    parts = _conditions(reader, (*pointer, key), entity)
    if parts is None:
        return _wrong(reader, at, f"`{key}` takes a list of conditions")
    if key == "any":
        return build.any_of(parts, at)
    return build.all_of([build.negate(p, p.span) for p in parts] if key == "none" else parts, at)


def _conditions(reader: PolicyReader, pointer: Pointer, entity: str) -> list[Expression] | None:
    node = reader.document.at(pointer)
    if not isinstance(node, Sequence) or not node.items:
        return None
    return [lower_condition(reader, (*pointer, i), entity) for i in range(len(node.items))]


def _at_least(reader: PolicyReader, pointer: Pointer, node: Mapping, entity: str) -> Expression:
    at = node.entries["at_least"].key.span
    parts = _conditions(reader, (*pointer, "of"), entity)
    value = node.entries["at_least"].value
    if parts is None:
        return _wrong(reader, at, "`at_least` needs `of`, a list of conditions")
    try:
        wanted = quantities.count(value.text if isinstance(value, Scalar) else "")
    except ValueError as error:
        return _wrong(reader, value.span, str(error))
    if not 1 <= wanted <= len(parts):
        return _wrong(reader, value.span, f"at least {wanted} of {len(parts)} conditions leaves no choice")
    return build.call(
        "at least", build.literal(wanted, value.span), ListLiteral(tuple(parts), at), span=node.span
    )


def _wrong(reader: PolicyReader, at: Span, sentence: str, help: str | None = None) -> Expression:
    reader.error(WRONG_FORM, at, sentence, help)
    return Open("the condition has a mistake", at)


# Tests of one fact


def fact_test(reader: PolicyReader, pointer: Pointer, entity: str) -> Expression:
    """Returns the condition of `fact: test` at a pointer whose last step is the fact."""
    fact = str(pointer[-1])
    at = reader.key_span(*pointer)
    names = reader.names(entity)
    owner, dot, own = fact.partition(".")
    kind = names.get(owner) if dot else None
    fields = kind.fields if isinstance(kind, Context) else {}
    if own in fields:
        return value_test(reader, pointer, Path(build.name(owner, at), own, at), fields[own], entity)
    if fact not in names:
        known = [f"{owner}.{field}" for field in fields] or names.index
        cut = cut_off(reader.document, pointer)
        help = cut[0] if cut else did_you_mean(fact, known) or did_you_mean(fact, COMBINERS)
        reader.error(UNKNOWN_FACT, at, f"`{fact}` is not a fact of `{entity}`", help)
        return Open(f"`{fact}` is unknown", at)
    return value_test(reader, pointer, build.name(fact, at), names[fact], entity)


def value_test(
    reader: PolicyReader, pointer: Pointer, subject: Expression, kind: Type, entity: str | None = None
) -> Expression:
    """Returns the test at a pointer as a condition about `subject`, a value of type `kind`."""
    entity = entity or reader.entity
    node = reader.document.at(pointer)
    if isinstance(kind, ListOf) and node is not None:
        return _list_test(reader, pointer, subject, kind, node, entity)
    if isinstance(node, Sequence):
        reader.remarks.extend(quantities.grouped(node))
        tests = [_test(reader, (*pointer, i), subject, kind, entity) for i in range(len(node.items))]
        values = [test.right for test in tests if isinstance(test, Comparison) and test.op == "="]
        at = subject.span.to(node.span)
        return In(subject, tuple(values), at) if len(values) == len(tests) else build.any_of(tests, at)
    return _test(reader, pointer, subject, kind, entity)


def _list_test(
    reader: PolicyReader, pointer: Pointer, subject: Expression, kind: ListOf, node: Node, entity: str
) -> Expression:
    """Returns the test of a list: FEEL, or that the list contains the value, or one of the values."""
    many = isinstance(node, Sequence)
    size = len(node.items) if isinstance(node, Sequence) else 1
    parts: list[Expression] = []
    for i in range(size):
        place = (*pointer, i) if many else pointer
        item = reader.document.at(place)
        if isinstance(item, Scalar) and _UNARY.match(item.text):
            parts.append(reader.unary_tests(subject, kind, *place, entity=entity))
            continue
        value = value_at(reader, place, kind.item)
        if value is None:
            return Open("the test has a mistake", node.span)
        parts.append(build.call("list contains", subject, value, span=subject.span.to(node.span)))
    return build.any_of(parts, node.span)


def _test(reader: PolicyReader, pointer: Pointer, subject: Expression, kind: Type, entity: str) -> Expression:
    node = reader.document.at(pointer)
    if not isinstance(node, Scalar):
        sentence, written = "a test is a single value, a list of values or a range", as_range(node)
        return _wrong(reader, reader.span(*pointer), sentence, f"write `{written}`" if written else None)
    at = subject.span.to(node.span)
    nothing = build.call("is nothing", subject, span=at)
    if isinstance(kind, Enum) and node.text in kind.values:
        same = build.equals(subject, build.literal(node.text, node.span), at)
        either = node.text == NONE and _may_be_nothing(reader, subject, entity)
        return build.any_of([same, nothing], at) if either else same
    if node.text == NONE and not node.quoted and kind != types.TEXT:
        return nothing
    if node.text == UNKNOWN and not node.quoted and kind != types.TEXT:
        defined = build.call("is defined", subject, span=at)
        known = build.any_of([defined, build.call("is true", nothing, span=at)], at)
        return build.negate(known, at)
    of_rates = _rate_test(node, subject, kind)
    if of_rates is not None:
        return of_rates
    if _UNARY.match(node.text):
        return reader.unary_tests(subject, kind, *pointer, entity=entity)
    limits = quantities.bounds(node.text) if not isinstance(kind, Enum) or kind.ordered else None
    if limits is not None:
        return _range_test(reader, node, subject, kind, limits)
    value = value_at(reader, pointer, kind)
    return Open("the test has a mistake", at) if value is None else build.equals(subject, value, at)


def _may_be_nothing(reader: PolicyReader, subject: Expression, entity: str) -> bool:
    """Whether a name may stand for what is known to be nothing."""
    return isinstance(subject, Name) and reader.vocabulary.may_be_nothing(entity, subject.name)


def _rate_test(node: Scalar, subject: Expression, kind: Type) -> Expression | None:
    """Returns the test of a rate with its per cent, as `< 10%` or `[10%..20%)`; FEEL reads all others."""
    text, at = node.text.strip(), subject.span.to(node.span)
    compared, range = _COMPARED.fullmatch(text), _IN_BRACKETS.fullmatch(text)
    if kind != types.RATE or (compared is None and range is None):
        return None
    if compared is not None:
        limit = build.literal(quantities.rate(compared["limit"]), node.span)
        return build.compare(compared["op"], subject, limit, at)
    assert range is not None
    low, high = (build.literal(quantities.rate(range[end]), node.span) for end in ("low", "high"))
    closed = (range["opens"] == "[", range["closes"] == "]")
    return In(subject, (RangeLiteral(low, high, *closed, node.span),), at)


def _range_test(
    reader: PolicyReader, node: Scalar, subject: Expression, kind: Type, limits: quantities.Bounds
) -> Expression:
    low = typed(reader, node, limits.low, kind)
    high = typed(reader, node, limits.high, kind)
    at = subject.span.to(node.span)
    if (low is None) != (limits.low is None) or (high is None) != (limits.high is None):
        return Open("the range has a mistake", at)
    if low is not None and high is not None and _is_above(low, high, kind):
        reader.error(
            EMPTY_RANGE, node.span, f"nothing lies within {limits}", f"write `{limits.high}..{limits.low}`"
        )
        return Open("the range is empty", at)
    if isinstance(kind, Enum):
        return one_of(subject, between(kind, low, high, node.span), at)
    ends = [None if end is None else build.literal(end, node.span) for end in (low, high)]
    return build.within(subject, ends[0], ends[1], at)


def _is_above(one: Any, other: Any, kind: Type) -> bool:
    if isinstance(kind, Enum):
        return kind.values.index(one) > kind.values.index(other)
    return bool(one > other)


def value_at(reader: PolicyReader, pointer: Pointer, kind: Type) -> Expression | None:
    """Returns the single value at a pointer, of a type; None where there is none, which is reported."""
    node = reader.document.at(pointer)
    if not isinstance(node, Scalar):
        _wrong(reader, reader.span(*pointer), "a single value is wanted here")
        return None
    value = typed(reader, node, node.text, kind)
    return None if value is None else build.literal(value, node.span)


def typed(reader: PolicyReader, node: Scalar, text: str | None, kind: Type) -> Any:
    """Returns the text as a value of a type; None if there is no text. Reports a wrong one: None too."""
    if text is None:
        return None
    if not node.text and not node.quoted and kind != types.TEXT:
        reader.error(WRONG_TEST, node.span, "nothing is written here", f"{describe(kind)} is wanted here")
        return None
    if isinstance(kind, Enum):
        if text in kind.values:
            return text
        reader.error(WRONG_TEST, node.span, f"`{text}` is not {describe(kind)}", _nearest(text, kind.values))
        return None
    read = scalars.reader(kind)
    if read is None:
        message = f"{describe(kind)} cannot be tested like this"
        reader.error(WRONG_TEST, node.span, message, "write it in FEEL")
        return None
    try:
        return read(text)
    except ValueError as error:
        reader.error(WRONG_TEST, node.span, *_advised(node.text, str(error), kind))
        return None


def _advised(text: str, sentence: str, kind: Type) -> tuple[str, str]:
    """Returns the message and the help for a wrong value."""
    told, _, advice = sentence.partition("; ")
    ordered = isinstance(kind, Number) or kind == types.DATE
    between = literal_guesses.span(text) if ordered else None
    if quantities.bounds(text) is not None and not literal_guesses.is_endless(text):
        between = None
    instead = literal_guesses.commented(text) or (f"write `{between}`" if between is not None else advice)
    return told, instead or f"{describe(kind)} is wanted here"


def _nearest(text: str, values: Iterable[str]) -> str | None:
    ends = text.split("..")
    if len(ends) == 2 and any(ends) and all(not end or end in values for end in ends):
        return "say `ordered: true` where the choices are declared, from the lowest to the highest"
    found = nearest(text, values)
    if found is None and text.lower() in ("any", "all", "*", "every", "egal"):
        return "write `-` in the row of a table for any value; leave the test out elsewhere"
    return f"did you mean `{found}`?" if found else None
