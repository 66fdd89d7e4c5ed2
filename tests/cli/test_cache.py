"""Programs kept from one command to the next: the same answers, and nothing from elsewhere is believed."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from policyengine.cli import cache
from policyengine.cli.pickled import pickled, unpickled
from policyengine.cli.run import run
from policyengine.files import read_folder
from policyengine.program.linked import Program
from policyengine.program.load import load

ROOT = Path(__file__).parents[2]
PROGRAMS = ("bytekast", "kepion", "pugpig", "wildix")
DAY = date(2026, 11, 21)
ACME = ["fixtures/bytekast/records/acme.yaml", "--as-of", "2026-11-21"]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where entries go; the programs of the repository are at hand."""
    monkeypatch.delenv("POLICYENGINE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(ROOT)
    return tmp_path / "cache" / "policyengine"


@pytest.fixture
def linked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The programs that were linked anew."""
    found: list[str] = []

    def counted(name: str, *rest: object) -> Program:
        found.append(name)
        return load(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("policyengine.program.load.load", counted)
    return found


def evaluate(folder: object = "policies/bytekast", *more: str) -> int:
    return run(["evaluate", str(folder), *(more or ACME)])


def entries(home: Path) -> list[Path]:
    return sorted(home.iterdir())


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("form", ["text", "json"])
def test_cold_warm_and_without_say_the_same(
    name: str, form: str, home: Path, linked: list[str], monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    said = []
    for off in ("0", "", ""):
        monkeypatch.setenv("POLICYENGINE_CACHE", off)
        code = evaluate(f"policies/{name}", f"fixtures/{name}/records", "--as-of", "2026-11-21", "-o", form)
        said.append((code, *capfd.readouterr()))
    assert said[0] == said[1] == said[2]
    assert said[0][1]
    assert linked == [f"policies/{name}"] * 2


def test_why_and_advance_use_what_evaluate_kept(
    home: Path, linked: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = (
        ["why", "policies/bytekast", *ACME, "--all"],
        ["advance", "policies/wildix", "fixtures/wildix/records/alpina.yaml", "--as-of", "2026-11-21"],
    )
    for arguments in asked:
        said = []
        for off in ("0", "", ""):
            monkeypatch.setenv("POLICYENGINE_CACHE", off)
            said.append((run(arguments), *capfd.readouterr()))
        assert said[0] == said[1] == said[2]
    evaluate()
    assert len(linked) >= 2


def test_check_schema_and_python_neither_keep_nor_use(home: Path) -> None:
    assert run(["check", "policies/bytekast", "--as-of", "2026-11-21"]) == 0
    assert run(["schema", "--record", "policies/bytekast"]) == 0
    assert not home.exists()


def test_a_changed_file_day_and_package_are_linked_anew(
    home: Path, linked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bytekast"
    shutil.copytree("policies/bytekast", folder)
    evaluate(folder)
    evaluate(folder)
    assert len(linked) == 1
    levels = folder / "levels.yaml"
    levels.write_text(levels.read_text() + "\n# read again\n")
    evaluate(folder)
    assert len(linked) == 2
    evaluate(folder, ACME[0], "--as-of", "2026-11-22")
    assert len(linked) == 3
    monkeypatch.setattr(cache, "fingerprint", lambda: iter(["other"]))
    evaluate(folder)
    assert len(linked) == 4


def test_the_fingerprint_knows_each_source_file(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    one = tmp_path / "below" / "one.py"
    one.write_text("a = 1\n")
    os.utime(one, ns=(10**18, 10**18))
    before = list(cache.fingerprint(tmp_path))
    assert before == list(cache.fingerprint(tmp_path))
    one.write_text("a = 2\n")
    os.utime(one, ns=(10**18, 10**18 + 1))
    assert before != list(cache.fingerprint(tmp_path))


@pytest.mark.parametrize("damage", ["empty", "half", "flipped", "foreign"])
def test_a_damaged_entry_is_replaced(damage: str, home: Path, linked: list[str]) -> None:
    evaluate()
    (entry,) = entries(home)
    good = entry.read_bytes()
    other = pickle.dumps(["something else"])
    bad = {
        "empty": b"", "half": good[: len(good) // 2], "flipped": good[:-9] + b"?" + good[-8:],
        "foreign": sha256(other).digest() + other,
    }[damage]  # fmt: skip
    entry.write_bytes(bad)
    assert evaluate() == 0
    assert len(linked) == 2
    assert entries(home) == [entry]
    assert evaluate() == 0
    assert len(linked) == 2


class _Planted:
    def __init__(self, call: object, *given: object) -> None:
        self.reduced = (call, given)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.reduced  # type: ignore[return-value]


def test_a_planted_entry_runs_nothing(home: Path, tmp_path: Path, linked: list[str]) -> None:
    evaluate()
    (entry,) = entries(home)
    for call in (os.mkdir, exec, eval, getattr, run, read_folder):
        data = pickle.dumps(_Planted(call, str(tmp_path / "made")))
        assert unpickled(data, ()) is None
        entry.write_bytes(sha256(data).digest() + data)
        assert evaluate() == 0
    for name in (
        "policyengine.files\nread_file",
        "policyengine.cli.files\nos.mkdir",
        "policyengine.files\nPath",
    ):
        data = f"c{name}\n(S'{tmp_path / 'made'}'\ntR.".encode()
        assert unpickled(data, ()) is None
    assert not (tmp_path / "made").exists()
    assert len(linked) == 7


@pytest.mark.parametrize(
    "name",
    [
        "policyengine.feel.syntax.parser parse", "policyengine.program.linked dataclass", "pathlib Path",
        "policyengine.program.linked Graph", "policyengine.cli.console Console", "builtins getattr",
        "io FileIO", "decimal getcontext", "policyengine.policy.declarations Field",
    ],
)  # fmt: skip
def test_nothing_but_values_can_be_named(name: str) -> None:
    data = "c{}\n{}\n.".format(*name.split())
    assert unpickled(data.encode(), ()) is None


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_can_write_to_is_not_used(mode: int, home: Path, linked: list[str]) -> None:
    home.mkdir(parents=True)
    home.chmod(mode)
    assert evaluate() == evaluate() == 0
    assert len(linked) == 2
    assert not entries(home)


def test_a_folder_of_someone_else_is_not_used(
    home: Path, linked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir(parents=True, mode=0o700)
    monkeypatch.setattr(os, "getuid", lambda: home.stat().st_uid + 1)
    assert evaluate() == evaluate() == 0
    assert len(linked) == 2
    assert not entries(home)


def test_the_folder_is_made_for_the_user_alone(home: Path) -> None:
    evaluate()
    assert home.stat().st_mode & 0o777 == 0o700
    assert entries(home)[0].stat().st_mode & 0o777 == 0o600


def test_links_are_not_followed(home: Path, linked: list[str], tmp_path: Path) -> None:
    evaluate()
    (entry,) = entries(home)
    elsewhere = tmp_path / "elsewhere"
    entry.rename(elsewhere)
    entry.symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    evaluate()
    assert len(linked) == 2
    assert not entry.is_symlink()
    assert elsewhere.read_bytes() == before
    home.rename(tmp_path / "real")
    home.symlink_to(tmp_path / "real")
    evaluate()
    assert len(linked) == 3


def test_a_pipe_or_a_folder_for_an_entry_keeps_nobody_waiting(home: Path, linked: list[str]) -> None:
    evaluate()
    (entry,) = entries(home)
    entry.unlink()
    os.mkfifo(entry)
    assert evaluate() == 0
    entry.unlink()
    entry.mkdir()
    assert evaluate() == 0
    assert len(linked) == 3


@pytest.mark.parametrize("at", ["", "relative", "/dev/null", "/proc/nowhere", "bad\udcffname"])
def test_without_a_usable_home_it_works_as_well(
    at: str, monkeypatch: pytest.MonkeyPatch, home: Path, linked: list[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", at)
    monkeypatch.delenv("HOME")
    if at.startswith("bad"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(home / at / ("x" * 300)))
    assert evaluate() == evaluate() == 0
    assert not Path("relative").exists()


def test_what_cannot_be_written_is_not_kept(
    home: Path, linked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(os, "replace", full)
    assert evaluate() == evaluate() == 0
    assert len(linked) == 2
    assert not entries(home)


def test_a_program_with_mistakes_is_not_kept(home: Path, tmp_path: Path) -> None:
    shutil.copytree("policies/bytekast", tmp_path / "wrong")
    (tmp_path / "wrong" / "more.yaml").write_text("kind: tiers\n")
    assert evaluate(tmp_path / "wrong") == 3
    assert not entries(home)


def test_old_entries_make_room(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_ENTRIES", 3)
    home.mkdir(parents=True, mode=0o700)
    for number in range(5):
        old = home / f"{number}.program"
        old.write_bytes(b"old")
        os.utime(old, (number, number))
    (home / "notes.txt").write_text("not ours")
    evaluate()
    assert [each.name for each in entries(home) if len(each.name) < 20] == [
        "3.program", "4.program", "notes.txt"
    ]  # fmt: skip


def test_several_processes_at_once(home: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from policyengine.cli import main; main()",
        "evaluate",
        "policies/bytekast",
    ]
    environment = {**os.environ, "PYTHONPATH": "src"}

    def once(_: int) -> bytes:
        return subprocess.run([*command, *ACME], check=True, capture_output=True, env=environment).stdout

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(once, range(3)))) == 1
    assert len(entries(home)) == 1


def test_a_warm_command_reads_no_policies(home: Path) -> None:
    evaluate()
    text = (
        "import sys; from policyengine.cli.run import run; code = run(sys.argv[1:]); "
        "print(code, *sorted({name.split('.')[0] for name in sys.modules} & {'pydantic', 'pydantic_core'}), "
        "*sorted({'policyengine.kinds', 'policyengine.program.link'} & {*sys.modules}))"
    )
    command = [sys.executable, "-c", text, "evaluate", "policies/bytekast", *ACME]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "src"}
    )
    assert done.stdout.splitlines()[-1] == "0"


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_kept_is_the_program_without_what_it_was_read_from(name: str) -> None:
    sources = read_folder(ROOT / "policies" / name).sources
    program = load(name, sources, DAY)
    data = pickled(program.used(), sources)
    assert data is not None
    back = unpickled(data, sources)
    assert back == program.used()
    assert isinstance(back, Program)
    assert back.graph is not None
    assert all(node.at.source in sources for _, node in back.graph.every_node())
