"""Columns of cases as facts: those of the record itself, and those of what stands in its lists.

`accounts.A-1.fee` is the fee of one account, `accounts.fee` that of all of them; lists in lists go on alike.
"""

from __future__ import annotations

from collections.abc import Iterable

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic
from policyengine.program.graph import Graph
from policyengine.text.document import Document, Entry, Mapping, Node, Scalar
from policyengine.text.document import Sequence as SequenceNode
from policyengine.verify import testfile as codes

_HOW = "name a list of the record, a key in it if one is meant, and a fact: `accounts.A-1.fee`"


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What a record of a graph may state, by the names that columns have; nothing without a graph."""

    graph: Graph | None

    @property
    def own(self) -> tuple[str, ...]:
        """The facts and lists of the root."""
        if self.graph is None:
            return ()
        vocabulary = self.graph.vocabulary
        lists = (str(below.list) for _, below in vocabulary.children(vocabulary.root))
        return (*self._stated(vocabulary.root), *lists)

    def _stated(self, entity: str) -> list[str]:
        assert self.graph is not None
        facts = self.graph.vocabulary.entities[entity].facts
        return [name for name, fact in facts.items() if fact.is_given]

    def reaches(self, column: str) -> bool:
        """Whether a column names a fact of what stands in a list: `accounts.fee`, `accounts.A-1.fee`."""
        if self.graph is None or "." not in column:
            return False
        vocabulary = self.graph.vocabulary
        first, last = column.split(".")[0], column.rsplit(".")[-1]
        lists = {str(below.list): child for child, below in vocabulary.children(vocabulary.root)}
        within = [lists[first], *vocabulary.below(lists[first])] if first in lists else []
        return any(last in self._stated(each) for each in within)

    def changed(
        self, record: Document, cells: Iterable[tuple[Scalar, Node]]
    ) -> tuple[Document, list[Diagnostic]]:
        """The record with cells as facts in its lists, and the columns that lead nowhere in it."""
        root, missing = record.root, []
        for column, cell in cells:
            made = self._made(root, column.text, cell) if isinstance(root, Mapping) else None
            if made is None:
                message = f"the record has no `{column.text}`"
                missing.append(codes.CASES.at(column.span, message, help=_HOW))
            root = made or root
        return Document(record.source, root), missing

    def _made(self, root: Mapping, column: str, cell: Node) -> Mapping | None:
        assert self.graph is not None
        made, count = self._put(root, self.graph.vocabulary.root, column, cell)
        return made if count else None

    def _put(self, node: Mapping, entity: str, path: str, cell: Node) -> tuple[Mapping, int]:
        assert self.graph is not None
        name, dot, rest = path.partition(".")
        if not dot:
            if name not in self._stated(entity):
                return node, 0
            entries = {**node.entries, name: Entry(Scalar(name, cell.span), cell)}
            if isinstance(cell, Scalar) and cell.is_null:
                del entries[name]
            return Mapping(entries, node.span), 1
        vocabulary, rows = self.graph.vocabulary, node.entries.get(name)
        child = next((each for each, below in vocabulary.children(entity) if below.list == name), None)
        if child is None or rows is None or not isinstance(rows.value, SequenceNode):
            return node, 0
        key = vocabulary.entities[child].key
        made = [self._row(item, child, key, rest, cell) for item in rows.value.items]
        if not any(count for _, count, _ in made):
            return node, 0
        named = any(by_key for _, _, by_key in made)
        items = tuple(
            new if by_key or not named else old
            for (new, _, by_key), old in zip(made, rows.value.items, strict=True)
        )
        value = SequenceNode(items, rows.value.span)
        return Mapping({**node.entries, name: Entry(rows.key, value)}, node.span), 1

    def _row(self, item: Node, entity: str, key: str | None, path: str, cell: Node) -> tuple[Node, int, bool]:
        """An instance with the cell, how often it was put there, and whether the path names the instance."""
        if not isinstance(item, Mapping):
            return item, 0, False
        entry = item.entries.get(key or "")
        own = entry.value.text if entry is not None and isinstance(entry.value, Scalar) else None
        named = own is not None and path.startswith(f"{own}.")
        made, count = self._put(item, entity, path[len(own or "") + 1 :] if named else path, cell)
        return made, count, named and count > 0
