"""Six targets of drawn input: whatever they are given, nothing crashes, hangs, or makes the engines differ.

A target draws one input from a seed and raises `AssertionError` where something does not hold. Inputs are
good texts of the project, with some words, lines or characters changed. `python -m tests.fuzz` runs them
for a time, and the tests for a moment.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.differential.programs import generated

from policyengine.api import Program
from policyengine.change.program_comparison import compare
from policyengine.diagnostics import Diagnostic
from policyengine.engine.reference.row import evaluate
from policyengine.engine.rows.engine import compile_graph
from policyengine.feel import face
from policyengine.program import load as loading
from policyengine.program.example import EXAMPLE
from policyengine.program.record import Record
from policyengine.render.comparison_text import changes_text
from policyengine.render.diagnostic_text import diagnostics_text
from policyengine.source import Source
from policyengine.verify.suite import open_source, run_opened

ROOT = Path(__file__).parents[2]
DAY = date(2026, 11, 21)
LONGEST = 10.0
"""So many seconds one input may take."""

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_HOSTILE = json.loads(Path(__file__).with_name("hostile.json").read_text(encoding="utf-8"))


@cache
def programs() -> tuple[tuple[tuple[str, str], ...], ...]:
    """The programs to begin from: names and texts of their files."""
    folders = [*sorted((ROOT / "policies").iterdir()), ROOT / "tests" / "kinds" / "programs" / "support"]
    found = [
        tuple((path.name, path.read_text()) for path in sorted(folder.glob("*.yaml"))) for folder in folders
    ]
    return (*found, (("program.yaml", EXAMPLE),))


@cache
def _loaded(texts: tuple[tuple[str, str], ...]) -> Program:
    return Program(loading.load("p", [Source(*each) for each in texts], DAY), "p")


@cache
def _words() -> tuple[str, ...]:
    texts = [text for each in programs() for _, text in each]
    return tuple(sorted({word for text in texts for word in _TOKEN.findall(text)}))


@cache
def _expressions() -> tuple[str, ...]:
    data = (ROOT / "tests" / "feel" / "data").glob("*.txt")
    lines = [line.partition(" => ")[0] for path in sorted(data) for line in path.read_text().splitlines()]
    return tuple(line for line in lines if line and not line.startswith("#"))


@cache
def _tests() -> tuple[tuple[Path, str], ...]:
    return tuple((path, path.read_text()) for path in sorted((ROOT / "fixtures").glob("*/*_test.yaml")))


@cache
def _records(name: str) -> tuple[str, ...]:
    return tuple(path.read_text() for path in sorted((ROOT / "fixtures" / name / "records").glob("*.yaml")))


# Changes of a text


def changed(text: str, draw: random.Random) -> str:
    """A text with a few changes: of words, of lines, of characters."""
    for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
        text = draw.choice((_of_words, _of_words, _of_words, _of_lines, _of_characters))(text, draw)
    return text


def _of_words(text: str, draw: random.Random) -> str:
    parts = _TOKEN.findall(text) or [""]
    at = draw.randrange(len(parts))
    other = draw.choice((draw.choice(_HOSTILE), draw.choice(_words()), parts[draw.randrange(len(parts))]))
    parts[at : at + draw.choice((0, 1, 1, 1, 2))] = draw.choice(
        ([other], [other], [], [parts[at], " ", other])
    )
    return "".join(parts)


def _of_lines(text: str, draw: random.Random) -> str:
    lines = text.split("\n")
    at, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    match draw.randrange(4):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[other])
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case _:
            lines[at] = draw.choice(("  ", " ", "- ", "")) + lines[at].removeprefix("  ")
    return "\n".join(lines)


def _of_characters(text: str, draw: random.Random) -> str:
    at = draw.randrange(len(text) + 1)
    return text[:at] + draw.choice(("", chr(draw.randrange(0x250)), draw.choice(_HOSTILE))) + text[at + 1 :]


def _changed_program(draw: random.Random) -> tuple[tuple[str, str], ...]:
    texts = list(draw.choice(programs()))
    for _ in range(draw.choice((1, 1, 2))):
        at = draw.randrange(len(texts))
        texts[at] = (texts[at][0], changed(texts[at][1], draw))
    return tuple(texts)


# What must hold


def _well_said(found: Sequence[Diagnostic]) -> None:
    for each in found:
        assert each.message, "a mistake without a sentence"
        assert each.message.isprintable(), f"a mistake that is not one line: {each.message!r}"
        if each.span is not None:
            assert 0 <= each.span.start <= each.span.end <= len(each.span.source.text) + 1, "a place outside"
    diagnostics_text(list(found), color=False)


def _alike(program: Program, records: Sequence[Record]) -> None:
    """Generated code says of records what the reference says."""
    graph = program.linked.judging
    assert graph is not None
    compiled = compile_graph(graph, DAY)
    for record in records:
        wanted, found = evaluate(program.linked, record), compiled.decide(program.linked, record)
        assert repr(wanted) == repr(found), _difference(repr(wanted), repr(found))


def _difference(wanted: str, found: str) -> str:
    at = next((i for i, (one, other) in enumerate(zip(wanted, found, strict=False)) if one != other), 0)
    near = slice(max(0, at - 120), at + 80)
    return f"the engines differ: {wanted[near]} ... {found[near]}"


def whole_program(draw: random.Random) -> None:
    """A program with changes: its mistakes are told, or records are decided the same by both engines."""
    program = Program(loading.load("p", [Source(*each) for each in _changed_program(draw)], DAY), "p")
    _well_said(program.diagnostics)
    if program.ok:
        graph = program.linked.judging
        assert graph is not None
        _alike(program, [generated(graph.vocabulary, draw, number=i) for i in range(3)])


def record(draw: random.Random) -> None:
    """A record with changes, as YAML: refused with a place, or decided the same by both engines."""
    name = draw.choice(("bytekast", "pugpig", "kepion", "wildix"))
    texts = next(each for each in programs() if f"id: {name}\n" in dict(each)["program.yaml"])
    program = _loaded(texts)
    read = program.read(Source("r.yaml", changed(draw.choice(_records(name)), draw)))
    _well_said(read.diagnostics)
    _alike(program, read.records)


_CELLS = (
    "a", "b", "007", "12", "1.000", "1.000.000", "1e3", "-0.125", "true", "FALSE", "2026-01-31", "P1M",
    "x;;y", "", " ", "-3", "40%", "é", "=1+1", '"',
)  # fmt: skip


def table(draw: random.Random) -> None:
    """A CSV file with changes, and one of children: rows and columns give the same findings and rejects."""
    from tests.fuzz.tables import CHILDREN, FACTS, PROGRAM, both_engines

    def rows(*keys: str, facts: Sequence[str]) -> str:
        head = [*keys, *draw.sample(facts, 2)]
        lines = [
            [*(draw.choice("abcdef") for _ in keys), *(draw.choice(_CELLS) for _ in range(2))]
            for _ in range(draw.randrange(1, 7))
        ]
        return "".join(",".join(line) + "\n" for line in [head, *lines])

    texts = {"p.csv": rows("id", facts=FACTS), "accounts.csv": rows("partner", "id", facts=CHILDREN)}
    if draw.random() < 0.5:
        name = draw.choice(tuple(texts))
        texts[name] = changed(texts[name], draw)
    program = _loaded((("program.yaml", PROGRAM),))
    with _folder() as folder:
        for name, text in texts.items():
            (folder / name).write_bytes(text.encode(errors="surrogatepass"))
        one, other = both_engines(program.linked, folder)
        assert one == other, f"rows and columns differ on {texts!r}: {one!r}, {other!r}"


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def expression(draw: random.Random) -> None:
    """An expression of the grammar, or one with changes: generated code gives what the reference does."""
    text = _grown(draw, 4) if draw.random() < 0.5 else changed(draw.choice(_expressions()), draw)
    text = text.encode(errors="replace").decode()
    given = {"n": 3, "xs": [1, 2.5, {"n": None}], "t": "abc", "yes": True}
    found, wanted = face.compile(text, given)(given), face.evaluate(text, given)
    assert _targets().alike(found, wanted, set()), f"{text!r} gives {found!r}, not {wanted!r}"
    _targets().expression_text(text.encode())


@cache
def _targets() -> Any:
    sys.path.insert(0, str(ROOT / "fuzz"))
    import targets

    return targets


_LEAVES = ("1", "2.5", "-3", "0", "1e3", '"a"', "true", "null", "n", "xs", "t", "yes", "missing", '@"P1M"',
           '@"P3D"', '@"2026-01-31"', "today", "[]", "{}", "1000000007", '"\u00e9"')  # fmt: skip
_FORMS = Path(__file__).with_name("forms.txt").read_text(encoding="utf-8").splitlines()


def _grown(draw: random.Random, depth: int) -> str:
    if depth == 0 or draw.random() < 0.2:
        return draw.choice(_LEAVES)
    return draw.choice(_FORMS).format(*(_grown(draw, depth - 1) for _ in range(3)))


def test_file(draw: random.Random) -> None:
    """A file of tests with changes: its mistakes are told, or its tests run."""
    path, text = draw.choice(_tests())
    name = path.parent.name
    texts = next(each for each in programs() if f"id: {name}\n" in dict(each)["program.yaml"])

    def program(_: str, day: date) -> Any:
        return (
            loading.load("p", [Source(*each) for each in texts], day) if day != DAY else _loaded(texts).linked
        )

    def read(given: str) -> Source | Diagnostic:
        return Source(given, draw.choice(_records(name)))

    opened = open_source(Source(path.name, changed(text, draw)), program, read)
    _well_said(opened.diagnostics)
    few = opened.tests[:2]
    result = run_opened(type(opened)(opened.file, opened.program, few, opened.diagnostics, opened.uncompiled))
    _well_said(result.diagnostics)


def two_programs(draw: random.Random) -> None:
    """A program and one with changes: `diff` says what they mean, whatever they are."""
    texts = draw.choice(programs())
    at = draw.randrange(len(texts))
    other = [*texts[:at], (texts[at][0], changed(texts[at][1], draw)), *texts[at + 1 :]]
    old, new = _loaded(texts), Program(loading.load("p", [Source(*each) for each in other], DAY), "p")
    if not new.ok or old.id != new.id:
        return
    found = compare(old.linked, new.linked, limit=200)
    assert changes_text(found), "nothing is said"


TARGETS: Mapping[str, Callable[[random.Random], None]] = MappingProxyType(
    {
        "program": whole_program,
        "record": record,
        "table": table,
        "expression": expression,
        "test": test_file,
        "programs": two_programs,
    }
)


class TooSlowError(AssertionError):
    """An input that takes too long."""


def _late(*_: object) -> None:
    raise TooSlowError(f"it takes more than {LONGEST} seconds")


def try_one(target: str, seed: str) -> None:
    """Runs a target on the input of a seed, for `LONGEST` seconds of this processor at most."""
    before = signal.signal(signal.SIGVTALRM, _late)
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST)
    try:
        TARGETS[target](random.Random(f"{target} {seed}"))
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
