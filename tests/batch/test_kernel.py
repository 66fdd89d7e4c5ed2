"""The kernel that workers run: batches of any size give what the command line gives."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from policyengine import load
from policyengine.batch.engines import REJECTS, Kernel, findings_fields
from policyengine.engine.layout import NAMES, columns_of
from support import DAY, POLICIES

ROWS = [
    {
        "id": f"P{i}",
        "active_accounts": -1 if i % 9 == 4 else i,
        "competence_rating": "positive" if i % 2 else None,
        "accounts": [{"id": f"A{n}", "setup_fee": Decimal(i * n).scaleb(-3)} for n in range(i % 3)],
    }
    for i in range(30)
]


def _run(size: int):
    kernel = Kernel(load(POLICIES / "bytekast", as_of=DAY).linked)
    table = pa.Table.from_pylist(ROWS)
    found = [
        each for batch in kernel.run(table.to_batches(max_chunksize=size), 3) for each in batch.to_pylist()
    ]
    findings = [row for row in found if row["__reject"] is None]
    return findings, [row for row in found if row["__reject"] is not None]


@pytest.mark.parametrize("size", [7, 30])
def test_findings_and_rejects(size):
    findings, rejects = _run(size)
    assert {row["partition"] for row in findings} == {3}
    assert [
        name for name, _ in findings_fields(columns_of(load(POLICIES / "bytekast", as_of=DAY).vocabulary))
    ] == list(NAMES)
    good = [row["id"] for row in ROWS if row["active_accounts"] >= 0]
    assert list(dict.fromkeys(row["key"] for row in findings)) == good
    assert [row["row"] for row in findings if row["section"] == "levels"] == [
        i for i, row in enumerate(ROWS, start=1) if row["active_accounts"] >= 0
    ]
    assert [(row["__line"], row["__key"], row["__fact"], row["__code"]) for row in rejects] == [
        (i, row["id"], "active_accounts", "RECORD002")
        for i, row in enumerate(ROWS, start=1)
        if row["active_accounts"] < 0
    ]
    assert all(row[f"__{name}"] is None for row in findings for name in REJECTS)


def test_the_size_of_batches_does_not_matter():
    assert _run(1)[0] == _run(30)[0]


def test_a_column_that_is_no_fact():
    kernel = Kernel(load(POLICIES / "bytekast", as_of=DAY).linked)
    with pytest.raises(ValueError, match="did you mean `active_accounts`"):
        kernel.check(pa.schema([("id", pa.string()), ("active_acounts", pa.int64())]))
