"""Rules as columns: what is one of a few things as a number that a table decodes, the rest as columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import polars as pl

from policyengine.decision.findings import KNOWN, MANUAL, NOT_APPLICABLE, UNDETERMINED, Figure, Origin
from policyengine.engine.columns import cell_values, terms
from policyengine.engine.columns.emitter import NOT_KNOWN
from policyengine.engine.columns.interned import Fixed, Lowered, Piece, Read
from policyengine.engine.columns.logic import negated
from policyengine.engine.columns.scopes import World
from policyengine.engine.columns.terms import Code, Const, Flag, Term, Unsupported, lit
from policyengine.engine.columns.unify import both, coded, either, text, unified
from policyengine.engine.figures import rule_of, unit_of
from policyengine.engine.finding_values import as_shown
from policyengine.engine.layout import RANKS, ColumnKind, value_fields
from policyengine.feel.functions.conditions import is_nothing
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Unknown
from policyengine.policy import rule as readings
from policyengine.policy.rule import Node, Reading, Rule, may_wait
from policyengine.source import Span

_WIDEST = 2**40


_OPEN = Unknown(frozenset())


def _undecided(values: Mapping[str, int]) -> object:
    return _OPEN


def _is_known(value: object) -> bool:
    return not isinstance(value, Unknown)


def _is_true(value: object) -> bool:
    return value is True


def _is_false(value: object) -> bool:
    return value is False


class RuleReader:
    """Lowers the rules of a world, and tells which records have something that is not known."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._digits = world.graph.vocabulary.number_of_digits()
        rules = world.graph.rules
        self.by_rows: dict[str, str] = {}
        self._ranks = {(rule.origin.policy, rule.origin.id): i for i, rule in enumerate(rules)}

    def lowered(self, number: int, rule: Rule) -> Lowered:
        """A rule: what is one of a few things as pieces, everything else as cells of its own."""
        pieces: dict[str, Piece] = {}
        reads: dict[str, Read] = {}
        cells: dict[str, pl.Expr] = {}
        exists = self._exists(rule, pieces)
        status = self._name(rule, rule.status, pieces)
        if status is None:
            there = self.known(rule, rule.exists) if rule.exists is not None else Const(True)
            cells["status"] = pl.when(terms.flag(there).expr).then(self._text(rule, rule.status))
        origin = None if rule.origins is None else self._fixed(rule, rule.origins, pieces)
        for name, kind in value_fields(rule.finding).items():
            reading = rule.fields.get(name)
            if reading is None or reading == readings.Const(None):
                continue
            more = dict(pieces)
            fixed = self._fixed(rule, reading, more)
            if fixed is not None and math.prod(each.radix for each in more.values()) <= _WIDEST:
                reads[name], pieces = fixed, more
            else:
                cells[name] = self._cell(rule, reading, kind)
        reads["basis"] = self._resting(rule, id(rule), pieces)
        read = self._reader(number, rule, exists, status or _undecided, origin, reads)
        return Lowered(number, rule, tuple(pieces.values()), read, cells)

    def figure(self, number: int, node: Node, open_one: Flag | Const, text: pl.Expr) -> Lowered:
        """A figure, of which it is known whether it is open: its value is a text of its own."""
        graph, key = self._world.graph, (node.entity, node.name)
        rule, pieces = rule_of(graph, node), dict[str, Piece]()
        origin = None if rule.origins is None else self._fixed(rule, rule.origins, pieces)
        nothing = self._nothing(rule, node)
        words = (KNOWN, NOT_APPLICABLE, UNDETERMINED)
        chain = pl.when(terms.flag(nothing).expr.fill_null(False)).then(lit(1, pl.UInt16))
        is_open = terms.flag(open_one).expr.fill_null(True)
        code = pl.when(is_open).then(lit(2, pl.UInt16)).otherwise(chain.otherwise(lit(0, pl.UInt16)))
        status = self._coded(rule, Code(code, words, True), pieces)
        unit = unit_of(graph.types.get(key))
        reads: dict[str, Read] = {"unit": lambda values: unit, "basis": self._resting(rule, key, pieces)}
        read = self._reader(number, rule, None, status, origin, reads)
        return Lowered(number, rule, tuple(pieces.values()), read, {"value": text})

    def _nothing(self, rule: Rule, node: Node) -> Flag | Const:
        """Whether there is known to be nothing, as where a day never comes."""
        asked = build.call("is nothing", build.name(node.name, node.at), span=node.at)
        try:
            return self._world.emitter(rule.entity).kept_flag(asked)
        except Unsupported:
            return self._world.named(rule.entity, node.name).test(is_nothing)

    def _resting(self, rule: Rule, key: object, pieces: dict[str, Piece]) -> Read:
        """What reads whether a finding rests on an assumption beside that of its own part."""
        resting = self._world.graph.resting.get(key, ())
        nodes = [each.node for each in resting if each.node is not None]
        if len(nodes) < len(resting) or not nodes:
            return lambda values: bool(resting)
        held = either([self._holds(rule, node) for node in nodes])
        if isinstance(held, Const):
            return lambda values: held.value
        return self._coded(rule, held, pieces)

    def _holds(self, rule: Rule, node: str) -> Flag | Const:
        term = self.term(rule, node)
        if isinstance(term, (Flag, Const)):
            return term
        return self._world.named(rule.entity, node).test(_is_true)

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
                "at": str(near.at),
            }
            cells |= {name: one(values) for name, one in reads.items()}
            cells["basis"] = "assumed" if cells["basis"] else near.basis
            rank = self._ranks.get((str(cells["policy"]), near.id), len(self._ranks))
            rank = 0 if rule.finding is Figure else rank  # they stand in the order of their nodes
            return Fixed(RANKS[section], rank, number, tuple(cells.items()))

        return read

    def _exists(self, rule: Rule, pieces: dict[str, Piece]) -> Read | None:
        if rule.exists is None:
            return None
        gone, there = self.gone(rule), self.known(rule, rule.exists)
        if isinstance(there, Const) and isinstance(gone, Const):
            value = _OPEN if not there.value else not gone.value
            return lambda values: value
        held = pl.when(terms.flag(there).expr).then(~terms.flag(gone).expr)
        return self._coded(rule, Flag(held, isinstance(there, Const)), pieces)

    def _name(self, rule: Rule, name: str, pieces: dict[str, Piece]) -> Read | None:
        """What reads the value of a node off the values of pieces; None where it may have any."""
        term = self.term(rule, name)
        if isinstance(term, Const):
            value = term.value
            return lambda values: value
        code = None if term is None else coded(term)
        return None if code is None else self._coded(rule, code, pieces)

    def _coded(self, rule: Rule, term: Code | Flag, pieces: dict[str, Piece]) -> Read:
        """What reads one of a few values, which becomes a piece."""
        code = coded(term)
        assert code is not None
        expr = code.expr if code.sure else code.expr.fill_null(lit(len(code.domain), pl.UInt16))
        column = self._world.place(rule.entity).frame.column(expr).meta.output_name()
        domain = (*code.domain, _OPEN)
        most = pieces[column].radix if column in pieces else 1
        pieces[column] = Piece(column, max(most, len(code.domain) + (not code.sure)))
        return lambda values: domain[values[column]]

    def _word(self, rule: Rule, by: str, words: Sequence[str], pieces: dict[str, Piece]) -> Read:
        """What reads a node as far as it has one of some words; None where it has another value."""
        read = self._name(rule, by, pieces)
        if read is not None:
            return read
        text = self._text(rule, by)
        chain: pl.Expr = lit(len(words), pl.UInt16)
        for i, word in enumerate(words):
            chain = pl.when(text == lit(word, pl.String)).then(lit(i, pl.UInt16)).otherwise(chain)
        return self._coded(rule, Code(chain, (*words, None), True), pieces)

    def _fixed(self, rule: Rule, reading: Reading, pieces: dict[str, Piece]) -> Read | None:
        match reading:
            case readings.Const(value):
                return lambda values: value
            case readings.Value(node):
                read = self._name(rule, node, pieces)
                return None if read is None else self._shown(rule, node, read)
            case readings.Choose(by, cases, otherwise):
                return self._chosen(rule, by, cases, otherwise, pieces)
        raise Unsupported("a field that is no single value")

    def _chosen(
        self, rule: Rule, by: str, cases: Mapping[str, Reading], otherwise: Reading, pieces: dict[str, Piece]
    ) -> Read | None:
        several = {word: self._fixed(rule, each, pieces) for word, each in cases.items()}
        last = self._fixed(rule, otherwise, pieces)
        if last is None or None in several.values():
            return None
        key = self._word(rule, by, list(cases), pieces)

        def read(values: Mapping[str, int]) -> object:
            word = key(values)
            found = several.get(word) if isinstance(word, str) else None
            return found(values) if found is not None else last(values)

        return read

    def _shown(self, rule: Rule, node: str, read: Read) -> Read:
        owner = self._world.graph.node(rule.entity, node)
        kind = None if owner is None else self._world.graph.types.get((owner[0], node))
        return lambda values: as_shown(read(values), kind, self._digits)

    def _cell(self, rule: Rule, reading: Reading, kind: ColumnKind) -> pl.Expr:
        try:
            return cell_values.cell(self._column(rule, reading), kind)
        except Unsupported as trouble:
            self.by_rows[f"{rule.origin.policy}/{rule.origin.id}"] = str(trouble)
            return self._world.row_columns(rule.entity, self._expression(rule, reading)).cell(kind)

    def _column(self, rule: Rule, reading: Reading) -> Term:
        match reading:
            case readings.Value(node):
                found = self.term(rule, node)
                if found is None:
                    raise Unsupported(f"`{node}` has no columns")
                return found
            case readings.Const(value):
                return Const(value)
            case readings.Choose(by, cases, otherwise):
                return self._choice(rule, by, cases, otherwise)
        raise Unsupported("a field that is no single value")

    def _choice(self, rule: Rule, by: str, cases: Mapping[str, Reading], otherwise: Reading) -> Term:
        nothing = readings.Const(None)  # an empty cell, as what is not known is one
        several = [
            NOT_KNOWN if each == nothing else self._column(rule, each)
            for each in (*cases.values(), otherwise)
        ]
        exprs, make = unified(several)
        chosen: pl.Expr = exprs[-1]
        for word, expr in zip(cases, exprs[:-1], strict=True):
            here = self.is_word(rule, by, word)
            chosen = pl.when(terms.flag(here).expr).then(expr).otherwise(chosen)
        return make(chosen, False)  # type: ignore[no-any-return]

    def _expression(self, rule: Rule, reading: Reading) -> Expression:
        """A reading as an expression, for the row functions."""
        at = rule.origin.at
        match reading:
            case readings.Value(node):
                return build.name(node, at)
            case readings.Const(value):
                return build.literal(value, at)
            case readings.Choose(by, cases, otherwise):
                several = [
                    (self._is(by, word, at), self._expression(rule, each)) for word, each in cases.items()
                ]
                return build.choose(several, self._expression(rule, otherwise), at)
        raise Unsupported("a field that is no single value")

    def _is(self, by: str, word: str, at: Span) -> Expression:
        same = build.equals(build.name(by, at), build.literal(word, at), at)
        return build.call("is true", same, span=at)

    def _text(self, rule: Rule, name: str) -> pl.Expr:
        """A node as a text; null where it is not known or no text."""
        try:
            return text(self.term(rule, name) or Const(None)).expr
        except Unsupported:
            return self._world.named(rule.entity, name).words()

    def is_word(self, rule: Rule, by: str, word: str) -> Flag | Const:
        """Whether a node has a text as its value; false where it is not known."""
        term = self.term(rule, by)
        code = None if term is None else coded(term)
        if code is None:
            return Flag((self._text(rule, by) == lit(word, pl.String)).fill_null(False), True)
        places = [i for i, each in enumerate(code.domain) if each == word]
        if not places:
            return Const(False)
        here = code.expr == lit(places[0], pl.UInt16)
        return Flag(here if code.sure else here.fill_null(False), True)

    def term(self, rule: Rule, name: str) -> Term | None:
        """The term of a node that a rule is read off; None for one that has none."""
        try:
            term = self._world.place(rule.entity).find(name)
        except Unsupported:
            return None
        return None if term is None else self._world.place(rule.entity).frame.keep(term)

    def known(self, rule: Rule, name: str) -> Flag | Const:
        """Whether a node is known."""
        term = self.term(rule, name)
        try:
            return terms.known(term if term is not None else Const(None))
        except Unsupported:
            return self._world.named(rule.entity, name).test(_is_known)

    def gone(self, rule: Rule) -> Flag | Const:
        """Whether there is no finding of a rule: what tells whether there is one is surely false."""
        if rule.exists is None:
            return Const(False)
        term = self.term(rule, rule.exists)
        if isinstance(term, Const):
            return Const(term.value is False)
        if isinstance(term, Flag):
            return Flag((~term.expr).fill_null(False), True)
        return self._world.named(rule.entity, rule.exists).test(_is_false)

    # What is not known

    def opened(self, rule: Rule) -> Flag | Const:
        """Whether a finding of the rule names something that is not known."""
        there = self.known(rule, rule.exists) if rule.exists is not None else Const(True)
        decided = both([there, self.known(rule, rule.status)])
        parts: list[Flag | Const] = [negated(decided)]
        values = either([self._behind(rule, each) for each in rule.fields.values()])
        if not (isinstance(values, Const) and values.value is False):
            parts.append(both([negated(self.is_word(rule, rule.status, NOT_APPLICABLE)), values]))
        if may_wait(rule):
            waits = self.is_word(rule, rule.status, MANUAL)
            parts.append(both([there, waits, self._behind(rule, rule.because)]))
        parts += [self._requirements(rule, each) for each in rule.fields.values()]
        return both([negated(self.gone(rule)), either(parts)])

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
        return negated(self.known(rule, node))

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
