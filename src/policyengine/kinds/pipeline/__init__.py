"""Pipeline: the stages that something passes, and the gates between them.

In: `stages` as written. Out: `KIND`, and nothing else leaves this package. `checks` tells what is wrong with
them, `pipeline` lowers them, and `words` tells their changes.
"""

from policyengine.kinds.pipeline.pipeline import KIND as KIND
