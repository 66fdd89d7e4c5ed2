"""A plan for the public: nothing in it depends on what is known of fewer than five partners."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

_PROGRAM = """\
kind: program
id: shop
title: Shop
currency: EUR
parties: {partner: the partner}
items: {support: support, hosting: hosting}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: id, informative: true}
      name: {type: text, title: name}
      fee: {type: money, title: fee, max: MAX}
      hosted: {type: boolean, title: hosted}
  customer:
    title: customer
    within: partner
    list: customers
    key: id
    facts:
      id: {type: text, title: id, informative: true}
      price: {type: money, title: price}
"""
_POLICIES = """\
kind: tiers
id: levels
title: Levels
for: partner
measure: fee
levels:
  - {id: all, title: All, fee: 0.., grants: [{discount: RATE, on: [support, hosting]}]}
otherwise: {level: none}
---
kind: billing
id: fees
title: Fees
for: partner
charges:
  - {id: support, title: Support, item: support, due_on: today, amount: 100}
  - {id: hosting, title: Hosting, item: hosting, due_on: today, amount: 77, when: hosted}
CHARGES---
kind: billing
id: prices
title: Prices
for: customer
charges:
  - {id: price, title: Price, due_on: today, amount: price}
"""
FORMS = ("text", "json", "markdown", "html", "junit", "sarif", "github")


def _shop(folder: Path, charges: Sequence[str] = (), *, rate: str = "10%", most: str = "9000") -> str:
    folder.mkdir(exist_ok=True)
    (folder / "program.yaml").write_text(_PROGRAM.replace("MAX", most))
    lines = "".join(f"  - {line}\n" for line in charges)
    (folder / "policies.yaml").write_text(_POLICIES.replace("CHARGES", lines).replace("RATE", rate))
    return str(folder)


def _base(path: Path, first: Mapping[str, Any], number: int = 20) -> str:
    common = {"fee": 1000, "hosted": False, "customers": [{"id": "c", "price": 1}]}
    records = [{"id": f"p{i}", "name": f"Partner {i}", **common, **(first if i == 0 else {})}
               for i in range(number)]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, records)))
    return str(path)


@pytest.fixture
def public(cli: Any, tmp_path: Path) -> Any:
    def run(new: str, first: Mapping[str, Any], form: str = "json", number: int = 20) -> tuple[int, str, str]:
        base = _base(tmp_path / "base.ndjson", first, number)
        asked = [_shop(tmp_path / "old"), new, "--records", base, "--as-of", "2026-11-21"]
        result = cli("plan", *asked, "--public", "-o", form)
        assert result.code in (0, 1), result.err
        return result.code, result.out, result.err

    return run


@pytest.mark.parametrize("form", FORMS)
def test_no_number_of_effects_tells_a_fact(cli: Any, tmp_path: Path, form: str) -> None:
    """A due date that moves for each 100 EUR of a single partner's fee: their number would tell the fee."""

    def charges(day: str) -> list[str]:
        return [f"{{id: x{i}, title: X{i}, amount: 1, due_on: '{day.format(i)}'}}" for i in range(30)]

    old = _shop(tmp_path / "old", charges("today"))
    new = _shop(
        tmp_path / "new", charges('today + (if name = "Partner 0" and fee > {}00 then @"P40D" else @"P0D")')
    )
    told = []
    for fee in (150, 2750):
        base = _base(tmp_path / "base.ndjson", {"fee": fee})
        told.append(cli("plan", old, new, "--records", base, "--as-of", "2026-11-21", "--public", "-o", form))
    assert told[0] == told[1]
    assert told[0].code == 0


def test_no_count_tells_about_those_whom_a_change_leaves_out(public: Any, tmp_path: Path) -> None:
    """Of 24 partners 24 or 21 pay for something new."""
    for left_out in ('"nobody"', '"Partner 0", "Partner 1", "Partner 2"'):
        charge = f"{{id: x, title: X, due_on: today, amount: 1, when: 'not(name in ({left_out}))'}}"
        plan = json.loads(public(_shop(tmp_path / "new", [charge]), {}, number=24)[1])
        told = [plan["summary"][name] for name in ("records", "changed", "losers")]
        assert told == [20, 20, 20]


@pytest.mark.parametrize(
    "how", ["amount: 'if name = \"Partner 0\" then fee else 0'", "amount: fee, when: {name: Partner 0}"]
)
def test_no_sum_after_a_change_is_what_one_partner_pays(cli: Any, tmp_path: Path, how: str) -> None:
    old = _shop(tmp_path / "old", ["{id: x, title: X, due_on: today, amount: fee}"])
    new = _shop(tmp_path / "new", [f"{{id: x, title: X, due_on: today, {how}}}"])
    base = _base(tmp_path / "base.ndjson", {"fee": 1234})
    for sides in ((old, new), (new, old)):
        asked = [*sides, "--records", base, "--as-of", "2026-11-21", "--public", "-o"]
        told = [cli("plan", *asked, form).out for form in FORMS]
        assert not any("1,234" in each or "1234" in each for each in told)
        plan = json.loads(told[FORMS.index("json")])
        assert ([each["id"] for each in plan["charges"]], plan["withheld"]) == (["support", "price"], True)


def test_children_of_one_partner_are_not_many_partners(public: Any, tmp_path: Path) -> None:
    new = _shop(tmp_path / "new", rate="20%")
    _, out, _ = public(new, {"customers": [{"id": f"c{i}"} for i in range(7)]})
    assert json.loads(out)["undecided"] == []


def test_no_interaction_tells_what_a_withheld_charge_comes_to(public: Any, tmp_path: Path) -> None:
    new = _shop(tmp_path / "new", rate="20%")
    plan = json.loads(public(new, {"hosted": True})[1])
    assert [(each["id"], each["change"]) for each in plan["charges"]] == [
        ("support", "-200.00"),
        ("price", "0.00"),
    ]
    assert plan["causes"] == []
    assert plan["withheld"] is True
    plan = json.loads(public(new, {})[1])
    assert [each["change"] for each in plan["causes"]] == ["-200.00"]
    assert plan["withheld"] is False


@pytest.mark.parametrize("form", FORMS)
def test_refused_records_tell_nothing_of_their_facts(public: Any, tmp_path: Path, form: str) -> None:
    new = _shop(tmp_path / "new", most="2000")
    code, out, err = public(new, {"fee": 2500}, form)
    assert (code, err.splitlines()[-1]) == (1, "some records are left out")
    assert "mistake" not in err
    assert "2000" not in out + err


def test_who_pays_more_is_not_denied(public: Any, tmp_path: Path) -> None:
    new = _shop(tmp_path / "new", ["{id: x, title: X, due_on: today, amount: 1, when: hosted}"])
    _, out, _ = public(new, {"hosted": True}, "text")
    assert "Who pays more or less is not shown." in out
    assert "No partner pays" not in out
    assert "stay at" not in out


def test_a_small_charge_that_stays_is_no_effect(public: Any, tmp_path: Path) -> None:
    _, out, _ = public(_shop(tmp_path / "new"), {"hosted": True}, "text")
    assert out.startswith("Nothing changes for 20 partners;")
    assert "are not shown" not in out
