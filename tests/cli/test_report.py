"""`report`: the lists over a base as text, Markdown, CSV and a workbook."""

import csv
import io
import json
from pathlib import Path

import pytest

_DAY = ("--as-of", "2026-11-21")
_BYTEKAST = "policies/bytekast"
_HEAD = (
    "id,name,active_accounts,attends_quarterly_reviews,competence_rating,technical_team_qualified,"
    "sales_team_qualified,team_in_ongoing_training\n"
)


@pytest.fixture
def base(tmp_path):
    path = tmp_path / "partners.csv"
    full = ",true,positive,true,true,true\n"
    rows = [f'{key},"{name}",{count}{full}' for key, name, count in _PARTNERS]
    path.write_text(_HEAD + "".join(rows), encoding="utf-8")
    return path


_PARTNERS = [("p1", "=1+1", 16), ("p2", "a | b <b>", 11), ("p3", "Third", 30)]


def test_all_lists_are_shown(cli, base):
    result = cli("report", _BYTEKAST, base, *_DAY)
    assert result.code == 0, result
    lines = result.out.splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == [
        "Overdue, and due within 30 days",
        "About to lose a level (3)",
        "Close to the next level (2)",
        "Not decided, by the fact that is missing (8)",
        "Waivers that have lapsed, or lapse within 30 days",
    ]
    assert "  Nothing is overdue, and nothing falls due." in lines
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(("name", "rows"), [("due", 0), ("losing", 3), ("next", 2), ("undecided", 8)])
def test_one_list_as_csv(cli, base, name, rows):
    result = cli("report", _BYTEKAST, base, name, *_DAY, "-o", "csv")
    found = list(csv.DictReader(io.StringIO(result.out)))
    assert (result.code, len(found)) == (0, rows)


def test_a_program_is_neither_a_list_nor_records(cli, base, tmp_path, monkeypatch):
    for name in ("next", "autumn"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "program.yaml").write_text("kind: program\n", encoding="utf-8")
    program = Path(_BYTEKAST).absolute()
    monkeypatch.chdir(tmp_path)
    assert cli("report", program, base, "next", *_DAY).out.startswith("Close to the next level (2)")
    refused = cli("report", program, "autumn", base, *_DAY)
    assert "`autumn` is a program, and records are needed here" in refused.err


def test_no_text_of_a_csv_file_is_a_formula(cli, base):
    result = cli("report", _BYTEKAST, base, "losing", *_DAY, "-o", "csv")
    assert "p1,'=1+1," in result.out


def test_markdown(cli, base, tmp_path):
    result = cli("report", _BYTEKAST, base, "losing", *_DAY, "-o", f"{tmp_path}/lists.md")
    assert result.code == 0
    text = (tmp_path / "lists.md").read_text()
    assert text.startswith("#### About to lose a level (3)\n\n| key | name |")
    assert "a \\| b &lt;b&gt;" in text


def test_the_room_that_counts(cli, base):
    def keys(*more):
        out = cli("report", _BYTEKAST, base, "losing", *_DAY, "-o", "csv", *more).out
        return [row["key"] for row in csv.DictReader(io.StringIO(out))]

    assert keys() == ["p1", "p2", "p3"]
    assert keys("--room", "9.5") == ["p1", "p2"]
    assert keys("--room", "0") == ["p1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("partners.csv", "loosing"), "there is no list `loosing`"),
        (("partners.csv", "-o", "csv"), "a CSV file holds one list"),
        (("nowhere.csv",), "`nowhere.csv` does not exist"),
        ((), "`RECORD` is missing"),
        (("partners.csv", "due", "-o", "csv:partners.csv"), "`partners.csv` is an input of this command"),
    ],
)
def test_what_cannot_be_shown(cli, base, monkeypatch, arguments, message):
    from pathlib import Path

    program = Path(_BYTEKAST).absolute()
    monkeypatch.chdir(base.parent)
    before = base.read_text()
    result = cli("report", program, *arguments, *_DAY)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert base.read_text() == before


def test_records_with_mistakes_are_left_out(cli, base):
    base.write_text(base.read_text() + "p4,,-1,true,positive,true,true,true\n")
    result = cli("report", _BYTEKAST, base, "next", *_DAY)
    assert result.code == 1
    assert "1 of 4 records left out" in result.err


def test_two_records_with_one_key_stand_in_no_list(cli, base):
    base.write_text(base.read_text() + "p2,Other,12,true,positive,true,true,true\n")
    result = cli("report", _BYTEKAST, base, "losing", *_DAY, "-o", "csv")
    assert [row["key"] for row in csv.DictReader(io.StringIO(result.out))] == ["p1", "p3"]
    assert result.code == 1
    assert "2 of 4 records left out" in result.err


def test_money_is_worked_out_for_the_rows_that_are_shown(cli, base, monkeypatch):
    asked: list[str] = []

    def worth(self, answer, level, to):
        asked.append(answer.record.facts["id"])
        return None, None

    monkeypatch.setattr("policyengine.reports.level_money.LevelMoney.worth", worth)
    text = base.read_text()
    base.write_text(text + "".join(f"q{i},,{11 + i % 5},true,positive,true,true,true\n" for i in range(130)))
    out = cli("report", _BYTEKAST, base, *_DAY).out
    assert "Close to the next level (132)" in out
    assert "and 122 more: policyengine report" in out
    assert f"more: policyengine report {_BYTEKAST} {base} --as-of 2026-11-21 next" in out
    assert len(asked) <= 20
    rows = csv.DictReader(io.StringIO(cli("report", _BYTEKAST, base, "next", *_DAY, "-o", "csv").out))
    shown = [row["key"] for row in rows]
    assert len(shown) == 132
    told = out[out.index("Close to") : out.index("and 122 more")].split()
    assert [word for word in told if word in shown] == shown[:10]


def test_outputs_are_checked_before_anything_is_read(cli, base):
    base.write_text(base.read_text() + "p4,,-1,true,positive,true,true,true\n")
    result = cli("report", _BYTEKAST, base, "-o", f"csv:{base}.csv", *_DAY)
    assert (result.code, result.out) == (2, "")
    assert "left out" not in result.err


def test_several_processes_say_the_same_as_one(cli, base, tmp_path, monkeypatch):
    full = ",true,positive,true,true,true\n"
    base.write_text(base.read_text() + "".join(f"q{i},,{11 + i % 7}{full}" for i in range(30)))

    def written(name):
        outputs = [f"-o{form}:{tmp_path}/{name}.{form}" for form in ("text", "markdown")]
        cli("report", _BYTEKAST, base, *_DAY, *outputs, "-o", f"{tmp_path}/{name}.xlsx")
        return [(tmp_path / f"{name}.{form}").read_bytes() for form in ("text", "markdown", "xlsx")]

    alone = written("alone")
    monkeypatch.setattr("policyengine.cli.partner_base._ALONE", 1)
    monkeypatch.setattr("policyengine.cli.partner_base.PIECE", 4)
    monkeypatch.setattr("policyengine.change.parallel.cores", lambda: 2)
    assert written("together") == alone


def test_many_lines_of_json_are_read_batch_by_batch(cli, base, monkeypatch):
    lines = [{"id": f"n{i}", "active_accounts": 11 + i, "reviews": []} for i in range(3)]
    path = base.with_suffix(".ndjson")
    path.write_text(
        "".join(f"{json.dumps(each)}\n" for each in (*lines, {"id": "n4", "active_accounts": -1}))
    )
    held = cli("report", _BYTEKAST, path, *_DAY)
    monkeypatch.setattr("policyengine.cli.partner_base._MANY_BYTES", 0)
    monkeypatch.setattr("policyengine.cli.partner_base.PartnerBase.inputs", None)
    streamed = cli("report", _BYTEKAST, path, *_DAY)
    assert (streamed.code, streamed.out) == (held.code, held.out) == (1, held.out)
    assert "partners.ndjson:4: error[" in streamed.err


def test_a_full_disk_is_told(cli, base, monkeypatch):
    import errno

    def full(*given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("policyengine.reports.sorted_rows.SortedRows.add", full)
    held = base.with_suffix(".yaml")
    held.write_text("id: a\nactive_accounts: 16\n")
    for path in (base, held):
        result = cli("report", _BYTEKAST, path, "due", *_DAY)
        assert (result.code, result.out) == (2, "")
        assert "there is no room for the output" in result.err
