"""Tables: a value looked up by rows of tests, by keys, or by bands over a number.

Only `KIND` leaves this package.
"""

from policyengine.kinds.table.table import KIND as KIND
