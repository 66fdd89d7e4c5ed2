"""Tables: a value looked up by rows of tests, by keys, or by bands over a number.

In: a table as written. Out: `KIND`, and nothing else leaves this package. `inputs`, `rows`, `bands` and
`outputs` read the parts, `proof` finds gaps, overlaps and dead rows (on `axis`, `boxes` and `cover`), and
`result` makes the expression of what the table gives.
"""

from policyengine.kinds.table.table import KIND as KIND
