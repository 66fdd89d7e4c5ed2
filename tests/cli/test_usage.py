"""Command lines that cannot be used: a sentence, a suggestion, exit code 2, never a traceback."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

from policyengine.cli.run import COMMANDS

AS_OF = ("--as-of", "2026-11-21")


@pytest.mark.parametrize(
    ("line", "message", "help"),
    [
        ("chek", "there is no command `chek`", "did you mean `check`?"),
        ("zzz", "there is no command `zzz`", "`policyengine --help` lists the commands"),
        ("validate {program}", "there is no command `validate`", "did you mean `check`?"),
        ("explain {program}", "there is no command `explain`", "did you mean `why`?"),
        ("tests", "there is no command `tests`", "did you mean `test`?"),
        ("check --date 2026-01-31", "there is no option `--date`", "did you mean `--as-of`?"),
        ("check --json", "there is no option `--json`", "did you mean `-o json`?"),
        ("check --csv", "there is no option `--csv`", "`policyengine check --help` lists the options"),
        ("evaluate --csv", "there is no option `--csv`", "did you mean `-o csv`?"),
        ("advance --json", "there is no option `--json`", "`policyengine advance --help`"),
        ("check --strict", "there is no option `--strict`", "did you mean `--fail-on warning`?"),
        ("check --fail", "there is no option `--fail`", "did you mean `--fail-on`?"),
        ("check {missing}", "`{missing}` does not exist", None),
        ("check {record}", "`{record}` is a file", "give the folder of the program"),
        ("check {empty}", "there is no program in `{empty}`", "`policyengine init NAME` makes one"),
        ("check --fail-on never", "'never' is not one of 'error', 'warning'", None),
        ("evaluate", "`PROGRAM` is missing", "`policyengine evaluate --help`"),
        ("evaluate {program}", "`RECORD` is missing", "write `policyengine evaluate {program} {record}`"),
        ("evaluate {empty}", "`{empty}` is not a program", None),
        ("why {program}", "`RECORD` is missing", "write `policyengine why {program} {record}`"),
        ("advance {program} --to x", "`RECORD` is missing", "`policyengine advance {program} {record}`"),
        (
            "evaluate {record} {program}",
            "`{record}` is not a program, which comes first",
            "write `policyengine evaluate {program} {record}`",
        ),
        (
            "why {record} {program} bronze",
            "`{record}` is not a program",
            "write `policyengine why {program} {record} bronze`",
        ),
        (
            "evaluate {nothing}",
            "no program is named, and none lies around `{nothing}`",
            "write `policyengine evaluate PROGRAM {nothing}`",
        ),
        ("evaluate {empty} {record}", "`{empty}` is not a program", None),
        ("evaluate {above} {record}", "`{above}` is not a program", "choose one of `{program}`"),
        ("evaluate {program} {typo}", "`{typo}` does not exist", "did you mean `{record}`?"),
        ("evaluate {program} {empty}", "there is no file with records in `{empty}`", "CSV, NDJSON"),
        ("evaluate {program} {nothing}", "contains no record", None),
        ("evaluate {program} {text}", "the ending of `{text}` does not tell", "`--format yaml`"),
        ("evaluate {program} {record} -o jsn", "`jsn` is not a format", "did you mean `json`?"),
        ("evaluate {program} {record} -o xyz", "`xyz` is not a format", "`text`, `json`, `ndjson`"),
        ("evaluate {program} {record} -o json:", "`json:` names no file", "write `json:FILE`"),
        (
            "evaluate {program} {record} -o json -o text",
            "two outputs go to standard output",
            "`-o text:FILE`",
        ),
        ("evaluate {program} {record} -o json:{record}", "`{record}` is an input", "write to another file"),
        ("evaluate {program} {record} -o json:{missing}/x", "cannot be written", None),
        (
            "evaluate {program} {record} --as-of 21.11.2026",
            "`21.11.2026` is not a date",
            "write `2026-11-21`",
        ),
        ("evaluate {program} {record} --as-of 2026/1/5", "`2026/1/5` is not a date", "write `2026-01-05`"),
        ("evaluate {program} {record} --as-of 2026-02-30", "is not a day of the calendar", None),
        ("evaluate {program} {record} --as-of soon", "`soon` is not a date", "such as `2026-11-21`"),
        ("why {program} {record} brnze", "there is no finding `brnze`", "did you mean `bronze`?"),
        ("why {program} {record} --key C-9", "no finding is about `C-9`", "did you mean `C-1`?"),
        ("why {program} {record} -o ndjson", "`ndjson` is not a format", "did you mean `json`?"),
        ("advance {program} {record}", "`--to STAGE` is missing", None),
        ("schema tier", "there is no schema `tier`", "did you mean `tiers`?"),
        ("schema tiers --record {program}", "exclude each other", None),
        ("code X", "there is no code `X`", "`policyengine code` lists all codes"),
        ("code YMAL001", "there is no code `YMAL001`", "did you mean `YAML0"),
        ("init {program}", "is there already, and is not empty", "choose another name"),
        ("init {above}/123", "cannot be made into the id of a program", "start it with a letter"),
    ],
)
def test_unusable(cli, program, record, tmp_path, line, message, help):
    places = {
        "program": program,
        "record": record,
        "above": tmp_path,
        "missing": tmp_path / "zzzz",
        "typo": record.with_name("exampel.yaml"),
        "empty": tmp_path / "empty",
        "nothing": tmp_path / "nothing.yaml",
        "text": tmp_path / "data.txt",
    }
    places["empty"].mkdir()
    places["nothing"].write_text("")
    places["text"].write_text("id: a\n")
    result = cli(*(part.format(**places) for part in line.split()))
    assert result.code == 2
    assert message.format(**places) in result.err
    assert (help or "").format(**places) in result.err
    assert result.out == ""
    assert result.err.startswith("error: ")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(cli, name):
    result = cli(name, "--help")
    assert result.code == 0
    assert f"Usage: policyengine {name}" in result.out
    assert examples(result.out)


def examples(help: str) -> list[list[str]]:
    """The command lines at the end of a help."""
    return [shlex.split(line)[1:] for line in help.splitlines() if line.startswith("    policyengine ")]


RECORDS = "acme/records/example.yaml"
FILES = {
    "partners.csv": "id,active_customers,trained\nblue,4,true\n",
    "acme/pipeline.yaml": """\
kind: pipeline
id: deals
title: Deals
for: customer
stage: stage
stages:
  - {id: offer, title: Offer, leave_when: [{id: fee, title: The fee is given, when: monthly_fee > 0}]}
  - {id: won, title: Won}
""",
}


@pytest.mark.parametrize(
    "name", ["", *(each for each in COMMANDS if each != "lsp")]
)  # which waits for an editor
def test_the_examples_of_a_help_run(cli, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if name not in ("", "init"):
        cli("init", "acme")
        _with_a_pipeline()
        shutil.copytree("acme", "acme-2027")
    if name == "verify":
        cli("evaluate", "acme", "acme/records/example.yaml", "--receipt", "acme.receipt")
    for line in examples(cli(*([name] if name else []), "--help").out):
        if "policies/acme" not in line:  # which needs a repository
            result = cli(*line)
            assert result.code == 0, (line, result)


def _with_a_pipeline() -> None:
    for path, text in FILES.items():
        Path(path).write_text(text)
    program, record = Path("acme/program.yaml"), Path(RECORDS)
    stage = "      stage: {type: enum, values: [offer, won], title: stage}\n"
    program.write_text(program.read_text() + stage)
    record.write_text(record.read_text().replace("C-1", "D-1") + "    stage: offer\n")


def test_help_lists_all_commands(cli):
    result = cli("--help")
    assert all(f"  {name}" in result.out for name in COMMANDS)
    assert cli().code == 2


class PanicException(BaseException):  # as libraries in Rust raise it
    """No `Exception`, and no wish to stop."""


@pytest.mark.parametrize("fault", [ZeroDivisionError, PanicException])
def test_a_fault_of_ours_is_one_line(fault, cli, program, record, monkeypatch):
    def broken(*arguments, **options):
        raise fault("no way")

    monkeypatch.setattr("policyengine.cli.evaluate.read_records", broken)
    result = cli("evaluate", program, record)
    assert result.code == 4
    assert result.err.startswith(f"this is a bug in policyengine: {fault.__name__} at test_usage.py:")


def test_ctrl_c(cli, program, record, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("policyengine.cli.evaluate.read_records", interrupted)
    result = cli("evaluate", program, record)
    assert (result.code, result.err.strip()) == (130, "error: interrupted")


def test_a_link_to_itself_is_not_what_was_meant(cli, program, tmp_path):
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    found = cli("evaluate", program, tmp_path / "loop.yaml")
    assert found.code == 2
    assert "`" + str(tmp_path / "loop.yaml") + "` cannot be read" in found.err
    assert "did you mean" not in found.err
