"""Arithmetic, paths and calls of functions to source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from types import MappingProxyType

from policyengine.engine.rows.code import Term, Unsupported
from policyengine.engine.rows.emit import Emitter, found_in, made
from policyengine.engine.rows.kinds import ANY as ANY_KIND
from policyengine.engine.rows.kinds import (
    CLASS_NAMES,
    CLASSES,
    DAY,
    DAYS,
    FLAG,
    MONTHS,
    NUMBER,
    SPAN,
    WORD,
    Kind,
    kind_of,
    type_of,
)
from policyengine.engine.rows.names import own_place
from policyengine.engine.rows.runtime import rounder
from policyengine.engine.rows.tables import column_of, count_matching, emit_matching, row_result
from policyengine.feel.functions import LIBRARY
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.types.signatures import Parameter, Result, Signature, arrange
from policyengine.feel.types.types import ANY, OneOf, Type

_RESULTS: Mapping[tuple[str, str, str], Kind] = MappingProxyType(
    {
        ("+", "date", "months"): DAY,
        ("+", "date", "days"): DAY,
        ("+", "date", "duration"): DAY,
        ("+", "months", "date"): DAY,
        ("+", "days", "date"): DAY,
        ("+", "duration", "date"): DAY,
        ("-", "date", "months"): DAY,
        ("-", "date", "days"): DAY,
        ("-", "date", "duration"): DAY,
        ("-", "date", "date"): DAYS,
        ("+", "days", "days"): DAYS,
        ("-", "days", "days"): DAYS,
        ("+", "months", "months"): MONTHS,
        ("-", "months", "months"): MONTHS,
        ("*", "days", "number"): DAYS,
        ("*", "number", "days"): DAYS,
        ("*", "months", "number"): MONTHS,
        ("*", "number", "months"): MONTHS,
        ("/", "days", "days"): NUMBER,
        ("/", "months", "months"): NUMBER,
        ("/", "days", "number"): DAYS,
        ("/", "months", "number"): MONTHS,
        ("**", "number", "number"): NUMBER,
    }
)


def emit_binary(emitter: Emitter, node: syntax.Binary) -> Term:
    """`+ - * / **`."""
    left, right = emitter.sure(node.left), emitter.sure(node.right)
    if left.kind == right.kind == NUMBER and node.op != "**":
        return made(NUMBER, f"({{0}} {node.op} {{1}})", left, right, risky=True)
    if left.kind == right.kind == WORD and node.op == "+":
        return made(WORD, "joined({0}, {1})", left, right, risky=True)
    kind = _RESULTS.get((node.op, left.kind.name, right.kind.name))
    if kind is None:
        raise Unsupported
    op, cls = emitter.unit.constant(node.op), CLASS_NAMES[kind.name]
    return made(kind, f"arithmetic({op}, {{0}}, {{1}}, {cls})", left, right, risky=True)


def emit_negate(emitter: Emitter, node: syntax.Negate) -> Term:
    """`-operand`."""
    minus = emitter.constant(Decimal(-1))
    return made(NUMBER, "({0} * {1})", emitter.sure(node.operand, "number"), minus, risky=True)


# Paths

_DATE_PARTS = frozenset({"year", "month", "day"})


def emit_path(emitter: Emitter, node: syntax.Path) -> Term:
    """A part of a value, or one fact of every instance of a list."""
    if isinstance(node.target, syntax.Name) and node.target.name in emitter.fields:
        return found_in(emitter.fields[node.target.name], node.name)
    if isinstance(node.target, syntax.Name) and emitter.row is None:
        value = column_of(emitter, node.target.name, node.name)
        if value is not None:
            return emitter.emit(value)
    rows = emit_matching(emitter, node.target, node.name)
    if rows is not None:
        return rows
    return _part(emitter, emitter.sure(node.target), node)


def _part(emitter: Emitter, target: Term, node: syntax.Path) -> Term:
    kind = target.kind
    if kind.name == "rows" and kind.item is not None:
        place = own_place(emitter.graph, kind.item.entity, node.name)
        return _column(emitter, target, node.name, ANY_KIND if place is None else place.kind)
    if kind.name == "instance":
        return _fact(emitter, target, node.name)
    if kind.name == "range" and kind.item is not None and node.name in ("start", "end"):
        cls = CLASS_NAMES.get(kind.item.name)
        if cls is None:
            raise Unsupported
        end = "low" if node.name == "start" else "high"
        return made(kind.item, f"of_class({{0}}.{end}, {cls})", target, risky=True)
    if kind == DAY and node.name in _DATE_PARTS:
        return made(NUMBER, f"D({{0}}.{node.name})", target)
    if kind == DAY and node.name == "weekday":
        return made(NUMBER, "D({0}.isoweekday())", target)
    if kind.name in ("months", "days") and node.name in ("years", "months", "days", "hours", "minutes"):
        return made(NUMBER, f"part({{0}}, {emitter.unit.constant(node.name)})", target, risky=True)
    raise Unsupported


def _fact(emitter: Emitter, instance: Term, name: str) -> Term:
    place = own_place(emitter.graph, instance.kind.entity, name)
    cls = CLASS_NAMES.get(place.kind.name) if place is not None else None
    if place is None or cls is None:
        raise Unsupported
    return made(place.kind, f"of_class({{0}}[{emitter.unit.constant(name)}], {cls})", instance, risky=True)


def _column(emitter: Emitter, rows: Term, name: str, kind: Kind) -> Term:
    cls = CLASS_NAMES.get(kind.name)
    if cls is None:
        raise Unsupported
    form = f"column(few({{0}}, 50000), {emitter.unit.constant(name)}, {cls})"
    return made(Kind("list", kind), form, rows, risky=True)


# Calls

_ROUNDING = {
    "decimal": ROUND_HALF_EVEN,
    "floor": ROUND_FLOOR,
    "ceiling": ROUND_CEILING,
    "round up": ROUND_UP,
    "round down": ROUND_DOWN,
    "round half up": ROUND_HALF_UP,
    "round half down": ROUND_HALF_DOWN,
}


def emit_call(emitter: Emitter, node: syntax.Call) -> Term:
    """A function of the library."""
    if not isinstance(node.function, syntax.Name):
        raise Unsupported
    name = node.function.name
    if node.named:
        return _library(emitter, name, _by_position(name, node.named))
    own = _OWN.get(name)
    if own is not None:
        found = own(emitter, node.positional)
        if found is not None:
            return found
    if name in _ROUNDING:
        found = _rounded(emitter, name, node.positional)
        if found is not None:
            return found
    return _library(emitter, name, node.positional)


def _is_true(emitter: Emitter, arguments: Sequence[Expression]) -> Term | None:
    found = emitter.emit(arguments[0])
    if found.sure and found.kind == FLAG:
        return found
    return made(FLAG, "({0} is True)", found) if found.code.isidentifier() else None


def _is_defined(emitter: Emitter, arguments: Sequence[Expression]) -> Term | None:
    found = emitter.emit(arguments[0])
    if found.sure:
        return None if found.risky else emitter.constant(True)
    return made(FLAG, "({0} is not None and {0}.__class__ is not U)", found) if found.check else None


def _not(emitter: Emitter, arguments: Sequence[Expression]) -> Term | None:
    return made(FLAG, "(not {0})", emitter.condition(arguments[0]))


def _once_known(emitter: Emitter, arguments: Sequence[Expression]) -> Term | None:
    values = arguments[0].items if isinstance(arguments[0], syntax.ListLiteral) else (arguments[0],)
    terms = [emitter.emit(value) for value in values]
    then = emitter.frame.whole(emitter.emit(arguments[1]))
    if any(term.risky for term in terms):
        raise Unsupported
    open_ones = [term for term in terms if not term.sure]
    # What a fact leaves out has to be made an unknown first; that of a node is one already.
    if len(open_ones) == 1 and open_ones[0].code.isidentifier() and not open_ones[0].lossy:
        return made(then.kind, "({0} if {0}.__class__ is U else {1})", open_ones[0], then, sure=False)
    for term in open_ones:
        emitter.frame.need(term)
    return then


def _count(emitter: Emitter, arguments: Sequence[Expression]) -> Term | None:
    rows = count_matching(emitter, arguments[0])
    if rows is not None:
        return rows
    items = emitter.sure(arguments[0])
    return made(NUMBER, "D(len({0}))", items) if items.kind.name in ("list", "rows") else None


def _at_least(emitter: Emitter, arguments: Sequence[Expression]) -> Term | None:
    wanted, conditions = arguments
    if not isinstance(conditions, syntax.ListLiteral):
        return None
    parts = [emitter.condition(each) for each in conditions.items]
    listed = "".join(f"{{{i}}}, " for i in range(1, len(parts) + 1))
    return made(FLAG, f"(count_true(({listed})) >= {{0}})", emitter.sure(wanted, "number"), *parts)


def _sum(emitter: Emitter, arguments: Sequence[Expression]) -> Term | None:
    if len(arguments) != 1:
        return None
    items = emitter.sure(arguments[0], "list")
    return made(NUMBER, "total({0})", items, risky=True) if items.kind.item == NUMBER else None


_OWN: Mapping[str, Callable[[Emitter, Sequence[Expression]], Term | None]] = MappingProxyType(
    {
        "is true": _is_true,
        "is defined": _is_defined,
        "not": _not,
        "once known": _once_known,
        "count": _count,
        "at least": _at_least,
        "sum": _sum,
        "row result": row_result,
    }
)


def _rounded(emitter: Emitter, name: str, arguments: Sequence[Expression]) -> Term | None:
    scale = arguments[1] if len(arguments) == 2 else None
    if not isinstance(scale, syntax.Literal) or not isinstance(scale.value, Decimal):
        return None
    places = int(scale.value)
    if places != scale.value or not -6 <= places <= 12:
        return None
    reference = LIBRARY[name].signatures[0].run
    unit = emitter.unit
    run = unit.variable("round", name, places)
    unit.constants.setdefault(run, rounder(places, _ROUNDING[name], reference))
    quantum, rounding = unit.constant(Decimal(1).scaleb(-places)), unit.constant(_ROUNDING[name])
    number, exact, near = emitter.sure(arguments[0], "number"), unit.fresh("q"), unit.fresh("q")
    # Most numbers lose places by it, which is all that there is to it; the others are looked at closely.
    quantized = f"({exact} := {number.code}).quantize({quantum}, {rounding})"
    quick = f"{near} if ({near} := {quantized}) != {exact} and {near}"
    return Term(f"({quick} else {run}({exact}))", NUMBER, risky=True, key=f"{run}({number.key})")


def _by_position(name: str, named: Sequence[syntax.Entry]) -> list[Expression]:
    """Named arguments in the order of the parameters, of which none before the last one is left out."""
    function, keys = LIBRARY.get(name), [entry.key for entry in named]
    for way in function.ways(keys) if function is not None else ():
        arranged = arrange(way, 0, keys)
        if arranged is not None and way.parameters[: len(keys)] == tuple(each for each, _ in arranged):
            return [named[at].value for _, at in arranged]
    raise Unsupported


def _library(emitter: Emitter, name: str, arguments: Sequence[Expression]) -> Term:
    function = LIBRARY.get(name)
    if function is None or (not function.strict and name != "list contains"):
        raise Unsupported
    terms = [emitter.sure(argument) for argument in arguments]
    for way in function.signatures:
        arranged = arrange(way, len(terms), ())
        if arranged is not None and all(_fits(parameter, terms[at]) for parameter, at in arranged):
            return _run(emitter, way, terms)
    raise Unsupported


def _run(emitter: Emitter, way: Signature, terms: Sequence[Term]) -> Term:
    if way.metered:
        raise Unsupported
    kind = _result_kind(way.result, terms)
    run = emitter.unit.constant(way.run)
    parts = "".join(f", {{{i}}}" for i in range(len(terms)))
    if kind.name in CLASS_NAMES:
        return made(kind, f"of_class(called({run}{parts}), {CLASS_NAMES[kind.name]})", *terms, risky=True)
    return made(kind, f"called({run}{parts})", *terms, risky=True)


def _result_kind(result: Result, terms: Sequence[Term]) -> Kind:
    """What a function gives for these arguments."""
    if not callable(result):
        return kind_of(result)
    return kind_of(result([type_of(term.kind) for term in terms]))


def _fits(parameter: Parameter, term: Term) -> bool:
    if parameter.type == ANY:
        return term.kind.name in {*CLASSES, "list"}
    return any(_accepts(kind_of(option), term.kind) for option in _options(parameter.type))


def _options(wanted: Type) -> tuple[Type, ...]:
    return wanted.options if isinstance(wanted, OneOf) else (wanted,)


def _accepts(wanted: Kind, given: Kind) -> bool:
    if wanted.name == given.name == "list":
        return wanted.item in (ANY_KIND, given.item)
    return wanted == given or (wanted == SPAN and given in (MONTHS, DAYS))
