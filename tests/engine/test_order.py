"""Children in an order, beside a slow calculation that looks at all of those before each."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from tests.columns.batches import batch_of, by_rows, difference

from policyengine.api import Program
from policyengine.decision.decision import Decision
from policyengine.engine.columns import plan
from policyengine.engine.reference import row as reference
from policyengine.engine.reference.scope import root_scope
from policyengine.feel.functions import LIBRARY
from policyengine.feel.values.values import Unknown
from support import good_program, program_of, record_of

HEAD = """\
kind: program
id: funds
title: Funds
currency: EUR
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      pot: {type: money, title: pot, informative: true}
      total: {type: money, title: total, formula: sum(requests.granted)}
  request:
    title: request
    within: partner
    list: requests
    key: id
    order: {by: received, restart: region}
    facts:
      id: {type: text, title: identifier}
      received: {type: date, title: day of receipt}
      region: {type: text, title: region}
      cost: {type: money, title: cost}
      served: {type: boolean, title: is served, informative: true}
      credit: {type: money, title: credit, default: none, informative: true}
"""
FORMULAS = {
    "granted": ("money", "if served then max(0, min(cost, pot - sum(earlier.granted))) else 0"),
    "number": ("count", "position"),
    "how_many": ("count", "count(earlier)"),
    "big": ("count", "count(earlier[served and cost > 100])"),
    "spent": ("money", "sum(earlier[served].cost)"),
    "credits": ("money", "sum(earlier.credit)"),
    "lowest": ("money", "min(earlier[served].cost)"),
    "highest": ("money", "max(earlier.credit)"),
    "last_served": ("money", "last(earlier[served]).cost"),
    "last_credit": ("money", "last(earlier.credit)"),
    "last_one": ("money", "earlier[served].cost[-1]"),
    "step": ("money", "previous.cost"),
    "recent": ("money", 'sum(earlier[received > this.received - @"P1M"].cost)'),
    "ration": ("money", 'max(0, min(cost, 300 - sum(earlier[received > this.received - @"P1M"].ration)))'),
    "recent_ones": ("count", 'count(earlier[received >= this.received - @"P1M" and served])'),
    "last_two": ("money", "sum(earlier[position >= this.position - 2].credit)"),
    "long_before": ("money", 'sum(earlier[this.received - @"P1M" >= received].cost)'),
    "first_ones": ("count", "count(earlier[position < 3 and cost > 50])"),
    "same_month": ("count", 'count(earlier[received > this.received - @"P1M" and received < this.received])'),
    "while_ago": (
        "money",
        'sum(earlier[received >= this.received - @"P2M" and received < this.received - @"P20D"].cost)',
    ),
    "none_between": ("count", "count(earlier[position > 2 and position <= this.position - 3 and served])"),
    "lowest_lately": ("money", 'min(earlier[received > this.received - @"P1M"].cost)'),
    "highest_between": (
        "money",
        "max(earlier[position >= this.position - 4 and position < this.position - 1 and served].credit)",
    ),
    "highest_first": ("money", "max(earlier[position <= 2].credit)"),
    "last_lately": ("money", 'last(earlier[received > this.received - @"P20D" and served]).cost'),
    "last_of_first": ("money", "last(earlier[position <= 3 and position > 1]).credit"),
    "least": (
        "money",
        "if position = 1 then cost else min(cost, min(earlier[position >= this.position - 3].least) + 5)",
    ),
    "latest": ("date", "max(earlier[position > this.position - 3 and cost >= 100].received)"),
    "highest_before": ("money", 'max(earlier[received < this.received - @"P20D"].cost)'),
    "last_before": ("money", 'last(earlier[received <= this.received - @"P20D" and served]).cost'),
    "dearer": ("count", "count(requests[cost > this.cost and partner.pot > 0])"),
    "rising": ("boolean", "count(earlier[position > 1 and cost > previous.cost]) > 0"),
}
DUTY = """\
kind: obligations
id: duties
title: Duties
for: request
obligations: [{id: a, title: A, met_when: {position: ..2}}]
"""


def funds(*names: str) -> str:
    """The program, with some of the formulas, all if none is named."""
    chosen = names or tuple(FORMULAS)
    rows = [f'      {name}: {{type: {FORMULAS[name][0]}, title: {name}, formula: \'{FORMULAS[name][1]}\'}}\n'
            for name in chosen]  # fmt: skip
    return HEAD + "".join(rows)


def drawn(source: random.Random, count: int) -> dict[str, Any]:
    """A record in which everything is known."""
    requests = [
        {
            "id": f"r{i}",
            "received": date(2026, 1, 1) + timedelta(source.choice((0, 10, 20, 31, 45, 300))),
            "region": source.choice("ab"),
            "cost": Decimal(source.choice(("10", "99.99", "100", "250.5"))),
            "served": source.random() < 0.7,
            **({"credit": Decimal(source.randrange(9))} if source.random() < 0.5 else {}),
        }
        for i in range(count)
    ]
    return {"id": "p", "pot": Decimal(source.choice((0, 300, 1000))), "requests": requests}


def months_before(day: date, months: int) -> date:
    """The same day so many months before, or the last of that month."""
    month = day
    for _ in range(months):
        month = month.replace(day=1) - timedelta(1)
    return month.replace(day=min(month.day, day.day))


def slowly(record: dict[str, Any]) -> dict[str, dict[str, object]]:
    """Every value of every request, looked up among all of those before it."""
    found: dict[str, dict[str, object]] = {}
    listed = record["requests"]
    for each in sorted(listed, key=lambda one: one["received"]):
        before = [one for one in sorted(listed, key=lambda one: one["received"])
                  if one["id"] in found and one["region"] == each["region"]]  # fmt: skip
        served = [one for one in before if one["served"]]
        credits = [one["credit"] for one in before if "credit" in one]
        left = record["pot"] - sum(found[one["id"]]["granted"] for one in before)  # type: ignore[misc]
        month = months_before(each["received"], 1)
        lately = sum(found[one["id"]]["ration"] for one in before if one["received"] > month)  # type: ignore[misc]
        few = [found[one["id"]]["least"] for one in before[-3:]]  # type: ignore[type-var]
        found[each["id"]] = {
            "granted": max(Decimal(0), min(each["cost"], left)) if each["served"] else Decimal(0),
            "number": len(before) + 1,
            "how_many": len(before),
            "big": sum(one["cost"] > 100 for one in served),
            "spent": sum(one["cost"] for one in served),
            "credits": sum(credits),
            "lowest": min((one["cost"] for one in served), default=None),
            "highest": max(credits, default=None),
            "last_served": served[-1]["cost"] if served else None,
            "last_credit": before[-1].get("credit") if before else None,
            "last_one": served[-1]["cost"] if served else None,
            "step": before[-1]["cost"] if before else None,
            "recent": sum(one["cost"] for one in before if one["received"] > month),
            "ration": max(Decimal(0), min(each["cost"], 300 - lately)),
            "recent_ones": sum(one["received"] >= month for one in served),
            "last_two": sum(one.get("credit", Decimal(0)) for one in before[-2:]),
            "long_before": sum(one["cost"] for one in before if one["received"] <= month),
            "first_ones": sum(one["cost"] > 50 for one in before[:2]),
            "same_month": sum(month < one["received"] < each["received"] for one in before),
            "while_ago": sum(
                one["cost"]
                for one in before
                if months_before(each["received"], 2) <= one["received"] < each["received"] - timedelta(20)
            ),
            "none_between": sum(one["served"] for one in before[2 : max(len(before) - 2, 0)]),
            "lowest_lately": min((one["cost"] for one in before if one["received"] > month), default=None),
            "highest_between": max(
                (
                    one["credit"]
                    for one in before[max(len(before) - 4, 0) : max(len(before) - 1, 0)]
                    if one["served"] and "credit" in one
                ),
                default=None,
            ),
            "highest_first": max((one["credit"] for one in before[:2] if "credit" in one), default=None),
            "last_lately": next(
                (
                    one["cost"]
                    for one in reversed(served)
                    if one["received"] > each["received"] - timedelta(20)
                ),
                None,
            ),
            "last_of_first": before[1:3][-1].get("credit") if before[1:3] else None,
            "least": min(each["cost"], (min(few) if few else each["cost"]) + 5),
            "latest": max((one["received"] for one in before[-2:] if one["cost"] >= 100), default=None),
            "highest_before": max(
                (one["cost"] for one in before if one["received"] < each["received"] - timedelta(20)),
                default=None,
            ),
            "last_before": next(
                (
                    one["cost"]
                    for one in reversed(served)
                    if one["received"] <= each["received"] - timedelta(20)
                ),
                None,
            ),
            "dearer": sum(one["cost"] > each["cost"] for one in listed) if record["pot"] > 0 else 0,
            "rising": any(one["cost"] > other["cost"] for other, one in pairwise(before)),
        }
    return found


def values_of(decision: Decision, key: str) -> dict[str, object]:
    """The figures of a request, by their names."""
    return {each.name: each.value for each in decision.of("figures") if each.subject.key == key}


def _as_numbers(values: dict[str, object]) -> dict[str, object]:
    return {name: Decimal(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else value
            for name, value in values.items()}  # fmt: skip


def test_every_value_is_what_a_slow_calculation_finds() -> None:
    program, source = good_program(DUTY, base=funds()), random.Random(16)
    for count in (*range(7), 7, 8, 9, 12, 40, 60):
        record = drawn(source, count)
        decision = program.evaluate(record)
        wanted = slowly(record)
        for name, values in wanted.items():
            assert _as_numbers(values_of(decision, name)) == _as_numbers(values), record


def _with_holes(source: random.Random) -> dict[str, Any]:
    record = drawn(source, source.randrange(6))
    for each in (record, *record["requests"]):
        for name in [name for name in each if name not in ("id", "requests")]:
            if source.random() < 0.08:
                del each[name]
    return record


@pytest.mark.parametrize("half", [0, 1])
def test_all_engines_agree_where_something_is_missing(half: int) -> None:
    names = {"granted", *list(FORMULAS)[half::2]}
    program, source = good_program(DUTY, base=funds(*names)), random.Random(17)
    records = [record_of(program, _with_holes(source)) for _ in range(30)]
    for record in records:
        assert repr(program.evaluate(record)) == repr(reference.evaluate(program.linked, record))
    found = plan(program.linked).answer(batch_of(program.vocabulary, records)).table
    assert difference(found, by_rows(program.linked, records)) == ""


@pytest.mark.parametrize("engine", ["rows", "columns", "reference"])
def test_a_long_list_is_gone_through_once(engine: str) -> None:
    """Many children backwards: neither a chain of calls as deep, nor pairs of all of them."""
    formulas = ("granted", "spent", "last_served", "recent", "last_two", "lowest_lately", "last_lately")
    program, source = good_program(DUTY, base=funds(*formulas)), random.Random(18)
    record = drawn(source, 400)
    for i, each in enumerate(record["requests"]):
        each["received"] = date(2026, 1, 1) - timedelta(i)
    typed = record_of(program, record)
    if engine == "columns":
        table = plan(program.linked).answer(batch_of(program.vocabulary, [typed])).table
        assert difference(table, by_rows(program.linked, [typed])) == ""
    else:
        one = program.evaluate(typed) if engine == "rows" else reference.evaluate(program.linked, typed)
        last = values_of(one, "r0")
        assert last["spent"] == sum(
            (each["cost"] for each in record["requests"][1:] if each["served"] and
             each["region"] == record["requests"][0]["region"]), Decimal(0))  # fmt: skip


def test_windows_are_found_by_halving_and_by_links() -> None:
    """What looks at all children before one stands in only where a window is not known."""
    program, source = good_program(DUTY, base=funds()), random.Random(20)
    quick = [name for name in program.linked.graph.nodes["request"] if name.endswith("/quick")]
    assert len(quick) == 15
    rows = root_scope(program.linked.graph, record_of(program, drawn(source, 80)), date(2026, 11, 21))[
        "requests"
    ]
    assert isinstance(rows, tuple)
    assert [(name, row) for row in rows for name in quick if isinstance(row[name], Unknown)] == []


def test_links_leap_over_most_of_a_stretch() -> None:
    """Of 1,000 children that ascend, each the lowest of those after it, few are looked at."""
    looked_at, group, links = [0], list[dict[str, object]](), LIBRARY["links back"].signatures[0].run

    class Child(dict[str, object]):
        def __getitem__(self, name: str) -> object:
            looked_at[0] += 1
            return super().__getitem__(name)

    for i in range(1000):
        found = links(group, "k", Decimal(i), "v", "min", None)
        group.append(Child(k=found, v=Decimal(i)))
    looked_at[0] = 0
    best = LIBRARY["best among"].signatures[0].run
    assert best(group, Decimal(3), Decimal(1000), "k", "v", None, None) == 3
    assert looked_at[0] < 50


# Mistakes


def wrong(program: Program) -> tuple[str, str, str | None]:
    """The first mistake."""
    first = next(each for each in program.diagnostics)
    return first.code.id, first.message, first.help


@pytest.mark.parametrize(
    ("there", "instead", "code", "message"),
    [
        ("by: received", "by: receivd", "PROG002", "`receivd` is not a fact of `request`"),
        ("by: received", "by: region", "PROG002", "`region` is a text, which has no order"),
        ("restart: region", "restart: regio", "FEEL010", "`regio` is not known here"),
        ("      region:", "      position:", "PROG004", "`position` has a meaning of its own"),
        ("earlier.granted", "earlier.grantd", "FEEL011", "has no `grantd`"),
        ("sum(earlier.granted)", "previous.grantd", "FEEL011", "has no `grantd`"),
        ("sum(earlier.granted)", "sum(requests.granted)", "GRAPH001", "derived in a circle"),
        ("sum(earlier.granted)", "this.granted", "GRAPH001", "derived in a circle"),
        ("sum(earlier.granted)", "total", "GRAPH001", "derived in a circle"),
        ("sum(earlier.granted)", "this.grantd", "FEEL011", "has no `grantd`"),
        ("sum(earlier.granted)", "partner.pott", "FEEL011", "has no `pott`"),
        ("cost, pot", "this, pot", "FEEL010", "`this` is not known here"),
    ],
)
def test_mistakes(there: str, instead: str, code: str, message: str) -> None:
    assert program_of(DUTY, base=funds("granted")).ok
    found = program_of(DUTY, base=funds("granted").replace(there, instead)).diagnostics
    assert any(each.code.id == code and message in each.message for each in found), [
        (each.code.id, each.message) for each in found
    ]


def test_the_record_itself_stands_in_no_order() -> None:
    base = HEAD.replace("    title: partner\n", "    title: partner\n    order: {by: pot}\n", 1)
    assert wrong(program_of(DUTY, base=base))[0] == "PROG004"


def test_names_that_a_program_has_keep_their_meaning() -> None:
    """`this`, and the name of an entity, are facts where a program has facts of these names."""
    base = HEAD.replace("      total: {type: money, title: total, formula: sum(requests.granted)}\n", "") + (
        "      this: {type: money, title: this one}\n"
        "      partner: {type: text, title: their partner}\n"
        "      same: {type: count, title: n, formula: 'count(requests[this = cost and partner = region])'}\n"
    )
    program = good_program(DUTY, base=base)
    requests = [{"id": "a", "this": 5, "cost": 5, "partner": "x", "region": "x"}]
    assert values_of(program.evaluate({"id": "p", "requests": requests}), "a")["same"] == 1


def test_windows_of_an_order_from_the_highest_on() -> None:
    base = funds("granted", "recent").replace(
        "order: {by: received, restart: region}", "order: {by: cost, first: highest}"
    ) + (
        "      near: {type: money, title: near, formula: 'sum(earlier[cost <= this.cost + 100].cost)'}\n"
        "      far: {type: count, title: far, formula: 'count(earlier[this.cost * 2 < cost "
        "and string length(region) > 0])'}\n"
    )
    program, source = good_program(DUTY, base=base), random.Random(19)
    record = drawn(source, 40)
    decision = program.evaluate(record)
    costs = {each["id"]: each["cost"] for each in record["requests"]}
    places = {each.subject.key: each.subject.position for each in decision.of("figures")
              if each.subject.key != "p"}  # fmt: skip
    for key, cost in costs.items():
        before = [one for other, one in costs.items()
                  if (-one, places[other]) < (-cost, places[key])]  # fmt: skip
        wanted = {
            "near": sum(one for one in before if one <= cost + 100),
            "far": sum(cost * 2 < one for one in before),
        }
        found = {name: value for name, value in values_of(decision, key).items() if name in wanted}
        assert _as_numbers(found) == _as_numbers(wanted)
