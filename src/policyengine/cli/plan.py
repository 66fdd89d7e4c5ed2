"""`policyengine plan`: who is affected by a change of policies, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import click

from policyengine.api import Program
from policyengine.change import publication
from policyengine.change.attribution import causes_of
from policyengine.change.impact import ImpactAnalysis, RecordPair
from policyengine.change.parallel import spread
from policyengine.change.period import Days, days_of
from policyengine.change.plan import GivenWaiver, Plan, PlanVersion
from policyengine.change.plan_summary import Condition, condition, summary_of
from policyengine.change.schedule import stages, turning_days
from policyengine.change.sides import ranks_of
from policyengine.change.tally import Tally
from policyengine.change.titles import titles_of
from policyengine.cli import VERSION
from policyengine.cli.completion import PROGRAM
from policyengine.cli.console import Console, Progress
from policyengine.cli.exit_codes import FOUND, OK, CommandError
from policyengine.cli.file_io import SUMMARY_BYTES, deliver, repository_address, workspace
from policyengine.cli.options import (
    Output,
    as_of_option,
    color_option,
    output_option,
    records_of,
    records_option,
    subcommand,
)
from policyengine.cli.population import Population, read_population
from policyengine.cli.revisions import open_versions, read_versions
from policyengine.cli.versions import Version
from policyengine.decision.findings import Waiver
from policyengine.program.graph import Graph
from policyengine.program.load import without_waivers
from policyengine.render import ci_formats
from policyengine.render.diagnostic_text import diagnostics_text
from policyengine.render.plan_list import plan_list
from policyengine.render.plan_words import amount, count, several, things

_FOR_SERVERS: tuple[ci_formats.Form, ...] = ("sarif", "junit", "github")
_LIST = "list"
CHANGES = 5
"""The exit code of `--detailed-exitcode` where something changes for somebody."""


@subcommand(
    "plan",
    "policyengine plan acme acme-2027 --records acme/records/example.yaml",
    "policyengine plan main policies/acme --records partners.ndjson -o html:plan.html",
)
@click.argument("words", metavar="OLD NEW [FOLDER] [FILE]...", nargs=-1, required=True, type=PROGRAM)
@records_option
@as_of_option
@click.option(
    "--period", default="P12M", metavar="PERIOD", show_default=True,
    help="Whose charges are added up: a length from the evaluation date, or START..END.",
)  # fmt: skip
@click.option(
    "--fail-if", "conditions", metavar="EXPR", multiple=True,
    help="Exit code 1 if this holds, such as `losers > 10`; may be given several times.",
)  # fmt: skip
@click.option(
    "--public", is_flag=True, help="Tell nothing about fewer than five records: others can read the output."
)
@click.option("--show-keys", is_flag=True, help="Name those who win and lose most; logs may be public.")
@click.option(
    "--top", type=click.IntRange(1), default=10, show_default=True, help="How many `--show-keys` names."
)
@output_option("text", "markdown", "json", "html", *_FOR_SERVERS)
@click.option(
    "--list", "listing", type=click.Path(path_type=Path), metavar="FILE.csv",
    help="Write who is hit: key, label, levels and money before and after, causes.",
)  # fmt: skip
@click.option("--detailed-exitcode", is_flag=True, help="Exit code 5 if something changes for somebody.")
@color_option
def command(
    words: tuple[str, ...], files: tuple[str, ...], as_of: date, period: str,
    conditions: tuple[str, ...], public: bool, show_keys: bool, top: int, outputs: tuple[Output, ...],
    listing: Path | None, detailed_exitcode: bool, color: str, **given: Any,
) -> int:  # fmt: skip
    """Show whom a change of policies affects, and what it costs.

    OLD and NEW are two folders of one program, or revisions of its folder: `main HEAD policies/example` or
    `main..HEAD policies/example`. The folder may be left out where there is one program.
    The records (YAML, JSON, NDJSON, CSV, Parquet, a folder of such files, a database; `-` for standard input)
    are the partner base. Records with mistakes are counted and left out; the exit code is then 1.
    """
    console = Console.of(color)
    if public and (show_keys or listing is not None):
        raise CommandError("`--public` names nobody", help="leave out `--show-keys` and `--list`")
    days = _days(period, as_of)
    limits = _conditions(conditions, console)
    wanted = (*(outputs or (Output("text"),)), *([Output(_LIST, listing)] if listing is not None else ()))
    versions, more = read_versions(words)
    records = records_of((*files, *more), given)
    if records is None:
        raise CommandError("there are no records", help="`--records FILE` names the partner base")
    programs = open_versions(versions, as_of, console)
    population = read_population(*programs, records, console, show=show_keys, public=public)
    plan = plan_of(versions, programs, population, days, top if show_keys else 0, listing is not None)
    inputs = [
        *map(Path, (*records.inputs, *words)),
        *(Path(name) for each in programs for name in each.files),
    ]
    shown = publication.public(plan) if public else plan
    passed = [(limit.text, _passed(limit, plan, shown)) for limit in limits]
    deliver(
        wanted, lambda form, paint: _render(shown, passed, form, paint, console), console, inputs,
        summary=lambda: _summary(shown),
    )  # fmt: skip
    console.err(_left_out(plan, shown))
    for text, so in passed:
        console.err(f"--fail-if `{text}` {so}" if so is not None else "")
    if population.left_out or population.twice or any(so is not None for _, so in passed):
        return FOUND
    return CHANGES if detailed_exitcode and not plan.same else OK


def _days(period: str, as_of: date) -> Days:
    try:
        return days_of(period, as_of)
    except ValueError as error:
        raise CommandError(
            f"--period: {error}", help="write a length such as `P12M`, or `2027-01-01..2027-12-31`"
        ) from None


def _conditions(texts: Sequence[str], console: Console) -> list[Condition]:
    found = [condition(text, "--fail-if") for text in texts]
    wrong = [each for one in found if isinstance(one, tuple) for each in one]
    if wrong:
        console.err(diagnostics_text(wrong, color=console.color_err))
        raise CommandError("a condition of `--fail-if` cannot be used")
    return [one for one in found if isinstance(one, Condition)]


def plan_of(
    versions: tuple[Version, Version], programs: tuple[Program, Program],
    population: Population, days: Days, top: int = 0, listing: bool = False,
) -> Plan:  # fmt: skip
    """What a change from one version to the other does to the records, with the names of `top` of them."""
    old, new = programs
    as_of = new.as_of
    units = (*old.linked.units, *new.linked.units)
    turns = turning_days(units, as_of, days.last)
    before, after = (_on_day(*both) for both in zip(versions, programs, strict=True))
    causes = causes_of(old.linked, new.linked)
    ranges = stages(before, after, days, turns, causes)
    judge = ImpactAnalysis(
        ranges,
        ranks_of(graph(turn) for graph in (before, after) for turn in turns),
        new.vocabulary.entities[new.vocabulary.root].key,
        new.vocabulary.entities[new.vocabulary.root].label,
        listing,
    )
    titles = titles_of(version.program(turn).linked for version in versions for turn in turns)
    noun = titles.entity(new.vocabulary.root)
    tally = _tally(judge, population.pairs, noun)
    found = Plan(
        new.id, new.title,
        PlanVersion(versions[0].name, old.linked.digest, versions[0].commit),
        PlanVersion(versions[1].name, new.linked.digest, versions[1].commit),
        as_of, days, turns, noun, tally, population.left_out, titles,
        tuple(cause.title for cause in causes), top, tuple(cause.at for cause in causes),
        population.refused, population.twice, new.vocabulary.root,
        billed={key: charges for each in ranges for key, charges in each.billed.items()},
    )  # fmt: skip
    return _with_waivers(found, new, after, population)


def _with_waivers(plan: Plan, new: Program, after: Callable[[date], Graph], population: Population) -> Plan:
    """The plan with what the waivers of the new version come to, for the same records without them."""
    given = tuple(
        GivenWaiver(
            each.note.policy, each.note.id, each.of, each.begins_on, each.note.until_including, each.origin.at
        )
        for found in after(plan.as_of).vocabulary.waivers.values() for each in found
    )  # fmt: skip
    bare = {day: without_waivers(new.linked, day) for day in plan.turns} if given else {}
    graphs = {day: each.evaluated for day, each in bare.items() if each is not None}
    if not given or None in graphs.values() or len(graphs) < len(plan.turns):
        return plan
    judge = ImpactAnalysis(
        stages(lambda day: graphs[day], after, plan.days, plan.turns),  # type: ignore[arg-type,return-value]
        ranks_of(after(day) for day in plan.turns),
        new.vocabulary.entities[new.vocabulary.root].key,
    )
    pairs = [RecordPair(pair.new, pair.new) for pair in population.pairs]
    tally = _tally(judge, pairs, plan.noun)
    del tally.named[f"{Waiver.section}_changed"]  # there are waivers on one side only
    waived = replace(
        plan, old=plan.new, tally=tally, changes=(), places=(), top=0, refused=0, left_out=0, twice=0
    )
    return replace(plan, waivers=given, waived=waived)


def _on_day(version: Version, program: Program) -> Callable[[date], Graph]:
    """Returns the graph of a version on any day; a version that compiles does so on every day."""

    @cache
    def graph(day: date) -> Graph:
        found = program if day == program.as_of else version.program(day)
        assert found.linked.evaluated is not None
        return found.linked.evaluated

    return graph


def _tally(judge: ImpactAnalysis, pairs: Sequence[RecordPair], noun: str) -> Tally:
    tally, done = Tally(), 0
    progress = Progress(several(noun))
    try:
        for number, some in spread(lambda start, end: judge.tally(pairs[start:end]), len(pairs)):
            tally.add(some)
            done += number
            progress(done, len(pairs))
    finally:
        progress.end()
    return tally


def _passed(limit: Condition, plan: Plan, shown: Plan) -> str | None:
    """Returns what is wrong where a limit is exceeded (`holds: losers is 3`), else None.

    A value that is not shown is not told; a count that is rounded is told so.
    """
    summary = summary_of(plan)
    holds = limit.holds(summary)
    if holds is False:
        return None
    told = summary_of(shown)
    values = [
        f"{name} is {_value(value) if told[name] == value else _at_least(told[name])}"
        for name, value in summary.items()
        if name in limit.names
    ]
    return f"{'holds' if holds else 'cannot be decided'}: {', '.join(values)}"


def _at_least(value: object) -> str:
    return f"at least {count(value)}" if isinstance(value, int) and value else "not shown"


def _left_out(plan: Plan, shown: Plan) -> str:
    if not plan.left_out:
        return ""
    if not shown.left_out:
        return "some records are left out"
    more = "at least " if shown.public else ""
    return f"{more}{things(shown.left_out, 'record')} left out"


def _value(value: object) -> str:
    if value is None:
        return "not known, since amounts in two currencies have no sum"
    return count(value) if isinstance(value, int) else amount(value, "")  # type: ignore[arg-type]


def _summary(plan: Plan) -> str:
    """The whole plan, for the summary of a job."""
    from policyengine.render.plan_markdown import plan_markdown

    return plan_markdown(plan, repository_address(), SUMMARY_BYTES)


def _render(
    plan: Plan, passed: Sequence[tuple[str, str | None]], form: str, paint: bool, console: Console
) -> str:
    if form in _FOR_SERVERS:
        from policyengine.render.plan_reports import published

        return published(plan, passed, VERSION).render(form, workspace())
    if form == _LIST:
        return plan_list(plan)
    if form == "json":
        from policyengine.render.plan_json import plan_json

        return plan_json(plan)
    if form == "markdown":
        from policyengine.render.plan_markdown import plan_markdown

        exceeded = [(text, so) for text, so in passed if so is not None]
        return plan_markdown(plan, repository_address(), passed=exceeded)
    if form == "html":
        from policyengine.render.plan_html import plan_html

        return plan_html(plan, repository_address())
    from policyengine.render.plan_text import plan_text

    return plan_text(plan, color=paint, columns=console.columns)
