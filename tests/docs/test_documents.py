"""Every example of the documentation does what the page says; every link leads somewhere."""

from __future__ import annotations

import re
from difflib import unified_diff
from pathlib import Path

import pytest
from documents import DOCUMENTS, GENERATED, ROOT, blocks, programs, refreshed, run

from policyengine.cli.run import COMMANDS
from policyengine.kinds import KINDS

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_PAGES = (*DOCUMENTS, Path("CONTRIBUTING.md"), Path("CHANGELOG.md"))


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if path not in GENERATED], ids=str)
def test_examples_do_what_the_page_says(path: Path, tmp_path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    now = refreshed(text, tmp_path)
    changes = "\n".join(
        unified_diff(text.splitlines(), now.splitlines(), str(path), "as it is", lineterm="", n=1)
    )
    if changes:
        pytest.fail(
            f"an output has changed; if it is right, `make docs` writes it anew\n{changes}", pytrace=False
        )
    for program in programs(text):
        checked = run(["policyengine", "check", program, "--fail-on", "warning"], tmp_path)
        assert checked.returncode == 0, checked.stdout


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", _PAGES, ids=str)
def test_links_lead_somewhere(path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    for target in (found["target"] for found in _LINK.finditer(text)):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        page = (ROOT / path.parent / file).resolve() if file else ROOT / path
        assert page.exists(), f"{target} does not exist"
        known = _anchors(page.read_text(encoding="utf-8")) if anchor else set()
        assert not anchor or anchor in known, f"{target}: there is no such heading"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_an_example_for_authors(kind: str) -> None:
    page = (ROOT / "docs/vendor.md").read_text(encoding="utf-8")
    examples = [block.body for block in blocks(page) if block.language == "yaml" and block.file]
    assert any(f"kind: {kind}" in example.splitlines() for example in examples)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_shown(command: str) -> None:
    assert any(f"policyengine {command}" in (ROOT / path).read_text(encoding="utf-8") for path in DOCUMENTS)


def test_every_promise_names_a_test_that_is_there() -> None:
    """The page on operations names a test for each promise."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = [line for line in text.partition("which test holds it\n\n")[2].splitlines() if "`tests/" in line]
    assert len(rows) > 25
    for row in rows:
        for path, name in re.findall(r"`(tests/[\w/.]+)(?:::(\w+))?`", row):
            found = (ROOT / path).read_text(encoding="utf-8")
            assert not name or f"def {name}(" in found, row
