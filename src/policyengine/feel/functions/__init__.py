"""The built-in functions: everything about one stands in its entry, in the module of its topic.

In: nothing. Out: `BUILTINS`, the functions of the standard by their names, and `LIBRARY`, those that an
expression of a policy may call: without a clock, with the functions that policies are lowered to.

An entry (`types.signatures.Function`) says how the function is called and what it gives, runs it, has its
source where generated code needs no call, and says what becomes of unknown arguments (`strict`, `total`).
To add a function, add an entry to the table `FUNCTIONS` of a module. Columns have their forms in one table
of `engine.columns`, by the same names. Evaluation, the checker, generated code and columns read the
entries; nothing above feel defines a function.
"""

from __future__ import annotations

from types import MappingProxyType

from policyengine.feel.functions import (
    aggregates,
    conditions,
    contexts,
    conversion,
    date_time,
    lists,
    numeric,
    periods,
    ranges,
    text,
)
from policyengine.feel.types.signatures import Library

BUILTINS: Library = MappingProxyType(
    {
        **conversion.FUNCTIONS,
        **conditions.FUNCTIONS,
        **text.FUNCTIONS,
        **lists.FUNCTIONS,
        **aggregates.FUNCTIONS,
        **numeric.FUNCTIONS,
        **date_time.FUNCTIONS,
        **ranges.FUNCTIONS,
        **contexts.FUNCTIONS,
    }
)
LIBRARY: Library = MappingProxyType(
    {**date_time.without_clock(BUILTINS), **periods.FUNCTIONS, **conditions.LOWERED}
)
