"""Where a walk through a document is, and what the annotations of a field say there."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

from policyengine.policy.base import RESULT, NameOf, Part, Written
from policyengine.text.document import Mapping, Node, Pointer, Scalar, Sequence

N = TypeVar("N")


class Place(NamedTuple):
    """Where the walk is: the pointer, the part around it, whose names are seen, which fact it is about.

    `around` are the mappings of the parts around, from the outside in.
    """

    pointer: Pointer = ()
    owner: type[Part] | None = None
    entity: str = ""
    about: str = ""
    around: tuple[Mapping, ...] = ()

    def below(self, step: str | int) -> Place:
        """The place of a value within, by its key or its number."""
        return self._replace(pointer=(*self.pointer, step))

    def named(self, path: str) -> tuple[str, ...]:
        """The facts that a key around names; `path` leads to it, or says what stands in for it."""
        if not path:
            return (self.about,)
        for way in path.split("|"):
            for each in reversed(self.around):
                node: Node | None = each
                for key in way.split("."):
                    node = _below(node, key)
                if node is not None:
                    found = tuple(_called(each) for each in getattr(node, "items", (node,)))
                    outputs = _below(self.around[0], "outputs") if path == RESULT else None
                    several = outputs.entries if isinstance(outputs, Mapping) else ()
                    return tuple(f"{found[0]}.{each}" for each in several) or found
        return ()


def single(node: Node, place: Place) -> Iterator[tuple[Scalar, Place]]:
    """The single texts of a value, or of the items of a list of such."""
    if isinstance(node, Scalar):
        yield node, place
    elif isinstance(node, Sequence):
        for i, each in enumerate(node.items):
            yield from single(each, place.below(i))


def choice(place: Place) -> str:
    """What the values of a choice are: those of a fact, or of a result, which levels are as well."""
    return "value" if place.pointer[:1] == ("entities",) else "level"


def _below(node: Node | None, key: str) -> Node | None:
    entry = node.entries.get(key) if isinstance(node, Mapping) else None
    return None if entry is None else entry.value


def _called(node: Node) -> str:
    """The name that a text is, or that a part works out or has as its `id`; with `_` for `-`."""
    found = node if isinstance(node, Scalar) else _below(node, "expression") or _below(node, "id")
    return found.text.replace("-", "_") if isinstance(found, Scalar) else ""


def declares(pointer: Pointer) -> str:
    """What an `id` declares, by where it stands: `policy` at the top, `level` in a list of `levels`."""
    if len(pointer) < 3:
        return "fact" if pointer[-1] == "result" else "policy"
    return str(pointer[-3]).removesuffix("s") if pointer[-1] == "id" else "fact"


def entity_of(part: type[Part], place: Place) -> str:
    """Whose names are seen within a part: in the declarations those of the entity that is declared."""
    pointer = place.pointer
    return str(pointer[1]) if len(pointer) > 1 and pointer[0] == "entities" else place.entity


def about_of(key: str, space: str, place: Place) -> str:
    """The fact that the value beside a name is about; in a grid of levels it is that of the row."""
    return str(place.pointer[-1]) if space == "level" and place.pointer else key


def short_key(notes: tuple[Any, ...], node: Node) -> str:
    """The key for which a short form of a part stands, such as `title`; "" if there is none."""
    written = node.text if isinstance(node, Scalar) else [""]
    for note in notes:
        if isinstance(note, Written) and note.read is not None:
            try:
                found = note.read(written)
            except ValueError:
                continue
            if isinstance(found, dict) and found:
                return str(next(reversed(found)))
    return ""


def space_of(kind: Any) -> str:
    """What the values of a type name; "" where they are no names."""
    found = note_of(plain(kind)[1], NameOf)
    return "" if found is None else found.space


def note_of(notes: Iterable[Any], kind: type[N]) -> N | None:
    """The annotation of a kind; None where there is none."""
    return next((each for each in notes if isinstance(each, kind)), None)


def plain(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    """A type without its annotations and without `None`, and the annotations."""
    notes: tuple[Any, ...] = ()
    while True:
        if typing.get_origin(kind) is typing.Annotated:
            kind, *more = typing.get_args(kind)
            notes = (*notes, *more)
        elif typing.get_origin(kind) in (typing.Union, types.UnionType):
            some = [each for each in typing.get_args(kind) if each is not types.NoneType]
            if len(some) != 1:
                return kind, notes
            kind = some[0]
        else:
            return kind, notes
