"""Writes what is generated (schemas, two pages of docs) and every output that a document shows; or compares.

`python tests/docs/refresh.py` writes; with `--check` it says which generated files are out of date.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from documents import DOCUMENTS, GENERATED, ROOT, refreshed

from policyengine.api import codes, schemas
from policyengine.cli.schema import pretty
from policyengine.render.reference_pages import codes_markdown, schemas_markdown


def generated() -> dict[Path, str]:
    """Every generated file, by its path in the project."""
    found = {Path("schemas") / name: f"{pretty(schema)}\n" for name, schema in schemas().items()}
    return found | dict(zip(GENERATED, (codes_markdown(codes()), schemas_markdown(schemas())), strict=True))


def stale() -> list[str]:
    """What is out of date: files that differ, and schemas that nothing makes any more."""
    wanted = generated()
    there = {path.relative_to(ROOT) for path in ROOT.glob("schemas/*.json")}
    different = {path for path, text in wanted.items() if _read(ROOT / path) != text}
    return sorted(str(path) for path in different | (there - set(wanted)))


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def write() -> None:
    """Write everything anew, and say what changed."""
    for path in ROOT.glob("schemas/*.json"):
        if path.relative_to(ROOT) not in generated():
            path.unlink()
    for path, text in generated().items():
        _write(path, text)
    for path in DOCUMENTS:
        if path not in GENERATED:
            with tempfile.TemporaryDirectory() as folder:
                _write(path, refreshed((ROOT / path).read_text(encoding="utf-8"), Path(folder)))


def _write(path: Path, text: str) -> None:
    if _read(ROOT / path) != text:
        (ROOT / path).write_text(text, encoding="utf-8")
        print(f"changed: {path}")


def main() -> int:
    """Write or compare."""
    if "--check" not in sys.argv[1:]:
        write()
        return 0
    out_of_date = stale()
    if out_of_date:
        print(f"out of date: {', '.join(out_of_date)}\n`make docs` writes them anew")
    return 1 if out_of_date else 0


if __name__ == "__main__":
    sys.exit(main())
