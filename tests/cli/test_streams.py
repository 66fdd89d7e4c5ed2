"""Standard streams that are closed, full, or read by nobody: as jobs and pipes leave them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = f"{sys.executable} -c 'from policyengine.cli import main; main()'"
EVALUATE = f"evaluate {ROOT}/policies/bytekast"
ACME = f"{EVALUATE} {ROOT}/fixtures/bytekast/records/acme.yaml"
NOBODY_READS = "note: the rest of the output is not written, since nobody reads it\n"
FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")


def shell(folder: Path, line: str) -> tuple[int, str]:
    """The exit code of a line of bash, in which `policyengine` is ours, and what it says besides."""
    script = f'policyengine() {{ {COMMAND} "$@"; }}\n{line}'
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done.returncode, done.stderr


def base(folder: Path, count: int) -> str:
    """A table of so many records, and one that is rejected; evaluated."""
    rows = "".join(f"p{i},3\n" for i in range(count))
    (folder / "p.csv").write_text(f"id,active_accounts\nbad,x\n{rows}")
    return f"policyengine {EVALUATE} p.csv"


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        pytest.param(">/dev/full", "no space left on device", marks=FULL),
        (">&-", "bad file descriptor"),
    ],
)
@pytest.mark.parametrize(
    "command",
    [ACME, f"{ACME} -o json", f"check {ROOT}/policies/kepion", "code", "--help", "plan -h", "--version"],
)
def test_an_output_that_takes_nothing(tmp_path, target, reason, command):
    code, said = shell(tmp_path, f"policyengine {command} {target}")
    assert (code, said) == (2, f"error: standard output cannot be written: {reason}\n")


@pytest.mark.parametrize("count", [1, 900])
def test_a_table_to_an_output_that_is_closed(tmp_path, count):
    code, said = shell(tmp_path, f"{base(tmp_path, count)} -o csv >&-")
    assert (code, said) == (2, "error: an output cannot be read or written: bad file descriptor\n")


def test_a_job_without_any_streams(tmp_path):
    code, _ = shell(tmp_path, f"{base(tmp_path, 3)} -o out.csv <&- >&- 2>&-")
    assert code == 1
    assert "p2" in (tmp_path / "out.csv").read_text()
    assert "bad" in (tmp_path / "out.rejects.csv").read_text()


@FULL
def test_what_cannot_be_said_changes_no_code(tmp_path):
    assert shell(tmp_path, f"{base(tmp_path, 3)} -o out.csv 2>/dev/full")[0] == 1
    assert shell(tmp_path, "policyengine check nowhere 2>/dev/full")[0] == 2


def test_a_table_whose_reader_goes_away(tmp_path):
    line = f"{base(tmp_path, 900)} -o csv | head -n 1 >/dev/null; exit ${{PIPESTATUS[0]}}"
    assert shell(tmp_path, line) == (141, NOBODY_READS)


@pytest.mark.parametrize("unbuffered", ["", "PYTHONUNBUFFERED=1"])
def test_a_reader_that_goes_away_in_the_middle(tmp_path, unbuffered):
    """Nothing is lost without a word, also where Python itself keeps no buffer."""
    line = f"env {unbuffered} {COMMAND} schema decision | {{ head -c 1 >/dev/null; exec <&-; }}"
    assert shell(tmp_path, f"{line}; exit ${{PIPESTATUS[0]}}") == (141, NOBODY_READS)


@pytest.mark.parametrize("command", [ACME, "code", "--help", "check --help", "--version"])
def test_a_reader_that_is_gone(tmp_path, command):
    """It waits, so that the reader has ended before the first word."""
    line = f"{{ sleep 0.2; policyengine {command}; }} | true; exit ${{PIPESTATUS[0]}}"
    assert shell(tmp_path, line) == (141, NOBODY_READS)


def test_messages_that_nobody_reads(tmp_path):
    line = "{ sleep 0.2; policyengine check nowhere 2>&1; } | true; exit ${PIPESTATUS[0]}"
    assert shell(tmp_path, line) == (2, "")


def test_ctrl_c_while_modules_are_loaded(tmp_path):
    code = """
import sys
class Interrupts:
    def find_spec(self, name, *_):
        if name == "policyengine.cli.run":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupts())
from policyengine.cli import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code, "check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "error: interrupted\n")
