"""Which files hold the records, which the tables beside them, and the raw records in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from policyengine.batch.books import first_sheet, sheet_names
from policyengine.batch.documents import ndjson_records
from policyengine.batch.lines import Unusable
from policyengine.batch.raw import Owned, Raw, Reject, key_text
from policyengine.dataclass import dataclass
from policyengine.files import file_of, is_workbook, sheet_of
from policyengine.policy.vocabulary import Vocabulary
from policyengine.source import composed

if TYPE_CHECKING:
    from policyengine.batch.database import Database

Kind = Literal["csv", "ndjson", "parquet", "yaml", "json", "workbook"]
KINDS: Mapping[str, Kind] = {
    ".csv": "csv", ".tsv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".parquet": "parquet",
    ".pq": "parquet", ".yaml": "yaml", ".yml": "yaml", ".json": "json",
    ".xlsx": "workbook", ".xlsm": "workbook", ".ods": "workbook",
}  # fmt: skip
_UNPACK = ("is compressed", "unpack it first")
_SAVE = ("is a workbook of an old kind", "save it as .xlsx")
_NOT_READ = {
    ".gz": _UNPACK, ".zip": _UNPACK, ".bz2": _UNPACK, ".xz": _UNPACK, ".zst": _UNPACK,
    ".xls": _SAVE,
}  # fmt: skip
TABLES: frozenset[Kind] = frozenset({"csv", "ndjson", "parquet", "workbook"})
Read = Callable[[Path, Kind], Iterator[Raw]]
_ROWS = 1_000


@dataclass(slots=True)
class Meter:
    """How far reading has come: units done and units in all, bytes or rows; 0 in all is not known."""

    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files with records, in order, and by entity the files with what stands in them.

    With a `database` there are queries by entity instead.
    """

    files: tuple[tuple[Path, Kind], ...] = ()
    tables: Mapping[str, tuple[tuple[Path, Kind], ...]] = field(default_factory=dict)
    database: Database | None = None
    queries: Mapping[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[Path, ...]:
        """All of them."""
        return tuple(
            file_of(path)
            for path, _ in (*self.files, *(one for each in self.tables.values() for one in each))
        )


def kind_of(path: Path) -> Kind | None:
    """What the ending of a name says."""
    return KINDS.get(file_of(path).suffix.lower())


def find_inputs(
    paths: Iterable[Path], tables: Mapping[str, Path], vocabulary: Vocabulary, form: Kind | None = None
) -> Inputs:
    """The files that are meant: those named, those in folders, and tables that lie beside them."""
    lists = {str(each.list): name for name, each in vocabulary.entities.items() if each.list}
    beside: dict[str, list[Path]] = {}
    for word, table in tables.items():
        if word not in lists:
            known = ", ".join(f"`{name}`" for name in lists) or "none"
            raise Unusable(f"`{word}` is not a list of the program", f"its lists are {known}")
        beside[lists[word]] = [table]
    named = frozenset(beside)
    small = {word.lower(): entity for word, entity in lists.items()} | lists

    def entity_of(file: Path) -> str | None:
        """`Accounts.csv` is not to be passed over in silence, nor is a sheet of that name."""
        name = sheet_of(file) or file.stem
        return small.get(name) or small.get(name.lower())

    files: list[Path] = []
    for path in paths:
        found = _in_folder(path) if path.is_dir() else [path]
        files += [each for each in found if entity_of(each) is None or each == path]
        siblings = found if path.is_dir() else _beside(path, form or kind_of(path))
        for each in (*siblings, *(sheet for file in found for sheet in _sheets(file))):
            entity = entity_of(each)
            if entity is not None and entity not in named and each != path:
                known_ones = beside.setdefault(entity, [])
                if all(not _same(each, one) for one in known_ones):
                    known_ones.append(each)
    _one_each(beside, vocabulary)
    files = [first_sheet(path, small) if is_workbook(path) else path for path in files]
    _each_once(files)
    return Inputs(
        tuple((path, _kind(path, form)) for path in files),
        {
            entity: tuple((path, _table_kind(path)) for path in beside[entity])
            for entity in sorted(beside, key=lambda name: len(vocabulary.lineage(name)))
        },
    )


def _in_folder(folder: Path) -> list[Path]:
    found = sorted(
        path for path in folder.iterdir()
        if path.is_file() and not path.name.startswith((".", "_", "~")) and kind_of(path) is not None
    )  # fmt: skip
    if not found:
        raise Unusable(
            f"there is no file with records in `{folder}`",
            "CSV, NDJSON, Parquet, workbooks, YAML, JSON are read",
        )
    return found


def _beside(path: Path, kind: Kind | None) -> list[Path]:
    """The tables of the same folder."""
    if kind not in TABLES or not path.parent.is_dir():
        return []
    found = [each for each in path.parent.iterdir() if kind_of(each) in TABLES and each.is_file()]
    return sorted(found)


def _sheets(path: Path) -> Iterator[Path]:
    """The sheets of a workbook, each as `FILE:SHEET`."""
    if is_workbook(path):
        file = file_of(path)
        yield from (Path(f"{file}:{name}") for name in sheet_names(file))


def _each_once(files: Iterable[Path]) -> None:
    seen: set[Path] = set()
    for path in files:
        if (real := path.resolve()) in seen:
            raise Unusable(f"`{path}` is given twice", "name each file once, alone or by its folder")
        seen.add(real)


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _one_each(beside: Mapping[str, list[Path]], vocabulary: Vocabulary) -> None:
    for entity, paths in beside.items():
        if len({_ending(path) for path in paths}) > 1:
            names = " and ".join(f"`{path}`" for path in paths)
            word = vocabulary.entities[entity].list
            raise Unusable(f"{names} could both hold `{word}`", f"choose one: `--table {word}=FILE`")


def _ending(path: Path) -> str:
    """What files must share to hold one list together; a sheet goes with no other file."""
    return str(path) if sheet_of(path) else path.suffix


def _kind(path: Path, form: Kind | None) -> Kind:
    kind = form or kind_of(path)
    if kind is None:
        words = _NOT_READ.get(path.suffix.lower())
        if words is not None:
            raise Unusable(f"`{path}` {words[0]}, which is not read", words[1])
        raise Unusable(f"the ending of `{path}` does not tell its format", "set it with `--format`")
    return kind


def _table_kind(path: Path) -> Kind:
    kind = kind_of(path)
    if kind is None or kind not in TABLES:
        raise Unusable(
            f"`{path}` is not a table", "a table is a file that ends in .csv, .xlsx, .ndjson or .parquet"
        )
    return kind


class Reader:
    """Reads the files of a run; `meter` tells how far it has come."""

    def __init__(
        self, inputs: Inputs, vocabulary: Vocabulary, ignored: Iterable[str], plain: Read,
        mappings: Any = None, only: Iterable[str] = (),
    ) -> None:  # fmt: skip
        """`mappings` are the `Mappings` by which exports are read, `only` keys of records that are picked."""
        self.only = frozenset(map(composed, only)) or None
        self.inputs = inputs
        self.meter = Meter(total=sum(file_of(path).stat().st_size for path, _ in inputs.files))
        self._letters: dict[str, Mapping[str, str]] = {}
        self._vocabulary = vocabulary
        self._ignored = tuple(ignored)
        self._plain = plain
        self._more = () if mappings is None else (mappings,)

    @property
    def child_tables(self) -> tuple[str, ...]:
        """The entities that have tables of their own, outermost first."""
        queried = [name for name in self.inputs.queries if name != self._vocabulary.root]
        return tuple(dict.fromkeys((*self.inputs.tables, *queried)))

    def records(self) -> Iterator[Raw]:
        """All records one by one; of documents without a library of columns."""
        for chunk in self._all(_ROWS, columns=False):
            if isinstance(chunk, list):
                yield from chunk
            else:
                yield from (raw for _, raw in chunk.raws(range(chunk.count)))

    def chunks(self, size: int) -> Iterator[Any]:
        """All records, those of tables as columns, others in lists, at most so many at a time."""
        return self._all(size, columns=True)

    def table(self, entity: str, size: int) -> Iterator[Any]:
        """The rows of the tables of an entity: tables, or lists of rows, each with the keys of its owners."""
        if entity in self.inputs.queries:
            yield from self._query(entity, size)
            return
        for path, kind in self.inputs.tables[entity]:
            if kind != "ndjson":
                yield from (chunk for _, chunk in self._tables(path, kind, entity, size))
                continue
            for _, rows in self._rows(path, kind, size):
                yield list(_owned(rows, self._vocabulary, entity))

    def placed(self, found: Reject) -> Reject:
        """A mistake with the cell where it stands, if that is in a workbook."""
        fact = (found.fact or "").partition("[")[0]
        if found.other is not None:
            fact = str(self._vocabulary.entities[self._vocabulary.root].key)
            file, cell = self._cell(*found.other, fact)
            at = f"{file}: {cell}" if cell else f"{file}:{found.other[1]}"
            found = replace(found, reason=f"{found.reason} at {at}", other=None)
        file, cell = self._cell(found.file, found.line, fact)
        return found if cell is None else replace(found, file=file, cell=cell)

    def _cell(self, file: str, line: int, fact: str) -> tuple[str, str | None]:
        """The file, and the cell of a fact where it is a sheet."""
        letters = self._letters.get(file)
        if letters is None:
            return file, None
        book, _, sheet = file.rpartition(":")
        return book, f"{sheet}!{letters.get(fact, 'A')}{line}"

    def _all(self, size: int, columns: bool) -> Iterator[Any]:
        base = 0
        if self._vocabulary.root in self.inputs.queries:
            for chunk in self._query(self._vocabulary.root, size):
                yield chunk if self.only is None else self._picked(chunk)
        for path, kind in self.inputs.files:
            for share, chunk in self._file(path, kind, size, columns):
                yield chunk if self.only is None else self._picked(chunk)
                self.meter.done = base + share
            base += file_of(path).stat().st_size
            self.meter.done = base

    def _picked(self, chunk: Any) -> list[Raw]:
        """The records of a chunk that are asked for."""
        raws = chunk if isinstance(chunk, list) else [raw for _, raw in chunk.raws(range(chunk.count))]
        key = str(self._vocabulary.entities[self._vocabulary.root].key)
        assert self.only is not None
        values = ((raw, raw.values if raw.ready is None else raw.ready.facts) for raw in raws)
        return [raw for raw, facts in values if key_text(facts.get(key)) in self.only]

    def _file(self, path: Path, kind: Kind, size: int, columns: bool) -> Iterator[tuple[int, Any]]:
        """The records of a file, with how many bytes of it are read with them."""
        if kind in ("csv", "parquet", "workbook"):
            return self._tables(path, kind, self._vocabulary.root, size)
        if kind == "ndjson" and columns:
            from policyengine.batch.json_columns import form_of, json_chunks

            form = form_of(self._vocabulary, self._ignored)
            if form is not None:
                return json_chunks(path, self._vocabulary, form, size)
        return self._rows(path, kind, size)

    def _tables(self, path: Path, kind: Kind, entity: str, size: int) -> Iterator[tuple[int, Any]]:
        if kind == "parquet":
            from policyengine.batch.parquet_tables import parquet_chunks

            yield from parquet_chunks(path, self._vocabulary, entity, self._ignored, size)
            return
        if kind == "workbook":
            from policyengine.batch.workbook_in import sheet_tables

            tables = sheet_tables(
                path, self._vocabulary, entity, self._ignored, size, self._letters, *self._more
            )
            yield from ((0, table) for table in tables)
            return
        from policyengine.batch.csvfile import csv_tables

        with path.open("rb") as stream:
            for table in csv_tables(
                stream, str(path), self._vocabulary, entity, self._ignored, size, *self._more
            ):
                yield stream.tell(), table

    def _rows(self, path: Path, kind: Kind, size: int) -> Iterator[tuple[int, list[Raw]]]:
        """The records of a file of documents in lists."""
        if kind != "ndjson":
            for batch in _batches(self._plain(path, kind), size):
                yield 0, batch
            return
        with path.open("rb") as stream:
            for batch in _batches(ndjson_records(stream, str(path), self._ignored), size):
                yield stream.tell(), batch

    def _query(self, entity: str, size: int) -> Iterator[Any]:
        assert self.inputs.database is not None
        query = self.inputs.queries[entity]
        return self.inputs.database.tables(query, self._vocabulary, entity, self._ignored, size)


def _batches(records: Iterable[Raw], size: int) -> Iterator[list[Raw]]:
    iterator = iter(records)
    while batch := list(islice(iterator, size)):
        yield batch


def _owned(rows: Iterable[Raw], vocabulary: Vocabulary, entity: str) -> Iterator[Owned]:
    """Objects of a child table, each with the keys that it names its owners by."""
    facts = vocabulary.entities[entity].facts
    words = [
        [word for word in (f"{name}_{vocabulary.entities[name].key}", name) if word not in facts]
        for name in reversed(vocabulary.lineage(entity)[1:])
    ]
    for raw in rows:
        keys = []
        for choices in words:
            found = next((raw.values.pop(word) for word in choices if word in raw.values), None)
            if found is not None:
                keys.append(composed(str(found)))
        yield tuple(keys), raw
