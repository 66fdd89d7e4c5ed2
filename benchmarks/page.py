"""docs/performance.md: every script writes its own part of it."""

from __future__ import annotations

import platform
from pathlib import Path

from policyengine.batch.cores import cores

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def put(part: str, text: str) -> None:
    """Replace a part of the page, or add it at the end."""
    start, end = f"<!-- {part} -->\n", f"<!-- end of {part} -->\n"
    block = f"{start}\n{text.strip()}\n\n{end}"
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    before, found, rest = page.partition(start)
    after = rest.partition(end)[2] if found else ""
    if not found:
        before = f"{page.rstrip()}\n\n" if page.strip() else ""
    PAGE.write_text(before + block + after, encoding="utf-8")


def machine() -> str:
    """What it was measured on."""
    system = f"{platform.system()} on {platform.machine()}"
    return f"Python {platform.python_version()}, {system}, {cores()} cores"
