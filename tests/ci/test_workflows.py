"""The workflow files pin what they run, ask for few rights, and cannot be rewritten by what they review."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GITHUB = ("github-review.yml", "github-workflow.yml")


def workflow(name):
    return yaml.safe_load((ROOT / "ci" / name).read_text(encoding="utf-8"))


def steps(name):
    return [step for job in workflow(name)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("name", GITHUB)
def test_actions_are_pinned_by_commit(name):
    used = [step["uses"] for step in steps(name) if "uses" in step]
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", each)] == []


@pytest.mark.parametrize("name", [*GITHUB, "gitlab.yml"])
def test_packages_are_installed_by_hash_and_the_project_by_commit(name):
    text = (ROOT / "ci" / name).read_text(encoding="utf-8")
    installs = re.findall(r"pip install (.*)", text)
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-deps" in installs[1]
    assert "$ADDRESS@$COMMIT" in installs[1]


@pytest.mark.parametrize("name", GITHUB)
def test_rights_are_few(name):
    found = workflow(name)
    allowed = {"contents": "read"}
    if name == "github-review.yml":
        assert found["permissions"] == {}
        allowed |= {"pull-requests": "write", "security-events": "write"}
        assert found["jobs"]["review"]["permissions"] == allowed
    else:
        assert found["permissions"] == allowed
    checkout = next(step for step in steps(name) if step.get("uses", "").startswith("actions/checkout"))
    assert checkout["with"]["persist-credentials"] is False


def test_the_review_runs_the_script_of_the_base():
    ran = [step["run"] for step in steps("github-review.yml") if "review-policies.sh" in step.get("run", "")]
    assert len(ran) == 1
    assert "$RUNNER_TEMP/ci/review-policies.sh" in ran[0]
    assert "pull_request_target" not in (ROOT / "ci" / "github-review.yml").read_text(encoding="utf-8")


def test_nothing_of_the_change_is_put_into_a_command():
    for name in GITHUB:
        assert [step["run"] for step in steps(name) if "${{" in step.get("run", "")] == []


def test_hooks_run_for_every_commit():
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert all(hook["always_run"] for hook in hooks)
