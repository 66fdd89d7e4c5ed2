"""A vendor's walk through an editor, and random edits that nobody would make."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from tests.editing.client import Client
from tests.editing.random_edits import run

from policyengine.api import load

KEYS = 68
"""What she types in all, with a key for each choice and each command."""
REPOSITORY = Path(__file__).parents[2]


def test_random_edits_are_judged_as_by_check() -> None:
    wrong, _ = run(REPOSITORY / "policies/bytekast", 6, 5)
    assert wrong == 0


def _apply(client: Client, edits: dict) -> None:
    """Takes the edits of a fix or a renaming, as an editor does."""
    for uri, changes in edits["changes"].items():
        path = Path(uri.removeprefix("file://"))
        text = client.texts.get(path) or path.read_text()
        lines = text.split("\n")
        for each in sorted(changes, key=lambda one: tuple(one["range"]["start"].values()), reverse=True):
            start, end = each["range"]["start"], each["range"]["end"]
            assert start["line"] == end["line"]
            line = lines[start["line"]]
            lines[start["line"]] = line[: start["character"]] + each["newText"] + line[end["character"] :]
        if path in client.texts:
            client.change(path, "\n".join(lines))
        else:
            path.write_text("\n".join(lines))


def _above(client: Client, path: Path, level: str) -> str:
    """The line above a level that tells who reaches it."""
    line = client.at(path, f"- id: {level}")["position"]["line"]
    found = client.ask("textDocument/codeLens", {"textDocument": {"uri": path.as_uri()}})
    return next(each["command"]["title"] for each in found if each["range"]["start"]["line"] == line)


def test_a_walk_from_a_new_level_to_a_saved_program(tmp_path: Path) -> None:
    for folder in ("policies", "fixtures"):
        shutil.copytree(REPOSITORY / folder / "bytekast", tmp_path / folder / "bytekast")
    client = Client(tmp_path, "--as-of", "2026-11-21")
    levels = tmp_path / "policies/bytekast/levels.yaml"
    program = levels.with_name("program.yaml")
    tests = tmp_path / "fixtures/bytekast/levels_test.yaml"
    for path in (levels, program, tests):
        client.open(path)
    began = time.monotonic()
    keys, unstated = 0, "STATEMENT003"  # no text of hers says anything of the new level yet
    # She types `plat` where a test names a level, and it completes
    before = tests.read_text()
    client.change(tests, before.replace("- level: platinum", "- level: plat", 1))
    place = client.at(tests, "- level: plat", len("- level: plat"))
    (item, *_) = client.ask("textDocument/completion", place)["items"]
    assert item["label"] == "platinum"
    completed = f"- level: {item['textEdit']['newText']}"
    client.change(tests, client.texts[tests].replace("- level: plat", completed, 1))
    assert client.texts[tests] == before
    keys += len("plat") + 1
    records = sorted(map(str, (tmp_path / "fixtures/bytekast/records").glob("accounts-*.yaml")))
    client.ask("workspace/executeCommand", {"command": "policyengine.pin", "arguments": records})
    assert _above(client, levels, "platinum") == "stated in section 1.3; 1 pinned record reaches it"
    # She begins a level above Platinum, and lets the keys complete
    end = "\notherwise:\n"
    for word, wanted, value in (("ti", "title", "Diamond"), ("act", "active_accounts", "40..")):
        typed = f"\n  - id: diamond\n    {word}" if word == "ti" else f"\n    {word}"
        client.replace(levels, end, f"{typed}{end}")
        found = client.ask("textDocument/completion", client.at(levels, f"{typed}{end}", len(typed)))
        item = next(each for each in found["items"] if each["label"] == wanted)
        client.replace(
            levels, f"{typed}{end}", f"{typed[: -len(word)]}{item['textEdit']['newText']}{value}{end}"
        )
        keys += len(typed.strip()) + len(value) + 1
    # Both ranges hold 40 accounts; the fix closes the lower one
    assert client.mistakes(levels) == [unstated, "TIER002"]
    client.replace(levels, "27..\n", "28..38\n")
    keys += len("28..38")
    assert sorted(client.mistakes(levels)) == [unstated, "TIER001", "TIER001"]
    for title in ("End gold at 27", "Start diamond at 39"):
        client.mistakes(levels)
        (gap, *_) = [each for each in client.published[levels.as_uri()] if each["code"] == "TIER001"]
        where = {"textDocument": {"uri": levels.as_uri()}, "range": gap["range"]}
        fixes = client.ask("textDocument/codeAction", {**where, "context": {"diagnostics": [gap]}})
        _apply(client, next(each for each in fixes if each["title"] == title)["edit"])
        keys += 2
    assert client.mistakes(levels) == [unstated]
    above = _above(client, levels, "platinum")
    assert above == "stated in section 1.3; 0 pinned records reach it (1 fewer than saved)"
    # She renames a fact, lays the text out, saves
    edits = client.ask(
        "textDocument/rename", {**client.at(levels, "active_accounts"), "newName": "accounts_in_use"}
    )
    _apply(client, edits)
    keys += len("accounts_in_use") + 2
    assert client.mistakes(levels) == [unstated]
    options = {"tabSize": 2, "insertSpaces": True}
    document = {"textDocument": {"uri": levels.as_uri()}}
    assert client.ask("textDocument/formatting", {**document, "options": options}) in (None, [])
    for path in (levels, program):
        path.write_text(client.texts[path])
        client.say("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}})
    assert client.end() == 0
    before = (REPOSITORY / "policies/bytekast/levels.yaml").read_text()
    after = (
        before.replace("accounts: 27..", "accounts: 28..38")
        .replace("16..26", "16..27")
        .replace(
            "\notherwise:\n", "\n  - id: diamond\n    title: Diamond\n    active_accounts: 39..\notherwise:\n"
        )
    )
    assert levels.read_text() == after.replace("active_accounts", "accounts_in_use")
    assert [each.code.id for each in load(levels.parent, as_of="2026-11-21").diagnostics] == [unstated]
    took = time.monotonic() - began
    assert (keys, took < 20) == (KEYS, True)
