"""Documents whose examples are run: the fenced blocks of a Markdown text, and what they really print.

- ```` ```yaml shop/levels.yaml ```` writes that file (any language will do, if a file name follows);
- ```` ```diff shop/levels.yaml ```` changes it: `-` lines go, `+` lines come, the others have to be there;
- ```` ```yaml ```` alone is an excerpt of a file that is there: its lines, in their order, indented alike;
- ```` ```console ```` holds commands after `$ ` and what they print; `$ echo $?` says how the last ended;
- ```` ```python ```` is run, and a ```` ```text ```` block that follows is what it prints.

All of it happens in a copy of what the project ships, the code included, in the order of the document.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
DOCUMENTS = (Path("README.md"), *sorted(path.relative_to(ROOT) for path in ROOT.glob("docs/*.md")))
GENERATED = (Path("docs/codes.md"), Path("docs/schemas.md"))
_SHIPPED = ("policies", "fixtures", "schemas", "ci", "src")
_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


class ExampleError(Exception):
    """An example that cannot be run as it stands in the document."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the name of its file, its text, and where that stands."""

    language: str
    file: str | None
    body: str
    start: int
    end: int


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a Markdown text, in order."""
    for found in _FENCE.finditer(text):
        words = found["info"].split()
        yield Block(
            words[0] if words else "", words[1] if len(words) > 1 else None,
            found["body"], found.start("body"), found.end("body"),
        )  # fmt: skip


def refreshed(text: str, folder: Path) -> str:
    """The text with the outputs that its examples have now; they are run in a copy made in `folder`."""
    for name in _SHIPPED:
        shutil.copytree(ROOT / name, folder / name)
    pieces, done, printed = [], 0, None
    for block in blocks(text):
        body = printed if block.language == "text" and printed is not None else block.body
        printed = None
        if block.language == "console":
            body = _session(block.body, folder)
        elif block.language == "python" and block.file is None:
            printed = run([sys.executable, "-c", block.body], folder).stdout
        elif block.language == "diff":
            _change(block, folder)
        elif block.file is not None:
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.file).write_text(block.body, encoding="utf-8")
        pieces += [text[done : block.start], body]
        done = block.end
    for block in blocks(text):
        if block.language == "yaml" and block.file is None:
            _find(block.body, folder)
    return "".join([*pieces, text[done:]])


def programs(text: str) -> list[str]:
    """The program folders that a document makes; they have to be without mistakes in the end."""
    files = [Path(block.file) for block in blocks(text) if block.file]
    return [str(file.parent) for file in files if file.name == "program.yaml"]


def _session(body: str, folder: Path) -> str:
    shown, code = [], 0
    for command in (line for line in body.splitlines() if line.startswith("$ ")):
        shown.append(f"{command}\n")
        if command == "$ echo $?":
            shown.append(f"{code}\n")
            continue
        done = run(["sh", "-c", command[2:]], folder)
        shown.append(done.stdout)
        code = done.returncode
    return "".join(shown)


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """A command, run in the folder with the code that lies there; its output and errors in one."""
    ours = ("POLICYENGINE_", "GIT_", "COLUMNS")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ours_first = {"PATH": path, "PYTHONPATH": str(folder / "src"), "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command, cwd=folder, env={**inherited, **ours_first},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
        check=False, timeout=300,
    )  # fmt: skip
    if done.returncode == 4 or "Traceback" in done.stdout:
        raise ExampleError(f"`{' '.join(command)}` broke:\n{done.stdout}")
    return done


def _change(block: Block, folder: Path) -> None:
    assert block.file, "a diff names its file"
    lines = block.body.splitlines()
    old = "\n".join(line[1:] for line in lines if line[:1] in ("-", " ")) + "\n"
    new = "\n".join(line[1:] for line in lines if line[:1] in ("+", " ")) + "\n"
    text = (folder / block.file).read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise ExampleError(f"these lines are not (or more than once) in {block.file}:\n{old}")
    (folder / block.file).write_text(text.replace(old, new), encoding="utf-8")


def _find(excerpt: str, folder: Path) -> None:
    wanted = excerpt.splitlines()
    for path in sorted(folder.rglob("*.yaml")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for i in range(len(lines) - len(wanted) + 1):
            if dedent("\n".join(lines[i : i + len(wanted)])).splitlines() == wanted:
                return
    raise ExampleError(f"no file holds this excerpt:\n{excerpt}")
