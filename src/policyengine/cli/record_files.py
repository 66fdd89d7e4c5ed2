"""Reads the records of files and of standard input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

from policyengine.api import Program
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import CommandError
from policyengine.cli.file_io import read_bytes
from policyengine.cli.options import Output
from policyengine.dataclass import dataclass
from policyengine.decision.wording import plural
from policyengine.diagnostics import Diagnostic, did_you_mean, listed
from policyengine.program.record import Record
from policyengine.render.diagnostic_text import diagnostics_text
from policyengine.source import Source, Span
from policyengine.text.decode import decode

Form = Literal["yaml", "json", "ndjson"]
FORMS: tuple[Form, ...] = ("yaml", "json", "ndjson")
MOST_NAMED = 5
_SUFFIXES: dict[str, Form] = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
}


class LeftOut(NamedTuple):
    """How many records there are, how many of them are left out, and how many rows belong to none."""

    total: int
    left_out: int
    orphans: int = 0


@dataclass(frozen=True, slots=True)
class ReadRecords:
    """The records that could be read, in order, the number left out, and the formats of the files.

    `orphans` are the rows of tables beside the records that belong to none of them.
    """

    records: tuple[Record, ...]
    left_out: int
    forms: tuple[Form, ...]
    orphans: int = 0

    @property
    def total(self) -> int:
        """The number of records in the files."""
        return len(self.records) + self.left_out


def read_records(program: Program, files: Iterable[str], form: Form | None, console: Console) -> ReadRecords:
    """Reads the records of files; reports and leaves out those with mistakes."""
    records: list[Record] = []
    left_out = 0
    files = list(files)
    forms: list[Form] = []
    for file in files:
        read, one_form = _read(program, Path(file), form, console)
        records.extend(read.records)
        left_out += read.left_out
        forms.append(one_form)
    inputs = ReadRecords(tuple(records), left_out, tuple(forms))
    if inputs.total == 0:
        raise no_record(files)
    return inputs


def picked(program: Program, keys: Sequence[str], found: ReadRecords) -> ReadRecords:
    """Returns the records with these keys; all where none is named."""
    name = program.vocabulary.entities[program.vocabulary.root].key
    if not keys or name is None:
        return found
    kept = tuple(record for record in found.records if str(record.facts.get(name)) in keys)
    return replace(found, records=kept, left_out=0)


def check_keys(program: Program, keys: Sequence[str], found: ReadRecords) -> None:
    """Ends the command if there is no record with one of the keys that are named."""
    name = program.vocabulary.entities[program.vocabulary.root].key
    there = {str(record.facts.get(name)) for record in found.records} if name is not None else set()
    for key in keys:
        if key not in there and not found.left_out:
            raise CommandError(f"no record has the {name} `{key}`", help=did_you_mean(key, sorted(there)))


def without_twins(program: Program, found: ReadRecords, console: Console) -> ReadRecords:
    """Reports and leaves out the records whose key another record has too: none of them counts."""
    key = program.vocabulary.entities[program.vocabulary.root].key
    together: dict[object, list[Record]] = {}
    for record in found.records:
        if key is not None and record.facts.get(key) is not None:
            together.setdefault(record.facts[key], []).append(record)
    twins = [each for each in together.values() if len(each) > 1]
    if not twins:
        return found
    console.err(diagnostics_text(list(_told_apart(twins, str(key))), color=console.color_err) + "\n")
    left_out = {id(record) for each in twins for record in each}
    kept = tuple(record for record in found.records if id(record) not in left_out)
    return replace(found, records=kept, left_out=found.left_out + len(left_out))


def _told_apart(twins: Iterable[Sequence[Record]], key: str) -> Iterator[Diagnostic]:
    from policyengine.batch.raw import SAME_RECORD

    for records in twins:
        places = [_place(record, key) for record in records]
        for record, place, other in zip(records, places, (*places[1:], places[0]), strict=True):
            where = "" if other is None else f" the record at {other.source.name}:{other.line}"
            message = f"`{record.facts[key]}` is also the key of{where or ' another record'}"
            yield SAME_RECORD.at(place, message, help="keep the one that is right")


def _place(record: Record, key: str) -> Span | None:
    return record.document.value_span((*record.pointer, key)) if record.document is not None else None


def _read(program: Program, path: Path, form: Form | None, console: Console) -> tuple[ReadRecords, Form]:
    source, form = open_source(path, form, console)
    read = program.read(source, form)
    if read.diagnostics:
        console.err(diagnostics_text(read.diagnostics, color=console.color_err) + "\n")
    if not read.records and not read.left_out and read.diagnostics:
        raise CommandError(f"no record could be read from `{path}`")
    return ReadRecords(read.records, read.left_out, (form,)), form


def open_source(path: Path, form: Form | None, console: Console) -> tuple[Source, Form]:
    """Returns the text of a file of records, and its format."""
    form = form or _form_of_name(path)
    data = read_bytes(path)
    source = decode("standard input" if str(path) == "-" else str(path), data)
    if isinstance(source, Diagnostic):
        console.err(diagnostics_text([source], color=console.color_err))
        raise CommandError("")
    return source, form or _form_of_text(data)


def _form_of_name(path: Path) -> Form | None:
    """Returns the format that the ending stands for; None for standard input."""
    if str(path) == "-":
        return None
    form = _SUFFIXES.get(path.suffix.lower())
    if form is not None:
        return form
    if path.is_dir():
        raise CommandError(f"`{path}` is a folder", help=f"name its files, as in `{path}/*.yaml`")
    if path.exists():
        raise CommandError(
            f"the ending of `{path}` does not tell its format",
            help="choose `--format yaml`, `--format json` or `--format ndjson`",
        )
    return "yaml"


def _form_of_text(data: bytes) -> Form:
    """JSON starts with a bracket; several lines that each start with `{` are one record each."""
    lines = [line for line in data.splitlines()[:2] if line.strip()]
    if not data.lstrip().startswith((b"{", b"[")):
        return "yaml"
    several = len(lines) == 2 and all(line.startswith(b"{") and line.endswith(b"}") for line in lines)
    return "ndjson" if several else "json"


def left_out_line(inputs: ReadRecords | LeftOut) -> str:
    """Returns `2 of 5 records left out, 1 row without a record`, or an empty text."""
    counts = []
    if inputs.left_out:
        counts.append(f"{inputs.left_out:,} of {plural(inputs.total, 'record')} left out")
    if inputs.orphans:
        counts.append(f"{plural(inputs.orphans, 'row')} without a record")
    return ", ".join(counts)


def none_usable(written: str = "nothing was written") -> CommandError:
    """Returns the error where every record is left out."""
    return CommandError("none of the records can be used", help=f"{written}; correct them first")


def no_record(files: Iterable[object]) -> CommandError:
    """Returns the error for files, or a query, without a record."""
    named = ["standard input" if str(each) == "-" else str(each) for each in files]
    if not named:
        return CommandError("the query gives no record")
    verb = "contains" if len(named) == 1 else "contain"
    return CommandError(f"{listed(named, MOST_NAMED)} {verb} no record")


def require_usable(found: ReadRecords | LeftOut, outputs: Iterable[Output], console: Console) -> None:
    """Ends the command, before it writes a file, if every record is left out: what is there stays."""
    if found.left_out < found.total or not any(each.path is not None for each in outputs):
        return
    console.err(left_out_line(found))
    raise none_usable()


def one_record(inputs: ReadRecords, command: str) -> Record:
    """Returns the only record; ends the command if there are several, or if it has mistakes."""
    if inputs.left_out and inputs.total == 1:
        raise CommandError("", code=1)
    if inputs.total > 1:
        raise CommandError(
            f"there are {inputs.total:,} records, and `{command}` takes one",
            help="`--key KEY` picks one" if command == "why" else "give a file with only that record",
        )
    return inputs.records[0]
