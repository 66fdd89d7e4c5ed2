"""Whether a formula holds for all values of what it tests, for none, or for some.

Exact: every combination of regions is tried, as far as that is needed, or nothing is said.
"""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import NamedTuple

from policyengine.feel.partition import Choices, Line
from policyengine.feel.proving.formula import Formula, Reader
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression, Literal

# So many looks at a part of a formula are taken for one condition.
_LOOKS = 20_000


class _TooMuch(Exception):  # noqa: N818  # not a mistake: it leaves the search
    """The search takes too long."""


class ConstantPart(NamedTuple):
    """A condition that is always `truth`."""

    node: Expression
    truth: bool


class _Verdict(NamedTuple):
    """Whether a formula is constant and how, which variables it tests (as bits), whether that is reported."""

    truth: bool | None
    variables: int
    said: bool = False


class Verdicts:
    """Finds the constant parts of one condition, from the inside out."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.looks = _LOOKS
        self.regions: dict[int, Line | Choices] = {}

    def constant_parts(self, node: Expression) -> list[ConstantPart]:
        """The parts that are always true or never, from the inside out; none where the search ends early."""
        found: list[ConstantPart] = []
        with suppress(_TooMuch):
            self._judge(self.reader.read(node), found)
            return found
        return []

    def _judge(self, formula: Formula, found: list[ConstantPart] | None) -> _Verdict:
        # The tests of one `in` are looked at as a whole: `0..9` is no two conditions.
        collects = not isinstance(formula.node, (syntax.Between, syntax.In))
        if not formula.parts:
            return _keep(formula.node, self._leaf(formula), found)
        parts = [self._judge(part, found if collects else None) for part in formula.parts]
        truth = _joined(formula.form, [part.truth for part in parts])
        union, shared = 0, 0
        for part in parts:
            shared |= union & part.variables
            union |= part.variables
        if truth is None and shared:
            truth = self._searched(formula)
        return _keep(formula.node, _Verdict(truth, union, any(part.said for part in parts)), found)

    def _leaf(self, formula: Formula) -> _Verdict:
        if formula.form != "test":
            return _Verdict(formula.form == "true", 0)
        taken, full = self._holding(formula)
        truth = {0: False, full: True}.get(taken) if full else None
        return _Verdict(truth, 1 << formula.variable)

    def _holding(self, formula: Formula) -> tuple[int, int]:
        """The regions in which a test holds, and all regions."""
        number = formula.variable
        if number not in self.regions:
            self.regions[number] = self.reader.regions(number)
        regions = self.regions[number]
        if isinstance(regions, Choices):
            return regions.holding(formula.op, formula.value), regions.full
        assert isinstance(formula.value, Decimal)
        return regions.holding(formula.op, formula.value), regions.full

    # Is there a record for which it holds, and one for which it does not?

    def _searched(self, formula: Formula) -> bool | None:
        if not self._possible(formula, True, {}):
            return False
        return None if self._possible(formula, False, {}) else True

    def _possible(self, formula: Formula, wanted: bool, chosen: dict[int, int]) -> bool:
        truth, open_test = self._look(formula, chosen)
        if truth is not None or open_test is None:
            return truth is wanted
        _, rest = self._holding(open_test)
        while rest:
            region = rest & -rest
            rest ^= region
            if self._possible(formula, wanted, {**chosen, open_test.variable: region}):
                return True
        return False

    def _look(self, formula: Formula, chosen: dict[int, int]) -> tuple[bool | None, Formula | None]:
        """Whether a formula holds in the chosen regions; where that is open, a test that it rests on."""
        self.looks -= 1
        if self.looks < 0:
            raise _TooMuch
        if formula.form == "test":
            region = chosen.get(formula.variable)
            if region is None:
                return None, formula
            return bool(self._holding(formula)[0] & region), None
        if not formula.parts:
            return formula.form == "true", None
        truths: list[bool | None] = []
        open_test = None
        for part in formula.parts:
            truth, rests_on = self._look(part, chosen)
            truths.append(truth)
            open_test = open_test or rests_on
            if truth is {"and": False, "or": True}.get(formula.form, 0):
                return truth, None
        return _joined(formula.form, truths), open_test


def _keep(node: Expression, verdict: _Verdict, found: list[ConstantPart] | None) -> _Verdict:
    """Notes a constant condition, unless a part of it is noted; a plain `true` or `false` is no finding."""
    if found is None or verdict.truth is None or verdict.said or isinstance(node, Literal):
        return verdict
    found.append(ConstantPart(node, verdict.truth))
    return _Verdict(verdict.truth, verdict.variables, True)


def _joined(form: str, truths: list[bool | None]) -> bool | None:
    """The truth of a formula from that of its parts (Kleene); None where they do not decide."""
    match form, truths:
        case "not", [inner]:
            return None if inner is None else not inner
        case "if", [condition, then, otherwise]:
            if condition is None:
                return then if then is otherwise else None
            return then if condition else otherwise
        case _:
            decides = form == "or"
            if decides in truths:
                return decides
            return None if None in truths else not decides
