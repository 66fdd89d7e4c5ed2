"""`some`, `every`, `for` and filters to source: each becomes a function of its own with one loop.

What one has to go through is bounded, so that the reference, which counts its steps, would not give up: a
loop in a loop may go through as many items as the outer one leaves for each of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from decimal import Decimal

from policyengine.dataclass import dataclass
from policyengine.engine.rows.code import Frame, Term, Unsupported
from policyengine.engine.rows.emit import Emitter, Find, made
from policyengine.engine.rows.kinds import CLASS_NAMES, FLAG, Kind, check_of
from policyengine.engine.rows.names import FACT, own_place
from policyengine.feel import limits
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression, walk

# More than the steps that the reference takes for one node of an expression.
_STEPS_A_NODE = 10
_PAD = "        "


@dataclass(slots=True)
class _Loop:
    """A loop over the items of a list, and what its body needs from outside."""

    emitter: Emitter
    items: Term
    most: str
    frame: Frame
    item: str
    parameters: dict[str, str] = field(default_factory=dict)
    loaded: dict[str, Term] = field(default_factory=dict)

    def outside(self, name: str) -> Term | None:
        """A name from around the loop; the loop is only gone through where it has a plain value."""
        emitter = self.emitter
        found = emitter.row(name) if emitter.row is not None else None
        if found is None:
            found = emitter.bound[name] if name in emitter.bound else emitter.find(name)
        return self._handed_in(found)

    def _handed_in(self, found: Term | None) -> Term | None:
        if found is None or found.constant:
            return found
        found = self.emitter.frame.need(found)
        if found.kind.name == "instance":
            raise Unsupported
        code = self.parameters.setdefault(found.code, f"w{len(self.parameters)}")
        return replace(found, code=code, key=code)

    @property
    def fields(self) -> dict[str, Find]:
        """Finds the fields of the instances that the loops around this one are at."""

        def through(find: Find) -> Find:
            return lambda name: self._handed_in(find(name))

        return {name: through(find) for name, find in self.emitter.fields.items()}

    def field(self, name: str) -> Term | None:
        """A field of the instance that the loop is at."""
        assert self.items.kind.item is not None
        place = own_place(self.emitter.graph, self.items.kind.item.entity, name)
        if place is None:
            return None
        if name not in self.loaded:
            self.loaded[name] = self._load(name, place.what, place.kind)
        return self.loaded[name]

    def _load(self, name: str, what: str, kind: Kind) -> Term:
        unit = self.frame.unit
        code = f"v{len(self.loaded)}"
        if what == FACT:
            self.frame.lines.append(f"{_PAD}{code} = {self.item}.record.facts.get({unit.constant(name)})")
            return Term(code, kind, False, check=f"{code} is not None", lossy=True, key=code)
        self.frame.lines.append(f"{_PAD}{code} = {self.item}[{unit.constant(name)}]")
        return Term(code, kind, False, check=check_of(code, kind), key=code)

    def finish(self, kind: Kind, before: Sequence[str], after: Sequence[str]) -> Term:
        """The function, called."""
        left = [f"    left = {self.most} // (len(items) or 1)"] if self.frame.nested else []
        head = [*before, *left, f"    for {self.item} in few(items, {self.most}):"]
        lines = [*head, *self.frame.lines, *after]
        inner = ["most"] if self.most == "most" else []
        name = self.frame.unit.function("loop", ["items", *inner, *self.parameters.values()], lines)
        given = [*(["left"] if inner else []), *self.parameters]
        arguments, key = ", ".join([self.items.code, *given]), ", ".join([self.items.key, *given])
        return Term(f"{name}({arguments})", kind, risky=True, key=f"{name}({key})")


def _start(emitter: Emitter, domain: Expression, body: Expression) -> _Loop:
    items = emitter.sure(domain, "rows", "list")
    size = sum(1 for _ in walk(body)) + 2
    most = str(limits.STEPS // (2 * _STEPS_A_NODE * size))
    if not emitter.shares:  # within another loop
        emitter.frame.nested = True
        most = "most"
    return _Loop(emitter, items, most, Frame(emitter.unit), "item")


def _inside(loop: _Loop, name: str) -> Emitter:
    """The emitter of the body of `some`, `every` and `for`."""
    find: Find = loop.outside
    item = loop.items.kind.item
    assert item is not None
    term = loop.emitter.local(loop.item, item)
    fields = loop.fields
    fields.pop(name, None)
    if item.name == "instance":
        return loop.emitter.within(
            frame=loop.frame, find=find, bound={name: Term(loop.item, item, key=loop.item)}, row=None,
            fields={**fields, name: loop.field}, shares=False,
        )  # fmt: skip
    return loop.emitter.within(
        frame=loop.frame, find=find, bound={name: term}, row=None, fields=fields, shares=False
    )


def _guarded(loop: _Loop, otherwise: str) -> list[str]:
    if not loop.frame.guards:
        return []
    return [
        f"{_PAD}if not ({' and '.join(loop.frame.guards)}):",
        *(f"{_PAD}    {line}" for line in otherwise.split("; ")),
    ]


def emit_quantified(emitter: Emitter, node: syntax.Quantified) -> Term:
    """`some` and `every`: what is not known of an item matters only where no other item decides."""
    if len(node.iterators) > 1:  # the same as one in the other
        inner = syntax.Quantified(node.every, node.iterators[1:], node.condition, node.span)
        node = syntax.Quantified(node.every, node.iterators[:1], inner, node.span)
    iterator = _single(node.iterators)
    loop = _start(emitter, iterator.domain, node.condition)
    condition = _inside(loop, iterator.name).condition(node.condition)
    guarded = _guarded(loop, "opened = True; continue")
    test = f"not {condition.code}" if node.every else condition.code
    body = [*guarded, f"{_PAD}if {test}:", f"{_PAD}    return {not node.every}"]
    after = [
        *body,
        *(["    if opened:", "        raise Careful"] if guarded else []),
        f"    return {node.every}",
    ]
    return loop.finish(FLAG, ["    opened = False"] if guarded else [], after)


def emit_for(emitter: Emitter, node: syntax.For) -> Term:
    """`for`: a value for every item."""
    iterator = _single(node.iterators)
    loop = _start(emitter, iterator.domain, node.body)
    inner = _inside(loop, iterator.name)
    body = inner.sure(node.body)
    after = [*_guarded(loop, "raise Careful"), f"{_PAD}found.append({body.code})", "    return found"]
    return loop.finish(Kind("list", body.kind), ["    found = []"], after)


def emit_filter(emitter: Emitter, node: syntax.Filter) -> Term:
    """`target[condition]`: the items for which it holds, known only where it is for all; or an index."""
    match node.condition:
        case syntax.Literal(Decimal() as position) if position == int(position):
            return _at(emitter, node.target, int(position))
        case syntax.Negate(syntax.Literal(Decimal() as position)) if position == int(position):
            return _at(emitter, node.target, -int(position))
    loop = _start(emitter, node.target, node.condition)
    item = loop.items.kind.item
    assert item is not None
    if item.name == "instance":
        inner = emitter.within(
            frame=loop.frame, find=loop.outside, row=loop.field, shares=False,
            bound={"item": Term(loop.item, item, key=loop.item)},
            fields={**loop.fields, "item": loop.field},
        )  # fmt: skip
    else:
        term = emitter.local(loop.item, item)
        inner = emitter.within(
            frame=loop.frame, find=loop.outside, row=None, shares=False, bound={"item": term},
            fields={name: find for name, find in loop.fields.items() if name != "item"},
        )  # fmt: skip
    condition = inner.condition(node.condition)
    after = [
        *_guarded(loop, "raise Careful"),
        f"{_PAD}if {condition.code}:",
        f"{_PAD}    found.append({loop.item})",
        "    return found",
    ]
    return loop.finish(loop.items.kind, ["    found = []"], after)


def _at(emitter: Emitter, target: Expression, position: int) -> Term:
    items = emitter.sure(target, "rows", "list")
    kind = items.kind.item
    if kind is None or (kind.name != "instance" and kind.name not in CLASS_NAMES) or position == 0:
        raise Unsupported
    found = f"nth({{0}}, {emitter.unit.constant(position if position < 0 else position - 1)})"
    if kind.name == "instance":
        return made(kind, found, items, risky=True)
    return made(kind, f"of_class({found}, {CLASS_NAMES[kind.name]})", items, risky=True)


def _single(iterators: Sequence[syntax.Iterator]) -> syntax.Iterator:
    if len(iterators) != 1 or iterators[0].domain_end is not None:
        raise Unsupported
    return iterators[0]
