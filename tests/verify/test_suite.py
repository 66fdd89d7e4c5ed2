"""Whole files of tests beside the example program: what is wrong with them, and how they come out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyengine.diagnostics import Code, Diagnostic
from policyengine.files import read_file
from policyengine.program import load as loading
from policyengine.program.example import EXAMPLE
from policyengine.program.linked import Program
from policyengine.source import Source
from policyengine.verify.suite import Programs, SuiteResult, run_file, run_source
from policyengine.verify.testfile import CODES, GOOD

LEVELS = """\
kind: tiers
id: levels
title: Levels
for: partner
measure: active_accounts
requires: [{id: reviews, title: Reviews, when: attends_quarterly_reviews}]
levels:
  - {id: silver, title: Silver, active_accounts: 10..15, grants: [{discount: 20%, on: [subscription]}]}
  - {id: gold, title: Gold, active_accounts: 16..}
otherwise: {level: none}
---
kind: matrix
id: duties
title: Duties
for: partner
columns: {by: competence_rating, values: [positive, neutral, negative]}
sections:
  - id: selling
    title: Selling
    activities: [{id: sell, title: Sell, responsible: vendor, consulted: {positive: partner}}]
---
kind: pipeline
id: life
title: Life
for: account
stage: status
stages: [{id: active, title: Active}, {id: closed, title: Closed}]
"""
FILES = {
    "acme.yaml": "id: acme\nactive_accounts: 12\nattends_quarterly_reviews: true\naccounts: []\n",
    "acme.json": '{"id": "acme", "active_accounts": 12, "attends_quarterly_reviews": true, "accounts": []}',
    "two.yaml": "id: one\n---\nid: two\n",
    "list.yaml": "- id: one\n",
    "broken.yaml": "id: [one\n",
    "wrong.yaml": "id: acme\nactive_accounts: a dozen\n",
}


def programs(folder: str, as_of: date) -> Program:
    sources = [Source("program.yaml", EXAMPLE)]
    if folder != ".":
        sources.append(Source("levels.yaml", LEVELS))
    if folder == "broken":
        sources.append(Source("broken.yaml", "kind: tiers\nid: broken\n"))
    if folder == "nothing":
        sources = []
    return loading.load(folder, sources, as_of)


def read(name: str) -> Source | Diagnostic:
    return Source(name, FILES[name]) if name in FILES else read_file("/nowhere/" + name)


def outcome_of(tests: str, *, program: str = "example") -> SuiteResult:
    head = f"kind: test\nprogram: {program}\nas_of: 2026-11-21\ntests:\n"
    return run_source(Source("a_test.yaml", head + tests), programs, read)


def told(found: SuiteResult) -> list[str]:
    return [
        f"{each.code.id} {each.span and each.span.text}: {each.message}; {each.help}"
        for each in found.diagnostics
    ]


def mistakes() -> list[tuple[str, str]]:
    """The pairs of mistakes.txt: a test, and what is wrong with it."""
    text = Path(__file__).with_name("mistakes.txt").read_text(encoding="utf-8")
    pairs = [block.split("\n    ") for block in text.strip().split("\n\n")[1:]]
    return [(test, message) for test, message in pairs]


@pytest.mark.parametrize(("text", "message"), mistakes(), ids=lambda each: each[:60])
def test_a_mistake_is_told_once(text: str, message: str) -> None:
    found = outcome_of(f"  - {text}\n")
    assert told(found) == [message]
    assert [result.status for result in found.results] in ([], ["broken"])


def test_mistakes_in_the_file_of_a_record_are_told_there() -> None:
    (syntax,) = outcome_of("  - {name: a, from: broken.yaml, expect: {complete: true}}\n").diagnostics
    assert str(syntax.span).startswith("broken.yaml:")
    found = outcome_of("  - {name: a, from: wrong.yaml, expect: {complete: true}}\n")
    assert [str(each.span) for each in found.diagnostics] == ["wrong.yaml:2:18"]
    assert [result.status for result in found.results] == ["broken"]


def test_a_record_that_is_refused_may_be_expected() -> None:
    tests = "  - {name: a, from: wrong.yaml, expect: {diagnostics: [{code: RECORD002}], levels: []}}\n"
    found = outcome_of(tests)
    assert not found.diagnostics
    assert [result.status for result in found.results] == ["passed"]


def test_two_documents_and_none() -> None:
    assert told(run_source(Source("a_test.yaml", f"{GOOD}---\n{GOOD}"), programs, read)) == [
        "TEST007 kind: test: a second document starts here; a file of tests is one document"
    ]
    assert told(run_source(Source("a_test.yaml", "# nothing\n"), programs, read)) == [
        "TEST007 None: `a_test.yaml` is empty; a file of tests is one document"
    ]


def test_a_program_that_is_none_or_does_not_compile() -> None:
    tests = "  - {name: a, record: {}, expect: {complete: true}}\n"
    (nothing,) = outcome_of(tests, program="nothing").diagnostics
    assert nothing.code.id == "TEST005"
    broken = outcome_of(tests, program="broken")
    assert broken.uncompiled
    assert not broken.results


TESTS = """\
  - {name: good, from: acme.yaml, expect: {levels: [{level: silver}], discounts: [{rate: 20%}]}}
  - {name: from json, from: acme.json, expect: {levels: [{level: silver}]}}
  - {name: replaced, from: acme.yaml, with: {active_accounts: 16}, expect: {levels: [{level: gold}]}}
  - {name: removed, from: acme.yaml, with: {active_accounts: }, expect: {missing: [active_accounts]}}
  - {name: added, from: acme.yaml, with: {accounts: [{id: A}]}, expect: {charges: [{subject: A}]}}
  - {name: inline, record: {id: x, active_accounts: 9}, expect: {levels: [{level: none}]}}
  - {name: wrong, from: acme.yaml, expect: {levels: [{level: gold}]}}
  - {name: closed, from: acme.yaml, expect_exactly: {duties: []}}
  - {name: later, skip: not decided yet}
  - {name: no key, record: {active_accounts: 9}, expect: {complete: true}}
"""


def test_how_tests_come_out() -> None:
    found = outcome_of(TESTS)
    statuses = [result.status for result in found.results]
    assert statuses == ["passed"] * 6 + ["failed"] * 2 + ["skipped", "broken"]
    wrong = found.results[6].mismatches[0]
    assert (wrong.expected, wrong.actual, str(wrong.at)) == ("gold", "silver", "a_test.yaml:11:62")
    assert wrong.because == ("active accounts are 12, from 10 to 15", "attends the quarterly reviews")
    assert found.results[8].skip == "not decided yet"
    assert [each.code.id for each in found.diagnostics] == ["RECORD003"]


def test_a_test_may_have_a_day_of_its_own() -> None:
    tests = "  - {name: a, as_of: 2020-01-01, from: acme.yaml, expect: {as_of: 2020-01-01}}\n"
    assert outcome_of(tests).results[0].status == "passed"


def test_a_test_with_a_mistake_may_have_a_day_of_its_own() -> None:
    found = outcome_of("  - {name: a, as_of: 2020-01-01, from: acme.yaml, expect: }\n")
    assert [result.status for result in found.results] == ["broken"]
    assert len(found.diagnostics) == 1


def test_a_finding_goes_by_the_id_of_the_nearest_part() -> None:
    accounts = "[{id: A, status: active}]"
    tests = f"  - {{name: a, record: {{id: a, accounts: {accounts}}}, expect: {{gates: [{{id: active}}]}}}}"
    found = outcome_of(f"{tests}\n")
    assert not found.diagnostics
    assert found.results[0].status == "passed"


CASES = """\
  - name: edges
    from: acme.yaml
    columns: [active_accounts, level]
    cases:
      - [9, none]
      - {cells: [10, silver], name: the first of Silver}
      - [16, silver]
      - {cells: ["", none], skip: not yet}
    expect:
      levels: [{level: <level>, because: ["active accounts are <active_accounts>, at least 16"]}]
  - name: days
    record: {id: <as_of>}
    columns: [as_of]
    cases: [[2020-01-01], [2020-01-02]]
    expect: {as_of: <as_of>, subject: {key: <as_of>}}
  - name: changes
    from: acme.yaml
    with: {active_accounts: 9}
    expect: {levels: [{policy: levels}]}
    cases:
      - {expect: {levels: [{level: none}]}}
      - {with: {active_accounts: 12}, expect: {levels: [{level: silver}]}}
      - {with: {active_accounts: 12}, expect: {levels: [{level: none}]}, todo: who knows}
      - {with: {active_accounts: 12}, expect: {levels: [{level: silver}]}, todo: it was wrong}
      - {as_of: 2020-01-01, expect: {as_of: 2020-01-01}}
"""


def test_cases() -> None:
    found = outcome_of(CASES)
    assert not found.diagnostics
    assert [(result.name, result.status) for result in found.results] == [
        ("edges: active_accounts 9, level none", "failed"),
        ("edges: the first of Silver", "failed"),
        ("edges: active_accounts 16, level silver", "failed"),
        ("edges: active_accounts , level none", "skipped"),
        ("days: as_of 2020-01-01", "passed"),
        ("days: as_of 2020-01-02", "passed"),
        ("changes: case 1", "passed"),
        ("changes: active_accounts 12", "passed"),
        ("changes: active_accounts 12 (3)", "todo"),
        ("changes: active_accounts 12 (4)", "failed"),
        ("changes: case 5", "passed"),
    ]
    wrong = found.results[2].mismatches[0]
    assert (wrong.expected, wrong.actual, str(wrong.at)) == ("silver", "gold", "a_test.yaml:11:14")
    assert [len(result.mismatches) for result in found.results[:3]] == [1, 1, 1]
    assert not found.results[9].mismatches


def test_thousands_of_cases() -> None:
    rows = "".join(f"      - [{i}]\n" for i in range(1000))
    head = "  - name: many\n    record: {}\n    columns: [active_accounts]\n    cases:\n"
    found = outcome_of(f"{head}{rows}    expect: {{discounts: []}}\n")
    assert len(found.results) == 1000


def test_a_file_names_its_program_and_records_from_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "testdata").mkdir()
    (tmp_path / "program.yaml").write_text(EXAMPLE)
    (tmp_path / "testdata" / "acme.yaml").write_text(FILES["acme.yaml"])
    file = tmp_path / "testdata" / "a_test.yaml"
    file.write_text(
        "kind: test\nprogram: ..\nas_of: 2026-11-21\n"
        "tests: [{name: a, from: acme.yaml, expect_exactly: {charges: []}}]\n"
    )
    assert [result.status for result in run_file(str(file), Programs()).results] == ["passed"]
    assert run_file(str(tmp_path / "none_test.yaml"), Programs()).diagnostics[0].code.id == "FILE001"


@given(
    st.sampled_from([GOOD, f"kind: test\nprogram: example\nas_of: 2026-11-21\ntests:\n{CASES}"]),
    st.integers(0, 2000),
    st.integers(0, 40),
    st.sampled_from(["", "[", "{", ": ", "- ", "\n", "~", "!", "'", "<", "<level>", "as_of", "null"]),
)
def test_no_text_makes_it_raise(text: str, start: int, length: int, instead: str) -> None:
    start %= len(text)
    text = text[:start] + instead + text[start + length :]
    run_source(Source("a_test.yaml", text), programs, read)


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.id)
def test_the_examples_of_the_codes(code: Code) -> None:
    bad = run_source(Source("a_test.yaml", code.bad), programs, read)
    good = run_source(Source("a_test.yaml", code.good), programs, read)
    assert [each.code.id for each in bad.diagnostics] == [code.id]
    assert not good.diagnostics
    assert [result.status for result in good.results] == ["passed"]


DERIVED = """\
  - name: a column called like a derived fact is expected, and not written into the record
    record: {id: a, accounts: [{id: A-1, monthly_fee: 10}]}
    columns: [average_fee]
    cases: [[10]]
    expect: {values: {partner: {average_fee: <average_fee>}}}
"""


def test_columns_called_like_derived_facts() -> None:
    found = outcome_of(DERIVED)
    assert told(found) == []
    assert [result.status for result in found.results] == ["passed"]
    wrong = outcome_of(DERIVED.replace("[[10]]", "[[11]]"))
    assert [result.status for result in wrong.results] == ["failed"]
    unused = outcome_of(DERIVED.replace("<average_fee>", "10"))
    assert [line.split("; ")[0] for line in told(unused)] == [
        "TEST008 average_fee: `average_fee` is neither a fact of the record nor a name used in `expect`"
    ]
