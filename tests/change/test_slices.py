"""A slice of a graph finds what the whole graph finds; and rules that are alike are told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from benchmarks.partners import partners
from tests.programmes.recorded import FOLDERS, recorded
from tests.support import DAY, POLICIES, good_program

from policyengine.analysis.witness import Witness
from policyengine.api import Program, load
from policyengine.change.program_comparison import compare
from policyengine.change.slices import Marks, derived, different, slice_of
from policyengine.engine.rows.engine import compile_graph
from policyengine.engine.rows.outcomes import SubjectOutcomes
from policyengine.policy.rule import Rule
from policyengine.program.graph import Graph
from policyengine.program.load import load as load_program
from policyengine.program.record import Record
from policyengine.source import Source

PROGRAMS = sorted(path.name for path in POLICIES.iterdir())


def records(program: Program) -> list[Record]:
    folder = POLICIES.parent / "fixtures" / program.id / "records"
    found = [
        record
        for path in sorted(folder.glob("*.yaml"))
        for record in program.read(Source(path.name, path.read_text())).records
    ]
    if program.id == "bytekast":
        found += [program.record(each).records[0] for each in partners(60, 3, 0.1)]
    assert found
    return found


def graph_of(program: Program) -> Graph:
    assert program.linked.graph is not None
    return program.linked.graph


def findings(graph: Graph, record: Record) -> Iterator[object]:
    for subject, outcomes, *_ in compile_graph(graph, DAY).outcomes(record).subjects:
        yield from ((subject, outcome) for outcome in outcomes)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_slice_finds_what_the_whole_finds(name: str) -> None:
    program = load(POLICIES / name, as_of=DAY)
    _check_slices(graph_of(program), records(program), parts=3)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_slice_of_a_programme_finds_what_the_whole_finds(folder: Path) -> None:
    found = list(recorded(folder))
    _check_slices(found[0][0].judging, [record for _, record in found][:10], parts=4)


def _check_slices(graph: Graph | None, records: Sequence[Record], parts: int) -> None:
    assert graph is not None
    whole = compile_graph(graph, DAY)
    for i in range(parts):
        rules = graph.rules[i::parts]
        part = compile_graph(slice_of(graph, rules), DAY)
        wanted = {(rule.origin.policy, rule.finding.section) for rule in rules}
        for record in records:
            one = _listed(whole.outcomes(record).subjects, rules, graph)
            other = _listed(part.outcomes(record).subjects, rules, graph)
            assert one == other
            assert {(policy, section) for _, policy, _, section, *_ in other} <= wanted


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_slice_has_the_figures_that_are_asked_for(folder: Path) -> None:
    found = list(recorded(folder))
    graph = found[0][0].judging
    assert graph is not None
    whole = compile_graph(graph, DAY)
    for key in [key for key, node in graph.every_node() if node.exported][::3]:
        part = compile_graph(slice_of(graph, (), [key]), DAY)
        for _, record in found[:3]:
            one, other = (_figure(code.outcomes(record).subjects, *key) for code in (whole, part))
            assert one == other


def _figure(subjects: Iterable[SubjectOutcomes], entity: str, name: str) -> list[object]:
    return [each.values[name] for each in subjects if each.subject.entity == entity and name in each.values]


def _listed(subjects: object, rules: tuple[Rule, ...], graph: Graph) -> list[tuple[object, ...]]:
    """The findings of some rules, in an order of their own; each rule has its part and its list."""
    parts = {(rule.origin.policy, rule.origin.id, rule.finding.section) for rule in rules}
    roles = {(rule.origin.policy, rule.origin.id, str(_role(rule))) for rule in rules}
    found = [
        (
            str(subject),
            outcome.policy,
            outcome.id,
            outcome.section,
            outcome.status,
            sorted(map(str, outcome.values.items())),
        )
        for subject, outcomes, *_ in subjects  # type: ignore[attr-defined]
        for outcome in outcomes
        if (outcome.policy, outcome.id, outcome.section) in parts
        and (outcome.section != "duties" or (outcome.policy, outcome.id, outcome.values["role"]) in roles)
    ]
    return sorted(found, key=str)


def _role(rule: Rule) -> object:
    return getattr(rule.fields.get("role"), "value", None)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_has_no_rule_that_it_does_not_have(name: str) -> None:
    marks = Marks()
    one, other = (graph_of(load(POLICIES / name, as_of=DAY)) for _ in range(2))
    assert not different(marks, one, other)
    assert not derived(marks, one, other)


OLD = """\
kind: tiers
id: levels
title: Levels
for: partner
measure: active_accounts
levels:
  - {id: silver, title: Silver, active_accounts: 10..15, grants: [{discount: 20%, on: [subscription]}]}
  - {id: gold, title: Gold, active_accounts: 16.., grants: [{discount: 33%, on: [subscription]}]}
otherwise: {level: none, basis: assumed, note: not said}
---
kind: obligations
id: duties
title: Duties
for: partner
obligations:
  - {id: report, title: Report, met_when: active_accounts > 5}
  - {id: attend, title: Attend, every: calendar quarter, met_when: attends_quarterly_reviews}
"""


@pytest.mark.parametrize(
    ("old", "new", "hit"),
    [
        ("title: Silver", "title: Argent", set()),
        ("note: not said", "note: nobody said so", set()),
        ("active_accounts: 10..15", "active_accounts: 9..15", {"levels", "subscription", "monthly-fee"}),
        ("discount: 20%", "discount: 21%", {"subscription", "monthly-fee"}),
        ("discount: 20%", "discount: 0.20", set()),
        ("active_accounts > 5", "active_accounts > 6", {"report"}),
        ("calendar quarter", "calendar month", {"attend"}),
        ("met_when: attends", "met_when: not(not(attends_quarterly_reviews)) and attends", {"attend"}),
    ],
)
def test_only_what_a_change_reaches_is_different(old: str, new: str, hit: set[str]) -> None:
    assert old in OLD
    marks = Marks()
    one, other = (graph_of(good_program(text, as_of=DAY)) for text in (OLD, OLD.replace(old, new)))
    for rules in (different(marks, one, other), different(marks, other, one)):
        assert {rule.origin.id for rule in rules} == hit


NAMES = Path(__file__).parents[1] / "kinds" / "programs" / "names"
REACHED = [
    ("formula: amount * 2", "formula: amount * 3", {"levels"}),
    ("formula: first + amount", "formula: first + 2 * amount", {"levels"}),
    ("order: {by: done_on}", "order: {by: done_on, first: highest}", {"levels"}),
    ("formula: today.year", "formula: today.year - 1", {"levels"}),
    ("formula: amount * 0.1", "formula: amount * 0.2", {"commission", "bonus"}),
    ('@"P2M")', '@"P1M")', {"bonus"}),
    ("of: begins_on", "of: 'begins_on + @\"P1M\"'", {"commission"}),
]


@pytest.mark.parametrize(("old", "new", "hit"), REACHED, ids=[each[0] for each in REACHED])
def test_a_change_reaches_what_rests_on_it_by_any_name(old: str, new: str, hit: set[str]) -> None:
    texts = [(path.name, path.read_text()) for path in sorted(NAMES.glob("p*.yaml"))]
    assert any(old in text for _, text in texts)
    sides = [
        load_program("names", [Source(name, text.replace(before, after)) for name, text in texts], DAY)
        for before, after in ((old, old), (old, new))
    ]
    marks, (one, other) = Marks(), [each.judging for each in sides]
    assert one is not None
    assert other is not None
    rules = different(marks, one, other)
    assert hit <= {rule.origin.id for rule in rules}
    (meaning,) = compare(*sides).meanings
    assert isinstance(meaning.verdict, Witness), meaning.verdict
