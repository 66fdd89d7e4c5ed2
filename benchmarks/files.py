"""Measures `policyengine evaluate` from file to file on the workload: `make bench-files`.

Every run is a process of its own, beside the same records in memory; it prints the page's figures. Arguments
are numbers of records (by default 10,000 and 100,000).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ours
import pyarrow as pa
from processes import ROOT
from pyarrow import csv, parquet

import columns
from policyengine.engine.columns import plan
from program import FOLDER

_PART = 10_000
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


def main(counts: list[int]) -> None:
    """Print the table."""
    memory = in_memory()
    sys.stdout.write(f"In memory, findings table: {memory:,.0f} records a second on one core.\n\n")
    sys.stdout.write(
        "| from | to | records | records a second | to in memory | peak memory, MB | bytes a record |\n"
    )
    sys.stdout.write("|---|---|---:|---:|---:|---:|---:|\n")
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            for ending in ("parquet", "csv"):
                records, out = Path(folder) / f"partners.{ending}", Path(folder) / "decisions.parquet"
                write(records, count)
                seconds, peak = run(records, out, "findings")
                rate, size = count / seconds, out.stat().st_size / count
                sys.stdout.write(
                    f"| {ending} | parquet | {count:,} | {rate:,.0f} | {rate / memory:.2f} x | {peak:,} | {size:,.0f} |\n"
                )
                sys.stdout.flush()
                records.unlink()
                out.unlink()


if __name__ == "__main__":
    main([int(each.replace("_", "")) for each in sys.argv[1:]] or [10_000, 100_000])
