"""SARIF: valid by the official schema, and every place in it has a start and an end."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from referencing import Registry

from policyengine.diagnostics import Code, Label, Severity
from policyengine.render.annotation import Note
from policyengine.render.sarif import sarif, sarif_of_notes
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


def log(*diagnostics):
    found = sarif(diagnostics, "1.2.3")
    jsonschema.Draft7Validator(SCHEMA, registry=Registry()).validate(found)
    (run,) = found["runs"]
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
    assert "locations" not in result


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
    found = sarif_of_notes(notes, "policy-test", "a policy test that fails", "1.2.3")
    jsonschema.Draft7Validator(SCHEMA, registry=Registry()).validate(found)
    first, second = found["runs"][0]["results"]
    assert (first["level"], second["level"]) == ("error", "note")
    assert first["locations"][0]["physicalLocation"]["region"]["startLine"] == 2
    assert "locations" not in second
