"""A plan in Markdown for a comment on a pull request: the headline first, at most 64 kB."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from policyengine.change.plan import Plan
from policyengine.change.tally import Delta
from policyengine.render import plan_words as say
from policyengine.render.style import clean

LIMIT = 64_000
"""The bytes that a comment may have on the usual hosts."""
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>!|~&$])")
_NAMES = re.compile(r"([@#])(?=\w)")
_CODE = re.compile(r"`([^`]*)`")


def plan_markdown(plan: Plan) -> str:
    """The plan; a plan that is too long loses its last parts and says so."""
    parts = [f"**{_text(say.headline(plan))}**", _text(say.about(plan))]
    later = say.effective(plan)
    parts += [_text(later)] if later else []
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
        costs = [*plan.costs, *(plan.totals if len(plan.costs) > 1 else ())]
        rows = [
            (
                say.charge(plan, cost),
                say.amount(cost.before, cost.currency),
                say.amount(cost.after, cost.currency),
                say.amount(cost.change, cost.currency, signed=True),
            )
            for cost in costs
        ]
        yield f"#### Net charges {say.stretch(plan.days)}"
        yield _table(("", "before", "after", "change"), "-rrr", rows)
        yield _text(say.payers(plan))
    if plan.undecided:
        lines = "\n".join(f"- {_text(say.undecided(plan, each))}" for each in plan.undecided)
        yield f"Not counted, since it cannot be decided:\n\n{lines}"
    for group in say.groups(plan):
        yield f"#### {group.heading}"
        yield _table(
            (say.several(plan.noun), ""), "r-", ((say.count(line.records), line.text) for line in group.lines)
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
        yield _table(("change", "by itself"), "r-", shares)
    for heading, deltas in (("Pay most more", plan.losers), ("Pay most less", plan.winners)):
        if plan.top and deltas:
            yield f"#### {heading}"
            yield _table(("change", plan.noun), "r-", _deltas(plan, deltas[: plan.top]))
    if plan.left_out:
        yield f"{say.things(plan.left_out, 'record')} left out."


def _deltas(plan: Plan, deltas: Sequence[Delta]) -> Iterator[tuple[str, str]]:
    currency = plan.total.currency if plan.total else ""
    for delta in deltas:
        label = f" ({delta.label})" if delta.label else ""
        yield say.amount(delta.amount, currency, signed=True), f"{delta.key or 'no key'}{label}"


def _table(heads: Sequence[str], sides: str, rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---:" if side == "r" else "---" for side in sides], *rows]
    return "\n".join(
        f"| {' | '.join(cell if i == 1 else _text(cell) for cell in line)} |" for i, line in enumerate(lines)
    )


def _text(text: str) -> str:
    """A text of a policy or record, escaped for Markdown, on one line.

    Text in backquotes is code; addresses and names after `@` do not become links.
    """
    done, found = 0, []
    flat = clean(text)
    for code in _CODE.finditer(flat):
        found += [_plain(flat[done : code.start()]), f"`{code[1].replace('|', chr(92) + '|')}`"]
        done = code.end()
    return "".join([*found, _plain(flat[done:])])


def _plain(text: str) -> str:
    done = _SPECIAL.sub(r"\\\1", text).replace("://", "&#58;//")
    return _NAMES.sub(r"\1<!-- -->", done)
