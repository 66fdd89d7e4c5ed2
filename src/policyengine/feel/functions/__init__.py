"""The built-in functions, by their names."""

from __future__ import annotations

from types import MappingProxyType

from policyengine.feel.functions import (
    aggregates,
    contexts,
    conversion,
    dates,
    lists,
    logic,
    numeric,
    ranges,
    spans,
    text,
)
from policyengine.feel.types.signatures import Library

BUILTINS: Library = MappingProxyType(
    {
        **conversion.FUNCTIONS,
        **logic.FUNCTIONS,
        **text.FUNCTIONS,
        **lists.FUNCTIONS,
        **aggregates.FUNCTIONS,
        **numeric.FUNCTIONS,
        **dates.FUNCTIONS,
        **ranges.FUNCTIONS,
        **spans.FUNCTIONS,
        **contexts.FUNCTIONS,
    }
)
