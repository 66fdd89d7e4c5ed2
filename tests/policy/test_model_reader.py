"""What is read as a model without pydantic is what pydantic reads, and nothing that it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from tests.support import POLICIES

from policyengine.catalogue import CODES
from policyengine.kinds import KINDS
from policyengine.policy.base import Count, Part, Whole
from policyengine.policy.model_reader import read_plain
from policyengine.policy.vocabulary import Declarations
from policyengine.source import Source
from policyengine.text.yaml import read_yaml
from policyengine.verify.testfile import TestFile

MODELS: dict[str, type[Part]] = {"program": Declarations, "test": TestFile}
MODELS |= {name: kind.model for name, kind in KINDS.items()}
FILES = sorted([*POLICIES.glob("*/*.yaml"), *POLICIES.parent.glob("fixtures/*/*_test.yaml")])
STRANGE = (
    None,
    "",
    "  ",
    "a b",
    "yes",
    "12",
    "1.000",
    "2026-02-30",
    "20%",
    [],
    {},
    ["a"],
    {"a": "b"},
    [None],
)


def documents(text: str) -> Iterator[tuple[type[Part], Any]]:
    """The documents of a text that have a model, as plain data."""
    for document in read_yaml(Source("example.yaml", text)).documents:
        data: Any = document.plain()
        if isinstance(data, dict) and str(data.get("kind")) in MODELS:
            yield MODELS[data["kind"]], data


def compare(model: type[Part], data: Any) -> bool:
    """Whether it is read without pydantic; then pydantic reads the same."""
    found = None
    with suppress(ValueError):
        found = read_plain(model, data)
    with suppress(ValidationError):
        read = TypeAdapter(model).validate_python(data)
        assert found == read
        return True
    assert found is None, data
    return False


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_policy_is_read_alike(path: Path) -> None:
    for model, data in documents(path.read_text("utf-8")):
        assert compare(model, data)


def test_every_example_is_read_alike() -> None:
    read = [compare(*each) for code in CODES for text in (code.bad, code.good) for each in documents(text)]
    assert {*read} == {True, False}


@pytest.mark.parametrize("path", FILES[::3], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_is_changed_anywhere_is_read_alike(path: Path) -> None:
    source = Random(7)
    for model, data in documents(path.read_text("utf-8")):
        for _ in range(12):
            compare(model, changed(data, source))


def changed(data: Any, source: Random) -> Any:
    """The data with something else at one place."""
    if not isinstance(data, (dict, list)) or not data or source.random() < 0.1:
        return source.choice(STRANGE)
    if isinstance(data, list):
        at = source.randrange(len(data))
        return [changed(each, source) if i == at else each for i, each in enumerate(data)]
    key = source.choice(list(data))
    if source.random() < 0.1:
        return {name: each for name, each in data.items() if name != key}
    name = f"{key}x" if source.random() < 0.1 else key
    return {each: data[each] for each in data if each != key} | {name: changed(data[key], source)}


class Score(Part):
    """A part with whole numbers."""

    points: Whole
    seats: Count = 1


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"points": "12"}, (12, 1)),
        ({"points": "-3", "seats": "0"}, (-3, 0)),
        ({"points": "1.000"}, None),
        ({"points": "2.5"}, None),
        ({"points": "1", "seats": "-1"}, None),
        ({"points": ["1"]}, None),
    ],
)
def test_whole_numbers_in_models(data: dict[str, Any], found: tuple[int, int] | None) -> None:
    assert compare(Score, data) == (found is not None)
    if found is not None:
        score = read_plain(Score, data)
        assert (score.points, score.seats) == found
        assert isinstance(score.points, int)
