"""What the developer's pages say of new kinds: the kinds that they show keep our rules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from documents import ROOT, blocks


@pytest.mark.parametrize("page", ["developer.md", "kinds.md"])
def test_the_kind_keeps_our_rules(page: str, tmp_path: Path) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    (code,) = [each for each in blocks(text) if each.language == "python" and each.file]
    (tmp_path / Path(str(code.file)).name).write_text(code.body, encoding="utf-8")
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml"), "."]
        done = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
