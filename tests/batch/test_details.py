"""Labels, titles, and what is told of levels beside the ids of tables, the same in both engines."""

import csv
from pathlib import Path

import pytest

from batch.conftest import BYTEKAST, table
from policyengine.batch.books import read_sheet
from policyengine.cli.run import run

_HEAD = "id,name,active_accounts,attends_quarterly_reviews,competence_rating,technical_team_qualified"
_REST = ",sales_team_qualified,team_in_ongoing_training"
_ROWS = (
    "007,Seven,16,true,positive,true,true,true",
    "b,Birch,11,true,positive,true,true,",
    "c,,12,true,positive,true,true,true",
    "d,Dune,3,true,positive,true,true,true",
)
_BASE = "\n".join([_HEAD + _REST, *_ROWS, ""])
_ACCOUNTS = "partner,id,setup_fee\n007,A-1,100\n"


@pytest.fixture
def detailed(tmp_path, monkeypatch, capfd):
    """Evaluates a base with details; returns the rows of the table."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("in/p.csv").write_text(_BASE)
    Path("in/accounts.csv").write_text(_ACCOUNTS)

    def call(*options, out="out.csv"):
        words = ["evaluate", str(BYTEKAST), "in/p.csv", "--as-of", "2026-11-21", "-o", out, *options]
        assert run(words) == 0, capfd.readouterr().err
        return table(Path(out)) if out.endswith(".csv") else []

    return call


@pytest.mark.parametrize("engine", ["rows", "columns"])
def test_of_findings(detailed, engine):
    rows = detailed("--details", "--engine", engine)
    first = rows[0]
    assert list(first)[:4] == ["row", "key", "label", "entity"]
    assert (first["label"], first["title"], first["level_title"], first["next_level"]) == (
        "Seven", "Reseller levels", "Gold", "Platinum",
    )  # fmt: skip
    assert (first["missing_for_next"], first["room"], first["lost_below"]) == (
        "11 more active accounts (at least 27)", "0", "16",
    )  # fmt: skip
    numbers = ("missing_count", "missing_number", "room_number", "lost_below_number")
    assert [first[name] for name in numbers] == ["1", "11.00", "0.00", "16.00"]
    assert rows[-1]["net_discount"] == ""
    (fee,) = [row for row in rows if row["section"] == "charges" and row["id"] == "setup-fee"]
    assert (fee["amount"], fee["net"], fee["net_discount"]) == ("100.00", "67.00", "33.00")
    assert {row["title"] for row in rows if row["section"] == "charges"} == {
        "Set-up fee",
        "Monthly subscription",
    }
    missing = {row["title"] for row in rows if row["section"] == "missing" and row["key"] == "b"}
    assert {"qualifications", "quarterly reviews", "keeps its team in ongoing training"} <= missing
    assert {row["label"] for row in rows if row["key"] == "c"} == {""}
    assert all(row["title"] for row in rows)


@pytest.mark.parametrize("layout", ["findings", "records"])
def test_both_engines_say_the_same(detailed, layout):
    tables = [detailed("--details", "--layout", layout, "--engine", each) for each in ("rows", "columns")]
    assert tables[0] == tables[1]


def test_of_records(detailed):
    rows = {row["key"]: row for row in detailed("--details", "--layout", "records")}
    before = "levels.reseller-levels."
    assert rows["007"]["label"] == "Seven"
    assert rows["007"][f"{before}missing_for_next"] == "11 more active accounts (at least 27)"
    assert rows["d"][f"{before}next_level"] == "Silver"
    assert rows["d"][f"{before}room"] == ""
    assert (rows["007"][f"{before}room_number"], rows["d"][f"{before}missing_number"]) == ("0.00", "7.00")
    fee = "account.charges.reseller-billing/setup-fee"
    assert (rows["007"][fee], rows["007"][f"{fee}.net_discount"]) == ("67.00", "33.00")
    assert rows["c"][f"{fee}.net_discount"] == ""


@pytest.mark.parametrize("layout", ["findings", "records"])
def test_nothing_else_changes(detailed, layout):
    plain, more = detailed("--layout", layout), detailed("--layout", layout, "--details", out="d.csv")
    assert plain == [{name: row[name] for name in plain[0]} for row in more]


def test_a_workbook_has_them(detailed):
    detailed(out="d.xlsx")
    head, first, *_ = read_sheet(Path("d.xlsx:levels")).rows
    assert first[head.index("label")] == "Seven"
    assert first[head.index("missing for next")] == "11 more active accounts (at least 27)"
    assert first[head.index("lost below number")] == 16
    head, *_ = read_sheet(Path("d.xlsx:charges")).rows
    assert "missing for next" not in head
    assert "net discount" in head
    assert "title" in head


def test_levels_of_children(tmp_path, monkeypatch, capfd):
    """Each has its own, by its place and that of what it stands in."""
    monkeypatch.chdir(tmp_path)
    Path("shop").mkdir()
    Path("shop/program.yaml").write_text(
        "kind: program\nid: shop\ntitle: Shop\nentities:\n"
        "  partner: {title: partner, key: id, facts: {id: {type: text, title: id}}}\n"
        "  client:\n    title: client\n    within: partner\n    list: clients\n    key: id\n"
        "    facts: {id: {type: text, title: id}}\n"
        "  path:\n    title: path\n    within: client\n    list: paths\n    key: id\n"
        "    facts: {id: {type: text, title: id}, points: {type: count, title: points}}\n"
    )
    Path("shop/levels.yaml").write_text(
        "kind: tiers\nid: ladder\ntitle: Ladder\nfor: path\nmeasure: points\n"
        "levels: [{id: low, title: Low, points: 10..}, {id: high, title: High, points: 50..}]\n"
        "otherwise: {level: none}\n"
    )
    paths = '{"id": "x", "points": %d}'
    Path("p.ndjson").write_text(
        '{"id": "a", "clients": [{"id": "1", "paths": [' + paths % 20 + "]}, "
        '{"id": "2", "paths": [' + paths % 45 + "]}]}\n"
    )
    assert run(["evaluate", "shop", "p.ndjson", "--as-of", "2026-11-21", "-o", "out.csv", "--details"]) == 0
    capfd.readouterr()
    with Path("out.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["section"] == "levels"]
    assert [(row["in_client"], row["missing_for_next"], row["room"]) for row in rows] == [
        ("1", "30 more points (at least 50)", "10"), ("2", "5 more points (at least 50)", "35"),
    ]  # fmt: skip
