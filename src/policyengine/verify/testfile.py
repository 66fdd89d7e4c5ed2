"""Files of policy tests: a record, a day, and what the decision must say."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from policyengine.policy.base import Date, Many, Part, Text
from policyengine.program.record_schema import DIALECT
from policyengine.verify.parts import closed_part_schema, part_definitions, part_schema

Facts = Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]


class Case(Part):
    """One record, and what the decision about it must say."""

    name: Text = Field(description="what the test shows, as a sentence")
    as_of: Date | None = Field(None, description="the evaluation date, if it is not that of the file")
    record: Facts | None = Field(None, description="the record")
    from_: Text | None = Field(
        None, alias="from", description="a file with the record, named from the folder of this file"
    )
    with_: Facts | None = Field(
        None,
        alias="with",
        description="facts that take the place of those in the file; an empty one removes it",
    )
    expect: Facts | None = Field(
        None, description="a part of the decision: lists need only hold what is named, in any order"
    )
    expect_exactly: Facts | None = Field(
        None, description="lists of the decision that hold what is named and nothing else, also those inside"
    )
    skip: Text | None = Field(None, description="why the test is not run")


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
    properties = schema["$defs"]["Case"]["properties"]
    # Put in by hand: pydantic would look up what their references mean.
    properties["expect"] = {**part_schema(), "description": properties["expect"]["description"]}
    properties["expect_exactly"] = {
        **closed_part_schema(),
        "description": properties["expect_exactly"]["description"],
    }
    schema["$defs"].update(part_definitions())
    return {"$schema": DIALECT, **schema, "title": "A file of policy tests"}


test_schema.__test__ = False  # type: ignore[attr-defined]
