"""What the developer's page says of new kinds: its own keeps our rules, new findings are shown everywhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from documents import ROOT, blocks, refreshed


def test_the_kind_keeps_our_rules(tmp_path: Path) -> None:
    page = (ROOT / "docs/developer.md").read_text(encoding="utf-8")
    (code,) = [each for each in blocks(page) if each.language == "python" and each.file]
    (tmp_path / "charter.py").write_text(code.body, encoding="utf-8")
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml"), "."]
        done = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_findings_of_a_new_sort_are_shown_by_every_command(tmp_path: Path) -> None:
    page = (Path(__file__).parent / "new_finding.md").read_text(encoding="utf-8")
    assert refreshed(page, tmp_path) == page
