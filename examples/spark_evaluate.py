"""Evaluate a partner base on Spark: `spark-submit examples/spark_evaluate.py PROGRAM PARTNERS OUT AS_OF`.

PROGRAM is a folder that every worker can read, PARTNERS is whatever Spark reads, OUT a folder that the driver
and every worker reach by this path. Set PYSPARK_PYTHON to a Python that has `partner-policy-engine[spark]`.
"""

from __future__ import annotations

import sys
from datetime import date

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from policyengine import spark


def main(program: str, partners: str, out: str, as_of: str) -> int:
    """Write findings and rejects; 1 where there are rejects, 2 where nothing can be evaluated."""
    session = SparkSession.builder.appName("policyengine").getOrCreate()
    try:
        frame = session.read.parquet(partners)
        found = spark.write(frame, program, date.fromisoformat(as_of), out, overwrite=True)
    except (ValueError, OSError) as error:
        session.stop()
        print(error, file=sys.stderr)
        return 2
    except (PySparkException, Py4JJavaError) as error:
        said = error.java_exception.getMessage() if isinstance(error, Py4JJavaError) else str(error)
        session.stop()
        print(f"`{partners}` cannot be read: {said.splitlines()[0]}", file=sys.stderr)
        return 2
    session.stop()
    print(f"{found.rejected:,} of the records are rejects", file=sys.stderr)
    return 1 if found.rejected else 0


if __name__ == "__main__":
    if len(sys.argv) != 5:
        print("usage: spark-submit spark_evaluate.py PROGRAM PARTNERS OUT AS_OF", file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
