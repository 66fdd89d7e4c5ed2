"""The same text as a page of HTML, Markdown, wrapped, as a .docx and as a PDF, the last two by hand."""

from __future__ import annotations

import html
import io
import re
import textwrap
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_HEADING = re.compile(r"^\d\. [A-Z ]+$|^Harbour Partner Terms$")


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """Headings, paragraphs, and tables as rows."""
    rows: list[str] = []
    for line in text.splitlines():
        if line.startswith("|"):
            rows.append(line)
            continue
        if rows:
            yield "table", rows
            rows = []
        if line.strip():
            yield ("heading" if _HEADING.match(line) else "paragraph"), [line]


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


def as_html(text: str) -> bytes:
    parts = ["<html><head><title>Harbour</title><style>p {}</style></head><body><nav>Home Berths</nav><main>"]
    for kind, lines in _blocks(text):
        if kind == "table":
            rows = (_cells(row) for row in lines if not row.startswith("|--"))
            parts += [
                "<table>",
                *("<tr>" + "".join(f"<td> {html.escape(c)} </td>" for c in r) + "</tr>" for r in rows),
            ]
            parts.append("</table>")
            continue
        tag = "h2" if kind == "heading" else "p"
        said = (
            html.escape(lines[0]).replace("boats", "<b>boats</b>").replace("60 days", "60&nbsp;<i>days</i>")
        )
        parts.append(f"<{tag} class='x'>{said}</{tag}>")
    return "\n".join(
        [*parts, "<script>alert(1)</script></main><footer>Imprint</footer></body></html>"]
    ).encode()


def as_markdown(text: str) -> bytes:
    parts = []
    for kind, lines in _blocks(text):
        if kind == "heading":
            parts.append("## " + lines[0])
        else:
            parts.append(
                "\n".join(line.replace(" * ", " \\* ").replace("yearly", "*yearly*") for line in lines)
            )
    return "\n\n".join(parts).encode()


def as_wrapped(text: str) -> bytes:
    return "\n".join("\n".join(textwrap.wrap(line, 64)) if not line.startswith("|") else line
                     for line in text.splitlines()).encode()  # fmt: skip


_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def as_docx(text: str) -> bytes:
    def paragraph(said: str, style: str = "") -> str:
        look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
        half = len(said) // 2
        runs = "".join(
            f'<w:r><w:t xml:space="preserve">{html.escape(each)}</w:t></w:r>'
            for each in (said[:half], said[half:])
        )
        return f"<w:p>{look}{runs}</w:p>"

    def row(cells: list[str]) -> str:
        return "<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in cells) + "</w:tr>"

    body = []
    for kind, lines in _blocks(text):
        if kind == "table":
            rows = "".join(row(_cells(line)) for line in lines if not line.startswith("|--"))
            body.append(f"<w:tbl>{rows}</w:tbl>")
        else:
            body.append(paragraph(lines[0], "Heading1" if kind == "heading" else ""))
    return docx(f'<w:document xmlns:w="{_WORD}"><w:body>{"".join(body)}</w:body></w:document>')


def docx(document: str) -> bytes:
    """A .docx with this document and nothing else."""
    kinds = "http://schemas.openxmlformats.org/package/2006/content-types"
    links = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{kinds}">'
        '<Default Extension="rels" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{links}"><Relationship Id="r1" Type="{office}" '
        'Target="word/document.xml"/></Relationships>',
        "word/document.xml": document,
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, said in parts.items():
            file.writestr(name, said)
    return made.getvalue()


def as_pdf(text: str) -> bytes:
    lines: list[str] = []
    for kind, block in _blocks(text):
        rows = [" ".join(_cells(row)) for row in block if not row.startswith("|--")]
        lines += rows if kind == "table" else textwrap.wrap(block[0], 70)
    pages = [lines[i : i + 12] for i in range(0, len(lines), 12)]
    return pdf(
        [
            ["Harbour Partner Terms, 2026", *page, f"Page {i} of {len(pages)}"]
            for i, page in enumerate(pages, 1)
        ]
    )


def pdf(pages: list[list[str]]) -> bytes:
    """A PDF of lines, with no more than it takes."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    objects.append(font)
    kids = []
    for page in pages:
        said = b"".join(b"(%s) Tj T*\n" % _escaped(line) for line in page)
        stream = b"BT /F1 11 Tf 14 TL 50 780 Td\n" + said + b"ET"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    out, places = bytearray(b"%PDF-1.4\n"), []
    for i, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (i, each)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % each for each in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _escaped(line: str) -> bytes:
    said = line.encode("cp1252", "replace")
    return re.sub(rb"([()\\])", rb"\\\1", said)


FORMS: dict[str, Callable[[str], tuple[str, bytes]]] = {
    "text": lambda text: ("terms.txt", text.encode()),
    "html": lambda text: ("terms.html", as_html(text)),
    "markdown": lambda text: ("terms.md", as_markdown(text)),
    "wrapped": lambda text: ("terms.txt", as_wrapped(text)),
    "docx": lambda text: ("terms.docx", as_docx(text)),
    "pdf": lambda text: ("terms.pdf", as_pdf(text)),
}


# Copies that cannot be read: the bytes, the code, and a part of the message


def paragraphs(*said: str) -> bytes:
    body = "".join(f"<w:p>{each}</w:p>" for each in said)
    return docx(f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>')


def bomb() -> bytes:
    """A small file that unfolds to 100 MiB."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", b" " * (100 * 1024 * 1024))
    return made.getvalue()


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
    return docx(
        f'<!DOCTYPE x [<!ENTITY e0 "haha">{entities}]><w:document xmlns:w="{_WORD}"><w:body>'
        "<w:p><w:r><w:t>&e9;</w:t></w:r></w:p></w:body></w:document>"
    )


def nested() -> bytes:
    return paragraphs("<w:r><w:t>a</w:t></w:r>" + "<w:ins>" * 20_000 + "</w:ins>" * 20_000)


LOCKED = Path(__file__).parent / "copies" / "locked.pdf"
BROKEN = {
    "empty.txt": (b"", "COPY003", "there are no words"),
    "blank.html": (b"<html><body> <script>var a = 1</script> </body></html>", "COPY003", "no words"),
    "latin.txt": ("Geb\u00fchr".encode("latin-1"), "TEXT001", "not UTF-8"),
    "wide.txt": ("fee".encode("utf-16"), "TEXT001", "UTF-16"),
    "binary.txt": (b"a\0b", "COPY001", "NUL"),
    "odd.html": (b'<meta charset="no-such">a', "COPY001", "encoding that it declares"),
    "terms": (b"a fee", "COPY001", "does not tell"),
    "terms.doc": (b"a fee", "COPY001", "does not tell"),
    "text.pdf": (b"a fee", "COPY001", "says that it is a PDF"),
    "text.docx": (b"a fee", "COPY001", "says that it is a .docx"),
    "pdf.txt": (b"%PDF-1.4\n", "COPY001", "says that it is a text"),
    "cut.pdf": (pdf([["A fee is due."]])[:200], "COPY001", "damaged"),
    "scan.pdf": (pdf([[]]), "COPY003", "no words"),
    "locked.pdf": (LOCKED.read_bytes(), "COPY001", "locked with a password"),
    "cut.docx": (paragraphs("a")[:100], "COPY001", "damaged or locked"),
    "old.docx": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "COPY001", "damaged or locked"),
    "zip.docx": (bomb(), "COPY002", "unfolds to 104,857,600 bytes"),
    "laughs.docx": (laughs(), "COPY001", "cannot be read"),
    "nested.docx": (nested(), "COPY001", "cannot be read"),
    "sheet.docx": (
        docx("x").replace(b"word/document.xml", b"xl/workbook__.xml"),
        "COPY001",
        "word processor",
    ),
}
NEEDS = {".pdf": "pypdfium2", ".docx": "mammoth"}


def need(name: str) -> None:
    if Path(name).suffix in NEEDS:
        pytest.importorskip(NEEDS[Path(name).suffix])
