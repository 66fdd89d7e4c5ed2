"""The targets of `make fuzz-bytes` hold for a few inputs in every run of the tests."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

FILE = Path(__file__).parents[2] / "fuzz" / "targets.py"


def _targets() -> Mapping[str, Callable[[bytes], None]]:
    spec = importlib.util.spec_from_file_location("fuzz_targets", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return MappingProxyType(module.TARGETS)


TARGETS = _targets()


@pytest.mark.parametrize("target", TARGETS)
def test_any_bytes(target: str) -> None:
    given(st.binary(max_size=40))(TARGETS[target])()


# What once broke a target, as the text that it came to.
FOUND = {
    "a whole number compared with one of thousands of digits": b"100000 ** 2.5 ** 2.5 != u",
}


@pytest.mark.parametrize("text", FOUND.values(), ids=FOUND)
def test_what_was_found(text: bytes) -> None:
    TARGETS["text"](text)


# What took longest under atheris, on a machine with too much to do.
SLOWEST = {
    "a long row of dates": ("text", b'for d in @"2008-01-20"..@"2026-02-01" return d.day'),
}


@pytest.mark.parametrize(("target", "data"), SLOWEST.values(), ids=SLOWEST)
def test_what_was_slow_ends_soon(target: str, data: bytes) -> None:
    start = time.process_time()
    TARGETS[target](data)
    assert time.process_time() - start < 5
