"""A paper as an HTML page without scripts: by our template, or by one of the vendor's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from policyengine.render.page_check import guarded, line_in, refused
from policyengine.render.sandbox import environment, filled, own_style, own_template

_TAG = re.compile(r"<[^>]*>")


class TemplateMistake(NamedTuple):
    """What is wrong with a template, and on which of its lines."""

    message: str
    line: int | None
    help: str | None = None


class TemplateError(ValueError):
    """A template that cannot be filled in."""

    def __init__(self, mistake: TemplateMistake) -> None:
        super().__init__(mistake.message)
        self.mistake = mistake


class HtmlTemplate:
    """Fills papers into a template, which is compiled once; without a text it is ours."""

    def __init__(self, text: str | None = None) -> None:
        from jinja2 import TemplateSyntaxError

        made = environment()
        made.filters["drawing"] = _drawing
        self._text = text
        self._style = own_style("paper.css")
        try:
            self._template = made.from_string(own_template("paper.html.jinja") if text is None else text)
        except TemplateSyntaxError as error:
            raise TemplateError(TemplateMistake(_plain(error.message or ""), error.lineno)) from None

    def fill(self, paper: Mapping[str, Any]) -> str:
        """The page; raises `TemplateError` where the template fails."""
        values = {"paper": paper, "style": self._style.text, "digest": self._style.digest}
        if self._text is None:
            return filled(self._template, values)
        page = self._filled(values)
        found = refused(page)
        if found is not None:
            line = line_in(self._text, (found.text, found.text.rstrip(">"), *found.text.split("=")[:1]))
            told = f"the page would run or load something, or may be read in two ways: `{found.text}`"
            raise TemplateError(TemplateMistake(told, line, found.help))
        if not _TAG.sub("", page).strip() and "<img" not in page.lower():
            raise TemplateError(TemplateMistake("it gives a page without any text", None))
        return guarded(page)

    def _filled(self, values: Mapping[str, Any]) -> str:
        from jinja2 import TemplateError as Failed

        try:
            return filled(self._template, values)
        except (
            Failed,
            ArithmeticError,
            ValueError,
            TypeError,
            AttributeError,
            LookupError,
            RecursionError,
        ) as error:
            raise TemplateError(TemplateMistake(_plain(str(error)), _line_of(error))) from None


def _plain(message: str) -> str:
    """A message of the library as ours begin and end, on one line."""
    text = " ".join(message.split()).rstrip(".")
    if "no loader for this environment" in text:
        return "a template reads no other file"
    return text.replace("'", "`")


def _line_of(error: BaseException) -> int | None:
    """The line of the template that fails: the innermost frame that is of the template."""
    found, frame = None, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == "<template>":
            found = frame.tb_lineno
        frame = frame.tb_next
    return found


def _drawing(svg: str) -> Any:
    from markupsafe import Markup

    return Markup(svg)  # made by `papers.drawings`, with its texts escaped
