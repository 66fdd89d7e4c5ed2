"""Writes papers: one to a file or the terminal, those of a whole base into a folder with an index."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import click

from policyengine.batch.cores import cores
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import CommandError
from policyengine.cli.file_io import protect, read_bytes, require_distinct, write_bytes
from policyengine.cli.options import FILE, Output
from policyengine.cli.paper_folders import Folder, Written, in_order
from policyengine.cli.partner_base import PartnerBase
from policyengine.decision.wording import plural
from policyengine.diagnostics import Diagnostic
from policyengine.papers.blocks import Paper
from policyengine.papers.language import Language
from policyengine.render.paper_text import paper_text
from policyengine.render.style import painter
from policyengine.text.decode import decode

F = TypeVar("F", bound=Callable[..., Any])
FORMATS = ("text", "json", "html", "pdf")
ENDINGS = {".html": "html", ".pdf": "pdf", ".txt": "text"}


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
        self._html: Any = self._make(False, None if is_pdf else text, ())
        self._pdf: Any = None
        if "pdf" in self.formats:
            _require_typst(fonts)
            self._pdf = self._make(True, text if is_pdf else None, fonts)

    def _make(self, is_pdf: bool, text: str | None, fonts: Sequence[str]) -> Any:
        """Our template, or one of the vendor, which is given up where it does not end."""
        from policyengine.render.paper_html import HtmlTemplate, TemplateError

        try:
            if text is not None:
                from policyengine.render.watched_template import OwnTemplate, WatchedTemplate

                return WatchedTemplate(OwnTemplate(is_pdf, text, self._path or "", fonts))
            if not is_pdf:
                return HtmlTemplate()
            from policyengine.render.paper_pdf import PdfTemplate

            return PdfTemplate(None, None, fonts)
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
        """Says which letters stand in a PDF as empty boxes, and in which papers."""
        lacking: dict[str, set[str]] = {} if self._pdf is None else self._pdf.not_set
        if not lacking:
            return
        letters = _some(sorted(set().union(*lacking.values())), 5)
        papers = _some(sorted(lacking, key=in_order), 10)
        console.err(
            f"note: {plural(len(lacking), 'PDF')} ({papers}) {'has' if len(lacking) == 1 else 'have'} empty "
            f"boxes for {letters}, of which the fonts have no picture\n"
            "help: `--fonts DIR` adds fonts; HTML needs none"
        )

    def page(self, paper: Paper) -> bytes:
        """A page of ours as HTML, whatever the template for papers is."""
        from policyengine.render.paper_html import HtmlTemplate

        return HtmlTemplate().fill(paper.plain()).encode(errors="backslashreplace")


def _some(texts: Sequence[str], most: int) -> str:
    """The first of some texts, and how many more there are."""
    shown = ", ".join(f"`{each}`" for each in texts[:most])
    return f"{shown} and {len(texts) - most:,} more" if len(texts) > most else shown


def _require_typst(fonts: Sequence[str]) -> None:
    if find_spec("typst") is None:
        raise CommandError(
            "PDF needs the extra `pdf`, which is not installed",
            help="`python -m pip install 'typst>=0.15'` adds it; HTML needs none",
        )
    for each in fonts:
        if not Path(each).is_dir():
            raise CommandError(f"`{each}` is not a folder with fonts")


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
                folder.commit(layout.page, say, title)
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
