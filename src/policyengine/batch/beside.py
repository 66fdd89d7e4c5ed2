"""Tables beside the records, joined by key: they lie in a temporary database, not in memory."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from policyengine.batch.lines import Unusable
from policyengine.batch.raw import ORPHAN, TWICE, Raw, Reject
from policyengine.policy.vocabulary import Vocabulary

_SETUP = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA cache_size = -65536",  # 64 MB
    "CREATE TABLE rows "
    "(root TEXT, entity TEXT, owners BLOB, line INTEGER, file TEXT, body BLOB, used INTEGER)",
    "CREATE TEMP TABLE wanted (root TEXT PRIMARY KEY) WITHOUT ROWID",
)


@contextmanager
def _room() -> Iterator[None]:
    """A temporary file that has no room ends the run with a sentence."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise no_room(error) from None


def no_room(error: Exception) -> Unusable:
    """The end of a run whose tables beside the records do not fit into a temporary file."""
    message = f"the tables of children do not fit into a temporary file: {error}"
    return Unusable(message, "`TMPDIR` names the folder for it")


class Beside:
    """The rows of all tables beside the records; `attach` hands them to the records that they belong to."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._lists = {name: str(each.list) for name, each in vocabulary.entities.items() if each.list}
        self._entities: list[str] = []
        self._rows = sqlite3.connect("", isolation_level=None)
        for statement in _SETUP:
            self._rows.execute(statement)

    def close(self) -> None:
        """Forget all of it."""
        self._rows.close()

    def add(self, entity: str, rows: Iterable[tuple[tuple[str, ...], Raw]]) -> Iterator[Reject]:
        """Take in the rows of a table; those that name no record are rejects."""
        self._entities.append(entity)
        wanted = len(self._vocabulary.lineage(entity)) - 1
        with _room():
            self._rows.execute("BEGIN")
            for owners, raw in rows:
                if len(owners) < wanted or not owners[0].strip():
                    yield from raw.faults or [orphan(self._vocabulary, raw, entity, "")]
                    continue
                body = pickle.dumps((raw.values, raw.textual, raw.faults))
                self._rows.execute(
                    "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, 0)",
                    (owners[0], entity, pickle.dumps(owners[1:]), raw.line, raw.file, body),
                )
            self._rows.execute("COMMIT")
            self._rows.execute("CREATE INDEX IF NOT EXISTS by_root ON rows (root)")

    def attach(self, records: Sequence[tuple[str | None, Raw]]) -> None:
        """Give the records, by their keys, what belongs to them; without a row the list is empty."""
        top = [name for name in self._entities if len(self._vocabulary.lineage(name)) == 2]
        by_key: dict[str, list[Raw]] = {}
        for key, raw in records:
            if key is not None:
                by_key.setdefault(key, []).append(raw)
                self._prepare(raw, top, key)
        with _room():
            found = self._fetch(by_key)
        for root, entity, owners, line, file, body in found:
            values, textual, faults = pickle.loads(body)
            for raw in by_key[root]:
                row = Raw(file, line, values, textual, faults=faults)
                self._place(raw, entity, pickle.loads(owners), row, root)

    def _fetch(self, keys: Iterable[str]) -> list[tuple[str, str, bytes, int, str, bytes]]:
        self._rows.execute("DELETE FROM wanted")
        self._rows.executemany("INSERT INTO wanted VALUES (?)", ((key,) for key in keys))
        self._rows.execute("UPDATE rows SET used = 1 WHERE root IN (SELECT root FROM wanted)")
        order = {entity: len(self._vocabulary.lineage(entity)) for entity in self._entities}
        found = self._rows.execute(
            "SELECT root, entity, owners, line, file, body FROM rows "
            "WHERE root IN (SELECT root FROM wanted) ORDER BY rowid"
        ).fetchall()
        return sorted(found, key=lambda row: order[row[1]])

    def _prepare(self, raw: Raw, entities: Iterable[str], key: str) -> None:
        for entity in entities:
            twice(raw, self._lists[entity], key)

    def _place(self, raw: Raw, entity: str, owners: tuple[str, ...], row: Raw, root: str) -> None:
        """Put a row under the one that it belongs to, step by step."""
        lineage = tuple(reversed(self._vocabulary.lineage(entity)))
        at = raw
        for name, key in zip(lineage[1:-1], owners, strict=True):
            fact = str(self._vocabulary.entities[name].key)
            rows = at.lists.get(self._lists[name], [])
            found = next((each for each in rows if str(each.values.get(fact)) == key), None)
            if found is None:
                raw.faults.append(orphan(self._vocabulary, row, entity, key, root))
                return
            at = found
        for below in self._entities:
            if self._vocabulary.entities[below].within == entity:
                row.lists.setdefault(self._lists[below], [])
        at.lists.setdefault(self._lists[entity], []).append(row)
        raw.faults.extend(row.faults)

    def orphans(self) -> Iterator[Reject]:
        """The rows whose record was not among those that were read."""
        rows = self._rows.execute("SELECT file, line, entity, root FROM rows WHERE used = 0 ORDER BY rowid")
        for file, line, entity, root in rows:
            yield orphan(self._vocabulary, Raw(file, line, {}), entity, root)


def twice(raw: Raw, name: str, key: str) -> None:
    """Make room in a record for a list out of a table beside it; one that stands in it already is a fault."""
    if raw.values.get(name) is not None:
        reason = f"`{name}` is given both in the record and in a table of its own"
        raw.faults.append(Reject(raw.file, raw.line, key, name, TWICE.id, reason))
    raw.values.pop(name, None)
    raw.lists[name] = []


def orphan(vocabulary: Vocabulary, row: Raw, entity: str, key: str, record: str | None = None) -> Reject:
    """The mistake of a row whose record is not there, or within whose record there is nothing of its key."""
    title = vocabulary.entities[entity].title
    reason = f"no record `{key}` is there for this {title}" if key else f"this {title} names no record"
    if record is not None:
        reason = f"nothing called `{key}` is in the record `{record}` for this {title}"
    help = "add what it belongs to, or correct the key"
    if key.isdecimal():
        help += "; a spreadsheet drops the zeros at the front of `007`"
    return Reject(row.file, row.line, record or key or None, None, ORPHAN.id, reason, help if key else None)
