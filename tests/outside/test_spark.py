"""On a real local Spark with two workers: the answers of the command line, with bad rows (`make spark`)."""

from __future__ import annotations

import csv
import os
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
