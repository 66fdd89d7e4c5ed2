"""Three of the real programmes in GoRules ZEN and in JsonLogic, over drawn records of their shape.

Points of a year, commissions, and a badge over accounts and certificates. The rules are translated by hand
into each language; every answer is compared, to the cent, before anything is timed. The engines get plain
data with every fact; days are texts and `today` is given, since neither language has a day of its own.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from measure import ROUNDS, Timed, measure
from real_programs import programmes_folder
from records import in_floats

import policyengine

Data = dict[str, Any]
Answer = dict[str, Any]
Run = Callable[[Data], Answer]
_COUNT = 200
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Shared:
    """A programme that several engines answer for: its day, how a record is drawn, and the answers wanted."""

    name: str
    today: date
    draw: Callable[[random.Random], Data]
    answer: Callable[[Sequence[Any], Mapping[str, Any]], Answer]
    zen: Mapping[str, str]
    json_logic: tuple[Mapping[str, Any], ...]
    """Stages: each sees the record and what the stages before it found."""


def _var(name: str) -> Any:
    return {"var": name}


def _outer(name: str) -> Any:
    """A value from outside the list that is gone through."""
    return {"val": [[1], name]}


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _money(source: random.Random, most: int) -> Decimal:
    return Decimal(source.randrange(most * 100)).scaleb(-2)


# Points of the last twelve months, and the level that they give


def _draw_points(source: random.Random) -> Data:
    quarters = [f"{year}-{month:02}-01" for year in (2023, 2024) for month in (1, 4, 7, 10)]
    counts = ("onboarded", "retained", "renewed", "referred")
    return {
        "id": "P",
        "quarters": [
            {"id": f"Q{day}", "first_day": day, **{name: source.randrange(13) for name in counts}}
            for day in quarters[source.randrange(6) :]
        ],
    }


_LEVELS = (("platinum", 900), ("gold", 400), ("silver", 100))
_QUARTER_POINTS = (
    "10 * #.onboarded + 5 * #.retained + 10 * #.renewed + 20 * #.referred + (#.onboarded >= 5 ? 5 : 0)"
)
_ZEN_LEVEL = "".join(f'$.balance >= {least} ? "{name}" : ' for name, least in _LEVELS) + '"bronze"'


_MONTH = {"substr": [_var("today"), 5, 2]}
_START_OF_QUARTER = {
    "if": [{"<": [_MONTH, "04"]}, "-01-01", {"<": [_MONTH, "07"]}, "-04-01", {"<": [_MONTH, "10"]}, "-07-01", "-10-01"]
}  # fmt: skip
_YEAR = {"substr": [_var("today"), 0, 4]}
_POINTS_STAGES = (
    {"end": {"cat": [_YEAR, _START_OF_QUARTER]}, "start": {"cat": [{"-": [_YEAR, 1]}, _START_OF_QUARTER]}},
    {
        "balance": {
            "+": [
                {
                    "map": [
                        {
                            "filter": [
                                _var("quarters"),
                                {
                                    "and": [
                                        {">=": [_var("first_day"), _outer("start")]},
                                        {"<": [_var("first_day"), _outer("end")]},
                                    ]
                                },
                            ]
                        },
                        {
                            "+": [
                                {"*": [10, _var("onboarded")]},
                                {"*": [5, _var("retained")]},
                                {"*": [10, _var("renewed")]},
                                {"*": [20, _var("referred")]},
                                {"if": [{">=": [_var("onboarded"), 5]}, 5, 0]},
                            ]
                        },
                    ]
                },
            ]
        }
    },
    {
        "level": {
            "if": [part for name, least in _LEVELS for part in ({">=": [_var("balance"), least]}, name)]
            + ["bronze"]
        }
    },
)
_POINTS = Shared(
    "hellobooks",
    _day("2025-02-15"),
    _draw_points,
    lambda outcomes, values: {
        "balance": values["partner"]["balance"],
        "level": outcomes[("tiers", "tiers")][0]["level"],
    },
    {
        "to": 'd(today).startOf("quarter").format("%Y-%m-%d")',
        "end": "date($.to)",
        "start": 'date(d($.to).sub(1, "year").format("%Y-%m-%d"))',
        "counted": "filter(quarters, date(#.first_day) >= $.start and date(#.first_day) < $.end)",
        "balance": f"sum(map($.counted, {_QUARTER_POINTS}))",
        "level": _ZEN_LEVEL,
    },
    _POINTS_STAGES,
)


# A commission for every sale, each month or at once


def _draw_sales(source: random.Random) -> Data:
    sales = [
        {
            "id": f"S{number}",
            "sold_on": str(_day("2023-06-01") + timedelta(source.randrange(280))),
            "seats": source.randrange(1, 80),
            "price": _money(source, 90),
            "payout": source.choice(("recurring", "lump_sum")),
        }
        for number in range(source.randrange(1, 7))
    ]
    return {"id": "P", "sales": sales}


def _commissions(outcomes: Any, values: Mapping[str, Any]) -> Answer:
    return {
        kind: [
            (each["net"], str(each["due_on"])) for each in outcomes[("commissions", kind)] if each["applies"]
        ]
        for kind in ("recurring", "lump-sum")
    }


def _zen_sales(payout: str, days: int, factor: int) -> str:
    net = f"round({factor} * 0.07 * #.seats * #.price, 2)"
    due = f'd(#.sold_on).add("{days}d").format("%Y-%m-%d")'
    return f'map(filter(sales, #.payout == "{payout}"), [{net}, {due}])'


def _json_sales(payout: str, days: int, factor: int) -> Any:
    cents = {"+": [{"*": [factor, 7, _var("seats"), _var("price")]}, 0.5]}
    sold = {"datetime": {"cat": [_var("sold_on"), "T00:00:00Z"]}}
    due = {"format_date": [{"+": [sold, {"timestamp": f"{days}d"}]}, "yyyy-MM-dd"]}
    return {
        "map": [
            {"filter": [_var("sales"), {"==": [_var("payout"), payout]}]},
            [{"/": [{"-": [cents, {"%": [cents, 1]}]}, 100]}, due],
        ]
    }


_COMMISSIONS = Shared(
    "ingram-commission",
    _day("2024-03-15"),
    _draw_sales,
    _commissions,
    {"recurring": _zen_sales("recurring", 30, 1), "lump-sum": _zen_sales("lump_sum", 90, 12)},
    ({"recurring": _json_sales("recurring", 30, 1), "lump-sum": _json_sales("lump_sum", 90, 12)},),
)


# A badge over the spends of accounts and the certificates of strategists

_AREAS = ("search", "display", "video", "shopping", "apps")


def _draw_badge(source: random.Random) -> Data:
    def spend() -> Data:
        booked = _day("2024-06-30") - timedelta(source.randrange(110))
        return {
            "booked_on": str(booked),
            "area": source.choice((*_AREAS, "none")),
            "amount": _money(source, 4000),
        }

    def certificate() -> Data:
        expires = _day("2024-05-15") + timedelta(source.randrange(400))
        return {"area": source.choice(_AREAS), "expires_on": str(expires)}

    return {
        "id": "P",
        "optimisation_score": Decimal(source.randrange(600, 1001)).scaleb(-3),
        "accounts": [
            {"id": f"A{n}", "managed": source.random() < 0.8, "spends": [spend() for _ in range(source.randrange(6))]}
            for n in range(source.randrange(1, 6))
        ],
        "strategists": [
            {"id": f"T{n}", "certificates": [certificate() for _ in range(source.randrange(4))]}
            for n in range(source.randrange(1, 6))
        ],
    }  # fmt: skip


def _zen_area(area: str) -> str:
    return f'sum(map(filter($.recent, #.area == "{area}"), #.amount)) < 500 or "{area}" in $.areas'


_ZEN_BADGE = {
    "end": "date(today)",
    "from": 'date(d(today).sub(90, "day").format("%Y-%m-%d"))',
    "spends": "flatMap(filter(accounts, #.managed), #.spends)",
    "recent": "filter($.spends, date(#.booked_on) > $.from and date(#.booked_on) <= $.end)",
    "spend": "sum(map($.recent, #.amount))",
    "areas": "map(filter(flatMap(strategists, #.certificates), date(#.expires_on) >= $.end), #.area)",
    "certified": "sum(map(strategists, len(filter(#.certificates, date(#.expires_on) >= $.end)) > 0 ? 1 : 0))",
    "level": "optimisation_score >= 0.7 and $.spend >= 10000 and $.certified >= min([len(strategists), 100]) / 2 and "
    + " and ".join(f"({_zen_area(area)})" for area in _AREAS)
    + ' ? "badge" : "none"',
}


def _sum_of(items: Any) -> Any:
    return {"+": [{"map": [items, _var("amount")]}]}


def _flat(items: Any, name: str) -> Any:
    return {"reduce": [items, {"merge": [_var("accumulator"), _var(f"current.{name}")]}, []]}


def _json_area(area: str) -> Any:
    spent = {"filter": [_var("recent"), {"==": [_var("area"), area]}]}
    return {"or": [{"<": [_sum_of(spent), 500]}, {"in": [area, _var("areas")]}]}


_MIDNIGHT = {"datetime": {"cat": [_var("today"), "T00:00:00Z"]}}
_BADGE = Shared(
    "google-partners",
    _day("2024-06-30"),
    _draw_badge,
    lambda outcomes, values: {
        "spend": values["partner"]["spend_90d"],
        "certified": values["partner"]["certified_strategists"],
        "level": outcomes[("badge", "badge")][0]["level"],
    },
    _ZEN_BADGE,
    (
        {"from": {"format_date": [{"-": [_MIDNIGHT, {"timestamp": "90d"}]}, "yyyy-MM-dd"]}},
        {
            "recent": {
                "filter": [
                    _flat({"filter": [_var("accounts"), _var("managed")]}, "spends"),
                    {
                        "and": [
                            {">": [_var("booked_on"), _outer("from")]},
                            {"<=": [_var("booked_on"), _outer("today")]},
                        ]
                    },
                ]
            },
            "areas": {
                "map": [
                    {
                        "filter": [
                            _flat(_var("strategists"), "certificates"),
                            {">=": [_var("expires_on"), _outer("today")]},
                        ]
                    },
                    _var("area"),
                ]
            },
            "certified": {
                "length": {
                    "filter": [
                        _var("strategists"),
                        {"some": [_var("certificates"), {">=": [_var("expires_on"), {"val": [[3], "today"]}]}]},
                    ]
                }
            },
        },
        {"spend": _sum_of(_var("recent"))},
        {
            "level": {
                "if": [
                    {
                        "and": [
                            {">=": [_var("optimisation_score"), 0.7]},
                            {">=": [_var("spend"), 10000]},
                            {">=": [_var("certified"), {"/": [{"min": [{"length": _var("strategists")}, 100]}, 2]}]},
                            *map(_json_area, _AREAS),
                        ]
                    },
                    "badge",
                    "none",
                ]
            }
        },
    ),
)  # fmt: skip


# The engines


def _zen(shared: Shared) -> Run:
    """GoRules ZEN: a decision graph with one node of expressions."""
    import zen

    expressions = [{"id": key, "key": key, "value": text} for key, text in shared.zen.items()]
    content = {"inputField": None, "outputPath": None, "executionMode": "single", "passThrough": False}
    nodes: list[Data] = [
        {"id": "in", "type": "inputNode"},
        {"id": "rules", "type": "expressionNode", "content": {**content, "expressions": expressions}},
        {"id": "out", "type": "outputNode"},
    ]
    for node in nodes:
        node |= {"name": node["id"], "position": {"x": 0, "y": 0}}
    edges = [
        {"id": f"{a}-{b}", "sourceId": a, "targetId": b, "type": "edge"}
        for a, b in (("in", "rules"), ("rules", "out"))
    ]
    graph = {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"rules": graph}}})
    return lambda record: engine.evaluate("rules", record)["result"]  # type: ignore[no-any-return]


def _datalogic(shared: Shared) -> Run:
    """JsonLogic: a template for every stage, each of which sees what the ones before it found."""
    import datalogic_py

    engine = datalogic_py.Engine(templating=True)
    stages = [engine.compile(stage) for stage in shared.json_logic]

    def run(record: Data) -> Answer:
        known = dict(record)
        for stage in stages:
            known.update(stage.evaluate(known))
        return known

    return run


PEERS: Mapping[str, Callable[[Shared], Run]] = {
    "GoRules ZEN decision graph (Rust)": _zen,
    "datalogic (JsonLogic, Rust)": _datalogic,
}


def _plain(value: Any) -> Any:
    """A record in the types that the peers take: amounts as binary floats."""
    if isinstance(value, dict):
        return in_floats({key: _plain(each) for key, each in value.items()})
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _answer_of(shared: Shared, outcomes: Any) -> Answer:
    """Our outcomes as the answer that the peers give."""
    found: dict[tuple[str, str], list[Data]] = {}
    values: Data = {}
    for subject in outcomes.subjects:
        values[subject.subject.entity] = subject.values
        for each in subject.outcomes:
            row = {**each.values, "applies": each.status != "not_applicable"}
            found.setdefault((each.policy, each.id), []).append(row)
    return shared.answer(found, values)


def _same(ours: Answer, theirs: Answer) -> bool:
    return all(_canonical(value) == _canonical(theirs[key]) for key, value in ours.items())


def _canonical(value: Any) -> Any:
    """Numbers to the cent, whatever their type."""
    if isinstance(value, (list, tuple)):
        return [_canonical(each) for each in value]
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return Decimal(str(value)).quantize(_CENT, ROUND_HALF_UP)
    return value


# The part of the page


def peers() -> Iterator[str]:
    """The lines about the three programmes; says what is not there."""
    yield from ("### Beside other engines", "")
    folder = programmes_folder()
    if folder is None:
        yield "Left out: the programmes of other vendors are not there."
        return
    yield from (
        "Three of them, translated by hand into the languages of two other engines: points of a year and their level,",
        f"a commission for every sale, a badge over accounts and certificates. {_COUNT * ROUNDS:,} drawn records with every fact;",
        "the answers are compared to the cent first. Without reasons we say what every rule comes to, with reasons",
        "also why. The others give the figures that are named.",
        "",
        "| programme | engine | p50, µs | p99, µs | records a second | answers |",
        "|---|---|---:|---:|---:|---|",
    )
    for shared in (_POINTS, _COMMISSIONS, _BADGE):
        if (folder / shared.name).is_dir():
            yield from _lines(shared, folder / shared.name)


def _lines(shared: Shared, folder: Path) -> Iterator[str]:
    source = random.Random(3)
    drawn = [[shared.draw(source) for _ in range(_COUNT)] for _ in range(ROUNDS + 1)]
    plain = [[{**_plain(each), "today": str(shared.today)} for each in one] for one in drawn]
    light, full = (policyengine.load(folder, as_of=shared.today) for _ in range(2))
    rounds = [[light.record(each).records[0] for each in one] for one in drawn]
    wanted = [_answer_of(shared, light.outcomes(each)) for each in rounds[0]]
    engines = [
        Timed("policyengine, without reasons", light.outcomes, rounds),
        Timed("policyengine, with all reasons", lambda record: _because(full.evaluate(record)), rounds),
    ]
    notes = {engine.name: "all right" for engine in engines}
    for name, make in PEERS.items():
        try:
            run = make(shared)
        except ImportError:
            yield f"| {shared.name} | {name} | | | | does not install here |"
            continue
        off = sum(not _same(ours, run(each)) for ours, each in zip(wanted, plain[0], strict=True))
        notes[name] = f"{off} of {_COUNT} a cent off or more" if off else "all right"
        engines.append(Timed(name, run, plain))
    measure(engines, clock=time.thread_time_ns)
    for engine in sorted(engines, key=lambda each: each.percentile(0.5)):
        half, most = engine.percentile(0.5), engine.percentile(0.99)
        yield f"| {shared.name} | {engine.name} | {half:,.1f} | {most:,.1f} | {engine.a_second:,.0f} | {notes[engine.name]} |"


def _because(decision: Any) -> int:
    return sum(len(reason.text) for finding in decision.findings for reason in finding.because)


if __name__ == "__main__":
    print("\n".join(peers()))
