"""Workbooks: what stands in their cells is read as it stands in a CSV file; what is damaged is refused."""

import io
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from policyengine.batch.books import column_name, column_number, read_sheet, sheet_names
from policyengine.batch.inputs import Reader, find_inputs
from policyengine.batch.lines import Unusable
from policyengine.batch.typed import TypedReader
from policyengine.batch.workbook_out import SheetColumn, Sheets
from policyengine.files import file_of, sheet_of
from support import good_program

_DAY = date(2026, 12, 1)


@pytest.fixture(scope="module")
def vocabulary():
    return good_program().vocabulary


def _book(path, sheets, hidden=()):
    """Writes a workbook: by the name of a sheet its rows, None for a cell that is empty."""
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        percent = book.add_format({"num_format": "0%"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            if name in hidden:
                sheet.hide()
            else:
                sheet.activate()
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    if isinstance(value, datetime | date):
                        sheet.write_datetime(r, c, value, day)
                    elif isinstance(value, tuple):
                        sheet.write_formula(r, c, value[0], None, value[1])
                    elif isinstance(value, Decimal):
                        sheet.write_number(r, c, value, percent)
                    elif value is not None:
                        sheet.write(r, c, value)
    return path


def _read(vocabulary, path, ignored=(), tables=None):
    """The records of a file and the mistakes of those that are none, with their cells."""
    inputs = find_inputs([path], tables or {}, vocabulary)
    reader = Reader(inputs, vocabulary, ignored, lambda path, kind: iter(()))
    typed = TypedReader(vocabulary)
    good, bad = [], []
    for raw in reader.records():
        found = typed.read(raw)
        if isinstance(found, list):
            bad += [(each.file, each.cell, each.fact) for each in map(reader.placed, found)]
        else:
            good.append(dict(found.facts))
    return good, bad


def test_cells_are_read_by_their_types(vocabulary, tmp_path):
    head = ["id", "fee", "rate", "certified", "joined_on", "seats"]
    rows = [
        head,
        ["007", 1234.5, Decimal("0.2"), True, _DAY, 12],
        [7, "1234.50", "20%", "false", "2026-12-01", "12"],
        ["c", 1.234, 0.125, None, datetime.combine(_DAY, time()), ("=3*4", 12)],
        ["d", 0.1 + 0.2, None, None, None, None],
    ]
    facts = vocabulary.entities[vocabulary.root].facts
    known = [name for name in head if name in facts]
    at = [head.index(name) for name in known]
    good, bad = _read(vocabulary, _book(tmp_path / "p.xlsx", {"P": [[row[i] for i in at] for row in rows]}))
    assert bad == []
    assert [each["id"] for each in good] == ["007", "7", "c", "d"]
    assert [each["fee"] for each in good] == [
        Decimal("1234.5"), Decimal("1234.50"), Decimal("1.2340"), Decimal("0.3"),
    ]  # fmt: skip
    for name, values in {"rate": Decimal("0.2"), "certified": (True, False), "joined_on": _DAY}.items():
        if name in known:
            assert good[0][name] == (values[0] if isinstance(values, tuple) else values)


def test_the_head_stands_below_titles_and_empty_rows(vocabulary, tmp_path):
    rows = [["All partners", "as of today"], [], [None, "fee", "id"], [None, 2, "a"], [], [None, "x", "b"]]
    good, bad = _read(vocabulary, _book(tmp_path / "p.xlsx", {"Partners": rows}))
    assert (good, bad) == ([{"id": "a", "fee": Decimal(2)}], [(f"{tmp_path}/p.xlsx", "Partners!B6", "fee")])


def test_the_first_sheet_that_is_not_hidden_or_the_one_that_is_named(vocabulary, tmp_path):
    sheets = {"Secret": [["id"], ["s"]], "Accounts": [["partner", "id"], ["a", "1"]], "P": [["id"], ["a"]]}
    path = _book(tmp_path / "p.xlsx", sheets, hidden=["Secret"])
    assert _read(vocabulary, path)[0] == [{"id": "a"}]
    assert _read(vocabulary, Path(f"{path}:secret"))[0] == [{"id": "s"}]
    inputs = find_inputs([path], {}, vocabulary)
    assert [str(file) for file, _ in inputs.tables["account"]] == [f"{path}:Accounts"]


def test_merged_cells_give_their_value_to_all_rows(vocabulary, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "p.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "name", "fee"])
        sheet.merge_range(1, 1, 3, 1, "one of three")
        for i, key in enumerate("abc"):
            sheet.write_row(i + 1, 0, [key])
            sheet.write(i + 1, 2, i)
            sheet.set_row(2, None, None, {"hidden": True})
    good, _ = _read(vocabulary, tmp_path / "p.xlsx")
    assert [(each["id"], each["name"]) for each in good] == [(key, "one of three") for key in "abc"]


def test_an_ods_workbook(vocabulary, tmp_path):
    path = _ods(tmp_path / "p.ods", '<table:table-cell table:number-columns-repeated="16000"/>')
    assert _read(vocabulary, path)[0] == [{"id": "a", "fee": Decimal("2.5")}]


def _ods(path, more="", rows=""):
    """A workbook as LibreOffice writes it, with empty cells and rows to its end."""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        '<table:table table:name="P"><table:table-row>'
        '<table:table-cell office:value-type="string"><text:p>id</text:p></table:table-cell>'
        f'<table:table-cell office:value-type="string"><text:p>fee</text:p></table:table-cell>{more}'
        "</table:table-row><table:table-row>"
        '<table:table-cell office:value-type="string"><text:p>a</text:p></table:table-cell>'
        '<table:table-cell office:value-type="float" office:value="2.5"><text:p>2</text:p></table:table-cell>'
        f"</table:table-row>{rows}"
        '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" '
        'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        file.writestr("content.xml", text)
        file.writestr("META-INF/manifest.xml", manifest)
    return path


# What is damaged, or made to do harm


def _changed(tmp_path, part, change, sheets=None):
    """A workbook with one of its parts changed."""
    source = _book(tmp_path / "source.xlsx", sheets or {"P": [["id", "fee"], ["a", 1]]})
    target = tmp_path / "p.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name == part else data)
    source.unlink()
    return target


_SHEET = "xl/worksheets/sheet1.xml"


def _locked(tmp_path):
    path = tmp_path / "p.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    return path


def _half(tmp_path):
    path = _book(tmp_path / "p.xlsx", {"P": [["id"], ["a"]]})
    path.write_bytes(path.read_bytes()[:2000])
    return path


def _flipped(tmp_path):
    path = _book(tmp_path / "p.xlsx", {"P": [["id"], *([f"key {i}"] for i in range(500))]})
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        at = file.getinfo(_SHEET).header_offset + 60
    data[at : at + 200] = bytes(200)
    path.write_bytes(data)
    return path


def _text(tmp_path):
    path = tmp_path / "p.xlsx"
    path.write_text("id,fee\na,1\n")
    return path


def _far(tmp_path):
    cell = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return _changed(tmp_path, _SHEET, lambda data: data.replace(b"</sheetData>", cell))


def _far_without_row(tmp_path):
    cell = b"<row><c r='XFD900000'><v>1</v></c></row></sheetData>"
    return _changed(tmp_path, _SHEET, lambda data: data.replace(b"</sheetData>", cell))


def _bomb(tmp_path):
    blanks = b" " * (1024 * 1024)

    def blow(data):
        return data.replace(b"<sheetData>", b"<sheetData>" + blanks * 24)

    return _changed(tmp_path, _SHEET, blow)


def _no_xml(tmp_path):
    return _changed(tmp_path, _SHEET, lambda data: data[: len(data) // 2])


def _no_workbook(tmp_path):
    path = tmp_path / "p.xlsx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.txt", "nothing")
    return path


def _empty(tmp_path):
    return _book(tmp_path / "p.xlsx", {"P": []})


def _repeated(tmp_path):
    return _ods(
        tmp_path / "p.ods",
        rows='<table:table-row table:number-rows-repeated="99999999"><table:table-cell '
        'office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>',
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_locked, "is locked by a password"),
        (_half, "is a broken workbook"),
        (_flipped, "is a broken workbook"),
        (_text, "is not a workbook, whatever its ending says"),
        (_far, "its cells go as far as XFD1048576"),
        (_far_without_row, "its cells go as far as XFD900000"),
        (_bomb, "unpacks to more than"),
        (_no_xml, "cannot be read"),
        (_no_workbook, "is not a workbook that can be read"),
        (_empty, "has no head"),
        (_repeated, "is too large to be read"),
    ],
)
def test_what_cannot_be_read(vocabulary, tmp_path, monkeypatch, make, message):
    monkeypatch.setattr("policyengine.batch.books._LARGEST", 16 * 1024 * 1024)
    with pytest.raises(Unusable, match=message) as raised:
        _read(vocabulary, make(tmp_path))
    assert raised.value.help


def test_links_to_other_workbooks_are_their_saved_values(vocabulary, tmp_path):
    rows = [
        ["id", "fee"],
        ["a", ("='[prices.xlsx]Sheet1'!A1", 12)],
        ["b", ('=WEBSERVICE("http://x.example")', 1)],
    ]
    good, _ = _read(vocabulary, _book(tmp_path / "p.xlsx", {"P": rows}))
    assert [each["fee"] for each in good] == [12, 1]


def test_a_sheet_that_is_not_there(vocabulary, tmp_path):
    path = _book(tmp_path / "p.xlsx", {"Partners": [["id"], ["a"]]})
    with pytest.raises(Unusable, match="has no sheet `Partner`") as raised:
        _read(vocabulary, Path(f"{path}:Partner"))
    assert raised.value.help == "did you mean `Partners`?"


def test_an_error_of_a_formula_is_no_value(vocabulary, tmp_path):
    rows = [["id", "name", "fee"], ["a", "A", ("=1/0", "#DIV/0!")], ["b", ("=X", "#REF!"), 1], ["c", "C", 1]]
    good, bad = _read(vocabulary, _book(tmp_path / "p.xlsx", {"P": rows}), ignored=["name"])
    assert ([each["id"] for each in good], [cell for _, cell, _ in bad]) == (["b", "c"], ["P!C2"])
    _, bad = _read(vocabulary, _book(tmp_path / "p.xlsx", {"P": rows}))
    assert [cell for _, cell, _ in bad] == ["P!C2", "P!B3"]


def test_an_error_of_a_formula_in_a_head_is_its_name(vocabulary, tmp_path):
    rows = [["id", ("=X", "#REF!")], ["a", 1]]
    with pytest.raises(Unusable, match="#REF!"):
        _read(vocabulary, _book(tmp_path / "p.xlsx", {"P": rows}))


@pytest.mark.parametrize(
    "formula", ["<f>[Budget.xlsx]S!B7</f><v></v>", "<f>B2</f>", '<f t="shared" si="0"/><v/>']
)
def test_a_formula_without_a_saved_value_is_not_an_empty_cell(vocabulary, tmp_path, formula):
    rows = [
        ["id", "name", "fee"],
        ["a", "A", ("=B7", 77)],
        ["b", ("=C3", "said to be empty"), 1],
        [None, ("=B7", 77), None],
    ]
    path = _book(tmp_path / "p.xlsx", {"P": rows})
    with zipfile.ZipFile(path) as old:
        parts = {each: old.read(each) for each in old.namelist()}
    name = "xl/worksheets/sheet1.xml"
    assert parts[name].count(b"<f>B7</f><v>77</v>") == 2
    parts[name] = (
        parts[name].replace(b"<f>B7</f><v>77</v>", formula.encode()).replace(b"said to be empty", b"")
    )
    with zipfile.ZipFile(path, "w") as new:
        for part, data in parts.items():
            new.writestr(part, data)
    good, bad = _read(vocabulary, path)
    assert [each["id"] for each in good] == ["b"]
    assert [cell for _, cell, _ in bad] == ["P!C2", "P!B4"]


# Names


@pytest.mark.parametrize(
    ("at", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")]
)
def test_names_of_columns(at, name):
    assert (column_name(at), column_number(name)) == (name, at)


def test_a_file_with_a_colon_is_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (file_of(Path("a.xlsx:S")), sheet_of(Path("a.xlsx:S"))) == (Path("a.xlsx"), "S")
    assert (file_of(Path("a.csv:S")), sheet_of(Path("a.csv:S"))) == (Path("a.csv:S"), None)
    Path("a.xlsx:S").touch()
    assert sheet_of(Path("a.xlsx:S")) is None


# Out


def _written(columns, rows):
    stream = io.BytesIO()
    book = Sheets(stream)
    book.sheet("t", columns).rows(rows)
    book.finish()
    return stream.getvalue()


_TEXTS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\tx", "http://x.example", "<r>a</r>", "</t></is><v>1</v>", "_x0041_",
    "a\x01b", " lead", "two\nlines", "\ud800", "é😀", "x" * 40_000, "{=A1}", "mailto:a@b.c", "a & b < c > d",
]  # fmt: skip


def test_no_text_is_anything_but_a_text(tmp_path):
    path = tmp_path / "t.xlsx"
    path.write_bytes(_written([SheetColumn("=head()", "text")], [[text] for text in _TEXTS]))
    sheet = read_sheet(path)
    assert sheet.rows[0] == ["=head()"]
    assert [row[0] for row in sheet.rows[1:9]] == _TEXTS[:8]
    with zipfile.ZipFile(path) as file:
        xml = file.read(_SHEET).decode()
    assert "<f>" not in xml
    assert "hyperlink" not in xml
    assert len(sheet.rows[15][0]) == 32_767


def test_numbers_and_days_keep_their_digits(tmp_path):
    kinds = ("exact", "money", "rate", "count", "date", "date", "exact")
    row = [
        Decimal("0.1"), Decimal("1234567.89"), Decimal("0.335"), 12, _DAY, date(1899, 1, 1),
        Decimal("12345678901234567.89"),
    ]  # fmt: skip
    path = tmp_path / "t.xlsx"
    path.write_bytes(_written([SheetColumn(kind, kind) for kind in kinds], [row]))
    found = read_sheet(path).rows[1]
    assert found == [0.1, 1234567.89, 0.335, 12, _DAY, "1899-01-01", "12345678901234567.89"]


def test_the_same_rows_give_the_same_bytes():
    columns = [SheetColumn("a", "text")]
    assert _written(columns, [["x"]]) == _written(columns, [["x"]])


def test_rows_beyond_a_sheet_go_to_another(tmp_path, monkeypatch):
    monkeypatch.setattr("policyengine.batch.workbook_out.ROWS", 3)
    path = tmp_path / "t.xlsx"
    path.write_bytes(_written([SheetColumn("a", "count")], [[i] for i in range(7)]))
    found = [read_sheet(Path(f"{path}:{name}")).rows for name in ("t", "t (2)", "t (3)")]
    assert found == [[["a"], [0], [1], [2]], [["a"], [3], [4], [5]], [["a"], [6]]]


def test_a_head_is_frozen_and_filtered(tmp_path):
    data = _written([SheetColumn("a", "text"), SheetColumn("b", "count")], [["x", 1]])
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        xml = file.read(_SHEET).decode()
    assert '<pane ySplit="1"' in xml
    assert '<autoFilter ref="A1:B2"/>' in xml


def test_a_time_is_no_day(vocabulary, tmp_path):
    rows = [["id", "fee"], ["a", datetime.combine(_DAY, time(8, 30))]]
    _, bad = _read(vocabulary, _book(tmp_path / "p.xlsx", {"P": rows}))
    assert [cell for _, cell, _ in bad] == ["P!B2"]


# Through the command


def test_a_workbook_says_what_the_csv_file_says(evaluate, tmp_path):
    full = "id,name,active_accounts,attends_quarterly_reviews\n007,=1+1,16,true\nb,B,12,\n"
    ran = evaluate(
        {"p.csv": full, "accounts.csv": "partner,id,setup_fee\n007,A,99.99\n"}, "-o", "../out/d.xlsx"
    )
    assert ran.code == 0
    book = tmp_path / "out" / "d.xlsx"
    assert sheet_names(book) == list(dict.fromkeys(row["section"] for row in ran.rows))
    for section in sheet_names(book):
        head, *rows = read_sheet(Path(f"{book}:{section}")).rows
        wanted = [row for row in ran.rows if row["section"] == section]
        assert [row[head.index("key")] for row in rows] == [row["key"] for row in wanted]
        for name in ("status", "level", "on", "party"):
            if name in head:
                assert [row[head.index(name)] for row in rows] == [row[name] for row in wanted]


def test_a_workbook_is_read_and_its_mistakes_have_cells(evaluate, tmp_path):
    sheets = {
        "Partners": [["Base", None], [], ["id", "active_accounts"], ["007", 16], ["b", "many"]],
        "accounts": [["partner", "id", "setup_fee"], ["007", "A", 100], ["zz", "B", 1], ["007", "C", -1]],
    }
    ran = evaluate({"p.xlsx": _book(tmp_path / "source.xlsx", sheets).read_bytes()})
    assert (ran.code, ran.keys) == (2, [])
    assert [(row["file"], row["cell"], row["fact"]) for row in ran.rejects] == [
        ("p.xlsx", "accounts!C4", "setup_fee"),
        ("p.xlsx", "Partners!B5", "active_accounts"),
        ("p.xlsx", "accounts!A3", ""),
    ]
    assert "p.xlsx: Partners!B5: error[RECORD002]" in ran.err


def test_a_broken_workbook_leaves_nothing_behind(evaluate, tmp_path):
    ran = evaluate({"p.xlsx": b"PK\x03\x04 and no more"})
    assert (ran.code, list((tmp_path / "out").iterdir())) == (2, [])


@pytest.mark.parametrize(("rows", "sheets"), [(0, 1), (3, 1), (7, 1), (8, 2), (15, 3)])
def test_rows_are_written_in_parts_and_go_to_further_sheets(tmp_path, monkeypatch, rows, sheets):
    monkeypatch.setattr("policyengine.batch.workbook_out.ROWS", 7)
    monkeypatch.setattr("policyengine.batch.workbook_out._AT_ONCE", 3)
    path = tmp_path / "many.xlsx"
    with path.open("wb") as stream:
        book = Sheets(stream)
        book.sheet("many", [SheetColumn("number", "text")]).rows([f"n{i}"] for i in range(rows))
        book.finish()
    names = sheet_names(path)
    assert len(names) == sheets
    found = [row[0] for name in names for row in read_sheet(Path(f"{path}:{name}")).rows[1:]]
    assert found == [f"n{i}" for i in range(rows)]
