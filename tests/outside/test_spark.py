"""On a real local Spark with two workers: the answers of the command line, with bad rows (`make spark`)."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet as pq
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from policyengine import spark
from policyengine.cli.run import run

DAY = date(2026, 11, 21)
BYTEKAST = Path(__file__).parents[2] / "policies" / "bytekast"
EXAMPLE = BYTEKAST.parents[1] / "examples" / "spark_evaluate.py"
RATINGS = ("positive", "neutral", None)


def rows(count: int) -> list[dict[str, Any]]:
    """Partners with holes, with accounts; every 50th has a mistake."""
    return [
        {
            "id": f"P{i:05}",
            "active_accounts": -1 if i % 50 == 0 else i % 40,
            "attends_quarterly_reviews": None if i % 11 == 0 else i % 7 > 0,
            "competence_rating": RATINGS[i % 3],
            "technical_team_qualified": True,
            "sales_team_qualified": True,
            "team_in_ongoing_training": True,
            "accounts": [
                {
                    "id": f"A{n}",
                    "setup_fee": Decimal(i * n).scaleb(-3),
                    "order_form_submitted_on": date(2026, 1 + i % 12, 28),
                }
                for n in range(i % 3)
            ],
        }
        for i in range(1, count + 1)
    ]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    made = (
        SparkSession.builder.master("local-cluster[2,1,1024]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "400")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    yield made
    made.stop()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("base") / "partners.parquet"
    pq.write_table(pa.Table.from_pylist(rows(2_000)), path)
    return path


def test_the_answers_are_those_of_the_command_line(session: Any, base: Path) -> None:
    out = base.with_name("out.csv")
    assert run(["evaluate", str(BYTEKAST), str(base), "--as-of", str(DAY), "-o", str(out)]) == 1
    found = spark.evaluate(session.read.parquet(str(base)).repartition(4), BYTEKAST, DAY)
    assert found.findings.rdd.getNumPartitions() == 4
    local = _local(out)
    there = Counter(_spark_row(each) for each in found.findings.drop("row", "partition").toLocalIterator())
    assert there == local
    with out.with_name("out.rejects.csv").open(newline="") as file:
        wanted = sorted((row["key"], row["fact"], row["code"], row["reason"]) for row in csv.DictReader(file))
    rejects = sorted((each.key, each.fact, each.code, each.reason) for each in found.rejects.collect())
    assert rejects == wanted
    assert len(rejects) == 40
    written = spark.write(session.read.parquet(str(base)).repartition(4), BYTEKAST, DAY, base.with_name("w"))
    assert (written.records, written.rejected, written.rejects) == (2_000, 40, 40)
    assert written.findings == sum(local.values())
    assert len(list((base.with_name("w") / "findings").glob("*.parquet"))) == 4
    assert _written(session, base.with_name("w")) == (local, wanted)


def _written(session: Any, target: Path) -> tuple[Counter[tuple[str, ...]], list[tuple[Any, ...]]]:
    """The findings and rejects in the files that workers wrote, as Spark reads them."""
    findings = session.read.parquet(str(target / "findings")).drop("row", "partition")
    rejects = session.read.parquet(str(target / "rejects")).collect()
    return Counter(map(_spark_row, findings.toLocalIterator())), sorted(
        (each.key or "", each.fact or "", each.code, each.reason) for each in rejects
    )


def _local(path: Path) -> Counter[tuple[str, ...]]:
    with path.open(newline="") as file:
        return Counter(
            tuple(text for name, text in row.items() if name != "row") for row in csv.DictReader(file)
        )


def _spark_row(row: Any) -> tuple[str, ...]:
    return tuple(_cell(name, value) for name, value in row.asDict().items())


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        whole, _, rest = f"{value:f}".partition(".")
        return f"{whole}.{rest.rstrip('0').ljust(2, '0')}"
    return "; ".join(value) if isinstance(value, list) else str(value)


def test_records_with_the_same_key_are_rejects(session: Any, tmp_path: Path) -> None:
    many = rows(1_000)
    for at, other in ((3, 990), (49, 500), (600, 601), (601, 602)):  # the 50th has a mistake besides
        many[at]["id"] = many[other]["id"] = f"P{other:05}-twice"
    many[600]["id"] = many[601]["id"]  # three of them
    many[10]["id"] = many[20]["id"] = "  "  # no keys, so not the same one
    path, out = tmp_path / "partners.parquet", tmp_path / "out.csv"
    pq.write_table(pa.Table.from_pylist(many), path)
    assert run(["evaluate", str(BYTEKAST), str(path), "--as-of", str(DAY), "-o", str(out)]) == 1
    frame = session.read.parquet(str(path)).repartition(3)
    found = spark.evaluate(frame, BYTEKAST, DAY)
    there = Counter(_spark_row(each) for each in found.findings.drop("row", "partition").toLocalIterator())
    assert there == _local(out)
    with out.with_name("out.rejects.csv").open(newline="") as file:
        wanted = sorted(
            (row["key"], row["fact"], row["code"], _placeless(row["reason"])) for row in csv.DictReader(file)
        )
    rejects = sorted(
        (each.key or "", each.fact or "", each.code, each.reason) for each in found.rejects.collect()
    )
    assert rejects == wanted
    assert Counter(code for _, _, code, _ in rejects)["BATCH005"] == 7
    spark.write(frame, BYTEKAST, DAY, tmp_path / "w")
    assert _written(session, tmp_path / "w") == (_local(out), wanted)
    unchecked = spark.evaluate(frame, BYTEKAST, DAY, check_keys=False).rejects
    assert unchecked.where("code = 'BATCH005'").count() == 0


def _placeless(reason: str) -> str:
    """Spark's rows have no place in the whole, so there the other record is not named by one."""
    return re.sub("the record at .*", "another record", reason)


def test_spark_submit_of_the_example(tmp_path: Path, base: Path) -> None:
    local = base.with_name("submitted.csv")
    assert run(["evaluate", str(BYTEKAST), str(base), "--as-of", str(DAY), "-o", str(local)]) == 1
    out = tmp_path / "out"
    done = submit(str(BYTEKAST), str(base), str(out), str(DAY))
    assert done.returncode == 1, done.stderr
    assert done.stdout == "40 of the records are rejects\n"  # both streams of Python go there
    found = pq.read_table(out / "findings").drop_columns(["row", "partition"])
    assert Counter(tuple(_cell(*each) for each in row.items()) for row in found.to_pylist()) == _local(local)
    with local.with_name("submitted.rejects.csv").open(newline="") as file:
        wanted = sorted((row["key"], row["reason"]) for row in csv.DictReader(file))
    rejects = pq.read_table(out / "rejects").to_pylist()
    assert sorted((each["key"], each["reason"]) for each in rejects) == wanted


def test_spark_submit_says_what_is_wrong(tmp_path: Path) -> None:
    wrong, text, out = tmp_path / "p.parquet", tmp_path / "t.parquet", tmp_path / "out"
    pq.write_table(pa.table({"id": ["a"], "active_acounts": [1]}), wrong)
    text.write_text("id,active_accounts\na,1\n")
    for given, message in (
        ((str(BYTEKAST), str(wrong), str(out), str(DAY)), "did you mean"),
        ((str(BYTEKAST), str(text), str(out), str(DAY)), "cannot be read"),
        ((str(BYTEKAST),), "PROGRAM"),
    ):
        done = submit(*given)
        assert done.returncode == 2
        assert message in done.stdout
        assert done.stdout.count("\n") == 1
    assert not (tmp_path / "out").exists()


def submit(*given: str) -> subprocess.CompletedProcess[str]:
    """Run the example by the `spark-submit` that stands beside this Python."""
    python = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    command = [str(Path(sys.executable).with_name("spark-submit")), "--master", "local[2]"]
    quiet = ["--conf", "spark.ui.enabled=false", "--conf", "spark.driver.host=127.0.0.1"]
    return subprocess.run(
        [*command, *quiet, str(EXAMPLE), *given], env=os.environ | python, capture_output=True, text=True
    )


def test_a_worker_that_is_killed_takes_nothing_with_it(session: Any, tmp_path: Path) -> None:
    base, out, target = tmp_path / "base.parquet", tmp_path / "out.parquet", tmp_path / "w"
    pq.write_table(pa.Table.from_pylist(rows(8_000)), base)
    assert run(["evaluate", str(BYTEKAST), str(base), "--as-of", str(DAY), "-o", str(out)]) == 1
    killed: list[int] = []
    killer = threading.Thread(target=_kill_a_worker, args=(tmp_path, killed))
    killer.start()
    written = spark.write(session.read.parquet(str(base)).repartition(2), BYTEKAST, DAY, target)
    killer.join()
    assert killed
    assert (written.records, written.rejected) == (8_000, 160)
    assert _sorted(pq.read_table(target / "findings").drop_columns("partition")).equals(
        _sorted(pq.read_table(out))
    )
    assert not list(tmp_path.glob(".*"))


def _sorted(findings: pa.Table) -> pl.DataFrame:
    """Findings without the numbers of their records, in an order that depends on nothing but them."""
    frame = pl.DataFrame(pl.from_arrow(findings.drop_columns("row")))
    texts = pl.col("needed_by").list.join("; ")
    return frame.with_columns(texts).cast({pl.Categorical: pl.String}).sort(pl.all())


def _kill_a_worker(folder: Path, killed: list[int]) -> None:
    """Kill the process that has the first file of an attempt open."""
    end = time.monotonic() + 600
    while time.monotonic() < end:
        for path in folder.glob(".*/work/findings/*.parquet"):
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    if any(os.readlink(each) == str(path) for each in (process / "fd").iterdir()):
                        os.kill(int(process.name), signal.SIGKILL)
                        killed.append(int(process.name))
                        return
        time.sleep(0.005)


def test_a_task_that_fails_for_good_leaves_nothing(session: Any, base: Path, tmp_path: Path) -> None:
    def damaged(batches: Any) -> Any:  # within the test, so that workers get it by its code
        from pyspark import TaskContext

        yield from batches
        if TaskContext.get().partitionId() == 2:
            raise RuntimeError("damaged")

    read = session.read.parquet(str(base)).repartition(4)
    with pytest.raises(PySparkException, match="damaged"):
        spark.write(read.mapInArrow(damaged, read.schema), BYTEKAST, DAY, tmp_path / "w", check_keys=False)
    assert list(tmp_path.iterdir()) == []


def test_the_driver_that_is_killed_leaves_no_target(base: Path, tmp_path: Path) -> None:
    script = tmp_path / "drive.py"
    script.write_text(_DRIVE.format(base=str(base), program=str(BYTEKAST), target=str(tmp_path / "w")))
    command = [str(Path(sys.executable).with_name("spark-submit")), "--master", "local[2]"]
    python = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    quiet = ["--conf", "spark.ui.enabled=false", "--conf", "spark.driver.host=127.0.0.1", str(script)]
    process = subprocess.Popen(
        [*command, *quiet], env=os.environ | python, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    while not list(tmp_path.glob(".*/work/findings/*.parquet")):
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "w").exists()


_DRIVE = """
from datetime import date
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from policyengine import spark
session = SparkSession.builder.getOrCreate()
frame = session.read.parquet({base!r}).repartition(16)
spark.write(frame, {program!r}, date(2026, 11, 21), {target!r}, check_keys=False)
"""


@pytest.mark.parametrize("target", ["hdfs://there/w", "s3a://bucket/w"])
def test_a_target_that_is_no_shared_folder(session: Any, base: Path, target: str) -> None:
    with pytest.raises(ValueError, match="is not a folder that every worker reaches"):
        spark.write(session.read.parquet(str(base)), BYTEKAST, DAY, target)


def test_amounts_and_days_keep_their_types(session: Any, base: Path) -> None:
    found = spark.evaluate(session.read.parquet(str(base)).limit(10), BYTEKAST, DAY)
    types = dict(found.findings.dtypes)
    assert (types["net"], types["due_on"], types["row"]) == ("decimal(38,10)", "date", "bigint")


def test_a_column_that_is_no_fact(session: Any) -> None:
    frame = session.createDataFrame([("a", 1)], "id string, active_acounts int")
    with pytest.raises(ValueError, match="did you mean `active_accounts`"):
        spark.evaluate(frame, BYTEKAST, DAY)


def test_a_program_with_mistakes(session: Any, tmp_path: Path) -> None:
    (tmp_path / "program.yaml").write_text("kind: program\n")
    with pytest.raises(ValueError, match="have mistakes"):
        spark.evaluate(session.range(1), tmp_path, DAY)
