"""What the pages of a program say of one version of a policy, by its kind; in general of other kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from policyengine.papers.blocks import Block, Paragraph, Row, Run, table
from policyengine.papers.conditions import condition
from policyengine.papers.level_pages import matrix, scorecard, tiers
from policyengine.papers.process_pages import billing, obligations, pipelines, waivers
from policyengine.papers.program_parts import Parts, parts_of, written
from policyengine.papers.table_pages import table_blocks
from policyengine.policy.policy_reader import PolicyDocument

Present = Callable[[Parts, PolicyDocument], Iterator[Block]]


def of_unit(parts: Parts, unit: PolicyDocument) -> Iterator[Block]:
    """What a page says of one version of a policy."""
    policy, say = unit.policy, parts.voice.say
    told = [say("for each {entity}", entity=parts.voice.entity(policy.for_))]
    if policy.from_ is not None:
        told.append(say("from {day}", day=say.day(policy.from_)))
    if policy.until_including is not None:
        told.append(say("until {day}", day=say.day(policy.until_including)))
    source = parts.source(policy.id, policy)
    yield Paragraph([say.capital(", ".join(told)), ". " if source else ".", *source])
    if (when := written(unit, "when")) is not None:
        yield Paragraph([f"{say('Only where')} ", *condition(parts.voice, policy.for_, when), "."])
    yield from _PRESENT.get(policy.kind, _general)(parts, unit)


def _general(parts: Parts, unit: PolicyDocument) -> Iterator[Block]:
    """The titled parts of a policy of a kind that has no page of its own."""
    rows = []
    around: list[Any] = []
    for ids, part in parts_of(unit.policy):
        around = [*around[: len(ids) - 1], part]
        title = getattr(part, "title", None)
        if len(ids) > 1 and title:
            name = "/".join(ids)
            rows.append(Row([str(title), Run(ids[-1], code=True), parts.source(name, *around)], name))
    if rows:
        yield table(unit.policy.title, parts.voice.columns("what", "id", "source"), rows)


_PRESENT: Mapping[str, Present] = {
    "matrix": matrix, "tiers": tiers, "scorecard": scorecard, "pipeline": pipelines, "billing": billing,
    "table": table_blocks, "obligations": obligations, "waivers": waivers,
}  # fmt: skip
