"""Pages about codes and schemas."""

from __future__ import annotations

from policyengine.decision.decision_json import decision_schema
from policyengine.diagnostics import Code
from policyengine.render.reference_pages import code_list, code_page, codes_markdown, schemas_markdown

CODE = Code(
    id="TIER002",
    title="two levels claim the same value",
    why="A value that belongs to two levels has no answer.\n\nSo the ranges must not overlap.",
    bad="levels:\n  - {id: a, n: 1..3}\n  - {id: b, n: 3..}\n",
    good="levels:\n  - {id: a, n: 1..2}\n  - {id: b, n: 3..}\n",
)


def test_as_it_reads(golden):
    golden("code.txt", code_page(CODE))
    golden("codes.md", codes_markdown([CODE]).rstrip("\n"))


def test_list():
    assert code_list([CODE]) == "TIER002   error    two levels claim the same value"


def test_schemas():
    page = schemas_markdown({"decision.schema.json": decision_schema()})
    assert "## decision.schema.json" in page
    assert "| `as_of` | yes | The day for which it was decided. |" in page
