"""Values as findings hold them: typed for people and for JSON, not for arithmetic."""

from __future__ import annotations

from decimal import Decimal

from policyengine.feel.types import Number, Type
from policyengine.feel.values import Unknown


def as_shown(value: object, kind: Type | None, digits: int) -> object:
    """Counts as `int`, money with at least the digits of its minor unit, everything else as it is."""
    if value is None or isinstance(value, Unknown):
        return None
    if isinstance(value, Decimal) and isinstance(kind, Number):
        if kind.unit == "count" and value == value.to_integral_value():
            return int(value)
        exponent = value.as_tuple().exponent
        if kind.unit == "money" and isinstance(exponent, int) and exponent > -digits:
            return value.quantize(Decimal(1).scaleb(-digits)) if abs(value) < Decimal("1e30") else value
    return value
