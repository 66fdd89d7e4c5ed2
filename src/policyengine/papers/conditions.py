"""Conditions of policies as people read them: tests with the nouns of their facts, expressions as written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from policyengine.decision.wording import is_or_are
from policyengine.papers.blocks import Run
from policyengine.papers.voice import Voice

Runs = list[str | Run]
_OF_LISTS = {
    "any": "one of these holds", "all": "all of these hold", "none": "none of these holds",
}  # fmt: skip
_CHILDREN = ("some", "every", "count")
_HEADS = (*_OF_LISTS, "at_least", *_CHILDREN)
_FURTHER = ("of", "where", "must", "is")


def condition(voice: Voice, entity: str, written: Any) -> Runs:
    """A condition as it is written: `active accounts: from 10 to 15; region: EMEA or APAC`."""
    if not isinstance(written, dict):
        return [] if written is None else [Run(_flat(written), code=True)]
    heads = [key for key in _HEADS if key in written and not _is_fact(voice, entity, key)]
    own = {*heads, *_FURTHER} if heads else set()
    parts = [*_combined(voice, entity, {key: each for key, each in written.items() if key in own})]
    parts += [test(voice, entity, key, each) for key, each in written.items() if key not in own]
    return joined(parts, "; ")


def joined(parts: Sequence[Runs], link: str) -> Runs:
    """Several lines as one."""
    found: Runs = []
    for part in parts:
        found += [link, *part] if found else part
    return found


def test(voice: Voice, entity: str, fact: str, written: Any) -> Runs:
    """A test of one fact: `active accounts from 10 to 15`; an expression stays as it is."""
    noun = voice.noun(entity, fact)
    plain = written["is"] if isinstance(written, dict) and "is" in written else written
    told = None if isinstance(plain, dict) else voice.test(entity, fact, plain)
    if told is None:
        return [f"{noun}: ", Run(_flat(plain), code=True)]
    if told in (voice.say("yes"), voice.say("no")):
        return [f"{noun}: {told}"]
    return [f"{noun} {is_or_are(noun)} {told}" if voice.say.code == "en" else f"{noun}: {told}"]


def _combined(voice: Voice, entity: str, written: dict[str, Any]) -> Iterator[Runs]:
    say = voice.say
    for key, begins in _OF_LISTS.items():
        if key in written:
            yield [f"{say(begins)}: ", *_alternatives(voice, entity, written[key])]
    if "at_least" in written:
        lead = say("at least {count} of these hold", count=written["at_least"])
        yield [f"{lead}: ", *_alternatives(voice, entity, written.get("of"))]
    name = next((written[key] for key in _CHILDREN if key in written), None)
    if name is None:
        return
    child = next((each for each, below in voice.vocabulary.children(entity) if below.list == name), entity)
    noun = voice.entity(child) if child != entity else str(name)
    where: Runs = []
    if "where" in written:
        where = [f" {say('with')} ", *condition(voice, child, written["where"])]
    if "some" in written:
        yield [say("there is some {noun}", noun=noun), *where]
    elif "every" in written:
        must = condition(voice, child, written.get("must"))
        yield [say("of every {noun}", noun=noun), *where, ": ", *must]
    else:
        yield [say("number: {noun}", noun=noun), *where, ": ", *_number(voice, child, written.get("is"))]


def _number(voice: Voice, entity: str, written: Any) -> Runs:
    told = voice.test(entity, "", written)
    return [told if told is not None else Run(_flat(written), code=True)]


def _alternatives(voice: Voice, entity: str, written: Any) -> Runs:
    parts = [condition(voice, entity, each) for each in written or ()]
    return joined([["(", *part, ")"] if len(part) > 1 else part for part in parts], "; ")


def _is_fact(voice: Voice, entity: str, name: str) -> bool:
    return entity in voice.vocabulary.entities and name in voice.vocabulary.names(entity)


def _flat(written: Any) -> str:
    """Written data on one line."""
    if isinstance(written, dict):
        return "{" + ", ".join(f"{key}: {_flat(each)}" for key, each in written.items()) + "}"
    if isinstance(written, list):
        return "[" + ", ".join(map(_flat, written)) + "]"
    return " ".join(str(written).split())
