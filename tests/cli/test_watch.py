"""Commands that run again when a file changes, and the schemas of one program."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from policyengine.cli import file_io
from policyengine.cli.run import run
from policyengine.program.example import EXAMPLE
from policyengine.program.record_schema import policy_schemas


def test_check_runs_again_when_a_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "program.yaml"
    file.write_text(EXAMPLE)
    texts = [EXAMPLE.replace("type: count", "type: cuont", 1), EXAMPLE, None]

    def next_text(_: object) -> None:
        text = texts.pop(0)
        if text is None:
            raise KeyboardInterrupt
        file.write_text(text)

    monkeypatch.setattr(file_io.time, "sleep", next_text)
    assert time.sleep is next_text
    assert run(["check", ".", "--watch"]) == 130
    out, err = capsys.readouterr()
    assert out.count("no mistakes") == 2
    assert out.count("FORM003") == 1
    assert err.count("waiting for a change") == 3


def test_the_schemas_of_a_program_offer_its_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program, schemas = tmp_path / "p", tmp_path / "schemas"
    program.mkdir()
    (program / "program.yaml").write_text(EXAMPLE)
    assert run(["schema", "--write", str(schemas), "--program", str(program)]) == 0
    capsys.readouterr()
    obligations = json.loads((schemas / "obligations.schema.json").read_text())
    Draft202012Validator.check_schema(obligations)
    decided = json.dumps(obligations["$defs"]["ObligationPart"]["properties"]["decided_by"])
    assert '"const": "vendor"' in decided
    assert "active_accounts" in obligations["$defs"]["Condition"]["properties"]
    duty = {"id": "a", "title": "A", "decided_by": "vendor", "met_when": {"active_accounts": "5.."}}
    policy = {"kind": "obligations", "id": "a", "title": "A", "for": "partner", "obligations": [duty]}
    one = {**obligations, "$id": "a"}
    assert list(Draft202012Validator(one).iter_errors(policy)) == []
    assert set(policy_schemas()) <= {each.name.removesuffix(".schema.json") for each in schemas.iterdir()}


def test_the_names_of_a_program_go_with_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "--program", "p"]) == 2
    assert "`--program` goes with `--write`" in capsys.readouterr().err
