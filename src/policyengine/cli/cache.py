"""Linked programs, kept from one command to the next: policies that have not changed are not read anew.

An entry is found by everything that it follows from: the names and texts of the sources, the day, and the
package with its Python. What is kept is a pickle; it is read back only from a folder that nobody else can
write to, and only into plain data and our own classes. Whatever is wrong with a folder or an entry, the
program is linked as if there were none: that a program is kept shows in nothing but the time.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from policyengine.cli.version import VERSION
from policyengine.program.linked import Program
from policyengine.source import Source

MAX_ENTRIES = 50
MAX_BYTES = 64 * 1024 * 1024
SUFFIX = ".program"
_OURS = Path(__file__).parents[1]


def key_of(folder: str, sources: Sequence[Source], as_of: date) -> str:
    """The name of an entry, from everything that the linked program follows from."""
    digest = sha256()
    texts = (text for source in sources for text in (source.name, source.text))
    for part in (*fingerprint(), folder, as_of.isoformat(), *texts):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()


def fingerprint(package: Path = _OURS) -> Iterator[str]:
    """The package and its Python: with another version, or one changed file, older entries are not met."""
    yield from (VERSION, sys.version, str(package))
    pending = [os.fspath(package)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            if entry.name.endswith(".py"):
                one = entry.stat()
                yield f"{entry.path} {one.st_size} {one.st_mtime_ns}"
            elif "." not in entry.name and entry.name != "__pycache__" and entry.is_dir():
                pending.append(entry.path)


def open_cache() -> Path | None:
    """The folder of the entries, made where it is missing; None where there is none that can be trusted."""
    if os.environ.get("POLICYENGINE_CACHE") == "0" or not hasattr(os, "getuid"):
        return None
    base = os.environ.get("XDG_CACHE_HOME", "")
    home = os.environ.get("HOME", "")
    if os.path.isabs(base):
        folder = Path(base, "policyengine")
    elif os.path.isabs(home):
        folder = Path(home, ".cache", "policyengine")
    else:
        return None
    with contextlib.suppress(OSError, ValueError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder if _is_private(os.lstat(folder), stat.S_ISDIR) else None
    return None


def _is_private(found: os.stat_result, is_sort: Any) -> bool:
    """Whether it is the user's own, no link, and no one else can write to it."""
    return is_sort(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022


def kept(cache: Path, key: str, sources: Sequence[Source]) -> Program | None:
    """The program that was kept under a key; None where there is none, or what is there is damaged."""
    data = _read(cache / f"{key}{SUFFIX}")
    if data is None or sha256(data[32:]).digest() != data[:32]:
        return None
    from policyengine.cli.pickled import unpickled

    found = unpickled(data[32:], sources)
    return found if isinstance(found, Program) and found.ok else None


def _read(path: Path) -> bytes | None:
    """An entry that is the user's own file; links are not followed, pipes not waited for."""
    with contextlib.suppress(OSError):
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(opened, "rb") as file:
            found = os.fstat(opened)
            if _is_private(found, stat.S_ISREG) and found.st_size <= MAX_BYTES:
                return file.read()
    return None


def keep(cache: Path, key: str, program: Program, sources: Sequence[Source]) -> None:
    """Keeps a program without errors, whole or not at all; old entries make room for it."""
    if not program.ok:
        return
    from policyengine.cli.pickled import pickled

    data = pickled(program.used(), sources)
    if data is None or len(data) > MAX_BYTES // 2:
        return
    with contextlib.suppress(OSError):
        _write(cache / f"{key}{SUFFIX}", sha256(data).digest() + data)
        _prune(cache)


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f"{path.stem}.{os.getpid()}.part")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(part)  # left by a process of the same number that was ended
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with open(opened, "wb") as file:
            file.write(data)
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


def _prune(cache: Path) -> None:
    """The newest entries stay, so many and no larger together; so do files that are none of ours."""
    with os.scandir(cache) as entries:
        ours = [each for each in entries if each.name.endswith((SUFFIX, ".part"))]
    aged = sorted(((each.stat(follow_symlinks=False), each.path) for each in ours), key=_age)
    size = 0
    for number, (found, path) in enumerate(reversed(aged), 1):
        size += found.st_size
        if number > MAX_ENTRIES or size > MAX_BYTES:
            with contextlib.suppress(OSError):
                os.unlink(path)


def _age(entry: tuple[os.stat_result, str]) -> tuple[int, str]:
    return entry[0].st_mtime_ns, entry[1]
