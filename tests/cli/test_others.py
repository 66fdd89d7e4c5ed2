"""`schema`, `code`, `init`, the version, and the real process."""

from __future__ import annotations

import json
import os
import shlex
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
    tell = "import sys, atexit; atexit.register(lambda: print('click' in sys.modules))"
    script = f"{tell}; sys.argv[1:] = ['--version']; {PROCESS[2]}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"policyengine {VERSION}\n")
    assert done.stdout.rstrip().endswith("False")


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version(cli, option):
    done = subprocess.run([*PROCESS, option], capture_output=True, text=True, check=True)
    assert done.stdout == cli(option).out == f"policyengine {VERSION}\n"


def test_version_beside_other_arguments(cli):
    assert cli("--version", "check").out == f"policyengine {VERSION}\n"


def test_init(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = cli("init", "Acme Partners")
    assert made.code == 0
    steps = [shlex.split(line, comments=True)[1:] for line in made.out.splitlines()]
    assert steps[0] == ["check", "Acme Partners"]
    printed = {step[0]: cli(*step) for step in steps}
    assert {name: result.code for name, result in printed.items()} == dict.fromkeys(printed, 0)
    assert printed["check"].out == "acme-partners: 4 files, 3 policies, no mistakes\n"
    assert printed["test"].out == "4 tests in 1 file: 4 passed\n"
    assert "Acme Partners" in printed["evaluate"].out
    assert "billing/subscription@C-1" in printed["why"].out


@pytest.mark.parametrize("place", ["acme", "policies/acme", "."])
def test_init_writes_the_schemas_that_its_files_name(cli, tmp_path, monkeypatch, place):
    folder = tmp_path / "work" / "here"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    assert cli("init", place).code == 0
    named = 0
    for path in Path(place).rglob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        if "$schema=" in first:
            named += 1
            json.loads((path.parent / first.split("$schema=")[1]).read_text(encoding="utf-8"))
    assert named == 5


def test_init_leaves_schemas_that_are_there(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("schemas").mkdir()
    Path("schemas/tiers.schema.json").write_text("{}")
    cli("init", "acme")
    assert Path("schemas/tiers.schema.json").read_text() == "{}"
    assert len(list(Path("schemas").iterdir())) == len(cli("schema").out.split())


def test_schemas(cli, tmp_path):
    names = cli("schema").out.split()
    assert {"program", "tiers", "decision"} <= set(names)
    assert cli("schema", "--write", tmp_path / "schemas").code == 0
    for name in names:
        written = (tmp_path / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
        assert written == cli("schema", name).out
        Draft202012Validator.check_schema(json.loads(written))


def test_every_document_of_a_folder_gets_the_line_of_its_schema(cli, tmp_path):
    head, other = "kind: billing\nid: a\n", "kind: tiers\nid: b\n"
    line = "# yaml-language-server: $schema=../schemas/%s.schema.json\n"
    texts = {
        "plain.yaml": (
            f"{head}---\n# b\n{other}",
            f"{line % 'billing'}{head}---\n{line % 'tiers'}# b\n{other}",
        ),
        "named.yaml": (f"{line % 'billing'}{head}", f"{line % 'billing'}{head}"),
        "dashes.yaml": (f"---\n{head}", f"---\n{line % 'billing'}{head}"),
        "broken.yaml": ("kind: [\n", "kind: [\n"),
        "record.yaml": ("id: a\n", "id: a\n"),
        "crlf.yaml": (
            f"\ufeff{head}".replace("\n", "\r\n"),
            f"\ufeff{line % 'billing'}{head}".replace("\n", "\r\n"),
        ),
    }
    folder = tmp_path / "policies"
    folder.mkdir()
    for name, (before, _) in texts.items():
        (folder / name).write_bytes(before.encode())
    for _ in range(2):
        assert cli("schema", "--write", tmp_path / "schemas", "--lines", folder).code == 0
        assert {name: (folder / name).read_bytes().decode() for name in texts} == {
            name: after for name, (_, after) in texts.items()
        }


def test_the_schema_of_records(cli, program):
    schema = json.loads(cli("schema", "--record", program).out)
    assert "active_customers" in schema["properties"]


def test_codes(cli):
    listed = cli("code").out.splitlines()
    assert listed == sorted(listed)
    first = listed[0].split()[0]
    assert cli("code", first.lower()).out.startswith(f"error[{first}]")
    tiers = [line for line in listed if line.startswith("TIER")]
    assert len(tiers) > 3
    assert cli("code", "tier").out.splitlines() == tiers


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
    assert "Traceback" not in done.stderr


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
        "catalogue", "engine.stage_moves", "engine.reference.derivation", "program.record_json", "text.json",
        "verify",
    }  # fmt: skip
    assert not ours & (unused_kinds | elsewhere)
    assert not loaded & {"difflib", "jinja2", "json", "jsonschema", "traceback", "xml"}


_BYTEKAST = ROOT / "policies" / "bytekast"
_ACME = ROOT / "fixtures" / "bytekast" / "records" / "acme.yaml"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", ["plain,check", "plain,evaluate"]),
        ("ev", ["plain,evaluate"]),
        (f"why {_BYTEKAST} {_ACME} reseller-l", ["plain,reseller-levels"]),
        (f"why {_BYTEKAST} {_ACME}x ", []),
        (f"why {_BYTEKAST}/levels.yaml {_ACME} ", []),
        ("--v", ["plain,--version"]),
        ("evaluate ac", ["file,ac"]),
        ("evaluate acme acme/r", ["file,acme/r"]),
        ("why acme ", ["file,"]),
        ("check ", ["file,"]),
        ("test ", ["file,"]),
        ("diff a", ["file,a"]),
        ("evaluate --as", ["plain,--as-of"]),
        ("evaluate acme r.yaml -o j", ["plain,json"]),
        ("evaluate acme r.yaml -o decisions.", ["file,decisions."]),
        ("plan a b --records p", ["file,p"]),
        (f"calendar {_BYTEKAST} {_ACME} --party by", ["plain,bytekast"]),
        (f"map {_BYTEKAST} {_ACME} --for acc", ["plain,account"]),
        (f"advance {ROOT}/policies/wildix {_ACME} --to qualific", ["plain,qualification"]),
        ("evaluate policies/wil", ["file,policies/wil", "plain,policies/wildix"]),
        ("forecast policies/wil", ["file,policies/wil", "plain,policies/wildix"]),
        ("evaluate a r.yaml --map f", ["file,f"]),
        ("code TIER00", ["plain,TIER001", "plain,TIER002"]),
        ("schema ti", ["plain,tiers"]),
    ],
)
def test_completion(words, expected):
    """What a shell asks for while one types; `file` is left to the shell."""
    line = f"policyengine {words}"
    asked = {
        "COMP_WORDS": line,
        "COMP_CWORD": str(line.count(" ")),
        "_POLICYENGINE_COMPLETE": "bash_complete",
    }
    done = subprocess.run(PROCESS, env={**os.environ, **asked}, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[: len(expected)] == expected
    assert done.stderr == ""


def test_completing_a_command_loads_none():
    asked = {"COMP_WORDS": "policyengine ", "COMP_CWORD": "1", "_POLICYENGINE_COMPLETE": "bash_complete"}
    tell = "import sys, atexit; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
    script = [sys.executable, "-c", f"{tell}; {PROCESS[2]}"]
    done = subprocess.run(script, env={**os.environ, **asked}, capture_output=True, text=True, check=False)
    assert "policyengine.cli.run" in done.stderr.split()
    assert "policyengine.api" not in done.stderr.split()


def test_why_takes_one_record_of_a_table(cli, tmp_path):
    table = tmp_path / "partners.csv"
    table.write_text("id,active_accounts\na,12\nb,3\n")
    program = ROOT / "policies" / "bytekast"
    result = cli("why", program, table, "reseller-levels", "--key", "b")
    assert (result.code, "active accounts are 3" in result.out) == (0, True)
    result = cli("why", program, table, "reseller-levels")
    assert (result.code, "`--key KEY` picks one" in result.err) == (2, True)
    result = cli("why", program, table, "reseller-levels", "--key", "c")
    assert (result.code, "no record has the id `c`" in result.err) == (2, True)
