"""Folders of papers: written beside their place, moved there as a whole, with an index of the papers."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from policyengine.atomic_file import sync_folder
from policyengine.cli.exit_codes import CommandError
from policyengine.cli.file_io import make_folder, protect, unreadable, unwritable, write_bytes
from policyengine.cli.options import Output
from policyengine.dataclass import dataclass
from policyengine.papers.blocks import Column, Paper, Row, Run, Section, Table
from policyengine.papers.language import Language

_SUFFIX = {"text": "txt", "json": "json", "html": "html", "pdf": "pdf"}
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d|index)(\..*)?")
_LONGEST, _MOST_BYTES = 80, 200
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Written:
    """A paper about a record: its key, its name for people, some words for the index, and the paper."""

    key: str
    name: str
    words: str
    paper: Paper


def in_order(key: str) -> tuple[tuple[int, str], ...]:
    """What keys are ordered by, as people do it: `A-2` before `A-10`."""
    parts = _DIGITS.split(key.casefold())  # at odd places digits, however many: no number is made of them
    return tuple((len(each.lstrip("0")), each) if i % 2 else (-1, each) for i, each in enumerate(parts))


_LIST = ".papers"
"""The file of a folder of papers that names them: on the next run these are replaced, and nothing else."""


class HiddenFolder:
    """A folder that is written beside its place; its files are moved there when all are done.

    Papers that an earlier run left there are replaced as a whole; a folder with anything else is refused.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._hidden = path.parent / f".{path.name[:_LONGEST]}.{os.getpid()}.tmp"
        make_folder(path.parent)
        if path.exists() and not path.is_dir():
            raise CommandError(f"`{path}` is not a folder", help="name another one")
        self._earlier = _papers_in(path)
        try:
            self._hidden.mkdir()
        except OSError as error:
            raise unwritable(path, error) from None

    def put(self, name: str, data: bytes) -> None:
        """One file more."""
        try:
            (self._hidden / name).write_bytes(data)
        except OSError as error:
            raise unwritable(self.path / name, error) from None

    def move(self) -> None:
        """Moves all files to their place."""
        try:
            make_folder(self.path)
            names = sorted(each.name for each in self._hidden.iterdir())
            for name in names:
                os.replace(self._hidden / name, self.path / name)
            write_bytes(self.path / _LIST, "".join(f"{name}\n" for name in names).encode())
            for name in self._earlier - {*names}:
                (self.path / name).unlink(missing_ok=True)
            sync_folder(self.path)
        except OSError as error:
            raise unwritable(self.path, error) from None

    def drop(self) -> None:
        """Leaves nothing behind but what was moved to its place."""
        shutil.rmtree(self._hidden, ignore_errors=True)


def _papers_in(folder: Path) -> set[str]:
    """The names of the papers of an earlier run in a folder; raises where it holds anything else."""
    if not folder.is_dir():
        return set()
    listed = folder / _LIST
    try:
        there = {each.name for each in folder.iterdir() if not each.name.startswith(".")}
        known = (
            set(listed.read_text(encoding="utf-8", errors="replace").splitlines())
            if listed.is_file()
            else set()
        )
    except OSError as error:
        raise unreadable(folder, error) from None
    strange = sorted(there - known)
    if strange:
        help = "name a new folder, or empty this one: papers of two runs would be mixed"
        raise CommandError(f"`{folder}` holds `{strange[0]}`, which is no paper of an earlier run", help=help)
    return there


def write_folder(path: Path, files: Mapping[str, bytes], inputs: Sequence[Path]) -> None:
    """Writes files into a folder, all of them or none."""
    protect([path, *(path / name for name in files)], inputs)
    folder = HiddenFolder(path)
    try:
        for name, data in files.items():
            folder.put(name, data)
        folder.move()
    finally:
        folder.drop()


class Folder:
    """A folder of papers with an index of them."""

    def __init__(self, output: Output) -> None:
        assert output.path is not None
        self._folder = HiddenFolder(output.path)
        self._suffix = _SUFFIX[output.format]
        self._rows: list[tuple[Written, str]] = []
        self._names: set[str] = set()

    def add(self, written: Written, data: bytes) -> None:
        """One paper more."""
        name = self._name(written.key or written.name)
        self._rows.append((written, name))
        self._folder.put(name, data)

    def _name(self, key: str) -> str:
        """A file name that no other record has, and that tells the key, which may hold anything."""
        plain = _plain(key)
        if _RESERVED.fullmatch(plain):
            plain = f"{plain}-record"
        name, number = plain, 1
        while name.casefold() in self._names:
            number += 1
            name = f"{plain}-{number}"
        self._names.add(name.casefold())
        return f"{name}.{self._suffix}"

    def commit(self, page: Callable[[Paper], bytes], say: Language, title: str) -> None:
        """Moves all papers to their place, with the index, which `page` lays out."""
        self._folder.put("index.html", page(self._index(say, title)))
        self._folder.move()

    def _index(self, say: Language, title: str) -> Paper:
        rows = [
            Row([Run(each.name or each.key, href=name), each.key, each.words])
            for each, name in sorted(self._rows, key=lambda row: in_order(row[0].key or row[0].name))
        ]
        columns = [Column(say("name")), Column(say("key")), Column(say("level"))]
        section = Section("papers", say("{count} papers", count=len(rows)), [Table(title, columns, rows)])
        return Paper("index", say.code, title, {"program": title}, [section])

    def drop(self) -> None:
        """Leaves nothing behind but what was moved to its place."""
        self._folder.drop()


def _plain(key: str) -> str:
    """A key as the name of a file: its letters, digits, `.`, `-` and `_`, of whatever script."""
    kept = "".join(
        each if each in "._-" or unicodedata.category(each)[0] in "LNM" else " "
        for each in unicodedata.normalize("NFC", key)
    )
    name = "-".join(kept.split()).strip(".-")[:_LONGEST]
    return name.encode()[:_MOST_BYTES].decode(errors="ignore") or "record"
