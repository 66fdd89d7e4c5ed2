"""The kinds of policy. One file a kind; a new kind is one more file and its name here, twice."""

from __future__ import annotations

from collections.abc import Mapping

from policyengine.kinds import (
    billing,
    matrix,
    obligations,
    pipeline,
    table,
    tiers,
)
from policyengine.policy.kind import AnyKind

KINDS: Mapping[str, AnyKind] = {
    module.KIND.name: module.KIND
    for module in (
        matrix,
        tiers,
        pipeline,
        billing,
        obligations,
        table,
    )
}
"""Every kind by the name that stands after `kind:`."""
