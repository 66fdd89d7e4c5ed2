"""Generated source while it grows: its functions, and the constants that it names.

No text of a policy ever stands in generated source. Every text, number and date is a constant that the
source names `c0`, `c1` ...; every variable and function has a generated name too. So there is nothing that
an id or a text of a policy could do to the code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from policyengine.feel.values.values import Months, Range

_SIMPLE = frozenset({"builtins", "decimal", "datetime"})


def _is_simple(value: object) -> bool:
    return type(value).__module__ in _SIMPLE or isinstance(value, (Range, Months))


class Unit:
    """All source that is generated for one program, and the constants that it names."""

    def __init__(self) -> None:
        self.constants: dict[str, object] = {}
        self.functions: list[str] = []
        self._named: dict[object, str] = {}
        self._written: dict[str, str] = {}
        self._count = 0

    def fresh(self, prefix: str) -> str:
        """A name that nothing else has."""
        self._count += 1
        return f"{prefix}{self._count}"

    def constant(self, value: object) -> str:
        """The name of a constant; equal texts, numbers and dates share one."""
        if isinstance(value, bool):
            return "True" if value else "False"
        simple = (type(value), repr(value)) if _is_simple(value) else None
        if simple is not None and simple in self._named:
            return self._named[simple]
        name = self.fresh("c")
        self.constants[name] = value
        if simple is not None:
            self._named[simple] = name
        return name

    def variable(self, prefix: str, *key: object) -> str:
        """The name of the variable for a thing, the same whenever it is asked for."""
        if key not in self._named:
            self._named[key] = self.fresh(prefix)
        return self._named[key]

    def function(self, prefix: str, parameters: Iterable[str], lines: Iterable[str]) -> str:
        """Adds a function, whose lines are indented already; its name. The same function is added once."""
        body = "\n".join([f"({', '.join(parameters)}):", *lines])
        name = self._written.get(body)
        if name is None:
            name = self._written[body] = self.fresh(prefix)
            self.functions.append(f"def {name}{body}")
        return name

    @property
    def source(self) -> str:
        """The whole source."""
        return "\n\n".join(self.functions) + "\n"

    def load(self, names: Mapping[str, object]) -> Mapping[str, Callable[..., Any]]:
        """The functions of the source, which sees its own constants and these names only."""
        space: dict[str, object] = {"__builtins__": {}, **names, **self.constants}
        exec(compile(self.source, "<policies>", "exec"), space)  # only our own source
        return {name: value for name, value in space.items() if callable(value)}
