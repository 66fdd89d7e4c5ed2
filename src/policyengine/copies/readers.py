"""Reads the bytes of a copy of a document: text, Markdown, HTML, PDF, .docx.

What cannot be read is a diagnostic. A .docx becomes HTML through mammoth, Markdown through markdown-it, and a
PDF text through PDFium; each is loaded when it is needed.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import PurePath

from policyengine.copies.html_pages import read_html
from policyengine.copies.passages import Copy, Passage, PassageWriter, in_capitals, looks_like_a_heading
from policyengine.copies.words import normal
from policyengine.diagnostics import Code, Diagnostic
from policyengine.source import Source
from policyengine.text.decode import decode

MAX_BYTES = 64 * 1024 * 1024
MOST_PAGES = 2_000
_MOST_PARTS = 10_000
_WRAPPED = range(40, 101)
"""So long is the longest line of a text that is wrapped."""

UNREADABLE = Code(
    id="COPY001",
    title="a copy of a document that cannot be read",
    why="What cannot be read whole is not compared: a part that is left out would look as if it were gone.",
    bad="a PDF with a password, or a file of a different sort than its name says",
    good="the same document as text, HTML, Markdown, PDF or .docx",
    example="folder",
)
TOO_LARGE = Code(
    id="COPY002",
    title="a copy of a document that is too large",
    why="A copy is read whole. A small file that unfolds to more than a book is more likely meant to harm.",
    bad="a .docx that unfolds to gigabytes",
    good="the document alone",
    example="folder",
)
NO_WORDS = Code(
    id="COPY003",
    title="a copy of a document in which there are no words",
    why="It would look as if every statement were gone. A scan is a picture of words; its text has to be "
    "recognised first.",
    bad="an empty file, or a PDF of scanned pages",
    good="the same document with its text",
    example="folder",
)
CODES = (UNREADABLE, TOO_LARGE, NO_WORDS)
FORMS = ("text", "markdown", "html", "pdf", "docx")
_ENDINGS = {
    **dict.fromkeys((".txt", ".text"), "text"),
    **dict.fromkeys((".md", ".markdown"), "markdown"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    ".pdf": "pdf",
    ".docx": "docx",
}
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)", re.IGNORECASE)


class _CopyError(Exception):
    """Why a copy cannot be used."""

    def __init__(self, code: Code, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.help = code, message, help


def read_copy(name: str, data: bytes) -> Copy | Diagnostic:
    """A copy of a document by the name and the bytes of its file, or why it cannot be used.

    Raises `ModuleNotFoundError` where the library for its form is not installed.
    """
    try:
        if len(data) > MAX_BYTES:
            raise _CopyError(
                TOO_LARGE, f"the file has {len(data):,} bytes, and at most {MAX_BYTES:,} are read"
            )
        form = _form(name, data)
        if form in ("pdf", "docx"):
            copy = Copy(_of_bytes(form, data))
        else:
            text = _decoded(name, data, form)
            if isinstance(text, Diagnostic):
                return text
            copy = Copy(_of_text(form, text))
        if not copy.words:
            help = "recognise the text of a scan first" if form == "pdf" else "name the document itself"
            raise _CopyError(NO_WORDS, "there are no words in this file", help)
    except _CopyError as error:
        where = Source(name, "").span(0, 0)
        return error.code.at(where, error.message, help=error.help)
    return copy


def _form(name: str, data: bytes) -> str:
    form = _ENDINGS.get(PurePath(name).suffix.lower())
    if data.startswith(b"%PDF-"):
        seen = "pdf"
    elif data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        seen = "docx"
    else:
        seen = "text"
    if form is None and seen == "text":
        endings = ", ".join(_ENDINGS)
        help = f"save it as one of these, and let its name say so: {endings}"
        raise _CopyError(UNREADABLE, "its name does not tell what sort of file it is", help)
    if form is not None and (form in ("pdf", "docx") or seen != "text") and seen != form:
        raise _CopyError(UNREADABLE, f"its name says that it is {_called(form)}, and it is not")
    return form or seen


def _called(form: str) -> str:
    return {"pdf": "a PDF", "docx": "a .docx", "html": "HTML", "markdown": "Markdown"}.get(form, "a text")


def _decoded(name: str, data: bytes, form: str) -> str | Diagnostic:
    """The text of a file; a page of HTML may declare a different encoding than UTF-8."""
    declared = _CHARSET.search(data[:4096]) if form == "html" else None
    if declared is not None and declared[1].lower() not in (b"utf-8", b"utf8"):
        try:
            return data.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError) as error:
            raise _CopyError(UNREADABLE, f"it is not in the encoding that it declares: {error}") from None
    found = decode(name, data, max_bytes=MAX_BYTES)
    if isinstance(found, Diagnostic):
        return found
    if "\0" in found.text:
        raise _CopyError(UNREADABLE, f"there are NUL characters in it, so it is not {_called(form)}")
    return found.text


# Texts


def _of_text(form: str, text: str) -> Sequence[Passage]:
    writer = PassageWriter()
    if form == "html":
        read_html(text, writer)
    elif form == "markdown":
        from markdown_it import MarkdownIt

        read_html(MarkdownIt("commonmark").enable("table").render(text), writer)
    else:
        lines = [
            (f"line {i}", re.sub(r"\*\*|__|~~", "", line)) for i, line in enumerate(text.splitlines(), 1)
        ]
        read_lines(lines, writer)
    return writer.passages


def read_lines(
    lines: Sequence[tuple[str, str]], writer: PassageWriter, *, wrapped: bool | None = None
) -> None:
    """Reads the lines of a text, each with its place; those of a wrapped text are joined to paragraphs."""
    joins = _is_wrapped([line for _, line in lines]) if wrapped is None else wrapped
    for block in _blocks(lines):
        place, first = block[0]
        if len(block) == 1 and not _BULLET.match(first) and looks_like_a_heading(first):
            writer.heading(first.lstrip("# "), place)
            continue
        for at, text in _joined(block) if joins else block:
            if text.strip().startswith("|"):
                _table_row(text, at, writer)
            else:
                writer.passage(text, at)


def _table_row(line: str, place: str, writer: PassageWriter) -> None:
    """A row of a table drawn with `|`; the line under its heading says nothing."""
    cells = [normal(each) for each in line.strip().strip("|").split("|")]
    if not all(set(each) <= set("-: ") for each in cells):
        writer.row(cells, place)


def _is_wrapped(lines: Sequence[str]) -> bool:
    """Whether lines are cut at a width: none is long, and most that go on in the next line nearly fill it."""
    widest = max((len(line.rstrip()) for line in lines), default=0)
    going_on = [len(line.rstrip()) for line, after in pairwise(lines) if line.strip() and after.strip()]
    full = sum(5 * size >= 4 * widest for size in going_on)
    return bool(going_on) and widest in _WRAPPED and 2 * full > len(going_on)


def _blocks(lines: Sequence[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    block: list[tuple[str, str]] = []
    for place, line in lines:
        if in_capitals(line):
            yield from ([block] if block else [])
            yield [(place, line)]
            block = []
        elif line.strip():
            block.append((place, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


_BULLET = re.compile(r"\s*(?:\||[\u2022\u00b7\u25aa\u25e6\u2023\u25cf\u25cb\u25a0*-]\s)")
_ITEM = re.compile(
    rf"{_BULLET.pattern}"
    r"|\s*(?:\(?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxIVX]{1,5})[.)]\s)"
)


def _joined(block: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The paragraphs and items of a block of wrapped lines; a word cut by a hyphen is whole again."""
    place, text = block[0]
    for at, line in block[1:]:
        if _ITEM.match(line):
            yield place, text
            place, text = at, line
        elif re.search(r"[^\W\d_][-\u00ad\u2010]$", text.rstrip()):
            text = text.rstrip() + line.lstrip()
        else:
            text = f"{text.rstrip()} {line.lstrip()}"
    yield place, text


# Files of bytes


def _of_bytes(form: str, data: bytes) -> Sequence[Passage]:
    writer = PassageWriter()
    read: Callable[[bytes, PassageWriter], None] = _read_pdf if form == "pdf" else _read_docx
    read(data, writer)
    return writer.passages


def _read_pdf(data: bytes, writer: PassageWriter) -> None:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        what = "it is locked with a password" if locked else "it is damaged"
        help = "save it without one" if locked else "take a new copy"
        raise _CopyError(UNREADABLE, f"this PDF cannot be read: {what}", help) from None
    try:
        if len(document) > MOST_PAGES:
            raise _CopyError(
                TOO_LARGE, f"it has {len(document):,} pages, and at most {MOST_PAGES:,} are read"
            )
        pages = [_page(document, i) for i in range(len(document))]
    except pypdfium2.PdfiumError as error:
        raise _CopyError(UNREADABLE, f"a page of this PDF cannot be read: {error}") from None
    finally:
        document.close()
    furniture = _furniture(pages)
    lines = [
        (f"page {i}", line)
        for i, page in enumerate(pages, 1)
        for line in page
        if _shape(line) not in furniture
    ]
    read_lines(lines, writer, wrapped=True)


def _page(document: object, number: int) -> list[str]:
    page = document[number]  # type: ignore[index]
    text = page.get_textpage()
    try:
        return str(text.get_text_range()).replace("\ufffe", "-").splitlines()
    finally:
        text.close()
        page.close()


_PAGE_NUMBER = re.compile(
    r"(?i)[^\w]*(?:.{0,60}\W)?(?:page|p\.)\s*#(?:\s*(?:of|/)\s*#)?[^\w]*|[^\w]*#(?:\s*(?:of|/)\s*#)?[^\w]*"
)


def _furniture(pages: Sequence[Sequence[str]]) -> frozenset[str]:
    """First and last lines that are page numbers, or stand on most pages of several: running titles."""
    counts = Counter[str]()
    for page in pages:
        lines = [line for line in page if line.strip()]
        counts.update({_shape(line) for line in (*lines[:2], *lines[-2:])})
    most = max(len(pages), 4)
    return frozenset(
        shape for shape, count in counts.items() if 2 * count > most or _PAGE_NUMBER.fullmatch(shape)
    )


def _shape(line: str) -> str:
    return re.sub(r"\d+", "#", " ".join(line.split()))


def _read_docx(data: bytes, writer: PassageWriter) -> None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as parts:
            size = sum(each.file_size for each in parts.infolist())
            if size > MAX_BYTES or len(parts.infolist()) > _MOST_PARTS:
                raise _CopyError(
                    TOO_LARGE, f"it unfolds to {size:,} bytes, and at most {MAX_BYTES:,} are read"
                )
            if "word/document.xml" not in parts.namelist():
                raise _CopyError(UNREADABLE, "it is not a document of a word processor")
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        help = "save it as .docx, without a password"
        raise _CopyError(UNREADABLE, "this .docx cannot be read: it is damaged or locked", help) from None
    import mammoth

    try:
        page = mammoth.convert_to_html(
            BytesIO(data), convert_image=mammoth.images.img_element(lambda _: {})
        ).value
    except Exception as error:  # whatever its readers of XML raise for a crafted file
        raise _CopyError(UNREADABLE, f"this .docx cannot be read: {type(error).__name__}") from None
    read_html(page, writer)
