"""A paper as PDF, set by typst (the extra `pdf`): by our template, or by one of the vendor's.

All texts go to the template as data, so nothing of a policy or a record is read as markup. The same paper
gives the same bytes: no time of day, no fonts of the machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import local
from typing import Any

from policyengine.render.paper_html import TemplateError, TemplateMistake
from policyengine.render.sandbox import own_template
from policyengine.render.style import clean

_PACKAGE = re.compile(r"@[A-Za-z][\w-]*/")
_PLACE = re.compile(r"^\s*(?:┌─|-->)\s*.*?:(\d+):\d+", re.MULTILINE)
_LONG = 40
_LONG_WORD = re.compile(rf"\S{{{_LONG},}}")
_NOT_SET = re.compile("[^\0-\u06ff\u10a0-\u10ff\u1e00-\u2bff\ufb00-\ufdff\ufe70-\ufeff\ufffd]")
"""Letters that the fonts of typst lack: all but those of Latin, Greek, Cyrillic, Hebrew, Arabic, Georgian."""
_BREAK = "\N{ZERO WIDTH SPACE}"


class PdfTemplate:
    """Sets papers by a template, whose fonts are read once; it may be used by several threads.

    `not_set` collects letters of which there is no picture without fonts of the caller.
    """

    def __init__(self, text: str | None, path: str | None = None, fonts: Sequence[str] = ()) -> None:
        import typst

        source = own_template("paper.typ") if text is None else text
        found = _PACKAGE.search(source)
        if found is not None:
            line = source.count("\n", 0, found.start()) + 1
            raise TemplateError(TemplateMistake(f"`{found[0]}` names a package, which is not loaded", line))
        self._source = source.encode()
        self._has_fonts = bool(fonts)
        self.not_set: set[str] = set()
        self._families = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=True, font_paths=list(fonts)
        )
        root = Path(__file__).parent / "templates" if path is None else Path(path).absolute().parent
        self._root = str(root)
        self._own = local()

    def _compiler(self) -> Any:
        """The compiler of this thread."""
        import typst

        if not hasattr(self._own, "compiler"):
            self._own.compiler = typst.Compiler(font_paths=self._families, root=self._root)
        return self._own.compiler

    def fill(self, paper: Mapping[str, Any]) -> bytes:
        """The PDF; raises `TemplateError` where the template fails."""
        import typst

        inputs = {"paper": json.dumps(_set(paper), ensure_ascii=False)}
        if not self._has_fonts:
            self.not_set.update(_NOT_SET.findall(inputs["paper"]))
        try:
            made = self._compiler().compile(self._source, format="pdf", sys_inputs=inputs, timestamp=0)
        except typst.TypstError as error:
            told = " ".join(str(error.message).split())
            place = _PLACE.search(str(error.diagnostic))
            raise TemplateError(TemplateMistake(told, int(place[1]) if place else None)) from None
        assert isinstance(made, bytes)
        return made


def _set(value: Any) -> Any:
    """The data with harmless texts, whose longest words can be broken."""
    if isinstance(value, str):
        found = clean(value)
        return found if len(found) < _LONG else _LONG_WORD.sub(_breakable, found)
    if isinstance(value, list | tuple):
        return [_set(each) for each in value]
    if isinstance(value, dict | Mapping):  # most are a `dict`, which is quicker to tell
        return {name: each if name in _AS_IT_IS else _set(each) for name, each in value.items()}
    return value


_AS_IT_IS = ("svg", "href", "decision")


def _breakable(match: re.Match[str]) -> str:
    return _BREAK.join(match[0][i : i + 20] for i in range(0, len(match[0]), 20))
