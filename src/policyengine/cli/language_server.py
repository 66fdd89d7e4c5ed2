"""The language server: requests of the protocol to questions for the workspace, and the answers back.

Nothing is decided here. Places are converted (`editing/positions`), and what the editor has is kept.
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
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from policyengine.cli import VERSION
from policyengine.diagnostics import Diagnostic, Severity
from policyengine.editing import meanings
from policyengine.editing.completion import Offer, completions
from policyengine.editing.mentions import Mention
from policyengine.editing.positions import Lines, Position, lines_of
from policyengine.editing.renaming import rename, renamed_at
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
        self._raw: dict[Path, tuple[str, Source, Lines]] = {}
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
        lines = held[2] if held is not None else lines_of(span.source)
        start, end = lines.range(span)
        return lsp.Range(lsp.Position(*start), lsp.Position(*end))

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
        files = [Path(source.name) for source in folder.load.sources]
        self._publish([folder.root / MANIFEST, *files], folder.diagnostics)
        waiting = self._waiting.pop(folder.root, None)
        if waiting is not None:
            waiting.cancel()
        loop = asyncio.get_running_loop()
        self._waiting[folder.root] = loop.call_later(LAWS_AFTER_MS / 1000, self._try_laws, folder)

    def _try_laws(self, folder: ProgramFolder) -> None:
        """Adds what `check` says of the laws of levels, if nothing has changed meanwhile."""
        load = folder.load
        if load.program.graph is None:
            return

        def tried(done: asyncio.Task[tuple[Diagnostic, ...]]) -> None:
            if folder.load is load and not done.cancelled() and done.exception() is None:
                self._publish(
                    [folder.root / MANIFEST, *(Path(each.name) for each in load.sources)], done.result()
                )

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


# Requests


def _opened(ls: PolicyServer, params: lsp.DidOpenTextDocumentParams) -> None:
    path = path_of(params.text_document.uri)
    ls.take(path, params.text_document.text)
    ls.tell(path)


def _changed(ls: PolicyServer, params: lsp.DidChangeTextDocumentParams) -> None:
    path = path_of(params.text_document.uri)
    ls.take(path, ls.workspace.get_text_document(params.text_document.uri).source)
    ls.tell(path)


def _closed(ls: PolicyServer, params: lsp.DidCloseTextDocumentParams) -> None:
    path = path_of(params.text_document.uri)
    ls.drop(path)
    ls.tell(path)


def _saved(ls: PolicyServer, params: lsp.DidSaveTextDocumentParams) -> None:
    ls.tell(path_of(params.text_document.uri))


def _files_changed(ls: PolicyServer, params: lsp.DidChangeWatchedFilesParams) -> None:
    for path in dict.fromkeys(path_of(each.uri) for each in params.changes):
        ls.tell(path)


def _hover(ls: PolicyServer, params: lsp.HoverParams) -> lsp.Hover | None:
    spot = ls.spot(params)
    found = meanings.meaning(spot) if spot is not None else None
    if found is None:
        return None
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, found.words), ls.range(found.span))


def _definition(ls: PolicyServer, params: lsp.DefinitionParams) -> list[lsp.Location]:
    spot = ls.spot(params)
    return _places(ls, meanings.definitions(spot) if spot is not None else ())


def _references(ls: PolicyServer, params: lsp.ReferenceParams) -> list[lsp.Location]:
    spot = ls.spot(params)
    found = meanings.references(spot, ls.roots) if spot is not None else []
    wanted = [each for each in found if params.context.include_declaration or not each.declares]
    return _places(ls, wanted)


def _highlight(ls: PolicyServer, params: lsp.DocumentHighlightParams) -> list[lsp.DocumentHighlight]:
    spot, path = ls.spot(params), str(path_of(params.text_document.uri))
    found = meanings.references(spot) if spot is not None else []
    return [lsp.DocumentHighlight(ls.range(each.span)) for each in found if each.span.source.name == path]


def _completion(ls: PolicyServer, params: lsp.CompletionParams) -> lsp.CompletionList:
    path = path_of(params.text_document.uri)
    found = completions(ls.texts, path, ls.offset(path, params.position))
    source = ls.texts.source(path)
    if source is None:
        return lsp.CompletionList(is_incomplete=False, items=[])
    start = ls.range(source.span(found.start, found.start)).start
    items = [_item(each, lsp.Range(start, params.position), i) for i, each in enumerate(found.offers)]
    return lsp.CompletionList(is_incomplete=False, items=items)


_KINDS_OF_ITEMS = {
    "key": lsp.CompletionItemKind.Property, "kind": lsp.CompletionItemKind.Class,
    "function": lsp.CompletionItemKind.Function, "keyword": lsp.CompletionItemKind.Keyword,
    "fact": lsp.CompletionItemKind.Field, "value": lsp.CompletionItemKind.EnumMember,
}  # fmt: skip


def _item(offer: Offer, at: lsp.Range, place: int) -> lsp.CompletionItem:
    """What the editor shows of an offer; the order is that of the offers."""
    return lsp.CompletionItem(
        label=offer.label,
        kind=_KINDS_OF_ITEMS.get(offer.what, lsp.CompletionItemKind.Reference),
        detail=offer.detail or None,
        documentation=offer.about or None,
        sort_text=f"{place:04}",
        filter_text=offer.label,
        text_edit=lsp.TextEdit(at, offer.written or offer.label),
    )


def _code_actions(ls: PolicyServer, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    path, wanted = path_of(params.text_document.uri), params.range
    folder = ls.texts.folder(path)
    if folder is None:
        return []
    found: list[lsp.CodeAction] = []
    for each in folder.with_known_laws:
        if each.span is None or Path(each.span.source.name) != path:
            continue
        at = ls.range(each.span)
        if at.start.line <= wanted.end.line and wanted.start.line <= at.end.line:
            told = [ls.told_as(each)]
            for i, fix in enumerate(folder.fixes(each)):
                title = fix.title[:1].upper() + fix.title[1:]
                found.append(lsp.CodeAction(
                    title, lsp.CodeActionKind.QuickFix, told, is_preferred=i == 0, edit=ls.edits(fix.edits)
                ))  # fmt: skip
    return found


def _may_rename(ls: PolicyServer, params: lsp.PrepareRenameParams) -> lsp.Range | None:
    spot = ls.spot(params)
    found = renamed_at(spot) if spot is not None else None
    return None if found is None else ls.range(found)


def _rename(ls: PolicyServer, params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
    spot = ls.spot(params)
    found = rename(spot, params.new_name, ls.roots) if spot is not None else "there is no program here"
    if isinstance(found, str):
        raise JsonRpcException(found, lsp.LSPErrorCodes.RequestFailed)
    return ls.edits(found)


def _places(ls: PolicyServer, found: Iterable[Mention]) -> list[lsp.Location]:
    return [ls.location(each.span) for each in found]


def make_server(today: Callable[[], date]) -> PolicyServer:
    """The server with all that it answers."""
    server = PolicyServer(today)
    for name, handler in _HANDLERS.items():
        server.feature(name, _OPTIONS.get(name))(handler)
    return server


_OPTIONS: dict[str, Any] = {
    lsp.TEXT_DOCUMENT_COMPLETION: lsp.CompletionOptions(trigger_characters=[".", "[", "{", '"', " "]),
    lsp.TEXT_DOCUMENT_CODE_ACTION: lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix]),
    lsp.TEXT_DOCUMENT_RENAME: lsp.RenameOptions(prepare_provider=True),
}


_HANDLERS: dict[str, Callable[..., Any]] = {
    lsp.TEXT_DOCUMENT_DID_OPEN: _opened,
    lsp.TEXT_DOCUMENT_DID_CHANGE: _changed,
    lsp.TEXT_DOCUMENT_DID_CLOSE: _closed,
    lsp.TEXT_DOCUMENT_DID_SAVE: _saved,
    lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES: _files_changed,
    lsp.TEXT_DOCUMENT_HOVER: _hover,
    lsp.TEXT_DOCUMENT_COMPLETION: _completion,
    lsp.TEXT_DOCUMENT_CODE_ACTION: _code_actions,
    lsp.TEXT_DOCUMENT_PREPARE_RENAME: _may_rename,
    lsp.TEXT_DOCUMENT_RENAME: _rename,
    lsp.TEXT_DOCUMENT_DEFINITION: _definition,
    lsp.TEXT_DOCUMENT_REFERENCES: _references,
    lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: _highlight,
}
