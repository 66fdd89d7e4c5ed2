"""Records out of SQLite and of a real PostgreSQL, which is started here (`make databases`)."""

from __future__ import annotations

import csv
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from policyengine.cli.run import run

BYTEKAST = Path(__file__).parents[2] / "policies" / "bytekast"
TABLES = """
CREATE TABLE partners (id text, active_accounts integer, attends_quarterly_reviews boolean,
  competence_rating text, technical_team_qualified boolean, sales_team_qualified boolean,
  team_in_ongoing_training boolean);
INSERT INTO partners VALUES ('007', 16, true, 'positive', true, true, true),
  ('acme', 12, true, 'positive', true, true, null), ('bad', -1, true, 'positive', true, true, true);
CREATE TABLE accounts (partner_id text, id text, setup_fee {money}, order_form_submitted_on {day});
INSERT INTO accounts VALUES ('007', 'A-1', 19.995, '2026-11-02'), ('007', 'A-2', 1000000000.10, null);
"""
PARTNERS = "SELECT * FROM partners ORDER BY id"
ACCOUNTS = "SELECT * FROM accounts"


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A server in a folder of its own, on a socket only; run by `postgres` where root starts it."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    home = programs[-1] if programs else Path(str(shutil.which("initdb"))).parent
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    before: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        before = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
    quiet = {"check": True, "capture_output": True, "cwd": folder}
    data = str(folder / "data")
    subprocess.run([*before, str(home / "initdb"), "-D", data, "-A", "trust", "-U", "tester"], **quiet)
    server = [*before, str(home / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log")]
    subprocess.run([*server, "-o", f"-k {folder} -c listen_addresses=''", "start"], **quiet)
    try:
        yield f"postgresql:///postgres?host={folder}&user=tester"
    finally:
        subprocess.run([*server, "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def filled(postgres: str) -> str:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(postgres) as connection, connection.cursor() as cursor:
        for statement in TABLES.format(money="numeric(20, 3)", day="date").split(";"):
            if statement.strip():
                cursor.execute(statement)
        connection.commit()
    return postgres


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("db") / "crm #1.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(TABLES.format(money="numeric", day="text"))
    return f"sqlite:///{path}"


def evaluate(url: str, out: Path, *options: str, query: str = PARTNERS) -> int:
    return run(
        [
            "evaluate", str(BYTEKAST), "--records-from", url, "--query", query, "--as-of", "2026-11-21",
            "-o", str(out), *options,
        ]
    )  # fmt: skip


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("engine", ["rows", "columns"])
@pytest.mark.parametrize("kind", ["sqlite", "filled"])
def test_records_of_a_query(kind: str, engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    url = request.getfixturevalue(kind)
    assert evaluate(url, out, "--table", f"accounts={ACCOUNTS}", "--engine", engine) == 1
    rows = table(out)
    assert [row["level"] or row["status"] for row in rows if row["section"] == "levels"] == [
        "gold",
        "undetermined",
    ]
    fees = [(row["amount"], row["net"]) for row in rows if row["id"] == "setup-fee"]
    assert fees == [("19.995", "13.40"), ("1000000000.10", "670000000.07")]
    rejects = [
        (row["line"], row["key"], row["fact"], row["code"]) for row in table(tmp_path / "out.rejects.csv")
    ]
    assert rejects == [("3", "bad", "active_accounts", "RECORD002")]


@pytest.mark.parametrize("kind", ["sqlite", "filled"])
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT nothing FROM partners", "nothing"),
        ("DELETE FROM partners", "is not a query that reads"),
        ("SELECT id, active_accounts AS active_acounts FROM partners", "did you mean `active_accounts`"),
        ("SELECT id FROM partners WHERE false", "no record"),
        ("WITH gone AS (SELECT 1) DELETE FROM partners", "read"),
        ("SELECT id FROM partners; DELETE FROM partners", "the query on"),
        ("ATTACH 'new.db' AS new", "is not a query that reads"),
        ("partners.csv", "is not a query that reads"),
    ],
)
def test_queries_that_fail(
    kind: str,
    query: str,
    message: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    url = request.getfixturevalue(kind)
    assert evaluate(url, tmp_path / "out.csv", query=query) == 2
    said = capfd.readouterr().err
    assert message in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
    assert evaluate(url, tmp_path / "out.csv") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--records-from", "mysql://x/y", "--query", "SELECT 1"], "is not an address of a database"),
        (["--records-from", "sqlite:///nowhere.db", "--query", "SELECT 1"], "does not exist"),
        (["--records-from", "crm.db", "--query", "SELECT 1"], "`crm.db` is not an address"),
        (["--records-from", "sqlite:///x.db"], "go together"),
        (["--query", "SELECT 1"], "go together"),
        (["x.csv", "--records-from", "sqlite:///x.db", "--query", "SELECT 1"], "no file goes with them"),
    ],
)
def test_unusable(
    options: list[str],
    message: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["evaluate", str(BYTEKAST), *options, "-o", "out.csv"]) == 2
    assert message in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_password_is_not_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert evaluate("postgresql://me:secret@127.0.0.1:1/none", tmp_path / "out.csv") == 2
    assert "secret" not in capfd.readouterr().err


def test_money_of_postgresql_is_not_taken_for_cents(
    filled: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    accounts = "SELECT partner_id, id, setup_fee::money AS setup_fee FROM accounts"
    assert evaluate(filled, tmp_path / "out.csv", "--table", f"accounts={accounts}") == 2
    assert "write `setup_fee::numeric`" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_bytes_are_no_text(filled: str, tmp_path: Path) -> None:
    assert evaluate(filled, tmp_path / "out.csv", query="SELECT id::bytea AS id FROM partners") == 2
    assert {row["code"] for row in table(tmp_path / "out.rejects.csv")} == {"BATCH003"}
