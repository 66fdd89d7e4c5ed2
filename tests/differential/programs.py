"""Whole programs over generated records with holes: compiled and reference agree finding by finding."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from policyengine.api import Program, load
from policyengine.decision.decision import Decision
from policyengine.decision.findings import Figure, Finding
from policyengine.engine.reference.row import evaluate
from policyengine.engine.rows.engine import Compiled, compile_graph
from policyengine.engine.rows.outcomes import Outcome, SubjectOutcomes
from policyengine.feel.values.values import Months
from policyengine.policy.facts import Fact
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.record import Record

ROOT = Path(__file__).parents[2]
FOLDERS = (
    *sorted((ROOT / "policies").iterdir()),
    ROOT / "benchmarks" / "program",
    ROOT / "tests" / "kinds" / "programs" / "support",
    ROOT / "tests" / "kinds" / "programs" / "referral",
    ROOT / "tests" / "kinds" / "programs" / "waivers",
    ROOT / "tests" / "kinds" / "programs" / "tenancy",
    ROOT / "tests" / "kinds" / "programs" / "names",
)
DAYS = (date(2026, 11, 21), date(2027, 2, 28))


def generated(
    vocabulary: Vocabulary, source: random.Random, entity: str | None = None, number: int = 0
) -> Record:
    """A record of random facts; some of them, and some lists, are left out."""
    name = entity or vocabulary.root
    declared = vocabulary.entities[name]
    holes = source.choice((0, 0.05, 0.2, 0.5))
    facts = {}
    for fact, what in declared.facts.items():
        if what.is_given and (fact == declared.key or source.random() >= holes):
            facts[fact] = (
                f"k{number}" if fact == declared.key and what.type == "text" else _value(what, source)
            )
    lists = {}
    for child, below in vocabulary.children(name):
        if source.random() >= holes:
            count = source.choice((0, 1, 1, 2, 4))
            lists[str(below.list)] = tuple(generated(vocabulary, source, child, i) for i in range(count))
    return Record(name, facts, lists)


def _value(fact: Fact, source: random.Random) -> Any:
    if fact.is_list:
        return tuple(_single(fact, source) for _ in range(source.randrange(3)))
    return _single(fact, source)


def _single(fact: Fact, source: random.Random) -> Any:
    match fact.scalar:
        case "boolean":
            return source.random() < 0.7
        case "enum":
            return source.choice(list(fact.values or ()))
        case "count" | "integer":
            return Decimal(source.choice((0, 1, 5, 9, 10, 12, 16, 26, 27, 100)))
        case "number" | "money":
            return Decimal(
                source.choice(("0", "0.01", "100", "999.99", "1234.5", "1E+3", "1000", "80.000", "80"))
            )
        case "rate":
            return Decimal(source.choice(("0", "0.05", "0.333", "1")))
        case "date":
            return date(2026, 11, 21) + timedelta(
                source.choice((-800, -365, -91, -30, -1, 0, 1, 30, 90, 91, 400))
            )
        case "period":
            return source.choice((Months(1), Months(12), timedelta(30)))
        case _:
            return source.choice(("", "a", "some text"))


def compare_programs(records: int, seed: int = 11) -> Iterator[tuple[int, str]]:
    """How many findings were compared, and each difference in words."""
    for folder in FOLDERS:
        for day in DAYS:
            program = load(folder, as_of=day)
            graph = program.linked.judging
            assert graph is not None, folder
            compiled = compile_graph(graph, day)
            source = random.Random(f"{folder.name} {seed}")
            for i in range(records):
                yield from _of_record(program, compiled, generated(graph.vocabulary, source, number=i))


def _of_record(program: Program, compiled: Compiled, record: Record) -> Iterator[tuple[int, str]]:
    expected, found = evaluate(program.linked, record), compiled.decide(program.linked, record)
    yield len(expected.findings), _difference(expected, found)
    yield len(expected.findings), _light(expected, compiled.outcomes(record).subjects, program.id)


def _difference(expected: Decision, found: Decision) -> str:
    if expected == found and repr(expected) == repr(found):
        return ""
    for one, other in zip(expected.findings, found.findings, strict=False):
        if one != other or repr(one) != repr(other):
            return f"{expected.program}: {other!r}, not {one!r}"
    return f"{expected.program}: {found!r}, not {expected!r}"


def _light(expected: Decision, found: tuple[SubjectOutcomes, ...], name: str) -> str:
    """Outcomes say of every finding what the decision says of it, and nothing else."""
    left = {_key(each): each for each in expected.findings if not isinstance(each, Figure)}
    told = {(str(each.subject), each.id): each.value for each in expected.of("figures")}
    light = {(str(one.subject), name): value for one in found for name, value in one.values.items()}
    if repr(sorted(told.items())) != repr(sorted(light.items())):
        return f"{name}: {light!r}, not {told!r}"
    for one in found:
        for outcome in one.outcomes:
            wanted = (str(one.subject), outcome.policy, outcome.id, outcome.status)
            keys = [key for key, finding in left.items() if key[:4] == wanted and _says(finding, outcome)]
            if not keys:
                return f"{name}: no finding says {outcome!r}"
            del left[keys[0]]
    return f"{name}: no outcome says {next(iter(left.values()))!r}" if left else ""


def _says(finding: Finding, outcome: Outcome) -> bool:
    return all(repr(getattr(finding, name)) == repr(value) for name, value in outcome.values.items())


def _key(finding: Finding) -> tuple[Any, ...]:
    return str(finding.subject), finding.policy, finding.id, finding.status, id(finding)
