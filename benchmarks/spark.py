"""Measures Spark beside the local engine on the workload, in one run: `make bench-spark`.

Each master has a process of its own, so that the start of its session is a cold one. It prints Markdown; the
last table are the measured figures that the sums of docs/scale.md start from.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import ours
import pyarrow as pa
from page import machine, put
from pyarrow import parquet as pq

from columns import DAY, batch, plan
from policyengine.batch.engines import Kernel
from policyengine.cli.run import run
from program import FOLDER

COUNTS = (30_000, 120_000)
MASTERS = ("local[1]", "local[2]")
_ROWS = 10_000
_COMMAND_CORES = 2
"""One decides, the other one compresses and writes."""


def seconds(work: Callable[[], object]) -> float:
    """How long it took, by the clock on the wall."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def size(path: Path) -> int:
    """The bytes of a file, or of the data files of a folder."""
    return (
        path.stat().st_size
        if path.is_file()
        else sum(each.stat().st_size for each in path.rglob("*.parquet"))
    )


def write_base(folder: Path, count: int) -> None:
    """So many records in Parquet, in four files of the same size; each has a key of its own."""
    table = batch(plan(ours.program().linked), count).drop_columns(["__row"])
    keys = pa.array([f"P{i:08}" for i in range(count)])
    table = table.set_column(table.schema.get_field_index("id"), "id", keys)
    folder.mkdir()
    for i in range(4):
        pq.write_table(table.slice(i * count // 4, count // 4), folder / f"{i}.parquet")
    pq.write_table(table, folder.with_suffix(".parquet"))


def local(base: Path, count: int) -> dict[str, Any]:
    """The kernel alone on Arrow batches, and the command from Parquet to Parquet."""
    batches = pq.read_table(base.with_suffix(".parquet")).to_batches(max_chunksize=_ROWS)
    kernel = Kernel(ours.program().linked)
    list(kernel.run(batches[:1], 0))
    found: dict[str, Any] = {"kernel": seconds(lambda: [None for _ in kernel.run(batches, 0)])}
    out = base.with_name(f"local-{count}.parquet")
    given = ["evaluate", str(FOLDER), str(base.with_suffix(".parquet")), "--as-of", str(DAY), "-o", str(out)]
    found["findings"] = seconds(lambda: _must(given))
    found["bytes"] = size(out) / count
    return found


def _must(given: list[str]) -> None:
    if code := run(given):
        raise ValueError(f"exit code {code}: {given}")


def on_spark(master: str, folder: str) -> None:
    """Measure one master and print JSON; runs in a process of its own."""
    from pyspark.sql import SparkSession

    from policyengine import spark

    start = time.perf_counter()
    session = (
        SparkSession.builder.master(master)
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "4")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    found: dict[str, Any] = {"session": time.perf_counter() - start}

    def findings(count: int, check_keys: bool) -> Any:
        frame = session.read.parquet(str(Path(folder) / str(count)))
        return spark.evaluate(frame, FOLDER, DAY, check_keys=check_keys).findings

    def write(count: int, check_keys: bool, out: Path) -> float:
        frame = session.read.parquet(str(Path(folder) / str(count)))
        return seconds(lambda: spark.write(frame, FOLDER, DAY, out, check_keys=check_keys))

    def noop(count: int, check_keys: bool) -> float:
        return seconds(lambda: findings(count, check_keys).write.format("noop").mode("overwrite").save())

    some = session.read.parquet(str(Path(folder) / str(COUNTS[0]))).limit(100)
    first = spark.evaluate(some, FOLDER, DAY, check_keys=False).findings
    found["first"] = seconds(lambda: first.write.format("noop").mode("overwrite").save())
    noop(COUNTS[0], False)
    for count in COUNTS:
        out = Path(folder) / f"spark-{master}-{count}"
        found[f"noop {count}"] = noop(count, False)
        found[f"keys {count}"] = noop(count, True)
        found[f"parquet {count}"] = seconds(
            lambda count=count, out=out: findings(count, False).write.parquet(str(out))
        )
        out = Path(folder) / f"workers-{master}-{count}"
        found[f"workers {count}"] = write(count, False, out)
        found[f"bytes {count}"] = size(out) / count
        found[f"workers keys {count}"] = write(count, True, out.with_name(f"{out.name}-keys"))
    session.stop()
    sys.stdout.write(json.dumps(found) + "\n")


def _master(master: str, folder: Path) -> dict[str, Any]:
    python = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    command = [sys.executable, __file__, master, str(folder)]
    done = subprocess.run(command, env=os.environ | python, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


_SAID: list[str] = []


def _say(text: str = "") -> None:
    _SAID.append(text)
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _row(*cells: object) -> None:
    _say("| " + " | ".join(str(cell) for cell in cells) + " |")


def main() -> None:
    """All of it, and write it to the page."""
    _say("## On Spark")
    _say()
    _say(f"{machine()}, which Spark's Java shares. The start of a session and its first batch stand apart.")
    _say()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in COUNTS:
            write_base(folder / str(count), count)
        here = {count: local(folder / str(count), count) for count in COUNTS}
        there = {master: _master(master, folder) for master in MASTERS}
    _row("master", "start of the session, s", "first 100 records, s")
    _row("---", "---:", "---:")
    for master, found in there.items():
        _row(master, f"{found['session']:.1f}", f"{found['first']:.1f}")
    _say()
    _row("what", "records", "cores", "records a second", "a core", "to the kernel alone", "to the command")
    _row("---", "---:", "---:", "---:", "---:", "---:", "---:")
    for count in COUNTS:
        alone = count / here[count]["kernel"]
        command = count / here[count]["findings"] / _COMMAND_CORES
        lines = [("kernel alone, nothing written", 1, here[count]["kernel"])]
        lines.append(("command, findings to Parquet", _COMMAND_CORES, here[count]["findings"]))
        for master, found in there.items():
            cores = int(master[6:-1])
            lines += [
                (f"Spark, {words}", cores, found[f"{what} {count}"])
                for what, words in (("workers", "files by the workers"),
                                    ("workers keys", "files by the workers, keys looked at"),
                                    ("noop", "rows, nothing written"),
                                    ("keys", "rows, keys looked at, nothing written"),
                                    ("parquet", "rows to Parquet"))
            ]  # fmt: skip
        for words, cores, took in lines:
            rate = count / took
            _row(
                words,
                f"{count:,}",
                cores,
                f"{rate:,.0f}",
                f"{rate / cores:,.0f}",
                f"{rate / cores / alone:.2f} x",
                f"{rate / cores / command:.2f} x",
            )
    _say()
    _sums(here[COUNTS[-1]], there, COUNTS[-1])
    put("spark", "\n".join(_SAID))


def _sums(here: dict[str, Any], there: dict[str, Any], count: int) -> None:
    """A billion records: hours of a core by the measured rates, and bytes by those of a record."""
    _row("a billion records", "records a second on a core", "core hours", "bytes a record", "output, TB")
    _row("---", "---:", "---:", "---:", "---:")
    lines = [("command, findings", count / here["findings"] / _COMMAND_CORES, here["bytes"])]
    for master, found in there.items():
        rate = count / found[f"workers {count}"] / int(master[6:-1])
        lines.append((f"Spark, findings, {master}", rate, found[f"bytes {count}"]))
    for words, rate, width in lines:
        _row(words, f"{rate:,.0f}", f"{1e9 / rate / 3600:.1f}", f"{width:,.0f}", f"{width * 1e9 / 1e12:.2f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        on_spark(sys.argv[1], sys.argv[2])
    else:
        main()
