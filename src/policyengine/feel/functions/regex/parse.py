"""Patterns from text to trees (XPath Functions and Operators 3.1, 5.6.1; XML Schema part 2, appendix G)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from policyengine.dataclass import dataclass
from policyengine.feel.functions.regex.chars import ESCAPES, CharClass, Test, category, negation


@dataclass(frozen=True, slots=True)
class Char:
    """One character of a class; a single character is a class of one."""

    chars: CharClass


@dataclass(frozen=True, slots=True)
class Anchor:
    """`^` or `$`."""

    sign: str


@dataclass(frozen=True, slots=True)
class BackReference:
    """What a group matched, again."""

    group: int


@dataclass(frozen=True, slots=True)
class Group:
    """A part in brackets; `number` is None if it is not captured."""

    number: int | None
    inner: Tree


@dataclass(frozen=True, slots=True)
class Sequence:
    """One part after the other."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several parts, the first that fits."""

    options: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part so many times; without limit if `most` is None; as few as possible if `lazy`."""

    inner: Tree
    least: int
    most: int | None
    lazy: bool


Tree: TypeAlias = Char | Anchor | BackReference | Group | Sequence | Choice | Repeat

_SINGLE = {"n": "\n", "r": "\r", "t": "\t", **{sign: sign for sign in "\\|.-^?*+{}()[]$"}}
_DEPTH = 50
_TIMES = 1000


class Malformed(Exception):  # noqa: N818  # carries the reason to `compile_pattern`
    """A text that is not a pattern."""


def without_spaces(pattern: str) -> str:
    """The pattern as the flag `x` reads it: without white space outside of classes."""
    kept: list[str] = []
    depth = 0
    escaped = False
    for char in pattern:
        if depth == 0 and char in " \t\n\r":
            continue
        if not escaped:
            depth += (char == "[") - (char == "]" and depth > 0)
        escaped = char == "\\" and not escaped
        kept.append(char)
    return "".join(kept)


def _one(char: str) -> CharClass:
    return CharClass(((ord(char), ord(char)),))


class Parser:
    """Reads one pattern; `groups` counts its captured groups."""

    def __init__(self, text: str, dot_all: bool) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.groups = 0
        self.closed: set[int] = set()
        self.dot = negation(CharClass()) if dot_all else negation(CharClass(((0xA, 0xA), (0xD, 0xD))))

    def parse(self) -> Tree:
        """The whole pattern."""
        tree = self._choice()
        if self.at < len(self.text):
            raise Malformed("a bracket is closed that was never opened")
        return tree

    def _peek(self, text: str) -> bool:
        return self.text.startswith(text, self.at)

    def _skip(self, text: str) -> bool:
        if self._peek(text):
            self.at += len(text)
            return True
        return False

    def _next(self) -> str:
        if self.at >= len(self.text):
            raise Malformed("it ends too early")
        self.at += 1
        return self.text[self.at - 1]

    def _choice(self) -> Tree:
        self.depth += 1
        if self.depth > _DEPTH:
            raise Malformed("it is nested too deeply")
        options = [self._sequence()]
        while self._skip("|"):
            options.append(self._sequence())
        self.depth -= 1
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Tree:
        parts: list[Tree] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self._repeated(self._atom()))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _repeated(self, atom: Tree) -> Tree:
        if self.at >= len(self.text) or self.text[self.at] not in "?*+{":
            return atom
        sign = self._next()
        least, most = {"?": (0, 1), "*": (0, None), "+": (1, None)}.get(sign) or self._times()
        repeat = Repeat(atom, least, most, self._skip("?"))
        if self.at < len(self.text) and self.text[self.at] in "?*+{":
            raise Malformed("a repetition follows another")
        return repeat

    def _times(self) -> tuple[int, int | None]:
        end = self.text.find("}", self.at)
        least, comma, most = self.text[self.at : max(end, self.at)].partition(",")
        numbers = [least, most] if most else [least]
        if end < 0 or not all(number.isascii() and number.isdigit() for number in numbers):
            raise Malformed("a number of repetitions is not a number")
        self.at = end + 1
        if any(len(number) > 6 or int(number) > _TIMES for number in numbers):
            raise Malformed(f"it repeats more than {_TIMES} times")
        low = int(least)
        high = int(most) if most else None if comma else low
        if high is not None and high < low:
            raise Malformed("a number of repetitions runs backwards")
        return low, high

    def _atom(self) -> Tree:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return Char(self._class())
        if char == ".":
            return Char(self.dot)
        if char in "^$":
            return Anchor(char)
        if char == "\\":
            return self._escape()
        if char in "?*+{}]":
            raise Malformed(f"`{char}` stands for nothing here")
        return Char(_one(char))

    def _group(self) -> Tree:
        number: int | None = None
        if self._skip("?"):
            if not self._skip(":"):
                raise Malformed("`(?` is followed by something else than `:`")
        else:
            self.groups += 1
            number = self.groups
        inner = self._choice()
        if not self._skip(")"):
            raise Malformed("a bracket is not closed")
        if number is not None:
            self.closed.add(number)
        return Group(number, inner)

    def _escape(self) -> Tree:
        char = self.text[self.at : self.at + 1]
        if char.isascii() and char.isdigit():
            return self._back_reference()
        return Char(self._escaped_class())

    def _back_reference(self) -> Tree:
        digits = self._next()
        while self.at < len(self.text) and self.text[self.at] in "0123456789":
            if int(digits + self.text[self.at]) > self.groups:
                break
            digits += self._next()
        if int(digits) not in self.closed:
            raise Malformed(f"there is no group {digits} before `\\{digits}`")
        return BackReference(int(digits))

    def _escaped_class(self) -> CharClass:
        char = self._next()
        if char in _SINGLE:
            return _one(_SINGLE[char])
        if char in "pP":
            return self._category(char == "P")
        known = ESCAPES.get(char.lower())
        if known is None:
            raise Malformed(f"`\\{char}` stands for nothing")
        return negation(known) if char.isupper() else known

    def _category(self, negated: bool) -> CharClass:
        end = self.text.find("}", self.at)
        test = category(self.text[self.at + 1 : end]) if self._peek("{") and end > 0 else None
        if test is None:
            raise Malformed("a category of characters is not known")
        self.at = end + 1
        return CharClass(tests=(test,), negated=negated)

    def _class(self) -> CharClass:
        """The rest of a class, after its `[`."""
        self.depth += 1
        if self.depth > _DEPTH:
            raise Malformed("it is nested too deeply")
        negated = self._skip("^")
        parts: list[CharClass] = []
        less: CharClass | None = None
        while not self._skip("]"):
            if parts and self._skip("-["):
                less = self._class()
                if not self._peek("]"):
                    raise Malformed("a subtraction is not the last part of its class")
            else:
                parts.append(self._member())
        self.depth -= 1
        if not parts:
            raise Malformed("a class is empty")
        ranges = tuple(one for part in parts if not part.negated for one in part.ranges)
        tests = tuple(_tests(parts))
        return CharClass(ranges, tests, negated, less)

    def _member(self) -> CharClass:
        first = self._class_char()
        one_char = len(first.ranges) == 1 and not first.tests and first.ranges[0][0] == first.ranges[0][1]
        if not one_char or not self._peek("-") or self._peek("-[") or self._peek("-]"):
            return first
        self._next()
        last = self._class_char()
        low, high = first.ranges[0][0], last.ranges[0][0] if last.ranges and not last.tests else -1
        if high < low:
            raise Malformed("a range of characters runs backwards")
        return CharClass(((low, high),))

    def _class_char(self) -> CharClass:
        char = self._next()
        if char == "\\":
            return self._escaped_class()
        if char == "[":
            raise Malformed("`[` inside a class is written `\\[`")
        return _one(char)


def _tests(parts: list[CharClass]) -> Iterator[Test]:
    for part in parts:
        if part.negated:
            yield lambda char, part=part: part.has(char, False)  # type: ignore[misc]
        else:
            yield from part.tests
