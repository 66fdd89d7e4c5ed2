"""`not`, and the questions about what is known that policies ask beyond the standard."""

from __future__ import annotations

from policyengine.feel.types.signatures import function, signature, table
from policyengine.feel.types.types import BOOLEAN
from policyengine.feel.values.values import Unknown


def _not(condition: bool | Unknown | None) -> object:
    return (not condition) if isinstance(condition, bool) else condition


def _is_defined(value: object) -> object:
    return value is not None and not isinstance(value, Unknown)


FUNCTIONS = table(
    function("not", signature("negand: boolean or null", BOOLEAN, _not)),
    function("is defined", signature("value: any", BOOLEAN, _is_defined), settles=True),
    function("is true", signature("value: any", BOOLEAN, lambda value: value is True), settles=True),
)
