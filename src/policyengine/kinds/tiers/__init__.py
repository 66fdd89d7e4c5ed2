"""Tiers: which level is reached, what it grants, what is missing for the next one.

Only `KIND` leaves this package.
"""

from policyengine.kinds.tiers.tiers import KIND as KIND
