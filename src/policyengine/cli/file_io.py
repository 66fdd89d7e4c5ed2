"""Reads and writes whole files, never over an input, and the summary of a CI job."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from policyengine.atomic_file import passes_on, write_atomically
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import CommandError
from policyengine.cli.options import Output
from policyengine.diagnostics import did_you_mean
from policyengine.render.style import clean

_REASONS = {
    FileNotFoundError: "does not exist",
    PermissionError: "may not be read",
    IsADirectoryError: "is a folder",
}

_YAML = (".yaml", ".yml")
WATCHED = (*_YAML, ".json", ".ndjson", ".csv")
_LINES = 1000
_SUMMARY = "GITHUB_STEP_SUMMARY"
SUMMARY_BYTES = 1024 * 1024
"""What the server takes of one step."""
_CUT = "\n\nThe rest is left out, since a summary may not be longer.\n\n"


def read_bytes(path: Path) -> bytes:
    """Returns the bytes of a file; `-` is standard input."""
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError:
        raise CommandError("a file name may not hold a NUL character") from None


def unreadable(path: Path, error: OSError) -> CommandError:
    """Returns the error for a file or folder that cannot be read, with the path that was probably meant."""
    reason = _REASONS.get(type(error), f"cannot be read ({(error.strerror or 'unknown reason').lower()})")
    return CommandError(f"`{path}` {reason}", help=_sibling(path) if not path.exists() else None)


def _sibling(path: Path) -> str | None:
    """Returns the suggestion of the file beside this one that has the nearest name."""
    with contextlib.suppress(OSError):
        names = {one.name for one in path.parent.iterdir()} - {path.name}
        suggestion = did_you_mean(path.name, sorted(names))
        if suggestion is not None:
            return suggestion.replace("`", f"`{path.parent}/" if str(path.parent) != "." else "`", 1)
    return None


def deliver(
    outputs: Sequence[Output],
    render: Callable[[str, bool], str] | Callable[[str, bool], Iterator[str]],
    console: Console,
    inputs: Iterable[Path],
    summary: Callable[[], str] | None = None,
) -> None:
    """Writes each output. `render(format, color)` returns its text, or its lines one by one.

    Where an output is annotations, the summary of the CI job is written too; by default it is the Markdown.
    """
    if sum(output.path is None for output in outputs) > 1:
        raise CommandError(
            "two outputs go to standard output",
            help=f"give one of them a file, as in `-o {outputs[1].format}:FILE`",
        )
    page = Path(os.environ.get(_SUMMARY, "") if any(each.format == "github" for each in outputs) else "")
    paths = [output.path for output in outputs if output.path is not None]
    require_distinct(paths)
    protect([*paths, page], inputs)
    for output in outputs:
        if output.path is not None:
            _write(output.path, render(output.format, False))
    for output in outputs:
        if output.path is None:
            for text in _pieces(render(output.format, console.color)):
                console.out(_without_commands(output.format, text), for_people=output.format == "text")
    if page != Path():
        _append_summary(page, summary() if summary else "".join(_pieces(render("markdown", False))))


def _pieces(text: str | Iterator[str]) -> Iterator[str]:
    """A text as it is, or lines in pieces that are worth to be written."""
    if isinstance(text, str):
        yield text
        return
    while lines := list(itertools.islice(text, _LINES)):
        yield "\n".join([*lines, ""])


def _write(path: Path, text: str | Iterator[str]) -> None:
    """Writes a file out of its text or its lines, or leaves it as it was."""
    if isinstance(text, str):
        write_text(path, text)
        return
    try:
        write_atomically(path, (each.encode(errors="backslashreplace") for each in _pieces(text)))
    except OSError as error:
        raise unwritable(path, error) from None


def _without_commands(form: str, text: str) -> str:
    """JSON and XML in which no log of CI sees a command (`##[error]`): `##` stands only in texts."""
    if form == "junit":
        return text.replace("##", "&#35;#")
    return text.replace("##", "\\u0023#") if form in ("json", "ndjson", "sarif") else text


def write_text(path: Path, text: str, inputs: Iterable[Path] = ()) -> None:
    """Writes a whole file, or leaves it as it was; refuses to overwrite an input."""
    protect([path], inputs)
    write_bytes(
        path, (text if text.endswith("\n") or not text else f"{text}\n").encode(errors="backslashreplace")
    )


def write_bytes(path: Path, data: bytes) -> None:
    """Writes a whole file, or leaves it as it was."""
    try:
        write_atomically(path, data)
    except OSError as error:
        raise unwritable(path, error) from None


def unwritable(path: Path, error: OSError) -> CommandError:
    """Returns the error for a file or folder that cannot be written."""
    return CommandError(f"`{path}` cannot be written: {(error.strerror or 'unknown reason').lower()}")


def require_distinct(paths: Sequence[Path]) -> None:
    """Ends the command if two of the files to write are one; a device or a pipe takes several."""
    for i, path in enumerate(paths):
        if any(path.resolve() == other.resolve() for other in paths[:i]) and not passes_on(path):
            raise CommandError(f"`{path}` would be written twice", help="give each output a file of its own")


def protect(paths: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Ends the command if a file to write is an input, by name or by link, or a policy or test in one."""
    written = [path for path in paths if path.is_file()]
    read = [each for given in inputs for each in _files_of(given)] if written else []
    for path in written:
        if any(os.path.samefile(path, each) for each in read):
            raise CommandError(f"`{path}` is an input of this command", help="write to another file")


def _files_of(given: Path) -> Iterator[Path]:
    if given.is_file():
        yield given
    elif given.is_dir():
        yield from (each for each in given.rglob("*") if each.suffix.lower() in _YAML and each.is_file())


def workspace() -> Path | None:
    """The root of the checked-out repository where a CI job says it: code hosts look for files from there."""
    root = os.environ.get("GITHUB_WORKSPACE")
    return Path(root) if root else None


def make_folder(path: Path) -> None:
    """Makes a folder, and those above it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise CommandError(f"`{path}` cannot be made: {reason}") from None


def repository_address() -> str | None:
    """The address of the repository on GitHub or GitLab, where a CI job says it."""
    server, name = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    found = f"{server}/{name}" if server and name else os.environ.get("CI_PROJECT_URL")
    if found and found.startswith("https://"):
        return f"{found}/-" if os.environ.get("GITLAB_CI") else found
    return None


def _shortened(data: bytes, room: int) -> bytes:
    """Markdown up to a size, without a block of code that is not closed, and that there is more."""
    kept = data[: room - len(_CUT)].decode(errors="ignore").split("\n")[:-1]
    opened: int | None = None
    for i, line in enumerate(kept):
        if line.startswith("```") and opened is None:
            opened, fence = i, line.rstrip("abcdefghijklmnopqrstuvwxyz")
        elif opened is not None and line == fence:
            opened = None
    return "\n".join([*kept[:opened], _CUT]).encode()


def _append_summary(path: Path, markdown: str) -> None:
    """Appends to the file that the CI names for it, as far as the server takes it."""
    data, room = markdown.encode(errors="backslashreplace"), SUMMARY_BYTES
    with contextlib.suppress(OSError):
        room = SUMMARY_BYTES - path.stat().st_size  # other commands of the step write there, too
    if room < len(_CUT):
        return
    if len(data) > room:
        data = _shortened(data, room)
    try:
        with open(path, "ab") as file:
            file.write(data)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise CommandError(f"the summary `{path}` cannot be written: {reason}") from None


# Again, whenever something changes

_LOOK_EVERY_MS = 300
F = TypeVar("F", bound=Callable[..., int])


def watch_option(function: F) -> F:
    """`--watch`: the command runs again whenever a file changes."""

    @functools.wraps(function)
    def command(*, watch: bool, **given: Any) -> int:
        if not watch:
            return function(**given)
        return watched([Path(each) for each in given["paths"]], lambda: function(**given))

    text = "Run again whenever a file below this folder or a PATH changes, until Ctrl-C."
    return cast(F, click.option("--watch", is_flag=True, help=text)(command))


def watched(paths: Sequence[Path], run: Callable[[], int]) -> int:
    """Runs whenever a file of policies, tests or records below the paths or this folder has changed."""
    before: Mapping[str, tuple[int, int]] | None = None
    while True:
        now = _stamps([Path(), *paths])
        if now != before:
            before = now
            try:
                run()
            except CommandError as error:
                sys.stderr.write(f"error: {clean(error.message)}\n")
            sys.stderr.write("\nwaiting for a change; Ctrl-C ends\n\n")
            sys.stderr.flush()
        time.sleep(_LOOK_EVERY_MS / 1000)


def _stamps(paths: Iterable[Path]) -> Mapping[str, tuple[int, int]]:
    """What tells whether files have changed: their times and sizes, by their paths."""
    found: dict[str, tuple[int, int]] = {}
    for path in paths:
        for folder, inner, files in os.walk(path):
            inner[:] = [each for each in inner if each[0] != "." and each != "node_modules"]
            for name in files:
                if name.endswith(WATCHED):
                    with contextlib.suppress(OSError):
                        stat = os.stat(os.path.join(folder, name))
                        found[os.path.join(folder, name)] = stat.st_mtime_ns, stat.st_size
    return found
