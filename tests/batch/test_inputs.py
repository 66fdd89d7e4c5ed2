"""Every kind of input says the same; nothing in it is guessed."""

from __future__ import annotations

import os
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from basefiles import ndjson, parquet

CSV = (
    "id,active_accounts,attends_quarterly_reviews,competence_rating,technical_team_qualified,"
    "sales_team_qualified,team_in_ongoing_training\n"
    "007,16,true,positive,true,true,true\n"
    "acme,12,true,positive,true,true,true\n"
)
ACCOUNTS = "partner,id,setup_fee,monthly_fee,order_form_submitted_on\n007,A-1,1019.995,10.00,2026-11-02\n"
SHEET = (
    CSV.replace(",", ";")
    .replace("true", "TRUE")
    .replace("acme;12;TRUE", "acme;12;True")
    .replace("\n", ";;\n")
    + ";;;;;;;;\n\n;;;;;;;; \n"
)
"""The same as a spreadsheet saves it: capitals, and cells without anything at the right and at the end."""
PARTNER = {
    "active_accounts": 16, "attends_quarterly_reviews": True, "competence_rating": "positive",
    "technical_team_qualified": True, "sales_team_qualified": True, "team_in_ongoing_training": True,
}  # fmt: skip
ACCOUNT = {
    "id": "A-1",
    "setup_fee": "1019.995",
    "monthly_fee": "10.00",
    "order_form_submitted_on": "2026-11-02",
}
TYPED = {
    "id": "A-1", "setup_fee": Decimal("1019.995"), "monthly_fee": Decimal("10.00"),
    "order_form_submitted_on": date(2026, 11, 2),
}  # fmt: skip
RECORDS = [
    {"id": "007", **PARTNER, "accounts": [ACCOUNT]},
    {"id": "acme", **PARTNER, "active_accounts": 12, "accounts": []},
]
SAME = {
    "tables": {"p.csv": CSV, "accounts.csv": ACCOUNTS},
    "semicolons": {"p.csv": CSV.replace(",", ";"), "accounts.csv": ACCOUNTS.replace(",", "\t")},
    "byte order mark and line ends": {
        "p.csv": "\ufeff" + CSV.replace("\n", "\r\n"), "accounts.csv": ACCOUNTS.rstrip("\n"),
    },
    "as a spreadsheet writes them": {
        "p.csv": "\ufeffsep=;\r\n" + SHEET.replace("\n", "\r\n"),
        "accounts.csv": '"sep=#"\n' + ACCOUNTS.replace(",", "#").replace("-02\n", "-02 00:00:00\n"),
    },
    "Unicode text": {"p.csv": SHEET.replace(";", "\t").encode("utf-16"), "accounts.csv": ACCOUNTS},
    "Unicode text, big-endian": {
        "p.csv": ("\ufeff" + SHEET).encode("utf-16-be"), "accounts.csv": ACCOUNTS,
    },
    "bars, and commas in a name": {
        "p.csv": CSV.replace("id,", '"id",', 1).replace(",", "|"), "accounts.csv": ACCOUNTS,
    },
    "another name of the owner": {"p.csv": CSV, "accounts.csv": ACCOUNTS.replace("partner", "partner_id")},
    "nested NDJSON": {"p.ndjson": ndjson(*RECORDS)},
    "NDJSON beside NDJSON": {
        "p.ndjson": ndjson(*({k: v for k, v in each.items() if k != "accounts"} for each in RECORDS)),
        "accounts.ndjson": ndjson({"partner": "007", **ACCOUNT}),
    },
    "nested Parquet": {
        "p.parquet": parquet(
            [{**RECORDS[0], "accounts": [TYPED]}, {**RECORDS[1], "accounts": []}]
        )
    },
    "Parquet beside Parquet": {
        "p.parquet": parquet([{k: v for k, v in each.items() if k != "accounts"} for each in RECORDS]),
        "accounts.parquet": parquet([{"partner": "007", **TYPED}]),
    },
    "JSON": {"p.json": f"[{', '.join(ndjson(*RECORDS).splitlines())}]"},
    "YAML": {"p.yaml": f"[{', '.join(ndjson(*RECORDS).splitlines())}]"},
}  # fmt: skip


@pytest.mark.parametrize("files", SAME.values(), ids=list(SAME))
def test_every_kind_says_the_same(files, evaluate):
    ran = evaluate(files)
    assert (ran.code, ran.err) == (0, "")
    assert ran.keys == ["007", "acme"]
    assert ran.values("levels", "level") == ["gold", "silver"]
    assert ran.values("charges", "amount", subject="A-1") == ["1019.995", "10.00"]
    assert ran.values("charges", "net", subject="A-1") == ["683.40", "6.70"]
    assert not ran.values("missing", "id", id="accounts")
    assert ran.rows == evaluate(files, "--engine", "columns").rows
    assert ran.rows == evaluate(SAME["tables"], records="p.csv").rows


def test_a_folder(evaluate):
    head, first, second = CSV.splitlines()
    files = {
        "a.csv": f"{head}\n{first}\n",
        "b.csv": f"{head}\n{second}\n",
        "accounts.csv": ACCOUNTS,
        ".hidden.csv": "x",
    }
    ran = evaluate(files, records=".")
    assert (ran.code, ran.keys) == (0, ["007", "acme"])
    assert ran.values("charges", "net") == ["683.40", "6.70"]


def test_a_table_can_be_named(evaluate, tmp_path):
    (tmp_path / "other.csv").write_text(ACCOUNTS)
    ran = evaluate({"p.csv": CSV}, "--table", f"accounts={tmp_path / 'other.csv'}")
    assert ran.values("charges", "net") == ["683.40", "6.70"]


def test_without_its_table_a_list_is_missing(evaluate):
    ran = evaluate({"p.csv": CSV})
    assert ran.values("missing", "id", id="accounts") == ["accounts", "accounts"]


def test_with_its_table_a_partner_without_rows_has_none(evaluate):
    ran = evaluate({"p.csv": CSV, "accounts.csv": ACCOUNTS})
    assert ran.values("missing", "id", id="accounts") == []


def test_cells_with_everything_in_them(evaluate):
    text = 'id,active_accounts\n"a ""b"", c\nd",3\n  e  ,4\n'
    ran = evaluate({"p.csv": text})
    assert (ran.code, ran.keys) == (0, ['a "b", c\nd', "  e  "])


def test_rates_and_lists_in_cells(evaluate, tmp_path):
    program = tmp_path / "program"
    program.mkdir()
    (program / "program.yaml").write_text(
        "kind: program\nid: x\ntitle: X\nentities:\n  partner:\n    title: partner\n    key: id\n    facts:\n"
        "      id: {type: text, title: id}\n      share: {type: rate, title: share, informative: true}\n"
        "      tags: {type: list of text, title: tags, informative: true}\n"
        "      twice: {type: rate, title: twice, formula: share * 2, informative: true}\n"
        "      many: {type: count, title: many, formula: count(tags), informative: true}\n"
    )
    ran = evaluate({"p.csv": 'id,share,tags\na,20%,one; two\nb,0.125,""\nc,20 %,x\n'}, program=program)
    assert ran.values("figures", "value", id="twice") == ["0.4", "0.25", "0.4"]
    assert ran.values("figures", "value", id="many") == ["2", "", "1"]


@pytest.mark.parametrize(
    ("files", "message", "help"),
    [
        (
            {"p.csv": "id,active_acounts\nb,1\n"},
            "`active_acounts` is not a fact",
            "did you mean `active_accounts`?",
        ),
        ({"p.csv": "id,id\nb,1\n"}, "the column `id` is there twice", "--ignore"),
        ({"p.csv": ",id\n0,b\n"}, "column 1 has no name", "--ignore ''"),
        (
            {"p.csv": "id,,\nb,,\nc,,1\n"},
            "column 3 has no name, and line 3 a value in it [BATCH001]",
            "--ignore ''",
        ),
        ({"p.csv": "sep=\nid\nb\n"}, "its line `sep=` names no separator", "write `sep=;`"),
        ({"p.csv": "sep=x\nid\nb\n"}, "its line `sep=x` names no separator", "write `sep=;`"),
        ({"p.csv": "sep=;\n"}, "`p.csv` is empty", "names of the facts"),
        ({"p.csv": "id;name\rb;B\r"}, "the lines of `p.csv` end with a carriage return alone", "CSV UTF-8"),
        ({"p.csv": "id,accounts\nb,1\n"}, "`accounts` is a list", "--table accounts=FILE"),
        ({"p.csv": ""}, "`p.csv` is empty", "names of the facts"),
        ({"p.csv": "id\n"}, "contains no record", ""),
        ({"p.csv": "\ufeffid\n".encode("utf-32")}, "is not UTF-8", "save it"),
        ({"p.ndjson": '{"id": "b"}\n'.encode("utf-16")}, "is not UTF-8", "save it"),
        ({"p.csv": "id\nb\n".encode("utf-16")[:-1]}, "is UTF-16, and ends within a character", ""),
        ({"p.csv": "id\nb\n", "accounts.csv": "id\nA\n"}, "does not say which", "add the column `partner`"),
        (
            {"p.csv": "id\nb\n", "accounts.csv": "Partner,id\nb,A\n"},
            "",
            "write `partner` instead of `Partner`",
        ),
        ({"p.csv": "Partner ID\nb\n"}, "`Partner ID` is not a fact of the reseller", "did you mean `id`?"),
        ({"p.csv": "id,Active Accounts\nb,1\n"}, "`Active Accounts`", "did you mean `active_accounts`?"),
        (
            {"p.csv": "id\nb\n", "accounts.csv": "", "accounts.ndjson": ""},
            "could both hold `accounts`",
            "--table",
        ),
        ({"p.parquet": b"PAR1 or not"}, "is not a readable Parquet file", ""),
        ({"p.txt": "id\n"}, "the ending of `p.txt`", "--format"),
        ({"p.csv.gz": "id\n"}, "`p.csv.gz` is compressed", "unpack it"),
        ({"p.csv": b"\x1f\x8b\x08\x00"}, "`p.csv` is compressed", "unpack it"),
        ({"p.xlsx": b"PK"}, "`p.xlsx` is a broken workbook", "save it once more"),
        ({"p.csv": "id,x,y\nb,1,1\n"}, "`x` is not a fact of the reseller; `y` is not", "(its facts are"),
    ],
)
def test_unusable(files, message, help, evaluate):
    ran = evaluate(files)
    assert (ran.code, ran.rows, ran.rejects) == (2, [], [])
    assert message in ran.err
    assert help in ran.err


def test_the_separator_is_that_of_the_head_outside_of_quotes(evaluate):
    ran = evaluate(
        {"p.csv": 'id;"last, first, title";active_accounts\nb;"x, y";9\n'}, "--ignore", "last, first, title"
    )
    assert (ran.code, ran.values("levels", "level")) == (0, ["none"])


def test_a_row_of_empty_cells_is_no_record(evaluate):
    for engine in ("rows", "columns"):
        ran = evaluate({"p.csv": "id,active_accounts\n,\nb,3\n , \n,\n"}, "--engine", engine)
        assert (ran.code, ran.keys, ran.rows[0]["row"]) == (0, ["b"], "1")


def test_rows_of_empty_cells_alone_are_nothing_to_evaluate(evaluate):
    ran = evaluate({"p.csv": "id,active_accounts\n,\n"})
    assert (ran.code, ran.rows) == (2, [])


def test_a_column_without_a_name_can_be_left_out(evaluate):
    ran = evaluate({"p.csv": ",id,\n0,b,1\n"}, "--ignore", "")
    assert (ran.code, ran.keys) == (0, ["b"])


def test_a_surrogate_alone_is_a_reject(evaluate):
    data = "id,active_accounts\nb\ud800,3\nc,3\n".encode("utf-16-le", "surrogatepass")
    ran = evaluate({"p.csv": b"\xff\xfe" + data})
    assert ([(row["line"], row["code"]) for row in ran.rejects], ran.keys) == ([("2", "BATCH003")], ["c"])


def test_a_column_can_be_left_out(evaluate):
    ran = evaluate({"p.csv": "id,active_accounts,crm owner\nb,9,Kim\n"}, "--ignore", "crm owner")
    assert (ran.code, ran.values("levels", "level")) == (0, ["none"])


def test_binary_numbers_are_taken_where_they_are_exact(evaluate):
    accounts = [{"id": "a", "setup_fee": 1019.995}]
    bad = [{"id": "a", "setup_fee": 0.1 + 0.2}]
    none = [{"id": "a", "setup_fee": float("nan")}]
    rows = [{"id": key, "accounts": each} for key, each in zip("xyz", (accounts, bad, none), strict=True)]
    ran = evaluate({"p.parquet": parquet(rows)})
    assert ran.keys == ["x"]
    assert ran.values("charges", "amount", id="setup-fee") == ["1019.995"]
    assert [(row["line"], row["fact"], row["code"], row["help"]) for row in ran.rejects] == [
        ("2", "accounts[1].setup_fee", "BATCH007", "store the column as decimals"),
        ("3", "accounts[1].setup_fee", "BATCH007", "store null where nothing is known"),
    ]


def test_points_in_time_are_days_only_at_midnight(evaluate):
    rows = [
        {"id": name, "accounts": [{"id": "a", "setup_fee": Decimal(1), "order_form_submitted_on": at}]}
        for name, at in (
            ("x", datetime.fromisoformat("2026-11-02")),
            ("y", datetime.fromisoformat("2026-11-02T01:00")),
        )
    ]
    ran = evaluate({"p.parquet": parquet(rows)})
    assert ran.values("charges", "due_on", id="setup-fee") == ["2026-11-02"]
    assert [row["code"] for row in ran.rejects] == ["RECORD002"]


def test_decimals_of_any_width(evaluate):
    kind = pa.decimal256(76, 3)
    account = pa.struct([("id", pa.string()), ("setup_fee", kind)])
    schema = pa.schema([("id", pa.string()), ("accounts", pa.list_(account))])
    rows = [{"id": "x", "accounts": [{"id": "a", "setup_fee": Decimal("1019.995")}]}]
    assert evaluate({"p.parquet": parquet(rows, schema)}).values("charges", "amount", id="setup-fee") == [
        "1019.995"
    ]


def test_a_file_of_another_ending_is_what_is_said(evaluate):
    assert evaluate({"p.txt": CSV}, "--format", "csv").keys == ["007", "acme"]
    ran = evaluate({"p.txt": CSV, "accounts.csv": ACCOUNTS}, "--format", "csv")
    assert ran.values("missing", "id", id="accounts") == []


def test_a_pipe_cannot_be_read_twice(evaluate):
    os.mkfifo("pipe.csv")
    ran = evaluate({"p.csv": CSV}, records="pipe.csv")
    assert (ran.code, "`pipe.csv` cannot be read twice" in ran.err) == (2, True)


@pytest.mark.parametrize("records", ["p.csv", "."])
def test_capitals_in_the_name_of_a_table(records, evaluate):
    ran = evaluate({"p.csv": CSV, "Accounts.CSV": ACCOUNTS}, records=records)
    assert ran.values("missing", "id", id="accounts") == []
    assert ran.values("charges", "subject", id="setup-fee") != []


def test_a_table_has_the_ending_of_one(evaluate):
    ran = evaluate({"p.csv": CSV, "a.txt": ACCOUNTS}, "--table", "accounts=a.txt", "--format", "csv")
    assert (ran.code, "`a.txt` is not a table" in ran.err) == (2, True)


@pytest.mark.parametrize("again", ["p.csv", ".", "link.csv", "./p.csv"])
def test_a_file_that_is_given_twice(again, evaluate, tmp_path):
    (tmp_path / "in" / "link.csv").symlink_to("p.csv")
    ran = evaluate({"p.csv": CSV}, again)
    assert (ran.code, ran.rows, ran.rejects) == (2, [], [])
    assert "is given twice" in ran.err
