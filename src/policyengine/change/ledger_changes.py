"""Changes of ledgers of source documents, one sentence for each statement; no decision rests on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policyengine.change.changes import Change, PolicyPair
from policyengine.change.document_diff import Sort
from policyengine.decision.wording import join, plural
from policyengine.policy.change_context import called
from policyengine.policy.ledger import Statement
from policyengine.program.linked import Program
from policyengine.program.read import LedgerDocument


def ledger_changes(old: Program, new: Program) -> Iterator[tuple[Change, str, str]]:
    """Every change of a ledger, with the title of its document and its sentence."""
    sides = _by_document(old), _by_document(new)
    for name in dict.fromkeys((*sides[1], *sides[0])):
        before, after = sides[0].get(name), sides[1].get(name)
        title = _title(new, name) or _title(old, name) or name
        if before is not None and after is not None:
            pair = PolicyPair(name, before.document, after.document)
            yield from ((change, title, said) for change, said in _statements(pair, before, after))
        elif after is not None:
            count = plural(len(after.ledger.statements), "statement")
            whole = Change(PolicyPair(name, None, after.document), "added", (), (), (), True)
            yield whole, title, f"{called(title)} has a ledger now, of {count}"
        elif before is not None:
            count = plural(len(before.ledger.statements), "statement")
            whole = Change(PolicyPair(name, before.document, None), "removed", (), (), (), True)
            yield whole, title, f"the ledger is dropped, with {count}"


def _by_document(program: Program) -> Mapping[str, LedgerDocument]:
    return {each.ledger.document: each for each in program.ledgers}


def _title(program: Program, name: str) -> str | None:
    declared = program.declarations.sources.get(name) if program.declarations is not None else None
    return declared.title if declared is not None else None


def _statements(
    pair: PolicyPair, before: LedgerDocument, after: LedgerDocument
) -> Iterator[tuple[Change, str]]:
    one = {each.id: (i, each) for i, each in enumerate(before.ledger.statements)}
    other = {each.id: (i, each) for i, each in enumerate(after.ledger.statements)}
    for id in dict.fromkeys((*other, *one)):
        i, was = one.get(id, (0, None))
        j, now = other.get(id, (0, None))
        if was == now:
            continue
        sort: Sort = "added" if was is None else "removed" if now is None else "changed"
        change = Change(pair, sort, ("statements", id), ("statements", i), ("statements", j), True)
        yield change, _sentence(was, now)


def _sentence(was: Statement | None, now: Statement | None) -> str:
    if was is None or now is None:
        there = now or was
        assert there is not None  # one of the two has it
        word = "is new" if was is None else "is gone"
        said = _outcome(there, past=was is not None)
        return f"the statement `{there.id}` {word}: {called(there.says)}, which {said}"
    what = f"the statement `{now.id}` ({called(now.says)})"
    if (was.outcome, was.encoded, was.reason) != (now.outcome, now.encoded, now.reason):
        return f"{what} {_outcome(now)}; before, it {_outcome(was, past=True)}"
    if was.fingerprint != now.fingerprint:
        return f"{what} has different words in the document"
    if was.says != now.says:
        return f"{what} was told as {called(was.says)}"
    return f"{what} stands {_place(now)}; before, {_place(was)}"


def _outcome(statement: Statement, *, past: bool = False) -> str:
    stands, is_ = ("stood", "was") if past else ("stands", "is")
    if statement.encoded:
        return f"{stands} for {join(f'`{name}`' for name in statement.encoded)}"
    what = f"{stands} for no rule" if statement.no_rule else f"{is_} open"
    return f"{what} ({statement.reason})"


def _place(statement: Statement) -> str:
    row = f", row {statement.row}" if statement.row is not None else ""
    return f"in {statement.section}{row}" if statement.section is not None else "in no section"
