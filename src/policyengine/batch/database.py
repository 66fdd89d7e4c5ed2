"""Records out of a database: the rows of a query, read only, typed by the facts like those of a CSV file."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote, urlsplit

from policyengine.batch.lines import Unusable
from policyengine.batch.raw import BROKEN, Head, Raw, Reject, exact_decimal, read_head
from policyengine.batch.text_columns import TextTable
from policyengine.policy.entity import Entity
from policyengine.policy.facts import Fact
from policyengine.policy.quantities import plain
from policyengine.policy.vocabulary import Vocabulary
from policyengine.source import composed

_READS = re.compile(
    r"(?:[\s(]|--[^\n]*\n|/\*.*?\*/)*(?:select|with|values|table)\b", re.IGNORECASE | re.DOTALL
)
_READ_ONLY = "-c default_transaction_read_only=on"

Batch: TypeAlias = tuple[list[str], Iterable[Sequence[Any]]]


class Database:
    """A database by its address: `sqlite:///crm.db` or `postgresql://...`; never written to."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.name = _name(url)
        if urlsplit(url).scheme not in ("sqlite", "postgresql", "postgres"):
            raise Unusable(
                f"`{self.name}` is not an address of a database",
                "write `sqlite:///FILE` or `postgresql://HOST/NAME`",
            )

    def tables(
        self, query: str, vocabulary: Vocabulary, entity: str, ignored: Iterable[str], size: int
    ) -> Iterator[TextTable]:
        """The rows of a query for an entity, at most so many at a time."""
        declared = vocabulary.entities[entity]
        name = f"{self.name} ({declared.list})" if declared.list else self.name
        number = 0
        for names, rows in self._batches(query, size):
            head = read_head(names, name, vocabulary, entity, ignored)
            found = [_Row(name, number + i, head, declared, row) for i, row in enumerate(rows, start=1)]
            number += len(found)
            if found:
                faults = {i: each.raw for i, each in enumerate(found) if each.raw.faults}
                yield TextTable(
                    name, head, [each.raw.line for each in found], [each.cells for each in found], faults
                )

    def _batches(self, query: str, size: int) -> Iterator[Batch]:
        if not _READS.match(query):
            raise Unusable(f"`{query[:60]}` is not a query that reads", "it begins with SELECT or WITH")
        if urlsplit(self._url).scheme == "sqlite":
            path = self._url.removeprefix("sqlite://").removeprefix("/")
            return _out_of_sqlite(path, self.name, query, size)
        return _out_of_postgresql(self._url, self.name, query)


def _out_of_sqlite(path: str, name: str, query: str, size: int) -> Iterator[Batch]:
    """Value by value, as they are stored.

    A column of SQLite may hold values of several types. A driver that makes an Arrow column of them makes
    them texts, and writes 1234567.89 as 1.234568e+06.
    """
    if not Path(path).is_file():
        raise Unusable(f"`{path}` does not exist")
    try:
        with closing(sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True)) as connection:
            connection.text_factory = _text
            cursor = connection.execute(query)
            names = [each[0] for each in cursor.description]
            yield names, []
            while rows := cursor.fetchmany(size):
                yield names, rows
    except (sqlite3.Error, sqlite3.Warning) as found:
        raise _failed(name, found) from None


def _text(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _out_of_postgresql(url: str, name: str, query: str) -> Iterator[Batch]:
    error = _error()
    try:
        with closing(_connect(url)) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(query)
            reader = cursor.fetch_record_batch()
            _no_money(reader.schema, name)
            yield list(reader.schema.names), []
            for batch in reader:
                columns = [_values(*pair) for pair in zip(batch.schema, batch.columns, strict=True)]
                yield list(batch.schema.names), zip(*columns, strict=True)
    except (error, OSError, ValueError) as found:
        raise _failed(name, found) from None


def _values(column: Any, found: Any) -> list[Any]:
    """The values of a column; `numeric` of PostgreSQL arrives as texts, which are exact decimals."""
    values: list[Any] = found.to_pylist()
    if (column.metadata or {}).get(b"POSTGRESQL:type") != b"numeric":
        return values
    return [Decimal(each) if isinstance(each, str) and _NUMBER.fullmatch(each) else each for each in values]


def _no_money(schema: Any, name: str) -> None:
    """The type `money` of PostgreSQL arrives as whole cents, so 5.25 would be read as 525."""
    for each in schema:
        if (each.metadata or {}).get(b"POSTGRESQL:type") == b"money":
            message = f"`{each.name}` in the query on {name} is of the type `money`, which is not read"
            raise Unusable(message, f"write `{each.name}::numeric`")


def _connect(url: str) -> Any:
    from adbc_driver_postgresql import dbapi

    mark = "&" if urlsplit(url).query else "?"
    return dbapi.connect(f"{url}{mark}options={quote(_READ_ONLY)}")


def _failed(name: str, found: Exception) -> Unusable:
    reason = " ".join(str(found).split())[:200].rstrip(".")
    return Unusable(f"the query on {name} fails: {reason}")


def _error() -> type[Exception]:
    try:
        from adbc_driver_manager import Error
    except ImportError:
        raise Unusable(
            "records from PostgreSQL need the extra `db`, which is not installed",
            "`python -m pip install 'adbc-driver-manager>=1.8' 'adbc-driver-postgresql>=1.8'` adds it",
        ) from None
    found: type[Exception] = Error
    return found


def _name(url: str) -> str:
    """The address without what is secret in it."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if parts.scheme else url


class _Row:
    """A row as the cells of a table of texts, and as the record that it is."""

    def __init__(self, name: str, line: int, head: Head, entity: Entity, row: Sequence[Any]) -> None:
        self.raw = Raw(name, line, {}, True)
        self.cells: list[str] = []
        for i, (fact, value) in enumerate(zip(head.columns, row, strict=True)):
            if fact is not None:
                cell = _cell(value, fact, entity.facts.get(fact), self.raw)
                self.raw.values[fact] = cell
            else:
                cell = composed(str(value)) if i in head.owners and value is not None else ""
            self.cells.append(cell)


_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_WORDS: Mapping[object, str] = {True: "true", False: "false"}


def _cell(value: Any, name: str, fact: Fact | None, raw: Raw) -> str:
    """A value of a database as the cell of a table; SQLite has no truth values but 0 and 1."""
    if value is None:
        return ""
    if isinstance(value, bool) or (fact is not None and fact.scalar == "boolean" and value in (0, 1)):
        return _WORDS[bool(value)]
    if isinstance(value, bytes):
        return _no_text(name, raw)
    if isinstance(value, float):
        exact = exact_decimal(value, name, raw, "store the column as decimals, or as text")
        return "" if exact is None else plain(exact)
    if isinstance(value, datetime):
        midnight = value.time() == time(0) and value.tzinfo is None
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, (list, tuple)):
        return "; ".join(plain(each) if isinstance(each, Decimal) else str(each) for each in value)
    return value.isoformat() if isinstance(value, date) else composed(str(value))


def _no_text(name: str, raw: Raw) -> str:
    reason = f"`{name}` is binary data, and no text in UTF-8"
    raw.faults.append(Reject(raw.file, raw.line, None, name, BROKEN.id, reason, "cast it in the query"))
    return ""
