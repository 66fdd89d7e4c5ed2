"""The lists over a base: who stands in them, in which order, and what a level is worth."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import policyengine
from policyengine.change.period import days_of
from policyengine.reports.due_list import due_list
from policyengine.reports.level_lists import Limits, losing_list, next_list
from policyengine.reports.level_money import LevelMoney
from policyengine.reports.lists import Answer, Collector
from policyengine.reports.undecided_list import Undecided

_DAY = date(2026, 11, 21)
_FULL = {
    "attends_quarterly_reviews": True, "competence_rating": "positive", "technical_team_qualified": True,
    "sales_team_qualified": True, "team_in_ongoing_training": True, "reviews": [], "qualifications": [],
}  # fmt: skip
_ACCOUNT = {
    "id": "A-1", "setup_fee": "1000", "monthly_fee": "100", "order_form_submitted_on": date(2026, 12, 1),
    "set_up_on": date(2026, 12, 1),
}  # fmt: skip


@pytest.fixture(scope="module")
def program():
    return policyengine.load(Path(__file__).parents[2] / "policies/bytekast", as_of=_DAY)


def _rows(program, collector: Collector[Any], *records):
    for data in records:
        (record,) = program.record(data).records
        collector.add(collector.part([Answer(record, program.evaluate(record))]))
    head, rows, *_ = collector.listing()
    return [dict(zip([column.name for column in head.columns], row, strict=True)) for row in rows]


def _worth(program):
    return LevelMoney(program.linked.evaluated, days_of("P12M", _DAY)).worth


def _partner(key, active, **facts):
    return {"id": key, "active_accounts": active, **_FULL, "accounts": [], **facts}


def test_the_room_of_a_level_and_what_it_is_worth(program):
    collector = losing_list(_worth(program), Limits(Decimal("0.2"), 30), "room")
    far, near = _partner("far", 26), _partner("near", 16, name="Near", accounts=[_ACCOUNT])
    (row,) = _rows(program, collector, far, near, _partner("none", 3))
    assert (row["key"], row["label"], row["level"], row["room"], row["room_share"]) == (
        "near", "Near", "Gold", Decimal(0), Decimal(0),
    )  # fmt: skip
    # Gold has 33 % and Silver 20 %: 13 % of one set-up fee and of the ten monthly fees due until then
    charges = program.evaluate(near).of("charges")
    months = {each.id: each.next_due_on for each in charges}
    assert months["subscription"] == date(2027, 1, 31)
    assert (row["at_stake"], row["currency"]) == (Decimal("130.00") + 10 * Decimal("13.00"), "USD")


@pytest.mark.parametrize(
    ("by", "order"), [("room", ["edge", "rich"]), ("money", ["rich", "edge"]), ("date", ["edge", "rich"])]
)
def test_who_is_about_to_lose_a_level_is_ordered(program, by, order):
    collector = losing_list(_worth(program), Limits(Decimal("0.2"), 30), by)
    rows = _rows(program, collector, _partner("rich", 17, accounts=[_ACCOUNT]), _partner("edge", 16))
    assert [row["key"] for row in rows] == order


def test_what_falls_due_today_is_due(program):
    today = _partner("a", 16, accounts=[{**_ACCOUNT, "set_up_on": date(2026, 3, 22)}])
    rows = _rows(program, due_list(program.labels, 0), today)
    (fee,) = [row for row in rows if row["amount"]]
    assert (fee["due_on"], fee["days"], fee["status"]) == (_DAY, 0, "due")


def test_who_is_close_to_the_next_level(program):
    rows = _rows(
        program, next_list(_worth(program)), _partner("far", 11), _partner("top", 30),
        _partner("two", 15, team_in_ongoing_training=False), _partner("near", 26, accounts=[_ACCOUNT]),
    )  # fmt: skip
    assert [(row["key"], row["next_level"], row["count"], row["share"]) for row in rows] == [
        ("near", "Platinum", 1, Decimal("0.963")),
        ("far", "Gold", 1, Decimal("0.6875")),
        ("two", "Silver", 1, None),
    ]
    assert rows[0]["missing"] == "1 more active account (at least 27)"
    assert rows[0]["brings"] == (Decimal(1000) + 10 * Decimal(100)) * Decimal("0.17")


def test_what_is_due_stands_by_party_and_day(program):
    account = {**_ACCOUNT, "setup_fee_due_on": date(2026, 12, 5)}
    rows = _rows(program, due_list(program.labels, 30), _partner("a", 12, accounts=[account]))
    due = [(row["party"], row["title"], row["due_on"], row["days"], row["status"]) for row in rows]
    review = "Hold the quarterly review with ByteKast"
    assert due[:2] == [
        ("the reseller", review, date(2026, 9, 30), -52, "overdue"),
        ("the reseller", "Set-up fee", date(2026, 12, 5), 14, "upcoming"),
    ]
    assert {row[1] for row in due[2:]} == {
        f"Complete the programme {each}"
        for each in (
            "Data Privacy & Analytics",
            "Production & Onboarding",
            "Sales & Marketing",
            "User Support",
        )
    }
    fee = rows[1]
    assert (fee["subject"], fee["amount"], fee["currency"]) == ("A-1", Decimal("800.00"), "USD")
    assert len(_rows(program, due_list(program.labels, 13), _partner("a", 12, accounts=[account]))) == 5


def test_what_may_belong_into_a_list_is_counted(program):
    unknown = {
        each: value for each, value in _FULL.items() if each not in ("reviews", "team_in_ongoing_training")
    }
    record = {"id": "a", "active_accounts": 16, **unknown, "accounts": [{**_ACCOUNT, "setup_fee": None}]}
    (read,) = program.record(
        {**record, "accounts": [{k: v for k, v in _ACCOUNT.items() if k != "setup_fee"}]}
    ).records
    answer = Answer(read, program.evaluate(read))
    worth = _worth(program)
    for made, count in (
        (due_list(program.labels, 30), 2),  # a charge, and the review of the quarter that is over
        (losing_list(worth, Limits(Decimal("0.2"), 30), "room"), 1),
        (next_list(worth), 1),
    ):
        made.add(made.part([answer]))
        assert made.listing().note == f"{count} more may belong here: a fact is missing"


def test_each_finding_counts_that_a_fact_settles(program):
    accounts = [{"id": f"A-{i}", "setup_fee": "10", "set_up_on": date(2026, 1, 1)} for i in range(3)]
    rows = _rows(program, Undecided(program.vocabulary), _partner("a", 12, accounts=accounts))
    (fee,) = (row for row in rows if row["fact"] == "monthly_fee")
    assert (fee["records"], fee["alone"], fee["findings"]) == (1, 3, 3)


def test_a_level_is_lost_with_the_waiver_that_gives_it(tmp_path):
    shutil.copytree(Path(__file__).parents[2] / "policies/bytekast", tmp_path / "p")
    (tmp_path / "p/waivers.yaml").write_text(
        "kind: waivers\nid: kept\ntitle: Kept\nfor: partner\nwaivers:\n"
        "  - id: gold\n    of: reseller-levels/gold\n"
        "    when: {id: w}\n    why: A test\n    approved_by: bytekast\n    from: 2026-01-01\n"
        "    until_including: 2026-12-05\n"
    )
    program = policyengine.load(tmp_path / "p", as_of=_DAY)
    assert program.ok, program.diagnostics
    (row,) = _rows(
        program, losing_list(_worth(program), Limits(Decimal("0.2"), 30), "room"), _partner("w", 3)
    )
    assert (row["level"], row["held_until"]) == ("Gold", date(2026, 12, 5))


def test_the_fact_that_settles_most_comes_first(program):
    names = ("participation", "retention", "promotion", "vision", "qualification")
    rated = {f"{name}_rating": "positive" for name in names}
    one, two = ({**_partner(key, 12), **rated} for key in ("one", "two"))
    del one["vision_rating"], two["vision_rating"], two["promotion_rating"]
    rows = _rows(program, Undecided(program.vocabulary), two, one, {**_partner("full", 12), **rated})
    told = [(row["fact"], row["records"], row["alone"], row["findings"], row["such_as"]) for row in rows]
    assert told == [("vision_rating", 2, 1, 2, "two"), ("promotion_rating", 1, 0, 1, "two")]
    assert rows[0]["needed_by"] == "KPIs"
