"""The compiled engine beside the reference, and beside plain Python, on the same expressions and facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import DecimalException, localcontext
from typing import Any

from tests.differential.expressions import ASCENDING, VALUES, Written

from policyengine.engine.reference.scope import Scope, root_scope
from policyengine.engine.rows.engine import Compiled, compile_graph
from policyengine.feel import parse
from policyengine.feel.checker.checker import check
from policyengine.feel.checker.choice_order import spell_out
from policyengine.feel.codegen.compiled_expression import generate
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.functions import LIBRARY
from policyengine.feel.limits import NUMBERS
from policyengine.feel.syntax.printing import unparse
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Unknown
from policyengine.policy.model_reader import read_plain
from policyengine.policy.rule import Node
from policyengine.policy.vocabulary import Declarations, Vocabulary
from policyengine.program.graph import Graph
from policyengine.program.record import Record

TODAY = date(2026, 11, 21)


def _fact(kind: str) -> dict[str, Any]:
    values = {"enum": {"values": list(VALUES)}, "choice": {"values": list(ASCENDING), "ordered": "true"}}
    return {"type": "enum" if kind == "choice" else kind, "title": kind, **values.get(kind, {})}


_DECLARED = read_plain(
    Declarations,
    {
        "kind": "program", "id": "example", "title": "Example", "currency": "EUR",
        "entities": {
            "thing": {
                "title": "thing",
                "facts": {
                    **{name: _fact("number") for name in ("n1", "n2", "m1", "r1")}, "c1": _fact("count"),
                    **{name: _fact("boolean") for name in ("b1", "b2", "b3")},
                    **{name: _fact("text") for name in ("t1", "t2")},
                    **{name: _fact("enum") for name in ("e1", "e2")},
                    **{name: _fact("choice") for name in ("o1", "o2")},
                    **{name: _fact("date") for name in ("d1", "d2")}, "words": _fact("list of text"),
                    **{name: _fact("period") for name in ("p1", "p2")},
                },
            },
            "row": {
                "title": "row", "within": "thing", "list": "rows",
                "facts": {
                    "n": _fact("number"), "c": _fact("count"), "f": _fact("boolean"), "e": _fact("enum"),
                    "d": _fact("date"), "o": _fact("choice"),
                },
            },
        },
    }
)  # fmt: skip
VOCABULARY = Vocabulary(_DECLARED)


def graph_of(expressions: Sequence[Written]) -> Graph:
    """A graph with a node for every expression: `x0`, `x1` ..."""
    nodes: dict[str, Node] = {}
    graph = Graph(VOCABULARY, {"thing": nodes}, {}, (), ())
    names = VOCABULARY.names("thing")
    for i, written in enumerate(expressions):
        parsed = parse(written.text, names, functions=LIBRARY)
        assert parsed.expression is not None, (written.text, parsed.diagnostics)
        checked = check(parsed.expression, names, functions=LIBRARY)
        tree = spell_out(parsed.expression, checked.orders)
        nodes[f"x{i}"] = Node(f"x{i}", "thing", tree, parsed.expression.span)
        graph.types["thing", f"x{i}"] = checked.type
    return graph


def record_of(facts: dict[str, Any], rows: list[dict[str, Any]] | None) -> Record:
    """A record of these facts."""
    lists = {} if rows is None else {"rows": tuple(Record("row", row) for row in rows)}
    return Record("thing", facts, lists)


def same(one: object, other: object) -> bool:
    """Whether two values are the same and are written the same; of what is not known the causes count."""
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Scope) and isinstance(other, Scope):
        return one.record is other.record
    return (
        type(one) is type(other) and one == other and (isinstance(one, Unknown) or repr(one) == repr(other))
    )


def differences(expressions: Sequence[Written], records: Sequence[Record]) -> Iterator[tuple[int, str]]:
    """How many comparisons were made, and each difference found, in words."""
    graph = graph_of(expressions)
    compiled = compile_graph(graph, TODAY)
    trees = [graph.nodes["thing"][f"x{i}"].expression for i in range(len(expressions))]
    for record in records:
        yield from _of_record(graph, compiled, expressions, record)
        yield from plain_differences(trees, [_scope(record)])


def _scope(record: Record) -> dict[str, object]:
    """The facts of a record as plain FEEL sees them; one that is missing is null."""
    rows = [row.facts for row in record.lists.get("rows", ())]
    return {**record.facts, "rows": [dict(row) for row in rows], "today": TODAY}


def plain_differences(
    trees: Sequence[Expression], scopes: Sequence[Mapping[str, object]]
) -> Iterator[tuple[int, str]]:
    """The same for generated code of plain FEEL beside its evaluator."""
    for tree in trees:
        generated = generate(tree)
        for scope in scopes:
            found, expected = generated.value(scope), evaluate(tree, scope)
            agrees = generated.run is not None and same(expected, found)
            yield 1, "" if agrees else f"{unparse(tree)} in plain FEEL: {found!r}, not {expected!r}"


def _of_record(
    graph: Graph, compiled: Compiled, expressions: Sequence[Written], record: Record
) -> Iterator[tuple[int, str]]:
    (instance,) = compiled.instances(record)["thing"]
    reference = root_scope(graph, record, TODAY)
    for i, written in enumerate(expressions):
        expected, found = reference[f"x{i}"], instance[f"x{i}"]
        yield 1, "" if same(expected, found) else f"{written.text}: {found!r}, not {expected!r}"
        plain = _plain(written, record)
        if plain is not None and not isinstance(expected, Unknown):
            yield 1, "" if same(plain, found) else f"{written.text}: {found!r}, not {plain!r} as in Python"


def _plain(written: Written, record: Record) -> object:
    """What plain Python says; None where it cannot say it, for want of a fact or of a result."""
    if written.plain is None:
        return None
    with localcontext(NUMBERS):
        try:
            return written.plain({**record.facts, "today": TODAY})
        except (KeyError, DecimalException, OverflowError):
            return None
