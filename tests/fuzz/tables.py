"""A folder of tables, evaluated by both engines."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from policyengine.batch.engines import Columns, Rows
from policyengine.batch.inputs import Reader, find_inputs
from policyengine.batch.lines import Unusable
from policyengine.batch.run import Run, evaluate_all
from policyengine.program.linked import Program

_TYPES = {
    "name": "text", "team": "count", "balance": "integer", "score": "number", "fee": "money", "share": "rate",
    "since": "date", "trained": "boolean", "term": "period", "tags": "list of text",
}  # fmt: skip
_OWN = {"setup": "money", "closed": "date"}
FACTS, CHILDREN = tuple(_TYPES), tuple(_OWN)


def _facts(types: Mapping[str, str]) -> str:
    given = [f"{{title: {name}, type: {kind}}}" for name, kind in {"id": "text", **types}.items()]
    read = [
        f"{{title: {name} as read, type: {kind}, formula: {name}, informative: true}}"
        for name, kind in types.items()
    ]
    names = ["id", *types, *(f"{name}_read" for name in types)]
    return "".join(f"      {name}: {fact}\n" for name, fact in zip(names, given + read, strict=True))


PROGRAM = f"""\
kind: program
id: tables
title: Tables
currency: EUR
entities:
  partner:
    title: partner
    key: id
    facts:
{_facts(_TYPES)}\
  account:
    title: account
    within: partner
    list: accounts
    key: id
    facts:
{_facts(_OWN)}\
"""
"""A program with facts of every type, each of which is shown as it was read."""


def both_engines(program: Program, folder: Path) -> tuple[Any, Any]:
    """What rows and columns make of the tables of a folder, or why it cannot be read."""
    return _came_to(program, folder, Rows(program)), _came_to(program, folder, Columns(program))


def _came_to(program: Program, folder: Path, engine: Any) -> Any:
    assert program.graph is not None
    vocabulary = program.graph.vocabulary
    rows: list[Any] = []
    rejects: list[Any] = []

    class Sink:
        def write(self, table: Any, records: Any) -> None:
            rows.extend(table.to_pylist())

        reject = rejects.append

        def complete(self) -> None:
            pass

    @contextmanager
    def sink() -> Any:
        rows.clear()
        rejects.clear()
        yield Sink()

    try:
        inputs = find_inputs([folder], {}, vocabulary)
        run = Run(
            program, engine, lambda: Reader(inputs, vocabulary, (), lambda path, kind: iter(())), sink,
            lambda count, reader: None,
        )  # fmt: skip
        evaluate_all(run)
    except Unusable as error:
        return error.message, error.help
    return rows, rejects
