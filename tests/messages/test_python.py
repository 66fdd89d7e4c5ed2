"""The interface for Python takes what people have at hand, and says what it takes where it cannot."""

from __future__ import annotations

import datetime
import difflib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import get_overloads

import pytest

import policyengine
from policyengine.decision.decision import Decision
from policyengine.decision.findings import SECTIONS
from policyengine.diagnostics import Words
from support import good_program

BASE = Path(__file__).parent / "base"
DAY = datetime.date(2026, 11, 21)
RECORD = {"id": "acme", "points": 700, "trained": True, "deals": [{"id": "D-1", "stage": "offer"}]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("north")
    for path in BASE.iterdir():
        shutil.copy(path, found / path.name)
    (found / "records").mkdir()
    (found / "record.yaml").rename(found / "records" / "acme.yaml")
    return found


@pytest.fixture(scope="module")
def program(folder: Path) -> policyengine.Program:
    return policyengine.load(folder, as_of=DAY)


@pytest.mark.parametrize(
    "day", ["2026-11-21", DAY, datetime.datetime(2026, 11, 21, 9, 30, tzinfo=datetime.UTC)]
)
def test_a_day_is_a_date_or_a_text(folder: Path, day: datetime.date | str) -> None:
    assert policyengine.load(str(folder), as_of=day).as_of == DAY


def test_a_text_that_is_no_day(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"`21\.11\.2026` is not a date; write `2026-11-21`"):
        policyengine.load(folder, as_of="21.11.2026")
    with pytest.raises(TypeError, match="`as_of` takes a date, or a text such as 2026-01-31; found 2026"):
        policyengine.load(folder, as_of=2026)  # type: ignore[arg-type]


def test_records_are_read_from_texts_and_paths(program: policyengine.Program, folder: Path) -> None:
    of_path = program.read(folder / "records" / "acme.yaml")
    of_text = program.read((folder / "records" / "acme.yaml").read_text(encoding="utf-8"))
    assert [each.facts for each in of_path.records] == [each.facts for each in of_text.records]
    assert [each.facts["id"] for each in of_text.records] == ["acme"]


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", '{"id": "a"}'), ("a.ndjson", '{"id": "a"}\n{"id": "b"}\n')]
)
def test_the_ending_of_a_path_tells_the_form(
    program: policyengine.Program, tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = program.read(tmp_path / name)
    assert [each.facts["id"] for each in found.records] == ["a", "b"][: len(text.splitlines())]


def test_a_path_as_a_text_is_told(program: policyengine.Program, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"`a/b.yaml` is the name of a file; give `Path\('a/b.yaml'\)` to read it"
    ):
        program.read("a/b.yaml")
    with pytest.raises(TypeError, match="from a text, a `Path` or a `Source`; found dict"):
        program.read({"id": "a"})  # type: ignore[arg-type]
    missing = program.read(tmp_path / "none.yaml")
    assert missing.left_out == 1
    assert [each.code.id for each in missing.diagnostics] == ["FILE001"]


def test_every_list_of_a_decision_has_its_type() -> None:
    named = {
        each.__annotations__["section"]: each.__annotations__["return"] for each in get_overloads(Decision.of)
    }
    assert named == {
        **{f"Literal['{section}']": f"tuple[{kind.__name__}, ...]" for section, kind in SECTIONS.items()},
        "str": "tuple[Finding, ...]",
    }


def test_a_list_that_there_is_not(program: policyengine.Program) -> None:
    decision = program.evaluate(RECORD)
    with pytest.raises(ValueError, match=r"a decision has no list `level`; did you mean `levels`\?"):
        decision.of("level")
    with pytest.raises(
        ValueError, match="a decision has no list `x`; the lists are `levels`, `scores`, `discounts`"
    ):
        decision.of("x")


def test_a_refused_record_is_not_one_without_findings(program: policyengine.Program) -> None:
    decision = program.evaluate({"id": "acme", "points": "many"})
    assert decision.refused
    assert not decision.complete
    assert decision.to_json()["levels"] == []
    for ask in (
        lambda: decision.findings,
        lambda: decision.of("levels"),
        lambda: decision.find("gold"),
        lambda: decision.why("gold"),
    ):
        with pytest.raises(
            ValueError, match="the record was refused, so nothing was decided: `points` takes a whole"
        ):
            ask()
    assert not program.evaluate(RECORD).refused


@pytest.mark.parametrize(
    "word", ["levels", "gold", "partner-levels", "review", "tasks/review", "review@acme"]
)
def test_findings_by_name(program: policyengine.Program, word: str) -> None:
    if word == "partner-levels":
        with pytest.raises(
            ValueError, match=r"`partner-levels`; did you mean `levels`\? there are `billing/fee`"
        ):
            program.why(RECORD, word)
    else:
        assert program.why(RECORD, word)[0].startswith("As of 21 Nov 2026, ")


def test_of_several_the_key_tells_which(program: policyengine.Program) -> None:
    decision = program.evaluate(RECORD)
    (gate,) = decision.of("gates")
    assert decision.find(f"{gate.id}@D-1") == (gate,)
    assert decision.why(gate) == decision.why(f"{gate.policy}/{gate.id}@D-1")


def test_moves_take_data(program: policyengine.Program) -> None:
    assert program.advance(RECORD, "won", "D-1").refused is None
    refused = program.advance({"id": "a", "points": "many"}, "won").refused
    assert refused is not None
    assert refused.startswith("the record cannot be read: `points` takes a whole number")


STATEMENTS = """\
kind: obligations
id: statements
title: Statements
for: account
obligations:
  - {id: statement, title: Send the statement, every: P1M, starting: opened_on, decided_by: vendor}
"""


def test_a_recurring_obligation_is_found_by_its_id_and_key() -> None:
    program = good_program(STATEMENTS)
    accounts = [{"id": key, "monthly_fee": 1, "opened_on": "2026-01-31"} for key in ("A-1", "A-2")]
    decision = program.evaluate({"id": "acme", "accounts": accounts})
    every = [one for one in decision.of("obligations") if one.subject.name == "A-2"]
    assert len(every) > 1
    assert list(decision.find("statement@A-2")) == list(decision.find("statements/statement@A-2")) == every
    with pytest.raises(ValueError, match=r"`statement@A-9`; did you mean `statement@A-2`"):
        decision.find("statement@A-9")


@pytest.mark.parametrize("known", [12, 150, 4000])
def test_a_misspelt_word_is_found_without_trying_all(known: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of four thousand words is compared with the few whose letters it shares."""
    compared = 0

    def counted(word: str, candidates: Sequence[str], n: int, cutoff: float) -> list[str]:
        nonlocal compared
        compared += len(candidates)
        return difflib_matches(word, candidates, n=n, cutoff=cutoff)

    difflib_matches = difflib.get_close_matches
    monkeypatch.setattr(difflib, "get_close_matches", counted)
    words = Words(f"volume_of_sales_{number}" for number in range(known))
    for number in range(0, known, max(1, known // 50)):
        assert words.nearest(f"volume_of_sale_{number}") == f"volume_of_sales_{number}"
        assert words.nearest(f"Volume-Of-Sales-{number}") == f"volume_of_sales_{number}"
    assert compared <= 20 * 51
