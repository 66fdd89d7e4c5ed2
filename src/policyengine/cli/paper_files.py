"""Writes papers: one to a file or the terminal, those of a whole base into a folder with an index."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import click

from policyengine.atomic_file import sync_folder
from policyengine.batch.cores import cores
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import CommandError
from policyengine.cli.file_io import (
    make_folder,
    protect,
    read_bytes,
    require_distinct,
    unreadable,
    unwritable,
    write_bytes,
)
from policyengine.cli.options import FILE, Output
from policyengine.cli.partner_base import PartnerBase
from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic
from policyengine.papers.blocks import Column, Paper, Row, Run, Section, Table
from policyengine.papers.language import Language
from policyengine.render.paper_text import paper_text
from policyengine.render.style import painter
from policyengine.text.decode import decode

F = TypeVar("F", bound=Callable[..., Any])
FORMATS = ("text", "json", "html", "pdf")
ENDINGS = {".html": "html", ".pdf": "pdf", ".txt": "text"}
_SUFFIX = {"text": "txt", "json": "json", "html": "html", "pdf": "pdf"}
_UNSAFE = re.compile(r"[^\w.-]+", re.ASCII)
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d|index)(\..*)?")
_LONGEST = 80


def template_options(function: F) -> F:
    """`--template`, `--fonts`."""
    for option in (
        click.option(
            "--fonts", multiple=True, metavar="DIR", type=FILE,
            help="A folder with fonts for PDF, beside those that come with it.",
        ),
        click.option(
            "--template", metavar="FILE", type=FILE,
            help="Your own layout: a template of Jinja for HTML, of typst (`.typ`) for PDF.",
        ),
    ):  # fmt: skip
        function = option(function)
    return function


def contact_option(function: F) -> F:
    """`--contact`."""
    return click.option("--contact", metavar="TEXT", help="Whom the partner tells what is missing or wrong.")(
        function
    )


@dataclass(frozen=True, slots=True)
class Written:
    """A paper about a record: its key, its name for people, some words for the index, and the paper."""

    key: str
    name: str
    words: str
    paper: Paper


class Layout:
    """Lays papers out in the formats that are asked for; templates are read and compiled once."""

    def __init__(self, outputs: Sequence[Output], template: str | None, fonts: Sequence[str]) -> None:
        self.formats = {each.format for each in outputs}
        self.own = template is not None
        text = None if template is None else _template_text(template)
        is_pdf = template is not None and template.lower().endswith(".typ")
        self._path = template
        if template is not None and ("pdf" if is_pdf else "html") not in self.formats:
            ending, wanted = (".typ", "pdf") if is_pdf else ("of HTML", "html")
            raise CommandError(
                f"the template is {ending}, and no `{wanted}` is asked for",
                help=f"add `-o {wanted}:FILE`" if is_pdf else "add `-o html:FILE`; one of PDF ends in `.typ`",
            )
        self._html: Any = self._make(None if is_pdf else text)
        self._pdf: Any = self._make_pdf(text if is_pdf else None, fonts) if "pdf" in self.formats else None

    def _make(self, text: str | None) -> Any:
        from policyengine.render.paper_html import HtmlTemplate, TemplateError

        try:
            return HtmlTemplate(text)
        except TemplateError as error:
            raise self._failed(error) from None

    def _make_pdf(self, text: str | None, fonts: Sequence[str]) -> Any:
        if find_spec("typst") is None:
            raise CommandError(
                "PDF needs the extra `pdf`, which is not installed",
                help="`python -m pip install 'typst>=0.15'` adds it; HTML needs none",
            )
        from policyengine.render.paper_html import TemplateError
        from policyengine.render.paper_pdf import PdfTemplate

        for each in fonts:
            if not Path(each).is_dir():
                raise CommandError(f"`{each}` is not a folder with fonts")
        try:
            return PdfTemplate(text, self._path if text is not None else None, fonts)
        except TemplateError as error:
            raise self._failed(error) from None

    def _failed(self, error: Any) -> CommandError:
        found = error.mistake
        if self._path is None:
            return CommandError(f"the paper cannot be laid out: {found.message}", help=found.help)
        where = self._path if found.line is None else f"{self._path}:{found.line}"
        return CommandError(f"the template fails at `{where}`: {found.message}", help=found.help)

    def data(self, form: str, paper: Mapping[str, Any], console: Console | None = None) -> bytes:
        """A paper in a format."""
        from policyengine.render.paper_html import TemplateError

        if form == "json":
            return json.dumps(paper, indent=2, ensure_ascii=False).encode()
        if form == "text":
            columns, color = (100, False) if console is None else (console.columns, console.color)
            return paper_text(paper, columns, painter(color)).encode(errors="backslashreplace")
        try:
            made = (self._pdf if form == "pdf" else self._html).fill(paper)
        except TemplateError as error:
            raise self._failed(error) from None
        return made if isinstance(made, bytes) else made.encode(errors="backslashreplace")

    def tell(self, console: Console) -> None:
        """Says which letters stand in a PDF as empty boxes."""
        lacking = sorted(self._pdf.not_set) if self._pdf is not None else []
        if lacking:
            some = ", ".join(f"`{each}`" for each in lacking[:5])
            more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
            console.err(
                f"note: the PDF has empty boxes for {some}{more}, of which its fonts have no picture\n"
                "help: `--fonts DIR` adds fonts; HTML needs none"
            )

    def page(self, paper: Paper) -> bytes:
        """A page of ours as HTML, whatever the template for papers is."""
        from policyengine.render.paper_html import HtmlTemplate

        return HtmlTemplate().fill(paper.plain()).encode(errors="backslashreplace")


def _template_text(path: str) -> str:
    source = decode(path, read_bytes(Path(path)))
    if isinstance(source, Diagnostic):
        raise CommandError(source.message)
    return source.text


def deliver_papers(
    outputs: Sequence[Output], written: Iterable[Written], base: PartnerBase, layout: Layout,
    console: Console, say: Language, read: Sequence[str | None] = (),
) -> None:  # fmt: skip
    """Writes each paper in each format; one that cannot be laid out leaves nothing behind.

    `read` are further files that are read.
    """
    total, title = len(base.inputs.records), base.program.title
    _check(outputs, total, [*base.paths, *(Path(each) for each in read if each is not None)])
    folders = [Folder(each) if _is_folder(each, total) else None for each in outputs]
    texts: list[list[bytes]] = [[] for _ in outputs]
    try:
        for each, laid in _laid_out(written, outputs, layout, console):
            for data, folder, found in zip(laid, folders, texts, strict=True):
                if folder is None:
                    found.append(data)
                else:
                    folder.add(each, data)
        for output, folder, found in zip(outputs, folders, texts, strict=True):
            if folder is not None:
                folder.commit(layout, say, title)
            else:
                _write(output, found, console)
    finally:
        for folder in folders:
            if folder is not None:
                folder.drop()
    layout.tell(console)


def _laid_out(
    written: Iterable[Written], outputs: Sequence[Output], layout: Layout, console: Console
) -> Iterator[tuple[Written, list[bytes]]]:
    """Each paper in each format, in their order; PDF is set outside of Python, so several at once."""

    def lay(paper: Paper) -> list[bytes]:
        plain = paper.plain()
        return [layout.data(each.format, plain, console if each.path is None else None) for each in outputs]

    if "pdf" not in layout.formats:
        yield from ((each, lay(each.paper)) for each in written)
        return
    count = cores()
    with ThreadPoolExecutor(count) as pool:
        ahead: deque[tuple[Written, Future[list[bytes]]]] = deque()
        for each in written:
            ahead.append((each, pool.submit(lay, each.paper)))
            if len(ahead) > 2 * count:
                first, future = ahead.popleft()
                yield first, future.result()
        for each, future in ahead:
            yield each, future.result()


def _check(outputs: Sequence[Output], total: int, inputs: Sequence[Path]) -> None:
    paths = [each.path for each in outputs if each.path is not None]
    if len(outputs) - len(paths) > 1:
        raise CommandError("two outputs go to standard output", help="give one of them a file")
    require_distinct(paths)
    protect(paths, inputs)
    for each in outputs:
        if each.format == "pdf" and each.path is None:
            raise CommandError("a PDF goes to a file", help="add it, as in `-o letter.pdf`")
        if total > 1 and (each.table or (each.path is not None and each.path.is_file())):
            folder = each.path.with_suffix("") if each.path is not None else "papers"
            raise CommandError(
                f"{total:,} papers do not go into the file `{each.path}`",
                help=f"write `-o {each.format}:{folder}` for a folder, or pick one with `--key`",
            )
        if total > 1 and each.path is None and each.format == "html":
            raise CommandError("several pages go into a folder", help="write `-o html:FOLDER`")


def _is_folder(output: Output, total: int) -> bool:
    path = output.path
    return path is not None and not output.table and (total > 1 or path.is_dir())


def _write(output: Output, found: Sequence[bytes], console: Console) -> None:
    if output.format == "json" and len(found) > 1:
        data = b"[" + b",".join(found) + b"]"
    else:
        data = b"\n\n\n".join(found)
    if output.path is None:
        console.out(data.decode(), for_people=output.format == "text")
        return
    write_bytes(output.path, data if output.format == "pdf" else data + b"\n")


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
        """A file name that no other record has, out of a key that may hold anything."""
        plain = _UNSAFE.sub("-", key).strip(".-")[:_LONGEST] or "record"
        if _RESERVED.fullmatch(plain):
            plain = f"{plain}-record"
        name, number = plain, 1
        while name.lower() in self._names:
            number += 1
            name = f"{plain}-{number}"
        self._names.add(name.lower())
        return f"{name}.{self._suffix}"

    def commit(self, layout: Layout, say: Language, title: str) -> None:
        """Moves all papers to their place, with the index."""
        self._folder.put("index.html", layout.page(self._index(say, title)))
        self._folder.move()

    def _index(self, say: Language, title: str) -> Paper:
        rows = [
            Row([Run(each.name or each.key, href=name), each.key, each.words])
            for each, name in sorted(self._rows, key=lambda row: (row[0].name.casefold(), row[1]))
        ]
        columns = [Column(say("name")), Column(say("key")), Column(say("level"))]
        section = Section("papers", say("{count} papers", count=len(rows)), [Table(title, columns, rows)])
        return Paper("index", say.code, title, {"program": title}, [section])

    def drop(self) -> None:
        """Leaves nothing behind but what was moved to its place."""
        self._folder.drop()
