"""Bases of partners as files: for each code of a table a base that has the mistake, and one that has not."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from policyengine.batch.engines import Rows
from policyengine.batch.inputs import Reader, find_inputs
from policyengine.batch.lines import Unusable
from policyengine.batch.mapped import Mappings
from policyengine.batch.raw import Reject
from policyengine.batch.run import Run, evaluate_all
from policyengine.program.mappings import read_mappings
from support import good_program

Files = Mapping[str, str | list[dict[str, Any]]]
_GOOD: Files = {"p.csv": "id,fee\na,1\nb,2\n"}
_ACCOUNTS: Files = {"p.csv": "id\na\n", "accounts.csv": "partner,id\na,1\n"}
_MAP = "kind: mapping\nid: crm\nfor: partner\nformats: {numbers: us}\ncolumns: {ID: id, Fee: fee}\n"


def _mapped(fee: str) -> Files:
    return {"p.csv": f"ID,Fee\na,{fee}\n", "map.yaml": _MAP}


BASES: Mapping[str, tuple[Files, Files]] = {
    "BATCH001": ({"p.csv": "id,fees\na,1\n"}, _GOOD),
    "BATCH002": ({"p.csv": "id,fee\na,1\nb,2,3\n"}, {"p.csv": 'id,name\na,"2,3"\n'}),
    "BATCH003": ({"p.csv": 'id,fee\n"a,1\nb,2\n'}, _GOOD),
    "BATCH004": ({"p.csv": "id\na\n", "accounts.csv": "partner,id\nb,1\n"}, _ACCOUNTS),
    "BATCH005": ({"p.csv": "id,fee\na,1\nb,2\na,3\n"}, _GOOD),
    "BATCH006": ({"p.ndjson": '{"id": "a", "accounts": []}', "accounts.csv": "partner,id\na,1\n"}, _ACCOUNTS),
    "MAP005": (_mapped("1.5.0"), _mapped("1.50")),
    "BATCH007": ({"p.parquet": [{"id": "a", "fee": 0.1 + 0.2}]}, {"p.parquet": [{"id": "a", "fee": 0.3}]}),
    "BATCH008": ({"p.xlsx": [{"id": "a", "fee": "#DIV/0!"}]}, {"p.xlsx": [{"id": "a", "fee": 1}]}),
}


class Collected:
    """What a run gives, in memory."""

    def __init__(self) -> None:
        self.rows: list[object] = []
        self.rejects: list[Reject] = []

    def write(self, table: Any, records: object) -> None:
        self.rows.extend(table.to_pylist())

    def reject(self, found: Reject) -> None:
        self.rejects.append(found)

    def complete(self) -> None:
        pass


def codes_of(files: Files, folder: Path) -> list[str]:
    """The codes of what is wrong with a base of the example program, each once."""
    program = good_program()
    for name, content in files.items():
        (folder / name).write_bytes(_bytes_of(name, content))
    mappings = None
    if "map.yaml" in files:
        found, _ = read_mappings(folder / "map.yaml", program.vocabulary)
        mappings = Mappings(tuple(each.mapping for each in found), asked=True)
    inputs = find_inputs([folder / next(iter(files))], {}, program.vocabulary)
    collected: list[Collected] = []

    @contextmanager
    def sink() -> Iterator[Collected]:
        collected.append(Collected())
        yield collected[-1]

    def read() -> Reader:
        return Reader(inputs, program.vocabulary, (), lambda path, kind: iter(()), mappings)

    try:
        evaluate_all(Run(program.linked, Rows(program.linked), read, sink, lambda records, reader: None))
    except Unusable as error:
        return [error.message.rpartition("[")[2].rstrip("]")]
    finally:
        for each in files:
            (folder / each).unlink()
    return list(dict.fromkeys(each.code for each in collected[-1].rejects))


def _bytes_of(name: str, content: str | list[dict[str, Any]]) -> bytes:
    if isinstance(content, str):
        return content.encode()
    return _workbook(content) if name.endswith(".xlsx") else _parquet(content)


def _workbook(rows: list[dict[str, Any]]) -> bytes:
    """A workbook with the head and the rows; its fees are formulas."""
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet("Partners")
        sheet.write_row(0, 0, rows[0])
        for i, row in enumerate(rows):
            sheet.write(i + 1, 0, row["id"])
            sheet.write_formula(i + 1, 1, "=B9/B8", None, row["fee"])
    return stream.getvalue()


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    stream = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows), stream)
    return stream.getvalue()
