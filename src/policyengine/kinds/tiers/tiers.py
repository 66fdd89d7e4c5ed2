"""Tiers: which level is reached, what it grants, what is missing for the next one.

Levels stand in ascending order. A level is reached when its own tests and all requirements hold, those
of every level (`requires`) and its own; the highest one reached counts. The tests of one fact, the
`measure`, are analysed: every value must belong to exactly one level, or lie below the first one, where
`otherwise` speaks. The level is a value of the entity, which any expression may use.
"""

from __future__ import annotations

from policyengine.kinds.tiers import claims, lasting, measure
from policyengine.kinds.tiers.claims import check
from policyengine.kinds.tiers.level_changes import describe
from policyengine.kinds.tiers.level_parts import Tiers
from policyengine.kinds.tiers.level_value import exports
from policyengine.kinds.tiers.rungs import lower
from policyengine.policy.kind import Kind

KIND = Kind(
    "tiers",
    "which level is reached, what it grants, what is missing for the next one",
    Tiers,
    ("levels", "discounts"),
    check,
    lower,
    (*claims.CODES, *measure.CODES, *lasting.CODES),
    exports,
    describe,
)
