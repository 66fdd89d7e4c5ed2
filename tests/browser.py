"""Looks at the page of `plan` in a real browser: `python -m tests.browser FOLDER`; needs a Chromium.

Pictures in light and dark, 1200 and 420 pixels wide, and the printed page are left in the folder for people
to look at; that the browser shows all sections, and refuses nothing of the page, is checked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.change.slow import Terms
from tests.support import POLICIES

from policyengine.cli.run import run

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--enable-logging=stderr",
)  # fmt: skip
_WIDE, _NARROW = "--window-size=1200,2400", "--window-size=500,3400"
_DARK = "--blink-settings=preferredColorScheme=0"
_LOOKS = {"light": (_WIDE,), "dark": (_WIDE, _DARK), "narrow": (_NARROW,), "narrow-dark": (_NARROW, _DARK)}
_PHONE = (
    '<body style="margin: 0"><iframe src="plan.html" width="420" height="3400" style="border: 0"></iframe>'
)
"""No window of the browser is narrower than 500 pixels."""


def main(folder: Path) -> int:
    """0 if the browser shows the page as it should."""
    browser = shutil.which(os.environ.get("BROWSER", "chromium"))
    if browser is None:
        print("there is no browser: install chromium, or name one in BROWSER", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    page = _page(folder)
    phone = folder / "phone.html"
    phone.write_text(_PHONE, encoding="utf-8")
    for name, flags in _LOOKS.items():
        shown_page = phone if _NARROW in flags else page
        _start(browser, shown_page, *flags, f"--screenshot={folder / name}.png")
        assert (folder / f"{name}.png").stat().st_size > 20_000, f"{name}.png is empty"
    _start(browser, page, f"--print-to-pdf={folder / 'print.pdf'}")
    shown = _start(browser, page, "--dump-dom")
    for words in (
        "Reseller levels: before and after",
        "Net charges over 12 months",
        "What causes it",
        "Whom it hits",
    ):
        assert words in shown, f"`{words}` is not there"
    print(f"look at {', '.join(f'{folder / name}.png' for name in _LOOKS)}, {folder / 'print.pdf'}")
    return 0


def _page(folder: Path) -> Path:
    new, base, page = folder / "new", folder / "base.ndjson", folder / "plan.html"
    shutil.copytree(POLICIES / "bytekast", new, dirs_exist_ok=True)
    levels = (POLICIES / "bytekast" / "levels.yaml").read_text(encoding="utf-8")
    terms = Terms(silver=9, gold=18, silver_rate=15, platinum_rate=45)
    (new / "levels.yaml").write_text(terms.written(levels), encoding="utf-8")
    from benchmarks.partners import line, partners

    base.write_text("".join(f"{line(each)}\n" for each in partners(400)), encoding="utf-8")
    call = ["plan", POLICIES / "bytekast", new, "--records", base, "--as-of", "2026-11-27", "--show-keys"]
    assert run([*map(str, call), "-o", f"html:{page}"]) == 0
    return page


def _start(browser: str, page: Path, *flags: str) -> str:
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [browser, *_FLAGS, f"--user-data-dir={profile}", *flags, page.resolve().as_uri()],
            capture_output=True, encoding="utf-8", check=True, timeout=120,
        )  # fmt: skip
    refused = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not refused, refused
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
