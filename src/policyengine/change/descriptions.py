"""Changes in the words of the policy: by the kind's own `describe` where it speaks, else in general."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policyengine.change.changes import Change
from policyengine.change.declaration_words import describe_declaration
from policyengine.decision.wording import capital, day, every, is_or_are, join, some, words
from policyengine.feel.types import types
from policyengine.kinds import KINDS
from policyengine.policy.base import Part
from policyengine.policy.change_context import VERBS, ChangeContext, called, flat, now, quoted
from policyengine.policy.change_words import asked, condition, cut_text, given, rewritten, shifted, tested
from policyengine.policy.draft import below
from policyengine.policy.facts import Fact
from policyengine.policy.requirement import Requirement
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.linked import Program
from policyengine.text.document import Document, Mapping, Pointer, Scalar

_LONGEST = 300
"""How long a condition is that is said whole; of two longer ones what differs is said."""
_BY_ID = ("entities", "facts", "outputs")
_WRITTEN = {"source": "where it is written", "note": "the note", "basis": "whether it is stated or assumed"}

_OF_SOURCES = {"section": "the section", "url": "the address", "dated": "the day of the document"}
_CALLED = {"formula": "the formula", "min": "the smallest value allowed", "max": "the largest value allowed"}


def sentence(change: Change, old: Program, new: Program) -> str:
    """What a change means, as one sentence without a full stop; when it counts from is at its end."""
    context = change_context(change, old, new)
    said = (
        _head(change, context)
        or _wording(change, context)
        or _by_kind(change, context)
        or _in_general(change, context)
    )
    return capital(said) + (f", from {day(change.starts)}" if change.starts is not None else "")


def title_of(change: Change) -> str:
    """The title of the policy that a change is in."""
    document = change.pair.new or change.pair.old
    assert document is not None
    return str(document.plain(("title",)) or change.policy)


def change_context(change: Change, old: Program, new: Program) -> ChangeContext:
    """Returns the context that a kind gets to describe a change."""
    document, pointer, program = _side(change, old, new)
    assert program.graph is not None
    model = _model(program, document)
    around = _around(document, pointer)
    before, after = change.values
    entity = str(document.plain(("for",)) or program.graph.vocabulary.root)
    return ChangeContext(
        change.sort,
        tuple("*" if isinstance(step, int) else step for step in pointer),
        _names(document, pointer),
        before,
        after,
        _mapping(document, around),
        _at(model, around),
        entity,
        _vocabulary(program),
        None if document is program.document else _model(program, document),
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


def _whole(change: Change, context: ChangeContext) -> str | None:
    if change.route:
        return None
    document = change.pair.new or change.pair.old
    assert document is not None
    title, kind = document.plain(("title",)), KINDS.get(str(document.plain(("kind",))))
    summary = f" ({kind.summary})" if kind is not None else ""
    return context.comes_or_goes(
        f"new policy {called(str(title))}{summary}", f"the policy {called(str(title))} is dropped"
    )


def _head(change: Change, context: ChangeContext) -> str | None:
    whole = _whole(change, context)
    if whole is not None:
        return whole
    if change.route == ("for",):
        entities = context.vocabulary.declarations.entities
        return context.was(
            "it", "is about", lambda name: called(entities[name].title if name in entities else name)
        )
    if change.route == ("from",):
        since, before = (_day(each) if each else "any day on" for each in (context.new, context.old))
        return f"it is in force from {since} (was: from {before})"
    if change.route == ("until_including",):
        until, before = (_day(each) if each else "further notice" for each in (context.new, context.old))
        return f"it is in force until {until} (was: until {before})"
    if change.route == ("version_by",):
        return context.was("its version", "is chosen by", lambda name: called(context.noun(str(name))))
    if change.route == ("existing_from",):
        if context.new is None:
            return "what was there before this version keeps its own"
        was = f" (was: on {_day(context.old)})" if context.old else ""
        return f"what was there before this version moves to it on {_day(context.new)}{was}"
    return None


def _day(text: object) -> str:
    return given(types.DATE, text)


def _wording(change: Change, context: ChangeContext) -> str | None:
    """Titles, notes and sources."""
    if not change.wording:
        return None
    subject = called(context.name) if context.name else "it"
    key = change.route[-1]
    if "values" in change.route[-2:-1] and context.sort == "changed":
        return f"{called(str(context.old))} is now called {called(str(context.new))}"
    if key in _OF_SOURCES and context.sort == "changed":
        say = _day if key == "dated" else called
        return f"{subject}: {_OF_SOURCES[key]} is now {say(str(context.new))} (was {say(str(context.old))})"
    if key == "title" and context.sort == "changed":
        return f"{called(str(context.old))} is now called {called(str(context.new))}"
    if (
        context.sort == "changed"
        and isinstance(context.old, str)
        and len(change.route) > 1
        and key not in _WRITTEN
    ):
        return f"{called(context.old)} is now called {called(str(context.new))} (`{key}`)"
    if key == "basis":
        return f"{subject} now counts as {context.new or 'stated'} (was {context.old or 'stated'})"
    written = next((each for each in change.route if each in _WRITTEN), None)
    if written is not None:
        verb = {"added": "is new", "removed": "is gone"}.get(context.sort, "changes")
        return (
            f"{called(context.name)}: {_WRITTEN[written]} {verb}"
            if context.name
            else f"{_WRITTEN[written]} {verb}"
        )
    return f"{subject}: `{key}` {context.comes_or_goes('is new', 'is gone')}"


def _by_kind(change: Change, context: ChangeContext) -> str | None:
    document = change.pair.new or change.pair.old
    assert document is not None
    kind = KINDS.get(str(document.plain(("kind",))))
    return kind.describe(context) if kind is not None else describe_declaration(context)


def _in_general(change: Change, context: ChangeContext) -> str:
    """A sentence for any part of any kind."""
    if context.sort == "order":
        where = f" in {called(context.name)}" if context.name else ""
        key = change.route[-1]
        what = "conditions" if key in ("any", "all", "none", "of") else words(key)
        if context.is_fact(key):
            what = f"values of {context.noun(key)}"
        return f"the order of the {what}{where} is now: {_order(context.new)} (was: {_order(context.old)})"
    if (said := _condition(change, context)) is not None:
        return said
    if isinstance(context.part, Requirement) and context.keys[-1:] == ("*",):
        if len(context.names) < 2:
            return context.comes_or_goes(
                f"now asked for: {context.name}", f"no longer asked for: {context.name}"
            )
        who = called(context.names[-2])
        return context.comes_or_goes(
            f"{who} now asks for: {context.name}", f"{who} no longer asks for: {context.name}"
        )
    if context.sort in ("added", "removed") and _is_part(context):
        noun = singular(context.keys[-2]) if len(context.keys) > 1 else "part"
        inside = f" in {called(context.names[-2])}" if len(context.names) > 1 else ""
        name = called(context.name) if context.names else quoted(context.new or context.old)
        return context.comes_or_goes(f"new {noun}{inside}: {name}", f"no {noun}{inside} any more: {name}")
    return _phrase(context) or _value(change, context)


def _phrase(context: ChangeContext) -> str | None:
    """Keys that several kinds have, or that need no more than a verb; lists that come or go whole."""
    written = context.new if context.new is not None else context.old
    key = context.keys[-1]
    if key in _LISTS and isinstance(written, list):
        names = join(
            str(each.get("title", each)) if isinstance(each, dict) else str(each) for each in written
        )
        whose = f"{called(context.name)} " if context.name else ""
        said = context.comes_or_goes(f"now asks for: {names}", f"no longer asks for: {names}")
        return f"{whose}{said}" if context.sort != "changed" else None
    if key == "last_version":
        return "it ends for good" if str(context.new) == "true" else "a version may follow it"
    if key == "final" and context.name:
        verb = "is now" if str(context.new) == "true" else "is no longer"
        return f"{called(context.name)} {verb} a last stage"
    if context.keys[-2:] in _PHRASES or (key,) in _PHRASES:
        subject, verb, how = _PHRASES.get(context.keys[-2:]) or _PHRASES[(key,)]
        say = {"party": context.party, "fact": lambda name: called(context.noun(str(name)))}.get(
            how, _plainly
        )
        return context.was(subject or called(context.name), verb, say)
    return None


_LISTS = ("requires", "leave_when")
_PHRASES: dict[tuple[str, ...], tuple[str, str, str]] = {
    ("decided_by",): ("", "is decided by", "party"),
    ("audience",): ("", "concerns", ""),
    ("measure",): ("the levels", "are measured by", "fact"),
    ("stage",): ("the stage", "is told by", "fact"),
    ("otherwise",): ("where no level is reached, it", "says", ""),
    ("columns", "by"): ("the columns", "are those of", "fact"),
    ("party", "by"): ("", "falls to a party by", "fact"),
    ("party", "values"): ("", "falls to parties as follows:", ""),
    ("on_leave",): ("", "writes down when it is left:", ""),
    ("on_leave", "set"): ("", "writes down when it is left:", ""),
}
"""Keys by their last steps: who is spoken of (the part, if it is empty), the verb, and what the value is."""


def _plainly(value: Any) -> str:
    """A written value without the form of the file: `A and B`, `x is A and y is B`."""
    if isinstance(value, dict):
        return join(f"{words(str(key))} {_plainly(each)}" for key, each in value.items())
    return join(map(_plainly, value)) if isinstance(value, list) else quoted(value)


def _is_part(context: ChangeContext) -> bool:
    inside = context.keys[-2] if len(context.keys) > 1 else ""
    return isinstance(context.new or context.old, dict) and (context.keys[-1] == "*" or inside in _BY_ID)


def _condition(change: Change, context: ChangeContext) -> str | None:
    """A condition, or one test in it."""
    place = next((i for i, key in enumerate(context.keys) if key in VERBS), None)
    if place is None:
        return None
    verb, subject = VERBS[context.keys[place]], called(context.name) if context.name else "the policy"
    if context.keys[place] == "when" and isinstance(context.part, Requirement):
        verb = "is met"
    rest = context.keys[place + 1 :]
    if len(rest) == 1 and context.is_fact(rest[0]):
        return _test(context, rest[0], f"{subject} {now(verb)}")
    if rest:
        return f"{subject} {now(verb)} on a different condition: {_becomes(context)}"
    before, after = (
        None if each is None else condition(context, each) for each in (context.old, context.new)
    )
    if after is None:
        return f"{subject} {now(verb)} always (was: when {cut_text(before or '', '', _LONGEST)})"
    if isinstance(context.old, str) and isinstance(context.new, str):
        becomes = rewritten(context.old, context.new)
        if becomes.startswith("changes"):
            return f"{subject} {now(verb)} on a different condition{becomes.removeprefix('changes')}"
    was = "always" if before is None else f"when {cut_text(before, after, _LONGEST)}"
    return f"{subject} {now(verb)} when {cut_text(after, before or '', _LONGEST)} (was: {was})"


def _test(context: ChangeContext, fact: str, subject: str) -> str:
    if context.new is None:
        noun = context.noun(fact)
        noun = called(noun) if tested(context, fact, context.old) in ("yes", "no") else noun
        return f"{subject} whatever {noun} {is_or_are(noun)} (was: when {asked(context, fact, context.old)})"
    now = f"{subject} when {asked(context, fact, context.new)}"
    return (
        f"{now} (was {tested(context, fact, context.old)})"
        if context.old is not None
        else f"{now}, besides the rest"
    )


def _becomes(context: ChangeContext) -> str:
    """What differs between two parts of a condition; of lists only the items that differ."""
    old, new = (each if isinstance(each, list) else [each] for each in (context.old, context.new))
    gone = [condition(context, each) for each in old if each not in new and each is not None]
    come = [condition(context, each) for each in new if each not in old and each is not None]
    if not gone:
        return f"{'; '.join(come)} is new"
    return f"{'; '.join(gone)} becomes {'; '.join(come)}" if come else f"{'; '.join(gone)} is gone"


def _value(change: Change, context: ChangeContext) -> str:
    key = next((each for each in reversed(change.route) if not each.startswith("#")), "it")
    where = f"{called(context.name)}: " if context.name else ""
    if not context.name and len(change.route) > 1:
        where = f"`{'/'.join(change.route[:-1])}`: "
    kind, what = None, _CALLED.get(key, f"`{key}`")
    if key in ("min", "max") and isinstance(context.part, Fact):
        kind = context.vocabulary.fact_type(key, context.part)
    say: Callable[[Any], str] = every if key == "every" else (lambda value: given(kind, value))
    if context.old is None:
        return f"{where}{what} is now said: {say(context.new)}"
    if context.new is None:
        return f"{where}{what} is no longer said (was {say(context.old)})"
    if key == "every":
        return f"{where}{what} is now {say(context.new)} (was {say(context.old)})"
    if isinstance(context.old, str) and isinstance(context.new, str):
        return f"{where}{what} {shifted(context.old, context.new, kind)}"
    return f"{where}{what} is now {quoted(context.new)} (was {quoted(context.old)})"


def _order(items: Any) -> str:
    return some((_named(each) for each in items or ()), link="; ")


def _named(item: Any) -> str:
    """An item of a list by its title; another one as it is written."""
    if isinstance(item, dict):
        return str(
            item.get("title") or item.get("id") or join(f"{words(key)} {_named(item[key])}" for key in item)
        )
    return join(map(_named, item)) if isinstance(item, list) else flat(item)


def singular(key: str) -> str:
    """A key of a list as the noun of one item."""
    text = words(key)
    if text.endswith("ies"):
        return f"{text[:-3]}y"
    return text[:-1] if text.endswith("s") else text
