"""SARIF: valid by the official schema, and every place in it has a start and an end."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from referencing import Registry

from policyengine.diagnostics import Code, Label, Severity
from policyengine.render.annotation import Note
from policyengine.render.check_reports import published
from policyengine.render.sarif import Run, sarif, sarif_of_notes
from policyengine.source import Source

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text())
ERROR = Code(id="TIER002", title="levels overlap", why="because", bad="bad: 1\n", good="good: 1\n")
WARNING = Code(id="FACT009", title="unused", why="because", bad="", good="", severity=Severity.WARNING)
LEVELS = "levels:\n  - {id: silver, active_accounts: 10..15}\n  - {id: gold, active_accounts: 15..26}\n"


def at(source: Source, text: str):
    start = source.text.index(text)
    return source.span(start, start + len(text))


def clash(text: str = LEVELS, name: str = "policies/levels.yaml"):
    source = Source(name, text)
    return ERROR.at(
        at(source, "15..26"),
        "`silver` and `gold` both claim 15 active accounts",
        help="start gold at 16",
        labels=[Label(at(source, "10..15"), "first claimed here")],
    )


RUN = Run("small", "policies/small/program.yaml")


def accepted(found):
    """Hold a log against the schema and against what GitHub demands of an upload besides.

    docs.github.com, "SARIF support for code scanning": the supported properties and the limits.
    """
    jsonschema.Draft7Validator(SCHEMA, registry=Registry()).validate(found)
    categories = [run["automationDetails"]["id"].rpartition("/")[0] for run in found["runs"]]
    assert len(found["runs"]) <= 20
    assert len(set(categories)) == len(categories)
    for run in found["runs"]:
        rules = run["tool"]["driver"]["rules"]
        assert len(run["results"]) <= 25_000
        assert len(rules) <= 25_000
        for rule in rules:
            assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
        for result in run["results"]:
            assert result["message"]["text"]
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            (place,) = result["locations"]
            region = place["physicalLocation"]["region"]
            assert set(region) == {"startLine", "startColumn", "endLine", "endColumn"}
            assert place["physicalLocation"]["artifactLocation"]["uri"]
    return found["runs"]


def log(*diagnostics):
    (run,) = accepted(sarif({RUN: diagnostics}, "1.2.3"))
    return run


def test_no_mistakes_are_a_valid_log():
    assert log()["results"] == []


def test_a_clash_names_both_places():
    (result,) = log(clash())["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "policies/levels.yaml"}
    assert place["region"] == {"startLine": 3, "startColumn": 33, "endLine": 3, "endColumn": 39}
    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["region"]["startLine"] == 2
    assert related["message"]["text"] == "first claimed here"
    assert result["message"]["text"].endswith("; start gold at 16")


def test_rules_are_listed_once_and_found_by_their_index():
    source = Source("a.yaml", "a: 1\n")
    run = log(clash(), WARNING.at(at(source, "a"), "nobody uses it"), clash())
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["FACT009", "TIER002"]
    found = [rules[result["ruleIndex"]]["id"] for result in run["results"]]
    assert found == ["TIER002", "FACT009", "TIER002"]
    assert [result["level"] for result in run["results"]] == ["error", "warning", "error"]


def test_a_mistake_without_a_place():
    (result,) = log(ERROR.at(None, "the folder is empty"))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": RUN.file}
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 1


def test_two_programs_are_two_runs():
    found = published({"policies/acme": ((), ()), "policies/beta": ((), [clash()])}, "1.2.3").sarif(None)
    assert [run["automationDetails"]["id"] for run in accepted(found)] == [
        "policyengine/acme/",
        "policyengine/beta/",
    ]


def test_two_folders_of_one_name_are_two_runs():
    found = published({"a/acme": ((), ()), "b/acme": ((), ())}, "1.2.3").sarif(None)
    assert len({run["automationDetails"]["id"] for run in accepted(found)}) == 2


def test_more_programs_than_runs_are_taken():
    found = published({f"policies/p{i}": ((), [clash()]) for i in range(21)}, "1.2.3").sarif(None)
    (run,) = accepted(found)
    assert len(run["results"]) == 21


def test_files_are_named_from_the_root_of_the_repository(tmp_path):
    run = Run("small", "program.yaml", tmp_path)
    (found,) = accepted(sarif({run: [clash(name=str(tmp_path / "policies" / "levels.yaml"))]}, "1.2.3"))
    place = found["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "policies/levels.yaml"}


def test_a_title_makes_no_link():
    (result,) = log(ERROR.at(None, "`[here](https://example.org)` is wrong"))["results"]
    assert "](" not in result["message"]["text"]


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("policies/my levels.yaml", "policies/my%20levels.yaml"),
        ("/srv/policies/levels.yaml", "file:///srv/policies/levels.yaml"),
        ("niveaux/é.yaml", "niveaux/%C3%A9.yaml"),
    ],
)
def test_files_are_addresses(name, uri):
    (result,) = log(clash(name=name))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def fingerprint(**changed):
    return log(clash(**changed))["results"][0]["partialFingerprints"]["policyengine/v1"]


def test_a_mistake_is_recognised_when_it_moves():
    assert fingerprint(text=f"# a comment\n{LEVELS}") == fingerprint()


def test_a_mistake_in_another_file_is_another():
    assert fingerprint(name="policies/others.yaml") != fingerprint()


def test_notes_of_other_commands():
    place = at(Source("a.yaml", LEVELS), "10..15")
    notes = [Note("error", "failed", "expected 3", place), Note("notice", "a remark", "")]
    found = sarif_of_notes(RUN, notes, "policy-test", "a policy test that fails", "1.2.3")
    first, second = accepted(found)[0]["results"]
    assert (first["level"], second["level"]) == ("error", "note")
    assert first["locations"][0]["physicalLocation"]["region"]["startLine"] == 2
    assert second["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == RUN.file
