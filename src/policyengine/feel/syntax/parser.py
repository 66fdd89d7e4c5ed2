"""FEEL text to a syntax tree: precedence climbing over the tokens (DMN 1.5, chapter 10.3.1).

`lexer.PRECEDENCE` ranks the operators; paths, filters and calls bind tighter than all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic
from policyengine.feel import expression_codes as codes
from policyengine.feel import limits
from policyengine.feel.syntax import primary
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.cursor import Cursor, Stop, vocabulary
from policyengine.feel.syntax.lexer import AND, COMPARISON, OR, PRECEDENCE, Located
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.syntax.typenames import type_name
from policyengine.source import Source

# After `[` these show that it closes a range, as in `]1..5[ and ...`: no filter can begin with them.
_AFTER_RANGE = frozenset({"end", ")", "]", "}", ",", "and", "or", "then", "else", "return", "satisfies"})
_AFTER_RANGE |= frozenset({"=", "!=", "<", "<=", ">", ">=", "..", ":", "."})
# The properties of values that have a space in their names.
_PROPERTIES = vocabulary(frozenset({"time offset", "start included", "end included"}))


@dataclass(frozen=True, slots=True)
class Parsed:
    """The tree of a text, or why there is none: exactly one of the two is given."""

    expression: Expression | None
    diagnostics: tuple[Diagnostic, ...] = ()


class Parser(Cursor):
    """Puts operators, paths, filters and calls around primary expressions."""

    def expression(self, level: int = 0) -> Expression:
        """An expression whose operators bind tighter than `level`."""
        self.enter()
        start = self.token.start
        found = self._climb(self._postfix(primary.value(self), start), start, level)
        self.depth -= 1
        return found

    def _climb(self, left: Expression, start: int, level: int) -> Expression:
        """`left`, which begins at `start`, and the operators after it that bind tighter than `level`."""
        while True:
            kind = self.token.kind
            binds = PRECEDENCE.get(kind, 0)
            if binds <= level:
                return left
            self.take()
            left = self._operation(left, start, kind, binds)

    def _operation(self, left: Expression, start: int, kind: str, binds: int) -> Expression:
        if binds in (AND, OR):
            operands = [left, self.expression(binds)]
            while self.skip(kind):
                operands.append(self.expression(binds))
            return (syntax.And if binds == AND else syntax.Or)(tuple(operands), self.span(start))
        if kind == "between":
            low = self.expression(COMPARISON)
            self.expect("and", "`and` between the two ends")
            high = self.expression(COMPARISON)
            return syntax.Between(left, low, high, self.span(start))
        if kind == "in":
            return primary.membership(self, left, start)
        if kind == "instance":
            self.expect("of")
            return syntax.InstanceOf(left, type_name(self), self.span(start))
        right = self.expression(binds)
        node = syntax.Comparison if binds == COMPARISON else syntax.Binary
        return node(kind, left, right, self.span(start))

    def _postfix(self, target: Expression, start: int) -> Expression:
        while True:
            kind = self.token.kind
            if kind == ".":
                self.take()
                target = syntax.Path(target, self._property(), self.span(start))
            elif kind == "[" and not (self.ranges and self.peek() in _AFTER_RANGE):
                opening = self.take()
                condition = self.expression()
                self.close(opening, "]")
                target = syntax.Filter(target, condition, self.span(start))
            elif kind == "(":
                target = primary.call(self, target, start)
            else:
                return target

    def continued(self, left: Expression, start: int) -> Expression:
        """A value in brackets that was read already, and what follows it up to a comparison."""
        return self._climb(self._postfix(left, start), start, COMPARISON)

    def _property(self) -> str:
        if self.token.kind in {"name", "or", "and", "in", "of", "for", "if", "function", "instance"}:
            return self.name(_PROPERTIES)
        return self.expect("name", "a name after the dot").text

    def read_all(self, read: Callable[[Parser], Expression]) -> Parsed:
        """All of the text as one thing, or its first mistake."""
        try:
            self._check_size()
            found = read(self)
            if self.token.kind != "end":
                self.unexpected("an operator or the end")
            if len(self.tokens) > limits.DEPTH and _deeper_than(found, limits.DEPTH):
                self.move_to(0)
                self.too_deep()
        except Stop as stop:
            return Parsed(None, (stop.diagnostic,))
        return Parsed(found)

    def _check_size(self) -> None:
        length = len(self.located.text)
        if length > limits.TEXT_LENGTH:
            message = f"this expression has {length} characters, more than {limits.TEXT_LENGTH}"
            self.stop(codes.LIMIT, 0, length, message, "give parts of it names as derived facts")


def _deeper_than(node: Expression, depth: int) -> bool:
    """Whether a tree is deeper; chains such as 1+1+1+... make it so without any bracket."""
    level: list[Expression] = [node]
    for _ in range(depth):
        level = [child for parent in level for child in syntax.children(parent)]
        if not level:
            return False
    return True


def _parser(text: Located | str, names: Collection[str], functions: Collection[str]) -> Parser:
    located = Source.exact("expression", text) if isinstance(text, str) else text
    return Parser(located, vocabulary(names), vocabulary(functions))


def parse(text: Located | str, names: Collection[str] = (), *, functions: Collection[str]) -> Parsed:
    """The tree of an expression; of the names that can occur only those of several words matter."""
    return _parser(text, names, functions).read_all(Parser.expression)


def parse_unary_tests(
    text: Located | str, names: Collection[str] = (), *, functions: Collection[str]
) -> Parsed:
    """The tree (`UnaryTests`) of a cell of tests: `> 5`, `"a", "b"`, `[1..5]`, `not(1, 2)`, `-`."""
    return _parser(text, names, functions).read_all(primary.unary_tests)
