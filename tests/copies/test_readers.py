"""Copies that cannot be read, and what is read of those that can."""

from __future__ import annotations

import importlib

import pytest

from copy_forms import BROKEN, need, paragraphs, pdf
from policyengine.copies import readers
from policyengine.copies.passages import Copy
from policyengine.copies.readers import read_copy
from policyengine.diagnostics import Diagnostic


@pytest.mark.parametrize("name", BROKEN)
def test_a_copy_that_cannot_be_read_is_a_mistake(name):
    need(name)
    data, code, said = BROKEN[name]
    found = read_copy(name, data)
    assert isinstance(found, Diagnostic)
    assert found.code.id == code
    assert said in found.message


def test_a_copy_may_not_be_too_large(monkeypatch):
    monkeypatch.setattr(readers, "MAX_BYTES", 10)
    found = read_copy("a.txt", b"a" * 11)
    assert isinstance(found, Diagnostic)
    assert found.code.id == "COPY002"


def test_a_pdf_may_not_have_too_many_pages(monkeypatch):
    need("a.pdf")
    monkeypatch.setattr(readers, "MOST_PAGES", 1)
    found = read_copy("a.pdf", pdf([["One"], ["Two"]]))
    assert isinstance(found, Diagnostic)
    assert "2 pages" in found.message


READ = [
    ("a.html", '<meta charset="iso-8859-1"><p>Geb\u00fchr'.encode("latin-1"), ["geb\u00fchr"]),
    ("a.html", b"<p>A <b>fee</b> is&nbsp;due<br>on <ins>Monday</ins></p>", ["a fee is due", "on monday"]),
    ("a.html", b"<head><title>x</title><body><main>in</main>out", ["in"]),
    ("a.html", b"<table><tr><td>a<td>x<td><tr><td>b<td><td>5</table>", ["a \u2713@2", "b @3 5"]),
    ("a.html", b"<table><tr><td>a<td><img src=t.png alt=tick><td></table>", ["a \u2713@2"]),
    ("a.txt", b"fees - 5-10 % of a * (b + c), not -5", ["fees 5 - 10 % of a * ( b + c not - 5"]),
    ("a.txt", b"3.1. Do so. 3.2. See (cf. p. 3). It is no. 5.", ["do so", "see cf p 3", "it is no 5"]),
    ("a.txt", b"\xef\xbb\xbffirst\r\nsecond\rthird", ["first", "second", "third"]),
    ("a.docx", paragraphs("<w:r><w:t>kept</w:t></w:r><w:ins><w:r><w:t> put in</w:t></w:r></w:ins>"
                          "<w:del><w:r><w:delText>left out</w:delText></w:r></w:del>"), ["kept put in"]),
    ("a.pdf", pdf([["T", "A fee is re-", "quired", "1"], ["T", "by May.", "2"], ["T", "End.", "3"]]),
     ["a fee is required by may", "end"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "pieces"), READ)
def test_what_is_read(name, data, pieces):
    need(name)
    copy = read_copy(name, data)
    assert isinstance(copy, Copy), copy
    assert [" ".join(copy.words[each.start : each.end]) for each in copy.pieces] == pieces


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.md"])
def test_a_library_that_is_not_there_is_named(name, monkeypatch):
    for module in ("pypdfium2", "mammoth", "markdown_it"):
        monkeypatch.setitem(importlib.sys.modules, module, None)
    data = {"a.pdf": pdf([["a"]]), "a.docx": paragraphs("a"), "a.md": b"a"}[name]
    with pytest.raises(ModuleNotFoundError):
        read_copy(name, data)
