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
from csv import DictWriter
from pathlib import Path
from typing import Any

import ours
import partners
import pyarrow as pa
from page import machine, put
from processes import ROOT
from pyarrow import csv, parquet

import columns
from policyengine.batch.arrow_out import ParquetWriter
from policyengine.engine.columns import plan
from policyengine.engine.layout import COLUMNS
from program import FOLDER

_PART = 10_000
_MANY = 100_000
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


def in_memory() -> float:
    """Records a second of the findings table on batches that are in memory already."""
    found = plan(ours.program().linked)
    table = columns.batch(found, _PART)
    return _PART / columns.best({"": lambda: found.answer(table)}, 5)[""]


def writing_alone() -> float:
    """Records a second of writing such findings to Parquet, in memory and on one core, with nothing worked out."""
    found = plan(ours.program().linked)
    table = found.answer(columns.batch(found, _PART)).table

    def write() -> None:
        writer = ParquetWriter(io.BytesIO(), COLUMNS)
        writer.write_table(table)
        writer.finish()

    return _PART / columns.best({"": write}, 5)[""]


def _line(
    records: Path, count: int, out: Path, layout: str, program: Path, memory: float | None, title: str = ""
) -> str:
    """A line of the table; `memory` are records a second in memory, where they are known."""
    seconds, peak = run(records, out, layout, program)
    rate, size = count / seconds, out.stat().st_size / count
    out.unlink()
    beside = f"{rate / memory:.2f} x" if memory is not None else ""
    return (
        f"| {title or records.suffix[1:]} | {out.suffix[1:]} | {layout} | {count:,} | {rate:,.0f} | {beside} "
        f"| {peak:,} | {size:,.0f} |"
    )


def main(counts: list[int]) -> None:
    """Print the table, and write it to the page."""
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    memory, writing = in_memory(), writing_alone()
    say("## From file to file")
    say("")
    say(
        f"{machine()}. `policyengine evaluate` as a process of its own, with its start and the lowering of the"
    )
    say(
        f"program; beside it the findings table of batches in memory on one core, {memory:,.0f} records a second."
    )
    say(f"Writing such tables to Parquet alone, on one core: {writing:,.0f} records a second.")
    say("")
    say(
        "| from | to | layout | records | records a second | to in memory | peak memory, MB | bytes a record |"
    )
    say("|---|---|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in counts:
            for ending, to, layout in _RUNS if count <= _MANY else _RUNS[:1]:
                records = folder / f"partners.{ending}"
                write(records, count)
                say(_line(records, count, folder / f"decisions.{to}", layout, FOLDER, memory))
                records.unlink()
        for title, write_all in (("nested ndjson", write_nested), ("tables of csv", write_tables)):
            records = write_all(folder, _MANY // 3)
            out = folder / "decisions.parquet"
            say(_line(records, _MANY // 3, out, "findings", _BYTEKAST, None, title))
    put("files", "\n".join(said))


if __name__ == "__main__":
    main([int(each.replace("_", "")) for each in sys.argv[1:]] or [10_000, 100_000, 1_000_000, 10_000_000])
