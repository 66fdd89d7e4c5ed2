"""The interface of policyengine for Python: load a folder of policies, evaluate records, ask why.

>>> program = policyengine.load("policies/bytekast", as_of=date(2026, 11, 21))
>>> decision = program.evaluate({"id": "acme", "active_accounts": 12})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic
from policyengine.files import read_file, read_folder
from policyengine.policy import quantities
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program import linked as linking
from policyengine.program.record import DataReader, Record, data_reader
from policyengine.program.record_reader import RecordReader
from policyengine.source import Source, Span
from policyengine.text.document import Document, Pointer, Sequence

if TYPE_CHECKING:
    from policyengine.decision.decision import Decision
    from policyengine.decision.findings import Finding
    from policyengine.diagnostics import Code
    from policyengine.engine.reference.derivation import Step
    from policyengine.engine.rows import Engine
    from policyengine.engine.rows.outcomes import Outcomes
    from policyengine.engine.stage_moves import Moved

Form = Literal["yaml", "json", "ndjson"]
_FORMS: Mapping[str, Form] = MappingProxyType(
    {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson"}
)


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a source: the readable ones, the mistakes, and the number left out."""

    records: tuple[Record, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    left_out: int = 0


@dataclass(frozen=True)
class Program:
    """A folder of policies, as it is in force on one day.

    `diagnostics` are its errors and warnings, sorted by place. A program with errors is not `ok`, and
    evaluating it raises `ValueError`.
    """

    linked: linking.Program
    folder: str
    files: tuple[str, ...] = ()
    _readers: dict[str, RecordReader] = field(default_factory=dict, repr=False, compare=False)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All mistakes in its policies."""
        return self.linked.diagnostics

    def with_laws(self) -> Program:
        """The same with warnings where levels or bands break a law that holds without saying."""
        from policyengine.analysis.cliffs import cliffs
        from policyengine.analysis.laws import broken_laws

        return self.with_more((*broken_laws(self.linked), *cliffs(self.linked)))

    def with_more(self, more: Iterable[Diagnostic]) -> Program:
        """The same with more mistakes, sorted by place."""
        found = sorted((*self.diagnostics, *more), key=lambda each: each.sort_key)
        return replace(self, linked=replace(self.linked, diagnostics=tuple(found)))

    @property
    def ok(self) -> bool:
        """Whether it has no errors; warnings do not count."""
        return self.linked.ok

    @property
    def id(self) -> str:
        """Its id; the name of the folder where it declares none."""
        return self.linked.declarations.id if self.linked.declarations else Path(self.folder).name

    @property
    def title(self) -> str:
        """Its title."""
        return self.linked.declarations.title if self.linked.declarations else self.id

    @property
    def as_of(self) -> date:
        """The evaluation date."""
        return self.linked.as_of

    @property
    def currency(self) -> str | None:
        """The code of its currency."""
        return self.linked.declarations.currency if self.linked.declarations else None

    @property
    def policies(self) -> tuple[str, ...]:
        """The ids of its policies, in the order of the files."""
        return tuple(dict.fromkeys(unit.policy.id for unit in self.linked.units))

    @property
    def labels(self) -> Mapping[str, str]:
        """The titles of its parties and items by id."""
        declared = self.linked.declarations
        return {**declared.parties, **declared.item_titles} if declared else {}

    # Records

    @cached_property
    def _reader(self) -> RecordReader:
        return RecordReader(self.vocabulary)

    @property
    def vocabulary(self) -> Vocabulary:
        """The entities, facts, parties and items of its policies."""
        if self.linked.graph is None:
            raise ValueError(f"`{self.folder}` does not compile; its diagnostics say why")
        return self.linked.graph.vocabulary

    def record_schema(self) -> dict[str, Any]:
        """The JSON Schema of its records."""
        from policyengine.program.record_schema import record_schema

        return record_schema(self.vocabulary)

    def read(self, source: Source | str | Path, form: Form | None = None) -> Records:
        """Reads the records of a text or of a file: one mapping, a list of them, or several documents.

        A `str` is the text itself, a `Path` leads to a file, whose ending tells the form; else it is YAML.
        """
        found = _source(source)
        if isinstance(found, Diagnostic):
            return Records(diagnostics=(found,), left_out=1)
        form = form or _FORMS.get(PurePath(found.name).suffix.lower(), "yaml")
        read = _read_text(found, form)
        records = self._records(read.documents, read.diagnostics)
        outside = {str(found.span) for found in read.diagnostics if not _within(found, read.documents)}
        left_out = records.left_out + (len(outside) if form == "ndjson" else 0)
        return Records(records.records, (*read.diagnostics, *records.diagnostics), left_out)

    def read_many(self, given: Source | str | Path, form: Form = "ndjson") -> Records:
        """Reads the records of a large text; regular records keep no places.

        It is many times faster than `read` for JSON and NDJSON, with the same mistakes.
        """
        from policyengine.program.record_json import records_of_json, records_of_lines
        from policyengine.text.json import read_stretch

        source = _source(given)
        if isinstance(source, Diagnostic):
            return Records(diagnostics=(source,), left_out=1)
        if form != "ndjson":
            found = records_of_json(source, self._of_data) if form == "json" else None
            return self.read(source, form) if found is None else Records(found)
        good: list[Record] = []
        mistakes: list[Diagnostic] = []
        left_out = 0
        for line in records_of_lines(source, self._of_data):
            if isinstance(line, Record):
                good.append(line)
                continue
            read = read_stretch(source, *line)
            records = self._records(read.documents, read.diagnostics)
            good += records.records
            mistakes += (*read.diagnostics, *records.diagnostics)
            left_out += records.left_out or not read.documents
        return Records(tuple(good), tuple(mistakes), left_out)

    def record(self, data: Mapping[str, object]) -> Records:
        """Reads a record from plain Python data: texts, numbers, dates, lists, mappings."""
        from policyengine.program.record_json import document_of

        read = document_of(data)
        if isinstance(read, Diagnostic):
            return Records(diagnostics=(read,), left_out=1)
        return self._records([read])

    def _records(self, documents: Iterable[Document], broken: Iterable[Diagnostic] = ()) -> Records:
        """The records of documents; a document with a syntax error is left out."""
        good: list[Record] = []
        mistakes: list[Diagnostic] = []
        left_out = 0
        for document in documents:
            for pointer in _places(document):
                place = document.value_span(pointer)
                if any(_lies_in(mistake, place) for mistake in broken):
                    left_out += 1
                    continue
                found = self._reader.read(document, pointer)
                if isinstance(found, Record):
                    good.append(found)
                else:
                    mistakes.extend(found)
                    left_out += 1
        return Records(tuple(good), tuple(mistakes), left_out)

    # Answers

    def evaluate(self, record: Record | Mapping[str, object]) -> Decision:
        """The decision for a record; for an unreadable one, a decision with diagnostics only."""
        found = self._read(record)
        return self._engine.decide(found) if isinstance(found, Record) else self._engine.refusal(found)

    def outcomes(self, record: Record | Mapping[str, object]) -> Outcomes:
        """The findings for a record without reasons; much faster than `evaluate`.

        An unreadable record gives outcomes with diagnostics only.
        """
        found = self._read(record)
        return self._engine.outcomes(found) if isinstance(found, Record) else self._engine.no_outcomes(found)

    def _read(self, record: Record | Mapping[str, object]) -> Record | tuple[Diagnostic, ...]:
        """The record, or that of plain data; else its mistakes."""
        if isinstance(record, Record):
            return record
        found = self._of_data(record)
        if found is not None:
            return found
        read = self.record(record)
        return read.records[0] if read.records else read.diagnostics

    @cached_property
    def _of_data(self) -> DataReader:
        return data_reader(self.vocabulary)

    @cached_property
    def _engine(self) -> Engine:
        from policyengine.engine.rows import Engine

        return Engine(self.linked)

    def derivation(self, record: Record | Mapping[str, object], finding: Finding) -> tuple[Step, ...]:
        """Every step from the facts to a finding."""
        from policyengine.engine.reference.derivation import derivation

        return derivation(self.linked, self._readable(record), finding)

    def find(self, record: Record | Mapping[str, object], word: str) -> tuple[Finding, ...]:
        """The findings of a record that a word names, as by `Decision.find`, and helpers that are not shown.

        Raises `ValueError` if there are none, or the record cannot be read.
        """
        record = self._readable(record)
        try:
            return self.evaluate(record).find(word)
        except ValueError:
            from policyengine.decision.decision import names_of

            helpers = self._engine.compiled.figures(record, word.partition("@")[0])
            found = tuple(each for each in helpers if any(word in names for names in names_of(each)))
            if not found:
                raise
            return found

    def why(self, record: Record | Mapping[str, object], finding: Finding | str) -> tuple[str, ...]:
        """A finding or a figure of a record explained in sentences, in the words of the program, by its name.

        Raises `ValueError` if there is no such finding, or the record cannot be read.
        """
        from policyengine.decision.explanation import why

        found = self.find(record, finding) if isinstance(finding, str) else (finding,)
        return tuple(line for one in found for line in why(self.as_of, one, self.labels))

    def advance(
        self, record: Record | Mapping[str, object], to: str | None = None, key: str | None = None
    ) -> Moved:
        """Moves the subject with this key to the stage `to`, or writes down the levels that last: the changes
        of the record, or what prevents them. A record that cannot be read does not move (`refused`).
        """
        from policyengine.engine.stage_moves import Moved, advance, renew

        found = self._read(record)
        if isinstance(found, tuple):
            return Moved("the record cannot be read: " + "; ".join(each.message for each in found))
        if to is None:
            return renew(self.linked, found, key)
        return advance(self.linked, found, to, key)

    def _readable(self, record: Record | Mapping[str, object]) -> Record:
        """The record; raises `ValueError` for data with mistakes."""
        found = self._read(record)
        if isinstance(found, tuple):
            raise ValueError("the record cannot be read: " + "; ".join(each.message for each in found))
        return found


def load(folder: str | Path, *, as_of: date | str, language: str | None = None) -> Program:
    """The program in a folder, as it is in force on `as_of`; mistakes are its `diagnostics`.

    Titles in several languages are those of `language` (`de`), by default the first of each.

    The day may be a text such as `2026-01-31`; any other text raises `ValueError`.
    """
    read = read_folder(folder)
    from policyengine.program import load as loading

    linked = loading.load(str(folder), read.sources, _day(as_of), read.mistakes, language=language)
    return Program(linked, str(folder), tuple(source.name for source in read.sources))


def _day(as_of: date | str) -> date:
    if isinstance(as_of, str):
        return quantities.day(as_of)
    if isinstance(as_of, datetime):
        return as_of.date()
    if not isinstance(as_of, date):
        raise TypeError(f"`as_of` takes a date, or a text such as 2026-01-31; found {as_of!r}")
    return as_of


def _source(given: Source | str | Path) -> Source | Diagnostic:
    """The text of records; a file that cannot be read gives its mistake."""
    if isinstance(given, Path):
        return read_file(given)
    if isinstance(given, Source):
        return given
    if not isinstance(given, str):
        raise TypeError(f"records are read from a text, a `Path` or a `Source`; found {type(given).__name__}")
    if "\n" not in given and PurePath(given.strip()).suffix.lower() in _FORMS:
        raise ValueError(f"`{given}` is the name of a file; give `Path({given!r})` to read it")
    return Source("record", given)


def _read_text(source: Source, form: Form) -> Any:
    if form == "yaml":
        from policyengine.text.yaml import read_yaml

        return read_yaml(source)
    from policyengine.text.json import read_json, read_ndjson

    return {"json": read_json, "ndjson": read_ndjson}[form](source)


def _places(document: Document) -> Iterable[Pointer]:
    if isinstance(document.root, Sequence):
        return [(i,) for i in range(len(document.root.items))]
    return [()]


def _within(mistake: Diagnostic, documents: Iterable[Document]) -> bool:
    return any(_lies_in(mistake, document.root.span) for document in documents)


def _lies_in(mistake: Diagnostic, place: Span) -> bool:
    return mistake.span is not None and place.start <= mistake.span.start < place.end


def codes() -> tuple[Code, ...]:
    """The code of every diagnostic, sorted."""
    from policyengine.catalogue import CODES

    return CODES


def schemas() -> Mapping[str, dict[str, Any]]:
    """The JSON Schemas of all files that people write and of decisions, by file name."""
    from policyengine.catalogue import schemas

    return schemas()
