"""The options of `evaluate` that concern tables."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from policyengine.cli.options import Output
from policyengine.dataclass import dataclass

Kind = Literal["csv", "ndjson", "parquet", "yaml", "json"]
Form = Literal["csv", "ndjson", "parquet"]
Layout = Literal["findings", "records"]
EngineName = Literal["auto", "rows", "columns"]
ENDINGS: dict[str, Form] = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".parquet": "parquet"}
_TABLES = (".csv", ".tsv", ".parquet", ".pq")


@dataclass(frozen=True, slots=True)
class TableOptions:
    """The options of one command line, as given."""

    files: tuple[str, ...]
    tables: tuple[str, ...]
    ignored: tuple[str, ...]
    outputs: tuple[Output, ...]
    rejects: str | None
    layout: Layout | None
    engine: EngineName
    explain_engine: bool
    form: Kind | None
    records_from: str | None = None
    query: str | None = None

    @property
    def writes_tables(self) -> bool:
        """Whether the outputs are tables, not decisions."""
        return any(
            self.layout is not None or output.table or output.format in ("csv", "parquet")
            for output in self.outputs
        )

    @property
    def reads_tables(self) -> bool:
        """Whether an input is a table, a folder or a database."""
        paths = [Path(file) for file in self.files]
        tables = any(
            path.suffix.lower() in _TABLES or path.is_dir() for path in paths if "\0" not in str(path)
        )
        return (
            tables
            or bool(self.tables or self.ignored or self.records_from)
            or self.form in ("csv", "parquet")
        )

    @property
    def only_for_tables(self) -> str | None:
        """An option that is given although only tables have it; None if there is none."""
        given = {
            "--layout": self.layout is not None,
            "--rejects": self.rejects is not None,
            "--engine": self.engine != "auto",
            "--explain-engine": self.explain_engine,
        }
        return next((name for name, is_given in given.items() if is_given), None)
