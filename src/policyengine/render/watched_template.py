"""Lays papers out by a template of a vendor in processes of their own, ended when they take too long.

A template is a program: one of typst or Jinja can loop for hours. It cannot be stopped within a process.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from threading import local
from typing import Any, NamedTuple
from weakref import finalize

from policyengine.render.paper_html import HtmlTemplate, TemplateError, TemplateMistake

LIMIT = 30
"""So many seconds a paper may take."""


class OwnTemplate(NamedTuple):
    """A template of a vendor: of typst or of HTML, its text, where it lies, and folders with fonts."""

    is_pdf: bool
    text: str
    path: str
    fonts: Sequence[str] = ()

    def made(self) -> Any:
        """The template, compiled; raises `TemplateError` where it has a mistake."""
        if not self.is_pdf:
            return HtmlTemplate(self.text)
        from policyengine.render.paper_pdf import PdfTemplate

        return PdfTemplate(self.text, self.path, self.fonts)


class _Child:
    """A process that fills papers in, one after another."""

    def __init__(self, template: OwnTemplate) -> None:
        # A process that starts anew: typst has threads, which a copy of this process would lack.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, template), daemon=True)
        self.process.start()
        theirs.close()
        self.end = finalize(self, _end, self.connection, self.process)


def _end(connection: Connection, process: Any) -> None:
    connection.close()
    process.kill()
    process.join()


def _serve(connection: Connection, template: OwnTemplate) -> None:
    """Fills in the papers that come: sends what is made or the mistake, and the letters without a picture."""
    try:
        made = template.made()
        while True:
            paper = connection.recv()
            try:
                found, mistake = made.fill(paper), None
            except TemplateError as error:
                found, mistake = None, error.mistake
            connection.send((found, mistake, getattr(made, "not_set", {})))
    except (EOFError, OSError, KeyboardInterrupt):
        return  # the command has ended


class WatchedTemplate:
    """Fills papers in by a template of a vendor, in a process for each thread; `limit` is in seconds.

    `not_set` has letters of which there is no picture, by the key of the paper.
    """

    def __init__(self, template: OwnTemplate, limit: float | None = None) -> None:
        template.made()  # so that a mistake is told before any record is read
        self._template = template
        self._limit = LIMIT if limit is None else limit
        self._own = local()
        self.not_set: dict[str, set[str]] = {}

    def fill(self, paper: Mapping[str, Any]) -> str | bytes:
        """The page or the PDF; raises `TemplateError` where the template fails, or does not end."""
        if not hasattr(self._own, "child"):
            self._own.child = _Child(self._template)
        child: _Child = self._own.child
        try:
            child.connection.send(paper)
            if not child.connection.poll(self._limit):
                self._failed(
                    f"it does not end: there is no page after {self._limit:g} seconds",
                    "look for a loop or a function that goes on for ever",
                )
            found, mistake, not_set = child.connection.recv()
        except (EOFError, OSError):
            self._failed("the process that lays it out ended", "it may take more memory than there is")
        if mistake is not None:
            raise TemplateError(mistake)
        self.not_set.update(not_set)
        assert isinstance(found, str | bytes)
        return found

    def _failed(self, message: str, help: str) -> None:
        self._own.child.end()
        del self._own.child
        raise TemplateError(TemplateMistake(message, None, help)) from None
