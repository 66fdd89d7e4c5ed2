"""Who bears an obligation: one party, or a party for each value of a fact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from policyengine.diagnostics import Code, did_you_mean
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, Open
from policyengine.feel.types import types
from policyengine.policy.base import NameOf, Part, PartyName, Text, ValueOf, Written, field

if TYPE_CHECKING:
    from policyengine.policy.draft import Draft

UNKNOWN = "unknown"

_GOOD = """\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - id: a
    title: A
    party: {by: competence_rating, values: {positive: partner, neutral: vendor, negative: vendor}}
    met_when: attends_quarterly_reviews
"""
WRONG_VALUES = Code(
    id="PARTY001",
    title="parties that do not cover the values of the fact",
    why="Whatever the value of the fact, somebody bears the obligation, or the text does not say who: then "
    "write `unknown`. A value that the fact does not have is never found.",
    bad=_GOOD.replace(", negative: vendor", ""),
    good=_GOOD,
)
CODES = (WRONG_VALUES,)


class Bearer(Part):
    """A party, or `by` a fact a party for each of its `values`."""

    by: Annotated[Text, NameOf("fact")] | None = field(
        default=None, description="the enum fact on which it depends"
    )
    values: dict[Annotated[str, ValueOf("by")], PartyName] = field(
        description="a party, or `unknown`, for each value of the fact"
    )

    def __post_init__(self) -> None:
        if self.by is None and "" not in self.values:
            raise ValueError("`by` is missing; add `by: ...`, the fact on which the party depends")

    @property
    def only(self) -> str | None:
        """The party, if it depends on nothing."""
        return self.values.get("") if self.by is None else None


def _text_is_the_party(value: object) -> object:
    return {"values": {"": value}} if isinstance(value, str) else value


Party = Annotated[
    Bearer,
    Written(
        _text_is_the_party,
        {
            "description": "a party, or `{by: fact, values: {value: party}}`",
            "type": ["string", "object"],
            "properties": {
                "by": {"type": "string"},
                "values": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            "required": ["by", "values"],
            "additionalProperties": False,
        },
    ),
]


def check_bearer(draft: Draft, bearer: Bearer, *pointer: str | int) -> None:
    """Reports parties that are not declared, and values of the fact without a party."""
    for value, party in bearer.values.items():
        if party != UNKNOWN:
            draft.party(party, *pointer, *(("values", value) if value else ()))
    if bearer.by is None:
        return
    names = draft.vocabulary.names(draft.entity)
    if not draft.known(bearer.by, names, f"fact of `{draft.entity}`", *pointer, "by"):
        return
    kind = names[bearer.by]
    if not isinstance(kind, types.Enum):
        message = f"`{bearer.by}` is {types.describe(kind)}"
        draft.error(WRONG_VALUES, draft.span(*pointer, "by"), message, "it needs the type `enum`")
        return
    for value in bearer.values:
        if value not in kind.values:
            at = draft.key_span(*pointer, "values", value)
            draft.error(
                WRONG_VALUES,
                at,
                f"`{value}` is not a value of `{bearer.by}`",
                did_you_mean(value, kind.values),
            )
    left_out = ", ".join(f"`{value}`" for value in kind.values if value not in bearer.values)
    if left_out and set(bearer.values) <= set(kind.values):
        help = "name a party, or write `unknown` if the text does not say"
        draft.error(WRONG_VALUES, draft.key_span(*pointer, "values"), f"no party for {left_out}", help)


def bearer_expression(draft: Draft, bearer: Bearer, *pointer: str | int) -> Expression:
    """Returns the party as an expression of the fact."""
    at = draft.span(*pointer)

    def one(party: str) -> Expression:
        open_one = Open("the policy leaves open who it is", at)
        return open_one if party == UNKNOWN else build.literal(party, at)

    if bearer.by is None:
        return one(bearer.values[""])
    fact = build.name(bearer.by, at)
    cases = [
        (build.equals(fact, build.literal(value, at), at), one(party))
        for value, party in bearer.values.items()
    ]
    # Every value has a party, so the last one needs no condition: a party that all agree on is known.
    return build.choose(cases[:-1], cases[-1][1], at)
