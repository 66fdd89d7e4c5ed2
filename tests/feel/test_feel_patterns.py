"""Regular expressions: XPath's rules as data, Python's as a second opinion, and an end to every search."""

from __future__ import annotations

import re
import time
from types import SimpleNamespace

import pytest
from feel_data import lines
from hypothesis import given
from hypothesis import strategies as st

from policyengine.feel.functions.regex.match import compile_pattern, find_all, search
from policyengine.feel.values.values import Failed


def _meter() -> SimpleNamespace:
    return SimpleNamespace(steps=1_000_000)


@pytest.mark.parametrize(("row", "expected"), lines("patterns.txt"))
def test_pattern(row: str, expected: str) -> None:
    pattern, flags, text = row.split("||")
    compiled = compile_pattern(pattern, flags.strip())
    if expected == "!":
        assert isinstance(compiled, Failed)
        return
    assert not isinstance(compiled, Failed), compiled
    found = search(compiled, text.replace("\\n", "\n"), 0, _meter())
    assert (found is not None) is (expected == "true")


PARTS = st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", "(a|b)", "(?:ab)", "^", "$", "(a)", "b"])
TIMES = st.sampled_from(["", "", "*", "+", "?", "*?", "+?", "{2}", "{1,2}"])


@given(
    st.lists(st.tuples(PARTS, TIMES), min_size=1, max_size=5).map(
        lambda parts: "".join(part + ("" if part in "^$" else times) for part, times in parts)
    ),
    st.text("abc", max_size=12),
)
def test_where_the_rules_are_the_same_python_agrees(pattern: str, text: str) -> None:
    compiled = compile_pattern(pattern, "")
    assert not isinstance(compiled, Failed)
    found = search(compiled, text, 0, _meter())
    expected = re.search(pattern.replace("$", r"\Z"), text)
    assert (found is None) is (expected is None)
    if expected is not None and isinstance(found, tuple):
        assert found[:2] == expected.span()


@given(st.text(r"ab(|)[]*+?{}1,2^$\.-pLdsw", max_size=20), st.sampled_from(["", "i", "x", "smix", "q"]))
def test_any_text_is_a_pattern_or_not(pattern: str, flags: str) -> None:
    compiled = compile_pattern(pattern, flags)
    if not isinstance(compiled, Failed):
        search(compiled, "abab 12 ]", 0, _meter())
        find_all(compiled, "abab 12 ]", _meter())


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|aa)+$", "(a*)*b", "(a|a?)+$", r"(.*)*\1b", "((a{0,100}){0,100})b", ".*.*.*.*=.*"],
)
def test_no_pattern_takes_long(pattern: str) -> None:
    compiled = compile_pattern(pattern, "")
    started = time.perf_counter()
    if not isinstance(compiled, Failed):
        search(compiled, "a" * 3000 + "!", 0, _meter())
    assert time.perf_counter() - started < 3


_NAME = (
    "3A 41-5A 5F 61-7A C0-D6 D8-F6 F8-2FF 370-37D 37F-1FFF 200C-200D 2070-218F 2C00-2FEF "
    "3001-D7FF F900-FDCF FDF0-FFFD 10000-EFFFF"
)
STANDS_FOR = {
    r"\s": "9-A D 20",
    r"\i": _NAME,
    r"\c": f"2D-2E 30-39 B7 300-36F 203F-2040 {_NAME}",
    r"\p{IsBasicLatin}": "0-7F",
    r"\p{IsLatin-1Supplement}": "80-FF",
    r"\p{IsLatinExtended-A}": "100-17F",
    r"\p{IsLatinExtended-B}": "180-24F",
    r"\p{IsCombiningDiacriticalMarks}": "300-36F",
    r"\p{IsGreek}": "370-3FF",
    r"\p{IsCyrillic}": "400-4FF",
    r"\p{IsHiragana}": "3040-309F",
    r"\p{IsKatakana}": "30A0-30FF",
    r"\p{IsCJKUnifiedIdeographs}": "4E00-9FFF",
}


@pytest.mark.parametrize("pattern", STANDS_FOR)
def test_the_edges_of_what_a_class_stands_for(pattern: str) -> None:
    ranges = [[int(end, 16) for end in each.split("-")] for each in STANDS_FOR[pattern].split()]
    compiled = compile_pattern(pattern, "")
    assert not isinstance(compiled, Failed)
    for low, *high in ranges:
        for code in {low - 1, low, *high, (high or [low])[0] + 1} - {-1}:
            inside = any(first <= code <= (last or [first])[0] for first, *last in ranges)
            assert (search(compiled, chr(code), 0, _meter()) is not None) is inside, hex(code)
