"""`policyengine diff` as it is run: what it prints, in every form, and how it ends."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.cli.conftest import Result
from tests.cli.test_revisions import git
from tests.support import POLICIES

from policyengine.catalogue import schemas

Run = Callable[..., Result]
DAY = ("--as-of", "2026-11-21")
ACME = POLICIES.parent / "fixtures" / "bytekast" / "records" / "acme.yaml"


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the old version as `before` and the new one as `main` and on disk."""
    shutil.copytree(POLICIES / "bytekast", tmp_path / "rules")
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    git(tmp_path, "branch", "before")
    edit(tmp_path / "rules", "active_accounts: 16..26", "active_accounts: 17..26")
    edit(tmp_path / "rules", "active_accounts: 10..15", "active_accounts: 10..16")
    edit(tmp_path / "rules", "title: Silver", "title: Sterling")
    git(tmp_path, "commit", "-am", "second")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edit(folder: Path, before: str, after: str) -> None:
    path = next(path for path in folder.glob("*.yaml") if before in path.read_text())
    path.write_text(path.read_text().replace(before, after, 1))


SAID = """\
ByteKast Reseller Program: 2 changes of meaning in 1 policy (1 change of wording), from before:rules to \
main:rules, as of 21 Nov 2026.
Also holds for days before today; with `from: 2027-01-01` the past stays as it was.

Reseller levels (reseller-levels)
  Sterling now ends at 16 active accounts (was 15)  main:rules/levels.yaml:32:22
  Gold now starts at 17 active accounts (was 16)  main:rules/levels.yaml:39:22
    The smallest record that shows it, on 21 Nov 2026:
      id: partner-1
      active_accounts: 16
      approved_on: 2026-11-01
      technical_team_qualified: true
      sales_team_qualified: true
      competence_rating: positive
      team_in_ongoing_training: true
    before Reseller levels: level Gold
    now    Reseller levels: level Sterling
    before discount on app set-up: rate 33 %, level Gold
    now    discount on app set-up: rate 20 %, level Sterling
    before discount on monthly subscription: rate 33 %, level Gold
    now    discount on monthly subscription: rate 20 %, level Sterling

Only the wording
  “Silver” is now called “Sterling”  main:rules/levels.yaml:31:12
"""


def test_two_revisions(cli: Run, versions: Path) -> None:
    result = cli("diff", "before..main", "rules", *DAY)
    assert result.out == SAID
    assert result.code == 1


def test_a_revision_and_the_folder_as_it_is(cli: Run, versions: Path) -> None:
    assert cli("diff", "main", "rules", *DAY).code == 0
    edit(versions / "rules", "discount: 20%", "discount: 15%")
    result = cli("diff", "main", "rules", *DAY)
    assert result.code == 1
    assert "falls from 20 % to 15 %  rules/levels.yaml:35:20" in result.out


def test_only_words(cli: Run, versions: Path) -> None:
    edit(versions / "rules", "title: Gold", "title: Golden")
    result = cli("diff", "main", "rules", *DAY)
    assert result.code == 0
    assert result.out.startswith(
        "ByteKast Reseller Program: nothing changes its meaning (1 change of wording)"
    )


def test_records_that_are_given(cli: Run, versions: Path) -> None:
    result = cli("diff", "before..main", "rules", "--records", str(ACME), *DAY)
    assert result.code == 1
    assert "acme shows it with active_accounts 16 instead of 12, on 21 Nov 2026:" in result.out
    assert "name: Acme" in result.out


def test_json_fits_its_schema(cli: Run, versions: Path) -> None:
    result = cli("diff", "before..main", "rules", "--records", str(ACME), "-o", "json", *DAY)
    data = json.loads(result.out)
    schema = schemas()["comparison.schema.json"]
    Draft202012Validator.check_schema(schema)
    assert not list(Draft202012Validator(schema).iter_errors(data))
    assert data["schema_version"] == 2
    assert data["changed"] is True
    (meaning,) = data["meanings"]
    assert [change["part"] for change in meaning["changes"]] == [
        "levels/silver/active_accounts",
        "levels/gold/active_accounts",
    ]
    assert (meaning["changes"][1]["old"], meaning["changes"][1]["new"]) == ("16..26", "17..26")
    assert meaning["verdict"] == "witness"
    assert meaning["witness"]["made_from"] == "acme"
    assert meaning["witness"]["moved"] == [{"at": "active_accounts", "before": "12", "after": "16"}]
    says = meaning["witness"]["says"][0]
    assert (says["old"]["values"]["level"], says["new"]["values"]["level"]) == ("gold", "silver")
    assert data["wording"][0]["sentence"] == "“Silver” is now called “Sterling”"


def test_the_published_schema_is_fresh() -> None:
    published = POLICIES.parent / "schemas" / "comparison.schema.json"
    assert json.loads(published.read_text()) == schemas()["comparison.schema.json"]


def test_annotations_have_paths_of_the_working_tree(cli: Run, versions: Path) -> None:
    result = cli("diff", "before..main", "rules", "-o", "github", *DAY)
    lines = result.out.splitlines()
    assert [line.split(",")[0] for line in lines] == ["::notice file=rules/levels.yaml"] * 2
    assert "Gold now starts at 17 active accounts (was 16).%0AThe smallest record" in lines[1]


@pytest.mark.parametrize("form", ["markdown", "junit", "sarif"])
def test_other_forms(cli: Run, versions: Path, form: str) -> None:
    result = cli("diff", "before..main", "rules", "-o", f"{form}:out", *DAY)
    assert result.code == 1
    assert result.out == ""
    assert "Gold now starts at 17 active accounts" in (versions / "out").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere..main", "rules"], 2, "`nowhere` is neither a folder nor a revision"),
        (["before..main", "elsewhere"], 2, "the folder `elsewhere` is not in `before`"),
        (["rules"], 2, "`NEW` is missing"),
        (["rules", str(POLICIES / "pugpig")], 2, "is the program `bytekast`, and"),
        (["before..main", "rules", "--records", "none.yaml"], 2, "`none.yaml` does not exist"),
        (["before..main", "rules", "--as-of", "tomorrow"], 2, "`tomorrow` is not a date"),
        (["before..main", "rules", "-o", "yaml"], 2, "`yaml` is not a format of this command"),
    ],
)
def test_what_it_refuses(cli: Run, versions: Path, arguments: list[str], code: int, said: str) -> None:
    result = cli("diff", *arguments)
    assert result.code == code
    assert said in result.err
    assert result.out == ""


def test_policies_that_do_not_compile(cli: Run, versions: Path) -> None:
    edit(versions / "rules", "10..16", "10..17")
    result = cli("diff", "main", "rules", "-o", "text:out", *DAY)
    assert result.code == 3
    assert "the new policies, `rules`, have mistakes: 1 error in 1 file" in result.err
    assert not (versions / "out").exists()
    result = cli("diff", "rules", "rules", *DAY)
    assert result.code == 3
    assert "the old policies, `rules`, have mistakes" in result.err


def test_records_of_another_program(cli: Run, versions: Path) -> None:
    other = POLICIES.parent / "fixtures" / "pugpig" / "records" / "northwind.yaml"
    result = cli("diff", "before..main", "rules", "--records", str(other), *DAY)
    assert result.code == 2
    assert "this is not a record of `bytekast`" in result.err
    assert "none of the records can be used" in result.err


def test_nothing_is_written_over(cli: Run, versions: Path) -> None:
    before = (versions / "rules" / "levels.yaml").read_text()
    result = cli("diff", "main", "rules", "-o", "text:rules/levels.yaml", *DAY)
    assert result.code == 2
    assert "is an input of this command" in result.err
    assert (versions / "rules" / "levels.yaml").read_text() == before


def test_a_renamed_folder_is_the_same_program(cli: Run, versions: Path) -> None:
    git(versions, "mv", "rules", "terms")
    edit(versions / "terms", "discount: 20%", "discount: 15%")
    git(versions, "commit", "-am", "third")
    result = cli("diff", "main~1..main", "terms", *DAY)
    assert result.code == 1
    assert "from main~1:rules to main:terms" in result.out
    assert "falls from 20 % to 15 %" in result.out
    assert cli("diff", "main~1", "terms", *DAY).code == 1


def test_a_program_that_is_gone_is_told(cli: Run, versions: Path) -> None:
    git(versions, "rm", "-r", "rules")
    git(versions, "commit", "-m", "third")
    result = cli("diff", "main~1..main", "rules", *DAY)
    assert result.code == 2
    assert "the program `bytekast` of `main~1:rules` is not in `main`" in result.err


def test_what_is_taken_away_is_told_first(cli: Run, versions: Path) -> None:
    edit(versions / "rules", "discount: 20%", "discount: 15%")
    (versions / "rules" / "reviews.yaml").unlink()
    result = cli("diff", "main", "rules", *DAY)
    lines = [line for line in result.out.splitlines() if line]
    assert lines[1] == "The file `reviews.yaml` is no longer read."
    assert "is dropped" in lines[4]
    assert result.code == 1


def test_a_change_is_shown_by_a_record_of_a_table(cli: Run, versions: Path) -> None:
    edit(versions / "rules", "discount: 20%", "discount: 15%")
    facts = {"id": "partner-7", "active_accounts": "12", "competence_rating": "positive"}
    facts |= dict.fromkeys(
        ("attends_quarterly_reviews", "technical_team_qualified", "sales_team_qualified",
         "team_in_ongoing_training"), "true",
    )  # fmt: skip
    (versions / "base.csv").write_text(f"{','.join(facts)}\n{','.join(facts.values())}\n")
    result = cli("diff", "main", "rules", "--records", "base.csv", *DAY)
    assert result.code == 1
    assert "partner-7 shows it" in result.out


def test_a_summary_that_is_nearly_full_is_cut_with_its_blocks_closed(
    cli: Run, versions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = versions / "page.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    for room in (600, 1000, 1300):
        page.write_bytes(b"x" * (1024 * 1024 - room))
        cli("diff", "before", "main", "rules", *DAY, "-o", "github")
        text = page.read_text()
        assert len(text.encode()) <= 1024 * 1024
        assert text.rstrip().endswith("The rest is left out, since a summary may not be longer.")
        assert len([line for line in text.splitlines() if line.startswith("```")]) % 2 == 0


def test_a_score_is_told_by_its_points(tmp_path: Path, cli: Callable[..., Result]) -> None:
    old = Path(__file__).parents[1] / "kinds" / "programs" / "capability"
    new = shutil.copytree(old, tmp_path / "new")
    score = new / "score.yaml"
    score.write_text(score.read_text().replace("each: 10, max: 30", "each: 12, max: 30"))
    found = cli("diff", old, new, "--as-of", "2026-11-21").out
    assert "“New customers” now brings for each unit 12 points (was 10 points)" in found
    assert "before Capability score of path path-1: points 10, “New customers” 10 points" in found
    assert "now    Capability score of path path-1: points 12, “New customers” 12 points" in found
