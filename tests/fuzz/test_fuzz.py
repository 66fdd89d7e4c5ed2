"""The targets of `make fuzz` hold for a moment in every run of the tests; FUZZ_SECONDS makes it longer."""

from __future__ import annotations

import os
import time

import pytest
from tests.fuzz import TARGETS, try_one

SECONDS = float(os.environ.get("FUZZ_SECONDS", "2"))

FOUND = {
    "a key with a tab, which a message quotes": ("program", "2/600"),
    "truth values between truth values": ("expression", "2/4172"),
    "a text with the sign for kelvin": ("expression", "2/1426"),
    "a party by nothing": ("programs", "2/449"),
}
"""Inputs that once broke something: what it was, the target and the seed."""


@pytest.mark.parametrize(("target", "seed"), FOUND.values(), ids=FOUND)
def test_what_was_found(target: str, seed: str) -> None:
    try_one(target, seed)


@pytest.mark.parametrize("target", TARGETS)
def test_a_moment(target: str) -> None:
    start, tried = time.monotonic(), 0
    while time.monotonic() - start < SECONDS or tried < 3:
        try_one(target, f"test/{tried}")
        tried += 1
