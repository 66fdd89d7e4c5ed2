"""A plan in Markdown, for a comment on a pull request or the summary of a job: the headline first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyengine.change.plan import Plan, Undecided
from policyengine.change.tally import Delta
from policyengine.decision.wording import capital
from policyengine.render import plan_words as say
from policyengine.render.markdown_summary import code, escaped
from policyengine.render.plan_charts import flows
from policyengine.render.plan_effects import headline, part, place, rest, tiles
from policyengine.render.plan_waivers import waiver_lines

LIMIT = 64_000
"""The bytes that a comment may have on the usual hosts."""


def plan_markdown(
    plan: Plan, repository: str | None = None, most: int = LIMIT, passed: Sequence[tuple[str, str]] = ()
) -> str:
    """The plan, as the page has it; of one that is longer than `most` bytes the last parts are left out.

    `repository` is the address of the files of a commit, for links to the rules; `passed` are the limits that
    are exceeded, which come first.
    """
    limits = [f"- {code(f'--fail-if {text}')} {escaped(so)}" for text, so in passed]
    parts = ["\n".join(limits)] if limits else []
    parts.append(f"**{escaped(headline(plan))}**")
    more = rest(plan)
    parts += ["\n".join(f"- {escaped(capital(text))}" for text in more)] if more else []
    parts.append(escaped(say.about(plan)))
    later = say.effective(plan)
    parts += [escaped(later)] if later else []
    parts.append("\n".join(f"- **{escaped(number)}** {escaped(words)}" for number, words in tiles(plan)))
    parts += list(_sections(plan, repository))
    note = "_The rest is too long for a comment; `-o json` and `-o html` have all of it._"
    kept: list[str] = []
    size = len(note.encode()) + 2
    for each in parts:
        size += len(each.encode()) + 2
        if size > most:
            kept.append(note)
            break
        kept.append(each)
    return "\n\n".join(kept) + "\n"


def _sections(plan: Plan, repository: str | None) -> Iterator[str]:
    for flow in flows(plan):
        yield f"#### {escaped(flow.policy)}: before and after"
        yield _table([("before", "after", "how many"), *flow.rows], "--r")
    if plan.costs:
        yield f"#### Net charges {say.stretch(plan.days)}"
        yield _table(say.cost_table(plan))
        yield escaped(say.payers(plan))
    if plan.undecided:
        lines = "\n".join(f"- {_undecided(plan, each)}" for each in plan.undecided)
        yield f"Not counted, since it cannot be decided:\n\n{lines}"
    if plan.figures:
        yield "#### Derived amounts, in all"
        yield _table(say.value_table(plan))
    if plan.tally.shifts:
        yield "#### Due dates"
        yield "\n".join(f"- {escaped(say.shift(plan, each))}" for each in sorted(plan.tally.shifts))
        yield _table(say.month_table(plan))
    if plan.shares:
        yield "#### What causes it"
        yield "\n".join(_causes(plan, repository))
    if told := waiver_lines(plan):
        yield "#### Waivers of the new version"
        yield "\n".join(f"- {escaped(capital(line))}" for line in told)
    for group in say.groups(plan):
        yield f"#### {group.heading}"
        rows = [(say.count(each.records), part(plan, each.records), each.text) for each in group.lines]
        yield _table([(say.several(plan.noun), "of all", "what happens"), *rows], "rr-")
    for heading, deltas in (("Pay most more", plan.losers), ("Pay most less", plan.winners)):
        if plan.top and deltas:
            yield f"#### {heading}"
            yield _table([("change", plan.noun), *_deltas(plan, deltas[: plan.top])], "r-")
    if plan.left_out:
        yield f"{say.things(plan.left_out, 'record')} left out."


def _causes(plan: Plan, repository: str | None) -> Iterator[str]:
    """The rows of the table of causes; the place of a rule is a link where its address is known."""
    yield from ("| change | by itself | where |", "| ---: | --- | --- |")
    for share in plan.shares:
        title = say.together(plan) if share.interaction else share.title
        if share.unsure:
            title = f"{title} ({say.things(share.unsure, 'charge')} cannot be told)"
        at = place(plan, share, repository)
        where = "" if at is None else escaped(at[0]) if at[1] is None else f"[{escaped(at[0])}]({at[1]})"
        change = say.amount(share.change, share.currency, signed=True)
        yield f"| {escaped(change)} | {escaped(title)} | {where} |"
    for cost in plan.totals:
        yield f"| {escaped(say.amount(cost.change, cost.currency, signed=True))} | In all | |"


def _deltas(plan: Plan, deltas: Sequence[Delta]) -> Iterator[tuple[str, str]]:
    currency = plan.total.currency if plan.total else ""
    for delta in deltas:
        label = f" ({delta.label})" if delta.label else ""
        yield say.amount(delta.amount, currency, signed=True), f"{delta.key or 'no key'}{label}"


def _table(rows: Sequence[Sequence[str]], sides: str | None = None) -> str:
    """Rows below a head; numbers, all but the first cell if `sides` does not say, stand on the right."""
    head, *others = ([escaped(cell) for cell in row] for row in rows)
    marks = ["---:" if side == "r" else "---" for side in sides or f"-{'r' * (len(head) - 1)}"]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, marks, *others))


def _undecided(plan: Plan, found: Undecided) -> str:
    """The charges that are not counted; the names of the facts that they lack as code."""
    facts = [f"{code(fact)} ({say.count(number)})" for fact, number in say.missing_of(found)]
    missing = f"; not known: {', '.join(facts)}" if facts else ""
    return f"{escaped(say.not_counted(plan, found))}{missing}"
