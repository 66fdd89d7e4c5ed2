"""Letters: what they say and leave out, hostile texts, templates of a vendor, whole bases."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
from tests.support import DAY as TODAY
from tests.support import EXAMPLE, POLICIES, good_program, record_of

from policyengine.papers.language import language
from policyengine.papers.letter import Desk, letter
from policyengine.render.page_check import POLICY
from policyengine.render.paper_html import HtmlTemplate, TemplateError
from policyengine.render.paper_pdf import PdfTemplate
from policyengine.reports.course import stretches

Cli = Callable[..., tuple[int, str, str]]
BYTEKAST = POLICIES / "bytekast"
RECORDS = POLICIES.parent / "fixtures/bytekast/records"
ACME = RECORDS / "acme.yaml"
DAY = "--as-of=2026-11-21"


def _pdf_text(path: Path) -> str:
    pages = pypdfium2.PdfDocument(path.read_bytes())
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in pages).split())


def test_a_letter_says_it_all_and_names_no_file_or_rule(cli: Cli, tmp_path: Path) -> None:
    code, text, _ = cli("letter", BYTEKAST, ACME, DAY, "-o", "text", "-o", "a.html", "-o", "a.pdf")
    assert code == 0
    for said in (
        "You have reached the level Silver.",
        "What is missing for Gold",
        "Active accounts  12   from 16 to 26  4",
        "33 % off: app set-up (now 20 %)",
        "31 December 2026  Hold the quarterly review with ByteKast, 2026 Q4  you",
        "Day the account was set up  account A-2  Monthly subscription",
        "Please tell ByteKast.",
    ):
        assert said in text
    page, paper = (tmp_path / "a.html").read_text(encoding="utf-8"), _pdf_text(tmp_path / "a.pdf")
    for found in (text, page, paper):
        assert "You have reached the level" in found
        for inner in (".yaml", "active_accounts", "reseller-levels", "set_up_on", "app_setup"):
            assert inner not in found
    assert "<script" not in page
    assert '<html lang="en">' in page


def test_what_the_next_level_is_worth_in_money(cli: Cli) -> None:
    text = cli("letter", BYTEKAST, RECORDS / "accounts-10-silver.yaml", DAY)[1]
    assert "better off in the coming twelve months" in text


def test_the_same_letter_is_the_same_bytes(cli: Cli, tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        assert cli("letter", BYTEKAST, ACME, DAY, "-o", name)[0] == 0
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


HOSTILE = (
    '#import "@preview/x:1.0.0"', "$x^2$ *b* _i_ `c` \\ #", "<script>alert(1)</script>", '"]) #panic("x")',
    "{{ 7 * 7 }}{% raw %}", "دار النشر", "בית הוצאה",
    "x" * 900, "& é ß 漢字",
)  # fmt: skip


def test_hostile_names_are_only_texts(cli: Cli, tmp_path: Path) -> None:
    records = [
        {"id": f"k{i}", "name": name, "active_accounts": 12, "accounts": [{"id": name}]}
        for i, name in enumerate(HOSTILE)
    ]
    base = tmp_path / "base.ndjson"
    base.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    code, _, err = cli("letter", BYTEKAST, base, DAY, "-o", "html:pages", "-o", "pdf:papers")
    assert code == 0, err
    for i, name in enumerate(HOSTILE):
        page = (tmp_path / f"pages/k{i}.html").read_text(encoding="utf-8")
        assert "<script" not in page
        assert "alert" not in page or "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        if name.isascii():
            paper = _pdf_text(tmp_path / f"papers/k{i}.pdf")
            assert "".join(name.split()) in "".join(paper.split()).replace("\N{ZERO WIDTH SPACE}", "")


def test_a_title_of_ten_thousand_characters(cli: Cli, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "p"
    shutil.copytree(BYTEKAST, folder)
    levels = (folder / "levels.yaml").read_text(encoding="utf-8")
    long = "w" * 5_000 + " " + "many words " * 500
    (folder / "levels.yaml").write_text(levels.replace("title: Silver", f"title: {long}"), encoding="utf-8")
    code, _, err = cli("letter", folder, ACME, DAY, "-o", "a.html", "-o", "a.pdf")
    assert code == 0, err
    assert _pdf_text(tmp_path / "a.pdf").count("many words") >= 500


# Templates

PAPER = {
    "language": "en", "title": "T", "bad": "Nord <!--><script>1</script>-->", "head": {"to": "Acme"},
    "sections": [{"id": "discounts", "title": "Your discounts", "blocks": []}],
    "decision": {"levels": [{"level_title": "Silver"}]},
}  # fmt: skip


def test_a_template_of_the_vendor(tmp_path: Path) -> None:
    text = (
        "<h1>{{ paper.head.to }}</h1>\n"
        "{% for level in paper.decision.levels %}<p>{{ level.level_title }}</p>{% endfor %}\n"
        "{% for section in paper.sections if section.id == 'discounts' %}{{ section.title }}{% endfor %}\n"
    )
    assert HtmlTemplate(text).fill(PAPER) == POLICY + "<h1>Acme</h1>\n<p>Silver</p>Your discounts"
    text = "#let paper = json(bytes(sys.inputs.paper))\n= Hello\n#paper.head.to "
    text += '#paper.decision.levels.at(0).level_title #read("sub/word.txt")\n'
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/word.txt").write_text("beside")
    (tmp_path / "out.pdf").write_bytes(PdfTemplate(text, str(tmp_path / "own.typ")).fill(PAPER))
    assert _pdf_text(tmp_path / "out.pdf") == "Hello Acme Silver beside"


def test_what_a_page_may_hold() -> None:
    start, rest = (
        "<!doctype html>\n<html lang='en'><head>",
        (
            "<title>A &lt; B</title><style>@media print { p { color: rgb(0, 0, 0); "
            "background: url('data:image/png;base64,AA') } }</style></head><body>"
            "<img src=data:image/png;base64,AA alt=''/><a href='levels.html#a'>x</a>"
            "<svg viewBox='0 0 1 1'><path d='M0 0' fill='url(#p)'/></svg>"
            "</body></html>"
        ),
    )
    page = HtmlTemplate(start + '<meta charset="utf-8">' + rest).fill(PAPER)
    assert page == start + POLICY + rest


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("one\n{% if paper %}\n{% endfi %}", 3, "unknown tag `endfi`"),
        ("one\n{{ paper.head.colour }}", 2, "no attribute `colour`"),
        ("\n\n{{ paper.__class__.__mro__ }}", 3, "unsafe"),
        ("{% include '/etc/passwd' %}", 1, "reads no other file"),
        ("{{ 'a' * 10000000000 }}", 1, "is not for templates"),
        ("{{ 2 ** 100000000 }}", 1, "is not for templates"),
        ("{% for i in range(10000000) %}x{% endfor %}", 1, "Range too big"),
        ("", None, "it gives a page without any text"),
        ("{% if false %}x{% endif %}<p>\n</p>", None, "it gives a page without any text"),
        ("<img src='https://elsewhere.example/logo.png'>", 1, "https://elsewhere.example/logo.png"),
        ("<style>p { background: url(//elsewhere.example/a) }</style>", 1, "//elsewhere.example/a"),
        ("<p style='background: url(//elsewhere.example/a)'>", 1, "//elsewhere.example/a"),
        ("\n<script>1</script>", 2, "<script>"),
        ("<b onclick='x'>", 1, "onclick="),
        ("<a href='javascript:x'>", 1, "javascript:x"),
        ("<a href='java&Tab;script:x'>", None, "java script:x"),
        ("<p>{{ paper.bad | safe }}", None, "<!--><script>"),
        ("<!-- --!><script>1</script>-->", 1, "<!-- --!>"),
        ("<xmp><p title='</xmp><script>1</script>'></xmp>", 1, "<xmp>"),
        ("<title><p title='</title><script>1</script>'></title>", 1, "<p title="),
        ("<svg><style><p title='</style><b>'></style></svg>", 1, "<style>"),
        ("<p style='background: u\\72l(https://a.example)'>", 1, "u\\72l("),
        ("<style>@\\69mport 'https://a.example'</style>", 1, "@\\69mport"),
        ("<style>p { background: image-set('https://a.example') }</style>", 1, "image-set("),
        ("<svg><rect fill='url(https://a.example#p)'/></svg>", 1, "url(https://a.example#p)"),
        ("<svg><a><animate attributeName='href' values='javascript:x'/></a></svg>", 1, "<animate>"),
        ("<img src='ht\ttps://a.example'>", None, "ht tps://a.example"),
        ("<img src='\\\\a.example\\b'>", 1, "\\\\a.example\\b"),
        ("<img src='data:image/png;base64,AA' src='x'>", 1, "<img src="),
        ("<img/src='data:image/png;base64,AA'>", 1, "<img/src="),
        ("<img src='logo.png'>", 1, "logo.png"),
        ("<a href='https://a.example' ping='https://a.example'>", 1, "ping="),
        ("<meta http-equiv=refresh content='0'>", 1, "http-equiv=refresh"),
        ("<meta charset='iso-2022-jp'>", 1, "charset=iso-2022-jp"),
        ("<textarea><img src='</textarea><script>1</script>'></textarea>", 1, "<textarea>"),
    ],
)
def test_a_template_of_html_with_a_mistake(text: str, line: int | None, told: str) -> None:
    with pytest.raises(TemplateError) as failed:
        HtmlTemplate(text).fill(PAPER)
    assert told in failed.value.mistake.message
    assert failed.value.mistake.line == line


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ('= A\n#import "@preview/cetz:0.3.4"', 2, "names a package"),
        ('= A\n#image("/../../../../etc/hostname")', 2, "escape the project root"),
        ("= A\n\n#nothing", 3, "unknown variable: nothing"),
        ('= A\n#read("link.txt")', 2, "`link.txt` is a link that leads out"),
        ('= A\n#read("nix.txt")', 2, "no file `nix.txt` beside the template"),
        ('#let p = "@" + "preview/a:1.0.0"\n#import p: *', 2, "may load a package"),
        ('#import "lib.typ": x', None, "`lib.typ`: `@preview/` names a package"),
    ],
)
def test_a_template_of_typst_with_a_mistake(tmp_path: Path, text: str, line: int | None, told: str) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (tmp_path / "outside.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    (folder / "lib.typ").write_text('#import "@preview/cetz:0.3.4"')
    with pytest.raises(TemplateError) as failed:
        PdfTemplate(text, str(folder / "own.typ")).fill(PAPER)
    assert told in failed.value.mistake.message
    assert failed.value.mistake.line == line


# Whole bases


def test_the_letters_of_a_base(cli: Cli, tmp_path: Path) -> None:
    code, _, err = cli("letter", BYTEKAST, RECORDS, DAY, "-o", "html:letters")
    assert code == 0, err
    names = sorted(each.name for each in (tmp_path / "letters").glob("[!.]*"))
    assert len(names) == 1 + len(list(RECORDS.glob("*.yaml")))
    index = (tmp_path / "letters/index.html").read_text(encoding="utf-8")
    assert all(f'href="{name}"' in index for name in names if name != "index.html")
    assert ">Silver<" in index


def test_a_folder_holds_the_papers_of_one_run(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/index.html").write_text("mine", encoding="utf-8")
    code, _, err = cli("letter", BYTEKAST, ACME, DAY, "-o", "html:letters")
    assert code == 2
    assert "`letters` holds `index.html`, which is no paper of an earlier run" in err
    assert (tmp_path / "letters/index.html").read_text() == "mine"
    (tmp_path / "letters/index.html").unlink()
    for record in (ACME, RECORDS / "accounts-10-silver.yaml"):
        assert cli("letter", BYTEKAST, record, DAY, "-o", "html:letters")[0] == 0
        found = {each.name for each in (tmp_path / "letters").glob("[!.]*")}
        assert len(found) == 2
        assert "index.html" in found


def test_an_index_is_in_the_order_of_keys(cli: Cli, tmp_path: Path) -> None:
    keys = ("R-10", "r-9", "R-2", "A", f"R-{'1' * 5000}")
    path = tmp_path / "base.ndjson"
    path.write_text("".join(f'{{"id": "{key}", "name": "Z"}}\n' for key in keys), encoding="utf-8")
    assert cli("letter", BYTEKAST, path, DAY, "-o", "text:letters")[0] == 0
    index = (tmp_path / "letters/index.html").read_text(encoding="utf-8")
    places = [index.index(f'href="{key}') for key in ("A.", "R-2.", "r-9.", "R-10.", "R-111")]
    assert places == sorted(places)


def test_keys_are_no_paths(cli: Cli, tmp_path: Path) -> None:
    keys = (
        *("../../up", "a/b", "a:b", "CON", "index", "Ä", ".hidden", "A-B", "x" * 300),
        *("שלום", "हिन्दी", "漢" * 90, "+"),
    )
    path = tmp_path / "base.ndjson"
    path.write_text("".join(f'{{"id": "{key}", "active_accounts": 3}}\n' for key in keys), encoding="utf-8")
    assert cli("letter", BYTEKAST, path, DAY, "-o", "html:out/letters")[0] == 0
    names = {each.name for each in (tmp_path / "out/letters").glob("[!.]*")}
    assert names == {
        "index.html", "up.html", "a-b.html", "a-b-2.html", "A-B-3.html", "CON-record.html",
        "index-record.html", "Ä.html", "hidden.html", f"{'x' * 80}.html",
        "שלום.html", "हिन्दी.html", f"{'漢' * 66}.html", "record.html",
    }  # fmt: skip
    assert {each.name for each in tmp_path.iterdir()} == {"base.ndjson", "out"}


def test_a_base_whose_last_letter_fails_leaves_nothing(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "own.html").write_text(
        "{{ 'bad'.nothing if paper.head.to == 'Quarry Learning' else 'good' }}"
    )
    code, _, err = cli("letter", BYTEKAST, RECORDS, DAY, "--template=own.html", "-o", "html:letters")
    assert code == 2
    assert "the template fails at `own.html:1`" in err
    assert [each.name for each in tmp_path.iterdir()] == ["own.html"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-o", "pdf"], "a PDF goes to a file"),
        (["-o", "one.pdf"], "13 papers do not go into the file `one.pdf`"),
        (["-o", "html"], "several pages go into a folder"),
        (["-o", "html:x", "--template", "a.typ"], "the template is .typ, and no `pdf` is asked for"),
        (["-o", "pdf:x", "--fonts", "nowhere"], "`nowhere` is not a folder with fonts"),
    ],
)
def test_outputs_that_cannot_be(cli: Cli, tmp_path: Path, words: list[str], told: str) -> None:
    (tmp_path / "a.typ").write_text("x")
    code, _, err = cli("letter", BYTEKAST, RECORDS, DAY, *words)
    assert code == 2
    assert told in err


def test_a_letter_of_another_day_and_revision(cli: Cli, tmp_path: Path) -> None:
    import shutil

    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=tmp_path, check=True,
            capture_output=True, env={"GIT_COMMITTER_DATE": "2026-03-01T12:00:00Z", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip

    shutil.copytree(BYTEKAST, tmp_path / "p")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    levels = tmp_path / "p/levels.yaml"
    levels.write_text(levels.read_text().replace("title: Silver", "title: Bronze"))
    assert "level Bronze" in cli("letter", "p", ACME, DAY)[1]
    assert "level Silver" in cli("letter", "HEAD:p", ACME, DAY)[1]
    code, text, _ = cli("letter", "p", ACME, "--known-on=2026-03-02")
    assert code == 0
    assert "level Silver" in text
    assert "on 2 March 2026" in text
    code, _, err = cli("letter", "HEAD:nowhere", ACME, DAY)
    assert code == 2
    assert "the folder `nowhere` is not in `HEAD`" in err


STAGE = """\
      stage: {type: enum, values: [open, won, lost], title: stage}
      reason: {type: text, title: reason}
"""
WAYS = """\
kind: tiers
id: ladder
title: Ladder
for: partner
levels:
  - id: known
    title: Known
    requires:
      - {id: size, title: Is of some size, when: {any: [{active_accounts: 10..}, {fee: 500..}]}}
"""


def test_ways_to_a_requirement_are_told_in_numbers() -> None:
    program = good_program(WAYS)
    graph = program.linked.evaluated
    assert graph is not None
    through = stretches(lambda day: graph, [TODAY], TODAY)
    for code, said in (
        ("en", "7 more: active accounts or 480.00 USD more: yearly fee"),
        ("de", "7 mehr: active accounts oder 480,00 USD mehr: yearly fee"),
    ):
        desk = Desk(program.linked, program.evaluate, through, language(code), None)
        record = record_of(program, {"id": "a", "active_accounts": 3, "fee": 20})
        rows = str(letter(desk, desk.answer(record)).plain())
        assert said in rows


PARTNERSHIP = """\
kind: scorecard
id: points
title: Partnership
for: partner
parts: [{id: size, title: Size, of: active_accounts, each: 5, max: 50}]
---
kind: tiers
id: ladder
title: Ladder
for: partner
levels: [{id: known, title: Known, points: 40..}]
---
kind: pipeline
id: deals
title: Deals
for: account
stage: stage
stages:
  - {id: open, title: Open,
     next: [won, {to: lost, leave_when: [{id: why, title: A reason is given, when: is defined(reason)}]}],
     leave_when: [{id: paid, title: Is paid, when: monthly_fee > 0}]}
  - {id: won, title: Won}
  - {id: lost, title: Lost}
---
kind: billing
id: shares
title: Shares
for: partner
charges: [{id: share, title: Share, amount: fee / 7, due_on: '@"2026-12-01"'}]
"""


def test_what_people_read_has_numbers_no_digits_too_many_and_no_exits_that_nobody_asks_for() -> None:
    base = EXAMPLE.replace("      monthly_fee:", f"{STAGE}      monthly_fee:", 1)
    program = good_program(PARTNERSHIP, base=base)
    graph = program.linked.evaluated
    assert graph is not None
    desk = Desk(
        program.linked, program.evaluate, stretches(lambda day: graph, [TODAY], TODAY), language("en"), None
    )
    account = {"id": "A", "stage": "open", "monthly_fee": 10}
    record = record_of(program, {"id": "a", "active_accounts": 3, "fee": 20, "accounts": [account]})
    said = str(letter(desk, desk.answer(record)).plain())
    for words in ("'at least 40'", "'25'", "'2.86 USD'", "may move to Won"):
        assert words in said
    assert "Lost" not in said


LATER = """\
kind: tiers
id: ladder
title: Ladder
for: partner
levels:
  - id: known
    title: Known
    requires:
      - {id: time, title: It is time, when: 'today >= @"2027-01-01" and today < @"2027-03-01"'}
"""


def test_a_level_that_begins_and_ends_is_told_with_its_days() -> None:
    program = good_program(LATER)
    graph = program.linked.evaluated
    assert graph is not None
    through = stretches(lambda day: graph, [TODAY], date(2027, 6, 30))
    desk = Desk(program.linked, program.evaluate, through, language("en"), None)
    said = str(letter(desk, desk.answer(record_of(program, {"id": "a"}))).plain())
    assert said.index("1 January 2027") < said.index("Ladder: Known begins")
    assert said.index("1 March 2027") < said.index("Ladder: Known ends")


def test_what_cannot_be_decided_is_due_as_well(cli: Cli) -> None:
    said = cli("letter", BYTEKAST, RECORDS / "bare.yaml", DAY)[1]
    assert "31 December 2026  Hold the quarterly review with ByteKast, 2026 Q4" in said
    assert "Nothing is due" not in said
    assert "undetermined" not in said


def test_letters_without_a_picture_are_told(cli: Cli, tmp_path: Path) -> None:
    record = tmp_path / "r.json"
    record.write_text('{"id": "a", "name": "漢字 Müller Ωμέγα Жук دار שלום €→"}', encoding="utf-8")
    code, _, err = cli("letter", BYTEKAST, record, DAY, "-o", "a.pdf")
    assert code == 0
    assert "note: 1 PDF (`a`) has empty boxes for `字`, `漢`, of which the fonts have no picture" in err
    assert cli("letter", BYTEKAST, record, DAY, "-o", "a.html")[2] == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("loop.typ", "#for i in range(10000000) { for j in range(10000000) { let s = 1 } }"),
        ("loop.html", "{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}x"),
    ],
)
def test_a_template_that_never_ends_is_stopped(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setattr("policyengine.render.watched_template.LIMIT", 0.5)
    (tmp_path / name).write_text(text, encoding="utf-8")
    output = "o.pdf" if name.endswith(".typ") else "o.html"
    code, _, err = cli("letter", BYTEKAST, ACME, DAY, f"--template={name}", "-o", output)
    assert code == 2
    assert f"the template fails at `{name}`: it does not end: there is no page after 0.5 seconds" in err
    assert not (tmp_path / output).exists()


def test_a_template_of_typst_that_sets_nothing() -> None:
    with pytest.raises(TemplateError, match="it gives a PDF without any text"):
        PdfTemplate("// nothing").fill(PAPER)
