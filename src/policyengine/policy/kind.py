"""The interface of a kind of policy: its model, its mistakes, and how it is lowered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code
from policyengine.policy.base import Policy
from policyengine.policy.change_context import ChangeContext
from policyengine.policy.draft import Draft
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.vocabulary import DerivedFact, Vocabulary, Waiving

P = TypeVar("P", bound=Policy)


def no_results(unit: PolicyDocument, vocabulary: Vocabulary) -> Mapping[str, DerivedFact]:
    """Exports nothing, as most kinds do."""
    return {}


def waives_nothing(unit: PolicyDocument, vocabulary: Vocabulary) -> Sequence[Waiving]:
    """Waives nothing, as all kinds do but one."""
    return ()


def in_general(context: ChangeContext) -> str | None:
    """Leaves the description of a change to the general wording, as most kinds do."""
    return None


@dataclass(frozen=True, slots=True)
class Kind(Generic[P]):
    """A family of policies.

    `check` reports what is wrong with a policy of it although its form is right; `lower` drafts its part
    of the graph. `summary` says in one line what it is for, `sections` which lists of a decision it fills.
    `exports` tells the names, at the entity of the policy, that expressions everywhere may use. `describe`
    puts a change of a part into one sentence, where it knows a better one than holds for all kinds. `waives`
    gives the waivers of what other policies ask for.
    """

    name: str
    summary: str
    model: type[P]
    sections: tuple[str, ...]
    check: Callable[[P, Draft], None]
    lower: Callable[[P, Draft], None]
    codes: tuple[Code, ...]
    exports: Callable[[PolicyDocument, Vocabulary], Mapping[str, DerivedFact]] = no_results
    describe: Callable[[ChangeContext], str | None] = in_general
    waives: Callable[[PolicyDocument, Vocabulary], Sequence[Waiving]] = waives_nothing


AnyKind = Kind[Any]
