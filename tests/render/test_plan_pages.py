"""A plan on paper: pages that load nothing and obey nothing, and comments that fit."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from html.parser import HTMLParser

import pytest

from policyengine.change.money import MoneyChange
from policyengine.change.period import Days
from policyengine.change.plan import Plan, PlanVersion
from policyengine.change.plan_summary import ABOUT
from policyengine.change.states import ABSENT, NAMES, PERIODS, VALUE, Move, What
from policyengine.change.tally import Delta, Shifts, Sums, Tally
from policyengine.change.terms import ChargeKey
from policyengine.change.titles import Titles
from policyengine.render import plan_charts as charts
from policyengine.render.plan_effects import effects, headline, rest
from policyengine.render.plan_html import plan_html
from policyengine.render.plan_json import plan_json
from policyengine.render.plan_markdown import LIMIT, plan_markdown
from policyengine.render.plan_text import plan_text
from policyengine.source import Source

DAY = date(2026, 11, 27)
EVIL = "<script>alert(1)</script>\"'&{{ 7 * 7 }}\x1b[31m|\n# `x` ``` ![p](//evil.example/p.png) @team https://evil.example"


def plan(title: str = "Example", lines: int = 1) -> Plan:
    """A plan in which everything that people write is `title`."""
    tally = Tally(records=20_000, changed=312)
    tally.named = Counter(level_changes=312, discounts_lost=40)
    level = Move(What("levels", "p", "p"), "gold", "silver")
    moves = [
        level,
        *(Move(What("duties", "p", f"d{i}", "responsible"), ABSENT, "partner") for i in range(lines)),
    ]
    tally.moves.update(dict.fromkeys(moves, 312))
    tally.subjects.update(dict.fromkeys(moves, 312))
    tally.flows.update(
        {("p", "gold", "silver"): 312, ("p", "gold", "gold"): 688, ("p", ABSENT, ABSENT): 19_000}
    )
    part = ChargeKey("p", "fee")
    before, after = Decimal("100000.10"), Decimal("112345.70")
    tally.pay(part, MoneyChange("USD", "", before, after, after - before))
    tally.undecided[part, "after"] = 3
    tally.facts[part, "partner.staff"] = 3
    tally.deltas = [Delta(Decimal("12345.60"), title, title)]
    tally.effects[0, "USD"] = Decimal("12000.00")
    tally.days[DAY] = 312
    titles = Titles(
        policies={"p": title},
        parts={("charges", "p", "fee"): title, **{("duties", "p", f"d{i}"): title for i in range(lines)}},
        levels={("p", "silver"): f"Silver{title}", ("p", "gold"): "Gold"},
    )
    version = PlanVersion(title, "sha256:0")
    days = Days(DAY, date(2027, 11, 26))
    return Plan("x", title, version, version, DAY, days, (DAY,), "partner", tally, 0, titles, (title,), top=5)


def test_no_output_rests_on_the_order_in_which_things_were_counted() -> None:
    found = plan()
    tally = found.tally
    for name in ("b", "a", "c"):
        tally.moves[Move(What("values", "partner", name, VALUE), ABSENT, "other")] = 7
        tally.statuses["p", "o", "after", f"status {name}"] = 2
    tally.moves[Move(What("obligations", "p", "o", PERIODS), ABSENT, "other")] = 7
    tally.named["values_changed"] = 7
    tally.shift(Shifts(ChargeKey("p", "fee"), "USD", "later", "within"), 3, Decimal(0))
    tally.shift(Shifts(ChargeKey("p", "fee"), "USD", "earlier", "within"), 3, Decimal(0))
    turned = Tally()
    for name in Tally.__slots__:
        value = getattr(tally, name)
        if isinstance(value, dict):
            value = type(value)(dict(reversed(value.items())))
        setattr(turned, name, value)
    other = replace(found, tally=turned)
    text = partial(plan_text, color=False, columns=100)
    for render in (text, plan_markdown, plan_html, plan_json):
        assert render(other) == render(found)


def test_the_headline_stands_alone() -> None:
    assert headline(plan()) == (
        "Net charges of 20,000 partners rise by 12,345.60 USD over 12 months; 312 change level; "
        "40 lose a discount; 3 undetermined charges are not counted."
    )
    assert not rest(plan())


def test_what_partners_are_paid_is_taken_off_and_an_amount_is_told_once() -> None:
    found = plan()
    paid = MoneyChange("USD", "vendor", Decimal(100), Decimal(150), Decimal(50))
    found.tally.pay(ChargeKey("p", "commission"), paid)
    found.tally.moves[Move(What("figures", "partner", "spend", VALUE), ABSENT, "other")] = 7
    for number, day in enumerate((DAY, date(2027, 1, 1), date(2027, 2, 1))):
        found.tally.figures["partner", "spend", "USD", day] = Sums().plus(Decimal(7), Decimal(10 + number))
    assert [cost.change for cost in found.totals] == [Decimal("12295.60")]
    assert sum("in all" in each for each in effects(found)) == 1


class Page(HTMLParser):
    """Which elements a page has, which attributes, and what stands in the open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += attrs
        if tag not in ("meta", "rect", "path", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("rect", "path"):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += data


@pytest.mark.parametrize("title", ["Example", EVIL])
def test_a_page_is_whole_and_loads_nothing(title: str) -> None:
    text = plan_html(plan(title))
    page = Page(text)
    assert not page.open
    assert not page.tags.keys() & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "form",
        "a",
        "base",
        "use",
        "image",
    }
    assert all(
        name not in ("href", "src", "style", "action") and not name.startswith("on")
        for name, _ in page.attributes
    )
    assert page.tags["svg"] >= 2
    assert page.tags["table"] >= 4
    assert "\x1b" not in text
    assert "49" not in re.sub(r"\d+[.,]\d+|\d+,\d+", "", page.words)


def test_the_policy_of_a_page_names_its_own_sheet() -> None:
    text = plan_html(plan())
    (sheet,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in text.replace("&#39;", "'")
    assert "url(" not in sheet
    assert "@import" not in sheet
    assert "prefers-color-scheme: dark" in sheet


def test_bands_are_as_high_as_they_count() -> None:
    (flow,) = charts.flows(plan())
    nodes = {node.label: node.height for node in flow.nodes if node.anchor == "end"}
    gold, none = nodes["Gold  1,000"], nodes["none  19,000"]
    assert abs(none / gold - 19) < Decimal("0.5")
    assert [band.kind for band in flow.bands] == ["stays", "stays", "down"]
    assert all(node.y + node.height <= flow.height for node in flow.nodes)


def test_bars_are_as_long_as_they_cost() -> None:
    (row,) = charts.costs(plan()).rows
    before, after = row.bars
    assert abs(after.width / before.width - Decimal("1.1234559")) < Decimal("0.001")
    assert all(bar.x + bar.width < charts.WIDTH for bar in row.bars)


def test_nothing_at_all_has_a_page_too() -> None:
    empty = replace(plan(), tally=Tally(records=1), changes=())
    assert Page(plan_html(empty)).tags["svg"] == 0
    assert plan_text(empty, color=False, columns=80).startswith("Nothing changes for 1 partner.")


def test_a_comment_fits_and_keeps_its_first_sentence() -> None:
    text = plan_markdown(plan("A title that is quite long, for a duty" * 3, lines=1000))
    assert len(text.encode()) <= LIMIT
    assert text.startswith("**Net charges of 20,000 partners rise by")
    assert "too long for a comment" in text
    assert "too long" not in plan_markdown(plan())


def test_nothing_in_a_comment_has_a_meaning_of_its_own() -> None:
    text = plan_markdown(plan(EVIL))
    assert "<script" not in re.sub(r"\\<", "", text)
    assert "@team" not in text
    assert "https://" not in text
    assert "![" not in text
    assert "```" not in text
    assert not [line for line in text.splitlines() if line.startswith("# ")]
    rows = [re.sub(r"\\\|", "", line) for line in text.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {3, 4, 5}


def test_the_summary_of_a_job_says_what_the_page_says() -> None:
    at = Source("repository/levels.yaml", "a\nb: 1\n").span(2, 3)
    made = plan()
    made = replace(made, places=(at,), new=PlanVersion("Example", "sha256:0", "abc123"))
    text = plan_markdown(made, "https://example.org/a/b")
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines()]
    page = Page(plan_html(made, "https://example.org/a/b"))
    assert ["312", "1 %", "Gold → SilverExample"] in cells
    assert ["Gold", "SilverExample", "312"] in cells
    assert "- **312** change level (1 %)" in text
    link = "https://example.org/a/b/blob/abc123/repository/levels.yaml#L2"
    assert ("href", link) in page.attributes
    assert f"[repository/levels.yaml\\:2\\:1]({link})" in text
    shown = re.sub(r"[\\*]|<!-- -->|\(https.*?\)", "", text)
    for heading in re.findall("<h[23][^>]*>(.*?)</h[23]>", plan_html(made)):
        assert heading == "Whom it hits" or heading in shown, heading


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_lines_of_a_text_obey_nobody(columns: int) -> None:
    text = plan_text(plan(EVIL), color=False, columns=columns)
    assert "\x1b" not in text
    assert "alert(1)" in text


def test_every_name_of_a_move_is_documented() -> None:
    assert NAMES.keys() <= ABOUT.keys()
    page = (__import__("pathlib").Path(__file__).parents[2] / "docs/plan.md").read_text()
    assert all(f"| `{name}` | {about} |" in page for name, about in ABOUT.items())
