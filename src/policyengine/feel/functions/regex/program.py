"""Trees into programs for the matcher: a flat list of instructions that jump to each other."""

from __future__ import annotations

from policyengine.feel.functions.regex.parse import (
    Anchor,
    BackReference,
    Char,
    Choice,
    Group,
    Malformed,
    Repeat,
    Sequence,
    Tree,
)

# Instructions are an operation and up to two operands.
CHAR, ANCHOR, BACK, SPLIT, JUMP, SAVE, MARK, MOVED, DONE = range(9)
Instruction = tuple[int, object, object]

_LARGEST = 10_000


class Compiler:
    """Collects the instructions of one pattern; slots hold the places of groups, then marks of loops."""

    def __init__(self, groups: int) -> None:
        self.code: list[Instruction] = []
        self.slots = 2 * (groups + 1)

    def emit(self, operation: int, first: object = None, second: object = None) -> int:
        """Adds an instruction; returns where it stands."""
        if len(self.code) >= _LARGEST:
            raise Malformed("it is too large")
        self.code.append((operation, first, second))
        return len(self.code) - 1

    def add(self, tree: Tree) -> None:
        """Adds the instructions of a tree."""
        match tree:
            case Char(chars):
                self.emit(CHAR, chars)
            case Anchor(sign):
                self.emit(ANCHOR, sign)
            case BackReference(group):
                self.emit(BACK, group)
            case Sequence(parts):
                for part in parts:
                    self.add(part)
            case Group(number, inner):
                self._group(number, inner)
            case Choice(options):
                self._choice(options)
            case Repeat():
                self._repeat(tree)

    def _group(self, number: int | None, inner: Tree) -> None:
        if number is None:
            self.add(inner)
            return
        self.emit(SAVE, 2 * number)
        self.add(inner)
        self.emit(SAVE, 2 * number + 1)

    def _choice(self, options: tuple[Tree, ...]) -> None:
        leaps: list[int] = []
        for option in options[:-1]:
            split = self.emit(SPLIT)
            self.add(option)
            leaps.append(self.emit(JUMP))
            self.code[split] = (SPLIT, split + 1, len(self.code))
        self.add(options[-1])
        for leap in leaps:
            self.code[leap] = (JUMP, len(self.code), None)

    def _repeat(self, repeat: Repeat) -> None:
        for _ in range(repeat.least):
            self.add(repeat.inner)
        if repeat.most is None:
            self._endless(repeat)
            return
        splits: list[int] = []
        for _ in range(repeat.most - repeat.least):
            splits.append(self.emit(SPLIT))
            self.add(repeat.inner)
        for split in splits:
            self.code[split] = self._split(split + 1, len(self.code), repeat.lazy)

    def _endless(self, repeat: Repeat) -> None:
        mark = self.slots
        self.slots += 1
        split = self.emit(SPLIT)
        self.emit(MARK, mark)
        self.add(repeat.inner)
        # A turn that moved nowhere would go on forever.
        moved = self.emit(MOVED, mark)
        self.emit(JUMP, split)
        self.code[moved] = (MOVED, mark, len(self.code))
        self.code[split] = self._split(split + 1, len(self.code), repeat.lazy)

    @staticmethod
    def _split(inside: int, after: int, lazy: bool) -> Instruction:
        return (SPLIT, after, inside) if lazy else (SPLIT, inside, after)
