"""Rules as columns: what is one of a few things as a number that a table decodes, the rest as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field

import polars as pl

from policyengine.dataclass import dataclass
from policyengine.decision.findings import NOT_APPLICABLE, UNDETERMINED, Origin
from policyengine.engine.columns import terms
from policyengine.engine.columns.alike import coded, unified
from policyengine.engine.columns.frames import Frame, both, either
from policyengine.engine.columns.logic import negated
from policyengine.engine.columns.scopes import World
from policyengine.engine.columns.terms import Const, Flag, Term, Unsupported, lit
from policyengine.engine.finding_values import as_shown
from policyengine.engine.layout import RANKS, value_fields
from policyengine.feel.values.values import Unknown
from policyengine.policy import rule as readings
from policyengine.policy.rule import Reading, Rule

_MOST = 4096
_KEYS = 2**62
_WIDTHS: tuple[tuple[int, type[pl.DataType]], ...] = (
    (2**16, pl.UInt16), (2**31, pl.UInt32), (_KEYS, pl.UInt64),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A column of small numbers, below `radix`: one of a few values, or after them that it is not known."""

    column: str
    radix: int


@dataclass(frozen=True, slots=True)
class Fixed:
    """A finding as far as it is the same wherever its pieces are: the cells of its row, by their names."""

    section: int
    rank: int
    rule: int
    cells: tuple[tuple[str, object], ...]


Read = Callable[[Mapping[str, int]], object]


@dataclass(slots=True)
class Lowered:
    """A rule in columns: its pieces, what reads its fixed cells off their values, and the other cells."""

    number: int
    rule: Rule
    pieces: tuple[Piece, ...]
    read: Callable[[Mapping[str, int]], Fixed | None]
    columns: Mapping[str, Term]


@dataclass(slots=True)
class Block:
    """Rules whose pieces make one key; `key` is the column of it."""

    section: str = ""
    rules: list[Lowered] = field(default_factory=list)
    pieces: dict[str, Piece] = field(default_factory=dict)
    key: str = ""

    @property
    def size(self) -> int:
        """How many keys there may be."""
        found = 1
        for piece in self.pieces.values():
            found *= piece.radix
        return found

    def decode(self, key: int) -> list[Fixed]:
        """The fixed parts of all findings for a key."""
        values: dict[str, int] = {}
        for name, piece in self.pieces.items():
            key, values[name] = divmod(key, piece.radix)
        return [found for rule in self.rules if (found := rule.read(values)) is not None]


_OPEN = Unknown(frozenset())


class RuleReader:
    """Lowers the rules of a world, and tells which records have something that is not known."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._digits = world.graph.vocabulary.number_of_digits()
        rules = world.graph.rules
        self._ranks = {(rule.origin.policy, rule.origin.id): i for i, rule in enumerate(rules)}

    def lowered(self, number: int, rule: Rule) -> Lowered:
        """A rule; raises `Unsupported` where a part of it has no columns."""
        frame = self._world.place(rule.entity).frame
        pieces: dict[str, Piece] = {}
        reads: dict[str, Read] = {}
        columns: dict[str, Term] = {}
        for name in value_fields(rule.finding):
            reading = rule.fields.get(name)
            if reading is None or reading == readings.Const(None):
                continue
            fixed = self._fixed(rule, reading, pieces, frame)
            if fixed is not None:
                reads[name] = fixed
            else:
                columns[name] = self._column(rule, reading)
        exists = self._name(rule, rule.exists, pieces, frame) if rule.exists is not None else None
        status = self._name(rule, rule.status, pieces, frame)
        if status is None or (rule.exists is not None and exists is None):
            raise Unsupported("a status that may be any text")
        origin = None if rule.origins is None else self._fixed(rule, rule.origins, pieces, frame)
        if rule.origins is not None and origin is None:
            raise Unsupported("places that differ from row to row")
        read = self._reader(number, rule, exists, status, origin, reads)
        return Lowered(number, rule, tuple(pieces.values()), read, columns)

    def _reader(
        self, number: int, rule: Rule, exists: Read | None, status: Read, origin: Read | None,
        reads: Mapping[str, Read],
    ) -> Callable[[Mapping[str, int]], Fixed | None]:  # fmt: skip
        section = rule.finding.section

        def read(values: Mapping[str, int]) -> Fixed | None:
            there = True if exists is None else exists(values)
            if there is False:
                return None
            word = there if isinstance(there, Unknown) else status(values)
            nearer = None if origin is None else origin(values)
            near = nearer if isinstance(nearer, Origin) else rule.origin
            cells: dict[str, object] = {
                "section": section,
                "policy": rule.origin.policy if not isinstance(nearer, Origin) else near.policy,
                "id": near.id,
                "status": word if isinstance(word, str) else UNDETERMINED,
                "basis": near.basis,
                "at": str(near.at),
            }
            cells |= {name: one(values) for name, one in reads.items()}
            rank = self._ranks.get((str(cells["policy"]), near.id), len(self._ranks))
            return Fixed(RANKS[section], rank, number, tuple(cells.items()))

        return read

    def _name(self, rule: Rule, name: str, pieces: dict[str, Piece], frame: Frame) -> Read | None:
        """What reads the value of a node off the values of pieces; None where it may have any."""
        term = self.term(rule, name)
        if isinstance(term, Const):
            value = term.value
            return lambda values: value
        code = coded(term)
        if code is None:
            return None
        expr = code.expr if code.sure else code.expr.fill_null(lit(len(code.domain), pl.UInt16))
        column = frame.column(expr).meta.output_name()
        domain = (*code.domain, _OPEN)
        most = pieces[column].radix if column in pieces else 1
        pieces[column] = Piece(column, max(most, len(code.domain) + (not code.sure)))
        return lambda values: domain[values[column]]

    def _fixed(self, rule: Rule, reading: Reading, pieces: dict[str, Piece], frame: Frame) -> Read | None:
        match reading:
            case readings.Const(value):
                return lambda values: value
            case readings.Value(node):
                read = self._name(rule, node, pieces, frame)
                return None if read is None else self._shown(rule, node, read)
            case readings.Choose(by, cases, otherwise):
                return self._chosen(rule, by, cases, otherwise, pieces, frame)
        raise Unsupported("a field that is no single value")

    def _chosen(
        self, rule: Rule, by: str, cases: Mapping[str, Reading], otherwise: Reading,
        pieces: dict[str, Piece], frame: Frame,
    ) -> Read | None:  # fmt: skip
        key = self._name(rule, by, pieces, frame)
        several = {word: self._fixed(rule, each, pieces, frame) for word, each in cases.items()}
        last = self._fixed(rule, otherwise, pieces, frame)
        if key is None or last is None or None in several.values():
            return None

        def read(values: Mapping[str, int]) -> object:
            word = key(values)
            found = several.get(word) if isinstance(word, str) else None
            return found(values) if found is not None else last(values)

        return read

    def _shown(self, rule: Rule, node: str, read: Read) -> Read:
        owner = self._world.graph.node(rule.entity, node)
        kind = None if owner is None else self._world.graph.types.get((owner[0], node))
        return lambda values: as_shown(read(values), kind, self._digits)

    def _column(self, rule: Rule, reading: Reading) -> Term:
        match reading:
            case readings.Value(node):
                return self.term(rule, node)
            case readings.Const(value):
                return Const(value)
            case readings.Choose(by, cases, otherwise):
                return self._choice(rule, by, cases, otherwise)
        raise Unsupported("a field that is no single value")

    def _choice(self, rule: Rule, by: str, cases: Mapping[str, Reading], otherwise: Reading) -> Term:
        several = [self._column(rule, each) for each in (*cases.values(), otherwise)]
        exprs, make = unified(several)
        chosen: pl.Expr = exprs[-1]
        for word, expr in zip(cases, exprs[:-1], strict=True):
            here = self.is_word(rule, by, word)
            chosen = pl.when(terms.flag(here).expr).then(expr).otherwise(chosen)
        return make(chosen, False)  # type: ignore[no-any-return]

    def is_word(self, rule: Rule, by: str, word: str) -> Flag | Const:
        """Whether a node has a text as its value; false where it is not known."""
        code = coded(self.term(rule, by))
        if code is None:
            raise Unsupported("a choice by any text")
        places = [i for i, each in enumerate(code.domain) if each == word]
        if not places:
            return Const(False)
        here = code.expr == lit(places[0], pl.UInt16)
        return Flag(here if code.sure else here.fill_null(False), True)

    def term(self, rule: Rule, name: str) -> Term:
        """The term of a node that a rule is read off."""
        term = self._world.place(rule.entity).find(name)
        if term is None:
            raise Unsupported(f"there is no `{name}`")
        return self._world.place(rule.entity).frame.keep(term)

    # What is not known

    def opened(self, rule: Rule) -> Flag | Const:
        """Whether a finding of the rule names something that is not known."""
        exists = self.term(rule, rule.exists) if rule.exists is not None else Const(True)
        there = terms.known(exists)
        status = self.term(rule, rule.status)
        decided = both([there, terms.known(status)])
        parts: list[Flag | Const] = [negated(decided)]
        values = either([self._behind(rule, each) for each in rule.fields.values()])
        if not (isinstance(values, Const) and values.value is False):
            parts.append(both([negated(self.is_status(status, NOT_APPLICABLE)), values]))
        parts += [self._requirements(rule, each) for each in rule.fields.values()]
        found = either(parts)
        if isinstance(exists, Const):
            return found
        gone = Flag((~terms.flag(exists).expr).fill_null(False), True)
        return both([negated(gone), found])

    def is_status(self, term: Term, word: str) -> Flag | Const:
        """Whether a status is a certain one; false where it is not known."""
        code = coded(term)
        if code is None or word not in code.domain:
            return Const(False)
        return Flag((code.expr == lit(code.domain.index(word), pl.UInt16)).fill_null(False), True)

    def _behind(self, rule: Rule, reading: Reading) -> Flag | Const:
        match reading:
            case readings.Value(node):
                return self._unknown(rule, node)
            case readings.Explain(nodes):
                return either([self._unknown(rule, node) for node in nodes])
            case readings.Choose():
                return self._over_cases(rule, reading, self._behind)
        return Const(False)

    def _requirements(self, rule: Rule, reading: Reading) -> Flag | Const:
        match reading:
            case readings.Rules(rules):
                return either([self.opened(each) for each in rules])
            case readings.Choose():
                return self._over_cases(rule, reading, self._requirements)
        return Const(False)

    def _unknown(self, rule: Rule, node: str) -> Flag | Const:
        return negated(terms.known(self.term(rule, node)))

    def _over_cases(
        self, rule: Rule, reading: readings.Choose, of: Callable[[Rule, Reading], Flag | Const]
    ) -> Flag | Const:
        parts: list[Flag | Const] = []
        nowhere: list[Flag | Const] = []
        for word, case in reading.cases.items():
            found = of(rule, case)
            here = self.is_word(rule, reading.by, word)
            nowhere.append(negated(here))
            if not (isinstance(found, Const) and found.value is False):
                parts.append(both([here, found]))
        last = of(rule, reading.otherwise)
        if not (isinstance(last, Const) and last.value is False):
            parts.append(both([*nowhere, last]))
        return either(parts)


def blocks(frame: Frame, rules: Sequence[Lowered]) -> Iterator[Block]:
    """The rules of a frame in blocks with keys of a moderate size, each with its key as a column."""
    block = Block()
    for rule in rules:
        more = {piece.column: piece for piece in rule.pieces if piece.column not in block.pieces}
        size = block.size
        for piece in more.values():
            size *= piece.radix
        section = rule.rule.finding.section
        if block.rules and ((size > _MOST and more) or section != block.section):
            yield _keyed(frame, block)
            block = Block()
        block.section = section
        block.rules.append(rule)
        for piece in rule.pieces:
            old = block.pieces.get(piece.column, piece)
            block.pieces[piece.column] = max(old, piece, key=lambda each: each.radix)
    if block.rules:
        yield _keyed(frame, block)


def _keyed(frame: Frame, block: Block) -> Block:
    if block.size > _KEYS:
        raise Unsupported("findings with very many outcomes")
    dtype = next(each for most, each in _WIDTHS if block.size <= most)
    key: pl.Expr | None = None
    factor = 1
    for piece in block.pieces.values():
        part = (
            pl.col(piece.column).cast(dtype) * lit(factor, dtype)
            if factor > 1
            else pl.col(piece.column).cast(dtype)
        )
        key = part if key is None else key + part
        factor *= piece.radix
    if key is not None:
        block.key = frame.column(key, "key").meta.output_name()
    return block
