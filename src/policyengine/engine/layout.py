"""The findings table: one row a finding, for a whole partner base. Its columns, and its rows for one record.

The columns of values are those fields of the findings that are single values, so a new kind of finding
brings its own. Both engines fill this table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Literal

from policyengine.dataclass import dataclass
from policyengine.decision.findings import SECTIONS, Figure, Finding, Missing
from policyengine.decision.json_shape import plain
from policyengine.feel.values.arithmetic import unsigned
from policyengine.policy.vocabulary import Vocabulary

ColumnKind = Literal["text", "texts", "count", "exact", "date"]
Row = tuple[object, ...]
MISSING = "missing"
DIGITS = 10
"""So many digits after the point an exact number of the table has at most; more are rounded half up."""
LARGEST = 10 ** (38 - DIGITS)
"""An exact number of the table lies below this, either way."""
LARGEST_COUNT = 2**63
"""A whole number of the table lies below this, and not below its negative."""
RANKS: Mapping[str, int] = {name: i for i, name in enumerate((*SECTIONS, MISSING))}
"""The sections of the table in the order in which they stand in it."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: `exact` is a decimal number, `texts` a list of texts.

    Every row has something in a column that is `always` there.
    """

    name: str
    kind: ColumnKind
    about: str
    always: bool = False


_KINDS: Mapping[str, ColumnKind] = {"str": "text", "date": "date", "Decimal": "exact", "int": "count"}
_BASE = frozenset(field.name for field in fields(Finding)) | {"text"}
"""Fields without a column of their own; the `text` of a figure is for people, its value has a column."""


def value_fields(finding: type[Finding]) -> dict[str, ColumnKind]:
    """The fields of a kind of finding that are single values: no titles, nothing that has parts."""
    found = {field.name: _KINDS.get(str(field.type).removesuffix(" | None")) for field in fields(finding)}
    return {
        name: kind
        for name, kind in found.items()
        if kind is not None and name not in _BASE and not name.endswith("_title")
    }


def _value_columns() -> Iterator[Column]:
    owners: dict[str, list[str]] = {}
    kinds: dict[str, ColumnKind] = {}
    for section, finding in SECTIONS.items():
        for name, kind in value_fields(finding).items():
            owners.setdefault(name, []).append(section)
            kinds[name] = kind
    for name, sections in owners.items():
        yield Column(name, kinds[name], f"of {' and '.join(sections)}")


VALUE_COLUMNS = tuple(_value_columns())
COLUMNS: tuple[Column, ...] = (
    Column("row", "count", "the number of the record in the input, from 1", always=True),
    Column("key", "text", "the key of the record"),
    Column("entity", "text", "the entity that is judged, such as `partner` or `account`", always=True),
    Column("subject", "text", "the key of the subject within the record; empty for the record itself"),
    Column("position", "count", "its place in its list, from 1; empty for the record itself"),
    Column(
        "section",
        "text",
        "the list of the decision: " + ", ".join(f"`{name}`" for name in RANKS),
        always=True,
    ),
    Column(
        "policy", "text", "the id of the policy; of derived facts that of the program; empty in `missing`"
    ),
    Column(
        "id", "text", "the id of the part of the policy; the name of a figure, of a missing fact", always=True
    ),
    Column("status", "text", "the outcome; empty in `missing`"),
    *VALUE_COLUMNS,
    Column("value", "text", "of figures: the value; empty where it is not known, or there is none"),
    Column("needed_by", "texts", "of `missing`: the findings and figures that the fact would help to settle"),
    Column("basis", "text", "`stated` or `assumed`"),
    Column("at", "text", "the place of the rule: file, line, column"),
)
NAMES = tuple(column.name for column in COLUMNS)


def owner_columns(vocabulary: Vocabulary) -> dict[str, str]:
    """The entities that others stand in below the record, from the outside in, each with its column."""
    below = vocabulary.below(vocabulary.root)
    return {entity: f"in_{entity}" for entity in below if vocabulary.children(entity)}


def columns_of(vocabulary: Vocabulary) -> tuple[Column, ...]:
    """The columns of the table of a program: after the common ones, one for each level above a subject."""
    titles = {entity: vocabulary.entities[entity].title for entity in vocabulary.entities}
    return (
        *COLUMNS,
        *(Column(name, "text", f"the key of the {titles[entity]} that the subject stands in")
          for entity, name in owner_columns(vocabulary).items()),
    )  # fmt: skip


_AT = {name: i for i, name in enumerate(NAMES)}
_BLANK: Row = (None,) * len(COLUMNS)


def finding_row(row: int, key: str | None, finding: Finding) -> Row:
    """The row of a finding, without the columns of the levels above."""
    line = list(_BLANK)
    subject = finding.subject
    line[:9] = (
        row, key, subject.entity, None if subject.root else subject.key,
        None if subject.root else subject.position, finding.section, finding.policy, finding.id,
        finding.status,
    )  # fmt: skip
    for name, at in _FIELDS[type(finding)]:
        value = getattr(finding, name)
        line[at] = value if value.__class__ not in _NUMBERS else table_value(value, COLUMNS[at].kind)
    line[_AT["basis"]] = finding.basis
    line[_AT["at"]] = str(finding.origin.at)
    return tuple(line)


_FIELDS: dict[type[Finding], tuple[tuple[str, int], ...]] = {
    finding: tuple((name, _AT[name]) for name in value_fields(finding)) for finding in SECTIONS.values()
}


class TooLarge(Exception):  # noqa: N818  # turned into a reject
    """A number that the table has no room for."""


_NUMBERS = frozenset({Decimal, int})
_PLACES = Context(prec=100, rounding=ROUND_HALF_UP)
_LAST = Decimal(1).scaleb(-DIGITS)


def table_value(value: Any, kind: ColumnKind) -> Decimal | int:
    """A number as a column of this kind holds it; raises `TooLarge` where it does not."""
    if kind != "count":
        return table_number(Decimal(value))
    if value != int(value):
        raise TooLarge(f"{value} is not a whole number, but its column holds whole numbers")
    if not -LARGEST_COUNT <= value < LARGEST_COUNT:
        raise TooLarge(f"a whole number of {value:.6e} is beyond what a table holds")
    return int(value)


def table_number(value: Decimal) -> Decimal:
    """A number as the table holds it; raises `TooLarge` where it does not."""
    if not value.is_finite() or abs(value) >= LARGEST:
        raise TooLarge(f"an amount of {value:.6e} is beyond what a table holds")
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DIGITS:
        return unsigned(value.quantize(_LAST, context=_PLACES))
    return value


def figure_row(row: int, key: str | None, figure: Figure, digits: int) -> Row:
    """The row of a figure, whose value has at least so many digits after the point."""
    line = list(finding_row(row, key, figure))
    line[_AT["value"]] = value_text(figure.value, digits)
    return tuple(line)


def missing_row(row: int, key: str | None, root: str, missing: Missing) -> Row:
    """The row of a missing fact."""
    line = list(_BLANK)
    subject = None if missing.entity == root else missing.key
    line[:8] = (row, key, missing.entity, subject, None, MISSING, None, missing.fact)
    line[_AT["needed_by"]] = missing.needed_by
    return tuple(line)


def value_text(value: object, digits: int = 0) -> str | None:
    """A value of any type as the text of its cell: exact numbers in full, dates as ISO 8601.

    A number, also one within a list, has no zeros at its end beyond so many digits after the point, and at
    least those.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    written = _written(value, digits)
    if isinstance(written, str):
        return written
    return str(written) if isinstance(written, int) else json.dumps(written, ensure_ascii=False)


def _written(value: object, digits: int) -> object:
    if isinstance(value, Decimal):
        return number_text(value, digits)
    if isinstance(value, Mapping):
        return {str(name): _written(each, digits) for name, each in value.items()}
    return [_written(each, digits) for each in value] if isinstance(value, (list, tuple)) else plain(value)


def number_text(value: Decimal, digits: int) -> str:
    """A number in full, with at least so many digits after the point and no zeros beyond them."""
    text = f"{value:f}"
    whole, point, rest = text.partition(".")
    if point:
        rest = rest.rstrip("0")
    rest = rest.ljust(digits, "0")
    return f"{whole}.{rest}" if rest else whole
