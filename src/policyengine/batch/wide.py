"""The other layout: one row a record, for a spreadsheet; what is found for whom, each under its own head."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Context, Decimal
from functools import reduce
from itertools import groupby

from policyengine.decision.findings import NOT_APPLICABLE, UNDETERMINED
from policyengine.engine.layout import MISSING, NAMES, RANKS, VALUES, Column, ColumnKind, Row, number_text
from policyengine.policy.rule import Choose, Const, Reading, Rule
from policyengine.program.graph import Graph

_AT = {name: i for i, name in enumerate(NAMES)}
_ROW, _ENTITY, _SUBJECT, _SECTION, _POLICY, _ID, _STATUS = (
    _AT[name] for name in ("row", "entity", "subject", "section", "policy", "id", "status")
)  # fmt: skip
_LEVEL, _ON, _RATE, _ROLE, _PARTY, _NET, _VALUE = (
    _AT[name] for name in ("level", "on", "rate", "role", "party", "net", "value")
)
_WHOLE = Context(prec=100)
_BY_POLICY = frozenset({"levels", "gates"})


class Wide:
    """The columns of a program in this layout, and its rows out of those of the findings table."""

    def __init__(self, graph: Graph) -> None:
        self.root = graph.vocabulary.root
        found = dict(sorted(self._columns(graph), key=lambda each: RANKS[each[1][0]]))
        kinds: dict[str, ColumnKind] = {name: kind for name, (_, kind) in found.items()}
        self.columns: tuple[Column, ...] = (
            Column("row", "count", "", always=True), Column("key", "text", ""),
            *(Column(name, kind, "") for name, kind in kinds.items()),
            Column(UNDETERMINED, "texts", ""), Column(MISSING, "texts", ""),
        )  # fmt: skip
        self._at = {name: i for i, name in enumerate(kinds, start=2)}
        self._kinds = kinds

    def place(self, name: str) -> int:
        """Which of the columns has this name."""
        return self._at[name]

    def _columns(self, graph: Graph) -> Iterator[tuple[str, tuple[str, ColumnKind]]]:
        for rule in graph.rules:
            entity = graph.real(rule.entity)
            section = rule.finding.section
            exact = section == "charges" or (section == "discounts" and entity == self.root)
            for name in _names(rule, entity, self.root):
                yield name, (section, "exact" if exact else "text")
        for (entity, name), node in graph.every_node():
            if node.exported and entity == self.root:
                yield f"{VALUES}.{name}", (VALUES, "text")

    def shape(self, rows: Sequence[Row], records: Sequence[tuple[int, str | None]]) -> list[Row]:
        """One row for each of the records, by number and key; the rows of one have to stand together."""
        found = {number: list(each) for number, each in groupby(rows, key=lambda row: row[_ROW])}
        return [self._record(number, key, found.get(number, [])) for number, key in records]

    def _record(self, number: int, key: str | None, rows: list[Row]) -> Row:
        cells: dict[str, list[object]] = {}
        undecided: dict[str, None] = {}
        missing: list[str] = []
        for row in rows:
            name = name_of(row, self.root)
            if name is not None:
                cells.setdefault(name, []).append(_cell(row))
            if row[_SECTION] == MISSING:
                missing.append(_where(row))
            elif row[_SECTION] != VALUES and row[_STATUS] == UNDETERMINED:
                undecided[_where(row)] = None
        line: list[object] = [None] * len(self.columns)
        line[0], line[1] = number, key
        for name, found in cells.items():
            line[self._at[name]] = _sum(found) if self._kinds[name] == "exact" else _summary(found)
        line[-2:] = tuple(undecided) or None, tuple(missing) or None
        return tuple(line)


def _where(row: Row) -> str:
    return head_of(row) if row[_SUBJECT] is None else f"{head_of(row)}@{row[_SUBJECT]}"


def head_of(row: Row) -> str:
    """What a missing fact or a finding that is not settled is called in its list, without its subject."""
    return str(row[_ID]) if row[_SECTION] == MISSING else f"{row[_POLICY]}/{row[_ID]}"


def name_of(row: Row, root: str) -> str | None:
    """The column that a row of the findings has a cell in, if there is one."""
    if row[_SECTION] == MISSING or (row[_SECTION] == VALUES and row[_ENTITY] != root):
        return None
    return f"{VALUES}.{row[_ID]}" if row[_SECTION] == VALUES else _name(row, root)


def cell_text(row: Row) -> str | None:
    """The text of a column of texts for a finding that is alone in it."""
    return _summary([_cell(row)])


def _cell(row: Row) -> object:
    """What a finding comes to in one cell."""
    section, status = row[_SECTION], row[_STATUS]
    if section == VALUES:
        return row[_VALUE]
    if section == "charges":
        return row[_NET]
    if section == "discounts":
        return row[_RATE]
    if status == UNDETERMINED:
        return status
    if section == "levels":
        return row[_LEVEL] or status
    if section == "duties" and status != NOT_APPLICABLE:
        return row[_PARTY] or status
    return status


def _sum(found: Iterable[object]) -> Decimal | None:
    numbers = [each for each in found if isinstance(each, Decimal)]
    return reduce(_WHOLE.add, numbers) if numbers else None


def _summary(found: list[object]) -> str | None:
    """The only value, or how often each is there: `blocked 1; open 2`."""
    words = [number_text(each, 2) if isinstance(each, Decimal) else each for each in found]
    if len(words) == 1:
        return None if words[0] is None else str(words[0])
    counted = Counter(str(each) for each in words if each is not None)
    return "; ".join(f"{word} {count}" for word, count in sorted(counted.items())) or None


def _name(row: Row, root: str) -> str:
    before = "" if row[_ENTITY] == root else f"{row[_ENTITY]}."
    section = str(row[_SECTION])
    if section == "discounts":
        return f"{before}{section}.{row[_ON]}"
    if section in _BY_POLICY:
        return f"{before}{section}.{row[_POLICY]}"
    role = row[_ROLE]
    after = f".{role}" if role not in (None, "responsible") else ""
    return f"{before}{section}.{row[_POLICY]}/{row[_ID]}{after}"


def _names(rule: Rule, entity: str, root: str) -> Iterator[str]:
    """The names of the columns that findings of a rule can stand under."""
    line: list[object] = [None] * len(NAMES)
    line[_ENTITY], line[_SECTION], line[_POLICY] = entity, rule.finding.section, rule.origin.policy
    ids = {rule.origin.id}
    if rule.origins is not None:
        nearer = (*rule.origins.cases.values(), rule.origins.otherwise)
        ids |= {each.value.id for each in nearer if isinstance(each, Const) and hasattr(each.value, "id")}
    for line[_ID] in sorted(ids):
        for line[_ON] in _values(rule.fields.get("on")):
            for line[_ROLE] in _values(rule.fields.get("role")):
                yield _name(tuple(line), root)


def _values(reading: Reading | None) -> list[object]:
    if isinstance(reading, Const):
        return [reading.value]
    if isinstance(reading, Choose):
        return [value for each in (*reading.cases.values(), reading.otherwise) for value in _values(each)]
    return [None]
