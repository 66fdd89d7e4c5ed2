"""`policyengine why`: explains one finding, in lines that can be forwarded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Any

import click

from policyengine.api import Program
from policyengine.cli.completion import FINDING, PROGRAM
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import OK, CommandError
from policyengine.cli.file_io import deliver
from policyengine.cli.options import (
    FILE,
    Output,
    TableOptions,
    as_of_option,
    color_option,
    ignore_option,
    judged_on,
    known_on_option,
    map_option,
    output_option,
    subcommand,
    table_option,
)
from policyengine.cli.programs import open_program, program_and_records
from policyengine.cli.record_files import FORMS, Form, ReadRecords, no_record, one_record, read_records
from policyengine.decision.decision import Decision, nested
from policyengine.decision.explanation import assumption_lines, why
from policyengine.decision.findings import SECTIONS, Finding
from policyengine.decision.wording import status_words
from policyengine.diagnostics import did_you_mean
from policyengine.engine.reference.derivation import Step
from policyengine.policy.quantities import shorten
from policyengine.program.record import Record
from policyengine.render.style import clean, painter, wrap

if TYPE_CHECKING:
    pass

_NAMED = 12
"""How many findings are explained at once."""


@subcommand(
    "why",
    "policyengine why acme acme/records/example.yaml",
    "policyengine why acme acme/records/example.yaml partner-levels",
)
@click.argument("program", metavar="PROGRAM", type=PROGRAM)
@click.argument("file", metavar="RECORD", required=False, type=FILE)
@click.argument("finding", metavar="[FINDING]", required=False, type=FINDING)
@click.option(
    "--key", help="Of several records the one with this key; of one, the subject, such as an account."
)
@click.option("--all", "derivation", is_flag=True, help="Show the whole derivation.")
@click.option("--assumptions", is_flag=True, help="Show the notes on assumptions in full.")
@table_option
@ignore_option
@map_option
@as_of_option
@known_on_option
@output_option("text", "json")
@click.option(
    "--format", "form", type=click.Choice(FORMS), help="What is in the file, if the ending does not tell."
)
@color_option
def command(
    program: str,
    file: str | None,
    finding: str | None,
    key: str | None,
    derivation: bool,
    assumptions: bool,
    tables: tuple[str, ...],
    ignored: tuple[str, ...],
    maps: tuple[str, ...],
    as_of: date,
    known_on: date | None,
    outputs: tuple[Output, ...],
    form: Form | None,
    color: str,
) -> int:
    """Explain one finding: the conclusion, the conditions with their values, the line and the clause.

    PROGRAM is the folder of a program (by default the one around the record). FINDING is what `evaluate`
    calls it: `policy/id`, an id, a level, a policy, a list such as `charges`, or `policy/id@key`. Without it,
    all that can be asked for is listed.
    """
    console = Console.of(color)
    program, (file, *rest) = program_and_records("why", [each for each in (program, file, finding) if each])
    finding = rest[0] if rest else None
    opened = open_program(program, judged_on(as_of, known_on), console, known_on)
    options = TableOptions((file,), tables, ignored, (), None, None, "auto", False, form, maps=maps)
    again = ["policyengine", "why", program, file, *_options(options, key)]
    record, key = _record(opened, options, key, console)
    decision = opened.evaluate(record)
    if key is None and finding is not None:
        found = _named(opened, record, finding)
    else:
        found = select_findings(decision, finding, key)
    if finding is None or len(found) > _NAMED:
        deliver(
            outputs or (Output("text"),),
            lambda form, paint: _listed(found, form),
            console,
            [Path(file), Path(program)],
        )
        console.err(f"ask for one of these: {join(again)} FINDING")
        return OK
    steps = _derivation(opened, record) if derivation else _no_steps
    render = _renderer(decision, found, opened, steps, console.columns, assumptions)
    deliver(outputs or (Output("text"),), render, console, [Path(file), Path(program)])
    if not assumptions and any(_is_cut(one) for one in found):
        console.err("--assumptions shows the notes on assumptions in full")
    return OK


def _is_cut(finding: Finding) -> bool:
    """Whether what is assumed is told in short."""
    return list(assumption_lines(finding)) != list(assumption_lines(finding, notes=True))


def _record(
    program: Program, options: TableOptions, key: str | None, console: Console
) -> tuple[Record, str | None]:
    """Returns the record, and the key that is left to select by: of several records, it selects one."""
    name = program.vocabulary.entities[program.vocabulary.root].key
    if options.reads_tables:
        return _table_record(program, options, key, console)
    form: Any = options.form  # none of a table
    inputs = read_records(program, options.files, form, console)
    if key is not None and name is not None and inputs.total > 1:
        found = tuple(record for record in inputs.records if str(record.facts.get(name)) == key)
        if not found:
            raise CommandError(f"no record has the {name} `{key}`")
        return one_record(ReadRecords(found, 0, ()), "why"), None
    return one_record(inputs, "why"), key


def _table_record(
    program: Program, options: TableOptions, key: str | None, console: Console
) -> tuple[Record, str | None]:
    """The same of tables; of many records only the mistakes of the one that is asked for are told."""
    from policyengine.cli.table_files import mistake_lines, table_records

    picked = replace(options, keys=() if key is None else (key,))
    records, rejected = table_records(program, picked)
    if key is not None and (records or rejected):
        key = None
    elif key is not None:
        records, rejected = table_records(program, options)
        name = program.vocabulary.entities[program.vocabulary.root].key
        if len(records) + len(rejected) != 1:
            help = did_you_mean(key, [str(each.facts.get(str(name))) for each in records])
            raise CommandError(f"no record has the {name} `{key}`", help=help)
    inputs = ReadRecords(tuple(records), len(rejected), ())
    if not inputs.total:
        raise no_record(options.files)
    if inputs.total == 1:
        console.err("\n".join(mistake_lines(each for found in rejected for each in found)))
    return one_record(inputs, "why"), key


def _options(options: TableOptions, key: str | None) -> Iterator[str]:
    """The options that say which record is read, and how."""
    named = {"--table": options.tables, "--ignore": options.ignored, "--map": options.maps}
    for name, values in {**named, "--key": () if key is None else (key,)}.items():
        for value in values:
            yield from (name, value)


Steps = Callable[[Finding], list[str]]


def _no_steps(finding: Finding) -> list[str]:
    return []


def _derivation(program: Program, record: Record) -> Steps:
    """Returns what lists the steps of a derivation: one a line, indented, with its value and place."""

    def steps(finding: Finding) -> list[str]:
        return [_step(step) for step in program.derivation(record, finding)]

    return steps


def _step(step: Step) -> str:
    written = "" if step.text in (step.name, step.value) else f" = {shorten(step.text, 60)}"
    place = f"{step.at.source.name}:{step.at.line}"
    return clean(f"{'  ' * (step.depth + 1)}{step.name}: {step.value}{written} ({place})")


def _renderer(
    decision: Decision, found: Sequence[Finding], program: Program, steps: Steps, columns: int, notes: bool
) -> Callable[[str, bool], str]:
    def render(form: str, color: bool) -> str:
        lines = [(one, _explained(decision.as_of, one, program, notes)) for one in found]
        if form == "json":
            told = [{"finding": one.reference, "why": list(text), "steps": steps(one)} for one, text in lines]
            return json.dumps(told, indent=2, ensure_ascii=False)
        parts = [_paragraph(text, steps(one), columns, color) for one, text in _each_note_once(lines)]
        return "\n\n".join(parts)

    return render


def _each_note_once(lines: Sequence[tuple[Finding, tuple[str, ...]]]) -> Iterator[tuple[Finding, list[str]]]:
    """What is told of each finding, without the assumptions that were told before."""
    before: set[str] = set()
    for one, text in lines:
        yield one, [line for line in text if line not in before]
        before.update(line for part in (True, False) for line in assumption_lines(one, part))


def _explained(as_of: date, finding: Finding, program: Program, notes: bool) -> tuple[str, ...]:
    return why(as_of, finding, program.labels, notes)


def _named(program: Program, record: Record, word: str) -> list[Finding]:
    """The findings that a word names, helpers too."""
    try:
        return list(program.find(record, word))
    except ValueError as error:
        raise _unknown(error) from None


def _listed(findings: Sequence[Finding], form: str) -> str:
    if form == "json":
        told = [
            {"finding": one.reference, "status": one.status, "title": one.title} for one in _ordered(findings)
        ]
        return json.dumps(told, indent=2, ensure_ascii=False)
    return "\n".join(map(clean, list_findings(findings)))


def _paragraph(lines: Sequence[str], steps: Sequence[str], columns: int, color: bool) -> str:
    paint = painter(color)
    wrapped = [
        part if index == 0 else f"  {part}"
        for line in lines
        for index, part in enumerate(wrap(line, min(columns, 100) - 2))
    ]
    return "\n".join([paint(wrapped[0], "strong"), *wrapped[1:], *steps])


# Selects the findings of a decision that a word on the command line names.


def select_findings(decision: Decision, word: str | None, key: str | None) -> list[Finding]:
    """Returns the findings that a word names, or all without nested requirements.

    `key` keeps those about the thing of that key.
    """
    about = [one for one in dict.fromkeys(nested(decision.findings)) if key is None or _about(one, key)]
    if not about and key is not None:
        raise CommandError(f"no finding is about `{key}`", help=did_you_mean(key, _keys(decision)))
    if word is None:
        return [one for one in about if one in decision.findings]
    try:
        return list(replace(decision, _findings=tuple(about), _figures=()).find(word))
    except ValueError as error:
        raise _unknown(error) from None


def _unknown(error: ValueError) -> CommandError:
    message, _, help = str(error).partition("; ")
    return CommandError(message, help=help)


def _about(finding: Finding, key: str) -> bool:
    subject = finding.subject
    return key in (subject.name, subject.path, str(subject), subject.label)


def _keys(decision: Decision) -> list[str]:
    return sorted({one.subject.path for one in decision.findings})


def list_findings(findings: Sequence[Finding]) -> Iterator[str]:
    """Yields a line for each finding: its reference, status and title, sorted by list."""
    rows = list(
        dict.fromkeys((one.reference, status_words(one.status), one.title) for one in _ordered(findings))
    )
    first = max((len(row[0]) for row in rows), default=0)
    second = max((len(row[1]) for row in rows), default=0)
    for reference, status, title in rows:
        yield f"{reference:<{first}}  {status:<{second}}  {title}"


def _ordered(findings: Sequence[Finding]) -> list[Finding]:
    order = list(SECTIONS)
    return sorted(findings, key=lambda one: order.index(one.section) if one.section in order else len(order))
