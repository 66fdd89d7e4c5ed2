"""Changes in the words of the policy: by the kind's own `describe` where it speaks, else in general."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policyengine.change.changes import Change
from policyengine.decision.wording import capital, every, join, words
from policyengine.kinds import KINDS
from policyengine.policy.base import Part
from policyengine.policy.change_context import (
    VERBS,
    Told,
    called,
    condition,
    flat,
    now,
    quoted,
    shifted,
    tested,
)
from policyengine.policy.draft import below
from policyengine.policy.requirement import Requirement
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.linked import Program
from policyengine.text.document import Document, Mapping, Pointer, Scalar

_BY_ID = ("entities", "facts", "outputs")
_WRITTEN = {"source": "where it is written", "note": "the note", "basis": "whether it is stated or assumed"}


def sentence(change: Change, old: Program, new: Program) -> str:
    """What a change means, as one sentence without a full stop; when it counts from is at its end."""
    told = tell(change, old, new)
    said = (
        _head(change, told) or _wording(change, told) or _by_kind(change, told) or _in_general(change, told)
    )
    return capital(said) + (f", from {change.starts}" if change.starts is not None else "")


def title_of(change: Change) -> str:
    """The title of the policy that a change is in."""
    document = change.pair.new or change.pair.old
    assert document is not None
    return str(document.plain(("title",)) or change.policy)


def tell(change: Change, old: Program, new: Program) -> Told:
    """A change as a kind is told of it."""
    document, pointer, program = _side(change, old, new)
    assert program.graph is not None
    model = _model(program, document)
    around = _around(document, pointer)
    before, after = change.values
    entity = str(document.plain(("for",)) or program.graph.vocabulary.root)
    return Told(
        change.sort,
        tuple("*" if isinstance(step, int) else step for step in pointer),
        _names(document, pointer),
        before,
        after,
        _mapping(document, around),
        _at(model, around),
        entity,
        _vocabulary(program),
    )


def _side(change: Change, old: Program, new: Program) -> tuple[Document, Pointer, Program]:
    """The document in which the part stands: the new one, the old one for what is gone."""
    gone = change.sort == "removed" or change.pair.new is None
    document = change.pair.old if gone else change.pair.new
    assert document is not None
    mine = any(document is unit.document for unit in old.units) or document is old.document
    return document, change.old if gone else change.new, old if mine else new


def _vocabulary(program: Program) -> Vocabulary:
    assert program.graph is not None
    return program.graph.vocabulary


def _model(program: Program, document: Document) -> Any:
    if document is program.document:
        return program.declarations
    return next(unit.policy for unit in program.units if unit.document is document)


def _at(model: Any, pointer: Pointer) -> Any:
    """The typed model of the nearest part around a place."""
    found = model
    for key in pointer:
        model = below(model, key)
        found = model if isinstance(model, Part) else found
    return found


def _around(document: Document, pointer: Pointer) -> Pointer:
    """The nearest mapping around a place, or the place itself if it is an item."""
    if pointer and isinstance(pointer[-1], int):
        return pointer
    for size in range(len(pointer) - 1, -1, -1):
        if isinstance(document.at(pointer[:size]), Mapping):
            return pointer[:size]
    return ()


def _mapping(document: Document, pointer: Pointer) -> dict[str, Any]:
    plain = document.plain(pointer)
    return plain if isinstance(plain, dict) else {}


def _names(document: Document, pointer: Pointer) -> tuple[str, ...]:
    """The titles of the parts on the way; a part of a mapping of ids is called by its title or its id."""
    found: list[str] = []
    for size in range(1, len(pointer) + 1):
        node = document.at(pointer[:size])
        title = node.entries.get("title") if isinstance(node, Mapping) else None
        if title is not None and isinstance(title.value, Scalar):
            found.append(title.value.text)
    return tuple(found)


# Sentences


def _whole(change: Change, told: Told) -> str | None:
    if change.route:
        return None
    document = change.pair.new or change.pair.old
    assert document is not None
    title, kind = document.plain(("title",)), KINDS.get(str(document.plain(("kind",))))
    summary = f" ({kind.summary})" if kind is not None else ""
    return told.comes_or_goes(
        f"new policy {called(str(title))}{summary}", f"the policy {called(str(title))} is dropped"
    )


def _head(change: Change, told: Told) -> str | None:
    whole = _whole(change, told)
    if whole is not None:
        return whole
    if change.route == ("from",):
        return f"it is in force from {told.new or 'any day on'} (was: from {told.old or 'any day on'})"
    if change.route == ("until_including",):
        return (
            f"it is in force until {told.new or 'further notice'} (was: until {told.old or 'further notice'})"
        )
    return None


def _wording(change: Change, told: Told) -> str | None:
    """Titles, notes and sources."""
    if not change.wording:
        return None
    subject = called(told.name) if told.name else "it"
    key = change.route[-1]
    if key == "title" and told.sort == "changed":
        return f"{called(str(told.old))} is now called {called(str(told.new))}"
    if told.sort == "changed" and isinstance(told.old, str) and len(change.route) > 1 and key not in _WRITTEN:
        return f"{called(told.old)} is now called {called(str(told.new))} (`{key}`)"
    if key == "basis":
        return f"{subject} now counts as {told.new or 'stated'} (was {told.old or 'stated'})"
    written = next((each for each in change.route if each in _WRITTEN), None)
    if written is not None:
        verb = {"added": "is new", "removed": "is gone"}.get(told.sort, "says something else")
        return f"{subject}: {_WRITTEN[written]} {verb}"
    return f"{subject}: `{key}` {told.comes_or_goes('is new', 'is gone')}"


def _by_kind(change: Change, told: Told) -> str | None:
    document = change.pair.new or change.pair.old
    assert document is not None
    kind = KINDS.get(str(document.plain(("kind",))))
    return kind.describe(told) if kind is not None else None


def _in_general(change: Change, told: Told) -> str:
    """A sentence for any part of any kind."""
    if told.sort == "order":
        where = f" of {called(told.name)}" if told.name else ""
        return (
            f"the order of `{change.route[-1]}`{where} changes: {quoted(_order(told.old))} becomes "
            + quoted(_order(told.new))
        )
    if isinstance(told.part, Requirement) and told.keys[-1:] == ("*",):
        where = f" for {called(told.names[-2])}" if len(told.names) > 1 else ""
        return told.comes_or_goes(
            f"now asked for{where}: {told.name}", f"no longer asked for{where}: {told.name}"
        )
    if told.sort in ("added", "removed") and _is_part(told):
        noun = singular(told.keys[-2]) if len(told.keys) > 1 else "part"
        inside = f" in {called(told.names[-2])}" if len(told.names) > 1 else ""
        name = called(told.name) if told.names else quoted(told.new or told.old)
        return told.comes_or_goes(f"new {noun}{inside}: {name}", f"no {noun}{inside} any more: {name}")
    return _condition(change, told) or _value(change, told)


def _is_part(told: Told) -> bool:
    inside = told.keys[-2] if len(told.keys) > 1 else ""
    return isinstance(told.new or told.old, dict) and (told.keys[-1] == "*" or inside in _BY_ID)


def _condition(change: Change, told: Told) -> str | None:
    """A condition, or one test in it."""
    place = next((i for i, key in enumerate(told.keys) if key in VERBS), None)
    if place is None:
        return None
    verb, subject = VERBS[told.keys[place]], called(told.name) if told.name else "the policy"
    if told.keys[place] == "when" and isinstance(told.part, Requirement):
        verb = "is met"
    rest = told.keys[place + 1 :]
    if len(rest) == 1 and told.is_fact(rest[0]):
        return _test(told, rest[0], f"{subject} {now(verb)}")
    if rest:
        place_in = " of ".join(f"`{key}`" for key in reversed(rest) if key != "*")
        return f"{subject} {now(verb)} on a different condition: {place_in} {_becomes(told)}"
    if told.new is None:
        return f"{subject} {now(verb)} always (was: when {condition(told, told.old)})"
    was = "always" if told.old is None else f"when {condition(told, told.old)}"
    return f"{subject} {now(verb)} when {condition(told, told.new)} (was: {was})"


def _test(told: Told, fact: str, subject: str) -> str:
    noun = told.noun(fact)
    if told.new is None:
        return f"{subject} whatever {noun} is (was: when {noun} is {tested(told, fact, told.old)})"
    now = f"{subject} when {noun} is {tested(told, fact, told.new)}"
    return (
        f"{now} (was {tested(told, fact, told.old)})" if told.old is not None else f"{now}, besides the rest"
    )


def _becomes(told: Told) -> str:
    if told.old is None:
        return f"{quoted(told.new)} is new"
    if told.new is None:
        return f"{quoted(told.old)} is gone"
    return f"{quoted(told.old)} becomes {quoted(told.new)}"


def _value(change: Change, told: Told) -> str:
    key = next((each for each in reversed(change.route) if not each.startswith("#")), "it")
    where = f"{called(told.name)}: " if told.name else ""
    if not told.name and len(change.route) > 1:
        where = f"`{'/'.join(change.route[:-1])}`: "
    say: Callable[[Any], str] = every if key == "every" else flat
    if told.old is None:
        return f"{where}`{key}` is now said: {quoted(say(told.new))}"
    if told.new is None:
        return f"{where}`{key}` is no longer said (was {quoted(say(told.old))})"
    if isinstance(told.old, str) and isinstance(told.new, str):
        return f"{where}`{key}` {shifted(say(told.old), say(told.new))}"
    return f"{where}`{key}` is now {quoted(told.new)} (was {quoted(told.old)})"


def _order(items: Any) -> str:
    return join(flat(each.get("id", each)) if isinstance(each, dict) else flat(each) for each in items or ())


def singular(key: str) -> str:
    """A key of a list as the noun of one item."""
    text = words(key)
    if text.endswith("ies"):
        return f"{text[:-3]}y"
    return text[:-1] if text.endswith("s") else text
