"""Files of policy tests: a record, a day, and what the decision must say."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from policyengine.policy.base import Date, Many, Part, Text
from policyengine.program.record_schema import DIALECT

Data = Annotated[Any, WithJsonSchema({})]
Facts = Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]


class Case(Part):
    """One record, and what the decision about it must say."""

    name: Text = Field(description="what the case shows, as a sentence")
    as_of: Date | None = Field(None, description="the evaluation date, if it is not that of the file")
    record: Facts | None = Field(None, description="the record")
    from_: Text | None = Field(None, alias="from", description="a file that holds the record")
    with_: Facts | None = Field(None, alias="with", description="facts that replace those of the record")
    expect: Facts = Field(description="a part of the decision: lists need only hold what is named here")


class TestFile(Part):
    """A file of cases for one program."""

    __test__ = False  # not a test of our own, for pytest

    kind: Literal["test"]
    program: Text = Field(description="the folder of the program, from this file")
    as_of: Date = Field(description="the evaluation date")
    tests: Many[Case] = Field(min_length=1)


def test_schema() -> dict[str, Any]:
    """The JSON Schema of files of policy tests."""
    return {
        "$schema": DIALECT,
        **TestFile.model_json_schema(by_alias=True),
        "title": "A file of policy tests",
    }


test_schema.__test__ = False  # type: ignore[attr-defined]
