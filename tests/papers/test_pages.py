"""The pages of a program: what they say, links both ways, size, headings, contrast, stale pages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pypdfium2
import pytest
from tests.papers.texts import PAPERS
from tests.support import DAY as TODAY
from tests.support import POLICIES, good_program

from policyengine.api import load
from policyengine.papers.blocks import Run
from policyengine.papers.conditions import expression
from policyengine.papers.language import Language, language
from policyengine.papers.program_pages import Since, pages
from policyengine.papers.voice import Voice
from policyengine.program.linked import Program
from policyengine.render.paper_html import HtmlTemplate

Cli = Callable[..., tuple[int, str, str]]
DAY = "--as-of=2026-11-21"
OURS = ("bytekast", "kepion", "pugpig", "wildix")


def _made(program: Program, say: Language, since: Since | None = None) -> dict[str, str]:
    template = HtmlTemplate()
    return {name: template.fill(paper.plain()) for name, paper in pages(program, say, since).items()}


@pytest.fixture(scope="module")
def sites() -> dict[str, dict[str, str]]:
    """The pages of our programs, by program and name."""
    return {
        name: _made(load(POLICIES / name, as_of=TODAY).linked, language("en"))
        for name in OURS
    }  # fmt: skip


class Reader(HTMLParser):
    """Collects what a checker of accessibility looks at."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.hrefs: list[str] = []
        self.tables: list[dict[str, int]] = []
        self.open: list[str] = []
        self.language = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if "id" in given:
            self.ids.append(str(given["id"]))
        if tag == "a":
            self.hrefs.append(str(given["href"]))
        if tag == "html":
            self.language = str(given["lang"])
        if tag == "table":
            self.tables.append({"caption": 0, "head": 0, "rows": 0})
        if self.tables and tag == "caption":
            self.tables[-1]["caption"] += 1
        if self.tables and tag == "th":
            assert given.get("scope") in ("col", "row", "colgroup")
            self.tables[-1]["head" if given["scope"] == "col" else "rows"] += 1
        if tag not in ("meta", "path", "rect", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("path", "rect"):
            assert self.open.pop() == tag


def test_pages_are_sound_and_small(sites: dict[str, dict[str, str]]) -> None:
    for site in sites.values():
        found = {name: Reader(page) for name, page in site.items()}
        places = {f"{name}.html#{each}" for name, reader in found.items() for each in reader.ids}
        for name, reader in found.items():
            assert len(site[name].encode()) <= 100_000
            assert reader.language == "en"
            assert reader.open == []
            assert reader.levels[0] == 1
            assert reader.levels.count(1) == 1
            assert all(
                after <= before + 1 for before, after in zip(reader.levels, reader.levels[1:], strict=False)
            )
            assert len(reader.ids) == len(set(reader.ids))
            assert all(each["caption"] == 1 and each["head"] and each["rows"] for each in reader.tables)
            assert "<script" not in site[name]
            assert " style=" not in site[name]  # which the policy of the page forbids
            for href in reader.hrefs:
                if "://" not in href:
                    assert href in places or ("#" not in href and href.removesuffix(".html") in site), href


def test_every_rule_and_statement_lead_to_each_other(sites: dict[str, dict[str, str]]) -> None:
    site = sites["bytekast"]
    levels, sources = site["levels"], site["sources"]
    assert '<tr id="reseller-levels/gold">' in levels
    assert 'href="sources.html#kpi-levels/s30"' in levels
    row = sources[sources.index('<tr id="kpi-levels/s30">') :].partition("</tr>")[0]
    assert 'href="levels.html#reseller-levels/gold"' in row
    assert '<a href="https://bytekast.io/reseller-kpi-levels-reviews-billing/">' in sources


def test_what_the_pages_say(sites: dict[str, dict[str, str]]) -> None:
    def text(program: str, page: str) -> str:
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", sites[program][page].partition("<body")[2]))

    for program, page, words in (
        ("pugpig", "duties", "activity Referral Sales Sales, services and support source"),
        ("pugpig", "duties", "customer's word to go ahead Kaldor; signs off: the customer"),
        ("bytekast", "levels", "Silver active accounts are from 10 to 15 20 % off: app set-up"),
        ("bytekast", "levels", "competence rating is positive"),
        ("bytekast", "charges", "counted from day the account was set up + one month"),
        ("bytekast", "obligations", "the reseller every calendar quarter"),
        ("bytekast", "obligations", "Coming releases of ByteKast"),
        ("bytekast", "assumptions", "Other reading: South African rand"),
        ("bytekast", "glossary", "Active accounts a count"),
        ("kepion", "pipelines", "The licence type is New License"),
        ("wildix", "pipelines", "the system moves it"),
    ):  # fmt: skip
        assert words in text(program, page).replace("&#39;", "'"), (program, page, words)
    assert "<svg" in sites["kepion"]["pipelines"]


BANDS = """\
kind: table
id: commission
title: Commission
for: partner
type: money
bands:
  of: fee
  mode: graduated
  rows: [{up_to: 1000, rate: 5%}, {rate: 10%}]
default: none
"""
CASES = """\
kind: table
id: price
title: Price
for: partner
type: money
hit: first
inputs: [active_accounts, competence_rating]
rows:
  - {when: {active_accounts: 10.., competence_rating: [positive, neutral]}, then: 5.00}
  - [.. 9, -, 7.00]
default: 9.00
""".replace(".. 9", "..9")
BY = """\
kind: table
id: bonus
title: Bonus
for: partner
type: rate
bands:
  of: active_accounts
  by: competence_rating
  mode: slab
  entries: {positive: {rows: [{below: 10, gives: 0%}, {gives: 5%}]}, neutral: {rows: [{gives: 1%}]}}
default: 0%
"""
KEYS = """\
kind: table
id: grid
title: Grid
for: partner
type: rate
keys: [competence_rating]
entries: {positive: 10%, neutral: 5%, negative: 0%}
"""


def test_tables_and_bands() -> None:
    program = good_program(BANDS, CASES, KEYS, BY).linked
    page = _made(program, language("en"))["tables"]
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    for words in (
        "from 0.00 USD up to 1,000.00 USD 5 %", "above 1,000.00 USD 10 %", "at most 9 – 7.00", "75.00 USD",
        "at least 10 positive or neutral 5.00", "Where no row matches: 9.00", "positive 10%",
        "1,250.00 USD yearly fee", "competence rating: positive The whole", "rating: neutral The whole",
    ):  # fmt: skip
        assert words in plain
    assert page.count("<svg") == 2
    assert "M110.0 184.0L454.0 " in page


def test_all_of_a_drawing_lies_within_it(sites: dict[str, dict[str, str]]) -> None:
    tables = _made(good_program(BANDS, BY).linked, language("en"))["tables"]
    for drawing in re.findall("<svg.*?</svg>", tables + sites["kepion"]["pipelines"]):
        width, height = re.findall(r'viewBox="0 0 (\d+) (\d+)"', drawing)[0]
        for axis, end in (("x", width), ("y", height)):
            places = [int(each) for each in re.findall(rf' {axis}="(-?\d+)"', drawing)]
            assert 0 < min(places) < max(places) < int(end)


def test_hostile_titles_in_drawings() -> None:
    hostile = '"><script>alert(1)</script> ]]> &amp; #import'
    text = BANDS.replace("title: Commission", f"title: '{hostile}'")
    page = _made(good_program(text).linked, language("en"))["tables"]
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_all_of_it_in_german(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = set[str]()
    say = Language.__call__

    def heard(self: Language, text: str, **values: object) -> str:
        if text not in self.texts:
            lacking.add(text)
        return say(self, text, **values)

    monkeypatch.setattr(Language, "__call__", heard)
    for name in OURS:
        site = _made(load(POLICIES / name, as_of=TODAY, language="de").linked, language("de"))
        assert 'lang="de"' in site["index"]
    assert lacking == set()


def _light(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_texts_stand_out_in_light_and_dark() -> None:
    style = (PAPERS.parent / "render/templates/paper.css").read_text()
    themes = [
        dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in style.split("@media (prefers-color")[:2]
    ]
    for theme in themes:
        for front in ("ink", "faint", "link"):
            for back in ("page", "card", "fill"):
                one, other = sorted((_light(theme[front]), _light(theme[back])))
                assert (other + 0.05) / (one + 0.05) >= 4.5, (front, back)


# The command


def test_the_command_writes_and_checks(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    shutil.copytree(POLICIES / "bytekast", folder)
    assert cli("pages", "p", "-o", "site", DAY)[0] == 0
    assert (tmp_path / "site/index.html").is_file()
    assert cli("pages", "p", "-o", "site", DAY, "--check")[0] == 0
    assert cli("pages", "p", "-o", "site", "--check")[0] == 0  # on any other day too
    levels = folder / "levels.yaml"
    levels.write_text(levels.read_text(encoding="utf-8").replace("discount: 20%", "discount: 21%"))
    code, _, err = cli("pages", "p", "-o", "site", DAY, "--check")
    assert code == 1
    assert "out of date: `site/levels.html`" in err
    (tmp_path / "site/old.html").write_text("old")
    assert "`site/old.html`" in cli("pages", "p", "-o", "site", DAY, "--check")[2]
    code, _, err = cli("pages", "p", "-o", "p/levels.yaml", DAY)
    assert code == 2
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_what_changed_and_one_pdf(cli: Cli, tmp_path: Path) -> None:
    shutil.copytree(POLICIES / "bytekast", tmp_path / "p")
    levels = tmp_path / "p/levels.yaml"
    levels.write_text(levels.read_text(encoding="utf-8").replace("discount: 20%", "discount: 21%"))
    code, _, err = cli("pages", "p", "-o", "p.pdf", DAY, "--since", POLICIES / "bytekast")
    assert code == 0, err
    pages = pypdfium2.PdfDocument((tmp_path / "p.pdf").read_bytes())
    text = " ".join(" ".join(page.get_textpage().get_text_bounded() for page in pages).split())
    assert "What changed since" in text
    assert "21 %" in text
    assert "Reseller levels" in text
    assert "What is assumed" in text


def test_expressions_have_words_or_stand_as_they_are_written() -> None:
    program = load(POLICIES / "wildix", as_of=TODAY).linked
    assert program.graph is not None
    for code, told in (
        ("en", "demo date is on or before last day of the Bonus Pipeline and MRR is above 0"),
        ("de", "demo date spätestens am last day of the Bonus Pipeline und MRR über 0"),
    ):
        voice = Voice(language(code), program.graph.vocabulary, {})
        said = expression(voice, "opportunity", "demo_on <= bonus_pipeline_ends_on and mrr > 0")
        assert said == [told]
    for formula in ('pipeline = "new_business"', "max(mrr, 5)", "if mrr > 0 then 1 else 2", "mrr > unknown"):
        assert expression(voice, "opportunity", formula) == [Run(formula, code=True)]
