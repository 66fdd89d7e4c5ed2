"""A paper as PDF, set by typst (the extra `pdf`): by our template, or by one of the vendor's.

All texts go to the template as data, so nothing of a policy or a record is read as markup. The same paper
gives the same bytes: no time of day, no fonts of the machine.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock, local
from typing import Any
from weakref import finalize

from policyengine.render.paper_html import TemplateError, TemplateMistake
from policyengine.render.sandbox import own_template
from policyengine.render.style import clean_isolated

_PACKAGE = re.compile(r"@[A-Za-z][\w-]*/")
_WORKED_OUT = re.compile(r"(?m)(?:#|[{;]|^)[ \t]*(?:import|include)\b[ \t]*[^\s\"].*|\beval\s*\(")
"""What may name a package without its name in the text."""
_NOT_FOUND = re.compile(r"file not found \(searched at (.*)\)")
_PLACE = re.compile(r"^\s*(?:┌─|-->)\s*.*?:(\d+):\d+", re.MULTILINE)
_LONG = 40
_LONG_WORD = re.compile(rf"\S{{{_LONG},}}")
_NOT_SET = re.compile("[^\0-\u06ff\u10a0-\u10ff\u1e00-\u2bff\ufb00-\ufdff\ufe70-\ufeff\ufffd]")
"""Letters that the fonts of typst lack: all but those of Latin, Greek, Cyrillic, Hebrew, Arabic, Georgian."""
_BREAK = "\N{ZERO WIDTH SPACE}"


class PdfTemplate:
    """Sets papers by a template, whose fonts are read once; it may be used by several threads.

    `not_set` has letters of which there is no picture without fonts of the caller, by the key of the paper.
    """

    def __init__(self, text: str | None, path: str | None = None, fonts: Sequence[str] = ()) -> None:
        import typst

        source = own_template("paper.typ") if text is None else text
        _check_source(source)
        self._source = source.encode()
        self._has_fonts = bool(fonts)
        self.not_set: dict[str, set[str]] = {}
        self._families = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=True, font_paths=list(fonts)
        )
        self._files = None if text is None else _Beside(Path(path or "template.typ").absolute().parent)
        self._root = str(Path(__file__).parent / "templates" if self._files is None else self._files.root)
        self._own = local()

    def _compiler(self) -> Any:
        """The compiler of this thread."""
        import typst

        if not hasattr(self._own, "compiler"):
            self._own.compiler = typst.Compiler(
                font_paths=self._families, root=self._root, package_path=self._root,
                package_cache_path=self._root,
            )  # fmt: skip
        return self._own.compiler

    def fill(self, paper: Mapping[str, Any]) -> bytes:
        """The PDF; raises `TemplateError` where the template fails."""
        import typst

        inputs = {"paper": json.dumps(_set(paper), ensure_ascii=False)}
        if not self._has_fonts and (letters := _NOT_SET.findall(inputs["paper"])):
            head = paper["head"]
            self.not_set[head.get("key") or head.get("to") or paper["title"]] = {*letters}
        while True:
            try:
                made = self._compiler().compile(
                    self._source, format="pdf", sys_inputs=inputs, timestamp=0
                )  # fmt: skip
            except typst.TypstError as error:
                self._supply(error)
            else:
                assert isinstance(made, bytes)
                if b"/Font" not in made:
                    raise TemplateError(TemplateMistake("it gives a PDF without any text", None))
                return made

    def _supply(self, error: Any) -> None:
        """Takes the file that typst asks for from beside the template; raises `TemplateError` otherwise."""
        told = " ".join(str(error.message).split())
        place = _PLACE.search(str(error.diagnostic))
        wanted = _NOT_FOUND.search(told)
        if self._files is not None and wanted is not None:
            told = self._files.take(wanted[1])
        if told:
            raise TemplateError(TemplateMistake(told, int(place[1]) if place else None)) from None


class _Beside:
    """The files beside a template: what it reads is copied, so typst follows no link out of the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._lock = Lock()
        self._taken: set[Path] = set()
        self.root = Path(mkdtemp()).resolve()
        finalize(self, shutil.rmtree, self.root, ignore_errors=True)

    def take(self, wanted: str) -> str:
        """Copies a file of which typst says where it looked for it; returns what is wrong, or nothing."""
        try:
            name = Path(wanted).relative_to(self.root)
            found = (self._folder / name).resolve()
        except (OSError, ValueError, RuntimeError):
            return "a file that it reads is not in its folder"
        if not found.is_relative_to(self._folder):
            return f"`{name}` is a link that leads out of the folder of the template"
        if not found.is_file():
            return f"there is no file `{name}` beside the template"
        with self._lock:
            self._copy(found, name)
        return ""

    def _copy(self, found: Path, name: Path) -> None:
        if name in self._taken:
            return  # by another thread, after this one looked for it
        try:
            data = found.read_bytes()
        except OSError as error:
            reason = (error.strerror or "unknown reason").lower()
            raise TemplateError(TemplateMistake(f"`{name}` cannot be read: {reason}", None)) from None
        if b"import" in data or b"include" in data or b"eval" in data:
            _check_source(data.decode(errors="replace"), f"`{name}`: ")
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_bytes(data)
        self._taken.add(name)


def _check_source(source: str, where: str = "") -> None:
    """Raises `TemplateError` where a source names a package, or may work out the name of one."""
    for pattern, wrong in (
        (_PACKAGE, "names a package, which is not loaded"),
        (_WORKED_OUT, "may load a package; a template imports files by their names, in quotes"),
    ):
        found = pattern.search(source)
        if found is not None:
            line = None if where else source.count("\n", 0, found.start()) + 1
            raise TemplateError(TemplateMistake(f"{where}`{found[0].strip()[:40]}` {wrong}", line))


def _set(value: Any) -> Any:
    """The data with harmless texts, whose longest words can be broken."""
    if isinstance(value, str):
        found = clean_isolated(value)
        return found if len(found) < _LONG else _LONG_WORD.sub(_breakable, found)
    if isinstance(value, list | tuple):
        return [_set(each) for each in value]
    if isinstance(value, dict | Mapping):  # most are a `dict`, which is quicker to tell
        return {name: each if name in _AS_IT_IS else _set(each) for name, each in value.items()}
    return value


_AS_IT_IS = ("svg", "href", "decision")


def _breakable(match: re.Match[str]) -> str:
    return _BREAK.join(match[0][i : i + 20] for i in range(0, len(match[0]), 20))
