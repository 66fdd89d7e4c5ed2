"""Random edits of real programs: no question fails, and what is wrong is what a load from nothing finds.

python -m tests.editing.random_edits 1000 policies/bytekast policies/wildix
"""

from __future__ import annotations

import random
import re
import resource
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from policyengine.diagnostics import Diagnostic
from policyengine.editing import meanings, outline
from policyengine.editing.completion import completions
from policyengine.editing.layout import laid_out
from policyengine.editing.workspace import Workspace
from policyengine.program.load import load
from policyengine.source import Source

DAY = date(2026, 11, 21)
_WORD = re.compile(r"\w[\w-]*")
_TYPED = "ab é🏅019:-{}[]\"'\n\t,.#%&*|>"
_WORDS = ("kind: ", "id: x", "- ", "\n---\n", " and ", "when: ", "{", "}", '"', "10..15", "title: A\n")


def edited(text: str, first: str, source: random.Random) -> str:
    """A text after a key or a word more, a stretch less, a line moved, a word for another, or as at first."""
    at, way, lines = source.randrange(len(text) + 1), source.random(), text.split("\n")
    if way < 0.25:
        return text[:at] + source.choice(_TYPED) + text[at:]
    if way < 0.35:
        return text[:at] + source.choice(_WORDS) + text[at:]
    if way < 0.5:
        return text[:at] + text[at + source.randrange(1, 12) :]
    if way < 0.65:
        line = lines.pop(source.randrange(len(lines)))
        if way < 0.6:
            lines.insert(source.randrange(len(lines) + 1), line)
        return "\n".join(lines)
    if way < 0.9:
        found = list(_WORD.finditer(text)) or [re.compile("").match(text)]
        one, other = source.choice(found), source.choice(found)
        return text[: one.start()] + other[0] + text[one.end() :]
    return first


def _said(found: Diagnostic) -> tuple[object, ...]:
    return (*found.sort_key, str(found.span), found.help)


def _ask_everything(workspace: Workspace, path: Path, offset: int) -> None:
    """Asks each question once; none may fail."""
    completions(workspace, path, offset)
    spot = meanings.spot(workspace, path, offset)
    folder = workspace.folder(path)
    names = folder.names if folder is not None else None
    if spot is not None:
        meanings.meaning(spot)
        meanings.references(spot)
    for document in workspace.documents(path):
        outline.symbols(document)
        list(outline.folds(document))
        if names is not None:
            list(outline.colours(names.slots(document)))
            list(outline.hints(names, names.slots(document)))


def run(root: Path, edits: int, seed: int, *, every: int = 1) -> tuple[int, list[int]]:
    """Makes so many edits of a program; returns how many were judged otherwise, and microseconds for each.

    Every so-many-th edit what is wrong is compared, and four times as seldom all is asked. A text that does
    not link is soon as it was when it did, so that many edits are of texts that have a meaning.
    """
    source, workspace = random.Random(seed), Workspace(DAY)
    folder = workspace.program(root)
    first = {Path(each.name): each.text for each in folder.load.sources}
    good = dict(first)
    wrong, times = 0, []
    for i in range(edits):
        path = source.choice(list(first))
        held = workspace.source(path)
        text = edited(held.text if held is not None else "", first[path], source)
        began = time.perf_counter_ns()
        workspace.open(path, text)
        found = folder.diagnostics
        times.append((time.perf_counter_ns() - began) // 1000)
        if i % every == 0:
            texts = [Source(each.name, each.text) for each in folder.load.sources]
            same = list(map(_said, found)) == list(map(_said, load(str(root), texts, DAY).diagnostics))
            if not same:
                wrong += 1
                print(f"{root} seed {seed} edit {i}: {path} is judged otherwise", file=sys.stderr)
        if i % (4 * every) == 0:
            _ask_everything(workspace, path, source.randrange(len(text) + 1))
            laid = laid_out(text)
            assert laid is None or laid_out(laid) == laid
        if folder.load.program.graph is not None:
            good[path] = text
        elif source.random() < 0.4:
            for each, before in good.items():
                workspace.open(each, before)
    return wrong, times


def main(arguments: Sequence[str]) -> int:
    """Runs so many edits of each program, and tells how long one takes."""
    edits, folders, wrong = int(arguments[0]), arguments[1:], 0
    for i, folder in enumerate(folders):
        more, times = run(Path(folder).resolve(), edits, i, every=10)
        wrong += more
        times.sort()
        half, most = times[len(times) // 2] // 100 / 10, times[len(times) * 99 // 100] // 100 / 10
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{folder}: {edits} edits, {more} judged otherwise, p50 {half} ms, p99 {most} ms, {memory} MB")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
