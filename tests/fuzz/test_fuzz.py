"""The targets of `make fuzz` hold for a moment in every run of the tests; FUZZ_SECONDS makes it longer."""

from __future__ import annotations

import os
import time

import pytest
from tests.fuzz import TARGETS, try_one

SECONDS = float(os.environ.get("FUZZ_SECONDS", "2"))

FOUND: dict[str, tuple[str, str]] = {}
"""Inputs that once broke something: what it was, the target and the seed."""


@pytest.mark.parametrize("target", TARGETS)
def test_a_moment(target: str) -> None:
    start, tried = time.monotonic(), 0
    while time.monotonic() - start < SECONDS or tried < 3:
        try_one(target, f"test/{tried}")
        tried += 1
