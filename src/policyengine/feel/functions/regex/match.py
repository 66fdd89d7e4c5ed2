"""Running patterns: backtracking on a stack of its own, within a number of steps."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.feel.functions.regex.chars import CharClass, variants
from policyengine.feel.functions.regex.parse import Char, Malformed, Parser, Sequence, without_spaces
from policyengine.feel.functions.regex.program import (
    ANCHOR,
    CHAR,
    DONE,
    JUMP,
    MARK,
    MOVED,
    SAVE,
    SPLIT,
    Compiler,
    Instruction,
)
from policyengine.feel.types.signatures import Meter
from policyengine.feel.values.values import Failed

_STEPS = 200_000
_TOO_LONG = Failed("the pattern takes too many steps on this text")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern ready to run."""

    code: tuple[Instruction, ...]
    groups: int
    slots: int
    folded: bool
    lines: bool


# The start and end of the match, then of every group; -1 where a group took no part.
Match = tuple[int, ...]


@lru_cache(maxsize=256)
def compile_pattern(text: str, flags: str) -> Pattern | Failed:
    """The pattern of a text; flags are some of `s m i x q`."""
    if not set(flags) <= set("smixq"):
        return Failed(f"`{flags[:20]}` are not the flags of a pattern")
    try:
        return _compiled(text, flags)
    except Malformed as malformed:
        return Failed(f"`{text[:60]}` is not a pattern: {malformed}")


def _compiled(text: str, flags: str) -> Pattern:
    groups = 0
    if "q" in flags:
        tree: Any = Sequence(tuple(Char(CharClass(((ord(char), ord(char)),))) for char in text))
    else:
        parser = Parser(without_spaces(text) if "x" in flags else text, "s" in flags)
        tree = parser.parse()
        groups = parser.groups
    compiler = Compiler(groups)
    compiler.add(tree)
    compiler.emit(DONE)
    return Pattern(tuple(compiler.code), groups, compiler.slots, "i" in flags, "m" in flags)


def find_all(pattern: Pattern, text: str, meter: Meter) -> list[Match] | Failed:
    """Every match, one after the other; a pattern that matches nothing at all fails, as in XPath."""
    found: list[Match] = []
    at = 0
    if search(pattern, "", 0, meter) is not None:
        return Failed("the pattern matches the empty text")
    while True:
        match = search(pattern, text, at, meter)
        if isinstance(match, Failed):
            return match
        if match is None:
            return found
        found.append(match)
        at = max(match[1], match[0] + 1)


def search(pattern: Pattern, text: str, start: int, meter: Meter) -> Match | Failed | None:
    """The first match from an offset on; None if there is none."""
    left = allowed = min(_STEPS, 2 * max(meter.steps, 0))
    for at in range(start, len(text) + 1):
        left, found = _run(pattern, text, at, left)
        if found is not None or left <= 0:
            meter.steps -= (allowed - left) // 2
            return found if found is not None else _TOO_LONG
    meter.steps -= (allowed - left) // 2
    return None


def _run(pattern: Pattern, text: str, start: int, steps: int) -> tuple[int, Match | None]:
    """The steps that are left, and the match at exactly this offset."""
    code, slots = pattern.code, [-1] * pattern.slots
    slots[0] = start
    # What to try next: an instruction and an offset, or a slot and what was in it.
    stack: list[tuple[int, int, int | None]] = [(0, start, None)]
    while stack:
        pc, at, slot = stack.pop()
        if slot is not None:
            slots[slot] = at
            continue
        while steps > 0:
            steps -= 1
            operation, first, second = code[pc]
            pc += 1
            if operation == SPLIT:
                stack.append((second, at, None))  # type: ignore[arg-type]
                pc = first  # type: ignore[assignment]
            elif operation == JUMP:
                pc = first  # type: ignore[assignment]
            elif operation in (SAVE, MARK):
                stack.append((0, slots[first], first))  # type: ignore[arg-type,call-overload]
                slots[first] = at  # type: ignore[call-overload]
            elif operation == MOVED:
                if slots[first] == at:  # type: ignore[call-overload]
                    pc = second  # type: ignore[assignment]
            elif operation == DONE:
                slots[1] = at
                return steps, tuple(slots[: 2 * pattern.groups + 2])
            else:
                length = _taken(operation, first, text, at, slots, pattern)
                if length < 0:
                    break
                at += length
        if steps <= 0:
            return 0, None
    return steps, None


def _taken(operation: int, operand: Any, text: str, at: int, slots: list[int], pattern: Pattern) -> int:
    """How many characters an instruction takes at an offset; -1 if it does not match."""
    if operation == CHAR:
        return 1 if at < len(text) and operand.has(text[at], pattern.folded) else -1
    if operation == ANCHOR:
        return 0 if _at_edge(operand, text, at, pattern.lines) else -1
    start, end = slots[2 * operand], slots[2 * operand + 1]
    if start < 0 or end < 0:
        return 0
    length = end - start
    return length if _same(text[start:end], text[at : at + length], pattern.folded) else -1


def _same(left: str, right: str, folded: bool) -> bool:
    if left == right or not folded or len(left) != len(right):
        return left == right
    return all(one in variants(other) for one, other in zip(left, right, strict=True))


def _at_edge(sign: str, text: str, at: int, lines: bool) -> bool:
    if sign == "^":
        return at == 0 or (lines and text[at - 1] == "\n" and at < len(text))
    return at == len(text) or (lines and text[at] == "\n")
