"""The targets of `make fuzz` hold for a few inputs in every run of the tests."""

from __future__ import annotations

import importlib.util
import sys
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
