"""Two versions of a program out of a real repository: what is read, and what cannot be."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
from tests.support import POLICIES

from policyengine.cli.console import Console
from policyengine.cli.exit_codes import CommandError
from policyengine.cli.revisions import match_programs, open_versions, read_versions

DAY = date(2026, 11, 21)


def git(where: Path, *arguments: str) -> None:
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *who, "-C", str(where), *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(POLICIES / "bytekast", tmp_path / "rules" / "bytekast")
    levels = tmp_path / "rules" / "bytekast" / "levels.yaml"
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    git(tmp_path, "branch", "before")
    git(tmp_path, "commit", "--allow-empty", "-m", "elsewhere")
    levels.write_text(levels.read_text().replace("discount: 20%", "discount: 15%"))
    git(tmp_path, "commit", "-am", "second")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("old", "names"),
    [
        ("before..main", ("before:rules/bytekast", "main:rules/bytekast")),
        ("before..", ("before:rules/bytekast", "HEAD:rules/bytekast")),
        ("before", ("before:rules/bytekast", "rules/bytekast")),
        ("rules/bytekast", ("rules/bytekast", "rules/bytekast")),
    ],
)
def test_versions(repository: Path, old: str, names: tuple[str, str]) -> None:
    versions = read_versions((old, "rules/bytekast"))[0]
    assert tuple(version.name for version in versions) == names
    first, second = open_versions(versions, DAY, Console.of("never"))
    assert first.ok
    assert second.ok
    assert (first.linked.digest == second.linked.digest) is (old == "rules/bytekast")
    assert f"{names[0]}/levels.yaml" in first.files


def test_where_they_part(repository: Path) -> None:
    git(repository, "checkout", "-b", "side", "before")
    git(repository, "commit", "--allow-empty", "-m", "aside")
    old, _ = read_versions(("main...side", "rules/bytekast"))[0]
    (before, _), (levels, _) = (
        read_versions(("before", "rules/bytekast"))[0],
        read_versions(("main", "rules/bytekast"))[0],
    )
    assert [source.text for source in old.read.sources] == [source.text for source in before.read.sources]
    assert [source.text for source in old.read.sources] != [source.text for source in levels.read.sources]


def test_what_is_in_the_folder(repository: Path) -> None:
    folder = repository / "rules" / "bytekast"
    (folder / "records").mkdir()
    (folder / "records" / "one.yaml").write_text("id: one\n")
    (folder / "levels_test.yaml").write_text("kind: test\n")
    (folder / "notes.txt").write_text("nothing\n")
    (folder / "link.yaml").symlink_to("levels.yaml")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "more files")
    old, new = read_versions(("HEAD", "rules/bytekast"))[0]
    assert [source.name for source in old.read.sources] == [f"HEAD:{each.name}" for each in new.read.sources
                                                            if "link" not in each.name]  # fmt: skip
    assert [each.message for each in old.read.mistakes] == [
        "`HEAD:rules/bytekast/link.yaml` cannot be read: it is not a file"
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("nowhere..HEAD", "rules/bytekast", "`nowhere` is neither a folder nor a revision"),
        ("HEAD:rules/bytekast", "rules/bytekast", "names a folder in a revision, and a revision is wanted"),
        ("before..nowhere", "rules/bytekast", "`nowhere` is neither a folder nor a revision"),
        ("rules/bytekst", "rules/bytekast", "`rules/bytekst` is neither a folder nor a revision"),
        ("--help..HEAD", "rules/bytekast", "`--help` is neither a folder nor a revision"),
        ("main:..HEAD", "rules/bytekast", "`main:` is neither a folder nor a revision"),
        ("before..HEAD", "rules/other", "the folder `rules/other` is not in `before`"),
        ("before..HEAD", "rules", "`before:rules` is not a program"),
        ("before..HEAD", "/", "`/` is not in a git repository"),
        ("./none", "rules/bytekast", "`./none` does not exist"),
        ("rules/bytekast", "HEAD", "`HEAD` does not exist"),
        ("rules/bytekast", "rules", "`rules` is not a program"),
    ],
)
def test_what_cannot_be_read(repository: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(CommandError, match=message.replace("(", r"\(")) as error:
        read_versions((old, new))[0]
    assert error.value.code == 2


def test_programs_that_do_not_compare(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    levels = repository / "rules" / "bytekast" / "levels.yaml"
    levels.write_text(levels.read_text().replace("10..15", "10..17"))
    with pytest.raises(CommandError, match="the new policies, `rules/bytekast`, have mistakes") as error:
        open_versions(read_versions(("main", "rules/bytekast"))[0], DAY, Console.of("never"))
    assert error.value.code == 3
    assert "TIER002" in capsys.readouterr().err
    versions = read_versions((str(POLICIES / "pugpig"), "rules/bytekast"))[0]
    with pytest.raises(CommandError, match="is the program `pugpig`"):
        open_versions(
            (versions[0], read_versions(("main", "rules/bytekast"))[0][0]), DAY, Console.of("never")
        )


def test_a_renamed_folder_is_the_same_program(repository: Path) -> None:
    git(repository, "mv", "rules/bytekast", "rules/renamed")
    git(repository, "commit", "-m", "rename")
    for folder in ("rules/renamed", "rules/bytekast"):
        (old, new), _ = read_versions(("HEAD~1", "HEAD", folder))
        assert (old.name, new.name) == ("HEAD~1:rules/bytekast", "HEAD:rules/renamed")
    (old, new), _ = read_versions(("HEAD~1", "rules/renamed"))
    assert (old.name, new.name) == ("HEAD~1:rules/bytekast", "rules/renamed")


def test_a_new_program_has_nothing_to_compare_with(repository: Path) -> None:
    shutil.copytree(POLICIES / "pugpig", repository / "rules" / "pugpig")
    with pytest.raises(CommandError, match="the program `pugpig` of `rules/pugpig` is not in `HEAD`"):
        read_versions(("HEAD", "rules/pugpig"))


def test_the_only_program_needs_no_name(repository: Path) -> None:
    (repository / "rules").rename(repository / "policies")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "rename")
    for words in (("HEAD~1..HEAD",), ("HEAD~1", "HEAD"), ("HEAD~1..HEAD", "-")):
        (old, new), rest = read_versions(words)
        assert (old.name, new.name) == ("HEAD~1:rules/bytekast", "HEAD:policies/bytekast")
        assert rest == words[2 if "HEAD" in words else 1 :]
    (old, new), rest = read_versions(("HEAD~1", "-"))
    assert (old.name, new.name, rest) == ("HEAD~1:rules/bytekast", "policies/bytekast", ("-",))
    shutil.copytree(POLICIES / "pugpig", repository / "policies" / "pugpig")
    with pytest.raises(CommandError, match="there are several programs"):
        read_versions(("HEAD~1..HEAD",))


def test_what_became_of_the_programs(repository: Path) -> None:
    shutil.copytree(POLICIES / "pugpig", repository / "rules" / "pugpig")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "another")
    git(repository, "mv", "rules/bytekast", "rules/renamed")
    git(repository, "rm", "-r", "rules/pugpig")
    shutil.copytree(POLICIES / "kepion", repository / "rules" / "kepion")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "all at once")
    found = {(each.state, each.old, each.new) for each in match_programs(("HEAD~1", "HEAD", "rules"))}
    assert found == {
        ("renamed", "rules/bytekast", "rules/renamed"),
        ("new", None, "rules/kepion"),
        ("deleted", "rules/pugpig", None),
    }
    assert {each.state for each in match_programs(("HEAD", "rules"))} == {"there"}
