"""Runs one target under atheris: `python fuzz/run.py TARGET [-runs=N] [-max_total_time=SECONDS]`.

What libFuzzer knows can be said as well. Inputs that led somewhere new are kept in `fuzz/corpus/TARGET`,
those that broke something in `fuzz/found`; each of these becomes a test with a name.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import atheris

HERE = Path(__file__).parent
ROOT = HERE.parent
with atheris.instrument_imports(include=["policyengine"]):
    import targets

# An input that takes longer than this many seconds counts as a hang.
TIMEOUT = 60
LENGTH = {"text": 300, "words": 40, "yaml": 1000, "json": 1000}


def seeds(target: str) -> Iterator[bytes]:
    """What is known to be of interest: our own test data, policies and records."""
    if target == "text":
        for path in sorted((ROOT / "tests" / "feel" / "data").glob("*.txt")):
            for line in path.read_bytes().splitlines():
                yield line.partition(b" => ")[0]
    if target == "words":
        yield from (bytes([word, 20, word]) for word in range(len(targets.WORDS)))
    files = {"yaml": ("policies", "*.yaml"), "json": ("fixtures", "*.json")}
    if target in files:
        folder, pattern = files[target]
        for path in sorted((ROOT / folder).rglob(pattern)):
            lines = path.read_bytes().splitlines(keepends=True)
            yield from (b"".join(lines[at : at + 15]) for at in range(0, len(lines), 15))
    yield b'{"a": [1, -2.5e3, "x\\u00e9", true, null], "b": {}}\n{"a": 1}\n'


def keep(folder: Path, inputs: Iterable[bytes]) -> None:
    """Writes inputs to a folder, each once."""
    folder.mkdir(parents=True, exist_ok=True)
    for data in inputs:
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def dictionary(target: str) -> list[str]:
    """The words of the language, for the targets that read it as text."""
    if target != "text":
        return []
    path = HERE / "corpus" / "words.dict"
    quoted = (word.replace("\\", "\\\\").replace('"', '\\"') for word in targets.WORDS)
    path.write_text("".join(f'"{word}"\n' for word in quoted), encoding="utf-8")
    return [f"-dict={path}"]


def main(target: str, *options: str) -> None:
    """Starts libFuzzer, which ends the process."""
    corpus, found = HERE / "corpus" / target, HERE / "found"
    found.mkdir(exist_ok=True)
    keep(corpus, seeds(target))
    fixed = [f"-timeout={TIMEOUT}", f"-max_len={LENGTH[target]}", f"-artifact_prefix={found}/{target}-"]
    words = dictionary(target)
    atheris.Setup([sys.argv[0], *fixed, *words, *options, str(corpus)], targets.TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in targets.TARGETS:
        sys.exit(f"one of {', '.join(targets.TARGETS)} is wanted, then options of libFuzzer: -runs=1000")
    main(*sys.argv[1:])
