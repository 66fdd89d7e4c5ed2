"""Changes between two versions: found by id, applied one by one, and nothing for what is only formatting."""

from __future__ import annotations

import random
from functools import cache

import pytest
import yaml
from hypothesis import assume, given, seed, settings
from hypothesis import strategies as st
from tests.support import DAY, POLICIES

from policyengine.analysis.witness import Same, find_witness
from policyengine.change.apply import with_changes
from policyengine.change.change_groups import bundles
from policyengine.change.changes import changes_of
from policyengine.change.independence import Trials
from policyengine.files import read_folder
from policyengine.program.linked import Program
from policyengine.program.load import load
from policyengine.source import Source
from policyengine.verify.mutants import Mutant, mutants

PROGRAMS = ("bytekast", "kepion", "pugpig", "wildix")


@cache
def sources(name: str) -> tuple[Source, ...]:
    return read_folder(POLICIES / name).sources


@cache
def program(name: str) -> Program:
    return load(name, sources(name), DAY)


@cache
def mutants_of(name: str) -> list[Mutant]:
    return list(mutants(program(name), sources(name)))


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_not_differ_from_itself(name: str) -> None:
    again = load(name, [Source(each.name, each.text) for each in reversed(sources(name))], DAY)
    assert not changes_of(program(name), again)


@pytest.mark.parametrize("name", PROGRAMS)
@seed(2)
@settings(max_examples=5, deadline=None, database=None)
@given(data=st.data())
def test_a_mutant_differs_and_its_changes_make_it(name: str, data: st.DataObject) -> None:
    mutant = data.draw(st.sampled_from(mutants_of(name)), label="mutant")
    new = load(name, mutant.sources, DAY)
    assume(new.ok)
    found = changes_of(program(name), new)
    assert found, f"{mutant.at}: {mutant.words}"
    assert not all(change.wording for change in found)
    made = with_changes(program(name), found, DAY)
    assert made.ok
    assert not [change.name for change in changes_of(made, new) if change.sort != "order"]
    assert isinstance(find_witness(made, new), Same)


def shuffled(text: str, chance: random.Random) -> str:
    """The documents of a file in another order, with further comments and empty lines."""
    documents = text.split("\n---\n")
    chance.shuffle(documents)
    lines = "\n---\n".join(each.strip("\n") for each in documents).split("\n")
    return "\n".join(f"{line}\n# a remark" if line.startswith("kind:") else line for line in lines) + "\n"


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("number", range(3))
def test_order_of_policies_and_remarks_are_no_change(name: str, number: int) -> None:
    chance = random.Random(number)
    texts = [Source(each.name, shuffled(each.text, chance)) for each in sources(name)]
    new = load(name, texts, DAY)
    assert new.ok
    assert not changes_of(program(name), new)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("discount: 20%", "discount: 0.2"),
        ("discount: 20%", "discount: '20 %'"),
        ("{discount: 20%, on: [app_setup,", "{discount: 20 %, 'on': ['app_setup',"),
    ],
)  # fmt: skip
def test_another_form_is_no_change(before: str, after: str) -> None:
    texts = [Source(each.name, each.text.replace(before, after)) for each in sources("bytekast")]
    new = load("bytekast", texts, DAY)
    assert new.ok
    assert not changes_of(program("bytekast"), new)


def edit(name: str, *pairs: tuple[str, str]) -> Program:
    texts = list(sources(name))
    for before, after in pairs:
        at = next(i for i, source in enumerate(texts) if before in source.text)
        texts[at] = Source(texts[at].name, texts[at].text.replace(before, after, 1))
    return load(name, texts, DAY)


def test_changes_that_only_go_together() -> None:
    new = edit(
        "bytekast",
        ("active_accounts: 10..15", "active_accounts: 10..14"),
        ("active_accounts: 16..26", "active_accounts: 15..26"),
        ("discount: 50%", "discount: 45%"),
    )
    found = changes_of(program("bytekast"), new)
    groups = [
        [change.name for change in group] for group in bundles(Trials(program("bytekast"), (), DAY), found)
    ]
    assert groups == [
        ["reseller-levels/levels/silver/active_accounts", "reseller-levels/levels/gold/active_accounts"],
        ["reseller-levels/levels/platinum/grants/#1/discount"],
    ]


VERSION = """\
---
kind: obligations
id: quote-details
title: Quote details
for: opportunity
from: 2027-01-01
source: {document: community-guide, section: Create a Quote}
obligations:
  - id: shipping-address
    title: Select whose address the quote ships to
    party: wildix
    when: is defined(primary_quote_mrr)
    met_when: is defined(shipping_address)
"""


def test_a_later_version_is_compared_with_the_one_that_it_replaces() -> None:
    texts = [Source(each.name, each.text + VERSION if each.name.endswith("obligations.yaml") else each.text)
             for each in sources("wildix")]  # fmt: skip
    new = load("wildix", texts, DAY)
    assert new.ok
    found = [change for change in changes_of(program("wildix"), new) if not change.wording]
    assert [change.name for change in found] == [
        "quote-details/obligations/shipping-address/party@2027-01-01"
    ]
    assert found[0].values == ("partner", "wildix")
    made = with_changes(program("wildix"), found, DAY)
    assert made.ok
    assert [unit.policy.from_ is None for unit in made.units if unit.policy.id == "quote-details"] == [
        True,
        False,
    ]
    back = changes_of(new, program("wildix"))
    assert [change.name for change in back if not change.wording] == [found[0].name]
    assert with_changes(new, back, DAY).ok


def turned(node: object) -> object:
    """Data with the keys of every mapping in another order; the kind stays in front."""
    if isinstance(node, dict):
        return {key: turned(node[key]) for key in sorted(node, key=lambda key: (key != "kind", key))}
    return [turned(each) for each in node] if isinstance(node, list) else node


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_order_of_keys_and_the_style_are_no_change(name: str) -> None:
    texts = [
        Source(each.name, "---\n".join(yaml.safe_dump(turned(document), sort_keys=False, allow_unicode=True)
                                       for document in yaml.load_all(each.text, yaml.BaseLoader)))
        for each in sources(name)
    ]  # fmt: skip
    new = load(name, texts, DAY)
    assert new.ok, new.diagnostics
    assert not changes_of(program(name), new)
