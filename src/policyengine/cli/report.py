"""`policyengine report`: the lists that operations work with, over a whole partner base."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import click

from policyengine.api import Program
from policyengine.change.period import twelve_months
from policyengine.cli.completion import PROGRAM
from policyengine.cli.console import Console
from policyengine.cli.options import (
    Output,
    Percent,
    as_of_option,
    color_option,
    output_option,
    records_option,
    subcommand,
)
from policyengine.cli.partner_base import (
    LISTING_ENDINGS,
    Work,
    check_list,
    list_of,
    one_list,
    open_base,
    write_listings,
)
from policyengine.decision.decision import Decision
from policyengine.decision.findings import Charge, Finding, Level, Obligation, Waiver
from policyengine.engine.rows.engine import compile_graph
from policyengine.program.list_reports import reports_of
from policyengine.program.record import Record
from policyengine.reports.due_list import due_list
from policyengine.reports.level_lists import By, Limits, losing_list, next_list
from policyengine.reports.level_money import LevelMoney
from policyengine.reports.lists import Answer, Collector
from policyengine.reports.own_list import OwnList
from policyengine.reports.undecided_list import Undecided
from policyengine.reports.waiver_list import waiver_list

_FINDINGS: Mapping[str, tuple[type[Finding], ...]] = {
    "due": (Obligation, Charge), "losing": (Level,), "next": (Level,), "waivers": (Waiver,),
    "undecided": (Finding,),
}  # fmt: skip
"""The findings that a list reads; one of the program's own reads none."""
_FEW = 10
"""So many rows of each list are shown where several are."""


@subcommand(
    "report",
    "policyengine report acme acme/records/example.yaml",
    "policyengine report acme partners.csv due --within 14",
)
@click.argument("words", metavar="PROGRAM RECORD... [LIST]", nargs=-1, required=True, type=PROGRAM)
@records_option
@as_of_option
@click.option(
    "--within", type=click.IntRange(0), default=30, show_default=True, metavar="DAYS",
    help="How far `due` looks ahead, and `losing` for levels that are held until a day.",
)  # fmt: skip
@click.option(
    "--room", type=Percent(), default="20", show_default=True, metavar="PERCENT",
    help="`losing` has the levels whose measure may fall by at most so much.",
)  # fmt: skip
@click.option(
    "--by", type=click.Choice(["room", "date", "money"]), default="room", show_default=True,
    help="What `losing` is ordered by.",
)  # fmt: skip
@output_option("text", "markdown", "csv", "json", endings=LISTING_ENDINGS)
@color_option
def command(
    words: tuple[str, ...], files: tuple[str, ...], as_of: date, within: int, room: Decimal, by: By,
    outputs: tuple[Output, ...], color: str, **given: Any,
) -> int:  # fmt: skip
    """Show the lists that operations work with, over a partner base.

    LIST is `due` (overdue, and due within some days, by party), `losing` (about to lose a level), `next`
    (close to the next one, and what it brings in a year), `undecided` (by the fact that would settle most) or
    `waivers` (that lapse), or a report of the program's own; without it, the beginning of each is shown.
    `-o FILE.xlsx` writes all of them whole, a sheet for each, `-o FILE.csv` one of them.
    """
    console = Console.of(color)
    wanted, more = list_of(words)
    base = open_base("report", more, files, as_of, given, console)
    base.protect(outputs)
    most = None if wanted or any(each.format in ("xlsx", "csv") for each in outputs) else _FEW
    makers = _makers(base.program, within, Limits(room / 100, within), by, most)
    check_list(wanted, makers)
    chosen = [name for name in makers if wanted in (None, name)]
    if len(chosen) > 1 and any(each.format == "csv" for each in outputs):
        raise one_list(makers)
    decide = _decider(base.program, {kind for name in chosen for kind in _FINDINGS.get(name, ())})
    collectors: list[Collector[Any]] = []

    def begin() -> Work[list[Any]]:
        collectors[:] = [makers[name]() for name in chosen]
        return parts, add

    def parts(records: Sequence[Record]) -> list[Any]:
        answers = [Answer(record, decide(record)) for record in records]
        return [each.part(answers) for each in collectors]

    def add(found: list[Any]) -> None:
        for each, part in zip(collectors, found, strict=True):
            each.add(part)

    code = base.each(begin, outputs)
    listings = [each.listing() for each in collectors]
    write_listings(outputs, listings, base, console, None if wanted else _FEW)
    return code


def _decider(program: Program, wanted: set[type[Finding]]) -> Callable[[Record], Decision]:
    """What decides a record, by the rules whose findings the lists read: for one list in half the time."""
    judging = program.linked.judging
    assert judging is not None
    rules = tuple(rule for rule in judging.rules if Finding in wanted or rule.finding in wanted)
    compiled = compile_graph(
        replace(judging, rules=rules, types=dict(judging.types), _needs={}), program.as_of
    )
    return lambda record: compiled.decide(program.linked, record)


def _makers(
    program: Program, within: int, limits: Limits, by: By, most: int | None
) -> Mapping[str, Callable[[], Collector[Any]]]:
    """What makes the collector of each list; with `most` only so many rows of it are needed."""
    graph = program.linked.evaluated
    assert graph is not None
    worth = LevelMoney(graph, twelve_months(program.as_of)).worth
    found: dict[str, Callable[[], Collector[Any]]] = {
        "due": lambda: due_list(program.labels, within, most),
        "losing": lambda: losing_list(worth, limits, by, most),
        "next": lambda: next_list(worth, most),
        "undecided": lambda: Undecided(program.vocabulary),
        "waivers": lambda: waiver_list(program.labels, within, most),
    }
    own = reports_of(program.linked)
    return found | {each.report.id: partial(OwnList, each, program.as_of) for each in own}
