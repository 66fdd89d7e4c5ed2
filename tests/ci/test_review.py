"""ci/review-policies.sh on a real git history: changes of every kind, exit codes and what is published."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from policyengine.cli.init import starter
from policyengine.copies.words import fingerprint

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


def reviewed(folder, result, code, first):
    """What a reviewer needs: the exit code, the first line of the comment, bytes that may be published."""
    text = published(folder)
    assert result.returncode == code, result.stdout + result.stderr
    assert text.splitlines()[0].startswith(first), text[:300]
    assert len(text.encode()) < 65_536
    assert not re.search(r"p[1-8]\b|customers/c", text), "a partner is named"
    assert not meaning_of(text)
    return text


def meaning_of(text):
    """What of a text is more than text to who shows Markdown: pictures, links, HTML, mentions."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    parts = [part for token in tokens for part in (token, *(token.children or ()))]
    odd = ("image", "link_open", "html_block", "html_inline")
    found = [part.content or part.type for part in parts if part.type in odd and part.content != "<!-- -->"]
    return found + [part.content for part in parts if part.type == "text" and re.search(r"@\w", part.content)]


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
    found = reviewed(repository, result, 0, "**Net charges of 8 partners fall by")
    assert "from 20 % to 25 %" in found
    assert "<svg" in (repository / "review" / "small" / "plan.html").read_text()
    cases = ElementTree.parse(repository / "review" / "small" / "test.xml").getroot()
    assert (cases.get("tests"), cases.get("failures")) == ("1", "0")


def test_a_change_that_harms_fails_its_test_and_its_limit(repository):
    change(repository, "active_customers: 5..", "active_customers: 7..")
    change(repository, "active_customers: 1..4", "active_customers: 1..6")
    result = review(repository, "HEAD~2", PLAN_OPTIONS='--fail-if "losers > 1"')
    text = reviewed(repository, result, 1, "## Policy tests")
    assert "1 failed" in text.splitlines()[2]
    assert "six customers are Silver" in result.stdout
    assert "losers > 1" in result.stdout + result.stderr


def test_a_copy_of_a_source_beside_the_policies_is_compared(repository):
    copy = repository / "policies" / "small" / "sources" / "agreement.txt"
    write(copy, "Silver takes five customers.\n\nIt is signed twice.\n")
    said = [fingerprint(words.split()) for words in ("silver takes five customers", "it is signed twice")]
    ledger = f"""\
kind: statements
document: agreement
statements:
  - {{id: s1, says: the least of Silver, fingerprint: {said[0]}, encoded: [partner-levels/silver]}}
  - {{id: s2, says: two signatures, fingerprint: {said[1]}, no_rule: binds nobody}}
"""
    write(repository / "policies" / "small" / "statements.yaml", ledger)
    commit(repository)
    result = review(repository)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 unchanged" in result.stdout
    write(copy, "Silver takes six customers.\n\nIt is signed twice.\n")
    commit(repository)
    result = review(repository)
    text = published(repository)
    assert result.returncode == 1
    assert (
        "a source document that says something else"
        in (repository / "review" / "small" / "sources.sarif").read_text()
    )
    assert "Silver takes six customers" in text
    assert "levels.yaml" in text


def test_a_broken_change_is_shown_at_its_line_and_nothing_is_compared(repository):
    change(repository, "when: trained", "when: traind")
    result = review(repository)
    reviewed(repository, result, 3, "## Policies checked")
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
    assert result.stdout.splitlines()[-1] == "policies/small: as it was"
    reviewed(repository, result, 0, "## Policy tests")


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
    assert "nothing changes its meaning" in behind.stdout
    assert "25 %" not in reviewed(repository, behind, 0, "**Nothing changes for 8 partners")
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
    reviewed(
        repository, result, 0, "`policies/small`: the policies that the change starts from have mistakes"
    )


def test_a_renamed_folder_is_compared_with_what_it_was(repository):
    change(repository, "discount: 20%", "discount: 90%")
    git(repository, "mv", "policies/small", "policies/large")
    git(repository, "mv", "fixtures/small", "fixtures/large")
    write(repository / "fixtures" / "large" / "levels_test.yaml", TEST.replace("small", "large"))
    commit(repository)
    result = review(repository, "HEAD~2")
    text = reviewed(repository, result, 0, "`policies/large`: this program was in policies/small")
    assert "from 20 % to 90 %" in text


def test_a_deleted_program_is_told_first(repository):
    for path, text in starter():
        write(repository / "policies" / "other" / path, text.replace("my-program", "other"))
    commit(repository)
    git(repository, "rm", "-rq", "policies/other")
    commit(repository)
    result = review(repository)
    reviewed(repository, result, 0, "`policies/other`: this program is deleted")


def test_a_program_without_tests_is_no_mistake(repository):
    git(repository, "rm", "-q", "fixtures/small/levels_test.yaml")
    change(repository, "discount: 20%", "discount: 25%")
    result = review(repository)
    assert "small: no tests" in result.stdout
    assert "from 20 % to 25 %" in reviewed(repository, result, 0, "**Net charges of 8 partners fall by")


def test_a_file_of_tests_that_says_no_kind_is_no_lack_of_tests(repository):
    write(repository / "fixtures" / "small" / "levels_test.yaml", TEST.replace("kind: test\n", ""))
    commit(repository)
    result = review(repository)
    assert (result.returncode, "no tests" in result.stdout) == (2, False)


HOSTILE = (
    "::error::x", "##[error]y", "@team ``` ![p](//evil.example/p.png)", "[see](https://evil.example) #7",
    "<script>alert(1)</script>|<img src=x>", "www.evil.example &lt;b&gt; <!-- -->",
)  # fmt: skip


def test_hostile_titles_mean_nothing_to_a_log_or_a_comment(repository, tmp_path):
    title = " ".join(HOSTILE).replace("'", "")
    for old, new in (("title: Silver", f"title: '{title}'"), ("discount: 20%", "discount: 25%")):
        change(repository, old, new)
    change(repository, "title: Subscription", f"title: '::warning::{title}'", "billing.yaml")
    page = tmp_path / "page.md"
    result = review(repository, "HEAD~3", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page))
    text = reviewed(repository, result, 0, "**Net charges of 8 partners fall by")
    log = result.stdout + result.stderr
    own = re.compile("::(notice|warning|error) (file|title)=")
    assert not [line for line in log.splitlines() if line.lstrip().startswith("::") and not own.match(line)]
    assert "##[" not in log
    assert "alert(1)" in text
    assert not meaning_of(page.read_text())


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
    text = reviewed(repository, result, 0, "**Net charges of 8 partners rise by")
    assert text.rstrip().endswith("more lines in the artifact")
    assert text.count("```") % 2 == 0


def test_a_base_of_many_partners(repository):
    partners = [{**PARTNERS[i % 8], "id": f"p{i}"} for i in range(20_000)]
    write(repository / "fixtures" / "small" / "records" / "all.ndjson", "\n".join(map(json.dumps, partners)))
    commit(repository)
    change(repository, "discount: 20%", "discount: 25%")
    result = review(repository)
    text = reviewed(repository, result, 0, "**Net charges of 20,000 partners fall by")
    assert len(text) < 10_000


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
