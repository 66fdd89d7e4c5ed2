"""Expressions to terms: the names they see, what is known beforehand, and the dispatch by their form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import date
from typing import Any, Protocol, TypeAlias

from policyengine.dataclass import dataclass
from policyengine.engine.columns import terms
from policyengine.engine.columns.terms import Const, Flag, Frame, Term, Unsupported
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.functions import LIBRARY
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Failure, Unknown

NOT_KNOWN = Const(Unknown.of(Failure("it is not known")))


class Scope(Protocol):
    """Names in sight, as terms of a frame."""

    @property
    def frame(self) -> Frame:
        """The frame that the terms belong to."""

    def find(self, name: str) -> Term | None:
        """The term of a name; None where there is no such name."""

    def is_fact(self, name: str) -> bool:
        """Whether a name always stands for a fact that records give."""


Form: TypeAlias = "Callable[[Emitter, Any], Term]"


ExpressionNames: TypeAlias = "dict[int, tuple[Expression, frozenset[str]]]"
"""The names of expressions by their `id`; each is kept with them, so that nothing else gets that number."""


@dataclass(frozen=True)
class Emitter:
    """Lowers expressions to terms of the frame of `scope`."""

    scope: Scope
    today: date
    forms: Mapping[type, Form]
    free: ExpressionNames = field(default_factory=dict)

    @property
    def frame(self) -> Frame:
        """Where the terms belong."""
        return self.scope.frame

    def emit(self, node: Expression) -> Term:
        """The term of an expression; raises `Unsupported` where columns have none for it."""
        if isinstance(node, syntax.Literal):
            return Const(node.value)
        if isinstance(node, syntax.Name):
            return self.name(node.name)
        fixed = self._fixed(node)
        if fixed is not None:
            return fixed
        form = self.forms.get(type(node))
        if form is None:
            raise Unsupported(f"`{type(node).__name__}`")
        return form(self, node)

    def name(self, name: str) -> Term:
        """The term of a name."""
        found = self.scope.find(name)
        if found is None:
            raise Unsupported(f"there is no `{name}`")
        return found

    def flag(self, node: Expression) -> Flag | Const:
        """The term of a condition."""
        found = self.emit(node)
        if isinstance(found, Const):
            return found if isinstance(found.value, bool) else NOT_KNOWN
        return terms.flag(found)

    def kept(self, node: Expression) -> Term:
        """The term as columns, for what is needed more than once."""
        return self.frame.keep(self.emit(node))

    def kept_flag(self, node: Expression) -> Flag | Const:
        """The term of a condition, as a column."""
        return self.keep_flag(self.flag(node))

    def keep_flag(self, term: Flag | Const) -> Flag | Const:
        """A condition as a column."""
        kept = self.frame.keep(term)
        assert isinstance(kept, (Flag, Const))
        return kept

    def _fixed(self, node: Expression) -> Const | None:
        """What an expression comes to whose names all have one value."""
        values: dict[str, object] = {}
        for name in self._names(node):
            found = self.scope.find(name)
            if not isinstance(found, Const):
                return None
            values[name] = found.value
        return Const(evaluate(node, values, mode="policy", functions=LIBRARY))

    def _names(self, node: Expression) -> frozenset[str]:
        if id(node) not in self.free:
            self.free[id(node)] = node, syntax.names(node)
        return self.free[id(node)][1]

    def inside(self, scope: Scope) -> Emitter:
        """The same among other names."""
        return replace(self, scope=scope)


@dataclass(frozen=True)
class Bound:
    """More names in the same or in a frame below; `row` has the fields of an item that a filter looks at."""

    frame: Frame
    outer: Scope
    names: Mapping[str, Term]
    row: Callable[[str], Term | None] | None = None

    def find(self, name: str) -> Term | None:
        """The term of a name, of the item first."""
        if self.row is not None:
            own = self.row(name)
            if own is not None:
                return own
        if name in self.names:
            return self.names[name]
        found = self.outer.find(name)
        return None if found is None else self.frame.from_(self.outer.frame, found)

    def is_fact(self, name: str) -> bool:
        """Whether a name always stands for a fact that records give."""
        return name not in self.names and self.outer.is_fact(name)
