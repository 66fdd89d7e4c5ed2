"""Reads what a policy writes: places, names that must be declared, and expressions.

Mistakes go to the report; an expression that is wrong becomes an open question, so that one fault gives
one diagnostic.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code, Diagnostic, Label, Report, did_you_mean, listed
from policyengine.feel.checker.checker import check
from policyengine.feel.checker.choice_order import spell_out
from policyengine.feel.proving.constant_conditions import constant_conditions
from policyengine.feel.syntax import build
from policyengine.feel.syntax.cursor import Names
from policyengine.feel.syntax.lexer import Excerpt
from policyengine.feel.syntax.parser import Parsed, parse, parse_unary_tests
from policyengine.feel.syntax.tree import Expression, In, Open, UnaryTests
from policyengine.feel.types.signatures import Library
from policyengine.feel.types.types import Enum, Type
from policyengine.policy.base import Policy
from policyengine.policy.vocabulary import Vocabulary
from policyengine.source import Span
from policyengine.text.document import Document, Pointer, Scalar

UNKNOWN_NAME = Code(
    id="NAME001",
    title="a name that the program does not declare",
    why="Parties, items, sources, entities and facts are declared once, in program.yaml; every other place "
    "refers to them. A name that resolves to nothing would silently mean nothing.",
    bad="""\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: a, title: A, party: vendr, met_when: attends_quarterly_reviews}
""",
    good="""\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: a, title: A, party: vendor, met_when: attends_quarterly_reviews}
""",
)
DUPLICATE_ID = Code(
    id="NAME002",
    title="the same id twice",
    why="Reports, tests and later versions find a part of a policy by its id.",
    bad="""\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: a, title: A, met_when: attends_quarterly_reviews}
  - {id: a, title: B, met_when: active_accounts > 5}
""",
    good="""\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: a, title: A, met_when: attends_quarterly_reviews}
  - {id: b, title: B, met_when: active_accounts > 5}
""",
)


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy beside the document that it was read from.

    `since` is the day from which on there is any version of it; None where it has always been there.
    """

    policy: Policy
    document: Document
    since: date | None = None


class PolicyReader:
    """Reads one policy. Pointers lead into its document, from the root."""

    def __init__(
        self, unit: PolicyDocument, vocabulary: Vocabulary, report: Report, functions: Library
    ) -> None:
        self.policy = unit.policy
        self.document = unit.document
        self.since = unit.since
        self.vocabulary = vocabulary
        self.report = report
        self.functions = functions
        self.entity = unit.policy.for_
        self.remarks: list[Diagnostic] = []
        self._own_names: Mapping[str, Type] = {}

    @contextmanager
    def naming(self, names: Mapping[str, Type]) -> Iterator[None]:
        """Lets the tests within name these too, which a kind gives a meaning at this place."""
        before, self._own_names = self._own_names, names
        yield
        self._own_names = before

    def names(self, entity: str) -> Names[Type]:
        """The names that a test at an entity may be about, with their types."""
        known = self.vocabulary.names(entity)
        return known.inside(dict(self._own_names)) if self._own_names else known

    # Places and mistakes

    def span(self, *pointer: str | int) -> Span:
        """The place of a value."""
        return self.document.value_span(pointer)

    def key_span(self, *pointer: str | int) -> Span:
        """The place of a key, or of the name of an item of a list."""
        return self.document.key_span(pointer)

    def text(self, *pointer: str | int) -> str:
        """What is written at a place, on one line; a single value without its quotation marks."""
        node = self.document.at(pointer)
        written = node.text if isinstance(node, Scalar) else self.span(*pointer).text
        return " ".join(written.split())

    def error(
        self, code: Code, at: Span, message: str, help: str | None = None, labels: Iterable[Label] = ()
    ) -> None:
        """Report a mistake."""
        self.report.add(code.at(at, message, help=help, labels=labels))

    def known(self, word: str, among: Collection[str], what: str, *pointer: str | int) -> bool:
        """Whether a name is declared; reports it at `pointer` if it is not."""
        if word in among:
            return True
        help = did_you_mean(word, among) or f"known: {listed(among) or 'none'}"
        self.error(UNKNOWN_NAME, self.span(*pointer), f"`{word}` is not {_a(what)} of this program", help)
        return False

    def party(self, word: str, *pointer: str | int) -> bool:
        """Whether a party is declared; reports it if it is not."""
        return self.known(word, self.vocabulary.declarations.parties, "party", *pointer)

    def item(self, word: str, *pointer: str | int) -> bool:
        """Whether an item is declared; reports it if it is not."""
        return self.known(word, self.vocabulary.declarations.items, "item", *pointer)

    def unique(self, ids: Iterable[tuple[str, Pointer]], key: str = "id") -> None:
        """Report every id, or other name under a key, that stands twice."""
        first: dict[str, Pointer] = {}
        for word, pointer in ids:
            if word in first:
                label = Label(self.span(*first[word], key), "first here")
                sentence = f"`{word}` is the {key} of two parts"
                self.error(DUPLICATE_ID, self.span(*pointer, key), sentence, None, [label])
            first.setdefault(word, pointer)

    # Expressions

    def feel(self, *pointer: str | int, entity: str | None = None) -> Expression:
        """The FEEL expression that stands at a pointer; an open question if it does not parse."""
        scalar = self._scalar(pointer)
        names = self.vocabulary.names(entity or self.entity)
        tree = self._tree(scalar, parse(excerpt(scalar), names, functions=self.functions))
        if "never" in scalar.text:
            tree = build.with_never(tree, names)
        return self.examined(tree, entity)

    def unary_tests(
        self, subject: Expression, kind: Type, *pointer: str | int, entity: str | None = None
    ) -> Expression:
        """The FEEL unary tests that stand at a pointer, as a condition about `subject`, a value of `kind`."""
        scalar = self._scalar(pointer)
        names = self.vocabulary.names(entity or self.entity)
        tests = self._tree(scalar, parse_unary_tests(excerpt(scalar), names, functions=self.functions))
        at = subject.span.to(scalar.span)
        if not isinstance(tests, UnaryTests):
            return tests
        if not tests.tests:
            return build.literal(True, at)
        found: Expression = In(subject, tests.tests, at)
        if isinstance(kind, Enum) and kind.ordered:
            checked = check(tests, {**names, "?": kind}, functions=self.functions)
            if not checked.diagnostics:
                found = In(subject, spell_out(tests, checked.orders).tests, at)  # type: ignore[union-attr]
        return build.negate(found, at) if tests.negated else found

    def _scalar(self, pointer: Pointer) -> Scalar:
        node = self.document.at(pointer)
        if not isinstance(node, Scalar):  # the model admitted only a single value here
            raise TypeError(f"no single value at {pointer}")
        return node

    def _tree(self, scalar: Scalar, parsed: Parsed) -> Expression:
        self.report.extend(parsed.diagnostics)
        return parsed.expression or Open("the expression has a mistake", scalar.span)

    def examined(self, expression: Expression, entity: str | None) -> Expression:
        """The expression; conditions in it that no record can change are noted."""
        at = entity or self.entity
        self.remarks.extend(constant_conditions(expression, self.vocabulary.domains(at)))
        return expression


def excerpt(scalar: Scalar) -> Excerpt:
    """Returns a scalar as a text to parse that knows the places of its parts; numbers may have a per cent."""
    text = Excerpt(scalar.text, scalar.part)
    return _with_shares(text) if "%" in scalar.text else text


_SHARE = re.compile(
    r"""
    "(?:[^"\\]|\\.)*"                                        # a text keeps what it says
    | (?<![\w.])(\d+(?:\.\d+)?)\s?%(?![\w("@])           # that of another language, as in `7%3`, is none
      (?: (\s+of\b) | (?!\s+\d) )
    """,
    re.VERBOSE,
)  # fmt: skip


def _with_shares(text: Excerpt) -> Excerpt:
    """Returns a text with `50% of` as `0.5 *` and `1%` as `0.01`, which knows where its parts stand."""
    found, ends = "", [(0, 0)]  # where stretches end, here and as they are written
    for match in _SHARE.finditer(text.text):
        if match[1] is None:
            continue
        found += text.text[ends[-1][1] : match.start()]
        ends.append((len(found), match.start()))
        share = Decimal(match[1]).scaleb(-2)
        found += f"{share.normalize():f}{' *' if match[2] else ''}"
        ends.append((len(found), match.end()))
    found += text.text[ends[-1][1] :]

    def written(at: int) -> int:
        here, there = next(each for each in reversed(ends) if each[0] <= at)
        following = next((each[1] for each in ends if each[0] > at), len(text.text))
        return min(there + at - here, following)

    return Excerpt(found, lambda start, end: text.place(written(start), written(end)))


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
