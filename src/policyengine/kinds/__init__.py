"""The kinds of policy: one module a kind, named like it; a new kind is one more module and its name here.

In: a policy as written. Out: for each kind a `KIND`, which has the model, checks a policy and lowers it to
the graph. Kinds do not import each other, and nobody imports a module of a kind: all that is above asks
`KINDS`, which imports a kind when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from policyengine.policy.kind import AnyKind

NAMES = (
    "matrix",
    "tiers",
    "pipeline",
    "billing",
    "obligations",
    "table",
    "scorecard",
    "waivers",
)


class _Kinds(Mapping[str, AnyKind]):
    """Knows the kinds by their names alone."""

    def __getitem__(self, name: str) -> AnyKind:
        if name not in NAMES:
            raise KeyError(name)
        kind: AnyKind = import_module(f"policyengine.kinds.{name}").KIND
        return kind

    def __contains__(self, name: object) -> bool:
        return name in NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


KINDS: Mapping[str, AnyKind] = _Kinds()
"""Every kind by the name that stands after `kind:`."""
