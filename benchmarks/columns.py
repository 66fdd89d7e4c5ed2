"""Measures columns on the workload, in memory and on one core: `make bench-columns`.

Beside hand-written Polars with decimals for the same answers, and beside our own row engine, in turns in one
run; then how the cost grows with the records and with the rules. It prints ratios and the page's figures.
"""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import gc
import re
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import ours
import polars as pl
import pyarrow as pa
from columns_holes import by_holes
from columns_peers import peers
from page import machine, put
from records import answer, records
from rules import ACTIVITIES, CONDITIONS, LEVELS, MATRIX, TYPES, Condition

from policyengine.engine.columns import ColumnPlan, plan, record_schema
from policyengine.engine.finding_rows import row_engine
from policyengine.program.load import load
from policyengine.source import Source
from program import FOLDER

ROUNDS = 7
DAY = date(2026, 11, 21)
_FEW = 2_000
_SOME = 400
_DRAWN = 20_000
_PART = 10_000


# Hand-written


def _hand() -> Callable[[pl.DataFrame], pl.DataFrame]:
    """What a careful person writes in Polars: decimals wide enough, duties looked up by their conditions."""
    c = pl.col
    order = list(CONDITIONS)
    duties = pl.Series(
        [[a for a in ACTIVITIES if MATRIX[a][kind] == "p" and (a not in CONDITIONS or bits >> order.index(a) & 1)]
         for kind in TYPES for bits in range(2 ** len(order))], dtype=pl.List(pl.String),
    )  # fmt: skip

    def holds(condition: Condition) -> pl.Expr:
        fact = c(condition.fact)
        if condition.op == "=":
            return fact if condition.value else ~fact
        return fact >= condition.value if condition.op == ">=" else fact < condition.value

    def amount(text: str) -> pl.Expr:
        return pl.lit(Decimal(text), dtype=pl.Decimal(38, 2))

    strict = c.attends_reviews & c.competence_positive & (c.technical_trained >= 1) & (c.sales_trained >= 1)
    tier: Any = pl.lit("none")
    discount: Any = amount("0.00")
    for level in reversed(LEVELS):
        here = (c.active_accounts >= level.low) & (c.active_accounts <= (level.high or 10**9))
        here = here & strict if level.strict else here
        tier = pl.when(here).then(pl.lit(level.id)).otherwise(tier)
        discount = pl.when(here).then(amount(str(level.discount))).otherwise(discount)
    key: Any = pl.lit(0, pl.UInt32)
    for i, kind in enumerate(TYPES):
        key = pl.when(c.partner_type == kind).then(pl.lit(i << len(order), pl.UInt32)).otherwise(key)
    for i, activity in enumerate(order):
        key = key + holds(CONDITIONS[activity]).cast(pl.UInt32) * pl.lit(1 << i, pl.UInt32)
    wide = pl.Decimal(38, 4)

    def net(fee: str) -> pl.Expr:
        rest = pl.lit(Decimal(1), dtype=wide) - c.discount.cast(wide)
        return (c(fee).cast(wide) * rest).round(2, mode="half_away_from_zero").alias(f"net_{fee}")

    mrr = c.total_users.cast(pl.Decimal(38, 2)) * (c.license_price + c.hwaas_price + c.classound_price)
    chosen = [
        c.id, c.level, c.discount, pl.lit(duties).gather(key).alias("duties"), c.expected_mrr,
        (c.expected_mrr.cast(wide) * c.probability.cast(wide)).alias("weighted_mrr"),
        ((c.stage != "proposal") | c.verbal_agreement).alias("gate_open"),
        (c.demo_answers & c.demo_done & c.approved_by_am).alias("bonus"), net("setup_fee"), net("monthly_fee"),
    ]  # fmt: skip
    first = [tier.alias("level"), discount.alias("discount"), mrr.alias("expected_mrr")]
    return lambda rows: rows.lazy().with_columns(first).select(chosen).collect()


# Ours


def batch(columns: ColumnPlan, count: int) -> Any:
    """So many records of the workload; more than were drawn are the same ones again."""
    schema = record_schema(columns.graph.vocabulary)
    cents = [pa.field(f.name, pa.decimal128(38, 2)) if pa.types.is_decimal(f.type) else f for f in schema]
    drawn = [{"__row": i, **record} for i, record in enumerate(records(min(count, _DRAWN)), start=1)]
    table = pa.Table.from_pylist(drawn, schema=pa.schema(cents))
    return pa.concat_tables([table] * -(-count // _DRAWN)).slice(0, count).combine_chunks()


def right(columns: ColumnPlan, table: Any, by_hand: pl.DataFrame) -> None:
    """Raises `ValueError` where an amount is not right to the last digit, ours or the hand-written one."""
    expected = [answer(each) for each in records(_FEW)]
    rows = columns.answer(table.slice(0, _FEW)).table.to_pylist()
    for name, theirs, part, cell in (
        ("net_setup", "net_setup_fee", "setup", "net"), ("net_monthly", "net_monthly_fee", "monthly", "net"),
        ("expected_mrr", "expected_mrr", "expected_mrr", "value"),
        ("weighted_mrr", "weighted_mrr", "weighted_mrr", "value"),
    ):  # fmt: skip
        wanted = [each[name] for each in expected]
        mine = [Decimal(row[cell]) for row in rows if row["id"] == part and row[cell] is not None]
        if mine != wanted or by_hand[theirs].to_list()[:_FEW] != wanted:
            raise ValueError(name)


def findings(columns: ColumnPlan, table: Any) -> None:
    """Works the findings table out in batches as `evaluate` does, and keeps none of it."""
    for at in range(0, table.num_rows, _PART):
        columns.answer(table.slice(at, _PART))


def program_of(copies: int) -> Any:
    """The workload with its matrix so many times over, each with other limits in its conditions."""
    texts = {path.name: path.read_text() for path in sorted(Path(FOLDER).glob("*.yaml"))}
    matrix = texts.pop("activities.yaml")
    for i in range(copies):
        other = re.sub(r"(?<=[<>=] )\d+$", lambda found, i=i: str(int(found[0]) + i), matrix, flags=re.M)
        texts[f"activities-{i}.yaml"] = other.replace("id: activities\n", f"id: activities-{i}\n")
    found = load("workload", [Source(name, text) for name, text in texts.items()], DAY)
    if not found.ok:
        raise ValueError([each.message for each in found.diagnostics])
    return found


# Timing


def best(runs: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """The seconds of the best round of each, in turns."""
    found = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            gc.collect()
            start = time.perf_counter()
            run()
            found[name] = min(found[name], time.perf_counter() - start)
    return found


_SAID: list[str] = []


def _say(text: str = "") -> None:
    _SAID.append(text)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def beside(count: int) -> None:
    """Columns beside hand-written Polars and our own rows."""
    loaded = ours.program()
    columns, hand = plan(loaded.linked), _hand()
    table = batch(columns, count)
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    right(columns, table, hand(frame))
    some = [ours.read(loaded, record) for record in records(_FEW)]
    rows = row_engine(loaded.linked)
    took = best(
        {
            "hand-written Polars, decimals": lambda: hand(frame),
            "columns, findings table": lambda: findings(columns, table),
        }
    )
    new = iter(some)  # in every round others: what came up before is put together faster
    slow = best(
        {"row engine, findings table": lambda: [rows(i, each) for i, each in enumerate(islice(new, _SOME))]},
        _FEW // _SOME,
    )
    counts = {"row engine, findings table": _SOME}
    rates = {name: counts.get(name, count) / seconds for name, seconds in {**took, **slow}.items()}
    by_hand = rates["hand-written Polars, decimals"]
    same = {"columns, findings table": "row engine, findings table"}
    _say("| on one core | records a second | to hand-written Polars | to our rows, same outputs |")
    _say("|---|---:|---:|---:|")
    for name, rate in rates.items():
        to_rows = f"{rate / rates[same[name]]:.1f} x" if name in same else ""
        _say(f"| {name} | {rate:,.0f} | {rate / by_hand:.3f} x | {to_rows} |")
    _say()
    _say("The findings table has a row for each of 53 findings a record, with its place, its basis and its")
    _say(f"amounts, worked out in batches of {_PART:,} as `evaluate` does.")
    _say()


def by_records(counts: tuple[int, ...]) -> None:
    """What a record costs among few and among many, in batches of at most 100,000."""
    columns = plan(ours.program().linked)
    _say("| records | microseconds a record |")
    _say("|---:|---:|")
    for count in counts:
        table = batch(columns, min(count, 100_000))
        times = max(1, count // 100_000)

        def run(table: Any = table, times: int = times) -> None:
            for _ in range(times):
                findings(columns, table)

        _say(f"| {count:,} | {best({'': run}, 3)[''] / count * 1e6:.3f} |")
    _say()


def by_rules(copies: tuple[int, ...], count: int) -> None:
    """What a rule costs among few and among many."""
    _say("| rules | lowering, s | microseconds a record | nanoseconds a record and rule |")
    _say("|---:|---:|---:|---:|")
    for several in copies:
        columns = plan(program_of(several))
        table = batch(columns, count)
        start = time.perf_counter()
        columns.answer(table.slice(0, 100))
        lowering = time.perf_counter() - start
        seconds = best({"": lambda columns=columns, table=table: findings(columns, table)}, 5)[""]
        rules = len(columns.graph.rules)
        _say(
            f"| {rules:,} | {lowering:.2f} | {seconds / count * 1e6:.2f} | {seconds / count / rules * 1e9:.1f} |"
        )
    _say()


if __name__ == "__main__":
    _say("## In columns, in memory")
    _say()
    _say(f"{machine()}; Polars on one. The same workload, {ROUNDS} rounds in turn, the best of each.")
    _say()
    beside(100_000)
    peers((10_000, 100_000), plan(ours.program().linked), batch, _hand(), findings, best, _say)
    by_holes(best, _say)
    by_records((10_000, 100_000, 1_000_000))
    by_rules((1, 6, 31), 50_000)
    put("columns", "\n".join(_SAID))
