"""`policyengine verify`: decides again what a receipt keeps, and says what decides otherwise since then."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import date
from pathlib import Path

import click

from policyengine.analysis.contrasts import Contrast, contrasts
from policyengine.analysis.statements import GraphSlice
from policyengine.api import Program
from policyengine.cli.completion import PROGRAM
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import FOUND, OK, CommandError
from policyengine.cli.file_io import deliver, read_bytes
from policyengine.cli.git import Repository, repository_of
from policyengine.cli.options import FILE, Output, color_option, output_option, subcommand
from policyengine.cli.receipts import engine
from policyengine.cli.versions import Version, version_at, version_on_disk, versions_since
from policyengine.dataclass import dataclass
from policyengine.decision.decision_json import to_json
from policyengine.diagnostics import Diagnostic
from policyengine.files import MANIFEST
from policyengine.program.record import Record
from policyengine.render.comparison_text import contrast_lines
from policyengine.render.receipt_text import Later, Verified, verified_json, verified_summary, verified_text
from policyengine.reports.receipts import Receipt, differences, given_data, read_receipt
from policyengine.text.decode import decode


@subcommand("verify", "policyengine verify acme.receipt", "policyengine verify acme.receipt policies/acme")
@click.argument("file", metavar="FILE", type=FILE)
@click.argument("folder", metavar="[PROGRAM]", required=False, type=PROGRAM)
@output_option("text", "json")
@color_option
def command(file: str, folder: str | None, outputs: tuple[Output, ...], color: str) -> int:
    """Decide again what a receipt keeps: the same, or what differs, and which commit changed it.

    FILE has a receipt a line, as `evaluate --receipt` writes it. The policies are those of the receipt, out
    of the history of the repository. PROGRAM is their folder, where it is not the one that the receipt
    names. What later policies decide about the same record on the same day is told, too. Of several receipts
    those that differ come first.
    """
    console = Console.of(color)
    receipts = _receipts(Path(file))
    histories: dict[str, History] = {}
    found = []
    for number, receipt in receipts:
        if isinstance(receipt, str):
            found.append(Verified(number, None, (receipt,)))
            continue
        where = folder or receipt.folder
        if where not in histories:
            histories[where] = History.of(where)
        found.append(_verified(number, receipt, histories[where]))
    deliver(
        outputs or (Output("text"),),
        lambda form, paint: _render(found, form, paint, console.columns),
        console,
        [Path(file)],
    )
    return OK if all(each.same for each in found) else FOUND


def _render(found: Sequence[Verified], form: str, color: bool, columns: int) -> str:
    if form == "json":
        return json.dumps([verified_json(each) for each in found], indent=2, ensure_ascii=False)
    first = sorted(found, key=lambda each: each.same)  # those that differ come first
    told = [verified_text(each, color=color, columns=columns) for each in first]
    return "\n\n".join([*told, *verified_summary(found)])


def _receipts(path: Path) -> list[tuple[int, Receipt | str]]:
    source = decode(str(path), read_bytes(path))
    if isinstance(source, Diagnostic):
        raise CommandError(source.message)
    lines = [(i, line) for i, line in enumerate(source.text.split("\n"), 1) if line.strip()]
    if not lines:
        raise CommandError(
            f"`{path}` has no receipt", help="`evaluate PROGRAM RECORD --receipt FILE` writes one"
        )
    return [(i, read_receipt(line)) for i, line in lines]


@dataclass(slots=True)
class History:
    """A program in its repository: as it is, and as it was; versions are read once."""

    folder: str
    repository: Repository | None
    _known: dict[str, Version] = field(default_factory=dict)
    _programs: dict[tuple[str, date], Program] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: str) -> History:
        """The history of a folder, which is that of the repository around where the command runs."""
        try:
            top = repository_of(".")
        except CommandError:
            return cls(folder, None)
        if not (Path(folder) / MANIFEST).is_file():
            return cls(str(top.top / folder), top.at(folder))
        return cls(folder, repository_of(folder))

    def version(self, receipt: Receipt) -> Version | None:
        """The version whose policies a receipt rests on, if it can be found."""
        if receipt.policies not in self._known:
            found = next(
                (each for each in self._candidates(receipt) if each.digest == receipt.policies), None
            )
            if found is not None:
                self._known[receipt.policies] = found
        return self._known.get(receipt.policies)

    def _candidates(self, receipt: Receipt) -> Iterator[Version]:
        repository = self.repository
        if repository is not None and receipt.commit is not None:
            at = repository.at(receipt.folder)
            if repository.has(receipt.commit, f"{receipt.folder}/{MANIFEST}" if receipt.folder else MANIFEST):
                yield version_at(at, receipt.commit, receipt.commit[:12])
        if self.now is not None:
            yield self.now
        if repository is not None:
            yield from reversed([*versions_since(repository, None)])

    @property
    def now(self) -> Version | None:
        """The program as it is on disk."""
        there = (Path(self.folder) / MANIFEST).is_file()
        return version_on_disk(Path(self.folder)) if there else None

    def program(self, version: Version, as_of: date) -> Program:
        """A version as it is in force on a day, with files named by their paths in its folder."""
        key = version.digest, as_of
        if key not in self._programs:
            self._programs[key] = version.within().program(as_of)
        return self._programs[key]

    def later(self, version: Version) -> Iterator[tuple[str, Version]]:
        """The versions after one, with what people call them."""
        repository = self.repository
        if repository is not None and version.commit is not None:
            for each in versions_since(repository, version.commit):
                assert each.commit is not None
                day, subject = repository.subject(each.commit)
                yield f"{each.commit[:12]}, {day}: {subject}", each
        if self.now is not None:
            yield "the files as they are", self.now


def _verified(number: int, receipt: Receipt, history: History) -> Verified:
    version = history.version(receipt)
    if version is None:
        return Verified(number, receipt, (
            _not_found(receipt, history),
        ))  # fmt: skip
    program = history.program(version, receipt.as_of)
    if not program.ok:
        return Verified(
            number, receipt, ("this policyengine does not accept the policies of the receipt any more",)
        )
    read = program.record(given_data(receipt.record, program.vocabulary))
    if not read.records:
        return Verified(
            number, receipt, ("this policyengine does not accept the record of the receipt any more",)
        )
    decided = json.loads(json.dumps(to_json(program.evaluate(read.records[0]))))
    differing = tuple(differences(receipt.decision, decided))
    later = tuple(_later(receipt, read.records[0], version, history))
    return Verified(number, receipt, (), version.name, differing, engine() == receipt.engine, later)


def _not_found(receipt: Receipt, history: History) -> str:
    if history.repository is None:
        return f"there is no program in `{history.folder}`, and no repository here: run it in the repository"
    commit = "" if receipt.commit is None else f", which were in commit {receipt.commit[:12]}"
    return f"no version of `{history.folder}` in this repository has the policies of the receipt{commit}"


def _later(receipt: Receipt, judged: Record, version: Version, history: History) -> Iterator[Later]:
    """The later versions that decide something else about the record than the one before them."""
    before = history.program(version, receipt.as_of), judged
    for name, each in history.later(version):
        program = history.program(each, receipt.as_of)
        read = program.record(given_data(receipt.record, program.vocabulary)) if program.ok else None
        if read is None or not read.records:
            reason = "its policies have mistakes" if read is None else read.diagnostics[0].message
            yield Later(name, (f"decides nothing: {reason}",))
            continue
        found = _contrasts(*before, program, read.records[0])
        if found:
            yield Later(name, tuple(line for each in found for line in contrast_lines(each)))
        before = program, read.records[0]


def _contrasts(old: Program, was: Record, new: Program, judged: Record) -> list[Contrast]:
    if old.linked.digest == new.linked.digest:
        return []
    return contrasts(_whole(old).says(was), _whole(new).says(judged))


def _whole(program: Program) -> GraphSlice:
    graph = program.linked.graph
    assert graph is not None
    exported = [(node.entity, node.name) for _, node in graph.every_node() if node.exported]
    return GraphSlice.of(graph, program.as_of, graph.rules, graph.transitions, exported)
