"""Structural differences between two located documents; parts are matched by id where they have one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from policyengine.dataclass import dataclass
from policyengine.text.document import Document, Mapping, Node, Pointer, Scalar
from policyengine.text.document import Sequence as SequenceNode

Sort = Literal["added", "removed", "changed", "order"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which two documents differ.

    `route` is the path by keys and ids. `old` and `new` are pointers. For a missing part the pointer says
    where it would be; the position in a list is taken from the other side.
    """

    sort: Sort
    route: tuple[str, ...]
    old: Pointer
    new: Pointer


def differences(old: Document, new: Document) -> Iterator[Difference]:
    """Every place in which two documents differ."""
    yield from _compare(old.root, new.root, (), (), ())


def _compare(
    old: Node, new: Node, route: tuple[str, ...], before: Pointer, after: Pointer
) -> Iterator[Difference]:
    if isinstance(old, Mapping) and isinstance(new, Mapping) and _alike(old, new):
        for key in dict.fromkeys((*old.entries, *new.entries)):
            places = (*route, key), (*before, key), (*after, key)
            if key not in new.entries:
                yield Difference("removed", *places)
            elif key not in old.entries:
                yield Difference("added", *places)
            else:
                yield from _compare(old.entries[key].value, new.entries[key].value, *places)
    elif isinstance(old, SequenceNode) and isinstance(new, SequenceNode):
        yield from _lists(old, new, route, before, after)
    elif not same(old, new):
        yield Difference("changed", route, before, after)


def _alike(old: Mapping, new: Mapping) -> bool:
    """Whether two mappings share a key; if not, one replaces the other."""
    return not old.entries or not new.entries or bool({*old.entries} & {*new.entries})


def _lists(
    old: SequenceNode, new: SequenceNode, route: tuple[str, ...], before: Pointer, after: Pointer
) -> Iterator[Difference]:
    items = (*old.items, *new.items)
    rows = bool(items) and all(isinstance(item, SequenceNode) for item in items)
    if not rows and not _parts(items):
        if not same(old, new):
            plain = sorted(map(repr, map(form, old.items))) == sorted(map(repr, map(form, new.items)))
            yield Difference("order" if plain else "changed", route, before, after)
        return
    pairs = pair_items(old.items, new.items)
    left = {j for _, j in pairs}
    for i, j in pairs:
        places = (*route, name_of(new.items[j], j)), (*before, i), (*after, j)
        if not rows:
            yield from _compare(old.items[i], new.items[j], *places)
        elif not same(old.items[i], new.items[j]):
            yield Difference("changed", *places)
    for i in sorted(set(range(len(old.items))) - {i for i, _ in pairs}):
        yield Difference("removed", (*route, name_of(old.items[i], i)), (*before, i), (*after, i))
    for j in sorted(set(range(len(new.items))) - left):
        yield Difference("added", (*route, name_of(new.items[j], j)), (*before, j), (*after, j))
    if [i for i, _ in sorted(pairs)] != [i for i, _ in sorted(pairs, key=lambda pair: pair[1])]:
        yield Difference("order", route, before, after)


def _parts(items: Sequence[Node]) -> bool:
    """Whether the items of a list are parts: mappings, some of which may be written as an id alone."""
    ids = [id_of(item) for item in items]
    return any(isinstance(item, Mapping) for item in items) and all(
        isinstance(item, Mapping) or (isinstance(item, Scalar) and None not in ids) for item in items
    )


def pair_items(old: Sequence[Node], new: Sequence[Node]) -> list[tuple[int, int]]:
    """Matches the items of two lists: by id, else equal items, else by position."""
    ids = {id_of(item): j for j, item in enumerate(new) if id_of(item) is not None}
    pairs = [(i, ids[name]) for i, item in enumerate(old) if (name := id_of(item)) in ids]
    rest = [i for i, item in enumerate(old) if id_of(item) is None]
    free = [j for j, item in enumerate(new) if id_of(item) is None]
    for i in list(rest):
        equal = next((j for j in free if same(old[i], new[j])), None)
        if equal is not None:
            pairs.append((i, equal))
            rest.remove(i)
            free.remove(equal)
    return sorted([*pairs, *zip(rest, free, strict=False)])


def id_of(node: Node) -> str | None:
    """The id of an item, or the one that it leads to, if it has one; a text is its own."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Mapping) and (entry := node.entries.get("id") or node.entries.get("to")) is not None:
        return entry.value.text if isinstance(entry.value, Scalar) else None
    return None


def name_of(node: Node, position: int) -> str:
    """The name of an item in a route: its id, else its position from 1."""
    return id_of(node) or f"#{position + 1}"


def same(old: Node, new: Node) -> bool:
    """Whether two nodes have equal content, formatting aside."""
    return form(old) == form(new)


def form(node: Node) -> object:
    """A node as plain data, for comparison without the order of keys."""
    if isinstance(node, Mapping):
        return {key: form(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, SequenceNode):
        return [form(item) for item in node.items]
    return None if node.is_null else " ".join(node.text.split())
