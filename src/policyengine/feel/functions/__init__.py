"""The built-in functions: everything about one stands in its entry, in the module of its topic.

In: nothing. Out: `BUILTINS`, the functions of the standard by their names; `WRITTEN`, those that authors of
policies may call, without a clock, with what `sum` means there; and `LIBRARY`, these with the functions that
policies are lowered to.

An entry (`types.signatures.Function`) says how the function is called and what it gives, runs it, and says
what becomes of unknown arguments (`strict`) and whether it can fail (`total`).
Evaluation, the checker, generated code and columns read the entries; nothing above feel defines a function.
To add one, add an entry to the table `FUNCTIONS` of a module: it works everywhere. Two tables give some
functions more, by the same names: `codegen.function_source` has source that looks at the arguments, and
`engine.columns.calls.COLUMN_FORMS` has expressions of Polars; columns compute all others row by row.
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
    windows,
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
        **periods.IN_POLICIES,
        **ranges.FUNCTIONS,
        **contexts.FUNCTIONS,
    }
)
WRITTEN: Library = MappingProxyType({**date_time.without_clock(BUILTINS), **aggregates.IN_POLICIES})
LIBRARY: Library = MappingProxyType(
    {**WRITTEN, **periods.FUNCTIONS, **conditions.LOWERED, **windows.FUNCTIONS}
)
