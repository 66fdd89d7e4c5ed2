"""Reads what FEEL means, as data: `standard/*.yaml`, a block for every signature and every operator.

A row has the arguments and then the value. Numbers, texts, `true`, `false`, `~` (null), lists and contexts
are written as YAML has them, other values with a tag: `!date`, `!time`, `!moment`, `!days`, `!months`,
`!range`, and `!feel` for a function. `unknown` is a fact that nobody knows.
Nothing of ours reads these values.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml

from policyengine.feel.values.values import DateTime, Failure, Missing, Months, Range, Time, Unknown

FOLDER = Path(__file__).parent / "standard"
NAMES = ("a", "b", "c", "d", "e", "f", "g")


@dataclass(frozen=True, slots=True)
class Source:
    """A function as FEEL writes it."""

    text: str


class _Unknown:
    """A fact that nobody knows."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True, slots=True)
class Row:
    """One case: the arguments and the value that comes out. `like` are known arguments of the same types.

    `form` is what the row is a case of; with `tests` it is a cell that the one argument may pass.
    """

    form: str
    function: str | None
    parameters: tuple[str, ...]
    arguments: tuple[object, ...]
    value: object
    edge: bool
    like: tuple[object, ...]
    tests: bool = False

    def text(self, sources: Sequence[str]) -> str:
        """The expression with these texts for the arguments."""
        if self.function is not None:
            return f"{self.function}({', '.join(sources)})"
        by_name = dict(zip(NAMES, sources, strict=False))
        return re.sub(r"\b[a-g]\b", lambda found: by_name.get(found[0], found[0]), self.form)

    def named(self, sources: Sequence[str]) -> str | None:
        """The call with named arguments, turned round where names alone tell which is which; or None."""
        unnamed = any("..." in name or name in ("then", "every") for name in self.parameters)
        if self.function is None or not sources or unnamed:
            return None
        pairs = [f"{name}: {one}" for name, one in zip(self.parameters, sources, strict=False)]
        turned = pairs if {"point", "range"} == set(self.parameters) else reversed(pairs)
        return f"{self.function}({', '.join(turned)})"

    def __str__(self) -> str:
        return f"{self.text([repr(one) for one in self.arguments])} is {self.value!r}"


def holds(value: object, wanted: object) -> bool:
    """Whether a value is, or has within it, the wanted one: `None` or `UNKNOWN`."""
    if isinstance(value, list):
        return any(holds(one, wanted) for one in value)
    if isinstance(value, dict):
        return any(holds(one, wanted) for one in value.values())
    return value is wanted


def same(expected: object, found: object) -> bool:
    """Whether a value is the expected one; of an endless number the first digits are written."""
    if isinstance(expected, list) and isinstance(found, (list, tuple)):
        return len(expected) == len(found) and all(map(same, expected, found))
    if isinstance(expected, dict) and isinstance(found, Mapping):
        return expected.keys() == found.keys() and all(same(one, found[key]) for key, one in expected.items())
    if isinstance(expected, Decimal) and isinstance(found, Decimal):
        places = max(-int(expected.as_tuple().exponent), 0)
        return expected == found if places < 30 else abs(expected - found) < Decimal(1).scaleb(-30)
    if expected is UNKNOWN:
        return isinstance(found, Unknown) and all(isinstance(cause, Missing) for cause in found.causes)
    return type(expected) is type(found) and expected == found


def same_in_policies(expected: object, found: object) -> bool:
    """The same in a policy, where what has no answer is not null but unknown, for a reason."""
    if isinstance(expected, list) and isinstance(found, (list, tuple)):
        return len(expected) == len(found) and all(map(same_in_policies, expected, found))
    if expected is None and isinstance(found, Unknown):
        return all(isinstance(cause, Failure) for cause in found.causes)
    return same(expected, found)


def is_other_in_policies(row: Row) -> bool:
    """Whether a policy gives another value than the standard, which `data/policy.txt` has.

    The sum of an empty list is 0 there, and a loop over a range that is worked out never counts down.
    """
    if row.form == "sum(list)":
        return row.arguments == ([],)
    if row.form != "for x in a..b return x":
        return False
    first, last = row.arguments
    return isinstance(first, Decimal) and isinstance(last, Decimal) and first > last


def rows() -> Iterator[Row]:
    """Every row of every file."""
    for path in sorted(FOLDER.glob("*.yaml")):
        for block in yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader):
            yield from _rows(block)


def _rows(block: Mapping[str, Any]) -> Iterator[Row]:
    assert block.keys() <= {"function", "arguments", "form", "tests", "cases", "edges"}, block
    function, parameters = block.get("function"), tuple(block.get("arguments", ()))
    form = block.get("form") or block.get("tests") or f"{function}({', '.join(parameters)})"
    cases, edges = block["cases"], block.get("edges", [])
    longest = max(cases, key=len)
    for row in (*cases, *edges):
        yield Row(
            form,
            function,
            parameters,
            tuple(row[:-1]),
            row[-1],
            row in edges,
            tuple(longest[:-1]),
            "tests" in block,
        )


class _Loader(yaml.SafeLoader):
    pass


_Loader.yaml_implicit_resolvers = {}
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_Loader.add_implicit_resolver("!number", re.compile(rf"^{_NUMBER.pattern}$"), list("-0123456789"))
_Loader.add_implicit_resolver("!boolean", re.compile("^(true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver("!null", re.compile("^~$"), ["~"])
_Loader.add_implicit_resolver("!unknown", re.compile("^unknown$"), ["u"])


def _date(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def _time(text: str) -> Time:
    clock, zone, name = text.partition("@")
    found = re.fullmatch(r"(\d\d):(\d\d):([\d.]+)(Z|[+-]\d\d:\d\d)?", clock)
    assert found is not None, text
    offset = None
    if found[4] is not None:
        hours, minutes = (0, 0) if found[4] == "Z" else map(int, found[4][1:].split(":"))
        offset = (hours * 3600 + minutes * 60) * (-1 if found[4].startswith("-") else 1)
    return Time(int(found[1]), int(found[2]), Decimal(found[3]), offset, name if zone else None)


def _moment(text: str) -> DateTime:
    date, _, time = text.partition("T")
    return DateTime(_date(date), _time(time))


def _days(text: str) -> datetime.timedelta:
    found = re.fullmatch(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?", text)
    assert found is not None, text
    days, hours, minutes = (int(found[at] or 0) for at in (2, 3, 4))
    micros = int(Decimal(found[5] or 0) * 1_000_000)
    length = datetime.timedelta(days=days, hours=hours, minutes=minutes, microseconds=micros)
    return -length if found[1] else length


def _months(text: str) -> Months:
    found = re.fullmatch(r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?", text)
    assert found is not None, text
    months = 12 * int(found[2] or 0) + int(found[3] or 0)
    return Months(-months if found[1] else months)


def _range(text: str) -> Range:
    low, _, high = text[1:-1].partition("..")
    return Range(_end(low), _end(high), text[0] == "[", text[-1] == "]")


def _end(text: str) -> object:
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    return _date(text) if text[0].isdigit() else text


_READ = {
    "!number": Decimal, "!boolean": "true".__eq__, "!null": lambda _: None, "!unknown": lambda _: UNKNOWN,
    "!date": _date, "!time": _time, "!moment": _moment, "!days": _days, "!months": _months, "!range": _range,
    "!feel": Source,
}  # fmt: skip
for _tag, _read in _READ.items():
    _Loader.add_constructor(_tag, lambda loader, node, read=_read: read(loader.construct_scalar(node)))
