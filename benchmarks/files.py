"""Measures `policyengine evaluate` from file to file on the workload: `make bench-files`.

Every run is a process of its own, beside the same records in memory; it prints the page's figures. Arguments
are numbers of records; the larger ones only from Parquet to Parquet, as findings.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ours
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
_RUNS = (("parquet", "findings"), ("parquet", "records"), ("csv", "findings"))
_CHILD = (
    "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:]).returncode; "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(done)"
)
_CLI = [sys.executable, "-c", "from policyengine.cli import main; main()"]


def write(path: Path, count: int) -> None:
    """So many records, part by part; every key is another one."""
    drawn = columns.batch(plan(ours.program().linked), _PART).drop_columns(["__row"])
    at = drawn.schema.get_field_index("id")
    kind = parquet.ParquetWriter if path.suffix == ".parquet" else csv.CSVWriter
    with kind(path, drawn.schema) as writer:
        for start in range(0, count, _PART):
            part = drawn.slice(0, min(_PART, count - start))
            keys = pa.array([f"P{start + i:08}" for i in range(part.num_rows)])
            writer.write_table(part.set_column(at, "id", keys))


def run(records: Path, out: Path, layout: str) -> tuple[float, int]:
    """Seconds and the peak memory in megabytes of one evaluation; raises where it fails."""
    day = ["--as-of", ours.DAY.isoformat(), "--layout", layout]
    command = [*_CLI, "evaluate", str(FOLDER), str(records), *day, "-o", str(out)]
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
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            for ending, layout in _RUNS if count <= _MANY else _RUNS[:1]:
                records, out = Path(folder) / f"partners.{ending}", Path(folder) / "decisions.parquet"
                write(records, count)
                seconds, peak = run(records, out, layout)
                rate, size = count / seconds, out.stat().st_size / count
                say(
                    f"| {ending} | parquet | {layout} | {count:,} | {rate:,.0f} | {rate / memory:.2f} x "
                    f"| {peak:,} | {size:,.0f} |"
                )
                records.unlink()
                out.unlink()
    put("files", "\n".join(said))


if __name__ == "__main__":
    main([int(each.replace("_", "")) for each in sys.argv[1:]] or [10_000, 100_000, 1_000_000, 10_000_000])
