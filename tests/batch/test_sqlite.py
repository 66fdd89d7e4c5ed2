"""Records out of SQLite, where a column may hold values of any type: each is read as it was stored."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from policyengine.cli.run import run
from support import POLICIES

TABLES = """
CREATE TABLE partners (id, active_accounts);
INSERT INTO partners VALUES ('007', 12), (8, '13'), ('c', 9007199254740993);
CREATE TABLE accounts (partner_id, id, setup_fee, order_form_submitted_on);
INSERT INTO accounts VALUES ('007', 'A', 1234567.89, '2026-11-02'), ('007', 'B', '', NULL),
  (8, 'C', '0.005', NULL), (8, 'D', 100, NULL), ('c', 'E', 19.995, NULL);
"""


@pytest.fixture
def database(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with sqlite3.connect("crm.db") as connection:
        connection.executescript(TABLES)
    return "sqlite:///crm.db"


def _evaluate(database, *options, query="SELECT * FROM partners", accounts="SELECT * FROM accounts"):
    return run(
        [
            "evaluate", str(POLICIES / "bytekast"), "--records-from", database, "--query", query,
            "--table", f"accounts={accounts}", "--as-of", "2026-11-21", "-o", "out.csv", *options,
        ]
    )  # fmt: skip


@pytest.mark.parametrize("engine", ["rows", "columns"])
def test_amounts_in_a_column_of_several_types(engine, database, table_of):
    assert _evaluate(database, "--engine", engine) == 0
    fees = [row for row in table_of(Path("out.csv")) if row["id"] == "setup-fee"]
    assert [(row["key"], row["subject"], row["amount"]) for row in fees] == [
        ("007", "A", "1234567.89"), ("007", "B", ""), ("8", "C", "0.005"), ("8", "D", "100.00"),
        ("c", "E", "19.995"),
    ]  # fmt: skip


def test_rejects_tell_the_tables_apart(database, table_of):
    with sqlite3.connect("crm.db") as connection:
        connection.execute("UPDATE partners SET active_accounts = 1.5 WHERE id = '007'")
        connection.execute("UPDATE accounts SET setup_fee = 0.1 + 0.2 WHERE id = 'A'")
        connection.execute("UPDATE accounts SET setup_fee = x'ff' WHERE id = 'E'")
        connection.execute("INSERT INTO accounts VALUES ('zz', 'F', 1, NULL)")
    assert _evaluate(database) == 1
    rejects = [
        (row["file"], row["line"], row["fact"], row["code"]) for row in table_of(Path("out.rejects.csv"))
    ]
    assert rejects == [
        ("sqlite:///crm.db (accounts)", "1", "setup_fee", "BATCH007"),
        ("sqlite:///crm.db (accounts)", "5", "setup_fee", "BATCH003"),
        ("sqlite:///crm.db (accounts)", "6", "", "BATCH004"),
    ]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT nobody FROM partners", "no such column: nobody"),
        ("DELETE FROM partners", "`DELETE FROM partners` is not a query that reads"),
        ("WITH x AS (SELECT 1) DELETE FROM partners", "readonly"),
        ("SELECT id FROM partners; DELETE FROM partners", "one statement"),
        ("ATTACH 'new.db' AS new", "is not a query that reads"),
        ("partners.csv", "it begins with SELECT or WITH"),
        (
            "SELECT id, 1 AS active_acounts FROM partners",
            "`sqlite:///crm.db`: `active_acounts` is not a fact",
        ),
    ],
)
def test_queries_that_fail(query, message, database, capfd):
    before = Path("crm.db").read_bytes()
    assert _evaluate(database, query=query) == 2
    assert message in capfd.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["crm.db"]
    assert Path("crm.db").read_bytes() == before


def test_a_database_that_is_not_there(database, capfd):
    assert _evaluate("sqlite:///nowhere.db") == 2
    assert "`nowhere.db` does not exist" in capfd.readouterr().err
    Path("no.db").write_text("id,active_accounts\n" * 100)
    assert _evaluate("sqlite:///no.db") == 2
    assert "not a database" in capfd.readouterr().err


def test_comments_may_come_before_a_query(database, capfd):
    nobody = "-- all\n /* of */ SELECT id FROM partners WHERE 0"
    assert _evaluate(database, query=nobody, accounts="SELECT * FROM accounts WHERE 0") == 2
    assert "the query gives no record" in capfd.readouterr().err
