"""Receipts: kept, decided again, and what is said of those that were changed; policies as they were."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from tests.support import POLICIES, good_program, record_of

from policyengine.api import Program, load
from policyengine.cli.run import run
from policyengine.program.record import Record
from policyengine.reports.receipts import canonical, given_data, read_receipt, record_data

FIXTURES = Path(__file__).parents[2] / "fixtures"
RECORD = str(FIXTURES / "bytekast" / "records" / "acme.yaml")
DAY = ("--as-of", "2026-11-21")


def git(where: Path, *arguments: str, day: str = "2026-11-01") -> None:
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    dates = {f"GIT_{each}_DATE": f"{day}T12:00:00Z" for each in ("AUTHOR", "COMMITTER")}
    subprocess.run(["git", *who, "-C", str(where), *arguments], check=True, capture_output=True, env=dates)


def begin_gold_at(levels: Path, accounts: int) -> None:
    text = re.sub(r"active_accounts: 10\.\.\d+", f"active_accounts: 10..{accounts - 1}", levels.read_text())
    levels.write_text(re.sub(r"active_accounts: \d+\.\.26", f"active_accounts: {accounts}..26", text))


@pytest.fixture
def levels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The levels of a program in a repository of its own, in which a receipt was written."""
    shutil.copytree(POLICIES / "bytekast", tmp_path / "rules" / "bytekast")
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    assert run(["evaluate", "rules/bytekast", RECORD, *DAY, "-o", "json", "--receipt", "acme.receipt"]) == 0
    return tmp_path / "rules" / "bytekast" / "levels.yaml"


def verified(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = run(["verify", *(words or ("acme.receipt",))])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_the_same_again(levels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = verified(capsys)
    assert code == 0
    assert text.splitlines()[0].startswith("Acme (ByteKast Reseller Program), as of 21 Nov 2026: the same ")
    assert text.splitlines()[-1].startswith("No later version of the policies decides anything else")


def test_which_commit_changed_it(levels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begin_gold_at(levels, 14)
    git(levels.parent, "commit", "-am", "Let Gold begin at 14", day="2026-11-05")
    begin_gold_at(levels, 12)
    git(levels.parent, "commit", "-am", "Let Gold begin at 12", day="2026-11-10")
    code, text = verified(capsys)
    assert code == 0
    assert "the same decision again" in text
    lines = text.splitlines()
    (at,) = (i for i, line in enumerate(lines) if "2026-11-10: Let Gold begin at 12" in line)
    assert lines[at + 1 : at + 3] == [
        "  before Reseller levels: level Silver", "  now    Reseller levels: level Gold",
    ]  # fmt: skip
    assert not any("level Silver" in line and "now" in line for line in lines)
    (found,) = json.loads(verified(capsys, "acme.receipt", "-o", "json")[1])
    assert found["same"] is True
    assert [each["version"].split(": ")[1] for each in found["later"]][-1] == "Let Gold begin at 12"


def test_what_nobody_committed_is_the_last_version(levels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begin_gold_at(levels, 12)
    assert "the files as they are" in verified(capsys)[1]
    Path("acme.receipt").unlink()
    run(["evaluate", "rules/bytekast", RECORD, *DAY, "-o", "json", "--receipt", "acme.receipt"])
    assert "no commit has the policies of `rules/bytekast` as they are" in capsys.readouterr().err
    assert verified(capsys)[0] == 0
    begin_gold_at(levels, 13)
    code, text = verified(capsys)
    assert code == 1
    assert "no version of `rules/bytekast` in this repository has the policies of the receipt" in text


def test_a_renamed_folder_is_named(levels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(levels.parents[1], "mv", "bytekast", "other")
    git(levels.parents[1], "commit", "-m", "rename", day="2026-11-05")
    code, text = verified(capsys, "acme.receipt", "rules/other")
    assert (code, "the same decision again" in text) == (0, True)
    assert verified(capsys)[0] == 0


def test_every_changed_byte_is_noticed(levels: Path) -> None:
    line = Path("acme.receipt").read_text().rstrip("\n")
    assert not isinstance(read_receipt(line), str)
    draw = random.Random(7)
    for at in draw.sample(range(len(line)), 300):
        other = chr(ord(line[at]) ^ 1)
        assert isinstance(read_receipt(line[:at] + other + line[at + 1 :]), str), line[
            max(at - 20, 0) : at + 20
        ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`acme.receipt` has no receipt"),
        ("{", "line 1 is not a receipt: it is not JSON"),
        ("[" * 5000, "line 1 is not a receipt: it is not JSON"),
        ("[]", "line 1 is not a receipt: it lacks some of its keys"),
        ("{}", "line 1 is not a receipt: it lacks some of its keys"),
        ('{"a": NaN}', "line 1 is not a receipt"),
    ],
)
def test_what_is_no_receipt(
    levels: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("acme.receipt").write_text(text)
    code, told = verified(capsys)
    assert code in (1, 2)
    assert message in told


def test_another_version_of_the_shape(levels: Path) -> None:
    found = json.loads(Path("acme.receipt").read_text())
    assert read_receipt(canonical(found | {"schema_version": 9})) == (
        "is a receipt of version 9, and this reads version 1"
    )


def test_several_records_and_one_broken_line(levels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = str(FIXTURES / "bytekast" / "records" / "bare.yaml")
    run(["evaluate", "rules/bytekast", RECORD, other, *DAY, "-o", "json", "--receipt", "two.receipt"])
    kept = Path("two.receipt")
    assert verified(capsys, "two.receipt")[0] == 0
    first, second = kept.read_text().splitlines()
    kept.write_text(f"{first}\n" + second.replace('"as_of":"2026-11-21"', '"as_of":"2026-11-20"'))
    code, text = verified(capsys, "two.receipt")
    assert code == 1
    assert text.startswith("line 2 was changed since it was written: its digest does not fit\n\n")
    assert text.endswith("\n\n2 receipts: 1 decided the same again, 1 not decided again.\n")


def test_a_receipt_is_not_replaced_by_another_one(levels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "rules/bytekast", RECORD, "-o", "json:kept.json", "--receipt", "acme.receipt"]
    before = Path("acme.receipt").read_bytes()
    assert run([*words, *DAY]) == 0
    Path("kept.json").unlink()
    assert run([*words, "--as-of=2026-11-20"]) == 2
    assert "`acme.receipt` holds something else, which would be lost" in capsys.readouterr().err
    assert Path("acme.receipt").read_bytes() == before
    assert not Path("kept.json").exists()


def test_a_receipt_is_never_an_input(levels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = levels.read_bytes()
    for path in (str(levels), "rules/bytekast/levels.yaml"):
        assert run(["evaluate", "rules/bytekast", RECORD, *DAY, "--receipt", path]) == 2
    assert levels.read_bytes() == before
    assert run(["evaluate", "rules/bytekast", RECORD, *DAY, "-o", "csv:x.csv", "--receipt", "r"]) == 2
    assert not Path("x.csv").exists()


# Records, as they are kept

_FACTS = """\
kind: program
id: example
title: Example
currency: EUR
entities:
  partner:
    title: partner
    facts:
      staff: {type: count, title: staff, informative: true}
      fee: {type: money, title: fee, informative: true}
      size: {type: number, title: size, informative: true}
      share: {type: rate, title: share, informative: true}
      joined_on: {type: date, title: joined on, informative: true}
      sizes: {type: list of number, title: sizes, informative: true}
"""


@pytest.mark.parametrize(
    "text", ["0", "1.250", "0.125", "1234.567", "0.0000000001", "-2.5", "999999999999999"]
)
def test_numbers_are_kept_as_they_are(text: str) -> None:
    program = good_program(base=_FACTS)
    record = Record("partner", {"size": Decimal(text), "sizes": (Decimal(text), Decimal(7))})
    data = json.loads(canonical(record_data(record, program.vocabulary)))
    assert record_of(program, given_data(data, program.vocabulary)).facts == record.facts


@pytest.mark.parametrize("name", ["bytekast", "wildix", "kepion", "pugpig"])
def test_all_records_are_kept_as_they_are(name: str) -> None:
    program: Program = load(POLICIES / name, as_of="2026-11-21")
    files = sorted((FIXTURES / name / "records").glob("*.yaml"))
    records = [record for file in files for record in program.read(file).records]
    assert records
    for record in records:
        data = json.loads(canonical(record_data(record, program.vocabulary)))
        again = record_of(program, given_data(data, program.vocabulary))
        assert (again.facts, _rows(again)) == (record.facts, _rows(record))


def _rows(record: Record) -> object:
    return {name: [(row.facts, _rows(row)) for row in rows] for name, rows in record.lists.items()}


# Policies as they were


def test_policies_of_a_revision_and_of_a_day(levels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begin_gold_at(levels, 12)
    git(levels.parent, "commit", "-am", "Let Gold begin at 12", day="2026-11-10")
    for words, level in (
        (("rules/bytekast",), "Gold"),
        (("HEAD~1:rules/bytekast",), "Silver"),
        (("rules/bytekast", "--known-on", "2026-11-09"), "Silver"),
        (("rules/bytekast", "--known-on", "2026-11-10"), "Gold"),
    ):
        folder, *options = words
        capsys.readouterr()
        assert run(["why", folder, RECORD, "reseller-levels", *DAY, *options]) == 0
        assert f"has reached {level}" in capsys.readouterr().out
    assert run(["why", "rules/bytekast", RECORD, "reseller-levels", "--known-on", "2026-11-09"]) == 0
    assert capsys.readouterr().out.startswith("As of 9 Nov 2026")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere:rules/bytekast", RECORD], "`nowhere` is neither a folder nor a revision"),
        (["HEAD:rules/none", RECORD], "the folder `rules/none` is not in `HEAD`"),
        (["HEAD:rules", RECORD], "`HEAD:rules` is not a program"),
        (["HEAD:rules/bytekast", RECORD, "--known-on", "2026-11-10"], "is a revision already"),
        (["rules/bytekast", RECORD, "--known-on", "2026-10-10"], "has no commit on or before 10 Oct 2026"),
        (["HEAD:rules/bytekast"], "`RECORD` is missing"),
    ],
)
def test_what_is_no_version(
    levels: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", *words]) == 2
    assert message in capsys.readouterr().err
