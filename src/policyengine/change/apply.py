"""Applies some of the changes to the old program: composes documents out of both versions.

Every part keeps its original place, so that mistakes and reasons point to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from policyengine.change.changes import HEAD, Change, PolicyPair
from policyengine.change.document_diff import id_of, same
from policyengine.program.linked import Program
from policyengine.program.load import load_documents
from policyengine.text.document import Document, Entry, Mapping, Node, Pointer
from policyengine.text.document import Sequence as SequenceNode


def with_changes(old: Program, changes: Iterable[Change], day: date) -> Program:
    """The old program with these changes, as it is in force on a day; it may fail to compile."""
    return load_documents(old.name, apply(old.documents, changes), day)


def apply(documents: Sequence[Document], changes: Iterable[Change]) -> tuple[Document, ...]:
    """The documents of the old version with some changes applied, independently of all others.

    Changes of one part are applied one after the other.
    """
    by_pair: dict[PolicyPair, list[Change]] = {}
    for change in changes:
        by_pair.setdefault(change.pair, []).append(change)
    found = list(documents)
    for pair, some in by_pair.items():
        if pair.old is None:
            assert pair.new is not None
            found.append(pair.new)
        elif pair.version:
            found.append(_version(pair, some))
        elif pair.new is None:
            found = [each for each in found if each is not pair.old]
        else:
            found = [_edited(each, some) if each is pair.old else each for each in found]
    return tuple(found)


def _version(pair: PolicyPair, changes: Iterable[Change]) -> Document:
    """The old version with the changes, in force when the new version is."""
    assert pair.old is not None
    assert pair.new is not None
    made, root = _edited(pair.old, changes), pair.new.root
    assert isinstance(made.root, Mapping)
    assert isinstance(root, Mapping)
    head = {key: root.entries[key] for key in HEAD if key in root.entries}
    rest = {key: entry for key, entry in made.root.entries.items() if key not in HEAD}
    return Document(pair.new.source, Mapping({**rest, **head}, made.root.span))


def _edited(document: Document, changes: Iterable[Change]) -> Document:
    root = document.root
    # From the back, so that positions in lists hold until they are used.
    for change in sorted(changes, key=lambda each: [_rank(step) for step in each.old], reverse=True):
        assert change.pair.new is not None
        root = _put(root, change.old, change, change.pair.new)
    return Document(document.source, root)


def _rank(step: str | int) -> tuple[int, str]:
    return (step, "") if isinstance(step, int) else (0, step)


def _put(node: Node, pointer: Pointer, change: Change, new: Document) -> Node:
    if len(pointer) > 1:
        return _within(node, pointer[0], lambda below: _put(below, pointer[1:], change, new))
    theirs = new.at(change.new)
    if change.sort == "order":
        return _within(node, pointer[0], lambda below: _ordered(below, theirs))
    step = pointer[0]
    if isinstance(node, SequenceNode):
        assert isinstance(step, int)
        return _with_item(node, step, None if change.sort == "removed" else theirs, change.sort == "added")
    assert isinstance(node, Mapping)
    entries = dict(node.entries)
    if change.sort == "removed":
        entries.pop(str(step), None)
    else:
        parent = new.at(change.new[:-1])
        assert isinstance(parent, Mapping)
        entries[str(step)] = parent.entries[str(step)]
    return Mapping(entries, node.span)


def _within(node: Node, step: str | int, made: Callable[[Node], Node]) -> Node:
    if isinstance(node, Mapping):
        entry = node.entries[str(step)]
        return Mapping({**node.entries, str(step): Entry(entry.key, made(entry.value))}, node.span)
    assert isinstance(node, SequenceNode)
    items = list(node.items)
    items[int(step)] = made(items[int(step)])
    return SequenceNode(tuple(items), node.span)


def _with_item(node: SequenceNode, at: int, item: Node | None, added: bool) -> SequenceNode:
    items = list(node.items)
    if item is None:
        del items[at]
    elif added:
        items.insert(min(at, len(items)), item)
    else:
        items[at] = item
    return SequenceNode(tuple(items), node.span)


def _ordered(node: Node, theirs: Node | None) -> Node:
    """The items in the order of the new list; items that it lacks come last."""
    assert isinstance(node, SequenceNode)
    assert isinstance(theirs, SequenceNode)
    left = list(node.items)
    found: list[Node] = []
    for other in theirs.items:
        mine = next((each for each in left if _alike(each, other)), None)
        if mine is not None:
            found.append(mine)
            left = [each for each in left if each is not mine]
    return SequenceNode((*found, *left), node.span)


def _alike(one: Node, other: Node) -> bool:
    return same(one, other) if id_of(one) is None else id_of(one) == id_of(other)
