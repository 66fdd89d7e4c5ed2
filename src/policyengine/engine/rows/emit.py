"""Expressions to source: the parts that all of them share, and the dispatch by the form of a node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import date
from types import MappingProxyType
from typing import Any, TypeAlias

from policyengine.dataclass import dataclass
from policyengine.engine.rows.code import Frame, Term, Unsupported
from policyengine.engine.rows.kinds import ANY, Kind, check_of, kind_of_value
from policyengine.feel.codegen.source_unit import Unit
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.functions import LIBRARY
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Unknown
from policyengine.program.graph import Graph

Find: TypeAlias = Callable[[str], Term | None]
Form: TypeAlias = "Callable[[Emitter, Any], Term]"


@dataclass(frozen=True, slots=True)
class Emitter:
    """Writes the expressions of one entity into a frame.

    `find` gives the variable for a name of the entity, `bound` are the names that forms such as `some`
    bring along (which hide the others) and `fields` finds the fields of those that are instances; `row`
    finds the fields of the item that a filter looks at. `forms` has a function for every form of node that
    there is source for.
    `shares` tells that common parts may be taken out.
    """

    graph: Graph
    today: date
    frame: Frame
    find: Find
    forms: Mapping[type, Form]
    bound: Mapping[str, Term] = field(default_factory=dict)
    row: Find | None = None
    fields: Mapping[str, Find] = field(default_factory=dict)
    shares: bool = True

    @property
    def unit(self) -> Unit:
        """Where constants and functions go."""
        return self.frame.unit

    def emit(self, node: Expression) -> Term:
        """The source of an expression; raises `Unsupported` where there is none for it."""
        if not isinstance(node, (syntax.Literal, syntax.Name, syntax.Open)) and self._is_fixed(node):
            return self.constant(self.worked_out(node))
        asked = self.frame.asked
        form = self.forms.get(type(node))
        if form is None:
            raise Unsupported
        term = form(self, node)
        if isinstance(node, (syntax.Literal, syntax.Name, syntax.Open)) or term.constant:
            return term
        return self._shared(term, whole=self.frame.asked == asked)

    def sure(self, node: Expression, *kinds: str) -> Term:
        """The source of an expression whose plain value is wanted, of one of the kinds."""
        term = self.frame.need(self.emit(node))
        if kinds and term.kind.name not in kinds:
            raise Unsupported
        return term

    def condition(self, node: Expression) -> Term:
        """The source of a condition."""
        return self.sure(node, "boolean")

    def constant(self, value: object) -> Term:
        """A value that is known now."""
        name = self.unit.constant(value)
        if isinstance(value, Unknown) or value is None:
            return Term(name, ANY, sure=False, key=name, value=value)
        return Term(name, kind_of_value(value), key=name, value=value)

    def local(self, code: str, kind: Kind, *, sure: bool = False) -> Term:
        """A variable with a value that may be unknown."""
        return Term(code, kind, sure, check=check_of(code, kind), key=code)

    def worked_out(self, node: Expression) -> object:
        """What an expression without names comes to."""
        return evaluate(node, {"today": self.today}, mode="policy", functions=LIBRARY)

    def _is_fixed(self, node: Expression) -> bool:
        return syntax.names(node) <= {"today"} and "today" not in self.bound

    def _shared(self, term: Term, *, whole: bool) -> Term:
        frame = self.frame
        if not self.shares or not whole or frame.proven or not term.sure or term.code.isidentifier():
            return term
        if term.key in frame.taken:
            return frame.taken[term.key]
        if term.key in frame.repeated:
            return self.take(term)
        frame.counts[term.key] = frame.counts.get(term.key, 0) + 1
        return term

    def take(self, term: Term) -> Term:
        """A variable for a part that is needed again; None where it has no plain value."""
        name = self.unit.fresh("t")
        if term.risky:
            self.frame.lines += ["try:", f"    {name} = {term.code}", "except TROUBLE:", f"    {name} = None"]
            found = Term(name, term.kind, False, check=f"{name} is not None", lossy=True, key=term.key)
        else:
            self.frame.lines.append(f"{name} = {term.code}")
            found = Term(name, term.kind, key=term.key)
        self.frame.taken[term.key] = found
        return found

    def within(self, **changes: Any) -> Emitter:
        """The same with more names, or in another frame."""
        return replace(self, **changes)


def made(kind: Kind, form: str, *parts: Term, risky: bool = False, sure: bool = True) -> Term:
    """A term out of parts, which the form names `{0}`, `{1}` ..."""
    return Term(
        form.format(*(part.code for part in parts)),
        kind,
        sure,
        risky or any(part.risky for part in parts),
        key=form.format(*(part.key for part in parts)),
    )


# The simplest forms


def _literal(emitter: Emitter, node: syntax.Literal) -> Term:
    return emitter.constant(node.value)


def _open(emitter: Emitter, node: syntax.Open) -> Term:
    return emitter.constant(emitter.worked_out(node))


def _name(emitter: Emitter, node: syntax.Name) -> Term:
    if emitter.row is not None:
        field_of_row = emitter.row(node.name)
        if field_of_row is not None:
            return field_of_row
    if node.name in emitter.bound:
        return emitter.bound[node.name]
    return found_in(emitter.find, node.name)


def found_in(find: Find, name: str) -> Term:
    """The variable of a name, which there must be."""
    found = find(name)
    if found is None:
        raise Unsupported
    return found


SIMPLE: Mapping[type, Form] = MappingProxyType(
    {
        syntax.Literal: _literal,
        syntax.Open: _open,
        syntax.Name: _name,
    }
)
