"""Measures `policyengine evaluate` from file to file on the workload: `make bench-files`.

Every run is a process of its own, beside the same records in memory; it prints the page's figures. Arguments
are numbers of records; the larger ones only from Parquet to Parquet, as findings. What is nested, or stands in
tables beside the records, are a third as many resellers of partners.py, with nothing left out.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from csv import DictWriter
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import ours
import partners
import pyarrow as pa
from page import machine, put
from processes import ROOT
from pyarrow import csv, parquet

import columns
from policyengine.batch.parquet_tables import ParquetWriter, parquet_chunks
from policyengine.batch.typed_columns import ColumnReader
from policyengine.engine.columns import plan
from policyengine.engine.layout import COLUMNS
from program import FOLDER

_PART = 10_000
_MANY = 100_000
_IN_MEMORY = 100
_RUNS = (
    ("parquet", "parquet", "findings"), ("parquet", "parquet", "records"), ("csv", "parquet", "findings"),
    ("ndjson", "parquet", "findings"), ("parquet", "csv", "findings"), ("parquet", "ndjson", "findings"),
)  # fmt: skip
_BYTEKAST = ROOT / "policies" / "bytekast"
_CHILD = (
    "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:]).returncode; "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(done)"
)
_CLI = [sys.executable, "-c", "from policyengine.cli import main; main()"]


def write(path: Path, count: int) -> None:
    """So many records, part by part; every key is another one."""
    drawn = columns.batch(plan(ours.program().linked), _PART).drop_columns(["__row"])
    at = drawn.schema.get_field_index("id")
    with _writer(path, drawn.schema) as writer:
        for start in range(0, count, _PART):
            part = drawn.slice(0, min(_PART, count - start))
            keys = pa.array([f"P{start + i:08}" for i in range(part.num_rows)])
            writer.write_table(part.set_column(at, "id", keys))


class _Ndjson:
    """Writes tables as NDJSON, numbers with their digits."""

    def __init__(self, path: Path, schema: object) -> None:
        self._path = path

    def __enter__(self) -> _Ndjson:
        self._file = self._path.open("w", encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write_table(self, table: Any) -> None:
        self._file.writelines(f"{partners.line(row)}\n" for row in table.to_pylist())


def _writer(path: Path, schema: Any) -> Any:
    kinds = {".parquet": parquet.ParquetWriter, ".csv": csv.CSVWriter, ".ndjson": _Ndjson}
    return kinds[path.suffix](path, schema)


def write_nested(folder: Path, count: int) -> Path:
    """So many resellers, each with what stands within it."""
    path = folder / "resellers.ndjson"
    found = partners.partners(count, holes=0)
    path.write_text("".join(f"{partners.line(each)}\n" for each in found), encoding="utf-8")
    return path


def write_tables(folder: Path, count: int) -> Path:
    """The same resellers as a table, and beside it a table of each list."""
    rows: dict[str, list[dict[str, Any]]] = {"resellers": []}
    for each in partners.partners(count, holes=0):
        rows["resellers"].append({name: value for name, value in each.items() if not isinstance(value, list)})
        for name, items in each.items():
            if isinstance(items, list):
                rows.setdefault(name, []).extend({"partner": each["id"], **item} for item in items)
    for name, found in rows.items():
        head = list(dict.fromkeys(key for row in found for key in row))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = DictWriter(file, head)
            writer.writeheader()
            writer.writerows({key: _cell(value) for key, value in row.items()} for row in found)
    return folder / "resellers.csv"


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def run(records: Path, out: Path, layout: str, program: Path = FOLDER) -> tuple[float, int]:
    """Seconds and the peak memory in megabytes of one evaluation; raises where it fails."""
    day = ["--as-of", ours.DAY.isoformat(), "--layout", layout]
    command = [*_CLI, "evaluate", str(program), str(records), *day, "-o", str(out)]
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, *command],
        check=True, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    return time.perf_counter() - start, int(done.stdout.split()[-1]) // 1024


def in_memory(records: Path) -> float:
    """Records a second of the findings table on batches that are in memory already: the first million of a file.

    All of them count, as they do from file to file; only the first, for which the program is lowered, does not.
    """
    program = ours.program().linked
    found, vocabulary = plan(program), program.graph.vocabulary
    reader, batches, before = ColumnReader(vocabulary), [], 0
    for _, chunk in islice(parquet_chunks(records, vocabulary, vocabulary.root, (), _PART), _IN_MEMORY):
        batches.append(reader.read(chunk, before).batch)
        before += chunk.count
    found.answer(batches[0])
    start = time.perf_counter()
    for each in batches:
        found.answer(each)
    return before / (time.perf_counter() - start)


def writing_alone() -> float:
    """Records a second of writing such findings to Parquet, in memory and on one core, with nothing worked out."""
    found = plan(ours.program().linked)
    table = found.answer(columns.batch(found, _PART)).table

    def write() -> None:
        writer = ParquetWriter(io.BytesIO(), COLUMNS)
        writer.write(table)
        writer.finish()

    return _PART / columns.best({"": write}, 5)[""]


class _Table:
    """The lines of the table, one a run."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say

    def head(self) -> None:
        """What the columns are."""
        heads = (
            "from", "to", "layout", "records", "records a second", "in memory", "to in memory",
            "peak memory, MB", "bytes a record",
        )  # fmt: skip
        self._say(f"| {' | '.join(heads)} |")
        self._say(f"|---|---|---|{'---:|' * 6}")

    def line(
        self, records: Path, count: int, to: str, layout: str, program: Path = FOLDER, title: str = "",
        memory: Callable[[], float] | None = None,
    ) -> None:  # fmt: skip
        """Run it and say what came; `memory` measures records a second in memory, before it and after."""
        out = self._folder / f"decisions.{to}"
        before = memory() if memory is not None else 0
        seconds, peak = run(records, out, layout, program)
        rate, size = count / seconds, out.stat().st_size / count
        out.unlink()
        beside = " |"
        if memory is not None:
            both = (before + memory()) / 2
            beside = f"{both:,.0f} | {rate / both:.2f} x"
        title = title or records.suffix[1:]
        self._say(
            f"| {title} | {to} | {layout} | {count:,} | {rate:,.0f} | {beside} | {peak:,} | {size:,.0f} |"
        )


def main(counts: list[int]) -> None:
    """Print the table, and write it to the page."""
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    say("## From file to file")
    say("")
    say(
        f"{machine()}. `policyengine evaluate` as a process of its own, with its start and the lowering of the"
    )
    say("program; beside it the findings table of the same records, a million at most, that are in memory as")
    say("typed batches, on one core, measured right before and right after. Writing such tables to Parquet")
    say(f"alone, on one core: {writing_alone():,.0f} records a second.")
    say("")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = _Table(folder, say)
        table.head()
        for count in counts:
            for ending, to, layout in _RUNS if count <= _MANY else _RUNS[:1]:
                records = folder / f"partners.{ending}"
                write(records, count)
                paired = (ending, to, layout) == _RUNS[0]
                table.line(records, count, to, layout, memory=partial(in_memory, records) if paired else None)
                records.unlink()
        for title, write_all in (("nested ndjson", write_nested), ("tables of csv", write_tables)):
            table.line(write_all(folder, _MANY // 3), _MANY // 3, "parquet", "findings", _BYTEKAST, title)
    put("files", "\n".join(said))


if __name__ == "__main__":
    main([int(each.replace("_", "")) for each in sys.argv[1:]] or [10_000, 100_000, 1_000_000, 10_000_000])
