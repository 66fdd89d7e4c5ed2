"""A plan as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyengine.change.plan import Plan
from policyengine.change.tally import Delta
from policyengine.render import plan_words as say
from policyengine.render.style import Paint, clean, pad, painter, width, wrap

_INDENT = "  "


def plan_text(plan: Plan, *, color: bool, columns: int) -> str:
    """The plan; it names records only where the plan allows it."""
    paint = painter(color)
    parts = [
        _wrapped(say.headline(plan), columns, paint, "strong"),
        _wrapped(say.about(plan), columns, paint, "faint"),
    ]
    later = say.effective(plan)
    parts += [_wrapped(later, columns, paint)] if later else []
    parts += [_group(group, columns, paint) for group in say.groups(plan)]
    parts += [_costs(plan, columns, paint)] if plan.costs or plan.undecided else []
    parts += [_shares(plan, columns, paint)] if plan.shares else []
    parts += list(_keys(plan, columns, paint))
    if plan.left_out:
        parts.append(_wrapped(f"{say.things(plan.left_out, 'record')} left out.", columns, paint))
    return "\n\n".join("\n".join(lines) for lines in parts)


def _wrapped(text: str, columns: int, paint: Paint, style: str = "") -> list[str]:
    return [paint(line, style) for line in wrap(text, columns)]


def _group(group: say.PlanGroup, columns: int, paint: Paint) -> list[str]:
    room = max(width(say.count(line.records)) for line in group.lines)
    lines = [paint(group.heading, "strong")]
    for line in group.lines:
        number = say.count(line.records).rjust(room)
        first, *rest = wrap(line.text, columns - room - 2 * len(_INDENT))
        lines.append(f"{_INDENT}{number}{_INDENT}{first}")
        lines += [f"{_INDENT}{' ' * room}{_INDENT}{more}" for more in rest]
    return lines


def _costs(plan: Plan, columns: int, paint: Paint) -> list[str]:
    costs = [*plan.costs, *(plan.totals if len(plan.costs) > 1 else ())]
    rows = [("", "before", "after", "change")]
    rows += [
        (
            clean(say.charge(plan, cost)),
            say.amount(cost.before, ""),
            say.amount(cost.after, ""),
            say.amount(cost.change, cost.currency, signed=True),
        )
        for cost in costs
    ]
    lines = [paint(f"Net charges {say.stretch(plan.days)}", "strong")]
    lines += _table(rows, paint) if costs else []
    lines += [f"{_INDENT}{line}" for line in wrap(say.payers(plan), columns - 2)] if costs else []
    lines += [paint(f"{_INDENT}Not counted, since it cannot be decided:", "open")] if plan.undecided else []
    for each in plan.undecided:
        first, *rest = wrap(say.undecided(plan, each), columns - 4)
        lines += [f"{_INDENT * 2}{first}", *(f"{_INDENT * 3}{more}" for more in rest)]
    return lines


def _table(rows: Sequence[tuple[str, ...]], paint: Paint) -> Iterator[str]:
    """Rows with a text in the first cell and right-aligned numbers in the others."""
    numbers = [[_split(cell) for cell in row] for row in rows]
    widths = [max(width(row[i]) for row in rows) for i in range(1)]
    widths += [max(len(row[i][0]) for row in numbers) for i in range(1, len(rows[0]))]
    for i, row in enumerate(rows):
        cells = [pad(row[0], widths[0])]
        cells += [numbers[i][k][0].rjust(widths[k]) + numbers[i][k][1] for k in range(1, len(row))]
        line = f"{_INDENT}{(_INDENT * 2).join(cells)}".rstrip()
        yield paint(line, "faint") if i == 0 else line


def _split(cell: str) -> tuple[str, str]:
    number, blank, unit = cell.partition(" ")
    return number, blank + unit


def _shares(plan: Plan, columns: int, paint: Paint) -> list[str]:
    lines = [paint("What causes it", "strong")]
    amounts = [say.amount(share.change, share.currency, signed=True) for share in plan.shares]
    room = max(map(len, amounts))
    for share, text in zip(plan.shares, amounts, strict=True):
        title = say.together(plan) if share.interaction else share.title
        note = f" ({say.things(share.unsure, 'charge')} cannot be told)" if share.unsure else ""
        first, *rest = wrap(title + note, columns - room - 4)
        lines += [f"{_INDENT}{text.rjust(room)}{_INDENT}{first}"]
        lines += [f"{_INDENT}{' ' * room}{_INDENT}{more}" for more in rest]
    return lines


def _keys(plan: Plan, columns: int, paint: Paint) -> Iterator[list[str]]:
    for heading, deltas in (("Pay most more", plan.losers), ("Pay most less", plan.winners)):
        if plan.top and deltas:
            yield [paint(heading, "strong"), *_deltas(plan, deltas[: plan.top])]


def _deltas(plan: Plan, deltas: Sequence[Delta]) -> Iterator[str]:
    currency = plan.total.currency if plan.total else ""
    amounts = [say.amount(delta.amount, currency, signed=True) for delta in deltas]
    room = max(map(len, amounts))
    for delta, text in zip(deltas, amounts, strict=True):
        label = f" ({clean(delta.label)})" if delta.label else ""
        yield f"{_INDENT}{text.rjust(room)}{_INDENT}{clean(delta.key) or 'no key'}{label}"
