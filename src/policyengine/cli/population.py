"""A partner base, read for two versions of a program: YAML, JSON, NDJSON, CSV, Parquet, folders, a database.

Nothing of a record is printed unless it is asked for, since logs may be public: only how many are left out,
by which rule, for which facts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from policyengine.api import Program
from policyengine.batch.raw import Reject
from policyengine.change.document_diff import differences
from policyengine.change.impact import RecordPair
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import CommandError
from policyengine.cli.options import TableOptions
from policyengine.cli.record_files import no_record, open_source
from policyengine.dataclass import dataclass
from policyengine.decision.wording import plural, some
from policyengine.diagnostics import Diagnostic
from policyengine.program.record import Record
from policyengine.render.diagnostic_text import diagnostics_text

_MOST = 20
Mistake = Diagnostic | Reject


@dataclass(frozen=True, slots=True)
class Population:
    """The records that both versions can read.

    `left_out` is how many others there are, `refused` how many of them only the new version refuses. `twice`
    counts those that are not in it because another one has the same key; of equal ones the first is in it.
    """

    pairs: Sequence[RecordPair]
    left_out: int = 0
    refused: int = 0
    twice: int = 0


@dataclass(frozen=True, slots=True)
class _Reading:
    """The records of one input as one version reads them."""

    records: Sequence[Record]
    mistakes: Sequence[Mistake]
    left_out: int


def read_population(
    old: Program, new: Program, options: TableOptions, console: Console, *, show: bool, public: bool
) -> Population:
    """Reads the records; leaves out those that one of the versions cannot read, and reports them if not
    `public`: a count of mistakes would tell about few.
    """
    console.err(_different_mappings(old, new, options))
    alike = old.vocabulary.reads_alike(new.vocabulary)
    after = list(_readings(new, options, console))
    before = after if alike else list(_readings(old, options, console))
    mistakes = [] if public else [found for read in after for found in read.mistakes]
    _report(mistakes, new, console, show, "" if alike else "Refused by the new version:\n")
    if not alike:
        mistakes = [] if public else [found for read in before for found in read.mistakes]
        _report(mistakes, old, console, show, "Refused by the version before:\n")
    key = new.vocabulary.entities[new.vocabulary.root].key
    pairs, refused = _pairs(before, after, key)
    total = max(sum(len(read.records) + read.left_out for read in side) for side in (before, after))
    if not total:
        raise no_record(options.files)
    if not pairs and not refused:
        raise CommandError(
            f"none of {plural(total, 'record')} can be read by both versions",
            help=f"are they records of `{new.id}`?",
        )
    alone = _alone(pairs, key)
    if pairs and not alone:
        raise CommandError("every record has the key of another one", help="keep those that are right")
    return Population(alone, total - len(pairs), refused, len(pairs) - len(alone))


def _different_mappings(old: Program, new: Program, options: TableOptions) -> str:
    """That mappings differ, which both versions are asked without."""
    before, after = ({each.mapping.id: each.document for each in side.linked.mappings} for side in (old, new))
    wanted = [name for name in options.maps or before if options.reads_tables and name in before]
    found = [f"`{name}`" for name in wanted if name in after and any(differences(before[name], after[name]))]
    if not found:
        return ""
    return f"Mappings that differ: {some(found)}. Both versions get the records as the new one reads them.\n"


def _readings(program: Program, options: TableOptions, console: Console) -> Iterator[_Reading]:
    if options.reads_tables:
        from policyengine.cli.table_files import table_records

        records, rejected = table_records(program, options)
        yield _Reading(records, [each for found in rejected for each in found], len(rejected))
        return
    form = options.form if options.form in ("yaml", "json", "ndjson") else None
    for file in options.files:
        source, one_form = open_source(Path(file), form, console)
        read = program.read_many(source, one_form)
        yield _Reading(read.records, read.diagnostics, read.left_out)


def _pairs(
    before: Sequence[_Reading], after: Sequence[_Reading], key: str | None
) -> tuple[list[RecordPair], int]:
    """Pairs the records of two readings, by position or by key; returns also how many are refused."""
    pairs: list[RecordPair] = []
    refused = 0
    for one, other in zip(before, after, strict=True):
        if (not one.left_out and not other.left_out) or one is other:
            pairs += [RecordPair(*both) for both in zip(one.records, other.records, strict=True)]
            continue
        if key is None:
            refused += max(0, other.left_out - one.left_out)
            continue
        known = {record.facts.get(key): record for record in other.records}
        pairs += [
            RecordPair(record, known[name])
            for record in one.records
            if (name := record.facts.get(key)) in known
        ]
        refused += sum(record.facts.get(key) not in known for record in one.records)
    return pairs, refused


def _alone(pairs: Sequence[RecordPair], key: str | None) -> list[RecordPair]:
    """Those whose key no other has, or that have none; of records that say the same the first one."""
    if key is None:
        return list(pairs)
    counts = Counter(pair.new.facts.get(key) for pair in pairs)
    several: dict[object, list[RecordPair]] = {}
    for pair in pairs:
        if (name := pair.new.facts.get(key)) is not None and counts[name] > 1:
            several.setdefault(name, []).append(pair)
    first = {id(some[0]) for some in several.values() if all(_same(some[0], each) for each in some)}
    return [
        pair
        for pair in pairs
        if (name := pair.new.facts.get(key)) is None or counts[name] == 1 or id(pair) in first
    ]


def _same(one: RecordPair, other: RecordPair) -> bool:
    return all(_said(mine) == _said(its) for mine, its in zip(one, other, strict=True))


def _said(record: Record) -> object:
    """What a record says, wherever it stands."""
    return record.facts, {name: [_said(row) for row in rows] for name, rows in record.lists.items()}


def _report(found: Sequence[Mistake], program: Program, console: Console, show: bool, lead: str) -> None:
    if not found:
        return
    if not show:
        console.err(lead + "\n".join(_counted(found, program)))
        console.err("`--show-keys` shows them\n")
        return
    from policyengine.cli.table_files import reject_text

    more = f"\n{plural(len(found) - _MOST, 'mistake')} more\n" if len(found) > _MOST else "\n"
    shown = found[:_MOST]
    texts = [reject_text(each) for each in shown if isinstance(each, Reject)]
    plain = [each for each in shown if isinstance(each, Diagnostic)]
    texts += [diagnostics_text(plain, color=console.color_err)] if plain else []
    console.err(lead + "\n".join(texts) + more)


def _counted(found: Iterable[Mistake], program: Program) -> Iterator[str]:
    """How many mistakes there are of each kind, and for which facts; nothing that a record says."""
    entities = program.vocabulary.entities
    known = {name for entity in entities.values() for name in (*entity.facts, str(entity.list))}
    titles = {each.code.id: f": {each.code.title}" for each in found if isinstance(each, Diagnostic)}
    counts = Counter(_kind(each, known) for each in found)
    for (code, fact), number in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        of = f" (`{fact}`)" if fact else ""
        yield f"  {plural(number, 'mistake')} {code}{titles.get(code, '')}{of}"


def _kind(mistake: Mistake, known: set[str]) -> tuple[str, str]:
    if isinstance(mistake, Reject):
        return mistake.code, mistake.fact if mistake.fact in known and mistake.fact else ""
    named = re.findall(r"`(\w+)`", mistake.message)
    return mistake.code.id, next((name for name in named if name in known), "")
