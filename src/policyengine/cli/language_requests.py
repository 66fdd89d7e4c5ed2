"""What the language server answers: each request of the protocol as a question for the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from policyengine.cli import language_commands as commands
from policyengine.cli.language_server import PolicyServer, path_of
from policyengine.editing import meanings, outline
from policyengine.editing.completion import Offer, completions
from policyengine.editing.layout import laid_out
from policyengine.editing.lenses import Lens, lenses
from policyengine.editing.meanings import rename, renamed_at
from policyengine.editing.mentions import Mention
from policyengine.editing.outline import Colour, Symbol
from policyengine.source import Span
from policyengine.text.document import Document


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
    if spot is None or found is None:
        return None
    words, named = found.words, spot.mention
    if ls.pinned is not None and named is not None and named.of.space == "fact":
        value = ls.pinned.value(spot.folder.load.loaded, named.of.name)
        words += f"\n\n{value} in the pinned record" if value is not None else ""
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, words), ls.range(found.span))


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


# What is shown around a text

_SYMBOLS = {
    "facts": lsp.SymbolKind.Field, "entities": lsp.SymbolKind.Class, "sources": lsp.SymbolKind.File,
    "levels": lsp.SymbolKind.EnumMember, "tests": lsp.SymbolKind.Method,
}  # fmt: skip


def _documents(ls: PolicyServer, params: Any) -> tuple[Document, ...]:
    return ls.texts.documents(path_of(params.text_document.uri))


def _symbols(ls: PolicyServer, params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
    found = (each for document in _documents(ls, params) for each in outline.symbols(document))
    return [_symbol(ls, each) for each in found]


def _symbol(ls: PolicyServer, symbol: Symbol) -> lsp.DocumentSymbol:
    kind = _SYMBOLS.get(symbol.what, lsp.SymbolKind.Object)
    parts = [_symbol(ls, each) for each in symbol.parts]
    whole = symbol.span.to(symbol.name)
    return lsp.DocumentSymbol(
        symbol.title, kind, ls.range(whole), ls.range(symbol.name), detail=symbol.id, children=parts
    )


def _everywhere(ls: PolicyServer, params: lsp.WorkspaceSymbolParams) -> list[lsp.SymbolInformation]:
    wanted = params.query.lower()
    return [
        lsp.SymbolInformation(
            ls.location(each.span), each.of.name, lsp.SymbolKind.Object, container_name=each.of.scope
        )
        for folder in ls.texts.folders
        for each in folder.everywhere()
        if each.declares and wanted in each.of.name.lower()
    ]


def _folds(ls: PolicyServer, params: lsp.FoldingRangeParams) -> list[lsp.FoldingRange]:
    found = {
        (at.start.line, at.end.line)
        for document in _documents(ls, params)
        for at in map(ls.range, outline.folds(document))
    }
    return [lsp.FoldingRange(start, end) for start, end in sorted(found)]


def _colours(ls: PolicyServer, params: lsp.SemanticTokensParams) -> lsp.SemanticTokens:
    folder = ls.texts.folder(path_of(params.text_document.uri))
    names = folder.names if folder is not None else None
    documents = _documents(ls, params) if names is not None else ()
    found = [each for document in documents if names for each in outline.colours(names.slots(document))]
    return lsp.SemanticTokens(list(_counted(ls, found)))


def _counted(ls: PolicyServer, found: list[Colour]) -> Iterable[int]:
    """The words, each counted from the one before it."""
    ranges = [
        (lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0)), ""),
        *((ls.range(each.span), each.kind) for each in found),
    ]
    for (before, _), (at, kind) in pairwise(ranges):
        line = at.start.line - before.start.line
        column = at.start.character - (0 if line else before.start.character)
        yield from (line, column, at.end.character - at.start.character, outline.TOKEN_KINDS.index(kind), 0)


def _signature(ls: PolicyServer, params: lsp.SignatureHelpParams) -> lsp.SignatureHelp | None:
    spot = ls.spot(params)
    slot = spot.slot if spot is not None else None
    call = outline.call_at(slot, spot.offset) if spot is not None and slot is not None else None
    if call is None:
        return None
    ways = [
        lsp.SignatureInformation(
            f"{call.function.name}({', '.join(each.name for each in way.parameters)})",
            parameters=[lsp.ParameterInformation(each.name) for each in way.parameters],
        )
        for way in call.function.signatures
    ]
    return lsp.SignatureHelp(ways, active_signature=0, active_parameter=call.parameter)


def _hints(ls: PolicyServer, params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
    folder = ls.texts.folder(path_of(params.text_document.uri))
    names = folder.names if folder is not None else None
    found: list[lsp.InlayHint] = []
    for document in _documents(ls, params) if names is not None else ():
        for each in outline.hints(names, names.slots(document)) if names is not None else ():
            at = ls.range(each.at).end
            if params.range.start.line <= at.line <= params.range.end.line:
                found.append(lsp.InlayHint(at, f" {each.text}", padding_left=True))
    return found


def _lenses(ls: PolicyServer, params: lsp.CodeLensParams) -> list[lsp.CodeLens]:
    folder = ls.texts.folder(path_of(params.text_document.uri))
    if folder is None:
        return []
    found = (
        each for document in _documents(ls, params) for each in lenses(folder, document, ls.pinned, ls.roots)
    )
    return [lsp.CodeLens(ls.range(each.at), command=_behind(each)) for each in found]


def _behind(lens: Lens) -> lsp.Command:
    """What a line above a part does: it runs its tests, or only tells something."""
    if not lens.tests:
        return lsp.Command(lens.text, "")
    return lsp.Command(lens.text, commands.RUN_TESTS, arguments=[list(map(list, lens.tests))])


def _layout(ls: PolicyServer, params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
    path = path_of(params.text_document.uri)
    text = ls.workspace.get_text_document(params.text_document.uri).source
    found = laid_out(text)
    source = ls.texts.source(path)
    if found is None or found == text or source is None:
        return []
    return [lsp.TextEdit(ls.range(Span(source, 0, len(source.text))), found)]


def make_server(today: Callable[[], date]) -> PolicyServer:
    """The server with all that it answers."""
    server = PolicyServer(today)
    for name, handler in _HANDLERS.items():
        server.feature(name, _OPTIONS.get(name))(handler)
    for name, command in commands.COMMANDS.items():
        server.command(name)(command)
    return server


_OPTIONS: dict[str, Any] = {
    lsp.TEXT_DOCUMENT_COMPLETION: lsp.CompletionOptions(trigger_characters=[".", "[", "{", '"', " "]),
    lsp.TEXT_DOCUMENT_CODE_ACTION: lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix]),
    lsp.TEXT_DOCUMENT_RENAME: lsp.RenameOptions(prepare_provider=True),
    lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: lsp.SemanticTokensLegend(list(outline.TOKEN_KINDS), []),
    lsp.TEXT_DOCUMENT_SIGNATURE_HELP: lsp.SignatureHelpOptions(trigger_characters=["(", ","]),
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
    lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL: _symbols,
    lsp.WORKSPACE_SYMBOL: _everywhere,
    lsp.TEXT_DOCUMENT_FOLDING_RANGE: _folds,
    lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: _colours,
    lsp.TEXT_DOCUMENT_SIGNATURE_HELP: _signature,
    lsp.TEXT_DOCUMENT_INLAY_HINT: _hints,
    lsp.TEXT_DOCUMENT_CODE_LENS: _lenses,
    lsp.TEXT_DOCUMENT_FORMATTING: _layout,
    lsp.TEXT_DOCUMENT_DEFINITION: _definition,
    lsp.TEXT_DOCUMENT_REFERENCES: _references,
    lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: _highlight,
}
