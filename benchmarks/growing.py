"""Programs, records and tables of any size, each with the command whose time is to grow with that size."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

from partners import line, partners

_BYTEKAST = Path(__file__).parents[1] / "policies" / "bytekast"
_HEAD = """\
kind: program
id: growing
title: Growing
currency: EUR
parties: {partner: the partner, vendor: the vendor}
items: {fee: fee}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      n: {type: count, title: number}
      m: {type: count, title: other number}
      volume: {type: money, title: volume}
      joined_on: {type: date, title: day of joining}
      stage: {type: enum, title: stage, values: [%s]}
      kind_of: {type: enum, title: kind, values: [one, two, three]}
      tags: {type: list of count, title: tags}
"""
_RECORD = "id: x\nn: 7\nm: 3\nvolume: 100\njoined_on: 2026-01-31\nkind_of: two\nstage: s0\n"
_BILLING = "kind: billing\nid: fees\ntitle: Fees\nfor: partner\ncharges:\n"
_TABLE = "kind: table\nid: %s\ntitle: Table\nfor: partner\ntype: money\nhit: %s\ninputs: [%s]\n%srows:\n"

_TRUTH = ("true", "false")

Arguments = list[str]
Write = Callable[[Path, int], Arguments]


class Case(NamedTuple):
    """What grows, the command that is measured, and the sizes that it is measured at."""

    title: str
    command: str
    write: Write
    sizes: tuple[int, ...]


def _program(folder: Path, *policies: str, facts: str = "", stages: int = 1, entities: str = "") -> str:
    folder.mkdir(parents=True, exist_ok=True)
    head = _HEAD % ", ".join(f"s{i}" for i in range(stages))
    (folder / "program.yaml").write_text(head + facts + entities, encoding="utf-8")
    (folder / "policies.yaml").write_text("---\n".join(policies), encoding="utf-8")
    return str(folder)


def _record(folder: Path, text: str = _RECORD, name: str = "record.yaml") -> str:
    path = folder.parent / f"{folder.name}-{name}"
    path.write_text(text, encoding="utf-8")
    return str(path)


# What stands in one policy


def billing(n: int, more: int = 0, key: str = "id") -> str:
    """So many charges."""
    rows = (
        f"  - {{{key}: c{i}, title: C{i}, amount: {i + 1 + more}, item: fee, due_on: joined_on}}\n"
        for i in range(n)
    )
    return _BILLING + "".join(rows)


def obligations(n: int, more: int = 0) -> str:
    """So many obligations."""
    rows = (
        f"  - {{id: o{i}, title: O{i}, met_when: n >= {i + more}, due_on: joined_on}}\n" for i in range(n)
    )
    return "kind: obligations\nid: duties\ntitle: Duties\nfor: partner\nobligations:\n" + "".join(rows)


def matrix(n: int, more: int = 0) -> str:
    """So many activities."""
    head = (
        "kind: matrix\nid: who\ntitle: Who\nfor: partner\ncolumns: {by: kind_of, values: [one, two, three]}\n"
    )
    rows = (
        f"      - {{id: a{i}, title: A{i}, responsible: {{one: vendor, two: partner, three: partner}}, "
        f"when: n >= {i + more}}}\n"
        for i in range(n)
    )
    return f"{head}sections:\n  - id: all\n    title: All\n    activities:\n" + "".join(rows)


def tiers(n: int, more: int = 0) -> str:
    """So many levels."""
    rows = [
        f"  - {{id: l{i}, title: L{i}, n: {10 * i}..{10 * i + 9}, requires: [{{id: m{i}, title: M{i}, "
        f"when: m >= {i + more}}}]}}\n"
        for i in range(n - 1)
    ]
    rows.append(f"  - {{id: top, title: Top, n: {10 * (n - 1)}..}}\n")
    return "kind: tiers\nid: levels\ntitle: Levels\nfor: partner\nmeasure: n\nlevels:\n" + "".join(rows)


def pipeline(n: int, more: int = 0) -> str:
    """So many stages."""
    rows = (
        f"  - {{id: s{i}, title: S{i}, leave_when: [{{id: r{i}, title: R{i}, when: n >= {i + more}}}]}}\n"
        for i in range(n - 1)
    )
    end = f"  - {{id: s{n - 1}, title: S{n - 1}, final: true}}\n"
    return (
        "kind: pipeline\nid: deals\ntitle: Deals\nfor: partner\nstage: stage\nstages:\n" + "".join(rows) + end
    )


def table(n: int, more: int = 0, hit: str = "first") -> str:
    """So many rows over one number; with `first` each takes some of what the next ones do."""
    wide = 5 if hit not in ("unique", "any") else 0
    rows = "".join(
        f"  - {{when: {{n: {10 * i}..{10 * i + 9 + wide}}}, then: {1 + more}}}\n" for i in range(n)
    )
    default = "" if hit.startswith("collect") else "default: 5\n"
    return _TABLE % ("t", hit, "n", default) + rows


POLICIES: dict[str, Callable[[int, int], str]] = {
    "charges": billing, "obligations": obligations, "activities": matrix, "levels": tiers,
    "stages": pipeline, "rows, hit: first": table,
    **{f"rows, hit: {hit}": (lambda n, more=0, hit=hit: table(n, more, hit))
       for hit in ("unique", "any", "collect list", "collect sum")},
}  # fmt: skip


def _checked(policy: Callable[[int, int], str]) -> Write:
    return lambda folder, n: [_program(folder, policy(n, 0), stages=n)]


def _evaluated(policy: Callable[[int, int], str]) -> Write:
    return lambda folder, n: [_program(folder, policy(n, 0), stages=n), _record(folder)]


def _compared(policy: Callable[[int, int], str]) -> Write:
    return lambda folder, n: [
        _program(folder / side, policy(n, more), stages=n) for side, more in (("old", 0), ("new", 1))
    ]


def _planned(policy: Callable[[int, int], str]) -> Write:
    return lambda folder, n: [*_compared(policy)(folder, n), "--records", _record(folder)]


def repriced(folder: Path, n: int) -> Arguments:
    """A partner base of so many, for ByteKast with other levels and discounts."""
    edits = {
        "10..15": "11..17",
        "16..26": "18..26",
        "discount: 20%": "discount: 22%",
        "discount: 33%": "discount: 35%",
    }
    for side in ("old", "new"):
        shutil.copytree(_BYTEKAST, folder / side)
    levels = folder / "new" / "levels.yaml"
    text = levels.read_text(encoding="utf-8")
    for old, new in edits.items():
        text = text.replace(old, new)
    levels.write_text(text, encoding="utf-8")
    base = "".join(f"{line(each)}\n" for each in partners(n))
    return [str(folder / "old"), str(folder / "new"), "--records", _record(folder, base, "base.ndjson")]


# Tables over several inputs


def nested(folder: Path, n: int) -> Arguments:
    """`first`: each row takes all that those before it take, and more."""
    rows = "".join(f"  - {{when: {{n: ..{i}}}, then: 1}}\n" for i in range(n))
    return [_program(folder, _TABLE % ("t", "first", "n", "default: 5\n") + rows)]


def eight_inputs(folder: Path, n: int) -> Arguments:
    """Rows over eight numbers, each within a stretch of each."""
    draw = random.Random(1)
    facts = "".join(f"      x{k}: {{type: count, title: x{k}}}\n" for k in range(8))
    rows = ""
    for _ in range(n):
        lows = [draw.randrange(1000) for _ in range(8)]
        tests = ", ".join(f"x{k}: {low}..{low + draw.randrange(500)}" for k, low in enumerate(lows))
        rows += f"  - {{when: {{{tests}}}, then: 1}}\n"
    inputs = ", ".join(f"x{k}" for k in range(8))
    return [_program(folder, _TABLE % ("t", "first", inputs, "default: 5\n") + rows, facts=facts)]


def grid(folder: Path, n: int) -> Arguments:
    """`unique`: every row a field of two numbers, without a gap."""
    side = round(n**0.5)
    edges = [f"{10 * i}..{10 * i + 9}" for i in range(side - 1)] + [f"{10 * (side - 1)}.."]
    rows = "".join(f"  - {{when: {{n: {x}, m: {y}}}, then: 1}}\n" for x in edges for y in edges)
    return [_program(folder, _TABLE % ("t", "unique", "n, m", "") + rows)]


def booleans(folder: Path, n: int) -> Arguments:
    """4.26 rows a boolean, each about three of them: as hard as such a proof can be."""
    draw = random.Random(1)
    facts = "".join(f"      f{i}: {{type: boolean, title: f{i}}}\n" for i in range(n))
    rows = "".join(
        f"  - {{when: {{f{a}: {draw.choice(_TRUTH)}, f{b}: {draw.choice(_TRUTH)}, f{c}: {draw.choice(_TRUTH)}}}, "
        "then: 1}\n"
        for a, b, c in (draw.sample(range(n), 3) for _ in range(int(4.26 * n)))
    )
    inputs = ", ".join(f"f{i}" for i in range(n))
    return [_program(folder, _TABLE % ("t", "first", inputs, "") + rows, facts=facts)]


# Programs


def tables(folder: Path, n: int) -> Arguments:
    """So many tables in one file."""
    rows = "  - [..9, 1]\n  - [10..99, 2]\n  - [100.., 3]\n"
    return [_program(folder, *(_TABLE % (f"t{i}", "unique", "n", "") + rows for i in range(n)))]


def facts(folder: Path, n: int) -> Arguments:
    """So many facts, each in a condition."""
    declared = "".join(f"      fact_{i}: {{type: count, title: fact {i}}}\n" for i in range(n))
    rows = "".join(
        f"  - {{id: o{i}, title: O{i}, when: {{fact_{i}: 1..}}, met_when: fact_{i} + n > {i}}}\n"
        for i in range(n)
    )
    text = "kind: obligations\nid: duties\ntitle: Duties\nfor: partner\nobligations:\n" + rows
    return [_program(folder, text, facts=declared)]


def misspelt_facts(folder: Path, n: int) -> Arguments:
    """So many facts, and as many conditions that misspell one."""
    declared = "".join(f"      fact_{i}: {{type: count, title: fact {i}}}\n" for i in range(n))
    rows = "".join(f"  - {{id: o{i}, title: O{i}, met_when: fatc_{i} > {i}}}\n" for i in range(n))
    text = "kind: obligations\nid: duties\ntitle: Duties\nfor: partner\nobligations:\n" + rows
    return [_program(folder, text, facts=declared)]


def derived(folder: Path, n: int) -> Arguments:
    """So many derived facts, each of the one before."""
    declared = "      d0: {type: number, title: d0, formula: n + 1}\n" + "".join(
        f"      d{i}: {{type: number, title: d{i}, formula: d{i - 1} + 1, informative: true}}\n"
        for i in range(1, n)
    )
    return [_program(folder, billing(1), facts=declared)]


def entities(folder: Path, n: int) -> Arguments:
    """So many entities within the partner, each with an obligation."""
    declared = "".join(
        f"  e{i}:\n    title: e{i}\n    within: partner\n    list: e{i}s\n    key: id\n    facts:\n"
        f"      id: {{type: text, title: identifier}}\n      a{i}: {{type: count, title: a{i}}}\n"
        for i in range(n)
    )
    policies = (
        f"kind: obligations\nid: p{i}\ntitle: P{i}\nfor: e{i}\nobligations:\n"
        f"  - {{id: o, title: O, met_when: a{i} > 0 and n > 0}}\n"
        for i in range(n)
    )
    return [_program(folder, *policies, entities=declared)]


def long_condition(folder: Path, n: int) -> Arguments:
    """One condition: a number is one of so many."""
    values = ", ".join(str(3 * i) for i in range(n))
    text = f"kind: obligations\nid: duties\ntitle: D\nfor: partner\nobligations:\n  - {{id: o, title: O, met_when: {{n: [{values}]}}}}\n"
    return [_program(folder, text)]


def misspelt(folder: Path, n: int) -> Arguments:
    """So many charges with two misspelt keys."""
    return [_program(folder, _BILLING + "".join(f"  - {{idd: s{i}, titel: S}}\n" for i in range(n)))]


def wrong_values(folder: Path, n: int) -> Arguments:
    """So many charges whose amount is no expression, and that name an item that is not there."""
    rows = "".join(f"  - {{id: c{i}, title: C, amount: 1 +, item: fie, due_on: joined}}\n" for i in range(n))
    return [_program(folder, _BILLING + rows)]


def twice(folder: Path, n: int) -> Arguments:
    """So many charges of one id."""
    rows = "  - {id: c, title: C, amount: 1, item: fee, due_on: joined_on}\n" * n
    return [_program(folder, _BILLING + rows)]


def tests(folder: Path, n: int) -> Arguments:
    """So many tests in one file."""
    program = Path(_program(folder, billing(3)))
    cases = "".join(
        f"  - {{name: t{i}, record: {{id: x, n: {i}, joined_on: 2026-01-31}}, "
        f"expect: {{charges: [{{id: c0, amount: '1.00'}}]}}}}\n"
        for i in range(n)
    )
    head = f"kind: test\nprogram: {program}\nas_of: 2026-11-21\ntests:\n"
    (program.parent / f"{folder.name}_test.yaml").write_text(head + cases, encoding="utf-8")
    return [str(program.parent / f"{folder.name}_test.yaml")]


# Source documents

_WORDS = [f"{one}{two}" for one in ("ba", "de", "li", "mo", "nu", "ri", "sa", "to") for two in (
    "bel", "dor", "fin", "gan", "kar", "lim", "nos", "pel", "rut", "sol", "tam", "ver")]  # fmt: skip


def pages(folder: Path, n: int) -> Arguments:
    """A copy of so many pages, each of 500 words in 30 sentences, beside its ledger; one in a hundred changed."""
    from policyengine.copies.first_ledger import first_ledger
    from policyengine.copies.passages import Copy
    from policyengine.copies.readers import read_copy

    drawn = random.Random(n)
    old = [" ".join(drawn.choices(_WORDS, k=17)).capitalize() + "." for _ in range(30 * n)]
    new = [each.replace(" ba", " no", 1) if i % 100 == 0 else each for i, each in enumerate(old)]
    text, changed = (
        "\n\n".join(" ".join(one[i : i + 5]) for i in range(0, len(one), 5)) for one in (old, new)
    )
    program = Path(_program(folder, billing(3), facts="", entities="sources: {terms: {title: Terms}}\n"))
    copy = read_copy("terms.txt", text.encode())
    assert isinstance(copy, Copy)
    (program / "terms-statements.yaml").write_text(first_ledger(copy, "terms", date(2026, 11, 21)))
    return [str(program), "--against", _record(folder, changed, "terms.txt"), "-o", "json:/dev/null"]


# Records


def records(folder: Path, n: int) -> Arguments:
    """So many records in a YAML file."""
    text = "---\n".join(_RECORD.replace("id: x", f"id: x{i}") for i in range(n))
    return [_program(folder, billing(3)), _record(folder, text)]


def bad_entries(folder: Path, n: int) -> Arguments:
    """One record with a list whose entries are all wrong."""
    text = "id: x\nn: 1\ntags:\n" + "".join(f"  - bad{i}\n" for i in range(n))
    return [_program(folder, billing(1)), _record(folder, text)]


def bad_entries_json(folder: Path, n: int) -> Arguments:
    """The same on one line of JSON."""
    text = json.dumps({"id": "x", "n": 1, "tags": [f"bad{i}" for i in range(n)]})
    return [_program(folder, billing(1)), _record(folder, text, "record.json")]


_IN_ORDER = """\
  request:
    title: request
    within: partner
    list: requests
    key: id
    order: {by: received, restart: received.year}
    facts:
      id: {type: text, title: identifier}
      received: {type: date, title: day of receipt}
      asked: {type: money, title: amount asked for}
      granted: {type: money, title: amount granted, formula: 'max(0, min(asked, volume - sum(earlier.granted)))'}
      large: {type: count, title: large ones before, formula: 'count(earlier[asked > 100])'}
      lately: {type: money, title: asked for in the year before, formula: 'sum(earlier[received > this.received - @"P1Y"].asked)'}
      last_large: {type: money, title: last large one, formula: 'last(earlier[asked > 100]).asked'}
"""


_IN_WINDOWS = """\
      lowest: {type: money, title: lowest of the year before, formula: 'min(earlier[received > this.received - @"P1Y"].asked)'}
      highest: {type: money, title: highest large one of 100 before, formula: 'max(earlier[position >= this.position - 100 and position < this.position - 10 and asked > 100].asked)'}
      before_that: {type: money, title: asked for in the year before that, formula: 'sum(earlier[received > this.received - @"P2Y" and received <= this.received - @"P1Y"].asked)'}
      last_lately: {type: money, title: last large one of the month before, formula: 'last(earlier[received > this.received - @"P1M" and asked > 100]).asked'}
"""


def in_windows(folder: Path, n: int) -> Arguments:
    """The same with windows: the lowest, the highest and the last within one, and a total between two days."""
    return in_order(folder, n, _IN_ORDER + _IN_WINDOWS)


def in_order(folder: Path, n: int, entities: str = _IN_ORDER) -> Arguments:
    """One record with so many children in an order, each with totals of those before it, one of them its own."""
    draw = random.Random(1)
    requests = [
        {"id": f"r{i}", "received": f"20{draw.randrange(10, 27)}-{draw.randrange(1, 13):02}-01",
         "asked": draw.randrange(1000)}
        for i in range(n)
    ]  # fmt: skip
    text = json.dumps({"id": "x", "volume": 100_000, "requests": requests})
    return [_program(folder, billing(1), entities=entities), _record(folder, text, "record.json")]


def unknown_facts(folder: Path, n: int) -> Arguments:
    """One record with so many keys that nobody knows."""
    text = "id: x\nn: 1\n" + "".join(f"c{i}: 1\n" for i in range(n))
    return [_program(folder, billing(1)), _record(folder, text)]


def columns(folder: Path, n: int) -> Arguments:
    """A table whose head has so many columns that nobody knows."""
    text = ",".join(["id", "n", *(f"c{i}" for i in range(n))]) + "\n" + ",".join(["1"] * (n + 2)) + "\n"
    return [_program(folder, billing(1)), _record(folder, text, "records.csv")]


def open_quote(folder: Path, n: int) -> Arguments:
    """A table with so many bytes behind a quote that is never closed, and further quotes in them."""
    text = 'id,n\nx,"' + f'{"a" * 30}","{"b" * 30}\n' * (n // 64)
    return [_program(folder, billing(1)), _record(folder, text, "records.csv")]


def damaged_rows(folder: Path, n: int) -> Arguments:
    """A table each of whose rows has a quote that is never closed."""
    text = "id,n\n" + 'y,"2\n' * n
    return [_program(folder, billing(1)), _record(folder, text, "records.csv")]


_CHANGED = {
    **dict.fromkeys(("charges", "obligations", "activities"), (100, 200, 400)),
    **dict.fromkeys(("levels", "rows, hit: first"), (10, 20, 40)),  # what they give is one result
    "stages": (50, 100, 200),
}

CASES = (
    Case("tables of three rows in one file", "check", tables, (376, 752, 1504)),
    *(Case(what, "check", _checked(policy), (2000, 4000, 8000) if what == "rows, hit: first" else (1000, 2000, 4000))
      for what, policy in POLICIES.items()),
    Case("rows, hit: first, each takes all before it", "check", nested, (2000, 4000, 8000)),
    Case("rows over a field of two numbers, hit: unique", "check", grid, (2025, 4096, 8100)),
    Case("rows over eight numbers, hit: first", "check", eight_inputs, (500, 1000, 2000)),
    Case("booleans, 4.26 rows each, hit: first", "check", booleans, (50, 100, 200)),
    Case("facts, each in two conditions", "check", facts, (1250, 2500, 5000)),
    Case("derived facts, each of the one before", "check", derived, (1250, 2500, 5000)),
    Case("entities", "check", entities, (500, 1000, 2000)),
    Case("values in one condition", "check", long_condition, (1250, 2500, 5000)),
    Case("charges with two misspelt keys", "check", misspelt, (1000, 2000, 4000)),
    Case("charges with wrong values", "check", wrong_values, (1000, 2000, 4000)),
    Case("charges of one id", "check", twice, (1000, 2000, 4000)),
    Case("facts, each misspelt once", "check", misspelt_facts, (500, 1000, 2000)),
    *(Case(what, "evaluate", _evaluated(policy), (500, 1000, 2000))
      for what, policy in POLICIES.items() if what != "rows, hit: any"),
    Case("records", "evaluate", records, (2000, 4000, 8000)),
    Case("children in an order, with totals of those before", "evaluate", in_order, (2500, 5000, 10_000)),
    Case("children in an order, with windows of those before", "evaluate", in_windows, (2500, 5000, 10_000)),
    Case("bad entries of a list", "evaluate", bad_entries, (12500, 25000, 50000)),
    Case("bad entries of a list, on one line", "evaluate", bad_entries_json, (12500, 25000, 50000)),
    Case("unknown facts of a record", "evaluate", unknown_facts, (12500, 25000, 50000)),
    Case("unknown columns of a table", "evaluate", columns, (250_000, 500_000, 1_000_000)),
    Case("bytes behind an open quote", "evaluate", open_quote, (1_000_000, 2_000_000, 4_000_000)),
    Case("rows with an open quote", "evaluate", damaged_rows, (10_000, 20_000, 40_000)),
    Case("pages of a source document, one sentence in a hundred changed", "sources", pages, (50, 100, 200)),
    Case("tests", "test", tests, (1250, 2500, 5000)),
    *(Case(f"changed {what}", "diff", _compared(POLICIES[what]), sizes) for what, sizes in _CHANGED.items()),
    *(Case(f"changed {what}", "plan", _planned(POLICIES[what]), sizes) for what, sizes in _CHANGED.items()),
    Case("partners, five rules changed", "plan", repriced, (5000, 10_000, 20_000)),
)  # fmt: skip
