"""Partner bases on Spark: the kernel of `evaluate` over Arrow batches, on any number of machines.

>>> from policyengine import spark
>>> spark.write(partners, "policies/bytekast", as_of=date(2026, 11, 21), target="/shared/decisions")
>>> findings, rejects = spark.evaluate(partners, "policies/bytekast", as_of=date(2026, 11, 21))

With `write` the workers write Parquet files. `evaluate` gives data frames, whose rows pass through Java one
by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from policyengine.api import Program, load
from policyengine.batch.engines import REJECTS, TWIN, Kernel, findings_fields, rejects_fields
from policyengine.batch.part_files import Part, staging, write_part
from policyengine.engine.layout import Column


class Evaluated(NamedTuple):
    """Two data frames: the findings table, and the rejects, with the columns that `evaluate` writes.

    `file` is the word `spark` and `line` the number of the row in its partition, counted from 1; `partition`
    tells which. Neither is worked out before it is asked for.
    """

    findings: Any
    rejects: Any


class Written(NamedTuple):
    """What was written: the records and how many of them are rejects, the rows of both tables."""

    records: int
    rejected: int
    findings: int
    rejects: int


def evaluate(df: Any, program: str | Path, as_of: date, *, check_keys: bool = True) -> Evaluated:
    """Evaluate the records of a data frame by the program in a folder that every worker can read.

    The columns are facts, what stands within a record is an array of structs under its list. The numbers of
    `row` count within a partition; `key` tells records apart. Records with the same key are rejects, all of
    them; that takes a shuffle of the keys, which `check_keys=False` leaves out where they are known to be
    unique. Raises `ValueError` where the program does not compile or a column is not a fact.
    """
    df = _checked(df, str(program), as_of, check_keys)
    work = _worker(str(program), as_of)
    both = df.mapInArrow(work, _schema_text(_kernel(str(program), as_of).columns))
    findings = both.where("`__reject` is null").drop("__reject", *(f"__{name}" for name in REJECTS))
    rejects = both.where("`__reject` is not null").selectExpr(
        "`partition`", *(f"`__{name}` as `{name}`" for name in REJECTS)
    )
    return Evaluated(findings, rejects)


def write(
    df: Any, program: str | Path, as_of: date, target: str | Path, *, check_keys: bool = True,
    overwrite: bool = False,
) -> Written:  # fmt: skip
    """Evaluate the records of a data frame into Parquet files that the workers write themselves.

    In `target` are then the folders `findings` and `rejects`, with the columns and answers of `evaluate`. It
    is a folder that the driver and every worker reach by this path, and it appears whole or not at all,
    whatever fails and however often a task is tried. Raises `FileExistsError` where it is there already, and
    `ValueError` as `evaluate` does, before anything runs.
    """
    folder, path = str(program), _path(target)
    df = _checked(df, folder, as_of, check_keys)
    with staging(path, _kernel(folder, as_of).columns, overwrite) as stage:
        frame = df.mapInArrow(_part_writer(folder, as_of, stage.work), _PART)
        parts = [Part(*row) for row in frame.collect()]
        stage.commit(parts)
    return Written(*(sum(getattr(part, name) for part in parts) for name in Written._fields))


_PART = ", ".join(f"{name} bigint" for name in Part._fields)


def _path(target: str | Path) -> Path:
    """The folder that is meant; a path is absolute, since workers have folders of their own to work in."""
    scheme, mark, rest = str(target).partition("://")
    if mark and scheme != "file":
        raise ValueError(
            f"`{target}` is not a folder that every worker reaches by a path; "
            "`evaluate(...).findings.write.parquet(...)` writes there"
        )
    return Path(rest if mark else str(target)).absolute()


def _checked(df: Any, folder: str, as_of: date, check_keys: bool) -> Any:
    """The records, with twins marked; raises `ValueError` where a column is not a fact."""
    key = _kernel(folder, as_of).check(_arrow_schema(df))
    return _marked(df, key) if check_keys and key is not None else df


def _marked(df: Any, key: str) -> Any:
    """The records, marked where several have the key; they keep their partitions and their order.

    The keys of several records are few, so they go to every worker, and no record moves.
    """
    from pyspark.sql import functions

    column = df["`" + key.replace("`", "``") + "`"]
    counted = df.groupBy(column.alias("__key")).agg(functions.count(functions.lit(1)).alias("__count"))
    twins = counted.where("`__count` > 1").select("__key", functions.lit(True).alias(TWIN))
    return df.join(functions.broadcast(twins), column == twins["__key"], "left").drop("__key")


def _worker(folder: str, as_of: date) -> Callable[[Iterable[Any]], Iterator[Any]]:
    def work(batches: Iterable[Any]) -> Iterator[Any]:
        from pyspark import TaskContext

        from policyengine.spark import _kernel

        context = TaskContext.get()
        partition = context.partitionId() if context is not None else 0
        yield from _kernel(folder, as_of).run(batches, partition)

    return work


def _part_writer(folder: str, as_of: date, work: Path) -> Callable[[Iterable[Any]], Iterator[Any]]:
    def write(batches: Iterable[Any]) -> Iterator[Any]:
        import pyarrow as pa
        from pyspark import TaskContext

        from policyengine.spark import _kernel

        context = TaskContext.get()
        assert context is not None
        kernel = _kernel(folder, as_of)
        part = write_part(kernel, batches, context.partitionId(), context.taskAttemptId(), work)
        yield pa.RecordBatch.from_pylist([part._asdict()])

    return write


@lru_cache(maxsize=4)
def _opened(folder: str, as_of: date) -> Program:
    program = load(folder, as_of=as_of)
    if not program.ok:
        raise ValueError(f"the policies of `{folder}` have mistakes; `policyengine check` names them")
    return program


@lru_cache(maxsize=4)
def _kernel(folder: str, as_of: date) -> Kernel:
    """One for each process: a program is read and put into columns once."""
    return Kernel(_opened(folder, as_of).linked)


def _arrow_schema(df: Any) -> Any:
    from pyspark.sql.pandas.types import to_arrow_schema

    return to_arrow_schema(df.schema)


def _schema_text(columns: Sequence[Column]) -> str:
    """The columns of findings and of rejects side by side, as Spark writes them."""
    fields = [("partition", "int"), *findings_fields(columns), ("__reject", "int"), *rejects_fields()]
    return ", ".join(f"`{name}` {kind}" for name, kind in fields)
