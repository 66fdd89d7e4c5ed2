"""What recurs is counted from the day that its first date was counted from, not from that first date.

`started_on + @"P1M"` of 31 January is 28 February, a day that the length of February has cut. The next dates
are 31 March and 30 April: one, two, three months after 31 January. So the first date is taken apart into an
anchor, the months (or days) added to it, and the days that are added or taken off at the end, as in
`set_up_on + @"P2M" - @"P1D"`; the steps of the recurrence are added to the months.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from policyengine.dataclass import dataclass
from policyengine.feel.syntax import build
from policyengine.feel.syntax.parser import parse
from policyengine.feel.syntax.tree import Binary, Call, Expression, If, Literal, Name, Negate, names
from policyengine.feel.types.signatures import Library
from policyengine.feel.values.temporal import parse_duration
from policyengine.feel.values.values import Months
from policyengine.policy.vocabulary import Vocabulary
from policyengine.source import Span


def of_calendar(function: str, rhythm: str, day: Expression, vocabulary: Vocabulary, at: Span) -> Expression:
    """What a function says of a day in the periods of the calendar, or of fiscal years."""
    year, _, unit = rhythm.partition(" ")
    begins = [build.literal(vocabulary.declarations.fiscal_year_begins, at)] if year == "fiscal" else []
    return build.call(function, build.literal(unit, at), day, *begins, span=at)


NO_MONTHS = Months(0)
NO_DAYS = timedelta(0)


@dataclass(frozen=True, slots=True)
class Counted:
    """A first date taken apart: `anchor` and `offset` are expressions, `shift` is the days at the end."""

    anchor: Expression
    offset: Expression
    shift: timedelta = NO_DAYS


@dataclass(frozen=True, slots=True)
class Sight:
    """What a first date may name: the facts that an entity sees, with the formulas of the derived ones."""

    vocabulary: Vocabulary
    entity: str
    functions: Library

    def is_period(self, expression: Expression) -> bool:
        """Whether an expression is the name of a fact of type `period`."""
        found = self.vocabulary.fact(self.entity, expression.name) if isinstance(expression, Name) else None
        return found is not None and found[1].type == "period"

    def formula(self, name: str) -> Expression | None:
        """The formula of a derived fact, where its names mean the same here as where it stands."""
        found = self.vocabulary.fact(self.entity, name)
        if found is None or found[1].formula is None or found[1].has_stand_in:
            return None
        owner, text = found[0], found[1].formula
        tree = parse(text, self.vocabulary.names(owner), functions=self.functions).expression
        if tree is None or any(self._differs(each, owner) for each in names(tree)):
            return None
        return tree

    def may_lack(self, expression: Expression, behind: frozenset[str] = frozenset()) -> Iterator[Expression]:
        """The parts without which an expression comes to nothing, and of which there may be none.

        The operands of arithmetic are asked one by one, also behind the formula of a name; else the whole.
        """
        match expression:
            case Binary(_, left, right):
                yield from self.may_lack(left, behind)
                yield from self.may_lack(right, behind)
            case Name(name) if not self.vocabulary.may_be_nothing(self.entity, name):
                formula = None if name in behind else self.formula(name)  # else it rests on itself: a mistake
                yield from () if formula is None else self.may_lack(formula, behind | {name})
            case _ if any(self._may_be_nothing(name, behind) for name in names(expression)):
                yield expression

    def _may_be_nothing(self, name: str, behind: frozenset[str]) -> bool:
        if self.vocabulary.may_be_nothing(self.entity, name):
            return True
        formula = None if name in behind else self.formula(name)
        return formula is not None and any(
            self._may_be_nothing(each, behind | {name}) for each in names(formula)
        )

    def _differs(self, name: str, owner: str) -> bool:
        return self.vocabulary.fact(self.entity, name) != self.vocabulary.fact(owner, name)


def counted(first: Expression, sight: Sight) -> Counted:
    """The parts of a first date; the date itself is the anchor where nothing is added to one."""
    whole = Counted(first, build.literal(NO_MONTHS, first.span))
    match first:
        case Name(name) if (derived := sight.formula(name)) is not None:
            inner = counted(derived, sight)
            return whole if inner.anchor is derived else inner
        case If(condition, then, otherwise):
            return _either(whole, condition, counted(then, sight), counted(otherwise, sight))
        case Binary("+" | "-" as operator, left, right):
            if operator == "+" and _length(left) is not None:
                left, right = right, left
            return _added(whole, counted(left, sight), operator, right, sight)
    return whole


def _added(whole: Counted, start: Counted, operator: str, right: Expression, sight: Sight) -> Counted:
    """A date taken apart, with a length after it: days go to the end, months to the anchor."""
    length = _length(right)
    if isinstance(length, timedelta) and not length % timedelta(days=1):
        return Counted(start.anchor, start.offset, start.shift + (length if operator == "+" else -length))
    if not isinstance(length, Months) and not sight.is_period(right):
        return whole
    plain = isinstance(start.offset, Literal) and start.offset.value == NO_MONTHS
    anchor = start.anchor if plain and not start.shift else _as_date(start)
    return Counted(anchor, _signed(operator, right))


def _as_date(start: Counted) -> Expression:
    """The date that the parts make."""
    at = start.anchor.span
    moved = Binary("+", start.anchor, start.offset, at)
    return Binary("+", moved, build.literal(start.shift, at), at) if start.shift else moved


def _signed(operator: str, length: Expression) -> Expression:
    if operator == "+":
        return length
    fixed = _length(length)
    if isinstance(fixed, Months):
        return build.literal(Months(-fixed.months), length.span)
    return Negate(length, length.span)


def _either(whole: Counted, condition: Expression, then: Counted, otherwise: Counted) -> Counted:
    """A choice of two dates; taken apart only where both end with the same days."""
    at = whole.anchor.span
    if then.shift != otherwise.shift:
        return whole
    anchor = If(condition, then.anchor, otherwise.anchor, at)
    if then.offset == otherwise.offset:
        return Counted(anchor, then.offset, then.shift)
    return Counted(anchor, If(condition, then.offset, otherwise.offset, at), then.shift)


def _length(expression: Expression) -> Months | timedelta | None:
    """The length that a literal, or `duration` of a literal, stands for."""
    match expression:
        case Literal(Months() | timedelta() as length):
            return length
        case Call(Name("duration"), (Literal(str() as text),)):
            found = parse_duration(text)
            return found if isinstance(found, (Months, timedelta)) else None
    return None
