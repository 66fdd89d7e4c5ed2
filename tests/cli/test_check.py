"""`check` on programs with and without mistakes."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest


def change(folder, file, old, new):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_clean(cli, program):
    result = cli("check", program)
    assert (result.code, result.out, result.err) == (0, "my-program: 4 files, 3 policies, no mistakes\n", "")


def test_all_programs_below_a_folder(cli, program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli("check").out == "my-program: 4 files, 3 policies, no mistakes\n"


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("levels.yaml", "active_customers: 5..", "active_customers: 4..", "`bronze` and `silver`"),
        ("levels.yaml", "when: trained", "when: traind", "did you mean `trained`?"),
        ("billing.yaml", "title: Billing", "titel: Billing", "did you mean `title`?"),
        ("billing.yaml", "kind: billing", "kind: biling", "did you mean `billing`?"),
        ("reviews.yaml", "for: partner", "for: partner\nfor: partner", "`for`"),
        ("program.yaml", "kind: program", "kind: program\n  x: [", "program.yaml:"),
    ],
)
def test_mistakes(cli, program, file, old, new, message):
    change(program, file, old, new)
    result = cli("check", program)
    assert result.code == 1
    assert f"{program / file}:" in result.out
    assert message in result.out
    assert result.out.splitlines()[-1].endswith(("in 1 file", "in 2 files"))


def test_json(cli, program):
    change(program, "levels.yaml", "when: trained", "when: traind")
    result = cli("check", program, "-o", "json")
    report = json.loads(result.out)
    assert result.code == 1
    assert report["errors"] >= 1
    assert report["diagnostics"][0]["path"].endswith("levels.yaml")
    assert report["programs"][0]["ok"] is False


def test_warnings_fail_only_where_asked(cli, program):
    change(
        program, "program.yaml", "      trained:", "      spare: {type: text, title: spare}\n      trained:"
    )
    assert cli("check", program).code == 0
    result = cli("check", program, "--fail-on", "warning")
    assert result.code == 1
    assert "warning[" in result.out


def test_several_outputs(cli, program, tmp_path):
    target = tmp_path / "report.json"
    result = cli("check", program, "-o", "text", "-o", f"json:{target}")
    assert "no mistakes" in result.out
    assert json.loads(target.read_text(encoding="utf-8"))["errors"] == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []


def test_sarif(cli, program):
    change(program, "levels.yaml", "when: trained", "when: traind")
    result = cli("check", program, "-o", "sarif")
    (run,) = json.loads(result.out)["runs"]
    assert result.code == 1
    (found,) = run["results"]
    assert found["ruleId"] == run["tool"]["driver"]["rules"][found["ruleIndex"]]["id"]


def test_junit_has_a_case_for_each_file(cli, program):
    change(program, "levels.yaml", "when: trained", "when: traind")
    root = ElementTree.fromstring(cli("check", program, "-o", "junit").out)
    (suite,) = root
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert (suite.get("tests"), failed) == ("4", [str(program / "levels.yaml")])


def test_github_annotates_and_adds_to_the_summary(cli, program, tmp_path, monkeypatch):
    page = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    change(program, "levels.yaml", "when: trained", "when: traind")
    result = cli("check", program, "-o", "github")
    assert result.out.startswith("::error file=")
    assert "did you mean" in result.out
    assert page.read_text().startswith("## Policies checked\n\n1 program checked, 1 error in 1 file.\n")


def test_markdown_starts_with_a_sentence_that_stands_alone(cli, program):
    assert "\n1 program checked, no mistakes.\n" in cli("check", program, "-o", "markdown").out
