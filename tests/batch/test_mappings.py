"""Exports of other systems, read by a mapping; first mappings; what is wrong with either."""

import csv
import shutil
from pathlib import Path

import pytest
import xlsxwriter
from tests.support import program_of

from batch.exports import EXPORTS, partners
from policyengine.batch.first_mapping import first_mapping
from policyengine.cli.run import run
from policyengine.policy.export_formats import date_reader, number_reader

_BYTEKAST = Path(__file__).parents[2] / "policies/bytekast"
_DAY = ("--as-of", "2026-11-21")


def _run(*words):
    return run(list(map(str, words)))


def _plain(path, rows):
    """The same records as a file that needs no mapping."""
    facts = (
        "id", "name", "active_accounts", "attends_quarterly_reviews", "competence_rating",
        "team_in_ongoing_training", "technical_team_qualified", "sales_team_qualified",
    )  # fmt: skip
    truth = {True: "true", False: "false"}
    with path.open("w", newline="") as file, path.with_name("accounts.csv").open("w", newline="") as below:
        writer, other = csv.writer(file), csv.writer(below)
        writer.writerow(facts)
        other.writerow(["partner", "setup_fee", "set_up_on"])
        for row in rows:
            writer.writerow([
                row["id"], row["name"], row["active"], truth[row["reviews"]], row["rating"],
                truth[row["training"]], "true", "true",
            ])  # fmt: skip
            other.writerow([row["id"], row["fee"], row["set_up"]])
    return path


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_goes_through_with_a_mapping_alone(name, tmp_path, capfd):
    make, mapping = EXPORTS[name]
    rows = partners()
    (tmp_path / "in").mkdir()
    export, wanted = make(tmp_path / "in" / name, rows), _plain(tmp_path / "wanted.csv", rows)
    (tmp_path / "map.yaml").write_text(mapping)
    by = ("--map", tmp_path / "map.yaml")
    assert _run("evaluate", _BYTEKAST, export, *_DAY, *by, "-o", tmp_path / "a.csv") == 0, capfd.readouterr()
    assert _run("evaluate", _BYTEKAST, wanted, *_DAY, "-o", tmp_path / "b.csv") == 0
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "b.csv").read_text()
    assert not (tmp_path / "a.rejects.csv").exists()


def test_a_mapping_beside_the_program_is_found_by_the_head(tmp_path, capfd):
    program = shutil.copytree(_BYTEKAST, tmp_path / "program")
    for name, (make, mapping) in EXPORTS.items():
        (program / f"{name}.yaml").write_text(mapping)
        make(tmp_path / name, partners(20))
    assert _run("check", program) == 0
    for name in EXPORTS:
        assert _run("evaluate", program, tmp_path / name, *_DAY, "-o", tmp_path / "out.csv") == 0
    capfd.readouterr()


# Formats


@pytest.mark.parametrize(
    ("format", "text", "iso"),
    [
        ("us", "10/2/2025", "2025-10-02"),
        ("british", "10/2/2025", "2025-02-10"),
        ("german", "2.10.2025", "2025-10-02"),
        ("iso", "2025-10-02", "2025-10-02"),
        ("M/D/YYYY h:mm A", "10/2/2025 4:05 PM", "2025-10-02"),
        ("D MMM YYYY", "2 Oct 2025", "2025-10-02"),
        ("MMM D, YYYY", "October 2, 2025", "2025-10-02"),
        ("DD/MM/YY", "02/10/25", "2025-10-02"),
    ],
)
def test_dates(format, text, iso):
    assert date_reader(format)(text) == iso


@pytest.mark.parametrize(
    ("format", "text"),
    [("us", "13/2/2025"), ("us", "2025-10-02"), ("british", "31/2/2025"), ("iso", "2025-1-2"), ("us", "")],
)
def test_what_is_no_date_of_a_format(format, text):
    with pytest.raises(ValueError, match=f"`{text}`"):
        date_reader(format)(text)


@pytest.mark.parametrize(
    ("format", "unit", "text", "plain"),
    [
        ("us", None, "1,234.50", "1234.50"),
        ("us", "$", "$1,234.50", "1234.50"),
        ("us", "USD", "-USD 12", "-12"),
        ("us", None, "(12.50)", "-12.50"),
        ("us", None, "1.234", "1.2340"),
        ("german", "€", "1.234,50 €", "1234.50"),
        ("french", None, "1\u202f234,5", "1234.5"),
        ("swiss", "CHF", "CHF 1'234.50", "1234.50"),
        (None, "%", "20", "20%"),
        (None, "%", "20 %", "20%"),
    ],
)
def test_numbers(format, unit, text, plain):
    assert number_reader(format, unit)(text) == plain


@pytest.mark.parametrize(
    ("format", "text"),
    [("us", "1.234,50"), ("german", "1,234.50"), ("us", "12,34"), (None, "1,234"), ("us", "x")],
)
def test_what_is_no_number_of_a_format(format, text):
    with pytest.raises(ValueError, match="is not a number"):
        number_reader(format, None)(text)


# Mistakes

_MAP = "kind: mapping\nid: crm\nfor: partner\ncolumns:\n  ID: id\n  Accounts: active_accounts\n"

_TEXT = "ID,Accounts\na,1\n"
_AMERICAN = "{fact: active_accounts, format: american}"


@pytest.fixture
def crm(tmp_path, monkeypatch, capfd):
    """Evaluates an export by a mapping; returns the exit code and what was said."""
    monkeypatch.chdir(tmp_path)

    def call(mapping, text, *more):
        Path("map.yaml").write_text(mapping)
        Path("crm.csv").write_text(text)
        code = _run("evaluate", _BYTEKAST, "crm.csv", "--map", "map.yaml", *_DAY, "-o", "csv", *more)
        said = capfd.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return call


@pytest.mark.parametrize(
    ("mapping", "text", "message"),
    [
        (
            _MAP.replace("active_accounts", "active_acounts"),
            "ID,Accounts\na,1\n",
            "`active_acounts` is not a fact",
        ),
        (
            _MAP + "  Also: id\n",
            "ID,Accounts,Also\na,1,b\n",
            "`ID` and `Also` both give `id`",
        ),
        (_MAP, "ID,Acounts\na,1\n", "has no column `Accounts`"),
        (_MAP, "ID,Accounts,More\na,1,x\n", "says nothing about the columns `More`"),
        (_MAP, "ID,Accounts,ID\na,1,b\n", "the column `ID` is there twice"),
        (
            _MAP.replace("active_accounts", "{fact: active_accounts, format: american}"),
            "ID,Accounts\n",
            "MAP002",
        ),
        (_MAP + "expressions: {name: 'upper case('}\n", "ID,Accounts\n", "error["),
        ("kind: mapping\nid: a\nfor: account\ncolumns: {ID: id}\n", "ID\na\n", "MAP003"),
        ("kind: mapping\nid: a\nfor: acount\ncolumns: {ID: id}\n", "ID\na\n", "did you mean `account`"),
        ("kind: tiers\nid: a\n", "ID\na\n", "is not a mapping that can be used"),
    ],
)
def test_a_mapping_that_cannot_be_used(crm, mapping, text, message):
    code, out, err = crm(mapping, text)
    assert (code, out) == (2, "")
    assert message in err


def test_values_that_do_not_fit_are_rejects(crm, tmp_path):
    mapping = _MAP + "  Rating: {fact: competence_rating, values: {A: positive}}\nformats: {numbers: us}\n"
    text = 'ID,Accounts,Rating\na,"1,016",A\nb,"1,16",A\nc,12,X\n'
    code, out, _ = crm(mapping, text, "--rejects", "rejects.csv")
    assert code == 1
    assert {line.split(",")[1] for line in out.splitlines()[1:]} == {"a"}
    with Path("rejects.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["line"], row["key"], row["fact"], row["code"]) for row in rows] == [
        ("3", "b", "active_accounts", "MAP005"), ("4", "c", "competence_rating", "RECORD002"),
    ]  # fmt: skip
    assert rows[0]["reason"] == "`Accounts`: `1,16` is not a number as `us` has it"


def test_an_expression_over_the_row(crm):
    mapping = _MAP.replace("  Accounts: active_accounts\n", "") + (
        "expressions: {active_accounts: 'number(own) + number(resold_ones)'}\n"
    )
    code, out, err = crm(mapping, "ID,Own,Resold ones\na,10,6\nb,,\nc,x,1\n", "--layout", "records")
    assert code == 1
    assert "`number(own) + number(resold_ones)` gives nothing for own `x`" in err
    found = [line.split(",")[1:3] for line in out.splitlines()[1:]]
    assert found == [["a", "undetermined"], ["b", "undetermined"]]


def test_children_are_joined_by_the_column_that_is_named(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    Path("map.yaml").write_text(
        f"{_MAP}---\nkind: mapping\nid: deals\nfor: account\njoins: {{partner: Company}}\n"
        "columns: {Deal: id, Amount: {fact: setup_fee, format: german}}\n"
    )
    Path("crm.csv").write_text("ID,Accounts\na,12\n")
    Path("deals.csv").write_text('Company,Deal,Amount\na,D-1,"1.234,50"\nzz,D-2,1\n')
    code = _run(
        "evaluate", _BYTEKAST, "crm.csv", "--map", "map.yaml", "--table", "accounts=deals.csv", *_DAY,
        "-o", "csv",
    )  # fmt: skip
    said = capfd.readouterr()
    assert code == 1
    assert "deals.csv:3: error[BATCH004]: no record `zz` is there" in said.err
    assert ",1234.50," in said.out


def test_rows_that_are_no_records_alone(crm):
    code, out, err = crm(_MAP + "skipped: [Total]\n", "ID,Accounts\nTotal,12\n")
    assert (code, out) == (2, "")
    assert "contains no record" in err


# First mappings


@pytest.mark.parametrize("name", EXPORTS)
def test_a_first_mapping_is_one_that_can_be_read(name, tmp_path, capfd):
    make, _ = EXPORTS[name]
    (tmp_path / "in").mkdir()
    export = make(tmp_path / "in" / name, partners(200))
    assert _run("map", _BYTEKAST, export, "-o", tmp_path / "first.yaml") == 0
    capfd.readouterr()
    text = (tmp_path / "first.yaml").read_text()
    program = shutil.copytree(_BYTEKAST, tmp_path / "program")
    (program / "first.yaml").write_text(text)
    assert _run("check", program) == 0, capfd.readouterr().out
    assert "active_accounts" in text


def _first(tmp_path, capfd, text, *more):
    path = tmp_path / "export.csv"
    path.write_text(text)
    assert _run("map", _BYTEKAST, path, *more) == 0
    return capfd.readouterr().out


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (["1/31/2026", "2/1/2026"], "{fact: set_up_on, format: us}"),
        (["31/1/2026", "2/1/2026"], "{fact: set_up_on, format: british}"),
        (["1/2/2026", "2/1/2026"], "us or british? All values are both"),
        (["31.1.2026"], "{fact: set_up_on, format: german}"),
        (["2026-01-31"], "Set up on: set_up_on"),
        (["soon", "later"], "no one format of dates fits all values, such as `soon`, `later`"),
    ],
)
def test_the_format_of_dates_is_proven_by_the_data(tmp_path, capfd, days, told):
    rows = "".join(f"p,A-{i},{day}\n" for i, day in enumerate(days))
    assert told in _first(tmp_path, capfd, f"Partner,ID,Set up on\n{rows}", "--for", "account")


@pytest.mark.parametrize(
    ("amounts", "told"),
    [
        (["1,234.50", "12"], "format: us"),
        (["1.234,50"], "format: german"),
        (["1,234", "2,500"], "us or german or french? All values are both"),
        (["$1,234.50", "$3.00"], "unit: $"),
        (["1234.50"], "Setup fee: setup_fee"),
    ],
)
def test_the_format_of_numbers_is_proven_by_the_data(tmp_path, capfd, amounts, told):
    rows = "".join(f'p,A-{i},"{each}"\n' for i, each in enumerate(amounts))
    found = _first(tmp_path, capfd, f"Partner,ID,Setup fee\n{rows}", "--for", "account")
    assert told in found.replace('"$"', "$")


def test_rows_that_share_the_key_of_a_record_are_a_list_of_it(tmp_path, capfd):
    export = tmp_path / "contracts.csv"
    export.write_text("No,Partner ID,Setup fee,Set up on\n1,a,$5.00,1/31/2026\n2,a,$6.00,2/1/2026\n3,b,,\n")
    assert run(["map", str(_BYTEKAST), str(export), "--as-of", "2026-11-21"]) == 0
    out, err = capfd.readouterr()
    assert "for: account\njoins: {partner: Partner ID}\n" in out
    assert 'Setup fee: {fact: setup_fee, unit: "$"}' in out
    assert "several rows have one `Partner ID`, so each is taken for one account" in err


def test_words_that_mean_nothing_known_are_open(tmp_path, capfd):
    rows = "a,Yes,positive\nb,perhaps,N/A\n"
    found = _first(tmp_path, capfd, f"ID,attends_quarterly_reviews,Competence rating\n{rows}")
    assert 'values: {"Yes": true}' in found
    assert "what do `perhaps` mean?" in found
    assert "empty: [N/A]" in found


# Mistakes by column


def test_mistakes_of_a_column_are_told_once(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"P-{i},{i % 12 + 1}/{i % 28 + 13}/2025,Yes,1\n" for i in range(15))
    more = "".join(f"Q-{i},2025-01-01,true,many\n" for i in range(2))
    Path("p.csv").write_text("id,name,attends_quarterly_reviews,active_accounts\n" + rows + more)
    Path("accounts.csv").write_text(
        "partner,id,set_up_on\n" + "".join(f"P-{i},A,{i % 12 + 1}/{i % 16 + 13}/2025\n" for i in range(15))
    )
    for more_words in ((), ("-o", "csv", "--rejects", "rejects.csv")):
        assert _run("evaluate", _BYTEKAST, "p.csv", *_DAY, *more_words) == (2 if more_words else 1)
        err = capfd.readouterr().err
        assert err.splitlines()[:4] == [
            "accounts.csv: error[RECORD002]: 15 values of `set_up_on` are wrong, such as `1/13/2025`, "
            "`2/14/2025`, `3/15/2025`",
            "help: all of them are written as `format: us` says; write that in a mapping",
            "p.csv: error[RECORD002]: 15 values of `attends_quarterly_reviews` are wrong, such as `Yes`",
            "help: say what they mean in a mapping: `values: {yes: true, no: false}`",
        ]
        assert err.count("`active_accounts`") == 2
        assert "17 of 17 records left out" in err
    with Path("rejects.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 32


def test_at_most_twenty_lines_are_told(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    heads = (
        "active_accounts",
        "attends_quarterly_reviews",
        "technical_team_qualified",
        "sales_team_qualified",
    )
    rows = "".join(f"{i},x,maybe,so,so\n" for i in range(4))
    lost = "".join(f"zz{i},A\n" for i in range(40))
    Path("p.csv").write_text(f"id,{','.join(heads)}\n{rows}")
    Path("accounts.csv").write_text(f"partner,id\n{lost}")
    assert _run("evaluate", _BYTEKAST, "p.csv", *_DAY) == 1
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) <= 22
    assert any(line.startswith("and ") and line.endswith(" more") for line in lines)


# Records by their keys


@pytest.fixture
def base(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("p.csv").write_text("id,active_accounts\na,12\nb,17\nc,x\n")
    Path("accounts.csv").write_text("partner,id,setup_fee\na,1,100\nb,2,200\nzz,3,1\n")
    Path("p.ndjson").write_text('{"id": "a", "active_accounts": 12}\n{"id": "b", "active_accounts": 17}\n')


@pytest.mark.parametrize("form", ["csv", "ndjson", "json"])
@pytest.mark.parametrize("file", ["p.csv", "p.ndjson"])
def test_a_record_is_picked_by_its_key(base, capfd, file, form):
    assert _run("evaluate", _BYTEKAST, file, *_DAY, "--key", "b", "-o", form) == 0
    said = capfd.readouterr()
    assert ('"b"' in said.out or ",b," in said.out, said.err) == (True, "")
    assert '"key": "a"' not in said.out
    assert ",a," not in said.out


@pytest.mark.parametrize("more", [(), ("-o", "csv")])
def test_a_key_that_no_record_has(base, capfd, more):
    assert _run("evaluate", _BYTEKAST, "p.csv", *_DAY, "--key", "d", *more) == 2
    assert "`d`" in capfd.readouterr().err


# What was in the way when it was tried


def test_a_head_of_another_system_is_answered_with_a_mapping(base, capfd):
    Path("crm.csv").write_text("Record ID,Accounts active\n1,2\n")
    assert _run("evaluate", _BYTEKAST, "crm.csv", *_DAY) == 2
    assert "a mapping, which `policyengine map` writes" in capfd.readouterr().err


def test_why_reads_by_a_mapping(base, capfd):
    Path("crm.csv").write_text("ID,Accounts\na,12\nb,17\n")
    Path("map.yaml").write_text(_MAP)
    words = ("crm.csv", "--map", "map.yaml", "--key", "b", "reseller-levels", *_DAY)
    assert _run("why", _BYTEKAST, *words) == 0
    assert "it cannot be decided whether b reaches Gold" in capfd.readouterr().out


def test_what_a_first_mapping_asks(tmp_path, capfd):
    rows = "".join(f"p{i},{i},$5.00,A,x\n" for i in range(9))
    text = (
        f"ID,Accounts,Setup Fee,Vision Health,Tier\n{rows}q,n/a,€1.00,B,y\nr,1.5,$1.00,,\nMade by CRM,,,,\n"
    )
    told = _first(tmp_path, capfd, text)
    for part in (
        "`us` fits all but `€1.00`", "`us` fits all but `1.5`; is `n/a` no value?",
        "such as `Made by CRM`? `skipped: [Made]`",
        'Vision Health: "no column is found for `vision_rating`; is it this one?"', "is it one of `Tier`?",
    ):  # fmt: skip
        assert part in told


def test_sheets_have_mappings_of_their_own(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    with xlsxwriter.Workbook("crm.xlsx") as book:
        for name, rows in {
            "Companies": [["Account ID", "Active accounts"], ["a", 12], ["b", 9]],
            "Deals": [["Deal ID", "Partner Account ID", "Setup fee"], ["D", "a", 5], ["E", "a", 7]],
        }.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                sheet.write_row(i, 0, row)
    assert _run("map", _BYTEKAST, "crm.xlsx", *_DAY) == 0
    out, err = capfd.readouterr()
    assert "id: crm-companies" in out
    assert "`crm.xlsx:Deals` is another sheet" in err
    assert _run("map", _BYTEKAST, "crm.xlsx:Deals", "--for", "account", *_DAY) == 0
    assert "id: crm-deals" in (deals := capfd.readouterr().out)
    assert "joins: {partner: Partner Account ID}" in deals


def test_a_column_that_is_gone_names_the_nearest_mapping(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(_BYTEKAST, "p")
    head = "kind: mapping\nid: %s\nfor: %s\n"
    Path("p/m.yaml").write_text(
        head % ("crm", "partner") + "columns: {ID: id, Active: active_accounts, N: name}\n"
    )
    Path("p/d.yaml").write_text(
        head % ("deals", "account") + "joins: {partner: Of}\ncolumns: {Deal: id, Fee: setup_fee}\n"
    )
    Path("c.csv").write_text("ID,Active\na,12\n")
    assert _run("evaluate", "p", "c.csv", *_DAY) == 2
    assert "has no column `N`, which the mapping `crm` names" in capfd.readouterr().err
    Path("c.csv").write_text("ID,Active,N\na,12,A\n")
    Path("d.csv").write_text("Of,Deal,Fee\na,D,5\n")
    assert _run("evaluate", "p", "c.csv", "--table", "accounts=d.csv", "--map", "crm", *_DAY) == 0
    assert "Set-up fee" in capfd.readouterr().out


def test_check_takes_a_mapping_of_its_own(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    text = "kind: mapping\nid: m\nfor: partner\ncolumns:\n  ID: id\n  R: {fact: %s, values: {Green: %s}}\n%s"
    for fact, word, more, told in (
        ("competence_rating", "postive", "", "did you mean `positive`?"),
        ("attends_quarterly_reviews", "tru", "", "`tru` is not a value of `attends_quarterly_reviews`"),
        ("competence_rating", "positive", "constants: {active_accounts: ten}\n", "`ten` is not a value"),
        ("active_accounts", "7", "constants: {sales_team_qualified: true}\n", ""),
    ):
        Path("m.yaml").write_text(text % (fact, word, more))
        assert _run("check", _BYTEKAST, "m.yaml", *_DAY) == (1 if told else 0)
        out = "".join(capfd.readouterr())
        assert told in out
        assert ("MAP007" in out) == bool(told)
    assert _run("check", "m.yaml", *_DAY) == 2
    assert "write `policyengine check PROGRAM m.yaml`" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "this file is empty"), ("kind: tiers\nid: a\n", "it has no document with `kind: mapping`")],
)
def test_what_is_not_a_mapping_says_why(base, capfd, text, told):
    Path("m.yaml").write_text(text)
    Path("p.csv").write_text("id\na\n")
    assert _run("evaluate", _BYTEKAST, "p.csv", "--map", "m.yaml", *_DAY) == 2
    assert told in capfd.readouterr().err


def test_why_reads_the_tables_that_evaluate_reads(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    Path("p.csv").write_text("id,active_accounts,owner\na,12,A\nb,-1,B\nc,9,C\n")
    Path("deals.csv").write_text("partner,id,setup_fee\nc,D,5\n")
    words = ("why", _BYTEKAST, "p.csv", "--table", "accounts=deals.csv", "--ignore", "owner", *_DAY)
    assert _run(*words, "--key", "c", "setup-fee") == 0
    out, err = capfd.readouterr()
    assert "account D comes to 5.00 USD" in out
    assert "below 0" not in err
    assert (_run(*words), _run(*words, "--key", "b"), _run(*words, "--key", "d")) == (2, 1, 2)
    err = capfd.readouterr().err
    assert "there are 3 records, and `why` takes one\nhelp: `--key KEY` picks one" in err
    assert err.count("-1, which is below 0") == 1
    assert "no record has the id `d`" in err


def test_the_column_that_tells_rows_apart_may_be_the_key(tmp_path, capfd):
    found = _first(tmp_path, capfd, "Group,No.,Accounts\nx,1,12\nx,2,17\n")
    assert "No.: id" in found
    assert "No.: " in found.partition("open:")[2]


def test_a_date_is_a_day(tmp_path, capfd):
    found = _first(tmp_path, capfd, "Partner,ID,Set-up date\np,A,2026-01-31\n", "--for", "account")
    assert "Set-up date: set_up_on" in found


_SALES = """\
kind: program
id: shop
title: Shop
currency: EUR
parties: {partner: the partner, vendor: the vendor}
sources: {agreement: {title: Partner agreement}}
entities:
  partner:
    title: partner
    key: account_number
    facts:
      account_number: {type: text, title: account number}
      monthly_recurring_revenue: {type: money}
      arr: {type: money, title: annual recurring revenue}
      value: {type: money, title: annual contract value}
      licence_quantity: {type: count}
      approved: {type: boolean, title: is approved by the regional account manager of the vendor}
      number_of_users: {type: count}
      discount_percent: {type: rate}
"""


@pytest.mark.parametrize(
    ("head", "fact"),
    [
        ("MRR", "monthly_recurring_revenue"), ("Monthly recurring rev.", "monthly_recurring_revenue"),
        ("ARR", "arr"), ("ACV", "value"), ("Licence Qty", "licence_quantity"),
        ("# of users", "number_of_users"),
        ("No. of users", "number_of_users"), ("Disc. %", "discount_percent"), ("Acct No.", "account_number"),
        ("Acct #", "account_number"), ("Mgr", None),
    ],
)  # fmt: skip
def test_abbreviations_are_understood(head, fact):
    vocabulary = program_of(base=_SALES).vocabulary
    found = first_mapping("x", "x", "partner", vocabulary, [head], [[""]])
    columns = found.partition("columns:\n")[2].partition("open:")[0].splitlines()
    told = [line.partition(": ")[2] for line in columns if line.startswith("  ")]
    assert told == ([fact] if fact else []), found
