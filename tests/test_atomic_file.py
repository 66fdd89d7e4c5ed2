"""A file that appears whole or not at all, whatever lies beside it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from policyengine.atomic_file import AtomicFile, write_atomically


def test_it_takes_the_place_of_what_was_there_with_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    path.chmod(0o640)
    write_atomically(path, b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o640)
    assert os.listdir(tmp_path) == ["a.csv"]


def test_a_new_file_has_the_permissions_that_the_process_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_what_is_not_committed_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with AtomicFile(tmp_path / "a") as file:
        file.stream.write(b"new")
    assert (os.listdir(tmp_path), (tmp_path / "a").read_text()) == (["a"], "old")


@pytest.mark.parametrize("planted", ["file", "link", "dangling"])
def test_what_lies_under_the_hidden_name_is_never_written_to(tmp_path: Path, planted: str) -> None:
    hidden, other = tmp_path / f".a.{os.getpid()}.tmp", tmp_path / "other"
    if planted == "file":
        hidden.write_text("kept")
    else:
        hidden.symlink_to(other)
        if planted == "link":
            other.write_text("kept")
    write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert other.exists() == (planted == "link")
    assert planted == "dangling" or hidden.read_text() == "kept"


def test_a_link_is_followed_to_the_file_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "a")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "a").read_bytes() == b"new"


def test_a_name_as_long_as_a_name_may_be(tmp_path: Path) -> None:
    write_atomically(tmp_path / ("x" * 255), b"new")
    assert os.listdir(tmp_path) == ["x" * 255]


def test_an_error_names_the_file_as_it_was_given(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere") as found:
        write_atomically(tmp_path / "nowhere" / "a", b"new")
    assert found.value.filename == str(tmp_path / "nowhere" / "a")
