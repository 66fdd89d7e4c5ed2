"""Passages of a page of HTML: headings, paragraphs, items and rows of tables, without what no reader sees."""

from __future__ import annotations

from html.parser import HTMLParser

from policyengine.copies.passages import PassageWriter
from policyengine.copies.words import normal

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCKS = frozenset(
    "address article blockquote br caption dd details div dl dt fieldset figcaption hr legend li main ol "  # noqa: SIM905
    "option p pre section summary table tbody tfoot thead title ul".split()
)
_UNSEEN = frozenset(
    "head iframe nav noscript object script select style svg template".split()  # noqa: SIM905
)
_EMPTY = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905


def read_html(text: str, writer: PassageWriter) -> None:
    """Reads a page; where it has one `main` or `article`, what stands around that is left out."""
    page = _Page(writer, _main(text))
    page.feed(text)
    page.close()
    page.end_block()


def _main(text: str) -> str | None:
    """The element that holds the document, if there is exactly one."""
    small = text.lower()
    return next((name for name in ("main", "article") if small.count(f"<{name}") == 1), None)


class _Page(HTMLParser):
    def __init__(self, writer: PassageWriter, main: str | None) -> None:
        super().__init__(convert_charrefs=True)
        self._writer = writer
        self._main, self._inside = main, main is None
        self._unseen: list[str] = []
        self._heading = False
        self._cells: list[str] | None = None
        self._in_cell = False
        self._text: list[str] = []
        self._place = "line 1"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begins a block, a row or a cell."""
        given = dict(attrs)
        if tag == "body":
            self._unseen = []  # the end of `head` may be left out
        if self._unseen or tag in _UNSEEN or "hidden" in given:
            if tag not in _EMPTY:
                self._unseen.append(tag)
            return
        if tag == self._main:
            self._inside = True
        if tag in _HEADINGS and self._cells is None:
            self.end_block()
            self._heading = True
        elif tag == "tr":
            self.end_block()
            self._cells = []
        elif tag in ("td", "th"):
            self._end_cell()
            self._in_cell, self._text = True, []
        elif tag in _BLOCKS:
            self._break()
        if tag == "img" and self._cells is not None:
            self._text.append(f" {given.get('alt') or ''} ")

    def handle_endtag(self, tag: str) -> None:
        """Ends a block, a row or a cell."""
        if self._unseen:
            if tag in self._unseen:
                while self._unseen.pop() != tag:
                    pass
            return
        if tag == "tr":
            self._end_row()
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag in _HEADINGS or tag in _BLOCKS:
            self._break()
        if tag == self._main:
            self.end_block()
            self._inside = False

    def handle_data(self, data: str) -> None:
        """Adds text to the block."""
        if self._unseen or not self._inside:
            return
        if not self._text:
            self._place = f"line {self.getpos()[0]}"
        self._text.append(data)

    def _break(self) -> None:
        """A block ends; in a cell its text goes on."""
        if self._cells is None:
            self.end_block()
        else:
            self._text.append(" ")

    def end_block(self) -> None:
        """Writes what was collected as a passage."""
        if self._cells is not None:
            self._end_row()
        text, heading = "".join(self._text), self._heading
        self._text, self._heading = [], False
        if heading:
            self._writer.heading(text, self._place)
        else:
            self._writer.passage(text, self._place)

    def _end_cell(self) -> None:
        if self._cells is not None and self._in_cell:
            self._cells.append(normal("".join(self._text)))
            self._text, self._in_cell = [], False

    def _end_row(self) -> None:
        self._end_cell()
        cells, self._cells = self._cells or [], None
        if cells:
            self._writer.row(cells, self._place)
