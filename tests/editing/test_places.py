"""Places as editors count them, and names in expressions."""

from __future__ import annotations

import pytest

from policyengine.editing.mentions import Names
from policyengine.editing.positions import Lines, Position
from policyengine.program.example import EXAMPLE
from policyengine.source import Source
from policyengine.text.document import Scalar
from support import program_of

TEXT = "a: 1\ntitle: \U0001f3c5 Gold e\u0301 x\r\nlast: é"


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("a:", (0, 0)),
        ("title", (1, 0)),
        ("Gold", (1, 10)),
        ("x", (1, 18)),
        ("last", (2, 0)),
        ("\u00e9", (1, 15)),
    ],
)
def test_places_go_there_and_back(words: str, at: tuple[int, int]) -> None:
    source = Source("a.yaml", TEXT)
    lines = Lines(TEXT, source)
    offset = source.text.index(words)
    assert lines.position(offset) == Position(*at)
    assert lines.offset(Position(*at)) == offset


def test_a_place_beyond_the_text_is_its_end() -> None:
    source = Source("a.yaml", TEXT)
    lines = Lines(TEXT, source)
    end = len(source.text)
    assert lines.offset(Position(9, 0)) == lines.offset(Position(2, 99)) == end
    assert lines.position(end) == Position(2, 7)


_FEE = ["account", "fact monthly_fee of account"]
_RATING = "competence_rating of partner"


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("count(accounts[monthly_fee > 5])", _FEE),
        ("some name in accounts satisfies name.monthly_fee > 5", _FEE),
        (
            'competence_rating = "positive"',
            [f"fact {_RATING}", "value positive of partner.competence_rating"],
        ),
        ("accounts and and name", ["account", "fact name of partner"]),
    ],
)
def test_names_in_expressions(expression: str, wanted: list[str]) -> None:
    program = program_of(base=EXAMPLE)
    names = Names(program.vocabulary, program.linked.units)
    source = Source("a", expression)
    scalar = Scalar(expression, source.span(0, len(expression)))
    found = [each.of for each in names.of_expression(scalar, "partner")]
    said = {f"{each.space} {each.name} of {each.scope}" if each.scope else each.name for each in found}
    assert said == set(wanted)
