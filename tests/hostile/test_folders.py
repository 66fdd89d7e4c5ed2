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
    text = "kind: obligations\nid: a\ntitle: A\nfor: partner\n"
    text += "obligations: [{id: b, title: B, decided_by: partner}]\n"
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


LEVELS = """\
kind: tiers
id: levels
title: Levels
for: partner
measure: active_accounts
levels:
  - {id: silver, title: Silver, active_accounts: 10..}
otherwise: {level: none, basis: assumed, note: not said}
"""


@pytest.mark.parametrize("name", ["levels.yaml", "levels.YAML", "levels.Yml", "below/levels.yml"])
def test_capital_letters_in_an_ending(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(LEVELS, encoding="utf-8")
    program = api.load(folder, as_of=DAY)
    assert program.ok
    assert "levels" in program.policies


@pytest.mark.parametrize("name", [".pre-commit-config.yaml", ".levels.yaml", ".hidden/levels.yaml"])
def test_hidden_files_are_no_policies(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("repos: []\n", encoding="utf-8")
    assert _codes(folder) == []


@pytest.mark.parametrize("name", ["program.yml", "Program.yaml", "program.YAML"])
def test_a_program_in_a_file_of_another_name(folder: Path, name: str) -> None:
    (folder / "program.yaml").rename(folder / name)
    assert shown(api.load(folder, as_of=DAY).diagnostics) == [
        f"None: FILE002: the program is declared in `{folder / name}`, and only `program.yaml` is looked for"
        f"; rename it to `{folder / 'program.yaml'}`"
    ]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "\n\n", "---\n"])
def test_an_empty_file(folder: Path, text: str) -> None:
    (folder / "levels.yaml").write_text(text, encoding="utf-8")
    program = api.load(folder, as_of=DAY)
    assert program.ok
    assert shown(program.diagnostics) == [
        f"{folder / 'levels.yaml'}:1:1: FILE003: this file is empty; write the policy, or remove the file"
    ]


@pytest.mark.parametrize(
    "text", ["id: acme\nname: Acme\nactive_accounts: 3\n", "- {id: acme, active_accounts: 3}\n"]
)
def test_a_record_beside_the_policies(folder: Path, text: str) -> None:
    (folder / "acme.yaml").write_text(text, encoding="utf-8")
    (found,) = api.load(folder, as_of=DAY).diagnostics
    assert found.code.id == "KIND001"
    assert found.message == "this is a record, and not a policy"
    assert found.help == f"put it into a folder `records`: `{folder / 'records' / 'acme.yaml'}`"


def test_a_document_without_a_kind_that_is_no_record(folder: Path) -> None:
    (folder / "levels.yaml").write_text(LEVELS.replace("kind: tiers\n", ""), encoding="utf-8")
    (found,) = api.load(folder, as_of=DAY).diagnostics
    assert found.message == "this document has no `kind`"


def test_a_broken_table_is_told_once(folder: Path) -> None:
    """What uses the result of a policy that cannot be read has no mistake of its own."""
    table = "kind: table\nid: extra-fee\ntitle: Fee\nfor: partner\ntype: money\nhits: unique\nrows: []\n"
    billing = (
        "kind: billing\nid: more\ntitle: More\nfor: partner\n"
        "charges: [{id: a, title: A, amount: extra_fee + extra_fees, due_on: renewal_on}]\n"
    )
    (folder / "table.yaml").write_text(table, encoding="utf-8")
    (folder / "more.yaml").write_text(billing, encoding="utf-8")
    told = shown(api.load(folder, as_of=DAY).diagnostics)
    assert [line.rpartition("/")[2].split(": ")[1] for line in told] == ["FEEL010", "FORM001"], told
    assert "`extra_fees` is not known here" in told[0]


def test_a_name_that_is_not_there_on_every_day(folder: Path) -> None:
    table = (
        "kind: table\nid: extra-fee\ntitle: Fee\nfor: partner\ntype: money\nhit: unique\nfrom: 2026-01-01\n"
        "until_including: 2026-12-30\ninputs: [active_accounts]\nrows: [[-, 5]]\n"
    )
    billing = (
        "kind: billing\nid: more\ntitle: More\nfor: partner\nfrom: 2027-01-01\n"
        "charges: [{id: a, title: A, amount: extra_fee, due_on: renewal_on}]\n"
    )
    (folder / "table.yaml").write_text(table, encoding="utf-8")
    (folder / "more.yaml").write_text(billing, encoding="utf-8")
    told = [one for one in api.load(folder, as_of=DAY).diagnostics if one.code.id == "FEEL010"]
    assert [one.message for one in told] == [
        "`extra_fee` is the result of `extra-fee`, which is in force from 1 Jan 2026 until 30 Dec 2026"
    ]
