"""Tables of what stands further down: every row finds its place by the keys of all above it."""

from __future__ import annotations

from pathlib import Path

import pytest

PROGRAM = """\
kind: program
id: deep
title: Deep
currency: EUR
parties: {vendor: the vendor}
items: {fee: fee}
entities:
  partner:
    title: partner
    key: id
    facts: {id: {type: text, title: id}}
  customer:
    title: customer
    within: partner
    list: customers
    key: id
    facts: {id: {type: text, title: id}}
  contract:
    title: contract
    within: customer
    list: contracts
    key: id
    facts: {id: {type: text, title: id}, fee: {type: money, title: fee}}
---
kind: billing
id: fees
title: Fees
for: contract
charges: [{id: fee, title: Fee, item: fee, amount: fee, due_on: today}]
"""
PARTNERS = "id\na\nb\n"
CUSTOMERS = "partner,id\na,1\na,2\nb,1\n"
CONTRACTS = "partner,customer,id,fee\na,1,x,1\na,2,x,2\nb,1,x,3\na,1,y,4\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "deep"
    folder.mkdir()
    head, policy = PROGRAM.split("---\n")
    (folder / "program.yaml").write_text(head)
    (folder / "fees.yaml").write_text(policy)
    return folder


@pytest.mark.parametrize("engine", ["rows", "columns"])
def test_two_levels_down(engine, evaluate, program):
    files = {"p.csv": PARTNERS, "customers.csv": CUSTOMERS, "contracts.csv": CONTRACTS}
    ran = evaluate(files, "--engine", engine, program=program)
    assert (ran.code, ran.err) == (0, "")
    told = ("key", "in_customer", "subject", "net")
    assert [tuple(row[name] for name in told) for row in ran.rows if row["section"] == "charges"] == [
        ("a", "1", "x", "1.00"), ("a", "1", "y", "4.00"), ("a", "2", "x", "2.00"), ("b", "1", "x", "3.00"),
    ]  # fmt: skip


@pytest.mark.parametrize("engine", ["rows", "columns"])
def test_one_row_a_record_names_what_is_open_by_its_path(engine, evaluate, program):
    contracts = CONTRACTS.replace("x,1", "x,").replace("x,2", "x,")
    files = {"p.csv": PARTNERS, "customers.csv": CUSTOMERS, "contracts.csv": contracts}
    ran = evaluate(files, "--engine", engine, "--layout", "records", program=program)
    assert [row["undetermined"] for row in ran.rows] == ["fees/fee@1/x; fees/fee@2/x", ""]
    assert [row["missing"] for row in ran.rows] == ["fee@1/x; fee@2/x", ""]


def test_a_row_whose_middle_is_not_there(evaluate, program):
    files = {"p.csv": PARTNERS, "customers.csv": CUSTOMERS, "contracts.csv": f"{CONTRACTS}b,9,z,1\n"}
    ran = evaluate(files, program=program)
    assert [(row["file"], row["line"], row["key"], row["code"]) for row in ran.rejects] == [
        ("contracts.csv", "6", "b", "BATCH004")
    ]
    assert ran.keys == ["a"]


def test_the_middle_has_to_be_named(evaluate, program):
    files = {"p.csv": PARTNERS, "customers.csv": CUSTOMERS, "contracts.csv": "customer,id\n1,x\n"}
    ran = evaluate(files, program=program)
    assert (ran.code, "does not say which partner each contract belongs to" in ran.err) == (2, True)


def test_nobody_has_any(evaluate, program):
    files = {"p.csv": PARTNERS, "customers.csv": CUSTOMERS, "contracts.csv": "partner,customer,id\n"}
    ran = evaluate(files, program=program)
    assert (ran.code, ran.rows, ran.rejects) == (0, [], [])


def test_no_room_for_the_tables(evaluate, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyarrow.ipc.new_file", full)
    accounts = "partner,id\n" + "".join(f"a,A{i}\n" for i in range(2000))
    ran = evaluate({"p.csv": "id\na\n", "accounts.csv": accounts}, "--engine", "rows")
    assert (ran.code, ran.rows, ran.rejects) == (2, [], [])
    assert "do not fit into a temporary file" in ran.err
    assert "TMPDIR" in ran.err
