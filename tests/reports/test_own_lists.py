"""Lists that a program defines by itself (`kind: report`)."""

import csv
import io
import shutil
from pathlib import Path

import pytest

from policyengine.cli.run import run

_BYTEKAST = Path(__file__).parents[2] / "policies/bytekast"
_REPORT = """\
kind: report
id: within-reach
title: Gold within reach
for: partner
when: reseller_levels < "gold" and active_accounts >= 10
columns:
  - {id: accounts, title: active accounts, value: active_accounts}
  - {id: level, value: reseller_levels}
  - {id: fees, title: monthly fees, value: sum(accounts.monthly_fee)}
  - {id: share, value: active_accounts / 16}
order: [{by: accounts, descending: true}, fees]
"""
_BASE = """\
id,name,active_accounts,attends_quarterly_reviews,competence_rating,technical_team_qualified,\
sales_team_qualified,team_in_ongoing_training
a,A,11,true,positive,true,true,true
b,B,15,true,positive,true,true,true
c,C,20,true,positive,true,true,true
d,D,15,true,positive,true,true,true
e,E,16,true,positive,true,true,
f,F,9,true,positive,true,true,true
"""
_ACCOUNTS = "partner,id,monthly_fee,set_up_on\nb,1,50.00,2026-01-01\nd,1,20.00,2026-03-01\nd,2,,\n"


@pytest.fixture
def report(tmp_path, monkeypatch, capfd):
    """Runs a report of the program; returns the exit code and what was said."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(_BYTEKAST, "program")
    Path("p.csv").write_text(_BASE)
    Path("accounts.csv").write_text(_ACCOUNTS)

    def call(text, *words):
        Path("program/report.yaml").write_text(text)
        code = run(
            [words[0], "program", *words[1:], "--as-of", "2026-11-21"] if words[0] == "report" else [*words]
        )
        said = capfd.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return call


def test_rows_columns_and_order(report):
    code, out, err = report(_REPORT, "report", "p.csv", "within-reach", "-o", "csv")
    assert (code, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    names = ("key", "accounts", "level", "fees", "currency")
    assert [[row[name] for name in names] for row in rows] == [
        ["b", "15", "Silver", "50.00", "USD"],
        ["d", "15", "Silver", "", "USD"],
        ["a", "11", "Silver", "0", "USD"],
    ]
    assert rows[0]["share"] == "0.9375"


def test_a_filter_decides_what_a_policy_decides(report):
    text = _REPORT.replace(
        'reseller_levels < "gold" and active_accounts >= 10', "sum(accounts.monthly_fee) >= 15"
    )
    _, out, _ = report(text, "report", "p.csv", "within-reach", "-o", "csv")
    assert [row["key"] for row in csv.DictReader(io.StringIO(out))] == ["b", "d"]


def test_as_text_with_what_is_open(report):
    code, out, _ = report(_REPORT, "report", "p.csv", "within-reach")
    assert code == 0
    assert out.splitlines()[0] == "Gold within reach (3)"
    assert out.splitlines()[-1] == "  1 more may belong here: a fact is missing"
    assert "50.00 USD" in out


def test_it_stands_with_the_others(report, tmp_path):
    assert report(_REPORT, "report", "p.csv", "-o", "lists.xlsx")[0] == 0
    from policyengine.batch.books import read_sheet, sheet_names

    assert sheet_names(Path("lists.xlsx")) == [
        "due",
        "losing",
        "next",
        "undecided",
        "waivers",
        "within-reach",
    ]
    head, first, *_ = read_sheet(Path("lists.xlsx:within-reach")).rows
    assert dict(zip(head, first, strict=True))["active accounts"] == 15


def test_a_row_for_each_child(report):
    text = (
        "kind: report\nid: fresh\ntitle: Fresh accounts\nfor: account\n"
        'when: set_up_on > @"2026-02-01"\n'
        "columns: [{id: since, value: set_up_on}, {id: of, value: active_accounts}]\n"
    )
    code, out, _ = report(text, "report", "p.csv", "fresh", "-o", "csv")
    assert (code, out.splitlines()[1:]) == (0, ["d,D,1,2026-03-01,15"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value: active_accounts}", "value: active_acounts}", "`active_acounts`"),
        ("for: partner", "for: partnr", "did you mean `partner`?"),
        ("order: [{by: accounts", "order: [{by: acounts", "`acounts` is not a column of this report"),
        ("id: level,", "id: accounts,", "`accounts` is the id of two columns"),
        ("id: within-reach", "id: due", "REPORT001"),
        ("when: reseller_levels", "when: active_accounts + 1 #", "error["),
        ("value: reseller_levels}", "value: 'upper case('}", "error["),
    ],
)
def test_a_report_that_is_wrong(report, old, new, message):
    code, out, err = report(_REPORT.replace(old, new, 1), "check", "program")
    assert code == 1
    assert message in out + err
    assert "report.yaml" in out + err


def test_no_decision_changes(report):
    before = report("", "evaluate", str(_BYTEKAST), "p.csv", "--as-of", "2026-11-21", "-o", "json")[1]
    after = report(_REPORT, "evaluate", "program", "p.csv", "--as-of", "2026-11-21", "-o", "json")[1]
    assert len(before.splitlines()) == len(after.splitlines())
