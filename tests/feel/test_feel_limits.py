"""Hostile expressions end soon, with a diagnostic or without an answer."""

from __future__ import annotations

import time

import pytest

import policyengine.feel as feel
from policyengine.feel import parse
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.values.values import Failure, Unknown
from policyengine.source import Source

TEXTS = {
    "brackets": "[" * 10_000,
    "parentheses": "(" * 20_000,
    "contexts": "{a:" * 5_000,
    "signs": "-" * 19_999,
    "sums": "1+" * 9_999 + "1",
    "paths": "a" + ".b" * 9_000,
    "filters": "a" + "[1]" * 6_000,
    "conditions": "if true then " * 1_500,
    "calls": "not(" * 4_000,
    "functions": "function() " * 1_800,
    "tests": "x in (" * 3_000,
    "types": "1 instance of " + "list<" * 3_000,
    "quotes": '"' * 19_999,
    "comment": "/*" * 10_000,
    "digits": "9" * 19_999,
    "exponent": "1e99999",
    "length": "a" * 20_001,
    "zero": "\x00",
    "half": "\ud800",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_is_refused(text: str) -> None:
    started = time.perf_counter()
    parsed = parse(Source("test", text))
    assert parsed.expression is None
    (found,) = parsed.diagnostics
    assert "\n" not in found.message
    assert found.message.encode()
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("depth", [95])
def test_what_is_just_within_the_depth_is_evaluated(depth: int) -> None:
    for text in ("(" * depth + "1" + ")" * depth, "1" + "+1" * depth, "not(" * depth + "true" + ")" * depth):
        assert feel.evaluate(text) is not None


ENDLESS = [
    "for i in 1..100000, j in 1..100000 return i",
    "for i in 1..100000 return sum(partial)",
    "for i in 1..99999 return partial",
    "some x in 1..100000, y in 1..100000 satisfies x > 100000",
    "count([1..2][for i in 1..100000, j in 1..100000 return 1])",
    "(function(f) f(f))(function(f) f(f))",
    "9 ** 9 ** 9 ** 9 ** 9",
    "10 ** 6000 * 10 ** 6000",
    "exp(1e6000)",
    "for i in 1..1000000 return i",
    '@"2026-01-31" + @"P999999999Y"',
    "{a: [1, 1], b: [a, a, a, a, a, a, a, a, a, a], c: [b, b, b, b, b, b, b, b, b, b],"
    " d: [c, c, c, c, c, c, c, c, c, c], e: [d, d, d, d, d, d, d, d, d, d], f: [e, e, e, e, e, e, e, e],"
    " g: string([f, f, f, f, f, f, f, f])}.g",
    '{a: "aaaaaaaaaa", b: a+a+a+a+a+a+a+a+a+a, c: b+b+b+b+b+b+b+b+b+b, d: c+c+c+c+c+c+c+c+c+c,'
    " e: d+d+d+d+d+d+d+d+d+d+d}.e",
    'for i in 1..100000 return matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "(a|aa)+$")',
]


@pytest.mark.parametrize("text", ENDLESS)
def test_a_calculation_that_is_too_large_has_no_answer(text: str) -> None:
    started = time.perf_counter()
    assert feel.evaluate(text) is None
    tree = parse(Source("test", text)).expression
    assert tree is not None
    value = evaluate(tree, {}, mode="policy")
    assert isinstance(value, Unknown)
    assert all(isinstance(cause, Failure) and cause.sentence for cause in value.causes)
    assert time.perf_counter() - started < 20


def test_a_long_chain_of_cases_is_no_depth() -> None:
    text = "".join(f"if n = {i} then {i} else " for i in range(90)) + "-1"
    assert feel.evaluate(text, {"n": 89}) == 89
