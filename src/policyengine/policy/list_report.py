"""A report: a list of a program's own over a partner base; its columns, filter and order are FEEL."""

from __future__ import annotations

from typing import Annotated, Literal

from policyengine.policy.base import Boolean, EntityName, Feel, Id, Many, NameOf, Part, Text, field, short


class ReportColumn(Part):
    """A column of a report."""

    id: Id = field(description="its name, the head in CSV")
    title: Text | None = field(default=None, description="its head for people; left out: the id in words")
    value: Feel = field(description="what stands in it")


class ReportOrder(Part):
    """A column by which the rows are ordered."""

    by: Annotated[Id, NameOf("column")] = field(description="the id of a column")
    descending: Boolean = field(default=False, description="the largest first")


OrderSpec = Annotated[ReportOrder, short("by", {"description": "the id of a column"})]


class ListReport(Part):
    """A list over a partner base, for `policyengine report`; no decision rests on it."""

    kind: Literal["report"]
    id: Id = field(description="its name, for `policyengine report PROGRAM RECORDS NAME`")
    title: Text = field(description="its name for people")
    for_: EntityName = field(alias="for", description="the entity that a row is about")
    when: Feel | None = field(default=None, description="which of them are listed; left out: all")
    columns: Many[ReportColumn] = field(min_length=1)
    order: Many[OrderSpec] = ()
