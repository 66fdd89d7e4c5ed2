"""The language server, asked as an editor asks it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.editing.client import Client

from policyengine.program.example import EXAMPLE

REPOSITORY = Path(__file__).parents[2]
DAY = "2026-11-21"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    root = tmp_path_factory.mktemp("work")
    for folder in ("policies", "fixtures"):
        shutil.copytree(REPOSITORY / folder / "bytekast", root / folder / "bytekast")
    client = Client(root, "--as-of", DAY)
    yield client
    assert client.end() == 0


@pytest.fixture
def levels(client: Client) -> Iterator[Path]:
    path = client.root / "policies/bytekast/levels.yaml"
    client.open(path)
    yield path
    client.close(path)


def _lines(found: list[dict]) -> list[str]:
    return [f"{each['uri'].rpartition('/')[2]}:{each['range']['start']['line'] + 1}" for each in found]


def test_mistakes_come_while_one_types_and_go_again(client: Client, levels: Path) -> None:
    assert client.mistakes(levels) == []
    client.replace(levels, "active_accounts: 16..26", "active_accounts: 17..26")
    assert client.mistakes(levels) == ["TIER001"]
    (gap,) = client.published[levels.as_uri()]
    assert gap["range"]["start"] == {"line": 31, "character": 21}
    assert gap["message"].startswith("no level covers")
    client.replace(levels, "active_accounts: 17..26", "active_accounts: 16..26")
    assert client.mistakes(levels) == []


def test_a_broken_line_leaves_the_rest_its_meaning(client: Client, levels: Path) -> None:
    client.replace(levels, "  - id: gold\n", "  - id: gold\n    'title\n")
    assert client.mistakes(levels)[:1] == ["YAML001"]
    assert _lines(client.ask("textDocument/definition", client.at(levels, "active_accounts: 27"))) == [
        "program.yaml:44"
    ]
    found = client.ask("textDocument/hover", client.at(levels, "active_accounts: 27"))
    assert found["contents"]["value"].startswith("**active accounts** (`active_accounts` of reseller)")


def test_a_file_that_lies_in_no_program_is_left_alone(client: Client) -> None:
    path = client.root / "notes.yaml"
    client.open(path, "a: [\n")
    assert client.mistakes(path) == []
    assert client.ask("textDocument/definition", client.at(path, "a")) in (None, [])


def test_references_are_found_in_policies_tests_records_and_ledgers(client: Client, levels: Path) -> None:
    at = {**client.at(levels, "active_accounts", 3), "context": {"includeDeclaration": True}}
    found = _lines(client.ask("textDocument/references", at))
    for each in ("levels.yaml:32", "program.yaml:44", "levels_test.yaml:12", "acme.yaml:4",
                 "kpi-levels-statements.yaml:170"):  # fmt: skip
        assert each in found


def test_places_are_counted_in_units_of_utf_16(client: Client, levels: Path) -> None:
    client.replace(levels, "    title: Gold\n    active", '    "title": "🏅 Gold é" \n    active')
    client.replace(levels, "{document: kpi-levels, section: \"1.2\"}",
                   "{section: \"🏅 1.2 e\u0301\", document: kpi-level}")  # fmt: skip
    assert client.mistakes(levels) == ["NAME001"]
    (unknown,) = client.published[levels.as_uri()]
    line = '    source: {section: "🏅 1.2 e\u0301", document: '
    assert unknown["range"]["start"]["character"] == len(line.encode("utf-16-le")) // 2


def test_tests_show_what_they_expect_in_vain(client: Client) -> None:
    path = client.root / "fixtures/bytekast/levels_test.yaml"
    client.open(path)
    assert client.mistakes(path) == []
    client.replace(path, "short_by: 10}", "short_bi: 10}")
    assert client.mistakes(path, 1) == ["TEST001"]
    client.close(path)


def test_a_new_file_counts_before_it_is_saved(client: Client, levels: Path) -> None:
    path = levels.with_name("more.yaml")
    text = levels.read_text()
    client.open(path, text)
    assert "VERS001" in client.mistakes(path)
    client.close(path)
    assert client.mistakes(levels) == []


def test_files_that_come_and_go_on_disk_count(client: Client, levels: Path) -> None:
    path = levels.with_name("more.yaml")
    path.write_text(levels.read_text())
    news = {"changes": [{"uri": path.as_uri(), "type": 1}]}
    client.say("workspace/didChangeWatchedFiles", news)
    assert "VERS001" in client.mistakes(path) + client.mistakes(levels)
    path.unlink()
    client.say("workspace/didChangeWatchedFiles", {"changes": [{"uri": path.as_uri(), "type": 3}]})
    assert client.mistakes(path) + client.mistakes(levels) == []


def test_laws_are_told_when_one_pauses(client: Client, levels: Path) -> None:
    client.replace(levels, "discount: 50%", "discount: 5%")
    assert client.mistakes(levels, 2) == ["GRANT101", "GRANT101"]  # on each of two items


def test_completion_says_what_each_name_is_and_what_it_replaces(client: Client, levels: Path) -> None:
    client.replace(levels, "measure: active_accounts", "measure: act")
    found = client.ask("textDocument/completion", client.at(levels, "measure: act", 12))
    item = next(each for each in found["items"] if each["label"] == "active_accounts")
    assert (item["detail"], item["documentation"]) == ("a whole number", "active accounts")
    assert item["textEdit"]["range"]["start"] == {"line": 9, "character": 9}
    assert item["textEdit"]["newText"] == "active_accounts"


def test_a_quick_fix_closes_a_gap(client: Client, levels: Path) -> None:
    client.replace(levels, "active_accounts: 16..26", "active_accounts: 17..26")
    assert client.mistakes(levels) == ["TIER001"]
    (gap,) = client.published[levels.as_uri()]
    where = {"textDocument": {"uri": levels.as_uri()}, "range": gap["range"]}
    found = client.ask("textDocument/codeAction", {**where, "context": {"diagnostics": [gap]}})
    assert [each["title"] for each in found] == ["End silver at 16", "Start gold at 16"]
    (edit,) = found[1]["edit"]["changes"][levels.as_uri()]
    assert edit == {"range": {"start": {"line": 38, "character": 21}, "end": {"line": 38, "character": 27}},
                    "newText": "16..26"}  # fmt: skip


def test_renaming_reaches_every_file(client: Client, levels: Path) -> None:
    at = client.at(levels, "active_accounts", 3)
    assert client.ask("textDocument/prepareRename", at)["start"] == {"line": 9, "character": 9}
    found = client.ask("textDocument/rename", {**at, "newName": "accounts_in_use"})
    files = {uri.rpartition("/")[2] for uri in found["changes"]}
    assert {"levels.yaml", "program.yaml", "levels_test.yaml", "acme.yaml"} <= files
    assert {each["newText"] for edits in found["changes"].values() for each in edits} == {"accounts_in_use"}


def _document(path: Path) -> dict:
    return {"textDocument": {"uri": path.as_uri()}}


def test_the_outline_and_what_folds(client: Client, levels: Path) -> None:
    (policy,) = client.ask("textDocument/documentSymbol", _document(levels))
    assert (policy["name"], policy["detail"]) == ("Reseller levels", "reseller-levels")
    names = [each["name"] for each in policy["children"]]
    assert names[-3:] == ["Silver", "Gold", "Platinum"]
    folds = client.ask("textDocument/foldingRange", _document(levels))
    assert {"startLine": 36, "endLine": 46} in folds
    found = client.ask("workspace/symbol", {"query": "active_acc"})
    assert _lines([each["location"] for each in found]) == ["program.yaml:44"]


def test_expressions_have_colours_and_ranges_words(client: Client, levels: Path) -> None:
    tokens = client.ask("textDocument/semanticTokens/full", _document(levels))["data"]
    assert tokens[:5] == [14, 10, len("attends_quarterly_reviews"), 4, 0]
    where = {"start": {"line": 30, "character": 0}, "end": {"line": 39, "character": 0}}
    hints = client.ask("textDocument/inlayHint", {**_document(levels), "range": where})
    assert [each["label"] for each in hints] == [
        " active accounts from 10 to 15",
        " active accounts from 16 to 26",
    ]


def test_a_call_shows_its_parameters(client: Client, levels: Path) -> None:
    client.replace(levels, "when: attends_quarterly_reviews", "when: substring(name, 2, ")
    found = client.ask("textDocument/signatureHelp", client.at(levels, "substring(name, 2, ", 19))
    assert found["activeParameter"] == 2
    assert found["signatures"][0]["label"] == "substring(string, start position, length)"


def test_lenses_tell_clauses_tests_and_who_reaches_a_level(client: Client, levels: Path) -> None:
    def texts() -> list[str]:
        found = client.ask("textDocument/codeLens", _document(levels))
        return [each["command"]["title"] for each in found if each["range"]["start"]["line"] > 28]

    assert texts()[0] == "stated in section 1.1"
    assert texts()[1].startswith("tested by ")
    _pin(client, "accounts-*.yaml")
    assert texts()[2] == "stated in section 1.2; 2 pinned records reach it"
    hover = client.ask("textDocument/hover", client.at(levels, "active_accounts: 16"))
    assert hover["contents"]["value"].endswith("\n\n9 in the pinned record")
    client.replace(levels, "active_accounts: 16..26", "active_accounts: 16..25")
    client.replace(levels, "active_accounts: 27..", "active_accounts: 26..")
    assert texts()[2].endswith("1 pinned record reaches it (1 fewer than saved)")
    assert texts()[4].endswith("2 pinned records reach it (1 more than saved)")
    _command(client, "policyengine.pin", [])


def _command(client: Client, name: str, *arguments: Any) -> Any:
    return client.ask("workspace/executeCommand", {"command": name, "arguments": list(arguments)})


def _pin(client: Client, records: str) -> None:
    found = sorted(map(str, (client.root / "fixtures/bytekast/records").glob(records)))
    assert _command(client, "policyengine.pin", *found) == len(found)


def test_a_lens_runs_the_tests_that_name_a_level_with_the_text_as_it_is(client: Client, levels: Path) -> None:
    def run() -> str:
        lenses = client.ask("textDocument/codeLens", _document(levels))
        gold = [each["command"] for each in lenses if each["range"]["start"]["line"] == 36]
        (found,) = [each for each in gold if each["command"]]
        number = len(found["arguments"][0])
        assert found["title"] == f"tested by {number} tests; run"
        report = _command(client, found["command"], *found["arguments"])
        assert client.told[-1]["message"] == report.rstrip().splitlines()[-1]
        return f"{number} of them: {report.rstrip().splitlines()[-1]}"

    assert run() == "8 of them: 8 tests in 1 file: 8 passed"
    client.replace(levels, "discount: 33%", "discount: 34%")
    assert run() == "8 of them: 8 tests in 1 file: 6 passed, 2 failed"


def test_a_plan_compares_the_text_as_it_is_with_the_saved_one(client: Client, levels: Path) -> None:
    uri = levels.as_uri()
    asked = {"command": "policyengine.planText", "arguments": [uri]}
    assert client.refused("workspace/executeCommand", asked) == "no records are pinned"
    _pin(client, "accounts-*.yaml")
    assert "Nothing changes" in _command(client, "policyengine.planText", uri)
    client.replace(levels, "active_accounts: 27..", "active_accounts: 26..")
    refused = client.refused("workspace/executeCommand", asked)
    assert refused == "the policies have mistakes: 1 mistake"
    client.replace(levels, "active_accounts: 16..26", "active_accounts: 16..25")
    plan = _command(client, "policyengine.planText", uri)
    assert "the saved text (policies b0c707541748) → the text as it is (policies " in plan
    assert "| 1 | 14 % | Gold → Platinum |" in plan
    assert "| levels.yaml\\:39\\:22 |" in plan
    page = _command(client, "policyengine.planText", uri, "saved", "html")
    assert page.startswith("<!doctype html>")
    _command(client, "policyengine.pin", [])


def test_a_finding_of_a_pinned_record_is_explained(client: Client, levels: Path) -> None:
    uri = levels.as_uri()
    _pin(client, "accounts-*.yaml")
    found = _command(client, "policyengine.findingsOf", uri)
    kestrel = next(each for each in found if each["record"] == "kestrel")
    level = {"name": "reseller-levels", "title": "Reseller levels", "status": "none"}
    assert level in kestrel["findings"]
    assert "reseller-levels" in _command(client, "policyengine.explain", uri, "kestrel")
    client.replace(levels, "active_accounts: 10..15", "active_accounts: 9..15")
    lines = _command(client, "policyengine.explain", uri, "kestrel", "reseller-levels").splitlines()
    assert lines[0] == "As of 21 Nov 2026, Kestrel Learning has reached Silver (Reseller levels)."
    unknown = {"command": "policyengine.explain", "arguments": [uri, "nobody", "reseller-levels"]}
    assert client.refused("workspace/executeCommand", unknown) == "no pinned record is called `nobody`"
    _command(client, "policyengine.pin", [])


def test_formatting_is_that_of_fmt(client: Client, levels: Path) -> None:
    options = {"tabSize": 2, "insertSpaces": True}
    assert client.ask("textDocument/formatting", {**_document(levels), "options": options}) in (None, [])
    before = client.texts[levels]
    client.replace(levels, "    title: Gold\n", "    title:   'Gold'\n")
    (edit,) = client.ask("textDocument/formatting", {**_document(levels), "options": options})
    assert edit["range"]["start"] == {"line": 0, "character": 0}
    assert edit["newText"] == before.replace("title: Gold", 'title: "Gold"')


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Client]:
    """An editor with two programs in its workspace, each with a test."""
    for name, title in (("one", "First"), ("two", "Second")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "program.yaml").write_text(EXAMPLE)
        (folder / "duties.yaml").write_text(_DUTIES % title)
        (folder / "duties_test.yaml").write_text(_TEST)
    client = Client(tmp_path, "--as-of", DAY)
    yield client
    assert client.end() == 0


_DUTIES = """\
kind: obligations
id: duties
title: %s
for: partner
obligations:
  - {id: reviews, title: Attends, met_when: attends_quarterly_reviews}
"""
_TEST = """\
kind: test
program: .
as_of: 2026-11-21
tests:
  - {name: met, record: {id: a, attends_quarterly_reviews: true}, expect: {obligations: [{id: reviews}]}}
"""


def test_two_programs_of_one_workspace_do_not_know_each_other(programs: Client) -> None:
    one, two = (programs.root / name / "duties.yaml" for name in ("one", "two"))
    programs.open(one)
    programs.open(two)
    programs.replace(one, "attends_quarterly_reviews", "attends_no_reviews")
    assert (programs.mistakes(one), programs.mistakes(two)) == (["FEEL010"], [])
    programs.replace(one, "attends_no_reviews", "attends_quarterly_reviews")
    at = programs.at(two, "attends_quarterly_reviews", 3)
    found = programs.ask("textDocument/rename", {**at, "newName": "attends_reviews"})
    files = {Path(uri.removeprefix("file://")).relative_to(programs.root) for uri in found["changes"]}
    assert files == {Path("two", name) for name in ("program.yaml", "duties.yaml", "duties_test.yaml")}
    places = programs.ask("textDocument/references", {**at, "context": {"includeDeclaration": True}})
    assert {"two"} == {Path(each["uri"].removeprefix("file://")).parent.name for each in places}


def test_a_file_that_is_renamed_takes_its_mistakes_along(programs: Client) -> None:
    old = programs.root / "one/duties.yaml"
    new = old.with_name("obligations.yaml")
    programs.open(old)
    programs.replace(old, "met_when: attends", "met_when: atends")
    assert programs.mistakes(old) == ["FEEL010"]
    text = programs.texts[old]
    old.rename(new)
    programs.close(old)
    programs.open(new, text)
    changes = [{"uri": old.as_uri(), "type": 3}, {"uri": new.as_uri(), "type": 1}]
    programs.say("workspace/didChangeWatchedFiles", {"changes": changes})
    assert (programs.mistakes(old), programs.mistakes(new)) == ([], ["FEEL010"])


def test_a_program_that_is_deleted_and_comes_back(programs: Client) -> None:
    manifest, duties = programs.root / "one/program.yaml", programs.root / "one/duties.yaml"
    programs.open(duties)
    text = manifest.read_text()
    manifest.unlink()
    programs.say("workspace/didChangeWatchedFiles", {"changes": [{"uri": manifest.as_uri(), "type": 3}]})
    assert programs.ask("textDocument/definition", programs.at(duties, "attends_q")) in (None, [])
    manifest.write_text(text)
    programs.say("workspace/didChangeWatchedFiles", {"changes": [{"uri": manifest.as_uri(), "type": 1}]})
    programs.replace(duties, "met_when: attends", "met_when: atends")
    assert programs.mistakes(duties) == ["FEEL010"]
