"""Obligations: what must be done by when, what must hold until when, and what may be done in a window.

In: `obligations` and `rights` as written. Out: `KIND`, and nothing else leaves this package. `obligations`
lowers duties, `rights` rights, and `duty_changes` tells their changes.
"""

from policyengine.kinds.obligations.obligations import KIND as KIND
