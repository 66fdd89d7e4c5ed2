"""A plan in Markdown for a comment on a pull request: the headline first, at most 64 kB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyengine.change.plan import Plan, Undecided
from policyengine.change.tally import Delta
from policyengine.decision.wording import capital
from policyengine.render import plan_words as say
from policyengine.render.markdown_summary import code, escaped
from policyengine.render.plan_effects import headline, rest

LIMIT = 64_000
"""The bytes that a comment may have on the usual hosts."""


def plan_markdown(plan: Plan) -> str:
    """The plan; a plan that is too long loses its last parts and says so."""
    parts = [f"**{escaped(headline(plan))}**"]
    more = rest(plan)
    parts += ["\n".join(f"- {escaped(capital(text))}" for text in more)] if more else []
    parts.append(escaped(say.about(plan)))
    later = say.effective(plan)
    parts += [escaped(later)] if later else []
    parts += list(_sections(plan))
    note = "_The rest is too long for a comment; `-o json` and `-o html` have all of it._"
    kept: list[str] = []
    size = len(note.encode()) + 2
    for part in parts:
        size += len(part.encode()) + 2
        if size > LIMIT:
            kept.append(note)
            break
        kept.append(part)
    return "\n\n".join(kept) + "\n"


def _sections(plan: Plan) -> Iterator[str]:
    if plan.costs:
        yield f"#### Net charges {say.stretch(plan.days)}"
        yield _table(say.cost_table(plan))
        yield escaped(say.payers(plan))
    if plan.undecided:
        lines = "\n".join(f"- {_undecided(plan, each)}" for each in plan.undecided)
        yield f"Not counted, since it cannot be decided:\n\n{lines}"
    if plan.values:
        yield "#### Derived amounts, in all"
        yield _table(say.value_table(plan))
    if plan.tally.shifts:
        yield "#### Due dates"
        yield "\n".join(f"- {escaped(say.shift(plan, each))}" for each in sorted(plan.tally.shifts))
        yield _table(say.month_table(plan))
    for group in say.groups(plan):
        yield f"#### {group.heading}"
        yield _table(
            [(say.several(plan.noun), ""), *((say.count(line.records), line.text) for line in group.lines)],
            "r-",
        )
    if plan.shares:
        yield "#### What causes it"
        shares = (
            (
                say.amount(share.change, share.currency, signed=True),
                say.together(plan) if share.interaction else share.title,
            )
            for share in plan.shares
        )
        yield _table([("change", "by itself"), *shares], "r-")
    for heading, deltas in (("Pay most more", plan.losers), ("Pay most less", plan.winners)):
        if plan.top and deltas:
            yield f"#### {heading}"
            yield _table([("change", plan.noun), *_deltas(plan, deltas[: plan.top])], "r-")
    if plan.left_out:
        yield f"{say.things(plan.left_out, 'record')} left out."


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
