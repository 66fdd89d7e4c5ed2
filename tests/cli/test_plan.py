"""`policyengine plan`: right to the cent against a calculation by hand; clear about what cannot be used."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from benchmarks.partners import line, partners
from jsonschema import Draft202012Validator
from tests.change.slow import Terms, charges, level
from tests.cli.conftest import Result
from tests.support import POLICIES

from policyengine.api import schemas

DAY = date(2026, 11, 27)
YEAR = (date(2026, 11, 27), date(2027, 11, 26))
SILVER_LESS = Terms(silver_rate=15)
GOLD_LATER = Terms(gold=17)
Cli = Callable[..., Result]


DUTIES = (
    "attends_quarterly_reviews", "technical_team_qualified", "sales_team_qualified",
    "team_in_ongoing_training",
)  # fmt: skip


def reviewed(count: int, seed: int = 7, holes: float = 0.03) -> Iterator[dict[str, Any]]:
    """Partners of which the record says how they keep their duties, so that no list and no day decides it."""
    for each in partners(count, seed, holes):
        yield {**dict.fromkeys(DUTIES, False), **each}


@pytest.fixture
def old() -> Path:
    return POLICIES / "bytekast"


@pytest.fixture
def base(tmp_path: Path) -> Callable[..., Path]:
    """A file of so many resellers."""

    def write(count: int, seed: int = 7, holes: float = 0.03) -> Path:
        path = tmp_path / "base.ndjson"
        path.write_text("".join(f"{line(each)}\n" for each in reviewed(count, seed, holes)))
        return path

    return write


@pytest.fixture
def version(tmp_path: Path) -> Callable[..., Path]:
    """A folder with other terms; with `since` as a later version beside the present one."""

    def make(terms: Terms, since: date | None = None) -> Path:
        folder = tmp_path / "new"
        shutil.copytree(POLICIES / "bytekast", folder, dirs_exist_ok=True)
        file = folder / "levels.yaml"
        levels = file.read_text()
        if since is None:
            file.write_text(terms.written(levels))
        else:
            later = terms.written(levels).replace("for: partner\n", f"for: partner\nfrom: {since}\n", 1)
            file.write_text(f"{levels}---\n{later}")
        return folder

    return make


def answer(result: Result) -> dict[str, Any]:
    assert result.code == 0, result.err
    found = json.loads(result.out)
    Draft202012Validator(schemas()["plan.schema.json"]).validate(found)
    return found


def bills(
    group: Sequence[dict[str, Any]], terms: Sequence[tuple[Terms, tuple[date, date]]]
) -> dict[tuple[str, str, str], Decimal | None]:
    """What every charge of every reseller comes to, by terms that each hold for some days."""
    found: dict[tuple[str, str, str], Decimal | None] = {}
    for partner in group:
        for one, days in terms:
            for account, charge, amount in charges(partner, one, days):
                key = (partner["id"], account, charge)
                held = found.get(key, Decimal(0))
                found[key] = None if held is None or amount is None else held + amount
    return found


def expected(
    group: Sequence[dict[str, Any]], before: Sequence[Any], after: Sequence[Any]
) -> tuple[dict[str, tuple[Decimal, Decimal]], Counter[str], dict[str, Decimal]]:
    """Sums by charge, how many charges are undecided, and who pays how much more."""
    one, other = bills(group, before), bills(group, after)
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    undecided: Counter[str] = Counter()
    deltas: dict[str, Decimal] = {}
    for key in one:
        was, now = one[key], other[key]
        if was is None or now is None:
            undecided[key[2]] += 1
            continue
        held = sums.get(key[2], (Decimal(0), Decimal(0)))
        sums[key[2]] = (held[0] + was, held[1] + now)
        deltas[key[0]] = deltas.get(key[0], Decimal(0)) + now - was
    return sums, undecided, {key: delta for key, delta in deltas.items() if delta}


def check_money(found: dict[str, Any], wanted: Any) -> None:
    sums, undecided, deltas = wanted
    assert {
        each["id"]: (Decimal(each["before"]), Decimal(each["after"])) for each in found["charges"]
    } == sums
    assert {each["id"]: each["before"] + each["after"] + each["both"] for each in found["undecided"]} == dict(
        undecided
    )
    assert {each["key"]: Decimal(each["change"]) for each in found["losers"] + found["winners"]} == deltas
    summary = found["summary"]
    assert summary["losers"] == sum(delta > 0 for delta in deltas.values())
    assert summary["winners"] == sum(delta < 0 for delta in deltas.values())
    assert Decimal(summary["net_change"]) == sum(deltas.values(), Decimal(0))


@pytest.mark.parametrize(
    "terms",
    [
        SILVER_LESS,
        GOLD_LATER,
        Terms(silver=9, gold_rate=40, platinum=30, silver_rate=0),
        Terms(silver_rate=21, platinum_rate=100),
    ],
)
@pytest.mark.parametrize("holes", [0, 0.08])
def test_the_money_is_right_to_the_cent(
    cli: Cli, old: Path, base: Any, version: Any, terms: Terms, holes: float
) -> None:
    group = list(reviewed(60, 11, holes))
    found = answer(
        cli("plan", old, version(terms), "--records", base(60, 11, holes), "--as-of", DAY, "-o", "json",
            "--show-keys", "--top", 1000)
    )  # fmt: skip
    check_money(found, expected(group, [(Terms(), YEAR)], [(terms, YEAR)]))
    flows = Counter((level(each, Terms()), level(each, terms)) for each in group)
    assert {(each["before"], each["after"]): each["subjects"] for each in found["levels"]} == flows
    assert found["summary"]["level_changes"] == sum(n for pair, n in flows.items() if pair[0] != pair[1])


def test_a_version_that_begins_within_the_period_holds_from_its_day_on(
    cli: Cli, old: Path, base: Any, version: Any
) -> None:
    terms, since = Terms(gold=18, silver_rate=12), date(2027, 3, 31)
    group = list(reviewed(60, 12))
    found = answer(
        cli("plan", old, version(terms, since), "--records", base(60, 12), "--as-of", DAY, "-o", "json",
            "--show-keys", "--top", 1000)
    )  # fmt: skip
    first, second = (YEAR[0], date(2027, 3, 30)), (since, YEAR[1])
    check_money(found, expected(group, [(Terms(), YEAR)], [(Terms(), first), (terms, second)]))
    assert found["asked_on"] == ["2026-11-27", "2027-03-31"]
    flows = Counter((level(each, Terms()), level(each, terms)) for each in group)
    assert {(each["before"], each["after"]): each["subjects"] for each in found["levels"]} == flows


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2027-02-28..2027-03-31", (date(2027, 2, 28), date(2027, 3, 31))),
        ("2026-01-01..2026-06-30", (date(2026, 1, 1), date(2026, 6, 30))),
        ("P90D", (DAY, date(2027, 2, 24))),
        ("P1Y", YEAR),
    ],
)
def test_a_period_may_be_any_days(
    cli: Cli, old: Path, base: Any, version: Any, text: str, days: tuple[date, date]
) -> None:
    group = list(reviewed(60, 13))
    found = answer(
        cli("plan", old, version(SILVER_LESS), "--records", base(60, 13), "--as-of", DAY, "--period", text,
            "-o", "json", "--show-keys", "--top", 1000)
    )  # fmt: skip
    check_money(found, expected(group, [(Terms(), days)], [(SILVER_LESS, days)]))


def test_a_program_and_itself_differ_in_nothing(cli: Cli, old: Path, base: Any) -> None:
    result = cli("plan", old, old, "--records", base(40), "--as-of", DAY, "--fail-if", "changed > 0",
                 "--detailed-exitcode")  # fmt: skip
    assert result.code == 0
    assert result.out.startswith("Nothing changes for 40 resellers; net charges over 12 months stay at ")


def test_exit_codes_of_conditions(cli: Cli, old: Path, base: Any, version: Any) -> None:
    call = ("plan", old, version(SILVER_LESS), "--records", base(60), "--as-of", DAY)
    assert cli(*call).code == 0
    assert cli(*call, "--detailed-exitcode").code == 5
    held = cli(*call, "--fail-if", "losers > 1000", "--fail-if", "losers > 3 and net_change > 0")
    assert held.code == 1
    assert "--fail-if `losers > 3 and net_change > 0` holds: losers is " in held.err
    comment = cli(*call, "--fail-if", "losers > 3", "-o", "markdown").out
    assert comment.startswith("- `--fail-if losers > 3` holds: losers is ")
    assert held.out.startswith("Net charges of 60 resellers rise by ")
    assert cli(*call, "--fail-if", "net_change < -1000").code == 0


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("losrs > 10", "did you mean `losers`?"),
        ("losers >", "expected a value"),
        ("losers", "a condition is needed here"),
        ('losers > "ten"', "have no order"),
    ],
)
def test_a_condition_that_cannot_be_used_ends_it_before_anything_is_read(
    cli: Cli, old: Path, condition: str, words: str
) -> None:
    result = cli("plan", old, old, "--records", "nowhere.ndjson", "--fail-if", condition)
    assert (result.code, result.out) == (2, "")
    assert words in result.err
    assert "--fail-if:1:" in result.err


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("12M", "`12M` is not a period"),
        ("P0M", "`P0M` has no length"),
        ("2027-01-01..2026-01-01", "ends before it begins"),
        ("2027-01-01..", "with a first and a last day"),
        ("2027-02-30..2027-03-01", "is not a day of the calendar"),
        ("P9999Y", "beyond the year 9999"),
    ],
)
def test_a_period_that_cannot_be_used(cli: Cli, old: Path, base: Any, period: str, words: str) -> None:
    result = cli("plan", old, old, "--records", base(1), "--as-of", DAY, "--period", period)
    assert (result.code, result.out) == (2, "")
    assert words in result.err


def test_policies_that_do_not_compile(cli: Cli, old: Path, base: Any, version: Any, tmp_path: Path) -> None:
    broken = version(SILVER_LESS)
    (broken / "levels.yaml").write_text((broken / "levels.yaml").read_text().replace("measure:", "mesure:"))
    page = tmp_path / "page.html"
    for pair in ((broken, old), (old, broken)):
        result = cli("plan", *pair, "--records", base(5), "-o", f"html:{page}")
        assert (result.code, result.out) == (3, "")
        assert "levels.yaml" in result.err
    assert not page.exists()


def test_no_records(cli: Cli, old: Path, tmp_path: Path) -> None:
    assert "--records FILE" in cli("plan", old, old).err
    empty = tmp_path / "empty.ndjson"
    empty.write_text("\n")
    for file in (empty, tmp_path / "nowhere.ndjson"):
        result = cli("plan", old, old, "--records", file)
        assert (result.code, result.out) == (2, "")


def test_records_of_another_program(cli: Cli, old: Path) -> None:
    result = cli("plan", old, old, "--records", POLICIES.parent / "fixtures/pugpig/records/northwind.yaml")
    assert (result.code, result.out) == (2, "")
    assert "are they records of `bytekast`?" in result.err


def test_records_with_mistakes_are_left_out_and_said(cli: Cli, old: Path, base: Any, version: Any) -> None:
    file = base(3)
    file.write_text(file.read_text() + '{"id": "x", "active_accounts": -1}\n{"id": "y", "name"}\n')
    result = cli("plan", old, version(SILVER_LESS), "--records", file, "--as-of", DAY, "-o", "json")
    assert result.code == 1
    assert "2 records left out" in result.err
    assert "base.ndjson:4:" not in result.err
    assert "(`active_accounts`)" in result.err
    shown = cli("plan", old, version(SILVER_LESS), "--records", file, "--as-of", DAY, "--show-keys")
    assert "base.ndjson:4:" in shown.err
    found = json.loads(result.out)
    assert (found["summary"]["records"], found["summary"]["left_out"]) == (3, 2)


def test_two_programs(cli: Cli, old: Path, base: Any) -> None:
    result = cli("plan", old, POLICIES / "pugpig", "--records", base(1))
    assert (result.code, result.out) == (2, "")


def test_facts_that_only_one_version_knows(cli: Cli, old: Path, base: Any, version: Any) -> None:
    """The version before cannot read what the new one asks for: such records are left out, and said."""
    new = version(SILVER_LESS)
    program = new / "program.yaml"
    fact = "      name: {type: text, title: name}\n"
    program.write_text(
        program.read_text().replace(
            fact, f"{fact}      region: {{type: text, title: region, informative: true}}\n"
        )
    )
    file = base(4)
    rows = file.read_text().splitlines()
    file.write_text("\n".join([*rows[:3], rows[3].replace('"name":', '"region": "emea", "name":')]))
    result = cli("plan", old, new, "--records", file, "--as-of", DAY, "-o", "json")
    assert result.code == 1
    assert "Refused by the version before" in result.err
    assert json.loads(result.out)["summary"]["records"] == 3


def test_keys_are_only_shown_where_they_are_asked_for(cli: Cli, old: Path, base: Any, version: Any) -> None:
    call = ("plan", old, version(SILVER_LESS), "--records", base(12), "--as-of", DAY)
    for form in ("text", "markdown", "json", "html"):
        unasked = cli(*call, "-o", form).out
        assert "Reseller 1" not in unasked
        assert "R0000" not in unasked
        assert "R0000" in cli(*call, "-o", form, "--show-keys").out


def test_each_changed_rule_causes_what_it_causes_alone(cli: Cli, old: Path, base: Any, version: Any) -> None:
    terms = Terms(silver_rate=15, gold_rate=40, platinum_rate=45)
    group = list(reviewed(60, 14))
    found = answer(cli("plan", old, version(terms), "--records", base(60, 14), "--as-of", DAY, "-o", "json"))
    causes = {each["title"]: Decimal(each["change"]) for each in found["causes"]}
    for name, word in (("silver_rate", "Silver"), ("gold_rate", "Gold"), ("platinum_rate", "Platinum")):
        alone = Terms().changed(**{name: getattr(terms, name)})
        _, _, deltas = expected(group, [(Terms(), YEAR)], [(alone, YEAR)])
        (title,) = [each for each in causes if each and word in each]
        assert causes.pop(title) == sum(deltas.values(), Decimal(0))
    # A partner has one level, so rates have no effect on each other.
    assert not causes


def test_a_rate_and_an_edge_interact(cli: Cli, old: Path, base: Any, version: Any) -> None:
    terms = Terms(silver=8, silver_rate=30)
    group = list(reviewed(60, 15))
    found = answer(cli("plan", old, version(terms), "--records", base(60, 15), "--as-of", DAY, "-o", "json"))
    _, undecided, deltas = expected(group, [(Terms(), YEAR)], [(terms, YEAR)])
    assert sum(Decimal(each["change"]) for each in found["causes"]) == sum(deltas.values(), Decimal(0))
    assert [each["interaction"] for each in found["causes"]] == [False, False, True]
    assert sum(undecided.values()) == found["summary"]["undetermined_charges"]


def test_no_output_takes_the_place_of_an_input(cli: Cli, old: Path, base: Any, version: Any) -> None:
    new, file = version(SILVER_LESS), base(2)
    for path in (new / "levels.yaml", file):
        before = path.read_bytes()
        for output in (("-o", f"json:{path}"), ("--list", path)):
            result = cli("plan", old, new, "--records", file, *output)
            assert (result.code, result.out) == (2, "")
            assert path.read_bytes() == before


def test_no_output_takes_the_place_of_another(cli: Cli, old: Path, base: Any, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    for output in (("-o", f"json:{path}", "-o", f"text:{path}"), ("-o", f"json:{path}", "--list", path)):
        result = cli("plan", old, old, "--records", base(2), *output)
        assert (result.code, result.out, path.exists()) == (2, "", False)
        assert f"`{path}` would be written twice" in result.err


def test_how_far_it_is(cli: Cli, old: Path, base: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    call = ("plan", old, old, "--records", base(3), "--as-of", DAY)
    assert cli(*call).err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr("policyengine.cli.console._FIRST_MS", 0)
    assert "3 of 3 resellers" in cli(*call).err


def test_revisions_of_a_folder(cli: Cli, base: Any, version: Any, tmp_path: Path) -> None:
    """The history of a changed level: two commits are compared, and the folder stays as it is."""
    repository = tmp_path / "history"
    folder = repository / "policies"
    shutil.copytree(POLICIES / "bytekast", folder)
    git = ["git", "-C", repository, "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "init", "-q", repository], check=True)
    for terms in (Terms(), GOLD_LATER, Terms(silver=3)):
        levels = (POLICIES / "bytekast/levels.yaml").read_text()
        (folder / "levels.yaml").write_text(terms.written(levels))
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-qm", "change"], check=True)
    found = answer(
        cli("plan", "HEAD~2..HEAD~1", folder, "--records", base(60, 16), "--as-of", DAY, "-o", "json",
            "--show-keys", "--top", 1000)
    )  # fmt: skip
    check_money(found, expected(list(reviewed(60, 16)), [(Terms(), YEAR)], [(GOLD_LATER, YEAR)]))
    (cause,) = found["causes"]
    assert "17" in cause["title"]


def test_build_servers_see_each_rule_at_its_line_and_the_limits(
    cli: Cli, old: Path, base: Any, version: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    asked = ["plan", old, version(SILVER_LESS), "--records", base(60), "--as-of", DAY]
    limits = ("--fail-if", "records > 0", "--fail-if", "records < 0")
    result = cli(*asked, *limits, "-o", "github")
    assert result.code == 1
    first, *rest = result.out.splitlines()
    assert first == "::error title=limit passed%3A records > 0::holds: records is 60"
    assert any("levels.yaml,line=" in line for line in rest)
    assert page.read_text().startswith("**")
    (suite,) = ElementTree.fromstring(cli(*asked, *limits, "-o", "junit").out)
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    (run,) = json.loads(cli(*asked, "-o", "sarif").out)["runs"]
    assert {found["level"] for found in run["results"]} == {"note"}


ONE, OTHER = '{"id": "a", "active_accounts": 1}\n', '{"id": "a", "active_accounts": 2}\n'


@pytest.mark.parametrize(("base", "counted"), [(ONE + OTHER, (1, 2)), (ONE + ONE, (2, 1)), (ONE * 3, (2, 2))])
def test_records_with_the_same_key_count_once_if_they_say_the_same(
    cli: Cli, old: Path, tmp_path: Path, base: str, counted: tuple[int, int]
) -> None:
    path = tmp_path / "same.ndjson"
    path.write_text(base + '{"id": "b"}\n')
    result = cli("plan", old, old, "--records", path, "--as-of", DAY, "-o", "json")
    assert result.code == 1
    told = json.loads(result.out)["summary"]
    assert (told["records"], told["twice"]) == counted


def test_a_base_of_records_of_one_key_is_refused(cli: Cli, old: Path, tmp_path: Path) -> None:
    path = tmp_path / "same.ndjson"
    path.write_text(ONE + OTHER)
    result = cli("plan", old, old, "--records", path, "--as-of", DAY)
    assert (result.code, "every record has the key of another one" in result.err) == (2, True)


PUBLIC = """\
kind: program
id: shop
title: Shop
currency: EUR
parties: {partner: the partner}
items: {support: support}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: id, informative: true}
      name: {type: text, title: name}
      fee: {type: money, title: fee}
"""
FEES = """\
kind: billing
id: fees
title: Fees
for: partner
charges:
  - {id: s, title: Support, item: support, due_on: today, amount: 'AMOUNT'}
"""


def shop(folder: Path, amount: str) -> Path:
    folder.mkdir()
    (folder / "program.yaml").write_text(PUBLIC)
    (folder / "fees.yaml").write_text(FEES.replace("AMOUNT", amount))
    return folder


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html", "junit", "sarif", "github"])
@pytest.mark.parametrize("singled_out", [1, 4])
def test_a_condition_on_a_name_tells_nothing(cli: Cli, tmp_path: Path, form: str, singled_out: int) -> None:
    records = [{"id": f"p{i}", "name": f"Partner {i}", "fee": 1000 + 37 * i} for i in range(20)]
    base = tmp_path / "base.ndjson"
    base.write_text("\n".join(map(json.dumps, records)))
    names = ", ".join(f'"Partner {i}"' for i in range(singled_out))
    old = shop(tmp_path / "old", "fee")
    new = shop(tmp_path / "new", f"if name in ({names}) then 3 * fee else fee")
    result = cli(
        "plan",
        str(old),
        str(new),
        "--records",
        str(base),
        "--public",
        "-o",
        form,
        "--fail-if",
        "net_change > 1",
    )
    assert result.code == 1
    more = sum(2 * record["fee"] for record in records[:singled_out])
    for told in (f"{more:,}.00", f"{more}.00", "1,000.00", "1000.00", "3,000.00", "3000.00"):
        assert told not in result.out + result.err
    assert "not shown" in result.out or form in ("json", "junit", "sarif", "github")


def test_effects_on_many_are_shown_in_public_too(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    base = tmp_path / "base.ndjson"
    base.write_text("\n".join(json.dumps({"id": f"p{i}", "name": "x", "fee": 100}) for i in range(5)))
    old, new = shop(tmp_path / "old", "fee"), shop(tmp_path / "new", "2 * fee")
    public = cli("plan", str(old), str(new), "--records", str(base), "--public")
    note = "  - Counts are rounded down to multiples of 5, and sums leave out what fewer partners have\n"
    assert public.out.count(note) == 1
    assert public.out.replace(f"{note}\n", "") == cli("plan", str(old), str(new), "--records", str(base)).out
    assert "500.00 EUR" in public.out


def test_in_public_nobody_is_named(cli: Cli, old: Path, base: Any) -> None:
    for option in (["--show-keys"], ["--list", "hit.csv"]):
        result = cli("plan", str(old), str(old), "--records", str(base(10)), "--public", *option)
        assert (result.code, "names nobody" in result.err) == (2, True)


def test_payouts_of_two_currencies_are_told_apart(cli, tmp_path):
    """Each names the records for which it changes; nobody says who pays more over both."""
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        shutil.copytree(Path(__file__).parents[1] / "kinds" / "programs" / "referral", folder)
    text = (new / "program.yaml").read_text(encoding="utf-8")
    (new / "program.yaml").write_text(text.replace("0.20 else", "0.25 else"), encoding="utf-8")
    base = [
        {"id": key, "joined_on": "2025-02-10", "payout_currency": currency, "referrals": [
            {"id": "r", "started_on": "2026-01-01", "payments": [{"paid_on": "2026-12-15", "amount": amount}]}
        ]}
        for key, currency, amount in (("anna", "EUR", "900"), ("urs", "CHF", "1000"), ("idle", "CHF", "0"))
    ]  # fmt: skip
    (tmp_path / "base.ndjson").write_text("\n".join(map(json.dumps, base)), encoding="utf-8")
    said = cli("plan", old, new, "--records", tmp_path / "base.ndjson", "--as-of=2026-11-30").out
    words = " ".join(said.split())
    assert (
        "Northwind pays 1 partner 50.00 CHF more over 12 months; Northwind pays 1 partner 45.00 EUR more"
        in words
    )
    assert "The charges are in several currencies, so who pays more cannot be said." in words
