"""What must hold for any input at all: one function for each way into the package.

Each takes the bytes of one input and raises `AssertionError` where something does not hold. Nothing else
may be raised, and nothing may take long. They run under atheris (`run.py`) and in the tests alike.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from policyengine.diagnostics import Diagnostic
from policyengine.feel import face, parse, parse_unary_tests
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.functions import LIBRARY
from policyengine.feel.syntax.parser import Parsed
from policyengine.feel.syntax.printing import unparse
from policyengine.feel.syntax.tree import Expression, UnaryTests
from policyengine.feel.types.types import BOOLEAN, COUNT, DATE, TEXT, Context, Enum, ListOf, Type, money
from policyengine.feel.values.values import Failed, Invocable, Missing, Unknown
from policyengine.source import Source
from policyengine.text.decode import decode
from policyengine.text.json import read_json, read_ndjson
from policyengine.text.yaml import read_yaml

UNKNOWN = Unknown.of(Missing("partner", "acme", "u"))
SCOPE: Mapping[str, object] = MappingProxyType(
    {
        "n": Decimal(3),
        "t": "abc",
        "yes": True,
        "u": UNKNOWN,
        "none": None,
        "day": datetime.date(2026, 1, 31),
        "xs": [Decimal(1), UNKNOWN, {"n": Decimal(2)}],
        "a b": [{"status": "won", "fee": Decimal("9.50")}, {"status": "lost", "fee": UNKNOWN}],
        "?": Decimal(5),
    }
)
TYPES: Mapping[str, Type] = MappingProxyType(
    {
        "n": COUNT,
        "t": TEXT,
        "yes": BOOLEAN,
        "u": COUNT,
        "day": DATE,
        "xs": ListOf(COUNT),
        "a b": ListOf(Context({"status": Enum("status", ("won", "lost")), "fee": money("USD")}, "deal")),
        "?": COUNT,
    }
)
WORDS = (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").splitlines()


def _spoken(data: bytes) -> str:
    """Words of the language, one for each byte: gets further than letters do."""
    return " ".join(WORDS[byte % len(WORDS)] for byte in data[:120])


def expression_text(data: bytes) -> None:
    """Any text as an expression and as unary tests."""
    _language(data.decode("utf-8", "replace"))


def expression_words(data: bytes) -> None:
    """Rows of words as an expression and as unary tests."""
    _language(_spoken(data))


def _language(text: str) -> None:
    for parsed in (parse(text, SCOPE), parse_unary_tests(text, SCOPE)):
        assert (parsed.expression is None) is bool(parsed.diagnostics), "a tree, or what is wrong, never both"
        _located(parsed, text)
        if parsed.expression is not None:
            _meaning(parsed.expression)
    given = {"n": 3, "xs": [1, 2.5, {"n": None}], "t": "abc"}
    generated, reference = face.compile(text, given)(given), face.evaluate(text, given)
    assert alike(generated, reference, set()), f"the generated code gives {generated!r}, not {reference!r}"
    face.unary_test(text, 5, {"n": 3})


def alike(one: object, other: object, seen: set[tuple[int, int]]) -> bool:
    """Whether two values are the same and are written the same; of functions, that both are some."""
    if (id(one), id(other)) in seen:  # lists may share their parts
        return True
    seen.add((id(one), id(other)))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(alike(a, b, seen) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(alike(one[key], other[key], seen) for key in one)
    if isinstance(one, Invocable) and isinstance(other, Invocable):
        return True
    return type(one) is type(other) and repr(one) == repr(other)


def _located(parsed: Parsed, text: str) -> None:
    for diagnostic in parsed.diagnostics:
        _place(diagnostic, text)


def _place(diagnostic: Diagnostic, text: str) -> None:
    span = diagnostic.span
    assert span is not None, "a mistake without a place"
    assert 0 <= span.start <= span.end <= max(len(text), 1), "a place outside of the text"


def _meaning(tree: Expression) -> None:
    for diagnostic in face.typecheck(tree, TYPES).diagnostics:
        assert diagnostic.message, "a mistake without a sentence"
    written = unparse(tree)
    again = (parse_unary_tests if isinstance(tree, UnaryTests) else parse)(written, SCOPE)
    # What is written out may be longer or deeper than what was read, and so pass a limit of the parser.
    limited = [one.code.id for one in again.diagnostics] == ["FEEL005"]
    assert limited or again.expression is not None, f"cannot be read again: {written!r}"
    assert limited or unparse(again.expression) == written, f"is written in two ways: {written!r}"
    for value in (evaluate(tree, SCOPE), evaluate(tree, SCOPE, mode="policy", functions=LIBRARY)):
        assert not isinstance(value, Failed), "an answer for insiders came out"


def yaml(data: bytes) -> None:
    """Any bytes as the file of a policy."""
    source = decode("policy.yaml", data)
    if isinstance(source, Source):
        found = read_yaml(source, max_nodes=2_000)
        _placed(found.diagnostics, source)


def json(data: bytes) -> None:
    """Any bytes as a file of records, one or one a line."""
    source = decode("record.json", data)
    if isinstance(source, Source):
        found = read_json(source)
        _placed(found.diagnostics, source)
        _placed(read_ndjson(source).diagnostics, source)


def _placed(diagnostics: tuple[Diagnostic, ...], source: Source) -> None:
    for diagnostic in diagnostics:
        assert diagnostic.message, "a mistake without a sentence"
        assert diagnostic.span is not None, "a mistake without a place"
        assert diagnostic.span.source.name == source.name, "a place in another file"
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(source.text) + 1, "a place outside"


TARGETS: Mapping[str, Callable[[bytes], None]] = MappingProxyType(
    {"text": expression_text, "words": expression_words, "yaml": yaml, "json": json}
)
