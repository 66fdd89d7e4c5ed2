"""A load with the memo of the load before gives what a load from nothing gives."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from policyengine.diagnostics import Diagnostic
from policyengine.files import read_folder
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.program import policy_lowering
from policyengine.program.load import load
from policyengine.program.memo import Memo
from policyengine.source import Source

_PROGRAM = Path(__file__).parents[2] / "policies" / "wildix"
_DAY = date(2026, 11, 21)
_TYPED = 'ab 019:-{}[]"\n,.#%'


def _said(found: Diagnostic) -> tuple[object, ...]:
    places = [(str(each.span), each.text) for each in found.labels]
    return (*found.sort_key, str(found.span), found.help, places)


def _edited(text: str, first: str, source: random.Random) -> str:
    """A text with a key more or less, without a line, or as it was at first."""
    at, lines = source.randrange(len(text) + 1), text.split("\n")
    way = source.random()
    if way < 0.4:
        return text[:at] + source.choice(_TYPED) + text[at:]
    if way < 0.6:
        return text[:at] + text[at + 1 :]
    if way < 0.7:
        del lines[source.randrange(len(lines))]
        return "\n".join(lines)
    return first


def differences(folder: Path, edits: int, source: random.Random) -> int:
    """How many of so many edits, one after the other, are judged otherwise than from nothing."""
    first = {each.name: each for each in read_folder(folder).sources if "statements" not in each.name}
    texts, memo, found = dict(first), Memo(), 0
    for _ in range(edits):
        name = source.choice(list(texts))
        texts[name] = Source(name, _edited(texts[name].text, first[name].text, source))
        kept = load("p", list(texts.values()), _DAY, (), memo)
        anew = load("p", [Source(each.name, each.text) for each in texts.values()], _DAY)
        same = list(map(_said, kept.diagnostics)) == list(map(_said, anew.diagnostics))
        found += not (same and kept.ok == anew.ok and kept.digest == anew.digest)
    return found


def test_edits_are_judged_as_from_nothing() -> None:
    assert differences(_PROGRAM, 12, random.Random(3)) == 0


def test_a_document_that_is_as_it_was_is_not_worked_out_again() -> None:
    sources, memo = list(read_folder(_PROGRAM).sources), Memo()
    before = load("p", sources, _DAY, (), memo)
    i = next(i for i, each in enumerate(sources) if each.name.endswith("obligations.yaml"))
    sources[i] = Source(sources[i].name, sources[i].text.replace("title: ", "title: My ", 1))
    after = load("p", sources, _DAY, (), memo)
    kept = {id(unit.policy) for unit in before.units} & {id(unit.policy) for unit in after.units}
    assert len(kept) == len(before.units) - 1
    assert before.graph is not None
    assert after.graph is not None
    nodes = {id(node.expression) for _, node in before.graph.every_node()}
    anew = [node.name for _, node in after.graph.every_node() if id(node.expression) not in nodes]
    assert 0 < len(anew) < len(nodes) / 2


def test_what_two_rounds_do_not_ask_for_is_forgotten() -> None:
    sources, memo = list(read_folder(_PROGRAM).sources), Memo()
    for i in range(4):
        sources[0] = Source(sources[0].name, f"# {i}\n" + sources[0].text.partition("\n")[2])
        load("p", sources, _DAY, (), memo)
    held = [each for kept in (memo._before, memo._now) for each in kept]
    assert len([key for key in held if key[0] == "documents"]) == 2 * len(sources)


_FACTS = """\
kind: program
id: p
title: P
currency: EUR
parties: {partner: the partner}
items: {fee: fee}
entities:
  partner:
    title: partner
    facts:
      staff: {type: count, title: staff}
      double: {type: count, title: double, formula: staff * 2}
      ready: {type: boolean, title: ready}
"""
_DUTIES = """\
kind: obligations
id: %s
title: Duties
for: partner
obligations:
  - {id: a, title: A, met_when: %s}
"""


def test_a_policy_is_lowered_again_only_where_what_it_mentions_is_declared_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memo, lowered = Memo(), list[str]()
    policies = [
        Source(f"{i}.yaml", _DUTIES % (f"d{i}", each)) for i, each in enumerate(("double > 2", "ready"))
    ]
    plain = policy_lowering._lower

    def lower(unit: PolicyDocument, *rest: Any) -> Any:
        lowered.append(unit.policy.id)
        return plain(unit, *rest)

    monkeypatch.setattr(policy_lowering, "_lower", lower)

    def again(old: str, new: str) -> list[str]:
        lowered.clear()
        text = _FACTS.replace(old, new, 1)
        assert load("p", [Source("program.yaml", text), *policies], _DAY, (), memo).ok
        return list(lowered)

    assert again("", "") == ["d0", "d1"]
    assert again("title: P", "title: Program") == again("id: p", "note: x\nid: p") == []
    assert again("title: ready", "title: is ready") == ["d1"]
    assert again("", "") == ["d1"]
    assert again("staff}", "staff, max: 9}") == ["d0"]  # by the formula
    assert again("title: partner", "title: reseller") == ["d0", "d1"]
    assert again("      ready", "      more: {type: count, title: more, informative: true}\n      ready") == [
        "d0",
        "d1",
    ]


def test_what_a_load_knew_outlives_texts_that_do_not_link() -> None:
    memo = Memo()
    rest = [Source("a.yaml", _DUTIES % ("d", "ready and staff > 1"))]
    graphs = [
        load("p", [Source("program.yaml", text), *rest], _DAY, (), memo).graph
        for text in (_FACTS, *(_FACTS + f"  {broken}" for broken in "[{:]"), _FACTS + "# end")
    ]
    assert graphs[1:-1] == [None] * 4
    assert graphs[0] is not None
    assert graphs[-1] is not None
    was, now = ({id(node) for _, node in graph.every_node()} for graph in (graphs[0], graphs[-1]))
    assert len(was & now) == len(was) - 1  # `double` is of the declarations


@pytest.mark.parametrize(
    ("fact", "old", "new", "code"),
    [
        ("many: {type: number, title: many, formula: 1}", "formula: 1", "formula: true", "FEEL018"),
        ("many: {type: boolean, title: many, formula: staff > 9}", "staff}", "staff, max: 9}", "FEEL021"),
        (
            "many: {type: count, title: many, formula: staff + 1}",
            "count, title: many",
            "text, title: many",
            "FEEL018",
        ),
    ],
)
def test_a_formula_that_stays_is_judged_by_what_it_mentions(
    fact: str, old: str, new: str, code: str | None
) -> None:
    memo, first = Memo(), f"{_FACTS}      {fact}\n"
    rest = [Source("a.yaml", _DUTIES % ("d", "ready and double > 1"))]
    for text in (first, f"# moved\n{first}", first.replace(old, new), f"# moved\n{first.replace(old, new)}"):
        sources = [Source("program.yaml", text), *rest]
        kept, anew = (load("p", sources, _DAY, (), each).diagnostics for each in (memo, Memo()))
        assert list(map(_said, kept)) == list(map(_said, anew))
    assert code in {None, *(each.code.id for each in kept)}
