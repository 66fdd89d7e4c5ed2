"""Formulas with parameters that a program names once: what each call of one stands for.

A call becomes the formula with its arguments in place of the parameters. The value of a call that is no
condition has a name, so that reasons tell it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from policyengine.decision.wording import words
from policyengine.diagnostics import Code, Diagnostic, Report, did_you_mean
from policyengine.feel.expression_codes import ARGUMENTS
from policyengine.feel.functions import LIBRARY, WRITTEN
from policyengine.feel.syntax import build
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.lexer import KEYWORDS
from policyengine.feel.syntax.parser import parse
from policyengine.feel.syntax.printing import unparse
from policyengine.feel.syntax.tree import Call, Expression, Literal, Name, Open, mapped, names, walk
from policyengine.feel.types import types
from policyengine.policy.policy_reader import excerpt
from policyengine.policy.rule import Node
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.example import small_program
from policyengine.text.document import Document, Scalar

_FACTS = "points: {type: number, title: points}", "capped_points: {type: number, title: n, formula: %s}"
_GOOD = small_program(_FACTS[0], _FACTS[1] % "'capped(points, 25)'").replace(
    "entities:", 'define: {capped: {of: [n, most], formula: "min(n, most)"}}\nentities:', 1
)
WRONG_DEFINITION = Code(
    id="PROG008",
    title="a named formula that nothing can be worked out by",
    why="A formula under `define` rests on its parameters alone, so that it means the same wherever it is "
    "called. Its name is not that of a function or a fact, and it does not lead back to itself.",
    bad=_GOOD.replace("min(n, most)", "min(n, points)"),
    good=_GOOD,
)
CODES = (WRONG_DEFINITION,)

_CONDITIONS = (syntax.Comparison, syntax.And, syntax.Or, syntax.In, syntax.Between, syntax.Quantified)
_BINDERS = (syntax.Filter, syntax.For, syntax.Quantified, syntax.FunctionLiteral, syntax.ContextLiteral)


class NamedFormula(NamedTuple):
    """A formula with its parameters; `title` is what people call its value."""

    parameters: tuple[str, ...]
    body: Expression
    title: str


def named_formulas(vocabulary: Vocabulary, document: Document, report: Report) -> Mapping[str, NamedFormula]:
    """Reads the formulas that a program names; what is wrong with them goes to the report."""
    found: dict[str, NamedFormula] = {}
    for name, declared in vocabulary.declarations.define.items():
        place = ("define", name)
        written = document.at((*place, "formula"))
        parameters = tuple(declared.of)
        taken = _meaning(vocabulary, name)
        if taken is not None:
            at, message = document.key_span(place), f"`{name}` is {taken}"
            report.add(WRONG_DEFINITION.at(at, message, help="choose another name"))
        if not isinstance(written, Scalar):
            continue
        parsed = parse(excerpt(written), parameters, functions=WRITTEN)
        report.extend(parsed.diagnostics)
        if parsed.expression is None:
            continue
        formula = build.with_never(parsed.expression, parameters)
        for other in sorted(names(_without_filters(formula)) - {*parameters, "today"}):
            message = f"`{other}` is not a parameter of `{name}`"
            help = did_you_mean(other, parameters) or f"add it: `of: [{', '.join((*parameters, other))}]`"
            report.add(WRONG_DEFINITION.at(written.span, message, help=help))
        found[name] = NamedFormula(parameters, formula, declared.title or words(name))
    for name in _in_circles(found):
        message = f"`{name}` leads back to itself"
        report.add(WRONG_DEFINITION.at(document.key_span(("define", name)), message))
        del found[name]
    return found


def _without_filters(expression: Any) -> Any:
    """The formula without what it asks of the items of a list, whose facts it may name."""
    if isinstance(expression, syntax.Filter):
        return _without_filters(expression.target)
    return mapped(expression, _without_filters)


def _meaning(vocabulary: Vocabulary, name: str) -> str | None:
    if name in LIBRARY or name in KEYWORDS:
        return "a word of expressions already"
    owner = next((each for each in vocabulary.entities if name in vocabulary.row(each).fields), None)
    return None if owner is None else f"a fact, a list or a result of `{owner}` already"


def _in_circles(found: Mapping[str, NamedFormula]) -> list[str]:
    called = {name: {each for each in _called(one.body) if each in found} for name, one in found.items()}
    for _ in called:
        for name, others in called.items():
            called[name] = others.union(*(called[each] for each in others))
    return [name for name, others in called.items() if name in others]


def _called(expression: Expression) -> Iterator[str]:
    for part in walk(expression):
        if isinstance(part, Call) and isinstance(part.function, Name):
            yield part.function.name


class Written(NamedTuple):
    """A node without calls of named formulas, and the nodes that it takes."""

    node: Node
    added: tuple[Node, ...]


def written_out(node: Node, formulas: Mapping[str, NamedFormula], report: Report) -> Written | None:
    """Returns a node with the calls of named formulas written out; None where it calls none."""
    if not formulas or formulas.keys().isdisjoint(_called(node.expression)):
        return None
    one = _Expression(node, formulas)
    found = one.changed(node.expression, frozenset(), named=True)
    report.extend(one.wrong)
    return Written(replace(node, expression=found), tuple(one.added.values()))


class _Expression:
    """One expression while the calls in it are written out."""

    def __init__(self, node: Node, formulas: Mapping[str, NamedFormula]) -> None:
        self._node = node
        self._formulas = formulas
        self.added: dict[str, Node] = {}
        self.wrong: list[Diagnostic] = []

    def changed(self, part: Any, bound: frozenset[str], *, named: bool) -> Any:
        """A part with its calls written out; `named` where no loop or filter brings names of its own."""
        if isinstance(part, Call) and isinstance(part.function, Name):
            formula = self._formulas.get(part.function.name)
            if formula is not None and part.function.name not in bound:
                return self._call(part, formula, bound, named=named)
        inner = bound | syntax.bound_by(part)
        within = named and not isinstance(part, _BINDERS)
        return mapped(part, lambda each: self.changed(each, inner, named=within))

    def _call(self, call: Call, formula: NamedFormula, bound: frozenset[str], *, named: bool) -> Expression:
        at = call.span
        arguments = self._arguments(call, formula)
        if arguments is None:
            return Open("the call has a mistake", at)
        given = {name: self.changed(each, bound, named=named) for name, each in arguments.items()}
        if any(isinstance(each, _BINDERS) for each in walk(formula.body)):
            for name, value in given.items():
                if not isinstance(value, Literal) and names(value):
                    given[name] = self._apart(value, unparse(value), None)
                    if not named:
                        message = (
                            "a formula that goes through a list is not called from within a filter or a loop"
                        )
                        self.wrong.append(
                            WRONG_DEFINITION.at(at, message, help="give the value a name first")
                        )
        meanings = {name: _standing_for(value) for name, value in given.items()}
        body: Expression = self.changed(formula.body, frozenset(), named=False)
        found = build.replaced(body, meanings)
        if not named or _is_condition(body):
            return found
        said = ", ".join(unparse(each) for each in given.values())
        return self._apart(found, f"{formula.title} ({said})", f"{formula.title} ({said})")

    def _arguments(self, call: Call, formula: NamedFormula) -> dict[str, Expression] | None:
        """The arguments by their parameters; None where they do not go together."""
        given = dict(zip(formula.parameters, call.positional, strict=False))
        given |= {entry.key: entry.value for entry in call.named}
        count = len(call.positional) + len(call.named)
        if count == len(formula.parameters) and given.keys() == {*formula.parameters}:
            return given
        wanted = f"({', '.join(formula.parameters)})"
        assert isinstance(call.function, Name)
        message = f"`{call.function.name}` takes {wanted}"
        self.wrong.append(ARGUMENTS.at(call.span, message, help=f"write `{call.function.name}{wanted}`"))
        return None

    def _apart(self, value: Expression, said: str, noun: str | None) -> Name:
        name = f"define/{said}"
        self.added[name] = Node(name, self._node.entity, value, value.span, noun=noun)
        return Name(name, value.span)


def _standing_for(value: Expression) -> Any:
    return lambda at: value


def _is_condition(body: Expression) -> bool:
    if isinstance(body, Call) and isinstance(body.function, Name):
        function = LIBRARY.get(body.function.name)
        return function is not None and all(each.result == types.BOOLEAN for each in function.signatures)
    return isinstance(body, _CONDITIONS)
