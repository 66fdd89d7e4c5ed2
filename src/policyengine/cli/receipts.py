"""Writes the receipts of decisions, and finds the policies that a receipt rests on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path

from policyengine.api import Program
from policyengine.cli import VERSION
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import CommandError
from policyengine.cli.file_io import protect, read_bytes, write_text
from policyengine.cli.git import Repository, repository_of
from policyengine.cli.programs import is_revision
from policyengine.cli.versions import (
    Version,
    version_at,
    version_known_on,
    version_of,
    version_on_disk,
)
from policyengine.program.record import Record
from policyengine.reports.receipts import Engine, given_data, receipt_line, receipt_of, record_data


def write_receipts(
    path: Path, folder: str, known_on: date | None, as_of: date, records: Sequence[Record], console: Console,
    inputs: Sequence[Path],
) -> None:  # fmt: skip
    """Writes a receipt a line for the records, decided by the program in a folder or revision.

    Other receipts in the file are not replaced: nobody could make them again.
    """
    protect([path], inputs)
    version = _version(folder, known_on)
    repository = _repository_of(folder)
    where = folder if repository is None else repository.path
    commit = version.commit or _commit_of(version, repository)
    program = version.within().program(as_of)
    lines = [_line(program, record, where, commit) for record in records]
    if commit is None:
        console.err(
            f"note: no commit has the policies of `{folder}` as they are; the receipt can be verified "
            "as long as they stay so"
        )
    text = "\n".join(lines)
    if path.is_file() and path.stat().st_size and read_bytes(path) != f"{text}\n".encode():
        raise CommandError(
            f"`{path}` holds something else, which would be lost", help="name a new file for the receipt"
        )
    write_text(path, text)


def _line(program: Program, judged: Record, folder: str, commit: str | None) -> str:
    data = record_data(judged, program.vocabulary)
    again = program.record(given_data(data, program.vocabulary)).records
    if not again or record_data(again[0], program.vocabulary) != data:
        raise CommandError(
            "a record cannot be kept in a receipt, since it would be read in another way there",
            help="`policyengine evaluate ... -o json:FILE` keeps the decision",
        )
    return receipt_line(receipt_of(program.evaluate(again[0]), data, engine(), folder, commit))


def _version(folder: str, known_on: date | None) -> Version:
    if known_on is not None:
        return version_known_on(folder, known_on)
    return version_of(folder) if is_revision(folder) else version_on_disk(Path(folder))


def _repository_of(folder: str) -> Repository | None:
    """The repository of a folder, or of the folder in a revision, if it lies in one."""
    try:
        return repository_of(folder.partition(":")[2] or "." if is_revision(folder) else folder)
    except CommandError:
        return None


def _commit_of(version: Version, repository: Repository | None) -> str | None:
    """The last commit that changed the program, if that is as it is on disk."""
    commits = [] if repository is None else repository.changes(None)
    if repository is None or not commits:
        return None
    last = version_at(repository, commits[-1], commits[-1])
    return commits[-1] if last.digest == version.digest else None


@cache
def engine() -> Engine:
    """The policyengine that runs."""
    root, digest = Path(__file__).parent.parent, sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return Engine(VERSION, f"sha256:{digest.hexdigest()}")
