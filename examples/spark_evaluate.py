"""Evaluate a partner base on Spark: `spark-submit examples/spark_evaluate.py PROGRAM PARTNERS OUT AS_OF`.

PROGRAM is a folder that every worker can read, PARTNERS and OUT are whatever Spark reads and writes. Set
PYSPARK_PYTHON to a Python that has `partner-policy-engine[spark]`.
"""

from __future__ import annotations

import sys
from datetime import date

from pyspark.sql import SparkSession

from policyengine import spark


def main(program: str, partners: str, out: str, as_of: str) -> int:
    """Write findings and rejects; 1 where there are rejects."""
    session = SparkSession.builder.appName("policyengine").getOrCreate()
    found = spark.evaluate(session.read.parquet(partners), program, date.fromisoformat(as_of))
    found.findings.write.mode("overwrite").parquet(f"{out}/findings")
    found.rejects.write.mode("overwrite").parquet(f"{out}/rejects")
    count = session.read.parquet(f"{out}/rejects").count()
    print(f"{count:,} rejects", file=sys.stderr)
    session.stop()
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
