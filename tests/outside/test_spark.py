"""On a real local Spark with two workers: the answers of the command line, with bad rows (`make spark`)."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet as pq
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
