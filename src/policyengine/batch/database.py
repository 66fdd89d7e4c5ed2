"""Records out of a database: the rows of a query, read only, typed by the facts like those of a CSV file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit

from policyengine.batch.head import read_head
from policyengine.batch.lines import Unusable
from policyengine.batch.raw import NOT_EXACT, Raw, Reject
from policyengine.batch.textfiles import Owned
from policyengine.policy.vocabulary import Fact, Vocabulary

_DIGITS = 15
_READ_ONLY = "-c default_transaction_read_only=on"


class Database:
    """A database by its address: `sqlite:///crm.db` or `postgresql://...`; never written to."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.name = _name(url)
        if urlsplit(url).scheme not in ("sqlite", "postgresql", "postgres"):
            raise Unusable(
                f"`{self.name}` is no address of a database",
                "write `sqlite:///FILE` or `postgresql://HOST/NAME`",
            )

    def rows(
        self, query: str, vocabulary: Vocabulary, entity: str, ignored: Iterable[str]
    ) -> Iterator[Owned]:
        """The rows of a query for an entity, each with the keys of what it belongs to."""
        facts = vocabulary.entities[entity].facts
        number = 0
        for names, columns in self._batches(query):
            head = read_head(names, f"the query on {self.name}", vocabulary, entity, ignored)
            for row in zip(*columns, strict=True):
                number += 1
                raw = Raw(self.name, number, {}, True)
                for name, value in zip(head.columns, row, strict=True):
                    if name is not None:
                        raw.values[name] = _cell(value, name, facts.get(name), raw)
                yield tuple("" if row[i] is None else str(row[i]) for i in head.owners), raw

    def _batches(self, query: str) -> Iterator[tuple[list[str], list[list[Any]]]]:
        error = _error()
        try:
            with closing(self._connect()) as connection, closing(connection.cursor()) as cursor:
                cursor.execute(query)
                reader = cursor.fetch_record_batch()
                yield list(reader.schema.names), [[] for _ in reader.schema.names]
                for batch in reader:
                    yield list(batch.schema.names), [column.to_pylist() for column in batch.columns]
        except (error, OSError, ValueError) as found:
            reason = " ".join(str(found).split())[:200].rstrip(".")
            raise Unusable(f"the query on {self.name} fails: {reason}") from None

    def _connect(self) -> Any:
        if urlsplit(self._url).scheme == "sqlite":
            from adbc_driver_sqlite import dbapi

            path = self._url.removeprefix("sqlite://").removeprefix("/")
            return dbapi.connect(f"file:{quote(path)}?mode=ro")
        from adbc_driver_postgresql import dbapi as postgresql

        mark = "&" if urlsplit(self._url).query else "?"
        return postgresql.connect(f"{self._url}{mark}options={quote(_READ_ONLY)}")


def _error() -> type[Exception]:
    try:
        from adbc_driver_manager import Error
    except ImportError:
        raise Unusable(
            "records from a database need the extra `db`, which is not installed",
            "pip install 'partner-policy-engine[db]'",
        ) from None
    found: type[Exception] = Error
    return found


def _name(url: str) -> str:
    """The address without what is secret in it."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


_WORDS: Mapping[object, str] = {True: "true", False: "false"}


def _cell(value: Any, name: str, fact: Fact | None, raw: Raw) -> str:
    """A value of a database as the cell of a table; SQLite has no truth values but 0 and 1."""
    if value is None:
        return ""
    if isinstance(value, bool) or (fact is not None and fact.scalar == "boolean" and value in (0, 1)):
        return _WORDS[bool(value)]
    if isinstance(value, float):
        return _exact(value, name, raw)
    if isinstance(value, datetime):
        midnight = value.time() == time(0) and value.tzinfo is None
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (list, tuple)):
        return "; ".join(str(each) for each in value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _exact(value: Any, name: str, raw: Raw) -> str:
    exact = Decimal(repr(value))
    if exact.is_finite() and len(exact.normalize().as_tuple().digits) <= _DIGITS:
        return f"{exact:f}"
    reason = f"`{name}` is the binary number {value!r}, which is no exact decimal"
    help = "store the column as decimals, or as text"
    raw.faults.append(Reject(raw.file, raw.line, None, name, NOT_EXACT.id, reason, help))
    return ""
