"""The mistakes of files of policy tests."""

from __future__ import annotations

from policyengine.diagnostics import Code

GOOD = """\
kind: test
program: .
as_of: 2026-11-21
tests:
  - name: the monthly fee is charged on the day of the opening
    record: {id: acme, accounts: [{id: A-1, monthly_fee: 10.00, opened_on: 2026-11-30}]}
    expect:
      charges: [{id: monthly-fee, status: applies, net: 10, due_on: 2026-11-30}]
"""

UNKNOWN_KEY = Code(
    id="TEST001",
    title="an expectation of something that a decision does not have",
    why="What is expected is a part of the decision, under the same keys as in its JSON. A key that is not "
    "there could never match.",
    bad=GOOD.replace("net:", "nett:"),
    good=GOOD,
    example="test",
)
UNKNOWN_WORD = Code(
    id="TEST002",
    title="an expectation with an id or a word that the program does not have",
    why="No decision of this program contains it: it is misspelt, or the policy has changed.",
    bad=GOOD.replace("id: monthly-fee", "id: montly-fee"),
    good=GOOD,
    example="test",
)
WRONG_VALUE = Code(
    id="TEST003",
    title="an expectation of a different type than the decision has at this place",
    why="An expectation has the type of the compared value: a list, a mapping, a date, a number.",
    bad=GOOD.replace("due_on: 2026-11-30}]\n", "due_on: 30.11.2026}]\n"),
    good=GOOD,
    example="test",
)
INCOMPLETE = Code(
    id="TEST004",
    title="a test without a record or without an expectation",
    why="A test has one record, written in it (`record`) or taken from a file (`from` and `with`), and "
    "says what is expected of it.",
    bad=GOOD.replace("record: {", "with: {"),
    good=GOOD,
    example="test",
)
NO_FILE = Code(
    id="TEST005",
    title="a file or a program that a test names and that cannot be used",
    why="Without its record or its program a test shows nothing.",
    bad=GOOD.replace(
        "record: {id: acme, accounts: [{id: A-1, monthly_fee: 10.00, opened_on: 2026-11-30}]}",
        "from: there-is-no-such-record.yaml",
    ),
    good=GOOD,
    example="test",
)
SAME_NAME = Code(
    id="TEST006",
    title="two tests of one name in a file",
    why="A report calls a test by its name.",
    bad=GOOD + GOOD[GOOD.index("  - name") :],
    good=GOOD,
    example="test",
)
NOT_ONE = Code(
    id="TEST007",
    title="a file of tests that does not hold exactly one document",
    why="A file of tests is about one program on one day; a second document would be overlooked.",
    bad=f"{GOOD}---\n{GOOD}",
    good=GOOD,
    example="test",
)
CASES = Code(
    id="TEST008",
    title="a case that does not fit its columns",
    why="A case that is written as a list has a value for each of the `columns`. A column is a fact of the "
    "record, `as_of`, or a word that what is expected names as `<word>`; anything else would change nothing.",
    bad=GOOD.replace("    record:", "    columns: [net]\n    cases: [[10, 20]]\n    record:").replace(
        "net: 10", "net: <net>"
    ),
    good=GOOD.replace("    record:", "    columns: [net]\n    cases: [[10]]\n    record:").replace(
        "net: 10", "net: <net>"
    ),
    example="test",
)
CODES = (UNKNOWN_KEY, UNKNOWN_WORD, WRONG_VALUE, INCOMPLETE, NO_FILE, SAME_NAME, NOT_ONE, CASES)
