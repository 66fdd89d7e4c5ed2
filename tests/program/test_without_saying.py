"""What a program may leave out, and what holds then."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.columns.batches import batch_of, by_rows, difference

from policyengine.engine.columns import plan
from policyengine.engine.reference.row import evaluate
from support import good_program, program_of, record_of

PROGRAM = """\
kind: program
id: shop
title: Shop
currency: EUR
parties: {partner: the partner}
source: {document: agreement, section: general}
sources: {agreement: {title: Agreement}, annex: {title: Annex}}
entities:
  partner:
    key: id
    label: name
    facts:
      net_fee: {type: money}
      share: {type: rate, formula: 'if net_fee > 100 then 12.5% else 5%', source: {section: shares}}
  sub_part: {within: partner, list: parts, key: nr}
"""
FEES = """\
kind: billing
id: fees
title: Fees
source: {section: fees}
charges:
  - {id: fee, title: Fee, amount: 50% of net_fee + share * 1, due_on: none}
  - {id: other, title: Other, amount: 100 * 7%, due_on: none, source: {document: annex}}
"""


def test_what_is_left_out_follows_from_what_is_said() -> None:
    program = good_program(FEES, base=PROGRAM)
    entities = program.vocabulary.entities
    assert {name: each.title for name, each in entities.items()} == {
        "partner": "partner",
        "sub_part": "sub part",
    }
    titles = {name: fact.title for name, fact in entities["partner"].facts.items()}
    assert titles == {"id": "identifier", "name": "name", "net_fee": "net fee", "share": "share"}
    assert entities["sub_part"].facts["nr"].type == "text"
    decision = program.evaluate({"id": "a", "name": "Ann", "net_fee": 200, "parts": [{"nr": "1"}]})
    fee, other = decision.of("charges")
    (share,) = decision.of("figures")
    assert (fee.subject.label, fee.net, other.net) == ("Ann", Decimal("100.13"), Decimal("7.00"))
    clauses = [each.origin.clause for each in (fee, other, share)]
    assert [(each.title, each.section) for each in clauses if each] == [
        ("Agreement", "fees"), ("Annex", None), ("Agreement", "shares"),
    ]  # fmt: skip


def test_where_an_entity_lies_and_its_list_and_key_follow_from_its_name() -> None:
    """The first entity without `within` and `list` is the record, whatever comes before it."""
    base = (
        PROGRAM.replace("    key: id\n", "").replace("entities:\n", "entities:\n  visit: {within: company}\n")
        + "  company: {}\n  box-lot: {list: lots}\n  key_tax: {within: box-lot, key: nr}\n"
    )
    program = good_program(FEES, base=base)
    found = {name: (each.within, each.list, each.key) for name, each in program.vocabulary.entities.items()}
    assert program.vocabulary.root == "partner"
    assert found == {
        "visit": ("company", "visits", "id"),
        "partner": (None, None, "id"),
        "sub_part": ("partner", "parts", "nr"),
        "company": ("partner", "companies", "id"),
        "box-lot": ("partner", "lots", "id"),
        "key_tax": ("box-lot", "key_taxes", "nr"),
    }
    record = {"id": "a", "net_fee": 200, "companies": [{"id": "c", "visits": [{"id": "1"}]}]}
    assert [str(each.net) for each in program.evaluate(record).of("charges")] == ["100.13", "7.00"]


def test_a_list_that_is_left_out_has_nothing_where_the_program_says_so() -> None:
    """In all engines; without `default: none` it is not known, and asked for."""
    base = PROGRAM + (
        "  deal: {default: none, facts: {fee: {type: money}, "
        "extra: {type: money, formula: sum(uses.cost)}}}\n"
        "  use: {within: deal, default: none, facts: {cost: {type: money}}}\n"
    )
    fees = FEES + (
        "  - {id: deals, title: Deals, amount: sum(deals.fee) + sum(deals.extra), due_on: none}\n"
        "---\nkind: billing\nid: more\ntitle: More\nfor: use\n"
        "charges: [{id: use, title: Use, amount: cost, due_on: none}]\n"
    )
    known = good_program(fees, base=base)
    records = [
        record_of(known, each)
        for each in ({"id": "a", "net_fee": 1}, {"id": "b", "net_fee": 1, "deals": [{"fee": 5}]},
                     {"id": "c", "net_fee": 1, "deals": [{"fee": 5, "uses": [{"cost": 2}]}]})
    ]  # fmt: skip
    rows = [known.evaluate(each) for each in records]
    found = [[(each.id, str(each.net)) for each in one.of("charges")][2:] for one in rows]
    assert found == [[("deals", "0.00")], [("deals", "5.00")], [("deals", "7.00"), ("use", "2.00")]]
    assert all(len(one.missing) == 0 for one in rows)
    assert [repr(one) for one in rows] == [repr(evaluate(known.linked, each)) for each in records]
    columns = plan(known.linked).answer(batch_of(known.vocabulary, records)).table
    assert difference(columns, by_rows(known.linked, records)) == ""
    open_one = good_program(fees, base=base.replace("default: none, ", ""))
    asked = open_one.evaluate(record_of(open_one, {"id": "a", "net_fee": 1})).missing
    assert [each.fact for each in asked] == ["deals"]


@pytest.mark.parametrize(
    ("there", "instead", "code", "message"),
    [
        ("key: nr", "key: nr, facts: {nrs: {type: text}}", "PROG002", "`nr` is not a fact of `sub_part`"),
        ("label: name", "label: name\n    default: none", "PROG007", "`partner` is the record itself"),
        ("12.5% else", "12.5 % 3 else", "FEEL002", "`%` is not an operator"),
        ("12.5% else", '"12.5%" else', "", ""),
        ("document: agreement,", "document: agrement,", "NAME001", "`agrement` is not a source"),
    ],
)
def test_mistakes(there: str, instead: str, code: str, message: str) -> None:
    found = program_of(FEES, base=PROGRAM.replace(there, instead)).diagnostics
    told = [(each.code.id, each.message) for each in found]
    assert any(one.startswith(code) and message in text for one, text in told), told
