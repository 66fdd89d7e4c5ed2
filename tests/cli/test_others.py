"""`schema`, `code`, `init`, the version, and the real process."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from policyengine.cli import VERSION

ROOT = Path(__file__).parents[2]
PROCESS = [sys.executable, "-c", "from policyengine.cli import main; main()"]


def test_the_version_is_that_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == VERSION


def test_the_version_loads_nothing():
    script = f"import sys; sys.argv[1:] = ['--version']; {PROCESS[2]}; print('click' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"policyengine {VERSION}\n")
    assert done.stdout.rstrip().endswith("False")


def test_version_beside_other_arguments(cli):
    assert cli("--version", "check").out == f"policyengine {VERSION}\n"


def test_init(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = cli("init", "Acme Partners")
    assert made.code == 0
    assert made.out.splitlines()[0] == "policyengine check 'Acme Partners'"
    checked = cli("check", "Acme Partners")
    assert checked.out == "acme-partners: 4 files, 3 policies, no mistakes\n"
    evaluated = cli("evaluate", "Acme Partners", "Acme Partners/records/example.yaml")
    assert evaluated.code == 0
    assert "Acme Partners" in evaluated.out


def test_schemas(cli, tmp_path):
    names = cli("schema").out.split()
    assert {"program", "tiers", "decision"} <= set(names)
    assert cli("schema", "--write", tmp_path / "schemas").code == 0
    for name in names:
        written = (tmp_path / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
        assert written == cli("schema", name).out
        Draft202012Validator.check_schema(json.loads(written))


def test_the_schema_of_records(cli, program):
    schema = json.loads(cli("schema", "--record", program).out)
    assert "active_customers" in schema["properties"]


def test_codes(cli):
    listed = cli("code").out.splitlines()
    assert listed == sorted(listed)
    first = listed[0].split()[0]
    assert cli("code", first.lower()).out.startswith(f"error[{first}]")


@pytest.mark.parametrize(
    ("arguments", "code"), [(["check", "."], 0), (["check", "nowhere"], 2), (["code", "X"], 2)]
)
def test_the_process_exits_with_the_code(program, arguments, code):
    done = subprocess.run([*PROCESS, *arguments], cwd=program, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away(program):
    script = f"{sys.executable} -c '{PROCESS[2]}' code | head -c 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 141)
    assert done.stderr == ""


def test_a_good_record_loads_only_what_it_needs() -> None:
    """Start-up is most of the time of a short command: see benchmarks/processes.py."""
    tell = "import sys, atexit; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
    record = ROOT / "fixtures" / "bytekast" / "records" / "acme.yaml"
    command = ["evaluate", str(ROOT / "policies" / "bytekast"), str(record), "--as-of", "2026-11-21"]
    process = [sys.executable, "-c", f"{tell}; {PROCESS[2]}", *command]
    done = subprocess.run(process, capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    ours = {name.removeprefix("policyengine.") for name in loaded if name.startswith("policyengine.")}
    assert "engine.rows.engine" in ours
    unused_kinds = {"kinds.matrix", "kinds.pipeline", "kinds.table"}
    elsewhere = {
        "catalogue", "engine.advance", "engine.reference.derivation", "program.record_json", "text.json",
        "verify",
    }  # fmt: skip
    assert not ours & (unused_kinds | elsewhere)
    assert not loaded & {"difflib", "jinja2", "json", "jsonschema", "traceback", "xml"}
