"""The kind that the developer's page walks through is code like any other: it keeps our own rules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from documents import ROOT, blocks


def test_the_kind_keeps_our_rules(tmp_path: Path) -> None:
    page = (ROOT / "docs/developer.md").read_text(encoding="utf-8")
    (code,) = [each for each in blocks(page) if each.language == "python" and each.file]
    (tmp_path / "charter.py").write_text(code.body, encoding="utf-8")
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml"), "."]
        done = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
