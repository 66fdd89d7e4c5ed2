"""Values that every row of a frame has: a Polars expression and what it stands for; and the frames.

A null of Polars is a value that is not known. Numbers are whole multiples of a power of ten, whose largest
possible size is known, so that no product wraps around and nothing is rounded that should not be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Literal, TypeAlias

import polars as pl

from policyengine.dataclass import dataclass
from policyengine.engine.columns.frames import Steps
from policyengine.feel.values.values import Unknown


class Unsupported(Exception):  # noqa: N818  # caught where it is raised
    """An expression that columns cannot express; says why. Raised and caught within lowering only."""


@dataclass(frozen=True, slots=True)
class Const:
    """A value that is the same in every row, as FEEL has it; `Unknown` where it is not known."""

    value: object

    @property
    def sure(self) -> bool:
        """Whether it is known."""
        return not isinstance(self.value, Unknown)


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    expr: pl.Expr
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """One of a few values that are known beforehand, by its number in `domain` (UInt16)."""

    expr: pl.Expr
    domain: tuple[object, ...]
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Num:
    """A number: `expr` whole units of 10 ** -scale, at most `bound` of them either way."""

    expr: pl.Expr
    scale: int
    bound: int
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Quotient:
    """A division that is not carried out, since few divisions come out even."""

    over: Num
    under: Num


@dataclass(frozen=True, slots=True)
class Text:
    """A text."""

    expr: pl.Expr
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """A date, or one of a year beyond those that documents hold."""

    expr: pl.Expr
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Seconds:
    """A days and time duration in whole seconds."""

    expr: pl.Expr
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value of which no more is asked than whether it is there."""

    expr: pl.Expr
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A single value of any type, written as a text that is read only where values are worked out by rows."""

    expr: pl.Expr
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A range."""

    low: Term | None
    high: Term | None
    low_closed: bool = True
    high_closed: bool = True


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of so many items."""

    items: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Picked:
    """Those items of a list of so many whose conditions hold."""

    items: tuple[tuple[Flag | Const, Term], ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """A context."""

    fields: Mapping[str, Term] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Values:
    """A list of single values in one column."""

    expr: pl.Expr
    item: Literal["text", "number", "date", "flag", "period"]
    scale: int = 0
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of `at` that belong to a row of `of`, by the column `up` of `at`.

    In the frame that has the term `here` is the number of that row, and `known` whether the list is there.
    `where` keeps some of the rows; `each` is a value of every row in place of the row itself.
    """

    of: Frame
    at: Frame
    up: str
    here: Num
    known: Flag | Const
    find: Callable[[str], Term | None]
    where: Flag | Const = Const(True)
    each: Term | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """A value of every row of a list, and some more after them; known where the list of the rows is."""

    rows: Rows
    more: tuple[Single | Const, ...]


@dataclass(frozen=True, slots=True)
class Distinct:
    """The different values of the rows of a list; not known as soon as one of them is not."""

    rows: Rows


@dataclass(frozen=True, slots=True)
class Times:
    """A computed list of contexts: for every place in it whether there is one there, and its parts."""

    known: Flag | Const
    slots: tuple[tuple[Flag | Const, Mapping[str, Term]], ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """The row itself, of a frame; `find` gives its facts and values by name."""

    frame: Frame
    find: Callable[[str], Term | None]


SELF = Num(pl.col("__self"), 0, 0, True)
"""The number of each row in its frame."""

Term: TypeAlias = (
    Const | Flag | Code | Num | Quotient | Text | Day | Seconds | Opaque | Held | Span | Listed | Entries
    | Values | Rows | Joined | Distinct | Times | Instance | Picked
)  # fmt: skip
Single: TypeAlias = Flag | Code | Num | Text | Day | Seconds | Opaque | Held | Values
SINGLE = (Flag, Code, Num, Text, Day, Seconds, Opaque, Held, Values)


def lit(value: object, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
    """A literal of a type."""
    return pl.lit(value, dtype=dtype)


def flag(term: Term) -> Flag:
    """A term as a condition."""
    if isinstance(term, Flag):
        return term
    if isinstance(term, Const):
        value = term.value if isinstance(term.value, bool) else None
        return Flag(lit(value, pl.Boolean), value is not None)
    if isinstance(term, Code) and all(isinstance(each, bool) or each is None for each in term.domain):
        holds = [i for i, each in enumerate(term.domain) if each is True]
        fails = [i for i, each in enumerate(term.domain) if each is False]
        sure = term.sure and len(holds) + len(fails) == len(term.domain)
        found = pl.when(term.expr.is_in(holds)).then(lit(True, pl.Boolean))
        return Flag(found.when(term.expr.is_in(fails)).then(lit(False, pl.Boolean)), sure)
    raise Unsupported(f"a {type(term).__name__} is no condition")


def is_sure(term: Term) -> bool:
    """Whether a term is known in every row."""
    match term:
        case Const() | Flag() | Code() | Num() | Text() | Day() | Seconds() | Opaque() | Held() | Values():
            return term.sure
        case Listed(items):
            return all(is_sure(each) for each in items)
        case Span(low, high):
            return all(is_sure(each) for each in (low, high) if each is not None)
        case Rows(known=known) | Times(known=known):
            return known.sure and isinstance(known, Const)
        case Entries() | Instance():
            return True
        case _:
            return False


def known(term: Term) -> Flag | Const:
    """Whether a term is known: its parts too, if it is a list or a range."""
    if is_sure(term):
        return Const(True)
    match term:
        case Const():
            return Const(False)
        case Listed(items):
            return _all_known(items)
        case Span(low, high):
            return _all_known([each for each in (low, high) if each is not None])
        case Rows(known=found) | Times(known=found):
            return found
        case Quotient():
            raise Unsupported("a division whose result is kept")
        case Joined() | Distinct():
            raise Unsupported("a list that is put together")
        case Entries() | Instance():
            return Const(True)
        case Picked(several):
            return _all_known([each for pair in several for each in pair])
        case _:
            return Flag(term.expr.is_not_null(), True)


def _all_known(items: tuple[Term, ...] | list[Term]) -> Flag | Const:
    return every([known(each) for each in items])


def every(found: Sequence[Flag | Const]) -> Flag | Const:
    """Whether all of them hold, of flags that are never null."""
    if any(isinstance(each, Const) and each.value is False for each in found):
        return Const(False)
    exprs = [each.expr for each in found if isinstance(each, Flag)]
    return Flag(pl.all_horizontal(exprs), True) if exprs else Const(True)


# Frames


@dataclass(eq=False)
class Frame:
    """One row for every instance of an entity, or for every turn of a loop.

    `links` are the frames that its rows point into, by the column that holds the number of the row there.
    """

    name: str
    steps: Steps
    links: tuple[tuple[str, Frame], ...] = ()
    base: int = 0
    _made: dict[str, str] = field(default_factory=dict)
    _at: dict[str, tuple[int, int]] = field(default_factory=dict)

    def column(self, expr: pl.Expr, tag: str = "") -> pl.Expr:
        """The expression as a column."""
        if expr.meta.is_column():
            return expr
        key = f"{expr}|{tag}"
        if key not in self._made:
            name = f"c{len(self._made)}"
            self._made[key] = name
            self._at[name] = self.steps.compute(self, name, expr)
        return pl.col(self._made[key])

    def place(self, name: str) -> tuple[int, int]:
        """The step and the level at which a column is there."""
        return self._at.get(name, (self.base, 0))

    def added(self, name: str, step: int) -> pl.Expr:
        """A column that a step of its own adds."""
        self._at[name] = (step, 0)
        return pl.col(name)

    def keep(self, term: Term) -> Term:
        """A term whose expressions are columns."""

        def kept(part: Single) -> pl.Expr:
            if isinstance(part, (Opaque, Values)):
                return part.expr  # a fact, which is a column
            plain = type(part).__name__ if part.expr.meta.is_literal() else ""  # nulls look alike
            tag = f"{part.scale} {part.bound}" if isinstance(part, Num) else plain
            return self.column(part.expr, tag)

        return mapped(term, kept)

    def from_(self, other: Frame, term: Term) -> Term:
        """A term of a frame that this one points into, as a term of this one."""
        if other is self or isinstance(term, Const):
            return term
        for link, target in self.links:
            if target is other or target.reaches(other):
                return self.through(link, target, target.from_(other, term))
        raise Unsupported("a value of rows that these do not belong to")

    def reaches(self, other: Frame) -> bool:
        """Whether rows of this frame point, directly or not, into another."""
        return any(target is other or target.reaches(other) for _, target in self.links)

    def through(self, link: str, source: Frame, term: Term) -> Term:
        """A term of a frame that a column of this one points into."""
        if isinstance(term, Const):
            return term
        kept = source.keep(term)

        def move(part: Single) -> pl.Expr:
            return self.steps.gather(self, link, source, part.expr.meta.output_name())

        return mapped(kept, move)


def mapped(term: Term, of: Callable[[Single], pl.Expr]) -> Term:
    """A term with other expressions for those of its parts."""

    def part(each: Any) -> Any:
        return None if each is None else mapped(each, of)

    match term:
        case Const():
            return term
        case Quotient(over, under):
            return Quotient(part(over), part(under))
        case Listed(items):
            return Listed(tuple(part(each) for each in items))
        case Picked(items):
            return Picked(tuple((part(holds), part(each)) for holds, each in items))
        case Span(low, high, low_closed, high_closed):
            return Span(part(low), part(high), low_closed, high_closed)
        case Entries(parts):
            return Entries({name: part(each) for name, each in parts.items()})
        case Times(found, slots):
            return Times(part(found), tuple((part(there), _parts(each, part)) for there, each in slots))
        case Rows():
            return replace(term, here=part(term.here), known=part(term.known))
        case Distinct(rows):
            return Distinct(part(rows))
        case Joined(rows, more):
            return Joined(part(rows), tuple(part(each) for each in more))
        case _:
            return replace(term, expr=of(term)) if isinstance(term, SINGLE) else term


def _parts(fields: Mapping[str, Term], part: Callable[[Any], Any]) -> dict[str, Term]:
    return {name: part(each) for name, each in fields.items()}
