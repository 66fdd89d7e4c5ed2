"""Files of policy tests: a record, a day, and what the decision must say."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from policyengine.policy.base import Date, Many, Part, Text
from policyengine.policy.short_form import Short
from policyengine.program.record_schema import DIALECT
from policyengine.verify.expectation_shape import closed_part_schema, part_definitions, part_schema

Facts = Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]


_TODO = "why it is known to fail: the test passes while it fails, and fails as soon as it passes"
_WITH = "facts that take the place of those in the record; an empty one removes it"
_EXPECT = "a part of the decision: lists need only hold what is named, in any order"
_EXACTLY = "lists of the decision that hold what is named and nothing else, also those inside"


class CasePart(Part):
    """One case of a test: what is different in it, and what is expected of it besides."""

    name: Text | None = Field(None, description="what the case shows; left out, what is different in it")
    cells: Many[Any] = Field((), description="a value for each of the `columns`")
    as_of: Date | None = Field(None, description="the evaluation date")
    with_: Facts | None = Field(None, alias="with", description=_WITH)
    expect: Facts | None = Field(None, description=_EXPECT)
    expect_exactly: Facts | None = Field(None, description=_EXACTLY)
    skip: Text | None = Field(None, description="why the case is not run")
    todo: Text | None = Field(None, description=_TODO)


CaseSpec = Annotated[
    CasePart,
    Short("cells", {"items": {}, "description": "a value for each of the `columns`"}, many=True),
]


class Case(Part):
    """One record, or one for each of its cases, and what the decision about it must say."""

    name: Text = Field(description="what the test shows, as a sentence")
    as_of: Date | None = Field(None, description="the evaluation date, if it is not that of the file")
    record: Facts | None = Field(None, description="the record")
    from_: Text | None = Field(
        None, alias="from", description="a file with the record, named from the folder of this file"
    )
    with_: Facts | None = Field(None, alias="with", description=_WITH)
    columns: Many[Text] = Field(
        (),
        description="what the cells of the cases are: facts, `as_of`, or what `expect` names as `<column>`",
    )
    cases: Many[CaseSpec] = Field(
        (), min_length=1, description="the test once for each: what is different, what comes out"
    )
    expect: Facts | None = Field(None, description=_EXPECT)
    expect_exactly: Facts | None = Field(None, description=_EXACTLY)
    skip: Text | None = Field(None, description="why the test is not run")
    todo: Text | None = Field(None, description=_TODO)


class TestFile(Part):
    """A file of tests for one program."""

    __test__ = False  # not a test of our own, for pytest

    kind: Literal["test"]
    program: Text = Field(description="the folder of the program, named from the folder of this file")
    as_of: Date = Field(description="the evaluation date")
    tests: Many[Case] = Field(min_length=1)


def test_schema() -> dict[str, Any]:
    """The JSON Schema of files of policy tests."""
    schema = TestFile.model_json_schema(by_alias=True)
    for name in ("Case", "CasePart"):
        properties = schema["$defs"][name]["properties"]
        # Put in by hand: pydantic would look up what their references mean.
        properties["expect"] = {**part_schema(), "description": _EXPECT}
        properties["expect_exactly"] = {**closed_part_schema(), "description": _EXACTLY}
    schema["$defs"].update(part_definitions())
    return {"$schema": DIALECT, **schema, "title": "A file of policy tests"}


test_schema.__test__ = False  # type: ignore[attr-defined]
