"""Texts in memory over folders: the programs that they make, what is wrong with them, what a place means.

A text that is open hides the file of its path. Every question is answered for the texts as they are at that
moment; a load after a change works out again only what the change touches (`program/memo`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple

from policyengine.analysis import cliffs, laws
from policyengine.api import Program as Loaded
from policyengine.diagnostics import Diagnostic, Report
from policyengine.editing.fixes import Fix, fixes
from policyengine.editing.mentions import Mention, Named, Names
from policyengine.editing.recovery import recovered
from policyengine.files import MANIFEST, is_policy, read_file, read_folder
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program import load as loading
from policyengine.program import results
from policyengine.program.declaration_checks import check_tree
from policyengine.program.linked import Program
from policyengine.program.memo import Memo
from policyengine.program.versions import in_force
from policyengine.source import Source
from policyengine.text.document import Document
from policyengine.text.yaml import read_yaml
from policyengine.verify.suite import Opened, open_source

_PROGRAM_OF_TESTS = re.compile(r"^program:[ \t]*[\"']?([^\"'\n\r#]+)", re.MULTILINE)
_READ = (".yaml", ".yml")
LAWS = frozenset(code.id for code in (*laws.CODES, *cliffs.CODES))
"""The mistakes that are found by trying records, which takes longer."""
_MOST_FILES = 2000


class _OnDisk(NamedTuple):
    """A file as it was read, with what tells whether it has changed since."""

    stamp: tuple[int, int]
    read: Source | Diagnostic


class Workspace:
    """Open texts by path, and the programs around them."""

    def __init__(self, as_of: date) -> None:
        self.as_of = as_of
        self._open: dict[Path, Source] = {}
        self._disk: dict[Path, _OnDisk] = {}
        self._folders: dict[Path, ProgramFolder] = {}
        self._documents: dict[Path, tuple[Source, tuple[Document, ...]]] = {}

    # Texts

    def open(self, path: Path, text: str) -> None:
        """Takes a text in place of the file of this path; a later text replaces it."""
        held = self._open.get(path)
        if held is None or held.text != text:
            self._open[path] = Source(str(path), text)

    def close(self, path: Path) -> None:
        """Lets the file count again."""
        self._open.pop(path, None)
        self._documents.pop(path, None)

    def is_open(self, path: Path) -> bool:
        """Whether a text of this path is open."""
        return path in self._open

    def source(self, path: Path) -> Source | None:
        """The text of a path: the open one, else the file; None if there is none that can be read."""
        found = self.read(path)
        return found if isinstance(found, Source) else None

    def read(self, path: Path) -> Source | Diagnostic:
        """The text of a path, or the mistake in reading it."""
        if path in self._open:
            return self._open[path]
        try:
            stat = os.stat(path)
            stamp = stat.st_mtime_ns, stat.st_size
        except (OSError, ValueError):
            return read_file(path)
        held = self._disk.get(path)
        if held is None or held.stamp != stamp:
            held = self._disk[path] = _OnDisk(stamp, read_file(path))
        return held.read

    def documents(self, path: Path) -> tuple[Document, ...]:
        """The documents of a path, as far as they can be read."""
        source = self.source(path)
        if source is None:
            return ()
        held = self._documents.get(path)
        if held is None or held[0] is not source:
            held = self._documents[path] = source, read_yaml(recovered(source)).documents
        return held[1]

    def tests(self, path: Path) -> Opened | None:
        """A file of tests, ready to run with the texts as they are; None if it cannot be read."""
        source = self.source(path)
        if source is None:
            return None

        def on(name: str, day: date) -> Program:
            return self.program((path.parent / name).resolve()).load.on(day)

        return open_source(source, on, lambda name: self.read(path.parent / name))

    def test_mistakes(self, path: Path) -> tuple[Diagnostic, ...]:
        """What is wrong with a file of tests, apart from the program that it is of."""
        opened = self.tests(path)
        return () if opened is None else opened.diagnostics

    # Programs

    def folder(self, path: Path) -> ProgramFolder | None:
        """The program that a file belongs to: the folder around it, or the one that its tests name."""
        source = self.source(path)
        named = _PROGRAM_OF_TESTS.search(source.text) if source is not None and is_test(path) else None
        if named is not None:
            root = (path.parent / named[1].strip()).resolve()
            return self.program(root)
        for folder in path.parents:
            if folder / MANIFEST in self._open or (folder / MANIFEST).is_file():
                return self.program(folder)
        return None

    def program(self, root: Path) -> ProgramFolder:
        """The program of a folder."""
        if root not in self._folders:
            self._folders[root] = ProgramFolder(self, root)
        return self._folders[root]

    @property
    def folders(self) -> Sequence[ProgramFolder]:
        """The programs that were asked for so far."""
        return tuple(self._folders.values())

    def open_below(self, root: Path) -> list[Path]:
        """The open texts that are policies of a folder, also those that no file has yet."""
        below = (path for path in self._open if path.is_relative_to(root))
        return [path for path in below if is_policy(path.relative_to(root))]


class ProgramFolder:
    """A program whose texts change. What is asked of it holds until the next change."""

    def __init__(self, workspace: Workspace, root: Path) -> None:
        self._workspace = workspace
        self.root = root
        self._memo, self._memo_of_recovered, self._memo_of_trials = Memo(), Memo(), Memo()
        self._loaded: _Load | None = None
        self._vocabulary: Vocabulary | None = None
        self._mentions: dict[int, tuple[Document, Names, tuple[Mention, ...]]] = {}

    @property
    def load(self) -> _Load:
        """The program of the texts as they are."""
        read = read_folder(self.root, self._workspace.read, self._workspace.open_below(self.root))
        held, as_of = self._loaded, self._workspace.as_of
        if (
            held is None
            or held.sources != read.sources
            or held.as_of != as_of
            or held.mistakes != read.mistakes
        ):
            program = loading.load(str(self.root), read.sources, as_of, read.mistakes, self._memo)
            self._loaded = held = _Load(read.sources, read.mistakes, as_of, program)
        return held

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the texts, without the laws of levels, which take longer."""
        return self.load.program.diagnostics

    @property
    def with_known_laws(self) -> tuple[Diagnostic, ...]:
        """The same with the laws, if they have been tried for these texts."""
        known: tuple[Diagnostic, ...] | None = self.load.__dict__.get("with_laws")
        return self.diagnostics if known is None else known

    def with_laws(self) -> tuple[Diagnostic, ...]:
        """What `check` reports of the texts."""
        return self.load.with_laws

    def fixes(self, found: Diagnostic) -> list[Fix]:
        """The edits that are proved to mend a mistake."""
        if found.span is None:
            return []
        is_law = found.code.id in LAWS
        before = self.with_laws() if is_law else self.diagnostics
        documents = read_yaml(found.span.source).documents
        at = found.span.start
        around = (each for each in documents if each.root.span.start <= at <= each.root.span.end)
        return list(fixes(found, next(around, None), partial(self._judged, is_law), before))

    def _judged(self, with_laws: bool, source: Source) -> tuple[Diagnostic, ...]:
        """What is wrong once a text stands in place of the one of its name."""
        load = self.load
        sources = tuple(source if each.name == source.name else each for each in load.sources)
        tried = loading.load(str(self.root), sources, load.as_of, load.mistakes, self._memo_of_trials)
        return Loaded(tried, tried.name).with_laws().diagnostics if with_laws else tried.diagnostics

    @property
    def program(self) -> Program:
        """The program of the texts; where a text cannot be read, of what is left of it."""
        return self._best.program

    @property
    def _best(self) -> _Load:
        load = self.load
        if load.recovered is None:
            sources = tuple(map(recovered, load.sources))
            changed = any(one is not other for one, other in zip(sources, load.sources, strict=True))
            load.recovered = load
            if changed:
                program = loading.load(str(self.root), sources, load.as_of, (), self._memo_of_recovered)
                load.recovered = _Load(sources, (), load.as_of, program)
        return load.recovered

    @property
    def names(self) -> Names | None:
        """The names of the program; those of the last good declarations where they have mistakes."""
        load = self._best
        if load.names is None:
            self._vocabulary = vocabulary_of(load.program) or self._vocabulary
            if self._vocabulary is not None:
                load.names = Names(self._vocabulary, load.program.units)
        return load.names

    def mentions(self, document: Document) -> tuple[Mention, ...]:
        """The names in a document of the program, of its tests or of its records."""
        names = self.names
        if names is None:
            return ()
        held = self._mentions.get(id(document))
        if held is None or held[1] is not names:
            if len(self._mentions) > _MOST_FILES:
                self._mentions.clear()
            held = self._mentions[id(document)] = document, names, names.mentions(document)
        return held[2]

    def everywhere(self, around: Iterable[Path] = ()) -> list[Mention]:
        """All mentions in the policies, and in the tests and records below the folders `around`."""
        documents = (each for path in self.files(around) for each in self._workspace.documents(path))
        return [mention for document in documents for mention in self.mentions(document)]

    def test_documents(self, around: Iterable[Path] = ()) -> list[Document]:
        """The documents of the tests of the program, in it and below the folders `around`."""
        tests = (path for path in self.files(around) if is_test(path))
        return [each for path in tests for each in self._workspace.documents(path)]

    def files(self, around: Iterable[Path] = ()) -> list[Path]:
        """The files of the program, and the tests of it and records below the folders `around`."""
        own = [Path(source.name) for source in self.load.sources]
        found = dict.fromkeys(own)
        for folder in (self.root, *around):
            for path in _yaml_below(folder):
                if path not in found and self._is_beside(path):
                    found[path] = None
        return list(found)

    def _is_beside(self, path: Path) -> bool:
        """Whether a file is a test of this program, or a record beside its tests."""
        if is_test(path):
            return self._workspace.folder(path) is self
        tests = (each for each in path.parent.parent.glob("*_test.yaml"))
        return path.parent.name in ("records", "fixtures") and (
            self.root in path.parents or any(self._workspace.folder(each) is self for each in tests)
        )

    def declared(self, named: Named, around: Iterable[Path] = ()) -> list[Mention]:
        """The places that declare something."""
        return [each for each in self.everywhere(around) if each.declares and same(each.of, named)]


class _Load:
    """A load of a program, and what was asked of it."""

    def __init__(
        self, sources: tuple[Source, ...], mistakes: tuple[Diagnostic, ...], as_of: date, program: Program
    ) -> None:
        self.sources = sources
        self.mistakes = mistakes
        self.as_of = as_of
        self.program = program
        self.recovered: _Load | None = None
        self.names: Names | None = None
        self._days: dict[date, Program] = {}

    def on(self, day: date) -> Program:
        """The program of the same texts on another day."""
        if day not in self._days:
            found = self.program.on(day) if day != self.as_of else self.program
            self._days[day] = found or loading.load(self.program.name, self.sources, day, self.mistakes)
        return self._days[day]

    @cached_property
    def loaded(self) -> Loaded:
        """The program in its interface for Python."""
        return Loaded(self.program, self.program.name, tuple(each.name for each in self.sources))

    @cached_property
    def with_laws(self) -> tuple[Diagnostic, ...]:
        """All that is wrong with it."""
        return self.loaded.with_laws().diagnostics


def _yaml_below(folder: Path) -> list[Path]:
    """The YAML files in a folder and below, without hidden folders and those of packages."""
    found: list[Path] = []
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if each[0] != "." and each != "node_modules")
        found += (Path(where, each) for each in sorted(files) if each.endswith(_READ))
        if len(found) > _MOST_FILES:
            break
    return found


def is_test(path: Path) -> bool:
    """Whether a path names a file of tests."""
    return path.suffix in _READ and path.stem.endswith("_test")


def same(one: Named, other: Named) -> bool:
    """Whether two names are of one thing; a part of a policy is whatever has that id in it."""
    if "part" in (one.space, other.space):
        return (one.name, one.scope) == (other.name, other.scope)
    return one == other


def vocabulary_of(program: Program) -> Vocabulary | None:
    """The names of a program, also of one that does not compile; None where its declarations do not."""
    if program.graph is not None:
        return program.graph.vocabulary
    if program.declarations is None or program.document is None:
        return None
    if any(True for _ in check_tree(program.declarations, program.document)):
        return None
    vocabulary = Vocabulary(program.declarations)
    return results.with_results(vocabulary, in_force(program.units, program.as_of), Report())[0]
