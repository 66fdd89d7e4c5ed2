"""Tiers: which level is reached, what it grants, what is missing for the next one.

In: `levels` as written. Out: `KIND`, and nothing else leaves this package. `claims` checks them; `measure`
finds gaps and overlaps in the ranges that levels claim, which are `intervals`; `rungs` lowers them,
`level_room` tells how they stand, `level_value` makes the level a value, and `words` tells their changes.
"""

from policyengine.kinds.tiers.tiers import KIND as KIND
