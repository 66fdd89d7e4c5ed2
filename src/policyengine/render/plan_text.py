"""A plan as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyengine.change.plan import Plan
from policyengine.change.tally import Delta
from policyengine.decision.wording import capital
from policyengine.render import plan_words as say
from policyengine.render.plan_effects import headline, rest
from policyengine.render.plan_waivers import waiver_lines
from policyengine.render.style import Paint, clean, pad, painter, width, wrap

_INDENT = "  "


def plan_text(plan: Plan, *, color: bool, columns: int) -> str:
    """The plan; it names records only where the plan allows it."""
    paint = painter(color)
    parts = [_wrapped(headline(plan), columns, paint, "strong")]
    more = rest(plan)
    parts += [_listed(more, columns)] if more else []
    parts.append(_wrapped(say.about(plan), columns, paint, "faint"))
    later = say.effective(plan)
    parts += [_wrapped(later, columns, paint)] if later else []
    parts += [_group(group, columns, paint) for group in say.groups(plan)]
    parts += [_costs(plan, columns, paint)] if plan.costs or plan.undecided else []
    parts += [_figures(plan, paint)] if plan.figures else []
    parts += [_shifts(plan, columns, paint)] if plan.tally.shifts else []
    parts += [_shares(plan, columns, paint)] if plan.shares else []
    lines = waiver_lines(plan)
    parts += [[paint("Waivers of the new version", "strong"), *_listed(lines, columns)]] if lines else []
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
        first, *others = wrap(line.text, columns - room - 2 * len(_INDENT))
        lines.append(f"{_INDENT}{number}{_INDENT}{first}")
        lines += [f"{_INDENT}{' ' * room}{_INDENT}{more}" for more in others]
    return lines


def _listed(texts: Sequence[str], columns: int) -> list[str]:
    lines = []
    for text in texts:
        first, *more = wrap(capital(text), columns - 4)
        lines += [f"{_INDENT}- {first}", *(f"{_INDENT}  {line}" for line in more)]
    return lines


def _costs(plan: Plan, columns: int, paint: Paint) -> list[str]:
    lines = [paint(f"Net charges {say.stretch(plan.days)}", "strong")]
    if plan.costs:
        lines += _table(say.cost_table(plan), paint)
        lines += [f"{_INDENT}{line}" for line in wrap(say.payers(plan), columns - 2)]
    lines += [paint(f"{_INDENT}Not counted, since it cannot be decided:", "open")] if plan.undecided else []
    for each in plan.undecided:
        first, *others = wrap(say.undecided(plan, each), columns - 4)
        lines += [f"{_INDENT * 2}{first}", *(f"{_INDENT * 3}{more}" for more in others)]
    return lines


def _figures(plan: Plan, paint: Paint) -> list[str]:
    return [paint("Derived amounts, in all", "strong"), *_table(say.value_table(plan), paint)]


def _shifts(plan: Plan, columns: int, paint: Paint) -> list[str]:
    lines = [paint("Due dates", "strong")]
    for shifts in sorted(plan.tally.shifts):
        lines += [f"{_INDENT}{line}" for line in wrap(say.shift(plan, shifts), columns - 2)]
    return [*lines, *_table(say.month_table(plan), paint)]


def _table(rows: Sequence[Sequence[str]], paint: Paint) -> Iterator[str]:
    """Rows with a text in the first cell and right-aligned numbers in the others."""
    rows = [(clean(row[0]), *row[1:]) for row in rows]
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
        first, *others = wrap(title + note, columns - room - 4)
        lines += [f"{_INDENT}{text.rjust(room)}{_INDENT}{first}"]
        lines += [f"{_INDENT}{' ' * room}{_INDENT}{more}" for more in others]
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
