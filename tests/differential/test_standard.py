"""What FEEL means, by our own cases, as the engine works it out for a record: facts known and unknown."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.differential.compare import TODAY
from tests.feel.standard_cases import (
    UNKNOWN,
    Row,
    Source,
    holds,
    is_other_in_policies,
    rows,
    same_in_policies,
)

from policyengine.engine.reference.scope import root_scope
from policyengine.engine.rows.engine import compile_graph
from policyengine.feel.checker.checker import check
from policyengine.feel.functions import LIBRARY
from policyengine.feel.syntax.parser import parse
from policyengine.feel.syntax.printing import print_value
from policyengine.feel.values.values import DateTime, Months, Range, Time
from policyengine.policy.model_reader import read_plain
from policyengine.policy.rule import Node
from policyengine.policy.vocabulary import Declarations, Vocabulary
from policyengine.program.graph import Graph
from policyengine.program.record import Record

_SCALARS = {Decimal: "number", str: "text", bool: "boolean", datetime.date: "date"}
BY_FORM: dict[str, list[Row]] = {}
for _row in rows():
    if not _row.tests and not holds(list(_row.arguments), None) and not is_other_in_policies(_row):
        BY_FORM.setdefault(_row.form, []).append(_row)


class Facts:
    """The leaves of arguments as facts of a record; those that are unknown are left out of it."""

    def __init__(self) -> None:
        self.types: dict[str, str] = {}
        self.known: dict[str, object] = {}

    def of(self, value: object, like: object) -> str:
        """A value as an expression of facts; what is unknown has the type of the value that it is like."""
        if value is UNKNOWN:
            return self._unknown(like)
        if type(value) in _SCALARS:
            return self._fact(_SCALARS[type(value)], value)
        if isinstance(value, Source):
            return value.text
        if isinstance(value, list):
            likes = like if isinstance(like, list) and like else [like]
            return (
                f"[{', '.join(self.of(one, likes[min(i, len(likes) - 1)]) for i, one in enumerate(value))}]"
            )
        if isinstance(value, dict):
            likes = like if isinstance(like, dict) else {}
            entries = [f"{key}: {self.of(one, likes.get(key, one))}" for key, one in value.items()]
            return f"{{{', '.join(entries)}}}"
        return print_value(value, inside=True) or ""

    def _unknown(self, like: object) -> str:
        if type(like) in _SCALARS:
            return self._fact(_SCALARS[type(like)], UNKNOWN)
        if like is UNKNOWN:
            return self._fact("number", UNKNOWN)
        flag = self._fact("boolean", UNKNOWN)
        return f"(if {flag} then {self.of(like, like)} else {self.of(_other(like), like)})"

    def _fact(self, kind: str, value: object) -> str:
        name = f"fact{len(self.types)}"
        self.types[name] = kind
        if value is not UNKNOWN:
            self.known[name] = value
        return name


def _other(like: object) -> object:
    """Another value of the same type, so that it matters which of the two it is."""
    match like:
        case list():
            return [*like, *like[:1]] if like else [Decimal(1)]
        case dict():
            return {**like, "other": Decimal(1)}
        case Source():
            return Source("function(x, y) x = y")
        case datetime.timedelta():
            return like + datetime.timedelta(1)
        case Months(months):
            return Months(months + 1)
        case Range():
            return replace(
                like, low=_later(like.low), low_closed=not like.low_closed, high_closed=not like.high_closed
            )
        case Time():
            parts = {"hour": like.hour + 1, "minute": like.minute + 1, "second": like.second + 1}
            return replace(like, **parts, zone=like.zone and "Etc/UTC")
        case DateTime(date, time):
            return DateTime(date + datetime.timedelta(400), _other(time))
    raise ValueError(like)


def _later(value: object) -> object:
    return value + datetime.timedelta(1) if isinstance(value, datetime.date) else value + 1


def _graph(texts: Sequence[str], types: Mapping[str, str]) -> Graph:
    facts: dict[str, Any] = {name: {"type": kind, "title": name} for name, kind in types.items()}
    entities = {"thing": {"title": "thing", "facts": facts or {"none": {"type": "text", "title": "none"}}}}
    declared = {"kind": "program", "id": "example", "title": "Example", "entities": entities}
    vocabulary = Vocabulary(read_plain(Declarations, declared))
    nodes: dict[str, Node] = {}
    graph = Graph(vocabulary, {"thing": nodes}, {}, (), ())
    names = vocabulary.names("thing")
    for i, text in enumerate(texts):
        expression = parse(text, [*names, "two words"], functions=LIBRARY).expression
        assert expression is not None, text
        nodes[f"x{i}"] = Node(f"x{i}", "thing", expression, expression.span)
        graph.types["thing", f"x{i}"] = check(expression, names, functions=LIBRARY).type
    return graph


@pytest.mark.parametrize("form", BY_FORM)
def test_form(form: str) -> None:
    facts = Facts()
    texts: list[tuple[Row, str]] = []
    for row in BY_FORM[form]:
        sources = [
            facts.of(one, like) for one, like in zip(row.arguments, (*row.like, *row.arguments), strict=False)
        ]
        texts += [(row, each) for each in (row.text(sources), row.named(sources)) if each]
    graph = _graph([text for _, text in texts], facts.types)
    record = Record("thing", facts.known, {})
    (instance,) = compile_graph(graph, TODAY).instances(record)["thing"]
    reference = root_scope(graph, record, TODAY)
    wrong = []
    for i, (row, text) in enumerate(texts):
        for way, found in (("walked", reference[f"x{i}"]), ("compiled", instance[f"x{i}"])):
            if not same_in_policies(row.value, found):
                wrong.append(f"{row} as {text}, {way}: {found!r}")
    assert wrong == []
