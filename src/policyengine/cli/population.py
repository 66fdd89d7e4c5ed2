"""Reads a partner base for two versions of a program."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from policyengine.api import Program, Records
from policyengine.change.impact import RecordPair
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import CommandError
from policyengine.cli.record_files import Form, open_source
from policyengine.dataclass import dataclass
from policyengine.decision.wording import plural
from policyengine.diagnostics import Diagnostic
from policyengine.render.diagnostic_text import diagnostics_text

_MOST = 20


@dataclass(frozen=True, slots=True)
class Population:
    """The records that both versions can read, and the number of those left out."""

    pairs: Sequence[RecordPair]
    left_out: int


def read_population(
    old: Program, new: Program, files: Iterable[str], form: Form | None, console: Console
) -> Population:
    """Reads the records of files; reports and leaves out those that one of the versions cannot read."""
    alike = old.vocabulary.entities == new.vocabulary.entities
    after: list[Records] = []
    before: list[Records] = []
    for file in files:
        source, one_form = open_source(Path(file), form, console)
        after.append(new.read_many(source, one_form))
        before.append(after[-1] if alike else old.read_many(source, one_form))
    _report([found for read in after for found in read.diagnostics], console)
    if not alike:
        _report(_others(before, after), console, "Refused by the version before:\n")
    pairs = _pairs(before, after, _key(new)) if not alike else [
        RecordPair(record, record) for read in after for record in read.records
    ]  # fmt: skip
    total = max(sum(len(read.records) + read.left_out for read in side) for side in (before, after))
    if not total:
        raise CommandError("the input contains no record")
    if not pairs:
        raise CommandError(
            f"none of {plural(total, 'record')} can be read by both versions",
            help=f"are they records of `{new.id}`?",
        )
    _say_twice(pairs, _key(new), console)
    return Population(pairs, total - len(pairs))


def _key(program: Program) -> str | None:
    return program.vocabulary.entities[program.vocabulary.root].key


def _pairs(before: Iterable[Records], after: Iterable[Records], key: str | None) -> list[RecordPair]:
    """Pairs the records of two readings by key, or by position where none is left out."""
    pairs: list[RecordPair] = []
    for one, other in zip(before, after, strict=True):
        if not one.left_out and not other.left_out:
            pairs += [RecordPair(*both) for both in zip(one.records, other.records, strict=True)]
        elif key is not None:
            known = {record.facts.get(key): record for record in one.records}
            found = [(known.get(record.facts.get(key)), record) for record in other.records]
            pairs += [RecordPair(was, now) for was, now in found if was is not None]
    return pairs


def _others(before: Iterable[Records], after: Iterable[Records]) -> list[Diagnostic]:
    """Returns the mistakes that only the old version finds."""
    told = {found.sort_key for read in after for found in read.diagnostics}
    return [found for read in before for found in read.diagnostics if found.sort_key not in told]


def _report(found: Sequence[Diagnostic], console: Console, lead: str = "") -> None:
    if not found:
        return
    more = f"\n{plural(len(found) - _MOST, 'mistake')} more\n" if len(found) > _MOST else "\n"
    console.err(lead + diagnostics_text(found[:_MOST], color=console.color_err) + more)


def _say_twice(pairs: Sequence[RecordPair], key: str | None, console: Console) -> None:
    if key is None:
        return
    keys = [pair.new.facts[key] for pair in pairs if key in pair.new.facts]
    twice = len(keys) - len(set(keys))
    if twice:
        console.err(f"{plural(twice, 'record')} with a key that another one has; all are counted")
