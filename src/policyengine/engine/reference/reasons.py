"""Why a condition has the value that it has: the parts that decided, as sentences with their values.

Of conditions that must all hold, those that fail decide; if all hold, all of them do. Of alternatives the
first one that holds decides; where so many must hold, those that come to what the whole comes to. What is
not known decides only where nothing else does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Reason
from policyengine.decision.wording import join
from policyengine.engine.reference.scope import Scope, Sight
from policyengine.engine.sentences import template
from policyengine.engine.value_words import Words, case_text, slice_words
from policyengine.feel.syntax.tree import (
    And,
    Binary,
    Call,
    Expression,
    If,
    ListLiteral,
    Literal,
    Name,
    Negate,
    Or,
    names,
)
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import Node, ReasonCase
from policyengine.source import Span

# Functions that only hand on or turn round what their first argument says.
SEE_THROUGH = ("is true", "once known", "not")
# What is worked out of values and is no condition: its reasons are those of the names in it.
WORKED_OUT = (Binary, Negate)
# So many cases that are not known are told; of a long table the rest would say the same again.
MOST_OPEN = 3


def told_as(words: str, at: Span, value: object) -> Reason:
    """The reason of a condition that has words of its own, unless it does not hold."""
    if value is True:
        return Reason(words, "holds", at)
    return Reason(f"{words}: not known", "unknown", at)


@dataclass(frozen=True, slots=True)
class _Told:
    """In a row of reasons: here the cases of a node of this scope are told."""

    scope: Scope
    name: str


def explain(scope: Scope, name: str) -> tuple[Reason, ...]:
    """The reasons for the value of a node."""
    return tuple(dict.fromkeys(_told(_node(scope, name, True), set())))


def explain_expression(scope: Scope, expression: Expression) -> tuple[Reason, ...]:
    """The reasons for the value of an expression."""
    return tuple(dict.fromkeys(_told(_reasons(scope, expression, True), set())))


def _node(scope: Scope, name: str, upright: bool) -> Iterator[Reason | _Told]:
    owner = scope.owner(name)
    if owner is None:
        yield from _leaf(scope, Name(name, scope.graph.nodes[scope.entity][name].at), upright)
        return
    node = owner.graph.nodes[owner.entity][name]
    if node.noun is not None:
        yield from _leaf(scope, Name(name, node.at), upright)
    else:
        yield from _reasons(owner, node.expression, upright)


def _reasons(scope: Scope, expression: Expression, upright: bool) -> Iterator[Reason | _Told]:
    match expression:
        case Name(name) if _is_part_of_a_policy(scope, name):
            yield from _node(scope, name, upright)
        case And(operands) | Or(operands) | Call(Name("at least"), (_, ListLiteral(operands))):
            for operand in _deciding(scope, expression, operands):
                yield from _reasons(scope, operand, upright)
        case Call(Name(name), (first, *_)) if name in SEE_THROUGH:
            turned = upright if name != "not" else not upright
            for part in first.items if isinstance(first, ListLiteral) else (first,):
                yield from _reasons(scope, part, turned)
        case Call(Name("first known"), (test, *others)):
            known = (each for each in (test, *others) if not isinstance(scope.value(each), Unknown))
            yield from _reasons(scope, next(known, test), upright)
        case Call(Name("told as"), (condition, Literal(str() as words))):
            value = scope.value(condition)
            if value is not False:
                yield told_as(words, condition.span, value)
        case If(condition, then, otherwise):
            yield from _branch(scope, condition, then, otherwise, upright)
        case Literal() | Call(Name("no value of")):
            return
        case _:
            yield from _leaf(scope, expression, upright)


def _branch(
    scope: Scope, condition: Expression, then: Expression, otherwise: Expression, upright: bool
) -> Iterator[Reason | _Told]:
    value = scope.value(condition)
    yield from _reasons(scope, condition, True)
    if value is True:
        yield from _reasons(scope, then, upright)
    elif value is False:
        yield from _reasons(scope, otherwise, upright)


def _deciding(scope: Scope, whole: Expression, operands: tuple[Expression, ...]) -> list[Expression]:
    """The operands that decide what the whole comes to."""
    decisive = isinstance(whole, Or)
    values = [scope.value(operand) for operand in operands]
    if isinstance(whole, Call):
        return _alike(scope.value(whole), operands, values)
    if decisive in values:
        same = [each for each, value in zip(operands, values, strict=True) if value is decisive]
        return same[:1] if decisive else same
    open_ones = [each for each, value in zip(operands, values, strict=True) if isinstance(value, Unknown)]
    return open_ones or list(operands)


def _alike(whole: object, operands: tuple[Expression, ...], values: Sequence[object]) -> list[Expression]:
    """The conditions, of which so many must hold, that come to what the whole of them comes to."""
    is_open = isinstance(whole, Unknown)
    pairs = zip(operands, values, strict=True)
    return [each for each, value in pairs if (isinstance(value, Unknown) if is_open else value is whole)]


def _is_part_of_a_policy(scope: Scope, name: str) -> bool:
    """A node that a policy was lowered to; a fact, derived or not, has a name of its own in reasons."""
    owner = scope.owner(name)
    return owner is not None and owner.graph.nodes[owner.entity][name].noun is None


def _leaf(scope: Scope, expression: Expression, upright: bool) -> Iterator[Reason | _Told]:
    value = scope.value(expression)
    is_value = not isinstance(value, (bool, Unknown)) and not isinstance(expression, Name)
    if is_value or isinstance(expression, WORKED_OUT):
        around = Sight(scope)  # without the fields of rows, which a filter names too
        for name in sorted(each for each in names(expression) if each in around):
            if not isinstance(value, Unknown) or isinstance(
                scope.value(Name(name, expression.span)), Unknown
            ):
                yield from _reasons(scope, Name(name, expression.span), True)
        return
    yield _reason(scope, expression, value, upright)
    yield from _way(scope, expression)


def _reason(scope: Scope, expression: Expression, value: object, upright: bool) -> Reason:
    """The sentence of a condition; it rests on the values of the names in it and on nothing else."""
    key = (scope.entity, expression.name if isinstance(expression, Name) else id(expression), expression.span)
    templates = scope.graph.templates
    if (key, upright) not in templates:
        templates[key, upright] = template(Words(scope.graph, scope.entity), expression, upright)
    slots, say = templates[key, upright]
    values = (scope[each.name] if isinstance(each, Name) else scope.value(each) for each in slots)
    found: Reason = say(value, *values)
    return found


# Values that tell their cases


def _way(scope: Scope, expression: Expression) -> Iterator[_Told]:
    """The values with cases that decided what an expression comes to."""
    told = scope.graph.told
    if not told or not any(_is_told(scope, name) for name in names(expression)):
        return
    match expression:
        case Name(name):
            owner = scope.owner(name)
            assert owner is not None
            yield _Told(owner, name)
        case If(condition, then, otherwise):
            value = scope.value(condition)
            yield from _way(scope, condition)
            for part, other in ((then, False), (otherwise, True)):
                if value is not other:
                    yield from _way(scope, part)
        case And(operands) | Or(operands) | Call(Name("max" | "min"), operands) if len(operands) > 1:
            # Of alternatives and of the largest or smallest, those that are what the whole comes to.
            value = scope.value(expression)
            for each in operands:
                if isinstance(value, Unknown) or scope.value(each) == value:
                    yield from _way(scope, each)
        case Binary(_, left, right):
            yield from _way(scope, left)
            yield from _way(scope, right)
        case _:
            for name in sorted(names(expression)):
                yield from _way(scope, Name(name, expression.span))


def _is_told(scope: Scope, name: str) -> bool:
    owner = scope.owner(name)
    return owner is not None and (owner.entity, name) in scope.graph.told


def _told(found: Iterator[Reason | _Told], seen: set[tuple[int, str]]) -> Iterator[Reason]:
    for each in found:
        if isinstance(each, Reason):
            yield each
        elif (id(each.scope), each.name) not in seen:
            seen.add((id(each.scope), each.name))
            yield from _told(_cases(each.scope, each.name), seen)


def _cases(scope: Scope, name: str) -> Iterator[Reason | _Told]:
    """The cases that hold; where the value is not known, what keeps the open ones from being decided."""
    node = scope.graph.nodes[scope.entity][name]
    cases = node.cases
    if cases is None:
        yield from _way(scope, node.expression)
        return
    values = [(case, scope[case.node]) for case in cases.cases]
    holding = [case for case, value in values if value is True]
    open_ones = [case for case, value in values if isinstance(value, Unknown)]
    is_known = not isinstance(scope[name], Unknown)
    for case in holding if cases.every or not is_known else holding[:1]:
        yield from _case(scope, case, node)
    if not is_known:
        yield from _open(scope, open_ones)
    elif open_ones and not holding:
        several = join([case.heading for case in open_ones[:MOST_OPEN]], "or")
        yield Reason(f"{several}: they give the same", "value", node.at)
    if not holding and not open_ones:
        yield Reason(cases.otherwise, "value", node.at)
    if cases.leads_on:
        yield from _way(scope, node.expression)


def _open(scope: Scope, cases: list[ReasonCase]) -> Iterator[Reason | _Told]:
    """What is not known of cases; of a long table most would say the same again."""
    said: set[str] = set()
    for case in cases[:MOST_OPEN]:
        for each in _node(scope, case.node, True):
            if isinstance(each, _Told) or each.text not in said:
                yield each
            if isinstance(each, Reason):
                said.add(each.text)


def _case(scope: Scope, case: ReasonCase, of: Node) -> Iterator[Reason | _Told]:
    """A case of a value with the conditions that make it hold, and its part of it, in one sentence."""
    node = scope.graph.nodes[scope.entity][case.node]
    found = list(_reasons(scope, node.expression, True))
    texts = join(dict.fromkeys(each.text for each in found if isinstance(each, Reason)))
    part = "" if case.slice is None else slice_words(scope.graph, of, case.slice)(scope.__getitem__)
    yield Reason(case_text(case, texts, part), "holds", node.at)
    yield from (each for each in found if isinstance(each, _Told))
