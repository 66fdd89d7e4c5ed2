"""The page about the language: its examples hold, and it names every function."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import policyengine.feel as feel
from policyengine.feel import limits
from policyengine.feel.functions import BUILTINS

PAGE = (Path(__file__).parents[2] / "docs" / "feel.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```feel\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = [line.split(" => ") for block in BLOCKS for line in block.splitlines()]


@pytest.mark.parametrize(("expression", "value"), EXAMPLES)
def test_example(expression: str, value: str) -> None:
    found = feel.evaluate(expression)
    assert found is not None
    assert found == feel.evaluate(value)


@pytest.mark.parametrize("name", BUILTINS)
def test_every_function_is_named(name: str) -> None:
    table = PAGE.partition("## Functions")[2].partition("## Mistakes")[0]
    assert re.search(rf"`{re.escape(name)}[`(]", table)


def test_the_limits_are_those_of_the_code() -> None:
    for limit in (limits.TEXT_LENGTH, limits.STEPS, limits.ITEMS):
        assert f"{limit:,}" in PAGE
    assert f"{limits.DEPTH} levels" in PAGE
