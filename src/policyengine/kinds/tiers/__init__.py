"""Tiers: which level is reached, what it grants, what is missing for the next one.

In: levels as written. Out: `KIND`, and nothing else leaves this package. `tiers` checks and lowers; `measure`
finds gaps and overlaps in the ranges that levels claim, which are `intervals`.
"""

from policyengine.kinds.tiers.tiers import KIND as KIND
