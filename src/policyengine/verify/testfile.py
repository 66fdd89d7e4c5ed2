"""The model of files of policy tests: a record, a day, and the expected decision."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from policyengine.diagnostics import Code
from policyengine.policy.base import Date, Many, Part, Text, ValueOf, Written, field, short
from policyengine.program.record_schema import DIALECT
from policyengine.verify.expectation_shape import closed_part_schema, part_definitions, part_schema

Facts = Annotated[dict[str, Any], Written(schema={"type": "object"})]


_TODO = "why it is known to fail: the test passes while it fails, and fails as soon as it passes"
_WITH = "facts that take the place of those in the record; an empty one removes it"
_EXPECT = "a part of the decision: its lists must contain the named items, in any order"
_EXACTLY = "lists and values of the decision with the named items and no others, nested ones too"


class CasePart(Part):
    """One case of a test: its differences and its additional expectations."""

    name: Text | None = field(default=None, description="the title of the case; default: its differences")
    cells: Annotated[Many[Any], ValueOf("columns")] = field(
        default=(), description="a value for each of the `columns`"
    )
    as_of: Date | None = field(default=None, description="the evaluation date")
    with_: Facts | None = field(default=None, alias="with", description=_WITH)
    expect: Facts | None = field(default=None, description=_EXPECT)
    expect_exactly: Facts | None = field(default=None, description=_EXACTLY)
    skip: Text | None = field(default=None, description="why the case is not run")
    todo: Text | None = field(default=None, description=_TODO)


CaseSpec = Annotated[
    CasePart,
    short("cells", {"items": {}, "description": "a value for each of the `columns`"}, many=True),
]


class Move(Part):
    """A move of something in the record to a stage; `move` in what is expected says what comes of it."""

    to: Text = field(description="the stage to move to")
    key: Text | None = field(default=None, description="which one moves, if the record has several")


class StepPart(Part):
    """One of several days in a row; the record has what renewing the levels wrote on the day before."""

    as_of: Date = field(description="the evaluation date of this day")
    with_: Facts | None = field(default=None, alias="with", description="the facts that are different then")
    expect: Facts | None = field(default=None, description=_EXPECT)
    expect_exactly: Facts | None = field(default=None, description=_EXACTLY)


class Case(Part):
    """A test: one record, or one for each of its cases, and the expected decision."""

    name: Text = field(description="the behaviour that the test shows, as a sentence")
    from_: Text | None = field(
        default=None, alias="from", description="a file with the record, named from the folder of this file"
    )
    as_of: Date | None = field(default=None, description="the evaluation date, if it is not that of the file")
    columns: Many[Text] = field(
        default=(),
        description="the columns of the cases: facts, `as_of`, or names that `expect` uses as `<column>`",
    )
    cases: Many[CaseSpec] = field(
        default=(), min_length=1, description="runs of the test: the differences and the results of each"
    )
    record: Facts | None = field(default=None, description="the record")
    with_: Facts | None = field(default=None, alias="with", description=_WITH)
    advance: Move | None = field(
        default=None, description="a move to make: `expect: {move: {written: {...}}}`, or `{blocked: [...]}`"
    )
    steps: Many[StepPart] = field(
        default=(),
        min_length=1,
        description="several days in a row; what renewing writes is in the next record",
    )
    expect: Facts | None = field(default=None, description=_EXPECT)
    expect_exactly: Facts | None = field(default=None, description=_EXACTLY)
    skip: Text | None = field(default=None, description="why the test is not run")
    todo: Text | None = field(default=None, description=_TODO)


class TestFile(Part):
    """A file of tests for one program."""

    __test__ = False  # not a test of our own, for pytest

    kind: Literal["test"]
    program: Text = field(description="the folder of the program, named from the folder of this file")
    as_of: Date = field(description="the evaluation date")
    tests: Many[Case] = field(min_length=1)


def test_schema() -> dict[str, Any]:
    """The JSON Schema of files of policy tests."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(TestFile).json_schema(by_alias=True)
    for name in ("Case", "CasePart", "StepPart"):
        properties = schema["$defs"][name]["properties"]
        # Put in by hand: pydantic would look up what their references mean.
        properties["expect"] = {**part_schema(), "description": _EXPECT}
        properties["expect_exactly"] = {**closed_part_schema(), "description": _EXACTLY}
    schema["$defs"].update(part_definitions())
    return {"$schema": DIALECT, **schema, "title": "A file of policy tests"}


test_schema.__test__ = False  # type: ignore[attr-defined]


# The mistakes of files of policy tests.

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
