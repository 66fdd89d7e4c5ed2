"""Ledgers of source documents beside the policies: which rules exist, and which statements they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code, Diagnostic, Label, Report, Severity, did_you_mean
from policyengine.policy.base import Sourced, SourceRef
from policyengine.policy.draft import below
from policyengine.policy.ledger import Ledger, Statement
from policyengine.policy.policy_reader import DUPLICATE_ID, UNKNOWN_NAME, PolicyDocument
from policyengine.program.linked import Program
from policyengine.program.memo import Memo
from policyengine.program.read import LedgerDocument
from policyengine.program.versions import in_force
from policyengine.source import Span
from policyengine.text.document import Document, Mapping, Node, Pointer, Scalar
from policyengine.text.document import Sequence as SequenceNode

_PROGRAM = """\
kind: program
id: example-program
title: Example programme
sources: {agreement: {title: Partner agreement}}
parties: {partner: the partner, vendor: the vendor}
entities:
  partner:
    title: partner
    facts:
      reviews: {type: count, title: reviews}
      staff: {type: count, title: staff}
---
kind: obligations
id: duties
title: Duties
for: partner
source: {document: agreement}
obligations:
  - {id: review, title: Attend the review, met_when: reviews >= 1}
  - {id: team, title: Keep a team, met_when: staff >= 2}
---
"""
_GOOD = f"""{_PROGRAM}kind: statements
document: agreement
statements:
  - {{id: s1, says: "who wrote it, and when", no_rule: it binds nobody}}
  - {{id: s2, says: a review is attended, encoded: [duties/review]}}
  - {{id: s3, says: two people are the least, encoded: [duties/team]}}
"""
NO_RULE = Code(
    id="STATEMENT001",
    title="a statement that stands for a rule which does not exist",
    why="The rule was renamed, or it is gone: then what the document says holds nowhere any more, and the "
    "ledger still says that it does.",
    bad=_GOOD.replace("duties/team", "duties/team, duties/staff"),
    good=_GOOD,
    severity=Severity.WARNING,
)
ENDED = Code(
    id="STATEMENT002",
    title="a statement whose rule is in force no longer",
    why="The version of the policy that had the rule has ended, and none that follows has it.",
    bad=_GOOD.replace(
        "source: {document", "until_including: 2026-06-30\nlast_version: true\nsource: {document"
    )
    .replace("\n  - {id: s3, says: two people are the least, encoded: [duties/team]}", "")
    .replace("\n  - {id: team, title: Keep a team, met_when: staff >= 2}", "")
    .replace("      staff: {type: count, title: staff}\n", ""),
    good=_GOOD,
    severity=Severity.WARNING,
)
NO_STATEMENT = Code(
    id="STATEMENT003",
    title="a rule without a statement, although its document has a ledger",
    why="A ledger lists all that its document says. Either a statement is missing there, or the rule is "
    "taken from somewhere else, or from nowhere.",
    bad=_GOOD.replace("\n  - {id: s3, says: two people are the least, encoded: [duties/team]}", ""),
    good=_GOOD,
    severity=Severity.WARNING,
)
TWO_LEDGERS = Code(
    id="STATEMENT004",
    title="two ledgers of one document",
    why="Each would lack what the other has. One file holds all statements of a document.",
    bad=_GOOD
    + "---\nkind: statements\ndocument: agreement\nstatements:\n  - {id: s1, says: a, no_rule: b}\n",
    good=_GOOD,
    severity=Severity.WARNING,
)
CODES = (NO_RULE, ENDED, NO_STATEMENT, TWO_LEDGERS)


@dataclass(frozen=True, slots=True)
class NamedPart:
    """A part of the policies that a statement can name.

    `ids` are those of the parts around it and its own. `is_rule` tells rules from topics and facts that a
    record gives; `document` is the source that it names or inherits, `current` whether it is in force today
    or later.
    """

    ids: tuple[str, ...]
    title: str
    at: Span
    document: str | None
    is_rule: bool
    current: bool = True

    def is_called(self, steps: Sequence[str]) -> bool:
        """Whether a name means it: its policy, and the last of its ids."""
        inner = len(steps) - 1
        if self.ids[0] != steps[0] or len(self.ids) < len(steps):
            return False
        return self.ids[len(self.ids) - inner :] == tuple(steps[1:]) if inner else len(self.ids) == 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement with its ledger and its place."""

    statement: Statement
    ledger: Ledger
    at: Span


class Ledgers:
    """The ledgers of a program and the parts of its policies, each way."""

    def __init__(self, program: Program, memo: Memo | None = None) -> None:
        self.program = program
        self._memo = Memo() if memo is None else memo

    @cached_property
    def parts(self) -> tuple[NamedPart, ...]:
        """All that a statement can name, in the order of the files."""
        return tuple(_parts_of(self.program, self._memo))

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """All statements, in the order of the ledgers."""
        return tuple(
            Entry(one, each.ledger, each.document.key_span(("statements", i)))
            for each in self.program.ledgers
            for i, one in enumerate(each.ledger.statements)
        )

    def of(self, document: str) -> tuple[Entry, ...]:
        """The statements of one document."""
        return tuple(each for each in self.entries if each.ledger.document == document)

    def name_of(self, part: NamedPart) -> str:
        """The name of a part: `policy/part`, as `why` calls it, with the ids between where it takes them."""
        name = "/".join((part.ids[0], *part.ids[1:][-1:]))
        alone = {each.ids for each in self.named(name)} == {part.ids}
        return name if alone else "/".join(part.ids)

    def named(self, name: str) -> tuple[NamedPart, ...]:
        """The parts that a statement means by a name."""
        if name not in self._named:
            steps = name.split("/")
            parts = self._of_policy.get(steps[0], ())
            self._named[name] = tuple(each for each in parts if each.is_called(steps))
        return self._named[name]

    @cached_property
    def _named(self) -> dict[str, tuple[NamedPart, ...]]:
        return {}

    @cached_property
    def _of_policy(self) -> dict[str, list[NamedPart]]:
        found: dict[str, list[NamedPart]] = {}
        for each in self.parts:
            found.setdefault(each.ids[0], []).append(each)
        return found

    @cached_property
    def _stated(self) -> frozenset[tuple[str, ...]]:
        """The ids of all parts that a statement names."""
        names = {name for each in self.entries for name in each.statement.encoded}
        return frozenset(part.ids for name in names for part in self.named(name))

    @cached_property
    def unstated(self) -> tuple[NamedPart, ...]:
        """The rules that no statement stands for.

        A part whose parts have statements needs none of its own; a statement for a part stands for what is
        in it, unless some of that has statements of its own.
        """
        within = {ids[:size] for ids in self._stated for size in range(1, len(ids))}
        whole = self._stated - within
        rules = {each.ids: each for each in self.parts if each.is_rule and each.current}
        around = {ids[:size] for ids in rules for size in range(1, len(ids))}
        return tuple(
            each for ids, each in rules.items()
            if ids not in around and ids not in self._stated and ids not in within
            and not any(ids[:size] in whole for size in range(1, len(ids)))
        )  # fmt: skip


def check_ledgers(program: Program, memo: Memo) -> Iterator[Diagnostic]:
    """Yields what is wrong between the ledgers of a program and its rules."""
    if not program.ledgers or program.declarations is None:
        return
    ledgers, known = Ledgers(program, memo), program.declarations.sources
    first: dict[str, Span] = {}
    for each in program.ledgers:
        name, at = each.ledger.document, each.document.value_span(("document",))
        if name not in known:
            help = did_you_mean(name, known) or "declare it under `sources` of the program"
            yield UNKNOWN_NAME.at(at, f"`{name}` is not a source of this program", help=help)
        if name in first:
            label = [Label(first[name], "the first ledger")]
            message, help = f"`{name}` has a second ledger", "put all statements into one"
            yield TWO_LEDGERS.at(at, message, help=help, labels=label)
        first.setdefault(name, at)
        yield from _same_ids(each)
        yield from _rules_that_are_gone(ledgers, each)
    for part in ledgers.unstated:
        if part.document in first:
            message = f"`{ledgers.name_of(part)}` rests on no statement of `{part.document}`"
            help = f"name it in `encoded` of a statement, in {first[part.document].source.name}"
            yield NO_STATEMENT.at(part.at, message, help=help)


def _same_ids(each: LedgerDocument) -> Iterator[Diagnostic]:
    first: dict[str, int] = {}
    for i, statement in enumerate(each.ledger.statements):
        if statement.id in first:
            at = each.document.value_span(("statements", i, "id"))
            there = each.document.value_span(("statements", first[statement.id], "id"))
            label = [Label(there, "first here")]
            yield DUPLICATE_ID.at(at, f"`{statement.id}` is the id of two statements", labels=label)
        first.setdefault(statement.id, i)


def _rules_that_are_gone(ledgers: Ledgers, each: LedgerDocument) -> Iterator[Diagnostic]:
    for i, statement in enumerate(each.ledger.statements):
        for j, name in enumerate(statement.encoded):
            found = ledgers.named(name)
            if any(part.current for part in found):
                continue
            at = each.document.value_span(("statements", i, "encoded", j))
            if not found:
                names = [ledgers.name_of(part) for part in ledgers.parts]
                help = did_you_mean(name, names) or "name the rule that it became, or say `open: reason`"
                yield NO_RULE.at(at, f"there is no rule `{name}`", help=help)
            else:
                help = "name the rule that took its place, or say what became of the statement"
                yield ENDED.at(at, f"`{name}` is in force no longer", help=help)


# The parts of all policies


def _parts_of(program: Program, memo: Memo) -> Iterator[NamedPart]:
    declared, document = program.declarations, program.document
    if declared is None or document is None:
        return
    own = declared.source.document if declared.source is not None else None
    yield NamedPart((declared.id,), declared.title, document.key_span(("id",)), own, False)
    for name, entity in declared.entities.items():
        for key, fact in entity.facts.items():
            at = document.key_span(("entities", name, "facts", key))
            source = (fact.source.document if fact.source is not None else None) or own
            yield NamedPart((f"{name}.{key}",), fact.title, at, source, fact.formula is not None)
    today = set(map(id, in_force(program.units, program.as_of)))
    for unit in program.units:
        start = unit.policy.from_
        current = (start is not None and start > program.as_of) or id(unit) in today
        read = partial(_parts_of_policy, unit, own, current)
        yield from memo.of(("parts", own, current), (unit.document, unit.policy), Report(), read)


def _parts_of_policy(
    unit: PolicyDocument, own: str | None, current: bool, _: Report
) -> tuple[NamedPart, ...]:
    return tuple(
        NamedPart(
            ids, str(unit.document.plain((*pointer, "title")) or ids[-1]),
            unit.document.key_span(pointer or ("id",)), source, isinstance(model, Sourced), current,
        )
        for pointer, ids, source, model in _walk(unit.document, unit.policy, own)
    )  # fmt: skip


def _walk(
    document: Document, policy: object, source: str | None
) -> Iterable[tuple[Pointer, tuple[str, ...], str | None, object]]:
    """Every part with an id: its pointer, the ids down to it, the document it is taken from, its model."""
    pending: list[tuple[Pointer, Node, object, tuple[str, ...], str | None]] = [
        ((), document.root, policy, (), source)
    ]
    while pending:
        pointer, node, model, ids, source = pending.pop()
        if isinstance(node, Scalar):
            continue
        ref = getattr(model, "source", None)
        source = (ref.document if isinstance(ref, SourceRef) else None) or source
        own = node.entries.get("id") if isinstance(node, Mapping) else None
        if own is not None and isinstance(own.value, Scalar):
            ids = (*ids, own.value.text)
            yield pointer, ids, source, model
        steps: list[tuple[str | int, Node]] = (
            list(enumerate(node.items)) if isinstance(node, SequenceNode)
            else [(key, each.value) for key, each in node.entries.items()]
        )  # fmt: skip
        pending += [((*pointer, key), each, below(model, key), ids, source) for key, each in reversed(steps)]
