"""The model of files of policy tests: a record, a day, and the expected decision."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from policyengine.policy.base import Date, Many, Part, Text, Written, field, short
from policyengine.program.record_schema import DIALECT
from policyengine.verify.expectation_shape import closed_part_schema, part_definitions, part_schema

Facts = Annotated[dict[str, Any], Written(schema={"type": "object"})]


_TODO = "why it is known to fail: the test passes while it fails, and fails as soon as it passes"
_WITH = "facts that take the place of those in the record; an empty one removes it"
_EXPECT = "a part of the decision: its lists must contain the named items, in any order"
_EXACTLY = "lists of the decision that contain the named items and no others, nested ones too"


class CasePart(Part):
    """One case of a test: its differences and its additional expectations."""

    name: Text | None = field(default=None, description="the title of the case; default: its differences")
    cells: Many[Any] = field(default=(), description="a value for each of the `columns`")
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


class Case(Part):
    """A test: one record, or one for each of its cases, and the expected decision."""

    name: Text = field(description="the behaviour that the test shows, as a sentence")
    as_of: Date | None = field(default=None, description="the evaluation date, if it is not that of the file")
    record: Facts | None = field(default=None, description="the record")
    from_: Text | None = field(
        default=None, alias="from", description="a file with the record, named from the folder of this file"
    )
    with_: Facts | None = field(default=None, alias="with", description=_WITH)
    columns: Many[Text] = field(
        default=(),
        description="the columns of the cases: facts, `as_of`, or names that `expect` uses as `<column>`",
    )
    cases: Many[CaseSpec] = field(
        default=(), min_length=1, description="runs of the test: the differences and the results of each"
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
    for name in ("Case", "CasePart"):
        properties = schema["$defs"][name]["properties"]
        # Put in by hand: pydantic would look up what their references mean.
        properties["expect"] = {**part_schema(), "description": _EXPECT}
        properties["expect_exactly"] = {**closed_part_schema(), "description": _EXACTLY}
    schema["$defs"].update(part_definitions())
    return {"$schema": DIALECT, **schema, "title": "A file of policy tests"}


test_schema.__test__ = False  # type: ignore[attr-defined]
