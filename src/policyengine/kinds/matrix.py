"""Matrix: who does what.

Rows are activities in sections, columns are the values of one fact of the partner, cells name a party in
a role: responsible for it, consulted, informed, signing it off. Every cell that names a party becomes a
duty of that party for the partners of that column. A cell that says `unknown` leaves the duty
undetermined: the text does not tell whose it is. One that says `none` leaves nothing to do in that column:
the activity is not applicable there, as one with a `when` that does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from policyengine.decision.findings import Duty
from policyengine.decision.wording import join, words
from policyengine.diagnostics import Code, did_you_mean, listed, nearest
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, Name, Open
from policyengine.feel.types import types
from policyengine.policy.base import (
    Id,
    Many,
    NameOf,
    Part,
    PartyName,
    Policy,
    Sourced,
    Text,
    ValueOf,
    Written,
    field,
)  # fmt: skip
from policyengine.policy.change_context import ChangeContext, called, no_longer, now
from policyengine.policy.condition import Condition
from policyengine.policy.draft import Draft
from policyengine.policy.kind import Kind
from policyengine.policy.rule import Choose, Const, Explain, Reading, Rule, Value

ROLES = ("responsible", "consulted", "informed", "signs_off")
UNKNOWN = "unknown"
NOBODY = "none"
EVERY = "*"


class Cell(Sourced):
    """Who has the role; `unknown` where the text does not say, `none` where there is nothing to do."""

    party: PartyName


def _text_is_the_party(value: object) -> object:
    return {"party": value} if isinstance(value, str) else value


def _by_column(value: object) -> object:
    alone = isinstance(value, str) or (isinstance(value, dict) and "party" in value)
    return {EVERY: value} if alone else value


_CELL_SCHEMA = {"type": ["string", "object"], "description": "a party, `unknown` or `none`"}
Cells = Annotated[
    dict[Annotated[str, ValueOf("columns.by")], Annotated[Cell, Written(_text_is_the_party)]],
    Written(
        _by_column,
        {
            "type": ["string", "object"],
            "description": "a party for all columns, or a party for each column",
            "additionalProperties": _CELL_SCHEMA,
        },
    ),
]


class Activity(Sourced):
    """A row: something to do, and who has which role in it."""

    id: Id
    title: Text
    when: Condition | None = field(default=None, description="not applicable otherwise")
    responsible: Cells = field(description="who does it")
    consulted: Cells | None = field(default=None, description="who has to be asked")
    informed: Cells | None = field(default=None, description="who has to be informed")
    signs_off: Cells | None = field(
        default=None, description="who has to approve it before it counts as done"
    )


class Section(Sourced):
    """A block of rows."""

    id: Id
    title: Text
    activities: Many[Activity]


class Columns(Part):
    """The fact whose values are the columns."""

    by: Annotated[Text, NameOf("fact")] = field(description="the enum fact whose values are the columns")
    values: Many[Annotated[Text, ValueOf("by")]] = field(description="the columns, in their order")


class Matrix(Policy):
    """Who does what."""

    kind: Literal["matrix"]
    columns: Columns
    sections: Many[Section]


_EXAMPLE = """\
kind: matrix
id: example
title: Example
for: partner
columns: {by: competence_rating, values: [positive, neutral, negative]}
sections:
  - id: selling
    title: Selling
    activities:
      - id: respond
        title: Respond to the enquiry
        responsible: {positive: partner, neutral: vendor, negative: vendor}
"""
WRONG_COLUMNS = Code(
    id="MATRIX001",
    title="columns that are not the values of the fact",
    why="A partner finds its column by the value of one enum fact; a column that is not one of its values is "
    "never found, and a value without a column has no duties.",
    bad=_EXAMPLE.replace("[positive, neutral, negative]", "[positive, neutral]").replace(
        ", negative: vendor", ""
    ),
    good=_EXAMPLE,
)
UNKNOWN_COLUMN = Code(
    id="MATRIX002",
    title="a cell in a column that the matrix does not have",
    why="The cell would never be read.",
    bad=_EXAMPLE.replace("neutral: vendor", "neutral: vendor, neural: vendor"),
    good=_EXAMPLE,
)
EMPTY_CELL = Code(
    id="MATRIX003",
    title="an activity for which nobody is responsible in a column",
    why="Somebody is responsible for every activity, or the text does not say who: then write `unknown`. "
    "Where there is nothing to do, write `none`.",
    bad=_EXAMPLE.replace(", negative: vendor", ""),
    good=_EXAMPLE.replace("negative: vendor", "negative: unknown"),
)
CODES = (WRONG_COLUMNS, UNKNOWN_COLUMN, EMPTY_CELL)


def check(policy: Matrix, draft: Draft) -> None:
    """Columns against the fact, cells against the columns, ids, parties."""
    _check_columns(policy, draft)
    columns = _columns(policy, draft)
    draft.unique((section.id, ("sections", i)) for i, section in enumerate(policy.sections))
    for i, section in enumerate(policy.sections):
        draft.unique((a.id, ("sections", i, "activities", j)) for j, a in enumerate(section.activities))
        for j, activity in enumerate(section.activities):
            for role, cells in _roles(activity):
                _check_cells(draft, columns, cells, "sections", i, "activities", j, role)


def _check_columns(policy: Matrix, draft: Draft) -> None:
    by = policy.columns.by
    names = draft.vocabulary.names(draft.entity)
    if not draft.known(by, names, f"fact of `{draft.entity}`", "columns", "by"):
        return
    kind = names[by]
    if not isinstance(kind, types.Enum):
        message, help = f"`{by}` is {types.describe(kind)}", "columns need a fact of type `enum`"
        draft.error(WRONG_COLUMNS, draft.span("columns", "by"), message, help)
        return
    for i, column in enumerate(policy.columns.values):
        if column not in kind.values:
            help = did_you_mean(column, kind.values) or f"its values are {listed(kind.values)}"
            at, message = draft.span("columns", "values", i), f"`{column}` is not a value of `{by}`"
            draft.error(WRONG_COLUMNS, at, message, help)
    left_out = [value for value in kind.values if value not in policy.columns.values]
    if left_out and set(policy.columns.values) <= set(kind.values):
        words = ", ".join(f"`{value}`" for value in left_out)
        at, message = draft.span("columns", "values"), f"no column for {words}"
        draft.error(WRONG_COLUMNS, at, message, f"add {words} to the columns")


def _columns(policy: Matrix, draft: Draft) -> tuple[Sequence[str], Sequence[str]]:
    """The columns that cells may have, and those that they must have.

    A column that is no value of the fact is reported where it is declared; cells may have all values then.
    """
    written = policy.columns.values
    kind = draft.vocabulary.names(draft.entity).get(policy.columns.by)
    if not isinstance(kind, types.Enum) or set(written) <= set(kind.values):
        return written, written
    return (*written, *kind.values), [each for each in written if each in kind.values]


def _check_cells(
    draft: Draft,
    columns: tuple[Sequence[str], Sequence[str]],
    cells: Mapping[str, Cell],
    *pointer: str | int,
) -> None:
    known, needed = columns
    for column, cell in cells.items():
        place = pointer if column == EVERY else (*pointer, column)
        if column != EVERY and column not in known:
            draft.error(
                UNKNOWN_COLUMN,
                draft.key_span(*place),
                f"`{column}` is not a column",
                did_you_mean(column, known),
            )
        if cell.party not in (UNKNOWN, NOBODY):
            draft.party(cell.party, *place)
    misspelt = {nearest(column, known) for column in cells if column not in known}
    empty = [column for column in needed if column not in cells and column not in misspelt]
    if pointer[-1] == "responsible" and EVERY not in cells and empty:
        words = ", ".join(f"`{column}`" for column in empty)
        draft.error(
            EMPTY_CELL,
            draft.key_span(*pointer),
            f"nobody is responsible for {words}",
            "name a party, or write `unknown` if the text does not say, `none` if there is nothing to do",
        )


def _roles(activity: Activity) -> list[tuple[str, Mapping[str, Cell]]]:
    found = [(role, getattr(activity, role)) for role in ROLES]
    return [(role, cells) for role, cells in found if cells]


def lower(policy: Matrix, draft: Draft) -> None:
    """A duty for every role of every activity; the party depends on the column."""
    at = draft.span("columns", "by")
    column = draft.define(f"{policy.id}/column", build.name(policy.columns.by, at), at)
    for i, section in enumerate(policy.sections):
        for j, activity in enumerate(section.activities):
            place = ("sections", i, "activities", j)
            name = f"{policy.id}/{section.id}/{activity.id}"
            applies = None
            if activity.when is not None:
                applies = draft.applies(name, *place, "when")
            for role, cells in _roles(activity):
                _lower_role(draft, column, section, activity, applies, role, cells, (*place, role))


def _lower_role(
    draft: Draft,
    column: Name,
    section: Section,
    activity: Activity,
    applies: Name | None,
    role: str,
    cells: Mapping[str, Cell],
    place: tuple[str | int, ...],
) -> None:
    name = f"{draft.policy.id}/{section.id}/{activity.id}/{role}"
    at = draft.span(*place)
    party = draft.define(f"{name}/party", _party(draft, column, cells, place), at, title="party")
    status: Expression = build.call("once known", party, build.literal("applies", at), span=at)
    reasons = [party.name] if EVERY in cells else [column.name]
    idle = [build.literal(each, at) for each, cell in cells.items() if cell.party == NOBODY]
    if idle:
        nothing = build.literal(True, at) if EVERY in cells else build.one_of(column, idle, at)
        status = build.choose([(nothing, build.literal("not_applicable", at))], status, at)
    if applies is not None:
        not_asked = (build.negate(applies, at), build.literal("not_applicable", at))
        status = build.choose([not_asked], status, at)
        reasons.append(applies.name)
    exists = None
    if EVERY not in cells and set(cells) != set(draft.policy.columns.values):  # type: ignore[attr-defined]
        columns = [build.literal(each, at) for each in cells]
        exists = draft.define(f"{name}/exists", build.one_of(column, columns, at), at).name
    origins: dict[str, Reading] = {
        each: Const(draft.origin(activity.id, activity.title, *place, each))
        for each in cells
        if each != EVERY
    }
    draft.rule(
        Rule(
            finding=Duty,
            origin=draft.origin(activity.id, activity.title, *place, *([EVERY] if EVERY in cells else [])),
            origins=Choose(column.name, origins, Const(None)),
            entity=draft.entity,
            status=draft.define(f"{name}/status", status, at).name,
            because=Explain(tuple(reasons)),
            exists=exists,
            fields={
                "block": Const(section.id),
                "block_title": Const(section.title),
                "role": Const(role),
                "party": Value(party.name),
            },
        )
    )


def _party(draft: Draft, column: Name, cells: Mapping[str, Cell], place: tuple[str | int, ...]) -> Expression:
    def one(cell: Cell, *pointer: str | int) -> Expression:
        at = draft.span(*pointer)
        if cell.party == UNKNOWN:
            return Open("the policy leaves open who it is", at)
        if cell.party == NOBODY:
            return build.literal(None, at)
        return build.literal(cell.party, at)

    if EVERY in cells:
        return one(cells[EVERY], *place)
    at = draft.span(*place)
    cases = [
        (build.equals(column, build.literal(each, at), at), one(cell, *place, each))
        for each, cell in cells.items()
    ]
    if len(cells) < len(draft.policy.columns.values):  # type: ignore[attr-defined]
        return build.choose(cases, build.literal(None, at), at)
    # The last column needs no condition: a party that all columns agree on is known without the column.
    return build.choose(cases[:-1], cases[-1][1], at)


# Words


_DOES = {
    "responsible": "is responsible",
    "consulted": "is consulted",
    "informed": "is informed",
    "signs_off": "signs off",
}


def describe(context: ChangeContext) -> str | None:
    """Who has a role in an activity, for whom; activities that come and go."""
    match context.keys:
        case ("columns", "values"):
            by = context.policy.columns.by
            return context.was(
                "the columns", "are", lambda each: join(context.value(by, name) for name in each)
            )
        case ("sections", "*", "activities", "*"):
            who = context.own.get("responsible")
            by = f", done by {context.party(who)}" if isinstance(who, str) else ""
            return context.comes_or_goes(f"new duty: {context.name}{by}", f"no longer a duty: {context.name}")
        case ("sections", "*"):
            return context.comes_or_goes(
                f"new section: {context.name}", f"no section {called(context.name)} any more"
            )
        case ("sections", "*", "activities", "*", role, *rest) if role in ROLES:
            return _cell(context, role, rest[0] if rest else None)
    return None


def _cell(context: ChangeContext, role: str, column: str | None) -> str | None:
    """`“Kick-off”: for referral, the partner is now responsible (was Kaldor)`."""
    if not all(
        each is None or isinstance(each, str) or "party" in each for each in (context.old, context.new)
    ):
        before, after = (_who_by_column(context, each) for each in (context.old, context.new))
        if before and after:
            return f"{called(context.name)}: {now(_DOES[role])}: {after} (was {before})"
        who = after or before
        return context.comes_or_goes(
            f"{called(context.name)}: {now(_DOES[role])}: {who}",
            f"{called(context.name)}: nobody {_DOES[role]} any more ({who})",
        )
    old, new = _named(context.old), _named(context.new)
    whom = f" {_whom(context, column)}," if column is not None and column != "party" else ""
    subject = f"{called(context.name)}:{whom}"
    if new is None:
        return f"{subject} {context.party(old)} {no_longer(_DOES[role])}"
    was = f" (was {context.party(old)})" if old is not None else ""
    return f"{subject} {context.party(new)} {now(_DOES[role])}{was}"


def _who_by_column(context: ChangeContext, cells: Any) -> str:
    """Who it is, by column; "" where nobody is named."""
    if isinstance(cells, dict) and "party" not in cells:
        return "; ".join(
            f"{_whom(context, key)} {context.party(_named(each))}" for key, each in cells.items()
        )
    return context.party(_named(cells)) if cells is not None else ""


def _whom(context: ChangeContext, column: str) -> str:
    """Of whom a column speaks, by the title of its value: `for Asia`."""
    columns = getattr(context.policy, "columns", None)
    title = context.value(columns.by, column) if columns is not None else column
    return f"for {words(column) if title == column else title}"


def _named(cell: Any) -> Any:
    return cell.get("party") if isinstance(cell, dict) else cell


KIND = Kind("matrix", "who does what", Matrix, ("duties",), check, lower, CODES, describe=describe)
