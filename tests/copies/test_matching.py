"""New copies of a document: no alarm for markup, order, white space; each change at the right rule."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import policyengine
from copy_forms import FORMS
from policyengine.copies.matching import Comparison, compare_copy
from policyengine.copies.passages import Copy
from policyengine.copies.readers import read_copy
from policyengine.program.ledgers import Ledgers
from support import DAY, cases

HERE = Path(__file__).parent
TERMS = (HERE / "harbour" / "terms.txt").read_text(encoding="utf-8")


@cache
def ledgers() -> Ledgers:
    program = policyengine.load(HERE / "harbour", as_of=DAY)
    assert program.ok
    return Ledgers(program.linked)


def compared(name: str, data: bytes) -> Comparison:
    copy = read_copy(name, data)
    assert isinstance(copy, Copy), copy
    return compare_copy(ledgers().of("terms"), copy)


def edited(case) -> str:
    text = TERMS
    for old, new in case.get("replace", {}).items():
        assert old in text or not new or case["name"] == "a word with a hyphen", old
        text = text.replace(old, new)
    if "move" in case:
        start, end = (text.index(each) for each in case["move"])
        moved = text[start:end]
        first = moved.split("\n")[0] + "\n" if moved[:3] == "1.1" else moved
        text = text.replace(first, "", 1)
        at = text.index(case["move"][1]) if first != moved else text.index("We look")
        text = text[:at] + first + "\n" + text[at:]
    return text


def alarms(found: Comparison) -> list[str]:
    """What became of statements that are not as they were, with the rules that rest on them."""
    names = (
        (each.sort, [name for one in each.entries for name in one.statement.encoded])
        for each in found.found
        if each.sort != "unchanged"
    )
    return [f"{sort} {' '.join(rules)}" for sort, rules in names]


@pytest.mark.parametrize("case", cases(HERE / "copies.yaml"))
def test_a_new_copy(case):
    if "needs" in case:
        pytest.importorskip(case["needs"])
    name, data = FORMS[case.get("form", "text")](edited(case))
    found = compared(name, data)
    told = [(each.sort, found.text(each)) for each in found.found if each.sort != "unchanged"]
    assert alarms(found) == case["alarms"], told
