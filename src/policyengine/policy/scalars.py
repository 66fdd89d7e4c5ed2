"""The types of single values: one table, SCALARS, in which a new type is one more entry.

An entry says what the type is everywhere: in expressions (FEEL), in the JSON Schema of records, as the text
of a policy, a record or the cell of a table, as a value of Python, and in columns. Enums also depend on the
values that their fact declares, money on the currency of the program.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from policyengine.dataclass import dataclass
from policyengine.decision.wording import minor_digits
from policyengine.feel.types import types
from policyengine.feel.types.types import Number, Type
from policyengine.feel.values.values import Months
from policyengine.policy import quantities

_Take: TypeAlias = Callable[[Any], Any]
Storage: TypeAlias = Literal["text", "boolean", "whole", "exact", "date"]

ANY_TEXT: Final = "(?s:.*)"
_CENT: Final = Decimal("0.01")
_LARGEST: Final = 10**15
_DIGITS: Final = 15
_LONGEST: Final = 1000
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T]00:00(?::00(?:\.0+)?)?")
_PLAIN_NUMBER: Final = r"-?[0-9]{1,15}(\.[0-9]{1,10})?"
# The same without 1.250, which can be read two ways.
_ONE_WAY: Final = r"-?([0-9]{1,15}(\.([0-9]{1,2}|[0-9]{4,10}))?|(0[0-9]{0,2}|[0-9]{4,15})\.[0-9]{3})"


_CLASSES: Final[Mapping[Storage, type]] = MappingProxyType(
    {"text": str, "boolean": bool, "whole": Decimal, "exact": Decimal, "date": date}
)


class UnusualError(ValueError):
    """The value may be right; the reader of documents decides."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A type of single values.

    `feel` is its type in expressions (None for enums) and `schema` the JSON Schema of a value; `words` say
    what a record should give. `read` gives the value of a text, or raises `ValueError` with a sentence.
    `take` gives the value of plain Python data (None for an empty text), or raises `UnusualError`. `of_cell`
    gives the text that a record has for what a spreadsheet or a database writes. `storage` is what columns
    hold; they read cells that match `plain` by themselves (None: none of them). No value is below `least`,
    and none of a record beyond `most`, on either side, unless its fact says so. `usual` is the common size of
    a number: digits after the point, and all digits.
    """

    name: str
    feel: Type | None
    storage: Storage
    schema: Mapping[str, Any]
    words: str
    read: Callable[[str], Any]
    take: Callable[[Any], Any]
    of_cell: Callable[[str], str] = str.strip
    plain: str | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    usual: tuple[int, int] = (0, 0)

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.storage in ("whole", "exact")

    @property
    def classes(self) -> type | tuple[type, ...]:
        """The Python classes of its values."""
        return (Months, timedelta) if self.feel == types.DURATION else _CLASSES[self.storage]

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers."""
        return self.storage == "whole"


def limit(scalar: Scalar, text: str) -> Decimal:
    """Returns a bound of a numeric type; raises `ValueError` if the type is not numeric or the text wrong."""
    if not scalar.is_number:
        raise ValueError(f"a fact of type `{scalar.name}` has no `min` and no `max`")
    found: Decimal = (quantities.share if scalar.name == "rate" else scalar.read)(text)
    return found


def reader(kind: Type) -> Callable[[str], Any] | None:
    """Returns what reads a text of a policy as a value of a FEEL type; None for types without a text form."""
    if kind == types.RATE:
        return quantities.share
    if isinstance(kind, Number):
        if minor_digits(kind.currency) >= 3:
            return quantities.number
        kind = Number(kind.unit)
    return next((each.read for each in SCALARS.values() if each.feel == kind), None)


# Values of plain Python data


def _text(value: Any) -> str | None:
    if value.__class__ is not str or not value.isprintable() or len(value) > _LONGEST:
        raise UnusualError
    if not value.isascii():
        value = quantities.text(value)
    return value if value.strip() else None


def _boolean(value: Any) -> bool:
    if value is True or value is False:
        return value is True
    raise UnusualError


def _free_number(value: Any) -> Decimal:
    return _number(Decimal(value) if value.__class__ is quantities.Pointed else value)


def _number(value: Any) -> Decimal:
    cls = value.__class__
    if cls is int and -_LARGEST < value < _LARGEST:
        return Decimal(value)
    if cls is float:
        value = Decimal(str(value))
    elif cls is not Decimal:
        raise UnusualError
    if not value:
        return Decimal(0)
    if not value.is_finite() or not -_DIGITS < value.adjusted() < _DIGITS:
        raise UnusualError
    return value if value.same_quantum(_CENT) else quantities.number(f"{value:f}")


def _whole(value: Any) -> Decimal:
    if value.__class__ is int and -_LARGEST < value < _LARGEST:
        return Decimal(value)
    found = _number(value)
    if found != found.to_integral_value():
        raise UnusualError
    return found.quantize(Decimal(1))


def _of_text(
    read: Callable[[str], Any], otherwise: Callable[[Any], Any] | None = None
) -> Callable[[Any], Any]:
    """Reads a text; what is none goes to `otherwise`."""

    def take(value: Any) -> Any:
        if value.__class__ is str:
            return read(value) if value.strip() else None
        if otherwise is None:
            raise UnusualError
        return otherwise(value)

    return take


def _day(value: Any) -> date:
    if value.__class__ is date:
        return value
    raise UnusualError


# Cells of tables


def _truth_of_cell(text: str) -> str:
    """Returns `true` for the `TRUE` of a spreadsheet."""
    text = text.strip()
    return text.lower() if text.isascii() and text.lower() in ("true", "false") else text


def _day_of_cell(text: str) -> str:
    """Returns the day for the midnight that a database writes for it."""
    text = text.strip()
    midnight = _MIDNIGHT.fullmatch(text) if len(text) > 10 else None
    return text if midnight is None else midnight[1]


def _as_it_is(text: str) -> str:
    return text


# The table

_AMOUNT = {"type": ["number", "string"]}
_NUMBER_TEXT = r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?\s*$"
_RATE_TEXT = r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)\s*%?\s*$"
_TRUTH_CELL = "[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]"
_WHOLE_CELL = r"0|-?[1-9][0-9]{0,14}"
_DAY_CELL = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

SCALARS: Mapping[str, Scalar] = MappingProxyType(
    {
        each.name: each
        for each in (
            Scalar(
                "text", types.TEXT, "text", {"type": "string"}, "a text", quantities.text, _text, _as_it_is,
                ANY_TEXT,
            ),
            Scalar(
                "boolean", types.BOOLEAN, "boolean", {"type": "boolean"}, "`true` or `false`",
                quantities.boolean, _boolean, _truth_of_cell, _TRUTH_CELL,
            ),
            Scalar(
                "integer", types.COUNT, "whole", {"type": "integer"}, "a whole number",
                quantities.integer, _whole, plain=_WHOLE_CELL, usual=(0, 6),
            ),
            Scalar(
                "count", types.COUNT, "whole", {"type": "integer"}, "a whole number",
                quantities.count, _whole, plain=_WHOLE_CELL, least=Decimal(0), usual=(0, 6),
            ),
            Scalar(
                "number", types.NUMBER, "exact", {"type": "number"}, "a number",
                quantities.amount, _number, plain=_ONE_WAY, usual=(2, 9),
            ),
            Scalar(
                "money", types.money(""), "exact", {**_AMOUNT, "pattern": _NUMBER_TEXT}, "an amount",
                quantities.amount, _of_text(quantities.amount, _number), plain=_ONE_WAY, usual=(2, 12),
            ),
            Scalar(
                "rate", types.RATE, "exact", {**_AMOUNT, "pattern": _RATE_TEXT}, "a rate such as 40% or 0.4",
                quantities.rate, _of_text(quantities.rate, _free_number),
                plain=f"{_PLAIN_NUMBER} ?%?", most=Decimal(1), usual=(4, 6),
            ),
            Scalar(
                "date", types.DATE, "date", {"type": "string", "format": "date"}, "a date such as 2026-01-31",
                quantities.day, _of_text(quantities.day, _day), _day_of_cell, _DAY_CELL,
            ),
            Scalar(
                "period", types.DURATION, "text", {"type": "string", "format": "period"},
                "a period such as P1M", quantities.period, _of_text(quantities.period), _as_it_is,
            ),
            Scalar("enum", None, "text", {}, "one of its values", quantities.text, _text, plain=ANY_TEXT),
        )
    }
)  # fmt: skip
"""Every type by its name."""

FREE: Mapping[str, Scalar] = MappingProxyType(
    {
        **SCALARS,
        "number": replace(
            SCALARS["number"], read=quantities.number, take=_free_number, plain=_PLAIN_NUMBER
        ),
        "money": replace(
            SCALARS["money"], read=quantities.number, take=_of_text(quantities.number, _free_number),
            plain=_PLAIN_NUMBER,
        ),
    }
)  # fmt: skip
"""The same for facts of which `1.250` can only be read one way."""
