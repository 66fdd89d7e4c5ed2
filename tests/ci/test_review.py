"""ci/review-policies.sh on a real git history: changes of every kind, exit codes and what is published."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from policyengine.cli.init import starter

SCRIPT = Path(__file__).parents[2] / "ci" / "review-policies.sh"
TEST = """\
kind: test
program: ../../policies/small
as_of: 2026-11-21
tests:
  - name: six customers are Silver
    record: {id: blue, active_customers: 6, trained: true}
    expect: {levels: [{level: silver}]}
"""
PARTNERS = [
    {"id": f"p{i}", "active_customers": i, "trained": True,
     "customers": [{"id": f"c{i}", "started_on": "2026-03-31", "monthly_fee": 100}]}
    for i in range(1, 9)
]  # fmt: skip


@pytest.fixture
def repository(tmp_path):
    """A repository with one program, its test and its partners, committed."""
    for path, text in starter():
        if not str(path).endswith("_test.yaml"):
            write(tmp_path / "policies" / "small" / path, text)
    write(tmp_path / "fixtures" / "small" / "levels_test.yaml", TEST)
    write(tmp_path / "fixtures" / "small" / "records" / "all.ndjson", "\n".join(map(json.dumps, PARTNERS)))
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def git(folder, *words):
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def commit(folder):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Change the policies")


def change(folder, old, new, file="levels.yaml"):
    path = folder / "policies" / "small" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    write(path, text.replace(old, new))
    commit(folder)


def review(folder, base="HEAD~1", **variables):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    return subprocess.run(
        [SCRIPT, base], cwd=folder, capture_output=True, text=True, timeout=300,
        env={**kept, "POLICYENGINE_AS_OF": "2026-11-21", "PATH": path, **variables},
    )  # fmt: skip


def test_a_good_change_says_what_it_means_and_what_it_costs(repository):
    change(repository, "discount: 20%", "discount: 25%")
    result = review(repository)
    assert result.returncode == 0, result.stdout + result.stderr
    found = (repository / "review" / "review.md").read_text()
    assert "from 20 % to 25 %" in found
    assert "Net charges of 8 partners fall by" in found.splitlines()[0]
    assert "<svg" in (repository / "review" / "small" / "plan.html").read_text()
    cases = ElementTree.parse(repository / "review" / "small" / "test.xml").getroot()
    assert (cases.get("tests"), cases.get("failures")) == ("1", "0")


def test_a_change_that_harms_fails_its_test_and_its_limit(repository):
    change(repository, "active_customers: 5..", "active_customers: 7..")
    change(repository, "active_customers: 1..4", "active_customers: 1..6")
    result = review(repository, "HEAD~2", PLAN_OPTIONS='--fail-if "losers > 1"')
    assert result.returncode == 1
    assert "six customers are Silver" in result.stdout
    assert "losers > 1" in result.stdout + result.stderr


def test_a_broken_change_is_shown_at_its_line_and_nothing_is_compared(repository):
    change(repository, "when: trained", "when: traind")
    result = review(repository)
    assert result.returncode == 3
    assert "did you mean `trained`?" in result.stdout
    log = json.loads((repository / "review" / "small" / "check.sarif").read_text())
    assert log["runs"][0]["results"][0]["level"] == "error"
    assert not (repository / "review" / "small" / "plan.md").exists()


def test_on_github_the_lines_are_annotated_and_the_summary_is_written(repository, tmp_path):
    change(repository, "when: trained", "when: traind")
    page = tmp_path / "page.md"
    result = review(repository, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page))
    assert "::error file=policies/small/levels.yaml,line=" in result.stdout
    assert page.read_text().startswith("## Policies checked")


def test_a_program_as_it_was_is_not_compared(repository):
    write(repository / "notes.txt", "nothing of the policies")
    commit(repository)
    result = review(repository)
    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, "policies/small: as it was")


def test_a_new_program_has_nothing_to_be_compared_with(repository):
    for path, text in starter():
        write(repository / "policies" / "other" / path, text.replace("my-program", "other"))
    write(repository / "fixtures" / "other" / "levels_test.yaml", TEST.replace("small", "other"))
    commit(repository)
    result = review(repository)
    assert (result.returncode, "policies/other: new" in result.stdout) == (0, True)


def test_a_revision_that_does_not_exist(repository):
    result = review(repository, "nowhere")
    assert (result.returncode, "no revision nowhere" in result.stderr) == (2, True)


def test_what_others_merged_meanwhile_is_not_shown(repository):
    git(repository, "branch", "-M", "main")
    git(repository, "checkout", "--quiet", "-b", "change")
    change(repository, "title: Reviews", "title: Our reviews", "reviews.yaml")
    git(repository, "checkout", "--quiet", "main")
    old = revision(repository)
    change(repository, "discount: 20%", "discount: 25%")
    git(repository, "checkout", "--quiet", "change")
    behind = review(repository, "main")
    assert behind.returncode == 0, behind.stdout + behind.stderr
    assert "nothing changes its meaning" in behind.stdout
    assert "25 %" not in published(repository)
    git(repository, "checkout", "--quiet", "--detach", "main")
    git(repository, "merge", "--quiet", "--message", "merge", "change")
    on_github = review(repository, old, GITHUB_REF="refs/pull/7/merge")
    assert on_github.returncode == 0
    assert "nothing changes its meaning" in on_github.stdout
    assert "25 %" not in published(repository)


def test_mistakes_of_the_base_are_no_reason_to_stop(repository):
    change(repository, "when: trained", "when: traind")
    change(repository, "when: traind", "when: trained")
    result = review(repository)
    assert result.returncode == 0
    assert "the policies that the change starts from have mistakes" in published(repository).splitlines()[0]


def test_a_renamed_folder_is_compared_with_what_it_was(repository):
    change(repository, "discount: 20%", "discount: 90%")
    git(repository, "mv", "policies/small", "policies/large")
    git(repository, "mv", "fixtures/small", "fixtures/large")
    write(repository / "fixtures" / "large" / "levels_test.yaml", TEST.replace("small", "large"))
    commit(repository)
    result = review(repository, "HEAD~2")
    assert result.returncode == 0, result.stdout + result.stderr
    text = published(repository)
    assert text.splitlines()[0] == "`policies/large`: this program was in policies/small"
    assert "from 20 % to 90 %" in text


def test_a_deleted_program_is_told_first(repository):
    for path, text in starter():
        write(repository / "policies" / "other" / path, text.replace("my-program", "other"))
    commit(repository)
    git(repository, "rm", "-rq", "policies/other")
    commit(repository)
    result = review(repository)
    assert result.returncode == 0, result.stdout + result.stderr
    assert published(repository).splitlines()[0] == "`policies/other`: this program is deleted"


def test_a_program_without_tests_is_no_mistake(repository):
    git(repository, "rm", "-q", "fixtures/small/levels_test.yaml")
    change(repository, "discount: 20%", "discount: 25%")
    result = review(repository)
    assert (result.returncode, "small: no tests" in result.stdout) == (0, True)
    assert "from 20 % to 25 %" in published(repository)


def test_a_file_of_tests_that_says_no_kind_is_no_lack_of_tests(repository):
    write(repository / "fixtures" / "small" / "levels_test.yaml", TEST.replace("kind: test\n", ""))
    commit(repository)
    result = review(repository)
    assert (result.returncode, "no tests" in result.stdout) == (2, False)


def test_the_name_of_a_folder_means_nothing_to_a_log_or_a_comment(repository):
    name = "::error::x ##[error]y `![z]( "
    for path, text in starter():
        if not str(path).endswith("_test.yaml"):
            write(repository / "policies" / name / path, text.replace("my-program", "other"))
    commit(repository)
    result = review(repository)
    text = published(repository)
    assert not [line for line in result.stdout.splitlines() if line.lstrip().startswith("::")]
    assert "##[" not in result.stdout + result.stderr + text
    assert text.startswith("`policies/??error??x ??[error]y ?![z]( `: new, so there is nothing")


def test_a_failed_test_stands_first(repository):
    change(repository, "active_customers: 5..", "active_customers: 7..")
    change(repository, "active_customers: 1..4", "active_customers: 1..6")
    assert review(repository, "HEAD~2").returncode == 1
    assert published(repository).startswith("## Policy tests")


def test_a_long_review_is_cut(repository):
    charges = "\n".join(
        f"  - {{id: c{i}, title: Fee {i} {'long ' * 40}, item: subscription, due_on: today, amount: {i}AT}}"
        for i in range(1, 151)
    )
    policy = f"kind: billing\nid: fees\ntitle: Fees\nfor: partner\ncharges:\n{charges}\n"
    for price in ("0", "1"):
        write(repository / "policies" / "small" / "fees.yaml", policy.replace("AT", price))
        commit(repository)
    result = review(repository)
    assert result.returncode == 0, result.stdout + result.stderr
    text = (repository / "review" / "review.md").read_bytes()
    assert len(text) < 65_536
    assert text.decode().rstrip().endswith("more lines in the artifact")
    assert text.count(b"```") % 2 == 0


def test_a_base_of_many_partners(repository):
    partners = [{**PARTNERS[i % 8], "id": f"p{i}"} for i in range(20_000)]
    write(repository / "fixtures" / "small" / "records" / "all.ndjson", "\n".join(map(json.dumps, partners)))
    commit(repository)
    change(repository, "discount: 20%", "discount: 25%")
    result = review(repository)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "20,000" in published(repository).splitlines()[0]
    assert len(published(repository)) < 10_000


def test_a_job_in_another_folder(repository):
    write(repository / "vendor" / "notes.txt", "here are the policies")
    for folder in ("policies", "fixtures"):
        git(repository, "mv", folder, f"vendor/{folder}")
    commit(repository)
    path = repository / "vendor" / "policies" / "small" / "levels.yaml"
    write(path, path.read_text().replace("discount: 20%", "discount: 25%"))
    commit(repository)
    result = review(repository / "vendor")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "from 20 % to 25 %" in (repository / "vendor" / "review" / "review.md").read_text()


def revision(folder):
    return subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def published(folder):
    return (folder / "review" / "review.md").read_text(encoding="utf-8")
