"""Generated source while it grows: the terms that expressions become, and the function that they stand in."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import field, replace
from typing import Final

from policyengine.dataclass import dataclass
from policyengine.engine.rows.kinds import ANY, Kind
from policyengine.feel.codegen.source_unit import Unit

NOT_CONSTANT: Final = object()


class Unsupported(Exception):  # noqa: N818  # no error: the node stays with the reference evaluator
    """There is no code for an expression."""


@dataclass(frozen=True, slots=True)
class Term:
    """An expression as source.

    One that is not `sure` may be unknown or null; `check` is what tells. In one that is `lossy` None stands
    for what is not known, so it is no value by itself. One that is `risky` may raise. `key` is the source
    before common parts were taken out of it.
    """

    code: str
    kind: Kind = ANY
    sure: bool = True
    risky: bool = False
    check: str = ""
    lossy: bool = False
    key: str = ""
    value: object = NOT_CONSTANT

    @property
    def constant(self) -> bool:
        """Whether its value is known already."""
        return self.value is not NOT_CONSTANT

    def surely(self) -> Term:
        """The same, where a check has been passed."""
        return replace(self, sure=True, lossy=False)


@dataclass(slots=True)
class Frame:
    """One function that is being generated.

    `given` are the variables that hold a value from the start. Where `assume` is set, what is needed of
    them is checked once, at the top (`hard`); else, and for all other variables, each node has checks of
    its own (`guards`). A first pass leaves in `counts` how often a part stands in the function; in the
    second those that are `repeated` are worked out once, and `taken` tells which variable holds them.
    `proven` are variables that are known to hold a value; `asked` counts values that were checked or proven.
    `nested` says of a loop that there is another one in it.
    """

    unit: Unit
    assume: bool = False
    given: Container[str] = ()
    lines: list[str] = field(default_factory=list)
    guards: dict[str, None] = field(default_factory=dict)
    hard: dict[str, None] = field(default_factory=dict)
    asked: int = 0
    proven: frozenset[str] = frozenset()
    counts: dict[str, int] = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()
    taken: dict[str, Term] = field(default_factory=dict)
    nested: bool = False

    def need(self, term: Term) -> Term:
        """The term where its plain value is wanted."""
        if term.sure:
            return term
        if not term.check:
            raise Unsupported
        if self.assume and term.code in self.given and term.code not in self.proven:
            self.hard[term.check] = None
            return term.surely()
        self.asked += 1
        if term.code not in self.proven:
            self.guards[term.check] = None
        return term.surely()

    def whole(self, term: Term) -> Term:
        """The term where its value is handed on, unknown or not."""
        return self.need(term) if term.lossy and not term.sure else term

    def prove(self, codes: frozenset[str]) -> frozenset[str]:
        """Notes variables that are known to hold a value from here on; gives what was noted before."""
        before = self.proven
        self.proven = before | codes
        return before
