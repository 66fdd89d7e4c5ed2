"""The language server between requests: the texts that the editor has, their places, what it was told.

Nothing is decided here. Places are converted (`editing/positions`); `language_requests` has the answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from lsprotocol import types as lsp
from pygls import uris
from pygls.lsp.server import LanguageServer

from policyengine.cli import VERSION
from policyengine.diagnostics import Diagnostic, Severity
from policyengine.editing import meanings
from policyengine.editing.lenses import Pinned
from policyengine.editing.positions import Lines, Position, lines_of
from policyengine.editing.workspace import ProgramFolder, Workspace, is_test
from policyengine.files import MANIFEST
from policyengine.source import Source, Span
from policyengine.verify.document_index import Edit

LAWS_AFTER_MS = 400
"""Milliseconds without a change after which the laws of levels are tried, which takes long."""

_SEVERITY = {Severity.ERROR: lsp.DiagnosticSeverity.Error, Severity.WARNING: lsp.DiagnosticSeverity.Warning}


class PolicyServer(LanguageServer):
    """What the server keeps between requests: the texts, and what it told the editor."""

    def __init__(self, today: Callable[[], date]) -> None:
        super().__init__("policyengine", VERSION)
        self.today = today
        self.texts = Workspace(today())
        self.pinned: Pinned | None = None
        self._raw: dict[Path, tuple[str, Source, Lines]] = {}
        self._others: dict[str, Lines] = {}
        self._told: dict[str, list[lsp.Diagnostic]] = {}
        self._waiting: dict[Path, asyncio.TimerHandle] = {}

    # Texts and places

    def take(self, path: Path, text: str) -> None:
        """Takes the text that the editor has."""
        self.texts.as_of = self.today()
        self.texts.open(path, text)
        source = self.texts.source(path)
        if source is not None:
            self._raw[path] = text, source, Lines(text, source)

    def drop(self, path: Path) -> None:
        """Lets the file count again."""
        self.texts.close(path)
        self._raw.pop(path, None)

    def lines(self, path: Path) -> Lines | None:
        """The lines of a text, as the editor has it or as the file is."""
        held, source = self._raw.get(path), self.texts.source(path)
        if held is not None and held[1] is source:
            return held[2]
        return lines_of(source) if source is not None else None

    def offset(self, path: Path, position: lsp.Position) -> int:
        """The offset of a place in the editor."""
        lines = self.lines(path)
        return 0 if lines is None else lines.offset(Position(position.line, position.character))

    def range(self, span: Span) -> lsp.Range:
        """The places of a span in the editor."""
        held = self._raw.get(Path(span.source.name))
        start, end = (held[2] if held is not None else self._lines_of(span.source)).range(span)
        return lsp.Range(lsp.Position(*start), lsp.Position(*end))

    def _lines_of(self, source: Source) -> Lines:
        """The lines of a source that is not open."""
        held = self._others.get(source.name)
        if held is None or held.source is not source:
            held = self._others[source.name] = lines_of(source)
        return held

    def location(self, span: Span) -> lsp.Location:
        """A span with its file."""
        return lsp.Location(uri_of(Path(span.source.name)), self.range(span))

    def spot(self, at: Any) -> meanings.Spot | None:
        """The place that a request is about."""
        path = path_of(at.text_document.uri)
        return meanings.spot(self.texts, path, self.offset(path, at.position))

    @property
    def roots(self) -> list[Path]:
        """The folders that the editor has open."""
        return [path_of(each.uri) for each in self.workspace.folders.values()]

    def edits(self, found: Iterable[Edit]) -> lsp.WorkspaceEdit:
        """Edits by the addresses of their files."""
        changes: dict[str, list[lsp.TextEdit]] = {}
        for each in found:
            uri = uri_of(Path(each.at.source.name))
            changes.setdefault(uri, []).append(lsp.TextEdit(self.range(each.at), each.text))
        return lsp.WorkspaceEdit(changes)

    # Diagnostics

    def tell(self, path: Path) -> None:
        """Publishes what is wrong with the program around a text, and with the text if it is a test."""
        folder = self.texts.folder(path)
        if is_test(path):
            self._publish([path], self.texts.test_mistakes(path))
        if folder is None:
            return
        self._publish(self._files(folder), folder.diagnostics)
        waiting = self._waiting.pop(folder.root, None)
        if waiting is not None:
            waiting.cancel()
        loop = asyncio.get_running_loop()
        self._waiting[folder.root] = loop.call_later(LAWS_AFTER_MS / 1000, self._try_laws, folder)

    def _files(self, folder: ProgramFolder) -> list[Path]:
        """The files of a program, and those that were some of it and are gone."""
        told = (path_of(uri) for uri in self._told)
        gone = (each for each in told if not is_test(each) and self.texts.folder(each) is folder)
        return [folder.root / MANIFEST, *(Path(each.name) for each in folder.load.sources), *gone]

    def _try_laws(self, folder: ProgramFolder) -> None:
        """Adds what `check` says of the laws of levels, if nothing has changed meanwhile."""
        load = folder.load
        if load.program.graph is None:
            return

        def tried(done: asyncio.Task[tuple[Diagnostic, ...]]) -> None:
            if folder.load is load and not done.cancelled() and done.exception() is None:
                self._publish(self._files(folder), done.result())

        asyncio.ensure_future(asyncio.to_thread(lambda: load.with_laws)).add_done_callback(tried)

    def _publish(self, files: Iterable[Path], mistakes: Iterable[Diagnostic]) -> None:
        paths = list(dict.fromkeys(files))
        found: dict[str, list[lsp.Diagnostic]] = {uri_of(path): [] for path in paths}
        for each in mistakes:
            uri = uri_of(Path(each.span.source.name) if each.span is not None else paths[0])
            found.setdefault(uri, []).append(self.told_as(each))
        for uri, told in found.items():
            if told != self._told.get(uri, []):
                self._told[uri] = told
                self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, told))

    def told_as(self, found: Diagnostic) -> lsp.Diagnostic:
        """A mistake as the editor shows it."""
        start = lsp.Position(0, 0)
        related = [
            lsp.DiagnosticRelatedInformation(self.location(each.span), each.text) for each in found.labels
        ]
        return lsp.Diagnostic(
            range=self.range(found.span) if found.span is not None else lsp.Range(start, start),
            message=found.message + (f"\nhelp: {found.help}" if found.help else ""),
            severity=_SEVERITY[found.severity],
            code=found.code.id,
            source="policyengine",
            related_information=related or None,
        )


def path_of(uri: str) -> Path:
    """The path of a file by its address; an address that is no file has a path that no file has."""
    found = uris.to_fs_path(uri) if urlparse(uri).scheme == "file" else None
    return Path(found if found else f"/{unquote(uri)}")


def uri_of(path: Path) -> str:
    """The address of a file."""
    return uris.from_fs_path(str(path)) or path.as_uri()
