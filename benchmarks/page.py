"""docs/performance.md: every script writes its own part of it."""

from __future__ import annotations

import platform
from pathlib import Path

from policyengine.batch.cores import cores

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_PARTS = ("real programs", "one record", "columns", "files", "exports", "lists", "growth", "spark")
"""In the order of the page."""
_TOP = """\
# Performance

Written by `make bench`, `make bench-columns`, `make bench-files`, `make bench-exports`, `make bench-growth` and
`make bench-spark`; measure on your own machine before you compare.
"""


def put(part: str, text: str) -> None:
    """Writes a part of the page anew; the other parts stay as they are."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    blocks = {name: _block(page, name) for name in _PARTS} | {part: text.strip()}
    written = [
        f"<!-- {name} -->\n\n{block}\n\n<!-- end of {name} -->\n" for name, block in blocks.items() if block
    ]
    PAGE.write_text("\n".join([_TOP, *written]), encoding="utf-8")


def _block(page: str, part: str) -> str:
    """What the page says in a part; nothing where it has none yet."""
    _, _, rest = page.partition(f"<!-- {part} -->\n")
    return rest.partition(f"<!-- end of {part} -->")[0].strip()


def machine() -> str:
    """What it was measured on."""
    system = f"{platform.system()} on {platform.machine()}"
    return f"Python {platform.python_version()}, {system}, {cores()} cores"
