"""Children that stand in an order, and names that say whose value they are: what linking makes of them.

`this.fee` and `partner.fee` become names with a dot, which no item of a filter has. So does `previous.fee`.
What is worked out of the values of all children before one (`sum(earlier.fee)`, `count(earlier[paid])`,
`last(earlier[paid]).fee`) becomes a running total: a node that adds the child before to what that one has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from policyengine.diagnostics import Diagnostic, Report, did_you_mean
from policyengine.feel.expression_codes import UNKNOWN_PROPERTY
from policyengine.feel.functions import LIBRARY, WRITTEN
from policyengine.feel.syntax import build
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.parser import parse
from policyengine.feel.syntax.printing import unparse
from policyengine.feel.syntax.tree import Call, Expression, Filter, Literal, Name, Negate, Path, mapped, walk
from policyengine.feel.types import types
from policyengine.feel.types.types import Number, Type
from policyengine.policy.entity import AS_LISTED, EARLIER, IN_ORDER, POSITION, PREVIOUS, THIS
from policyengine.policy.policy_reader import excerpt
from policyengine.policy.rule import Node, Repeat
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.best_children import no_order
from policyengine.program.declaration_checks import NAME_TAKEN
from policyengine.program.graph import ORDER_BY, ORDER_RESTART
from policyengine.program.memo import Memo
from policyengine.program.totals_in_order import Edge, Stretch, linked, running, stretch_of
from policyengine.text.document import Document, Scalar

_LINKS = types.ListOf(types.COUNT)
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_TESTS = (
    syntax.Comparison, syntax.And, syntax.Or, syntax.In, syntax.Between, syntax.Quantified,
)  # fmt: skip


def order_nodes(vocabulary: Vocabulary, document: Document, report: Report) -> Iterator[Node]:
    """Yields what the children of each order are put in order by, and what it begins anew for."""
    for name, entity in vocabulary.entities.items():
        if entity.order is None:
            continue
        place = ("entities", name, "order")
        wrong = list(_mistakes(vocabulary, document, name))
        report.extend(wrong)
        if entity.order.by != AS_LISTED and not wrong:
            at = document.value_span((*place, "by"))
            yield Node(ORDER_BY, name, build.name(entity.order.by, at), at)
        written = document.at((*place, "restart"))
        if isinstance(written, Scalar):
            parsed = parse(excerpt(written), vocabulary.names(name), functions=WRITTEN)
            report.extend(parsed.diagnostics)
            if parsed.expression is not None:
                yield Node(ORDER_RESTART, name, parsed.expression, written.span)


def _mistakes(vocabulary: Vocabulary, document: Document, name: str) -> Iterator[Diagnostic]:
    entity, place = vocabulary.entities[name], ("entities", name, "order")
    if entity.within is None:
        message = f"`{name}` is the record itself, and stands in no list"
        yield NAME_TAKEN.at(document.key_span(place), message, help="give the order to an entity of a list")
    for fact in entity.facts:
        if fact in IN_ORDER:
            at = document.key_span(("entities", name, "facts", fact))
            message = f"`{fact}` has a meaning of its own where there is an `order`"
            yield NAME_TAKEN.at(at, message, help="choose another name")
    if entity.order is not None and entity.order.by != AS_LISTED:
        wrong = no_order(vocabulary, name, entity.order.by, document.value_span((*place, "by")))
        if wrong is not None:
            yield wrong


class Qualified(NamedTuple):
    """A node whose names say whose they are; the nodes that it takes; those names, with entity and type.

    The entity is "" for that of the node itself.
    """

    node: Node
    added: tuple[Node, ...]
    names: tuple[tuple[str, str, Type], ...]


def qualify(
    vocabulary: Vocabulary, nodes: dict[str, dict[str, Node]], repeats: Mapping[str, Repeat],
    memo: Memo, report: Report,
) -> dict[str, dict[str, Type]]:  # fmt: skip
    """Rewrites the nodes of a day; returns by entity the names with a dot that they use, with their types."""
    words = memo.of("qualifiers", (vocabulary,), report, lambda _: _qualifiers(vocabulary))
    found: dict[str, dict[str, Type]] = {}
    pending = [node for own in nodes.values() for node in own.values()]
    while pending:
        node = pending.pop()
        if words.isdisjoint(node.words.names):
            continue
        real = node.entity
        while real in repeats:
            real = repeats[real].within
        change = partial(_qualified, vocabulary, words, node, real)
        changed = memo.of(("qualified", real), (node, vocabulary), report, change)
        if changed is None:
            continue
        nodes[node.entity][node.name] = changed.node
        for entity, name, kind in changed.names:
            found.setdefault(entity or node.entity, {})[name] = kind
        for each in changed.added:
            if nodes.setdefault(each.entity, {}).setdefault(each.name, each) is each:
                pending.append(each)
    return found


def _qualifiers(vocabulary: Vocabulary) -> frozenset[str]:
    """The words that may stand before the dot of a name."""
    taken = {
        name
        for entity in vocabulary.entities
        for name in vocabulary.row(entity).fields
        if vocabulary.entities[entity].order is None or name not in IN_ORDER
    }
    ordered = any(entity.order is not None for entity in vocabulary.entities.values())
    words = {THIS, *vocabulary.entities, *(IN_ORDER if ordered else ())}
    return frozenset(words - taken)


def _qualified(
    vocabulary: Vocabulary, words: frozenset[str], node: Node, real: str, report: Report
) -> Qualified | None:
    """A node whose entity in records is `real`; None where there is nothing to rewrite."""
    one = _Expression(vocabulary, real, words, node.name)
    found = one.changed(node.expression, frozenset())
    report.extend(one.wrong)
    if found is node.expression:
        return None
    return Qualified(replace(node, expression=found), tuple(one.added.values()), tuple(one.names))


class _Expression:
    """One expression of an entity, that of a node of some name, while it is rewritten."""

    def __init__(self, vocabulary: Vocabulary, entity: str, words: frozenset[str], name: str) -> None:
        self._vocabulary = vocabulary
        self._entity = entity
        self._words = words
        self._name = name
        self._ordered = vocabulary.in_order(entity) if EARLIER in words else None
        self.added: dict[str, Node] = {}
        self.names: list[tuple[str, str, Type]] = []
        self.wrong: list[Diagnostic] = []

    def changed(self, node: Any, bound: frozenset[str]) -> Any:
        """A part with its names rewritten; `bound` are the variables around it."""
        if isinstance(node, Path) and isinstance(node.target, Name) and node.target.name not in bound:
            named = self._qualified(node.target.name, node)
            if named is not None:
                return named
        if self._ordered is not None and EARLIER not in bound:
            found = self._of_earlier(node)
            if found is not None:
                return found
        inner = bound | syntax.bound_by(node)
        if isinstance(node, Filter):
            own = self._ordered is not None and _is_of_siblings(node.target, self._list)
            within = inner | {PREVIOUS, EARLIER, POSITION} if own else inner
            target, condition = self.changed(node.target, bound), self.changed(node.condition, within)
            same = target is node.target and condition is node.condition
            return node if same else Filter(target, condition, node.span)
        return mapped(node, lambda part: self.changed(part, inner))

    @property
    def _list(self) -> str:
        return str(self._vocabulary.entities[str(self._ordered)].list)

    def _qualified(self, whose: str, node: Path) -> Name | None:
        if whose not in self._words or whose in (POSITION, EARLIER):
            return None
        vocabulary, name = self._vocabulary, f"{whose}.{node.name}"
        known, owner, _ = vocabulary.qualified(self._entity, name)
        if not known:
            return None
        fields = vocabulary.row(owner).fields
        if whose == PREVIOUS and (node.name not in fields or node.name in (PREVIOUS, EARLIER)):
            return None  # the checker reports it
        if node.name not in fields:
            kind = types.describe(types.Context({}, owner))
            advice = did_you_mean(node.name, fields)
            self.wrong.append(UNKNOWN_PROPERTY.at(node.span, f"{kind} has no `{node.name}`", help=advice))
            self.names.append(("", name, types.ANY))
            return Name(name, node.span)
        self.names.append(("", name, fields[node.name]))
        return Name(name, node.span)

    # Running totals

    def _of_earlier(self, node: Any) -> Expression | None:
        """What stands for a total of the children before this one; None where none can run along."""
        match node:
            case Call(Name("count"), (Name(name),)) if name == EARLIER:
                return syntax.Binary("-", Name(POSITION, node.span), build.literal(1, node.span), node.span)
            case Call(Name("count"), (Filter() as items,)):
                return self._total("count", items, None, node)
            case Call(Name("sum" | "min" | "max" as function), (Path(items, field),)):
                return self._total(function, items, field, node)
            case Path(Call(Name("last"), (items,)), field) | Call(Name("last"), (Path(items, field),)):
                return self._total("last", items, field, node)
            case Path(Filter(items, condition), field) | Filter(Path(items, field), condition):
                return self._total("last", items, field, node) if _is_last(condition) else None
        return None

    def _total(self, function: str, items: Expression, field: str | None, node: Any) -> Expression | None:
        entity = str(self._ordered)
        fields = self._vocabulary.row(entity).fields
        kind = types.COUNT if field is None else fields.get(field)
        conditions = _conditions(items)
        if conditions is None or kind is None or (function == "sum" and not isinstance(kind, Number)):
            return None
        edges = [each for each in conditions if not self._runs_along(each)]
        if edges:
            along = [each for each in conditions if each not in edges]
            return self._in_window(function, field, along, edges, node)
        return _decided(function, self._running(function, field, conditions, node))

    def _running(self, function: str, field: str | None, conditions: list[Expression], node: Any) -> Name:
        """The total of all children before one."""
        entity = str(self._ordered)
        kind = types.COUNT if field is None else self._vocabulary.row(entity).fields[field]
        at, noun = node.span, self._noun(function, field, conditions)
        when = build.all_of(conditions, at) if conditions else None
        made = running(function, field, when, kind, entity, at, noun)
        for each in made:
            self.added.setdefault(each.name, each)
            self.names.append((entity, f"{PREVIOUS}.{each.name}", each.wanted or kind))
        if field is not None:
            self.names.append((entity, f"{PREVIOUS}.{field}", kind))
        return Name(made[-1].name, at)

    def _in_window(
        self, function: str, field: str | None, along: list[Expression], edges: list[Expression], node: Any
    ) -> Expression | None:
        """A total of those from a place on, or up to it.

        Where that is not known, all of them are looked at one by one, as for the highest of choices: links
        compare values as they stand, and choices ascend in their list.
        """
        found, stem = [self._edge(each) for each in edges], f"earlier/{function}({unparse(node)})"
        known_edges = [each for each in found if each is not None]
        kind = types.COUNT if field is None else self._vocabulary.row(str(self._ordered)).fields[field]
        no_links = function in ("min", "max") and isinstance(kind, types.Enum)
        if len(known_edges) < len(edges) or stem == self._name or no_links:
            return None
        at = node.span
        nodes, stretch = stretch_of(known_edges, self._entity, at)
        for each in nodes:
            self.added.setdefault(each.name, each)
        quick = Name(f"{stem}/quick", at)
        quickly = self._of_stretch(function, field, along, stretch, node)
        self.added.setdefault(quick.name, Node(quick.name, self._entity, quickly, at, kind))
        slow = mapped(node, lambda part: self.changed(part, frozenset()))
        known = build.call("is known", quick, span=at)
        noun = self._noun(function, field, [*along, *edges])
        either = build.choose([(known, _decided(function, quick))], slow, at)
        total = Node(stem, self._entity, either, at, kind, noun)
        self.added.setdefault(stem, total)
        return Name(stem, at)

    def _of_stretch(
        self, function: str, field: str | None, along: list[Expression], stretch: Stretch, node: Any
    ) -> Expression:
        entity = str(self._ordered)
        if field is None and not along:
            return stretch.count()
        if function in ("min", "max") and stretch.first is not None:
            assert field is not None
            when = build.all_of(along, node.span) if along else None
            kind = self._vocabulary.row(entity).fields[field]
            *parts, links = linked(function, field, when, kind, entity, node.span)
            of = parts[-1].name if parts else field
            for each in (*parts, links):
                self.added.setdefault(each.name, each)
            self.names += [(whose, f"{PREVIOUS}.{links.name}", _LINKS) for whose in (entity, "")]
            self.names.append(("", f"{PREVIOUS}.{of}", kind))
            return stretch.best(links.name, of)
        whole = self._running(function, field, along, node)
        if function == "last":
            return stretch.last(whole, self._running("last", POSITION, along, node))
        return stretch.total(whole, adds_up=function in ("sum", "count"))

    def _edge(self, condition: Expression) -> Edge | None:
        """What places children, the comparison, and what it is compared with; None for other conditions.

        A comparison that holds from the first child on begins with `not `.
        """
        if not isinstance(condition, syntax.Comparison) or condition.op not in _TURNED:
            return None
        declared = self._vocabulary.entities[str(self._ordered)]
        assert declared.order is not None
        places = {POSITION: POSITION, declared.order.by: ORDER_BY}
        left, right, op = condition.left, condition.right, condition.op
        if not (isinstance(left, Name) and left.name in places):
            left, right, op = right, left, _TURNED[op]
        if not (isinstance(left, Name) and left.name in places):
            return None
        bound = self.changed(right, frozenset())
        own = {*self._vocabulary.row(str(self._ordered)).fields, "item"}
        seen = self._vocabulary.names(self._entity)
        free = syntax.names(bound)
        if not own.isdisjoint(free) or not all(name in seen or "." in name for name in free - {"today"}):
            return None
        falls = left.name != POSITION and declared.order.first == "highest"
        sign = op if op.startswith(">") is not falls else f"not {op}"
        return Edge(places[left.name], sign, bound, unparse(condition))

    def _runs_along(self, condition: Expression) -> bool:
        """Whether a condition says of a child alone whether it counts, whoever asks."""
        fields = self._vocabulary.row(str(self._ordered)).fields
        free = syntax.names(condition)
        seen = fields if self._entity != self._ordered else self._vocabulary.names(self._entity)
        if not all(name == "today" or name in seen for name in free) or "item" in free:
            return False
        if any(isinstance(part, Name) and part.name in (EARLIER,) for part in walk(condition)):
            return False
        match condition:
            case Name(name):
                return fields.get(name) == types.BOOLEAN
            case Call(Name(name)):
                function = LIBRARY.get(name)
                return function is not None and all(
                    each.result == types.BOOLEAN for each in function.signatures
                )
        return isinstance(condition, _TESTS)

    def _noun(self, function: str, field: str | None, conditions: list[Expression]) -> str:
        vocabulary, entity = self._vocabulary, str(self._ordered)
        which = [
            vocabulary.noun(entity, each.name) if isinstance(each, Name) else each.span.text
            for each in conditions
        ]
        told = f" ({', '.join(which)})" if which else ""
        if field is None:
            return f"number of {vocabulary.noun(entity, EARLIER)}{told}"
        of = vocabulary.noun(entity, field)
        heads = {"sum": f"{of} of all", "min": f"lowest {of} of all", "max": f"highest {of} of all"}
        whose = vocabulary.noun(entity, PREVIOUS if function == "last" else EARLIER)
        return f"{heads.get(function, f'{of} of the last')} {whose}{told}"


def _decided(function: str, total: Name) -> Expression:
    """A total as authors read it: the lowest and the highest of nothing are not decided."""
    if function not in ("min", "max"):
        return total
    return build.call(function, syntax.ListLiteral((total,), total.span), span=total.span)


def _conditions(items: Expression) -> list[Expression] | None:
    """The conditions of the filters behind `earlier`; None where something else is filtered."""
    found: list[Expression] = []
    while isinstance(items, Filter):
        own = items.condition.operands if isinstance(items.condition, syntax.And) else (items.condition,)
        found[:0] = own
        items = items.target
    return found if isinstance(items, Name) and items.name == EARLIER else None


def _is_last(condition: Expression) -> bool:
    return (
        isinstance(condition, Negate)
        and isinstance(condition.operand, Literal)
        and condition.operand.value == 1
    )


def _is_of_siblings(items: Expression, name: str) -> bool:
    while isinstance(items, (Filter, Path)):
        if isinstance(items, Path) and items.name == name:
            return True
        items = items.target
    return isinstance(items, Name) and items.name in (EARLIER, name, f"{THIS}.{name}")
