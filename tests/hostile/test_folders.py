"""Folders as a stranger may leave them: missing, empty, unreadable, full of nonsense; reading never fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyengine import api
from policyengine.files import read_folder
from policyengine.program.example import EXAMPLE
from support import DAY, shown


def _codes(folder: Path) -> list[str]:
    return [found.code.id for found in api.load(folder, as_of=DAY).diagnostics]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the example program in it."""
    (tmp_path / "program.yaml").write_text(EXAMPLE, encoding="utf-8")
    return tmp_path


def test_the_program_alone_is_good(folder: Path) -> None:
    assert shown(api.load(folder, as_of=DAY).diagnostics) == []


def test_no_folder(tmp_path: Path) -> None:
    assert _codes(tmp_path / "nowhere") == ["FILE001"]


def test_a_file_instead_of_a_folder(folder: Path) -> None:
    assert _codes(folder / "program.yaml") == ["FILE001"]


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000])
def test_a_name_that_no_file_can_have(name: str) -> None:
    assert [found.code.id for found in api.load(name, as_of=DAY).diagnostics] == ["FILE001"]


def test_an_empty_folder(tmp_path: Path) -> None:
    assert _codes(tmp_path) == ["PROG006"]


def test_a_folder_without_yaml(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Nothing", encoding="utf-8")
    assert _codes(tmp_path) == ["PROG006"]


def test_policies_without_a_program(tmp_path: Path) -> None:
    text = "kind: obligations\nid: a\ntitle: A\nfor: partner\nobligations: []\n"
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    assert _codes(tmp_path) == ["PROG005"]


def test_two_programs(folder: Path) -> None:
    (folder / "second.yaml").write_text(EXAMPLE, encoding="utf-8")
    assert _codes(folder) == ["PROG005"]


def test_a_link_that_leads_nowhere(folder: Path) -> None:
    (folder / "lost.yaml").symlink_to(folder / "nowhere")
    assert _codes(folder) == ["FILE001"]


def test_a_folder_that_is_called_like_a_file(folder: Path) -> None:
    (folder / "odd.yaml").mkdir()
    assert _codes(folder) == ["FILE001"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_does_not_keep_the_reader_waiting(folder: Path) -> None:
    os.mkfifo(folder / "pipe.yaml")
    assert _codes(folder) == ["FILE001"]


def test_what_is_left_alone(folder: Path) -> None:
    for name in ("levels_test.yaml", ".hidden/a.yaml", "records/a.yaml", "testdata/a.yaml", "notes.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("nonsense: [", encoding="utf-8")
    assert _codes(folder) == []


def test_files_further_down_are_read(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more" / "a.yml").write_text("nonsense: [", encoding="utf-8")
    assert _codes(folder) == ["YAML001"]


CONDITION = (
    b"kind: obligations\nid: a\ntitle: A\nfor: partner\nobligations:\n  - {id: a, title: A, met_when: "
)
HOSTILE = {
    "nul": b"kind: \0\n",
    "a byte order mark": b"\xef\xbb\xbfkind: tiers\n",
    "utf-16": "kind: tiers".encode("utf-16"),
    "brackets": b"[" * 200_000,
    "braces": b"{a: " * 100_000,
    "dashes": b"- " * 100_000,
    "aliases": b"a: &a [x, x]\n"
    + b"".join(b"%c: &%c [*%c, *%c]\n" % (i + 1, i + 1, i, i) for i in range(97, 120)),
    "duplicate keys": b"kind: tiers\n" * 10_000,
    "a merge key": b"a: &a {b: c}\n<<: *a\n",
    "a tag": b"!!python/object/apply:os.system [echo]\n",
    "a long line": b"title: " + b"x" * 1_000_000,
    "a deep condition": CONDITION + b"(" * 5000 + b")" * 5000 + b"}\n",
    "a long condition": CONDITION + b"not(" * 3000 + b"true" + b")" * 3000 + b"}\n",
    "many operands": CONDITION + b"fee > 1" + b" or fee > 1" * 3000 + b"}\n",
    "nested any": CONDITION + b"{any: [" * 200 + b"fee > 1" + b"]}" * 200 + b"}\n",
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_hostile_bytes(name: str, folder: Path) -> None:
    (folder / "hostile.yaml").write_bytes(HOSTILE[name])
    program = api.load(folder, as_of=DAY)
    assert program.diagnostics or program.ok


def test_too_large(folder: Path) -> None:
    (folder / "large.yaml").write_bytes(b"#" * (16 * 1024 * 1024 + 1))
    assert _codes(folder) == ["TEXT002"]


WORDS = st.sampled_from(
    [
        "kind: ",
        "tiers",
        "\n",
        "levels:",
        "  - ",
        "{",
        "}",
        "[",
        "]",
        "id: a",
        "title: ",
        ", ",
        "&a ",
        "*a",
        "!!x ",
        "---\n",
        "for: partner\n",
        "measure: active_accounts\n",
        "active_accounts: 1..",
        "|",
        ">",
        "'",
        '"',
        "\t",
        "\0",
        "\u2028",
        "\ufeff",
        "obligations:\n",
        "met_when: ",
        "fee > 1",
        "sections:",
        "stages:",
        "charges:",
        "#",
        "? ",
    ]
)


@given(
    st.one_of(
        st.binary(max_size=200), st.lists(WORDS, max_size=25).map(lambda words: "".join(words).encode())
    )
)
def test_any_bytes_can_be_read(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "any-bytes"
    folder.mkdir(exist_ok=True)
    (folder / "program.yaml").write_text(EXAMPLE, encoding="utf-8")
    (folder / "policy.yaml").write_bytes(data)
    assert read_folder(folder).sources
    program = api.load(folder, as_of=DAY)
    for found in program.diagnostics:
        assert found.message
        assert found.span is None or found.span.line >= 1
