"""What to write where the form of a policy is wrong: the key or the shape that was probably meant."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any

from policyengine.policy.base import Part, fields_of, keys_of, required_keys
from policyengine.text import literal_guesses
from policyengine.text.decode import printable
from policyengine.text.document import Document, Mapping, Node, Pointer, Scalar, Sequence
from policyengine.text.synonyms import same_meaning

_LONGEST = 100


def unused(document: Document, pointer: Pointer, known: Iterable[str]) -> list[str]:
    """Returns the known keys that do not stand beside a key yet."""
    around = document.at(pointer[:-1])
    return [name for name in known if not isinstance(around, Mapping) or name not in around.entries]


def cut_off(
    document: Document, pointer: Pointer, *, word: bool = False
) -> tuple[str, tuple[str, ...]] | None:
    """Returns the help if the key is the rest of a value that a comma between `{` and `}` cut off.

    With it come all the keys that are such rests. With `word` a single word may be one, too.
    """
    around = document.at(pointer[:-1])
    if not isinstance(around, Mapping) or len(around.entries) > _LONGEST:
        return None
    entries = list(around.entries.items())
    at = next(i for i, (key, _) in enumerate(entries) if key == pointer[-1])
    end = at
    while end < len(entries) and _is_empty(entries[end][1].value):
        end += 1
    opened = entries[at - 1][1].value if at else None
    if end == at or not isinstance(opened, Scalar) or opened.quoted or not opened.text:
        return None
    rests = tuple(key for key, _ in entries[at:end])
    if not word and re.fullmatch(r"[a-z]\w*", rests[0]) and opened.text.count("(") <= opened.text.count(")"):
        return None
    whole = opened.span.to(entries[end - 1][1].key.span).text
    if plain := _without_groups(whole):
        return f"a comma ends `{entries[at - 1][0]}` here; write `{plain}`", rests
    quote = "'" if '"' in whole else '"'
    quotes = f"write `{quote}{whole}{quote}`" if quote not in whole and len(whole) <= _LONGEST else "quote it"
    return f"a comma ends `{entries[at - 1][0]}` here; {quotes}", rests


def not_cut_off(document: Document, pointers: Iterable[Pointer]) -> list[Pointer]:
    """Returns the keys without those that belong to a value of which an earlier one is a rest already."""
    found = list(pointers)
    rests = {key for pointer in found for key in (cut_off(document, pointer) or ("", ("",)))[1][1:]}
    return [each for each in found if each[-1] not in rests]


def _without_groups(text: str) -> str | None:
    """A number, or the end of a range, without the commas between its groups of digits: `20000..`."""
    groups = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
    return (
        groups.sub("", text) if re.fullmatch(r"[\d., ]*", text) and "," not in groups.sub("", text) else None
    )


def _is_empty(node: object) -> bool:
    return isinstance(node, Scalar) and not node.text and not node.quoted


def elsewhere(model: type[Part], pointer: Pointer) -> str | None:
    """Returns the help for a key that belongs some levels up or one level down; None for any other."""
    key = str(pointer[-1])
    owners = list(models_on_the_way(model, pointer[:-1]))
    for levels, above in enumerate(owners[-2::-1]):
        if key in keys_of(above):
            return f"`{key}` belongs {'one level' if not levels else 'further'} up"
    for name, below in _models_below(owners[-1]):
        if key in keys_of(below):
            return f"`{key}` belongs one level down, in `{name}`"
    return None


def behind(node: Scalar) -> str | None:
    """Returns the help for a value that a `#` turned into a comment."""
    text = node.span.source.text
    rest = text[node.span.end : (text + "\n").index("\n", node.span.end)].strip()
    if not rest.startswith("#") or rest.startswith("# ") or '"' in rest:
        return None
    return f'write `"{rest}"`, since `#` begins a comment'


def shaped(key: str, node: object, wanted: str, model: type[Part], steps: Pointer) -> str | None:
    """Returns the help for a value of the wrong shape: a list, a mapping or a single value in place of it."""
    if isinstance(node, Sequence) and wanted != "tuple_type":
        return _of_list(node, wanted)
    if isinstance(node, Mapping):
        written = node.span.text
        if wanted == "tuple_type" and written.startswith("{") and _fits(written):
            return f"write `[{written}]`"
        return "begin each of its entries with `- `" if wanted == "tuple_type" else None
    if not isinstance(node, Scalar):
        return None
    if wanted == "tuple_type":
        return f"write `[{node.text}]`" if _fits(node.text) else None
    if wanted == "dict_type" and key == "when":  # a row of a table
        words = node.text if _fits(node.text) else "..."
        return (
            f"test inputs by their names; an expression is one: `inputs: [{{id: ..., expression: {words}}}]`"
        )
    if wanted != "dataclass_type":
        return None
    needed = required_keys([*models_on_the_way(model, steps)][-1])
    if not needed:
        return None
    values = [
        node.text if i == 0 and re.fullmatch(r"[\w-]+", node.text) else "..." for i in range(len(needed))
    ]
    return f"write `{key}: {{{', '.join(map('{}: {}'.format, needed, values))}}}`"


def _of_list(node: Sequence, wanted: str) -> str | None:
    """Returns the help for a list of single values in place of one value, or of a mapping."""
    texts = [item.text for item in node.items if isinstance(item, Scalar)]
    if len(texts) != len(node.items) or not texts or not all(map(_fits, texts)):
        return None
    if len(texts) == 1:
        return f"write `{texts[0]}` without the brackets"
    return f"write `{{{': ..., '.join(texts)}: ...}}`" if wanted == "dict_type" else None


def _fits(text: str) -> bool:
    """Whether a text is repeated in an advice."""
    return len(text) <= _LONGEST and text.isprintable()


def shape(node: object) -> str:
    """Returns what stands somewhere, in words."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Scalar):
        return f"the single value `{printable(node.text)}`"
    return "a list"


def types_of(model: type[Part]) -> Iterator[tuple[str, Any]]:
    """Returns the keys of a part with their types."""
    return ((key, kind) for key, (_, kind) in fields_of(model).items())


def models_on_the_way(model: type[Part], steps: Pointer) -> Iterator[type[Part]]:
    """Yields the models that a pointer passes, from the outside in, until it leaves the models."""
    yield model
    inside_mapping = False
    for step in steps:
        if isinstance(step, int) or inside_mapping:
            inside_mapping = False
            continue
        kind = dict(types_of(model)).get(str(step))
        found = _model_in(kind)
        if found is None:
            return
        model, inside_mapping = found, _has_mapping(kind)
        yield model


def _has_mapping(annotation: Any) -> bool:
    """Whether the keys below it are names that authors choose."""
    if typing.get_origin(annotation) is dict:
        return True
    return any(_has_mapping(each) for each in typing.get_args(annotation) if not isinstance(each, str))


def _models_below(model: type[Part]) -> Iterator[tuple[str, type[Part]]]:
    for key, kind in types_of(model):
        found = _model_in(kind)
        if found is not None:
            yield key, found


def _model_in(annotation: Any) -> type[Part] | None:
    """The model inside `X | None`, `tuple[X, ...]`, `dict[str, X]`, or None."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    origin = typing.get_origin(annotation)
    if origin in (tuple, dict, typing.Union, types.UnionType, typing.Annotated):
        for argument in typing.get_args(annotation):
            found = _model_in(argument)
            if found is not None:
                return found
    return None


def as_range(node: Node | None) -> str | None:
    """Returns the range that two ends in a list or a mapping were meant to be: `{min: 10, max: 15}`."""
    if isinstance(node, Mapping):
        ends = {same_meaning(key, ("min", "max")) or key: each.value for key, each in node.entries.items()}
        low, high = ends.get("min"), ends.get("max")
        return (
            literal_guesses.interval(_number(low), _number(high)) if ends.keys() <= {"min", "max"} else None
        )
    if isinstance(node, Sequence) and len(node.items) == 2:
        return literal_guesses.interval(*map(_number, node.items))
    return literal_guesses.span(node.text) if isinstance(node, Scalar) else None


def _number(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""
