"""The ledger of a source document: each statement of it, and what became of it in the policies.

A ledger never holds a sentence of its document. `says` is a paraphrase; the fingerprint (copies/words.py)
finds the sentence again in a copy of the document.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from policyengine.policy.base import Count, Date, Id, Many, NameOf, Part, SourceName, Text, field, of_text

_RULE = re.compile(r"[a-z][a-z0-9_-]*(?:/[a-z][a-z0-9_-]*)*|[a-z][a-z0-9_-]*\.[A-Za-z][A-Za-z0-9_]*")
_PRINT = re.compile(r"[1-9][0-9]{0,4}-[0-9a-f]{16}-[0-9a-f]{16}")
Outcome = Literal["encoded", "no_rule", "open"]
OUTCOMES: tuple[Outcome, ...] = ("encoded", "no_rule", "open")


def _rule(text: str) -> str:
    if not _RULE.fullmatch(text):
        raise ValueError(f"`{text[:60]}` is not the name of a rule; write `policy/part`, or `entity.fact`")
    return text


def _print(text: str) -> str:
    if not _PRINT.fullmatch(text):
        raise ValueError(f"`{text[:60]}` is not a fingerprint; `policyengine sources --start FILE` writes it")
    return text


RuleName = Annotated[
    str, NameOf("rule"), of_text(_rule, {"type": "string", "pattern": f"^({_RULE.pattern})$"})
]
Fingerprint = Annotated[str, of_text(_print, {"type": "string", "pattern": f"^{_PRINT.pattern}$"})]


class Statement(Part):
    """One thing that a document says, and what became of it: `encoded`, `no_rule` or `open`."""

    id: Id
    section: Text | None = field(default=None, description="the section or heading under which it stands")
    row: Count | None = field(default=None, description="its sentence, item or row in the section, from 1")
    says: Text = field(description="what it says, in your own words")
    fingerprint: Fingerprint | None = field(
        default=None,
        description="finds its words in a copy: how many, their hash, a sketch; none for what is left unsaid",
    )
    encoded: Many[RuleName] = field(
        default=(), min_length=1, description="the rules that it became: `policy/part`, or `entity.fact`"
    )
    no_rule: Text | None = field(default=None, description="why no rule follows from it")
    open: Text | None = field(default=None, description="why it is not decided yet what becomes of it")

    def __post_init__(self) -> None:
        told = [name for name in OUTCOMES if getattr(self, name)]
        if len(told) != 1:
            which = " and ".join(f"`{name}`" for name in told) or "nothing"
            raise ValueError(
                f"`{self.id}` says {which}; write one of `encoded: [rules]`, `no_rule: why`, `open: reason`"
            )

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        return next(name for name in OUTCOMES if getattr(self, name))

    @property
    def reason(self) -> str | None:
        """Why it is no rule, or still open."""
        return self.no_rule or self.open


class Ledger(Part):
    """The statements of one document, in the order in which they stand there."""

    kind: Literal["statements"]
    document: SourceName = field(description="one of the program's `sources`")
    read_on: Date | None = field(default=None, description="the day of the copy that was read")
    note: Text | None = field(default=None, description="what a reader should know about the copy")
    statements: Many[Statement] = field(min_length=1)
