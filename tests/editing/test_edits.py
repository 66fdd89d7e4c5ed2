"""Fixes, renaming: what an editor changes for its author."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from policyengine.api import load
from policyengine.change.program_comparison import compare
from policyengine.cli.run import run
from policyengine.diagnostics import Code
from policyengine.editing import meanings
from policyengine.editing.fixes import fixes
from policyengine.editing.meanings import rename, renamed_at
from policyengine.editing.safe_fixes import mend
from policyengine.editing.workspace import Workspace
from policyengine.kinds import KINDS
from policyengine.policy.quantities import TWO_READINGS
from policyengine.program.example import EXAMPLE
from policyengine.program.versions import HOLE
from policyengine.source import Source
from policyengine.text.yaml import read_yaml
from policyengine.verify.document_index import applied
from policyengine.verify.suite import Programs, open_file
from support import program_of, shown

REPOSITORY = Path(__file__).parents[2]
DAY = date(2026, 11, 21)

_MET = "met_when: attends_quarterly_reviews"
_HEAD = "kind: obligations\nid: a\ntitle: A\nfor: partner\n"
CASES = {
    "a misspelt key": (f"obligations: [{{id: a, titel: A, {_MET}}}]", "titel", "title"),
    "a date": (f"from: 31.01.2026\nobligations: [{{id: a, title: A, {_MET}}}]", "31.01.2026", "2026-01-31"),
    "a fact": ("obligations: [{id: a, title: A, met_when: {active_acounts: 5..}}]", "active_acounts",
               "active_accounts"),
    "a value": ("obligations: [{id: a, title: A, met_when: 'competence_rating = \"positve\"'}]", "positve",
                "positive"),
    "a sign": ("obligations: [{id: a, title: A, met_when: active_accounts == 5}]", "==", "="),
    "a text with a colon": (f"obligations:\n  - id: a\n    title: First: come\n    {_MET}", "First: come",
                            '"First: come"'),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CASES))
def test_a_fix_mends_the_mistake_and_nothing_else(name: str) -> None:
    policy, wrong, right = CASES[name]
    text = f"{_HEAD}{policy}\n"
    before = program_of(text).diagnostics
    found = before[0]
    assert found.span is not None
    source = found.span.source
    read = read_yaml(source).documents
    (first, *_) = fixes(
        found, read[0] if read else None, lambda one: program_of(one.text).diagnostics, before
    )
    assert applied(source, first.edits).text == text.replace(wrong, right)
    assert shown(program_of(text.replace(wrong, right)).diagnostics) == []


@pytest.fixture
def work(tmp_path: Path) -> Path:
    for folder in ("policies", "fixtures"):
        shutil.copytree(REPOSITORY / folder / "bytekast", tmp_path / folder / "bytekast")
    return tmp_path


def _replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1))


def test_the_end_of_a_level_is_moved_to_close_a_gap(work: Path) -> None:
    path = work / "policies/bytekast/levels.yaml"
    _replaced(path, "16..26", "17..26")
    workspace = Workspace(DAY)
    folder = workspace.program(work / "policies/bytekast")
    (gap,) = folder.diagnostics
    titles = [fix.title for fix in folder.fixes(gap)]
    assert titles == ["end silver at 16", "start gold at 16"]


@pytest.fixture
def duties(tmp_path: Path) -> Path:
    """A file of a small program."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p/program.yaml").write_text(EXAMPLE)
    (tmp_path / "p/duties.yaml").write_text(_DUTIES)
    return tmp_path / "p/duties.yaml"


_DUTIES = f"{_HEAD}obligations:\n  - id: a\n    title: First\n    {_MET}\n"
_COLON, _RIGHT = "title: First: come", 'title: "First: come"'


def test_safe_fixes_write_the_same_in_another_form(duties: Path) -> None:
    duties.write_text(_DUTIES.replace("attends_quarterly", "atends_quarterly"))
    assert mend(duties.parent, DAY).texts == {}  # what is misspelt is a guess
    duties.write_text(_DUTIES.replace("title: First", _COLON))
    assert mend(duties.parent, DAY).texts == {
        duties: (duties.read_text(), _DUTIES.replace("title: First", _RIGHT))
    }


def test_safe_fixes_of_warnings_change_no_decision(work: Path) -> None:
    path = work / "policies/bytekast/program.yaml"
    _replaced(path, "      name: {type: text, title: name}",
              "      name: {type: text, title: name}\n      staff: {type: count, title: staff}")  # fmt: skip
    before = load(path.parent, as_of=DAY).linked
    assert [each.code.id for each in before.diagnostics] == ["FACT001"]
    mended = mend(path.parent, DAY)
    path.write_text(mended.texts[path][1])
    assert "staff: {type: count, title: staff, informative: true}" in path.read_text()
    after = load(path.parent, as_of=DAY).linked
    assert after.diagnostics == ()
    assert compare(before, after).changed == ()


def _rename(work: Path, file: str, words: str, new: str) -> dict[Path, str]:
    workspace, path = Workspace(DAY), work / file
    text = path.read_text()
    at = meanings.spot(workspace, path, text.index(words) + 2)
    assert at is not None
    assert renamed_at(at) is not None
    edits = rename(at, new, [work])
    assert not isinstance(edits, str), edits
    sources: dict[str, Source] = {each.at.source.name: each.at.source for each in edits}
    return {Path(name): applied(source, edits).text for name, source in sources.items()}


@pytest.mark.parametrize(
    ("file", "words", "new"),
    [
        ("program.yaml", "active_accounts:", "accounts_in_use"),
        ("levels.yaml", "positive}", "good"),
    ],
)
def test_renaming_changes_no_decision_and_no_test(work: Path, file: str, words: str, new: str) -> None:
    changed = _rename(work, f"policies/bytekast/{file}", words, new)
    for path, text in changed.items():
        path.write_text(text)
    program = load(work / "policies/bytekast", as_of=DAY)
    assert shown(program.diagnostics) == []
    assert len(changed) > 2
    opened = open_file(str(work / "fixtures/bytekast/levels_test.yaml"), Programs())
    results = [test.run() for test in opened.tests]
    assert shown(opened.diagnostics) == []
    assert results
    # Only what expects a sentence with the old name in it
    assert sum(each.status == "failed" for each in results) <= 4


def test_a_name_that_is_taken_is_refused(work: Path) -> None:
    workspace, path = Workspace(DAY), work / "policies/bytekast/levels.yaml"
    at = meanings.spot(workspace, path, path.read_text().index("active_accounts") + 2)
    assert at is not None
    assert rename(at, "competence_rating") == "there is a fact `competence_rating` already"
    assert str(rename(at, "2 words")).startswith("`2 words` is not a name for a fact")


_NAMED = """\
kind: table
id: bonus
title: Bonus
for: partner
type: money
inputs: [staff]
rows: [[1.., 5.00]]
default: 0.00
---
kind: table
id: twice
title: Twice
for: partner
type: money
inputs: [bonus]
rows: [[1.., 5.00]]
default: 0.00
"""


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("staff, 1", ["**staff** (`staff` of partner)", "a whole number", "from 1 to any number",
                      "at least one"]),
        ("share, x", ["**share** (`share` of partner)", "a rate", "from any number to 50%",
                      "`10%` is taken where a record does not say it"]),
        ("average_fee", ["**average fee** (`average_fee` of partner)", "an amount in USD",
                         "```feel\nmean(accounts.monthly_fee)\n```"]),
        ("bonus]", ["**Bonus** (policy)", f"`table`: {KINDS['table'].summary}"]),
    ],
)  # fmt: skip
def test_the_meaning_of_a_name(duties: Path, named: str, words: list[str]) -> None:
    text = _NAMED.replace("[staff]", "[staff, share, average_fee]")
    program = EXAMPLE.replace(
        "      fee:",
        "      staff: {type: count, title: staff, min: 1, note: at least one}\n"
        "      share: {type: rate, title: share, max: 50%, default: 10%}\n      fee:",
    )
    (duties.parent / "program.yaml").write_text(program)
    duties.write_text(text)
    at = meanings.spot(Workspace(DAY), duties, text.index(named.partition(",")[0], text.index("inputs")))
    assert at is not None
    found = meanings.meaning(at)
    assert found is not None
    assert found.words.split("\n\n") == words


def test_check_fixes_what_is_certain_and_shows_it(duties: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong, right = (
        b"\xef\xbb\xbf" + _DUTIES.replace("title: First", each).encode() for each in (_COLON, _RIGHT)
    )
    duties.write_bytes(wrong)
    assert run(["check", str(duties.parent), "--fix"]) == 0
    assert duties.read_bytes() == right
    out, err = capsys.readouterr()
    assert [line.strip() for line in err.splitlines()[3:]][1:3] == [f"-    {_COLON}", f"+    {_RIGHT}"]
    assert out.endswith("no mistakes\n")
    assert run(["check", str(duties.parent), "--fix"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("code", [HOLE, TWO_READINGS], ids=lambda code: code.id)
def test_a_fix_that_would_change_a_decision_is_not_safe(duties: Path, code: Code) -> None:
    duties.write_text(code.bad)
    workspace = Workspace(DAY)
    folder = workspace.program(duties.parent)
    (found,) = folder.diagnostics
    assert found.code is code
    assert folder.fixes(found)
    assert mend(duties.parent, DAY).texts == {}
