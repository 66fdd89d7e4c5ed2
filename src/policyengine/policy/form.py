"""Reads a located document as a typed model, and reports each mistake of its form at its place.

The model is chosen by the caller (by `kind`), so that a pointer of pydantic is a pointer of the document.
One slip gives one diagnostic: a misspelt key is not also reported as a missing one.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from policyengine.diagnostics import Code, Diagnostic, listed
from policyengine.policy.base import Part, ShapeError, keys_of
from policyengine.policy.form_advice import (
    behind,
    cut_off,
    elsewhere,
    models_on_the_way,
    not_cut_off,
    shape,
    shaped,
    types_of,
    unused,
)
from policyengine.policy.model_reader import read_plain
from policyengine.text import literal_guesses
from policyengine.text.document import Document, Mapping, Pointer, Scalar, Sequence
from policyengine.text.synonyms import meant, same_meaning

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

M = TypeVar("M", bound=Part)

UNKNOWN_KEY = Code(
    id="FORM001",
    title="a key that this place does not have",
    why="A key that nobody reads changes nothing, and its author believes that it does. So every key must be "
    "one that the language has at this place; one that belongs a level up or down is said so.",
    bad="""\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: a, titel: A, met_when: attends_quarterly_reviews}
""",
    good="""\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: a, title: A, met_when: attends_quarterly_reviews}
""",
)
MISSING_KEY = Code(
    id="FORM002",
    title="a key that has to be there is left out",
    why="Without it the policy does not say what it has to say.",
    bad="""\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: a, met_when: attends_quarterly_reviews}
""",
    good=UNKNOWN_KEY.good,
)
WRONG_VALUE = Code(
    id="FORM003",
    title="a value of the wrong type",
    why="Every value has a type, which the place gives it: a date, a rate, a period, one of some words.",
    bad="""\
kind: obligations
id: example
title: Example
for: partner
from: 31.01.2026
obligations:
  - {id: a, title: A, met_when: attends_quarterly_reviews}
""",
    good="""\
kind: obligations
id: example
title: Example
for: partner
from: 2026-01-31
obligations:
  - {id: a, title: A, met_when: attends_quarterly_reviews}
""",
)
WRONG_SHAPE = Code(
    id="FORM004",
    title="a list, a mapping or a single value where a different form is wanted",
    why="YAML tells a list (lines that start with `- `) from a mapping (`key: value`) and a single value.",
    bad="""\
kind: obligations
id: example
title: Example
for: partner
obligations: attend the review
""",
    good=UNKNOWN_KEY.good,
)
CODES = (UNKNOWN_KEY, MISSING_KEY, WRONG_VALUE, WRONG_SHAPE)


_UNKNOWN, _MISSING = "unexpected_keyword_argument", "missing"


def read_model(document: Document, model: type[M], at: Pointer = ()) -> M | tuple[Diagnostic, ...]:
    """Returns the document as `model`, or everything that is wrong with its form."""
    data = document.plain(at)
    with suppress(ValueError):
        return read_plain(model, data)
    from pydantic import ValidationError

    try:
        found: M = _adapter(model).validate_python(data)
    except ValidationError as error:
        return tuple(_diagnostics(document, model, at, error.errors(include_url=False)))
    return found


def _made(model: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(model)


_adapter: Callable[[Any], Any] = cache(_made)
"""What reads a model by pydantic; to make it takes longer than to read a document with a mistake."""


def _diagnostics(
    document: Document, model: type[Part], at: Pointer, errors: list[ErrorDetails]
) -> Iterator[Diagnostic]:
    unknown, missing = (_by_place(errors, at, kind) for kind in (_UNKNOWN, _MISSING))
    folded: set[Pointer] = set()
    for place, pointers in unknown.items():
        wanted = [pointer[-1] for pointer in missing.get(place, ())]
        for pointer in not_cut_off(document, pointers):
            found = meant(str(pointer[-1]), [str(key) for key in wanted])
            if found is None and len(pointers) == 1:
                found = _only_list(document, model, at, pointer, wanted)
            if found is not None:
                folded.add((*place, found))
            yield _unknown_key(document, model, at, pointer, found)
    for pointer in (each for pointers in missing.values() for each in pointers):
        if pointer not in folded:
            yield _misspelt(document, model, at, pointer) or _missing_key(document, pointer)
    for error in errors:
        if error["type"] not in (_UNKNOWN, _MISSING) and not _follows(document, at, error):
            yield _wrong_value(document, at + _pointer(error), error, model, at)


def _by_place(errors: list[ErrorDetails], at: Pointer, kind: str) -> dict[Pointer, list[Pointer]]:
    """The pointers of the errors of a kind, by what they stand in."""
    found: dict[Pointer, list[Pointer]] = {}
    for error in errors:
        if error["type"] == kind:
            pointer = at + _pointer(error)
            found.setdefault(pointer[:-1], []).append(pointer)
    return found


def _only_list(
    document: Document, model: type[Part], at: Pointer, pointer: Pointer, wanted: list[Any]
) -> str | None:
    """Returns the name of the one missing list, where the one unknown key holds a list."""
    if len(wanted) != 1 or not isinstance(document.at(pointer), Sequence):
        return None
    owner = [*models_on_the_way(model, pointer[len(at) : -1])][-1]
    is_list = any(key == wanted[0] and typing.get_origin(kind) is tuple for key, kind in types_of(owner))
    return str(wanted[0]) if is_list else None


def _follows(document: Document, at: Pointer, error: ErrorDetails) -> bool:
    """Whether an error only follows from others: pydantic calls a list too short if its items are wrong."""
    node = document.at(at + _pointer(error))
    return error["type"] == "too_short" and isinstance(node, Sequence) and bool(node.items)


def _pointer(error: ErrorDetails) -> Pointer:
    return tuple(step for step in error["loc"] if step != "[key]")


def unknown_key(
    document: Document, pointer: Pointer, known: Iterable[str], help: str | None = None
) -> Diagnostic:
    """Returns the diagnostic for an unknown key; `pointer` leads to its value."""
    key = str(pointer[-1])
    known = list(known)
    rest = cut_off(document, pointer)
    found = rest[0] if rest is not None else help
    if found is None:
        word = meant(key, unused(document, pointer, known))
        rest = None if word else cut_off(document, pointer, word=True)
        found = f"did you mean `{word}`?" if word else rest[0] if rest else f"known here: {listed(known)}"
    return UNKNOWN_KEY.at(document.key_span(pointer), f"`{key}` is not a key of this place", help=found)


def _unknown_key(
    document: Document, model: type[Part], at: Pointer, pointer: Pointer, found: str | None
) -> Diagnostic:
    steps = pointer[len(at) :]
    known = keys_of([*models_on_the_way(model, steps[:-1])][-1])
    found = found or same_meaning(str(steps[-1]), unused(document, pointer, known))
    help = f"did you mean `{found}`?" if found is not None else elsewhere(model, steps)
    return unknown_key(document, pointer, known, help)


def _misspelt(document: Document, model: type[Part], at: Pointer, pointer: Pointer) -> Diagnostic | None:
    """Returns the diagnostic for an unknown key whose name is near the missing one, if there is one."""
    node = document.at(pointer[:-1])
    owners = list(models_on_the_way(model, pointer[len(at) : -1]))
    known = keys_of(owners[-1]) if owners else []
    others = [key for key in node.entries if key not in known] if isinstance(node, Mapping) else []
    key = next((each for each in others if meant(each, [str(pointer[-1])])), None)
    return None if key is None else unknown_key(document, (*pointer[:-1], key), known)


def _missing_key(document: Document, pointer: Pointer) -> Diagnostic:
    node = document.at(pointer[:-1])
    inside = f" in `{pointer[-2]}`" if len(pointer) > 1 and isinstance(pointer[-2], str) else ""
    name = _name_of(node)
    return MISSING_KEY.at(
        document.key_span(pointer[:-1]),
        f"`{pointer[-1]}` is missing{f' from `{name}`' if name else inside}",
        help=f"add `{pointer[-1]}: ...`",
    )


def _name_of(node: object) -> str | None:
    if isinstance(node, Mapping) and "id" in node.entries:
        value = node.entries["id"].value
        return value.text if isinstance(value, Scalar) else None
    return None


_WANTED = {
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "dataclass_type": "a mapping",
}
"""What a key takes, by the type of the error that pydantic reports."""


def _wrong_value(
    document: Document, pointer: Pointer, error: ErrorDetails, model: type[Part], top: Pointer
) -> Diagnostic:
    node = document.at(pointer)
    key = next((step for step in reversed(pointer) if isinstance(step, str)), "this document")
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, ValueError) and not isinstance(cause, ShapeError):
        while node is None and pointer:  # a short form, which stands for a mapping
            pointer = pointer[:-1]
            node = document.at(pointer)
        at_key = error["loc"][-1:] == ("[key]",)
        at = document.key_span(pointer) if at_key else document.value_span(pointer)
        message, _, help = str(cause).partition("; ")
        return WRONG_VALUE.at(at, message, help=_comment(node) or help or None)
    if isinstance(node, Scalar) and error["type"] == "literal_error":
        choices = [word.strip("'") for word in _choices(str(error["ctx"]["expected"]))]
        return WRONG_VALUE.at(
            node.span,
            f"`{node.text}` is not a value of `{key}`",
            help=_comment(node) or _choice(meant(node.text, choices), choices),
        )
    if error["type"] == "too_short":
        help = "write at least one entry, each beginning with `- `"
        return WRONG_SHAPE.at(document.key_span(pointer), f"`{key}` is empty", help=help)
    if isinstance(node, Scalar) and node.is_null:
        at = document.key_span(pointer)
        return WRONG_SHAPE.at(at, f"`{key}` has no value", help=behind(node))
    wanted = _WANTED.get(
        error["type"], "a single value" if not isinstance(node, Scalar) else "a different value"
    )
    return WRONG_SHAPE.at(
        document.key_span(pointer),
        f"`{key}` takes {wanted}; found {shape(node)}",
        help=shaped(key, node, error["type"], model, pointer[len(top) :]),
    )


def _comment(node: object) -> str | None:
    """The help where a comment in the syntax of other languages stands behind a value."""
    return literal_guesses.commented(node.text) if isinstance(node, Scalar) and not node.quoted else None


def _choice(word: str | None, choices: list[str]) -> str:
    return f"did you mean `{word}`?" if word else f"one of {listed(choices)}"


def _choices(expected: str) -> list[str]:
    return expected.replace(" or ", ", ").split(", ")
