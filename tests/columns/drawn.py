"""Whole programs by chance, of all kinds of policies."""
# ruff: noqa: E501  # lines of YAML

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import date

from tests.columns.drawn_levels import GRANTED, grades, grants, ladder, lasting, rewards, waiver

from policyengine.diagnostics import Severity
from policyengine.program.linked import Program
from policyengine.program.load import load
from policyengine.source import Source

PROGRAM = """\
kind: program
id: drawn
title: Drawn
currency: {currency}
rounding: {rounding}
fiscal_year_starts: {fiscal}
parties: {{partner: the partner, vendor: the vendor}}
items: {{setup: set-up, usage: {{title: usage, combine: {combine}}}}}
define:
  capped: {{of: [n, most], formula: "min(n, most)"}}
  inside: {{of: [n, low, high], formula: "n >= low and n < high"}}
  above: {{of: [items, limit], formula: "count(items[amount > limit])", title: number above}}
entities:
  partner:
    title: partner
    key: id
    periods:
      term: {{of: since, every: {rhythm}, title: term}}
      now: {{of: today, every: fiscal quarter, title: current quarter}}
    facts:
      id: {{type: text, title: identifier}}
      plan: {{type: enum, title: plan, values: [basic, pro, max]}}
      stage: {{type: enum, title: stage, values: [lead, demo, deal, closed]}}
      users: {{type: count, title: users}}
      level_of_debt: {{type: integer, title: debt{whole_default}}}
      fee: {{type: money, title: fee}}
      volume: {{type: money, title: volume{money_default}}}
      share: {{type: rate, title: share}}
      factor: {{type: number, title: factor}}
      certified: {{type: boolean, title: certified}}
      audited: {{type: boolean, title: audited{flag_default}}}
      since: {{type: date, title: since}}
      renewed_on: {{type: date, title: renewed on{day_default}}}
      country: {{type: text, title: country}}
      languages: {{type: list of enum, title: languages, values: [de, en, fr]}}
{formulas}
{granted}
  account:
    title: account
    within: partner
    list: accounts
    key: id{order}
    periods:
      half: {{of: opened_on, every: fiscal half year, title: half, label: "{{first_yy}}/{{yy}} {{n}} {{month}}"}}
      due: {{of: renewed_on, every: {rhythm}, title: due}}
    facts:
      id: {{type: text, title: identifier}}
      kind: {{type: enum, title: kind, values: [small, large]{enum_default}}}
      amount: {{type: money, title: amount}}
      seats: {{type: count, title: seats{whole_default}}}
      active: {{type: boolean, title: active}}
      opened_on: {{type: date, title: opened on}}
{below}
  ticket:
    title: ticket
    within: account
    list: tickets
    facts:
      urgent: {{type: boolean, title: urgent}}
      closed_on: {{type: date, title: closed on}}
      t0: {{type: boolean, title: pressing, formula: urgent and active}}
"""
DEFAULTS = {
    "whole": ("0", "7", "none"), "money": ("0", "99.5", "none"), "flag": ("false", "true", "none"),
    "day": ("2026-01-31", "never", "none"), "enum": ("large", "none"),
}  # fmt: skip
_PERIODS = ("P1M", "P3M", "P1Y", "P7D", "P30D")
# What an expression may be; `<number>` stands for another one. Those before the bar have none inside.
_NUMBERS = (
    "2 | 10 | 0.5 | count(accounts) | count(languages) |", "(<number> + <number>) | (<number> - <number>)",
    "(if <flag> then <number> else <number>) | count(accounts[<of account>]) | floor(<number>)",
    "ceiling(<number>) | abs(<number>) | (<day>).year | (<day>).month | (<day>).day | sum(append(accounts.seats, <number>))",
    "median(accounts.seats) | mean(accounts.seats) | count(distinct values(accounts.kind)) | string length(country)",
    "now.number | term.days + now.previous.days | count(accounts[half = now]) | term.year | count(accounts[due < now])",
    'count(days of series(since, @"P3M", today, users)) |',
    "capped(<number>, <number>) | capped(n: <number>, most: 5) | above(accounts, <money>)",
    "(<number> / 3) | (<number> / users) | count(flatten(accounts.tickets)[urgent]) | sum(for a in accounts return a.seats)",
)  # fmt: skip
_MONEY = (
    "(<money> + <money>) | (<money> * share) | (<money> * 2) | (<money> * users) | (<money> * (1 - share))",
    "round half up(<money> * share, 1) | round half up(<money> * share, 2) | sum(accounts.amount)",
    "(if <flag> then <money> else <money>) | max(<money>, <money>) | sum(accounts[<of account>].amount)",
    "<money> / 12 | sum(append(accounts.amount, <money>)) | median(accounts.amount) | accounts.amount[1]",
    "max(append(accounts[<of account>].amount, 0)) | sum(for k in 1..3 return <money> * k)",
    "decimal(<money> / 3, 2) | round down(<money> / 7, 2) | round up(<money> / 12, 1) | min(<money>, 100)",
)  # fmt: skip
_DAYS = (
    'today | <own day> + @"P1M" | <own day> + @"P1Y" | <own day> + @"P90D" | <own day> - @"P6M"',
    "date((<day>).year, 1, 31) | max(accounts.opened_on) | accounts[<of account>].opened_on[-1]",
    "term.start | now.previous.end | max(accounts.half.next.start) | term.next.end | now.next.start",
    'last of series(since, @"P1M", <day>) | next of series(since, @"P3M", <day>, 31)',
    "add business days(<own day>, 5) | add business days(<day>, users) | add business days(today, -3, [since])",
    '<own day> - @"P1D" | last day of month(<day>) | (if <flag> then <day> else today) | <day> + @"P13M"',
)
_FLAGS = (
    "(<flag> and <flag>) | (<flag> or <flag>) | not(<flag>) | is true(<flag>) | (<number> < <number>)",
    "(<number> >= <number>) | (<number> = 10) | (<money> <= <money>) | (<money> > 100) | (<day> < <day>)",
    "term < now | now.previous = term | (some a in accounts satisfies a.half >= term) | term.label < now.label",
    "(<day> = <day>) | (<day> >= today) | (some a in accounts satisfies a.active) | country = \"DE\"",
    "(every a in accounts satisfies a.amount > fee) | (some a in accounts satisfies a.seats < users)",
    'contains(country, "D") | matches(country, "^A") | day of week(<day>) = "Monday" | median([users, 3]) > <number>',
    "(some a in accounts, b in accounts satisfies a.seats > b.seats) | count(accounts[amount > <money>].kind) > 1",
    'is defined(fee) | is defined(since) | is defined(country) | list contains(languages, "de")',
    '(levels >= "low") | (max(levels, "low") = levels) | (some a in accounts satisfies a.grade >= "good")',
    'count(accounts[grade < max(accounts.grade)]) > 0 | levels in ["low".."high"] | levels != "low"',
    "inside(<number>, 1, <number>) | inside(<money>, fee, <money>) | count(accounts[inside(seats, 1, users)]) > 1",
    "(<number> in [1..10]) | (<day> in [since..today]) | (fee / volume > share) | country in (\"DE\", \"AT\")",
)  # fmt: skip
_OF_ACCOUNT = (
    'active | kind = "small" | amount > 100 | seats >= users | opened_on <= today | count(tickets[urgent]) > 0',
    'count(distinct values(tickets.urgent)) > 1 | amount / seats > 10 | string(kind) = "small"',
    'half.number = 1 | half > now.previous | due.label = "2026 H1" | half.next.days > 182',
    "is defined(opened_on) and opened_on < since | some t in tickets satisfies t.closed_on < opened_on",
)
_GRAMMAR = {"number": _NUMBERS, "money": _MONEY, "day": _DAYS, "flag": _FLAGS, "of account": _OF_ACCOUNT}
_OWN = {
    True: {
        "number": "users level_of_debt factor", "money": "fee volume", "own day": "since renewed_on",
        "day": "since renewed_on", "flag": "certified audited",
    },
    False: {
        "number": "seats users", "money": "amount fee", "own day": "opened_on since", "day": "opened_on since",
        "flag": "active certified",
    },
}  # fmt: skip
_IN_ORDER = {
    "number": ("position | count(earlier) | sum(earlier.seats) | previous.seats | last(earlier[active]).seats",
               "count(earlier[<of account>]) | min(earlier.seats) | count(accounts[seats > this.seats])",
               "count(earlier[opened_on > this.opened_on - @\"P1M\"]) | count(earlier[amount > previous.amount])",
               "count(partner.accounts[position < this.position]) | max(earlier[active].seats)",
               "count(earlier[position >= this.position - 4 and position < this.position - 1 and active])",
               "max(earlier[opened_on > this.opened_on - @\"P1M\" and active].seats)",
               "last(earlier[position < this.position - 1 and position > 1]).seats",
               "count(earlier[position >= this.position - 2]) | sum(earlier[position <= users and active].seats)"),
    "money": ("min(earlier[position > this.position - 3].amount) | last(earlier[opened_on > since and active]).amount",
              "sum(earlier[opened_on >= this.opened_on - @\"P3M\" and opened_on < since].amount)",
              "max(earlier[opened_on >= since and opened_on < this.opened_on].a0)",
              "sum(earlier[opened_on >= this.opened_on - @\"P3M\"].amount) | sum(earlier[opened_on < since].amount)",
              "sum(earlier.amount) | sum(earlier.a0) | previous.a0 | last(earlier).amount | last(earlier[active].a0)",
              "sum(earlier[<of account>].amount) | max(earlier.a0) | (if position = 1 then <money> else previous.amount)"),
    "flag": ("position > 2 | previous.active | previous.a1 | count(earlier[a1]) > 1 | is defined(previous.amount)",),
    "day": ("previous.opened_on | last(earlier).a3 | max(earlier.opened_on) | min(earlier[active].opened_on)",),
}  # fmt: skip
"""What an account may read of those before it, where accounts stand in an order."""
_HOLE = re.compile("<([a-z ]+)>")


class Drawer:
    """Draws the parts of a program; `root` tells whether at the partner or at an account."""

    def __init__(self, source: random.Random) -> None:
        self._source = source
        self.order = ""
        if source.random() < 0.4:
            by = self.one("opened_on", "amount", "seats", "as_listed")
            restart = self.one("", ", restart: kind", ", restart: opened_on.year", ", restart: audited")
            self.order = f"\n    order: {{by: {by}, first: {self.one('lowest', 'highest')}{restart}}}"

    def one(self, *options: str) -> str:
        """One of some texts."""
        return self._source.choice(options)

    def draw(self, kind: str, root: bool, depth: int) -> str:
        """An expression in FEEL."""
        own = _OWN[root].get(kind, "").split()
        if kind not in _GRAMMAR or (own and (depth <= 0 or self._source.random() < 0.25)):
            return self.one(*own)
        lines = _GRAMMAR[kind] + (_IN_ORDER.get(kind, ()) if self.order and not root else ())
        forms = [each.strip() for line in lines for each in line.strip(" |").split("|")]
        return _HOLE.sub(lambda hole: self.draw(hole[1], root, depth - 1), self.one(*forms))

    def number(self, root: bool, depth: int = 2) -> str:
        """A number."""
        return self.draw("number", root, depth)

    def money(self, root: bool, depth: int = 2) -> str:
        """An amount."""
        return self.draw("money", root, depth)

    def day(self, root: bool) -> str:
        """A date."""
        return self.draw("day", root, 1)

    def flag(self, root: bool, depth: int = 2) -> str:
        """A condition."""
        return self.draw("flag", root, depth)

    def condition(self, root: bool, depth: int = 2) -> str:
        """A condition as a policy writes it; of the partner perhaps one about its accounts."""
        if not root or self._source.random() < 0.6:
            return _quoted(self.flag(root, depth))
        where = _quoted(self.draw("of account", False, 1))
        return self.one(
            f"{{some: accounts, where: {where}}}", f"{{every: accounts, must: {where}}}",
            f"{{every: accounts, where: {{kind: small}}, must: {where}}}",
            f"{{count: accounts, where: {where}, is: {self.one('2..', '..1', '1')}}}",
        )  # fmt: skip

    # Policies

    def versions(self, text: Callable[[], str], by: str) -> str:
        """A policy, or some versions of it that are chosen by a day of what it judges."""
        if self._source.random() < 0.6:
            return text()
        days = (
            self.one("", "from: 2024-03-01\n"),
            f"from: 2026-01-01\n{self.one('', 'existing_from: 2026-11-15')}\n",
        )
        return "---\n".join(
            re.sub(r"^(for: .*\n)", rf"\1version_by: {by}\n{day}", text(), count=1, flags=re.MULTILINE)
            for day in days
        )

    def formulas(self, root: bool) -> str:
        """Derived facts."""
        stem = "p" if root else "a"
        rows = [
            ("money", self.money(root)), ("boolean", self.flag(root)), ("number", self.number(root)), ("date", self.day(root)),
        ]  # fmt: skip
        return "\n".join(
            f"      {stem}{i}: {{type: {kind}, title: derived {i}, formula: {_quoted(text)}{self.one('', ', given: allowed')}{self._applies(root)}}}"
            for i, (kind, text) in enumerate(rows)
        )

    def _applies(self, root: bool) -> str:
        return f", applies_when: {_quoted(self.flag(root, 0))}" if self._source.random() < 0.3 else ""

    def tiers(self) -> str:
        """A ladder."""
        when = self.condition(True, 1).replace("levels", '"low"')  # else in a circle
        return f"""\
kind: tiers
id: levels
title: Levels
for: partner
measure: users
levels:
  - id: low
    title: Low
    users: 5..9
    grants: [{{discount: {self.one("5%", "12.5%")}, on: [setup, usage]}}]
  - id: high
    title: High
    users: 10..
    requires: [{{id: fit, title: Is fit, when: {when}}}]
    grants: [{{discount: {self.one("33.33%", "50%")}, on: [setup]}}]
otherwise: {{level: none, basis: assumed, note: there is none below}}
"""

    def billing(self, root: bool) -> str:
        """Charges."""
        first = f"every: {self.one(*_PERIODS)}, first_due: {_quoted(self.day(root))}"
        entity, stem = ("partner", "p") if root else ("account", "a")
        return f"""\
kind: billing
id: fees-{entity}
title: Fees
for: {entity}
charges:
  - {{id: once, title: Once, amount: {_quoted(self.money(root))}, item: setup, due_on: {_quoted(self.day(root))}}}
  - {{id: often, title: Often, amount: {stem}0, item: usage, {first}}}
{self._periods(root, entity, first)}
"""

    def _periods(self, root: bool, entity: str, first: str) -> str:
        """Charges that end, count periods, are read by others, or were paid."""
        due = self.one('period.start + @"P1M" + @"P3D"', "period.end", 'period.end + @"P30D"')
        rhythm = self.one("calendar month", "calendar quarter", "fiscal quarter", "fiscal year", *_PERIODS)
        often = f"every: {rhythm}, starting: {_quoted(self.day(root))}, due_on: {_quoted(due)}"
        lines = [
            f"id: ending, amount: {_quoted(self.money(root))}, item: setup, {first}, until: {_quoted(self.day(root))}, result: ended_{entity}",
            f"id: counted, amount: {_quoted(self.money(root) + ' * period_number')}, payer: vendor, {first}, times: {self.one('1', '4', '400')}",
            f"id: arrears, amount: {_quoted(self.money(root) + ' * period.days')}, {often}, when: {{period_number: {self.one('2..', '..7')}}}, until: {_quoted(self.day(root))}, times: 30",
            f"id: kept, amount: {_quoted(self.money(root))}, every: {self.one('P1M', 'P3M', 'P1Y')}, starting: {_quoted(self.day(root))}, on_day: {self.one('31', 'last', '14', 'users' if root else 'seats')}, share_by_days: {self.one('both', 'first_day', 'last_day', 'neither')}, until: {_quoted(self.day(root))}, min: {_quoted(self.money(root, 0))}",
            f"id: kept-tax, amount: {_quoted(self.money(root))}, due_with: kept, when: {_quoted(self.flag(root, 0))}",
            f"id: cut, amount: 100, every: {self.one('calendar month', 'fiscal year')}, starting: {_quoted(self.day(root))}, share_by_days: {self.one('both', 'neither')}, max: {_quoted(self.money(root, 0))}",
            f"id: paid, amount: {_quoted(self.money(root))}, due_on: {_quoted(self.day(root))}, settled_on: {_quoted(self.day(root))}, when: {_quoted(self.flag(root, 0))}",
            f"id: open, amount: {_quoted(f'ended_{entity} * 19 / 100')}, due_on: none, result: tax_{entity}",
        ]
        return "\n".join(f"  - {{title: A charge, {each}}}" for each in lines)

    def obligations(self, root: bool) -> str:
        """Obligations, once and again."""
        entity = "partner" if root else "account"
        start = "since" if root else "opened_on"
        return f"""\
kind: obligations
id: duties-{entity}
title: Duties
for: {entity}
obligations:
  - {{id: quarterly, title: Quarterly, every: {self.one("calendar quarter", "fiscal month", "calendar year", "fiscal half year")}, met_when: {_quoted(self.flag(root, 1))}}}
  - id: periodic
    title: Periodic
    every: {self.one(*_PERIODS)}
    starting: {start}
    due_on: {self.one("period.end", "'period.end + @" + '"P10D"' + "'")}
    met_when: {_quoted(self.one("some a in accounts satisfies a.opened_on in period", "period_number > 3", self.flag(root, 1)))}
  - {{id: dated, title: Dated, due_on: {_quoted(self.day(root))}, met_when: {_quoted(self.flag(root))}, when: {_quoted(self.flag(root, 1))}}}
  - {{id: judged, title: Judged, decided_by: vendor, met_when: {_quoted(self.flag(root, 0))}}}
  - {{id: lasting, title: Lasting, holds_until: {_quoted(self.day(root))}, met_when: {_quoted(self.flag(root, 0))}{self.one("", f", due_on: {start}", ", decided_by: vendor")}}}
  - {{id: done, title: Done, due_on: {_quoted(self.day(root))}, done_on: {_quoted(self.day(root))}}}
rights:
  - {{id: leave, title: Leave, opens_on: {_quoted(self.day(root))}, closes_on: {_quoted(self.day(root))}, exercised_when: {_quoted(self.flag(root, 0))}{self.one("", f", forfeited_when: {_quoted(self.flag(root, 0))}")}}}
  - {{id: stay, title: Stay, party: vendor, when: {_quoted(self.flag(root, 0))}, exercised_when: {_quoted(self.flag(root, 0))}}}
"""

    def of_tickets(self) -> str:
        """Obligations of what has no key and may look alike."""
        return """\
kind: obligations
id: duties-ticket
title: Duties
for: ticket
obligations:
  - {id: close, title: Close, due_on: closed_on, met_when: urgent}
"""

    def rounds(self) -> str:
        """Obligations that some have no occasion for."""
        return f"""\
kind: obligations
id: rounds
title: Rounds
for: account
obligations:
  - {{id: visit, title: Visit, every: {self.one(*_PERIODS)}, starting: opened_on, met_when: active}}
  - {{id: call, title: Call, every: {self.one(*_PERIODS)}, starting: since, met_when: active}}
"""

    def matrix(self) -> str:
        """Who does what."""
        lines = []
        for i in range(6):
            who = ", ".join(
                f"{each}: {self.one('partner', 'vendor', 'none')}" for each in ("basic", "pro", "max")
            )
            when = f", when: {_quoted(self.flag(True, 1))}" if self._source.random() < 0.6 else ""
            lines.append(f"      - {{id: m{i}, title: Does {i}, responsible: {{{who}}}{when}}}")
        return """\
kind: matrix
id: work
title: Work
for: partner
columns: {by: plan, values: [basic, pro, max]}
sections:
  - id: all
    title: All
    activities:
""" + "\n".join(lines)  # fmt: skip

    def pipeline(self) -> str:
        """Stages."""
        return f"""\
kind: pipeline
id: deals
title: Deals
for: partner
stage: stage
stages:
  - {{id: lead, title: Lead, {self.one("", f"until: {{day: {_quoted(self.day(True))}, then: {self.one('demo', 'closed')}}}, ")}leave_when: [{{id: fit, title: Fit, when: {self.condition(True)}}}]}}
  - {{id: demo, title: Demo, {self.one("", f"until: {{day: {_quoted(self.day(True))}, then: {self.one('lead', 'deal', 'closed')}}}, ")}leave_when: [{{id: ok, title: Good, when: {self.condition(True, 1)}}}, {{id: by, title: By hand, decided_by: vendor, when: audited}}]{self.one("", ", next: [deal, {to: lead}]", f", next: [deal, {{to: closed, leave_when: [{{id: out, title: Out, when: {self.condition(True, 1)}}}]}}]", ", next: [deal]")}}}
  - {{id: deal, title: Deal, moved_by: system{self.one("", f", leave_when: [{{id: sent, title: Sent, when: {self.condition(True, 1)}}}]", ", next: [closed, {to: lead, moved_by: hand}]", f", next: [closed, {{to: demo, applies_when: {self.condition(True, 1)}}}]", f", next: [closed, {{to: demo, leave_when: [{{id: redo, title: Redo, when: {self.condition(True, 1)}}}]}}]")}}}
  - {{id: closed, title: Closed, final: true}}
"""

    def table(self, root: bool) -> str:
        """A table of rows."""
        entity, kind, number = ("partner", "plan", "users") if root else ("account", "kind", "seats")
        values = ("basic", "pro", "max") if root else ("small", "large")
        hit = self.one("first", "collect sum", "collect max", "collect count", "collect min")
        default = (
            "" if hit in ("collect sum", "collect count") else "default: " + self.one("none", "7.50") + "\n"
        )
        rows = []
        for i in range(self._source.randrange(2, 5)):
            when = f"{{{kind}: {self.one(*values)}, {number}: {self.one('..5', '3..', '2..8')}}}"
            if i == 2:
                when = f"{{{number}: {self.one('1..', '..4')}}}"
            then = self.one("1.25", "3", "10.10") if hit != "first" else self.one("1.25", f"{number} * 2.50")
            rows.append(f"  - {{when: {when}" + ("" if hit == "collect count" else f", then: {then}") + "}")
        result = "" if hit == "collect count" else "type: money\n"
        return f"""\
kind: table
id: rate-{entity}
title: Rates
for: {entity}
{result}hit: {hit}
inputs: [{kind}, {number}]
{default}rows:
""" + "\n".join(rows)  # fmt: skip

    def scorecard(self) -> str:
        """A score of parts."""
        gate = f", when: {self.condition(True, 0)}" if self._source.random() < 0.5 else ""
        asked = f", applies_when: {_quoted(self.flag(True, 0))}" if self._source.random() < 0.5 else ""
        return f"""\
kind: scorecard
id: score
title: Score
for: partner
max: {self.one("100", "2.5", "users")}
parts:
  - {{id: users, title: Users, of: {_quoted(self.number(True, 1))}, each: {self.one("2", "0.25")}, max: {self.one("10", "7.5")}{gate}}}
  - {{id: accounts, title: Accounts, of: count(accounts), each: 3, round: 1, min: 1, weight: {self.one("1", "0.5")}{asked}}}
  - id: both
    title: Both
    max: 20
    parts:
      - {{id: one, title: One, points: {_quoted(self.number(True, 1))}, min: 0, max: 9, round: 2}}
      - {{id: two, title: Two, points: score_users}}
---
kind: tiers
id: ranks
title: Ranks
for: partner
levels:
  - {{id: some, title: Some, score: {self.one("1..", "5..8", "20..")}}}
"""

    def bands(self) -> str:
        """Tables of bands: with rates, with amounts beside them, over packages, and with values."""
        amounts = self.one("", ", amount: 7", ", amount: 0.5")
        beyond = self.one("", "package: 10, ", "free: 25, ", "package: 7, free: 25.5, ")
        edge, rate = self.one("1000", "50% of fee", "2 * fee + 1"), self.one("4.5%", "share", "share + 1%")
        entries = "basic: {rows: [{up_to: 100, rate: 1%}, {rate: share}]}, pro: {mode: graduated, rows: [{below: fee, rate: 2%}, {amount: 3}]}, max: {of: users, free: level_of_debt, package: 3, rows: [{below: 2, rate: 7}, {rate: 5.5}]}"
        return f"""\
kind: table
id: bonus
title: Bonus
for: partner
type: money
default: 0
bands: {{of: volume, mode: {self.one("graduated", "slab")}, {beyond}rows: [{{up_to: 100, rate: 5%}}, {{below: {edge}, rate: {rate}{amounts}}}, {{rate: 3%}}]}}
---
kind: table
id: bonus-by-plan
title: Bonus by plan
for: partner
type: money
default: 0
bands: {{of: volume, by: plan, mode: slab, entries: {{{entries}}}}}
---
kind: table
id: bonus-class
title: Bonus class
for: partner
type: rate
default: none
bands: {{of: volume, rows: [{{{self.one("up_to", "below")}: 100, gives: 5%}}, {{gives: {self.one("2%", "volume / 9000")}}}]}}
"""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_TRIES = 20


def drawn(source: random.Random, day: date) -> Program:
    """A program that compiles: what does not, such as a condition that never holds, is left out."""
    draw = Drawer(source)
    head = {
        "combine": draw.one("highest", "add", "first"),
        "granted": GRANTED,
        "order": draw.order,
        "currency": draw.one("EUR", "JPY", "KWD"),
        "rounding": draw.one("half_up", "half_even", "up", "down"),
        "rhythm": draw.one("calendar month", "fiscal year", "calendar half year", "fiscal month"),
        "fiscal": draw.one("01-01", "02-01", "04-06", "10-28"),
        **{
            f"{kind}_default": f", default: {value}" if value else ""
            for kind, values in DEFAULTS.items()
            for value in [draw.one("", *values)]
        },
    }
    parts: dict[str, Callable[[], str]] = {
        "levels": lambda: draw.versions(draw.tiers, "since"), "work": draw.matrix, "deals": draw.pipeline, "bonus": draw.bands, "score": lambda: draw.versions(draw.scorecard, "renewed_on"),
        "rates": lambda: draw.versions(lambda: draw.table(True), "since"), "rates-below": lambda: draw.versions(lambda: draw.table(False), "opened_on"),
        "fees": lambda: draw.versions(lambda: draw.billing(True), "since"), "fees-below": lambda: draw.versions(lambda: draw.billing(False), "opened_on"),
        "duties": lambda: draw.obligations(True), "duties-below": lambda: draw.obligations(False),
        "grades": lambda: grades(draw), "rewards": lambda: rewards(draw), "ladder": lambda: ladder(draw), "grants": lambda: grants(draw), "held": lambda: lasting(draw), "duties-tickets": draw.of_tickets, "rounds": draw.rounds,
        **{f"waiver-{i}": lambda i=i: waiver(draw, i) for i in range(8)},  # type: ignore[misc]
    }  # fmt: skip
    texts = {f"{name}.yaml": part() for name, part in parts.items() if source.random() < 0.8}
    tries = 0
    while tries < _TRIES:
        formulas = PROGRAM.format(formulas=draw.formulas(True), below=draw.formulas(False), **head)
        for _ in range(4):
            sources = [
                Source("program.yaml", formulas),
                *(Source(name, text) for name, text in texts.items()),
            ]
            program = load("drawn", sources, day)
            if program.ok:
                return program
            wrong = {
                each.span.source.name
                for each in program.diagnostics
                if each.severity is Severity.ERROR and each.span is not None
            }
            if "program.yaml" in wrong:
                tries += 1
                break
            texts = {name: text for name, text in texts.items() if name not in wrong}
    return drawn(source, day)  # what it declares beside the formulas may never fit
