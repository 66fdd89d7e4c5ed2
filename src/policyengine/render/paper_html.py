"""A paper as an HTML page without scripts: by our template, or by one of the vendor's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any, NamedTuple

from policyengine.render.sandbox import environment, filled, own_style, own_template

_LINKS = {"a": ("href",), "area": ("href",)}
_ELSEWHERE = re.compile(r"(?i)\s*(?:[a-z][a-z0-9+.-]*:|//)")
_URL_IN_STYLE = re.compile(r"(?i)url\(\s*['\"]?\s*((?:[a-z][a-z0-9+.-]*:|//)[^'\")]*)|@import\b([^;]*)")


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
        self._own = text is None
        self._style = own_style("paper.css")
        try:
            self._template = made.from_string(own_template("paper.html.jinja") if text is None else text)
        except TemplateSyntaxError as error:
            raise TemplateError(TemplateMistake(_plain(error.message or ""), error.lineno)) from None

    def fill(self, paper: Mapping[str, Any]) -> str:
        """The page; raises `TemplateError` where the template fails."""
        values = {"paper": paper, "style": self._style.text, "digest": self._style.digest}
        if self._own:
            return filled(self._template, values)
        page = self._filled(values)
        mistake = _from_elsewhere(page)
        if mistake is not None:
            raise TemplateError(mistake)
        return page

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


class _Loads(HTMLParser):
    """Finds what a page would run, or load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: str | None = None
        self._styles = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Looks at the addresses of an element."""
        self._styles = tag == "style"
        if tag in ("script", "iframe", "object", "embed", "base", "form"):
            self.found = self.found or f"<{tag}>"
        for name, value in attrs:
            if name.startswith("on"):
                self.found = self.found or f"{name}="
            if name == "style" and value:
                self.handle_style(value)
            if name in ("src", "href", "srcset", "data", "poster", "background", "xlink:href", "action"):
                self._address(tag, name, value or "")

    def _address(self, tag: str, name: str, value: str) -> None:
        allowed = ("https:", "http:", "mailto:", "tel:") if name in _LINKS.get(tag, ()) else ("data:image/",)
        if _ELSEWHERE.match(value) and not value.strip().lower().startswith(allowed):
            self.found = self.found or value.strip()[:80]

    def handle_data(self, data: str) -> None:
        """Looks at style sheets."""
        if self._styles:
            self.handle_style(data)

    def handle_style(self, text: str) -> None:
        """Looks at the addresses of a style sheet."""
        for match in _URL_IN_STYLE.finditer(text):
            address = (match[1] or match[2] or "").strip()
            if not address.lower().startswith("data:"):
                self.found = self.found or address[:80]


def _from_elsewhere(page: str) -> TemplateMistake | None:
    parser = _Loads()
    parser.feed(page)
    parser.close()
    if parser.found is None:
        return None
    return TemplateMistake(
        f"the page would run or load something: `{parser.found}`", None,
        "a paper holds all that it shows; an image stands in it as `data:image/png;base64,...`",
    )  # fmt: skip
