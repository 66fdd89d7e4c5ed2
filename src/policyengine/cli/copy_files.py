"""Reads copies of source documents, chooses the ledger that each belongs to, and compares them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from policyengine.api import Program
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import CommandError
from policyengine.cli.file_io import unreadable, write_text
from policyengine.copies.matching import Comparison, compare_copy
from policyengine.copies.passages import Copy
from policyengine.copies.readers import MAX_BYTES, read_copy
from policyengine.copies.updates import updated
from policyengine.diagnostics import Diagnostic
from policyengine.program.ledgers import Ledgers
from policyengine.program.read import LedgerDocument
from policyengine.render.copy_reports import Against
from policyengine.render.diagnostic_text import diagnostics_text
from policyengine.verify.mentions import Mentions

_FIXTURES = Path("fixtures")


def open_copy(path: Path, console: Console) -> Copy:
    """The copy in a file; prints what is wrong with it and ends the command if it cannot be used."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
        found = read_copy(str(path), data)
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError:
        raise CommandError("a file name may not hold a NUL character") from None
    except ModuleNotFoundError as error:
        raise CommandError(
            f"`{path}` needs the extra `sources`, which is not installed ({error.name})",
            help="`python -m pip install 'mammoth>=1.11' 'markdown-it-py>=4' 'pypdfium2>=5'` adds it; "
            "text and HTML are read without it",
        ) from None
    if isinstance(found, Diagnostic):
        console.err(diagnostics_text([found], color=console.color_err))
        raise CommandError("")
    return found


def document_id(path: Path) -> str:
    """The id of a document by the name of its file."""
    words = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")
    return words if words[:1].isalpha() else f"document-{words}".strip("-")


def compared(
    folder: str, program: Program, given: Sequence[str], tests: Sequence[str], console: Console
) -> Iterator[Against]:
    """Each copy beside the ledger of its document."""
    ledgers = Ledgers(program.linked)
    if not program.linked.ledgers:
        raise CommandError(
            f"`{folder}` has no ledger of a document",
            help="`policyengine sources --start FILE` writes one; put it into the folder of the program",
        )
    declared = program.vocabulary.declarations.sources
    mentions = Mentions(_test_folders(folder, tests))
    for word in given:
        document, path = _named(word, ledgers)
        copy = open_copy(path, console)
        if document is None:
            document, found = _nearest(copy, ledgers)
        else:
            found = compare_copy(ledgers.of(document), copy)
        title = declared[document].title if document in declared else document
        yield Against(folder, document, title, str(path), found, ledgers, mentions)


def _named(word: str, ledgers: Ledgers) -> tuple[str | None, Path]:
    """The document and the file of `document=FILE`; of a file alone, the document whose name it has."""
    known = list(dict.fromkeys(each.ledger.document for each in ledgers.program.ledgers))
    name, _, file = word.partition("=")
    if file and not Path(word).exists():
        if name not in known:
            raise CommandError(
                f"there is no ledger of a document `{name}`", help=f"there are {', '.join(known)}"
            )
        return name, Path(file)
    if len(known) == 1:
        return known[0], Path(word)
    return next((each for each in known if each == document_id(Path(word))), None), Path(word)


def _nearest(copy: Copy, ledgers: Ledgers) -> tuple[str, Comparison]:
    """The document of which most statements stand in the copy."""
    known = dict.fromkeys(each.ledger.document for each in ledgers.program.ledgers)
    found = [(each, compare_copy(ledgers.of(each), copy)) for each in known]
    return max(found, key=lambda each: len(each[1].of("unchanged")))


def _test_folders(folder: str, tests: Sequence[str]) -> list[Path]:
    """Where tests of a program are looked for: beside it, and in `fixtures`."""
    beside = _FIXTURES / os.path.basename(os.path.abspath(folder))
    return [Path(each) for each in tests] or [Path(folder), *([beside] if beside.is_dir() else [])]


def write_ledgers(program: Program, reports: Sequence[Against], day: date, console: Console) -> None:
    """Writes the ledgers as of the copies, each file whole."""
    ledgers = {each.ledger.document: each for each in program.linked.ledgers}
    files: dict[str, list[tuple[LedgerDocument, Comparison]]] = {}
    for each in reports:
        ledger = ledgers[each.document]
        files.setdefault(ledger.document.source.name, []).append((ledger, each.comparison))
    for name, compared in files.items():
        source = compared[0][0].document.source
        text = updated(source, compared, day)
        if text != source.text:
            write_text(Path(name), text)
            console.err(f"wrote `{name}` as of the new copy; decide what is new, and remove what is gone")
