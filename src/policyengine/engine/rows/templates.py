"""Findings without the one whom they judge, made into findings again with less ado.

A finding is a frozen dataclass, and making one by its own constructor takes longer than working out what it
says. What is equal for many subjects is kept as a template: the values of the fields in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Finding, Subject

Make = Callable[[Any, Any], Any]
"""Makes an instance of a class: out of the values of its fields, and of what has the `subject` it judges."""


@dataclass(frozen=True, slots=True)
class Template:
    """A finding without its subject; `parts` are the positions of fields that hold findings themselves."""

    make: Make
    values: tuple[Any, ...]
    parts: tuple[int, ...] = ()

    @property
    def maker(self) -> tuple[Make, tuple[Any, ...]]:
        """What makes the finding for an instance, and what it takes for that."""
        return (self._with_parts, ()) if self.parts else (self.make, self.values)

    def _with_parts(self, _: Sequence[Any], scope: Any) -> Any:
        values = list(self.values)
        for i in self.parts:
            makers = [part.maker for part in values[i]]
            values[i] = tuple([make(inner, scope) for make, inner in makers])
        return self.make(values, scope)


def template_of(finding: Finding) -> Template | None:
    """The template of a finding; None for one that names what its subject leaves out."""
    if finding.unknown:
        return None
    values: list[Any] = []
    parts: list[int] = []
    for i, each in enumerate(fields(finding)):
        value = getattr(finding, each.name)
        if isinstance(value, tuple) and value and isinstance(value[0], Finding):
            inner = [template_of(one) for one in value]
            if None in inner:
                return None
            value = tuple(inner)
            parts.append(i)
        values.append(None if each.name == "subject" else value)
    return Template(maker(type(finding)), tuple(values), tuple(parts))


def constructor(cls: type, parameters: str, values: Mapping[str, str], head: str = "") -> Callable[..., Any]:
    """A function that makes an instance of a frozen class with slots past its constructor, which is slow.

    It takes `parameters`; `values` are, for every field, the code of its value.
    """
    lines = [f"def make({parameters}):", "    made = new(cls)", *([f"    {head}"] if head else [])]
    space: dict[str, Any] = {"new": object.__new__, "cls": cls}
    for i, (name, value) in enumerate(values.items()):
        space[f"set{i}"] = _setter(cls, name)
        lines.append(f"    set{i}(made, {value})")
    exec("\n".join([*lines, "    return made"]), space)  # our own source; it holds no text of a policy
    make: Callable[..., Any] = space["make"]
    return make


def _setter(cls: type, name: str) -> Callable[[object, object], None]:
    """What fills a field of a frozen class with slots."""
    home = next(each for each in cls.__mro__ if name in getattr(each, "__slots__", ()))
    set_field: Callable[[object, object], None] = home.__dict__[name].__set__
    return set_field


_MAKERS: dict[type, Make] = {}


def maker(cls: type) -> Make:
    """What makes an instance of a class, a finding or a part of one, out of its fields in their order."""
    if cls not in _MAKERS:
        names = [each.name for each in fields(cls)]
        variables = {name: "scope.subject" if name == "subject" else f"v{i}" for i, name in enumerate(names)}
        unpacked = "".join(f"v{i}, " for i in range(len(names)))
        _MAKERS[cls] = constructor(cls, "values, scope", variables, f"{unpacked} = values")
    return _MAKERS[cls]


_new_subject: Callable[..., Subject] = constructor(
    Subject, "entity, key, label, root, position", {name: name for name in Subject.__slots__}
)


def subject_maker(
    entity: str, key: str | None, label: str | None, *, root: bool
) -> Callable[[Any, int], Subject]:
    """What says who is judged, out of a record and its position in its list; `key` and `label` are facts."""

    def subject(record: Any, position: int) -> Subject:
        facts = record.facts
        return _new_subject(entity, _text(facts, key), _text(facts, label), root, position)

    return subject


def _text(facts: Mapping[str, object], name: str | None) -> str | None:
    value = None if name is None else facts.get(name)
    return value if value is None or value.__class__ is str else str(value)
