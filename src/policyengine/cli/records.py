"""Records for decisions, out of files of any kind: tables and folders too, as long as they fit in memory."""

from __future__ import annotations

from policyengine.api import Program
from policyengine.batch.beside import Beside
from policyengine.batch.raw import Reject
from policyengine.batch.typed import TypedReader
from policyengine.cli.codes import CommandError
from policyengine.cli.console import Console
from policyengine.cli.inputs import Inputs
from policyengine.cli.tables import open_inputs, reader_of, reject_text, told
from policyengine.cli.wanted import Wanted
from policyengine.program.record import Record


def read_any(program: Program, wanted: Wanted, console: Console) -> Inputs:
    """The records of the files; those with mistakes are reported and left out."""
    records: list[Record] = []
    rejected: list[list[Reject]] = []
    with told():
        _read(program, wanted, records, rejected)
    for found in rejected:
        for each in found:
            console.err(reject_text(each))
    inputs = Inputs(tuple(records), len(rejected), ())
    if inputs.total == 0:
        raise CommandError("the input contains no record")
    return inputs


def _read(program: Program, wanted: Wanted, records: list[Record], rejected: list[list[Reject]]) -> None:
    inputs = open_inputs(program, wanted)
    reader = reader_of(program, inputs, wanted.ignored)
    typed = TypedReader(program.vocabulary)
    beside = Beside(program.vocabulary)
    for entity in reader.beside:
        rejected.extend([each] for each in beside.add(entity, reader.table(entity)))
    raws = [(typed.key_of(raw), raw) for raw in reader.records()]
    if reader.beside:
        beside.attach(raws)
    for _, raw in raws:
        found = typed.read(raw)
        if isinstance(found, Record):
            records.append(found)
        else:
            rejected.append(found)
    rejected.extend([each] for each in beside.orphans())
    beside.close()
