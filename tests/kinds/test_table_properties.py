"""Tables: what `check` proves is what trying every combination finds; results are those of plain Python."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import yaml
from hypothesis import event, given, settings
from hypothesis import strategies as st

from policyengine.engine.reference.scope import root_scope
from policyengine.feel.values.values import Unknown
from policyengine.program.record import Record
from support import DAY, decide, good_program, program_of

PROGRAM = (Path(__file__).parent / "table/program.yaml").read_text(encoding="utf-8")
HEAD = "kind: table\nid: fee\ntitle: Fee\nfor: partner\ntype: number\n"
DOMAINS: Mapping[str, tuple[object, ...]] = {
    "plan": ("basic", "pro", "max"),
    "users": tuple(Decimal(n) for n in range(10)),
    "certified": (True, False),
    "score": tuple(Decimal(n) / 2 for n in range(-1, 20)),
}
Combination = Mapping[str, object]


@dataclass(frozen=True)
class Cell:
    """A test as it is written, and as plain Python."""

    text: str
    passes: Callable[[object], bool]


@dataclass(frozen=True)
class Row:
    cells: Mapping[str, Cell]
    value: int

    def matches(self, combination: Combination) -> bool:
        return all(cell.passes(combination[name]) for name, cell in self.cells.items())


ANY = Cell("'-'", lambda value: True)


def _ranges(low: int, high: int) -> Iterator[Cell]:
    yield Cell(f"{low}..{high}", lambda value: low <= value <= high)
    yield Cell(f"{low}..", lambda value: value >= low)
    yield Cell(f"..{high}", lambda value: value <= high)
    yield Cell(f"'< {high}'", lambda value: value < high)
    yield Cell(f"'> {low}'", lambda value: value > low)
    yield Cell(f"'({low}..{high + 1}]'", lambda value: low < value <= high + 1)
    yield Cell(
        f"'< {low + 1}, [{high}..{high + 1})'", lambda value: value < low + 1 or high <= value < high + 1
    )
    yield Cell(f"'not({low}, > {high})'", lambda value: value != low and value <= high)
    yield Cell(f"[{low}, {high}]", lambda value: value in (low, high))
    yield Cell(f"'? >= {low} and ? != {high}'", lambda value: value >= low and value != high)


def _cells(name: str) -> st.SearchStrategy[Cell]:
    if name == "plan":
        one = st.sampled_from(DOMAINS["plan"]).map(lambda v: Cell(str(v), lambda value: value == v))
        few = st.lists(st.sampled_from(DOMAINS["plan"]), min_size=1, max_size=3, unique=True).map(
            lambda vs: Cell(f"[{', '.join(map(str, vs))}]", lambda value: value in vs)
        )
        but = st.sampled_from(DOMAINS["plan"]).map(
            lambda v: Cell(f"'not(\"{v}\")'", lambda value: value != v)
        )
        return st.one_of(st.just(ANY), one, few, but)
    if name == "certified":
        return st.sampled_from(
            [ANY, Cell("true", lambda value: value is True), Cell("false", lambda value: value is False)]
        )
    ends = st.tuples(st.integers(0, 4), st.integers(0, 3)).map(lambda pair: (pair[0], pair[0] + pair[1]))
    return st.one_of(st.just(ANY), ends.flatmap(lambda pair: st.sampled_from(list(_ranges(*pair)))))


@st.composite
def _tables(draw: st.DrawFn, most: int = 5) -> tuple[tuple[str, ...], list[Row]]:
    names = tuple(draw(st.lists(st.sampled_from(list(DOMAINS)), min_size=1, max_size=3, unique=True)))
    row = st.builds(Row, st.fixed_dictionaries({name: _cells(name) for name in names}), st.integers(0, 3))
    return names, draw(st.lists(row, min_size=1, max_size=most))


@st.composite
def _sound_tables(draw: st.DrawFn) -> tuple[tuple[str, ...], list[Row]]:
    """Mostly tables whose rows are apart: what is whole is split again and again."""
    if draw(st.integers(0, 3)) == 0:
        return draw(_tables())
    boxes: list[dict[str, tuple[object, ...]]] = [{"plan": DOMAINS["plan"], "users": DOMAINS["users"]}]
    for _ in range(draw(st.integers(0, 5))):
        box = boxes.pop(draw(st.integers(0, len(boxes) - 1)))
        name = draw(st.sampled_from([each for each in box if len(box[each]) > 1] or [""]))
        if not name:
            boxes.append(box)
            continue
        cut = draw(st.integers(1, len(box[name]) - 1))
        boxes += [{**box, name: box[name][:cut]}, {**box, name: box[name][cut:]}]
    rows = [
        Row({name: _listed(name, values) for name, values in box.items()}, draw(st.integers(0, 3)))
        for box in boxes
    ]
    return ("plan", "users"), draw(st.permutations(rows))


def _listed(name: str, values: tuple[object, ...]) -> Cell:
    whole = values[-1] == DOMAINS[name][-1]
    text = (
        f"{values[0]}..{'' if whole else values[-1]}"
        if name == "users"
        else f"[{', '.join(map(str, values))}]"
    )
    return Cell(text, lambda value: value in values)


def _text(names: tuple[str, ...], rows: list[Row], hit: str, default: str = "") -> str:
    lines = "".join(
        f"  - [{', '.join(row.cells[name].text for name in names)}, {row.value}]\n" for row in rows
    )
    return f"{HEAD}hit: {hit}\ninputs: [{', '.join(names)}]\nrows:\n{lines}{default}"


def _combinations(names: tuple[str, ...]) -> Iterator[Combination]:
    for values in itertools.product(*(DOMAINS[name] for name in names)):
        yield dict(zip(names, values, strict=True))


def _witness(message: str) -> Combination:
    found = re.search(r"`(\{.*\})`", message)
    assert found
    data = yaml.safe_load(found[1])
    return {name: Decimal(str(v)) if type(v) in (int, float) else v for name, v in data.items()}


@given(_tables(), st.sampled_from(["unique", "any", "first", "collect sum"]))
@settings(max_examples=120)
def test_what_check_finds_is_what_there_is(table: tuple[tuple[str, ...], list[Row]], hit: str) -> None:
    names, rows = table
    found = program_of(_text(names, rows, hit), base=PROGRAM).diagnostics
    codes = {each.code.id for each in found}
    matching = [[i for i, row in enumerate(rows) if row.matches(each)] for each in _combinations(names)]
    assert ("TABLE001" in codes) is (hit != "collect sum" and any(not each for each in matching))
    clashes = {
        "unique": any(len(each) > 1 for each in matching),
        "any": any(len({rows[i].value for i in each}) > 1 for each in matching),
    }
    assert ("TABLE002" in codes) is clashes.get(hit, False)
    counting = {i for each in matching for i in (each[:1] if hit == "first" else each)}
    assert ("TABLE003" in codes) is (len(counting) < len(rows))
    assert codes <= {"TABLE001", "TABLE002", "TABLE003"}
    for each in found:
        if each.code.id in ("TABLE001", "TABLE002"):
            taken = [row for row in rows if row.matches(_witness(each.message))]
            assert not taken if each.code.id == "TABLE001" else len(taken) > 1


@given(_tables())
@settings(max_examples=40)
def test_adding_the_rows_that_check_proposes_fills_the_gaps(table: tuple[tuple[str, ...], list[Row]]) -> None:
    names, rows = table
    text = _text(names, rows, "first")
    for _ in range(40):
        gaps = [each for each in program_of(text, base=PROGRAM).diagnostics if each.code.id == "TABLE001"]
        if not gaps:
            return
        for gap in gaps:
            row = re.search(r"`(- \{.*\})`", gap.help or "")
            assert row
            text += f"  {row[1].replace('...', '0') if '...}' in row[1] else row[1]}\n"
    raise AssertionError(text)


def _expected(hit: str, taken: list[int], default: int) -> object:
    if hit == "collect list":
        return [Decimal(value) for value in taken]
    if hit == "collect count":
        return Decimal(len(taken))
    if not taken:
        return Decimal(0 if hit == "collect sum" else default)
    ways: Mapping[str, Callable[[list[int]], int]] = {
        "first": lambda values: values[0], "collect sum": sum, "collect min": min, "collect max": max,
    }  # fmt: skip
    return Decimal(ways[hit](taken))


HITS = [
    "unique",
    "any",
    "first",
    "collect list",
    "collect sum",
    "collect min",
    "collect max",
    "collect count",
]


@given(_sound_tables(), st.sampled_from(HITS), st.data())
@settings(max_examples=80)
def test_hit_policies(table: tuple[tuple[str, ...], list[Row]], hit: str, data: st.DataObject) -> None:
    names, rows = table
    default = "" if hit in ("collect list", "collect count", "collect sum") else "default: 7\n"
    text = _text(names, rows, hit, default)
    if hit == "collect count":
        text = re.sub(r", \d\]\n", "]\n", text.replace("type: number\n", ""))
    program = program_of(text, base=PROGRAM)
    event(f"sound: {program.ok}")
    if not program.ok:  # two rows clash, or one never counts: see above
        return
    every = list(_combinations(names))
    for combination in data.draw(st.lists(st.sampled_from(every), min_size=1, max_size=6)):
        taken = [row.value for row in rows if row.matches(combination)]
        assert program.linked.graph is not None
        scope = root_scope(program.linked.graph, Record("partner", combination), DAY)
        wanted = "first" if hit in ("unique", "any") else hit
        assert scope["fee"] == _expected(wanted, taken, 7)


@given(_sound_tables(), st.sampled_from(HITS), st.data())
@settings(max_examples=80)
def test_what_is_known_of_a_part_stays_so(
    table: tuple[tuple[str, ...], list[Row]], hit: str, data: st.DataObject
) -> None:
    names, rows = table
    text = _text(names, rows, hit, "" if hit.startswith("collect") else "default: 2\n")
    if hit == "collect count":
        text = re.sub(r", \d\]\n", "]\n", text.replace("type: number\n", ""))
    program = program_of(text, base=PROGRAM)
    if not program.ok:
        return
    assert program.linked.graph is not None
    combination = data.draw(st.sampled_from(list(_combinations(names))))
    given = data.draw(st.sets(st.sampled_from(names)))
    part = {name: value for name, value in combination.items() if name in given}
    some = root_scope(program.linked.graph, Record("partner", part), DAY)["fee"]
    whole = root_scope(program.linked.graph, Record("partner", combination), DAY)["fee"]
    assert isinstance(some, Unknown) or some == whole


# Bands

EDGES = st.lists(st.decimals(Decimal("0.01"), 500, places=2), min_size=1, max_size=4, unique=True).map(sorted)
RATES = st.decimals(0, 1, places=3).map(lambda rate: Decimal(f"{rate.normalize():f}"))
"""Without zeros at the end: `1.000` is warned of, since it may be meant as a thousand."""


@given(EDGES, st.data(), st.decimals(0, 600, places=2))
@settings(max_examples=80)
def test_bands(edges: list[Decimal], data: st.DataObject, volume: Decimal) -> None:
    rates = [data.draw(RATES) for _ in range(len(edges) + 1)]
    closed = [data.draw(st.booleans()) for _ in edges]
    mode = data.draw(st.sampled_from(["slab", "graduated"]))
    volume = data.draw(st.sampled_from([volume, *edges]))
    amounts = [data.draw(st.integers(0, 9)) for _ in rates]
    given = [f"rate: {rate}, amount: {amount}" for rate, amount in zip(rates, amounts, strict=True)]
    bands = [
        f"{{{'up_to' if shut else 'below'}: {edge}, {each}}}"
        for edge, shut, each in zip(edges, closed, given[:-1], strict=True)
    ]
    rows = ", ".join([*bands, f"{{{given[-1]}}}"])
    text = f"{HEAD.replace('number', 'money')}bands: {{of: volume, mode: {mode}, rows: [{rows}]}}\n"
    program = good_program(text, base=PROGRAM)
    figures = decide(program, f"{{id: a, volume: {volume}}}").of("figures")
    (found,) = (each.value for each in figures if each.id == "fee")
    band = sum(
        volume > edge or (volume == edge and not shut) for edge, shut in zip(edges, closed, strict=True)
    )
    if mode == "slab":
        assert found == volume * rates[band] + amounts[band]
    else:
        ends = [Decimal(0), *edges, Decimal(10**6)]
        assert found == sum(amounts[: band + 1]) + sum(
            max(Decimal(0), min(volume, high) - low) * rate
            for low, high, rate in zip(ends[:-1], ends[1:], rates, strict=True)
        )
