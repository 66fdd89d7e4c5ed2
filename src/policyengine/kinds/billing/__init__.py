"""Billing: charges, net of the discounts in force, and when they fall due.

In: charges as written. Out: `KIND`, and nothing else leaves this package. `charges` has the model and its
mistakes, `schedule` the due dates and the periods of a charge, `billing` what it comes to, and `sentences` a
change of it in words.
"""

from policyengine.kinds.billing.billing import KIND as KIND
