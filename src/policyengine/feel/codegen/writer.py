"""The writer of generated Python: names in sight, functions in functions, and what is worked out once."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from policyengine.dataclass import dataclass
from policyengine.feel.codegen.source_unit import Unit
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.types.signatures import Function
from policyengine.feel.values.values import Months

# How deep functions lie in one another: Python reads no more than a hundred levels.
NESTED = 20
# How deep brackets lie in one another in one line.
_DEEP = 40
# No node takes more steps of the reference than this, apart from the size of its values.
_STEPS_A_NODE = 6
_FUNCTION = re.compile(r"\bp\d+\b")
_TEMPORARY = re.compile(r"\bt\d+\b")

CLASS_NAMES: Final[Mapping[type, str]] = {
    Decimal: "D",
    str: "S",
    bool: "B",
    datetime.date: "DT",
    datetime.timedelta: "TD",
    Months: "MO",
    list: "L",
}
"""The names that generated code has for the classes of values."""


def class_of_value(value: object) -> str:
    """The class of a value, as generated code names it; "" for another one."""
    return CLASS_NAMES.get(type(value), "")


HINT, EXACT, SURE = range(3)
"""What is certain about the class of a value: nothing; it is that or `Unknown`; it is that."""


class NotConstant:
    """Stands for the value of code that is not known beforehand."""


NOT_CONSTANT: Final = NotConstant()


class Unsupported(Exception):  # noqa: N818  # no error: the reference evaluator does it
    """There is no code for an expression."""


class Code(NamedTuple):
    """An expression as source.

    `cls` is the class that its value most likely has, as generated code names it, and `sure` how certain
    that is. A `simple` one is a variable or a constant. `depth` tells how deep its brackets go. `rows` is
    the entity whose instances a list holds (or it is `Unknown`), `lists` the one whose instances the lists
    in a list hold, `row` the one that an instance is of. `given` is the name of a fact or list of a record:
    only the lack of that makes it unknown. `value` is its constant.
    """

    text: str
    cls: str = ""
    sure: int = HINT
    simple: bool = False
    depth: int = 1
    rows: str = ""
    lists: str = ""
    row: str = ""
    given: str = ""
    value: object = NOT_CONSTANT

    @property
    def constant(self) -> bool:
        """Whether its value is known beforehand."""
        return self.value is not NOT_CONSTANT


class Local(NamedTuple):
    """Names that are variables, within others."""

    names: Mapping[str, Code]
    outer: Names


class Item(NamedTuple):
    """The fields of the item that a filter looks at, within other names; `row` as in `Code`."""

    variable: str
    row: str
    outer: Names


class Entries(NamedTuple):
    """The entries of a context that is being made, within other names; a function may ask for later ones."""

    variable: str
    keys: frozenset[str]
    outer: Names
    later: frozenset[str] = frozenset()


Names: TypeAlias = Local | Item | Entries | None
"""Names in sight, from the inside out; None where only those of the surroundings are."""
Form: TypeAlias = "Callable[[Writer, Any, Names], Code]"


class Surroundings(Protocol):
    """What an expression stands in: a context of plain FEEL, or an entity of a program.

    `policy` tells that what has no answer is unknown with its reason, and not null.
    """

    policy: bool

    def name(self, name: syntax.Name) -> Code:
        """The code of a name."""
        ...

    def field(self, entity: str, variable: str, name: str) -> Code | None:
        """The code of a field of an instance; None where the entity has no such field."""
        ...

    def function(self, name: str) -> Function | None:
        """The built-in function of a name, if the name can mean nothing else."""
        ...

    def worked_out(self, node: Expression, functions: frozenset[str]) -> object:
        """The value of an expression without names that calls these; `NOT_CONSTANT` if it has none yet."""
        ...

    @property
    def constants(self) -> Mapping[str, object]:
        """Names whose values are known beforehand."""
        ...


@dataclass(slots=True)
class Frame:
    """A function that is being written: its lines, and the steps that each call of it takes."""

    level: int = 0
    lines: list[str] = field(default_factory=list)
    steps: int = 0


def _returned(frame: Frame, result: str) -> list[str]:
    """The lines of a function that takes its steps, and gives a result."""
    return [
        f"g.steps -= {frame.steps}",
        "if g.steps < 0:",
        "    raise Exhausted",
        *frame.lines,
        f"return {result}",
    ]


@dataclass(slots=True)
class Writer:
    """Writes one expression. `lazy` counts how many forms around may leave a part out.

    `loops` tells that the work depends on the size of lists. Parts that are `repeated` are taken out.
    """

    unit: Unit
    forms: Mapping[type, Form]
    surroundings: Surroundings
    frame: Frame = field(default_factory=Frame)
    lazy: int = 0
    loops: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()
    taken: dict[str, Code] = field(default_factory=dict)
    closed: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def write(self, node: Expression) -> Code:
        """The source of a whole expression."""
        self.closed = closed_parts(node, self.surroundings.constants)
        return self.emit(node, None)

    @property
    def policy(self) -> bool:
        """Whether what has no answer is unknown, and not null."""
        return self.surroundings.policy

    def emit(self, node: Expression, names: Names) -> Code:
        """The source of an expression."""
        found = self.beforehand(node, names)
        if found is None:
            self.frame.steps += _STEPS_A_NODE
            form = self.forms.get(type(node))
            if form is None:
                raise Unsupported
            found = self.shallow(form(self, node, names))
            found = found if self.policy else self._once(found)
        return found

    def maybe(self, node: Expression, names: Names) -> Code:
        """The source of an expression that may be left out."""
        self.lazy += 1
        found = self.emit(node, names)
        self.lazy -= 1
        return found

    def constant(self, value: object) -> Code:
        """A value that is known beforehand."""
        text = "None" if value is None else self.unit.constant(value)
        cls = class_of_value(value)
        return Code(text, cls, SURE if cls else HINT, simple=True, value=value)

    def place(self, node: Expression | syntax.Iterator, *parts: Code) -> str:
        """The place of an expression, as a constant; plain FEEL never tells it.

        Nor does one that fits the classes of its `parts`, which are certain: it has no failure of its own.
        """
        fits = bool(parts) and all(part.cls and part.sure >= EXACT for part in parts)
        return self.unit.constant(node.span) if self.policy and not fits else "None"

    def fresh(self) -> str:
        """A variable that is assigned and read within one expression."""
        return self.unit.fresh("t")

    def held(self, code: Code) -> tuple[str, str]:
        """Source that gives a value and keeps it in a variable, and the variable."""
        if code.simple:
            return code.text, code.text
        variable = self.fresh()
        return f"({variable} := {code.text})", variable

    # Names

    def find(self, name: syntax.Name, names: Names) -> Code:
        """The source of the value of a name."""
        match names:
            case Local(variables, outer):
                return variables[name.name] if name.name in variables else self.find(name, outer)
            case Item(variable, row, outer):
                return self._field_of_item(name, variable, row, outer)
            case Entries(variable, keys, outer, later):
                key = self.unit.constant(name.name)
                if name.name in keys:
                    return Code(f"{variable}[{key}]")
                around = self.find(name, outer)
                return Code(f"field({variable}, {key}, {around.text})") if name.name in later else around
            case _:
                return self.surroundings.name(name)

    def _field_of_item(self, name: syntax.Name, variable: str, row: str, outer: Names) -> Code:
        if row:
            own = self.surroundings.field(row, variable, name.name)
            item = Code(variable, simple=True, row=row)
            return own or (item if name.name == "item" else self.find(name, outer))
        around = Code(variable) if name.name == "item" else self.find(name, outer)
        key = self.unit.constant(name.name)
        if around.simple or name.name == "item":
            entry = f"field({variable}, {key}, {around.text})"
        else:
            held = self.fresh()
            entry = f"({held} if ({held} := field({variable}, {key}, M)) is not M else {around.text})"
        return Code(f"({around.text} if {variable}.__class__ in SINGLE else {entry})", around.cls)

    def node(self, node: object) -> str:
        """A part of the syntax tree, as a constant."""
        code = self.unit.variable("k", "k", id(node))
        self.unit.constants[code] = node
        return code

    # Functions in functions

    def function(
        self, parameters: Sequence[str], names: Names, write: Callable[[Names], Code | str],
        lines: Callable[[Frame, str], list[str]] | None = None,
    ) -> str:  # fmt: skip
        """A function that is nested in the one being written; `write` gives what it returns.

        `lines` makes its lines of what was written and that result, where it is more than one return.
        """
        outer, lazy = self.frame, self.lazy
        if outer.level >= NESTED:
            raise Unsupported
        self.loops = True
        self.frame, self.lazy = Frame(outer.level + 1), lazy + 1
        result = write(names)
        inner, self.frame, self.lazy = self.frame, outer, lazy
        name = self.unit.fresh("p")
        body = (lines or _returned)(inner, result if isinstance(result, str) else result.text)
        outer.lines += [f"def {name}({', '.join(parameters)}):", *(f"    {line}" for line in body)]
        return name

    def apart(self, code: Code) -> Code:
        """The same as a call of a function of its own, without parameters."""
        name = self.unit.fresh("p")
        self.frame.lines += [f"def {name}():", f"    return {code.text}"]
        return code._replace(text=f"{name}()", depth=1)

    def shallow(self, code: Code) -> Code:
        """The same with few brackets."""
        return code if code.depth <= _DEEP else self.apart(code)

    # Known beforehand, and common parts

    def beforehand(self, node: Expression, names: Names) -> Code | None:
        """The constant of an expression whose value is known beforehand."""
        if isinstance(node, syntax.Literal):
            return self.constant(node.value)
        if names is None and isinstance(node, syntax.Name) and node.name in self.surroundings.constants:
            return self.constant(self.surroundings.constants[node.name])
        called = self.closed.get(id(node))
        if called is None or (names is not None and (called or not self._is_plain(node))):
            return None
        value = self.surroundings.worked_out(node, called)
        return None if value is NOT_CONSTANT else self.constant(value)

    def _is_plain(self, node: Expression) -> bool:
        return not any(isinstance(each, syntax.Name) for each in syntax.walk(node))

    def _once(self, code: Code) -> Code:
        """The variable of a part that stands here again; a part that is always asked for gets one."""
        if code.simple or _FUNCTION.search(code.text):
            return code
        key = without_temporaries(code.text)
        if key in self.taken:
            return self.taken[key]
        if key in self.repeated and not self.lazy and self.frame.level == 0:
            variable = f"w{len(self.taken)}"
            self.frame.lines.append(f"{variable} = {code.text}")
            self.taken[key] = code._replace(text=variable, simple=True, depth=1)
            return self.taken[key]
        self.counts[key] = self.counts.get(key, 0) + 1
        return code


def without_temporaries(text: str) -> str:
    """Source that is the same for all that does the same, whatever its temporary variables are called."""
    numbers: dict[str, str] = {}
    return _TEMPORARY.sub(lambda found: numbers.setdefault(found[0], f"t{len(numbers)}"), text)


def closed_parts(root: Expression, constants: Mapping[str, object]) -> dict[int, frozenset[str]]:
    """The parts of an expression without names, by their `id`, with the functions that they call."""
    found: dict[int, frozenset[str]] = {}
    for node in reversed(list(syntax.walk(root))):
        called = _called(node, found, constants)
        if called is not None:
            found[id(node)] = called
    return found


def _called(
    node: Expression, closed: Mapping[int, frozenset[str]], constants: Mapping[str, object]
) -> frozenset[str] | None:
    parts = syntax.children(node)
    own = frozenset[str]()
    match node:
        case syntax.Name(name):
            return own if name in constants else None
        case syntax.FunctionLiteral() | syntax.InstanceOf() | syntax.UnaryTests():
            return None
        case syntax.Call(syntax.Name(name)):
            own, parts = frozenset({name}), parts[1:]
        case syntax.Call() | syntax.For() | syntax.Quantified() | syntax.Filter():
            return None
    inner = [closed.get(id(part)) for part in parts]
    if any(each is None for each in inner):
        return None
    return own.union(*(each for each in inner if each))
