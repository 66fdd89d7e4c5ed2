"""Every code shows its mistake: the bad example gives exactly that code once, the good one gives none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pytest

from bases import BASES, Files, codes_of
from policyengine import api
from policyengine.analysis import cliffs, laws
from policyengine.catalogue import CODES
from policyengine.copies import readers
from policyengine.diagnostics import Code, Diagnostic, Report, Severity
from policyengine.editing.fixes import fixes
from policyengine.kinds.table import cover, proof
from policyengine.program.example import EXAMPLE
from policyengine.source import Source
from policyengine.text.decode import decode
from policyengine.text.json import read_json
from policyengine.text.yaml import read_yaml
from support import DAY, good_program, program_of, shown


def _base(files: Files, path: Path) -> Iterable[Diagnostic]:
    known = {code.id: code for code in CODES}
    return [known[each].at(None, "") for each in codes_of(files, path)]


def _saved(name: str, path: Path) -> Iterable[Diagnostic]:
    """The example program in a file of this name."""
    (path / "program").mkdir(exist_ok=True)
    for old in (path / "program").iterdir():
        old.unlink()
    (path / "program" / name).write_text(EXAMPLE, encoding="utf-8")
    return api.load(path / "program", as_of=DAY).diagnostics


def _laws(text: str, _: Path) -> Iterable[Diagnostic]:
    program = program_of(text).linked
    return [*laws.broken_laws(program), *cliffs.cliffs(program)]


# Codes whose mistake cannot be shown as one text: what makes it, and what is right instead.
BY_HAND = {
    **{code: (partial(_base, bad), partial(_base, good)) for code, (bad, good) in BASES.items()},
    "COPY001": (lambda _: _copy("terms.pdf", b"no PDF"), lambda _: _copy("terms.txt", b"a fee")),
    "COPY002": (lambda _: _large_copy(), lambda _: _copy("terms.txt", b"a fee")),
    "COPY003": (lambda _: _copy("terms.txt", b""), lambda _: _copy("terms.txt", b"a fee")),
    "FILE001": (lambda path: api.load(path / "nowhere", as_of=DAY).diagnostics, None),
    "FILE002": (partial(_saved, "program.yml"), partial(_saved, "program.yaml")),
    "FILE003": (lambda _: program_of("").diagnostics, lambda _: program_of().diagnostics),
    "JSON001": (lambda _: _json('{"id": "acme" "name": "Acme"}'), lambda _: _json('{"id": "acme"}')),
    "JSON002": (lambda _: _json('{"id": "acme", "id": "other"}'), lambda _: _json('{"id": "acme"}')),
    "JSON003": (lambda _: _json("[" * 200 + "]" * 200), lambda _: _json("[[]]")),
    "JSON004": (lambda _: _json("[0, 0, 0]", most=3), lambda _: _json("[0, 0]")),
    "PROG005": (lambda _: program_of(EXAMPLE).diagnostics, lambda _: program_of().diagnostics),
    "PROG006": (lambda path: api.load(path, as_of=DAY).diagnostics, lambda _: program_of().diagnostics),
    **{
        code.id: (partial(_laws, code.bad), partial(_laws, code.good))
        for code in (*laws.CODES, *cliffs.CODES)
    },
    "TABLE010": (lambda _: _hurried(proof.GOOD), lambda _: program_of(proof.GOOD).diagnostics),
    "TEXT001": (lambda _: _bytes(b"title: \xff\n"), lambda _: _bytes(b"title: x\n")),
    "TEXT002": (lambda _: _bytes(b"title: x\n", most=4), lambda _: _bytes(b"title: x\n")),
}


def _json(text: str, most: int = 1000) -> Iterable[Diagnostic]:
    return read_json(Source("record.json", text), max_nodes=most).diagnostics


def _bytes(data: bytes, most: int = 100) -> Iterable[Diagnostic]:
    found = decode("policy.yaml", data, max_bytes=most)
    return [found] if isinstance(found, Diagnostic) else []


def _copy(name: str, data: bytes) -> Iterable[Diagnostic]:
    found = readers.read_copy(name, data)
    return [found] if isinstance(found, Diagnostic) else []


def _large_copy() -> Iterable[Diagnostic]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readers, "MAX_BYTES", 4)
        return _copy("terms.txt", b"a fee")


def _hurried(text: str) -> Iterable[Diagnostic]:
    """A program whose tables are given up after a few steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cover, "WORK", 0)
        return program_of(text).diagnostics


def _mistakes(code: Code, text: str) -> Iterable[Diagnostic]:
    if code.example == "yaml":
        return Report(read_yaml(Source("example.yaml", text)).diagnostics)
    if code.example == "record":
        return good_program().read(Source("record.yaml", text)).diagnostics
    return program_of(text, base="" if "kind: program" in text else EXAMPLE).diagnostics


IN_TEXT = [pytest.param(code, id=code.id) for code in CODES if code.example not in ("folder", "test")]


@pytest.mark.parametrize("code", IN_TEXT)
def test_the_bad_example_gives_this_code_once_and_no_other(code: Code) -> None:
    found = list(_mistakes(code, code.bad))
    assert [each.code.id for each in found] == [code.id], shown(found)


@pytest.mark.parametrize("code", IN_TEXT)
def test_the_good_example_gives_nothing(code: Code) -> None:
    assert shown(_mistakes(code, code.good)) == []


def test_no_code_is_forgotten() -> None:
    assert {code.id for code in CODES if code.example == "folder"} == set(BY_HAND)


@pytest.mark.parametrize("code", sorted(BY_HAND))
def test_codes_without_an_example_text(code: str, tmp_path: Path) -> None:
    bad, good = BY_HAND[code]
    assert [each.code.id for each in bad(tmp_path)] == [code]
    assert good is None or shown(good(tmp_path)) == []


@pytest.mark.parametrize("code", [pytest.param(code, id=code.id) for code in CODES])
def test_a_code_is_described(code: Code) -> None:
    assert code.title[0].islower()
    assert not code.title.endswith(".")
    assert code.why.endswith(".")


def test_ids_are_unique() -> None:
    assert len({code.id for code in CODES}) == len(CODES)


@pytest.mark.parametrize("code", IN_TEXT)
def test_a_mistake_has_a_place_and_a_sentence(code: Code) -> None:
    for found in _mistakes(code, code.bad):
        assert found.span is not None
        assert found.span.line >= 1
        assert found.message
        assert not found.message.endswith(".")
        assert "\n" not in found.message
        assert found.severity in Severity


_CONCRETE = re.compile(
    r"(?:write|did you mean|say|add|remove|leave|make it) `(?![^`]*(?:\.\.\.|[A-Z]{4}))[^`]+`"
)


def test_most_helps_that_name_a_replacement_are_fixes() -> None:
    named = fixed = 0
    for code in (each.values[0] for each in IN_TEXT):
        before = list(_mistakes(code, code.bad))
        found = before[0]
        if found.span is None or not _CONCRETE.search(found.help or ""):
            continue
        named += 1
        source = found.span.source
        at = (each for each in read_yaml(source).documents if each.root.span.start <= found.span.start)
        document = max(at, key=lambda each: each.root.span.start, default=None)

        def judge(changed: Source, code: Code = code, text: str = source.text) -> list[Diagnostic]:
            return list(_mistakes(code, code.bad.replace(text, changed.text)))

        fixed += any(True for _ in fixes(found, document, judge, before))
    assert named >= 50
    assert fixed / named >= 0.6
