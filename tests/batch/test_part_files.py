"""Files that workers write: one attempt at each partition counts, and all of them appear together or none."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from policyengine import load
from policyengine.batch.engines import Kernel
from policyengine.batch.part_files import Part, staging, write_part
from policyengine.engine.layout import COLUMNS
from support import DAY, POLICIES

ROWS = [
    {
        "id": f"P{i}",
        "active_accounts": -1 if i % 9 == 4 else i,
        "accounts": [{"id": f"A{n}", "setup_fee": Decimal(i * n).scaleb(-3)} for n in range(i % 3)],
    }
    for i in range(30)
]


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    return Kernel(load(POLICIES / "bytekast", as_of=DAY).linked)


def _batches(start: int, end: int):
    return pa.Table.from_pylist(ROWS[start:end], schema=pa.Table.from_pylist(ROWS).schema).to_batches()


def _read(folder: Path, table: str):
    return parquet.read_table(folder / table).sort_by([("partition", "ascending")])


def test_the_files_say_what_the_batches_say(kernel, tmp_path):
    target = tmp_path / "out"
    with staging(target, COLUMNS) as stage:
        parts = [write_part(kernel, _batches(15 * i, 15 * i + 15), i, 7 + i, stage.work) for i in (0, 1)]
        assert not target.exists()
        stage.commit(parts)
    assert parts[0][:4] == (0, 7, 15, 2)
    wanted = [row for i in (0, 1) for each in kernel.run(_batches(15 * i, 15 * i + 15), i)
              for row in each.to_pylist()]  # fmt: skip
    findings = [
        {name: value for name, value in row.items() if not name.startswith("__")}
        for row in wanted if row["__reject"] is None
    ]  # fmt: skip
    assert _read(target, "findings").to_pylist() == findings
    rejects = _read(target, "rejects").to_pylist()
    assert [(row["partition"], row["line"], row["key"]) for row in rejects] == [
        (row["partition"], row["__line"], row["__key"]) for row in wanted if row["__reject"]
    ]
    assert sorted(str(path.relative_to(target)) for path in target.rglob("*.*")) == [
        f"{table}/part-0000{i}.parquet" for table in ("findings", "rejects") for i in (0, 1)
    ]
    assert (target / "findings" / "_SUCCESS").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_only_the_attempts_that_are_named_count(kernel, tmp_path):
    with staging(tmp_path / "out", COLUMNS) as stage:
        write_part(kernel, _batches(0, 30), 0, 1, stage.work)
        part = write_part(kernel, _batches(0, 9), 0, 2, stage.work)
        (stage.work / "findings" / "part-00001-3.parquet").write_bytes(b"PAR1, then killed")
        with pytest.raises(ValueError, match="two attempts at partition 0"):
            stage.commit([part, part._replace(attempt=1)])
    with staging(tmp_path / "out", COLUMNS) as stage:
        write_part(kernel, _batches(0, 30), 0, 1, stage.work)
        stage.commit([write_part(kernel, _batches(0, 9), 0, 2, stage.work)])
        with pytest.raises(FileNotFoundError):  # one that is late finds no folder
            write_part(kernel, _batches(0, 9), 0, 3, stage.folder / "gone")
    keys = _read(tmp_path / "out", "findings").column("key").unique().to_pylist()
    assert keys == [f"P{i}" for i in range(9) if i != 4]


def test_an_attempt_writes_over_no_other(kernel, tmp_path):
    with staging(tmp_path / "out", COLUMNS) as stage:
        write_part(kernel, _batches(0, 9), 0, 1, stage.work)
        with pytest.raises(FileExistsError):
            write_part(kernel, _batches(0, 9), 0, 1, stage.work)


def test_nothing_at_all_is_a_table_without_rows(tmp_path):
    with staging(tmp_path / "out", COLUMNS) as stage:
        stage.commit([Part(0, 1, 0, 0, 0, 0)])
    assert _read(tmp_path / "out", "findings").num_rows == 0
    assert _read(tmp_path / "out", "rejects").column_names[:2] == ["partition", "file"]


def test_what_is_there_is_replaced_only_if_that_is_said(kernel, tmp_path):
    target = tmp_path / "out"
    with staging(target, COLUMNS) as stage:
        stage.commit([])
    with pytest.raises(FileExistsError, match="overwrite"), staging(target, COLUMNS):
        pass
    with staging(target, COLUMNS, overwrite=True) as stage:
        stage.commit([write_part(kernel, _batches(0, 3), 0, 1, stage.work)])
    assert _read(target, "findings").num_rows
    with staging(target, COLUMNS, overwrite=True):
        pass
    assert _read(target, "findings").num_rows
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_was_there_comes_back_where_it_cannot_be_replaced(tmp_path, monkeypatch):
    target = tmp_path / "out"
    target.mkdir()
    (target / "kept").touch()
    rename = Path.rename

    def fails(path: Path, to: Path):
        if path.name == "whole":
            raise OSError("no more")
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(OSError, match="no more"), staging(target, COLUMNS, overwrite=True) as stage:
        stage.commit([])
    assert [path.name for path in target.iterdir()] == ["kept"]
